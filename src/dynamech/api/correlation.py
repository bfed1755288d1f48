"""LIU: `correlation` (conditions, transfers), `budget` (balance), `extraction` (the whole surplus).

Without correlation: `generalised_vcg`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..instances.library import EnvironmentLike, as_environment
from ..models.correlation import Correlation
from ..models.correlation import correlation as run
from ..models.correlation.bounded import Given
from ..models.correlation.budget import Budget
from ..models.correlation.budget import budget as run_budget
from ..models.correlation.extraction import Extraction
from ..models.correlation.extraction import extraction as run_extraction
from ..models.efficient.generalised_vcg import GeneralisedVCG
from ..models.efficient.generalised_vcg import generalised_vcg as run_generalised_vcg
from ..solvers.effort import Effort
from ..solvers.numbers import number


def correlation(
    env: EnvironmentLike,
    *,
    norm: str = "max",
    exact: bool = False,
    caps: Any = None,
    liability: Any = None,
    theorem: str = "3.1",
    distances: bool = True,
    time_limit: float | None = None,
    memory_limit: float | None = None,
) -> Correlation:
    """Is correlation across time rich enough, and which transfers implement the efficient policy?

    norm: by which the transfers are smallest, "max" (largest absolute value), "2" (sum of squares) or "1"
    (sum of absolute values). caps: bound on every absolute payment; liability: most that anybody ever pays
    (numbers as everywhere, or by agent's name; None for no bound). With either the mechanism is that of least
    expected subsidy within the bounds, whose payments are at once and one period later and need not make a
    residual claimant: `bounded` says how far apart payments must lie at least, and what the designer pays,
    agent by agent. theorem: "3.1" (lotteries, a transfer for each report) or "3.2" (transfers that do not
    depend on the own report but through the action). exact: over the rationals, with a proof, floats at
    their binary values; otherwise in doubles, but for verdicts on the process, for which rational data is
    enough. time_limit: seconds for the answer, whose status is ``limit`` where they are up: it holds the
    agents that were finished, and a message. memory_limit: bytes, half of the machine's by default. Liu
    (2014), Theorems 3.1 and 3.2.

    Raises `InvalidInput`, `AssumptionViolated` (divisible goods, a discount of 0) and `TooLarge`.

    >>> import dynamech as dm
    >>> answer = dm.correlation(dm.load("liu-licence"), exact=True)
    >>> answer.agents[0].spanning, str(answer.agents[0].theorem("3.1")[1])
    (True, '27')
    >>> bool(dm.verify(dm.load("liu-licence"), answer.mechanism, incentives="ex-post"))
    True
    """
    return run(
        as_environment(env),
        norm=norm,
        theorem=theorem,
        cap=_bound(caps, "caps"),
        liability=_bound(liability, "liability"),
        distances=distances,
        effort=Effort(exact=exact, time_limit=time_limit, memory_limit=memory_limit),
    )


def budget(
    env: EnvironmentLike,
    rule: str = "ex-ante",
    *,
    theorem: str = "3.1",
    norm: str = "max",
    exact: bool = False,
    time_limit: float | None = None,
    memory_limit: float | None = None,
) -> Budget:
    """The efficient policy with a budget that balances on average.

    rule: "ex-ante" (each agent pays a fee in period 0 that finances the others' later subsidies) or
    "per-period" (expected payments of every period add up to the costs of the one before). theorem, norm,
    exact and the limits: as in `correlation`; by status ``limit`` there is a message and no mechanism. Liu
    (2014), section 3.3 and Proposition 3.7.

    Raises `InvalidInput`, `TooLarge`, and `AssumptionViolated` where the transfers do not exist, naming the
    block.

    >>> import dynamech as dm
    >>> balanced = dm.budget(dm.load("random-correlated", types=2), "per-period", exact=True)
    >>> str(balanced.total), set(map(str, balanced.periods[0]))
    ('0', {'0'})
    """
    effort = Effort(exact=exact, time_limit=time_limit, memory_limit=memory_limit)
    return run_budget(as_environment(env), rule, theorem=theorem, norm=norm, effort=effort)


def extraction(
    env: EnvironmentLike,
    *,
    theorem: str = "3.1",
    norm: str = "max",
    margin: Any = 0,
    strict: Any = 0,
    bonuses: bool = True,
    exact: bool = False,
    time_limit: float | None = None,
    memory_limit: float | None = None,
) -> Extraction:
    """A mechanism by which the designer earns the whole surplus, and nobody ever gains by leaving.

    margin: how much more than the most that its lottery can cost an agent is charged in advance. strict: what
    every lie must cost at least (by Theorem 3.1; with nothing asked for some may cost nothing). bonuses:
    without them nothing is, and agents owe their lotteries (Remark 4.2). theorem, norm, exact, limits: as in
    `budget`. Liu (2014), Proposition 4.1; it asks for values that are not negative.

    Raises `InvalidInput`, `TooLarge`, and `AssumptionViolated` where a value is negative or lotteries do not
    exist.

    >>> import dynamech as dm
    >>> extracted = dm.extraction(dm.load("random-correlated", types=2), exact=True)
    >>> extracted.revenue == extracted.welfare, extracted.least_continuation >= 0
    (True, True)
    """
    return run_extraction(
        as_environment(env),
        theorem=theorem,
        norm=norm,
        margin=number(margin, "margin"),
        strict=number(strict, "strict"),
        bonuses=bonuses,
        effort=Effort(exact=exact, time_limit=time_limit, memory_limit=memory_limit),
    )


def generalised_vcg(env: EnvironmentLike, *, rule: str | None = None, exact: bool = False) -> GeneralisedVCG:
    """The dynamic generalised VCG mechanism, for private or interdependent values (LIU Theorem 3.8).

    rule: one of "externality", "upper", "lower" for all payments; None takes for each profile the first of
    "externality", "upper", "shortest paths" by which no lie gains. Types are taken in the order given. exact:
    over the rationals, floats at their binary values; otherwise in doubles. Raises `InvalidInput` for unknown
    words and where an infinite horizon's payments are not determined, `AssumptionViolated` for divisible
    goods, `TooLarge`.

    >>> import dynamech as dm
    >>> dm.generalised_vcg("interdependent-auction", exact=True).incentive_compatible
    True
    """
    return run_generalised_vcg(as_environment(env), rule=rule, effort=Effort(exact=exact))


def _bound(value: Any, name: str) -> Given:
    if isinstance(value, Mapping):
        return {agent: number(most, f"{name} of agent '{agent}'") for agent, most in value.items()}
    return None if value is None else number(value, name)
