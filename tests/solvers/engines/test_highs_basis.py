"""Reading a basis from HiGHS's file gives the statuses that its objects give."""

from __future__ import annotations

from typing import Any

import highspy
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dynamech.solvers.engines import highs_basis
from dynamech.solvers.engines.highs_basis import _by_file, _listed, statuses
from dynamech.solvers.program import Builder
from dynamech.solvers.solve import solve


def _basis(columns: list[int], rows: list[int]) -> Any:
    kinds = [highspy.HighsBasisStatus(k) for k in range(4)]
    made = highspy.HighsBasis()
    made.valid, made.alien = True, False
    made.col_status, made.row_status = [kinds[k] for k in columns], [kinds[k] for k in rows]
    return made


@settings(max_examples=40, deadline=None, derandomize=True)
@given(
    nonbasic=st.lists(st.sampled_from([0, 2, 3]), min_size=1, max_size=30),
    rows=st.lists(st.sampled_from([0, 2]), max_size=20),
    at=st.integers(0, 10**6),
)
def test_the_file_says_what_the_objects_say(nonbasic: list[int], rows: list[int], at: int) -> None:
    """Lower, upper and free columns and rows, with as many basic places as there are rows."""
    places = [*nonbasic, *rows]
    order = np.random.default_rng(at).permutation(len(places) + len(rows))
    everything = np.array([*places, *([1] * len(rows))])[order]
    columns, others = everything[: len(places)].tolist(), everything[len(places) :].tolist()
    found = _by_file(_basis(columns, others), len(columns), len(others))
    assert found is not None
    assert found[0].tolist() == columns
    assert found[1].tolist() == others


def test_another_format_is_left_to_the_objects(monkeypatch: pytest.MonkeyPatch) -> None:
    basis = _basis([1, 0, 2], [1])
    monkeypatch.setattr(highs_basis, "_FEW", 0)
    monkeypatch.setattr(highs_basis, "_HEAD", b"HiGHS_basis_file v3\n")
    assert _by_file(basis, 3, 1) is None
    columns, rows = statuses(basis, 3, 1)
    assert (columns.tolist(), rows.tolist()) == ([1, 0, 2], [1])


def test_a_large_program_keeps_its_basis(monkeypatch: pytest.MonkeyPatch) -> None:
    """Read either way, the basis of a solved program is one, and the same."""
    draw = np.random.default_rng(0)
    build = Builder(sense="max")
    x = build.columns("x", 30, lower=-1, upper=draw.integers(1, 5, 30), objective=draw.integers(-5, 6, 30))
    row = build.rows("r", 6_000, upper=draw.integers(20, 90, 6_000))
    build.entries(row.index[:, None], x.index[None, :], draw.integers(-4, 5, (6_000, 30)))
    program = build.build()
    quick = solve(program).basis
    assert quick is not None
    assert quick.fits(program)
    monkeypatch.setattr(highs_basis, "_by_file", lambda *given: None)
    slow = solve(program).basis
    assert slow is not None
    assert (quick.columns == slow.columns).all()
    assert (quick.rows == slow.rows).all()
    assert _listed([highspy.HighsBasisStatus.kUpper]).tolist() == [2]
