"""One buyer who first knows how her value is distributed, then the value (lecture notes; Courty & Li 2000).

In period 0 she knows her first type k, with probability g_k; in period 1 her value v, with probability
f_k(v), when an item that costs c is sold or kept. In period 1 nothing but the value matters to anybody, so
that second types of the same value are one. An *option* is the right to buy at a strike price p:

    S_k(p) = E[(v − p)⁺ | k]                  what it is worth to first type k
    D_k(p) = S_{k+1}(p) − S_k(p)              by how much more to the next first type
           = ∫ (F_k − F_{k+1}) dv above p

with F_k the distribution of values. First types are ordered as they are given.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from ....solvers.arithmetic import Arithmetic, arithmetic
from ....solvers.errors import AssumptionViolated
from ....solvers.numbers import Array, Bools, Ints, Number, show
from ....solvers.short import Short
from ...environment.environment import Environment
from ...society.assumptions import private_independent
from ...society.problem import kernel_table
from ..virtual_levels import inverse_hazard, refuse_improbable

PURPOSE = "sequential screening"


@dataclass(frozen=True, eq=False, repr=False)
class SequentialBuyer(Short):
    """K first types, V different values, Y second types.

    environment: all rational or all doubles. sale: the action of period 1 that sells. prior (K,). values
    (V,): increasing, in money of period 1. value_of (Y,): index of each second type's. moves (K, Y):
    probabilities of second types.
    """

    environment: Environment
    sale: int
    prior: Array
    values: Array
    value_of: Ints
    moves: Array

    @property
    def name(self) -> str:
        """The buyer's."""
        return self.environment.agents[0].name

    @property
    def types(self) -> tuple[str, ...]:
        """First types' names."""
        names: tuple[str, ...] = self.environment.agents[0].types[0]
        return names

    @property
    def cost(self) -> Number:
        """Of the item, in money of period 1."""
        cost: Number = self.environment.costs[1][self.sale]
        return cost

    @property
    def discount(self) -> Number:
        """What money of period 1 is worth in period 0."""
        return self.environment.discount

    @property
    def numbers(self) -> Arithmetic:
        """Rationals or doubles."""
        return arithmetic(self.environment.exact)

    @cached_property
    def chances(self) -> Array:
        """(K, V) f."""
        sums = self.numbers.zeros((len(self.values), len(self.moves)))
        np.add.at(sums, self.value_of, self.moves.T)
        return sums.T

    @property
    def support(self) -> Bools:
        """(K, V) which values each first type may have."""
        return np.asarray(self.chances > 0, dtype=np.bool_)

    @cached_property
    def tail(self) -> Array:
        """(K, V + 1) probability of each value or a higher one; 0 of none."""
        return np.cumsum(self._ended(self.chances)[:, ::-1], axis=1)[:, ::-1]

    @cached_property
    def worth(self) -> Array:
        """(K, V + 1) S_k at each value as the strike; 0 for an option that is never used."""
        steps = self.tail[:, 1:-1] * np.diff(self.values)
        last = self._ended(steps)
        return self._ended(np.cumsum(last[:, ::-1], axis=1)[:, ::-1])

    @cached_property
    def surplus(self) -> Array:
        """(K, V + 1) what a sale to each value and all higher ones is worth, less its cost."""
        gains = self._ended(self.chances * (self.values - self.cost))
        return np.cumsum(gains[:, ::-1], axis=1)[:, ::-1]

    @cached_property
    def advantage(self) -> Array:
        """(K, V + 1) D_k at each value as the strike; 0 for the last first type."""
        last = self.numbers.zeros((1, len(self.values) + 1))
        return np.concatenate([np.diff(self.worth, axis=0), last])

    @cached_property
    def inverse_hazard(self) -> Array:
        """(K,) (1 − G) / g."""
        return inverse_hazard(self.prior)

    @cached_property
    def means(self) -> Array:
        """(K,) expected values."""
        return self.chances @ self.values

    def money(self, later: Number) -> Number:
        """Money of period 1 in period 0."""
        return self.numbers.number(self.discount * later)

    def nothing(self, *scales: Array) -> Number:
        """The most that is nothing beside values, cost and these amounts of money; 0 over the rationals."""
        sizes = [abs(row).max() for row in (self.values, *scales)]
        return self.numbers.slack(max([abs(self.cost), *sizes]))

    def _ended(self, rows: Array) -> Array:
        """Rows with a 0 at their end."""
        return np.concatenate([rows, self.numbers.zeros((len(rows), 1))], axis=1)


def buyer_of(env: Environment, *, exact: bool = False) -> SequentialBuyer:
    """The buyer of an environment, over the rationals or in doubles.

    Raises `AssumptionViolated` naming what is not as sequential screening has it: two periods, one agent who
    reports and may report anything, nothing to decide in period 0, an item sold or kept in period 1, kept for
    nothing; and a first type of probability 0.
    """
    if env.stationary or env.periods != 2:
        what = "no last period" if env.stationary else f"{env.periods} periods"
        raise AssumptionViolated(f"{PURPOSE}: environment '{env.name}' has {what}, not a report and a sale")
    if env.num_agents != 1 or env.observed:
        what = "an observed agent" if env.num_agents == 1 else f"{env.num_agents} agents"
        raise AssumptionViolated(f"{PURPOSE}: environment '{env.name}' has {what}, not one buyer")
    if env.agents[0].reports is not None:
        raise AssumptionViolated(f"{PURPOSE}: agent '{env.agents[0].name}' may not report every type")
    if any(goods is not None for goods in env.goods):
        raise AssumptionViolated(f"{PURPOSE}: environment '{env.name}' has divisible goods, not one item")
    work = private_independent(env.to_exact() if exact else env.to_float(), PURPOSE)
    agent = work.agents[0]
    if work.num_actions(0) != 1:
        count = work.num_actions(0)
        raise AssumptionViolated(f"{PURPOSE}: period 0 has {count} actions, and nothing is decided there")
    for what, table in (("is worth", agent.values[0]), ("costs", work.costs[0])):
        if (table != 0).any():
            most = abs(table).max()
            raise AssumptionViolated(
                f"{PURPOSE}: action '{work.actions[0][0]}' of period 0 {what} {show(most)}, and nothing is "
                "decided there"
            )
    if work.num_actions(1) != 2:
        count = work.num_actions(1)
        raise AssumptionViolated(f"{PURPOSE}: period 1 has {count} actions, not a sale and none")
    kept = [a for a in (0, 1) if work.costs[1][a] == 0 and not (agent.values[1][a] != 0).any()]
    if not kept:
        raise AssumptionViolated(
            f"{PURPOSE}: neither action of period 1 ({', '.join(work.actions[1])}) is worth 0 and costs 0"
        )
    refuse_improbable(agent, "lecture notes, sequential screening")
    sale = 1 - kept[0]
    second = np.broadcast_to(agent.values[1][sale], len(agent.types[1]))
    values, value_of = np.unique(second, return_inverse=True)
    moves = kernel_table(agent.kernels[0], work.exact)[0]
    moves = np.broadcast_to(moves, (len(agent.prior), len(second)))
    return SequentialBuyer(work, sale, agent.prior, values, value_of.astype(np.int64), moves)
