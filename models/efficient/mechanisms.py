"""An efficient mechanism as one answer: what society has with and without each agent, payments, what holds.

All of these carry out the efficient policy (`pivot.py`); they differ in what they make agents pay.

    pivot           what the others lose by this period's action (BV 13)
    team            minus what all others have (Athey and Segal)
    balanced-team   shares of what reports change in the others' values, which sum to 0
    deferred        the pivot's, a period later with interest (remark after BV Theorem 2)
    bonded          the pivot's, with a bond in period 0 that is given back with interest

The first two remember nothing, `bonded` that period 0 is over, the others the last profile.

Which notions hold is not taken from a theorem: where nothing is remembered every single lie is looked at
(`one_shot.py`), elsewhere the judge says it (`models/verification`), as long as the public states are few
enough.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np

from ...solvers.arithmetic import COMPUTED, arithmetic
from ...solvers.effort import FLOATS, Effort
from ...solvers.errors import AssumptionViolated, InvalidInput, OutOfTime, TooLarge
from ...solvers.numbers import Array, Bools, Ints, Number
from ..answers.answer import Answer
from ..environment.environment import Environment
from ..environment.independence import joint_prior
from ..mechanism.mechanism import Mechanism
from .deferral import bonded, deferred
from .index_policy import Indices, indices
from .one_shot import NOTIONS
from .pivot import Pivot, pivot
from .scheme import Scheme
from .team import balanced_team, team
from .uniqueness import Uniqueness, uniqueness

NAMES = {
    "pivot": "the dynamic pivot mechanism",
    "team": "the team mechanism",
    "balanced-team": "the balanced team mechanism",
    "deferred": "the pivot mechanism with deferred payments",
    "bonded": "the pivot mechanism with a bond",
}
"""The words, and what they are called."""
JUDGED = {False: 20_000_000, True: 60_000}
"""Lies at pairs of public states up to which the judge is asked about payments that remember the past, by
whether numbers are rational."""


@dataclass(frozen=True, eq=False, repr=False)
class EfficientMechanism(Answer):
    """An efficient mechanism. Everything by state is a tuple over the periods that the environment
    describes; P counts the agents who report, in the order of `agents`, S profiles in product order.

    kind: its word. society: values with and without each agent, and all that follows from them. scheme: its
    payments. interval: what other payments there could be; None where it was not asked for. indices: Gittins
    indices, None where the environment is no bandit. satisfies: by word; None where the judge was not asked.
    message: why something is missing, where the time limit was reached; then `society` and `scheme` may be
    None.
    """

    environment: Environment
    kind: str
    society: Pivot | None
    scheme: Scheme | None
    interval: Uniqueness | None
    indices: Indices | None
    satisfies: dict[str, bool | None]
    message: str = ""

    def _facts(self) -> dict[str, object]:
        facts: dict[str, object] = {"instance": self.environment.name, "kind": self.kind}
        facts["status"] = self.status
        return facts if self.society is None else facts | {"profiles": len(self.society.W[0])}

    @property
    def status(self) -> str:
        """``optimal``, or ``limit`` where the time limit was reached."""
        return "limit" if self.message else "optimal"

    @property
    def agents(self) -> tuple[str, ...]:
        """Names of the agents who report."""
        return tuple(self.environment.agents[i].name for i in self.environment.private)

    def states(self, t: int = 0) -> list[tuple[str, ...]]:
        """The profiles of a period: labels of all agents' types, agent 0 slowest."""
        return self.found.states(t)

    @property
    def found(self) -> Pivot:
        """`society`. Raises `InvalidInput` where the time limit was reached before it was found."""
        if self.society is None:
            raise InvalidInput(f"{NAMES[self.kind]} of '{self.environment.name}': {self.message}")
        return self.society

    @property
    def paid(self) -> Scheme:
        """`scheme`. Raises `InvalidInput` where the time limit was reached before it was found."""
        if self.scheme is None:
            raise InvalidInput(f"{NAMES[self.kind]} of '{self.environment.name}': {self.message}")
        return self.scheme

    @property
    def mechanism(self) -> Mechanism | None:
        """The mechanism; None where the time limit was reached before its payments were found."""
        return None if self.scheme is None else self.scheme.mechanism

    @property
    def W(self) -> tuple[Array, ...]:
        """Social value (S,)."""
        return self.found.W

    @property
    def W_without(self) -> tuple[Array, ...]:
        """(P, S) social value without each agent."""
        return self.found.W_without

    @property
    def M(self) -> tuple[Array, ...]:
        """(P, S) marginal contributions."""
        return self.found.M

    @property
    def m(self) -> tuple[Array, ...]:
        """(P, S) flow contributions."""
        return self.found.m

    @property
    def policy(self) -> tuple[Ints, ...]:
        """(S,) the efficient action."""
        return self.found.policy

    @property
    def transfers(self) -> tuple[Array, ...] | None:
        """(P, S) payments; None where they depend on more than the state."""
        payments = self.paid.payments
        return tuple(p[:, 0] for p in payments) if all(p.shape[1] == 1 for p in payments) else None

    @property
    def outside(self) -> tuple[Array, ...]:
        """(P, S) what each agent gets under the policy that is efficient for the others."""
        return self.found.outside

    @cached_property
    def exit(self) -> tuple[Bools, ...]:
        """(P, S) the states from which an agent's payment is 0 along every path of the efficient policy that
        was chosen among ties, as in `Pivot.exit`."""
        pays = []
        for t, paid in enumerate(self.paid.payments):
            slack: Any = self._slack(t)
            moved = (abs(paid) > slack) & self.paid.arrivals(t)
            pays.append(moved.any(axis=1))
        return tuple(~later for later in self.found.reaching(pays))

    @property
    def least(self) -> Number:
        """The designer's smallest surplus in a period, over all states."""
        return self.paid.least

    @cached_property
    def budget(self) -> tuple[Array, ...]:
        """(S,) the designer's discounted surplus from the state on; in later periods, where payments remember
        the past, the smallest over what they may remember."""
        total = self.paid.present(self.paid.surplus)
        return total[0][-1], *(later.min(axis=0) for later in total[1:])

    @property
    def bond(self) -> tuple[Array, ...] | None:
        """The smallest bond that keeps each agent in: (P, S); by the last profile (P, M), at the start the
        last entry, where payments remember it. None for mechanisms that are made of other bonds."""
        return self.paid.bond or None

    @cached_property
    def start(self) -> tuple[Number, Number]:
        """Expected at the start: social value, and the designer's discounted surplus."""
        weight = joint_prior(self.found.environment).reshape(-1)
        welfare: Number = (weight * self.W[0]).sum()
        surplus: Number = (weight * self.budget[0]).sum()
        return welfare, surplus

    def _slack(self, t: int) -> Number:
        """Payments up to this are none; 0 over the rationals."""
        return max(plan.slack[t] for plan in self.found.without)


def efficient_mechanism(
    env: Environment,
    kind: str = "pivot",
    *,
    bond: Any = None,
    intervals: bool = False,
    effort: Effort = FLOATS,
) -> EfficientMechanism:
    """One of `NAMES`, and what holds of it.

    bond: of ``bonded``, a number or one for each agent who reports. intervals: also what other payments are
    compatible with ex-post incentives, participation and efficient exit. Where the time limit is reached the
    answer says so. Raises `InvalidInput`, `AssumptionViolated` as `pivot`, `balanced_team`, `deferred` and
    `uniqueness` do, `TooLarge`.
    """
    if kind not in NAMES:
        raise InvalidInput(f"mechanism: {kind!r} is not one of {', '.join(NAMES)}")
    if (bond is not None) != (kind == "bonded"):
        raise InvalidInput("a bond goes with the mechanism 'bonded', which needs one")
    if intervals and kind != "pivot":
        raise InvalidInput(f"intervals of payments are those of the pivot mechanism, not of {NAMES[kind]}")
    clock = effort.begun()
    unknown = dict.fromkeys((*NOTIONS, "outside-efficient"))
    mechanism = EfficientMechanism(env, kind, None, None, None, None, unknown)
    try:
        society = pivot(env, clock, NAMES[kind])
        mechanism = replace(mechanism, society=society, environment=society.environment)
        scheme = _scheme(society, kind, bond, clock)
        mechanism = replace(mechanism, scheme=scheme, indices=_indices(env, clock))
        mechanism = replace(mechanism, satisfies=dict(_satisfied(mechanism, clock)))
        if intervals:
            mechanism = replace(mechanism, interval=uniqueness(society, clock))
    except OutOfTime:
        return replace(mechanism, message=f"the time limit of {effort.time_limit:g} s was reached")
    return mechanism


def _scheme(society: Pivot, kind: str, bond: Any, effort: Effort) -> Scheme:
    effort.check()
    if kind == "pivot":
        payments = tuple(paid[:, None] for paid in society.transfers)
        return Scheme(society, False, payments, society.bond)
    if kind == "team":
        return team(society)
    if kind == "balanced-team":
        return balanced_team(society, effort)
    return deferred(society) if kind == "deferred" else bonded(society, bond)


def _indices(env: Environment, effort: Effort) -> Indices | None:
    """Where the environment is a bandit."""
    try:
        index = indices(env, effort)
    except (AssumptionViolated, TooLarge):
        return None
    if index.message:
        raise OutOfTime
    return index


def _satisfied(mechanism: EfficientMechanism, effort: Effort) -> Iterator[tuple[str, bool | None]]:
    """Every notion, as far as the judge can be asked, and whether everybody has O_i at least."""
    scheme, env = mechanism.paid, mechanism.found.environment
    widest = max(max(env.types(t)) for t in range(env.periods))
    pairs = sum(p[0].size * math.prod(env.types(t)) for t, p in enumerate(scheme.payments))
    effort.check()
    if not scheme.remembers or pairs * widest * len(env.private) <= JUDGED[env.exact]:
        effort.tell("step", "verifying")
        yield from scheme.satisfies.items()
    else:
        yield from dict.fromkeys(NOTIONS).items()
    yield "outside-efficient", all(_at_least_outside(mechanism, t) for t in mechanism.found.periods)


def _at_least_outside(mechanism: EfficientMechanism, t: int) -> bool:
    scheme, env = mechanism.paid, mechanism.found.environment
    more = scheme.left[t] - mechanism.outside[t][:, None]
    slack: Any = arithmetic(env.exact).slack(mechanism.W[t], COMPUTED)
    return bool((np.asarray(more >= -slack, dtype=np.bool_) | ~scheme.arrivals(t)).all())


__all__ = ["NAMES", "EfficientMechanism", "efficient_mechanism"]
