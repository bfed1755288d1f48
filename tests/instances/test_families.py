"""What the families hold: their data against the papers' and the properties that they promise."""

from __future__ import annotations

import itertools
import time
from fractions import Fraction
from typing import Any

import numpy as np
import pytest

import dynamech as dm
from dynamech.instances import load
from dynamech.instances.families.sequential_screening import kernel
from dynamech.models.environment.environment import Environment

from .comparing import difference

F = Fraction


def table(env: Environment, t: int, agent: int = 0) -> Any:
    """Private values of a period, (A, K)."""
    return env.agents[agent].values[t].reshape(env.num_actions(t), -1)


def fractions(*texts: str) -> list[Fraction]:
    return [F(text) for text in texts]


def test_kln_nonseparable_is_the_example_of_section_7() -> None:
    env = load("kln-nonseparable", n=3)
    buyer = env.agents[0]
    assert buyer.types == (("0", "1/2", "1"), ("0|+", "0|x", "1/2|+", "1/2|x", "1|+", "1|x"))
    assert buyer.signals is not None
    assert table(env, 1)[1].tolist() == fractions("2", "0", "5/2", "5", "3", "10")
    assert not table(env, 1)[0].any()
    assert env.actions == (("wait",), ("keep", "sell"))
    assert env.discount == 1
    assert not any(costs.any() for costs in env.costs)


def test_kln_correlated_is_the_example_of_section_7() -> None:
    env = load("kln-correlated", n=5)
    rows = [["3/4", "1/4"], ["5/8", "3/8"], ["1/2", "1/2"], ["3/8", "5/8"], ["1/4", "3/4"]]
    assert env.agents[0].kernels[0].table.tolist() == [[fractions(*row) for row in rows]]
    assert table(env, 1)[1].tolist() == fractions("1/4", "1")
    assert table(load("kln-correlated", n=3, low=0, high=1), 1)[1].tolist() == fractions("0", "1")


@pytest.mark.parametrize("types", ["signals", "markov"])
@pytest.mark.parametrize("form", ["multiplicative", "additive"])
def test_kln_separable_values_are_those_of_the_first_signal_and_the_latest_shock(
    types: str, form: str
) -> None:
    env = load("kln-separable", s0="2,3", shocks="1,5,7", T=3, types=types, form=form, cost=4)
    for t in (1, 2, 3):
        labels = env.agents[0].types[t]
        assert len(labels) == (2 * 3**t if types == "signals" else 6)
        for label, value in zip(labels, table(env, t)[1], strict=True):
            first, *_, last = map(F, label.split("|"))
            assert value == (first * last if form == "multiplicative" else first + last)
        assert env.costs[t].tolist() == [0, 4]
    for kernel_ in env.agents[0].kernels:
        assert set(kernel_.table.ravel().tolist()) == {F(0), F(1, 3)}


@pytest.mark.parametrize(("k0", "k1"), [(1, 1), (2, 2), (5, 8), (7, 3), (50, 200)])
def test_sequential_screening_rows_are_ordered_by_dominance_with_full_support(k0: int, k1: int) -> None:
    rows = kernel(k0, k1)
    assert (rows > 0).all()
    assert (rows.sum(axis=1) == 1).all()
    cdf = rows.cumsum(axis=1)
    assert (cdf[1:] <= cdf[:-1]).all()
    # Likelihood ratios rise, which is stronger than dominance and strict wherever there is a choice.
    ratio = rows[1:, 1:] * rows[:-1, :-1] - rows[1:, :-1] * rows[:-1, 1:]
    assert (ratio > 0).all()
    assert max(value.denominator for value in rows.ravel()) <= (k0 + 1) * k1 * (k1 + 1) // 2
    env = load("sequential-screening", k0=k0, k1=k1)
    values = table(env, 1)[1]
    assert (values[1:] > values[:-1]).all()


def test_sequential_screening_is_made_fast() -> None:
    started = time.perf_counter()
    load("sequential-screening", k0=50, k1=200)
    assert time.perf_counter() - started < 5


@pytest.mark.parametrize("n", [3, 5, 9])
def test_courty_li_grid(n: int) -> None:
    env = load("courty-li-uniform", n=n)
    signals = env.agents[0].signals
    assert signals is not None
    half = (n - 1) // 2
    assert signals.labels[0] == tuple(str(F(k, n - 1)) for k in range(n))
    assert signals.labels[1] == tuple(str(F(j, n - 1)) for j in range(-half, half + 1))
    sold = table(env, 1)[1].reshape(n, n)
    assert sold[0, 0] == F(-1, 2)
    assert sold[-1, -1] == F(3, 2)


def test_two_type_markov_sells_units_or_quantities() -> None:
    env = load("two-type-markov", horizon=3)
    assert env.actions == (("keep", "sell"),) * 3
    assert env.costs[2].tolist() == fractions("0", "8/5")
    assert table(env, 2)[1].tolist() == [2, 3]
    env = load("two-type-markov", horizon=3, quadratic=True)
    goods = env.goods[2]
    assert goods is not None
    assert goods.names == ("quantity",)
    assert goods.upper == (None,)
    assert goods.quadratic.tolist() == [[1]]
    assert table(env, 2).tolist() == [[1, 2]]
    assert env.costs[2].tolist() == [0]


def test_progressive_screening_values_are_products_of_shocks() -> None:
    env = load("progressive-screening", T=3)
    buyer = env.agents[0]
    for t in (1, 2, 3):
        for label, value in zip(buyer.types[t], table(env, t)[1], strict=True):
            assert F(label.split("|")[1]) == value
    # The distribution of theta_3 for each lambda, by the kernels and by counting shocks.
    for i, chance in enumerate((F(1, 3), F(2, 3))):
        weights = np.array([F(int(k == i)) for k in range(2)], dtype=object)
        for kernel_ in buyer.kernels:
            weights = weights @ kernel_.table[0]
        expected: dict[Fraction, Fraction] = {}
        for path in itertools.product((0, 1), repeat=3):
            theta = F(1, 2) ** path.count(0) * F(3, 2) ** path.count(1)
            weight = chance ** path.count(1) * (1 - chance) ** path.count(0)
            expected[theta] = expected.get(theta, F(0)) + weight
        reached = dict(
            zip(table(env, 3)[1][4 * i : 4 * i + 4].tolist(), weights[4 * i : 4 * i + 4], strict=True)
        )
        assert reached == expected
        assert weights.sum() == 1


def test_sponsored_search_beliefs_move_only_when_shown() -> None:
    env = load("sponsored-search")
    assert env.controlled == (False, True)
    for i, agent in enumerate(env.agents):
        moved = agent.kernels[1].table
        assert moved.shape == (3, 4, 4)
        for action in range(3):
            identity = np.array_equal(moved[action], np.eye(4, dtype=int))
            assert identity == (action != i + 1)
        assert moved[i + 1][0].tolist() == fractions("1/4", "3/4", "0", "0")
        assert agent.kernels[0].table[0].tolist() == [
            fractions("3/4", "1/4", "0", "0"),
            fractions("0", "0", "3/4", "1/4"),
        ]
    assert table(env, 1, 0).tolist() == [[0] * 4, [24, 27, 32, 36], [0] * 4]
    assert table(env, 2, 1).tolist() == [[0] * 4, [0] * 4, [9, 27, 15, 45]]


def test_sponsored_search_beta_beliefs_are_martingales() -> None:
    env = load("sponsored-search", learning="beta", T=4)
    for agent in env.agents:
        for t in (1, 2, 3):
            now, later = table(env, t, 0)[1], table(env, t + 1, 0)[1]
            if agent.name == "advertiser 1":
                for action in range(3):
                    expected = agent.kernels[t].table[action] @ later
                    assert (expected == now).all()


def test_a_kln_bandit_teaches_those_who_are_served_and_goes_on_for_ever() -> None:
    env = load("kln-bandit")
    assert (env.horizon, env.periods, env.controlled) == (None, 2, (False, True))
    for i, (margins, means) in enumerate((((3, 4), "1/2 2/3 1/3"), ((4, 6), "1/3 1/2 1/4"))):
        served = [s * F(mean) for s in margins for mean in means.split()]
        assert table(env, 1, i).tolist() == [served if a == i + 1 else [0] * 6 for a in range(3)]
        moved = env.agents[i].kernels[1].table
        for a in range(3):
            assert np.array_equal(moved[a], np.eye(6, dtype=int)) == (a != i + 1)
        assert (moved[i + 1] @ served == served).all()  # beliefs are martingales
    efficient = dm.pivot(env, exact=True).W[0]
    assert efficient.sum() / 4 == F(3699, 200)
    added = load("kln-bandit", form="additive", cost=1)
    assert table(added, 1)[1].tolist() == [s + F(mean) for s in (3, 4) for mean in ("1/2", "2/3", "1/3")]
    assert added.costs[1].tolist() == [0, 1, 1]


def test_supply_chain_demand_is_free_of_actions() -> None:
    env = load("supply-chain", T=3, stay="3/4")
    assert env.controlled == (False, False, False)
    assert env.agents[0].types == (("3", "4"), *[("3|0", "3|1", "4|0", "4|1")] * 3)
    assert env.agents[1].kernels[1].table[0][0].tolist() == fractions("3/4", "1/4", "0", "0")
    assert table(env, 3, 1).tolist() == [[0] * 4, [0] * 4, [9, 21, 15, 35]]
    assert env.costs[1].tolist() == [0, 5, 5]


def test_myerson_and_handicap_bidders_value_only_their_own_purchase() -> None:
    env = load("myerson", bidders=3, values="1,5", prior="3/4,1/4", cost="1/2")
    assert env.actions == (("keep", "sell to bidder 1", "sell to bidder 2", "sell to bidder 3"),)
    for i in range(3):
        values = table(env, 0, i)
        assert values[i + 1].tolist() == [1, 5]
        assert not np.delete(values, i + 1, axis=0).any()
    env = load("handicap-auction")
    assert env.types(1) == (9, 9)
    assert table(env, 1, 1)[2].tolist() == fractions("-1/2", "0", "1/2", "0", "1/2", "1", "1/2", "1", "3/2")


def test_random_is_the_same_for_the_same_seed_and_another_for_another() -> None:
    settings: dict[str, Any] = {"observed": 1, "given": True, "feasible": True}
    assert difference(load("random", seed=7, **settings), load("random", seed=7, **settings)) is None
    assert difference(load("random", seed=7), load("random", seed=8)._with(source="")) is not None
    # The sequence is fixed for good: reports name seeds.
    assert load("random", seed=1).agents[0].prior.tolist() == fractions("1/5", "4/5")


def test_random_has_small_denominators_and_the_support_asked_for() -> None:
    for seed in range(20):
        full = load("random", seed=seed, types=3, periods=3)
        sparse = load("random", seed=seed, types=3, periods=3, sparse=True)
        tables = [kernel_.table for agent in full.agents for kernel_ in agent.kernels]
        assert all((rows > 0).all() for rows in tables)
        assert max(value.denominator for rows in tables for value in rows.ravel()) <= 12
        zeros = sum(int((k.table == 0).sum()) for agent in sparse.agents for k in agent.kernels)
        assert zeros > 0
    joint = load("random", independent=False, private_values=False, observed=1)
    assert joint.process is not None
    assert joint.process.transitions[0].shape == (2, 2, 2, 2, 2, 2, 2)
    assert joint.agents[0].values[0].shape == (2, 2, 2, 2)
    stationary = load("random", stationary=True)
    assert stationary.horizon is None
    assert stationary.discount == F(1, 2)
