"""Index arithmetic over ragged groups, one after another: a group is its start and its size."""

from __future__ import annotations

import numpy as np

from ...solvers.numbers import Array, Ints, add_to


def offsets(counts: Ints) -> Ints:
    """Starts of consecutive groups of these sizes, with the total at the end: shape (n + 1,).

    >>> offsets(np.array([2, 0, 3])).tolist()
    [0, 2, 2, 5]
    """
    out = np.zeros(len(counts) + 1, dtype=np.int64)
    np.cumsum(counts, out=out[1:])
    return out


def starts_of(group: Ints, size: int) -> Ints:
    """Starts of groups 0..size-1 where each thing says its group, in order: (size + 1,).

    >>> starts_of(np.array([0, 0, 2]), 3).tolist()
    [0, 2, 2, 3]
    """
    return offsets(np.bincount(group, minlength=size))


def spread(starts: Ints, counts: Ints) -> tuple[Ints, Ints]:
    """Members of many groups one after another: (which group, which member).

    >>> [a.tolist() for a in spread(np.array([5, 0]), np.array([2, 3]))]
    [[0, 0, 1, 1, 1], [5, 6, 0, 1, 2]]
    >>> [a.tolist() for a in spread(np.array([5, 0]), np.array([1, 1]))]
    [[0, 1], [5, 0]]
    """
    if len(counts) and (counts == 1).all():  # as where every report has one profile, or every lie one play
        return np.arange(len(counts), dtype=np.int64), starts.astype(np.int64)
    group = np.repeat(np.arange(len(counts), dtype=np.int64), counts)
    begin = offsets(counts)[:-1]
    member = np.arange(len(group), dtype=np.int64) + np.repeat(starts - begin, counts)
    return group, member


def within(starts: Ints, groups: Ints) -> tuple[Ints, Ints]:
    """Members of these groups one after another: (which of `groups`, which member).

    >>> [a.tolist() for a in within(np.array([0, 2, 2, 5]), np.array([2, 0]))]
    [[0, 0, 0, 1, 1], [2, 3, 4, 0, 1]]
    """
    return spread(starts[groups], starts[groups + 1] - starts[groups])


def group_sums(values: Array, group: Ints, size: int) -> Array:
    """Sums of `values` by group; the dtype is kept (rationals stay rational)."""
    if values.dtype != object:
        return np.bincount(group, weights=values, minlength=size)
    out = np.full(size, 0 * values[0] if len(values) else 0, dtype=object)
    add_to(out, group, values)
    return out


def flat_index(digits: Array, sizes: tuple[int, ...]) -> Ints:
    """Row-major index of digit rows (n, N); an empty list of sizes gives zeros."""
    index = np.zeros(len(digits), dtype=np.int64)
    for j, size in enumerate(sizes):
        index = index * size + digits[:, j]
    return index
