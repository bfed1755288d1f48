"""The public function on many instances: `sweep`."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from concurrent.futures import Executor
from contextlib import nullcontext
from typing import Any

from ..instances.question_file import QuestionLike
from ..models.ladder.ladder import DECISIVE, read_rungs
from ..solvers.effort import Effort
from ..solvers.errors import InvalidInput
from ..solvers.events import Notify
from ..solvers.solve import engine
from ..studies.cluster import cluster
from ..studies.grid import instances
from ..studies.sweep import Sweep
from ..studies.sweep import sweep as run_sweep
from .asking import AUTO, INTERIM, REVENUE, DemandsLike, ParticipationLike, asked


def sweep(
    source: str | os.PathLike[str],
    grid: Mapping[str, Any] | None = None,
    *,
    rungs: Sequence[str] = DECISIVE,
    objective: Any = REVENUE,
    participation: ParticipationLike = INTERIM,
    coupling: str | None = None,
    formulation: str = AUTO,
    demands: DemandsLike | None = None,
    question: QuestionLike | None = None,
    solver: str = "highs",
    exact: bool = False,
    time_limit: float | None = None,
    memory_limit: float | None = None,
    out: str | os.PathLike[str] | None = None,
    resume: bool = False,
    jobs: int = -1,
    executor: Executor | None = None,
    dask: str | None = None,
    notify: Notify | None = None,
) -> Sweep:
    """Ask rungs of the ladder of many instances, side by side: one row a rung of each, whatever happens.

    source: a library name, or a folder (its ``.json`` files) or one file of instances. grid: by parameter of
    the family a value, a sequence of values, or a text as on the command line (``"1,2,5"``, ``"0..149"``,
    ``"0..1:11"``); all combinations are asked. question: as in `design`; its incentives do not count. exact,
    solver, time_limit (seconds) and memory_limit (bytes) are as in `design`, for each program.

    out: an SQLite file, into which an instance is written as it is finished; killed at any moment, the sweep
    goes on with `resume`, which asks again what failed, ran into a limit, or is another instance now. jobs:
    processes, -1 for one a core. executor: what answers instead, any ``concurrent.futures.Executor``. dask:
    the address of a Dask scheduler whose workers answer; where one dies another takes over. An instance that
    fails is a row with its reason. `notify` is told the numbers after each.

    Raises `InvalidInput` for words, parameters, values and files that are refused, before anything is asked,
    and `DynamechError` where the file cannot be written any more or a process that answers dies.

    >>> import dynamech as dm
    >>> study = dm.sweep("kln-nonseparable", {"n": "2..4", "c_times": [3, 5]}, jobs=1)
    >>> study
    Sweep(source='kln-nonseparable', instances=6, tight=2, not_tight=4, open=0, failed=0)
    """
    names = read_rungs(rungs)
    if jobs == 0 or jobs < -1:
        raise InvalidInput(f"jobs: {jobs} is not a number of processes, or -1 for one a core")
    engine(solver)
    about = asked(
        question, objective=objective, participation=participation, coupling=coupling,
        formulation=formulation, demands=demands,
    )  # fmt: skip
    if dask is not None and executor is not None:
        raise InvalidInput("dask: a scheduler and an executor are two; give one")
    effort = Effort(solver, exact, time_limit, memory_limit, notify)
    tasks = instances(source, grid)
    with nullcontext(executor) if dask is None else cluster(dask) as answering:
        return run_sweep(
            os.fspath(source), tasks, about, names, effort,
            path=out, resume=resume, jobs=jobs, executor=answering,
        )  # fmt: skip
