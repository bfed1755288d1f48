"""Two bidders, one with a task of value v_1 in every period, one with a single task of value v_2.

(Bergemann & Välimäki section 3.) While 2's task waits, to serve 1 for ever is worth v_1/(1 − δ), to serve 2
first v_2 + δ v_1/(1 − δ), so 1 goes first where v_1 ≥ v_2; and then M_1 = v_1 − v_2 + δ v_1/(1 − δ), p_1 =
(1 − δ) v_2 in every period. (The paper prints p_1 = −(1 − δ) v_2, with which bidder 1 would get v_1/(1 − δ) +
v_2, more than M_1.)

The ascending auction has two candidates for a stationary equilibrium, with bids that make the loser of one
slot indifferent:

    1 always wins:   b_2 = v_2,                         b_1 = v_1 − δ v_2 / (1 − δ)        b_1 ≥ b_2
    2 wins at once:  b_1 = v_1 − δ v_1,                 b_2 = v_2 − δ (v_2 − b_1)          b_2 ≥ b_1

The first holds where v_1 ≥ v_2/(1 − δ), (8) against (9); the second where v_2 ≥ (1 − δ) v_1. For
v_2 < v_1 < v_2/(1 − δ) only the second is left, and it serves 2 though 1 should be served.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from ...solvers.arithmetic import COMPUTED, arithmetic_of
from ...solvers.numbers import Array, Bools, Number
from ..answers.answer import Answer
from .scheduling import read_tasks


@dataclass(frozen=True, eq=False, repr=False)
class MultiTask(Answer):
    """The example at all pairs of values: arrays are (m, n), v_1 down and v_2 across.

    welfare: W while 2's task waits. contributions, payments: (2, m, n) M_i and p_i then (ties serve 1).
    always_winning, dropping_out: (8) and (9), what 1 has by winning every slot at v_2 and by letting 2 have
    the first. bids_always, bids_at_once: (2, m, n) bids where 1 always wins, and where 2 wins at once.
    always_holds, at_once_holds: which of the two is an equilibrium.
    """

    first: Array
    second: Array
    discount: Number
    welfare: Array
    contributions: Array
    payments: Array
    always_winning: Array
    dropping_out: Array
    bids_always: Array
    bids_at_once: Array
    always_holds: Bools
    at_once_holds: Bools

    @property
    def threshold(self) -> Array:
        """(n,) v_2/(1 − δ): the v_1 from which on 1 would rather win every slot."""
        result: Array = self.second / (1 - self.discount)
        return result

    @property
    def efficient_first(self) -> Bools:
        """(m, n) where v_1 > v_2: only bidder 1 should ever be served."""
        result: Bools = self.first[:, None] > self.second
        return result

    @property
    def inefficient(self) -> Bools:
        """(m, n) where 1 should be served first and in the only equilibrium is not."""
        return self.efficient_first & ~self.always_holds

    @property
    def boundary(self) -> Bools:
        """(m, n) where 1 should be served first, and both candidates are equilibria."""
        return self.efficient_first & self.always_holds & self.at_once_holds

    @property
    def loss(self) -> Array:
        """(m, n) what the least efficient equilibrium falls short of W by."""
        one_first = self.first[:, None] / (1 - self.discount) + 0 * self.second
        two_first = self.second + self.discount * one_first
        worse = ~self.always_holds | (two_first < one_first)
        result: Array = self.welfare - np.where(self.at_once_holds & worse, two_first, one_first)
        return result


def multi_task(first: Any, second: Any, discount: Any) -> MultiTask:
    """The multi-task example for every pair of v_1 in `first` and v_2 in `second`.

    Raises as `schedule` does.

    >>> found = multi_task([10], [4], "9/10")
    >>> found.contributions[0, 0, 0], found.payments[0, 0, 0], found.inefficient.item()
    (Fraction(96, 1), Fraction(2, 5), True)
    """
    (one, factor), (two, _) = read_tasks(first, discount), read_tasks(second, discount)
    kind = arithmetic_of(one, two)
    one, two, factor = kind.array(one), kind.array(two), kind.number(factor)
    zero: Any = kind.zero
    v1, v2 = one[:, None] + 0 * two, two + 0 * one[:, None]
    for_ever = v1 / (1 - factor)
    serve = np.stack([for_ever, v2 + factor * for_ever])
    welfare = serve.max(axis=0)
    chosen = v1 >= v2
    gain = np.stack([welfare - v2, welfare - for_ever])  # while 2 waits; without 2's task M = (for_ever, 0)
    later = np.stack([np.where(chosen, gain[0], for_ever), np.where(chosen, gain[1], zero)])
    own = np.stack([np.where(chosen, v1, zero), np.where(chosen, zero, v2)])
    always = np.stack([v1 - factor * v2 / (1 - factor), v2])
    lower = v1 - factor * v1
    at_once = np.stack([lower, v2 - factor * (v2 - lower)])
    slack = kind.slack(np.concatenate([one, two]) / (1 - factor), COMPUTED)
    return MultiTask(
        first=one,
        second=two,
        discount=factor,
        welfare=welfare,
        contributions=gain,
        payments=own - gain + factor * later,
        always_winning=(v1 - v2) / (1 - factor),
        dropping_out=factor * for_ever,
        bids_always=always,
        bids_at_once=at_once,
        always_holds=(always[0] >= always[1] - slack).astype(bool),
        at_once_holds=(at_once[1] >= at_once[0] - slack).astype(bool),
    )
