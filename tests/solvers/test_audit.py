"""What engines say is not taken for granted: wrong vectors and statuses are put into every engine."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from typing import Any

import highspy
import numpy as np
import pytest

from dynamech.solvers.audit import audited
from dynamech.solvers.engines import cvxpy_engine, pyomo_engine
from dynamech.solvers.engines.foreign import Outcome
from dynamech.solvers.engines.highs_session import Session
from dynamech.solvers.errors import TooLarge
from dynamech.solvers.lazy import solve_lazily
from dynamech.solvers.options import Options
from dynamech.solvers.origin import Origin
from dynamech.solvers.program import Builder, Program
from dynamech.solvers.solution import Solution
from dynamech.solvers.solve import ENGINES, solve

NAMES = [
    {"cvxpy:": "cvxpy:CLARABEL", "pyomo:": "pyomo:appsi_highs"}.get(name, name) for name in ENGINES
]
WRONG: dict[str, Callable[[np.ndarray], np.ndarray]] = {
    "nan": lambda v: np.full_like(v, math.nan),
    "one nan": lambda v: np.concatenate([v[:-1], [math.nan]]),
    "infinite": lambda v: v + math.inf,
    "zero": np.zeros_like,
    "off": lambda v: v * 1.001 + 1e-3,
    "negative": lambda v: -v - 1,
    "short": lambda v: v[:-1],
    "long": lambda v: np.concatenate([v, v]),
}


def program() -> Program:
    """max 3a + 2b + c with a + b + c ≤ 3/2, a − b ≤ 1/4 and c ≤ a: 31/8 at (7/8, 5/8, 0)."""
    builder = Builder(sense="max", exact=True)
    x = builder.columns("x", 3, upper=1, objective=[3, 2, 1])
    rows = builder.rows("r", 3, upper=["3/2", "1/4", 0])
    builder.entries(rows.index[:, None], x.index, [[1, 1, 1], [1, -1, 0], [-1, 0, 1]])
    return builder.build()


OPTIMUM = Fraction(31, 8)


def unbounded() -> Program:
    builder = Builder(sense="max", exact=True)
    x = builder.columns("x", 2, objective=[1, 1])
    rows = builder.rows("r", 1, upper=1)
    builder.entries(rows.index, x.index, [1, -1])
    return builder.build()


def infeasible() -> Program:
    builder = Builder(sense="max", exact=True)
    x = builder.columns("x", 2, upper=1, objective=[1, 1])
    rows = builder.rows("r", 2, upper="1/2")
    need = builder.rows("s", 1, lower="3/4")
    builder.entries(rows.index, x.index, 1)
    builder.entries(need.index, x.index, ["1/2", "1/2"])
    return builder.build()


def corrupt_vectors(monkeypatch: pytest.MonkeyPatch, which: str, wrong: Any) -> None:
    """Every vector that any engine hands over is spoiled, those of HiGHS inside proofs as well."""
    seen = highspy.Highs.getSolution
    runs = {module: module._run for module in (cvxpy_engine, pyomo_engine)}

    def solution(self: Any) -> Any:
        at = seen(self)
        name = {"primal": "col_value", "dual": "row_dual"}[which]
        given = np.array(getattr(at, name), dtype=np.float64)
        if given.size:
            setattr(at, name, wrong(given).tolist())
        return at

    monkeypatch.setattr(highspy.Highs, "getSolution", solution)
    for module, run in runs.items():

        def spoil(lean: Program, name: str, options: Options, run: Any = run) -> Outcome:
            out: Outcome = run(lean, name, options)
            if getattr(out, which) is None:
                return out
            return replace(out, **{which: wrong(getattr(out, which))})

        monkeypatch.setattr(module, "_run", spoil)


def corrupt_status(monkeypatch: pytest.MonkeyPatch, word: Any) -> None:
    """Every engine says `word` of every program, and HiGHS inside proofs does."""
    runs = {module: module._run for module in (cvxpy_engine, pyomo_engine)}
    for name in ("run", "run_limited"):
        run = getattr(Session, name)

        def lie(self: Session, run: Any = run) -> str:
            run(self)
            return f"k{word.capitalize()}"

        monkeypatch.setattr(Session, name, lie)
    for module, run in runs.items():

        def say(lean: Program, name: str, options: Options, run: Any = run) -> Outcome:
            out: Outcome = run(lean, name, options)
            return replace(out, word=word, detail=word)

        monkeypatch.setattr(module, "_run", say)


def believed(found: Solution, truth: str, value: Fraction | None) -> None:
    """The truth, or that it is not known; never anything else."""
    assert found.status in (truth, "limit"), found.message
    if found.status == "optimal":
        assert value is not None
        assert found.value == pytest.approx(float(value), abs=1e-6)
        accuracy = found.accuracy
        assert accuracy is not None
        assert abs(Fraction(float(found.value or 0)) - value) <= accuracy.value_error
    else:
        assert found.value is None
        assert found.message.startswith(found.status)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("which", ["primal", "dual"])
@pytest.mark.parametrize("how", list(WRONG))
def test_wrong_vectors_are_never_optimal(
    name: str, which: str, how: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    corrupt_vectors(monkeypatch, which, WRONG[how])
    believed(solve(program(), name), "optimal", OPTIMUM)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("word", ["optimal", "infeasible", "unbounded"])
@pytest.mark.parametrize("make", [program, unbounded, infeasible])
def test_false_statuses_are_never_believed(
    name: str, word: str, make: Callable[[], Program], monkeypatch: pytest.MonkeyPatch
) -> None:
    truth = {program: "optimal", unbounded: "unbounded", infeasible: "infeasible"}[make]
    corrupt_status(monkeypatch, word)
    believed(solve(make(), name), truth, OPTIMUM if make is program else None)


@pytest.mark.parametrize("word", ["infeasible", "unbounded"])
def test_lazy_rows_are_audited_as_well(word: str, monkeypatch: pytest.MonkeyPatch) -> None:
    corrupt_status(monkeypatch, word)
    core = np.array([True, True, False])
    believed(solve_lazily(program(), core), "optimal", OPTIMUM)


@pytest.mark.parametrize("how", ["nan", "off", "negative", "short"])
@pytest.mark.parametrize("which", ["primal", "dual"])
def test_proofs_do_not_believe_them_either(
    which: str, how: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    corrupt_vectors(monkeypatch, which, WRONG[how])
    found = solve(program(), exact=True)
    assert found.status in ("optimal", "limit")
    if found.status == "optimal":
        assert found.value == OPTIMUM


@pytest.mark.parametrize("how", ["nan", "off", "negative"])
def test_lazy_rows_with_wrong_vectors(how: str, monkeypatch: pytest.MonkeyPatch) -> None:
    corrupt_vectors(monkeypatch, "primal", WRONG[how])
    core = np.array([True, True, False])
    believed(solve_lazily(program(), core), "optimal", OPTIMUM)


def test_one_false_claim_gives_way_to_the_proof() -> None:
    """Where only the first engine errs, the answer is the right one, and says what happened."""
    told = Solution(program(), "unbounded", "unbounded: so it seems", "liar")
    found = audited(told, Options(), 0.0)
    assert found.status == "optimal"
    assert found.value == float(OPTIMUM)
    assert found.message == "optimal: value 3.875 (proved over the rationals; liar says unbounded)"
    assert found.primal is not None
    assert found.primal.dtype == np.float64
    assert found.measured is not None
    assert found.measured.rounding
    assert found.certify().value == OPTIMUM


def test_true_claims_stand_with_their_rays() -> None:
    found = solve(unbounded(), rays=True)
    assert found.status == "unbounded"
    assert found.ray is not None
    assert found.ray[0] > 0
    found = solve(infeasible(), rays=True)
    assert found.status == "infeasible"
    assert found.farkas is not None
    assert np.abs(found.farkas).max() > 0


def test_a_claim_that_time_does_not_allow_to_prove_is_a_limit() -> None:
    told = Solution(program(), "infeasible", "infeasible: so it seems", "liar")
    found = audited(told, Options(time_limit=1.0), 2.0)
    assert found.status == "limit"
    assert found.message == "limit: liar says infeasible, which no proof bears out within the time limit"


def thirds(exact: bool) -> Program:
    """max x − 3y with y ≥ x/3: 0, but rounded 1/3 is less than 1/3 and (1, 1/3) is a ray."""
    builder = Builder(sense="max", exact=exact)
    xy = builder.columns("xy", 2, objective=[1, -3])
    rows = builder.rows("r", 1, lower=0)
    builder.entries(rows.index, xy.index, [Fraction(-1, 3), 1])
    return builder.build()


def test_what_is_proved_is_proved_at_the_data() -> None:
    told = Solution(thirds(False), "unbounded", "unbounded: so it seems", "liar")
    assert audited(told, Options(), 0.0).status == "unbounded"
    found = audited(replace(told, program=thirds(True).to_float()), Options(), 0.0)
    assert (found.status, found.value) == ("optimal", 0.0)


@pytest.mark.parametrize("name", NAMES)
def test_rounded_programs_know_what_they_were_rounded_from(name: str) -> None:
    found = solve(thirds(True).to_float(), name)
    assert found.status in ("optimal", "limit")
    assert found.value in (None, pytest.approx(0.0, abs=1e-9))


def test_what_is_made_of_a_program_has_another_origin() -> None:
    rounded = thirds(True).to_float()
    assert rounded.origin is not None
    assert rounded.origin.make().exact
    assert replace(rounded, objective=-rounded.objective).origin is None


def unknown() -> Program:
    raise TooLarge("not today")


@pytest.mark.parametrize("origin", [Origin(unknown), Origin(lambda: thirds(False).rounded_from(None), False)])
def test_a_proof_about_one_rounding_turns_no_optimum_down(origin: Origin[Program]) -> None:
    """It is no proof about the data, and bears out only what an engine says itself."""
    program = thirds(False).rounded_from(origin)
    told = Solution(program, "optimal", "optimal: so it seems", "liar", 1.0)
    assert audited(told, Options(), 0.0).status == "limit"
    told = Solution(program, "limit", "limit: no idea", "highs")
    found = audited(told, Options(), 0.0)
    assert found.message.endswith("(proved for one rounding of its numbers; no idea)")
    told = Solution(program, "unbounded", "unbounded: so it seems", "honest")
    assert audited(told, Options(), 0.0).status == "unbounded"


def bets(given: bool | None) -> Solution:
    """max y with y ≤ 1 + 3x/10 − 3x/10, x ≤ 1e17: 1, but in doubles 3 · 0.1 − 0.3 is 6e-17, and pays."""

    def make(exact: bool) -> Program:
        builder = Builder(sense="max", exact=exact)
        xy = builder.columns("xy", 2, upper=[10**17, 10**17], objective=[0, 1], unit=1)
        rows = builder.rows("r", 1, upper=1)
        builder.entries(rows.index, xy.index, [0, 1])
        for part in ["-1/10", "-1/10", "-1/10", "3/10"]:
            builder.entries(rows.index, xy.start, [part])
        return builder.build()

    program = make(False)
    if given is not None:
        program = program.rounded_from(Origin(lambda: make(True), given))
    x, y = np.array([1e17, 1 - 1e17 * program.data[0]]), np.ones(1)
    told = Solution(program, "optimal", "optimal: value 6.55", "highs", x[1], primal=x, dual=y)
    assert told.measured is not None
    assert told.measured.rounding
    return told


def test_an_optimum_that_lives_on_rounding_is_none() -> None:
    for given in (True, False):
        found = audited(bets(given), Options(), 0.0)
        assert (found.status, found.value) == ("optimal", 1.0)
    found = audited(bets(None), Options(), 0.0)  # the doubles are the data
    assert found.value == pytest.approx(1 + 1e17 * (3 * 0.1 - 0.3))


def test_errors_are_about_the_data() -> None:
    accuracy = solve(thirds(False)).accuracy
    assert accuracy is not None
    assert accuracy.value_error == math.inf
    accuracy = solve(thirds(True).to_float()).accuracy
    assert accuracy is not None
    assert accuracy.value_error == 0.0


def test_a_message_tells_one_error() -> None:
    said = "optimal: value 3.87 (to about 3e-08)"
    found = solve(program().to_float(), "highs-ipm")
    for words in (said, "optimal: value 3.87 (its error is not bounded) (to about 3e-08)"):
        again = audited(replace(found, message=f"{words} (2 of 3 rows were needed)"), Options(), 0.0)
        assert again.message == "optimal: value 3.875 (2 of 3 rows were needed)"


def test_an_engine_that_gives_up_with_time_to_spare_is_helped_out() -> None:
    """Sides of 5 and 1e-9, which the quadratic engine of some releases of HiGHS does not get along with."""
    hessian = np.array([
        [-6, -2, 3, -2, -4], [-2, -14, 3, -6, 7], [3, 3, -7, 1, -2], [-2, -6, 1, -6, 3], [-4, 7, -2, 3, -10],
    ])  # fmt: skip
    builder = Builder(sense="max", name="sides")
    x = builder.columns("x", 5, objective=[0, 0, 0, 2, -2])
    rows = builder.rows("sides", 3, lower=[-5, -1e-9, 1e-9], upper=[5, 1e-9, 1e-9])
    entries = np.array([[-1, -1, 2, 2, -1], [-1, 0, 1, -2, 1], [-1, 1, 2, 1, 0]])
    builder.entries(rows.index[:, None], x.index[None, :], entries)
    builder.quadratic(x.index[:, None], x.index[None, :], hessian)
    for limit in (None, 60):
        told = solve(builder.build(), time_limit=limit)
        assert told.status == "optimal", told.message
        assert told.value == pytest.approx(1.2e-9, rel=1e-6)
    # Iterations that were used up are no fault of the numbers.
    spent = solve(builder.build(), iteration_limit=1)
    assert spent.status == "limit" or spent.value == pytest.approx(1.2e-9, rel=1e-6)
