"""One period as one reporting agent sees it: what is public, what she knows, what she believes.

Profiles are laid out for her as (O, R, X): types of the observed agents, her own report, types of the other
private agents, each in the order of agents. Kp is the number of her types one period earlier; H is Kp where
her belief about the others depends on her own true past (a correlated process), else 1; C counts distinct
public news (`public_states.py`). Others are taken to report truthfully, now and before.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ...solvers.arithmetic import arithmetic
from ...solvers.numbers import Array, Bools, Ints
from ...solvers.short import Short
from ..environment.environment import Environment
from .public_states import Play, keeps, profile_chance, profile_digits, type_chance, worth


@dataclass(frozen=True, eq=False, repr=False)
class PeriodView(Short):
    """Agent i in period t.

    order: (O, K, X) index of each profile among all S.
    values: (A, O, K, X) her value of each action (or of a unit of each good).
    move: (C, Kp, O, K) ``Pr(o, θ | news, her true previous type)``; None at t = 0.
    others: (C, O, K or 1, H, X) ``Pr(x | news, o, θ, her true previous type)``; 0 where the condition has
        probability 0. The axis of K has length 1 with independent kernels.
    reached: (C, O, K, X) whether the profile has positive probability after truth.
    open: (C, O) whether the observed types can occur.
    probable: (C, O, K) whether her type has positive probability given her last *report*.
    may: (C, O, K or 1, R) the reports that each of her types can send; K only where some may not send all.
    previous: (C,) her last report (0 where no kernel depends on it).
    """

    agent: int
    period: int
    order: Ints
    values: Array
    move: Array | None
    others: Array
    reached: Bools
    open: Bools
    probable: Bools
    may: Bools
    previous: Ints

    @property
    def moves(self) -> Array:
        """`move` of any period but the first."""
        if self.move is None:
            raise AssertionError("only the first period has none before it")
        return self.move

    @property
    def types(self) -> int:
        """Number of her types K."""
        return int(self.order.shape[1])

    def past(self, news: Ints, axis: int) -> Ints:
        """Her previous report as an index into an axis of length H or 1."""
        return np.minimum(self.previous[news], axis - 1)

    def next_lower(self) -> Ints:
        """(C, O, K): the next lower of the probable reports that a type can send, -1 where there is none."""
        own = np.arange(self.types)
        lower = self.probable[:, :, None, :] & self.may & (own < own[:, None])
        below: Ints = np.where(lower, own, -1).max(axis=-1)
        return below


def order_of(env: Environment, t: int, i: int) -> Ints:
    """(O, K, X): index among all profiles of period t, arranged for agent i."""
    types = env.types(t)
    others = [j for j in env.private if j != i]
    axes = [*env.observed, i, *others]
    index = np.arange(int(np.prod(types))).reshape(types).transpose(axes)
    return index.reshape(-1, types[i], int(np.prod([types[j] for j in others], dtype=np.int64)))


def view(play: Play, i: int, t: int) -> PeriodView:
    """What agent i knows and believes in period t."""
    env, states = play.env, play.states[t]
    order = order_of(env, t, i)
    beliefs = _joint if env.joint else _independent
    move, others, probable = beliefs(play, i, t, order)
    may = np.ones_like(probable) if play.messages == "all" else probable
    may, allowed = may[:, :, None, :], env.agents[i].may_report(t)
    if allowed is not None:
        may = may & allowed
    # Where a lie has left no report possible, all that are allowed are.
    stuck = ~may.any(axis=-1, keepdims=True)
    may = may | (stuck if allowed is None else stuck & allowed)
    return PeriodView(
        agent=i,
        period=t,
        order=order,
        values=worth(env, t, i)[:, order],
        move=move,
        others=others,
        reached=states.probable[:, order],
        open=states.open[:, order[:, 0, 0]],
        probable=probable,
        may=may,
        previous=states.last[:, i],
    )


def _independent(play: Play, i: int, t: int, order: Ints) -> tuple[Array | None, Array, Bools]:
    """Products of kernels, from the last reports, the last action and the observed next types."""
    env, states = play.env, play.states[t]
    digits = profile_digits(env, t)
    last, action = states.last, states.action
    count = len(last)
    width, own, rest = order.shape

    crowd = digits[:, order[:, 0, :]]
    others = arithmetic(play.exact).ones((count, width, rest))
    for j in env.private:
        if j != i:
            chance = type_chance(env, t, j, last[:, j, None, None], action[:, None, None], crowd[:, None])
            others = others * chance

    shown = digits[:, order[:, 0, 0]]
    public = arithmetic(play.exact).ones((count, width))
    for j in env.observed:
        public = public * type_chance(env, t, j, last[:, j, None], action[:, None], shown[:, None])

    mine = digits[:, order[:, :, 0]]
    said = type_chance(env, t, i, last[:, i, None, None], action[:, None, None], mine[:, None])
    probable = np.broadcast_to(np.asarray(said > 0, dtype=bool), (count, width, own))
    move = None
    if t > 0:
        past = np.arange(env.types(t - 1)[i])[None, :, None, None]
        step = type_chance(env, t, i, past, action[:, None, None, None], mine[:, None, None])
        move = public[:, None, :, None] * step
    return move, others[:, :, None, None, :], probable


def _joint(play: Play, i: int, t: int, order: Ints) -> tuple[Array | None, Array, Bools]:
    """The process at (her true previous type, others' last reports), then conditional on o and θ."""
    env, states = play.env, play.states[t]
    last, action = states.last, states.action
    count = len(last)
    past = env.types(t - 1)[i] if t > 0 else 1
    depends = past if t > 0 and keeps(env, t - 1, i) else 1
    before = np.repeat(last[:, None], depends, axis=1)
    if depends > 1:
        before[:, :, i] = np.arange(depends)
    rows = before.reshape(-1, env.num_agents)
    joint = profile_chance(env, t, rows, np.repeat(action, depends), play.exact)
    joint = joint[:, order].reshape(count, depends, *order.shape)

    total = joint.sum(axis=-1)
    condition = np.where(total > 0, total, 1)
    others = np.moveaxis(joint / condition[..., None], 1, 3)
    move = None if t == 0 else np.broadcast_to(total, (count, past, *total.shape[2:]))
    said = states.chance[:, order].sum(axis=-1)
    return move, others, np.asarray(said > 0, dtype=bool)
