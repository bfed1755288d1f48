"""The public functions on Markov environments: shocks, impulse responses, transfers, and what they need.

Lecture notes, Markov environments; Pavan, Segal and Toikka (2014).
"""

from __future__ import annotations

from collections.abc import Sequence

from ..instances.library import EnvironmentLike, as_environment
from ..instances.mechanism_file import MechanismLike, as_mechanism
from ..models.payments.icfoc import icfoc
from ..models.payments.monotonicity import monotonicity
from ..models.screening.markov.canonical import Canonical
from ..models.screening.markov.canonical import canonical as run_canonical
from ..models.screening.markov.responses import ImpulseResponses
from ..models.screening.markov.responses import impulse_responses as run_responses
from ..models.screening.markov.transfers import MarkovTransfers
from ..models.screening.markov.transfers import markov_transfers as run_transfers
from ..models.verification.verdict import Verdict, Verdicts
from ..solvers.effort import Effort
from ..solvers.events import Notify


def canonical(
    env: EnvironmentLike,
    agent: str | None = None,
    *,
    coupling: str | None = None,
    memory_limit: float | None = None,
) -> Canonical:
    """The canonical representation of one agent's types: the next one is a function of a shock.

    agent: may be left out where one reports. coupling: `signals`, `quantile`, `antithetic` or `independent`,
    by default as in `ladder`. Raises `InvalidInput`, `TooLarge`, and `AssumptionViolated` for an infinite
    horizon and a joint process that does not factor.

    >>> import dynamech as dm
    >>> process = dm.canonical("two-type-markov")
    >>> [str(length) for length in process.shocks[0].lengths], process.path("high", [1])
    (['1/4', '5/12', '1/3'], ('high', 'high'))
    """
    effort = Effort(memory_limit=memory_limit)
    return run_canonical(as_environment(env), agent, coupling, effort)


def impulse_responses(
    env: EnvironmentLike, agent: str | None = None, *, actions: Sequence[str] | None = None
) -> ImpulseResponses:
    """How far a step up in a type of one period moves the types of later periods, on average along shocks.

    agent: may be left out where one reports. actions: one for each transition; by default each in turn, taken
    throughout. Types count by their numbers, or, in periods where labels are no numbers, by what an action is
    worth to them. Raises `InvalidInput` and `AssumptionViolated`.

    >>> import dynamech as dm
    >>> responses = dm.impulse_responses(dm.load("two-type-markov", horizon=4))
    >>> [str(responses.response(0, t)[0]) for t in (1, 2, 3)]  # powers of a_L + a_H - 1
    ['5/12', '25/144', '125/1728']
    """
    return run_responses(as_environment(env), agent, actions=actions)


def markov_transfers(
    env: EnvironmentLike, allocation: MechanismLike, *, memory_limit: float | None = None
) -> MarkovTransfers:
    """An allocation (its payments do not count) with the payments of the notes, D_s and Q_s, by lower sums.

    What the payments achieve is in the answer's `verdict`. Raises `InvalidInput`, `TooLarge`, and
    `AssumptionViolated` for an infinite horizon, concealed reports and a joint process that does not factor.

    >>> import dynamech as dm
    >>> env = dm.load("two-type-markov", horizon=4)
    >>> paid = dm.markov_transfers(env, dm.design(env, exact=True).mechanism)
    >>> bool(paid.verdict), [str(rent) for rent in paid.Q["buyer"][0][0, 0]]
    (True, ['0', '99/512'])
    """
    return run_transfers(as_environment(env), as_mechanism(allocation), Effort(memory_limit=memory_limit))


def check_icfoc(
    env: EnvironmentLike, mechanism: MechanismLike, *, memory_limit: float | None = None
) -> Verdict:
    """Whether what truth earns rises from type to type as incentive compatibility asks for (LN ICFOC).

    With finite types it lies between a lower and an upper sum; the violation is the largest distance to them.
    Raises as `markov_transfers`.

    >>> import dynamech as dm
    >>> env = dm.load("two-type-markov")
    >>> bool(dm.check_icfoc(env, dm.design(env, exact=True).mechanism))
    True
    >>> str(dm.check_icfoc(env, dm.design(env, incentives="none", exact=True).mechanism).violation)
    '11/8'
    """
    return icfoc(as_environment(env), as_mechanism(mechanism), Effort(memory_limit=memory_limit))


def check_monotonicity(
    env: EnvironmentLike,
    allocation: MechanismLike,
    *,
    solver: str = "highs",
    time_limit: float | None = None,
    memory_limit: float | None = None,
    notify: Notify | None = None,
) -> Verdicts:
    """Strong, average and integral monotonicity of an allocation, the payments of which do not count (LN).

    Strong implies average, average implies integral, and integral monotonicity holds iff payments make truth
    Bayesian incentive compatible. Raises as `markov_transfers`; `InvalidInput` also where integral
    monotonicity takes a linear program and the memory keeps an action that steers nothing; `DynamechError`
    where the time is up.

    >>> import dynamech as dm
    >>> env = dm.load("two-type-markov")
    >>> [verdict.holds for verdict in dm.check_monotonicity(env, dm.design(env, exact=True).mechanism)]
    [True, True, True]
    """
    effort = Effort(solver, time_limit=time_limit, memory_limit=memory_limit, notify=notify).begun()
    return monotonicity(as_environment(env), as_mechanism(allocation), effort)
