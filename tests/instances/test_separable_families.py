"""Families of separable values: what their values are, and the virtual pivot mechanism on each."""

from __future__ import annotations

import itertools
from fractions import Fraction as F
from typing import Any

import pytest

import dynamech as dm
from dynamech.models.screening.virtual_pivot import virtual_pivot

SMALL: list[tuple[str, dict[str, Any], str]] = [
    ("supply-quantities", {"retailers": 2, "margins": "2,3"}, "multiplicative"),
    ("supply-quantities", {"margins": "2,3", "T": 2, "stay": "3/4", "most": 1}, "multiplicative"),
    ("ar-additive", {"s0": "3,5"}, "additive"),
    ("ar-additive", {"s0": "3,5", "T": 3, "gamma": "1/2,1/4", "bidders": 1}, "additive"),
    ("sponsored-search", {"T": 1}, "multiplicative"),
]


@pytest.mark.parametrize(("name", "settings", "form"), SMALL)
def test_the_virtual_pivot_mechanism_of_each_is_built_and_judged(
    name: str, settings: dict[str, Any], form: str
) -> None:
    env = dm.load(name, **settings)
    answer = virtual_pivot(env, exact=True)
    assert {own["form"] for own in answer.separable.values()} == {form}
    assert all(own["residual"] == 0 for own in answer.separable.values())
    assert answer.bound == dm.design(env, incentives="virtual", exact=True).value
    assert answer.profit["A"] == answer.profit["C"] == answer.bound
    assert answer.rules["B"].truthful
    assert answer.mechanism is not None
    assert dm.verify(env, answer.mechanism, incentives="ex-post")
    assert dm.verify(env, answer.mechanism, participation="periodic")


def test_autoregressive_values_follow_the_recursion() -> None:
    gamma, shocks = (F(1, 2), F(1, 4)), (F(-1), F(2))
    env = dm.load("ar-additive", T=4, gamma="1/2,1/4", s0="3,5", shocks="-1,2", bidders=1)
    agent, states = env.agents[0], len(env.agents[0].types[4]) // 2
    serve = env.actions[1].index("serve bidder 1")
    reached = set()
    for k, s0 in enumerate((F(3), F(5))):
        for drawn in itertools.product(range(2), repeat=3):
            values, place = [s0], k  # one state in period 1, so types are first signals
            for t, j in enumerate(drawn, start=1):
                past = [*values[::-1], F(0)]
                values.append(gamma[0] * past[0] + gamma[1] * past[1] + shocks[j])
                row = agent.kernels[t].table[0, place]
                after = [n for n in range(len(row)) if row[n] == F(1, 2)]
                told = {agent.values[t + 1][serve, n]: n for n in after}
                assert len(told) == 2
                place = told[values[-1]]  # the value that the recursion comes to is among the two
            reached.add((k, place))
    assert len(reached) == 2 * states


def test_an_autoregressive_process_that_forgets_everything_is_shocks_alone() -> None:
    env = dm.load("ar-additive", T=2, gamma="0", s0="3,5", bidders=1)
    assert set(env.agents[0].values[2][1].tolist()) == {F(-1), F(1)}


def test_lots_are_dearer_together_and_demand_bounds_what_they_are_worth() -> None:
    env = dm.load("supply-quantities", retailers=3, cost="1/2", convex="1/3", most=2)
    costs = dict(zip(env.actions[1], env.costs[1].tolist(), strict=True))
    assert len(costs) == 27
    for label, cost in costs.items():
        made = 0 if label == "nothing" else sum(map(int, label.split("+")))
        assert cost == F(made, 2) + F(made**2, 6)
    assert costs["1+1+0"] > costs["1+0+0"] + costs["0+1+0"]
    worth = env.agents[1].values[1][env.actions[1].index("0+2+1"), 0, :, 0].tolist()
    assert dict(zip(env.agents[1].types[1], worth, strict=True)) == {
        "2|1": 2, "2|2": 4, "3|1": 3, "3|2": 6, "4|1": 4, "4|2": 8,
    }  # fmt: skip


def test_convex_costs_make_one_retailer_pay_for_the_others_wants() -> None:
    """Apart they would earn twice what one does; together less, and as much where cost is linear."""
    for convex, together in (("1/2", False), ("0", True)):
        one, two = (
            dm.design(
                dm.load("supply-quantities", retailers=n, convex=convex), incentives="virtual", exact=True
            ).value
            for n in (1, 2)
        )
        assert one is not None
        assert two is not None
        assert (two == 2 * one) is together
        assert two <= 2 * one


def test_too_much_is_refused_by_name() -> None:
    with pytest.raises(dm.DynamechError, match="supply-quantities: 1024 profiles of quantities"):
        dm.load("supply-quantities", retailers=5, most=3)
    with pytest.raises(dm.DynamechError, match=r"ar-additive: .* types in period"):
        dm.load("ar-additive", T=40)
    with pytest.raises(dm.DynamechError, match="endless needs learning=arm"):
        dm.load("sponsored-search", learning="beta", endless=True)


def test_a_search_for_ever_begins_as_a_short_one() -> None:
    env = dm.load("sponsored-search", endless=True)
    assert env.horizon is None
    assert env.types(0) == (2, 2)
    assert env.types(1) == (4, 4)
    for T in (1, 2):
        short = dm.design(dm.load("sponsored-search", T=T), incentives="virtual", exact=True).value
        assert dm.design(env.with_horizon(T + 1), incentives="virtual", exact=True).value == short
