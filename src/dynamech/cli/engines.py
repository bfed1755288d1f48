"""``solvers``: which solvers are installed, and what each can do."""

from __future__ import annotations

from ..report.engines import solvers_report
from ..solvers import catalogue
from .options import Json, Quiet
from .terminal import answer, answer_json, note


def solvers(as_json: Json = False, quiet: Quiet = False) -> None:
    """The solvers that --solver takes: which are installed, and what each can do."""
    known = catalogue()
    if as_json:
        answer_json({"solvers": [solver.to_json() for solver in known]})
        return
    answer(solvers_report(known))
    note("any other solver that CVXPY or Pyomo finds is cvxpy:NAME or pyomo:NAME", quiet)
