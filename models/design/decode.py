"""From a program's solution back to a mechanism.

Weights become lotteries and payments by dividing through the mechanism's own probability of each history.
Histories that the mechanism itself never reaches (weight 0) get the first feasible action and a constant
payment: with processes independent across agents, what the program promises there is the same for every
true type, so it is moved to the payment before. Reports of probability zero are read as the first possible
one, which adds nothing a liar could not do before.
"""

from __future__ import annotations

from functools import partial

import numpy as np

from ...solvers.arithmetic import DOUBLE, SOLVED, arithmetic_of
from ...solvers.errors import TooLarge
from ...solvers.numbers import Array, Bools, Ints, is_exact, zeros
from ..compiler.incentive_rows import truthful_state
from ..compiler.lay_out import RowIndex, lay_out_next, lay_out_plays
from ..compiler.layout import Layout
from ..histories.classes import Level, feasible_at
from ..histories.ragged import flat_index, group_sums
from ..histories.tree import Layer
from ..mechanism.mechanism import Mechanism, Stage
from .decisions import Decisions, flow
from .timing import retime


def decode(layout: Layout, primal: Array, limit: float) -> Mechanism:
    """The mechanism that a primal solution describes, its payments timed as the participation notion says.

    Raises `TooLarge` when the mechanism's tables would not fit in `limit` bytes.
    """
    _refuse_large(layout, limit)
    decided = decisions_of(layout, primal)
    retime(decided)
    return to_mechanism(decided)


def decisions_of(layout: Layout, primal: Array) -> Decisions:
    """Lotteries and payments, history by history, before re-timing."""
    numbers = arithmetic_of(primal)
    lottery: list[Array] = []
    weights: list[Array] = []
    reached: list[Bools] = []
    for t, layer in enumerate(layout.tree.layers):
        x = primal[layout.allocation(t).slice]
        weight = layout.weight(t, primal)
        alive = ~numbers.negligible(weight, 1, SOLVED)  # what is said beyond means nothing
        weights.append(weight)
        reached.append(alive)
        lottery.append(_lottery(layout, t, layer, x, weight, alive))
    paid = (
        _from_utilities(layout, primal, weights, reached, lottery)
        if layout.plan.utilities
        else _from_payments(layout, primal, weights, reached)
    )
    return Decisions(layout, lottery, paid, reached)


def _lottery(layout: Layout, t: int, layer: Layer, x: Array, weight: Array, alive: Bools) -> Array:
    goods = layout.env.goods[t]
    x = np.where(x > 0, x, x * 0)
    if goods is not None:
        for g, upper in enumerate(goods.upper):
            if upper is not None:
                mine = layer.level.play_action[layer.plays[1]] == g
                x = np.where(mine & (x > upper), x * 0 + upper, x)
        return x
    if not is_exact(x):
        x = np.where(DOUBLE.negligible(x, weight[layer.plays[0]], SOLVED), 0.0, x)
    total = group_sums(x, layer.play_point, int(layer.point_off[-1]))
    first = np.ones(len(x), dtype=bool)
    first[1:] = layer.play_point[1:] != layer.play_point[:-1]
    live = alive[layer.plays[0]] & np.asarray(total[layer.play_point] > 0, dtype=bool)
    divisor = arithmetic_of(total).divisor(total[layer.play_point], live)
    unreached = first.astype(np.int64) + x * 0
    result: Array = np.where(live, x / divisor, unreached)
    return result


def _from_utilities(
    layout: Layout, primal: Array, weights: list[Array], reached: list[Bools], lottery: list[Array]
) -> list[dict[int, Array]]:
    """Payments that leave every truthful report the utility that the program gave it."""
    paid: list[dict[int, Array]] = []
    for t in range(layout.horizon):
        row: dict[int, Array] = {}
        for i in layout.env.private:
            if i in layout.views[t] and (layout.plan.any_lies or layout.horizon == 1):
                row[i] = _truthful_payment(layout, primal, weights, reached, t, i)
            else:
                # Nobody lies: she pays what each period is worth to her, and keeps the initial utility.
                row[i] = flow(layout, t, i, lottery[t])
                if i in layout.views[t]:
                    row[i] = row[i] - _initial_utility(layout, primal, i)
        paid.append(row)
    return paid


def _initial_utility(layout: Layout, primal: Array, i: int) -> Array:
    """Utility of the reported initial type at every decision point of period 0."""
    view = layout.views[0][i]
    utility = primal[layout.utility(0, i).slice]
    by_point = zeros(len(view.members), is_exact(primal))
    report = np.repeat(np.arange(len(view.report_info)), np.diff(view.point_start))
    by_point[view.members] = utility[truthful_state(view)][report]
    return by_point


def _truthful_payment(
    layout: Layout, primal: Array, weights: list[Array], reached: list[Bools], t: int, i: int
) -> Array:
    layer, view = layout.tree.layers[t], layout.views[t][i]
    report = np.arange(len(view.report_info))
    state = truthful_state(view)
    row_class = view.info_class[view.report_info]
    rows = RowIndex.of(layer, row_class)
    terms = layout.terms(t, i, state, report, False)
    found = lay_out_plays(rows, terms)
    x = primal[layout.allocation(t).slice]
    earned = group_sums(found.value * x[found.column], found.row, len(rows))
    if len(terms.next_row):
        utility = primal[layout.utility(t + 1, i).slice]
        memory, _ = layout.states[t + 1][i].all
        utility = np.where(reached[t + 1][memory], utility, utility * 0)
        found = lay_out_next(rows, terms, layout.states[t + 1][i])
        earned = earned + group_sums(found.value * utility[found.column], found.row, len(rows))
    memory, row = rows.all
    own = primal[layout.utility(t, i).slice]
    weighted = earned - own[layout.states[t][i].at(memory, state[row])]
    # Every decision point of a report is charged the same.
    report_of = np.zeros(len(view.members), dtype=np.int64)
    report_of[view.members] = np.repeat(report, np.diff(view.point_start))
    memory, point = layer.points
    at = rows.at(memory, report_of[point])
    alive = reached[t][memory]
    divisor = arithmetic_of(primal).divisor(weights[t][memory], alive)
    result: Array = np.where(alive, weighted[at] / divisor, weighted[at] * 0)
    return result


def _from_payments(
    layout: Layout, primal: Array, weights: list[Array], reached: list[Bools]
) -> list[dict[int, Array]]:
    """Payment columns by weight; what is promised at unreached memories moves to the payment before."""
    paid: list[dict[int, Array]] = [{} for _ in layout.tree.layers]
    rate = layout.env.discount
    for i in layout.env.private:
        promised: Array | None = None
        for t in range(layout.horizon - 1, -1, -1):
            layer = layout.tree.layers[t]
            count = int(layer.point_off[-1])
            z = zeros(count, is_exact(primal))
            if layout.pays(t, i):
                z = primal[layout.payment(t, i).slice].copy()
            memory, point = layer.points
            alive = reached[t][memory]
            if promised is not None:
                moved = group_sums(promised, layout.tree.point_of_memory(t + 1), count)
                if layout.plan.incentives.myopic:
                    # Today's report is not to see it: every history that does follow pays it tomorrow.
                    divisor = arithmetic_of(primal).divisor(weights[t][memory], alive)
                    late = np.where(alive, moved / divisor, moved * 0)[layout.tree.point_of_memory(t + 1)]
                    after = layout.tree.layers[t + 1].points[0]
                    paid[t + 1][i] = paid[t + 1][i] + np.where(reached[t + 1], late, late * 0)[after]
                    moved = np.where(alive, moved * 0, moved)
                z = z + rate * moved
            share = np.where(alive, z * 0, layer.level.prob[point] * z)
            promised = group_sums(share, memory, layer.count)
            divisor = arithmetic_of(primal).divisor(weights[t][memory], alive)
            paid[t][i] = np.where(alive, z / divisor, z * 0)
    return paid


def to_mechanism(decided: Decisions) -> Mechanism:
    """Dense tables over memories and the types of all agents."""
    layout = decided.layout
    env, tree = layout.env, layout.tree
    stages = []
    for t, layer in enumerate(tree.layers):
        types, actions = env.types(t), env.num_actions(t)
        local, unseen = _point_of_profile(layout, layer.level)
        index = layer.point_off[:-1][:, None] + local[layer.cls]
        count = int(layer.point_off[-1])
        exact = is_exact(decided.lottery[t])
        by_point = zeros((count, actions), exact)
        action = layer.level.play_action[layer.plays[1]]
        by_point[layer.play_point, action] = decided.lottery[t]
        allocation = by_point[index]
        if unseen.any() and env.goods[t] is None:
            # Public states that cannot come about get the first action that is feasible in them.
            profiles = np.stack(np.unravel_index(np.arange(local.shape[1]), types), axis=1)
            memory, profile = np.nonzero(unseen[layer.cls])
            allocation[memory, profile] = zeros(actions, exact)
            allocation[memory, profile, feasible_at(env, t, profiles).argmax(axis=1)[profile]] += 1
        transfers = zeros((env.num_agents, layer.count, int(np.prod(types))), exact)
        for i in env.private:
            transfers[i] = decided.paid[t][i][index]
        following: Ints | None = None
        if t + 1 < layout.horizon:
            link = np.repeat(np.arange(count)[:, None], actions, axis=1)
            if layer.level.remembers:
                first = np.searchsorted(layer.play_point, np.arange(count))
                link = np.repeat(first[:, None], actions, axis=1)
                link[layer.play_point, action] = np.arange(len(action))
            following = link[index].reshape(layer.count, *types, actions)
        stages.append(
            Stage(
                allocation.reshape(layer.count, *types, actions),
                # Adding 0 turns minus zero into zero.
                transfers.reshape(env.num_agents, layer.count, *types) + 0,
                following,
                label=partial(tree.memory_label, t),
            )
        )
    return Mechanism(env.name, tuple(stages))


def _point_of_profile(layout: Layout, level: Level) -> tuple[Ints, Bools]:
    """For each class and each profile of types the point (within the class) that it is read as, and whether
    the profile's public state cannot come about in that class: (C, S) each.
    """
    env, sizes = layout.env, layout.env.types(level.t)
    states, total = len(level.public_class), int(np.prod(sizes))
    table = np.full((level.count, total), -1, dtype=np.int64)
    local = np.arange(len(level.digits)) - level.point_start[level.point_class]
    table[level.point_class, flat_index(level.digits, sizes)] = local
    profiles = np.stack(np.unravel_index(np.arange(total), sizes), axis=1)
    seen_sizes = tuple(sizes[j] for j in env.observed)
    seen = flat_index(profiles[:, list(env.observed)], seen_sizes)
    first = np.searchsorted(level.public_class, np.arange(level.count))
    public = np.repeat(first[:, None], int(np.prod(seen_sizes)), axis=1)
    unseen = np.ones(public.shape, dtype=bool)
    unseen[level.public_class, flat_index(level.public_digits[:, list(env.observed)], seen_sizes)] = False
    public[level.public_class, flat_index(level.public_digits[:, list(env.observed)], seen_sizes)] = (
        np.arange(states)
    )
    state = public[:, seen]
    read = np.zeros((level.count, total), dtype=np.int64)
    for j, size in enumerate(sizes):
        if j in env.observed:
            digit = level.public_digits[state, j]
        else:
            possible = np.zeros((states, size), dtype=bool)
            possible[level.public, level.digits[:, j]] = True
            nearest = np.where(possible, np.arange(size), possible.argmax(axis=1)[:, None])
            digit = nearest[state, profiles[None, :, j]]
        read = read * size + digit
    found: Ints = table[np.arange(level.count)[:, None], read]
    return found, unseen[:, seen]


def _refuse_large(layout: Layout, limit: float) -> None:
    env = layout.env
    entries = sum(
        layer.count * int(np.prod(env.types(t))) * (2 * env.num_actions(t) + env.num_agents + 2)
        for t, layer in enumerate(layout.tree.layers)
    )
    size = entries * (72 if env.exact else 8)
    if size > limit:
        raise TooLarge(
            f"mechanism for '{env.name}': its tables need about {size / 1e9:.2f} GB, more than the limit of "
            f"{limit / 1e9:.2f} GB; raise memory_limit= or shorten the horizon"
        )
