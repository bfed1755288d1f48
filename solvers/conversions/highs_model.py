"""A program as a HiGHS object: flat arrays in one call, no text and no Python object a row."""

from __future__ import annotations

from typing import Any

import highspy
import numpy as np

from ..errors import InvalidInput, TooLarge
from ..form import Form
from ..numbers import Floats
from .highs_object import new_highs

SMALL = 1e-12
"""HiGHS drops entries smaller than this; it can be told nothing less."""
KIND, MAKER = "HiGHS object", "to_highs()"
_INFINITE = 1e20  # HiGHS takes bounds and costs from here on for infinite


def highs_model(program: Form) -> Any:
    """A ``highspy.Highs`` that holds the program, in its own sense and units, and prints nothing.

    Columns and rows are in the order of the program, without names; others may be added behind them. The
    duals that HiGHS gives after ``run`` have the signs of ``Solution``. Raises ``InvalidInput`` for numbers
    that HiGHS cannot take, ``TooLarge``.
    """
    highs, p = new_highs(small_matrix_value=SMALL), program.to_float()
    sense = highspy.ObjSense.kMinimize if p.sense == "min" else highspy.ObjSense.kMaximize
    pass_program(highs, p, sense=int(sense), offset=float(p.offset))
    highs.program_mark = p.mark
    return highs


def own(mark: str, highs: Any) -> Any:
    """The object itself, where it was made of the program with this mark."""
    return highs if getattr(highs, "program_mark", "") == mark else None


def primal(program: Form, highs: Any) -> Floats:
    """Values (columns,): the first columns are the program's."""
    if not _reached(highs, highs.getInfo().primal_solution_status):
        raise InvalidInput(f"{KIND}: it has no answer, {_status(highs)}")
    return _first(program.num_columns, highs.getSolution().col_value, "columns")


def dual(program: Form, highs: Any) -> Floats:
    """Duals (rows,): the first rows are the program's."""
    solution = highs.getSolution()
    if not (solution.dual_valid and _reached(highs, highs.getInfo().dual_solution_status)):
        raise InvalidInput(f"{KIND}: it has no duals, {_status(highs)}")
    return _first(program.num_rows, solution.row_dual, "rows")


def _reached(highs: Any, status: Any) -> bool:
    """Whether there are such values: optimal ones, or the feasible ones that a limit left."""
    endless = highspy.HighsModelStatus.kUnbounded, highspy.HighsModelStatus.kUnboundedOrInfeasible
    feasible = status == highspy.SolutionStatus.kSolutionStatusFeasible
    return bool(feasible) and highs.getModelStatus() not in endless


def _status(highs: Any) -> str:
    return f"its status being {highs.modelStatusToString(highs.getModelStatus())!r}; run() solves it"


def _first(count: int, values: Any, what: str) -> Floats:
    if len(values) < count:
        raise InvalidInput(f"{KIND}: {len(values)} {what} are left of the program's {count}")
    return np.array(values[:count], dtype=np.float64)


def pass_program(highs: Any, p: Form, *, sign: float = 1.0, sense: int = 1, offset: float = 0.0) -> int:
    """Hand a float program to `highs`, its objective times `sign`; returns how many entries are too small."""
    if p.num_nonzeros >= 2**31:
        raise TooLarge(
            f"{p.num_nonzeros} nonzeros are more than HiGHS can index; write the program to a file"
        )
    lower, upper, row_lower, row_upper = p.lower, p.upper, p.row_lower, p.row_upper
    cost, data = sign * p.objective, p.data
    labels = [p.column_label] * 3 + [p.row_label] * 2
    for values, label in zip((lower, upper, cost, row_lower, row_upper), labels, strict=True):
        big = np.isfinite(values) & (np.abs(values) >= _INFINITE)
        if big.any():
            k = int(np.flatnonzero(big)[0])
            raise InvalidInput(
                f"{label(k)}: HiGHS takes {values[k]:g} for infinite; rescale, or use another solver"
            )
    n, starts = p.num_columns, p.indptr
    if p.quadratic is not None and not row_lower.size:
        # without any row, the quadratic engine returns points that are not optimal: give it a free one
        row_lower, row_upper = np.array([-np.inf]), np.array([np.inf])
        starts = np.zeros(2, dtype=np.int32)
    status = highs.passModel(
        n, row_lower.size, data.size, 2, sense, offset, cost, lower, upper, row_lower, row_upper,
        starts, p.indices, data, np.bincount(p.integers, minlength=n).astype(np.int32),
    )  # fmt: skip
    if status == highspy.HighsStatus.kError:
        raise InvalidInput(f"program {p.name!r}: HiGHS refuses the model; look for entries beyond 1e15")
    if p.quadratic is not None:
        i, j, values = p.quadratic
        half = i <= j  # row by row above the diagonal is column by column below it
        start = np.zeros(n + 1, dtype=np.int32)
        np.cumsum(np.bincount(i[half], minlength=n), out=start[1:])
        status = highs.passHessian(n, half.sum(), 1, start, j[half].astype(np.int32), sign * values[half])
        if status == highspy.HighsStatus.kError:
            raise InvalidInput(f"program {p.name!r}: HiGHS refuses the quadratic objective")
    return int((np.abs(data) < SMALL).sum())
