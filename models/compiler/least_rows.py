"""The least utility, as a column below all those that it is the least of.

Of an objective with weight m on the least of U_1, U_2, ... the column z is at most each of them, and its
weight is m. What is expected in period 0 is in the columns of utilities, whatever becomes of payments.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ...solvers.blocks import Block
from ...solvers.numbers import Ints
from ...solvers.program import Builder
from ..environment.environment import Environment
from ..histories.ragged import group_sums
from ..histories.views import View
from ..notions.objective import Objective
from .layout import Layout


@dataclass(frozen=True, eq=False)
class Over:
    """What one agent's part in a least utility is over: a row for each group of states of period 0.

    state, row (S,): states of positive probability, and the row of each. labels: what each row is about.
    """

    state: Ints
    row: Ints
    labels: tuple[str, ...]


def groups(env: Environment, objective: Objective, view: View) -> dict[str, Over]:
    """The rows of one agent, by the word of each least utility that has a weight."""
    if objective.least == 0:
        return {}
    name, state = env.agents[view.agent].name, np.flatnonzero(view.state_prob != 0)
    kinds, row = np.unique(view.state_type[state], return_inverse=True)
    types = env.agents[view.agent].types[0]
    over = {
        "min-utility": Over(state, np.zeros(len(state), dtype=np.int64), (name,)),
        "min-type-utility": Over(state, row.reshape(-1), tuple(f"{name}|{types[k]}" for k in kinds)),
    }
    return {word: rows for word, rows in over.items() if objective.weights[word] != 0}


def add_least(
    layout: Layout, build: Builder, weigh: bool = True
) -> tuple[Ints, dict[tuple[str, int, int], Block]]:
    """Add the columns and rows of the objective's least utilities; (columns, rows by word and agent).

    weigh: whether they count in the objective of this program too.
    """
    env, objective, stakes = layout.env, layout.plan.objective, layout.stakes
    columns, rows = {}, {}
    for i, view in layout.views[0].items():
        for word, over in groups(env, objective, view).items():
            if word not in columns:
                unit = None if stakes is None else stakes.most
                weight = objective.weights[word] if weigh else 0
                columns[word] = build.columns(word, 1, lower=None, unit=unit, objective=weight)
            count, chance = len(over.labels), view.state_prob[over.state]
            name = f"{word}.{env.agents[i].name}"
            block = build.rows(name, count, lower=0, label=over.labels.__getitem__)
            share = chance / group_sums(chance, over.row, count)[over.row]
            build.entries(block.start + over.row, layout.utility(0, i).start + over.state, share)
            build.entries(block.index, columns[word].start, -1)
            rows[word, 0, i] = block
    return np.array([block.start for block in columns.values()], dtype=np.int64), rows
