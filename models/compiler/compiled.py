"""What a compilation holds: its layout, the program, and where the rows of lies and of truth are."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from ...solvers.blocks import Block
from ...solvers.lift import Lift
from ...solvers.program import Program
from ...solvers.short import Short
from .layout import Layout
from .state_rows import StateRows


@dataclass(frozen=True, eq=False, repr=False)
class Compiled(Short):
    """A program with the way back to the economics.

    program: allocation and utilities (or payments) of every period, in the columns of the layout.
    lies[t, i]: rows in which the agent's reports earn no more than truth; truths[t, i]: rows in which
    utility is what truth earns; promises[t, i]: rows of participation up to or from period t.
    solved: what a solver gets, `program` or a reformulation; lift: back home.
    """

    layout: Layout
    program: Program
    lies: Mapping[tuple[int, int], StateRows]
    truths: Mapping[tuple[int, int], StateRows]
    promises: Mapping[tuple[int, int], Block]
    solved: Program
    lift: Lift

    def _facts(self) -> Mapping[str, object]:
        rows, columns = self.program.num_rows, self.program.num_columns
        return {"environment": self.layout.env.name, "rows": rows, "columns": columns}

    @property
    def rows(self) -> Mapping[tuple[str, int, int], Block]:
        """Rows that no formulation leaves lies out of: lotteries, truth and participation."""
        flows = {("flow", t, 0): block for t, block in self.layout.flows.items()}
        truths = {("truth", t, i): rows.block for (t, i), rows in self.truths.items()}
        return flows | truths | {("promise", t, i): block for (t, i), block in self.promises.items()}
