"""What a lazy solve begins with: everything but incentive rows, and of those the nearest lies downwards."""

from __future__ import annotations

import numpy as np

from ...solvers.numbers import Bools, Ints
from .compiled import Compiled
from .lies import nearest_lies


def lazy_rows(made: Compiled) -> tuple[Bools, Bools, Ints]:
    """(first core, wider core, group of each row) of the program that is solved; a group is a state's rows.

    The first core is the question of the relaxed program, in which only lies to the next lower type count.
    """
    home = made.program
    first, wider = np.ones(home.num_rows, dtype=bool), np.ones(home.num_rows, dtype=bool)
    groups = np.arange(home.num_rows, dtype=np.int64)
    for (t, i), (rows, state, report) in made.incentive_rows.items():
        view, block = made.views[t][i], home.row_blocks[f"incentive.{t}.{made.env.agents[i].name}"]
        memory, row = rows.all
        below, nearest = nearest_lies(view, state, report)
        first[block.slice] = below[row]
        # Neighbours by willingness to pay are few already, and each of them is needed.
        wider[block.slice] = (t, i) in made.plan.crossings or nearest[row]
        groups[block.slice] = block.start + made.states[t][i].at(memory, state[row], rows.layer.cls[memory])
    if made.posted is not None:
        kept = made.posted[1].kept_rows
        extra = made.solved.num_rows - len(kept)
        first, wider = (np.concatenate([core[kept], np.ones(extra, dtype=bool)]) for core in (first, wider))
        groups = np.concatenate([groups[kept], home.num_rows + np.arange(extra)])
    return first, wider, groups
