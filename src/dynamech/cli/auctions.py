"""``auction``, ``burn`` and ``iron``: one item sold once."""

from __future__ import annotations

from typing import Annotated

import typer

from ..api.auctions import auction as run_auction
from ..api.auctions import burn as run_burn
from ..api.auctions import iron as run_iron
from ..instances.mechanism_file import save_mechanism
from ..report.plotting import save_figure
from .files import check_files, deliver
from .options import (
    AnswerLimit,
    Instance,
    Json,
    ObjectiveWord,
    Quiet,
    Rational,
    Settings,
    Solver,
    environment_of,
    option,
    seconds,
)
from .terminal import give, working
from .words import Words, demanding

Caps = Annotated[str, option("--caps B1,B2,...", "Cap on each agent's counted utility, in their order.")]
BinaryFloats = Annotated[
    bool, option("--exact", "Take floats at their binary values; rationals are exact anyway.")
]
MechanismOut = Annotated[str | None, option("--out FILE", "Write the auction as a mechanism file.")]
PeriodNumber = Annotated[int | None, option("--period T", "Which period is sold, where there are several.")]
VirtualPlot = Annotated[
    str | None, option("--plot FILE", "Draw virtual values and who wins how often (.png, .pdf, .svg).")
]
WeightsPlot = Annotated[str | None, option("--plot FILE", "Draw weights against caps (.png, .pdf, .svg).")]
CurvesPlot = Annotated[str | None, option("--plot FILE", "Draw the curves and hulls (.png, .pdf, .svg).")]


@demanding
def auction(
    context: typer.Context,
    instance: Instance,
    settings: Settings = None,
    objective: ObjectiveWord = "revenue",
    period: PeriodNumber = None,
    solver: Solver = "highs",
    exact: Rational = False,
    out: MechanismOut = None,
    plot: VirtualPlot = None,
    time_limit: AnswerLimit = None,
    as_json: Json = False,
    quiet: Quiet = False,
) -> None:
    """The best auction of one good for many bidders, under any weights and demands on what types get.

    The probability with which each type wins, and the auctions that are drawn from: the highest score wins.
    """
    words = Words.of(context)
    question = words.ask()
    env = environment_of(instance, settings)
    check_files(instance, out, plot, *words.files)
    with working(quiet) as work:
        work.step("auction")
        answer = run_auction(
            env, question=question, period=period, solver=solver, exact=exact,
            time_limit=seconds(time_limit), notify=work.tell,
        )  # fmt: skip
        there = answer.best is not None
        mechanism = answer.mechanism if out is not None and there else None
    deliver(answer, as_json, plot, out, mechanism, undone="" if there else answer.message)


def burn(
    instance: Instance,
    caps: Caps,
    settings: Settings = None,
    exact: BinaryFloats = False,
    out: MechanismOut = None,
    plot: WeightsPlot = None,
    as_json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Capped money burning: the auction that leaves buyers most, each counted up to a cap, and its dual.

    One item, one period, payments burnt and never negative.
    """
    env = environment_of(instance, settings)
    check_files(instance, out, plot)
    with working(quiet) as work:
        work.step("cutting planes")
        burning = run_burn(env, [text.strip() for text in caps.split(",")], exact=exact)
        mechanism = None if out is None else burning.mechanism(env)
        if plot is not None:
            save_figure(burning.plot(notify=work.tell), plot)
    if out is not None and mechanism is not None:
        save_mechanism(mechanism, out)
    give(burning, as_json)


def iron(
    instance: Instance,
    settings: Settings = None,
    exact: BinaryFloats = False,
    plot: CurvesPlot = None,
    as_json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Virtual values of one buyer, plain and ironed: for revenue and for utility."""
    env = environment_of(instance, settings)
    check_files(instance, None, plot)
    with working(quiet):
        virtual = run_iron(env, exact=exact)
    deliver(virtual, as_json, plot)
