"""The dynamic pivot mechanism (Bergemann and Välimäki): everybody is left with her marginal contribution.

    W(θ), W_{-i}(θ_{-i})   social values with agent i and without her (BV 1); she is not there, but every
                           action is, and what it costs
    M_i = W − W_{-i}                                    marginal contribution
    m_i = M_i − δ E[M_i' | a*, θ]                       flow contribution (10), (11)
    p_i = v_i(a*, θ_i) − m_i                            payment (12)
        = W_{-i}(θ_{-i}) − Σ_{j≠i} v_j(a*, θ_j) + c(a*) − δ E[W_{-i}(θ_{-i}') | a*, θ_{-i}]        (13)

By (13) she pays what everybody else loses in present value by this period's action: nothing, unless it is one
that they would not take, and never less than nothing, whatever the signs of values. Values are private and
types independent (Theorem 1), so that W_{-i} is solved on the others' states alone. Over a finite horizon
W_T = 0 and everything is indexed by the period.

Participation is for an outside option of 0 where values are nonnegative; with values of either sign
M_i ≥ O_i, what she gets under the policy a*_{-i} that is efficient for the others. Efficient exit
(Definition 1, as it can be said for finite types): the states from which her payment is 0 along every path of
the efficient policy as it was chosen.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from ...solvers.algorithms.mdp import DecisionProblem, OptimalPolicy, take
from ...solvers.arithmetic import arithmetic
from ...solvers.effort import FLOATS, Effort
from ...solvers.numbers import Array, Bools, Number, nearest
from ...solvers.short import Short
from ..environment.environment import Environment
from ..mechanism.mechanism import Mechanism
from ..society.assumptions import Assumption, assumptions, private_independent
from ..society.outside import outside_option
from ..society.problem import chosen_values, others, society, spread
from ..verification.verdict import Verdicts
from .efficient import policy_stage
from .satisfied import nothing, satisfied, shortfall


@dataclass(frozen=True, eq=False, repr=False)
class Pivot(Short):
    """The whole answer. Everything indexed by state is a tuple over the periods that the environment
    describes; P counts the agents who report, in the order of `agents`; S the profiles.

    environment: with the numbers that were used, all rational or all doubles. problem, plan: of all agents.
    without: of all but one, on the others' states, by agent of `agents`.
    """

    environment: Environment
    problem: DecisionProblem
    plan: OptimalPolicy
    without: tuple[OptimalPolicy, ...]

    def _facts(self) -> dict[str, object]:
        return {"instance": self.environment.name, "profiles": len(self.W[0]), "error": self.error["W"]}

    @property
    def agents(self) -> tuple[str, ...]:
        """Names of the agents who report."""
        return tuple(self.environment.agents[i].name for i in self.environment.private)

    @property
    def periods(self) -> range:
        """Indices of the periods that the environment describes."""
        return range(self.environment.periods)

    def states(self, t: int = 0) -> list[tuple[str, ...]]:
        """The profiles of a period, labels of all agents' types, agent 0 slowest."""
        agents = self.environment.agents
        digits = np.unravel_index(np.arange(len(self.W[t])), self.environment.types(t))
        labels = [[a.types[t][k] for k in place.tolist()] for a, place in zip(agents, digits, strict=True)]
        return list(zip(*labels, strict=True))

    @property
    def W(self) -> tuple[Array, ...]:
        """Social value (S,)."""
        return self.plan.values

    @property
    def policy(self) -> tuple[Array, ...]:
        """The efficient action (S,), the first listed where several are."""
        return self.plan.policy

    @cached_property
    def unique(self) -> tuple[Bools, ...]:
        """(S,) whether the efficient action is the only one."""
        return tuple(tied.sum(axis=0) == 1 for tied in self.plan.tied)

    @cached_property
    def W_without(self) -> tuple[Array, ...]:
        """(P, S) social value without each agent, constant in her type."""
        return tuple(
            np.stack([self._spread(i, t, plan.values[t]) for i, plan in self._others]) for t in self.periods
        )

    @cached_property
    def M(self) -> tuple[Array, ...]:
        """(P, S) marginal contributions: what truth leaves to each agent from the state on."""
        return tuple(w - rest for w, rest in zip(self.W, self.W_without, strict=True))

    @cached_property
    def transfers(self) -> tuple[Array, ...]:
        """(P, S) payments, by (13): 0 exactly where the others would take the same action."""
        return tuple(
            np.stack([take(self._spread(i, t, _lost(plan, t)), self.policy[t]) for i, plan in self._others])
            for t in self.periods
        )

    @cached_property
    def m(self) -> tuple[Array, ...]:
        """(P, S) flow contributions, by (10): M less what is expected of it in the next period."""
        flows = []
        for t in self.periods:
            after = self._after(t, self.M)
            flows.append(self.M[t] if after is None else self.M[t] - self.environment.discount * after)
        return tuple(flows)

    @cached_property
    def values(self) -> tuple[Array, ...]:
        """(P, S) each agent's value of the efficient action."""
        env = self.environment
        return tuple(
            np.stack([chosen_values(env, t, i, self.policy[t]) for i in env.private]) for t in self.periods
        )

    @cached_property
    def discrepancy(self) -> Number:
        """The largest difference between payments by (13) and v − m by (10): 0 over the rationals, else of
        the size of the errors."""
        worst: Number = max(
            abs(v - m - p).max() for v, m, p in zip(self.values, self.m, self.transfers, strict=True)
        )
        return worst

    @cached_property
    def outside(self) -> tuple[Array, ...]:
        """(P, S) what each agent gets from the state on under the policy that is efficient for the others;
        where several are, they leave her alone (`models/society/outside.py`)."""
        env, effort = self.environment, self.problem.effort
        options = [outside_option(env, i, plan, effort)[0] for i, plan in self._others]
        return tuple(np.stack(period) for period in zip(*options, strict=True))

    @cached_property
    def exit(self) -> tuple[Bools, ...]:
        """(P, S) the states from which an agent pays 0 along every path of the efficient policy.

        The policy is the one that was chosen among ties (`tie_rule`), and nothing else that is listed
        matters: of three alike tasks with values {0, 3, 5, 8} whoever is served first at ties is out in 30
        states, the next in 36, the last in 45, `nobody` listed first or last; counting all ties, alike agents
        could not differ.
        """
        pays = []
        for t, paid in enumerate(self.transfers):
            nothing_paid = [plan.slack[t] for plan in self.without]
            pays.append(np.stack([row > slack for row, slack in zip(paid, nothing_paid, strict=True)]))
        return tuple(~paid for paid in self.reaching(pays))

    def reaching(self, marked: list[Bools]) -> list[Bools]:
        """(P, S) per period: from where the efficient policy may come to states that are marked (P, S)."""
        marks = list(marked)
        for t in reversed(self.environment.steps):
            after, settled = self.environment.after(t), False
            while not settled:
                more = marks[t] | self._may_reach(t, marks[after])
                settled = after != t or bool((more == marks[t]).all())
                marks[t] = more
        return marks

    @cached_property
    def surplus(self) -> tuple[Array, ...]:
        """(S,) what the designer takes in a period: payments less costs."""
        costs = [self.environment.costs[t][action] for t, action in enumerate(self.policy)]
        return tuple(paid.sum(axis=0) - cost for paid, cost in zip(self.transfers, costs, strict=True))

    @cached_property
    def budget(self) -> tuple[Array, ...]:
        """(S,) the designer's discounted surplus from the state on."""
        return self.problem.follow(self.policy, self.surplus)[0]

    @cached_property
    def mechanism(self) -> Mechanism:
        """The efficient policy with these payments: it remembers nothing."""
        env, stages = self.environment, []
        for t in self.periods:
            paid = arithmetic(env.exact).zeros((env.num_agents, 1, len(self.W[t])))
            paid[list(env.private), 0] = self.transfers[t]
            following = np.zeros((1, len(self.W[t])), dtype=np.int64) if t in env.steps else None
            stages.append(policy_stage(env, t, self.policy[t], paid, following, nothing))
        return Mechanism(env.name, tuple(stages), 0, stationary=env.stationary)

    @cached_property
    def verdicts(self) -> Verdicts:
        """The judge's: ex-post and bayesian incentives, interim and periodic participation."""
        return satisfied(self.environment, self.mechanism)

    @cached_property
    def satisfies(self) -> dict[str, bool]:
        """Which notions hold: those of `verdicts`, and `outside-efficient`: M_i ≥ O_i at every state."""
        notions = {verdict.notion: verdict.holds for verdict in self.verdicts}
        slack = max(self.plan.slack)
        short = (np.min(own - out) for own, out in zip(self.M, self.outside, strict=True))
        return notions | {"outside-efficient": all(bool(least >= -slack) for least in short)}

    @cached_property
    def bond(self) -> tuple[Array, ...]:
        """(P, S) the smallest bond that keeps each agent in: by how much M is below 0."""
        return tuple(shortfall(own) for own in self.M)

    @cached_property
    def assumptions(self) -> dict[str, Assumption]:
        """What the theorems assume, whether it holds, where it fails and by how much."""
        return assumptions(self.environment)

    @property
    def error(self) -> dict[str, float]:
        """Bounds on the errors of W, of every W_{-i}, and of payments; 0 over the rationals."""
        rest = max((plan.error for plan in self.without), default=0.0)
        return {"W": self.plan.error, "W_without": rest, "transfers": 2 * rest}

    @property
    def tie_rule(self) -> str:
        """How ties between efficient actions are broken, and what counts as one."""
        if self.environment.exact:
            return "first listed"
        size = max(nearest(slack) for slack in self.plan.slack)
        return f"first listed within {size:.3g}"

    @property
    def _others(self) -> list[tuple[int, OptimalPolicy]]:
        return list(zip(self.environment.private, self.without, strict=True))

    def _spread(self, i: int, t: int, values: Array) -> Array:
        """What depends on all agents' types but i's, (..., S of the others), at all profiles."""
        return spread(values, self.environment.types(t), others(self.environment, i))

    def _after(self, t: int, values: tuple[Array, ...]) -> Array | None:
        """(P, S) what is expected of values (P, S') of the next period after the efficient action."""
        if t == len(self.problem.moves):
            return None
        later = values[self.environment.after(t)]
        return np.stack([take(self.problem.moves[t].expected(v), self.policy[t]) for v in later])

    def _may_reach(self, t: int, marked: Bools) -> Bools:
        """(P, S) from where the efficient action may lead to marked states (P, S')."""
        moves = self.problem.moves[t].support
        return np.stack([take(moves.expected(row.astype(np.float64)), self.policy[t]) > 0 for row in marked])


def pivot(
    env: Environment, effort: Effort = FLOATS, purpose: str = "the dynamic pivot mechanism"
) -> Pivot:
    """The dynamic pivot mechanism of an environment with private values and independent types.

    In doubles with bounds on the errors, or over the rationals. All W have one time limit; what the answer
    finds when it is asked has one each. purpose: what it is for, in errors. Raises `AssumptionViolated` for
    interdependent values, for a joint process that does not factor, and for divisible goods; `TooLarge`;
    `OutOfTime`. BV (1), (10)-(13), Theorem 1.
    """
    own = env.to_exact() if effort.exact else env.to_float()
    work, started = private_independent(own, purpose), effort.begun()
    problem = society(work, effort=started)
    effort.tell("step", "social value")
    plan = problem.best
    without = []
    for i in work.private:
        effort.tell("step", f"social value without {work.agents[i].name}")
        without.append(society(work, members=others(work, i), effort=started).best)
    return Pivot(work, replace(problem, effort=effort.rested), plan, tuple(without))


def _lost(plan: OptimalPolicy, t: int) -> Array:
    """(A, S): how much less than the best an action is worth."""
    lost: Array = plan.worth[t].max(axis=0) - plan.worth[t]
    return lost
