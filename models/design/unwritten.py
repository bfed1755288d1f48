"""A question whose lies get a row once they pay: compiled with a few, solved, compiled with more."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import TypeAlias

import numpy as np

from ...solvers.arithmetic import SOLVED
from ...solvers.certificate import Certificate
from ...solvers.effort import Effort
from ...solvers.numbers import Array, Ints
from ...solvers.program import Program
from ...solvers.solution import Solution
from ...solvers.unwritten import solve_unwritten
from ..compiler.compiled import Compiled
from ..compiler.nearest import first_lies, more_lies
from ..compiler.plan import Key, Pairs
from ..compiler.prepared import Prepared

Written: TypeAlias = Callable[[Prepared], Mapping[Key, Pairs]]
"""Which lies get a row where the formulation is `nearest`; all those that it does not name the agent of."""


def all_lies(ready: Prepared) -> Mapping[Key, Pairs]:
    """Every lie, as for whoever does not look for others."""
    return {}


def nearest_lies(ready: Prepared) -> Mapping[Key, Pairs]:
    """Those to begin with."""
    return first_lies(ready.env, ready.plan, ready.views[0])


def solve_nearest(
    compiled: Compiled,
    program_of: Callable[[Compiled], Program],
    holds_of: Callable[[Compiled], Callable[[Certificate], bool]],
    effort: Effort,
) -> tuple[Compiled, Solution]:
    """The solution, and the compilation with the rows that it took.

    program_of: the program to solve of a compilation. holds_of: what tells of a proof of it whether all lies
    keep to it.
    """

    def more(primal: Array) -> tuple[Program, Ints] | None:
        nonlocal compiled
        lies = more_lies(compiled.layout, compiled.lift.primal(primal), SOLVED)
        if lies is None:
            return None
        before, compiled = compiled, prepared(lies).compiled()
        return program_of(compiled), _places(before, compiled)

    def prepared(lies: Mapping[Key, Pairs]) -> Prepared:
        layout = compiled.layout
        return Prepared(layout.env, replace(layout.plan, written=lies), layout.levels, layout.views)

    solution = solve_unwritten(
        program_of(compiled), more, lambda: holds_of(compiled), effort.solver, exact=effort.exact,
        time_limit=effort.left,
    )  # fmt: skip
    count = f"{solution.program.num_rows:,} of {prepared({}).size.rows:,} rows were needed"
    return compiled, replace(solution, message=f"{solution.message} ({count})")


def _places(before: Compiled, after: Compiled) -> Ints:
    """Where the rows of a compilation are in one with more lies: (rows,)."""
    places = np.zeros(before.solved.num_rows, dtype=np.int64)
    for name, block in before.solved.row_blocks.items():
        places[block.slice] = after.solved.row_blocks[name].start + np.arange(block.size)
    for key in before.layout.plan.written:
        lies, wider = before.lies[key], after.lies[key]
        places[lies.block.slice] = wider.at(lies.memory, wider.find(lies.state, lies.report)[lies.of_class])
    return places
