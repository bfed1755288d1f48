"""Answers against plain programs: a few cases of ``benchmarks.soundness``, and its own pieces by hand."""

from __future__ import annotations

from fractions import Fraction
from types import ModuleType

import pytest

import dynamech as dm
from benchmarks.soundness import (
    auctions,
    bandits,
    bank,
    burn,
    correlation,
    demands,
    efficient,
    environments,
    queues,
    two_steps,
)  # fmt: skip
from benchmarks.soundness.draw import environment
from benchmarks.soundness.histories import Histories
from benchmarks.soundness.public import FirstReports
from benchmarks.soundness.rational import Plain, solve
from benchmarks.soundness.replies import Played
from benchmarks.soundness.tally import Tally
from dynamech.solvers.errors import AssumptionViolated

F = Fraction


@pytest.mark.parametrize("seed", [29, 31, 32, 34, 36, 38, 39, 41, 47, 61])
def test_answers_are_those_of_the_plain_program(seed: int) -> None:
    tally, _ = environments.check(seed)
    assert tally.wrong == []
    assert tally.checked > 20


@pytest.mark.parametrize("seed", [128, 741])
def test_the_lie_shown_begins_where_truth_comes_by(seed: int) -> None:
    """Large multipliers at histories of weight 0 led to lies that nobody gains by."""
    test_answers_are_those_of_the_plain_program(seed)


@pytest.mark.parametrize("seed", [87, 125, 154, 178])
def test_what_she_has_outside_is_promised(seed: int) -> None:
    assert environment(seed)[1]["participation"] == "outside-efficient"
    test_answers_are_those_of_the_plain_program(seed)


@pytest.mark.parametrize(
    ("kind", "least"),
    [
        (correlation, 10), (bank, 5), (burn, 8), (auctions, 6),
        (efficient, 20), (bandits, 1), (queues, 4), (two_steps, 8),
    ],
)
def test_wings_agree_with_their_definitions(kind: ModuleType, least: int) -> None:
    for seed in range(8 if kind is not correlation else 2):
        tally, _ = kind.check(seed)
        assert tally.wrong == []
        assert tally.checked >= least


@pytest.mark.parametrize("seed", [7, 31, 52, 74, 87, 130, 145, 147, 172, 249])
def test_demands_beside_everything_else(seed: int) -> None:
    """Budgets of periods (130, 147), totals on paths where types are steered, concealed reports (249), and
    rows of one's own (7, 31, 52, 74, 87)."""
    tally, _ = demands.check(seed)
    assert tally.wrong == []
    assert tally.checked >= 2


def test_plain_programs_give_the_values_known_by_hand() -> None:
    """Values 2 and 3, chances 3/5 and 2/5, cost 8/5: 4/5 to who knows the type, 2/5 (3 - 8/5) to others."""
    env = dm.load("two-type-markov", horizon=1)
    others = ("bayesian", "ex-post", "relaxed", "types-public")
    expected = dict.fromkeys(others, F(14, 25)) | {"none": F(4, 5)}
    for word, value in expected.items():
        program = FirstReports if word in ("relaxed", "types-public") else Histories
        plain = program(env, word, "interim", F(1), F(0), 500)
        solution = solve(plain.p)
        assert solution.value is not None
        assert solution.value * plain.w.unit == value


def test_the_rational_simplex_decides() -> None:
    """max x + y, x + 2y <= 4, x <= 3: 7/2; open above: unbounded; x >= 5 beside it: infeasible."""
    plain = Plain()
    x, y = plain.column(F(0)), plain.column(F(0))
    plain.cost[x] = plain.cost[y] = F(1)
    assert solve(plain).status == "unbounded"
    plain.row({x: F(1), y: F(2)}, None, F(4))
    plain.row({x: F(1)}, None, F(3))
    solution = solve(plain)
    assert (solution.status, solution.value, solution.x) == ("optimal", F(7, 2), [F(3), F(1, 2)])
    plain.row({x: F(1)}, F(5))
    assert solve(plain).status == "infeasible"


def test_a_lie_and_a_broken_promise_are_seen() -> None:
    """The relaxed optimum under its own payments, and the efficient allocation for nothing."""
    env = dm.load("kln-nonseparable", n=3)
    rungs = dm.ladder(env, exact=True)
    bayesian = rungs["bayesian"].design
    assert Played(env, bayesian.mechanism).gain(False) == 0
    assert rungs.unrelaxed is not None
    lying = Played(rungs.unrelaxed.environment, rungs.unrelaxed.mechanism, possible=True)
    assert lying.gain(False) == rungs.unrelaxed.gain > 0
    loose = dm.design(env, incentives="none", participation="none", objective="welfare", exact=True).mechanism
    assert Played(env, loose).gain(False) > 0


def test_what_is_wrong_is_counted() -> None:
    tally = Tally()
    tally.check(True, "right")
    tally.check(False, "wrong")
    with tally.guarded("a refusal"):
        raise AssumptionViolated("nothing to compare")
    with tally.guarded("an error of the package"):
        dm.load("no such instance")
    with tally.guarded("a crash"):
        raise ZeroDivisionError
    assert (tally.checked, len(tally.wrong), tally.refused) == (4, 3, 1)
    assert "traceback ZeroDivisionError" in tally.wrong[2]
