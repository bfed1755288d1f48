"""``dynamech solvers``, ``--solver`` with any engine, and values printed with the digits that they have."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import dynamech as dm
from dynamech.report.wording import value_error
from dynamech.solvers import catalogue, installed


def test_the_list_says_what_is_there_and_how_to_get_the_rest(run: Callable[..., Any]) -> None:
    done = run("solvers")
    assert done.code == 0
    there, _, _ = done.out.partition("Not installed")
    for solver in catalogue():
        line = next(line for line in done.out.splitlines() if line.split()[:1] == [solver.name])
        assert (line in there) == solver.available
        assert solver.method in line if solver.available else solver.install in line
        assert ("QP" in line) == solver.qp or not solver.available
    assert "cvxpy:NAME or pyomo:NAME" in done.err
    assert not run("solvers", "--quiet").err


def test_the_list_as_json(run: Callable[..., Any]) -> None:
    done = run("solvers", "--json")
    found = {solver["name"]: solver for solver in json.loads(done.out)["solvers"]}
    assert found["highs"] == {
        "name": "highs", "available": True, "lp": True, "qp": True, "integer": True, "duals": True,
        "basis": True, "method": "simplex", "version": found["highs"]["version"],
        "install": "comes with dynamech",
        "first_order": False,
    }  # fmt: skip
    assert found["highs-pdlp"]["first_order"]
    assert found["highs"]["version"]
    assert {name for name, solver in found.items() if solver["available"]} == {s.name for s in installed()}
    for solver in found.values():
        assert solver["available"] or (solver["install"] and solver["version"] is None)


def test_any_solver_answers_a_question(run: Callable[..., Any]) -> None:
    for name in ("cvxpy:CLARABEL", "pyomo:appsi_highs"):
        done = run("design", "kln-nonseparable", "--set", "n=3", "--solver", name, "--quiet")
        assert done.code == 0
        assert "value          2.5 " in done.out


def test_a_solver_that_is_not_there_is_refused_before_work_starts(run: Callable[..., Any]) -> None:
    done = run("ladder", "kln-nonseparable", "--solver", "cvxpy:NONSENSE")
    assert (done.code, done.out) == (2, "")
    assert "no solver is called 'cvxpy:NONSENSE'; known are cvxpy:CLARABEL" in done.err


def test_no_value_has_more_digits_than_are_known(run: Callable[..., Any]) -> None:
    """A first-order method knows six or seven digits of 0.2587962962...; ten would be printed of a float."""
    env = dm.load("sequential-screening", k0=3, k1=6)
    exact = dm.design(env, exact=True).value
    for name in ("highs-pdlp", "cvxpy:OSQP", "cvxpy:SCS"):
        made = dm.design(env, solver=name)
        error = value_error(made)
        assert 0 <= abs(float(made.value or 0) - float(exact or 0)) <= error + 1e-12
        shown = run("design", "sequential-screening", "--set", "k0=3", "--set", "k1=6", "--solver", name)
        printed = next(line for line in shown.out.splitlines() if line.startswith("value")).split()[1]
        decimals = len(printed.partition(".")[2])
        assert 10.0**-decimals >= error
        assert abs(float(printed) - float(exact or 0)) <= 10.0**-decimals


def test_a_ladder_by_a_first_order_method_counts_what_is_not_known_as_nothing(
    run: Callable[..., Any],
) -> None:
    done = run("ladder", "kln-nonseparable", "--set", "n=3", "--solver", "cvxpy:OSQP", "--quiet")
    head = done.out.partition("none  types are known")[0]
    lines = {line.split()[0]: line.split() for line in head.splitlines() if line.strip()}
    exact = dm.ladder(dm.load("kln-nonseparable", n=3), exact=True)
    for name in ("none", "relaxed", "bayesian", "ex-post"):
        printed = lines[name][1]
        assert abs(float(printed) - float(exact[name].value or 0)) <= 10.0 ** -len(printed.partition(".")[2])
    assert lines["relaxed"][3] == "no"
    assert lines["ex-post"][2] == "0"
    assert "costs nothing more" in " ".join(done.out.split())
