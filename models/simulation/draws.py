"""Random numbers that depend on a seed and on what they are for, and on nothing else.

The number for path n is entry n of a stream of its own (Philox, a generator that counts), whose key is a hash
of the seed, the period, and what is drawn: the type of an agent, by her name, or the action. So path n is the
same however many there are, in whatever chunks they are drawn, and in whatever order agents are listed; and
as outcomes are drawn in the order of their labels, in whatever order types and actions are.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from typing import Any, TypeAlias

import numpy as np

from ...solvers.errors import InvalidInput
from ...solvers.numbers import Ints
from ...solvers.numerals import shown

Floats: TypeAlias = np.ndarray[Any, np.dtype[np.float64]]
TURN = 4
"""Numbers that the generator makes at a time: streams are entered at multiples of it."""
MOST_PATHS, MOST_SEEDS = 10**9, 2**63 - 1


def check_drawn(paths: object, seed: object, least: int = 1) -> None:
    """Raises `InvalidInput` for what is no number of paths, or no seed."""
    for name, number, low, high in (("paths", paths, least, MOST_PATHS), ("seed", seed, 0, MOST_SEEDS)):
        if isinstance(number, bool) or not isinstance(number, int) or not low <= number <= high:
            raise InvalidInput(f"{name}: {shown(number)} is no whole number from {low} to {high:,}")


def uniforms(seed: int, role: str, name: str, t: int, first: int, count: int) -> Floats:
    """Entries first, ..., first + count - 1 of a stream, in [0, 1); `first` is a multiple of `TURN`."""
    key = hashlib.blake2b(json.dumps([seed, role, name, t]).encode(), digest_size=16).digest()
    stream = np.random.Philox(key=int.from_bytes(key, "big"))
    stream.advance(first // TURN)
    return np.ldexp((stream.random_raw(count) >> np.uint64(11)).astype(np.float64), -53)


def by_label(labels: Sequence[Sequence[str]], axes: Sequence[int] = (0,)) -> Ints:
    """The outcomes of a product of lists of labels, numbered as listed, in the order of their labels.

    axes: the lists in the order in which they count, the first slowest.
    """
    table = np.arange(np.prod([len(own) for own in labels], dtype=np.int64)).reshape([len(o) for o in labels])
    table = table[np.ix_(*(sorted(range(len(own)), key=own.__getitem__) for own in labels))]
    return table.transpose(axes).reshape(-1)


def drawn(chances: Floats, order: Ints, at: Floats) -> Ints:
    """(n,): an outcome of each row (n, K) of chances, at numbers (n,) in [0, 1); outcomes in this order.

    Rows are taken for what they sum to, and entries below 0, which doubles may have, for none.

    >>> chances = np.array([[0.5, 0.0, 0.5], [0.0, 1.0, 0.0]])
    >>> drawn(chances, np.arange(3), np.array([0.5, 0.0])).tolist()
    [2, 1]
    """
    below = np.cumsum(np.maximum(chances[:, order], 0), axis=1)
    last = (below < below[:, -1:]).sum(axis=1)
    past = (below <= (at * below[:, -1])[:, None]).sum(axis=1)
    outcome: Ints = order[np.minimum(past, last)]
    return outcome
