"""Efficient mechanisms without correlation: the dynamic generalised VCG mechanism (LIU Theorem 3.8).

Payments depend on the current reports alone. Given the others' types, an agent's payment changes where the
efficient action does as her type rises, at the critical type that brings the change, by what everybody else
then loses, continuation included (equation (4), from the second action on):

    D^i(a, θ) = Σ_{j≠i} u^j(a, θ) − c(a) + δ E[W(θ') − V^i(θ') | a, θ],
    V^i(θ) = u^i(a*(θ), θ) − p^i(θ) + δ E[V^i(θ') | a*(θ), θ].

With finitely many types the first type of the next action need not be a critical one, and (4) can charge too
little there; any change between what makes the last type below and the first type above indifferent will do
(`payments/ex_post_payments.py`). Rules, tried in this order for each profile of the others: ``externality``
(4), ``upper`` (the first type above is indifferent), and in a finite horizon ``shortest paths``, which exist
whenever any payments of current reports do, given what later periods leave. (``lower`` is there to be asked
for.)

V^i is found backwards; over an infinite horizon it solves one linear system, payments being linear in it.
Sufficient conditions are tested by `crossing.py`: an order of the actions in which welfare crosses once and
V^i(a, θ) = u^i + δ E[V^i | a, θ] has increasing differences.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ...solvers.algorithms.mdp import take
from ...solvers.algorithms.moves import Moves
from ...solvers.arithmetic import arithmetic
from ...solvers.effort import FLOATS, Effort
from ...solvers.errors import InvalidInput
from ...solvers.linear import solve_square
from ...solvers.numbers import Array, Bools, Ints
from ...solvers.short import Short
from ..answers.answer import Answer
from ..environment.environment import Environment
from ..environment.outside import refuse_outside
from ..environment.reports import refuse_restricted
from ..mechanism.mechanism import Mechanism
from ..payments.ex_post_payments import CRITICAL, ReportOutcomes, Ring, reports
from ..society.problem import feasible_actions, transitions
from .crossing import OrderFailure, Orders, orders_of
from .efficient import Efficient, efficient, flow_values, policy_stage

RULES = ("externality", "upper", "lower", "shortest paths")


@dataclass(frozen=True, eq=False, repr=False)
class AgentPeriod(Short):
    """One reporting agent in one period, by profile x of the others.

    rule: (X,) which of `RULES`. held: (X,) whether no lie gains. monotone: (X,) whether no action comes
    back after another as the type rises. orders: of the actions. ring: lies that no payments of current
    reports hold back, given what later periods leave; None where there are none.
    """

    reports: ReportOutcomes
    rule: Ints
    held: Bools
    monotone: Bools
    orders: Orders
    ring: Ring | None

    @property
    def sufficient(self) -> bool:
        """Whether the conditions of Theorem 3.8 hold at every profile of the others."""
        return bool(self.orders.holds.all())


@dataclass(frozen=True, eq=False, repr=False)
class GeneralisedVCG(Answer):
    """The whole answer, per period that the environment describes.

    payments, values: (N, S) per period, what agents pay and what truth leaves to them from then on; 0 and
    own values for observed agents. agents: by agent and period. mechanism: it has no memory.
    """

    environment: Environment
    plan: Efficient
    payments: tuple[Array, ...]
    values: tuple[Array, ...]
    agents: dict[tuple[int, int], AgentPeriod]
    mechanism: Mechanism

    def _facts(self) -> dict[str, object]:
        return {"instance": self.environment.name, "incentive_compatible": self.incentive_compatible}

    @property
    def incentive_compatible(self) -> bool:
        """Whether no lie gains anywhere."""
        return all(bool(entry.held.all()) for entry in self.agents.values())

    @property
    def sufficient(self) -> bool:
        """Whether the conditions of Theorem 3.8 hold for every agent, period and others' profile."""
        return all(entry.sufficient for entry in self.agents.values())

    @property
    def failures(self) -> list[str]:
        """Sentences: the first failure of the conditions for each agent and period."""
        return [
            _sentence(self.environment, i, t, entry)
            for (i, t), entry in self.agents.items()
            if not entry.sufficient
        ]


def generalised_vcg(
    env: Environment, *, rule: str | None = None, effort: Effort = FLOATS
) -> GeneralisedVCG:
    """The dynamic generalised VCG mechanism of an environment, private or interdependent values.

    rule: one of "externality", "upper", "lower" for all payments; None tries `RULES` in turn. Types are taken
    in the order given. effort: exact, over the rationals, floats at their binary values; or in doubles. The
    theorem's transitions are independent; here they need not be, since payments depend on no one's past.
    Whether lies gain is checked in any case (`held`).

    Raises `InvalidInput` for unknown words and where an infinite horizon's payments are not determined,
    `AssumptionViolated` for divisible goods and where some report is forbidden to some type, `TooLarge`.
    """
    refuse_restricted(env, "the generalised VCG mechanism")
    refuse_outside(env, "the generalised VCG mechanism")
    if rule not in (None, *CRITICAL):
        raise InvalidInput(f"rule: {rule!r} is not one of {', '.join(CRITICAL)}")
    work = env.to_exact() if effort.exact else env.to_float()
    plan = efficient(work, effort=effort)
    payments: list[Array] = []
    values: list[Array] = []
    agents: dict[tuple[int, int], AgentPeriod] = {}
    for t in reversed(range(work.periods)):
        paid = arithmetic(work.exact).zeros((work.num_agents, len(plan.policy[t])))
        left = plan.values[t].copy()
        for i in work.private:
            stage = _Stage(plan, i, t, values[0][i] if values else arithmetic(work.exact).zeros(1))
            agents[i, t] = entry = _settled(stage, rule)
            paid[i], left[i] = stage.paid(entry.reports, entry.rule)
        payments.insert(0, paid)
        values.insert(0, left)
    ordered = {(i, t): agents[i, t] for t in range(work.periods) for i in work.private}
    return GeneralisedVCG(env, plan, tuple(payments), tuple(values), ordered, _mechanism(plan, payments))


class _Stage:
    """One agent's problem in one period: payoffs of actions given what is left to her later, V' (S',)."""

    def __init__(self, plan: Efficient, i: int, t: int, after: Array) -> None:
        env = self.env = plan.environment
        self.agent, self.period, self.policy = i, t, plan.policy[t]
        flows = flow_values(env, t)
        self.flow = flows[i]
        self.rest = flows.sum(axis=0) - flows[i] - env.costs[t][:, None]
        if t in env.steps:
            self.moves, self.later = transitions(env, t), plan.welfare[env.after(t)]
        else:  # one profile, worth nothing, comes after the last period
            numbers = arithmetic(env.exact)
            self.moves = Moves.dense(numbers.ones((1, len(self.policy), 1)))
            self.later = numbers.zeros(1)
        self.after = after
        largest = max(abs(plan.welfare[t]).max(), abs(flows).max())
        # Gains and differences up to this count as 0.
        self.slack = arithmetic(env.exact).slack(largest)

    def ahead(self, values: Array) -> Array:
        """δ E[V' | a, θ]: (A or 1, S)."""
        ahead: Array = self.env.discount * self.moves.expected(values)
        return ahead

    @property
    def welfare(self) -> Array:
        """W(a, θ): (A, S)."""
        welfare: Array = self.flow + self.rest + self.ahead(self.later)
        return welfare

    def reports(self, after: Array) -> ReportOutcomes:
        """What reports bring about where V' is left to the agent later."""
        own = self.flow + self.ahead(after)
        return reports(self.env, self.agent, self.period, self.policy, own)

    def payments(self, outcomes: ReportOutcomes, rule: Ints, others: Array | None = None) -> Array:
        """(X, K): by each profile's own rule; others: D (A, S), what W is more than V where None."""
        others = self.welfare - outcomes.own if others is None else others
        paid: Array = 0 * outcomes.gain[:, 0]
        for k in np.unique(rule).tolist():
            word, here = RULES[k], rule == k
            by_rule = outcomes.critical(word, others) if word in CRITICAL else outcomes.potentials()
            paid[here] = by_rule[here]
        return paid

    def paid(self, outcomes: ReportOutcomes, rule: Ints) -> tuple[Array, Array]:
        """(payments, what truth leaves), both (S,)."""
        paid = 0 * self.flow[0]
        paid[outcomes.profile] = self.payments(outcomes, rule)
        return paid, take(outcomes.own, self.policy) - paid

    def for_ever(self, rule: Ints) -> Array:
        """V (S,) of an infinite horizon, payments by critical types: V = u − p + δ E[V], linear in V.

        A payment is what it would be without V, plus for every change of action from a to b on the way up
        δ (E[V | b, x] − E[V | a, x]), x the type at which the rule looks.
        """
        outcomes = self.reports(0 * self.later)
        profile, action, size = outcomes.profile, outcomes.action, len(self.policy)
        fixed = self.payments(outcomes, rule, self.rest + self.ahead(self.later))
        low = (rule == RULES.index("lower"))[:, None]
        at = np.where(low, profile[:, :-1], profile[:, 1:])
        types = np.arange(profile.shape[1])
        changed = (action[:, 1:] != action[:, :-1])[:, :, None] & (types > types[:-1, None])
        x, j, k = np.nonzero(changed)  # a change above type j, and a type k that pays for it
        states = np.arange(size)
        parts = [(states, states, arithmetic(self.env.exact).ones(size))]
        for sign, chosen, where, own in (
            (-1, self.policy, states, states),
            (1, action[x, j + 1], at[x, j], profile[x, k]),
            (-1, action[x, j], at[x, j], profile[x, k]),
        ):
            line, column, chance = self.moves.under(chosen, where)
            parts.append((own[line], column, sign * self.env.discount * chance))
        rows, columns, weights = map(np.concatenate, zip(*parts, strict=True))
        base = take(self.flow, self.policy)
        base[profile] -= fixed
        try:
            return solve_square(rows, columns, weights, base)
        except InvalidInput:
            raise InvalidInput(
                f"generalised VCG: agent '{self.env.agents[self.agent].name}': her payments over an infinite "
                "horizon are not determined (they solve a singular system)"
            ) from None


def _settled(stage: _Stage, forced: str | None) -> AgentPeriod:
    """The rule for each profile of the others, and whether lies gain."""
    endless = stage.env.stationary and stage.env.after(stage.period) == stage.period
    count = len(stage.policy) // stage.env.types(stage.period)[stage.agent]
    rule = np.full(count, RULES.index(forced or "externality"), dtype=np.int64)

    def attempt() -> tuple[ReportOutcomes, Bools]:
        outcomes = stage.reports(stage.for_ever(rule) if endless else stage.after)
        return outcomes, outcomes.held(stage.payments(outcomes, rule), stage.slack)

    outcomes, held = attempt()
    if forced is None:
        for word in ("upper",) if endless else ("upper", "shortest paths"):
            change = ~held if word == "upper" else ~held & (outcomes.rings >= -stage.slack)
            if not change.any():
                break
            rule[change] = RULES.index(word)
            outcomes, held = attempt()
    ring = outcomes.worst_ring() if outcomes.rings.min() < -stage.slack else None
    allowed = feasible_actions(stage.env, stage.period)
    feasible = np.ones(stage.flow.shape, dtype=bool) if allowed is None else allowed
    profile = outcomes.profile
    ordered = orders_of(
        stage.welfare[:, profile], outcomes.own[:, profile], feasible[:, profile[:, 0]], float(stage.slack)
    )
    return AgentPeriod(outcomes, rule, held, _monotone(outcomes.action), ordered, ring)


def _monotone(action: Ints) -> Bools:
    """(X,): whether every action is chosen on one interval of types."""
    changes = (np.diff(action, axis=1) != 0).sum(axis=1)
    distinct = (np.diff(np.sort(action, axis=1), axis=1) != 0).sum(axis=1)
    monotone: Bools = changes == distinct
    return monotone


def _mechanism(plan: Efficient, payments: list[Array]) -> Mechanism:
    """The efficient policy with payments of current reports, without memory."""
    env, stages = plan.environment, []
    for t, paid in enumerate(payments):
        following = np.zeros((1, len(plan.policy[t])), dtype=np.int64) if t in env.steps else None
        stages.append(policy_stage(env, t, plan.policy[t], paid[:, None], following, _nothing))
    return Mechanism(env.name, tuple(stages), 0, stationary=env.stationary)


def _nothing(m: int) -> str:
    return "nothing"


def _sentence(env: Environment, i: int, t: int, entry: AgentPeriod) -> str:
    """The first failure of the conditions."""
    x, failure = next((x, why) for x, why in enumerate(entry.orders.found) if isinstance(why, OrderFailure))
    agent = env.agents[i]
    given = ", ".join(f"{name} '{label}'" for name, label in entry.reports.others_labels(x).items())
    where = f"agent '{agent.name}', period {t}, given {given or 'nobody else'}"
    names = [f"'{env.actions[t][a]}'" for a in failure.actions]
    if not failure.types:
        return f"{where}: actions {', '.join(names)} can only be ordered in a circle"
    low, high = (agent.types[t][k] for k in failure.types)
    whose = "welfare" if failure.condition == "single crossing" else "what she makes"
    turn = "changes sign the wrong way" if failure.condition == "single crossing" else "falls"
    return (
        f"{where}: no {failure.condition}: {whose} of {names[1]} less that of {names[0]} {turn} from type "
        f"'{low}' to '{high}'"
    )
