"""Gittins indices: by elimination in rationals and doubles, by Dinkelbach, by all stopping sets."""

from __future__ import annotations

import itertools
import json
from fractions import Fraction as F
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dynamech.solvers.algorithms.gittins import BLOCK, gittins_indices
from dynamech.solvers.algorithms.stopping import index_at, stopping_discounts
from dynamech.solvers.errors import InvalidInput, TooLarge
from dynamech.solvers.linear import solve_square

DATA = Path(__file__).parents[2] / "data" / "bandits.json"
CASES = {case["id"]: case for case in json.loads(DATA.read_text("utf-8"))}


def triplets(kernel: Any) -> tuple[Any, Any, Any]:
    rows, columns = np.nonzero(kernel)
    return rows, columns, kernel[rows, columns]


def beta(a: Any, b: Any, n: int) -> tuple[list[tuple[int, int]], Any, tuple[Any, Any, Any]]:
    """States (successes, failures), posterior means, moves as triplets: frozen after n observations."""
    states = [(s, k - s) for k in range(n + 1) for s in range(k, -1, -1)]
    place = {state: k for k, state in enumerate(states)}
    mean = [(a + s) / (a + b + s + f) for s, f in states]
    moves = []
    for (s, f), m in zip(states, mean, strict=True):
        here = place[s, f]
        if s + f == n:
            moves.append((here, here, m / m))
        else:
            moves += [(here, place[s + 1, f], m), (here, place[s, f + 1], 1 - m)]
    rows, columns, weights = zip(*moves, strict=True)
    return states, np.array(mean), (np.array(rows), np.array(columns), np.array(weights))


def dense(size: int, moves: tuple[Any, Any, Any]) -> Any:
    out = np.full((size, size), 0 * moves[2][0])
    out[moves[0], moves[1]] = moves[2]
    return out


def by_all_sets(reward: Any, kernel: Any, discount: F, state: int) -> F:
    """The largest ratio over all sets in which to go on after playing once."""
    size, best = len(reward), F(-1000)
    for count in range(size + 1):
        for chosen in itertools.combinations(range(size), count):
            kept = np.isin(np.arange(size), chosen)[None, :] & (kernel != 0)
            rows, columns = np.nonzero(kept)
            own, weights = np.arange(size), -discount * kernel[rows, columns]
            system = (np.r_[own, rows], np.r_[own, columns], np.r_[np.full(size, F(1)), weights])
            worth, periods = (solve_square(*system, flow)[state] for flow in (reward, np.full(size, F(1))))
            best = max(best, F(worth / periods))
    return best


@st.composite
def exact_arms(draw: st.DrawFn, most: int) -> tuple[Any, Any, F]:
    size = draw(st.integers(1, most))
    rewards = draw(st.lists(st.integers(-4, 4), min_size=size, max_size=size))
    rows = []
    for _ in range(size):
        weights = draw(st.lists(st.integers(0, 3), min_size=size, max_size=size).filter(any))
        rows.append([F(w, sum(weights)) for w in weights])
    discount = draw(st.sampled_from([F(0), F(1, 2), F(9, 10), F(999, 1000)]))
    return np.array([F(r, 2) for r in rewards]), np.array(rows), discount


@pytest.mark.parametrize("name", CASES["3_gittins_exact_frozen"]["instance"]["arms"])
def test_learners_of_the_paper(name: str) -> None:
    a, b, n = (int(part) for part in name.replace("Beta(", "").replace("),n=", ",").split(","))
    states, mean, moves = beta(F(a), F(b), n)
    found = gittins_indices(mean, dense(len(mean), moves), F(9, 10))
    expected = CASES["3_gittins_exact_frozen"]["expected"][name]
    assert {str(state): str(index) for state, index in zip(states, found.index, strict=True)} == expected
    assert found.error == 0


def test_indices_rise_to_those_of_learning_without_end() -> None:
    expected = CASES["3_gittins_convergence_float"]["expected"]
    for n, index in expected["index_by_n"].items():
        states, mean, moves = beta(1.0, 1.0, int(n))
        if len(states) <= 300:
            found = gittins_indices(mean, dense(len(mean), moves), 0.9)
            assert found.index[0] == pytest.approx(index, abs=1e-11)
        assert index_at(mean, moves, 0.9, 0) == pytest.approx(index, abs=1e-9)
    by_n = list(expected["index_by_n"].values())
    assert by_n == sorted(by_n)
    for at in ("(2,1)", "(2,2)"):
        index = expected["n320"][at]
        state = states.index((int(at[1]) - 1, int(at[3]) - 1))
        assert index_at(mean, moves, 0.9, state) == pytest.approx(index, abs=1e-9)


def test_a_ratio_of_expectations_not_the_expectation_of_a_ratio() -> None:
    """BV print the latter (errata): 23/40 for Beta(1, 1) with one observation, below a sure 3/5."""
    case = CASES["3_index_formula_erratum"]["expected"]
    _, mean, moves = beta(F(1), F(1), 1)
    d = F(9, 10)
    # played once, then for ever after a success: the ratio on each path, and its expectation
    success, failure = (F(1, 2) * (1 - d) + d * mean for mean in (F(2, 3), F(1, 3)))
    printed = max(F(1, 2), (success + F(1, 2)) / 2, (success + failure) / 2)
    index = gittins_indices(mean, dense(3, moves), d).index[0]
    assert (str(printed), str(index)) == (case["E_of_ratio"], case["ratio_of_E"])
    assert printed < F(3, 5) < index
    first = F(1, 2) + d * (F(1, 2) * max(F(2, 3), F(3, 5)) + F(1, 2) * max(F(1, 3), F(3, 5))) / (1 - d)
    assert str(first) == case["value_pull_first"]
    assert first > F(3, 5) / (1 - d)


@given(exact_arms(4))
@settings(deadline=None, derandomize=True, max_examples=30)
def test_elimination_dinkelbach_and_all_sets_agree(arm: tuple[Any, Any, F]) -> None:
    reward, kernel, discount = arm
    found = gittins_indices(reward, kernel, discount).index.tolist()
    states = range(len(reward))
    assert found == [index_at(reward, triplets(kernel), discount, x) for x in states]
    assert found == [by_all_sets(reward, kernel, discount, x) for x in states]


@given(exact_arms(12))
@settings(deadline=None, derandomize=True, max_examples=60)
def test_doubles_are_as_close_as_they_say_and_keep_ties(arm: tuple[Any, Any, F]) -> None:
    reward, kernel, discount = arm
    exact = gittins_indices(reward, kernel, discount).index
    given_doubles = (reward.astype(float), kernel.astype(float), float(discount))
    found = gittins_indices(*given_doubles)
    assert abs(found.index - exact.astype(float)).max() <= found.error
    assert found.error <= 1e-8 * max(np.ptp(given_doubles[0]), 1)
    if discount < F(99, 100):
        assert abs(found.index - exact.astype(float)).max() <= 1e-10
        same = exact[:, None] == exact[None, :]
        assert (found.index[:, None] == found.index[None, :])[same].all()


@given(exact_arms(8), st.integers(1, 5), st.integers(-5, 5), st.randoms(use_true_random=False))
@settings(deadline=None, derandomize=True, max_examples=60)
def test_units_origin_and_order(arm: tuple[Any, Any, F], unit: int, origin: int, random: Any) -> None:
    reward, kernel, discount = arm
    index = gittins_indices(reward, kernel, discount).index
    moved = gittins_indices(F(unit, 3) * reward + F(origin), kernel, discount).index
    assert (moved == F(unit, 3) * index + F(origin)).all()
    order = list(range(len(reward)))
    random.shuffle(order)
    shuffled = gittins_indices(reward[order], kernel[np.ix_(order, order)], discount).index
    assert (shuffled == index[order]).all()
    assert (index >= reward).all()
    assert index.max() == reward.max()
    if discount == 0:
        assert (index == reward).all()


@pytest.mark.parametrize("discount", [0.5, 0.99])
def test_many_blocks(discount: float) -> None:
    rng = np.random.default_rng(3)
    size = 2 * BLOCK + 45
    reward, kernel = rng.normal(size=size), rng.dirichlet(np.full(size, 0.02), size=size)
    found = gittins_indices(reward, kernel, discount)
    for state in range(0, size, 23):
        alone = index_at(reward, triplets(kernel), discount, state)
        assert found.index[state] == pytest.approx(alone, abs=1e-10)
    assert found.error <= 1e-9
    assert len(set(found.index.tolist())) == size


def test_the_unit_of_money_does_not_matter() -> None:
    rng = np.random.default_rng(7)
    reward, kernel = rng.uniform(-1, 1, size=30), rng.dirichlet(np.ones(30), size=30)
    found = gittins_indices(reward, kernel, 0.99)
    for power in (-1000, 1024):
        other = gittins_indices(np.ldexp(reward, power), kernel, 0.99)
        assert (other.index == np.ldexp(found.index, power)).all()
        assert other.error == np.ldexp(found.error, power)
    none = gittins_indices(np.zeros(3), np.eye(3), 0.5)
    assert (none.index.tolist(), none.error) == ([0, 0, 0], 0)


def test_a_hundred_states_in_rationals() -> None:
    rng = np.random.default_rng(5)
    weights = rng.integers(0, 100, size=(100, 100))
    kernel = np.array([[F(int(w), int(row.sum())) for w in row] for row in weights])
    reward = np.array([F(int(r), 7) for r in rng.integers(-50, 50, size=100)])
    found = gittins_indices(reward, kernel, F(99, 100)).index
    for state in (0, 57):
        assert found[state] == index_at(reward, triplets(kernel), F(99, 100), state)
    doubles = gittins_indices(reward.astype(float), kernel.astype(float), 0.99)
    assert abs(doubles.index - found.astype(float)).max() <= 1e-10


@given(exact_arms(6))
@settings(deadline=None, derandomize=True, max_examples=40)
def test_how_long_an_arm_is_played(arm: tuple[Any, Any, F]) -> None:
    """D solves its own equations, and the retirement value with it: φ(x, g) has the slope D."""
    reward, kernel, discount = arm
    index = gittins_indices(reward, kernel, discount).index
    charges = np.unique(np.concatenate([index, index + F(1, 3), index - F(1, 3)]))
    found = stopping_discounts(kernel, discount, index, charges)
    on = index[:, None] >= charges[None, :]
    assert (found == np.where(on, discount * (kernel @ found), 1)).all()
    # retiring with g a period for ever, or playing on: V = max(g / (1 − δ), r + δ P V), V' = D / (1 − δ)
    value = np.full(len(index), charges[-1] / (1 - discount))
    for k in range(len(charges) - 1, 0, -1):
        if charges[k] <= index.max():
            value = value - (charges[k] - charges[k - 1]) * found[:, k] / (1 - discount)
        else:
            value = np.full(len(index), charges[k - 1] / (1 - discount))
        best = np.maximum(reward + discount * (kernel @ value), charges[k - 1] / (1 - discount))
        assert (value == best).all()


def test_what_is_no_arm() -> None:
    one = np.array([[F(1)]])
    for discount in (F(1), F(-1, 2), 1.5):
        with pytest.raises(InvalidInput, match="below 1"):
            gittins_indices(np.array([F(1)]), one, discount)
        with pytest.raises(InvalidInput, match="below 1"):
            index_at(np.array([F(1)]), triplets(one), discount, 0)
    with pytest.raises(InvalidInput, match=r"an arm of 2 states has a kernel of shape \(1, 1\)"):
        gittins_indices(np.array([F(1), F(2)]), one, F(1, 2))
    with pytest.raises(TooLarge, match="20,001 states"):
        gittins_indices(np.zeros(20_001), np.broadcast_to(0.0, (20_001, 20_001)), 0.5)
