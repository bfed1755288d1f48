"""When an allocation can be paid for: three monotonicities (LN Definitions 4, 5, Theorem 5).

Each is a verdict on an allocation, whatever its payments. *Average*: by lower sums (`slopes.py`), what a step
up is worth, D(j, m), is nondecreasing in the report m at every public state. Then it is no less under truth,
D(j, j), than under any lower report, and no more than under any higher one: integral monotonicity, summand by
summand (`integral.py`). And strong monotonicity (`strong.py`) makes D nondecreasing:

    strong  ⇒  average  ⇒  integral  ⇔  payments exist.
"""

from __future__ import annotations

from dataclasses import replace
from functools import partial

import numpy as np

from ...solvers.effort import FLOATS, Effort
from ...solvers.numbers import show
from ..environment.environment import Environment
from ..mechanism.mechanism import Mechanism
from ..verification.agent_view import view
from ..verification.finding import Lie, worst
from ..verification.judging import Told, limits, verdict_of
from ..verification.public_states import Play
from ..verification.verdict import Verdict, Verdicts, Witness
from ..verification.witness import told_witness
from .integral import integral_monotonicity
from .slopes import Slopes, bare_play, can_be, largest, lower_sums, slopes
from .strong import strong_monotonicity


def monotonicity(env: Environment, allocation: Mechanism, effort: Effort = FLOATS) -> Verdicts:
    """Strong, average and integral monotonicity of an allocation, in this order.

    Raises `AssumptionViolated`, `InvalidInput` and `TooLarge` as `slopes.bare_play`, and `DynamechError`
    where the program that decides on payments does not come to an end.
    """
    game = bare_play(env, allocation, effort)
    sums = {i: slopes(game, i, lower_sums) for i in game.env.private}
    integral = integral_monotonicity(env, allocation, game, sums, effort)
    return Verdicts([strong_monotonicity(game), _average(game, sums), integral])


def _average(game: Play, sums: dict[int, Slopes]) -> Verdict:
    """Witness: the type below the step, and the higher of the two reports."""
    told: list[Told] = []
    for i, slope in sums.items():
        fall = worst(_largest_fall(game, i, t, slope) for t in range(game.env.periods))
        if fall is not None:
            told.append((fall, partial(_witness, game, fall, slope)))
    return verdict_of(game, "monotonicity", "average", told)


def _largest_fall(game: Play, i: int, t: int, slope: Slopes) -> Lie | None:
    fall, possible = -np.diff(slope.lower[t], axis=-1), can_be(game, view(game, i, t))[..., None, None]
    if not fall.size or not possible.any():
        return None
    fall = np.where(possible, fall, -np.inf)
    lie = largest(game, i, t, fall, limits(game, i)[t][..., 1:, None])
    return replace(lie, report=lie.report + 1)


def _witness(game: Play, fall: Lie, slope: Slopes) -> Witness:
    before, after = slope.lower[fall.period][
        fall.state, fall.shown, fall.type, fall.report - 1 : fall.report + 1
    ]
    lower = game.env.agents[fall.agent].types[fall.period][fall.report - 1]
    return told_witness(
        game, fall, f"one type up is then worth {show(after)} more, but {show(before)} after '{lower}'"
    )
