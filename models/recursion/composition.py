"""What a cut or a point is made of: others of later stages, those of still others, and so on."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ...solvers.numbers import Ints
from .cuts import Cuts
from .points import Points
from .stages import RentStage


def reached(stages: Sequence[RentStage], pools: Sequence[Cuts | Points], last: Sequence[int]) -> list[Ints]:
    """By stage, the numbers of all that these numbers of stage 0 come to take from, themselves included."""
    kept = [np.zeros(len(pool.all), dtype=bool) for pool in pools]
    kept[0][list(last)] = True
    front = [(0, j) for j in last]
    while front:
        s, j = front.pop()
        for branch, part in zip(stages[s].branches, pools[s].all[j].parts, strict=True):
            new = part.after[~kept[branch.next][part.after]]
            kept[branch.next][new] = True
            front += [(branch.next, int(k)) for k in new]
    return [np.flatnonzero(these) for these in kept]
