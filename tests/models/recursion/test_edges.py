"""Where rents end: payments that cannot be made, and edges at which no price of slack is high enough."""

from fractions import Fraction
from typing import Any

import pytest

import dynamech as dm
from dynamech.models.recursion.bounds import Bounds
from dynamech.models.recursion.edges import Edges

from ..design.test_scale import times
from .test_kinds import asked, drawn, stages

CASES = [(seed, low, promised) for seed in range(6) for low, promised in ((1, "periodic"), (4, "interim"))]


@pytest.mark.parametrize(("seed", "low", "promised"), CASES)
def test_what_cannot_be_met_is_infeasible_as_the_history_program_says(
    seed: int, low: int, promised: str
) -> None:
    env = drawn(seed, types=2 + seed % 2, controlled=seed % 3 == 0)
    words: dict[str, Any] = {"participation": promised, "demands": {"payments": f"{low}..{low + 1}"}}
    whole, ours = dm.design(env, **words), dm.design(env, **words, formulation="recursion")
    assert ours.status == whole.status
    assert (ours.bounds is None) == (whole.value is None)
    if whole.value is None:
        assert ours.value is None
        assert "no rents can be promised" in ours.message
    else:
        assert ours.value == pytest.approx(whole.value, rel=2e-5)


@pytest.mark.parametrize("power", [-9, 9])
@pytest.mark.parametrize(("seed", "low", "promised"), CASES[::3])
def test_whatever_money_is_counted_in(seed: int, low: int, promised: str, power: int) -> None:
    env, unit = drawn(seed, types=2 + seed % 2, controlled=seed % 3 == 0), Fraction(10) ** power
    words: dict[str, Any] = {"participation": promised, "formulation": "recursion"}
    ours = dm.design(env, **words, demands={"payments": f"{low}..{low + 1}"})
    other = dm.design(times(env, power), **words, demands={"payments": f"{low * unit}..{(low + 1) * unit}"})
    assert other.status == ours.status
    assert (other.value is None) == (ours.value is None)
    if other.value is not None:
        assert other.value / float(unit) == pytest.approx(ours.value, rel=3e-5)


def test_for_ever_as_well() -> None:
    env = dm.load("random", seed=1, agents=1, types=2, stationary=True, controlled=False)
    answer = dm.design(env, demands={"payments": "4..5"})
    assert (answer.status, answer.bounds) == ("infeasible", None)


def test_actions_that_leave_less_than_is_promised_are_no_points_to_begin_with() -> None:
    env = dm.load("random", seed=33, agents=1, types=3, periods=2, controlled=True, observed=0)
    both = asked(env, "revenue", "periodic", {"payments": "3..4"}, 1e-5)
    value = dm.design(env, participation="periodic", demands={"payments": "3..4"}).value
    assert value is not None
    assert both.lower <= value * (1 + 1e-9)


def _closed() -> Bounds:
    env = dm.load("random", seed=1, agents=1, types=2, stationary=True, controlled=False)
    return asked(env, "revenue", "ex-post", None, 1e-5)


def test_an_edge_at_which_the_value_falls_ever_more_steeply(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without edges, the upper bound creeps."""
    both = _closed()
    assert both.closed
    assert both.rounds < 25
    monkeypatch.setattr(Edges, "visit", lambda *told: None)
    monkeypatch.setattr("dynamech.models.recursion.bounds.ROUNDS", both.rounds + 5)
    assert not _closed().closed


def test_what_points_leave_is_within_the_edges() -> None:
    """Every cut is one of what every mechanism keeps to."""
    env = dm.load("random", seed=1, agents=1, types=2, stationary=True, controlled=True)
    ours = stages(env, "revenue", "ex-post")
    edges = Edges(ours.stages, ours.discount, ours.size)
    for _ in range(3):
        edges.descend()
        for own, rents in ((own, rents) for own in range(2) for rents in -ours.rents[0] - 1):
            edges.visit(1, own, rents)
    assert len(edges.cuts[1].level)
    for always in ours.always[0].value - ours.always[0].paid[:, None]:
        assert (edges.cuts[1].level + edges.cuts[1].slope @ always >= -1e-12).all()
