"""Sparse matrices of integers, whatever their length, and their products with vectors."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import scipy.sparse as sp

from ..arithmetic import COMPUTED
from ..numbers import Array, objects
from ..short import Short
from ..sparse import Index, by_rows, entries_of, rows_of
from .rationals import WIDE, Integers, magnitude, narrow, parts

_REPEATED = 8  # entries for each x, at least
_SHORT = 5_000  # entries up to which making a matrix of scipy's takes longer than the work


@dataclass(frozen=True, eq=False, repr=False)
class SparseIntegers(Short):
    """A sparse integer matrix by compressed rows."""

    indptr: Index
    indices: Index
    entries: Integers
    shape: tuple[int, int]

    @cached_property
    def weight(self) -> int:
        """A bound on the sum of absolute values of any row."""
        if self.entries.dtype != np.int64:
            return magnitude(self.entries) * int(np.diff(self.indptr).max(initial=1))
        sizes = np.abs(self.entries.astype(np.float64))
        most = float(by_rows(np.add, sizes, self.indptr, np.zeros(self.shape[0])).max(initial=0))
        return math.ceil(most * (1 + COMPUTED)) + 1

    @cached_property
    def doubles(self) -> sp.csr_array:
        """The matrix in doubles."""
        return sp.csr_array((self.entries.astype(np.float64), self.indices, self.indptr), shape=self.shape)

    @cached_property
    def wrapping(self) -> sp.csr_array:
        """The matrix modulo 2^64; only for entries that are int64."""
        return sp.csr_array((self.entries.view(np.uint64), self.indices, self.indptr), shape=self.shape)

    def transpose(self) -> SparseIntegers:
        """The same by compressed columns."""
        if self.entries.size <= _SHORT:
            order = np.argsort(self.indices, kind="stable")
            indptr = np.zeros(self.shape[1] + 1, dtype=self.indptr.dtype)
            np.cumsum(np.bincount(self.indices, minlength=self.shape[1]), out=indptr[1:])
            return SparseIntegers(indptr, rows_of(self.indptr)[order], self.entries[order], self.shape[::-1])
        places = np.arange(self.entries.size)
        turned = sp.csr_array((places, self.indices, self.indptr), shape=self.shape).T.tocsr()
        return SparseIntegers(turned.indptr, turned.indices, self.entries[turned.data], self.shape[::-1])

    def cut(self, rows: Index, columns: Index | None = None) -> SparseIntegers:
        """Only these rows, and only these `columns` (increasing), numbered anew; all where None."""
        indptr, place = entries_of(self.indptr, rows)
        indices, entries = self.indices[place], self.entries[place]
        if columns is None:
            return SparseIntegers(indptr, indices, entries, (len(rows), self.shape[1]))
        number = np.full(self.shape[1], -1, dtype=np.int64)
        number[columns] = np.arange(len(columns))
        indices = number[indices]
        stays = indices >= 0
        indptr = np.concatenate([[0], np.cumsum(stays)])[indptr]
        return SparseIntegers(indptr, indices[stays], entries[stays], (len(rows), len(columns)))

    def times(self, x: Integers) -> Integers:
        """The product with a vector of integers, of any length."""
        if self.entries.size == 0:
            return np.zeros(self.shape[0], dtype=np.int64)
        size = magnitude(x)
        if self.entries.dtype == np.int64:
            room = 62 - self.weight.bit_length()
            if size.bit_length() <= room:
                return self._quickly(x.astype(np.int64))
            limbs = -(-size.bit_length() // room) if room > 0 else self.entries.size
            work = self.shape[0] + (self.shape[1] if x.dtype == object else 0)
            if limbs * work < self.entries.size:
                return self._by_limbs(x, room, limbs)
        return self._at_length(x)

    def _quickly(self, x: Integers) -> Integers:
        if self.entries.size <= _SHORT:
            terms = self.entries * x[self.indices]
            return by_rows(np.add, terms, self.indptr, np.zeros(self.shape[0], dtype=np.int64))
        product: Integers = (self.wrapping @ x.view(np.uint64)).view(np.int64)
        return product

    def _at_length(self, x: Integers) -> Integers:
        """In Python integers, leaving zeros of x out."""
        there = np.flatnonzero((x != 0)[self.indices])
        terms = _products(self.entries[there], x, self.indices[there])
        starts = np.searchsorted(there, self.indptr)
        return by_rows(np.add, terms, starts, np.zeros(self.shape[0], dtype=object))

    def _by_limbs(self, x: Integers, room: int, limbs: int) -> Integers:
        """Long integers cut into `limbs` pieces of `room` bits, each multiplied in int64."""
        mask = (1 << room) - 1
        total = self._quickly((x >> room * (limbs - 1)).astype(np.int64)).astype(object)
        for k in reversed(range(limbs - 1)):
            piece = ((x >> room * k) & mask).astype(np.int64)
            total = (total << room) + self._quickly(piece).astype(object)
        return total


def _products(entries: Integers, x: Integers, place: Index) -> Integers:
    """entries · x[place] in Python integers; each different product once where there are many of a few x."""
    if entries.size < _REPEATED * x.size or entries.dtype == object:
        each: Integers = entries.astype(object) * x.astype(object)[place]
        return each
    number = {value: k for k, value in enumerate(dict.fromkeys(x.tolist()))}
    kind = np.fromiter(map(number.__getitem__, x.tolist()), np.int64, x.size)
    few, which = np.unique(entries, return_inverse=True)
    pairs, where = np.unique(which * len(number) + kind[place], return_inverse=True)
    left, right = few[pairs // len(number)], objects(number)[pairs % len(number)]
    products: Integers = left.astype(object) * right
    return products[where]


def whole_rows(indptr: Index, data: Array) -> tuple[Integers, Integers, Integers]:
    """Rows of rationals as integers without a common factor, and over / under that each was multiplied by."""
    rows = len(indptr) - 1
    over, under = parts(data)
    multiple: Integers = np.ones(rows, dtype=np.int64)
    if magnitude(under) > 1:
        multiple, times = _common_multiples(under, indptr)
        if over.dtype == np.int64 and times.dtype == np.int64:
            largest = np.abs(over.astype(np.float64) * times.astype(np.float64)).max()
            over = over if largest < 2.0 ** (WIDE - 1) else over.astype(object)
        over = over * times
    # a row of one entry comes back as it is
    gcd = abs(by_rows(np.gcd, over, indptr, np.ones(rows, dtype=over.dtype)))
    return narrow(over // np.repeat(gcd, np.diff(indptr))), multiple, gcd


def _common_multiples(under: Integers, indptr: Index) -> tuple[Integers, Integers]:
    """(a common multiple of the denominators of each row, what each numerator is multiplied by)."""
    rows, length = len(indptr) - 1, np.diff(indptr)
    if under.dtype == np.int64:
        multiple = by_rows(np.lcm, under, indptr, np.ones(rows, dtype=np.int64))
        # What overflowed is no multiple, or no matter: any positive common multiple will do.
        spread = np.repeat(multiple, length)
        if (multiple > 0).all() and not (spread % under).any():
            return multiple, spread // under
    under = under.astype(object)
    multiple = by_rows(np.lcm, under, indptr, np.ones(rows, dtype=object))
    return multiple, np.repeat(multiple, length) // under
