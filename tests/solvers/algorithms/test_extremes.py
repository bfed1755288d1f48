"""The least and largest values of columns, beside one program for each."""

from __future__ import annotations

import math
from dataclasses import replace
from fractions import Fraction as F
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dynamech.solvers.algorithms.extremes import extremes
from dynamech.solvers.clock import Clock
from dynamech.solvers.errors import Infeasible, OutOfTime
from dynamech.solvers.program import Builder, Program
from dynamech.solvers.solve import solve

INF = math.inf


@st.composite
def programs(draw: Any) -> Program:
    """Rational rows and bounds, some of them missing; the point of all ones is feasible half of the time."""
    rows, columns = draw(st.integers(1, 4)), draw(st.integers(1, 4))
    size = st.lists(st.integers(-3, 3), min_size=rows * columns, max_size=rows * columns)
    matrix = np.array(draw(size)).reshape(rows, columns)
    builder = Builder(exact=True)
    open_ = draw(st.lists(st.booleans(), min_size=columns, max_size=columns))
    lower = np.array([-INF if free else F(0) for free in open_], dtype=object)
    x = builder.columns("x", columns, lower=lower, upper=INF)
    shift = draw(st.integers(-1, 2))
    upper = [F(int(v)) + F(shift, 3) for v in matrix.sum(axis=1)]
    kinds = draw(st.lists(st.booleans(), min_size=rows, max_size=rows))
    lows = [u if equal else -INF for u, equal in zip(upper, kinds, strict=True)]
    made = builder.rows("rows", rows, lower=np.array(lows, dtype=object), upper=np.array(upper, dtype=object))
    builder.entries(made.index[:, None], x.index, matrix)
    return builder.build()


def apart(program: Program, sign: int, column: int) -> Any:
    objective = 0 * program.objective
    objective[column] += 1
    asked = replace(program, objective=objective, sense="max" if sign > 0 else "min")
    solution = solve(asked, exact=program.exact)
    return {"optimal": solution.value, "unbounded": sign * INF}.get(solution.status, solution.status)


@settings(max_examples=12, deadline=None, derandomize=True)
@given(programs())
def test_they_are_what_programs_of_their_own_say(program: Program) -> None:
    columns = np.arange(program.num_columns)[::-1]
    wanted = [[apart(program, sign, column) for column in columns.tolist()] for sign in (-1, 1)]
    for asked in (program, program.to_float()):
        if wanted[0][0] == "infeasible":
            with pytest.raises(Infeasible, match="no feasible point"):
                extremes(asked, columns)
            continue
        found = extremes(asked, columns)
        if asked.exact:
            assert [ends.tolist() for ends in found] == wanted
        else:
            assert np.allclose(found, np.array(wanted, dtype=float), rtol=1e-8, atol=1e-8)


@pytest.mark.parametrize("money", [F(1, 10**12), F(10**12)])
def test_units_of_money_do_not_matter(money: F) -> None:
    builder = Builder(exact=True)
    x = builder.columns("x", 2)
    row = builder.rows("row", 1, lower=-INF, upper=3 * money)
    builder.entries(row.index, x.index, np.array([1, 2]))
    program = builder.build()
    assert [ends.tolist() for ends in extremes(program, x.index)] == [[0, 0], [3 * money, F(3, 2) * money]]
    least, largest = extremes(program.to_float(), x.index)
    assert (abs(least) <= 1e-9 * money).all()
    assert np.allclose(largest / float(money), [3, 1.5], rtol=1e-9)


def test_it_looks_at_the_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    builder = Builder(exact=True)
    x = builder.columns("x", 2, upper=1)
    monkeypatch.setattr(Clock, "over", lambda self: True)
    with pytest.raises(OutOfTime):
        extremes(builder.build(), x.index)
