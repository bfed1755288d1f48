"""What rounding of the data makes true is not told of the data, whatever solver was asked."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import pytest

import dynamech as dm
from dynamech import testing
from dynamech.solvers import installed
from dynamech.solvers.solve import solve

SOLVERS = [solver.name for solver in installed()]


@pytest.mark.parametrize("solver", SOLVERS)
def test_a_compiled_program_is_proved_at_its_data(solver: str) -> None:
    """In doubles, taken at their word, buyers bet on chances of 1e-17 and there is no bound."""
    env = dm.load("hidden-arrivals", values="1")
    assert dm.design(env, exact=True).value == Fraction(8271, 2000)
    found = solve(dm.compile(env), solver)
    assert found.status == "optimal", found.message
    assert found.value == pytest.approx(4.1355, rel=1e-6)


@pytest.mark.parametrize("solver", [name for name in SOLVERS if "OSQP" not in name])
@pytest.mark.parametrize("participation", ["interim", "periodic"])
def test_bets_on_rounded_chances_are_no_answer(solver: str, participation: str) -> None:
    """Types expect the same but for rounding: bets of 8e16 on that are worth 3/10, and nobody makes them."""
    env = testing.random_environment(3810, types=3)
    words: dict[str, Any] = {"incentives": "first-order", "participation": participation, "solver": solver}
    assert dm.design(env, **words, exact=True).value == Fraction(6, 5)
    assert dm.design(env, **words).value == pytest.approx(1.2)
    found = dm.design(env.to_float(), **words)
    if found.status == "limit":
        assert solver not in ("highs", "highs-ipm")
        return
    assert found.status == "optimal"
    assert found.value == pytest.approx(1.2, rel=1e-6)
