"""Checking a mechanism against any notion, relaxations included, in whatever environment it was made for."""

from __future__ import annotations

import math

from ...solvers.effort import FLOATS, Effort
from ...solvers.errors import AssumptionViolated, InvalidInput, TooLarge
from ..environment.environment import Environment
from ..environment.independence import factored
from ..mechanism.mechanism import Mechanism
from ..notions.demands import Demands
from ..notions.incentives import Incentive, Information, read_incentive
from ..notions.participation import Participation, read_participation
from ..relaxations import REWRITINGS, check_coupling, rewrite
from ..relaxations.private_shocks import profiles_behind, shocks_private
from .participation_check import obstacle
from .stationary import LIES, PROMISES, verify_stationary
from .verdict import Verdicts, VerdictTolerances
from .verify import ALL_LIES, ALL_PROMISES, judge


def home_of(
    env: Environment, mechanism: Mechanism, coupling: str | None = None, limit: float = math.inf
) -> tuple[Environment, str | None]:
    """The environment that the mechanism's tables fit: `env`, or one that a relaxation rewrites it to.

    Returns it with the name of the rewriting (None for `env` itself, "private shocks" for the environment of
    un-relaxed mechanisms). A mechanism that fits several belongs to the first of them unless its `instance`
    names another. Raises `InvalidInput` with what is wrong in `env` where it fits none.
    """
    fitting: list[tuple[Environment, str | None]] = []
    wrong: list[InvalidInput] = []
    for word in (None, *REWRITINGS, "private shocks"):
        try:
            if word is None:
                home = env
            elif word == "private shocks":
                home, _ = shocks_private(env, check_coupling(env, coupling), limit)
            else:
                home = REWRITINGS[word](env, coupling, limit).environment
            mechanism.check(home, drawn=True)
        except InvalidInput as error:
            wrong.append(error)
            continue
        except (AssumptionViolated, TooLarge):
            continue
        if mechanism.instance == home.name:
            return home, word
        fitting.append((home, word))
    if fitting:
        return fitting[0]
    raise wrong[0]


def verify(
    env: Environment,
    mechanism: Mechanism,
    incentives: str | Incentive | None = None,
    participation: str | Participation | None = None,
    *,
    demands: Demands = (),
    coupling: str | None = None,
    tolerances: VerdictTolerances | None = None,
    effort: Effort = FLOATS,
) -> Verdicts:
    """Verdicts on the notions and demands asked for, or on all notions that apply where nothing is asked.

    A relaxation is checked where it lives: a mechanism of `env` is carried over to the rewritten environment,
    and lies are the reports that remain possible there. A mechanism made for a rewritten environment is
    checked in that one. Raises `InvalidInput` for unknown words and mechanisms that do not fit,
    `AssumptionViolated` where a notion asked for by name does not apply, `TooLarge` where it needs more
    than the memory limit.
    """
    lie = None if incentives is None else read_incentive(incentives)
    promised = None if participation is None else read_participation(participation)
    if env.stationary:
        lies = [] if lie is None else [lie]
        promises = [] if promised is None else [promised]
        if not lies and not promises and not demands:
            # Relaxations, and promises about whole paths, have no meaning where paths never end, nor has what
            # is recalled of all the past.
            lies = [notion for notion in ALL_LIES if notion.rewriting is None and LIES[notion.compares]]
            promises = [notion for notion in ALL_PROMISES if PROMISES[notion.promise]]
            if env.conceals:
                lies = [notion for notion in lies if notion.information is Information.PROFILE]
                promises = [notion for notion in promises if not notion.expected]
            promises = [notion for notion in promises if not obstacle(notion, env)]
        information = Information.INTERIM if lie is None else lie.information
        return verify_stationary(
            env, mechanism, lies, promises, information, demands=demands, tolerances=tolerances,
            effort=effort,
        )  # fmt: skip
    env = factored(env)
    home, relaxation = home_of(env, mechanism, coupling, effort.room)
    named = [demand for demand in demands if demand.names_histories]
    if relaxation is not None and named:
        one = next((demand.name for demand in named if demand.by_report), None)
        if one is not None:
            raise AssumptionViolated(
                f"demand '{one}' counts reports one by one, and the mechanism is for '{home.name}', in which "
                "there are others"
            )
        if relaxation in REWRITINGS:
            behind = REWRITINGS[relaxation](env, coupling, effort.room).behind
        else:
            _, own = shocks_private(env, check_coupling(env, coupling), effort.room)
            behind = profiles_behind(env, home, own)
        demands = tuple(demand.carried(behind) for demand in demands)

    def carry(_: Environment, given: Mechanism, notion: Incentive) -> tuple[Environment, Mechanism]:
        if relaxation is None:
            rewriting = rewrite(env, notion, coupling, effort.room)
            return rewriting.environment, rewriting.lift(given)
        if relaxation != notion.rewriting:
            raise AssumptionViolated(
                f"incentives '{notion.name}': the mechanism is for '{home.name}', where it has no meaning"
            )
        return home, given

    return judge(
        home,
        mechanism,
        lie,
        promised,
        demands=demands,
        messages="all" if relaxation is None else "possible",
        rewrite=carry,
        source=env,
        tolerances=tolerances,
        effort=effort,
    )
