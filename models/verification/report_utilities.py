"""What each report is worth, profile by profile and on average over the others' types.

The one formula of this file, for agent i at public state m, observed types o, her true type θ, her report r
and the others' types x (all laid out as in `agent_view.py`):

    g(m, o, θ, x, r) = Σ_a q(a | m, o, r, x) v(a, o, θ, x) − p(m, o, r, x) + δ Σ_b w_b(m, o, r, x) C(m'_b, θ)

with w_b the probability of branch b, m'_b the public state it leads to, and C(m', θ) what she expects from
m' on when her true type was θ.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from ...solvers.arithmetic import arithmetic
from ...solvers.numbers import Array, Bools, Ints
from .agent_view import PeriodView, view
from .public_states import Play, numbered


def report_utilities(play: Play, seen: PeriodView, rows: Ints, after: Array | None) -> Array:
    """g for every type and report, shape (n, O, K, X, R), at the public states `rows` (n,).

    after: (M', K) the continuation C of the next period's states; None for current utility alone.
    """
    every, rows = len(rows), play.states[seen.period].like[rows]
    rows, which = np.unique(rows, return_inverse=True)
    at = np.swapaxes(seen.order, 1, 2)
    n, width, rest, reports = len(rows), *at.shape
    result = np.empty((n, width, seen.types, rest, reports), dtype=arithmetic(play.exact).dtype)
    result[...] = -_payment(play, seen, rows, at)[:, :, None]
    for a, lottery in _lotteries(play, seen, rows[:, None, None, None], at):
        if (seen.values[a] != 0).any():
            _add(result, lottery[:, :, None], seen.values[a][..., None])
    if after is not None:
        later = play.env.discount * after
        for weight, state in branches(play, seen, rows[:, None, None, None], at):
            _add(result, None if weight is None else weight[:, :, None], np.moveaxis(later[state], -1, 2))
    return result if n == every else result[which]


def truth_utilities(play: Play, seen: PeriodView, rows: Ints, after: Array | None) -> Array:
    """g for the true report alone, shape (n, O, K, X).

    after: (M',) what she expects from the next period's states on, where her last report was true.
    """
    every, rows = len(rows), play.states[seen.period].like[rows]
    rows, which = np.unique(rows, return_inverse=True)
    result = -_payment(play, seen, rows, seen.order)
    for a, lottery in _lotteries(play, seen, rows[:, None, None, None], seen.order):
        if (seen.values[a] != 0).any():
            _add(result, lottery, seen.values[a])
    if after is not None:
        result = result + truth_continuation(play, seen, rows, after)
    return result if len(rows) == every else result[which]


def truth_continuation(play: Play, seen: PeriodView, rows: Ints, after: Array) -> Array:
    """The last term of g for the true report, shape (n, O, K, X); `after` as in `truth_utilities`."""
    result: Array = arithmetic(play.exact).zeros((len(rows), *seen.order.shape))
    later = play.env.discount * after
    for weight, state in branches(play, seen, rows[:, None, None, None], seen.order):
        _add(result, weight, later[state])
    return result


def _add(total: Array, chance: Array | None, table: Array) -> None:
    """Add chance · table to `total`, chance None for 1. Rationals are slow: none are multiplied by 1."""
    if chance is None:
        total += table
        return
    np.add(total, table, out=total, where=np.asarray(chance == 1, dtype=bool))
    mixed = np.asarray((chance != 0) & (chance != 1), dtype=bool)
    if mixed.any():
        np.add(total, _product(chance, table, mixed), out=total, where=mixed)


def _product(chance: Array, table: Array, where: Bools | None = None) -> Array:
    """chance · table, 0 without multiplying where there is no chance; where: only there."""
    if where is None:
        where = np.asarray(chance != 0, dtype=bool)
    shape = np.broadcast_shapes(chance.shape, table.shape)
    return np.multiply(chance, table, out=np.zeros(shape, dtype=table.dtype), where=where)


def truth_values(play: Play, i: int) -> tuple[Array | None, ...]:
    """What truth earns agent i from each period on at its public states, (M,), before her type is known and
    where her last report was true; None for period 0 and after the last. Made once for a play.
    """
    if i not in play.truth:
        play.truth[i] = truth_values_before(play, i, play.env.periods, None)
    return play.truth[i]


def truth_values_before(
    play: Play, i: int, end: int, after: Array | None
) -> tuple[Array | None, ...]:
    """The same up to period `end`, where they are `after`."""
    values: list[Array | None] = [*[None] * end, after]
    for t in reversed(range(1, end)):
        seen, states = view(play, i, t), play.states[t]
        values[t] = now = arithmetic(play.exact).zeros(states.size)
        # The others are averaged over once for states that are worth the same and believed of the same.
        heads, which = numbered(states.like, *beliefs(play, seen))
        parts = []
        for rows in play.pieces(t, entries_per_state(seen), heads):
            truth = truth_utilities(play, seen, rows, values[t + 1])
            parts.append(average_after_truth(seen, states.news[rows], truth))
        averages = np.concatenate(parts)
        for rows in play.chunks(t, entries_per_state(seen)):
            now[rows] = expected_after_truth(seen, states.news[rows], averages[which[rows]])
    return tuple(values)


def beliefs(play: Play, seen: PeriodView) -> list[Ints]:
    """Columns (M,) that tell what is believed of the others at the public states of a period, given her type:
    their last reports and the action, and her own last report where their types move with hers."""
    states = play.states[seen.period]
    own = [] if seen.others.shape[3] == 1 else [seen.agent]
    known = [j for j in range(play.env.num_agents) if j != seen.agent]
    return [*states.last[states.news][:, known + own].T, states.action[states.news]]


def interim(seen: PeriodView, news: Ints, utilities: Array) -> Array:
    """Average (n, O, K, X, R) over the others' types: (n, O, K, H, R)."""
    if utilities.shape[3] == 1:
        return utilities
    result: Array = np.matmul(seen.others[news], utilities)
    return result


def average(seen: PeriodView, news: Ints, values: Array) -> Array:
    """Average (n, O, K, X) over the others' types: (n, O, K, H)."""
    if values.shape[3] == 1:
        return values
    result: Array = _product(seen.others[news], values[:, :, :, None, :]).sum(axis=-1)
    return result


def average_after_truth(seen: PeriodView, news: Ints, values: Array) -> Array:
    """Average (n, O, K, X) over the others' types where her last report was true: (n, O, K)."""
    if values.shape[3] == 1:
        return values[..., 0]
    past = seen.past(news, seen.others.shape[3])
    # Indices on either side of a slice: numpy puts their common axis first.
    belief = seen.others[news, :, :, past]
    result: Array = _product(belief, values).sum(axis=-1)
    return result


def expected(seen: PeriodView, news: Ints, values: Array) -> Array:
    """C, (n, Kp): what her true previous type expects from values (n, O, K, H) of a period's states."""
    flat = np.moveaxis(values, 3, 1).reshape(len(news), values.shape[3], -1)
    moves = seen.moves[news].reshape(len(news), seen.moves.shape[1], -1)
    result: Array = _product(moves, flat).sum(axis=-1)
    return result


def expected_after_truth(seen: PeriodView, news: Ints, values: Array) -> Array:
    """The same (n,) for values (n, O, K) where her last report was her true type."""
    result: Array = _product(seen.moves[news, seen.previous[news]], values).sum(axis=(1, 2))
    return result


def entries_per_state(seen: PeriodView) -> int:
    """Entries of the largest temporary array that one public state needs."""
    width, own, rest = seen.order.shape
    before = 1 if seen.move is None else seen.move.shape[1]
    past = int(seen.others.shape[3])
    return int(width * own * max(own * rest, past * rest, past * own, before))


def _payment(play: Play, seen: PeriodView, rows: Ints, at: Ints) -> Array:
    memory = play.states[seen.period].memory[rows]
    payment: Array = play.transfers(seen.period, seen.agent)[memory[:, None, None, None], at]
    return payment


def _lotteries(play: Play, seen: PeriodView, rows: Ints, at: Ints) -> Iterator[tuple[int, Array]]:
    memory = play.states[seen.period].memory[rows]
    allocation = play.allocation(seen.period)
    for a in range(allocation.shape[-1]):
        yield a, allocation[memory, at, a]


def branches(play: Play, seen: PeriodView, rows: Ints, at: Ints) -> Iterator[tuple[Array | None, Ints]]:
    """(weight or None for 1, next public state) of each branch; a state that is never reached weighs 0.

    rows: public states, at: profiles; arrays that broadcast together.
    """
    follow = play.states[seen.period].follow
    if follow is None:
        return
    state = follow[rows, at]
    if not play.by_action(seen.period):
        yield None, np.maximum(state[..., 0], 0)
        return
    for a, lottery in _lotteries(play, seen, rows, at):
        yield np.where(state[..., a] < 0, 0 * lottery, lottery), np.maximum(state[..., a], 0)
