"""CVXPY's solvers as engines: what they are told, what is made of what they say, who is missing."""

from __future__ import annotations

from typing import Any

import cvxpy as cp
import numpy as np
import pytest
import scipy.sparse as sp

from dynamech.solvers.audit import audited
from dynamech.solvers.engines import cvxpy_engine
from dynamech.solvers.engines.foreign import Outcome, solve_foreign
from dynamech.solvers.errors import DynamechError, InvalidInput, NotInstalled
from dynamech.solvers.options import Options, Tolerances
from dynamech.solvers.program import Builder, Program
from dynamech.solvers.roster import catalogue
from dynamech.solvers.solve import engine, solve


def _random(rows: int, columns: int, seed: int = 0) -> Program:
    random = np.random.default_rng(seed)
    density = 1 if rows < 10 else 0.2
    entries = sp.random_array((rows, columns), density=density, format="coo", rng=random)
    builder = Builder(sense="max")
    builder.columns("x", columns, objective=random.random(columns), upper=5)
    builder.rows("r", rows, upper=1 + random.random(rows))
    builder.entries(entries.row, entries.col, entries.data)
    return builder.build()


def test_unknown_and_missing_solvers_are_told_apart() -> None:
    with pytest.raises(InvalidInput, match="no solver is called 'cvxpy:NONSENSE'; known are cvxpy:CLARABEL"):
        engine("cvxpy:NONSENSE")
    with pytest.raises(InvalidInput, match="no solver is called 'cvxpy:'"):
        solve(_random(2, 2), "cvxpy:")
    with pytest.raises(InvalidInput, match="no solver is called 'cvxpy'; known are highs"):
        engine("cvxpy")
    missing = [record for record in catalogue() if not record.available and record.name.startswith("cvxpy:")]
    for record in missing[:3]:
        with pytest.raises(NotInstalled) as raised:
            solve(_random(2, 2), record.name)
        assert record.name in str(raised.value)
        assert record.install in str(raised.value)


def test_limits_are_passed_or_refused() -> None:
    program = _random(400, 80)
    stopped = solve(program, "cvxpy:OSQP", iteration_limit=5)
    assert stopped.status == "limit"
    assert stopped.value is None
    assert stopped.iterations <= 5
    assert "asked for 1e-07" in stopped.message or "without an answer" in stopped.message
    assert solve(program, "cvxpy:CLARABEL", iteration_limit=2).status == "limit"
    assert solve(program, "cvxpy:SCS", iteration_limit=5, time_limit=10).status == "limit"
    assert solve(program, "cvxpy:HIGHS", iteration_limit=1).status == "limit"
    fine = solve(program, "cvxpy:CLARABEL", time_limit=60, iteration_limit=1000)
    assert fine.value == pytest.approx(solve(program).value)


def test_a_limit_that_a_solver_cannot_take_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cvxpy_engine, "_TOLD", {})
    with pytest.raises(InvalidInput, match="'cvxpy:CLARABEL' takes no time limit"):
        solve(_random(3, 3), "cvxpy:CLARABEL", time_limit=1)
    with pytest.raises(InvalidInput, match="'cvxpy:CLARABEL' takes no iteration limit"):
        solve(_random(3, 3), "cvxpy:CLARABEL", iteration_limit=1)
    assert solve(_random(3, 3), "cvxpy:CLARABEL").status == "optimal"


@pytest.mark.parametrize("solver", ["cvxpy:OSQP", "cvxpy:SCS"])
def test_first_order_accuracy_is_what_was_asked_for(solver: str) -> None:
    program = _random(8, 5)
    value = float(solve(program).value or 0)
    for asked in (1e-3, 1e-6):
        found = solve(program, solver, tolerances=Tolerances(asked, asked, asked))
        assert found.status == "optimal", found.message
        assert found.accuracy is not None
        assert found.accuracy.largest <= asked
        assert found.value == pytest.approx(value, abs=2 * found.accuracy.value_error + 1e-12)


def test_a_loose_optimal_is_tried_again_tighter_and_then_called_a_limit() -> None:
    """An engine that takes any of its answers for optimal, however far off."""
    program = _random(6, 4)
    truth = solve(program)
    assert truth.primal is not None
    assert truth.dual is not None
    primal, dual = truth.primal, truth.dual
    asked: list[float] = []

    def loose(lean: Program, options: Options) -> Outcome:
        asked.append(options.tolerances.primal)
        off = 1e3 * options.tolerances.primal
        return Outcome("optimal", "solved", primal + off, -dual, 7, 0.25, 0.5)

    found = solve_foreign(program, "loose", Options(), loose)
    assert asked == [1e-7, pytest.approx(1e-8), pytest.approx(1e-9)]
    assert found.status == "limit"
    assert found.value is None
    assert found.message.startswith("limit: loose stopped (solved) at accuracy")
    assert "asked for 1e-07; value about" in found.message
    assert found.seconds["solve"] == 1.5
    assert found.iterations == 21
    with pytest.raises(DynamechError, match="asked for 1e-07"):
        found.require_optimal()

    asked.clear()
    fine = solve_foreign(
        program,
        "loose",
        Options(tolerances=Tolerances(1e-4, 1e-4, 1e-4)),
        lambda p, o: loose(p, o) if len(asked) < 1 else Outcome("optimal", "solved", primal, -dual),
    )
    assert fine.status == "optimal"
    assert fine.value == pytest.approx(truth.value)


def test_a_wrong_word_is_not_taken_on_trust() -> None:
    """An engine that calls every program infeasible, or unbounded, at first sight."""
    program = _random(6, 4)

    def liar(word: Any) -> Any:
        def run(lean: Program, options: Options) -> Outcome:
            if lean.num_columns == 4 and lean.num_rows == 6 and lean.objective.any():
                return Outcome(word, f"{word}, surely")
            found = solve(lean)
            return Outcome("optimal", "", found.primal, found.dual)

        return run

    for word in ("infeasible", "unbounded", "either"):
        found = audited(solve_foreign(program, "liar", Options(), liar(word)), Options(), 0.0)
        assert found.status == "optimal"
        assert found.value == pytest.approx(solve(program).value)
        said = "infeasible" if word == "either" else word
        assert f"(proved over the rationals; liar says {said})" in found.message


@pytest.mark.parametrize("off", [0.0, 0.25])
def test_an_answer_without_duals_is_not_taken_by_its_word(off: float) -> None:
    program = _random(6, 4)
    truth = solve(program)
    assert truth.primal is not None
    primal = truth.primal + off
    told = solve_foreign(program, "mute", Options(), lambda p, o: Outcome("optimal", "", primal))
    assert told.dual is None
    with pytest.raises(DynamechError, match="gave no such values"):
        told.duals["r"]
    found = audited(told, Options(), 0.0)
    assert found.status == "optimal"
    assert found.value == pytest.approx(truth.value, rel=1e-12)
    assert found.measured is not None
    assert found.measured.rounding


def test_a_solver_that_fails_is_a_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: Any, **__: Any) -> None:
        raise cp.error.SolverError("Solver 'CLARABEL' failed. Try another solver.")

    monkeypatch.setattr(cp.Problem, "unpack_results", fail)
    found = solve(_random(3, 3), "cvxpy:CLARABEL")
    assert found.status == "limit"
    assert "cvxpy:CLARABEL stopped without an answer (Solver 'CLARABEL' failed)" in found.message


def test_the_exact_proof_goes_on_without_a_basis_even_after_a_limit() -> None:
    program = _random(40, 10)
    found = solve(program, "cvxpy:SCS", exact=True, tolerances=Tolerances(1e-2, 1e-2, 1e-2))
    assert found.status == "optimal", found.message
    assert found.certificate is not None
    assert found.certificate.check()["valid"]
    assert float(found.value or 0) == pytest.approx(float(solve(program).value or 0))
