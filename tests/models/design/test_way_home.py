"""The way home: a program goes to another tool, gets a row there, and comes back as a mechanism."""

from __future__ import annotations

import dataclasses
import pickle
import re
import warnings
from collections.abc import Callable
from fractions import Fraction as F
from typing import Any

import cvxpy
import numpy as np
import pyomo.environ as pyo
import pytest
from hypothesis import given as drawn
from hypothesis import settings
from hypothesis import strategies as st

import dynamech as dm
from dynamech.models.design.program import CompiledProgram, NotKept
from dynamech.solvers.program import Builder
from dynamech.solvers.solution import Solution
from dynamech.solvers.solve import solve
from dynamech.testing import random_environment

from .test_properties import costly_test, environments

cp: Any = cvxpy
PRIOR = {"low": F(3, 5), "high": F(2, 5)}
CHANCE = {
    ("low", "low"): F(2, 5),
    ("low", "high"): F(1, 5),
    ("high", "low"): F(1, 10),
    ("high", "high"): F(3, 10),
}
"""Of types, and of pairs of types, in two-type-markov."""
CAPACITY = F(1, 2)
ROWS = {"rows": [dm.Row("capacity", allocation=[[0, 1], [0, 1]], upper=CAPACITY, expected=True)]}
"""The same capacity as a row of one's own."""
PRICED = {"thresholds": "auto"}
"""Posted prices have no columns of single sales that a row could count: by another formulation."""
FORMULATIONS = ["auto", "textbook", "per-period", "local", "thresholds", "lazy", "full-reports"]


def sales(program: dm.Program) -> tuple[list[int], list[F]]:
    """Expected units sold over both periods of two-type-markov, as (columns, coefficients)."""
    terms = {}
    for k in range(program.num_columns):
        block, _, label = program.column_label(k).rstrip("]").partition("[")
        first, second, *action = label.split("|")
        if block == "allocation.0" and action == ["sell"]:
            terms[k] = PRIOR[second]
        elif block == "allocation.1" and action == ["sell"]:
            terms[k] = CHANCE[first, second]
        elif block == "price.1.buyer" and second == "at low":
            terms[k] = CHANCE[first, "low"] + CHANCE[first, "high"]
        elif block == "price.1.buyer" and second in ("at high", "at low, who does not buy"):
            terms[k] = CHANCE[first, "high"]
    return list(terms), list(terms.values())


def by_builder(program: dm.Program) -> Solution:
    build = Builder.of(program)
    row = build.rows("capacity", 1, upper=CAPACITY)
    build.entries(row.start, *sales(program))
    return solve(build.build(), exact=program.exact)


def by_highs(program: dm.Program) -> Any:
    columns, values = sales(program)
    highs = program.to_highs()
    highs.addCol(5.0, 0.0, 1.0, 0, [], [])  # a column of one's own, which earns something too
    highs.addRow(-np.inf, float(CAPACITY), len(columns), np.array(columns), np.array(values, dtype=float))
    highs.run()
    return highs


def by_pyomo(program: dm.Program) -> Any:
    model = program.to_pyomo()
    variables = [v for block in model.component_objects(pyo.Var) for v in block.values()]
    model.dual = pyo.Suffix(direction=pyo.Suffix.IMPORT)
    model.sold = pyo.Var()
    terms = zip(*sales(program), strict=True)
    model.sum = pyo.Constraint(expr=model.sold == sum(float(v) * variables[k] for k, v in terms))
    model.capacity = pyo.Constraint(expr=model.sold <= float(CAPACITY))
    pyo.SolverFactory("appsi_highs").solve(model)
    return model


def by_cvxpy(program: dm.Program) -> Any:
    blocks = program.to_cvxpy()
    sold, terms = cp.Variable(name="sold"), []
    for k, value in zip(*sales(program), strict=True):
        block = next(b for b in program.column_blocks.values() if k in b.index)
        terms.append(float(value) * blocks.columns[block.name][k - block.start])
    mine = cp.Problem(blocks.objective, [*blocks.constraints, sold == sum(terms), sold <= float(CAPACITY)])
    mine.solve(solver="CLARABEL")
    return mine


TOOLS: dict[str, Callable[[dm.Program], Any]] = {"HiGHS": by_highs, "Pyomo": by_pyomo, "CVXPY": by_cvxpy}


def outcome(env: dm.Environment, mechanism: dm.Mechanism) -> tuple[Any, Any]:
    """(profit, units sold) in expectation of a truthful buyer of two types, path by path."""
    profit = sold = 0
    first, second = mechanism.stages
    assert first.next is not None
    for (a, b), chance in CHANCE.items():
        i, j = ("low", "high").index(a), ("low", "high").index(b)
        lottery = first.allocation[mechanism.start, i]
        profit += chance * (first.transfers[0, mechanism.start, i] - lottery @ env.costs[0])
        sold += chance * lottery[1]
        for action in range(2):
            node, weight = first.next[mechanism.start, i, action], chance * lottery[action]
            earned = second.transfers[0, node, j] - second.allocation[node, j] @ env.costs[1]
            profit += weight * env.discount * earned
            sold += weight * second.allocation[node, j, 1]
    return profit, sold


@pytest.mark.parametrize("formulation", FORMULATIONS)
def test_a_capacity_in_expectation(formulation: str) -> None:
    """One row more, in every formulation and by every tool: the value of the row that is demanded, and a
    mechanism that keeps everything."""
    env = dm.load("two-type-markov")
    program = dm.compile(env, formulation=formulation, exact=True)
    exact = by_builder(program).require_optimal()
    assert exact.primal is not None
    assert exact.value is not None
    mechanism = program.mechanism(exact.primal)
    assert isinstance(mechanism.stages[1].transfers.flat[0], F)
    assert exact.value == by_builder(dm.compile(env, exact=True)).value
    demanded = dm.design(env, formulation=PRICED.get(formulation, formulation), demands=ROWS, exact=True)
    assert exact.value == demanded.value
    assert outcome(env, demanded.mechanism) == (exact.value, CAPACITY)
    assert dm.verify(env, mechanism, demands=ROWS)[0].violation == 0
    assert exact.value < F(613, 500) == dm.design(env, exact=True).value
    assert (exact.value, CAPACITY) == outcome(env, mechanism)
    assert program.value(exact.primal) == program.value(exact.primal.tolist()) == exact.value
    assert all(verdict.violation == 0 for verdict in dm.verify(env, mechanism, "bayesian", "interim"))

    for given in (program, dm.compile(env, formulation=formulation)):
        for tool, ask in TOOLS.items():
            solved = ask(given)
            home = given.mechanism(solved)
            assert home.stages[0].allocation.dtype == np.float64
            assert dm.verify(env, home, "bayesian", "interim", demands=ROWS), tool
            assert given.value(solved) == pytest.approx(float(exact.value), rel=1e-6), tool
            profit, sold = outcome(env, home)
            assert (profit, sold) == pytest.approx((float(exact.value), float(CAPACITY)), rel=1e-6), tool


@pytest.mark.parametrize("tool", TOOLS)
@pytest.mark.parametrize("formulation", ["textbook", "thresholds"])
def test_duals_come_home_by_label(formulation: str, tool: str) -> None:
    """With the price of the capacity they are those of an optimum: columns in use break even."""
    program = dm.compile("two-type-markov", formulation=formulation)
    solved = TOOLS[tool](program)
    duals = program.duals(solved)
    labels = [program.row_label(k) for k in range(program.num_rows)]
    assert list(duals) == labels
    prices: dict[str, Callable[[], float]] = {
        "HiGHS": lambda: solved.getSolution().row_dual[-1],
        "Pyomo": lambda: solved.dual[solved.capacity],
        "CVXPY": lambda: float(solved.constraints[-1].dual_value),
    }
    price = prices[tool]()
    assert price > 0.1
    columns, values = sales(program)
    left = program.objective - program.matrix.T @ np.array([duals[label] for label in labels])
    left[columns] -= price * np.array(values, dtype=float)
    exact = by_builder(program)
    assert exact.primal is not None
    assert left[exact.primal > 1e-6] == pytest.approx(0, abs=1e-6)
    assert left.max() < 1e-6


@drawn(env=environments(), word=st.sampled_from(["bayesian", "ex-post", "relaxed", "none"]))
@settings(deadline=None, derandomize=True, max_examples=10)
def test_a_vector_comes_home_as_its_answer_does(env: dm.Environment, word: str) -> None:
    answer = dm.design(env, incentives=word, exact=True)
    if answer.status != "optimal" or not answer.attained or answer.outcome is None:
        return
    program = dm.compile(env, incentives=word, exact=True)
    mechanism = program.mechanism(answer.outcome.decodable.primal)
    assert dm.verify(program.environment, mechanism, participation="interim")
    for mine, theirs in zip(mechanism.stages, answer.mechanism.stages, strict=True):
        assert (mine.allocation == theirs.allocation).all()
        assert (mine.transfers == theirs.transfers).all()
    assert program.value(answer.solution.primal) == answer.value  # type: ignore[union-attr]


def test_of_a_relaxation_the_environment_is_the_rewritten_one() -> None:
    program = dm.compile("kln-nonseparable", incentives="relaxed")
    highs = program.to_highs()
    highs.run()
    mechanism = program.mechanism(highs)
    assert program.environment.num_agents > dm.load("kln-nonseparable").num_agents
    assert dm.verify(program.environment, mechanism, "bayesian", "interim")


def test_a_quadratic_program_comes_home() -> None:
    program = dm.compile("supply-chain")
    answer = dm.design("supply-chain")
    problem: Any = program.to_cvxpy()
    problem.solve(solver="CLARABEL")
    assert program.value(problem) == pytest.approx(answer.value, rel=1e-6)
    assert dm.verify("supply-chain", program.mechanism(problem), "bayesian", "interim")


def test_copies_know_their_program() -> None:
    """A model that was cloned or pickled is still of the program, of one compiled anew and of one pickled."""
    program = dm.compile("two-type-markov")
    model, highs = by_pyomo(program), by_highs(program)
    value = program.value(highs)
    for other in (program, dm.compile("two-type-markov"), pickle.loads(pickle.dumps(program))):
        assert isinstance(other, CompiledProgram)
        for solved in (model, model.clone(), pickle.loads(pickle.dumps(model)), highs):
            assert other.value(solved) == pytest.approx(value)
            assert dm.verify(other.environment, other.mechanism(solved), "bayesian", "interim")


def test_what_cannot_come_home() -> None:
    program, other = dm.compile("two-type-markov"), dm.compile("two-type-markov", participation="per-period")
    size = program.num_columns

    def refused(values: Any, words: str, ask: Callable[..., Any] = program.mechanism) -> None:
        with pytest.raises(dm.DynamechError, match=f"^{re.escape(words)}") as caught:
            ask(values)
        assert "\n" not in str(caught.value)

    refused([0.5] * 5, f"values: 5, and not a number for each of the program's {size} columns")
    refused(np.zeros((size, 1)), f"values: {size} × 1, and not a number for each of")
    refused(np.float64(3), "values: one number, and not")
    refused([*[F(1)] * (size - 1), np.nan], f"values, entry [{size - 1}]: nan is not a finite number")
    refused(["low"] * size, "values, entry [0]: 'low'")
    refused(None, "values: NoneType is neither a vector nor a Pyomo model, CVXPY problem or HiGHS object")
    refused([0.5] * size, "a list has no duals; a solved object has", program.duals)

    highs, model, problem = program.to_highs(), program.to_pyomo(), program.to_cvxpy()
    refused(highs, "HiGHS object: it has no answer, its status being 'Not Set'; run() solves it")
    refused(model, "Pyomo model: allocation.0[start|low|keep] has no value; it is to be solved first")
    refused(problem, "CVXPY problem: allocation.0[start|low|keep] has no value; it is to be solved first")
    refused(highs, "HiGHS object: it has no duals, its status being 'Not Set'", program.duals)
    refused(model, "Pyomo model: it has no duals; `model.dual = Suffix(", program.duals)
    refused(problem, "row block 'flow.0' has no duals: solve the problem first", program.duals)
    highs.addRow(5.0, np.inf, 1, [0], [1.0])
    highs.run()
    refused(highs, "HiGHS object: it has no answer, its status being 'Infeasible'")
    never = cp.Problem(problem.objective, [*problem.constraints, problem.columns["allocation.0"] >= 5])
    never.solve(solver="CLARABEL")
    refused(never, "CVXPY problem: allocation.0[start|low|keep] has no value")

    theirs = "it was not made by {} of this program, 'two-type-markov.bayesian' with"
    elsewhere = cp.Problem(cp.Minimize(cp.norm(cp.Variable(3))))
    for kind, maker, solved in [
        ("HiGHS object", "to_highs()", other.to_highs()),
        ("Pyomo model", "to_pyomo()", other.to_pyomo()),
        ("CVXPY problem", "to_cvxpy()", other.to_cvxpy()),
        ("Pyomo model", "to_pyomo()", pyo.ConcreteModel()),
        ("CVXPY problem", "to_cvxpy()", elsewhere),
        ("CVXPY problem", "to_cvxpy()", problem.columns["allocation.0"]),
        ("HiGHS object", "to_highs()", highs.getSolution()),
    ]:
        for ask in (program.mechanism, program.value, program.duals):
            refused(solved, f"{kind}: {theirs.format(maker)}", ask)

    gone = by_pyomo(program)
    gone.del_component(gone.allocation_0)
    refused(gone, "Pyomo model: its component 'allocation_0' was taken away")
    fewer = program.to_highs()
    fewer.deleteVars(1, [size - 1])
    fewer.run()
    refused(fewer, f"HiGHS object: {size - 1} columns are left of the program's {size}")


def test_a_promise_that_no_payment_keeps_is_warned_of() -> None:
    """At the costly test, which is never taken, the point pays low and high differently."""
    program = dm.compile(costly_test())
    with pytest.warns(NotKept, match=r"^utility\.1\.buyer\[.*\]: the mechanism never gets there"):
        program.mechanism(solve(program).primal)
    fine = dm.compile(random_environment(4, controlled=True))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        fine.mechanism(solve(fine).primal)


def test_only_the_program_itself_knows_the_way() -> None:
    program = dm.compile("two-type-markov", exact=True)
    nearest = program.to_float()
    assert nearest is program.to_float()
    mine, same = program.mechanism(by_highs(program)), nearest.mechanism(by_highs(nearest))
    assert (mine.stages[0].allocation == same.stages[0].allocation).all()
    with pytest.raises(dm.DynamechError, match="a program made of a question's program has no way home"):
        dataclasses.replace(program).mechanism(np.zeros(program.num_columns))
