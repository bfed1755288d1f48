"""What a rule that remembers adds up to for ever, against many periods one after the other."""

from __future__ import annotations

from fractions import Fraction as F

import numpy as np
import pytest

from dynamech.solvers.algorithms.lasting import lasting_value
from dynamech.solvers.algorithms.moves import Moves
from dynamech.solvers.numbers import Array, to_float

MOVES = np.array([[[F(1, 4), F(3, 4)], [F(1), F(0)]], [[F(1, 2), F(1, 2)], [F(1, 3), F(2, 3)]]])  # (A, S, S')
LOTTERY = np.array([[[F(1), F(0)], [F(1, 3), F(2, 3)]], [[F(0), F(1)], [F(1, 5), F(4, 5)]]])  # (M, S, A)
FOLLOWING = np.array([[[1, 0], [0, 1]], [[0, 0], [1, 0]]])
FLOW = np.array([[[F(1), F(-2)], [F(3), F(5)]], [[F(0), F(7)], [F(-4), F(1)]]])  # (M, S, C)


def swept(flow: Array, discount: float, periods: int) -> Array:
    """Backwards over so many periods, entry by entry."""
    worth = np.zeros(flow.shape)
    for _ in range(periods):
        now = flow.astype(np.float64)
        for m, s, a, after in np.ndindex(2, 2, 2, 2):
            chance = float(LOTTERY[m, s, a] * MOVES[a, s, after])
            now[m, s] += discount * chance * worth[FOLLOWING[m, s, a], after]
        worth = now
    return worth


def test_it_is_the_limit_of_many_periods() -> None:
    exact = lasting_value(FLOW, LOTTERY, FOLLOWING, Moves.dense(MOVES), F(3, 4))
    assert to_float(exact) == pytest.approx(swept(to_float(FLOW), 0.75, 150), abs=1e-12)
    doubles = lasting_value(
        to_float(FLOW), to_float(LOTTERY), FOLLOWING, Moves.dense(to_float(MOVES)), 0.75
    )
    assert doubles == pytest.approx(to_float(exact), abs=1e-12)


def test_it_solves_its_own_equation() -> None:
    """Over the rationals, for one flow of two: V = flow + δ E V, with nothing left over."""
    worth = lasting_value(FLOW, LOTTERY, FOLLOWING, Moves.dense(MOVES), F(3, 4))[..., 1]
    for m, s in np.ndindex(2, 2):
        later = sum(
            (LOTTERY[m, s, a] * MOVES[a, s, k] * worth[FOLLOWING[m, s, a], k] for a, k in np.ndindex(2, 2)),
            F(0),
        )
        assert worth[m, s] == FLOW[m, s, 1] + F(3, 4) * later
