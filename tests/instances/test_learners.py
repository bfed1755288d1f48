"""Learners: expected values are martingales, chances sum to 1, grids bound Normal learning."""

from __future__ import annotations

from fractions import Fraction as F
from typing import Any

import numpy as np
import pytest
from scipy.optimize import brentq
from scipy.stats import norm

import dynamech as dm
from dynamech.instances import load
from dynamech.instances.families.bandit_auction import FAMILY as AUCTION
from dynamech.instances.families.grid_error import grid_error
from dynamech.instances.families.learners import beta_learner, gamma_learner, normal_learner, virtual
from dynamech.instances.families.licensing import FAMILY
from dynamech.models.efficient.efficient import efficient
from dynamech.models.efficient.index_policy import bandit_welfare, indices
from dynamech.models.environment.environment import Environment
from dynamech.solvers.algorithms.gittins import gittins_indices
from dynamech.solvers.errors import InvalidInput, TooLarge

MADE = {
    "beta": beta_learner(F(1, 2), F(3), 3),
    "beta, seen": beta_learner(F(1), F(1), 3, seen=2),
    "gamma": gamma_learner(2, F(3, 2), 3, 4),
    "gamma, seen": gamma_learner(1, F(1), 2, 2, seen=1),
    **{
        f"normal, {rounding}": normal_learner(F(3), F(1), F(1, 2), 2, 9, F(3), rounding, seen=1)
        for rounding in ("nearest", "in", "out")
    },
}


@pytest.mark.parametrize("name", MADE)
def test_expected_values_are_martingales(name: str) -> None:
    made = MADE[name]
    moves, worth = np.array(made.moves), np.array(made.worth)
    assert (moves.sum(axis=1) == 1).all()
    assert (moves >= 0).all()
    assert (moves @ worth == worth).all()
    assert sum(made.start) == 1
    prior = {"beta": F(1, 7), "beta, seen": F(1, 2), "gamma": F(4, 3), "gamma, seen": F(1)}.get(name, F(3))
    assert sum(p * w for p, w in zip(made.start, made.worth, strict=True)) == prior
    assert len(set(made.states)) == len(made.states)


def test_two_uniform_observations() -> None:
    """What a Beta(1, 1) bidder has seen of two uses: 0, 1 or 2 successes, equally likely."""
    made = MADE["beta, seen"]
    seen = {state: p for state, p in zip(made.states, made.start, strict=True) if p}
    assert seen == {"2+ 0-": F(1, 3), "1+ 1-": F(1, 3), "0+ 2-": F(1, 3)}
    assert "0+ 0-" not in made.states  # is over before period 0


def test_poisson_counts() -> None:
    """Gamma(1, 1): counts 0, 1 with chances 1/2, 1/4, and the mean given two or more is 2."""
    made = gamma_learner(1, F(1), 1, 2)
    assert made.states == ["0 in 0", "0 in 1", "1 in 1", "0 in 0, then many"]
    assert made.moves[0] == [F(0), F(1, 2), F(1, 4), F(1, 4)]
    assert made.worth == [F(1), F(1, 2), F(1), F(2)]


def test_grids_bound_normal_learning() -> None:
    """Index of a Normal arm, one use: from both sides, closer on finer grids, at the closed form."""
    found: dict[tuple[str, int], Any] = {}
    for rounding in ("in", "nearest", "out"):
        for points in (9, 33, 129):
            made = normal_learner(F(0), F(1), F(1), 1, points, F(4), rounding)
            worth, moves = (np.array(part, dtype=float) for part in (made.worth, made.moves))
            found[rounding, points] = gittins_indices(worth, moves, 0.9).index[0]
    # h = δ/(1−δ) E(X − h)+ with X Normal of variance 1/2: the index of one use is its root
    s = np.sqrt(0.5)
    root = brentq(lambda h: 9 * (s * norm.pdf(h / s) - h * norm.sf(h / s)) - h, 0, 5)
    for points in (9, 33, 129):
        assert found["in", points] < root < found["out", points]
        assert found["in", points] < found["nearest", points] < found["out", points]
    width = [found["out", points] - found["in", points] for points in (9, 33, 129)]
    assert width[0] > 3 * width[1] > 9 * width[2]
    assert found["nearest", 129] == pytest.approx(root, abs=2e-4)


def test_noise_that_says_all_or_nothing() -> None:
    """Moves beyond all doubles: a use that shows the value, and one that shows nothing."""
    still = normal_learner(F(3), F(1), F(10**300), 1, 5, F(2))
    assert still.states == ["3 after 0", "3 after 1"]
    sure = normal_learner(F(3), F(10**400), F(1, 10**400), 1, 5, F(2))
    same = normal_learner(F(3), F(1), F(1, 10**9), 1, 5, F(2))
    assert sure.moves == same.moves


def test_the_error_of_a_grid_is_stated() -> None:
    words = {"learning": "normal", "n": 2, "arms": "1,1/4,1/4;1,1/4,1/4;5/4,1/8,1/4"}
    coarse, fine = (grid_error(FAMILY, words | {"points": points}) for points in (5, 9))
    assert coarse.keys() == fine.keys() == {"index", "W", "price"}
    for word, error in fine.items():
        assert 0 < error < coarse[word]
    worth = []
    for rounding in ("in", "nearest", "out"):
        env = FAMILY.make(**words, points=5, rounding=rounding)
        worth.append(bandit_welfare(indices(env))[0])
    assert worth == sorted(worth)
    assert worth[2] - worth[0] <= coarse["W"]
    assert grid_error(AUCTION, {"learning": "normal", "points": 5, "n": 1, "seen": 0})["index"] > 0


def expected_welfare(env: Environment) -> float:
    """Of one bidder, before she knows her type."""
    return float(sum(p * w for p, w in zip(env.agents[0].prior, efficient(env).welfare[0], strict=True)))


def test_virtual_values_are_what_a_seller_can_get() -> None:
    """Two periods: the efficient policy of virtual values earns what the program of adjacent lies does."""
    words = {"n": 2, "arms": "2,1,1", "points": 9, "reach": 4, "keep": "5/2"}
    plain, dear = (load("bandit-auction", **words, virtual=word).with_horizon(2) for word in (False, True))
    asked = dm.design(plain, incentives="virtual")
    assert expected_welfare(dear) == pytest.approx(asked.value, abs=1e-7)  # but for the ends of the grid
    assert expected_welfare(dear) < expected_welfare(plain) - 0.01


@pytest.mark.parametrize("name", ["beta, seen", "gamma, seen", "normal, nearest"])
def test_virtual_indices_are_indices_less_the_rent(name: str) -> None:
    own, made = MADE[name], virtual(MADE[name])
    plain, dear = (
        gittins_indices(np.array(one.worth), np.array(one.moves), F(9, 10)).index for one in (own, made)
    )
    now = [own.states.index(label.split(", first ")[0]) for label in made.states]
    rent = np.array([own.worth[x] for x in now]) - np.array(made.worth)
    assert (dear == plain[now] - rent).all()
    assert (rent >= 0).all()
    assert len(set(rent.tolist())) > 1
    assert sum(made.start) == 1


def test_what_is_too_large_is_refused_before_it_is_built() -> None:
    sums, points = {"learning": "gamma", "most": 10**6}, {"learning": "normal", "points": 10**6 + 1}
    for words in ({"n": 400}, sums, points):
        with pytest.raises(TooLarge, match=r"states of a \w+ learner, more than 1,000; choose a smaller n"):
            load("licensing", **words)
    with pytest.raises(TooLarge, match="choose fewer bidders"):
        load("licensing", arms=";".join(["1,1"] * 20), n=20)
    with pytest.raises(TooLarge, match="70 bidders, more than 20"):
        load("licensing", arms=";".join(["1,1"] * 70))


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"arms": "1,1,1"}, "row 0 of arms has 3 numbers, not a, b"),
        ({"arms": "1,1;0,1"}, "row 1 of arms: a must be above 0, not 0"),
        ({"learning": "gamma", "arms": "1/2,1"}, "row 0 of arms: shape must be a whole number, not 1/2"),
        ({"learning": "normal", "points": 4}, "points must be odd"),
        ({"discount": 1}, "discount must be below 1"),
        ({"n": 0}, "n must be at least 1"),
    ],
)
def test_refused(settings: dict[str, Any], message: str) -> None:
    with pytest.raises(InvalidInput, match=message):
        load("licensing", **settings)
