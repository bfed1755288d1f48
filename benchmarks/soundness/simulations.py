"""Paths of a mechanism against what it earns and does in exact expectation.

With n paths a mean of numbers within a range R is off by more than R (ln(2/α) / 2n)^(1/2) with probability α
at most (Hoeffding), whatever the numbers are; α is 1e-9.
"""

from __future__ import annotations

import math
from fractions import Fraction
from typing import Any

from .draw import environment
from .replies import Played, State
from .tally import Tally

PATHS = 20_000
OFF = math.sqrt(math.log(2e9) / (2 * PATHS))


def check(seed: int) -> tuple[Tally, Any]:
    """The first best or the optimum of one environment."""
    import dynamech as dm

    env, _ = environment(seed)
    tally = Tally()
    with tally.guarded("simulate"):
        mechanism = dm.design(env, incentives=("none", "bayesian")[seed % 2], exact=True).mechanism
        ran = dm.simulate(env, mechanism, paths=PATHS, seed=seed)
        played = Played(env, mechanism)
        right = float(played.designer(played.start, Fraction(1), Fraction(0)))
        most = sum(
            float(env.discount) ** t * float(abs(s.transfers).sum(axis=0).max() + abs(env.costs[t]).max())
            for t, s in enumerate(mechanism.stages)
        )
        off = abs(ran.revenue.mean - right)
        tally.check(off <= 2 * most * OFF, f"revenue {ran.revenue.mean!r}, expected {right!r}")
        for t, (shares, said) in enumerate(zip(_shares(played), ran.actions, strict=True)):
            for a, label in enumerate(env.actions[t]):
                expected = float(shares.get(a, 0))
                tally.check(
                    abs(said[label] - expected) <= OFF and (said[label] == 0 or expected > 0),
                    f"period {t}: '{label}' is taken {said[label]!r} of the time, expected {expected!r}",
                )
    return tally, env


def _shares(played: Played) -> list[dict[int, Fraction]]:
    """By period, with what probability each action is taken."""
    here: dict[State, Fraction] = {played.start: Fraction(1)}
    shares: list[dict[int, Fraction]] = []
    for t in range(played.w.T):
        taken: dict[int, Fraction] = {}
        after: dict[State, Fraction] = {}
        for state, weight in here.items():
            for r, odds in played.chances(state).items():
                for a, q in played.lottery(state, r):
                    chance = weight * odds * q
                    taken[a] = taken.get(a, Fraction(0)) + chance
                    if t + 1 < played.w.T:
                        then = played.onward(state, r, a)
                        after[then] = after.get(then, Fraction(0)) + chance
        shares.append(taken)
        here = after
    return shares
