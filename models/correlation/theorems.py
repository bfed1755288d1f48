"""Theorems 3.1 and 3.2 of LIU: which conditions transfers over the others' next types meet.

In a block with rows B_s (own types) and wanted expectations c_s,

- 3.1: lotteries p^i(θ'^{-i}, r^i; a, θ^{-i}), one a report r, have B_r · p_r = c_r (truth is worth what it
  should be) and B_s · p_r ≥ c_s = B_s · p_s (no lie is cheaper). There is a solution for every c exactly
  under convex independence; for a given c less is enough: no convex representation Σ ξ_s B_s = B_r with
  Σ ξ_s c_s > c_r.
- 3.2: transfers p^i(θ'^{-i}; a, θ^{-i}) that do not depend on the own report have B_s · p = c_s for every own
  type s (LIU (19) with the discount factor): a report matters through the action alone, and every type is a
  residual claimant. There is a solution for every c exactly under spanning; for a given c, where c depends on
  s as the rows do.
"""

from __future__ import annotations

import numpy as np

from ...solvers.errors import InvalidInput
from ...solvers.numbers import Array
from .blocks import BeliefBlocks
from .systems import Systems

THEOREMS = ("3.1", "3.2")


def check_theorem(theorem: str) -> str:
    """The theorem's word. Raises `InvalidInput` listing the words."""
    if theorem not in THEOREMS:
        raise InvalidInput(f"theorem: {theorem!r} is not one of {', '.join(THEOREMS)}")
    return theorem


def systems_of(theorem: str, blocks: BeliefBlocks, target: Array, money: Array | None = None) -> Systems:
    """One system a feasible block (by 3.1 and report), in the order of `BeliefBlocks.each`, then types.

    target (A, X, K); money (A, X, K): the amounts that it is made from, as `Systems` has them.
    """
    actions, others = np.nonzero(blocks.feasible)
    size = blocks.shape[2]
    by_report = theorem == "3.1"
    each = size if by_report else 1
    equal = np.eye(size, dtype=bool) if by_report else np.ones((1, size), dtype=bool)
    return Systems(
        blocks.matrices,
        np.repeat(blocks.matrix_of[actions, others], each),
        np.repeat(target[actions, others], each, axis=0),
        np.tile(equal, (len(actions), 1)),
        None if money is None else np.repeat(money[actions, others], each, axis=0),
    )
