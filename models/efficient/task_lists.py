"""Two bidders with finite lists of tasks, solved backwards (Bergemann & Välimäki section 3, multiple tasks).

Bidder 1's tasks are worth x_1, x_2, ..., bidder 2's y_1, y_2, ...; each works her list in its order, one task
a period goes ahead. In the state (i, j) of tasks done, with all values nonnegative,

    W(i, j) = max(x_{i+1} + δ W(i+1, j), y_{j+1} + δ W(i, j+1)),        M_1 = W(i, j) − W(all, j), M_2 alike,
    p_1 = [x_{i+1} if 1 is served] − M_1 + δ M_1(next),

and in the ascending auction of each slot, with payoffs U, the most a bidder pays to win rather than lose is

    g_1 = x_{i+1} + δ (U_1(i+1, j) − U_1(i, j+1)),        g_2 = y_{j+1} + δ (U_2(i, j+1) − U_2(i+1, j)).

The higher wins and pays the other's (a bidder alone pays nothing): the winner by dropping out, the loser by
outbidding would change places at a loss.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from ...solvers.arithmetic import COMPUTED, arithmetic, arithmetic_of
from ...solvers.errors import TooLarge
from ...solvers.numbers import Array, Bools, Ints, Number
from ..answers.answer import Answer
from .scheduling import read_tasks

MAX_STATES = 4_000_000
"""Most states of the two lists."""


@dataclass(frozen=True, eq=False, repr=False)
class TaskLists(Answer):
    """Plan, pivot payments and auctions in every state; arrays end in (n_1 + 1, n_2 + 1), tasks done by each.

    lists: the values of both bidders' tasks. served, winner: who is served in the efficient plan and in the
    auctions, 0 or 1, −1 where no task is left (ties: bidder 1). contributions, payments: (2, ...) M and p.
    bids: (2, ...) g; price: what the winner pays; payoffs: (2, ...) U. auction_welfare: of their order.
    tied: where both bids are equal, so that either may win.
    """

    lists: tuple[Array, Array]
    discount: Number
    welfare: Array
    served: Ints
    contributions: Array
    payments: Array
    winner: Ints
    bids: Array
    price: Array
    payoffs: Array
    auction_welfare: Array
    tied: Bools

    @property
    def loss(self) -> Array:
        """What the auctions' order falls short of W by, in every state."""
        result: Array = self.welfare - self.auction_welfare
        return result

    def path(self, auction: bool = False) -> list[int]:
        """Who is served, period by period from the start, by the efficient plan or in the auctions."""
        who, done, path = self.winner if auction else self.served, [0, 0], []
        while (bidder := int(who[tuple(done)])) >= 0:
            path.append(bidder)
            done[bidder] += 1
        return path


def task_lists(first: Any, second: Any, discount: Any) -> TaskLists:
    """Efficient plan, pivot payments and ascending auctions of two lists of tasks.

    first, second: values of the tasks in the order in which they are worked, at least one each, nonnegative.
    Raises as `schedule` does, and `TooLarge` for more than `MAX_STATES` states.
    """
    (one, factor), (two, _) = read_tasks(first, discount), read_tasks(second, discount)
    kind = arithmetic_of(one, two)
    one, two, factor = kind.array(one), kind.array(two), kind.number(factor)
    shape = (len(one) + 1, len(two) + 1)
    if shape[0] * shape[1] > MAX_STATES:
        raise TooLarge(f"lists of {len(one)} and {len(two)} tasks have more than {MAX_STATES:,} states")
    welfare, auction_welfare, price = (arithmetic(kind.exact).zeros(shape) for _ in range(3))
    payoffs, bids, own = (arithmetic(kind.exact).zeros((2, *shape)) for _ in range(3))
    served, winner = np.full(shape, -1), np.full(shape, -1)
    tied = np.zeros(shape, dtype=bool)
    near = kind.slack(np.concatenate([one, two]), COMPUTED)

    # one bidder alone: her list in its order, for nothing
    for bidder, values in enumerate((one, two)):
        edge = (slice(0, -1), -1) if bidder == 0 else (-1, slice(0, -1))
        worth = _alone(values, factor)
        for table in (welfare, auction_welfare, payoffs[bidder]):
            table[edge] = worth[:-1]
        bids[bidder][edge] = values
        served[edge] = winner[edge] = bidder

    # both: states with so many tasks done together, the last ones first
    for done in range(shape[0] + shape[1] - 4, -1, -1):
        i = np.arange(max(0, done - shape[1] + 2), min(done, shape[0] - 2) + 1)
        j = done - i
        to = ((i + 1, j), (i, j + 1))
        worth = np.stack([one[i] + factor * welfare[to[0]], two[j] + factor * welfare[to[1]]])
        slack = kind.slack(worth, COMPUTED)
        served[i, j] = np.where(worth[0] >= worth[1] - slack, 0, 1)
        welfare[i, j] = worth.max(axis=0)
        bids[0][i, j] = one[i] + factor * (payoffs[0][to[0]] - payoffs[0][to[1]])
        bids[1][i, j] = two[j] + factor * (payoffs[1][to[1]] - payoffs[1][to[0]])
        lead = bids[0][i, j] - bids[1][i, j]
        first_wins = (lead >= -near).astype(bool)
        tied[i, j] = abs(lead) <= near
        winner[i, j] = np.where(first_wins, 0, 1)
        price[i, j] = np.where(first_wins, bids[1][i, j], bids[0][i, j])
        for bidder, values in ((0, one[i]), (1, two[j])):
            wins = winner[i, j] == bidder
            kept = factor * payoffs[bidder][to[1 - bidder]]
            payoffs[bidder][i, j] = np.where(
                wins, values - price[i, j] + factor * payoffs[bidder][to[bidder]], kept
            )
        auction_welfare[i, j] = np.where(
            first_wins, one[i] + factor * auction_welfare[to[0]], two[j] + factor * auction_welfare[to[1]]
        )

    gain = np.stack([welfare - _alone(two, factor), welfare - _alone(one, factor)[:, None]])
    rows, columns = np.indices(shape)
    zero: Any = kind.zero
    own[0] = np.where(served == 0, np.append(one, zero)[:, None], zero)
    own[1] = np.where(served == 1, np.append(two, zero), zero)
    after = gain[:, rows + (served == 0), columns + (served == 1)]
    return TaskLists(
        lists=(one, two),
        discount=factor,
        welfare=welfare,
        served=served,
        contributions=gain,
        payments=own - gain + factor * after,
        winner=winner,
        bids=bids,
        price=price,
        payoffs=payoffs,
        auction_welfare=auction_welfare,
        tied=tied,
    )


def _alone(values: Array, factor: Number) -> Array:
    """(n + 1,) what the tasks from each on are worth, one a period."""
    worth = arithmetic_of(values).zeros(len(values) + 1)
    for k in range(len(values) - 1, -1, -1):
        worth[k] = values[k] + factor * worth[k + 1]
    return worth
