"""``verify``: any mechanism from a file, checked against any notion."""

from __future__ import annotations

from typing import Annotated

import typer

from ..instances.mechanism_file import read_mechanism
from ..models.environment.independence import factored
from ..models.notions.incentives import read_incentive
from ..models.notions.participation import read_participation
from ..models.relaxations import check_coupling
from ..models.verification.anywhere import home_of
from ..models.verification.anywhere import verify as judge_anywhere
from ..solvers.effort import Effort
from ..solvers.errors import InvalidInput
from .options import (
    Balanced,
    BudgetDemanded,
    Coupling,
    Instance,
    Json,
    MemoryLimit,
    PaymentsDemanded,
    PaymentsOn,
    Quiet,
    Settings,
    demands_of,
    environment_of,
    memory_bytes,
    option,
)
from .terminal import give, note, working

MechanismFile = Annotated[
    str, typer.Argument(metavar="MECHANISM", help="A mechanism file, as `design --out` writes.")
]
IncentivesAsked = Annotated[
    str | None, option("--incentives WORD", "Check this notion alone; exit 1 where it fails.")
]
ParticipationAsked = Annotated[
    str | None, option("--participation WORD", "Check this notion alone; exit 1 where it fails.")
]


def verify(
    instance: Instance,
    mechanism: MechanismFile,
    settings: Settings = None,
    incentives: IncentivesAsked = None,
    participation: ParticipationAsked = None,
    payments: PaymentsDemanded = None,
    on: PaymentsOn = None,
    budget: BudgetDemanded = None,
    balanced: Balanced = False,
    coupling: Coupling = None,
    memory_limit: MemoryLimit = None,
    as_json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Check a mechanism against every way of lying: all notions that apply, or those named, and demands.

    Exits 1 only when a notion asked for by name, or a demand, fails.
    """
    limit = memory_bytes(memory_limit)
    env = environment_of(instance, settings)
    if incentives is not None:
        read_incentive(incentives)
    if participation is not None:
        read_participation(participation)
    if coupling is not None:
        check_coupling(env, coupling)
    demands = demands_of(env, payments, on, budget, balanced)
    checked = read_mechanism(mechanism)
    with working(quiet) as work:
        work.step(f"verifying {checked.periods} periods")
        try:
            verdicts = judge_anywhere(
                env, checked, incentives, participation, demands=demands, coupling=coupling,
                effort=Effort(memory_limit=limit),
            )  # fmt: skip
        except InvalidInput as error:
            raise InvalidInput(f"{mechanism}: {error}") from None
    give(verdicts, as_json)
    if not as_json and not env.stationary:  # relaxations rewrite finitely many periods
        home, rewriting = home_of(factored(env), checked, coupling)
        if rewriting is not None:
            note(f"The mechanism is for '{home.name}', and was checked there.", quiet)
    named = incentives is not None or participation is not None or bool(demands)
    if named and not verdicts:
        raise typer.Exit(1)
