"""Rows that are written once they are broken: an answer to all, and nothing said that holds of some alone."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dynamech.solvers import unwritten
from dynamech.solvers.certificate import Certificate
from dynamech.solvers.numbers import Array, is_exact
from dynamech.solvers.program import Builder, Program
from dynamech.solvers.selection import select_rows
from dynamech.solvers.solution import Solution
from dynamech.solvers.solve import solve
from dynamech.solvers.unwritten import solve_unwritten

FEW = settings(max_examples=25, deadline=None, derandomize=True)


class Written:
    """The rows of a whole program that are written so far; the most broken ones come next, at their start."""

    def __init__(self, whole: Program, rows: Any, at_once: int = 1) -> None:
        self.whole, self.rows, self.at_once = whole, np.asarray(rows), at_once

    @property
    def program(self) -> Program:
        return select_rows(self.whole, self.rows)[0]

    def broken(self, primal: Array) -> Array:
        p = self.whole if is_exact(primal) else self.whole.to_float()
        matrix = np.zeros((p.num_rows, p.num_columns), dtype=p.data.dtype) + (
            Fraction(0) if p.exact else 0.0
        )
        matrix[np.repeat(np.arange(p.num_rows), np.diff(p.indptr)), p.indices] = p.data
        activity = matrix @ primal
        return np.maximum(p.row_lower - activity, activity - p.row_upper)

    def more(self, primal: Array) -> tuple[Program, Any] | None:
        missed = self.broken(primal)
        missed[self.rows] = 0
        worst = np.argsort(-missed, kind="stable")[: self.at_once]
        worst = worst[missed[worst] > (0 if is_exact(primal) else 1e-9)]
        if not len(worst):
            return None
        self.rows = np.concatenate([worst, self.rows])
        return self.program, len(worst) + np.arange(len(self.rows) - len(worst))

    def holds(self) -> Callable[[Certificate], bool]:
        def held(proof: Certificate) -> bool:
            return proof.primal is not None and not (self.broken(proof.primal) > 0).any()

        return held

    def solve(self, **words: Any) -> Solution:
        return solve_unwritten(self.program, self.more, self.holds, **words)


def cuts(seed: int, exact: bool = True) -> Program:
    """A bounded program with many rows, the first of which keeps it bounded."""
    draw = np.random.default_rng(seed)
    n, m = int(draw.integers(2, 6)), int(draw.integers(5, 40))
    build = Builder(sense="max" if seed % 2 else "min", exact=exact, name="cuts")
    x = build.columns("x", n, lower=-3, upper=4, objective=draw.integers(-5, 6, n))
    rows = build.rows("cut", m, lower=draw.integers(-9, -2, m), upper=draw.integers(2, 9, m))
    build.entries(rows.index[:, None], x.index[None, :], draw.integers(-4, 5, (m, n)))
    return build.build()


@FEW
@given(st.integers(0, 10_000), st.integers(1, 3))
def test_the_answer_is_that_of_all_rows(seed: int, at_once: int) -> None:
    program = cuts(seed)
    whole = solve(program, exact=True)
    part = Written(program, [0], at_once)
    proof = part.solve(exact=True)
    assert (proof.status, proof.value) == ("optimal", whole.value)
    assert proof.program.num_rows == len(part.rows) <= program.num_rows
    assert proof.certificate is not None
    assert proof.certificate.check()
    floats = Written(program, [0], at_once).solve()
    assert floats.value == pytest.approx(float(whole.value or 0), abs=1e-7)
    assert floats.basis is not None
    assert floats.basis.fits(floats.program)


def wall(height: Any, exact: bool = True) -> Program:
    build = Builder(sense="max", exact=exact)
    x = build.columns("x", 1, objective=1, upper=5)
    rows = build.rows("cap", 2, upper=[1 + Fraction(1, 10**11), height])
    build.entries(rows.index, x.index, 1)
    return build.build()


def test_what_doubles_take_for_kept_is_written_over_the_rationals() -> None:
    program = wall(1)
    assert len(Written(program, [0]).solve().program.row_lower) == 1
    proof = Written(program, [0]).solve(exact=True)
    assert (proof.value, proof.program.num_rows) == (1, 2)


def test_an_error_is_told_only_where_all_rows_hold() -> None:
    program = wall(1)
    near = Written(program, [0]).solve()
    assert near.accuracy is not None
    assert near.accuracy.value_error == np.inf
    far = Written(wall(2), [0]).solve()
    assert far.accuracy is not None
    assert far.accuracy.value_error < 1e-15


def test_infeasible_rows_are_infeasible_with_more() -> None:
    build = Builder(sense="min", exact=True)
    x = build.columns("x", 2, upper=1)
    rows = build.rows("r", 2, lower=[Fraction(5, 2), -1])
    build.entries(rows.index[:, None], x.index[None, :], 1)
    for exact in (False, True):
        assert Written(build.build(), [0]).solve(exact=exact).status == "infeasible"


@pytest.mark.parametrize("exact", [False, True])
def test_after_too_many_rounds_it_is_a_bound(exact: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    """Never an optimum of some rows in place of one of all."""
    program = cuts(11)
    whole = solve(program)
    assert len(Written(program, [0]).solve().program.row_lower) > 2
    monkeypatch.setattr(unwritten, "ROUNDS", 1)
    answer = Written(program, [0]).solve(exact=exact)
    assert (answer.status, answer.value, answer.certificate) == ("limit", None, None)
    assert answer.bound is not None
    assert answer.bound * program.sign <= float(whole.value or 0) * program.sign + 1e-9
    assert "rows are still broken" in answer.message


def test_a_limit_leaves_a_bound_and_no_point_that_breaks_rows(monkeypatch: pytest.MonkeyPatch) -> None:
    program, interval = wall(1), Fraction(2)
    part = select_rows(program, np.array([0]))[0]
    at = np.array([1 + Fraction(1, 10**11)], dtype=object)
    dual = np.array([Fraction(1)], dtype=object)
    proof = Certificate("interval", part, primal=at, dual=dual, least=at[0], most=interval)
    late = Solution(part, "limit", "limit: late", "highs", primal=at, dual=dual, certificate=proof)
    monkeypatch.setattr(unwritten, "solve", lambda *_, **__: late)
    told = Written(program, [0]).solve(exact=True).certificate
    assert told is not None
    assert (told.least, told.most) == (None, interval)
    assert told.primal is None
    monkeypatch.setattr(Written, "holds", lambda self: lambda proof: True)
    assert Written(program, [0]).solve(exact=True).certificate is proof
