"""Exact solutions of sparse integer systems by numerical lifting.

To solve B x = b over the rationals, with B a nonsingular sparse integer matrix, one floating-point LU of B
is used over and over: with residual r (integers, b at first),

    d = round(2^s · LU⁻¹ r),   r ← 2^s · r − B d,   X ← 2^s · X + d,

so that x = X / 2^S + B⁻¹ r / 2^S with S the sum of the shifts s, and r stays of bounded size. Each step adds
s correct bits to every entry of x at once, at the price of one triangular solve and one integer product.
When enough bits are there, continued fractions find a common denominator of x, and the candidate is accepted
only if B x = b holds in integers. (Wan 2006, "An algorithm to solve integer linear systems exactly using
numerical methods"; Gleixner, Steffy, Wolter 2016 for its use in linear programming.)
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray
from scipy.sparse.linalg import splu

from ..sparse import Index
from .digits import Digits
from .rationals import Integers, Rationals, magnitude, narrow, objects
from .reconstruction import Reconstruction

_MOST = 40  # bits a step at most: beyond this a double has nothing more to say
_FIRST = 64  # bits before the first attempt at a denominator
_PRIME = 2**31 - 1


class NoLift(Exception):
    """Lifting cannot solve this system: singular to working precision, or too slow."""


@dataclass(frozen=True, eq=False)
class SparseIntegers:
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
        return math.ceil(float((abs(self.doubles) @ np.ones(self.shape[1])).max(initial=0)) * (1 + 1e-9)) + 1

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
        out = objects([0] * self.shape[0])
        full = np.flatnonzero(np.diff(self.indptr))
        terms = self.entries.astype(object) * x.astype(object)[self.indices]
        out[full] = np.add.reduceat(terms, self.indptr[:-1][full])
        return out

    def _quickly(self, x: Integers) -> Integers:
        product: Integers = (self.wrapping @ x.view(np.uint64)).view(np.int64)
        return product

    def _by_limbs(self, x: Integers, room: int, limbs: int) -> Integers:
        """Long integers cut into `limbs` pieces of `room` bits, each multiplied in int64."""
        mask = (1 << room) - 1
        total = self._quickly((x >> room * (limbs - 1)).astype(np.int64)).astype(object)
        for k in reversed(range(limbs - 1)):
            piece = ((x >> room * k) & mask).astype(np.int64)
            total = (total << room) + self._quickly(piece).astype(object)
        return total


class Lifter:
    """A nonsingular square integer matrix, factorised once; solves with it and with its transpose.

    `check` is called now and then and may raise.
    """

    def __init__(self, matrix: SparseIntegers, check: Callable[[], None] = lambda: None) -> None:
        self.matrix = matrix
        self.check = check
        self.turned = matrix.transpose()
        size = np.abs(matrix.entries.astype(np.float64))
        # powers of two for rows and columns, so that LU sees a balanced matrix and nothing is rounded by them
        self.rows = _powers(matrix.indptr, size)
        across = size * np.repeat(self.rows, np.diff(matrix.indptr))
        by_column = sp.csr_array((across, matrix.indices, matrix.indptr), shape=matrix.shape).tocsc()
        self.columns = _powers(by_column.indptr, by_column.data)
        values = matrix.entries.astype(np.float64) * np.repeat(self.rows, np.diff(matrix.indptr))
        values = values * self.columns[matrix.indices]
        balanced = sp.csr_array((values, matrix.indices, matrix.indptr), shape=matrix.shape)
        try:
            self.lu: Any = splu(balanced.tocsc())
        except RuntimeError as error:
            raise NoLift(str(error)) from None

    def solve(self, b: Integers, *, transposed: bool = False, bits: int = 200_000) -> Rationals:
        """x with B x = b, or B' x = b, exactly. Raises ``NoLift`` where `bits` do not suffice."""
        matrix = self.turned if transposed else self.matrix
        if not b.any():
            return Rationals(np.zeros(b.size, dtype=np.int64), 1)
        digits, reconstruction = Digits(b.size), Reconstruction()
        state = _State(self, matrix, transposed, b)
        target = _FIRST
        while digits.bits < bits:
            self.check()
            while digits.bits < target:
                digits.add(*state.step())
            found = reconstruction.attempt(digits, state.error())
            if found is not None and _holds(matrix, found, b):
                return found
            target = max(digits.bits + 1, target * 9 // 8)
        raise NoLift(f"no common denominator within {bits} bits")

    def approximate(self, r: NDArray[np.float64], transposed: bool) -> NDArray[np.float64]:
        """LU⁻¹ r in doubles, unscaled."""
        if transposed:
            result: NDArray[np.float64] = self.rows * self.lu.solve(self.columns * r, "T")
        else:
            result = self.columns * self.lu.solve(self.rows * r)
        if not np.isfinite(result).all():
            raise NoLift("singular to working precision")
        return result


def _powers(indptr: Index, size: NDArray[np.float64]) -> NDArray[np.float64]:
    largest = np.ones(indptr.size - 1)
    full = np.flatnonzero(np.diff(indptr))
    if full.size:
        largest[full] = np.maximum.reduceat(size, indptr[:-1][full])
    return np.exp2(-np.rint(np.log2(largest)))


class _State:
    """The residual of a running lift, and how many bits a step may ask for."""

    def __init__(self, lifter: Lifter, matrix: SparseIntegers, transposed: bool, b: Integers) -> None:
        self.lifter, self.matrix, self.transposed = lifter, matrix, transposed
        self.residual = b
        self.most = _MOST
        # rounding the digits leaves this much in the residual, however good the LU is
        self.floor = matrix.weight
        self.tracer = _Trace(matrix) if matrix.entries.dtype == np.int64 else None
        self.trace: int | None = None

    def ahead(self) -> tuple[NDArray[np.float64], int]:
        """(x, k): B⁻¹ r is about 2^k x."""
        size = magnitude(self.residual).bit_length()
        down = max(0, size - 900)  # doubles end at 2^1023
        leading = self.residual >> down if down else self.residual
        return self.lifter.approximate(leading.astype(np.float64), self.transposed), down

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
            residual, trace = self._after(r, digits, shift)
            if magnitude(residual) <= max(size, self.floor):
                self.residual, self.trace = residual, trace
                return digits, shift
            if shift == 0:
                raise NoLift("the residual does not shrink; the matrix is too close to singular")
            shift //= 2
            self.most = max(shift, 1)

    def _room(self, x: NDArray[np.float64]) -> int:
        """The longest step whose digits fit 62 bits, unless it is so short that big integers are quicker."""
        room = 61 - math.ceil(math.log2(max(float(np.abs(x).max()), 1.0)))
        return room if room >= 10 and self.matrix.entries.dtype == np.int64 else _MOST

    def _after(self, r: Integers, digits: Integers, shift: int) -> tuple[Integers, int | None]:
        """2^shift · r − B d and its trace, in int64 where it fits there, however large its two terms are."""
        if self.tracer is not None and r.dtype == digits.dtype == np.int64:
            before = self.tracer.of(r) if self.trace is None else self.trace
            turned = r.view(np.uint64) << np.uint64(shift)
            result: Integers = (turned - self.matrix.wrapping @ digits.view(np.uint64)).view(np.int64)
            trace = self.tracer.of(result)
            if trace == self.tracer.after(before, digits, shift):
                return result, trace
        return narrow((r.astype(object) << shift) - self.matrix.times(digits).astype(object)), None


class _Trace:
    """u'r modulo a prime, for a random u: tells whether a residual is what int64 left of it.

    An overflow is overlooked once in thousands of times; the check of the whole lift would then catch it.
    """

    def __init__(self, matrix: SparseIntegers) -> None:
        self._u = np.random.default_rng(0).integers(1, 2**12, matrix.shape[0])
        spread = np.repeat(self._u, np.diff(matrix.indptr)) * (matrix.entries % _PRIME)
        sums = np.bincount(matrix.indices, (spread % _PRIME).astype(np.float64), minlength=matrix.shape[1])
        self._across = sums.astype(np.int64) % _PRIME

    def of(self, r: Integers) -> int:
        """The trace of a residual."""
        return int((self._u * np.asarray(r % _PRIME, dtype=np.int64)).sum()) % _PRIME

    def after(self, trace: int, digits: Integers, shift: int) -> int:
        """The trace of 2^shift · r − B d, from that of r; the digits in int64."""
        taken = int((self._across * (digits % _PRIME) % _PRIME).sum())
        return (trace * pow(2, shift, _PRIME) - taken) % _PRIME


def _whole(x: NDArray[np.float64], shift: int) -> Integers:
    """round(2^shift · x) as integers, exactly what the double says."""
    fraction, exponent = np.frexp(x)
    top = int(exponent.max(initial=0)) + shift
    if top < 1000:
        rounded = np.rint(np.ldexp(x, shift))
        return rounded.astype(np.int64) if top < 62 else objects(int(v) for v in rounded.tolist())
    mantissa = np.ldexp(fraction, 53).astype(np.int64).tolist()
    moves = (exponent + (shift - 53)).tolist()
    return objects(m << k if k >= 0 else m >> -k for m, k in zip(mantissa, moves, strict=True))


def _holds(matrix: SparseIntegers, x: Rationals, b: Integers) -> bool:
    left = matrix.times(x.numerators)
    return bool((left.astype(object) == b.astype(object) * x.denominator).all())
