"""One effort is made by a public function and handed down whole; several programs can share its time."""

from __future__ import annotations

import pickle
from dataclasses import FrozenInstanceError

import pytest

from dynamech.solvers.effort import EXACT, FLOATS, Effort, default_memory_limit
from dynamech.solvers.events import Event
from dynamech.solvers.options import INSTANT


def test_it_is_frozen_and_what_answers_keep_of_it_pickles() -> None:
    heard: list[Event] = []
    effort = Effort("highs-ipm", True, 3.0, 1e9, lambda event: heard.append(event))
    with pytest.raises(FrozenInstanceError):
        effort.exact = False  # type: ignore[misc]
    effort.tell("rung", "bayesian", rung="bayesian")
    assert [(event.kind, event.figures["rung"]) for event in heard] == [("rung", "bayesian")]
    kept = effort.silent
    assert pickle.loads(pickle.dumps(kept)) == kept == Effort("highs-ipm", True, 3.0, 1e9)
    kept.tell("rung", "ex-post")
    assert len(heard) == 1
    assert (EXACT.exact, FLOATS.exact) == (True, False)


def test_memory_has_a_limit_in_any_case() -> None:
    assert Effort(memory_limit=1e6).room == 1e6
    assert FLOATS.room == default_memory_limit() > 0


def test_time_is_for_each_program_until_it_has_begun(monkeypatch: pytest.MonkeyPatch) -> None:
    now = 100.0
    monkeypatch.setattr("time.perf_counter", lambda: now)
    each = Effort(time_limit=3.0)
    shared, endless = each.begun(), FLOATS.begun()
    now = 102.0
    assert (each.left, each.late) == (3.0, False)
    assert (shared.left, shared.late) == (1.0, False)
    assert (endless.left, endless.late) == (None, False)
    assert shared.silent.left == 1.0
    now = 104.0
    assert (shared.left, shared.late) == (INSTANT, True)
    assert (endless.left, endless.late) == (None, False)
