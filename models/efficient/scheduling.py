"""Scheduling: one task an agent, one task a period (Bergemann & Välimäki section 3, (2)–(5)).

Agent i's task is worth v_i ≥ 0 whenever it is done. Efficient is to do the most valuable waiting task first;
numbered in that order (2), with v_{I+1} = 0,

    W     = Σ_t δ^{t−1} v_t                                                                         (3)
    W_{-i} = Σ_{t<i} δ^{t−1} v_t + Σ_{t≥i} δ^{t−1} v_{t+1}                                          (4)
    M_i   = Σ_{t≥i} δ^{t−1} (v_t − v_{t+1}),  at her turn (period i − 1) without the factor δ^{i−1}
    p_i   = v_{i+1} − Σ_{t>i} δ^{t−i} (v_t − v_{t+1}) = (1 − δ) Σ_{t≥i} δ^{t−i} v_{t+1}              (5)

She pays p_i in the period of her task, for the delay of those behind her, and nothing in any other.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import accumulate
from typing import Any

import numpy as np

from ...solvers.arithmetic import arithmetic_of
from ...solvers.errors import AssumptionViolated, InvalidInput
from ...solvers.numbers import Array, Ints, Number, array, number
from ..answers.answer import Answer


@dataclass(frozen=True, eq=False, repr=False)
class Schedule(Answer):
    """The efficient order of tasks, and what everybody contributes and pays; agents as they were listed.

    values: (I,). order: (I,) the agent served in each period. turn: (I,) the period of each agent's task.
    welfare: W. without: (I,) W_{-i}. contributions: (I,) M_i in period 0; at_turn: (I,) M_i in the period of
    her task. prices: (I,) what she pays then.
    """

    values: Array
    discount: Number
    order: Ints
    welfare: Number
    without: Array
    contributions: Array
    at_turn: Array
    prices: Array

    @property
    def turn(self) -> Ints:
        """(I,) the period in which each agent is served."""
        return np.argsort(self.order)

    @property
    def revenue(self) -> Number:
        """What all pay, discounted."""
        result: Number = (powers(self.discount, len(self.values)) * self.prices[self.order]).sum()
        return result


def schedule(values: Any, discount: Any) -> Schedule:
    """The efficient schedule of one task an agent, by the closed forms (2)–(5).

    values: one nonnegative number an agent. Equal tasks are done in the order listed: their prices depend on
    that, W, W_{-i} and M_i do not. Raises `AssumptionViolated` for a negative value, `InvalidInput` for a
    discount factor that is not at least 0 and below 1.

    >>> schedule(["8", "5", "3"], "9/10").prices.tolist()
    [Fraction(77, 100), Fraction(3, 10), Fraction(0, 1)]
    """
    worth, factor = read_tasks(values, discount)
    zero: Any = arithmetic_of(worth).zero
    order = np.argsort(-worth, kind="stable")
    sorted_ = worth[order]
    behind = np.append(sorted_, zero)[1:]
    weight = powers(factor, len(sorted_))
    welfare = (weight * sorted_).sum()
    ahead = np.append(zero, np.cumsum(weight * sorted_))[:-1]
    later = _discounted_tails(weight * behind, 1 + zero)
    fall = _discounted_tails(sorted_ - behind, factor)
    price = (1 - factor) * _discounted_tails(behind, factor)
    back = np.argsort(order)
    return Schedule(
        values=worth,
        discount=factor,
        order=order,
        welfare=welfare,
        without=(ahead + later)[back],
        contributions=(weight * fall)[back],
        at_turn=fall[back],
        prices=price[back],
    )


def read_tasks(values: Any, discount: Any) -> tuple[Array, Number]:
    """Values (I,) of tasks and a discount factor, in one arithmetic.

    Raises `InvalidInput` where there is none or the factor is not in [0, 1), `AssumptionViolated` for a
    negative value.
    """
    worth, factor = array(values, "values of tasks"), number(discount, "discount")
    if worth.ndim != 1 or not worth.size:
        raise InvalidInput("values of tasks: one number an agent, and at least one agent")
    if not 0 <= factor < 1:
        raise InvalidInput(f"discount {factor}: scheduling needs a factor of at least 0 and below 1")
    if (worth < 0).any():
        at = int(np.argmax(worth < 0))
        raise AssumptionViolated(
            f"task {at + 1} is worth {worth[at]}, but the order (2) of Bergemann and Välimäki asks for "
            "nonnegative values"
        )
    kind = arithmetic_of(worth, factor)
    return kind.array(worth), kind.number(factor)


def powers(factor: Number, count: int) -> Array:
    """(count,) the powers 1, δ, δ², ... of a discount factor."""
    kind = arithmetic_of(factor)
    sequence = np.empty(count, dtype=kind.dtype)
    sequence[:] = list(accumulate([kind.one] + [factor] * (count - 1), lambda x, y: x * y))[:count]
    return sequence


def _discounted_tails(flow: Array, factor: Number) -> Array:
    """(I,) Σ_{t≥i} δ^{t−i} flow_t for every i."""
    tails = np.empty_like(flow)
    tails[::-1] = list(accumulate(flow[::-1].tolist(), lambda tail, now: now + factor * tail))
    return tails
