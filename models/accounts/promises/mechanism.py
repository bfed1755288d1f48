"""What attains the lower bound, as a mechanism: its memory is a point, and who plays which part in it.

At a point, q says who gets the item; type k of buyer i pays her value of it less U_i(k) − Z_i(k) ≥ 0, what
she has been promised beyond what is kept for her. So no period leaves anybody with less than 0. Then the lot
of the profile is drawn in public: it leads to a point of the next period whose promises are Z_i(k) on the
mean over the others and the draw, which is all that a report counts on.
"""

from __future__ import annotations

import numpy as np

from ....solvers.numbers import Floats, show
from ...mechanism.draws import MemoryDraws
from ...mechanism.mechanism import Mechanism, Stage
from ..items import Items
from .lots import PromiseLots


def mechanism_of(items: Items, lots: PromiseLots) -> Mechanism:
    """In doubles, whose revenue is the lower bound up to rounding."""
    items = items.to_float()
    stages = tuple(_stage(items, lots, t) for t in range(items.periods))
    return Mechanism(items.env.name, stages)


def _stage(items: Items, lots: PromiseLots, t: int) -> Stage:
    stage, unit = lots.bounds.promises.stages[t], lots.bounds.promises.unit
    sizes, states = np.bincount(stage.owner), list(lots.states[t])
    types = np.minimum(items.types[t], sizes[:, None] - 1)  # who cannot have the item counts as one type
    profiles = np.zeros((len(states), types.shape[1]), dtype=np.int64)
    lotteries, payments, promised = [], [], []
    for m, (p, parts) in enumerate(states):
        point, own = lots.point(t, p), np.array(parts)
        told = np.empty_like(types)
        told[own] = types
        profiles[m] = np.ravel_multi_index(tuple(told), tuple(sizes))
        line, sales = stage.at[own][:, profiles[m]], point.sales[own][:, profiles[m]]
        kept: Floats = np.stack(
            [np.bincount(point.where, point.share * one, stage.at.shape[1]) for one in point.dealt.T]
        )
        beyond = point.utility - stage.mean(kept)
        lotteries.append(items.lottery(t, sales))
        payments.append(unit * (stage.value[line] * sales - beyond[line]))
        promised.append(unit * point.promise[own])
    following, draws = None, None
    if t + 1 < items.periods:
        draws = _draws(lots, t, stage.at.shape[1])
        following = profiles + stage.at.shape[1] * np.arange(len(states))[:, None]

    def label(m: int) -> str:
        return f"promises {', '.join(show(amount) for amount in promised[m])}"

    paid = np.stack(payments, axis=1)
    return items.stage(t, np.stack(lotteries), paid, following, label, draws)


def _draws(lots: PromiseLots, t: int, profiles: int) -> MemoryDraws:
    """One lottery for every state and profile of its point."""
    number = {state: m for m, state in enumerate(lots.states[t + 1])}
    lottery, memory, chance = [], [], []
    for m, (p, parts) in enumerate(lots.states[t]):
        point = lots.point(t, p)
        lottery.append(m * profiles + point.where)
        memory += [number[state] for state in lots.following(t, point, parts)]
        chance.append(point.share)
    which, share = np.concatenate(lottery), np.concatenate(chance)
    order = np.argsort(which, kind="stable")
    return MemoryDraws.of(which[order], np.array(memory)[order], share[order], len(lots.states[t]) * profiles)
