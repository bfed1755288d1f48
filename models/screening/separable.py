"""Separable values (KLN, Property 4.1), recognised from the arrays.

    multiplicative   v_t(a, s, y) = A(s) B_t(a, y)
    additive         v_t(a, s, y) = A(s) C_t(a) + B_t(a, y)

Both are one form, a *level* A of the first signal times a *slope* plus a *rest*: slope B and no rest, or
slope C and rest B. A multiplicative table is one of rank one, A by everything else; an additive one is, once
the mean over y and then over s is taken away, A less its mean by C. A is found up to a scale, an additive
one up to a constant too: the largest slope has absolute value 1, so that A is in money, the level that is
largest in absolute value is positive, and an additive level is 0 at the first type.

The fit goes through one type, Σ_c v(k, c) v(j, c) over everything else c, and is the best of those: exact
where values separate, and where they do not as far off in whatever order things are listed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from ...solvers.arithmetic import COMPUTED, arithmetic_of
from ...solvers.errors import InvalidInput
from ...solvers.numbers import Array, Number
from ...solvers.short import Short
from ..environment.environment import Environment
from .first_signal import SignalPairs

FORMS = ("multiplicative", "additive")


@dataclass(frozen=True, eq=False, repr=False)
class Separation(Short):
    """How one agent's values separate.

    form: None where they do not. residual: the largest absolute deviation over all periods, actions and
    types, in money; where they do not separate, of the form that is nearer. where: its place.
    level: (K,) A. slope, rest: per period (A, Y).
    """

    form: str | None
    residual: Number
    where: str
    level: Array
    slope: tuple[Array, ...]
    rest: tuple[Array, ...]


def separation(env: Environment, i: int, pairs: SignalPairs, form: str | None = None) -> Separation:
    """How agent i's private values separate: by the form given, or by one that fits, multiplicative first.

    pairs: her types (`split`), whose numbers must be right. Raises `InvalidInput` for another word.
    """
    if form is not None and form not in FORMS:
        raise InvalidInput(f"agent '{env.agents[i].name}', form: {form!r} is none of {', '.join(FORMS)}")
    tables = own_values(env, i, pairs)
    tried = [_fit(env, i, tables, word) for word in (FORMS if form is None else (form,))]
    holding = [one for one in tried if one.form is not None]
    return holding[0] if holding else min(tried, key=lambda one: one.residual)


def own_values(env: Environment, i: int, pairs: SignalPairs) -> list[Array]:
    """Agent i's values per period: (A, K, Y)."""
    own = tuple(slice(None) if j == i else 0 for j in range(env.num_agents))
    values = []
    for t, table in enumerate(env.agents[i].values):
        size = pairs.first * pairs.rest[t]
        rows = np.broadcast_to(table[(slice(None), *own)], (env.num_actions(t), size))
        values.append(rows.reshape(-1, pairs.first, pairs.rest[t]))
    return values


def forms_given(forms: Mapping[str, str] | None, env: Environment) -> list[str | None]:
    """Per agent the form that the user states, None where it is to be recognised."""
    stated = dict(forms or {})
    for name in stated:
        env.agent_index(name)
    return [stated.get(agent.name) for agent in env.agents]


def _fit(env: Environment, i: int, tables: Sequence[Array], form: str) -> Separation:
    first = tables[0].shape[1]
    if form == "multiplicative":
        flat = np.concatenate([np.moveaxis(table, 1, 0).reshape(first, -1) for table in tables], axis=1)
        level, along = rank_one(flat)
        slope = _cut(along, [(len(table), table.shape[2]) for table in tables])
        rest = [0 * part for part in slope]
    else:
        means = [table.sum(axis=2) / table.shape[2] for table in tables]  # (A, K)
        flat = np.concatenate(means).T
        level, along = rank_one(flat - flat.sum(axis=0) / first)
        if (along.max() + along.min(), along.sum()) < (0, 0):
            level, along = -level, -along
        level = level - level[0]
        slope = [
            np.repeat(part, table.shape[2], axis=1)
            for part, table in zip(_cut(along, [(len(mean), 1) for mean in means]), tables, strict=True)
        ]
        rest = [
            (table - level[:, None] * part[:, None]).sum(axis=1) / first
            for table, part in zip(tables, slope, strict=True)
        ]
    off = [
        abs(table - level[:, None] * part[:, None] - more[:, None])
        for table, part, more in zip(tables, slope, rest, strict=True)
    ]
    t = max(range(len(off)), key=lambda period: off[period].max())
    residual = off[t].max()
    a, k, y = (int(index) for index in np.argwhere(off[t] == residual)[0])
    agent = env.agents[i]
    where = (
        f"agent '{agent.name}', period {t}, action '{env.actions[t][a]}', "
        f"type '{agent.types[t][k * off[t].shape[2] + y]}'"
    )
    largest = max(abs(table).max() for table in tables)
    fits = residual <= arithmetic_of(tables[0]).slack(largest, COMPUTED)
    return Separation(form if fits else None, residual, where, level, tuple(slope), tuple(rest))


def rank_one(table: Array) -> tuple[Array, Array]:
    """a (K,) and b (C,) with ``a b`` near a table (K, C): the best of the fits that go through one row.

    The largest |b| is 1, the largest |a| is positive; a is 1 and b is 0 where the table is 0 all over.
    """
    best: tuple[Array, Array] | None = None
    nearest: Number = 0
    for row in table:
        along = table @ row
        size = along @ along
        if size == 0:
            continue
        across = along @ table / size
        off = abs(table - np.multiply.outer(along, across)).max()
        if best is None or off < nearest:
            best, nearest = (along, across), off
    if best is None:
        return table[:, 0] * 0 + 1, table[0] * 0
    along, across = best
    scale = abs(across).max()
    if along[abs(along).argmax()] < 0:
        scale = -scale
    return along * scale, across / scale


def _cut(row: Array, shapes: Sequence[tuple[int, int]]) -> list[Array]:
    ends = np.cumsum([a * y for a, y in shapes])
    return [part.reshape(shape) for part, shape in zip(np.split(row, ends[:-1]), shapes, strict=True)]
