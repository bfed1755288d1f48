"""Scheduling with externalities between tasks, as a dynamic program over the sets of waiting tasks.

While her own task waits, agent j has e_j(i) in every period in which the facility runs for i ≠ j (BV section
3 with values of either sign). Values are private: e_j is of the action and of j's own state, so it accrues
also where i's task is done already. With S the set of agents whose tasks wait and actions a ∈ {nobody, 1..I},

    r_j(a, S) = v_j if a = j ∈ S,   e_j(a) if a ≠ j ∈ S,   0 if j ∉ S;
    W(S) = max_a Σ_j r_j(a, S) + δ W(S \\ a).

An action that leaves S as it is may as well be taken for ever, for Σ_j r_j / (1 − δ), so the recursion ends:
sets are solved from the empty one up. W_{-i} is the same program with v_i = e_i = 0 and all actions open,
and M_i = W − W_{-i}, p_i = r_i(a*) − M_i + δ M_i(S \\ a*) as everywhere (BV 10–13).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from ...solvers.algorithms.mdp import first_best, take
from ...solvers.arithmetic import RATIONAL, arithmetic_of
from ...solvers.errors import InvalidInput, TooLarge
from ...solvers.numbers import Array, Ints, Number, array
from ...solvers.short import Short
from .scheduling import read_tasks

MAX_ENTRIES = 20_000_000
"""Most flow values of agents by action and set of tasks."""


@dataclass(frozen=True, eq=False, repr=False)
class WaitingTasks(Short):
    """The efficient policy and the pivot payments for every set of waiting tasks.

    Sets are numbers 0..2^I − 1: task i waits where bit i is set, so the last set is the start. values: (I,).
    externalities: (I, I), row j what agent j has while another is served. welfare: (2^I,) W. policy: (2^I,)
    the action, 0 nobody and i + 1 agent i. without, contributions, payments: (I, 2^I) W_{-i}, M_i, p_i.
    """

    values: Array
    externalities: Array
    discount: Number
    welfare: Array
    policy: Ints
    without: Array
    contributions: Array
    payments: Array

    @property
    def order(self) -> list[int]:
        """The agents served, period by period, from all tasks waiting on, until nothing changes any more."""
        return [int(self.policy[s]) - 1 for s in self.path[:-1]]

    @property
    def path(self) -> list[int]:
        """The sets of waiting tasks along the efficient path."""
        path = [len(self.policy) - 1]
        while True:
            after = int(_after(path[-1], self.policy[path[-1]]))
            if after == path[-1]:
                return path
            path.append(after)


def waiting_tasks(
    values: Any, discount: Any, externalities: Any = None
) -> WaitingTasks:
    """Efficient policy and pivot payments of tasks that may harm or help those who wait.

    values: (I,) nonnegative. externalities: (I, I), entry [j][i] what j has in a period in which i is served
    and j waits; the diagonal 0. None: no externalities. Ties go to nobody, then to the first listed.
    Raises `InvalidInput` for another shape, and `TooLarge` where the sets are too many.
    """
    worth, factor = read_tasks(values, discount)
    count = len(worth)
    given = RATIONAL.zeros((count, count)) if externalities is None else array(externalities, "externalities")
    if given.shape != (count, count):
        raise InvalidInput(f"externalities: {given.shape} numbers, not one row and column a task ({count})")
    if np.diagonal(given).any():
        raise InvalidInput("externalities: an agent has none of being served herself (the diagonal is 0)")
    kind = arithmetic_of(worth, factor, given)
    worth, given, factor = kind.array(worth), kind.array(given), kind.number(factor)
    if count * (count + 1) * 2**count > MAX_ENTRIES:
        raise TooLarge(
            f"{count} tasks wait in 2^{count} sets, more than can be listed; "
            "without externalities the closed forms need no list"
        )
    flows = _flows(worth, given)
    welfare, policy = _program(flows.sum(axis=0), factor)
    without = np.stack([_program(flows.sum(axis=0) - own, factor)[0] for own in flows])
    gain = welfare - without
    after = _after(np.arange(2**count), policy)
    paid = take(flows.swapaxes(0, 1), policy) - gain + factor * gain[:, after]
    return WaitingTasks(worth, given, factor, welfare, policy, without, gain, paid)


def _flows(worth: Array, given: Array) -> Array:
    """r_j(a, S): (I, A, 2^I), action 0 nobody."""
    count = len(worth)
    waits = (np.arange(2**count) >> np.arange(count)[:, None] & 1).astype(bool)
    zero: Any = arithmetic_of(worth).zero
    actions = np.concatenate([np.full((count, 1), zero, dtype=worth.dtype), given + np.diag(worth)], axis=1)
    flows: Array = np.where(waits[:, None, :], actions[:, :, None], zero)
    return flows


def _after(sets: Ints | int, action: Ints | int) -> Ints:
    """The set of tasks that wait after an action."""
    result: Ints = np.asarray(sets & ~((1 << np.asarray(action)) >> 1))
    return result


def _program(flow: Array, factor: Number) -> tuple[Array, Ints]:
    """W (2^I,) and the first best action (2^I,) for flow values (A, 2^I), the smallest sets first."""
    actions, size = flow.shape
    action = np.arange(actions)[:, None]
    sets = np.arange(size)
    left = _after(sets, action)
    moves = left != sets
    for_ever = flow / (1 - factor)
    welfare = arithmetic_of(flow).zeros(size)
    waiting = (sets[:, None] >> np.arange(actions - 1) & 1).sum(axis=1)
    for number_waiting in range(actions):
        these = sets[waiting == number_waiting]
        later = flow[:, these] + factor * welfare[left[:, these]]
        welfare[these] = np.where(moves[:, these], later, for_ever[:, these]).max(axis=0)
    return welfare, first_best(flow + factor * welfare[left])
