"""How far the pivot payments are the only ones: an interval of payments at every state.

With finitely many types Assumption 1 of Bergemann and Välimäki (a type for every x ≥ 0) never holds; their
Theorem 2 gives bounds in place of uniqueness. Given the efficient policy a*, payments of agent i that
remember nothing are a price of every action in use at each profile of the others (reports that lead to one
action cost the same, or nobody would give the dearer). Prices p and what truth leaves to her, V, are
compatible with periodic ex-post incentives, participation and efficient exit where

    V(θ) = v_i(a*(θ), θ_i) − p(a*(θ), θ_{-i}) + δ E[V(θ') | a*(θ), θ]        by definition
    V(θ) ≥ v_i(b, θ_i) − p(b, θ_{-i}) + δ E[V(θ') | b, θ],  b in use         one lie, then truth
    V(θ) ≥ 0                                                                 participation
    p(a*(θ), θ_{-i}) = 0,  θ where she is out                                exit

and a lie gains iff one lie does. The least and the largest price at a state are two linear programs: values
{0, 3, 5, 8} for a task, the rival waiting with 5 and δ = 9/10 leave [3/10, 16/5] around a pivot payment of
1/2.

She is out where, from here on along the efficient policy, she pays nothing in the pivot mechanism and is left
with no more than what any policy that is efficient for the others leaves to her, O_i at its least over their
ties. Where the others do not care (nobody else waits) the efficient action may be one of theirs by the way
that ties are broken; she is not out as long as that matters to her, and being out does not depend on how
actions are listed.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from ...solvers.algorithms.extremes import extremes
from ...solvers.algorithms.mdp import take
from ...solvers.arithmetic import arithmetic
from ...solvers.effort import FLOATS, Effort
from ...solvers.errors import AssumptionViolated, Infeasible, TooLarge
from ...solvers.numbers import Array, Bools, Ints, nearest
from ...solvers.program import Builder, Program
from ...solvers.short import Short
from ..environment.reports import refuse_restricted
from ..society.problem import action_values, chosen_values, others, spread
from .pivot import Pivot

MAX_NONZEROS = 500_000
"""Most entries of one agent's program."""


@dataclass(frozen=True, eq=False, repr=False)
class Uniqueness(Short):
    """Per period that the environment describes, for each agent who reports and each profile: the
    least and the largest payment, low and high (P, S); infinite where nothing bounds it (in doubles, where
    chances are rounded, it may be finite and very large instead)."""

    low: tuple[Array, ...]
    high: tuple[Array, ...]

    @property
    def unique(self) -> bool:
        """Whether every payment is determined."""
        return all(bool((a == b).all()) for a, b in zip(self.low, self.high, strict=True))


def uniqueness(pivot: Pivot, effort: Effort = FLOATS) -> Uniqueness:
    """The payments compatible with periodic ex-post incentives, participation and efficient exit.

    Exact where the pivot mechanism is; of the effort the time counts. Raises `AssumptionViolated` where no
    payments are (values of either sign) and where some report is forbidden to some type, `TooLarge` where an
    agent's program has too many entries, `OutOfTime`. BV Theorem 2.
    """
    refuse_restricted(pivot.environment, "uniqueness of payments")
    env, count = pivot.environment, len(pivot.environment.private)
    effort, gone = effort.begun(), out(pivot)
    low, high = ([arithmetic(env.exact).zeros((count, len(w))) for w in pivot.W] for _ in range(2))
    for k, i in enumerate(env.private):
        effort.tell("step", f"payments of {env.agents[i].name} that are compatible")
        prices = Prices.of(pivot, i)
        program = payments_program(pivot, prices, [rows[k] for rows in gone], i)
        least, largest = arithmetic(env.exact).zeros((2, prices.size))
        free = prices.none([rows[k] for rows in gone])
        asked = np.setdiff1d(np.arange(prices.size), free) if len(free) < prices.size else free[:1]
        try:
            least[asked], largest[asked] = extremes(program, asked, effort)
        except Infeasible:
            raise AssumptionViolated(
                f"agent '{env.agents[i].name}': no payments are periodic ex-post incentive compatible, keep "
                "her in and let her go (participation needs nonnegative values; Bergemann and Välimäki, "
                "Theorem 2)"
            ) from None
        for t in pivot.periods:
            low[t][k], high[t][k] = least[prices.index[t]], largest[prices.index[t]]
    return Uniqueness(tuple(low), tuple(high))


@dataclass(frozen=True, eq=False, repr=False)
class Prices(Short):
    """Which price is paid where. index[t]: (S,) the number of the efficient action's price. table[t]: (A, S)
    that of every action's, -1 where it is not in use at the others' profile. size: how many there are."""

    index: tuple[Ints, ...]
    table: tuple[Ints, ...]
    size: int

    def none(self, gone: list[Bools]) -> Ints:
        """The prices that are 0 because she is out, gone[t] (S,), where they are paid."""
        paid = [index[rows] for index, rows in zip(self.index, gone, strict=True)]
        return np.unique(np.concatenate(paid))

    @classmethod
    def of(cls, pivot: Pivot, i: int) -> Prices:
        """Those of agent i."""
        env, size = pivot.environment, 0
        index, tables = [], []
        for t in pivot.periods:
            types, actions = env.types(t), env.num_actions(t)
            rest = [types[j] for j in others(env, i)]
            digits = np.unravel_index(np.arange(len(pivot.W[t])), types)
            profile = np.zeros(len(pivot.W[t]), dtype=np.int64)
            for j, width in zip(others(env, i), rest, strict=True):
                profile = profile * width + digits[j]
            used = np.full((actions, math.prod(rest)), -1, dtype=np.int64)
            used[pivot.policy[t], profile] = 0
            places = np.argwhere(used.T == 0)
            used[places[:, 1], places[:, 0]] = size + np.arange(len(places))
            size += len(places)
            tables.append(used[:, profile])
            index.append(take(tables[-1], pivot.policy[t]))
        return cls(tuple(index), tuple(tables), size)


def out(pivot: Pivot) -> tuple[Bools, ...]:
    """(P, S) per period: where each agent is out for good, as the head of this file says."""
    env, problem = pivot.environment, pivot.problem
    staying = [~gone for gone in pivot.exit]
    for k, (i, plan) in enumerate(zip(env.private, pivot.without, strict=True)):
        flows = [-action_values(env, t, i) for t in pivot.periods]
        ties = [spread(tied, env.types(t), others(env, i)) for t, tied in enumerate(plan.tied)]
        hers = replace(problem, rewards=tuple(flows), allowed=tuple(ties))
        for t in pivot.periods:
            slack = pivot.plan.slack[t]
            staying[t][k] |= np.asarray(pivot.M[t][k] + hers.best.values[t] > slack, dtype=np.bool_)
    return tuple(~stays for stays in pivot.reaching(staying))


def payments_program(pivot: Pivot, prices: Prices, gone: list[Bools], i: int) -> Program:
    """The payments of agent i that are compatible, gone[t] (S,) where she is out: columns p, first, and V of
    all periods, a row for every action in use; nothing to maximise yet."""
    env = pivot.environment
    builder = Builder(exact=env.exact, name=f"payments of {env.agents[i].name}")
    k = env.private.index(i)
    unit = nearest(max(abs(own[k]).max() for own in (*pivot.values, *pivot.M))) or 1.0
    p = builder.columns("p", prices.size, lower=-math.inf, upper=math.inf, unit=unit)
    left = [builder.columns(f"V{t}", len(w), unit=unit) for t, w in enumerate(pivot.W)]
    for t, (action, where, expected) in _lies(pivot, prices):
        truth = pivot.policy[t][where] == action
        worth = chosen_values(env, t, i, np.full(len(pivot.W[t]), action))[where]
        upper = np.where(truth, worth, math.inf)
        rows = builder.rows(f"{t}, {action}", len(where), lower=worth, upper=upper)
        builder.entries(rows.index, left[t].index[where], 1)
        builder.entries(rows.index, p.index[prices.table[t][action, where]], 1)
        if expected is not None:
            line, after, weight = expected
            later = left[env.after(t)]
            builder.entries(rows.index[line], later.index[after], -env.discount * weight)
    free = prices.none(gone)
    exit = builder.rows("exit", len(free), lower=0, upper=0)
    builder.entries(exit.index, p.index[free], 1)
    return builder.build()


Triplets = tuple[Ints, Ints, Array]


def _lies(pivot: Pivot, prices: Prices) -> Iterator[tuple[int, tuple[int, Ints, Triplets | None]]]:
    """(period, (action, the profiles where some report of hers leads to it, how those move))."""
    total = 0
    for t in pivot.periods:
        for action in range(pivot.environment.num_actions(t)):
            where = np.flatnonzero(prices.table[t][action] >= 0)
            if not where.size:
                continue
            moves: Triplets | None = None
            if t < len(pivot.problem.moves):
                everywhere = np.full(len(pivot.W[t]), action)
                rows, columns, weights = pivot.problem.moves[t].under(everywhere)
                kept = np.isin(rows, where)
                moves = (np.searchsorted(where, rows[kept]), columns[kept], weights[kept])
                total += len(columns)
            if total > MAX_NONZEROS:
                raise TooLarge(
                    f"intervals of payments: the program of one agent has more than {MAX_NONZEROS:,} "
                    "entries; give fewer types"
                )
            yield t, (action, where, moves)
