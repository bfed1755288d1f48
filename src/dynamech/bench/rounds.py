"""The measurements, in rounds: every case once before any is repeated, so that noise hits all alike."""

from __future__ import annotations

import json
import signal
import subprocess
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from typing import Any

from ..solvers.errors import InvalidInput
from .case import Case
from .keeping import Keeper

SETTLED = ("refused", "limit", "not-applicable", "failed")
"""Statuses that no repeat will change."""


def measure_all(
    cases: Sequence[Case], repeats: int, keeper: Keeper, step: Callable[[str], None] = lambda text: None
) -> None:
    """Measure every case `repeats` times, each time in a process of its own; `keeper` has the figures.

    What the keeper has already is not measured again. `step` is told each measurement before it starts. An
    interruption leaves what was finished with the keeper.
    """
    for repeat in range(repeats):
        for case in cases:
            step(f"round {repeat + 1} of {repeats}, {case.label}")
            if keeper.has(case, repeat) or any(
                figures["status"] in SETTLED for figures in keeper.figures(case, repeats)
            ):
                continue
            figures = apart(case.command, case.request())
            if figures.get("digest", case.instance.digest) != case.instance.digest:
                raise InvalidInput(f"{case.instance.source} was changed while it was measured; start again")
            keeper.keep(case, repeat, figures)


def apart(command: Sequence[str], request: Mapping[str, Any]) -> dict[str, Any]:
    """The figures that `command` gives for a request; where it ends otherwise, status "failed" and why."""
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        encoding="utf-8", errors="backslashreplace",
    ) as process:  # fmt: skip
        try:
            out, err = process.communicate(json.dumps(request))
        except BaseException:
            process.kill()
            raise
    if process.returncode == 0:
        with suppress(ValueError):
            figures = json.loads(out)
            if isinstance(figures, dict) and "status" in figures:
                return figures
        why = "it did not say what it measured"
    elif process.returncode < 0:
        number = -process.returncode
        name = signal.Signals(number).name if number in set(signal.Signals) else f"signal {number}"
        why = f"ended by {name}{', probably out of memory' if name == 'SIGKILL' else ''}"
    else:
        why = (err.strip().splitlines() or ["it said nothing"])[-1]
    return {"status": "failed", "message": f"the measuring process failed: {why}", "seconds": {}}
