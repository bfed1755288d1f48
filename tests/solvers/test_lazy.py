"""Rows generated lazily: the answer, in floats and exactly, is one of the whole program."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dynamech.solvers import lazy
from dynamech.solvers.lazy import solve_lazily
from dynamech.solvers.program import Builder, Program
from dynamech.solvers.scaling import cost_unit
from dynamech.solvers.selection import select_rows
from dynamech.solvers.solve import solve

FEW = settings(max_examples=25, deadline=None, derandomize=True)


def random_program(seed: int, exact: bool = True) -> tuple[Program, np.ndarray]:
    """A bounded program with many cuts, and a core that bounds it."""
    draw = np.random.default_rng(seed)
    n, m = int(draw.integers(2, 6)), int(draw.integers(5, 40))
    build = Builder(sense="max" if seed % 2 else "min", exact=exact, name="cuts")
    x = build.columns("x", n, lower=-3, upper=4, objective=draw.integers(-5, 6, n))
    box = build.rows("box", 1, upper=2 * n)
    build.entries(box.index, x.index, 1)
    cuts = build.rows("cut", m, lower=draw.integers(-9, -2, m), upper=draw.integers(2, 9, m))
    build.entries(cuts.index[:, None], x.index[None, :], draw.integers(-4, 5, (m, n)))
    core = np.zeros(m + 1, dtype=bool)
    core[0] = True
    return build.build(), core


@FEW
@given(st.integers(0, 10_000), st.booleans())
def test_the_answer_is_that_of_all_rows(seed: int, grouped: bool) -> None:
    program, core = random_program(seed)
    groups = np.arange(program.num_rows) // 3 if grouped else None
    whole = solve(program, exact=True)
    part = solve_lazily(program, core, groups=groups, exact=True)
    assert part.status == whole.status == "optimal"
    assert part.value == whole.value
    assert part.certificate is not None
    assert part.certificate.program is program
    assert part.certificate.check()["valid"]
    floats = solve_lazily(program, core, groups=groups)
    assert floats.value == pytest.approx(float(part.value or 0), abs=1e-7)
    assert floats.dual is not None
    assert len(floats.dual) == program.num_rows
    assert floats.basis is not None
    assert floats.basis.fits(program)
    assert floats.certify().value == whole.value


@pytest.mark.parametrize("solver", ["highs", "highs-ipm"])
def test_any_solver_may_be_asked(solver: str) -> None:
    program, core = random_program(7)
    found = solve_lazily(program, core, solver)
    assert found.value == pytest.approx(float(solve(program).value or 0), abs=1e-6)
    assert "rows were needed" in found.message


def test_a_core_that_is_unbounded_takes_all_rows() -> None:
    build = Builder(sense="max", exact=True)
    x = build.columns("x", 1, lower=None, objective=1)
    rows = build.rows("r", 2, upper=[Fraction(7, 3), 5])
    build.entries(rows.index, x.index, 1)
    found = solve_lazily(build.build(), np.zeros(2, dtype=bool), exact=True)
    assert (found.status, found.value) == ("optimal", Fraction(7, 3))


def test_infeasible_rows_are_found_and_proved() -> None:
    build = Builder(sense="min", exact=True)
    x = build.columns("x", 2, upper=1)
    rows = build.rows("r", 3, lower=[0, Fraction(5, 2), -1])
    build.entries(rows.index[:, None], x.index[None, :], 1)
    program = build.build()
    found = solve_lazily(program, np.array([True, False, False]), exact=True)
    assert found.status == "infeasible"
    assert found.certificate is not None
    assert found.certificate.check()["valid"]
    assert found.certificate.program is program


def test_rows_that_doubles_take_for_kept_are_added_by_the_proof() -> None:
    """Missed by less than the tolerance, and all the same missed: the proof goes on from the basis so far."""
    build = Builder(sense="max", exact=True)
    x = build.columns("x", 1, objective=1, upper=5)
    rows = build.rows("cap", 3, upper=[1 + Fraction(1, 10**9), 1, 1 - Fraction(1, 10**9)])
    build.entries(rows.index, x.index, 1)
    found = solve_lazily(build.build(), np.array([True, False, False]), exact=True)
    assert found.value == 1 - Fraction(1, 10**9)
    assert found.certificate is not None
    assert found.certificate.check()["valid"]


def test_selected_rows_keep_their_labels() -> None:
    program, _ = random_program(3)
    part, _ = select_rows(program, np.array([4, 1]))
    assert [part.row_label(k) for k in range(2)] == [program.row_label(4), program.row_label(1)]
    assert (part.matrix.toarray() == program.matrix.toarray()[[4, 1]]).all()


def test_small_objectives_are_made_visible() -> None:
    build = Builder(sense="max")
    build.columns("x", 2, objective=[1e-8, 0.5], upper=1)
    unit = cost_unit(build.build())
    assert unit >= 2.0**19
    assert np.log2(unit) == round(np.log2(unit))
    assert solve(build.build()).value == pytest.approx(0.50000001, rel=1e-12)


@FEW
@given(st.integers(0, 10_000), st.booleans())
def test_a_wider_core_changes_the_way_and_not_the_answer(seed: int, exact: bool) -> None:
    program, core = random_program(seed)
    wider = np.random.default_rng(seed).random(program.num_rows) < 0.5
    with_both = solve_lazily(program, core, wider=wider, exact=exact)
    assert with_both.value == pytest.approx(solve(program, exact=exact).value, abs=1e-7)
    assert with_both.used is not None
    first = solve(select_rows(program, np.flatnonzero(core))[0])
    if with_both.used.size > core.sum():
        assert first.value != pytest.approx(with_both.value, abs=1e-9)
        assert np.isin(np.flatnonzero(wider), with_both.used).all()


def test_an_unbounded_core_goes_on_to_the_wider_one() -> None:
    build = Builder(sense="max", exact=True)
    x = build.columns("x", 1, lower=None, objective=1)
    rows = build.rows("r", 3, upper=[Fraction(7, 3), 5, 9])
    build.entries(rows.index, x.index, 1)
    wider = np.array([True, True, False])
    found = solve_lazily(build.build(), np.zeros(3, dtype=bool), wider=wider, exact=True)
    assert (found.status, found.value) == ("optimal", Fraction(7, 3))
    assert found.used is not None
    assert found.used.tolist() == [0, 1]


@pytest.mark.parametrize("exact", [False, True])
def test_after_too_many_rounds_all_rows_are_taken(exact: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    """Never an optimum of some rows in place of one of all."""
    program, core = random_program(12)
    assert solve_lazily(program, core).used is not None
    monkeypatch.setattr(lazy, "ROUNDS", 1)
    found = solve_lazily(program, core, exact=exact)
    assert found.used is None
    assert found.value == pytest.approx(solve(program, exact=exact).value, abs=1e-9)
