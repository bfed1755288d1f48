"""The known solvers as two tables: those that are installed, and how to install the others."""

from __future__ import annotations

from collections.abc import Sequence

from ..solvers import Solver
from .wording import NONE, Shown, table, titled


def solvers_report(solvers: Sequence[Solver]) -> list[Shown]:
    """What each installed solver takes and gives, then what is missing."""
    there = table(["solver", "takes", "gives", "method", "version"])
    for solver in solvers:
        if solver.available:
            kinds = ("LP", solver.lp), ("QP", solver.qp), ("MILP", solver.integer)
            takes = ", ".join(word for word, can in kinds if can)
            gives = ", ".join(word for word, can in (("duals", solver.duals), ("basis", solver.basis)) if can)
            there.add_row(solver.name, takes, gives or NONE, solver.method, solver.version or NONE)
    shown: list[Shown] = [titled("Installed", there)]
    if not all(solver.available for solver in solvers):
        missing = table(["solver", "to have it"])
        for solver in solvers:
            if not solver.available:
                missing.add_row(solver.name, solver.install)
        shown.append(titled("Not installed", missing))
    return shown
