"""Capped money burning (MPTZ, Theorem E.2) against its own definition as one program.

max Σ_i w_i, w_i ≤ b_i, w_i ≤ E u_i, over allocations at every profile and nonnegative interim payments that
are Bayesian incentive compatible and interim individually rational.
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
    scale, item = one_item(d)
    caps = [scale * Fraction(d.random.choice([0, 1, 3, 6, 15, 300]), 3) for _ in item]
    env, tally = environment_of(f"burning-{seed}", [item]), Tally()
    right = _optimum(item, caps)
    with tally.guarded("burn"):
        found = dm.burn(env, caps)
        tally.check(found.value == right, f"value {found.value}, not {right}")
        tally.check(found.dual == right, f"dual {found.dual}, not {right}")
        _rule(env, item, caps, found, right, tally)
    with tally.guarded("burn, float"):
        rounded = dm.burn(env.to_float(), [float(c) for c in caps])
        slack = 1e-9 * float(right)
        for what, said in (("value", rounded.value), ("dual", rounded.dual)):
            close = abs(float(said) - float(right)) <= slack
            tally.check(close, f"float: {what} {said!r}, not {float(right)!r}")
    return tally, env


def _optimum(item: Item, caps: list[Fraction]) -> Fraction:
    p = Plain()
    share: dict[tuple[int, tuple[int, ...]], int] = {}
    profiles = profiles_of(item)
    for r, _ in profiles:
        for i in range(len(item)):
            share[i, r] = p.column(ZERO)
        p.row({share[i, r]: ONE for i in range(len(item))}, None, ONE)
    for i, (values, chances) in enumerate(item):
        paid = [p.column(ZERO) for _ in values]
        wins: list[dict[int, Fraction]] = []
        for k in range(len(values)):
            row: dict[int, Fraction] = {}
            for r, chance in profiles:
                if r[i] == k:
                    add(row, share[i, r], chance / chances[k])
            wins.append(row)
        gains = {
            (k, told): {**{c: v * values[k] for c, v in wins[told].items()}, paid[told]: -ONE}
            for k, told in itertools.product(range(len(values)), repeat=2)
        }
        expected: dict[int, Fraction] = {}
        for k in range(len(values)):
            p.row(gains[k, k], ZERO)
            for c, v in gains[k, k].items():
                add(expected, c, chances[k] * v)
            for told in range(len(values)):
                row = dict(gains[k, k])
                for c, v in gains[k, told].items():
                    add(row, c, -v)
                p.row(row, ZERO)
        counted = p.column(None, caps[i])
        p.cost[counted] = ONE
        add(expected, counted, -ONE)
        p.row(expected, ZERO)
    found = solve(p)
    assert found.value is not None
    return found.value


def _rule(env: Any, item: Item, caps: list[Fraction], found: Any, right: Fraction, tally: Tally) -> None:
    """The auction itself: no lie gains, nobody loses or is paid, and it leaves what it says."""
    mechanism = found.mechanism(env)
    played = Played(env, mechanism)
    tally.check(played.gain(True) == 0, f"a lie gains {played.gain(True)}")
    tally.check(played.shortfall("ex-post", True) == 0, "somebody loses")
    lowest = min(mechanism.stages[0].transfers.ravel().tolist(), default=ZERO)
    tally.check(lowest >= 0, f"somebody is paid {-lowest}")
    total = ZERO
    for i in range(len(item)):
        expected = ZERO
        for r, chance in profiles_of(item):
            worth = sum((q * played.w.worth(i, 0, a, r) for a, q in played.lottery(played.start, r)), ZERO)
            expected += chance * (worth - played.paid(i, played.start, r))
        total += min(caps[i], expected)
    tally.check(total == right, f"the auction leaves {total}, not {right}")
