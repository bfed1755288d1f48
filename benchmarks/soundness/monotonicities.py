"""Allocations drawn at random: which can be paid for, and what the three monotonicities say of them (LN).

Strong implies average, average implies integral, and integral holds exactly where payments exist, which
`implement` finds or refutes by a program of its own; payments are judged by every lie, and what truth earns
under them meets ICFOC. Payments by lower sums are judged as well. The same in doubles and in other units.
"""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from typing import Any

import numpy as np

from .decisions import ONE
from .draw import Draw, environment
from .environments import CLEAR
from .replies import Played
from .tally import Tally
from .world import unit_of

F = Fraction


def check(seed: int) -> tuple[Tally, Any]:
    """One allocation without memory in any kind of environment, refused where the theorem is not for it."""
    import dynamech as dm

    tally, d = Tally(), Draw(seed)
    env, _ = environment(seed)
    mechanism = _allocation(env, d)
    with tally.guarded("monotonicity, exact"):
        verdicts = dm.check_monotonicity(env, mechanism)
        said = [verdict.holds for verdict in verdicts]
        strong, average, integral = said
        tally.check(average or not strong, f"strong without average: {said}")
        tally.check(integral or not average, f"average without integral: {said}")
        paid = dm.implement(env, mechanism, "bayesian")
        tally.check(bool(paid) == integral, f"integral {integral}, and payments: {bool(paid)}")
        if paid.mechanism is not None:
            gain = Played(paid.environment, paid.mechanism).gain(False)
            tally.check(gain == 0, f"a lie gains {gain} whatever implement charges")
            verdict = dm.check_icfoc(paid.environment, paid.mechanism)
            tally.check(verdict.holds, f"ICFOC fails of what is incentive compatible: {verdict!r}")
        with tally.guarded("lower sums"):
            sums = dm.markov_transfers(env, mechanism)
            gain = Played(sums.environment, sums.mechanism).gain(False)
            tally.check(sums.verdict.holds == (gain == 0), f"lower sums: {sums.verdict!r}, and {gain}")
        small = CLEAR * float(unit_of(env))
        unclear = any(0 < float(verdict.violation) <= small for verdict in verdicts)
        tally.undecided += unclear
        for scale in () if unclear else (ONE, F(10) ** 9, F(1, 10**9)):
            other = _scaled(env, scale).to_float()
            rounded = [v.holds for v in dm.check_monotonicity(other, _rounded(mechanism))]
            tally.check(rounded == said, f"in doubles, money times {float(scale):g}: {rounded}, not {said}")
    return tally, env


def _scaled(env: Any, scale: Fraction) -> Any:
    """All money in another unit."""
    agents = [replace(one, values=tuple(scale * table for table in one.values)) for one in env.agents]
    return env._with(agents=tuple(agents), costs=tuple(scale * cost for cost in env.costs))


def _allocation(env: Any, d: Draw) -> Any:
    """A feasible action, or a lottery over two, at every profile; higher types may get later actions."""
    import dynamech as dm

    rising, stages = d.random.choice([True, False]), []
    for t in range(env.periods):
        shape, count = env.types(t), env.num_actions(t)
        table = np.full((1, *shape, count), F(0))
        for at in np.ndindex(*shape):
            several = [int(a) for a in range(count) if _feasible(env, t, a, at)]
            chosen = sorted(several)[min(sum(at), len(several) - 1)] if rising else d.random.choice(several)
            other = d.random.choice(several) if not rising and d.random.random() < 0.3 else chosen
            table[(0, *at, chosen)] += F(1, 2)
            table[(0, *at, other)] += F(1, 2)
        nothing = np.full((env.num_agents, 1, *shape), F(0))
        after = None if t == env.periods - 1 else np.zeros((1, *shape, count), dtype=np.int64)
        stages.append(dm.Stage(table, nothing, after))
    return dm.Mechanism(env.name, tuple(stages))


def _feasible(env: Any, t: int, a: int, at: tuple[int, ...]) -> bool:
    table = env.feasible[t]
    if table is None:
        return True
    seen = [at[j] for j in env.observed]
    return bool(table[(a, *(k if size > 1 else 0 for k, size in zip(seen, table.shape[1:], strict=True)))])


def _rounded(mechanism: Any) -> Any:
    """In doubles."""
    stages = [
        replace(one, allocation=one.allocation.astype(float), transfers=one.transfers.astype(float))
        for one in mechanism.stages
    ]
    return replace(mechanism, stages=tuple(stages))
