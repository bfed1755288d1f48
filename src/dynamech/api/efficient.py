"""The public functions on efficient mechanisms: `pivot`, `index`, `second_price` (Bergemann and Välimäki)."""

from __future__ import annotations

from typing import Any

from ..instances.library import EnvironmentLike, as_environment
from ..models.efficient.index_policy import DynamicSecondPrice, Indices, dynamic_second_price, indices
from ..models.efficient.mechanisms import EfficientMechanism, efficient_mechanism
from ..solvers.effort import Effort
from ..solvers.events import Notify


def pivot(
    env: EnvironmentLike,
    mechanism: str = "pivot",
    *,
    bond: Any = None,
    uniqueness: bool = False,
    exact: bool = False,
    time_limit: float | None = None,
    memory_limit: float | None = None,
    notify: Notify | None = None,
) -> EfficientMechanism:
    """The efficient policy with payments that make truth best, for private values and independent types.

    mechanism: "pivot" (everybody is left with her marginal contribution: BV (1), (10)-(13), Theorem 1),
    "team" or "balanced-team" (Athey and Segal 2013), "deferred" or "bonded" (the pivot's present value with
    other timing: remark after BV Theorem 2). bond: of "bonded", a number or one for each agent who reports.
    uniqueness: also the interval of payments compatible with periodic ex-post incentives, participation and
    efficient exit at every state (BV Theorem 2). exact: over the rationals, floats at their binary values;
    otherwise in doubles with bounds on the errors. time_limit: seconds for the answer, whose status is
    ``limit`` where they are up; the judge, once asked, is not interrupted. memory_limit: bytes, half of the
    machine's by default. notify: is told what is worked on.

    Raises `InvalidInput`, `TooLarge`, and `AssumptionViolated` for interdependent values, a joint process
    that does not factor, divisible goods, and where no payments are compatible (values of either sign).

    >>> import dynamech as dm
    >>> made = dm.pivot(dm.load("scheduling", tasks="8,5,3"), exact=True)
    >>> str(made.W[0][-1]), [str(p) for p in made.transfers[0][:, -1]]
    ('1493/100', ['77/100', '0', '0'])
    >>> bool(dm.verify(dm.load("scheduling"), made.mechanism, incentives="ex-post"))
    True
    """
    effort = Effort(exact=exact, time_limit=time_limit, memory_limit=memory_limit, notify=notify)
    return efficient_mechanism(as_environment(env), mechanism, bond=bond, intervals=uniqueness, effort=effort)


def index(
    env: EnvironmentLike,
    *,
    exact: bool = False,
    time_limit: float | None = None,
    memory_limit: float | None = None,
    notify: Notify | None = None,
) -> Indices:
    """The Gittins index of every arm of a bandit in every state (BV section 5).

    In a bandit every action plays one arm: an agent's, who alone values it and learns from it, or a safe one.
    Arguments as in `pivot`. Raises `AssumptionViolated` where the environment is no bandit, naming what makes
    it none, and `TooLarge`. Where the time limit is reached (status ``limit``) it has the arms that were
    finished.

    >>> import dynamech as dm
    >>> found = dm.index(dm.load("licensing", n=1), exact=True)
    >>> found.arms[0].states, [str(number) for number in found.index[0]]
    (('0+ 0-', '1+ 0-', '0+ 1-'), ['7/11', '2/3', '1/3'])
    """
    effort = Effort(exact=exact, time_limit=time_limit, memory_limit=memory_limit, notify=notify)
    return indices(as_environment(env), effort.begun())


def second_price(
    env: EnvironmentLike,
    *,
    exact: bool = False,
    time_limit: float | None = None,
    memory_limit: float | None = None,
    notify: Notify | None = None,
) -> DynamicSecondPrice:
    """The dynamic second price auction of a bandit, such as a licence leased to bidders who learn.

    The arm of the largest index is played, and whose it is pays what the others lose by waiting a period; it
    needs no dynamic program over profiles. BV Theorem 3, with costs. Arguments and errors as in `index`;
    `AssumptionViolated` also where a value is negative.

    >>> import dynamech as dm
    >>> sold = dm.second_price(dm.load("licensing", n=1), exact=True)
    >>> str(sold.transfers[0, 0]), bool((sold.option_value >= 0).all())
    ('11/20', True)
    """
    effort = Effort(exact=exact, time_limit=time_limit, memory_limit=memory_limit, notify=notify)
    return dynamic_second_price(as_environment(env), effort.begun())
