"""Balancing the designer's budget (LIU section 3.3): fees before anything happens, or period by period.

The transfers that make everybody a residual claimant cost the designer n − 1 times the surplus.

- ``ex-ante``: agent i is charged η^i(θ^i) = E[what she will receive, with her share of the costs | θ^i] in
  period 0, but by way of the others: each pays Σ_{j≠i} η^j(r^j) / (n − 1), which her own report cannot move.
- ``per-period`` (Proposition 3.7): everybody is made a claimant on an equal share,

      E[p^i | a, θ] = ( u^i(a, θ) − (1/n) (Σ_j u^j(a, θ) − c(a)) ) / δ,

  so that expected payments of every period add up to the costs of the one before (0 without costs, as in the
  paper) and truth is worth W / n at every profile. In the last step of a finite horizon − E[W_T/n − V^i_T]
  comes on top, and with it the last period is balanced as well, given the profile before it (not where it had
to be made constant: shares are of the efficient policy's surplus, and the designer bears the difference).

n counts the agents who report. Observed agents pay nothing, so a share of their values could not be
financed: ``per-period`` asks them to be worth nothing to themselves.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import prod

import numpy as np

from ...solvers.arithmetic import arithmetic, arithmetic_of
from ...solvers.effort import FLOATS, Effort
from ...solvers.errors import AssumptionViolated, InvalidInput, OutOfTime
from ...solvers.numbers import Array, Number, show
from ..answers.answer import Answer
from ..efficient.efficient import flow_values
from ..environment.environment import Environment
from ..environment.independence import joint_prior
from ..mechanism.mechanism import Mechanism
from ..society.problem import action_values
from .blocks import BeliefBlocks
from .course import Course, check_later
from .on_path import OnPath, chosen, on_path
from .outcome import EfficientOutcome, Settled
from .settle import settle
from .targets import residual_claims, settling

RULES = ("ex-ante", "per-period")


@dataclass(frozen=True, eq=False, repr=False)
class Budget(EfficientOutcome, Answer):
    """A balanced mechanism, with the figures that show it. fees: (N, S) paid in period 0 by profile."""

    rule: str
    fees: Array

    def _facts(self) -> dict[str, object]:
        told = {"total": self.total} if self.settled else {"status": self.status, "message": self.message}
        return {"instance": self.environment.name, "rule": self.rule, "theorem": self.theorem, **told}

    @property
    def total(self) -> Number:
        """Expected discounted payments less costs: 0 where the budget is balanced ex ante."""
        return self.expected(self.revenue_by_profile)

    @property
    def balanced(self) -> bool:
        """Whether payments equal costs: expected discounted ones, and by ``per-period`` in every period."""
        slack = arithmetic(self.course.effort.exact).slack(abs(self.path.payments).sum(axis=0))
        missed = [abs(net).max() for net in self.periods] if self.rule == "per-period" else []
        return bool(max([abs(self.total), *missed]) <= slack)

    @property
    def periods(self) -> tuple[Array, ...]:
        """Expected payments of every later period, less the costs they are for, given the profile before it.

        One (S,) a transition: 0 where the budget is balanced in the period. In the last period of a finite
        horizon its own costs count too.
        """
        env = self.course.environment
        missed = []
        for t, due in enumerate(self.path.due):
            net = due.sum(axis=0) - env.costs[t][chosen(self.mechanism, t)] / env.discount
            if self.path.ending is not None and t == env.periods - 2:
                net = net - self.path.ending
            missed.append(net)
        return tuple(missed)

    @property
    def interim(self) -> tuple[Array, ...]:
        """Per agent (K,): what she expects when she knows her first type alone (0 at improbable ones)."""
        env = self.course.environment
        return tuple(_given_own(env, self.prior, self.payoffs[i], i) for i in range(env.num_agents))


def budget(
    env: Environment,
    rule: str = "ex-ante",
    *,
    theorem: str = "3.1",
    norm: str = "max",
    effort: Effort = FLOATS,
) -> Budget:
    """An efficient mechanism with a balanced budget, by one of `RULES`.

    theorem, norm, effort: whose transfers, and which of them, and how, as in `correlation`.
    Raises `InvalidInput` for unknown words, `AssumptionViolated` where transfers of these expectations do not
    exist (naming the block), for one period and observed agents with values of their own where the rule is
    ``per-period``, for divisible goods and a discount of 0, `TooLarge`.
    """
    if rule not in RULES:
        raise InvalidInput(f"budget: {rule!r} is not one of {', '.join(RULES)}")
    course = Course.of(env, effort.begun())
    work = course.environment
    if rule == "per-period":
        _check_shares(work)
    fees = arithmetic(work.exact).zeros((work.num_agents, prod(work.types(0))))
    try:
        claims = residual_claims if rule == "ex-ante" else equal_shares
        mechanism = settle(course, claims, theorem, norm).require()
        path, paid = on_path(work, mechanism, course.effort), fees
        if rule == "ex-ante":
            paid = participation_fees(work, path)
            mechanism = charged(mechanism, paid)
            path = on_path(work, mechanism, course.effort)
    except OutOfTime:
        return Budget(env, course, theorem, None, rule, fees)
    return Budget(env, course, theorem, Settled(mechanism, path), rule, paid)


def equal_shares(course: Course, beliefs: BeliefBlocks) -> Array:
    """Expectations (A, X, K) that leave every reporting agent an equal share of the surplus."""
    env, t, i = course.environment, beliefs.period, beliefs.agent
    share = arithmetic(env.exact).number(len(env.private))
    flows = flow_values(env, t)
    due = flows[i] - (flows.sum(axis=0) - env.costs[t][:, None]) / share
    welfare = course.plan.welfare
    return settling(course, beliefs, due, lambda last: last.values[i] - welfare[t + 1] / share, "budget")


def participation_fees(env: Environment, path: OnPath) -> Array:
    """(N, S): each agent's fee in period 0, a function of the others' reports alone.

    η^j is minus what j is expected to pay given her first type, with an equal share of the costs on top. One
    reporting agent alone pays the average of hers.
    """
    prior = joint_prior(env).reshape(-1)
    share = arithmetic(env.exact).number(len(env.private))
    fees = arithmetic(env.exact).zeros(path.first.shape)
    owed = {}
    for j in env.private:
        due = path.costs[0] / share - path.payments[j]
        own = np.unravel_index(np.arange(len(prior)), env.types(0))[j]
        owed[j] = _given_own(env, prior, due, j)[own]
    if len(owed) == 1:
        ((only, charge),) = owed.items()
        fees[only] += (prior * charge).sum()
        return fees
    for i in env.private:
        fees[i] = sum(charge for j, charge in owed.items() if j != i) / (share - 1)
    return fees


def charged(mechanism: Mechanism, fees: Array) -> Mechanism:
    """The mechanism with fees (N, S) on top of what is paid at its start."""
    first = mechanism.stages[0]
    transfers = first.transfers.copy()
    transfers[:, mechanism.start] += fees.reshape(transfers[:, mechanism.start].shape)
    return replace(mechanism, stages=(replace(first, transfers=transfers), *mechanism.stages[1:]))


def _given_own(env: Environment, prior: Array, values: Array, i: int) -> Array:
    """(K,): expectation of values (S,) given agent i's first type; 0 where that has probability 0."""
    types = env.types(0)
    own = np.moveaxis(np.arange(len(prior)).reshape(types), i, 0).reshape(types[i], -1)
    weight = prior[own].sum(axis=1)
    worth = (prior * values)[own].sum(axis=1)
    average: Array = worth / arithmetic_of(weight).divisor(weight)
    return average


def _check_shares(env: Environment) -> None:
    check_later(env, "budget per-period")
    for i in env.observed:
        for t in range(env.periods):
            worth = action_values(env, t, i)
            if (worth != 0).any():
                a, s = (int(k) for k in np.argwhere(worth != 0)[0])
                raise AssumptionViolated(
                    f"budget per-period: observed agent '{env.agents[i].name}' pays nothing, yet action "
                    f"'{env.actions[t][a]}' of period {t} is worth {show(worth[a, s])} to her"
                )
