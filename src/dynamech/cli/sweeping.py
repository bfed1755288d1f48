"""``sweep``: rungs of many instances, on all cores, kept in one file as they are finished."""

from __future__ import annotations

import os
from typing import Annotated

import typer

from ..api.sweeps import sweep as run_sweep
from ..models.ladder.ladder import DECISIVE
from ..models.notions.incentives import RUNGS
from ..solvers.errors import InvalidInput
from ..solvers.events import Event
from ..solvers.numerals import one_line, shown
from ..studies.cluster import check_dask
from ..studies.grid import instances
from ..studies.parquet import check_parquet
from . import options as say
from .exit_codes import Interrupted
from .files import check_files, check_pictures, check_target, deliver, draw
from .options import file_of
from .terminal import working
from .words import Words, demanding

ASKED = ",".join(DECISIVE)
Source = Annotated[
    str, typer.Argument(metavar="X", help="A library name (see `list`), or a folder of instance files.")
]
Grid = Annotated[
    list[str] | None,
    say.option(
        "--set NAME=VALUES",
        "A parameter with its values: v1,v2,..., whole numbers LOW..HIGH, or LOW..HIGH:N; repeatable.",
    ),
]
Rungs = Annotated[str | None, say.option("--rungs A,B", f"Which rungs, {ASKED} by default", RUNGS)]
Kept = Annotated[str, say.option("--out FILE", "The SQLite file of all rows; see --resume.")]
Resume = Annotated[bool, say.option("--resume", "Go on from the rows of --out, or begin it.")]
Jobs = Annotated[str, say.option("--jobs N", "Processes; by default one for each core.")]
Dask = Annotated[
    str | None,
    say.option("--dask ADDRESS", "The workers of this Dask scheduler answer, such as tcp://host:8786."),
]
Parquet = Annotated[str | None, say.option("--parquet FILE", "Write all rows of the answer as Parquet.")]
GapPlot = Annotated[str | None, say.option("--plot FILE", "Draw the mean gap (.png, .pdf, .svg).")]

ValuesPlot = Annotated[
    str | None, say.option("--plot-values FILE", "Draw the mean value of each rung (.png, .pdf, .svg).")
]


@demanding
def sweep(
    context: typer.Context,
    instance: Source,
    out: Kept,
    settings: Grid = None,
    rungs: Rungs = None,
    objective: say.ObjectiveWord = "revenue",
    participation: say.ParticipationWord = "interim",
    coupling: say.Coupling = None,
    formulation: say.Formulation = "auto",
    solver: say.Solver = "highs",
    exact: say.Exact = False,
    resume: Resume = False,
    jobs: Jobs = "-1",
    dask: Dask = None,
    parquet: Parquet = None,
    plot: GapPlot = None,
    plot_values: ValuesPlot = None,
    time_limit: say.TimeLimit = None,
    memory_limit: say.MemoryLimit = None,
    as_json: say.Json = False,
    quiet: say.Quiet = False,
) -> None:
    """Ask rungs of a family over a grid, or of a folder of files: a row each, and how many are tight.

    An instance that fails is a row with its reason. Each instance is in --out as soon as it is finished:
    killed at any moment, the same command goes on with --resume. What failed or ran into a limit is asked
    again then.
    """
    words = Words.of(context)
    effort = words.effort()
    grid = say.read_settings(settings)
    check_files(instance, out, plot, parquet, *words.files)
    check_pictures(instance, {"--plot-values": plot_values}, plot, out, parquet, *words.files)
    check_target(parquet, "--parquet", file_of(instance), out, plot, *words.files)
    if parquet is not None:
        check_parquet()
    if dask is not None:
        check_dask()
    if os.path.exists(out) and not os.path.isfile(out):
        raise InvalidInput(f"--out: {one_line(out)} is no file that rows could be kept in")
    count = len(instances(instance, grid))
    last = ""

    def tell(event: Event) -> None:
        nonlocal last
        last = event.text
        work.tell(event)

    with working(quiet, count) as work:
        try:
            answer = run_sweep(
                instance, grid, rungs=DECISIVE if rungs is None else rungs.split(","),
                question=words.ask(), solver=solver, exact=exact, time_limit=effort.time_limit,
                memory_limit=effort.memory_limit, out=out, resume=resume, jobs=_processes(jobs), dask=dask,
                notify=tell,
            )  # fmt: skip
        except KeyboardInterrupt:
            raise Interrupted(f"interrupted; {last or 'nothing'} is in {out}: --resume goes on") from None
    if parquet is not None:
        answer.to_parquet(parquet)
    draw(answer, plot_values, quiet, values=True)
    deliver(answer, as_json, plot)


def _processes(text: str) -> int:
    try:
        return int(text)
    except ValueError:
        raise InvalidInput(f"--jobs: {shown(text)} is not a number of processes") from None
