"""Exact answers: proved optima, proofs of infeasibility and unboundedness, honest intervals."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dynamech.solvers.certificate import Certificate
from dynamech.solvers.clock import Clock
from dynamech.solvers.errors import NotCertified, OutOfTime
from dynamech.solvers.exact.decide import decide
from dynamech.solvers.exact.examine import examine
from dynamech.solvers.exact.integers import clear
from dynamech.solvers.exact.rationals import Rationals, common
from dynamech.solvers.exact.refine import refined_basis
from dynamech.solvers.exact.solve import certify_vectors
from dynamech.solvers.exact.vertex import Vertex
from dynamech.solvers.numbers import objects
from dynamech.solvers.options import AT_UPPER, BASIC, FREE, Basis, Options
from dynamech.solvers.program import Builder, Program
from dynamech.solvers.solution import Solution
from dynamech.solvers.solve import solve

examples = settings(deadline=None, derandomize=True, max_examples=80)


def _proved(solution: Solution) -> Certificate:
    certificate = solution.certificate
    assert certificate is not None, solution.message
    verdict = certificate.check()
    assert verdict["valid"], verdict["reason"]
    return certificate


def _check(program: Program) -> Solution:
    """Solve exactly; whatever comes out is proved, and agrees with the float answer where that has one."""
    solution = solve(program, exact=True)
    certificate = _proved(solution)
    assert certificate.kind == solution.status, solution.message
    float_answer = solve(program)
    if float_answer.status == solution.status == "optimal":
        assert float(solution.value or 0) == pytest.approx(float_answer.value, abs=1e-5, rel=1e-5)
    return solution


@given(data=st.data(), exact=st.booleans())
@examples
def test_random_programs(data: st.DataObject, exact: bool, programs: Any) -> None:
    program = data.draw(programs(exact=exact))
    solution = _check(program)
    if solution.status == "optimal":
        assert type(solution.value) is Fraction
        assert solution.primal is not None
        assert solution.reduced_costs is not None
        assert all(type(v) is Fraction for v in [*solution.primal, *solution.reduced_costs])


def _thirds() -> Program:
    builder = Builder(sense="max", exact=True, name="thirds")
    x = builder.columns("x", 3, upper=[Fraction(1, 3), None, 1][0], objective=["1/3", "1/7", 1])
    row = builder.rows("r", 2, upper=["1/2", "2/5"])
    builder.entries(row.index[0], x.index, ["1/3", "1/5", "1/7"])
    builder.entries(row.index[1], x.index[1:], 1)
    builder.offset = "1/11"  # type: ignore[assignment]
    return builder.build()


def test_a_known_rational_optimum() -> None:
    solution = _check(_thirds())
    assert solution.value == Fraction(1, 11) + Fraction(1, 9) + Fraction(1, 3) + Fraction(1, 15) * Fraction(
        1, 7
    )
    assert solution["x"].tolist() == [Fraction(1, 3), Fraction(1, 15), Fraction(1, 3)]
    assert solution.duals["r"].tolist() == [0, Fraction(1, 7)]
    assert solution.message.endswith("(proved)")
    assert set(solution.seconds) == {"handover", "solve", "prove"}
    assert solution.bound == solution.value
    assert solution.basis is not None
    assert solution.certify() is solution.certificate


def test_a_float_solution_can_be_certified_later() -> None:
    program = _thirds()
    solution = solve(program)
    assert solution.certificate is None
    certificate = solution.certify()
    assert certificate.kind == "optimal"
    assert certificate.value == solve(program, exact=True).value
    assert certificate.check()["valid"]


@pytest.mark.parametrize("solver", ["highs-ipm", "highs-pdlp"])
def test_other_methods_propose(solver: str) -> None:
    solution = solve(_thirds(), solver, exact=True)
    assert solution.value == solve(_thirds(), exact=True).value
    assert solution.solver == solver


def test_a_float_program_counts_at_its_binary_values() -> None:
    builder = Builder(sense="max")
    builder.columns("x", 1, objective=0.1, upper=0.3)
    assert _check(builder.build()).value == Fraction(0.1) * Fraction(0.3)


def _hair(gap: Fraction) -> Program:
    """x ≤ 1/3 and x ≥ 1/3 + gap: infeasible by a hair."""
    builder = Builder(sense="max", exact=True)
    builder.columns("x", 1, objective=1)
    builder.rows("r", 2, lower=[-np.inf, Fraction(1, 3) + gap], upper=[Fraction(1, 3), np.inf])
    builder.entries([0, 1], [0, 0], 1)
    return builder.build()


def test_infeasible_by_less_than_any_tolerance() -> None:
    program = _hair(Fraction(1, 10**15))
    assert solve(program).status == "optimal"
    solution = solve(program, exact=True)
    assert solution.status == "infeasible"
    assert "in floating point highs says optimal" in solution.message
    assert _proved(solution).kind == "infeasible"
    assert solution.farkas is not None
    assert solution.farkas[0] < 0 < solution.farkas[1]
    assert _check(_hair(Fraction(0))).value == Fraction(1, 3)


def test_unbounded_by_less_than_any_tolerance() -> None:
    builder = Builder(sense="max", exact=True)
    builder.columns("x", 2, objective=[Fraction(1, 10**15), 0])
    builder.columns("y", 1, upper=1, objective=1)
    solution = solve(builder.build(), exact=True)
    assert solution.status == "unbounded"
    certificate = _proved(solution)
    assert certificate.ray is not None
    assert certificate.ray[0] > 0


def test_infeasible_and_unbounded_shapes() -> None:
    builder = Builder(exact=True)
    builder.columns("x", 1, lower=1, upper=0)
    solution = _check(builder.build())
    assert solution.status == "infeasible"
    builder = Builder(exact=True)
    builder.rows("r", 2, lower=[-1, Fraction(1, 2)], upper=1)
    assert _check(builder.build()).status == "infeasible"
    builder = Builder(exact=True)
    builder.offset = Fraction(2, 3)
    builder.rows("r", 2, lower=-1)
    assert _check(builder.build()).value == Fraction(2, 3)
    builder.columns("x", 2, objective=1)
    assert _check(builder.build()).status == "unbounded"


def test_degenerate_and_redundant_rows() -> None:
    """A vertex on far more rows than columns, most of them repeated or implied."""
    builder = Builder(sense="max", exact=True)
    x = builder.columns("x", 3, objective=["1/3", "1/3", "1/3"])
    row = builder.rows("r", 40, upper=Fraction(1, 3))
    weights = [[Fraction(1 + (i * j) % 5, 3) for j in range(3)] for i in range(40)]
    builder.entries(row.index[:, None], x.index[None, :], np.array(weights, dtype=object))
    builder.rows("same", 5, lower=0, upper=0)
    builder.entries(40 + np.arange(5), 0, 1)
    builder.entries(40 + np.arange(5), 1, -1)
    assert _check(builder.build()).status == "optimal"


def _scaled(seed: int, exact: bool = True) -> Program:
    """Chains of incentive rows with 10⁻⁶ and 10⁶ side by side, and thin probabilities."""
    random = np.random.default_rng(seed)
    k = 12
    thin = [Fraction(10) ** int(e) for e in random.integers(-6, 1, k)]
    prior = np.array([p / sum(thin) for p in thin], dtype=object)
    worth = np.array([Fraction(j + 1, k) * 10 ** (6 * (j % 3 == 2)) for j in range(k)], dtype=object)
    builder = Builder(sense="max", exact=exact)
    if not exact:
        prior, worth = prior.astype(float), worth.astype(float)
    q = builder.columns("q", k, upper=1, objective=-prior / 3)
    p = builder.columns("p", k, lower=None, objective=prior)
    i, j = (part.ravel() for part in np.meshgrid(np.arange(k), np.arange(k), indexing="ij"))
    i, j = i[i != j], j[i != j]
    ic = builder.rows("ic", i.size, lower=0)
    builder.entries(ic.index, q.index[i], worth[i])
    builder.entries(ic.index, p.index[i], -1)
    builder.entries(ic.index, q.index[j], -worth[i])
    builder.entries(ic.index, p.index[j], 1)
    ir = builder.rows("ir", 1, lower=0)
    builder.entries(ir.index, q.index, prior * worth)
    builder.entries(ir.index, p.index, -prior)
    return builder.build()


@pytest.mark.parametrize("exact", [True, False])
@pytest.mark.parametrize("seed", range(4))
def test_badly_scaled_programs_end_in_a_proof(seed: int, exact: bool) -> None:
    solution = solve(_scaled(seed, exact), exact=True)
    assert _proved(solution).kind == "optimal"


def _wild(seed: int) -> Program:
    """Every number, entries and bounds alike, somewhere between 10⁻⁶ and 10⁶."""
    random = np.random.default_rng(seed)
    n, m = int(random.integers(1, 7)), int(random.integers(1, 7))

    def numbers(size: int) -> Any:
        return [
            Fraction(int(v)) * Fraction(10) ** int(e)
            for v, e in zip(random.integers(-6, 7, size), random.integers(-6, 7, size), strict=True)
        ]

    builder = Builder(sense="max" if random.random() < 0.5 else "min", exact=True)
    x = builder.columns("x", n, upper=[abs(v) for v in numbers(n)], objective=numbers(n))
    row = builder.rows("r", m, upper=[abs(v) for v in numbers(m)])
    builder.entries(
        row.index[:, None], x.index[None, :], np.array(numbers(m * n), dtype=object).reshape(m, n)
    )
    return builder.build()


@pytest.mark.parametrize("seed", range(25))
def test_wild_programs_are_never_proved_wrongly(seed: int) -> None:
    solution = solve(_wild(seed), exact=True)
    assert _proved(solution).kind == "optimal"


def test_an_interval_is_called_an_interval(monkeypatch: pytest.MonkeyPatch) -> None:
    """With no time left after the first attempt, what that attempt proves is all there is."""
    program = _scaled(0)
    whole = clear(program)
    good = solve(whole.scaled.program).basis
    assert good is not None

    def out(self: Clock) -> Options:
        raise OutOfTime

    monkeypatch.setattr(Clock, "options", out)
    # all rows basic, the columns q at their upper bounds and the payments p at 0: feasible, far from optimal
    columns = np.where(np.isinf(whole.scaled.program.lower), FREE, AT_UPPER).astype(np.int8)
    poor = Basis(columns, np.full_like(good.rows, BASIC))
    said = Solution(program, "optimal", "", "liar", held_basis=poor)
    certificate = decide(whole, said, Clock(Options())).certificate
    assert certificate is not None
    assert certificate.kind == "interval"
    verdict = certificate.check()
    assert verdict["valid"], verdict["reason"]
    best = decide(whole, replace(said, held_basis=good), Clock(Options())).certificate
    assert best is not None
    assert certificate.least is not None
    if best.value is not None:
        assert certificate.least < best.value


def test_limits_are_answers_too() -> None:
    solution = solve(_scaled(1), exact=True, iteration_limit=0)
    assert solution.status == "limit"
    assert solution.program.exact
    certificate = solve(_scaled(1), iteration_limit=0).certify()
    assert certificate.kind == "interval"
    assert certificate.check()["valid"]


def _quadratic(exact: bool, curvature: Any, **kwargs: Any) -> Program:
    builder = Builder(sense="max", exact=exact)
    x = builder.columns("x", 3, objective=[2, 2, 0], **kwargs)
    i, j = np.nonzero(np.array(curvature))
    builder.quadratic(i, j, np.array(curvature)[i, j])
    builder.rows("sum", 1, upper=2)
    builder.entries(0, x.index, 1)
    builder.offset = 1
    return builder.build()


@pytest.mark.parametrize("exact", [True, False])
def test_quadratic_optimum(exact: bool) -> None:
    solution = _check(_quadratic(exact, [[-1, 0, 0], [0, -2, 0], [0, 0, 0]]))
    assert solution.value == Fraction(11, 3)
    assert solution["x"].tolist() == [Fraction(4, 3), Fraction(2, 3), 0]
    assert solution.duals["sum"].tolist() == [Fraction(2, 3)]
    assert solution.reduced_costs is not None
    assert solution.reduced_costs.tolist() == [0, 0, Fraction(-2, 3)]


def test_a_quadratic_objective_semidefinite_only_up_to_rounding() -> None:
    """With 0.3 and 0.7 in place of 3/10 and 7/10, the determinant is not 0 but a hair below."""
    builder = Builder(sense="min")
    x = builder.columns("x", 2, objective=1, upper=3)
    curvature = np.array([[0.3 * 0.3, 0.3 * 0.7], [0.3 * 0.7, 0.7 * 0.7]])
    determinant = Fraction(curvature[0, 0]) * Fraction(curvature[1, 1]) - Fraction(curvature[0, 1]) ** 2
    assert determinant < 0
    i, j = np.divmod(np.arange(4), 2)
    builder.quadratic(x.index[i], x.index[j], curvature.ravel())
    program = builder.build()
    solution = solve(program, exact=True)
    assert solution.status == "limit"
    assert solution.certificate is None
    assert "semidefinite only up to rounding; give its numbers as rationals" in solution.message
    with pytest.raises(NotCertified, match="semidefinite only up to rounding"):
        solve(program).certify()


def test_quadratic_with_many_optima() -> None:
    """Only x0 + x1 is determined, and the optimum touches no bound."""
    solution = _check(_quadratic(True, [[-2, -2, 0], [-2, -2, 0], [0, 0, 0]], lower=-5))
    assert solution.value == 2


def test_quadratic_outcomes() -> None:
    program = _quadratic(True, [[-1, 0, 0], [0, 0, 0], [0, 0, 0]], lower=None)
    builder = Builder(sense="min", exact=True)
    x = builder.columns("x", 2, lower=None, objective=[0, -1])
    builder.quadratic(0, 0, 1)
    assert _check(builder.build()).status == "unbounded"
    builder.rows("r", 2, lower=[1, -np.inf], upper=[np.inf, 0])
    builder.entries([0, 1], [x.index[1]] * 2, 1)
    assert _check(builder.build()).status == "infeasible"
    assert _check(program).status == "unbounded"


@given(data=st.data(), exact=st.booleans())
@examples
def test_random_quadratic_programs(data: st.DataObject, exact: bool, programs: Any) -> None:
    linear = data.draw(programs(exact=exact))
    n = linear.num_columns
    rank = data.draw(st.integers(1, n))
    root = np.array([[data.draw(st.integers(-2, 2)) for _ in range(n)] for _ in range(rank)])
    sign = -1 if linear.sense == "max" else 1
    builder = Builder(sense=linear.sense, exact=exact)
    builder.columns("x", n, lower=linear.lower, upper=linear.upper, objective=linear.objective)
    builder.rows("r", linear.num_rows, lower=linear.row_lower, upper=linear.row_upper)
    rows = np.repeat(np.arange(linear.num_rows), np.diff(linear.indptr))
    builder.entries(rows, linear.indices, linear.data)
    i, j = np.divmod(np.arange(n * n), n)
    builder.quadratic(i, j, sign * (root.T @ root).ravel())
    _check(builder.build())


def test_vectors_carried_over_from_a_smaller_program() -> None:
    """Certify small, claim large: rows left out get dual zero, and the vectors prove the large program."""
    small, large = Builder(sense="max", exact=True), Builder(sense="max", exact=True)
    for builder, rows in ((small, 1), (large, 50)):
        x = builder.columns("x", 2, upper=1, objective=["1/3", "1/2"])
        row = builder.rows("r", rows, upper=[Fraction(5, 4) + k for k in range(rows)])
        builder.entries(row.index[:, None], x.index[None, :], 1)
    solution = solve(small.build(), exact=True)
    assert solution.primal is not None
    assert solution.dual is not None
    padded = np.concatenate([solution.dual, np.full(49, Fraction(0), dtype=object)])
    certificate = certify_vectors(large.build(), solution.primal, padded)
    assert certificate.value == solution.value
    assert certificate.check()["valid"]
    with pytest.raises(NotCertified, match=r"r\[0\] \(and 3 more\) breaks a bound, by up to 2"):
        certify_vectors(large.build(), solution.primal + 1, padded)
    padded[0] += 1
    with pytest.raises(NotCertified, match=r"x\[0\] \(and 1 more\) has a dual it cannot have"):
        certify_vectors(large.build(), solution.primal, padded)


def test_the_examination_agrees_with_fractions(programs: Callable[..., Any]) -> None:
    """Rows cleared by rounded arithmetic are exactly those that hold with room to spare."""
    from dynamech.solvers.exact.examine import primal_faults
    from dynamech.solvers.exact.rationals import common

    random = np.random.default_rng(0)
    builder = Builder(exact=True)
    n, m = 20, 300
    x = builder.columns("x", n, lower=None)
    values = [Fraction(int(v), 7) for v in random.integers(-9, 9, n)]
    entries = np.array(
        [[Fraction(int(v), 3) for v in row] for row in random.integers(-9, 9, (m, n))], dtype=object
    )
    exactly = entries @ np.array(values, dtype=object)
    slack = [Fraction(int(v), 10**18) for v in random.integers(-1, 2, m)]
    builder.rows("r", m, upper=exactly + np.array(slack, dtype=object))
    builder.entries(np.arange(m)[:, None], x.index[None, :], entries)
    faults = primal_faults(clear(builder.build()), common(np.array(values, dtype=object)))
    assert faults.rows.tolist() == [k for k in range(m) if slack[k] < 0]


def test_a_vertex_far_beyond_what_the_solver_takes_is_not_refined() -> None:
    """A bound 10^40 away, beside a fault of 1, is infinite for HiGHS: no better basis, and no error."""
    build = Builder(sense="max", exact=True)
    x = build.columns("x", 2, lower=0, upper=[10**41, 5], objective=[0, 1])
    row = build.rows("r", 2, upper=[10**40, 6])
    build.entries(row.index, x.index, 1)
    whole = clear(build.build())
    far = Vertex(common(objects([Fraction(10**40), Fraction(6)])), Rationals.zeros(2))
    at = Basis(np.full(2, BASIC, dtype=np.int8), np.full(2, AT_UPPER, dtype=np.int8))
    found = examine(whole, far.x, far.y)
    assert found.primal.worst == 1
    assert refined_basis(whole, at, far, found, Options(), most=np.inf) is None
