"""Epochs of arms: alone they bring what playing for ever does, together what Whittle's integral says."""

from __future__ import annotations

from fractions import Fraction as F
from typing import Any

import numpy as np
import pytest

from dynamech.solvers.algorithms.epochs import Epochs, epochs, ranks, shares, steady
from dynamech.solvers.algorithms.stopping import stopping_discounts
from dynamech.solvers.numbers import to_float

RATE = F(4, 5)


def drawn(seed: int, size: int) -> tuple[Any, Any]:
    """Rewards in 0..4, which tie now and then, and a kernel with zeros."""
    rng = np.random.default_rng(seed)
    weights = rng.integers(0, 3, size=(size, size))
    weights[np.arange(size), np.arange(size)] += 1
    kernel = np.array([[F(int(w), int(row.sum())) for w in row] for row in weights])
    return np.array([F(int(r)) for r in rng.integers(0, 5, size=size)]), kernel


def arm(seed: int, size: int) -> tuple[Epochs, Any, Any]:
    reward, kernel = drawn(seed, size)
    return epochs(reward, kernel, RATE), reward, kernel


@pytest.mark.parametrize("seed", range(5))
def test_all_epochs_of_an_arm_are_the_whole_of_it(seed: int) -> None:
    alone, reward, kernel = arm(seed, 6)
    lasting = alone.left[:, :-1] - alone.left[:, 1:]
    assert (lasting >= 0).all()
    assert (lasting.sum(axis=1) == 1).all()
    for_ever = lasting @ alone.levels / (1 - RATE)
    assert (for_ever == reward + RATE * kernel @ for_ever).all()
    assert (alone.left[np.arange(6), alone.place] == 1).all()  # an index is not below itself


@pytest.mark.parametrize("seed", range(5))
def test_arms_together_are_worth_whittles_integral(seed: int) -> None:
    """Three arms and a safe one at all profiles, whichever goes first where indices tie."""
    learning = [arm(3 * seed + k, size) for k, size in enumerate((4, 3, 2))]
    arms = [one for one, *_ in learning] + [steady(F(3, 2))]
    left = [
        one.left.reshape(*[len(one.left) if j == k else 1 for j in range(3)], -1)
        for k, one in enumerate(arms)
    ]
    charges = np.unique(np.concatenate([one.levels for one in arms]))[::-1]
    longer = [stopping_discounts(kernel, RATE, one.index, charges[:-1]) for one, _, kernel in learning]
    safe = np.where(F(3, 2) >= charges[:-1], 0, 1)
    product = np.einsum("ag,bg,cg,g->abcg", *longer, safe, optimize=False)
    integral = (charges[0] - product @ (charges[:-1] - charges[1:])) / (1 - RATE)
    for order in ([0, 1, 2, 3], [3, 1, 0, 2]):
        parts = shares([arms[k].levels for k in order], [left[k] for k in order])
        assert (sum(part.sum(axis=-1) for part in parts) == 1).all()
        worth = sum(part @ arms[k].levels for k, part in zip(order, parts, strict=True)) / (1 - RATE)
        assert (worth == integral).all()


def test_who_is_listed_first_goes_first_at_ties() -> None:
    two = [steady(F(1)), steady(F(1))]
    first, second = shares([one.levels for one in two], [one.left for one in two])
    assert (first.tolist(), second.tolist()) == ([[1]], [[0]])


def test_what_differs_by_rounding_ties_in_doubles_alone() -> None:
    third, sum_of = F(1, 3), F(1, 3) + F(1, 10**12)
    exact = ranks([np.array([sum_of]), np.array([third, F(0)])])
    assert [row.tolist() for row in exact] == [[0], [1, 2]]
    doubles = ranks([to_float(np.array([sum_of])), to_float(np.array([third, F(0)]))])
    assert [row.tolist() for row in doubles] == [[0], [0, 1]]
    scaled = ranks([1e-9 * to_float(np.array([sum_of])), 1e-9 * to_float(np.array([third, F(0)]))])
    assert [row.tolist() for row in scaled] == [[0], [0, 1]]
