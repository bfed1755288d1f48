"""The public function `correlation`: LIU's conditions, transfers and mechanism in one answer."""

from __future__ import annotations

from typing import Any

from .models.correlation import Correlation
from .models.correlation import correlation as run
from .models.environment import Environment
from .solvers.numbers import Number, number


def correlation(
    env: Environment,
    *,
    norm: str = "max",
    exact: bool = False,
    caps: Any = None,
    liability: Any = None,
    theorem: str = "3.1",
    distances: bool = True,
) -> Correlation:
    """Is correlation across time rich enough, and which transfers implement the efficient policy?

    norm: by which the transfers are smallest, "max" (largest absolute value), "2" (sum of squares) or "1"
    (sum of absolute values). caps: bound on every absolute transfer; liability: most that anybody pays by
    them (numbers as everywhere, None for no bound). theorem: "3.1" (lotteries, a transfer for each report) or
    "3.2" (transfers that do not depend on the own report). With `exact` everything is rational; verdicts on
    the process are exact for rational data in any case. Liu (2014), Theorems 3.1 and 3.2.

    Raises `InvalidInput`, `AssumptionViolated` (divisible goods, a discount of 0) and `TooLarge`.

    >>> import dynamech as dm
    >>> answer = dm.correlation(dm.load("liu-licence"), exact=True)
    >>> answer.agents[0].spanning, str(answer.agents[0].theorem("3.1")[1])
    (True, '27')
    >>> bool(dm.verify(dm.load("liu-licence"), answer.mechanism, incentives="ex-post").holds)
    True
    """
    return run(
        env,
        norm=norm,
        exact=exact,
        theorem=theorem,
        cap=_bound(caps, "caps"),
        liability=_bound(liability, "liability"),
        distances=distances,
    )


def _bound(value: Any, name: str) -> Number | None:
    return None if value is None else number(value, name)


__all__ = ["correlation"]
