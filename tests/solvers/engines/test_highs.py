"""What HiGHS says of a quadratic optimum is measured in units of the data, whatever money is counted in."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction as F

import numpy as np
import pytest

from dynamech.solvers.engines.highs import decide
from dynamech.solvers.engines.highs_session import Session, Vectors
from dynamech.solvers.options import Options
from dynamech.solvers.program import Builder
from dynamech.solvers.solve import solve


@pytest.mark.parametrize("unit", [1e-9, 1.0, 1e9])
def test_a_quadratic_optimum_that_is_none_is_no_optimum_in_any_money(
    unit: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    builder = Builder(sense="max")
    x = builder.columns("x", 1, upper=10, objective=unit)
    row = builder.rows("row", 1, upper=5)
    builder.entries(row.index, x.index, 1)
    builder.quadratic(x.index, x.index, -unit)
    program = builder.build()
    assert decide(Session(program, "highs", Options())) == "kOptimal"
    vectors = Session.vectors

    def off(session: Session) -> Vectors | None:
        at = vectors(session)
        return None if at is None else replace(at, primal=at.primal * 1.01)

    monkeypatch.setattr(Session, "vectors", off)
    assert decide(Session(program, "highs", Options())) == "kUnknown"


@pytest.mark.parametrize("power", [0, -2, -4, -6, -9])
@pytest.mark.parametrize("money", [0, -12, 12])
@pytest.mark.parametrize("empty", [False, True])
def test_quantities_that_rows_keep_small(power: int, money: int, empty: bool) -> None:
    """HiGHS gives up where all that is left to go is 1e-4; max -m|x|²/2, x_1 + x_2 = b."""
    b, m = F(10) ** power, F(10) ** money
    build = Builder(exact=True)
    x = build.columns("x", 3, lower=0, upper=3)
    row = build.rows("row", 1, lower=b, upper=b)
    build.entries(row.index, x.index[1:], np.array([F(1)] * 2))
    if empty:
        build.rows("empty", 1, lower=0, upper=0)
    build.quadratic(x.index, x.index, np.array([-m] * 3))
    program = build.build()
    assert solve(program, exact=True).value == -m * b * b / 4
    rounded = solve(program.to_float())
    assert rounded.status == "optimal", rounded.message
    half = float(b) / 2
    assert rounded["x"].tolist() == pytest.approx([0, half, half], rel=1e-6, abs=1e-6 * half)
