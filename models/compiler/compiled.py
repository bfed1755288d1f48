"""The compiler: one environment, one plan, one program, and where its rows of lies and of truth are.

The mathematics is section by section in the files that are called here: columns and lotteries, objective,
incentives, participation. Coefficients are computed once per class of histories and laid out over all.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property

from ...solvers.blocks import Block
from ...solvers.lift import Identity, Lift
from ...solvers.program import Program
from ...solvers.short import Short
from .columns import begin
from .demand_rows import add_demands
from .incentive_rows import add_incentives
from .layout import Layout
from .least_rows import add_least
from .objective import add_objective
from .participation_rows import add_participation
from .posted_prices import posted_prices
from .sides import Key
from .state_rows import StateRows


@dataclass(frozen=True, eq=False, repr=False)
class Compiled(Short):
    """A program with the way back to the economics.

    program: allocation and utilities (or payments) of every period, in the columns of the layout.
    lies[t, i]: rows in which the agent's reports earn no more than truth; truths[t, i]: rows in which
    utility is what truth earns; promises[t, i]: rows of participation up to or from period t; least: rows of
    the objective's least utilities, whose columns come after those of the layout; demand_rows: rows of each
    demand of the plan.
    solved: what a solver gets, `program` or a reformulation; lift: back home.
    """

    layout: Layout
    program: Program
    lies: Mapping[tuple[int, int], StateRows]
    truths: Mapping[tuple[int, int], StateRows]
    promises: Mapping[tuple[int, int], Block]
    least: Mapping[tuple[str, int, int], Block]
    demand_rows: tuple[Mapping[Key, Block], ...]
    solved: Program
    lift: Lift

    @classmethod
    def of(cls, layout: Layout) -> Compiled:
        """The program of the layout's plan."""
        build = begin(layout)
        add_objective(layout, build)
        lies, truths = add_incentives(layout, build)
        promises = add_participation(layout, build)
        _, least = add_least(layout, build)
        demands = add_demands(layout, build)
        program = build.build()
        lift: Lift = Identity(program)
        solved = program
        if layout.plan.form.thresholds:
            solved, lift = posted_prices(layout, program, lies)
        return cls(layout, program, lies, truths, promises, least, demands, solved, lift)

    def in_doubles(self) -> Compiled:
        """The same with its numbers rounded, row by row; not where a lift holds numbers (`thresholds`)."""
        layout, program = self.layout.in_doubles(), self.program.to_float()
        lies, truths = (
            {key: replace(rows, layout=layout) for key, rows in some.items()}
            for some in (self.lies, self.truths)
        )
        lift = Identity(program)
        return replace(
            self, layout=layout, program=program, lies=lies, truths=truths, solved=program, lift=lift
        )

    def _facts(self) -> Mapping[str, object]:
        rows, columns = self.program.num_rows, self.program.num_columns
        return {"environment": self.layout.env.name, "rows": rows, "columns": columns}

    @cached_property
    def demands(self) -> dict[Key, Block]:
        """Rows of everything that is demanded."""
        return {key: block for rows in self.demand_rows for key, block in rows.items()}

    @property
    def rows(self) -> Mapping[Key, Block]:
        """Rows that no formulation leaves lies out of: all but those of lies."""
        flows = {("flow", t, 0): block for t, block in self.layout.flows.items()}
        truths = {("truth", t, i): rows.block for (t, i), rows in self.truths.items()}
        promises = {("promise", t, i): block for (t, i), block in self.promises.items()}
        return flows | truths | promises | dict(self.least) | self.demands
