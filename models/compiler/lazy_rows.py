"""What a lazy solve begins with: everything but incentive rows, and of those the nearest reports."""

from __future__ import annotations

import numpy as np

from ...solvers.numbers import Bools, Ints
from .compiled import Compiled
from .lies import core_lies


def core_and_groups(made: Compiled) -> tuple[Bools, Ints]:
    """(rows of the core, group of each row) of the program that is solved; a group is a state's rows."""
    home = made.program
    core = np.ones(home.num_rows, dtype=bool)
    groups = np.arange(home.num_rows, dtype=np.int64)
    for (t, i), (rows, state, report) in made.incentive_rows.items():
        view, block = made.views[t][i], home.row_blocks[f"incentive.{t}.{made.env.agents[i].name}"]
        memory, row = rows.all
        # Neighbours by willingness to pay are few already, and each of them is needed.
        nearest = (t, i) in made.plan.crossings or core_lies(view, state, report)[row]
        core[block.slice] = nearest
        groups[block.slice] = block.start + made.states[t][i].at(memory, state[row], rows.layer.cls[memory])
    if made.posted is not None:
        kept = made.posted.kept_rows
        extra = made.solved.num_rows - len(kept)
        core = np.concatenate([core[kept], np.ones(extra, dtype=bool)])
        groups = np.concatenate([groups[kept], home.num_rows + np.arange(extra)])
    return core, groups
