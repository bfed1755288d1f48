"""Shocks independent of everything before: θ' = Z(θ, a, γ) with finitely many exact cells for γ.

A coupling says how the next types of different true types move together with one shock. `quantile` uses one
uniform draw for all (the common refinement of the rows' cumulative distributions), `antithetic` mirrors the
draw for every second type, `independent` draws afresh for every type, and `signals` takes the signals that
the environment was built from.
"""

from __future__ import annotations

import math

import numpy as np

from ...solvers.arithmetic import arithmetic_of
from ...solvers.errors import InvalidInput
from ...solvers.exact.rationals import WIDE, common, quotients
from ...solvers.numbers import Array, Ints, is_exact
from ..environment.memory import refuse_table

COUPLINGS = ("signals", "quantile", "antithetic", "independent")
DECIMALS = 13
"""Of breakpoints in doubles, as many as adding up a row leaves: the cells are data of what comes after."""


def couple(
    rows: Array, own: Ints, coupling: str, who: str, limit: float = math.inf
) -> tuple[Array, Ints]:
    """Cells of the shock and where they lead.

    rows (R, K'): distributions of the next type; own (R,): the true type each row belongs to.
    Returns lengths (C,), which sum to 1, and moves (R, C), the next type of each row in each cell.
    Raises `TooLarge`, naming `who`, where the moves, counted before, would take more than `limit` bytes.
    """
    if coupling == "quantile":
        lengths, moves = _quantile(rows, who, limit)
    elif coupling == "antithetic":
        mirrored = (own % 2 == 1)[:, None]
        lengths, moves = _quantile(np.where(mirrored, rows[:, ::-1], rows), who, limit)
        moves = np.where(mirrored, rows.shape[1] - 1 - moves, moves)
    elif coupling == "independent":
        lengths, moves = _independent(rows, own, who, limit)
    else:
        raise InvalidInput(f"coupling: {coupling!r} is not one of {', '.join(COUPLINGS)}")
    return _merge(lengths, moves)


def _quantile(rows: Array, who: str, limit: float) -> tuple[Array, Ints]:
    """The common refinement of the rows' cumulative distributions; of rationals, over one denominator."""
    whole = 1
    if is_exact(rows):
        shares = common(rows)
        whole, tops = shares.denominator, shares.numerators
        cumulative = np.cumsum(tops if whole < 2**WIDE else tops.astype(object), axis=1)
    else:
        # Breakpoints that differ by rounding alone are one breakpoint.
        cumulative = np.round(np.cumsum(rows, axis=1), DECIMALS)
        cumulative[:, -1] = 1.0
    edges, rank = np.unique(np.append(cumulative.ravel(), cumulative.ravel()[:1] * 0), return_inverse=True)
    rank = rank.reshape(-1)[: cumulative.size].reshape(cumulative.shape)
    count = len(edges) - 1
    what = f"{who}: with {count:,} shocks the table of moves"
    refuse_table(what, len(rows) * count, False, limit, "raise memory_limit= or coarsen the types")
    # A row is at type k in the cells whose left edge is at or above k of its cumulative values.
    passed = np.zeros((len(rows), count + 1), dtype=np.int64)
    np.add.at(passed, (np.arange(len(rows))[:, None], rank), 1)
    moves = np.cumsum(passed, axis=1)[:, :count]
    lengths = edges[1:] - edges[:-1]
    return quotients(lengths, whole) if is_exact(rows) else lengths, moves


def _independent(rows: Array, own: Ints, who: str, limit: float) -> tuple[Array, Ints]:
    kinds = np.unique(own)
    parts = [_quantile(rows[own == kind], who, limit) for kind in kinds]
    total = math.prod(len(lengths) for lengths, _ in parts)
    what = f"{who}: with {total:,} independent shocks the table of moves"
    refuse_table(what, len(rows) * total, is_exact(rows), limit, "choose coupling 'quantile'")
    product = arithmetic_of(rows).ones(1)
    digits: list[Ints] = []
    for part, _ in parts:
        digits = [np.repeat(d, len(part)) for d in digits]
        digits.append(np.tile(np.arange(len(part)), len(product)))
        product = (product[:, None] * part[None, :]).ravel()
    moves = np.zeros((len(rows), len(product)), dtype=np.int64)
    for kind, digit, (_, part_moves) in zip(kinds, digits, parts, strict=True):
        moves[own == kind] = part_moves[:, digit]
    return product, moves


def _merge(lengths: Array, moves: Ints) -> tuple[Array, Ints]:
    """Join cells that lead everywhere to the same types, in order of first appearance."""
    _, first, inverse = np.unique(moves, axis=1, return_index=True, return_inverse=True)
    if len(first) == moves.shape[1]:
        return lengths, moves
    rank = np.argsort(np.argsort(first))
    joined = lengths[: len(first)] * 0
    np.add.at(joined, rank[inverse.reshape(-1)], lengths)
    return joined, moves[:, np.sort(first)]
