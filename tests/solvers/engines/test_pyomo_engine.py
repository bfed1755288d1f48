"""Pyomo's solvers as engines."""

from __future__ import annotations

import logging

import numpy as np
import pytest
from pyomo.common import Executable

from dynamech.solvers.errors import InvalidInput, NotInstalled
from dynamech.solvers.program import Builder, Program
from dynamech.solvers.solve import engine, solve


def _program(columns: int = 30) -> Program:
    random = np.random.default_rng(1)
    builder = Builder(sense="max")
    x = builder.columns("x", columns, objective=random.random(columns), upper=2)
    rows = builder.rows("r", (5, 4), upper=3, lower=-1, label=lambda k: f"row {k % 3}")
    builder.entries(rows.index[:, None], x.index[None, :], random.integers(-1, 3, (20, columns)))
    return builder.build()


def test_agrees_and_splits_its_seconds() -> None:
    program = _program()
    found, answer = solve(program, "pyomo:appsi_highs"), solve(program)
    assert found.value == pytest.approx(answer.value)
    assert found.duals["r"].shape == (5, 4)
    assert found.seconds["handover"] > 0
    assert found.seconds["solve"] > 0


def test_limits(caplog: pytest.LogCaptureFixture) -> None:
    stopped = solve(_program(), "pyomo:appsi_highs", iteration_limit=1)
    assert stopped.status == "limit"
    assert stopped.value is None
    fine = solve(_program(), "pyomo:appsi_highs", time_limit=60, iteration_limit=1000)
    assert fine.status == "optimal"
    assert not caplog.records  # Pyomo's warnings are told as a status


def test_unknown_and_missing_solvers_are_told_apart() -> None:
    level = logging.getLogger("pyomo").level
    with pytest.raises(
        InvalidInput, match="no solver is called 'pyomo:nonsense'; known are pyomo:appsi_highs"
    ):
        engine("pyomo:nonsense")
    assert logging.getLogger("pyomo").level == level


def test_a_missing_executable_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    glpsol = Executable("glpsol")  # Pyomo remembers where it has seen one
    with monkeypatch.context() as without:
        without.setenv("PATH", "/nowhere")
        glpsol.rehash()
        with pytest.raises(
            NotInstalled, match="'pyomo:glpk' is not installed; install GLPK, with glpsol on the PATH"
        ):
            engine("pyomo:glpk")
    glpsol.rehash()


def test_columns_that_no_row_mentions_have_values() -> None:
    builder = Builder(sense="min")
    builder.columns("x", 3, lower=[-1, 2, -np.inf], upper=[1, 3, -4], objective=[1, 0, 0])
    found = solve(builder.build(), "pyomo:appsi_highs")
    assert found["x"].tolist() == [-1, 2, -4]
