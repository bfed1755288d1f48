"""What HiGHS says of a quadratic optimum is measured in units of the data, whatever money is counted in."""

from __future__ import annotations

from dataclasses import replace

import pytest

from dynamech.solvers.engines.highs import decide
from dynamech.solvers.engines.highs_session import Session, Vectors
from dynamech.solvers.options import Options
from dynamech.solvers.program import Builder


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
