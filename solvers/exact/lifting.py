"""Exact solutions of sparse integer systems by numerical lifting.

To solve B x = b over the rationals, with B a nonsingular sparse integer matrix, one floating-point LU of B
is used over and over: with residual r (integers, b at first),

    d = round(2^s · LU⁻¹ r),   r ← 2^s · r − B d,   X ← 2^s · X + d,

so that x = X / 2^S + B⁻¹ r / 2^S with S the sum of the shifts s, and r stays of bounded size. Each step adds
s correct bits to every entry of x at once, at the price of one triangular solve and one integer product.
When enough bits are there, continued fractions find a common denominator of x, and the candidate is accepted
only if B x = b holds in integers (modulo a prime, for who checks the whole program in integers afterwards).
(Wan 2006, "An algorithm to solve integer linear systems exactly using numerical methods"; Gleixner, Steffy,
Wolter 2016 for its use in linear programming.)
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray
from scipy.sparse.linalg import splu

from ..arithmetic import COMPUTED
from ..short import Short
from ..sparse import Index
from .digits import Digits
from .rationals import Integers, Rationals, joined, magnitude, narrow, objects, shifted, split
from .reconstruction import Reconstruction

_MOST = 44  # bits a step at most: beyond this a double has nothing more to say
_SHORT = 32  # bits of entries
_PRIME = 2**31 - 1
_REPEATED = 8  # entries for each x, at least
_LESS = 8  # bits, after a step that was too long
_LONG = 1000  # bits from which steps take longer than attempts, and attempts are made more often
_FIRST = 64  # bits before the first attempt at a denominator
_INFINITE = 1e300
_NOWHERE = np.iinfo(np.int64).min


class NoLift(Exception):
    """Lifting cannot solve this system: singular to working precision, or too slow."""


@dataclass(frozen=True, eq=False, repr=False)
class SparseIntegers(Short):
    """A sparse integer matrix by compressed rows."""

    indptr: Index
    indices: Index
    entries: Integers
    shape: tuple[int, int]

    @cached_property
    def longest(self) -> int:
        """The most entries of any row."""
        return int(np.diff(self.indptr).max(initial=1))

    @cached_property
    def weight(self) -> int:
        """A bound on the sum of absolute values of any row."""
        if self.entries.dtype != np.int64:
            return magnitude(self.entries) * self.longest
        most = float((abs(self.doubles) @ np.ones(self.shape[1])).max(initial=0))
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
        places = sp.csr_array(
            (np.arange(1, self.entries.size + 1, dtype=np.int64), self.indices, self.indptr), shape=self.shape
        )
        turned = places.T.tocsr()
        return SparseIntegers(
            turned.indptr, turned.indices, self.entries[turned.data - 1], (self.shape[1], self.shape[0])
        )

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
        product: Integers = (self.wrapping @ x.view(np.uint64)).view(np.int64)
        return product

    def _at_length(self, x: Integers) -> Integers:
        """In Python integers, leaving zeros of x out."""
        there = np.flatnonzero((x != 0)[self.indices])
        terms = _products(self.entries[there], x, self.indices[there])
        starts = np.searchsorted(there, self.indptr)
        full = np.flatnonzero(np.diff(starts))
        out = objects([0] * self.shape[0])
        if full.size:
            out[full] = np.add.reduceat(terms, starts[:-1][full])
        return out

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


class Lifter:
    """A nonsingular square integer matrix, factorised once; solves with it and with its transpose.

    `check` is called now and then and may raise.
    """

    def __init__(self, matrix: SparseIntegers, check: Callable[[], None] = lambda: None) -> None:
        # rows of small integers beside long ones would leave their duals large, and few bits to every step
        self.shifts = _shifts(matrix)
        if self.shifts is not None:
            entries = matrix.entries << np.repeat(self.shifts, np.diff(matrix.indptr))
            matrix = replace(matrix, entries=entries)
        self.matrix = matrix
        self.check = check
        self.turned = matrix.transpose()
        # powers of two for rows and columns, so that LU sees a balanced matrix and nothing is rounded by
        # them; kept as exponents, because integers may be longer than doubles are large
        short, length = split(matrix.entries)
        place = np.repeat(np.arange(matrix.shape[0]), np.diff(matrix.indptr))
        self.rows = _powers(place, length, matrix.shape[0])
        length = length + self.rows[place]
        self.columns = _powers(matrix.indices, length, matrix.shape[1])
        values = joined(short, length + self.columns[matrix.indices])
        balanced = sp.csr_array((values, matrix.indices, matrix.indptr), shape=matrix.shape)
        try:
            self.lu: Any = splu(balanced.tocsc())
        except RuntimeError as error:
            raise NoLift(str(error)) from None

    def solve(
        self, b: Integers, *, transposed: bool = False, sure: bool = True, bits: int = 200_000
    ) -> Rationals:
        """x with B x = b, or B' x = b, exactly. Raises ``NoLift`` where `bits` do not suffice.

        Not `sure`, the answer is checked modulo a prime alone: for who checks more than this system anyway.
        """
        matrix = self.turned if transposed else self.matrix
        if not b.any():
            return Rationals(np.zeros(b.size, dtype=np.int64), 1)
        if self.shifts is not None and not transposed:
            b = shifted(b, self.shifts)
        digits, reconstruction = Digits(b.size), Reconstruction()
        state = _State(self, matrix, transposed, b)
        target = _FIRST
        while digits.bits < bits:
            self.check()
            while digits.bits < target:
                digits.add(*state.step())
            found = reconstruction.attempt(digits, state.error())
            if found is not None and (_holds if sure else _holds_modulo)(matrix, found, b):
                if self.shifts is None or not transposed:
                    return found
                return Rationals(shifted(found.numerators, self.shifts), found.denominator)
            target = max(digits.bits + 1, target * 9 // 8 if target > _LONG else target * 5 // 4)
        raise NoLift(f"no common denominator within {bits} bits")

    def approximate(self, r: NDArray[np.float64], transposed: bool) -> NDArray[np.float64]:
        """LU⁻¹ r in doubles, unscaled."""
        before, after = (self.columns, self.rows) if transposed else (self.rows, self.columns)
        result = joined(self.lu.solve(joined(r, before), "T" if transposed else "N"), after)
        if not (np.abs(result) < _INFINITE).all():
            raise NoLift("singular to working precision")
        return result


def _shifts(matrix: SparseIntegers) -> Integers | None:
    """By how many bits to shift each row so that its largest entry is about as long as that of any other.

    None where entries are short, because shifts lengthen the denominators of duals.
    """
    if matrix.entries.dtype != np.int64 or (np.diff(matrix.indptr) == 0).any():
        return None
    length = np.frexp(np.maximum.reduceat(np.abs(matrix.entries), matrix.indptr[:-1]).astype(np.float64))[1]
    most = int(length.max())
    return None if most <= _SHORT else (most - length).astype(np.int64)


def _powers(line: Index, length: NDArray[np.int64], count: int) -> NDArray[np.int64]:
    """Exponents of the powers of two by which the longest entry of each line is brought to length 0."""
    longest = np.full(count, _NOWHERE)
    np.maximum.at(longest, line, length)
    return -np.where(longest == _NOWHERE, 0, longest)


class _State:
    """The residual of a running lift, and how many bits a step may ask for."""

    def __init__(self, lifter: Lifter, matrix: SparseIntegers, transposed: bool, b: Integers) -> None:
        self.lifter, self.matrix, self.transposed = lifter, matrix, transposed
        self.residual = b
        self.most = _MOST
        # rounding the digits leaves this much in the residual, however good the LU is
        self.floor = matrix.weight
        self._ahead: tuple[NDArray[np.float64], int] | None = None

    def ahead(self) -> tuple[NDArray[np.float64], int]:
        """(x, k): B⁻¹ r is about 2^k x."""
        if self._ahead is None:
            size = magnitude(self.residual).bit_length()
            down = max(0, size - 900)  # doubles end at 2^1023
            leading = self.residual >> down if down else self.residual
            self._ahead = self.lifter.approximate(leading.astype(np.float64), self.transposed), down
        return self._ahead

    def error(self) -> int:
        """A bound on |B⁻¹ r|: how far X / 2^S is from x, in units of 2^-S."""
        x, down = self.ahead()
        return math.ceil(float(np.abs(x).max()) * 2 + 1) << down

    def step(self) -> tuple[Integers, int]:
        """The next digits d and their shift."""
        r, size = self.residual, magnitude(self.residual)
        if size == 0:
            return np.zeros(r.size, dtype=np.int64), _FIRST
        x, down = self.ahead()
        shift = min(self.most, self._room(x)) if down == 0 else 0
        while True:
            digits = _whole(x, shift + down)
            residual = self._after(r, digits, shift)
            # without a shift there are no new bits, so that it has to be the residual that gets shorter
            left, most = magnitude(residual), max(size, self.floor) if shift else size >> 1
            if left <= most:
                self.residual, self._ahead = residual, None
                return digits, shift
            if shift == 0:
                raise NoLift("the residual does not shrink; the matrix is too close to singular")
            shift = self.most = max(shift - _LESS, shift // 2)

    def _room(self, x: NDArray[np.float64]) -> int:
        """The longest step whose digits fit 62 bits, unless it is so short that big integers are quicker."""
        room = 61 - math.ceil(math.log2(max(float(np.abs(x).max()), 1.0)))
        return room if room >= 10 and self.matrix.entries.dtype == np.int64 else _MOST

    def _after(self, r: Integers, digits: Integers, shift: int) -> Integers:
        """2^shift · r − B d, in int64 where it fits there, however large its two terms are.

        Doubles tell whether it does, as int64 is wrong by multiples of 2^64 and they by far less unless the
        two terms are beyond 2^115; what is overlooked then, the check of the whole lift catches.
        """
        if self.matrix.entries.dtype == r.dtype == digits.dtype == np.int64:
            turned = r.view(np.uint64) << np.uint64(shift)
            result: Integers = (turned - self.matrix.wrapping @ digits.view(np.uint64)).view(np.int64)
            off = r * 2.0**shift - self.matrix.doubles @ digits.astype(np.float64) - result
            if max(float(off.max()), -float(off.min())) < 2.0**62:
                return result
        return narrow((r.astype(object) << shift) - self.matrix.times(digits).astype(object))


def _whole(x: NDArray[np.float64], shift: int) -> Integers:
    """round(2^shift · x) as integers, exactly what the double says."""
    top = math.frexp(float(np.abs(x).max(initial=0.0)))[1] + shift
    if max(top, shift) < 1000:
        rounded = np.rint(x * 2.0**shift)
        return rounded.astype(np.int64) if top < 62 else objects(int(v) for v in rounded.tolist())
    fraction, exponent = np.frexp(x)
    mantissa = np.ldexp(fraction, 53).astype(np.int64).tolist()
    moves = (exponent + (shift - 53)).tolist()
    return objects(m << k if k >= 0 else m >> -k for m, k in zip(mantissa, moves, strict=True))


def _holds(matrix: SparseIntegers, x: Rationals, b: Integers) -> bool:
    left = matrix.times(x.numerators)
    return bool((left.astype(object) == b.astype(object) * x.denominator).all())


def _holds_modulo(matrix: SparseIntegers, x: Rationals, b: Integers) -> bool:
    tops, right = ((v % _PRIME).astype(np.int64) for v in (x.numerators, b))
    terms = (matrix.entries % _PRIME).astype(np.int64) * tops[matrix.indices] % _PRIME
    left = np.zeros(matrix.shape[0], dtype=np.int64)
    full = np.flatnonzero(np.diff(matrix.indptr))
    left[full] = np.add.reduceat(terms, matrix.indptr[:-1][full])
    return bool((left % _PRIME == right * (x.denominator % _PRIME) % _PRIME).all())
