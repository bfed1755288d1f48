"""Continuous signals (Liu 2014, section 5): quadrature, smallest errors, and what they leave to gain."""

from __future__ import annotations

from fractions import Fraction as F
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import dynamech as dm
from dynamech.instances.families.continuous_signals import below
from dynamech.models.correlation.blocks import blocks
from dynamech.models.correlation.continuous import (
    approximate,
    cell_probabilities,
    smallest_errors,
    smallest_lottery_errors,
)
from dynamech.models.correlation.theorems import systems_of
from dynamech.models.correlation.transfers import smallest
from dynamech.models.verification.anywhere import verify
from dynamech.solvers.effort import EXACT
from dynamech.solvers.errors import InvalidInput
from dynamech.solvers.numbers import to_float

SEEDS = st.integers(0, 10**5)


def cauchy(s: Any, t: Any) -> Any:
    """(1 + t) / (1 + s t)²."""
    return (1 + t) / (1 + s * t) ** 2


def mixture(s: Any, t: Any) -> Any:
    """1 + (2s − 1)(2t − 1) / 2."""
    return 1 + (2 * s - 1) * (2 * t - 1) / 2


@pytest.mark.parametrize("name", ["cauchy", "mixture"])
def test_quadrature_gives_the_family(name: str) -> None:
    """Cells integrated numerically agree with those integrated by hand."""
    signals, edges = np.arange(7) / 6, np.linspace(0, 1, 6)
    found = cell_probabilities({"cauchy": cauchy, "mixture": mixture}[name], signals, edges)
    known = [[below(name, F(k, 5), F(t, 6)) for k in range(6)] for t in range(7)]
    assert np.allclose(found, np.diff(np.array(known, dtype=float), axis=1), rtol=0, atol=1e-13)
    env = dm.load("continuous-signals", cells=5, density=name)
    middle = cell_probabilities({"cauchy": cauchy, "mixture": mixture}[name], np.arange(0.1, 1, 0.2), edges)
    matrix = to_float(blocks(env, 0, 0).matrices[0])
    assert np.allclose(matrix, middle, rtol=0, atol=1e-13)


def test_densities_must_be_densities() -> None:
    edges = np.linspace(0, 1, 3)
    with pytest.raises(InvalidInput, match=r"density: integrates to 0\.5, not 1, given signal 0"):
        cell_probabilities(lambda s, t: 0.5 + 0 * s * t, np.array([0.0, 1.0]), edges)
    with pytest.raises(InvalidInput, match=r"density: negative \(-1\) given signal 1"):
        cell_probabilities(lambda s, t: 1 - 2 * t + 0 * s, np.array([0.0, 1.0]), edges)


@settings(max_examples=10, deadline=None, derandomize=True)
@given(seed=SEEDS, exact=st.booleans())
def test_errors_are_smallest_and_attained(seed: int, exact: bool) -> None:
    """Attained by the transfers; 0 exactly where systems have solutions; lotteries never do worse."""
    env = dm.load("random-correlated", seed=seed, types=4, rank=2 + seed % 3, rational=exact)
    found = blocks(env, 0, 0)
    rng = np.random.default_rng(seed)
    matrices = np.concatenate([found.matrices, found.matrices[::-1]])[:4]
    drawn = rng.integers(-4, 5, size=(len(matrices), 4))
    target = np.vectorize(lambda v: F(int(v)) if exact else float(v), otypes=[object if exact else float])(
        drawn
    )
    slack = 0 if exact else 1e-7
    errors, p = smallest_errors(matrices, target)
    missed = abs(np.matmul(matrices, p[..., None])[..., 0] - target).max(axis=1)
    assert (abs(missed - errors) <= slack).all()
    less, lotteries = smallest_lottery_errors(matrices, target)
    assert (less <= errors + slack).all()
    worth = np.matmul(matrices[:, None], lotteries[..., None])[..., 0]  # (n, report, type)
    own = np.arange(4)
    truth = worth[:, own, own]
    assert (abs(truth - target).max(axis=1) <= less + slack).all()
    assert (worth >= truth[:, None, :] - slack).all()
    if exact:
        for k, claim in enumerate(target):
            table = np.zeros((*found.feasible.shape, 4), dtype=object) + F(0)
            x = k % found.shape[1]
            table[:, x] = claim
            systems = systems_of("3.1", found, table)
            here = [n for n, (a, y) in enumerate(found.each()) if (a, y) == (0, x)]
            possible = smallest(systems.only(np.arange(4) + 4 * here[0])).feasible.all()
            again, _ = smallest_lottery_errors(found.matrices[found.matrix_of[0, x]][None], claim[None])
            assert (again[0] == 0) == possible


def test_errors_fall_as_cells_shrink() -> None:
    """With independent rows to 0, geometrically; bounds on one lie and on whole strategies hold."""
    env = dm.load("continuous-signals", cells=8)
    errors: list[float] = []
    for bins in (1, 2, 4, 8):
        made = approximate(env, bins)
        errors.append(float(made.error))
        assert made.gain <= made.bound + 1e-5
        assert made.bound == pytest.approx(2 * made.error / (1 - 0.8))
        verdict = verify(env, made.mechanism, "ex-post")[0]
        assert verdict.violation <= made.bound / (1 - 0.8) + 1e-5
    assert errors[0] > 2 * errors[1] > 8 * errors[2] > 1e3 * abs(errors[3])
    assert errors[3] < 1e-5
    # What is claimed, −2t², is concave: lotteries meet it on two cells (Lemma 5.1).
    lotteries = approximate(env, 2, theorem="3.1")
    assert lotteries.error == pytest.approx(0, abs=1e-9)
    assert verify(env, lotteries.mechanism, "ex-post")[0].holds


def test_errors_stay_where_the_density_is_a_mixture() -> None:
    """Lemma 5.2 fails: 2t² is not affine, and misses by a quarter of 2 × 1/2 however many cells there are."""
    last = []
    for cells in (4, 8, 16):
        env = dm.load("continuous-signals", cells=cells, density="mixture")
        errors = [approximate(env, bins).error for bins in (2, cells)]
        assert errors[0] == pytest.approx(errors[1])
        last.append(errors[1])
    # In the limit the best line through 2t² on [0, 1] is off by 1/4.
    assert last == sorted(last)
    assert 0.2 < last[-1] < 0.25
    # A concave claim is met by lotteries all the same (Lemma 5.1): others' values are −2t² here.
    env = dm.load("continuous-signals", cells=8, density="mixture")
    assert approximate(env, 2, theorem="3.1").error == pytest.approx(0, abs=1e-9)


def test_one_lie_can_gain_more_than_the_error() -> None:
    """Section 5 bounds the gain by ε; what is left later misses as well, and the bound is 2ε / (1 − δ)."""
    env = dm.load("random-correlated", seed=27, types=3, rank=2, discount="9/10")
    made = approximate(env, effort=EXACT)
    assert made.gain > F(17, 10) * made.error > 0
    assert made.gain < made.bound == 20 * made.error


def test_a_finite_horizon() -> None:
    env = dm.load("continuous-signals", cells=4).with_horizon(3)
    made = approximate(env, 2)
    assert 0 < made.gain <= made.bound
    assert made.bound == pytest.approx(2 * made.error * 1.8)
    whole = approximate(env, effort=EXACT)
    assert whole.error == 0
    assert verify(env, whole.mechanism, "ex-post")[0].violation == 0


def test_refusals() -> None:
    env = dm.load("continuous-signals", cells=2)
    with pytest.raises(InvalidInput, match="bins: 0; at least 1 is needed"):
        approximate(env, 0)
    with pytest.raises(InvalidInput, match="theorem: '5' is not one of"):
        approximate(env, theorem="5")
    with pytest.raises(InvalidInput, match="there is one period"):
        approximate(dm.load("random", agents=2, periods=1))
