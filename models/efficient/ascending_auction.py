"""The ascending auction of each period's slot among those whose tasks wait (Bergemann & Välimäki, (6)–(7)).

Numbered by value, v_1 ≥ ... ≥ v_I, an agent bids what makes her indifferent between this slot and the next,
where she pays what the agent behind her bids:

    b_I = v_I − δ v_I,      b_{I−k} = v_{I−k} − δ (v_{I−k} − b_{I−(k−1)}).

b_{I−k} is her bid as runner-up, in period I − k − 2, so it is what I − (k + 1) pays: the price of every
agent's slot is her externality (5). (The paper labels that period I − k − 1, in which she wins; there she
would bid against the one behind her.)

`auction_equilibrium` does not presume an order. From the empty set of waiting tasks S up, with continuation
payoffs U, the most that agent j pays to win rather than let w win is

    g_j(w | S) = v_j − δ U_j(S \\ w),

and w can win at the highest rival's bid p = g_r(w), r the runner-up, where she would rather pay p than let r
win: g_w(r) ≥ p. Then U_w = v_w − p and U_j = δ U_j(S \\ w).
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import accumulate
from typing import Any

import numpy as np

from ...solvers.arithmetic import COMPUTED, arithmetic, arithmetic_of
from ...solvers.errors import TooLarge
from ...solvers.numbers import Array, Ints, Number
from ..answers.answer import Answer
from .scheduling import read_tasks

MAX_ENTRIES = 20_000_000
"""Most bids by agent, winner and set of tasks."""


def runner_up_bids(values: Any, discount: Any) -> Array:
    """(I,) b_i of (6)–(7) for agents as listed: what agent i bids as runner-up to the one ahead of her.

    Raises as `schedule` does.

    >>> runner_up_bids(["8", "5", "3"], "9/10").tolist()
    [Fraction(1493, 1000), Fraction(77, 100), Fraction(3, 10)]
    """
    worth, factor = read_tasks(values, discount)
    order = np.argsort(-worth, kind="stable")
    upwards = worth[order[::-1]].tolist()
    bids = np.empty_like(worth)
    start = arithmetic_of(worth).zero
    chain = accumulate(upwards, lambda behind, v: v - factor * (v - behind), initial=start)
    bids[order[::-1]] = list(chain)[1:]
    return bids


@dataclass(frozen=True, eq=False, repr=False)
class AuctionEquilibrium(Answer):
    """An equilibrium of the auctions after every set of waiting tasks (numbered as in `WaitingTasks`).

    winner: (2^I,) the agent, −1 where nobody waits. price: (2^I,). bids: (I, 2^I) the most each pays against
    the winner, the winner against the runner-up; 0 where her task is done. payoffs: (I, 2^I). welfare: (2^I,)
    discounted values of the tasks in the order in which they are won. winners: (2^I,) how many of those who
    wait could win in an equilibrium (more than one at ties).
    """

    values: Array
    discount: Number
    winner: Ints
    price: Array
    bids: Array
    payoffs: Array
    welfare: Array
    winners: Ints

    @property
    def path(self) -> list[int]:
        """The sets of waiting tasks in equilibrium, from all of them to none."""
        path = [len(self.winner) - 1]
        while path[-1]:
            path.append(path[-1] & ~(1 << int(self.winner[path[-1]])))
        return path


def auction_equilibrium(values: Any, discount: Any) -> AuctionEquilibrium:
    """Solve the auctions backwards over all 2^I sets of waiting tasks; ties are won by the first listed.

    Raises as `schedule` does, and `TooLarge` where the sets are too many.
    """
    worth, factor = read_tasks(values, discount)
    count, kind = len(worth), arithmetic_of(worth)
    zero: Any = kind.zero
    if count**2 * 2**count > MAX_ENTRIES:
        raise TooLarge(
            f"{count} tasks wait in 2^{count} sets, too many to be solved one by one; "
            "the bids (6) and (7) of runner_up_bids need no list"
        )
    size, agents = 2**count, np.arange(count)
    waits = (np.arange(size)[:, None] >> agents & 1).astype(bool)
    winner, winners = np.full(size, -1), np.zeros(size, dtype=np.int64)
    price, welfare = arithmetic(kind.exact).zeros(size), arithmetic(kind.exact).zeros(size)
    bids, payoffs = arithmetic(kind.exact).zeros((size, count)), arithmetic(kind.exact).zeros((size, count))
    for number_waiting in range(1, count + 1):
        sets = np.flatnonzero(waits.sum(axis=1) == number_waiting)
        here, rows = waits[sets], np.arange(len(sets))
        left = sets[:, None] & ~(1 << agents)  # (n, w) after w has won; where w does not wait, not used
        most = worth[:, None] - factor * payoffs[left].swapaxes(1, 2)  # (n, j, w) g_j(w)
        rivals = here[:, :, None] & here[:, None, :] & ~np.eye(count, dtype=bool)
        against = np.where(rivals, most, -np.inf)
        runner_up = against.argmax(axis=1)  # (n, w)
        own = np.take_along_axis(most, runner_up[:, :, None], axis=2)[:, :, 0]  # g_w(r)
        if number_waiting > 1:
            paid = np.take_along_axis(most, runner_up[:, None, :], axis=1)[:, 0, :]
        else:
            paid, own = kind.full(own.shape, kind.zero), np.broadcast_to(worth, own.shape)
        can_win = here & (own >= paid - kind.slack(worth, COMPUTED))
        won = can_win.argmax(axis=1)
        after = left[rows, won]
        winner[sets], winners[sets], price[sets] = won, can_win.sum(axis=1), paid[rows, won]
        bids[sets] = np.where(here, most[rows, :, won], zero)
        bids[sets, won] = own[rows, won]
        payoffs[sets] = factor * payoffs[after]
        payoffs[sets, won] = worth[won] - price[sets]
        welfare[sets] = worth[won] + factor * welfare[after]
    return AuctionEquilibrium(worth, factor, winner, price, bids.T, payoffs.T, welfare, winners)
