"""Theorem 3.2 of LIU: transfers p^i(θ'^{-i}; a, θ^{-i}) that do not depend on the own report.

In a block with rows B_s and wanted expectations c_s they satisfy B_s · p = c_s for every own type s (LIU (19)
with the discount factor): a report matters through the action alone, and every type is a residual claimant.
There is a solution for every c exactly under spanning; for a given c, where c depends on s as the rows do.
"""

from __future__ import annotations

import numpy as np

from ...solvers.numbers import Array
from .blocks import BeliefBlocks
from .systems import Systems

THEOREM = "3.2"


def vcg_systems(blocks: BeliefBlocks, target: Array, money: Array | None = None) -> Systems:
    """One system a feasible block, in the order of `BeliefBlocks.each`; arguments as of `lottery_systems`."""
    actions, others = np.nonzero(blocks.feasible)
    return Systems(
        blocks.matrices,
        blocks.matrix_of[actions, others],
        target[actions, others],
        np.ones((len(actions), blocks.shape[2]), dtype=bool),
        None if money is None else money[actions, others],
    )
