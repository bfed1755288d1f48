"""How the state of a decision problem moves when it is a product: one kernel a factor, never a joint table.

A state is a point of a grid with sizes K_0, ..., K_{N-1}; from one period to the next its coordinates move
by factors, each of which draws some coordinates (mostly one) given their own present, the action, and the
*next* values of a few coordinates drawn before:

    P(s' | a, s) = Π_f P_f(s'_f | a, s'_{given f}, s_f).

The expectation of V(s') is a chain of contractions, one a factor, each along its own axes: with S states,
A actions and K next values a coordinate it takes A S Σ K multiplications in place of A S². A joint process
is one factor that draws everything. Rational data is contracted in integers over common denominators. In
doubles large tables are contracted action by action, over what is not 0 where that is little (an arm at rest
stays where it is).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from typing import Any

import numpy as np
import scipy.sparse as sp

from ..errors import TooLarge
from ..numbers import Array, Ints, is_exact, objects, to_float
from ..short import Short

PIECE = 4096
"""Columns of one matrix product: larger ones are spread over threads, which costs more than it brings where
each entry is a sum of a few products (on a busy machine 30 times as much)."""
LARGE = 1024
"""Entries of a table for one action from which it counts as large."""
THREADED = 2**18
"""Multiplications from which a product of large tables would be spread over threads."""
SPARSE = 16
"""Entries of a large table for each that is not 0, from which it is contracted over those alone."""
MAX_NONZEROS = 4_000_000
"""Most entries of the matrix of one policy that are written out."""


@dataclass(frozen=True, eq=False, repr=False)
class Factor(Short):
    """What draws some coordinates of the next state.

    table: (A or 1, *G or 1s, K or 1, K') probabilities: K counts the present values of the coordinates `own`
    together (the first slowest), K' their next ones, G the next values of the coordinates `given`. A length
    of 1 says that nothing depends on that axis.
    """

    table: Array
    own: tuple[int, ...]
    given: tuple[int, ...] = ()

    @cached_property
    def whole(self) -> tuple[Array, int]:
        """(integers, denominator) of a rational table."""
        return _whole(self.table)

    @cached_property
    def by_action(self) -> list[Any] | None:
        """Of a large table in doubles, by action, (K, K'), sparse where it is; None where it is not large, or
        the move is `given` something."""
        if self.given or self.table[0].size < LARGE:
            return None
        return [
            sp.csr_array(table) if np.count_nonzero(table) * SPARSE <= table.size else table
            for table in self.table
        ]

    @cached_property
    def support(self) -> Factor:
        """1 where a probability is positive, in doubles."""
        return Factor(np.asarray(self.table != 0, dtype=np.float64), self.own, self.given)


@dataclass(frozen=True, eq=False, repr=False)
class Moves(Short):
    """Transitions from a grid of sizes `here` to one of sizes `there`; states in product order, the first
    coordinate slowest. Every coordinate is drawn by one factor; what is given to a factor is given nothing.
    """

    here: tuple[int, ...]
    there: tuple[int, ...]
    factors: tuple[Factor, ...]

    @classmethod
    def dense(cls, table: Array) -> Moves:
        """One table ``P(s' | a, s)``: (A or 1, S, S')."""
        return cls(table.shape[1:2], table.shape[2:], (Factor(table, (0,)),))

    @property
    def states(self) -> int:
        """Number of present states S."""
        return math.prod(self.here)

    @property
    def exact(self) -> bool:
        """Whether all probabilities are rational."""
        return all(is_exact(factor.table) for factor in self.factors)

    @property
    def controlled(self) -> bool:
        """Whether actions matter."""
        return self.actions > 1

    @property
    def actions(self) -> int:
        """Number of actions that are told apart: A, or 1."""
        return max(len(factor.table) for factor in self.factors)

    @cached_property
    def floats(self) -> Moves:
        """The same in doubles."""
        return self._with([Factor(to_float(f.table), f.own, f.given) for f in self.factors])

    @cached_property
    def support(self) -> Moves:
        """1 for every move of positive probability, in doubles: what is expected of an indicator is then
        the number of marked states that can come next."""
        return self._with([factor.support for factor in self.factors])

    def _with(self, factors: list[Factor]) -> Moves:
        return Moves(self.here, self.there, tuple(factors))

    @cached_property
    def _order(self) -> list[Factor]:
        """Those that are given something first: what they are given must not be averaged yet."""
        return sorted(self.factors, key=lambda factor: not factor.given)

    @cached_property
    def terms(self) -> int:
        """How many products are added for one expectation, at most: Σ K'."""
        return sum(factor.table.shape[-1] for factor in self.factors)

    def expected(self, values: Array) -> Array:
        """``Σ P(s' | a, s) V(s')``: (S',) to (A or 1, S)."""
        if not (self.exact and is_exact(values)):
            return self._contracted(to_float(values), [f.by_action or f.table for f in self.floats._order])
        integers, denominator = _whole(values)
        whole = [factor.whole for factor in self._order]
        denominator *= math.prod(scale for _, scale in whole)
        sums = self._contracted(integers, [table for table, _ in whole])
        flat = objects(Fraction(v, denominator) for v in sums.ravel().tolist())
        return flat.reshape(sums.shape)

    def _contracted(self, values: Array, tables: list[Any]) -> Array:
        at = list(range(len(self.there)))
        worth = values.reshape(1, *self.there)
        for factor, table in zip(self._order, tables, strict=True):
            given, own = list(factor.given), list(factor.own)
            size = dict(zip(at, worth.shape[1:], strict=True))
            first = max(at.index(k) for k in own)
            inner = _last([k for k in at[first + 1 :] if k not in given], size)
            outer = [k for k in at if k not in (*given, *own, *inner)]
            at, before = [*given, *outer, *own, *inner], at
            turned = worth.transpose(0, *(1 + before.index(k) for k in at))
            front = turned.shape[: 1 + len(given)]
            if isinstance(table, list):
                width = math.prod(size[k] for k in inner)
                product = _by_action(table, turned.reshape(front[0], -1, table[0].shape[-1], width))
            elif inner:
                blocks = turned.reshape(*front, -1, table.shape[-1], math.prod(size[k] for k in inner))
                product = np.matmul(table[..., None, :, :], blocks)
            else:
                rows = math.prod(size[k] for k in _last(outer, size))
                blocks = turned.reshape(*front, -1, rows, table.shape[-1])
                product = np.matmul(blocks, table[..., None, :, :].swapaxes(-1, -2))
            rows = (table[0] if isinstance(table, list) else table).shape[-2]
            kept = [self.here[k] if rows > 1 else 1 for k in own]
            sizes = [*(size[k] for k in outer), *kept, *(size[k] for k in inner)]
            worth = product.reshape(*product.shape[: 1 + len(given)], *sizes)
        worth = worth.transpose(0, *(1 + at.index(k) for k in range(len(at))))
        return np.broadcast_to(worth, (len(worth), *self.here)).reshape(len(worth), -1)

    def nonzeros(self, policy: Ints, states: Ints | None = None) -> int:
        """How many entries `under` would write out."""
        here = np.arange(self.states) if states is None else states
        return int(self._counts[policy if self.controlled else 0, here].sum())

    @cached_property
    def _counts(self) -> Array:
        """(A or 1, S): how many states can come next."""
        return self.support.expected(np.ones(math.prod(self.there)))

    def under(self, policy: Ints, states: Ints | None = None) -> tuple[Ints, Ints, Array]:
        """The matrix of a policy (S,) as triplets (state, next state, probability), each pair once.

        states: some of them (n,), also more than once, in place of all; `policy` is (n,) then, and so are the
        rows of the matrix. Raises `TooLarge` where it has more than `MAX_NONZEROS` entries.
        """
        size = self.nonzeros(policy, states)
        if size > MAX_NONZEROS:
            raise TooLarge(
                f"a policy on {self.states:,} states moves between {size:,} pairs of them, more than "
                f"{MAX_NONZEROS:,} to write out; solve in doubles, where no such matrix is needed"
            )
        here = np.arange(self.states) if states is None else states
        line = np.arange(len(here))
        present = np.unravel_index(here, self.here)
        weight: Array | None = None
        later: dict[int, Ints] = {}
        for factor in reversed(self._order):
            table = factor.table.reshape(-1, factor.table.shape[-1])
            rows, columns = np.nonzero(table)
            starts = np.searchsorted(rows, np.arange(len(table) + 1))
            mine = np.zeros(len(here), dtype=np.int64)
            for k in factor.own:
                mine = mine * self.here[k] + present[k]
            lengths = factor.table.shape[:-1]
            row = np.zeros(len(line), dtype=np.int64)
            for length, place in zip(
                lengths, [policy[line], *(later[k] for k in factor.given), mine[line]], strict=True
            ):
                row = row * length + (place if length > 1 else 0)
            count = starts[row + 1] - starts[row]
            each = np.repeat(np.arange(len(line)), count)
            pick = np.arange(len(each)) - np.repeat(np.cumsum(count) - count, count) + starts[row][each]
            chance = table[rows[pick], columns[pick]]
            line, weight = line[each], chance if weight is None else weight[each] * chance
            later = {k: place[each] for k, place in later.items()}
            drawn = np.unravel_index(columns[pick], [self.there[k] for k in factor.own])
            later |= dict(zip(factor.own, drawn, strict=True))
        if weight is None:
            raise AssertionError("there is a factor")
        column = np.ravel_multi_index([later[k] for k in range(len(self.there))], self.there)
        return line, column, weight


def _last(axes: list[int], size: dict[int, int]) -> list[int]:
    """The last axes that make up no more than `PIECE` entries."""
    start, entries = len(axes), 1
    while start and entries * size[axes[start - 1]] <= PIECE:
        start -= 1
        entries *= size[axes[start]]
    return axes[start:]


def _by_action(tables: list[Any], blocks: Array) -> Array:
    """Tables (K, K'), one an action or one for all, times blocks (A or 1, B, K', I): (A, B, K, I)."""
    before, size, inner = blocks.shape[1:]
    columns = blocks.transpose(0, 2, 1, 3).reshape(len(blocks), size, before * inner)
    count = max(len(tables), len(columns))
    product = np.stack([_product(tables[a % len(tables)], columns[a % len(columns)]) for a in range(count)])
    turned: Array = product.reshape(count, -1, before, inner).transpose(0, 2, 1, 3)
    return turned


def _product(table: Any, columns: Array) -> Array:
    """(K, K') times (K', C), a few columns at a time where `table` is dense."""
    if sp.issparse(table):
        return np.asarray(table @ columns)
    few = max(1, THREADED // table.size)
    parts = [table @ columns[:, start : start + few] for start in range(0, columns.shape[1], few)]
    return np.concatenate(parts, axis=1)


def _whole(values: Array) -> tuple[Array, int]:
    """Rationals as integers over their least common denominator."""
    flat = values.ravel().tolist()
    denominator = math.lcm(*{v.denominator for v in flat})
    integers = objects(v.numerator * (denominator // v.denominator) for v in flat)
    return integers.reshape(values.shape), denominator
