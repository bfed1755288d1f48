"""Integral monotonicity of an allocation with finite types (LN Theorem 5): implementable if and only if.

Let G(s, θ, m) be what type θ earns by reporting m at public state s and the truth ever after (`slopes.py`).
Payments exist iff there are rents V with

    V(s, θ) − V(s, m) ≥ G(s, θ, m) − G(s, m, m)        for all types θ and reports m where truth is asked for.

Finite types leave V some play, so the continuum's V' = D is not asked for. In turn, as far as needed:

1. Lower sums. With V(s, θ) = Σ_{j<θ} D(j, j) the condition is Σ_{m≤j<θ} D(j, j) − D(j, m) ≥ 0 upwards and
   Σ_{θ≤j<m} D(j, m) − D(j, j) ≥ 0 downwards, the integral of (21). Where it holds at every state they are V.
2. Intervals. Any V has V(θ) − V(m) ≥ Σ D_low(j, m), and V(m) − V(θ) ≤ Σ D_high(j, m), whatever V is later,
   where all types are probable. Lies each about the next whose bounds add up to more than 0 refute all
   payments: of two types, or of three where no two do.
3. Where neither decides, the linear program of `implement.py` does.
"""

from __future__ import annotations

from dataclasses import replace
from functools import partial

import numpy as np

from ...solvers.arithmetic import arithmetic
from ...solvers.effort import Effort
from ...solvers.numbers import Array, show
from ..environment.environment import Environment
from ..mechanism.mechanism import Mechanism
from ..verification.agent_view import view
from ..verification.finding import Lie, worst
from ..verification.judging import limits, verdict_of
from ..verification.public_states import Play
from ..verification.verdict import Verdict, Witness
from ..verification.witness import told_witness
from .implement import implement
from .slopes import Slopes, can_be, largest, slopes

KIND, NOTION = "monotonicity", "integral"


def integral_monotonicity(
    env: Environment, allocation: Mechanism, game: Play, sums: dict[int, Slopes], effort: Effort
) -> Verdict:
    """Whether payments exist that make truth Bayesian incentive compatible.

    game, sums: `bare_play` of the allocation, and every agent's slopes by `lower_sums`. The violation is what
    lies gain together, whatever is charged: of a ring of types the sum, of the program's mixture the mean.
    """
    holds = verdict_of(game, KIND, NOTION, [])
    misses = (
        _lower_sums_miss(game, i, t, slope) for i, slope in sums.items() for t in range(game.env.periods)
    )
    miss = worst(misses)
    if miss is None or not miss.counts:
        return holds
    if ring := _shortest_ring(game):
        return verdict_of(game, KIND, NOTION, [(ring[0], partial(_ring_witness, game, *ring))])
    tried = implement(
        env, allocation, solver=effort.solver, exact=game.exact, time_limit=effort.left,
        memory_limit=effort.memory_limit, notify=effort.notify,
    )  # fmt: skip
    if tried:
        return holds
    lie = tried.deviations[0]
    sentence = (
        f"With this allocation no payments hold everybody to the truth: a mixture of {len(tried.deviations)} "
        f"lies, first of all {lie.text}, gains {show(tried.gain)} whatever is charged."
    )
    told = Witness(lie.agent, lie.period, lie.history, lie.type, lie.report, "truth", tried.gain, sentence)
    return replace(holds, holds=False, violation=tried.gain, witness=told)


def _climbed(slope: Array) -> Array:
    """(M, O, K, K): G(θ, m) − G(m, m) by type θ and report m, from (M, O, K-1, K) what a step up is worth."""
    climb = np.concatenate([slope[:, :, :1] * 0, slope], axis=2).cumsum(axis=2)
    own = np.arange(climb.shape[3])
    above: Array = climb - climb[:, :, own, own][:, :, None]
    return above


def _lower_sums_miss(game: Play, i: int, t: int, sums: Slopes) -> Lie | None:
    """What lies of period t gain most with rents by lower sums, None where there are none."""
    may, slope = game.env.agents[i].may_report(t), sums.lower[t]
    counted = ~np.eye(slope.shape[-1], dtype=bool) & (True if may is None else may)
    counted = counted & can_be(game, view(game, i, t))[..., None, None]
    if not counted.any():
        return None
    rents = np.concatenate([sums.least[t][..., :1] * 0, sums.least[t]], axis=-1).cumsum(axis=-1)
    gain = np.where(counted, _climbed(slope) - (rents[..., :, None] - rents[..., None, :]), -np.inf)
    return largest(game, i, t, gain, limits(game, i)[t][..., None])


def _shortest_ring(game: Play) -> tuple[Lie, list[int]] | None:
    """Two or three lies, each about the next type, whose bounds add up to more than 0: those that gain most.

    None where there are none, and where some type or report may be left out of what is asked for.
    """
    rings: list[tuple[Lie, list[int]]] = []
    for i in game.env.private:
        views = [view(game, i, t) for t in range(game.env.periods)]
        everything = all(
            states.truth.all() and (seen.reached.any(axis=-1) | ~seen.open[..., None]).all()
            for seen, states in zip(views, game.states, strict=True)
        )
        if game.env.agents[i].reports is None and everything:
            bounds = slopes(game, i)
            rings += (ring for t in range(game.env.periods) if (ring := _ring(game, i, t, bounds)))
    return min(rings, key=lambda ring: (len(ring[1]), -ring[0].violation, ring[0].period), default=None)


def _ring(game: Play, i: int, t: int, bounds: Slopes) -> tuple[Lie, list[int]] | None:
    """The same in period t, from the longest walks of two, then of three lies."""
    low, high = _climbed(bounds.lower[t]), _climbed(bounds.upper[t])
    count = low.shape[-1]
    owed = np.where(np.arange(count)[:, None] >= np.arange(count), low, high)
    owed = np.where(can_be(game, view(game, i, t))[..., None, None], owed, 0 * owed)
    nothing = limits(game, i)[t].max(axis=-1)
    walk, middle = owed, None
    for _ in range(2):
        closed = walk + np.swapaxes(owed, -1, -2)
        last, around = closed.argmax(axis=-1), closed.max(axis=-1)
        if (around > nothing[..., None]).any():
            state, shown, first = (int(k) for k in np.unravel_index(int(around.argmax()), around.shape))
            back = int(last[state, shown, first])
            ring = [first, *([] if middle is None else [int(middle[state, shown, first, back])]), back]
            number = arithmetic(game.exact).number
            lie = Lie(
                agent=i, period=t, state=state, shown=shown, type=first, report=ring[1],
                violation=number(around[state, shown, first]), nothing=nothing[state, shown], counts=True,
            )  # fmt: skip
            return lie, ring
        two = owed[..., :, :, None] + owed[..., None, :, :]
        middle, walk = two.argmax(axis=-2), two.max(axis=-2)
    return None


def _ring_witness(game: Play, lie: Lie, ring: list[int]) -> Witness:
    types = game.env.agents[lie.agent].types[lie.period]
    said = " → ".join(types[k] for k in [*ring, ring[0]])
    return told_witness(game, lie, f"the lies {said} together gain {show(lie.violation)} whatever is charged")
