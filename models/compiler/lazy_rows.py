"""What a lazy solve begins with: everything but incentive rows, and of those the nearest lies downwards."""

from __future__ import annotations

import numpy as np

from ...solvers.numbers import Bools, Ints
from .compiled import Compiled
from .lies import nearest_lies
from .posted_prices import PostedPrices


def lazy_rows(compiled: Compiled) -> tuple[Bools, Bools, Ints]:
    """(first core, wider core, group of each row) of the program that is solved; a group is a state's rows.

    The first core is the question of the relaxed program, in which only lies to the next lower type count.
    """
    home, lift = compiled.program, compiled.lift
    first, wider = np.ones(home.num_rows, dtype=bool), np.ones(home.num_rows, dtype=bool)
    groups = np.arange(home.num_rows, dtype=np.int64)
    for key, rows in compiled.lies.items():
        mine, row = rows.block.slice, rows.of_class
        below, nearest = nearest_lies(rows.view, rows.state, rows.report)
        first[mine] = below[row]
        # Neighbours by willingness to pay are few already, and each of them is needed.
        wider[mine] = key in compiled.layout.plan.crossings or nearest[row]
        groups[mine] = rows.block.start + rows.number
    if isinstance(lift, PostedPrices):
        extra = np.ones(compiled.solved.num_rows - len(lift.kept_rows), dtype=bool)
        first, wider = (np.append(core[lift.kept_rows], extra) for core in (first, wider))
        groups = np.append(groups[lift.kept_rows], home.num_rows + np.arange(len(extra)))
    return first, wider, groups
