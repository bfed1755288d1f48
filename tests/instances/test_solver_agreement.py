"""Every installed solver gives every library family's default instance the same value, duals included."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import dynamech as dm
from dynamech.instances.library import all_families
from dynamech.solvers import installed
from dynamech.solvers.duality import dual_bound
from dynamech.solvers.errors import DynamechError
from dynamech.solvers.options import Tolerances
from dynamech.solvers.program import Program
from dynamech.solvers.solve import solve

ASKED = 1e-5
"""Of first-order methods."""
SMALL: dict[str, dict[str, Any]] = {"arrivals": {"periods": 2}, "hidden-arrivals": {"values": "1"}}
"""Where the defaults take more than a moment."""


def compiled(name: str) -> Program:
    try:
        return dm.compile(dm.load(name, **SMALL.get(name, {})))
    except DynamechError as error:  # stationary environments have no program
        pytest.skip(str(error))


@pytest.mark.parametrize("name", [family.name for family in all_families()])
def test_all_solvers_agree(name: str) -> None:
    program = compiled(name)
    answer = solve(program).require_optimal()
    assert answer.accuracy is not None
    assert answer.accuracy.largest < 1e-9
    value = float(answer.value or 0)
    for solver in installed():
        if program.kind == "QP" and not solver.qp:
            continue
        first = solver.first_order
        slow = solver.name == "cvxpy:OSQP"  # a million iterations where an optimal face has no end
        found = solve(
            program,
            solver.name,
            tolerances=Tolerances(ASKED, ASKED, ASKED) if first else None,
            time_limit=1 if slow else None,
        )
        if slow and found.status == "limit":
            assert "asked for 1e-05" in found.message
            assert found.value is None
            continue
        if solver.name == "pyomo:cbc" and found.status == "limit":
            continue  # it may end at columns of 1e10, of which Pyomo reads eight digits from a file
        assert found.status == "optimal", f"{solver.name}: {found.message}"
        assert found.primal is not None
        assert found.dual is not None
        assert found.accuracy is not None
        assert found.accuracy.largest <= (ASKED if first else 1e-7)
        near = 10 * ASKED if first else 1e-6
        assert found.value == pytest.approx(value, rel=near, abs=near), solver.name
        size = 1 + float(np.abs(program.to_float().objective).max())
        bound = dual_bound(program, found.dual, found.primal, tolerance=size * (ASKED if first else 1e-7))
        assert bound == pytest.approx(value, rel=near, abs=near), f"{solver.name}: objective from duals"
