"""What the solver tests share: random programs and the optimality conditions."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import strategies as st

from dynamech.solvers.duality import dual_bound
from dynamech.solvers.program import Builder, Program
from dynamech.solvers.solution import Solution


def _small(draw: Any) -> Fraction:
    return Fraction(draw(st.integers(-6, 6)), draw(st.sampled_from([1, 1, 2, 3])))


@st.composite
def _programs(draw: Any, exact: bool = False, bounded: bool = False) -> Program:
    """Small linear programs with every kind of row and column; `bounded` keeps them from being unbounded."""
    n, m = draw(st.integers(1, 5)), draw(st.integers(0, 5))
    builder = Builder(sense=draw(st.sampled_from(["max", "min"])), exact=exact, name="random")
    for j in range(n):
        low = _small(draw)
        kinds = ["boxed"] if bounded else ["boxed", "lower", "upper", "free", "fixed"]
        kind = draw(st.sampled_from(kinds))
        bounds: dict[str, Any] = {
            "boxed": {"lower": low, "upper": low + draw(st.integers(0, 5))},
            "lower": {"lower": low},
            "upper": {"lower": None, "upper": low},
            "free": {"lower": None},
            "fixed": {"lower": low, "upper": low},
        }[kind]
        builder.columns(f"x{j}", 1, objective=_small(draw), **bounds)
    for i in range(m):
        side = _small(draw)
        kind = draw(st.sampled_from(["le", "ge", "eq", "range", "free"]))
        rows: dict[str, Any] = {
            "le": {"upper": side},
            "ge": {"lower": side},
            "eq": {"lower": side, "upper": side},
            "range": {"lower": side, "upper": side + draw(st.integers(1, 4))},
            "free": {},
        }[kind]
        block = builder.rows(f"r{i}", 1, **rows)
        columns = draw(st.lists(st.integers(0, n - 1), max_size=n, unique=True))
        for j in columns:
            builder.entries(block.index, j, _small(draw))
    builder.offset = _small(draw)
    return builder.build()


@pytest.fixture(scope="session")
def programs() -> Callable[..., st.SearchStrategy[Program]]:
    return _programs


@pytest.fixture(scope="session")
def check_optimal() -> Callable[[Solution], None]:
    """Primal feasible, duals of the right sign, and equal values: the definition of an optimum."""

    def check(solution: Solution, tolerance: float = 1e-6) -> None:
        p = solution.program.to_float()
        assert solution.status == "optimal", solution.message
        assert solution.primal is not None
        assert solution.dual is not None
        assert solution.reduced_costs is not None
        x, y, z = solution.primal, solution.dual, solution.reduced_costs
        activity = p.matrix @ x
        assert (x >= p.lower - tolerance).all()
        assert (x <= p.upper + tolerance).all()
        assert (activity >= p.row_lower - tolerance).all()
        assert (activity <= p.row_upper + tolerance).all()
        np.testing.assert_allclose(p.objective + p.hessian @ x, p.matrix.T @ y + z, atol=tolerance)
        value = float(p.offset) + p.objective @ x + x @ (p.hessian @ x) / 2
        bound = dual_bound(p, y, x, tolerance=tolerance)
        assert bound is not None
        assert value == pytest.approx(bound, abs=tolerance, rel=tolerance)
        assert solution.value == pytest.approx(value)

    return check
