"""Several agents: what the recursion over joint rent vectors needs of an environment.

A *state* before period t is the last public profile θ_{t−1}, as far as it moves types (profiles with equal
rows of every kernel are one), and the vectors U = (U^i_k) of continuation utilities by current type. With the
belief β(θ) = Π_i μ^i(θ^i | θ^i_{t−1}), the prior at first, and δ the discount factor,

    ψ(U) = max over q(θ), U'(θ) of  Σ_θ β(θ) [g(θ, q(θ)) + δ ψ_θ(U'(θ))]
           s.t. for every i, report r with β^i(r) > 0 and type k:
           Σ_{θ: θ^i = r} β^{−i}(θ^{−i}) [Δv(θ, q(θ)) + δ Δμ · U'^i(θ)]  ≤  U^i_k − U^i_r,
           Δv = v^i(k, θ^{−i}, q) − v^i(θ, q),   Δμ = μ^i(· | k) − μ^i(· | r),
    value = max over U of  ψ_0(U) − Σ_i κ_i Σ_k π^i_k U^i_k,   U^i_k ≥ 0 where π^i_k > 0,

g = (R + W)(Σ_i v^i − c), κ_i the weight on payments (`notions/objective.py`). What r pays is what truth gives
her less U^i_r, in expectation over the others, so that a constant added to U^i is a payment: the first type
that is possible has U^i = 0. Promises at every state come to the same, as payments can be moved in time.
The value is a state as well, of one profile in which nobody does anything.

*Bounds of differences*, as for one agent (`boxes.py`): k may report what l does, so U^i_k − U^i_l is at most

    max over θ^{−i}, a of  v^i(k, θ^{−i}, a) − v^i(l, θ^{−i}, a)  +  δ |μ^i(· | k) − μ^i(· | l)|_TV R^i.

*Agents who are alike* (`environment/alike.py`): exchanging them takes a state to one that is as good, with
their rents exchanged. One state stands for all of these, and what is seen there counts in every order that
leaves it as it is. Alike is what is so exactly.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import permutations, product
from typing import Any

import numpy as np

from ...solvers.errors import AssumptionViolated
from ...solvers.numbers import Bools, Floats, Ints
from ...solvers.short import Short
from ..environment.alike import swap_of
from ..environment.environment import Environment
from ..notions.demands import Demands
from ..notions.objective import Objective
from ..notions.participation import Participation, Promise

DIMENSIONS = 6
PROGRAMS = 2_000
"""The most free numbers of U, and programs a round, that this is for."""

MOST = 4
"""Of alike agents who change places: with more, what is seen would count in too many orders."""


@dataclass(frozen=True, eq=False, repr=False)
class JointLies(Short):
    """Lies (E,): whose, what is said, the true type; where U of the true type and of what is said are in a
    vector of all; and how probable it is that what is said is true."""

    who: Ints
    said: Ints
    true: Ints
    to: Ints
    of: Ints
    chance: Floats


@dataclass(frozen=True, eq=False, repr=False)
class JointStage(Short):
    """A state; S profiles are possible, A actions are open, agent i has K_i types.

    chance: (S,) β; belief: by agent (K_i,); digits: (N, S) the types of each profile. gains: (S, A). lies: by
    agent (K_i, S, A), what i of type k has beyond the type in the profile. moves: by agent (K_i, K_i'), no
    columns after the last period. next: (S,) numbers of the states that follow, none after the last period;
    places: (S, M') where U' is there: all agents in a row, alike ones maybe exchanged. discount: of what
    follows; weight: (M',) of U' in the objective. low, high: (S, M') of U'; possible: (S, M') whom one may
    become, least: what she is left by points. best: no less than ψ. images: (n, M) where rents are once alike
    agents have changed places so that the state is as it was.
    """

    chance: Floats
    belief: tuple[Floats, ...]
    digits: Ints
    gains: Floats
    lies: tuple[Floats, ...]
    moves: tuple[Floats, ...]
    next: Ints
    places: Ints
    discount: float
    weight: Floats
    low: Floats
    high: Floats
    possible: Bools
    least: float
    best: float
    images: Ints

    @property
    def starts(self) -> Ints:
        """(N,): where the numbers of each agent begin in U'."""
        starts: Ints = np.cumsum([0, *(moves.shape[1] for moves in self.moves)])[:-1]
        return starts

    @property
    def told(self) -> JointLies:
        """All lies about reports that are possible."""
        every = [
            (i, r, k)
            for i, belief in enumerate(self.belief)
            for r in np.flatnonzero(belief > 0)
            for k in range(len(belief))
            if k != r
        ]
        who, said, true = np.array(every, dtype=np.int64).reshape(-1, 3).T
        starts = np.cumsum([0, *map(len, self.belief)])
        chance = np.array([self.belief[i][r] for i, r, _ in every])
        return JointLies(who, said, true, starts[who] + true, starts[who] + said, chance)


@dataclass(frozen=True, eq=False, repr=False)
class Joint(Short):
    """stages[0] is the one before period 0; those that follow one come later. rents: by stage vectors
    (n, M), where to begin. first_best, discount, unit, size: as of `stages.Recursion`."""

    stages: tuple[JointStage, ...]
    rents: tuple[Floats, ...]
    first_best: float
    discount: float
    periods: int
    unit: float
    size: float


def no_joint(env: Environment, participation: Participation, objective: Objective, demands: Demands) -> str:
    """Why this question is none for joint rents, or what it would cost; empty where it is one."""
    goods = next((t for t, goods in enumerate(env.goods) if goods is not None), None)
    own = next((a for a in env.agents if a.reports is not None or a.outside is not None), None)
    if env.observed:
        return f"joint rents are for agents who report, and '{env.agents[env.observed[0]].name}' is observed"
    if env.stationary:
        return "joint rents are for a finite horizon"
    if env.joint:
        return "agents move by a joint process"
    if (t := next((t for t, steered in enumerate(env.controlled) if steered), None)) is not None:
        return f"joint rents are for types that actions do not move, and those of period {t} do"
    if env.conceals:
        return "reports are not public"
    if goods is not None:
        return f"period {goods} has divisible goods"
    if own is not None:
        return f"agent '{own.name}' has {'reports of her own' if own.reports else 'something outside'}"
    if participation.promise not in (Promise.INITIAL, Promise.CONTINUATION):
        return f"participation '{participation.name}' is not 'interim' or 'periodic'"
    if demands:
        return f"demand '{demands[0].name}' is none of joint rents"
    if objective.least != 0:
        return "the least utility has a weight"
    if (name := next((a.name for a in env.agents if objective.paid(a.name) < 0), None)) is not None:
        return f"payments of '{name}' have a negative weight"
    return cost(env)


def cost(env: Environment) -> str:
    """What joint rents would cost, where that is too much; empty elsewhere. A round has one program for every
    profile that may come next along its path, and two where bounds are apart."""
    dimensions = max(sum(sizes) - len(sizes) for sizes in map(env.types, range(env.periods)))
    programs = sum(3 * int(np.prod(env.types(t), dtype=object)) + 1 for t in range(env.periods))
    if dimensions <= DIMENSIONS and programs <= PROGRAMS:
        return ""
    return (
        f"joint rents would take vectors of {dimensions} numbers and up to {programs:,} programs a round, "
        f"and the most are {DIMENSIONS} and {PROGRAMS:,}"
    )


def _kinds(env: Environment, t: int) -> list[list[int]]:
    """By agent, which row of the moves to period t each type has: equal rows are one."""
    kinds = []
    for i in range(env.num_agents):
        rows = [tuple(row) for row in _moves(env, i, t - 1).tolist()]
        first = list(dict.fromkeys(rows))
        kinds.append([first.index(row) for row in rows])
    return kinds


def _moves(env: Environment, i: int, t: int) -> Floats:
    """(K, K') of agent i after period t."""
    kernel, own = env.agents[i].kernels[t], np.arange(len(env.agents[i].types[t]))
    after = np.arange(len(env.agents[i].types[t + 1]))
    moves: Floats = np.broadcast_to(
        kernel.probability(np.array(0), [], own[:, None], after), (len(own), len(after))
    ).astype(np.float64)
    return moves


def _orders(env: Environment, objective: Objective) -> Ints:
    """(n, N): whom each agent may be put in the place of, so that nothing changes; first as they are."""
    exact, names = env.over_rationals(), [agent.name for agent in env.agents]
    groups: list[list[int]] = []
    for j, agent in enumerate(env.agents):
        moves = max(map(len, agent.types)) > 1
        for group in groups if moves else ():
            if len(group) == MOST or objective.paid(names[group[0]]) != objective.paid(names[j]):
                continue
            try:
                swap_of(exact, group[0], j)
            except AssumptionViolated:
                continue
            group.append(j)
            break
        else:
            groups.append([j])
    orders = []
    for images in product(*map(permutations, groups)):
        order = np.arange(len(names))
        for group, image in zip(groups, images, strict=True):
            order[group] = image
        orders.append(order)
    return np.array(orders)


class _Reading:
    """An environment in units of what is at stake, and its states as they are met."""

    def __init__(self, env: Environment, objective: Objective) -> None:
        self.env, names = env, [agent.name for agent in env.agents]
        tables = [*env.costs, *(table for agent in env.agents for table in agent.values)]
        stake = max(float(abs(table).max()) for table in tables) or 1.0
        share, self.kept = float(objective.goods), [float(objective.paid(name)) for name in names]
        weight = max(abs(share), *self.kept) or 1.0
        self.unit, self.discount = stake * weight, float(env.discount)
        self.kept = [kept / weight for kept in self.kept]
        self.orders = _orders(env, objective)
        self.values: list[list[Floats]] = []
        self.gains: list[Floats] = []
        for t in range(env.periods):
            shown, sizes = env.feasible[t], env.types(t)
            open_ = np.arange(env.num_actions(t)) if shown is None else np.flatnonzero(shown)
            whole = len(open_), *sizes
            own = [np.broadcast_to(agent.values[t], (env.num_actions(t), *sizes)) for agent in env.agents]
            self.values.append([value[open_] / stake for value in own])
            costs = (env.costs[t][open_] / stake).reshape(-1, *[1] * len(sizes))
            self.gains.append(np.broadcast_to(share / weight * (sum(self.values[-1]) - costs), whole))
        self.moves = [[_moves(env, i, t) for i in range(len(names))] for t in range(env.periods - 1)]
        self.kinds = [[[0] for _ in names], *(_kinds(env, t) for t in range(1, env.periods))]
        self.best, self.apart = self._ends()

    def beliefs(self, t: int, i: int) -> Floats:
        """(n, K): by kind of last type."""
        if t == 0:
            prior: Floats = self.env.agents[i].prior[None]
            return prior
        kinds = self.kinds[t][i]
        return self.moves[t - 1][i][[kinds.index(kind) for kind in range(max(kinds) + 1)]]

    def _ends(self) -> tuple[list[Floats], list[list[Floats]]]:
        """By period: what is best by profile of kinds, and by agent how far types are apart, (K, K)."""
        best: list[Floats] = []
        apart: list[list[Floats]] = []
        for t in range(self.env.periods - 1, -1, -1):
            worth, own = self.gains[t].max(axis=0), []
            if best:
                worth = worth + self.discount * best[0][np.ix_(*self.kinds[t + 1])]
            for i, value in enumerate(self.values[t]):
                flat = np.moveaxis(value, 1 + i, 0).reshape(value.shape[1 + i], -1)
                far = (flat[:, None] - flat[None]).max(axis=2)
                if apart:
                    moves = self.moves[t][i]
                    between = abs(moves[:, None] - moves[None]).sum(axis=2) / 2
                    far = far + self.discount * between * apart[0][i].max()
                own.append(far)
            apart.insert(0, own)
            for i in range(len(own)):
                worth = np.moveaxis(np.tensordot(self.beliefs(t, i), worth, (1, i)), 0, i)
            best.insert(0, worth)
        return best, apart

    def canonical(self, kinds: tuple[int, ...]) -> tuple[tuple[int, ...], Ints]:
        """The state that stands for one with these kinds of last types, and who is in whose place there."""
        every = np.array(kinds)[self.orders]
        at = min(range(len(every)), key=lambda n: tuple(every[n]))
        return tuple(map(int, every[at])), self.orders[at]

    def _images(self, t: int, kinds: tuple[int, ...]) -> Ints:
        here = np.array(kinds)
        same = self.orders[(here[self.orders] == here).all(axis=1)]
        return np.array([_blocks(self.env.types(t), order) for order in same], dtype=np.int64)

    def within(self, t: int, kinds: tuple[int, ...]) -> tuple[Floats, Floats]:
        """Bounds (M,) of rents in period t after these kinds."""
        first = [int(np.flatnonzero(self.beliefs(t, i)[kind] > 0)[0]) for i, kind in enumerate(kinds)]
        low = [-apart[r] for apart, r in zip(self.apart[t], first, strict=True)]
        high = [apart[:, r] for apart, r in zip(self.apart[t], first, strict=True)]
        return np.concatenate(low), np.concatenate(high)

    def stage(self, t: int, kinds: tuple[int, ...], place: dict[Any, int]) -> JointStage:
        """The state; those that follow have the numbers of `place`, and new ones are put there."""
        belief = tuple(self.beliefs(t, i)[kind] for i, kind in enumerate(kinds))
        digits = np.array(list(product(*(np.flatnonzero(b > 0) for b in belief))), dtype=np.int64).T
        chance = np.prod([b[d] for b, d in zip(belief, digits, strict=True)], axis=0)
        lies = []
        for i, value in enumerate(self.values[t]):
            each = np.moveaxis(value, 1 + i, 0)
            others = tuple(np.delete(digits, i, axis=0))
            mine = each[(slice(None), slice(None), *others)]  # (K, A, S)
            lies.append(np.swapaxes(mine - value[(slice(None), *digits)], 1, 2))
        gains = self.gains[t][(slice(None), *digits)].T
        last, s = t == self.env.periods - 1, digits.shape[1]
        after = (
            []
            if last
            else [tuple(k[d] for k, d in zip(self.kinds[t + 1], ds, strict=True)) for ds in digits.T]
        )
        met = [self.canonical(kind) for kind in after]
        numbers = [place.setdefault((t + 1, kind), len(place)) for kind, _ in met]
        boxes = [np.stack(side) for side in zip(*(self.within(t + 1, kind) for kind in after), strict=True)]
        low, high = boxes if boxes else np.zeros((2, s, 0))
        moves = tuple(np.zeros((len(b), 0)) for b in belief) if last else tuple(self.moves[t])
        possible = np.hstack([each[d] > 0 for each, d in zip(moves, digits, strict=True)])
        then = () if last else self.env.types(t + 1)
        places = np.array([_blocks(then, order) for _, order in met], dtype=np.int64)
        return JointStage(
            chance, belief, digits, gains, tuple(lies), moves, np.array(numbers, dtype=np.int64),
            places.reshape(len(met), low.shape[1]), self.discount, np.zeros(low.shape[1]), low, high,
            possible, -np.inf, float(self.best[t][kinds]), self._images(t, kinds),
        )  # fmt: skip

    def before(self) -> JointStage:
        """The one before period 0."""
        priors = [agent.prior for agent in self.env.agents]
        nobody, prior = (0,) * len(priors), np.concatenate(priors)
        wide = np.concatenate(
            [np.full(len(p), far.max()) for p, far in zip(priors, self.apart[0], strict=True)]
        )
        one = tuple(np.ones(1) for _ in priors)
        return JointStage(
            np.ones(1), one, np.zeros((len(priors), 1), dtype=np.int64), np.zeros((1, 1)),
            tuple(np.zeros((1, 1, 1)) for _ in priors), tuple(np.zeros((1, len(p))) for p in priors),
            np.ones(1, dtype=np.int64), np.arange(len(prior))[None], 1.0,
            -np.concatenate([kept * p for kept, p in zip(self.kept, priors, strict=True)]),
            np.where(prior > 0, 0.0, -wide)[None], wide[None], prior[None] > 0, 0.0,
            float(self.best[0][nobody]), np.arange(len(priors))[None],
        )  # fmt: skip


def _blocks(sizes: tuple[int, ...], order: Ints) -> Ints:
    """(M,): where the numbers of every agent, so many each, are in a vector in which the agents have changed
    places, order[j] being in the place of j."""
    ends, inverse = np.cumsum([0, *sizes]), np.argsort(order)
    return np.concatenate([np.arange(ends[j], ends[j + 1]) for j in inverse])


def _begin(stages: list[JointStage]) -> tuple[Floats, ...]:
    """By stage, rents (n, M) that taking one action always leaves, for every action."""
    most, ahead = max(stage.gains.shape[1] for stage in stages), [np.zeros((0, 0))] * len(stages)
    for s in range(len(stages) - 1, -1, -1):
        stage, rows = stages[s], []
        actions = np.minimum(np.arange(most), stage.gains.shape[1] - 1)
        starts = np.cumsum([0, *(moves.shape[1] for moves in stage.moves)])
        for i, (lies, belief) in enumerate(zip(stage.lies, stage.belief, strict=True)):
            first = np.flatnonzero(belief > 0)[0]
            here = np.flatnonzero(stage.digits[i] == first)
            chance = stage.chance[here] / belief[first]
            value = np.einsum("s,ksa->ak", chance, lies[:, here])[actions]
            for weight, n in zip(chance, here, strict=True) if len(stage.next) else ():
                then = ahead[stage.next[n]][:, stage.places[n]]
                value = (
                    value + stage.discount * weight * then[:, starts[i] : starts[i + 1]] @ stage.moves[i].T
                )
            rows.append(value)
        ahead[s] = np.hstack(rows)
    return tuple(np.unique(rents, axis=0) for rents in ahead)


def joint(env: Environment, objective: Objective) -> Joint:
    """The states of a question without an obstacle, in doubles."""
    read = _Reading(env.to_float(), objective)
    nobody = (0,) * env.num_agents
    place: dict[Any, int] = {(-1, nobody): 0, (0, nobody): 1}
    stages = [read.before()]
    for t, kinds in (queue := [(0, nobody)]):
        known = len(place)
        stages.append(read.stage(t, kinds, place))
        queue += list(place)[known:]
    best = float(read.best[0][nobody])
    size = max(abs(best), *(float(far.max()) for far in read.apart[0]))
    return Joint(tuple(stages), _begin(stages), best, read.discount, env.periods, read.unit, size)
