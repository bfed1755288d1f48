"""One measurement in a process of its own, so that peak memory is that of this measurement alone.

``python -m dynamech.bench.worker`` reads a request as JSON from standard input, measures, and writes one JSON
object to standard output; with ``--warm`` one a line, see `warm`. Imports and first calls come before the
clock is started.
"""

from __future__ import annotations

import sys
import time
from contextlib import suppress

import numpy as np

from ..api import questions as api
from ..instances.library import load
from ..models.design.design import Design
from ..report.options import in_options
from ..solvers.errors import DynamechError
from .case import digest_of
from .warm import Figures, serve


def measure(request: Figures) -> Figures:
    """Load, compile, hand over, solve, and prove where asked for.

    Returns `status` (of the answer; "refused" where the formulation cannot be had or the program is too
    large), `message`, `value` with a bound on its `error` (None where there is none: then `estimate`, of what
    is measured), `exact` (a rational, where proved), `formulation` in
    full, `rows`, `columns` and `nonzeros` that the engine was given, `all_rows` of the program, `iterations`,
    `seconds` by phase, `peak_bytes` of the process and `base_bytes`, what it had before the instance was
    loaded. Solving is what is left of the wall clock after the other phases, so the search for violated rows
    is in it. `total` is without loading.
    """
    first_calls(request)
    base = peak_bytes()
    began = time.perf_counter()
    env = load(request["source"], **request["settings"])
    env.to_float()
    seconds = {"environment": time.perf_counter() - began}
    words = ("objective", "incentives", "participation", "coupling", "formulation", "demands", "solver")
    limits = ("time_limit", "memory_limit")
    began = time.perf_counter()
    try:
        answer = api.design(
            env, exact=request["certificate"], **{key: request[key] for key in words + limits}
        )
        wall = time.perf_counter() - began
        if request["certificate"]:
            _ = answer.certificate
    except DynamechError as error:
        figures: Figures = {"status": "refused", "message": in_options(error), "seconds": seconds}
    else:
        phases = {name: answer.seconds.get(name, 0.0) for name in ("compile", "handover", "prove")}
        proof = phases.pop("prove") + time.perf_counter() - began - wall
        seconds |= phases | {"solve": wall - sum(answer.seconds.values()) + answer.seconds.get("solve", 0.0)}
        if request["certificate"]:
            seconds["certificate"] = proof
        seconds["total"] = sum(spent for name, spent in seconds.items() if name != "environment")
        figures = {"status": answer.status, "message": answer.message, "seconds": seconds}
    figures |= {"peak_bytes": peak_bytes(), "base_bytes": base, "digest": digest_of(env)}
    return figures if figures["status"] == "refused" else figures | answer_of(answer)


def answer_of(answer: Design) -> Figures:
    """Value, sizes and iterations; measuring the value's error takes memory, so it comes after the peak."""
    program, solution = answer.program, answer.solution
    exact = answer.value is not None and not isinstance(answer.value, float)
    figures: Figures = {
        "value": None if answer.value is None else float(answer.value),
        "exact": str(answer.value) if exact else None,
        "error": 0.0,
        "formulation": answer.formulation,
    }
    if program is not None and solution is not None:
        lengths = np.diff(program.indptr)
        given = lengths if solution.used is None else lengths[solution.used]
        figures |= {"rows": int(given.size), "columns": program.num_columns, "nonzeros": int(given.sum())}
        figures |= {"all_rows": program.num_rows, "iterations": solution.iterations}
        if not exact and answer.value is not None:
            figures["error"] = answer.value_error if np.isfinite(answer.value_error) else None
            figures["estimate"] = answer.value_margin if np.isfinite(answer.value_margin) else None
    return figures


def warm_up(solver: str, exact: bool) -> None:
    """Import what a design with this solver imports, and make its first calls."""
    with suppress(DynamechError):
        _ = api.design(load("two-type-markov", horizon=2), solver=solver, exact=exact).certificate


def peak_bytes() -> int:
    """The most memory that this process has had resident.

    ``ru_maxrss`` would do but for Linux, where a new process inherits the figure of the one that started it.
    """
    with suppress(OSError), open("/proc/self/status", encoding="utf-8") as status:
        for line in status:
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) * 1024
    import resource

    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return most if sys.platform == "darwin" else most * 1024


def first_calls(request: Figures) -> None:
    """What comes before the clock is started; see `serve`."""
    warm_up(request["solver"], request["certificate"])


if __name__ == "__main__":
    serve(measure, first_calls)
