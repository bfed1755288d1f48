"""What the tests of mixed-integer programs share: random programs, and their optimum by enumeration."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from itertools import product
from typing import Any

import numpy as np
import pytest
from hypothesis import strategies as st

from dynamech.solvers.program import Builder, Program
from dynamech.solvers.solve import solve

Truth = tuple[str, Fraction | None]


@st.composite
def _mixed(draw: Any) -> Program:
    """Up to three whole numbers, up to two others, some of them without bounds; up to four rows."""
    def number() -> Fraction:
        return Fraction(draw(st.integers(-6, 6)), draw(st.sampled_from([1, 2, 3])))

    builder = Builder(sense=draw(st.sampled_from(["max", "min"])), exact=True, name="random")
    builder.offset = number()
    for j in range(draw(st.integers(1, 3))):
        low = draw(st.integers(-2, 1))
        high = low + draw(st.integers(0, 2))
        builder.columns(f"x{j}", 1, lower=low, upper=high, objective=number(), integer=True)
    for j in range(draw(st.integers(0, 2))):
        low = draw(st.sampled_from([None, 0, Fraction(-1, 3)]))
        builder.columns(f"y{j}", 1, lower=low, upper=draw(st.sampled_from([None, 2])), objective=number())
    for i in range(draw(st.integers(0, 4))):
        side = number()
        bounds = draw(st.sampled_from([(None, side), (side, None), (side, side), (side, side + 1)]))
        row = builder.rows(f"r{i}", 1, lower=bounds[0], upper=bounds[1])
        for j in range(builder.num_columns):
            builder.entries(row.index, j, number())
    return builder.build()


@pytest.fixture(scope="session")
def mixed() -> Callable[[], st.SearchStrategy[Program]]:
    return _mixed


@pytest.fixture(scope="session")
def enumerated() -> Callable[[Program], Truth]:
    """(status, value) from a linear program for every choice of whole numbers."""
    def truth(program: Program) -> Truth:
        values: list[Fraction] = []
        spans = [range(int(program.lower[k]), int(program.upper[k]) + 1) for k in program.integers.tolist()]
        for whole in product(*spans):
            point = np.zeros(program.num_columns)
            point[program.integers] = whole
            answer = solve(program.fixed_at(point), exact=True)
            if answer.status == "unbounded":
                return "unbounded", None
            values += [Fraction(answer.value)] if answer.value is not None else []
        if not values:
            return "infeasible", None
        return "optimal", max(values) if program.sense == "max" else min(values)

    return truth
