"""Time limits end the search for efficient policies wherever it is, and what is asked later has its own."""

from __future__ import annotations

from typing import Any

import pytest

import dynamech as dm
from dynamech.instances.library import load
from dynamech.models.efficient.efficient import efficient
from dynamech.models.efficient.pivot import pivot
from dynamech.models.efficient.team import balanced_team
from dynamech.models.efficient.uniqueness import uniqueness
from dynamech.solvers.effort import Effort
from dynamech.solvers.errors import Infeasible, OutOfTime

ENDLESS = load("random", seed=3, agents=2, types=3, stationary=True, discount="9/10")
FINITE = load("random", seed=3, agents=2, types=3, periods=3)


def ends(monkeypatch: pytest.MonkeyPatch, looks: int) -> list[int]:
    """Let the time be up when somebody has looked at the clock so often; how often that was, counted on."""
    count = [0]

    def check(self: Any) -> None:
        count[0] += 1
        if count[0] > looks:
            raise OutOfTime

    monkeypatch.setattr(Effort, "check", check)
    return count


@pytest.mark.parametrize("exact", [False, True])
@pytest.mark.parametrize("env", [ENDLESS, FINITE], ids=["endless", "finite"])
def test_wherever_the_time_ends(env: dm.Environment, exact: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    effort = Effort(exact=exact, time_limit=100.0)
    own = env if exact else env.to_float()
    for ask in (lambda: pivot(env, effort), lambda: efficient(own, effort=effort)):
        with monkeypatch.context() as patch:
            looks = ends(patch, 10**9)
            ask()
        assert looks[0] > 6  # every period, or every sweep and in rationals every step of every system
        for after in {0, 1, looks[0] // 2, looks[0] - 1}:
            with monkeypatch.context() as patch:
                ends(patch, after)
                with pytest.raises(OutOfTime):
                    ask()


def test_answers_that_come_of_a_policy_look_at_the_clock_too(monkeypatch: pytest.MonkeyPatch) -> None:
    found = pivot(ENDLESS, Effort(exact=True))
    for ask in (lambda: balanced_team(found), lambda: uniqueness(found), lambda: found.budget):
        with monkeypatch.context() as patch:
            ends(patch, 0)
            with pytest.raises(OutOfTime):
                ask()


def test_what_is_asked_later_has_time_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    now = 100.0
    monkeypatch.setattr("time.perf_counter", lambda: now)
    found = pivot(ENDLESS, Effort(exact=True, time_limit=3.0).begun())
    now = 200.0
    assert (found.budget[0] >= 0).all()
    begun = Effort(exact=True, time_limit=3.0).begun()
    now = 204.0
    with pytest.raises(OutOfTime):
        pivot(ENDLESS, begun)


def test_correlation_says_that_there_was_no_time_for_the_policy(monkeypatch: pytest.MonkeyPatch) -> None:
    ends(monkeypatch, 0)
    answer = dm.correlation(FINITE, exact=True, time_limit=1.0)
    content = answer.to_json()
    assert (content["status"], content["W"], content["agents"]) == ("limit", None, [])
    assert "the time limit of 1 seconds was reached" in str(answer)
    with pytest.raises(Infeasible, match="no efficient policy: the time limit"):
        _ = answer.plan
