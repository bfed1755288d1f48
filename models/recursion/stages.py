"""What the rent recursion needs of an environment: stages, one a period and public state, and one before.

What a history hands to its future is the vector U of utilities that the types of the next period then get.
A *stage* is a period in a public state (the types of the observed agents). Its actions fall into *groups* of
those that move types alike; a group and what the observed agents then become is a *branch* b, of chance ρ_b
given the group, which no private type moves, with moves μ_b and a stage that follows. With l the current true
type, δ the discount factor and q_b the weight of the branch's group in the lottery q,

    ψ(l, U) = max over q, p, y, θ of  g(l, q) + δ Σ_b ρ_b Σ_m μ_b(m | l) θ_bm
              s.t. for every k:   f_l(k, q) − p + δ Σ_b ρ_b μ_b(· | k) · y_b  ≤  U_k,  and for k = l equal,
                                  θ_bm ≤ q_b ψ_b(m, y_b / q_b)
    value = max over U of Σ_l π_l [ψ_0(l, U) − κ U_l],   U_l ≥ 0 where π_l > 0,

g = (R + W)(v − c) and what observed agents count for, κ the weight on payments (`notions/objective.py`).
Where no action steers types and nobody is observed, a stage has one group and one branch, q_b = 1, and y is
the next period's U. The value is a stage as well, the one before period 0, of one type who does nothing: its
moves are the prior, and U has bounds and weights. Reports of probability zero are left out, which loses
nothing: who could make no other gets what the best of the others gives her.

What is promised and demanded is in f, the bounds of p (`Money`) and those of U alone:

    interim:   f_l(k, q) = v(k, q), p free. U counts by its differences, as a constant is a payment; so
               promises at every state (`periodic`) come to the same.
    ex-post:   v(l, q) is charged at once, f_l(k, q) = v(k, q) − v(l, q), and −p ≥ 0 is what she gets beside;
               U ≥ 0. Whatever is promised along a path can be given at its end: prefix and per-period alike.
    payments:  f_l(k, q) = v(k, q), and p within what is demanded; `periodic` then is U ≥ 0 at all states.

An infinite horizon has as many stages as descriptions and public states, which follow each other for ever.
Bounds of U are those of `boxes.py`, what the environment says is in `tables.py`.

Money is in units of what is at stake, objectives in units of their largest weight.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from ...solvers.arithmetic import arithmetic
from ...solvers.numbers import Floats, Ints
from ...solvers.short import Short
from ..environment.environment import Environment
from ..notions.demands import Demanded, Demands
from ..notions.incentives import Incentive
from ..notions.objective import Objective
from ..notions.participation import Participation, Promise
from ..notions.participation.interim import interim
from .alone import not_alone
from .boxes import Always, Boxes
from .tables import Money, tables_of

ROUNDED = 4 * float(np.finfo(np.float64).eps)
"""What a term of a sum may lose in doubles, with room, as a share of it."""
FAINT = 1e-8
"""Weight of a group in a lottery below which it is none: what follows it is not told from nothing."""
PROMISES = (Promise.INITIAL, Promise.CONTINUATION, Promise.PATH, Promise.PREFIX, Promise.PERIOD)
"""What may be promised."""


@dataclass(frozen=True, eq=False, repr=False)
class Share(Short):
    """What a cut or a point takes of one branch: cuts or points of the stage that follows (n,), and how much
    of each (n,)."""

    after: Ints
    share: Floats


@dataclass(frozen=True, eq=False, repr=False)
class Branch(Short):
    """What follows a group of actions in one public state.

    group: of the actions. next: number of the stage. moves: (K, K') probabilities, rows sum to 1. discount:
    of the next period, times the chance of the public state. weight: (K',) of U' in the objective. least:
    what is promised to types that are possible. low, high: (K, K') bounds of U' by true type. best: (K',) no
    less than ψ of the next stage, whatever rents.
    """

    group: int
    next: int
    moves: Floats
    discount: Any
    weight: Floats
    least: float
    low: Floats
    high: Floats
    best: Floats


@dataclass(frozen=True, eq=False, repr=False)
class RentStage(Short):
    """values, gains: (A, K) of the actions that are open; groups: (A,) theirs, from 0. branches: none in the
    last period. money: how payments enter. label: the period (a description, where they never end; -1 before
    the first), and the public state: the type of every observed agent. actions: (A,) theirs in the
    environment."""

    values: Floats
    gains: Floats
    groups: Ints
    branches: tuple[Branch, ...]
    money: Money
    period: int
    public: tuple[int, ...]
    actions: Ints

    def flows(self, own: int) -> Floats:
        """(A, K): f of who reports this type."""
        flows: Floats = self.values - self.values[:, own, None] if self.money.charged else self.values
        return flows

    @property
    def mask(self) -> Floats:
        """(G, A): 1 where the action is of the group."""
        mask: Floats = (self.groups == np.arange(self.groups.max() + 1)[:, None]).astype(np.float64)
        return mask

    @property
    def entries(self) -> int:
        """Of the matrices that `Below`, `Above` and `Edges` begin with, of all types together."""
        (a, k), n = self.values.shape, np.array([len(branch.best) for branch in self.branches], np.int64)
        lies, more, groups = int((n * (n + 2)).sum()), int(n.sum()), len(self.mask)
        below = (k + 1 + lies) * (a + 2 + k + more)
        return int(k * (below + 2 * (a + 1 + groups + 2 * more) * (k + 3 + groups + 3 * more)))


@dataclass(frozen=True, eq=False, repr=False)
class Recursion(Short):
    """stages[0] is the one before period 0; those that follow one come later, unless they come for ever.

    first_best: what no mechanism exceeds. From stage 1 on, rents: where to begin, vectors (n, K), and always:
    what one action for ever does. endless: whether the horizon is infinite. size: what values are compared
    with. stake: what one unit of money is in the question's; unit: what one of the value is in its money and
    weights. Over the rationals there are no rents to begin with.
    """

    stages: tuple[RentStage, ...]
    first_best: float
    rents: tuple[Floats, ...]
    always: tuple[Always, ...]
    endless: bool
    discount: float
    stake: Any
    unit: Any
    size: float


def obstacle(
    env: Environment,
    incentives: Incentive,
    participation: Participation,
    objective: Objective,
    demands: Demands,
) -> str:
    """Why this question is none for the recursion; empty where it is one."""
    if len(env.private) != 1:
        return f"it is for one agent with private types, and there are {len(env.private)}"
    if why := not_alone(env, objective):
        return why
    if incentives.name != "bayesian":
        return f"incentives '{incentives.name}' are not 'bayesian'"
    if participation.promise not in PROMISES:
        return f"participation '{participation.name}' is not 'interim', 'periodic' or along paths"
    for demand in demands:
        if demand.demanded is not Demanded.PAID_PERIOD:
            return f"demand '{demand.name}' is not about payments of single periods"
        if participation.by_path:
            return f"demand '{demand.name}' beside participation '{participation.name}'"
    return ""


def recursion(
    env: Environment,
    objective: Objective,
    participation: Participation = interim,
    demands: Demands = (),
) -> Recursion:
    """The stages of a question without an `obstacle`, in the arithmetic of the environment."""
    read = tables_of(env, objective, demands[0] if demands else None, participation.by_path)
    tables, money, agent = read.tables, read.money, env.agents[env.private[0]]
    boxes = Boxes(tables, money, env.discount, env.stationary, participation.promise)
    prior, numbers = agent.prior, arithmetic(env.exact)
    stages = [
        RentStage(
            table.values,
            table.gains,
            table.groups,
            tuple(
                Branch(
                    move.group,
                    move.next + 1,
                    move.moves,
                    move.discount,
                    numbers.zeros(move.moves.shape[1]),
                    boxes.least,
                    *boxes.around(move.next, move.moves),
                    boxes.best[move.next],
                )
                for move in table.branches
            ),
            money,
            table.period,
            table.public,
            table.actions,
        )
        for table in tables
    ]
    before = RentStage(
        numbers.zeros((1, 1)),
        numbers.zeros((1, 1)),
        np.zeros(1, dtype=np.int64),
        tuple(
            Branch(
                0,
                s + 1,
                prior[None],
                chance,
                -read.kept * chance * prior,
                0.0,
                *boxes.promised(s, prior),
                boxes.best[s],
            )
            for s, chance in read.begins
        ),
        Money(),
        -1,
        (),
        np.zeros(1, dtype=np.int64),
    )
    starts = [(chance, boxes.best[s]) for s, chance in read.begins]
    best = float(sum(chance * float(prior @ most) for chance, most in starts))
    size = max(sum((chance * float(prior @ abs(most)) for chance, most in starts), 0.0), *boxes.spread)
    rents, always = ((), ()) if env.exact else boxes.begin()
    rate, stages = float(env.discount), [before, *stages]
    return Recursion(tuple(stages), best, rents, always, env.stationary, rate, read.stake, read.unit, size)
