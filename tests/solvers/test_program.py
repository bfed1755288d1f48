"""Building programs: bounds, repeats, labels, errors, and both arithmetics."""

from __future__ import annotations

import time
from collections.abc import Callable
from fractions import Fraction

import numpy as np
import pytest

from dynamech.solvers.errors import InvalidInput
from dynamech.solvers.program import Builder, estimate_bytes


def test_defaults_and_bounds() -> None:
    builder = Builder()
    builder.columns("x", (2, 2), upper=[[1, 2], [np.inf, 3]], objective=[[1], [2]])
    builder.columns("y", 2, lower=None)
    builder.rows("r", 3, lower=[-np.inf, 0, 1], upper=1)
    program = builder.build()
    assert program.sense == "max"
    assert program.lower.tolist() == [0, 0, 0, 0, -np.inf, -np.inf]
    assert program.upper.tolist() == [1, 2, np.inf, 3, np.inf, np.inf]
    assert program.objective.tolist() == [1, 1, 2, 2, 0, 0]
    assert program.row_lower.tolist() == [-np.inf, 0, 1]
    assert (program.num_rows, program.num_columns, program.num_nonzeros) == (3, 6, 0)
    assert program.kind == "LP"


@pytest.mark.parametrize("exact", [False, True])
def test_repeats_are_summed_and_zeros_dropped(exact: bool) -> None:
    builder = Builder(exact=exact)
    builder.columns("x", 3)
    builder.rows("r", 3)
    builder.entries([2, 0, 2], [1, 0, 1], [1, 2, 3])
    builder.entries([0, 1, 1, 0], [2, 1, 1, 0], ["1/2", 5, -5, 0])
    program = builder.build()
    expected = [[2, 0, 0.5], [0, 0, 0], [0, 4, 0]]
    assert program.matrix.toarray().tolist() == expected
    # 5 - 5 is an entry of value zero after summing: dropped as well
    assert program.num_nonzeros == 3
    assert program.data.dtype == (object if exact else np.float64)
    if exact:
        assert all(type(v) is Fraction for v in program.data)


def test_exact_program_is_the_same_in_floats(programs: Callable[..., object]) -> None:
    builder = Builder(exact=True, sense="min")
    builder.columns("x", 2, lower=[Fraction(1, 3), -np.inf], upper=[None, 0.5][1], objective=0.1)
    builder.rows("r", 1, upper="1/3")
    builder.entries(0, [0, 1], [1, 0.25])
    builder.offset = 2
    program = builder.build()
    assert program.objective[0] == Fraction(0.1)  # a float counts at its exact binary value
    assert program.lower[1] == -np.inf
    floats = program.to_float()
    assert floats.to_float() is floats
    assert program.to_float() is floats
    assert floats.lower.tolist() == [1 / 3, -np.inf]
    assert floats.matrix.toarray().tolist() == [[1, 0.25]]
    assert floats.offset == 2.0
    assert type(program.offset) is Fraction


def test_labels_are_made_on_demand() -> None:
    calls: list[int] = []

    def label(k: int) -> str:
        calls.append(k)
        return f"low>high@{k}"

    builder = Builder()
    builder.columns("q", (2, 3))
    builder.rows("ic", 4, label=label)
    builder.rows("none", 0)
    builder.rows("ir", 1)
    program = builder.build()
    assert calls == []
    assert program.row_label(2) == "ic[low>high@2]"
    assert program.row_label(4) == "ir[0]"
    assert program.column_label(5) == "q[1,2]"
    assert program.row_blocks["ic"].index.tolist() == [0, 1, 2, 3]
    with pytest.raises(InvalidInput, match=r"5 rows, none numbered 5"):
        program.row_label(5)


def test_arrays_given_are_copied_and_the_program_is_read_only() -> None:
    values, rows = np.array([1.0, 2.0]), np.array([0, 1], dtype=np.int32)
    upper = np.array([3.0, 4.0])
    builder = Builder()
    builder.columns("x", 2, upper=upper)
    builder.rows("r", 2)
    builder.entries(rows, [0, 1], values)
    values[0], rows[0], upper[0] = 9, 1, 9
    program = builder.build()
    assert program.matrix.toarray().tolist() == [[1, 0], [0, 2]]
    assert program.upper.tolist() == [3, 4]
    values[0] = 1  # still the caller's to write
    with pytest.raises(ValueError, match="read-only"):
        program.data[0] = 5


@pytest.mark.parametrize("exact", [False, True])
def test_quadratic(exact: bool) -> None:
    builder = Builder(exact=exact)
    builder.columns("x", 2)
    builder.quadratic([0, 0, 1, 1], [0, 1, 0, 1], [-2, 1, 1, -2])
    program = builder.build()
    assert program.kind == "QP"
    assert program.hessian.toarray().tolist() == [[-2, 1], [1, -2]]
    builder.quadratic(0, 1, 1)
    with pytest.raises(InvalidInput, match="both triangles"):
        builder.build()


def test_objective_accumulates() -> None:
    builder = Builder()
    x = builder.columns("x", 3, objective=1)
    builder.add_objective(x.index[[0, 2, 2]], [1, 2, 3])
    assert builder.build().objective.tolist() == [2, 1, 6]


def test_mistakes_are_named() -> None:
    builder = Builder()
    builder.columns("x", 2)
    builder.rows("r", 1)
    with pytest.raises(InvalidInput, match="columns 'x' are already in the program"):
        builder.columns("x", 1)
    with pytest.raises(InvalidInput, match=r"index 2 is outside 0\.\.1"):
        builder.entries(0, 2, 1)
    with pytest.raises(InvalidInput, match="do not broadcast"):
        builder.entries([0, 0], [0, 1, 1], 1)
    with pytest.raises(InvalidInput, match="not integers"):
        builder.entries(0.5, 0, 1)
    with pytest.raises(InvalidInput, match="entries, entry 1: nan"):
        builder.entries(0, [0, 1], [1, np.nan])
    with pytest.raises(InvalidInput, match="upper bound of 'y', entry 0: nan"):
        builder.columns("y", 2, upper=np.nan)
    with pytest.raises(InvalidInput, match="where \\(3,\\) is needed"):
        builder.columns("y", 3, upper=[1, 2])
    with pytest.raises(InvalidInput, match="'much' is not a number"):
        builder.columns("y", 1, upper="much")
    with pytest.raises(InvalidInput, match="neither 'max' nor 'min'"):
        Builder(sense="maximise")  # type: ignore[arg-type]
    with pytest.raises(InvalidInput, match="negative length"):
        builder.rows("z", -1)
    builder.columns("y", 1, lower=np.inf)
    with pytest.raises(InvalidInput, match=r"y\[0\]: no number lies between inf and inf"):
        builder.build()


def test_exact_mistakes_are_named() -> None:
    builder = Builder(exact=True)
    builder.columns("x", 2)
    builder.rows("r", 1)
    with pytest.raises(InvalidInput, match="entries, entry 1: inf"):
        builder.entries(0, [0, 1], [1, np.inf])
    with pytest.raises(InvalidInput, match="nan"):
        builder.columns("y", 1, upper=np.nan)
    with pytest.raises(InvalidInput, match="not a number"):
        builder.columns("y", 1, upper=[[]][0] or object())
    builder.columns("big", 1, objective=Fraction(10) ** 400)
    with pytest.raises(InvalidInput, match="too large for a double"):
        builder.build().to_float()


def test_empty_programs() -> None:
    program = Builder().build()
    assert (program.num_rows, program.num_columns, program.num_nonzeros) == (0, 0, 0)
    assert program.matrix.shape == (0, 0)
    assert "0 rows" in repr(program)


def test_speed_of_two_million_entries() -> None:
    m, n = 300_000, 5_000
    rows = np.repeat(np.arange(m), 7)[:2_000_000]
    columns = np.tile(np.arange(7), m)[:2_000_000] * 600 + rows % 600
    values = np.ones(2_000_000)
    began = time.perf_counter()
    builder = Builder()
    builder.columns("x", n)
    builder.rows("r", m, upper=1)
    builder.entries(rows, columns, values)
    program = builder.build()
    assert time.perf_counter() - began < 1.5  # 0.04 s when alone; a Python loop would take many seconds
    assert program.num_nonzeros == 2_000_000


def test_estimate_grows() -> None:
    small, large = estimate_bytes(10, 10, 100, False), estimate_bytes(10, 10, 100, True)
    assert 0 < small < large < estimate_bytes(10, 10, 1000, True)


@pytest.mark.parametrize("exact", [False, True])
def test_what_is_said_not_to_be_zero_hides_no_zeros_elsewhere(exact: bool) -> None:
    """Zeros of another call, and sums that vanish, are dropped as ever."""
    programs = []
    for said in (False, True):
        builder = Builder(exact=exact)
        x, row = builder.columns("x", 4), builder.rows("row", 2)
        builder.entries(row.index[:, None], x.index[:2], Fraction(1, 3), nonzero=said)
        builder.entries(row.index[0], x.index, [0, Fraction(-1, 3), 2, 0])
        programs.append(builder.build())
    for program in programs:
        assert program.indptr.tolist() == [0, 2, 4]
        assert program.indices.tolist() == [0, 2, 0, 1]
        assert (program.data == programs[0].data).all()
        assert program.data.all()
