"""The compiler: one environment, one plan, one program.

The mathematics is section by section in the files that are called here: columns and lotteries, objective,
incentives, participation. Coefficients are computed once per class of histories and laid out over all.
"""

from __future__ import annotations

from ...solvers.lift import Identity
from .columns import begin
from .compiled import Compiled
from .incentive_rows import add_incentives
from .layout import Layout
from .objective import add_objective
from .participation_rows import add_participation
from .posted_prices import posted_prices


def compile_program(layout: Layout) -> Compiled:
    """The program of the layout's plan."""
    build = begin(layout)
    add_objective(layout, build)
    lies, truths = add_incentives(layout, build)
    promises = add_participation(layout, build)
    program = build.build()
    if layout.plan.form.thresholds:
        return Compiled(layout, program, lies, truths, promises, *posted_prices(layout, program, lies))
    return Compiled(layout, program, lies, truths, promises, program, Identity(program))
