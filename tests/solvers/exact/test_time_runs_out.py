"""The time of an exact answer may end at any look at the clock: an answer comes back, never an error."""

from __future__ import annotations

import pytest

from dynamech.solvers.clock import Clock
from dynamech.solvers.solve import solve

from .test_exact_answers import _thirds


@pytest.mark.parametrize("looks", range(12))
def test_wherever_the_time_ends(looks: int, monkeypatch: pytest.MonkeyPatch) -> None:
    program = _thirds()
    known = solve(program, exact=True)
    left = [looks]

    def over(self: Clock) -> bool:
        left[0] -= 1
        return self.left() is not None and left[0] < 0

    monkeypatch.setattr(Clock, "over", over)
    answer = solve(program, exact=True, time_limit=60)
    assert answer.status == "limit" or (answer.status, answer.value) == ("optimal", known.value)
