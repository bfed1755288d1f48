"""Infinite horizons: against what is known, long finite horizons, and the same described in another way."""

from dataclasses import replace
from typing import Any

import pytest

import dynamech as dm
from dynamech.models.recursion import bounds as room
from tests.models.environment.own_start import shop, twice
from tests.models.recursion.test_kinds import asked

ASKED: list[tuple[dict[str, Any], str, Any]] = [
    ({"controlled": False, "sparse": True}, "interim", None),
    ({"controlled": True, "observed": 1, "given": True, "feasible": True}, "interim", None),
    ({"controlled": True, "sparse": True}, "ex-post", None),
    ({"controlled": False}, "interim", {"payments": "nonnegative"}),
    ({"controlled": False}, "periodic", {"payments": "0..3"}),
    ({"controlled": False, "observed": 1}, "interim", {"payments": "nonpositive"}),
]


def test_types_that_never_change_pay_what_one_period_earns_for_ever() -> None:
    """Baron and Besanko."""
    agent = dm.Agent(
        "buyer",
        ["low", "high"],
        ["1/4", "3/4"],
        lambda t, a, θ: (1 + (θ == "high")) * (a == "sell"),
        lambda t, a, θ, after: int(θ == after),
    )
    env = dm.Environment(
        name="for ever", horizon=None, discount="9/10", agents=[agent], actions=["keep", "sell"]
    )
    told: list[dm.Event] = []
    answer = dm.design(env, notify=told.append)
    assert (answer.status, answer.formulation) == ("optimal", "recursion")
    assert "as histories never end" in told[0].text
    assert answer.bounds is not None
    assert answer.bounds.lower <= 15 <= answer.bounds.upper  # sold to the high at 2 in every period
    assert answer.bounds.gap <= 1e-5


@pytest.mark.parametrize(("kind", "promised", "demanded"), ASKED)
def test_long_horizons_come_close(kind: dict[str, Any], promised: str, demanded: Any) -> None:
    env = dm.load("random", seed=3, agents=1, types=2, stationary=True, **kind)
    both, periods = asked(env, "revenue", promised, demanded, 1e-5), 10
    long = asked(env.with_horizon(periods), "revenue", promised, demanded, 1e-5)
    left = 2 * 6 * 0.5**periods  # values are at most 6, a period for ever is worth two
    assert both.closed
    assert long.closed
    assert both.lower <= long.upper + left
    assert long.lower <= both.upper + left


def test_a_period_0_of_its_own_is_a_stage_like_others() -> None:
    env = dm.load("random", seed=1, agents=1, types=2, stationary=True, controlled=False)
    once, double = (asked(e, "revenue", "periodic", {"payments": "0..2"}, 1e-5) for e in (env, twice(env)))
    assert once.closed
    assert double.lower == pytest.approx(once.lower, rel=2e-5)
    own = shop()
    own = own._with(agents=tuple(replace(agent, reports=None) for agent in own.agents))
    both, long = (asked(e, "revenue", "interim", None, 1e-4) for e in (own, own.with_horizon(9)))
    assert both.closed
    assert long.lower <= both.upper + 1e-4
    assert both.lower <= long.upper + 8 * 0.5**9


def test_paths_end_where_what_is_left_is_too_little_to_matter(monkeypatch: pytest.MonkeyPatch) -> None:
    env = dm.load("random", seed=3, agents=1, types=3, stationary=True, controlled=True)
    lengths: list[int] = []
    path = room.Rounds.path

    def kept(rounds: room.Rounds, *told: Any) -> Any:
        steps = path(rounds, *told)
        lengths.append(len(steps))
        return steps

    monkeypatch.setattr(room.Rounds, "path", kept)
    assert asked(env, "revenue", "interim", None, 1e-5).closed
    assert lengths
    assert max(lengths) < 60  # 2^-20 is below what was asked for, and a step has two branches
