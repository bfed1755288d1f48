"""How little a type's weight may be for the virtual plan to stay best: the weights that rule (C) charges by.

Fix the others' first signals and what they report in period 1, y. Agent i's weight w on her slopes alone
gives

    Φ(w) = E over her own y of the largest affine welfare from period 1 on, the others at their virtual
    weights,

convex and piecewise linear. The virtual plan of her first signal l is a tangent of Φ at her virtual weight
φ(l); u_l is the lowest w at which it still touches. It is found from the left: from a w below, the tangent
there meets the plan's line at a w that is nearer and never beyond, and after finitely many steps at u_l. She
is charged as if her weight were, at first report k,

    multiplicative   a A(x), with a = max over l ≤ k of u_l / A(l) in place of α(k),
    additive         A(x) − μ, with μ = min over l ≤ k of A(l) − u_l in place of h(k),

over those l that count and are given anything; with none there is no price at which she is served.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import numpy as np

from ...solvers.arithmetic import COMPUTED, arithmetic_of
from ...solvers.numbers import Array, Ints, Number
from ...solvers.short import Short
from .affine import Weights
from .setting import Profile, Setting, swapped

STEPS = 1000
"""Tangent steps after which doubles are taken to go round in circles; a handful is usual."""


@dataclass(frozen=True, repr=False)
class Charge(Short):
    """How an agent is charged from period 1 on: her weight on slopes at a level A is scale · A + shift.

    weight: a, or −μ, as it was found; a = 0 says that the plan is free, and is charged at a scale so low that
    no first signal of hers could tell.
    """

    scale: Number
    shift: Number
    weight: Number


def charges(setting: Setting, i: int, profile: Profile) -> list[Charge | None]:
    """Agent i's at a profile of first reports, by the others' states of period 1; None: no price."""
    rows = []
    for low in range(profile[i] + 1):
        below = swapped(profile, i, low)
        if not setting.left_out[below][i]:
            rows.append((low, lowest_weights(setting, i, below)))
    count = int(np.prod([size for j, size in enumerate(setting.affine.sizes[1]) if j != i], dtype=np.int64))
    return [charge(setting, i, profile[i], [(low, row[y]) for low, row in rows]) for y in range(count)]


def charge(setting: Setting, i: int, report: int, lows: list[tuple[int, Number | None]]) -> Charge | None:
    """Agent i's at a first report; None: no price. lows: (l, u_l) of those up to it that count, u_l None
    where nothing is done for l."""
    levels = setting.levels[i]
    priced = [(low, weight) for low, weight in lows if weight is not None]
    if not priced:
        return None
    if levels.form == "additive":
        weight = max(weight - levels.level[low] for low, weight in priced)
        if weight == -np.inf:
            weight = -levels.short[report]
        return Charge(1 + 0 * levels.level[0], weight, weight)
    scale = max(weight / levels.level[low] for low, weight in priced)
    last = priced[-1][0]  # the report itself, unless it does not count
    free, nothing = levels.weight(last, last) / levels.level.max(), 0 * levels.level[0]
    if arithmetic_of(levels.level).negligible(scale, free):
        scale = scale - scale
    return Charge(scale if scale > 0 else free, nothing, scale)


def lowest_weights(setting: Setting, i: int, profile: Profile) -> list[Number | None]:
    """u at a profile of first signals, by the others' states of period 1: None where nothing is done for her.

    Never below 0 where values are multiplicative; −∞ where the plan is best at all weights.
    """
    affine, levels = setting.affine, setting.levels[i]
    weights = setting.weights(profile, profile)
    course = setting.courses[profile]
    law = own_law(setting, i, profile)
    virtual = levels.virtual[profile[i]]

    def mean(values: Array) -> Array:
        return own_mean(setting, i, law, values)

    def tangent(y: int, weight: Number) -> tuple[Number, Number]:
        at: Weights = (*weights[:i], weight, *weights[i + 1 :])
        plan = affine.welfare(at)
        return mean(plan.values[1])[y], mean(affine.total(plan.policy, affine.slopes[i])[1])[y]

    slope = mean(affine.total(course.policy, affine.slopes[i])[1])
    base = mean(affine.welfare(weights).values[1]) - slope * virtual
    if levels.form == "additive":
        plan = affine.least(weights, i)
        start = (mean(plan.values[1]), mean(affine.total(plan.policy, affine.slopes[i])[1]))
    nothing = arithmetic_of(slope).slack(max(abs(part).max() for part in affine.slopes[i]), COMPUTED)
    lowest: list[Number | None] = []
    for y in range(len(slope)):
        if slope[y] <= nothing:
            lowest.append(None)
            continue
        weight: Number = 0 * virtual
        if levels.form == "additive":
            if slope[y] - start[1][y] <= nothing:
                lowest.append(-np.inf)
                continue
            weight = (start[0][y] - base[y]) / (slope[y] - start[1][y])
        lowest.append(touching(partial(tangent, y), base[y], slope[y], weight))
    return lowest


def touching(
    tangent: Callable[[Number], tuple[Number, Number]], base: Number, slope: Number, weight: Number
) -> Number:
    """The lowest weight from `weight` on at which ``base + slope · weight`` touches a convex function.

    tangent: of a weight, the function and its slope there. The line is a tangent further to the right.
    """
    for _ in range(STEPS):
        value, steep = tangent(weight)
        above = value - base - slope * weight
        if above <= arithmetic_of(base).slack(value, COMPUTED) or steep >= slope:
            break
        weight = weight + above / (slope - steep)
    return weight


def own_law(setting: Setting, i: int, profile: Profile) -> Array:
    """Probabilities (Y,) of agent i's state in period 1 after what is done in period 0."""
    moves = setting.pairs[i].moves[0]
    action = int(setting.courses[profile].policy[0][0])
    law: Array = moves[action if len(moves) > 1 else 0, 0]
    return law


def own_mean(setting: Setting, i: int, law: Array, values: Array) -> Array:
    """From (S,) of period 1 to the mean over agent i's own state, by the others' (S of the others,)."""
    table = np.moveaxis(values.reshape(setting.affine.sizes[1]), i, -1)
    mean: Array = table.reshape(-1, len(law)) @ law  # one agent alone has a single row
    return mean


def others_index(sizes: tuple[int, ...], i: int) -> Ints:
    """(S,): the number of the others' states in each profile, in product order."""
    digits = np.unravel_index(np.arange(int(np.prod(sizes))), sizes)
    index: Ints = np.zeros(len(digits[0]), dtype=np.int64)
    for j, size in enumerate(sizes):
        if j != i:
            index = index * size + digits[j]
    return index
