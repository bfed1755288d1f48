"""``verify``: any mechanism from a file, checked against any notion."""

from __future__ import annotations

from typing import Annotated

import typer

from ..instances.mechanism_file import read_mechanism
from ..models.environment.independence import factored
from ..models.verification.anywhere import home_of
from ..models.verification.anywhere import verify as judge_anywhere
from ..solvers.effort import Effort
from ..solvers.errors import InvalidInput
from .files import check_files, draw
from .options import (
    Coupling,
    Instance,
    Json,
    MemoryLimit,
    Plot,
    Quiet,
    Settings,
    environment_of,
    memory_bytes,
    option,
)
from .terminal import give, note, working
from .words import Words, demanding

MechanismFile = Annotated[
    str, typer.Argument(metavar="MECHANISM", help="A mechanism file, as `design --out` writes.")
]
IncentivesAsked = Annotated[
    str | None, option("--incentives WORD", "Check this notion alone; exit 1 where it fails.")
]
ParticipationAsked = Annotated[
    str | None, option("--participation WORD", "Check this notion alone; exit 1 where it fails.")
]


@demanding
def verify(
    context: typer.Context,
    instance: Instance,
    mechanism: MechanismFile,
    settings: Settings = None,
    incentives: IncentivesAsked = None,
    participation: ParticipationAsked = None,
    coupling: Coupling = None,
    plot: Plot = None,
    memory_limit: MemoryLimit = None,
    as_json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Check a mechanism against every way of lying: all notions that apply, or those named, and demands.

    --plot draws the lie of the first that fails. Exits 1 only when a notion asked for by name, or a demand,
    fails.
    """
    limit = memory_bytes(memory_limit)
    env = environment_of(instance, settings)
    words = Words.of(context)
    question = words.ask().check(env)
    whole, demands = words.question is not None, question.demands
    lies = question.incentives if whole or "incentives" in words.said else None
    promised = question.participation if whole or "participation" in words.said else None
    check_files(instance, None, plot, mechanism, *words.files)
    checked = read_mechanism(mechanism)
    with working(quiet) as work:
        work.step(f"verifying {checked.periods} periods")
        try:
            verdicts = judge_anywhere(
                env, checked, lies, promised, demands=demands, coupling=question.coupling,
                effort=Effort(memory_limit=limit),
            )  # fmt: skip
        except InvalidInput as error:
            raise InvalidInput(f"{mechanism}: {error}") from None
    draw(verdicts, plot, quiet)
    give(verdicts, as_json)
    if not as_json and not env.stationary:  # relaxations rewrite finitely many periods
        home, rewriting = home_of(factored(env), checked, question.coupling)
        if rewriting is not None:
            note(f"The mechanism is for '{home.name}', and was checked there.", quiet)
    if (lies or promised or demands) and not verdicts:
        raise typer.Exit(1)
