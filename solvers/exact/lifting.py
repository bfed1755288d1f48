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
from dataclasses import replace
from typing import Any

import numpy as np
import scipy.sparse as sp

from ..numbers import Floats, Ints, objects
from ..sparse import Index, by_rows, rows_of, sparse_lu
from .digits import Digits
from .rationals import Integers, Rationals, joined, magnitude, narrow, shifted, split
from .reconstruction import Reconstruction
from .sparse_integers import SparseIntegers

_MOST = 44  # bits a step at most: beyond this a double has nothing more to say
_SHORT = 32  # bits of entries
_PRIME = 2**31 - 1
_LESS = 8  # bits, after a step that was too long
_LONG = 1000  # bits from which steps take longer than attempts, and attempts are made more often
_FIRST = 64  # bits before the first attempt at a denominator
_INFINITE = 1e300
_NOWHERE = np.iinfo(np.int64).min


class NoLift(Exception):
    """Lifting cannot solve this system: singular to working precision, or too slow."""


class Lifter:
    """A nonsingular square integer matrix, factorised once; solves with it and with its transpose.

    `check` is called before every step, and during attempts at a denominator; it may raise.
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
        place = rows_of(matrix.indptr)
        self.rows = _powers(place, length, matrix.shape[0])
        length = length + self.rows[place]
        self.columns = _powers(matrix.indices, length, matrix.shape[1])
        values = joined(short, length + self.columns[matrix.indices])
        balanced = sp.csr_array((values, matrix.indices, matrix.indptr), shape=matrix.shape)
        try:
            self.lu: Any = sparse_lu(balanced)
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
            return Rationals.zeros(b.size)
        if self.shifts is not None and not transposed:
            b = shifted(b, self.shifts)
        digits, reconstruction = Digits(b.size), Reconstruction(self.check)
        state = _State(self, matrix, transposed, b)
        target = _FIRST
        while digits.bits < bits:
            while digits.bits < target:
                self.check()
                digits.add(*state.step())
            x = reconstruction.attempt(digits, state.error())
            if x is not None and (_holds if sure else _holds_modulo)(matrix, x, b):
                if self.shifts is None or not transposed:
                    return x
                return Rationals(shifted(x.numerators, self.shifts), x.denominator)
            target = max(digits.bits + 1, target * 9 // 8 if target > _LONG else target * 5 // 4)
        raise NoLift(f"no common denominator within {bits} bits")

    def approximate(self, r: Floats, transposed: bool) -> Floats:
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


def _powers(line: Index, length: Ints, count: int) -> Ints:
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
        self._ahead: tuple[Floats, int] | None = None

    def ahead(self) -> tuple[Floats, int]:
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

    def _room(self, x: Floats) -> int:
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


def _whole(x: Floats, shift: int) -> Integers:
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
    left = by_rows(np.add, terms, matrix.indptr, np.zeros(matrix.shape[0], dtype=np.int64))
    return bool((left % _PRIME == right * (x.denominator % _PRIME) % _PRIME).all())
