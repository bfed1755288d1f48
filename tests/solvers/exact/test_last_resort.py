"""Rational pivots, and what is proved by them where a float engine's basis leads nowhere, or lies."""

from __future__ import annotations

import subprocess
import sys
from fractions import Fraction as F
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import linear_sum_assignment

import dynamech as dm
from dynamech.solvers.algorithms import small_programs
from dynamech.solvers.algorithms.small_programs import SmallPrograms, SmallSolutions, solve_small
from dynamech.solvers.certificate import Certificate
from dynamech.solvers.clock import Clock
from dynamech.solvers.errors import NotCertified, OutOfTime
from dynamech.solvers.exact import decide, prove, simplex
from dynamech.solvers.exact.integers import clear
from dynamech.solvers.exact.interval import program_duals
from dynamech.solvers.exact.simplex import Finish, finish
from dynamech.solvers.exact.solve import solve_exactly
from dynamech.solvers.options import AT_LOWER, BASIC, Basis, Options
from dynamech.solvers.program import Builder, Program
from dynamech.solvers.solution import Solution, Status
from dynamech.solvers.solve import solve

DATA = Path(__file__).parents[2] / "data"
CLOCK = Clock(Options())


def proved(program: Program, end: Finish | None) -> Certificate:
    """What the end claims, after the checker, which shares no code with the solvers, has agreed."""
    assert end is not None
    whole = clear(program)
    x, y = end.vertex.x.fractions(), program_duals(whole, end.vertex.y)
    if end.kind == "optimal":
        value = F(program.offset) + sum(program.objective * x)
        made = Certificate("optimal", program, value, x, y)
        assert end.basis.fits(program)
    elif end.kind == "infeasible":
        made = Certificate("infeasible", program, dual=y)
    else:
        assert end.ray is not None
        made = Certificate("unbounded", program, primal=x, ray=end.ray.fractions())
    assert made.check()["valid"]
    return made


@given(data=st.data())
@settings(deadline=None, derandomize=True, max_examples=120)
def test_every_program_ends_with_a_proof_from_every_start(data: st.DataObject, programs: Any) -> None:
    program = data.draw(programs(exact=True))
    made = proved(program, finish(clear(program), None, CLOCK))
    n, m = program.num_columns, program.num_rows
    chosen = data.draw(st.permutations(range(n + m)))[:m]
    statuses = np.array(data.draw(st.lists(st.sampled_from([0, 2, 3]), min_size=n + m, max_size=n + m)))
    statuses[np.array(chosen, dtype=np.int64)] = BASIC
    start = Basis(statuses[:n].astype(np.int8), statuses[n:].astype(np.int8))
    again = proved(program, finish(clear(program), start, CLOCK))
    assert (again.kind, again.value) == (made.kind, made.value)


def test_an_optimal_basis_is_kept() -> None:
    program = dm.compile(dm.load("two-type-markov", horizon=2)).to_float()
    found = solve(program, exact=True)
    assert found.basis is not None
    end = finish(clear(program), found.basis, CLOCK, work=200_000)
    assert end is not None
    assert (end.basis.columns == found.basis.columns).all()
    assert (end.basis.rows == found.basis.rows).all()


@pytest.mark.parametrize("stalled", [0, 1, 20])
def test_pivots_that_move_nothing_come_to_an_end(stalled: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """An assignment, where most pivots are such; at once or later the first column that gains is taken."""
    monkeypatch.setattr(simplex, "_STALLED", stalled)
    size = 9
    builder = Builder(sense="min", exact=True)
    cost = [[(3 * i + 5 * j + i * j) % 7 for j in range(size)] for i in range(size)]
    x = builder.columns("x", (size, size), objective=cost)
    for axis in (0, 1):
        rows = builder.rows(f"r{axis}", size, lower=1, upper=1)
        builder.entries(rows.index[:, None], np.moveaxis(x.index.reshape(size, size), axis, 0), 1)
    program = builder.build()
    least = linear_sum_assignment(np.array(cost))
    assert proved(program, finish(clear(program), None, CLOCK)).value == np.array(cost)[least].sum()


def test_work_and_time_end_it() -> None:
    whole = clear(dm.compile(dm.load("two-type-markov", horizon=3)))
    assert finish(whole, None, CLOCK, work=100) is None
    with pytest.raises(OutOfTime):
        finish(whole, None, Clock(Options(time_limit=1e-9)))


@pytest.mark.parametrize("digits", [10, 12])
def test_numbers_that_doubles_cannot_tell_apart(digits: int) -> None:
    """16 rows, 24 columns, 1e-12 beside 1: bases of doubles end at 75."""
    found = dm.design(dm.load(DATA / f"cremer-mclean-1e-{digits}.json"), exact=True)
    assert (found.status, found.value) == ("optimal", F(175, 2) - F(50, 10**digits))
    assert found.certificate is not None
    assert found.certificate.check()["valid"]


@pytest.mark.parametrize("exact", [True, False])
@pytest.mark.parametrize("types", [2, 3])
def test_rows_that_nearly_agree_have_least_sums_of_transfers(types: int, exact: bool) -> None:
    env = dm.load("random-correlated", types=types, strength=F(1, 10**8))
    found = dm.correlation(env if exact else env.to_float(), exact=exact, norm="1")
    assert all(agent.theorem("3.1")[0] for agent in found.agents)
    if exact:
        assert found.residual == 0


@pytest.mark.parametrize("exact", [True, False])
def test_a_bounded_quadratic_program_has_its_optimum_with_every_release(exact: bool) -> None:
    """Without regularisation the quadratic engine of HiGHS 1.14 and 1.15 calls it unbounded."""
    env = dm.load("two-type-markov", quadratic=True)
    found = dm.design(env, incentives="virtual", participation="prefix", exact=exact)
    assert found.status == "optimal", found.message
    assert found.value == (F(223, 120) if exact else pytest.approx(223 / 120, abs=1e-9))


# Engines that lie -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("status", ["optimal", "infeasible", "unbounded", "limit"])
@given(data=st.data())
@settings(deadline=None, derandomize=True, max_examples=12)
def test_whatever_the_engine_says_the_same_is_proved(
    status: Status, data: st.DataObject, programs: Any
) -> None:
    """It has no basis to show, or that of slacks, and HiGHS finds nothing when it is asked again."""
    program = data.draw(programs(exact=True))
    known = solve(program, exact=True)
    n, m = program.num_columns, program.num_rows
    slack = Basis(np.full(n, AT_LOWER, dtype=np.int8), np.full(m, BASIC, dtype=np.int8))
    basis = data.draw(st.sampled_from([None, slack]))

    def liar(given: Program, solver: str, options: Options) -> Solution:
        return Solution(given, status, f"{status}: no doubt", solver, held_basis=basis)

    with pytest.MonkeyPatch.context() as patch:
        for module in (prove, decide):
            patch.setattr(module, "fresh_basis", lambda program, settings, clock: None)
        patch.setattr(prove, "refined_basis", lambda *given, **more: None)
        found = solve_exactly(program, liar, "liar", Options())
    assert (found.status, found.value) == (known.status, known.value)
    assert found.certificate is not None
    assert found.certificate.check()["valid"]


def _boxed(seed: int, n: int, exact: bool) -> SmallPrograms:
    """Programs that 0 satisfies, in boxes."""
    rng = np.random.default_rng(seed)

    def some(*shape: int) -> Any:
        values = rng.integers(-9, 10, size=shape) / 4
        return np.vectorize(F, otypes=[object])(values) if exact else values

    one = abs(some(5) * 0) + 1
    return SmallPrograms.of(some(n, 3, 5), some(n, 5), -abs(some(n, 3)), abs(some(n, 3)), -one, 2 * one)


@pytest.mark.parametrize("exact", [False, True])
def test_small_programs_do_not_hang_on_the_engine(exact: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    """An engine that finds nothing costs time; the basis of another program proves nothing, and is left."""
    programs = _boxed(5, 6, exact)
    known, run = solve_small(programs), small_programs._run
    with monkeypatch.context() as patch:
        patch.setattr(small_programs, "_run", lambda *_: None)
        _same(solve_small(programs), known, exact)
    if exact:

        def wrong(*given: Any) -> Any:
            found = run(*given)
            return None if found is None else tuple(np.roll(values, 1, axis=0) for values in found)

        monkeypatch.setattr(small_programs, "_run", wrong)
        _same(solve_small(programs), known, exact)


def _same(found: SmallSolutions, known: SmallSolutions, exact: bool) -> None:
    if exact:
        assert (found.value == known.value).all()
    else:
        assert found.value == pytest.approx(known.value)


@pytest.mark.parametrize("engine", [True, False])
def test_rounding_that_leaves_no_point_is_met_half_way(engine: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    """x + y = 0.3 and x / 10 + y / 10 = 0.03 contradict each other in doubles, by less than any tolerance."""
    matrix, one = np.array([[[1.0, 1.0], [0.1, 0.1]]]), np.ones(2)
    sides = np.array([[0.3, 0.03]])
    asked = SmallPrograms.of(matrix, one * [1, 0], sides, sides, 0 * one, one)
    assert solve(asked.program(0), exact=True).status == "infeasible"
    if not engine:
        monkeypatch.setattr(small_programs, "_run", lambda *_: None)
    assert solve_small(asked).value == pytest.approx([0.3])
    apart = sides * [1, 1.01]
    asked = SmallPrograms.of(matrix, one, apart, apart, 0 * one, one)
    with pytest.raises(NotCertified, match=r"0 of 1: rows and bounds miss each other by 0\.003"):
        solve_small(asked)


def test_programs_without_an_optimum_are_said_to_have_none() -> None:
    one = np.array([F(1)], dtype=object)
    far = np.array([np.inf], dtype=object)
    with pytest.raises(NotCertified, match="small program 0 of 1: proved to be unbounded"):
        solve_small(SmallPrograms.of(one[None, None], one, one, far, 0 * one, far))
    with pytest.raises(NotCertified, match="small program 0 of 1: proved to be infeasible"):
        solve_small(SmallPrograms.of(one[None, None], one, 2 * one, 3 * one, 0 * one, one))


def test_threads_of_other_users_of_highs_change_nothing() -> None:
    """HiGHS refuses to run with another number of threads than its scheduler began with."""
    code = """
import numpy as np
from dynamech.solvers.algorithms import small_programs
from dynamech.solvers.conversions.highs_model import pass_program
from dynamech.solvers.conversions.highs_object import new_highs
from dynamech.solvers.program import Builder
builder = Builder()
builder.columns("x", 1, upper=1, objective=1)
other = new_highs(threads=3)
pass_program(other, builder.build())
other.run()
def refuse(programs, k):
    raise AssertionError("the float engine gave up")
small_programs._exactly = refuse
one = np.ones((1, 1, 1))
asked = small_programs.SmallPrograms.of(one, one[0], 0 * one[0], one[0], 0 * one[0], 2 * one[0])
assert small_programs.solve_small(asked).value == [1]
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
