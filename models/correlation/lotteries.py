"""Theorem 3.1 of LIU: lotteries p^i(θ'^{-i}, r^i; a, θ^{-i}) over the others' next types, one a report.

In a block with rows B_s (own types) and wanted expectations c_s, the lottery of report r has

    B_r · p_r = c_r  (truth is worth what it should be),   B_s · p_r ≥ c_s = B_s · p_s  (no lie is cheaper).

The system decouples over the report r. It has a solution for every c exactly under convex independence; for a
given c less is enough: no convex representation Σ ξ_s B_s = B_r with Σ ξ_s c_s > c_r.
"""

from __future__ import annotations

import numpy as np

from ...solvers.numbers import Array
from .blocks import BeliefBlocks
from .systems import Systems

THEOREM = "3.1"


def lottery_systems(blocks: BeliefBlocks, target: Array, money: Array | None = None) -> Systems:
    """One system a feasible block and report, in the order of `BeliefBlocks.each` then types.

    target (A, X, K); money (A, X, K): the amounts that it is made from, as `Systems` has them.
    """
    actions, others = np.nonzero(blocks.feasible)
    size = blocks.shape[2]
    count = len(actions)
    equal = np.tile(np.eye(size, dtype=bool), (count, 1))
    return Systems(
        blocks.matrices,
        np.repeat(blocks.matrix_of[actions, others], size),
        np.repeat(target[actions, others], size, axis=0),
        equal,
        None if money is None else np.repeat(money[actions, others], size, axis=0),
    )
