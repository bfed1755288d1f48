"""``sale``, ``progressive``, ``distortions``, ``rents``: what optimal mechanisms do over time."""

from __future__ import annotations

from typing import Annotated

import typer

from ..api.over_time import distortions as run_distortions
from ..api.over_time import progressive as run_progressive
from ..api.over_time import rents as run_rents
from ..api.over_time import sale as run_sale
from ..instances.mechanism_file import read_mechanism
from ..models.relaxations import check_coupling
from ..solvers.errors import InvalidInput
from . import options as say
from .files import check_files, deliver
from .terminal import working

MaybeMechanism = Annotated[
    str | None,
    typer.Argument(metavar="[MECHANISM]", help="A mechanism file; without one the optimum is found."),
]
Plot = Annotated[str | None, say.option("--plot FILE", "Draw it (.png, .pdf, .svg).")]


def sale(
    instance: say.Instance,
    settings: say.Settings = None,
    exact: say.Rational = False,
    plot: Plot = None,
    time_limit: say.AnswerLimit = None,
    memory_limit: say.MemoryLimit = None,
    as_json: say.Json = False,
    quiet: say.Quiet = False,
) -> None:
    """When a good is sold and to whom, at virtual values and efficiently.

    Values of those who report separate into a first signal and the rest; others, such as a
    stock, everybody sees.
    """
    limits = say.seconds(time_limit), say.memory_bytes(memory_limit)
    env = say.environment_of(instance, settings)
    check_files(instance, None, plot)
    with working(quiet) as work:
        work.step("sale at virtual values")
        answer = run_sale(env, exact=exact, time_limit=limits[0], memory_limit=limits[1])
    deliver(answer, as_json, plot)


def progressive(
    instance: say.Instance,
    settings: say.Settings = None,
    exact: say.Rational = False,
    plot: Plot = None,
    time_limit: say.TimeLimit = None,
    memory_limit: say.MemoryLimit = None,
    as_json: say.Json = False,
    quiet: say.Quiet = False,
) -> None:
    """A buyer who knows how her value grows: virtual values by history, fixed prices, the bound.

    One private agent whose types are how her value tends to grow, and the value.
    """
    limits = say.seconds(time_limit), say.memory_bytes(memory_limit)
    env = say.environment_of(instance, settings)
    check_files(instance, None, plot)
    with working(quiet) as work:
        work.step("progressive screening")
        answer = run_progressive(env, exact=exact, time_limit=limits[0], memory_limit=limits[1])
    deliver(answer, as_json, plot)


def distortions(
    instance: say.Instance,
    mechanism: MaybeMechanism = None,
    settings: say.Settings = None,
    exact: say.Rational = False,
    plot: Plot = None,
    time_limit: say.TimeLimit = None,
    memory_limit: say.MemoryLimit = None,
    as_json: say.Json = False,
    quiet: say.Quiet = False,
) -> None:
    """What the optimal mechanism, or that of a file, loses of the efficient surplus in every period.

    How much, how often, and after which history most; of divisible goods also the quantities.
    """
    limits = say.seconds(time_limit), say.memory_bytes(memory_limit)
    env = say.environment_of(instance, settings)
    check_files(instance, None, plot)
    judged = None if mechanism is None else read_mechanism(mechanism)
    with working(quiet) as work:
        work.step("distortions")
        try:
            answer = run_distortions(env, judged, exact=exact, time_limit=limits[0], memory_limit=limits[1])
        except InvalidInput as error:
            raise error if mechanism is None else InvalidInput(f"{mechanism}: {error}") from None
    deliver(answer, as_json, plot)


def rents(
    instance: say.Instance,
    settings: say.Settings = None,
    coupling: say.Coupling = None,
    exact: say.Rational = False,
    plot: Plot = None,
    time_limit: say.TimeLimit = None,
    memory_limit: say.MemoryLimit = None,
    as_json: say.Json = False,
    quiet: say.Quiet = False,
) -> None:
    """What agents keep by first type, and what of it they would keep if later signals were public.

    Least to most over all optima, and by the period whose allocation earns it.
    """
    limits = say.seconds(time_limit), say.memory_bytes(memory_limit)
    env = say.environment_of(instance, settings)
    if coupling is not None:
        check_coupling(env, coupling)
    check_files(instance, None, plot)
    with working(quiet) as work:
        work.step("rents")
        answer = run_rents(env, coupling=coupling, exact=exact, time_limit=limits[0], memory_limit=limits[1])
    deliver(answer, as_json, plot)
