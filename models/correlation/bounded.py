"""The efficient policy within bounds on payments, at least subsidy.

Residual claimants are one way to make truth optimal, and with a number on top of all their transfers they
are another. Bounds ask for neither: after reports r, and r⁻ a period before, agent i pays

    q^i_t(r) + p^i_t(r^{-i}; r⁻),    LOW^i ≤ each such sum ≤ HIGH^i,

something for her report at once, and what settles the one before, as LIU's transfers do: by Theorem 3.1's, q
and p depend on her own report, by 3.2's through the action alone. With a the policy's action after θ, truth
leaves her, what was said before being settled,

    V_t(θ) = u^i(a, θ) − q_t(θ) + δ E[V_{t+1}(θ') − p_{t+1}(θ'^{-i}; θ) | a, θ],

and is periodic ex-post optimal exactly where no report r^i leaves more: the same sum with the action, q and p
of (r^i, θ^{-i}), and her true θ. (Nothing that she says later changes what she pays for having lied.) The
*subsidy*, what the designer expects to pay her net of what she pays, discounted, is least where E V_0 is.

The same number off all payments changes no incentive. So the programs have HIGH = 0, and bounds leave
something exactly where HIGH − LOW is at least the *spread*, the least that payments must lie apart; a bound
on one side leaves something wherever payments without bounds do. A number may also be moved from q to p where
her report does not matter: q ≤ 0 and p ≤ 0 lose nothing, and below there is −spread ≤ b(r^{-i}) + p with
b(r^{-i}) ≤ q. Duals prove both the spread and the subsidy.

Each such mechanism is one of the ``ex-post`` program of `design` with payments ``LOW..HIGH``, which remembers
more. Over two periods with nothing at stake in the last one none that follows the policy is cheaper than by
Theorem 3.1; a lottery that hardly ever leaves it, for huge payments there, may do with less. Where several
policies are efficient the policy is the one that `Course` follows, and others may cost less.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from ...solvers.arithmetic import DOUBLE, SOLVED, arithmetic
from ...solvers.certificate import Certificate
from ...solvers.errors import InvalidInput, OutOfTime
from ...solvers.numbers import Array, Ints, Number, nearest, show, to_float
from ...solvers.program import Builder, Program
from ...solvers.short import Short
from ...solvers.solution import Solution
from ...solvers.solve import solve
from ..environment.environment import Environment, labels_of_others
from ..environment.independence import joint_prior
from ..environment.memory import Size, refuse_large
from ..mechanism.mechanism import Mechanism
from ..society.problem import action_values
from .assemble import assemble
from .blocks import others_of, transition_table
from .course import Course, Place
from .on_path import on_path
from .systems import CERTAIN

Given = Number | Mapping[str, Number] | None
"""A bound for everybody, or by the agent's name."""
Bounds = Mapping[int, tuple[Number, Number]]
"""(LOW, HIGH) by agent; LOW may be minus infinity."""


@dataclass(frozen=True, eq=False, repr=False)
class BoundedAgent(Short):
    """One reporting agent within her bounds.

    spread: the least that payments must lie apart, infinite where none make truth optimal. subsidy: what the
    designer expects to pay her, net and discounted; None where her bounds are closer than the spread.
    obstacle: where none do, a lie among those that together pay. proofs: of the spread and the subsidy, None
    for what is in doubles.
    """

    index: int
    name: str
    low: Number
    high: Number
    spread: Number
    obstacle: str = ""
    proofs: tuple[Certificate | None, ...] = ()
    subsidy: Number | None = None

    @property
    def width(self) -> Number:
        """How far apart her bounds are."""
        return self.high - self.low

    def to_float(self) -> BoundedAgent:
        """The same with the nearest doubles."""
        low, high, spread = map(nearest, (self.low, self.high, self.spread))
        subsidy = None if self.subsidy is None else nearest(self.subsidy)
        return replace(self, low=low, high=high, spread=spread, subsidy=subsidy)


@dataclass(frozen=True, eq=False, repr=False)
class Bounded(Short):
    """The answer within bounds; mechanism: of least subsidy, None where some agent's bounds are too close."""

    agents: tuple[BoundedAgent, ...]
    mechanism: Mechanism | None

    @property
    def subsidy(self) -> Number | None:
        """What the designer expects to pay everybody, net and discounted; None without a mechanism."""
        if self.mechanism is None:
            return None
        return sum((agent.subsidy for agent in self.agents if agent.subsidy is not None), 0)

    def reason(self, theorem: str) -> str:
        """Why there is no mechanism; empty where there is one."""
        short = next((agent for agent in self.agents if agent.subsidy is None), None)
        if short is None:
            return ""
        kind = f"payments of the kind of Theorem {theorem}"
        if short.spread == np.inf:
            return (
                f"no {kind} make truth optimal for agent '{short.name}', whatever their size: "
                f"{short.obstacle}"
            )
        return (
            f"{kind} that make truth optimal for agent '{short.name}' lie at least {show(short.spread)} "
            f"apart, and her bounds {show(short.low)} and {show(short.high)} only {show(short.width)}"
        )


def read_bounds(env: Environment, cap: Given, liability: Given) -> Bounds | None:
    """The bounds of every reporting agent: no payment beyond ±cap, none above liability; None without any.

    Raises `InvalidInput` for names of agents who do not pay, agents without a bound beside some who have one,
    negative caps, and a liability below what the cap allows to be paid out.
    """
    if cap is None and liability is None:
        return None
    names = [env.agents[i].name for i in env.private]
    bounds = {}
    for i, name in zip(env.private, names, strict=True):
        most, least = _of(liability, "liability", name, names), _of(cap, "cap", name, names)
        if most is None and least is None:
            raise InvalidInput(
                f"bounds: agent '{name}' has none, so that nothing limits what she could be made to pay; "
                "give her a cap or a liability"
            )
        if least is not None and least < 0:
            raise InvalidInput(f"cap: {show(least)} is negative; it bounds absolute payments")
        low = float("-inf") if least is None else -least
        high = min(bound for bound in (least, most) if bound is not None)
        if high < low:
            raise InvalidInput(
                f"liability {show(high)} is below what the cap allows to be paid out, {show(low)}"
            )
        bounds[i] = low, high
    return bounds


def _of(given: Given, what: str, name: str, names: list[str]) -> Number | None:
    if not isinstance(given, Mapping):
        return given
    for other in given:
        if other not in names:
            raise InvalidInput(f"{what}: '{other}' is none of the agents who pay ({', '.join(names)})")
    return given.get(name)


def bounded(course: Course, theorem: str, bounds: Bounds) -> Bounded:
    """The mechanism of least subsidy within the bounds.

    Found over the rationals where the course's environment is, in doubles else; told over the rationals where
    the course's effort is exact. Raises `OutOfTime`, `TooLarge`.
    """
    env, numbers = course.environment, arithmetic(course.environment.exact)
    at_once = [numbers.zeros((env.num_agents, len(course.policy(t)))) for t in range(env.periods)]
    later: dict[Place, Array] = {}
    agents = []
    for i, between in bounds.items():
        own = _Own(course, i, theorem)
        low, high = (bound if abs(bound) == np.inf else numbers.number(bound) for bound in between)
        agent = BoundedAgent(i, env.agents[i].name, low, high, *own.spread())
        if agent.spread < np.inf and agent.spread <= agent.width + numbers.slack(own.size):
            cheapest = own.cheapest(max(agent.spread, agent.width))
            for t in range(env.periods):
                at_once[t][i] = cheapest[f"at once {t}"][own.line[t]] + high
            for t in course.followed:
                after = env.after(t)
                later[i, t] = cheapest[f"later {after}"][own.line[t]][:, own.others[after]]
            agent = replace(agent, subsidy=high, proofs=(*agent.proofs, cheapest.certificate))
        agents.append(agent)
    mechanism = assemble(course, later, at_once=at_once)
    paid = (joint_prior(env).reshape(-1) * on_path(env, mechanism, course.effort).payments).sum(axis=1)
    agents = [one if one.subsidy is None else replace(one, subsidy=-paid[one.index]) for one in agents]
    if not course.effort.exact:
        agents, mechanism = [one.to_float() for one in agents], mechanism.to_float()
    return Bounded(tuple(agents), None if any(one.subsidy is None for one in agents) else mechanism)


class _Own:
    """The programs of one agent.

    others: per period (S,), the others' profile of every profile. line: per period (S,), which q and p a
    report profile has. size: of the money in her values.
    """

    def __init__(self, course: Course, i: int, theorem: str) -> None:
        env = self.environment = course.environment
        self.course, self.agent, self.periods = course, i, range(env.periods)
        self.others = [others_of(i, env.types(t)) for t in self.periods]
        self.policy = [course.policy(t) for t in self.periods]
        apart = [
            np.arange(len(other)) if theorem == "3.1" else other * env.num_actions(t) + self.policy[t]
            for t, other in enumerate(self.others)
        ]
        self.line = [np.unique(key, return_inverse=True)[1] for key in apart]
        self.values = [action_values(env, t, i) for t in self.periods]
        self.size = max(nearest(abs(worth).max()) for worth in self.values)

    def spread(self) -> tuple[Number, str, tuple[Certificate | None, ...]]:
        """(the least spread, infinite where no payments will do; a lie that is then to blame; the proof)."""
        solution = self._solved(self._program(None))
        if solution.status == "infeasible":
            return float("inf"), self._lie(solution), (solution.certificate,)
        return solution.require_optimal().optimum, "", (solution.certificate,)

    def cheapest(self, width: Number) -> Solution:
        """The least that truth may leave her where payments may lie so far apart, the highest at 0.

        In doubles payments end where their digits do: beliefs that differ by rounding alone settle nothing.
        """
        builder = self._program(width if self.environment.exact else min(width, self.size / CERTAIN))
        builder.add_objective(np.arange(len(self.others[0])), joint_prior(self.environment).reshape(-1))
        return self._solved(builder).require_optimal()

    def _solved(self, builder: Builder) -> Solution:
        program = builder.build()
        solution = self._run(program, builder.exact)
        if builder.exact:
            return solution
        seen = solution.accuracy
        if seen is not None and seen.value_error <= DOUBLE.slack(self.size, SOLVED):
            return solution
        # What doubles leave in doubt is settled at their binary values, where those have an optimum.
        again = self._run(program, True)
        return again if again.status == "optimal" else solution

    def _run(self, program: Program, exact: bool) -> Solution:
        effort = self.course.effort
        effort.check()
        solution = solve(program, effort.solver, exact=exact, time_limit=effort.left, rays=True)
        if solution.status == "limit" and effort.time_limit is not None:
            raise OutOfTime
        return solution

    def _program(self, width: Number | None) -> Builder:
        """Payments that lie no farther apart than `width`, without an objective; None: the least width.

        What truth leaves in period 0 are the first columns.
        """
        env, periods = self.environment, self.periods
        self._refuse_large()
        builder = Builder(sense="min", exact=env.exact, name=f"payments of {env.agents[self.agent].name}")
        free: dict[str, Any] = {"lower": None, "unit": self.size or 1}
        left = [builder.columns(f"left {t}", len(self.others[t]), **free).grid for t in periods]
        lines = [int(line.max()) + 1 for line in self.line]
        once = [builder.columns(f"at once {t}", lines[t], upper=0, **free).grid for t in periods]
        later = {
            u: builder.columns(f"later {u}", (lines[t], int(self.others[u].max()) + 1), upper=0, **free).grid
            for t in env.steps
            for u in (env.after(t),)
        }
        for t in periods:
            self._truth(builder, t, left, once[t], later)
        if width is None or width < np.inf:
            bounds = {"objective": 1} if width is None else {"lower": width, "upper": width}
            spread = builder.columns("spread", 1, **bounds, unit=free["unit"]).grid
            for t in periods:
                least = builder.columns(f"least {t}", int(self.others[t].max()) + 1, **free).grid
                kept = builder.rows(f"least {t}", len(self.others[t]), lower=0).grid
                builder.entries(kept, once[t][self.line[t]], 1)
                builder.entries(kept, least[self.others[t]], -1)
                paid = later.get(t)
                below = builder.rows(f"lowest {t}", least.shape if paid is None else paid.shape, lower=0).grid
                builder.entries(below, np.broadcast_to(least, below.shape), 1)
                builder.entries(below, spread, 1)
                if paid is not None:
                    builder.entries(below, paid, 1)
        return builder

    def _truth(
        self, builder: Builder, t: int, left: list[Ints], once: Ints, later: Mapping[int, Ints]
    ) -> None:
        """The rows of period t: what truth leaves, and that no report leaves more."""
        env, policy, values = self.environment, self.policy[t], self.values[t]
        profile = self._profile(t)
        size = profile.shape[1]
        true, told = profile[:, :, None], np.broadcast_to(profile[:, None, :], (*profile.shape, size))
        action = policy[told]
        worth = values[action, true]
        rows = builder.rows(
            f"lies {t}", worth.shape, lower=worth, upper=np.where(np.eye(size, dtype=bool), worth, np.inf)
        ).grid
        builder.entries(rows, left[t][true], 1)
        builder.entries(rows, once[self.line[t][told]], 1)
        if t not in env.steps:
            return
        after = env.after(t)
        table, discount = transition_table(env, t), env.discount
        ahead = builder.columns(f"ahead {t}", table.shape[:2], lower=None, unit=self.size or 1).grid
        moves = builder.rows(f"ahead {t}", table.shape[:2], lower=0, upper=0).grid
        builder.entries(moves, ahead, -1)
        a, s, then = np.nonzero(table)
        builder.entries(moves[a, s], left[after][then], table[a, s, then])
        branch = action if len(table) > 1 else 0 * action
        builder.entries(rows, ahead[branch, true], -discount)
        # Of the next profiles what settles a report sees the others' part alone.
        foretold = table[:, :, self._profile(after)].sum(axis=3)[branch, true]
        x, k, r, y = np.nonzero(foretold)
        line = self.line[t][told[x, k, r]]
        builder.entries(rows[x, k, r], later[after][line, y], discount * foretold[x, k, r, y])

    def _profile(self, t: int) -> Ints:
        """(X, K): the profile of the others' profile and her own type."""
        order = np.argsort(self.others[t], kind="stable")
        return order.reshape(-1, self.environment.types(t)[self.agent])

    def _lie(self, solution: Solution) -> str:
        """Of the lies that no payments hold back together, one that counts most."""
        if solution.farkas is None:
            return solution.message
        blocks, weights = solution.program.row_blocks, abs(to_float(solution.farkas))
        lies = {t: weights[blocks[f"lies {t}"].grid] for t in self.periods}
        for weight in lies.values():
            types = np.arange(weight.shape[2])
            weight[:, types, types] = 0
        t = max(lies, key=lambda t: float(lies[t].max()))
        x, k, r = (int(n) for n in np.unravel_index(lies[t].argmax(), lies[t].shape))
        env, labels = self.environment, self.environment.agents[self.agent].types[t]
        others = labels_of_others(env, self.agent, t, int(self._profile(t)[x, 0]))
        given = ", ".join(f"{name} '{label}'" for name, label in others.items()) or "nobody else"
        return (
            f"among the lies that pay together is that of type '{labels[k]}' who says '{labels[r]}' in "
            f"period {t}, given {given}"
        )

    def _refuse_large(self) -> None:
        """Raise `TooLarge` where a program would not fit."""
        env = self.environment
        rows = columns = entries = 0
        for t in self.periods:
            profiles, own = len(self.others[t]), env.types(t)[self.agent]
            rows, columns = rows + profiles * (own + 2), columns + 3 * profiles
            entries += profiles * (4 * own + 4)
            if t in env.steps:
                there, width = len(self.others[env.after(t)]), int(self.others[env.after(t)].max()) + 1
                moves = profiles * (env.num_actions(t) if env.controlled[t] else 1)
                rows, columns = rows + moves + profiles * width, columns + moves + profiles * width
                entries += moves * (there + 1) + profiles * width * (own + 3)
        refuse_large(env, Size.of(rows, columns, entries, env.exact), self.course.effort.room)
