"""The compiler: one environment, one plan, one program.

The mathematics is section by section in the files that are called here: columns and lotteries, objective,
incentives, participation. Coefficients are computed once per class of histories and laid out over all.
"""

from __future__ import annotations

from ...solvers.program import Builder, Sense
from ..environment import Environment
from ..histories.classes import Level
from ..histories.tree import build_tree
from ..histories.views import View
from .columns import add_columns
from .compiled import Compiled
from .incentive_rows import add_incentives
from .lay_out import StateIndex
from .objective import add_objective
from .participation_rows import add_participation
from .plan import Plan
from .posted_prices import posted_prices


def lay_out_columns(
    env: Environment,
    plan: Plan,
    levels: list[Level],
    views: list[dict[int, View]],
    sense: Sense = "max",
) -> Compiled:
    """Lay out histories, columns and lotteries; no program is built yet."""
    tree = build_tree(env, levels)
    states = [
        {i: StateIndex.of(layer, view) for i, view in views[t].items()} for t, layer in enumerate(tree.layers)
    ]
    build = Builder(sense=sense, exact=env.exact, name=f"{env.name}.{plan.incentives.name}")
    made = Compiled(env, plan, tree, views, states, [], build)
    add_columns(made, build)
    return made


def compile_program(
    env: Environment, plan: Plan, levels: list[Level], views: list[dict[int, View]]
) -> Compiled:
    """Lay out histories and build the program."""
    made = lay_out_columns(env, plan, levels, views)
    build = made.builder
    add_objective(made, build)
    add_incentives(made, build)
    add_participation(made, build)
    made.program = build.build()
    if plan.form.thresholds:
        made.posted = posted_prices(made)
    return made
