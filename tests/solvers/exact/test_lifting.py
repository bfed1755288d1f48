"""Exact linear systems: the lift and its fallback against each other and against the definition."""

from __future__ import annotations

import math
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
import scipy.sparse as sp
from hypothesis import given, settings
from hypothesis import strategies as st

from dynamech.solvers.exact.dense import Singular, solve_blocks
from dynamech.solvers.exact.digits import Digits
from dynamech.solvers.exact.lifting import Lifter, NoLift, _State
from dynamech.solvers.exact.rationals import narrow, quotients
from dynamech.solvers.exact.reconstruction import Reconstruction, _Fraction, _short
from dynamech.solvers.exact.sparse_integers import SparseIntegers, _products
from dynamech.solvers.numbers import objects

examples = settings(deadline=None, derandomize=True, max_examples=60)


def _sparse(dense: Any) -> SparseIntegers:
    matrix = sp.csr_array(np.array(dense, dtype=np.int64))
    return SparseIntegers(matrix.indptr, matrix.indices, matrix.data, matrix.shape)


def _check(matrix: SparseIntegers, b: Any, transposed: bool = False) -> None:
    rows = matrix.transpose() if transposed else matrix
    lifted = Lifter(matrix).solve(b, transposed=transposed)
    dense = solve_blocks(rows, b)
    assert (lifted.fractions() == dense.fractions()).all()
    assert (rows.times(lifted.numerators) == b.astype(object) * lifted.denominator).all()


@given(data=st.data())
@examples
def test_small_systems(data: st.DataObject) -> None:
    k = data.draw(st.integers(1, 6))
    numbers = st.integers(-9, 9)
    dense = data.draw(st.lists(st.lists(numbers, min_size=k, max_size=k), min_size=k, max_size=k))
    b = np.array(data.draw(st.lists(st.integers(-50, 50), min_size=k, max_size=k)), dtype=np.int64)
    matrix = _sparse(dense)
    if round(float(np.linalg.det(np.array(dense, dtype=float)))) == 0:
        with pytest.raises(Singular):
            solve_blocks(matrix, b)
        return
    for transposed in (False, True):
        _check(matrix, b, transposed)


def test_a_long_chain_and_a_dense_block() -> None:
    random = np.random.default_rng(0)
    n = 300
    chain = np.eye(n, dtype=np.int64) * 2 - np.eye(n, k=-1, dtype=np.int64)
    _check(_sparse(chain), random.integers(-5, 5, n))  # the denominator is 2^300
    block = random.integers(-99, 99, (60, 60))
    _check(_sparse(block), random.integers(-5, 5, 60), transposed=True)


def test_rows_and_columns_of_very_different_size() -> None:
    random = np.random.default_rng(1)
    dense = random.integers(1, 9, (12, 12)) + 20 * np.eye(12, dtype=np.int64)
    _check(_sparse(dense * 10 ** random.integers(0, 12, (12, 1))), random.integers(-5, 5, 12))
    _check(_sparse(dense * 10 ** random.integers(0, 12, (1, 12))), random.integers(-5, 5, 12))


def test_integers_beyond_64_bits() -> None:
    entries = objects([10**40, 1, 3, 10**50])
    matrix = SparseIntegers(np.array([0, 2, 4]), np.array([0, 1, 0, 1]), entries, (2, 2))
    for b in (objects([10**60, 7]), objects([10**700, -1])):
        x = Lifter(matrix).solve(b)
        assert (matrix.times(x.numerators) == b * x.denominator).all()


def test_close_to_singular_is_left_to_the_fallback() -> None:
    matrix = _sparse([[10**15, 10**15 + 1], [10**15 - 1, 10**15]])
    b = np.array([1, 2])
    with pytest.raises(NoLift):
        Lifter(matrix).solve(b)
    assert solve_blocks(matrix, b).fractions().tolist() == [-(10**15) - 2, 10**15 + 1]


def test_singular() -> None:
    with pytest.raises(NoLift):
        Lifter(_sparse([[1, 1], [1, 1]]))
    with pytest.raises(Singular, match="determinant zero"):
        solve_blocks(_sparse([[1, 1], [1, 1]]), np.array([1, 1]))
    with pytest.raises(Singular, match="structurally"):
        solve_blocks(_sparse([[1, 1], [0, 0]]), np.array([1, 1]))


def test_blocks_in_any_order() -> None:
    random = np.random.default_rng(2)
    dense = np.triu(random.integers(1, 5, (8, 8)))
    _check(_sparse(dense[random.permutation(8)][:, random.permutation(8)]), random.integers(-5, 5, 8))


def _lifted(values: list[int], bits: int, step: int = 0) -> Digits:
    """X = values at `bits`, at once or, as a lift does it, `step` bits after the other."""
    digits = Digits(len(values))
    if not step:
        digits.add(objects(values), bits)
        return digits
    digits.add(narrow(objects(v >> bits for v in values)), 0)
    for done in range(0, bits, step):
        size = min(step, bits - done)
        left = bits - done - size
        digits.add(np.array([(v >> left) & ((1 << size) - 1) for v in values], dtype=np.int64), size)
    return digits


@given(
    numerators=st.lists(st.integers(-1000, 1000), min_size=1, max_size=6),
    d=st.integers(1, 500),
    noise=st.integers(-3, 3),
    bits=st.sampled_from([60, 64, 2000]),
    step=st.sampled_from([0, 17, 40]),
)
@examples
def test_a_denominator_is_found(numerators: list[int], d: int, noise: int, bits: int, step: int) -> None:
    rounded = [((n << bits) // d) + noise for n in numerators]
    found = Reconstruction().attempt(_lifted(rounded, bits, step), 5)
    assert found is not None
    assert found.fractions().tolist() == [Fraction(n, d) for n in numerators]
    nothing = [0x5A827999, 0x6ED9EBA1]  # nothing rational about them
    assert Reconstruction().attempt(_lifted(nothing, 32, step), 1) is None


@given(
    data=st.lists(st.tuples(st.integers(-(2**40), 2**40), st.integers(0, 4)), min_size=1, max_size=8),
    prime=st.sampled_from([1, 3, 1009, 65_537]),
    noise=st.integers(-90, 90),
    bits=st.integers(64, 110),
)
@examples
def test_short_denominators_are_found_in_whole_arrays(
    data: list[tuple[int, int]], prime: int, noise: int, bits: int
) -> None:
    """Every entry with a denominator of its own; those that 64 bits tell come back as int64, and right."""
    values = [Fraction(n, prime * 7**k) for n, k in data]
    found = _short(_lifted([round(v * 2**bits) + noise for v in values], bits, 40), 100)
    if found is not None:
        assert found.numerators.dtype == np.int64
        assert found.fractions().tolist() == values
    elif bits > 100:
        assert max(abs(v) for v in values) * math.lcm(*(v.denominator for v in values)) > 2**40


def test_numbers_too_long_for_whole_arrays_are_left_to_the_longer_way() -> None:
    assert _short(_lifted([2**70 << 80], 80, 40), 1) is None  # beyond int64 before the point
    assert _short(_lifted([(5 << 100) // 3**40], 100, 40), 1) is None  # a denominator of 63 bits
    assert _short(_lifted([1], 40, 40), 1) is None  # not 64 bits yet
    assert _short(_lifted([1], 80), 1) is None  # digits that went to X at once
    rounded = [(5 << 200) // 3**40, 2**70 << 200]
    found = Reconstruction().attempt(_lifted(rounded, 200, 40), 3)
    assert found is not None
    assert found.fractions().tolist() == [Fraction(5, 3**40), 2**70]


def test_a_denominator_is_searched_for_again_where_few_bits_misled() -> None:
    """2^-80 looks like 0 in 64 bits; the search that goes on with more bits has to come back to it."""
    values = [Fraction(1, 2**80), Fraction(12345, 3**40), Fraction(1, 7)]
    search = Reconstruction()
    found = None
    for bits in (64, 128, 256, 512):
        found = search.attempt(_lifted([round(v * 2**bits) for v in values], bits, 40), 1)
        assert (found is None) == (bits < 256)
    assert found is not None
    assert found.fractions().tolist() == values


def test_residuals_are_exact_where_both_terms_overflow() -> None:
    """Digits of 61 bits against entries of 54: int64 wraps around, and the small difference is right."""
    random = np.random.default_rng(3)
    dense = random.integers(2**53, 2**54, (9, 9)) * random.choice([-1, 1], (9, 9))
    state = _State(Lifter(_sparse(dense)), _sparse(dense), False, random.integers(-(2**60), 2**60, 9))
    before = state.residual
    digits = np.array(random.integers(-(2**61), 2**61, 9))
    for shift in (0, 20):
        wanted = before.astype(object) * 2**shift - dense.astype(object) @ digits.astype(object)
        assert (state._after(before, digits, shift) == wanted).all()
    digits, shift = state.step()
    wanted = before.astype(object) * 2**shift - dense.astype(object) @ digits.astype(object)
    assert state.residual.dtype == np.int64
    assert (state.residual == wanted).all()


def test_fractions_in_lowest_terms() -> None:
    """Short and long numerators and denominators: each is the same as a Fraction made the usual way."""
    for denominator in (1, 6, 2**40 * 3, 2**63, 3**50, 6**300, 10**400 + 1):
        for size in (1, 10**5, 2**61, 2**62, 10**30, 6**300):
            numerators = narrow(objects([0, size, -3 * size // 2, 12 * size // 5]))
            over = np.array([1, 2, 4, 2**60])
            plain = [Fraction(int(n), denominator) for n in numerators]
            found = quotients(numerators, denominator)
            assert found.tolist() == plain
            assert [v.denominator for v in found] == [v.denominator for v in plain]
            times = quotients(numerators, denominator, over)
            assert times.tolist() == [v * int(k) for v, k in zip(plain, over, strict=True)]
            assert hash(times[1]) == hash(plain[1] * 2)


@given(
    steps=st.lists(
        st.tuples(st.integers(0, 64), st.lists(st.integers(-(2**61), 2**61), min_size=3, max_size=3)),
        max_size=40,
    ),
    long=st.integers(0, 3),
)
@examples
def test_digits_add_up(steps: list[tuple[int, list[int]]], long: int) -> None:
    """Overlapping digits of either sign, some beyond 64 bits, at any shift, and asked for at any time."""
    digits, plain = Digits(3), [0, 0, 0]
    for k, (shift, given_digits) in enumerate(steps):
        if k == long:
            given_digits = [d << 70 for d in given_digits]
        digits.add(narrow(objects(given_digits)), shift)
        plain = [(x << shift) + d for x, d in zip(plain, given_digits, strict=True)]
        assert [digits.entry(place) for place in range(3)] == plain
        if k % 5 == 0:
            assert digits.value().tolist() == plain
    assert digits.value().tolist() == plain
    assert digits.bits == sum(shift for shift, _ in steps)


def test_rows_of_small_integers_beside_long_ones() -> None:
    """They are shifted, so that steps stay long; the solution is of the rows as given, and so is the sign."""
    random = np.random.default_rng(5)
    n = 40
    dense = random.integers(2**52, 2**54, (n, n)) * (random.random((n, n)) < 0.2)
    np.fill_diagonal(dense, random.integers(2**53, 2**54, n))
    dense[::3] = random.integers(-3, 4, (len(dense[::3]), n))
    np.fill_diagonal(dense, np.where(np.arange(n) % 3 == 0, 40, np.diag(dense)))
    lifter = Lifter(_sparse(dense))
    assert lifter.shifts is not None
    assert lifter.shifts[0] > 40
    b = random.integers(-5, 5, n)
    for transposed in (False, True):
        _check(_sparse(dense), b, transposed)
        believed = lifter.solve(b, transposed=transposed, sure=False)
        assert (believed.fractions() == lifter.solve(b, transposed=transposed).fractions()).all()
    assert Lifter(_sparse(dense[::3, ::3])).shifts is None  # short entries throughout


@given(
    entries=st.lists(st.integers(-(2**60), 2**60), min_size=40, max_size=60),
    x=st.lists(st.integers(-(2**90), 2**90), min_size=1, max_size=4),
)
@examples
def test_products_of_few_different_numbers(entries: list[int], x: list[int]) -> None:
    place = np.arange(len(entries)) % len(x)
    for given_entries in (entries, [entries[0]] * len(entries)):
        found = _products(np.array(given_entries), objects(x), place)
        assert found.tolist() == [e * x[k] for e, k in zip(given_entries, place.tolist(), strict=True)]


@given(st.integers(2, 10**60), st.integers(1, 10**60), st.lists(st.integers(40, 900), min_size=1, max_size=6))
@examples
def test_a_continued_fraction_goes_on_as_bits_come(d: int, n: int, all_bits: list[int]) -> None:
    """However the bits come, more or fewer of them, what it says is what one begun afresh says."""
    going_on = _Fraction()
    for bits in all_bits:
        one = 1 << bits
        a = (n * one // d) % one
        assert going_on.convergent(a, one, 2) == _Fraction().convergent(a, one, 2)


def test_every_step_of_a_lift_looks_at_the_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    """Long answers take hundreds of steps, many of them between two attempts at a denominator."""
    random = np.random.default_rng(3)
    dense = random.integers(-(10**6), 10**6, (60, 60)) + np.diag(random.integers(10**8, 10**9, 60))
    steps, looks, step = 0, 0, _State.step

    def stepping(state: _State) -> Any:
        nonlocal steps
        steps += 1
        assert looks >= steps
        return step(state)

    def look() -> None:
        nonlocal looks
        looks += 1

    monkeypatch.setattr(_State, "step", stepping)
    Lifter(_sparse(dense), look).solve(random.integers(-99, 99, 60))
    assert steps > 50


def test_an_attempt_at_many_long_entries_looks_at_the_clock() -> None:
    size = 1000
    looks: list[None] = []
    lifter = Lifter(_sparse(3 * np.eye(size, dtype=np.int64)), lambda: looks.append(None))
    x = lifter.solve(objects(3 * (10**40 + k) for k in range(size)))
    assert x.fractions().tolist() == [10**40 + k for k in range(size)]
    assert len(looks) > size // 256
