"""Who waits while K goods are sold to buyers who arrive one at a time: the states of the stopping problem.

Buyers matter by their scores alone, of which there are L levels 1 < ... < L; level 0 is nobody. A *room* says
for each number of goods left what can wait there, what an arrival changes, and what can be sold:

- with recall for ever, the k best scores that wait, in descending order, earlier arrivals first among equals
  (k goods left: nobody else is ever served, because whoever is better goes first): C(L + k, k) states;
- with a time-out of d periods, the levels of the last d periods' arrivals, the latest first: (L + 1)^d
  states. Then the best need not be served first: one who is about to leave may be, while a better one waits.

A *place* is a position in such a list, and a sale is a set of places.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from ...solvers.errors import TooLarge
from ...solvers.numbers import Bools, Ints
from ...solvers.short import Short

MAX_STATES = 200_000
"""Most states of a room."""
GONE = -1
"""The place of one who is not served any more."""


@dataclass(frozen=True, eq=False, repr=False)
class Sale(Short):
    """One set of places to sell to: `sold` goods.

    allowed: (X,) where all the places are taken. serves: (P,) the places. left: (X,) the state of the room
    with `sold` goods less. place: (P,) where those who go on waiting are then, `GONE` for those served.
    """

    sold: int
    allowed: Bools
    serves: Bools
    left: Ints
    place: Ints


@dataclass(frozen=True, eq=False, repr=False)
class Room(Short):
    """What can wait for some number of goods.

    levels: (X, P) level at each place. joined: (X, L + 1) the state after an arrival of each level, 0: nobody
    comes (time passes). joined_at: (X, L + 1) the newcomer's place. moved: (X, L + 1, P) the places of the
    others. sales: what can be sold then, more goods first and earlier arrivals first.
    """

    levels: Ints
    joined: Ints
    joined_at: Ints
    moved: Ints
    sales: tuple[Sale, ...]

    @property
    def size(self) -> int:
        """Number of states X."""
        return len(self.levels)


def rooms(levels: int, goods: int, timeout: int | None) -> list[Room]:
    """The rooms for 0..`goods` goods left and scores of levels 1..`levels`.

    timeout: periods in which a buyer can be served, that of her arrival included; None for ever. Raises
    `TooLarge` where a room has more than `MAX_STATES` states.
    """
    size = math.comb(levels + goods, goods) if timeout is None else (levels + 1) ** timeout
    if size > MAX_STATES:
        raise TooLarge(
            f"those who wait can be {size:,} lists, more than {MAX_STATES:,}; "
            f"take fewer values, goods{'' if timeout is None else ' or periods before the time-out'}"
        )
    by_goods: list[Room] = []
    for k in range(goods + 1):
        if timeout is None or k == 0:
            by_goods.append(_recall(levels, k, by_goods))
        else:
            by_goods.append(_window(levels, k, timeout, by_goods))
    return by_goods


def _recall(levels: int, k: int, smaller: Sequence[Room]) -> Room:
    """The k best who wait."""
    lists = _lists(itertools.combinations_with_replacement(range(levels, -1, -1), k), k)
    places = np.arange(k)
    coming = np.arange(levels + 1)
    ahead = (lists[:, None, :] >= coming[:, None]).sum(axis=2)  # (X, L + 1) the newcomer's rank
    shifts = places >= ahead[:, :, None]
    moved = np.where(shifts & (coming[:, None] > 0), places + 1, places)
    moved = np.where(moved < k, moved, GONE)
    wider = np.concatenate([lists, np.zeros((len(lists), 1), dtype=np.int64)], axis=1)
    before = wider[np.arange(len(lists))[:, None, None], np.maximum(places - 1, 0)]
    after = np.where(places < ahead[:, :, None], lists[:, None, :], before)
    after = np.where(places == ahead[:, :, None], coming[:, None], after)
    after[:, 0] = lists
    joined_at = np.where((ahead < k) & (coming > 0), ahead, GONE)
    sales = []
    for sold in range(k, -1, -1):
        rest = lists[:, sold:]
        left = _index(rest, smaller[k - sold].levels if sold else lists, levels)
        taken = lists[:, sold - 1] > 0 if sold else np.ones(len(lists), dtype=bool)
        place = np.where(places >= sold, places - sold, GONE)
        sales.append(Sale(sold, taken, places < sold, left, place))
    return Room(lists, _index(after, lists, levels), joined_at, moved, tuple(sales))


def _window(levels: int, k: int, timeout: int, smaller: Sequence[Room]) -> Room:
    """The arrivals of the last periods, the latest first."""
    lists = _lists(itertools.product(range(levels, -1, -1), repeat=timeout), timeout)
    places, coming = np.arange(timeout), np.arange(levels + 1)
    after = np.empty((len(lists), levels + 1, timeout), dtype=np.int64)
    after[:, :, 0] = coming
    after[:, :, 1:] = lists[:, None, :-1]
    moved = np.broadcast_to(np.where(places + 1 < timeout, places + 1, GONE), after.shape)
    joined_at = np.broadcast_to(np.where(coming > 0, 0, GONE), after.shape[:2])
    sales = []
    for chosen in sorted(
        itertools.chain.from_iterable(
            itertools.combinations(range(timeout - 1, -1, -1), n) for n in range(min(k, timeout) + 1)
        ),
        key=len,
        reverse=True,
    ):
        serves = np.zeros(timeout, dtype=np.bool_)
        serves[list(chosen)] = True
        sold = len(chosen)
        if sold == k:
            left = np.zeros(len(lists), dtype=np.int64)
        else:
            left = _index(np.where(serves, 0, lists), lists, levels)
        place = np.where(serves | (sold == k), GONE, places)
        taken: Bools = np.asarray((lists[:, serves] > 0).all(axis=1))
        sales.append(Sale(sold, taken, serves, left, place))
    return Room(lists, _index(after, lists, levels), joined_at, moved, tuple(sales))


def _lists(rows: Iterable[tuple[int, ...]], width: int) -> Ints:
    lists = list(rows)
    return np.array(lists, dtype=np.int64).reshape(len(lists), width)


def _index(rows: Ints, lists: Ints, levels: int) -> Ints:
    """Where rows (..., P) stand among lists (X, P), which are in descending order."""
    weight = (levels + 1) ** np.arange(lists.shape[1] - 1, -1, -1)
    codes = (lists * weight).sum(axis=1)
    places: Ints = len(codes) - 1 - np.searchsorted(codes[::-1], (rows * weight).sum(axis=-1))
    return places
