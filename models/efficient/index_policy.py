"""The index policy of a bandit, what it is worth, and the dynamic second price (BV section 5, Theorem 3).

Efficient is to play an arm of largest Gittins index. What that is worth from a profile θ on needs no dynamic
program over profiles: with D_i(θ_i, g) = E[δ^τ], τ the first time that arm i's index, were it played all the
time, is below g, and ḡ at least the largest index (Whittle 1980),

    (1 − δ) W(θ) = ḡ − ∫_{−∞}^{ḡ} Π_i D_i(θ_i, g) dg,

a finite sum, as D_i is a step function of g with steps at indices. W_{−i}, what is left to the others where
agent i values nothing, has the safe arm "her action at its cost" in the place of hers.

With nonnegative values, the agent j whose arm is played pays what the others lose by waiting a period, and
what the action costs; everybody else pays nothing:

    p_j(θ) = c(a_j) + (1 − δ) W_{−j}(θ_{−j}),        p_i(θ) = 0.

It does not depend on her own state, so it stays while she stays; with two bidders who learn it is the other's
expected value, with more it holds the *option value* of leaving the second for the third: at least the
largest expected value of the others (BV's remark, which has it strictly larger; it is so only in some
states).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from ...solvers.algorithms.gittins import GittinsIndices, gittins_indices
from ...solvers.algorithms.stopping import stopping_discounts
from ...solvers.arithmetic import arithmetic, arithmetic_of
from ...solvers.effort import FLOATS, Effort
from ...solvers.errors import AssumptionViolated, TooLarge
from ...solvers.numbers import Array, Bools, Ints, show
from ..answers.answer import Answer
from ..environment.environment import Environment
from ..society.problem import spread
from .arms import Arm, arms

MAX_FIGURES = 50_000_000
"""Most figures of one array: profiles times arms, or all agents' but the last times different indices."""


@dataclass(frozen=True, eq=False, repr=False)
class Indices(Answer):
    """The Gittins index of every arm in every state.

    index: per arm (K,), in money of one period. error: no index is further off; 0 over the rationals.
    message: why arms are missing, where the time limit was reached. Profiles S are those of the environment's
    agents, agent 0 slowest.
    """

    environment: Environment
    arms: tuple[Arm, ...]
    index: tuple[Array, ...]
    error: float
    message: str = ""

    def _facts(self) -> dict[str, object]:
        return {"instance": self.environment.name, "arms": len(self.arms), "error": self.error}

    @property
    def status(self) -> str:
        """``optimal``, or ``limit`` where the time limit was reached."""
        return "limit" if self.message else "optimal"

    @cached_property
    def at_profiles(self) -> Array:
        """Every arm's index at every profile: (arms, S)."""
        return _at_profiles(self.environment, self.arms, self.index)

    @cached_property
    def charges(self) -> Array:
        """(G,): what an arm can be worth a period, all indices and what actions save, falling."""
        return np.unique(np.concatenate([*self.index, *([-arm.cost] for arm in self.arms)]))[::-1]

    @cached_property
    def discounts(self) -> tuple[Array, ...]:
        """Per arm (K, G − 1): D at each of the charges but the least."""
        discount = self.environment.discount
        return tuple(
            stopping_discounts(arm.kernel, discount, index, self.charges[:-1])
            for arm, index in zip(self.arms, self.index, strict=True)
        )

    @cached_property
    def best(self) -> Bools:
        """(arms, S): whose index is the largest; in doubles, may be, as far as the error leaves it open."""
        index = self.at_profiles
        slack = 0 if self.error == 0 else 2 * self.error
        return np.asarray(index >= index.max(axis=0) - slack, dtype=np.bool_)

    @cached_property
    def policy(self) -> Ints:
        """(S,): the action played, of those with the largest index the first as listed."""
        played: Ints = self.best.argmax(axis=0)
        return played


@dataclass(frozen=True, eq=False, repr=False)
class DynamicSecondPrice(Answer):
    """BV Theorem 3. Arrays over profiles S, agent 0 slowest; one row an agent (N). Where the time limit was
    reached (`status`) they are of no profile.

    winner: (S,) the arm that is played. welfare: W (S,). without: W_{−i} (N, S). transfers: (N, S), 0 for
    observed agents.
    """

    indices: Indices
    winner: Ints
    welfare: Array
    without: Array
    transfers: Array

    def _facts(self) -> dict[str, object]:
        return {
            "instance": self.indices.environment.name,
            "arms": len(self.indices.arms),
            "profiles": len(self.winner),
            "status": self.status,
        }

    @property
    def status(self) -> str:
        """``optimal``, or ``limit``."""
        return self.indices.status

    @property
    def contributions(self) -> Array:
        """Marginal contributions M_i = W − W_{−i}: (N, S)."""
        return self.welfare[None, :] - self.without

    @cached_property
    def worth(self) -> Array:
        """What every arm is worth in this period alone, costs included: (arms, S)."""
        home = self.indices
        return _at_profiles(home.environment, home.arms, [arm.reward for arm in home.arms])

    @cached_property
    def not_highest(self) -> Bools:
        """(S,): where the arm that is played is worth less in this period than another."""
        here = self.worth[self.winner, np.arange(len(self.winner))]
        return np.asarray(here < self.worth.max(axis=0), dtype=np.bool_)

    @cached_property
    def option_value(self) -> Array:
        """(S,): by how much (1 − δ) W_{−j} of the winner j exceeds what the best of the others is worth now.

        The others' arms, and j's action without her, which costs and brings nothing. A safe arm that is
        played has no winner: 0.
        """
        home = self.indices
        out = arithmetic_of(self.welfare).zeros(len(self.winner))
        for k, arm in enumerate(home.arms):
            if arm.agent is None:
                continue
            at = np.flatnonzero(self.winner == k)
            rest = np.delete(self.worth[:, at], k, axis=0)
            best = np.vstack([rest, np.full((1, at.size), -arm.cost, dtype=rest.dtype)]).max(axis=0)
            out[at] = (1 - home.environment.discount) * self.without[arm.agent][at] - best
        return out


def indices(env: Environment, effort: Effort = FLOATS) -> Indices:
    """The Gittins index of every arm of a bandit in every state.

    In doubles with a bound on the error. Raises `AssumptionViolated` where the environment is no bandit
    (`arms.py`), `TooLarge` for very large arms. Where the time limit is reached the answer says so, and has
    the arms that were finished.
    """
    env = env.to_exact() if effort.exact else env.to_float()
    played = arms(env)
    by_arm: list[GittinsIndices] = []
    for arm in played:
        if effort.late:
            message = f"the time limit of {effort.time_limit:g} s was reached"
            return Indices(env, played[: len(by_arm)], *_figures(by_arm), message)
        effort.tell("step", f"indices of {arm.name}")
        by_arm.append(gittins_indices(arm.reward, arm.kernel, env.discount))
    return Indices(env, played, *_figures(by_arm))


def _figures(by_arm: list[GittinsIndices]) -> tuple[tuple[Array, ...], float]:
    """Indices by arm, and the largest error."""
    return tuple(one.index for one in by_arm), max((one.error for one in by_arm), default=0.0)


def dynamic_second_price(env: Environment, effort: Effort = FLOATS) -> DynamicSecondPrice:
    """The dynamic second price auction of a bandit: BV Theorem 3, with costs.

    Raises `AssumptionViolated` where the environment is no bandit or an agent's value is negative (an agent
    who loses would have to pay), `TooLarge` for very many profiles.
    """
    home = indices(env, effort)
    env = home.environment
    if home.message:
        none = arithmetic(env.exact).zeros((env.num_agents, 0))
        return DynamicSecondPrice(home, np.zeros(0, dtype=np.int64), none[0], none, none)
    for arm in home.arms:
        value = (arm.reward + arm.cost).min()
        if arm.agent in env.private and value < 0:
            raise AssumptionViolated(
                f"dynamic second price (BV Theorem 3) needs values of at least 0: agent '{arm.name}', action "
                f"'{env.actions[0][arm.action]}': value {show(value)}"
            )
    welfare = bandit_welfare(home)
    without = np.stack([bandit_welfare(home, i) for i in range(env.num_agents)])
    transfers = arithmetic_of(welfare).zeros(without.shape)
    for k, arm in enumerate(home.arms):
        if arm.agent is not None and not env.agents[arm.agent].observed:
            at = np.flatnonzero(home.policy == k)
            transfers[arm.agent, at] = arm.cost + (1 - env.discount) * without[arm.agent, at]
    return DynamicSecondPrice(home, home.policy, welfare, without, transfers)


def bandit_welfare(home: Indices, without: int | None = None) -> Array:
    """W (S,) of the index policy; or, for all costs but agent `without`'s values, W_{−i} (S,)."""
    env, charges = home.environment, home.charges
    gaps = charges[:-1] - charges[1:]
    sizes = env.types(0)
    width = math.prod(sizes[:-1]) * max(len(gaps), sizes[-1])
    if width > MAX_FIGURES:
        raise TooLarge(
            f"bandit: {math.prod(sizes):,} profiles and {len(charges):,} different indices make {width:,} "
            f"figures at a time, more than {MAX_FIGURES:,}"
        )
    one = arithmetic_of(charges).ones
    factors = [one((size, len(gaps))) for size in sizes]  # D_i, and 1 where an agent is not there
    lasting = gaps[None, :]  # times the product of D over the profiles of the agents so far
    for arm, played in zip(home.arms, home.discounts, strict=True):
        if arm.agent is None or arm.agent == without:
            lasting = lasting * np.where(-arm.cost >= charges[:-1], 0, 1)
        else:
            factors[arm.agent] = played
    *front, last = factors
    for factor in front:
        lasting = (lasting[:, None, :] * factor[None, :, :]).reshape(len(lasting) * len(factor), len(gaps))
    welfare: Array = (charges[0] - np.matmul(lasting, last.T).reshape(-1)) / (1 - env.discount)
    return welfare


def _at_profiles(env: Environment, played: Sequence[Arm], figures: Sequence[Array]) -> Array:
    """Figures of every arm in its own state (K,), at every profile: (arms, S)."""
    types = env.types(0)
    profiles = math.prod(types)
    if profiles * len(played) > MAX_FIGURES:
        raise TooLarge(f"bandit: {profiles:,} profiles of {len(played)} arms, over {MAX_FIGURES:,} figures")
    return np.stack([
        spread(own, types, [] if arm.agent is None else [arm.agent])
        for arm, own in zip(played, figures, strict=True)
    ])  # fmt: skip
