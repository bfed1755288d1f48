"""The public functions on sequential screening: `sequential_screening`, `disclosure`, `convergence`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ..instances.closed_forms import convergence as converge
from ..instances.library import EnvironmentLike, as_environment
from ..models.screening.convergence import Convergence
from ..models.screening.sequential.disclosure import DisclosureSearch, disclosure_search
from ..models.screening.sequential.screening import SequentialScreening
from ..models.screening.sequential.screening import sequential_screening as screen
from ..solvers.effort import Effort
from ..solvers.events import Notify


def sequential_screening(
    env: EnvironmentLike,
    *,
    exact: bool = False,
    time_limit: float | None = None,
    memory_limit: float | None = None,
) -> SequentialScreening:
    """One buyer who first learns how her value is distributed, then the value (Courty and Li; lecture notes).

    Virtual values ψ, option contracts (a fee now, a strike price later) for each first type, whether what the
    theorems assume holds and where it fails by how much, the best static prices, and what could be earned if
    what she learns later were public (Esö and Szentes). exact: over the rationals, floats at their binary
    values; otherwise in doubles. time_limit: seconds for each rung of the ladder that it is compared with;
    memory_limit: bytes, half of the machine's by default.

    Raises `AssumptionViolated` for anything but two periods, one buyer, nothing decided in period 0 and an
    item sold or kept in period 1, naming what is in the way.

    >>> import dynamech as dm
    >>> sold = dm.sequential_screening("two-period-screening", exact=True)
    >>> [str(fee) for fee in sold.menu.fees], [str(price) for price in sold.menu.prices]
    (['0', '3/4'], ['2', '1'])
    >>> {name: str(value) for name, value in sold.rungs.items()}
    {'first-order': '4/3', 'relaxed': '17/12', 'bayesian': '4/3'}
    """
    effort = Effort(exact=exact, time_limit=time_limit, memory_limit=memory_limit)
    return screen(as_environment(env), effort)


def disclosure(
    env: EnvironmentLike,
    search: str = "auto",
    *,
    exact: bool = False,
    time_limit: float | None = None,
    memory_limit: float | None = None,
    notify: Notify | None = None,
) -> DisclosureSearch:
    """What the seller should let the buyer learn of her value (lecture notes, word of caution; Li and Shi).

    Every partition of the values into two that is searched, nothing and everything, each shown to everybody;
    and the best choice of what is shown by the first report. search: "thresholds" (cut at a value), "all"
    partitions into two, or "auto", all where they are few. time_limit: seconds for each program; notify: is
    told which disclosure is worked on. Other arguments and errors as in `sequential_screening`; `TooLarge`
    also for too many partitions.

    >>> import dynamech as dm
    >>> shown = dm.disclosure(dm.load("two-period-screening", variant="disclosure"), exact=True)
    >>> str(shown.values["everything"]), str(shown.value), shown.contracts[0].shown
    ('6/5', '19/15', '≥ 2')
    """
    effort = Effort(exact=exact, time_limit=time_limit, memory_limit=memory_limit, notify=notify)
    return disclosure_search(as_environment(env), search, effort)


def convergence(name: str, sizes: Sequence[int], *, exact: bool = False, **settings: Any) -> Convergence:
    """How fast the grids of a family tend to the continuum, whose value is known in closed form.

    name: of the library ("courty-li-uniform": what option contracts earn; "kln-contracting": what posted
    prices earn; "handicap-auction": its bound, on two kinds of grids; "bilateral-trade": the second best;
    "delegation": what is had without money; "mussa-rosen": the profit of a product line). sizes: of its
    grids, from coarse to fine. settings: of its other parameters. exact: over the rationals; otherwise in
    doubles. The error is of first order in the step.
    Raises `InvalidInput` for a family, a size or a setting without a closed form.

    >>> import dynamech as dm
    >>> fine = dm.convergence("courty-li-uniform", [5, 9, 17], exact=True)
    >>> str(fine.limit), [str(value) for value in fine.values], [round(order, 2) for order in fine.orders]
    ('13/48', ['33/100', '49/162', '83/289'], [0.9, 0.95])
    """
    return converge(name, sizes, Effort(exact=exact), **settings)
