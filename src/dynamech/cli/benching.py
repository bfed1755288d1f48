"""``bench``: formulations, solvers and sizes side by side, as a table, a plot, and lines that are kept."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Annotated

import typer

from ..bench import (
    Asked,
    Case,
    Instance,
    Keeper,
    default_formulations,
    measure_all,
    summarise,
)
from ..bench.benchmark import Benchmark
from ..instances.library import find_family
from ..instances.parameters import parse_setting
from ..models.compiler.formulation import FORMULATIONS, read_formulation
from ..models.notions.demands import keys_of
from ..report.plotting import save_figure
from ..solvers.errors import InvalidInput
from ..solvers.solve import engine
from . import options as say
from .exit_codes import Interrupted
from .files import check_files
from .terminal import Work, give, note, working
from .words import Words, demanding

MOST = 1000
"""Repeats beyond this number are taken for a slip."""
TIME_LIMIT = 60.0

Formulations = Annotated[
    list[str] | None,
    say.option(
        "--formulation WORD",
        f"How the program is written, repeatable: {', '.join(FORMULATIONS)}, joined by +. "
        "By default all that differ and whose conditions hold.",
    ),
]
Solvers = Annotated[
    list[str] | None, say.option("--solver NAME", "The engine, repeatable: highs, ... (see `solvers`).")
]
Sizes = Annotated[
    list[str] | None,
    say.option(
        "--sizes NAME=V1,V2,...",
        "A parameter that varies; several vary together, the first values, the second, ...",
    ),
]
Repeat = Annotated[int, say.option("--repeat N", "Measurements of each line.")]
Proofs = Annotated[
    bool, say.option("--certificate", "Exact answers; the proof for the textbook program is timed.")
]
Kept = Annotated[
    str | None, say.option("--out FILE", "Keep each measurement as a JSON line, and go on from there.")
]
Plot = Annotated[str | None, say.option("--plot FILE", "Draw the lines (.png, .svg, .pdf).")]
Limit = Annotated[str | None, say.option("--time-limit SECONDS", "Seconds for each solve; 60 by default.")]


@demanding
def bench(
    context: typer.Context,
    instance: say.Instance,
    settings: say.Settings = None,
    sizes: Sizes = None,
    formulation: Formulations = None,
    solver: Solvers = None,
    objective: say.ObjectiveWord = "revenue",
    incentives: say.IncentivesWord = "bayesian",
    participation: say.ParticipationWord = "interim",
    coupling: say.Coupling = None,
    repeat: Repeat = 3,
    certificate: Proofs = False,
    out: Kept = None,
    plot: Plot = None,
    time_limit: Limit = None,
    memory_limit: say.MemoryLimit = None,
    as_json: say.Json = False,
    quiet: say.Quiet = False,
) -> None:
    """Measure formulations, solvers and sizes against each other, on a library family or a file.

    Measurements take turns, each in a process of its own. Exits 1 where answers differ, and where measuring
    failed and there is none.
    """
    limits = say.seconds(time_limit) or TIME_LIMIT, say.memory_bytes(memory_limit)
    if not 1 <= repeat <= MOST:
        raise InvalidInput(f"--repeat: {repeat} is not between 1 and {MOST}")
    for word in formulation or ():
        read_formulation(word)
    instances = _instances(instance, settings, sizes)
    for name in solver or ():
        engine(name)
    typed = Words.of(context)
    typed = replace(typed, said={key: word for key, word in typed.said.items() if key != "formulation"})
    question = typed.ask().check(instances[0].environment)
    asked = Asked(
        objective=question.objective.word,
        incentives=question.incentives.name,
        participation=question.participation.name,
        coupling=question.coupling,
        certificate=certificate,
        time_limit=limits[0],
        memory_limit=limits[1],
        demands=keys_of(question.demands),
    )
    check_files(instance, out, plot, *typed.files)
    keeper = Keeper(out)
    left_out: dict[str, str] = {}
    words: Sequence[str] = list(dict.fromkeys(formulation or ()))
    if not words and question.formulation != "auto":
        words = [question.formulation]
    if not words:
        words, left_out = default_formulations(instances, asked)
    cases = [
        Case(one, asked, word, name)
        for one in instances
        for word in words
        for name in dict.fromkeys(solver or ["highs"])
    ]
    finished = True
    with working(quiet, repeat * len(cases)) as work:
        _announce(work, left_out, cases, keeper, repeat, out)
        try:
            measure_all(cases, repeat, keeper, work.step)
        except KeyboardInterrupt:
            finished = False
    benchmark = Benchmark(tuple(instances), asked, repeat, tuple(summarise(cases, repeat, keeper)))
    lines = benchmark.lines
    if not any(line.repeats for line in lines):
        raise KeyboardInterrupt
    if plot is not None:
        save_figure(benchmark.plot(), plot)
        note(f"{plot}: the plot", quiet)
    give(benchmark, as_json)
    if not finished:
        wanted = sum(not line.repeats or (line.answered and line.repeats < repeat) for line in lines)
        raise Interrupted(f"interrupted; lines without all their measurements: {wanted} of {len(lines)}")
    if benchmark.disagreements:
        note("dynamech: values disagree", quiet=False)
        raise typer.Exit(1)
    if not any(line.answered for line in lines) and any(line.status == "failed" for line in lines):
        note("dynamech: nothing could be measured", quiet=False)
        raise typer.Exit(1)


def _instances(source: str, settings: list[str] | None, sizes: list[str] | None) -> list[Instance]:
    """The instance at each of its sizes. Raises `InvalidInput` with one line."""
    fixed = say.read_settings(settings)
    varied: dict[str, list[str]] = {}
    for text in sizes or ():
        name, values = parse_setting(text)
        if name in varied or name in fixed:
            other = "--sizes" if name in varied else "--set"
            raise InvalidInput(f"--sizes: {name} is given already, by {other}")
        varied[name] = [value.strip() for value in values.split(",")]
        first = next(iter(varied))
        if len(varied[name]) != len(varied[first]):
            raise InvalidInput(
                f"--sizes: {first} has {len(varied[first])} values and {name} has {len(varied[name])}; "
                "parameters vary together"
            )
    if varied:
        if (path := say.file_of(source)) is not None and Instance(path, fixed).environment:
            raise InvalidInput(f"--sizes: {source} is a file, which has one size")
        for parameter in find_family(source).parameters:
            if parameter.name in varied and parameter.kind in ("rationals", "table"):
                raise InvalidInput(f"--sizes: {parameter.name} is a list of numbers; only single ones vary")
    points = [dict(zip(varied, point, strict=True)) for point in zip(*varied.values(), strict=True)] or [{}]
    twice = next((point for point in points if points.count(point) > 1), None)
    if twice is not None:
        raise InvalidInput(f"--sizes: {Instance(source, size=twice).label} is there twice")
    instances = [Instance(source, fixed | point, point) for point in points]
    for one in instances:
        _ = one.environment
    return instances


def _announce(
    work: Work, left_out: dict[str, str], cases: Sequence[Case], keeper: Keeper, repeat: int, out: str | None
) -> None:
    """What is not measured, and why."""
    for word, reason in left_out.items():
        work.note(f"{word}: left out, {reason}")
    if keeper.cut:
        work.note(f"{out}: its last line was cut short and is left out; all others are used")
    earlier = sum(keeper.earlier(case, repeat) for case in cases)
    if earlier:
        work.note(
            f"{out}: {earlier} of {repeat * len(cases)} measurements are from an earlier run; ratios across "
            "runs are only as good as the machine was equally busy"
        )
