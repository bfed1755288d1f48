"""What agents keep, and for which of their signals: the rent of first and of later information (Esö and
Szentes).
 Let U_i(θ_0) be what a first type of agent i expects from the best mechanism there is (`full`), and from the
best one where shocks after the first signal are public (`public`, the rung `relaxed`, by its coupling). The
difference is the rent of later signals. With atomless types there is none where shocks are orthogonal to
first signals; with finite types there may be, of either sign (errata: public shocks may earn 17/12 where
private ones earn 4/3). Optima are not unique, and neither need U be: each is given by the least and the most
that an optimum leaves.
 *By period.* If θ⁺ is the next first type up and Z_t(θ, γ) where the shocks γ take her, then of what θ⁺ has
over θ, when local constraints bind, period t's allocation x_t (to θ and γ) is responsible for

    δ^t E[ v_t(x_t, Z_t(θ⁺, γ)) − v_t(x_t, Z_t(θ, γ)) ],
 the finite form of LN's δ^t I_t ∂u_t/∂θ_t. Added up over the types below and over periods this is the
*envelope*; U may be more or less than it, as local constraints are not all that bind. It is of the optimum at
hand.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from ....solvers.algorithms.tangent import at_bounds
from ....solvers.arithmetic import DOUBLE, SOLVED, arithmetic
from ....solvers.effort import FLOATS, Effort
from ....solvers.errors import AssumptionViolated, Infeasible
from ....solvers.lift import on
from ....solvers.numbers import Array, Ints, Number
from ....solvers.program import Builder, Program, Sense
from ....solvers.short import Short
from ....solvers.solve import solve
from ...answers.answer import Answer
from ...answers.plain import plain
from ...design.design import Design, design
from ...design.question import Question
from ...environment.environment import Environment
from ...histories.ragged import group_sums
from ...mechanism.mechanism import Mechanism
from ...verification.public_states import Play, play, profile_digits, worth

Ends = tuple[Number, Number]
"""The least and the most over all optima."""


@dataclass(frozen=True, eq=False, repr=False)
class AgentRents(Short):
    """One agent's rents in money of period 0, first types in order; None at those of probability 0.

    full, public: by first type, with later signals private, and public. expected: of each, over first types.
    by_period: of each (K, T), what the envelope says.
    """

    agent: str
    types: tuple[str, ...]
    chance: Array
    full: tuple[Ends | None, ...]
    public: tuple[Ends | None, ...]
    expected: tuple[Ends, Ends]
    by_period: tuple[Array, Array]

    @property
    def later(self) -> tuple[Ends | None, ...]:
        """What later signals are worth to each first type, at least and at most: full less public."""
        return tuple(
            None if own is None or shown is None else (own[0] - shown[1], own[1] - shown[0])
            for own, shown in zip(self.full, self.public, strict=True)
        )


@dataclass(frozen=True, eq=False, repr=False)
class Rents(Answer):
    """Revenue and everybody's rents, with later signals private and public; coupling: of the shocks."""

    environment: Environment
    coupling: str
    revenue: tuple[Number, Number]
    agents: tuple[AgentRents, ...]

    def _facts(self) -> dict[str, object]:
        return {
            "instance": self.environment.name,
            "coupling": self.coupling,
            "revenue": self.revenue[0],
            "public": self.revenue[1],
        }

    def to_json(self) -> dict[str, Any]:
        """By agent and first type; ends of intervals as [least, most]."""
        return {
            "instance": self.environment.name,
            "coupling": self.coupling,
            "revenue": {"private": plain(self.revenue[0]), "public": plain(self.revenue[1])},
            "agents": [
                {
                    "agent": one.agent,
                    "types": list(one.types),
                    "chance": plain(one.chance),
                    **{
                        name: {
                            "rent": plain(rents),
                            "expected": plain(expected),
                            "by_period": plain(by_period),
                        }
                        for name, rents, expected, by_period in (
                            ("private", one.full, one.expected[0], one.by_period[0]),
                            ("public", one.public, one.expected[1], one.by_period[1]),
                        )
                    },
                }
                for one in self.agents
            ],
        }


def rents(env: Environment, coupling: str | None = None, effort: Effort = FLOATS) -> Rents:
    """Rents of the revenue optimum with interim participation.

    Raises `AssumptionViolated` where shocks cannot be made public (joint processes that do not factor), and
    for an infinite horizon; `InvalidInput` for a coupling that cannot be had; `TooLarge`; `Infeasible` where
    an optimum was not found within the limits.
    """
    designs = []
    for word in ("bayesian", "relaxed"):
        # Of other programs the optima may be more: they leave out lies that do not matter to the value.
        question = Question.of(env, "revenue", word, "interim", coupling, "textbook")
        designs.append(_optimum(design(env, question, effort)))
    private, public = designs
    home, shown = (one.solved.compiled.layout.env for one in designs)
    lifted = public.solved.rewriting.lift(private.mechanism)
    ends = [_Optima.of(one, effort) for one in designs]
    agents = []
    for i in home.private:
        agent = home.agents[i]
        agents.append(
            AgentRents(
                agent.name,
                agent.types[0],
                agent.prior,
                ends[0].by_type(i),
                ends[1].by_type(i),
                (ends[0].expected(i), ends[1].expected(i)),
                (_envelope(shown, lifted, i, effort), _envelope(shown, public.mechanism, i, effort)),
            )
        )
    return Rents(home, public.coupling or "", (_value(private), _value(public)), tuple(agents))


def _optimum(answer: Design) -> Design:
    if answer.status == "not-applicable":
        raise AssumptionViolated(answer.message)
    if answer.status != "optimal":
        raise answer.lacks("rents")
    return answer


def _value(answer: Design) -> Number:
    if answer.value is None:
        raise answer.lacks("revenue")
    return answer.value


@dataclass(frozen=True, eq=False, repr=False)
class _Optima(Short):
    """All optima of a textbook program: of max c'z + ½ z'Qz those feasible z with Qz as at any one that are
    at the bounds of all rows and columns of which one optimum has multipliers, whichever these are.

    In doubles a row that said the revenue itself would leave out all optima, or let in what is far from them.
    """

    answer: Design
    face: Program
    effort: Effort

    @classmethod
    def of(cls, answer: Design, effort: Effort) -> _Optima:
        program, primal = answer.solved.compiled.program, answer.primal
        dual = on(answer.solved.compiled.lift.dual, answer.solved.solution.dual)
        if primal is None or dual is None:
            raise answer.lacks("rents")
        numbers = arithmetic(program.exact)
        build = Builder.of(replace(at_bounds(program, primal, dual), quadratic=None))
        if program.quadratic is not None:
            first, second, weight = program.quadratic
            level = numbers.zeros(program.num_columns)
            np.add.at(level, first, weight * primal[second])
            off: Any = numbers.slack(level)
            same = build.rows("quantities", program.num_columns, lower=level - off, upper=level + off)
            build.entries(same.start + first, second, weight)
        return cls(answer, build.build(), effort)

    def by_type(self, i: int) -> tuple[Ends | None, ...]:
        """By first type, over what everybody sees at the start; None where a type never comes about."""
        layout = self.answer.solved.compiled.layout
        view = layout.views[0][i]
        return tuple(
            self._ends(i, np.where(view.state_type == k, view.state_prob, 0 * view.state_prob))
            for k in range(len(layout.env.agents[i].types[0]))
        )

    def expected(self, i: int) -> Ends:
        """Over first types."""
        ends = self._ends(i, self.answer.solved.compiled.layout.views[0][i].state_prob)
        if ends is None:
            raise AssertionError("some first type comes about")
        return ends

    def _ends(self, i: int, weight: Array) -> Ends | None:
        total = weight.sum()
        if not total > 0:
            return None
        block = self.answer.solved.compiled.layout.utility(0, i)
        objective = 0 * self.face.objective
        objective[block.slice] = weight / total
        values = []
        senses: tuple[Sense, Sense] = ("min", "max")
        for sense in senses:
            program = replace(self.face, sense=sense, objective=objective)
            solution = solve(program, self.effort.solver, exact=program.exact, time_limit=self.effort.left)
            if solution.status != "optimal" or solution.value is None:
                raise Infeasible(f"no rents: the status is {solution.status} ({solution.message})")
            values.append(solution.value)
        least, most = values
        if not self.face.exact:
            # What an engine leaves is neither an interval nor a rent.
            nothing: Any = DOUBLE.slack(np.array([least, most, _value(self.answer)]), SOLVED)
            if most - least <= nothing:
                least = most = (least + most) / 2
            least, most = (0.0 if abs(end) <= nothing else end for end in (least, most))
        return least, most


def _envelope(env: Environment, mechanism: Mechanism, i: int, effort: Effort) -> Array:
    """(K, T): by first type and period, from a mechanism of the environment with public shocks.

    Followed are, for every first type but the highest, the histories of who is of that type, with the type
    that the next one up would have at the same shocks.
    """
    course = play(env, mechanism, messages="possible", effort=effort)
    env = course.env
    numbers, size = arithmetic(course.exact), env.types(0)[i]
    gains = numbers.zeros((size, env.periods))
    own = profile_digits(env, 0)[i]
    chance = course.states[0].chance[0]
    low, profile = np.nonzero((own == np.arange(size - 1)[:, None]) & (chance > 0))
    weight = chance[profile] / env.agents[i].prior[low]
    walk = _Followed(low, np.zeros(len(low), dtype=np.int64), profile, low + 1, weight)
    rate: Any = numbers.one
    for t, states in enumerate(course.states):
        own = profile_digits(env, t)[i]
        stride = int(np.prod(env.types(t)[i + 1 :]))
        above = walk.profile + (walk.true - own[walk.profile]) * stride
        table = worth(env, t, i)
        lottery = course.allocation(t)[states.memory[walk.state], walk.profile]
        gain = (lottery * (table[:, above] - table[:, walk.profile]).T).sum(axis=1)
        np.add.at(gains[:, t], walk.low + 1, rate * walk.weight * gain)
        rate = rate * env.discount
        if states.follow is not None:
            walk = _onward(course, t, i, walk, lottery)
    return gains.cumsum(axis=0)


@dataclass(frozen=True, eq=False, repr=False)
class _Followed(Short):
    """Entries (n,): first type reported, public state, profile, what the next type up is, probability."""

    low: Ints
    state: Ints
    profile: Ints
    true: Ints
    weight: Array


def _onward(course: Play, t: int, i: int, walk: _Followed, lottery: Array) -> _Followed:
    """The entries of the next period, those that are the same put together."""
    env, follow = course.env, course.states[t].onward
    branches = follow[walk.state, walk.profile]  # (n, B)
    shares = lottery if course.by_action(t) else 0 * lottery[:, :1] + 1
    entry, action = np.nonzero((branches >= 0) & (shares > 0))
    state = branches[entry, action]
    chance = course.states[t + 1].chance[course.states[t + 1].news[state]]
    which, profile = np.nonzero(chance > 0)
    entry, action, state = entry[which], action[which], state[which]
    weight = walk.weight[entry] * shares[entry, action] * chance[which, profile]
    kernel, digits = env.agents[i].kernels[t], profile_digits(env, t + 1)[:, profile]
    row = kernel.row_index(action, [digits[g] for g in kernel.given], walk.true[entry])
    true = kernel.table.reshape(-1)[row]
    codes = np.stack([walk.low[entry], state, profile, true])
    kept, place = np.unique(codes, axis=1, return_inverse=True)
    low, state, profile, true = kept
    return _Followed(low, state, profile, true, group_sums(weight, place.reshape(-1), kept.shape[1]))
