"""From a program's solution back to a mechanism.

Weights become lotteries and payments by dividing through the mechanism's own probability of each history.
Histories that the mechanism itself never reaches (weight 0) get the first feasible action and a constant
payment: with processes independent across agents, what the program promises there is the same for every
true type, so it is moved to the payment before, or to the histories of its period that are reached. Reports
of probability zero are read as the first possible one, which adds nothing a liar could not do before, or are
fined (`fines.py`).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial

import numpy as np

from ...solvers.arithmetic import DOUBLE, SOLVED, arithmetic, arithmetic_of
from ...solvers.errors import TooLarge
from ...solvers.numbers import Array, Bools, Ints, is_exact
from ...solvers.short import Short
from ..compiler.layout import Layout
from ..histories.classes import Level, feasible_at
from ..histories.ragged import flat_index, group_sums
from ..mechanism.mechanism import Mechanism, Stage
from .decisions import Decisions, flow
from .fines import Fines, Worth, add_fines, fines, utilities
from .timing import retime


def decode(layout: Layout, primal: Array, limit: float, worth: Worth | None = None) -> Mechanism:
    """The mechanism that a primal solution describes, its payments timed as the participation notion says.

    worth: what liars can get, where the utility columns do not say it. Raises `TooLarge` when the mechanism's
    tables would not fit in `limit` bytes.
    """
    _refuse_large(layout, limit)
    decided = decisions_of(layout, primal)
    owed = fines(decided, primal, utilities(layout, primal) if worth is None else worth)
    retime(decided)
    return to_mechanism(decided, owed)


@dataclass(frozen=True, eq=False, repr=False)
class _Weighted(Short):
    """A primal solution history by history.

    weight[t] (M,): the mechanism's own probability of each memory; reached[t] (M,): whether it gets there.
    """

    layout: Layout
    primal: Array
    weight: list[Array]
    reached: list[Bools]

    def each(self, t: int, memory: Ints, x: Array) -> Array:
        """x by the weight of its memory, 0 where the mechanism never gets."""
        weight, alive = self.weight[t][memory], self.reached[t][memory]
        return np.where(alive, x / arithmetic_of(weight).divisor(weight, alive), x * 0)

    def known(self, t: int, i: int) -> _Weighted:
        """The same, with the weights of period t as agent i expects them there."""
        if i not in self.layout.recollections[t]:
            return self
        weight, reached = self.weight.copy(), self.reached.copy()
        weight[t] = self.layout.known(t, i, self.weight[t])
        reached[t] = ~arithmetic_of(self.primal).negligible(weight[t], 1, SOLVED)
        return replace(self, weight=weight, reached=reached)


def decisions_of(layout: Layout, primal: Array) -> Decisions:
    """Lotteries and payments, history by history, before re-timing."""
    weight = [layout.weight(t, primal) for t in range(layout.horizon)]
    # What is said beyond a history that is never reached means nothing.
    reached = [~arithmetic_of(primal).negligible(w, 1, SOLVED) for w in weight]
    weighted = _Weighted(layout, primal, weight, reached)
    lottery = [_lottery(weighted, t) for t in range(layout.horizon)]
    paid = _from_utilities(weighted, lottery) if layout.plan.utilities else _from_payments(weighted)
    return Decisions(layout, lottery, paid, reached)


def _lottery(weighted: _Weighted, t: int) -> Array:
    layout, layer, goods = weighted.layout, weighted.layout.tree.layers[t], weighted.layout.env.goods[t]
    x = weighted.primal[layout.allocation(t).slice]
    x = np.where(x > 0, x, x * 0)
    memory, play = layer.plays.all
    if goods is not None:
        good = layer.level.play_action[play]
        for g, upper in enumerate(goods.upper):
            if upper is not None:
                x = np.where((good == g) & (x > upper), x * 0 + upper, x)
        return x
    if not is_exact(x):
        x = np.where(DOUBLE.negligible(x, weighted.weight[t][memory], SOLVED), 0.0, x)
    total = group_sums(x, layer.play_point, len(layer.points))[layer.play_point]
    alive = weighted.reached[t][memory] & np.asarray(total > 0, dtype=bool)
    first = arithmetic_of(x).zeros(len(x))
    first[layer.point_plays[:-1]] += 1
    return np.where(alive, x / arithmetic_of(total).divisor(total, alive), first)


def _from_utilities(weighted: _Weighted, lottery: list[Array]) -> list[dict[int, Array]]:
    """Payments that leave every truthful report the utility that the program gave it."""
    layout = weighted.layout
    paid: list[dict[int, Array]] = []
    for t in range(layout.horizon):
        row: dict[int, Array] = {}
        for i in layout.env.private:
            if i in layout.views[t] and (layout.plan.any_lies or layout.horizon == 1):
                row[i] = _truthful_payment(weighted, t, i)
            else:
                # Nobody lies: she pays what each period is worth to her, and keeps the initial utility.
                row[i] = flow(layout, t, i, lottery[t])
                if i in layout.views[t]:
                    row[i] = row[i] - weighted.primal[layout.utility(0, i).slice][layout.views[0][i].sender]
        paid.append(row)
    return paid


def _truthful_payment(weighted: _Weighted, t: int, i: int) -> Array:
    layout, layer, view = weighted.layout, weighted.layout.tree.layers[t], weighted.layout.views[t][i]
    state = view.truthful_state
    rows = layout.rows(t, i, view.info_class[view.report_info])
    terms = layout.terms(t, i, state, np.arange(len(state)), False)
    x = weighted.primal
    if len(terms.later):
        x, later = x.copy(), layout.utility(t + 1, i).slice
        alive = weighted.known(t + 1, i).reached[t + 1][layout.states[t + 1][i].memory]
        x[later] = np.where(alive, x[later], x[later] * 0)
    now, *then = (
        group_sums(earned.value * x[earned.column], earned.row, len(rows))
        for earned in layout.earned(t, i, rows, terms)
    )
    charge = sum(then, now) - x[layout.utility(t, i).start + layout.states[t][i].along(rows, state)]
    # Every decision point of a report is charged the same.
    memory, local = layer.points.all
    return weighted.known(t, i).each(t, memory, charge[rows.at(memory, view.report_of_point[local])])


def _from_payments(weighted: _Weighted) -> list[dict[int, Array]]:
    """Payment columns by weight; what is promised at unreached memories moves to the payment before.

    Where payments of single periods count it stays in its period: every history that follows the report, by
    another action, pays it there.
    """
    layout, primal, reached = weighted.layout, weighted.primal, weighted.reached
    plan = layout.plan
    stays = plan.incentives.myopic or any(demand.needs_every_period for demand in plan.demands)
    paid: list[dict[int, Array]] = [{} for _ in layout.tree.layers]
    for i in layout.env.private:
        owed: dict[int, Array] = {}  # by the period of whose money it is, at the memories of the next period
        for t in range(layout.horizon - 1, -1, -1):
            layer = layout.tree.layers[t]
            memory, local = layer.points.all
            alive = reached[t][memory]
            due = {s: group_sums(amount, layer.link_point, len(memory)) for s, amount in owed.items()}
            z = arithmetic_of(primal).zeros(len(memory))
            if layout.pays(t, i):
                z = _on_bounds(weighted, t, i, primal[layout.payment(t, i).slice])
            if not stays and due:
                z, due = z + layout.env.discount * due[t + 1], {}
            due = {s: _owed_elsewhere(weighted, t, i, amount) for s, amount in {t: z, **due}.items()}
            for s, amount in due.items():
                at = weighted.each(t, memory, amount)[layout.tree.ancestors(s)[t]]
                if s > t:
                    at = paid[s][i] + np.where(reached[s][layout.tree.layers[s].points.memory], at, at * 0)
                paid[s][i] = at
            owed = {
                s: group_sums(np.where(alive, x * 0, layer.level.prob[local] * x), memory, layer.count)
                for s, x in due.items()
            }
    return paid


def _on_bounds(weighted: _Weighted, t: int, i: int, z: Array) -> Array:
    """Payments (D,) that miss a bound by no more than a float engine leaves, put on it: by the weight of a
    rare history that would be much."""
    layout, stakes = weighted.layout, weighted.layout.stakes
    if is_exact(z) or stakes is None:
        return z
    weight = weighted.weight[t][layout.tree.layers[t].points.memory]
    for demand in layout.plan.demands:
        for bound in demand.paid(layout.env.agents[i].name):
            if bound is not None:
                due = float(bound) * weight
                z = np.where(DOUBLE.negligible(z - due, stakes.payments(t, i), SOLVED), due, z)
    return z


def _owed_elsewhere(weighted: _Weighted, t: int, i: int, z: Array) -> Array:
    """Payments (D,) of memories that are never reached, though she may be in others of the same recollection,
    paid there after the same report: to her, and to whoever expects what she pays, they are the same."""
    layout, layer = weighted.layout, weighted.layout.tree.layers[t]
    if i not in layout.recollections[t] or weighted.reached[t].all():
        return z
    known, view, recalled = weighted.known(t, i), layout.views[t][i], layout.recollections[t][i]
    memory, local = layer.points.all
    rows = layout.rows(t, i, view.info_class[view.report_info])
    lost = known.reached[t][memory] & ~weighted.reached[t][memory]
    weight = np.where(lost, recalled.weight[memory] * view.belief_of_point[local], 0)
    row = rows.at(memory, view.report_of_point[local])
    more = group_sums(weight * z, row, len(rows))[row]
    paid: Array = known.each(t, memory, more * weighted.weight[t][memory])
    return np.where(lost, z * 0, z + paid)


def to_mechanism(decided: Decisions, owed: Fines) -> Mechanism:
    """Dense tables over memories and the types of all agents."""
    layout = decided.layout
    env, tree = layout.env, layout.tree
    stages = []
    for t, layer in enumerate(tree.layers):
        types, actions = env.types(t), env.num_actions(t)
        local, unseen = _point_of_profile(layout, layer.level)
        index = layer.points.off[:-1][:, None] + local[layer.cls]
        point = layer.level.point_start[:-1, None] + local  # of its class
        exact = is_exact(decided.lottery[t])
        by_point = arithmetic(exact).zeros((len(layer.points), actions))
        action = layer.level.play_action[layer.plays.of_class]
        by_point[layer.play_point, action] = decided.lottery[t]
        allocation = by_point[index]
        if unseen.any() and env.goods[t] is None:
            # Public states that cannot come about get the first action that is feasible in them.
            memory, profile = np.nonzero(unseen[layer.cls])
            allocation[memory, profile] = arithmetic(exact).zeros(actions)
            allocation[memory, profile, feasible_at(env, t, _profiles(types)).argmax(axis=1)[profile]] += 1
        transfers = arithmetic(exact).zeros((env.num_agents, layer.count, int(np.prod(types))))
        for i in env.private:
            transfers[i] = decided.paid[t][i][index]
            if (t, i) in owed:
                untrue = layer.level.digits[point, i] != _profiles(types)[:, i]
                add_fines(transfers[i], layout, t, i, owed[t, i], point, untrue)
        following: Ints | None = None
        if t + 1 < layout.horizon:
            remembers = layer.level.remembers
            link = layer.point_plays[:-1] if remembers else np.arange(len(layer.points))
            link = np.repeat(link[:, None], actions, axis=1)
            if remembers:
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


def _profiles(types: tuple[int, ...]) -> Ints:
    """All profiles of types, agent 0 slowest: (S, N)."""
    return np.indices(types).reshape(len(types), -1).T


def _point_of_profile(layout: Layout, level: Level) -> tuple[Ints, Bools]:
    """For each class and each profile of types the point (within the class) that it is read as, and whether
    the profile's public state cannot come about in that class: (C, S) each.
    """
    env, sizes = layout.env, layout.env.types(level.t)
    profiles, states = _profiles(sizes), len(level.public_class)
    table = np.full((level.count, len(profiles)), -1, dtype=np.int64)
    local = np.arange(len(level.digits)) - level.point_start[level.point_class]
    table[level.point_class, flat_index(level.digits, sizes)] = local
    observed, seen_sizes = list(env.observed), tuple(sizes[j] for j in env.observed)
    seen = flat_index(profiles[:, observed], seen_sizes)
    # By class and what is seen: the public state, the first one where there is none.
    first = np.searchsorted(level.public_class, np.arange(level.count))
    public = np.repeat(first[:, None], int(np.prod(seen_sizes)), axis=1)
    unseen = np.ones(public.shape, dtype=bool)
    there = level.public_class, flat_index(level.public_digits[:, observed], seen_sizes)
    public[there], unseen[there] = np.arange(states), False
    state = public[:, seen]
    read = np.zeros(table.shape, dtype=np.int64)
    for j, size in enumerate(sizes):
        if j in env.observed:
            digit = level.public_digits[state, j]
        else:
            possible = np.zeros((states, size), dtype=bool)
            possible[level.public, level.digits[:, j]] = True
            nearest = np.where(possible, np.arange(size), possible.argmax(axis=1)[:, None])
            digit = nearest[state, profiles[:, j]]
        read = read * size + digit
    return np.take_along_axis(table, read, axis=1), unseen[:, seen]


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
