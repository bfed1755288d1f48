"""The public functions on tasks and arrivals, which need no environment: numbers are as in the data.

`schedule`, `ascending_auction`, `multi_task`, `task_lists` (Bergemann and Välimäki, section 3); `arrivals`,
`hidden_arrivals` (lecture notes, stochastic arrivals; Gershkov, Moldovanu and Strack).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ..models.efficient.arrival_plan import ArrivalPlan, arrival_plan
from ..models.efficient.arrivals import read_arrivals
from ..models.efficient.ascending_auction import AuctionEquilibrium, auction_equilibrium
from ..models.efficient.hidden_arrivals import read_hidden
from ..models.efficient.late_reports import LateReports, late_reports
from ..models.efficient.multi_task import MultiTask
from ..models.efficient.multi_task import multi_task as run_multi_task
from ..models.efficient.scheduling import Schedule
from ..models.efficient.scheduling import schedule as run_schedule
from ..models.efficient.task_lists import TaskLists
from ..models.efficient.task_lists import task_lists as run_task_lists


def schedule(values: Any, discount: Any) -> Schedule:
    """The efficient order of tasks, one an agent and one a period, and what everybody adds and pays: (2)-(5).

    values: one number of at least 0 an agent. With externalities between tasks, or values that are not known,
    ask `pivot` about the library's ``scheduling``. Raises `AssumptionViolated` for a negative value,
    `InvalidInput` for a discount factor that is not at least 0 and below 1.

    >>> import dynamech as dm
    >>> [str(price) for price in dm.schedule([8, 5, 3], "9/10").prices]
    ['77/100', '3/10', '0']
    """
    return run_schedule(values, discount)


def ascending_auction(values: Any, discount: Any) -> AuctionEquilibrium:
    """The ascending auction of every period's slot, solved backwards over all sets of waiting tasks: (6)-(7).

    Arguments and errors as in `schedule`; `TooLarge` for very many tasks.

    >>> import dynamech as dm
    >>> sold = dm.ascending_auction([8, 5, 3], "9/10")
    >>> [str(sold.price[waiting]) for waiting in sold.path[:-1]]
    ['77/100', '3/10', '0']
    """
    return auction_equilibrium(values, discount)


def multi_task(first: Any, second: Any, discount: Any) -> MultiTask:
    """A bidder with a task in every period against one with a single task: where the auction is inefficient.

    first, second: the values of a task of either, of which every pair is looked at; `plot` shows the region.
    Raises as `schedule` does.

    >>> import dynamech as dm
    >>> found = dm.multi_task(range(1, 11), range(1, 11), "9/10")
    >>> int(found.inefficient.sum()), int(found.boundary.sum())
    (44, 1)
    """
    return run_multi_task(list(first), list(second), discount)


def task_lists(first: Any, second: Any, discount: Any) -> TaskLists:
    """Two bidders with finite lists of tasks: efficient plan, pivot payments and auctions in every state.

    first, second: values of their tasks in the order in which they are worked. Raises as `schedule` does, and
    `TooLarge`.

    >>> import dynamech as dm
    >>> lists = dm.task_lists([10] * 7, [8], "9/10")
    >>> lists.path()[0], lists.path(auction=True)[0], lists.loss[0, 0] > 0
    (0, 1, True)
    """
    return run_task_lists(list(first), list(second), discount)


def arrivals(
    *,
    periods: int,
    values: Any,
    pmf: Any = None,
    chances: Any,
    weights: Any = None,
    goods: int = 1,
    discount: Any = 1,
    timeout: int | None = None,
    scores: Any = None,
) -> ArrivalPlan:
    """Goods for buyers who arrive one at a time and are seen: whom to serve when, and who pays what.

    values, pmf: of a buyer, increasing, and their probabilities (equal where left out). chances, weights:
    possible chances of an arrival in a period and beliefs in them; learnt from arrivals. timeout: periods in
    which a buyer can be served, that of her arrival included. scores: what serving each value counts, the
    values themselves where left out; with virtual values the plan is the one of largest revenue. Raises
    `InvalidInput`, `TooLarge`.

    >>> import dynamech as dm
    >>> plan = dm.arrivals(periods=3, values=[1, 2, 3], chances="1/2", discount="9/10")
    >>> str(plan.value), str(plan.outcome.collected), bool(plan.order)
    ('4253/2400', '2803/2400', True)
    >>> best = dm.arrivals(periods=3, values=[1, 2, 3], chances="1/2", discount="9/10", scores=[-1, 1, 3])
    >>> str(best.outcome.collected), str(best.outcome.earlier.sum())
    ('277/200', '5/24')
    """
    data = read_arrivals(
        periods=periods, values=values, pmf=pmf, chances=chances, weights=weights, goods=goods,
        discount=discount, timeout=timeout,
    )  # fmt: skip
    return arrival_plan(data, scores)


def hidden_arrivals(
    *, names: Sequence[str], values: Any, pmf: Any, chances: Any, periods: int, discount: Any = 1
) -> LateReports:
    """What it costs that only buyers see when they come, and whether the plan is monotone in arrivals.

    One good; values, pmf: by buyer. chances: by buyer (T, T + 1, ..., T + 1), that she comes in a period by
    where each buyer stands before: 0 not come, a + 1 came in period a; at every list of dates, those of
    probability zero too, to which a late report leads. Raises `InvalidInput` naming the buyer, `TooLarge`.

    >>> import dynamech as dm
    >>> alone = dm.hidden_arrivals(names=["ann"], values=[[1, 2]], pmf=[["1/2", "1/2"]], discount="1/2",
    ...     chances=[[["1/2"] * 3] * 2], periods=2)
    >>> str(alone.welfare), bool(alone.order)
    ('15/16', True)
    """
    model = read_hidden(
        names=names, values=values, pmf=pmf, chances=chances, periods=periods, discount=discount
    )
    return late_reports(model)
