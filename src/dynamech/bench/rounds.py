"""The measurements, in rounds: every case once before any is repeated, so that noise hits all alike."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from ..solvers.errors import InvalidInput
from .case import Case
from .keeping import Keeper
from .warm import Warm

SETTLED = ("refused", "limit", "not-applicable", "failed")
"""Statuses that no repeat will change."""


def measure_all(
    cases: Sequence[Case], repeats: int, keeper: Keeper, step: Callable[[str], None] = lambda text: None
) -> None:
    """Measure every case `repeats` times, each time in a process of its own; `keeper` has the figures.

    What the keeper has already is not measured again, of this case or of one that is the same program by the
    same solver (`Case.means`). `step` is told each measurement before it starts. An interruption leaves what
    was finished with the keeper.
    """
    with Warm() as warm:
        for repeat in range(repeats):
            for case in cases:
                step(f"round {repeat + 1} of {repeats}, {case.label}")
                if keeper.has(case, repeat) or any(
                    figures["status"] in SETTLED for figures in keeper.figures(case, repeats)
                ):
                    continue
                same = (other for other in cases if other.means == case.means and keeper.has(other, repeat))
                twin = next(same, None)
                figures = (
                    warm.measure(case.command, case.request()) if twin is None else keeper.get(twin, repeat)
                )
                if figures.get("digest", case.instance.digest) != case.instance.digest:
                    raise InvalidInput(
                        f"{case.instance.source} was changed while it was measured; start again"
                    )
                keeper.keep(case, repeat, figures)
