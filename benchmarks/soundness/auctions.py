"""The optimal auction of one good against its own definition as one program.

max Σ_i E[p_i + w (θ_i x_i − p_i)] over allocations at every profile and interim payments between bounds that
are Bayesian incentive compatible and interim individually rational, w ≤ 1 the weight on what buyers keep.
"""

from __future__ import annotations

import itertools
from fractions import Fraction
from typing import Any

from .bank import Item, environment_of, one_item, profiles_of
from .draw import Draw
from .rational import Plain, solve
from .replies import Played
from .tally import Tally
from .world import add

ONE, ZERO = Fraction(1), Fraction(0)


def check(seed: int) -> tuple[Tally, Any]:
    """Up to three buyers of up to three values."""
    import dynamech as dm

    d = Draw(seed)
    pick = d.random.choice
    scale, item = one_item(d)
    env, tally = environment_of(f"auction-{seed}", [item]), Tally()
    share = Fraction(pick([0, 0, 1, 2, 3]), 3)
    bounds = {
        agent.name: (scale * pick([-1, 0, 0]), scale * Fraction(pick([0, 1, 3, 6, 15]), 3))
        for agent in env.agents
        if pick([True, True, False])
    }
    right = _optimum(item, share, [bounds.get(agent.name) for agent in env.agents])
    objective = {"revenue": 1, "utility": share} if share else "revenue"
    words = {name: f"{low}..{high}" for name, (low, high) in bounds.items()}
    demands = {"payments": words} if bounds else None
    with tally.guarded("auction"):
        found = dm.auction(env, objective=objective, demands=demands, exact=True)
        tally.check(found.value == right, f"value {found.value}, not {right}")
        tally.check(found.bound == right, f"bound {found.bound}, not {right}")
        played = Played(env, found.mechanism)
        tally.check(played.gain(False) == 0, f"a lie gains {played.gain(False)}")
        tally.check(played.shortfall("interim", False) == 0, "somebody loses")
    with tally.guarded("auction, float"):
        near = dm.auction(env.to_float(), objective=objective, demands=demands)
        for what, said in (("value", near.value), ("bound", near.bound)):
            close = said is not None and abs(float(said) - float(right)) <= 1e-9 * float(scale + abs(right))
            tally.check(close, f"float: {what} {said!r}, not {float(right)!r}")
    return tally, env


def _optimum(item: Item, share: Fraction, bounds: list[tuple[Fraction, Fraction] | None]) -> Fraction:
    p = Plain()
    sold: dict[tuple[int, tuple[int, ...]], int] = {}
    profiles = profiles_of(item)
    for r, chance in profiles:
        for i, (values, _) in enumerate(item):
            sold[i, r] = p.column(ZERO)
            p.cost[sold[i, r]] = chance * share * values[r[i]]
        p.row({sold[i, r]: ONE for i in range(len(item))}, None, ONE)
    for i, (values, chances) in enumerate(item):
        low, high = bounds[i] or (None, None)
        paid = [p.column(low, high) for _ in values]
        wins: list[dict[int, Fraction]] = [{} for _ in values]
        for r, chance in profiles:
            add(wins[r[i]], sold[i, r], chance / chances[r[i]])
        gains = {
            (k, told): {**{c: v * values[k] for c, v in wins[told].items()}, paid[told]: -ONE}
            for k, told in itertools.product(range(len(values)), repeat=2)
        }
        for k in range(len(values)):
            p.cost[paid[k]] = chances[k] * (ONE - share)
            p.row(gains[k, k], ZERO)
            for told in range(len(values)):
                row = dict(gains[k, k])
                for c, v in gains[k, told].items():
                    add(row, c, -v)
                p.row(row, ZERO)
    found = solve(p)
    assert found.value is not None
    return found.value
