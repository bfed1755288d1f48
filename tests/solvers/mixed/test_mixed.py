"""Programs with whole numbers: against enumeration, by every solver that takes them, and cut short."""

from __future__ import annotations

import pickle
import time
from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction as F
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dynamech.solvers import installed
from dynamech.solvers.errors import InvalidInput, NotCertified, TooLarge
from dynamech.solvers.mixed import search
from dynamech.solvers.mixed.solve import LARGEST, _Asked, solve_mixed
from dynamech.solvers.options import Options
from dynamech.solvers.program import Builder, Program
from dynamech.solvers.solution import Solution
from dynamech.solvers.solve import _linear, solve

SOLVERS = installed()
TAKERS = [solver.name for solver in SOLVERS if solver.integer]
OTHERS = [solver.name for solver in SOLVERS if not solver.integer]


def knapsack(exact: bool = True) -> Program:
    """5a + 4b + 3c + y, 2a + 3b + c + y ≤ 5/2, y ≤ 1/2: a and y, 11/2; without whole numbers 27/4."""
    builder = Builder(sense="max", exact=exact, name="knapsack")
    x = builder.columns("x", 3, upper=1, objective=[5, 4, 3], integer=True)
    y = builder.columns("y", 1, upper=F(1, 2), objective=1)
    row = builder.rows("weight", 1, upper=F(5, 2))
    builder.entries(row.start, x.index, [2, 3, 1])
    builder.entries(row.start, y.start, 1)
    return builder.build()


def test_whole_numbers_are_whole() -> None:
    """HiGHS 1.14 gives a column that is held at -1 as -1 + 1e-16."""
    builder = Builder(sense="min", exact=True)
    x = builder.columns("x", 2, lower=-1, upper=-1, objective=[0, 1], integer=True)
    y = builder.columns("y", 1, lower=F(-1, 3))
    row = builder.rows("row", 1, upper=3)
    builder.entries(row.start, x.index, [-3, F(-5, 3)])
    builder.entries(row.start, y.start, 5)
    assert solve(builder.build().to_float())["x"].tolist() == [-1, -1]


@given(st.data())
@settings(max_examples=40, deadline=None, derandomize=True)
def test_the_optimum_is_that_of_enumeration(
    mixed: Any, enumerated: Callable[[Program], tuple[str, F | None]], data: st.DataObject
) -> None:
    program = data.draw(mixed())
    status, value = enumerated(program)
    proved = solve(program, exact=True)
    assert (proved.status, proved.value) == (status, value)
    assert proved.optimality == "proved"
    assert proved.certificate is not None
    assert proved.certificate.program is program
    assert proved.certificate.kind == status
    assert proved.certificate.check(), proved.certificate.check()["reason"]
    near = solve(program.to_float())
    assert near.status == status
    assert near.optimality == "solver" or status != "optimal"
    if value is not None:
        assert near.value == pytest.approx(float(value), abs=1e-7)
        assert near.measured is not None
        assert near.measured.largest < 1e-9
        assert (near.point[program.integers] == np.rint(near.point[program.integers])).all()


@pytest.mark.parametrize("solver", TAKERS)
def test_every_solver_of_whole_numbers_has_the_same_value(solver: str) -> None:
    near = solve(knapsack().to_float(), solver, time_limit=30.5)
    assert near.status == "optimal", near.message
    assert near.value == pytest.approx(5.5, abs=1e-12)
    assert near.optimality == "solver"
    assert f"no other whole numbers do better is {solver}'s word" in near.message
    assert near.certify().value == F(11, 2)
    proved = solve(knapsack(), solver, exact=True)
    assert (proved.value, proved.optimality, proved.solver) == (F(11, 2), "proved", solver)


@pytest.mark.parametrize("solver", TAKERS)
def test_every_solver_says_where_there_is_nothing(solver: str) -> None:
    builder = Builder(sense="min")
    x = builder.columns("x", 2, upper=2, objective=1, integer=True)
    row = builder.rows("odd", 1, lower=3, upper=3)
    builder.entries(row.start, x.index, 2)
    told = solve(builder.build(), solver)
    assert told.status == "infeasible", told.message
    assert solve(builder.build(), solver, exact=True).optimality == "proved"


@pytest.mark.parametrize("solver", OTHERS)
def test_other_solvers_refuse_in_one_line(solver: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_Asked, "run", None)  # before anything is solved
    with pytest.raises(InvalidInput, match=rf"solver '{solver}' takes no integer columns; use 'highs'"):
        solve(knapsack().to_float(), solver)


def _proposing(whole: list[float] | None, status: str, bound: float | None = None) -> Any:
    def engine(program: Program, solver: str, options: Options) -> Solution:
        point = None if whole is None else np.array([*whole, 0.0])
        return Solution(program, status, f"{status}: so it says", solver, bound=bound, primal=point)  # type: ignore[arg-type]

    return engine


def _asked(engine: Any, exact: bool) -> Solution:
    program = knapsack() if exact else knapsack().to_float()
    return solve_mixed(program, engine, "stub", Options(), exact, _linear)


@pytest.mark.parametrize("status", ["optimal", "limit"])
def test_a_proof_needs_nothing_of_what_the_solver_proposes(status: str) -> None:
    for whole in ([0.0, 0, 1], [1.0, 1, 1], [0.4, 0.6, 1e9], None):
        proved = _asked(_proposing(whole, status), True)
        assert (proved.status, proved.value, proved.optimality) == ("optimal", F(11, 2), "proved")
        assert proved.point.tolist() == [1, 0, 0, F(1, 2)]
        assert proved.certificate is not None
        assert proved.certificate.check()


def test_in_doubles_whole_numbers_are_worth_what_they_are() -> None:
    told = _asked(_proposing([0.0, 0, 1], "optimal", bound=3.5), False)
    assert (told.status, told.value, told.optimality) == ("optimal", 3.5, "solver")
    nowhere = _asked(_proposing([1.0, 1, 1], "optimal"), False)
    assert (nowhere.status, nowhere.value) == ("limit", None)
    assert "the whole numbers that stub proposes lead nowhere (infeasible" in nowhere.message


def test_a_limit_leaves_the_best_point_and_a_bound() -> None:
    told = _asked(_proposing([0.0, 0, 1], "limit", bound=6.0), False)
    assert (told.status, told.value, told.bound, told.optimality) == ("limit", None, 6.0, None)
    assert told.message == (
        "limit: so it says; the best whole numbers so far have value 3.5; no value beats 6"
    )
    assert told.point.tolist() == [0, 0, 1, 0.5]
    bare = _asked(_proposing(None, "limit"), False)
    assert bare.primal is None
    assert bare.bound == pytest.approx(27 / 4)
    assert "no point with whole numbers is known; no value beats 6.75" in bare.message
    late = solve(knapsack(), exact=True, time_limit=1e-9)
    assert late.status == "limit"


def test_a_tree_that_is_not_kept_leaves_the_solvers_word(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(search, "LEAVES", 1)
    told = solve(knapsack(), exact=True)
    assert (told.status, told.value, told.optimality) == ("optimal", F(11, 2), "solver")
    word = "that no other whole numbers do better is highs's word"
    assert told.message == f"optimal: value 11/2 (proved); {word}"
    assert told.certificate is not None
    assert told.certificate.check() == {
        "valid": True, "kind": "interval", "value": None,
        "reason": "primal and dual are feasible and their values are the ends",
    }  # fmt: skip
    assert (told.certificate.least, told.certificate.most) == (F(11, 2), F(27, 4))


def test_what_a_late_solver_proposes_is_valued() -> None:
    """For as long as twice what the program without whole numbers took."""
    given: list[float] = []

    def slow(program: Program, options: Options, exact: bool) -> Solution:
        given.append(options.time_limit or 0.0)
        return replace(_linear(program, options, exact), seconds={"handover": 0.0, "solve": 0.2})

    def late(program: Program, solver: str, options: Options) -> Solution:
        time.sleep(1.0)
        return _proposing([0.0, 0, 1], "limit")(program, solver, options)  # type: ignore[no-any-return]

    told = solve_mixed(knapsack().to_float(), late, "late", Options(time_limit=1.0), False, slow)
    assert given[1] == 0.4
    assert (told.status, told.bound) == ("limit", 6.75)
    assert "the best whole numbers so far have value 3.5" in told.message


def test_too_many_whole_numbers_for_a_proof_are_one_line() -> None:
    builder = Builder(exact=True, name="many")
    builder.columns("x", LARGEST + 1, upper=1, objective=1, integer=True)
    with pytest.raises(TooLarge, match=r"exact answers are for up to 2,000 integer columns, .* 2,001"):
        solve(builder.build(), exact=True)
    near = solve(builder.build().to_float())
    assert near.value == LARGEST + 1
    with pytest.raises(TooLarge):
        near.certify()


def test_whole_numbers_need_bounds_and_a_linear_objective() -> None:
    with pytest.raises(InvalidInput, match="columns 'x': whole numbers need a lower and an upper bound"):
        Builder().columns("x", 2, integer=True)
    builder = Builder(sense="max", name="curved")
    builder.columns("x", 1, upper=1, integer=True)
    builder.quadratic(0, 0, -1)
    with pytest.raises(InvalidInput, match="'curved': a quadratic objective takes no integer columns"):
        builder.build()


def test_solutions_travel_between_processes() -> None:
    for program, exact in ((knapsack(), True), (knapsack().to_float(), False)):
        told = solve(program, exact=exact)
        again = pickle.loads(pickle.dumps(told))
        assert (again.value, again.optimality, again.message) == (told.value, told.optimality, told.message)
        assert again.point.tolist() == told.point.tolist()
        assert again.certify().check()


def test_a_float_answer_is_borne_out_at_what_it_was_rounded_from() -> None:
    """x/3 ≤ y = 1/3 lets x be 1, where 1/3 is not rounded."""
    builder = Builder(sense="max", exact=True)
    x = builder.columns("x", 1, upper=1, objective=1, integer=True)
    y = builder.columns("y", 1, upper=1)
    rows = builder.rows("r", 2, lower=[-np.inf, F(1, 3)], upper=[0, F(1, 3)])
    builder.entries(rows.start, [x.start, y.start], [F(1, 3), -1])
    builder.entries(rows.start + 1, y.start, 1)
    near = solve(builder.build().to_float())
    assert near.value == pytest.approx(1)
    assert near.accuracy is not None
    assert near.accuracy.value_error < 1e-9


def test_what_is_not_proved_is_not_certified() -> None:
    told = solve(knapsack().to_float(), time_limit=60)
    assert replace(told, prover=None).optimality == "solver"
    with pytest.raises(NotCertified):
        replace(told, prover=None).certify()
