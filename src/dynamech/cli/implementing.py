"""``implement``: can a given allocation be paid for, and if not, which lies together stop every payment."""

from __future__ import annotations

import typer

from ..instances.mechanism_file import read_mechanism, save_mechanism
from ..models.notions.incentives import read_incentive
from ..models.payments.implement import implement as run
from ..models.relaxations import check_coupling
from ..solvers.errors import InvalidInput
from ..solvers.solve import engine
from . import options as say
from .checking import MechanismFile
from .files import check_files, check_target, draw
from .terminal import give, note, working


def implement(
    instance: say.Instance,
    mechanism: MechanismFile,
    settings: say.Settings = None,
    incentives: say.IncentivesWord = "bayesian",
    coupling: say.Coupling = None,
    solver: say.Solver = "highs",
    certificate: say.Certificate = None,
    out: say.Out = None,
    plot: say.Plot = None,
    time_limit: say.TimeLimit = None,
    memory_limit: say.MemoryLimit = None,
    as_json: say.Json = False,
    quiet: say.Quiet = False,
) -> None:
    """Find payments for the allocation of a mechanism file, or the lies that no payments stop together.

    The file's own transfers do not count. Rational data gives a proof either way. Exits 1 where no payments
    exist.
    """
    env = say.environment_of(instance, settings)
    read_incentive(incentives)
    engine(solver)
    if coupling is not None:
        check_coupling(env, coupling)
    limit, seconds = say.memory_bytes(memory_limit), say.seconds(time_limit)
    allocation = read_mechanism(mechanism)
    if certificate is not None and not (env.exact and allocation.exact):
        raise InvalidInput("--certificate needs rational numbers in the instance and in the mechanism file")
    check_files(instance, out, plot, mechanism, certificate)
    check_target(certificate, "--certificate", say.file_of(instance), mechanism, out, plot)
    with working(quiet) as work:
        work.step(f"payments for {allocation.periods} periods")
        try:
            answer = run(
                env, allocation, incentives, coupling=coupling, solver=solver, time_limit=seconds,
                memory_limit=limit, notify=lambda event: work.note(event.text),
            )  # fmt: skip
        except InvalidInput as error:
            raise InvalidInput(f"{mechanism}: {error}") from None
    if out is not None and answer.mechanism is not None:
        save_mechanism(answer.mechanism, out)
        note(f"{out}: the allocation with its payments", quiet)
    elif out is not None:
        note(f"{out}: not written, there are no payments", quiet)
    if certificate is not None and answer.certificate is not None:
        answer.certificate.save(certificate)
        note(f"{certificate}: the certificate", quiet)
    draw(answer, plot, quiet)
    give(answer, as_json, **({"mechanism": out} if out and answer else {}))
    if not answer:
        raise typer.Exit(1)
