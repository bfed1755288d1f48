"""A time limit is met, or said to have been too short: on every formulation, with every engine, exact or not.

What is tried runs in a process of its own (this file as a program), so that a crash of an engine is a failure
of the test and not of the whole run.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from functools import cache, partial
from pathlib import Path
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

import dynamech as dm
from dynamech.models.compiler.formulation import FORMULATIONS, RECURSION
from dynamech.models.notions.incentives import INCENTIVES
from dynamech.models.notions.participation import PARTICIPATIONS

DATA = Path(__file__).parents[2] / "data"
BASES = [word for word in FORMULATIONS if word not in ("lazy", "local", RECURSION)]
WORDS = ["auto", *BASES, *(f"{word}+{more}" for word in BASES for more in ("lazy", "local"))]
HIGHS = ["highs", "highs-ipm", "highs-pdlp"]
OTHERS = ["cvxpy:CLARABEL", "cvxpy:HIGHS", "cvxpy:OSQP", "cvxpy:SCS", "pyomo:appsi_highs"]
LIMITS = [1e-6, 1e-3, 0.01, 0.1, 2]  # a first-order method may need the last one whole, as HiGHS 1.15's does
SOURCES = ["limit-two-agents.json", "limit-small-discount.json", "limit-three-types.json", "two-type-markov"]


@cache
def environment(source: str) -> Any:
    return dm.load(DATA / source if source.endswith(".json") else source)


@cache
def known(source: str, incentives: str, participation: str) -> dm.Design:
    return dm.design(
        environment(source), incentives=incentives, participation=participation, formulation="textbook",
        exact=True,
    )  # fmt: skip


def keeps_its_limit(
    source: str, incentives: str, participation: str, formulation: str, solver: str, exact: bool, limit: float
) -> None:
    """The answer is that without a limit, or a limit with a bound that holds."""
    asked: dict[str, Any] = {"incentives": incentives, "participation": participation}
    asked["formulation"] = formulation
    try:
        dm.compile(environment(source), **asked)
    except dm.DynamechError:
        return  # nothing to solve: the notion or the formulation does not apply
    truth = known(source, incentives, participation)
    answer = dm.design(environment(source), **asked, solver=solver, exact=exact, time_limit=limit)
    solution, value = answer.solution, answer.value
    assert solution is not None
    if answer.status != "limit":
        assert answer.status == truth.status, (answer.status, truth.status)
        if truth.value is not None:
            assert value is not None
            far = 0.0 if exact else 1e-5 * (1 + abs(float(truth.value)))
            assert abs(float(value) - float(truth.value)) <= far
            assert not exact or value == truth.value
        return
    assert solution.message.startswith("limit: ")
    assert "time limit" in solution.message or solver not in HIGHS, solution.message
    assert solution.value is None
    if solution.bound is not None:
        assert truth.value is not None, "an unbounded program has a bound"
        assert float(solution.bound) >= float(truth.value) - 1e-6 * (1 + abs(float(truth.value)))
    if solution.certificate is not None:
        assert solution.certificate.check()["valid"]


def sweep(solvers: list[str], examples: int) -> None:
    @settings(max_examples=examples, deadline=None, derandomize=True, database=None)
    @given(
        source=st.sampled_from(SOURCES),
        incentives=st.sampled_from(sorted(INCENTIVES)),
        participation=st.sampled_from(sorted(PARTICIPATIONS)),
        formulation=st.sampled_from(WORDS),
        solver=st.sampled_from(solvers),
        exact=st.booleans(),
        limit=st.sampled_from(LIMITS),
    )
    def every(**asked: Any) -> None:
        keeps_its_limit(**asked)

    every()


def given_a_minute() -> None:
    """Inputs on which presolve and postsolve as two steps of our own ended the interpreter, or were wrong."""
    asked: dict[str, Any] = {"incentives": "ex-post", "formulation": "per-period+lazy"}
    close(dm.design(environment("limit-two-agents.json"), **asked, time_limit=30).value, 4.466666667)
    three = environment("limit-three-types.json")
    close(dm.design(three, formulation="textbook", time_limit=60).value, 2.5282522774)
    climbed = dm.ladder(three, time_limit=60)
    close(climbed["relaxed"].value, 2.5282531957)
    close(climbed["bayesian"].value, 2.5282522774)
    assert climbed.tight["relaxed"] is False
    small = environment("limit-small-discount.json")
    free, limited = (dm.ladder(small, participation="ex-post", time_limit=limit) for limit in (None, 60))
    for rung in free.rungs:
        assert limited[rung.name].status == rung.status
        if rung.value is not None:
            close(limited[rung.name].value, rung.value)


def close(value: Any, truth: Any) -> None:
    assert abs(value - truth) <= 1e-9 * abs(truth), (value, truth)


def apart(what: str) -> None:
    command = [sys.executable, __file__, what]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=1200)
    assert done.returncode == 0, f"ended with {done.returncode}\n{done.stderr[-4000:]}"


def test_highs_keeps_its_limits() -> None:
    apart("highs")


def test_other_engines_keep_their_limits() -> None:
    apart("others")


def test_limits_that_are_not_reached_change_nothing() -> None:
    apart("minute")


if __name__ == "__main__":
    tasks: dict[str, Callable[[], None]] = {
        "highs": partial(sweep, HIGHS, 80),
        "others": partial(sweep, OTHERS, 25),
        "minute": given_a_minute,
    }
    tasks[sys.argv[1]]()
