"""A limit is an answer: wherever the time ends, what is said is part of the whole answer, with the reason."""

from __future__ import annotations

import json
import pickle
from collections.abc import Callable
from typing import Any

import pytest

import dynamech as dm
from dynamech.models.correlation.outcome import EfficientOutcome
from dynamech.solvers.clock import Clock
from dynamech.solvers.effort import Effort
from dynamech.solvers.errors import Infeasible, InvalidInput, OutOfTime, TooLarge

Question = Callable[..., Any]
ENV = dm.load("random-correlated", types=2)
QUESTIONS: dict[str, Question] = {
    "correlation": dm.correlation,
    "ex ante": lambda env, **how: dm.budget(env, "ex-ante", **how),
    "per period": lambda env, **how: dm.budget(env, "per-period", **how),
    "extraction": dm.extraction,
}
LATE = "the time limit of 1000 seconds was reached"


def ends(monkeypatch: pytest.MonkeyPatch, looks: int) -> list[int]:
    """Let the time be up when somebody has looked at the clock so often; how often that was, counted on."""
    count = [0]

    def check(self: Any) -> None:
        count[0] += 1
        if count[0] > looks:
            raise OutOfTime

    monkeypatch.setattr(Effort, "check", check)
    monkeypatch.setattr(Clock, "check", check)
    return count


@pytest.mark.parametrize("exact", [False, True])
@pytest.mark.parametrize("name", QUESTIONS)
def test_wherever_the_time_ends(name: str, exact: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    ask = QUESTIONS[name]
    whole = ask(ENV, exact=exact, time_limit=1e3)
    assert (whole.status, whole.message) == ("optimal", "")
    assert whole.to_json() == ask(ENV, exact=exact).to_json()
    with monkeypatch.context() as patch:
        looks = ends(patch, 10**9)
        ask(ENV, exact=exact, time_limit=1e3)
    assert looks[0] > 3
    for after in {0, 1, looks[0] // 3, looks[0] // 2, looks[0] - 1}:
        with monkeypatch.context() as patch:
            ends(patch, after)
            part = ask(ENV, exact=exact, time_limit=1e3)
        assert (part.status, part.message) == ("limit", LATE)
        content = part.to_json()
        assert (content["status"], content["message"]) == ("limit", LATE)
        assert LATE in str(part)
        assert LATE in part._repr_html_()
        assert json.dumps(content) == json.dumps(pickle.loads(pickle.dumps(part)).to_json())
        assert len(repr(part)) < 200
        part.to_dataframe()
        if isinstance(part, EfficientOutcome):
            with pytest.raises(Infeasible, match=f"the status is limit .{LATE}"):
                _ = part.mechanism
        else:
            assert content["agents"] == whole.to_json()["agents"][: len(part.agents)]
            assert part.mechanism is None or content["static"] is None
            assert content["reason"] == (LATE if part.mechanism is None else None)


def test_agents_that_were_finished_are_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patch:
        looks = ends(patch, 10**9)
        dm.correlation(ENV, exact=True)
    counts = set()
    for after in (0, looks[0] * 2 // 3, looks[0] - 1):
        with monkeypatch.context() as patch:
            ends(patch, after)
            counts.add(len(dm.correlation(ENV, exact=True, time_limit=1.0).agents))
    assert counts == {0, 1, 2}


@pytest.mark.parametrize("bounds", [{"caps": 100}, {"caps": 9, "norm": "2"}, {"liability": 7, "norm": "1"}])
def test_bounds_have_a_limit_too(bounds: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    """The programs of bounds that bind are given what is left of the time."""
    with monkeypatch.context() as patch:
        looks = ends(patch, 10**9)
        dm.correlation(ENV, **bounds)
    ends(monkeypatch, looks[0] - 1)
    assert dm.correlation(ENV, **bounds, time_limit=5).status == "limit"


@pytest.mark.parametrize("name", QUESTIONS)
def test_what_would_not_fit_is_refused(name: str) -> None:
    ask = QUESTIONS[name]
    assert ask(ENV, memory_limit=1e6).status == "optimal"
    for exact, least in ((False, 500), (True, 5e3)):
        said = r"period 0: .* take about [\d.]+ (bytes|kB), more than the memory limit of"
        with pytest.raises(TooLarge, match=said):
            ask(ENV, exact=exact, memory_limit=least)


@pytest.mark.parametrize("limit", [0, -1, float("nan")])
def test_a_time_limit_is_positive(limit: float) -> None:
    for ask in QUESTIONS.values():
        with pytest.raises(InvalidInput, match="is not a positive number of seconds"):
            ask(ENV, time_limit=limit)


def test_beliefs_of_the_only_period_are_counted_too() -> None:
    once = ENV.with_horizon(1)
    assert dm.correlation(once, memory_limit=1e5).status == "optimal"
    with pytest.raises(TooLarge, match=r"period 0: the programs of agent .* limit of 100 bytes; raise"):
        dm.correlation(once, memory_limit=100)
