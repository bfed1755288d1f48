"""The public functions on Markov environments: `sale`, `progressive`, `distortions`, `rents` (LN)."""

from __future__ import annotations

from ..instances.library import EnvironmentLike, as_environment
from ..instances.mechanism_file import MechanismLike, as_mechanism
from ..models.design.design import Design
from ..models.design.design import design as run_design
from ..models.design.question import Question
from ..models.screening.markov.distortions import Distortions
from ..models.screening.markov.distortions import distortions as run_distortions
from ..models.screening.markov.progressive import ProgressiveScreening
from ..models.screening.markov.progressive import progressive as run_progressive
from ..models.screening.markov.rents import Rents
from ..models.screening.markov.rents import rents as run_rents
from ..models.screening.markov.sale import SaleTiming
from ..models.screening.markov.sale import sale as run_sale
from ..solvers.effort import Effort
from ..solvers.errors import InvalidInput


def sale(
    env: EnvironmentLike,
    *,
    exact: bool = False,
    time_limit: float | None = None,
    memory_limit: float | None = None,
) -> SaleTiming:
    """When a good is sold and to whom, at virtual values and efficiently: an optimal stopping problem (LN;
    Board 2007).

    The environment has a finite horizon; agents who report have private values that separate into a first
    signal and the rest (KLN Property 4.1), independent of each other; the stock, or the state of a market,
    are agents whom everybody observes. Revenue and surplus are in money of period 0. exact: over the
    rationals, floats at their binary values; otherwise in doubles. time_limit: seconds for the answer,
    memory_limit: bytes. Raises `AssumptionViolated` naming what fails, where and by how much, `TooLarge`, and
    `DynamechError` where the time was up.

    >>> import dynamech as dm
    >>> sold = dm.sale(dm.load("ar1-sale"), exact=True)
    >>> str(sold.virtual.value), [str(chance) for chance in sold.virtual.sold.sum(axis=1)]
    ('40523/19200', ['5/9', '7/36', '35/144'])
    """
    effort = Effort(exact=exact, time_limit=time_limit, memory_limit=memory_limit)
    return run_sale(as_environment(env), effort)


def distortions(
    env: EnvironmentLike | Design,
    mechanism: MechanismLike | None = None,
    *,
    exact: bool = False,
    time_limit: float | None = None,
    memory_limit: float | None = None,
) -> Distortions:
    """What a mechanism loses of the efficient surplus, by period: how much, how often, and where it is most.

    env: an environment, with the mechanism, or alone: then it is about the optimum of `design(env)`; or a
    design, whose mechanism it is about (of a relaxation: in the environment with public shocks). Money is of
    its period, `lost` of period 0; quantities are of divisible goods. exact: of an optimum that has to be
    found, over the rationals; a mechanism and a design keep their numbers. Where several mechanisms are
    optimal, distortions are those of the one at hand. LN, Battaglini (2005). Raises `AssumptionViolated` for
    an infinite horizon, and for goods beside actions that steer types; `InvalidInput` where the mechanism
    does not fit, `Infeasible` where a design has none, `TooLarge`.

    >>> import dynamech as dm
    >>> lost = dm.distortions(dm.load("two-type-markov", horizon=3, quadratic=True), exact=True)
    >>> [str(period.short[0].shortfall) for period in lost.periods]
    ['2/3', '5/12', '25/96']
    """
    effort = Effort(exact=exact, time_limit=time_limit, memory_limit=memory_limit)
    if mechanism is None:
        if not isinstance(env, Design):
            env = as_environment(env)
            env = run_design(env, Question.of(env), effort)
        mechanism, home = env.mechanism, env.solved.compiled.layout.env
    elif isinstance(env, Design):
        raise InvalidInput(
            "distortions: a design has its own mechanism; give the environment beside another one"
        )
    else:
        mechanism, home = as_mechanism(mechanism), as_environment(env)
    return run_distortions(home, mechanism, effort)


def progressive(
    env: EnvironmentLike,
    *,
    exact: bool = False,
    time_limit: float | None = None,
    memory_limit: float | None = None,
) -> ProgressiveScreening:
    """Progressive screening: virtual values by history, the menu of fixed prices, and whether the bound is
    tight.

    One buyer who knows from the start how her value tends to grow, and of whom a type is that and her value
    (Boleslavsky and Said 2013; LN). Virtual values are in money of their period, everything else is of period
    0. exact: over the rationals, floats at their binary values; otherwise in doubles. time_limit,
    memory_limit: of the program that finds the optimum where the menu does not earn the bound. Raises
    `AssumptionViolated` naming what fails, where and by how much, and `TooLarge`.

    >>> import dynamech as dm
    >>> growing = dm.progressive(dm.load("progressive-screening", variant="crossing"), exact=True)
    >>> str(growing.bound), str(growing.menu.profit), str(growing.gap)
    ('25451/12500', '24821/12500', '63/1250')
    """
    effort = Effort(exact=exact, time_limit=time_limit, memory_limit=memory_limit)
    return run_progressive(as_environment(env), effort)


def rents(
    env: EnvironmentLike,
    *,
    coupling: str | None = None,
    solver: str = "highs",
    exact: bool = False,
    time_limit: float | None = None,
    memory_limit: float | None = None,
) -> Rents:
    """What agents keep by first type, and what of it they would keep if later signals were public.

    Of the revenue optimum with interim participation, and of the same with public shocks (`coupling`); money
    is of period 0. Optima are not unique: each rent is the least and the most that one leaves. By period:
    which period's allocation first signals earn it by, at the optimum at hand. With atomless types orthogonal
    shocks earn nothing (Esö and Szentes); finite types differ. exact: over the rationals. time_limit: seconds
    for each program. Raises `AssumptionViolated` for an infinite horizon, and where shocks cannot be made
    public; `InvalidInput` for a coupling that cannot be had; `Infeasible` where no optimum was found in time;
    `TooLarge`.

    >>> import dynamech as dm
    >>> kept = dm.rents(dm.load("two-type-markov", quadratic=True), exact=True)
    >>> [str(rent[0]) for rent in kept.agents[0].full], [str(rent[0]) for rent in kept.agents[0].public]
    (['0', '53/96'], ['0', '11/24'])
    """
    effort = Effort(solver, exact, time_limit, memory_limit)
    return run_rents(as_environment(env), coupling, effort)
