"""Which environments are sales of single items, and the line that says why another is none."""

from __future__ import annotations

from fractions import Fraction as F
from typing import Any

import numpy as np
import pytest

import dynamech as dm
from dynamech.models.auctions.market import markets, single_market
from dynamech.solvers.errors import AssumptionViolated


def agent(name: str, action: int, values: list[Any], prior: list[Any], actions: int = 3, **more: Any) -> Any:
    table = [values if a == action else [0] * len(values) for a in range(actions)]
    return dm.Agent(name, types=[str(v) for v in values], prior=prior, values=[table], **more)


def one_period(*agents: Any, **more: Any) -> dm.Environment:
    settings: dict[str, Any] = {"actions": ["keep", "to ann", "to bob"], "horizon": 1}
    return dm.Environment(name="shop", agents=list(agents), **(settings | more))


ANN = agent("ann", 1, [1, 2], ["1/2", "1/2"])
BOB = agent("bob", 2, [0, 3, 5], ["1/4", "1/4", "1/2"])


def test_values_probabilities_and_actions_are_read() -> None:
    market = single_market(one_period(ANN, BOB), "this")
    assert market.names == ("ann", "bob")
    assert market.keep == 0
    assert [buyer.action for buyer in market.buyers] == [1, 2]
    assert market.buyers[1].values.tolist() == [0, 3, 5]
    assert market.buyers[1].probabilities.tolist() == [F(1, 4), F(1, 4), F(1, 2)]


def test_later_periods_and_joint_processes_that_factor() -> None:
    made = markets(dm.load("items-over-time", case="swapped"))
    assert [[b.values.tolist() for b in market.buyers] for market in made] == [
        [[1, 3], [2, 5]],
        [[2, 5], [1, 3]],
    ]
    product = [["1/8", "1/8", "1/4"], ["1/8", "1/8", "1/4"]]
    ann = dm.Agent("ann", types=["1", "2"], values=[[[0, 0], [1, 2], [0, 0]]])
    bob = dm.Agent("bob", types=["0", "3", "5"], values=[[[0] * 3, [0] * 3, [0, 3, 5]]])
    env = one_period(ann, bob, process={"prior": product, "transitions": []})
    assert markets(env)[0].buyers[1].probabilities.tolist() == [F(1, 4), F(1, 4), F(1, 2)]


def test_a_buyer_to_whom_nothing_is_sold_counts_as_value_zero() -> None:
    idle = dm.Agent("idle", types=["a", "b"], prior=["1/2", "1/2"], values=[[[0, 0]] * 3])
    market = single_market(one_period(ANN, idle, BOB), "this")
    assert market.buyers[1].action is None
    assert market.buyers[1].values.tolist() == [0]


def test_one_float_makes_a_float_market() -> None:
    market = single_market(one_period(agent("ann", 1, [1, 2], [0.5, 0.5]), BOB), "this")
    assert not market.exact
    assert {b.values.dtype for b in market.buyers} == {np.dtype(float)}


CORRELATED = [["1/2", "0", "0"], ["0", "1/4", "1/4"]]
REFUSED: list[tuple[str, Any, list[str]]] = [
    (
        "both",
        lambda: one_period(ANN, agent("bob", 1, [1, 3], ["1/2", "1/2"])),
        ["'to ann'", "'ann' and 'bob' both"],
    ),
    (
        "two actions",
        lambda: one_period(dm.Agent("ann", types=["1"], prior=[1], values=[[[0], [1], [2]]])),
        ["'ann' values two actions, 'to ann' and 'to bob'"],
    ),
    (
        "no keep",
        lambda: one_period(agent("ann", 0, [1], [1], 1), actions=["sell"]),
        ["every action sells"],
    ),
    ("cost", lambda: one_period(ANN, BOB, costs=[[0, 0, "1/3"]]), ["'to bob'", "cost 0, not 1/3"]),
    (
        "unsorted",
        lambda: one_period(agent("ann", 1, [2, 1], ["1/2", "1/2"])),
        ["'ann'", "value 1", "below 2"],
    ),
    (
        "repeated",
        lambda: one_period(
            dm.Agent("ann", types=["a", "b"], prior=["1/2", "1/2"], values=[[[0, 0], [4, 4], [0, 0]]])
        ),
        ["'ann', period 0", "value 4 of type 'b' repeats 4 of type 'a'"],
    ),
    (
        "never there",
        lambda: one_period(agent("ann", 1, [1, 2], [1, 0])),
        ["type '2' has probability 0"],
    ),
    (
        "correlated",
        lambda: one_period(
            dm.Agent("ann", types=["1", "2"], values=[[[0, 0], [1, 2], [0, 0]]]),
            dm.Agent("bob", types=["0", "3", "5"], values=[[[0] * 3, [0] * 3, [0, 3, 5]]]),
            process={"prior": CORRELATED, "transitions": []},
        ),
        ["not independent", "1/4"],
    ),
    (
        "interdependent",
        lambda: one_period(
            dm.Agent(
                "ann",
                types=["1", "2"],
                prior=["1/2", "1/2"],
                values=[[[[0, 0]] * 2, [[1, 1], [2, 3]], [[0, 0]] * 2]],
            ),
            agent("bob", 2, [1, 3], ["1/2", "1/2"]),
        ),
        ["'ann', period 0, action 'to ann'", "moves by 1"],
    ),
    (
        "observed",
        lambda: one_period(ANN, dm.Agent("sky", types=["s"], prior=[1], values=[[[0]] * 3], observed=True)),
        ["'sky' is observed"],
    ),
    ("discount", lambda: dm.load("two-type-markov"), ["discount 1, not 9/10"]),
    ("persistent", lambda: dm.load("handicap-auction"), ["'bidder 1', period 0", "depend on the past"]),
    ("stationary", lambda: dm.load("random", stationary=True), ["finite horizon"]),
    (
        "infeasible",
        lambda: one_period(ANN, BOB, feasible=[[True, False, True]]),
        ["'to ann'", "every action feasible"],
    ),
]


@pytest.mark.parametrize(("make", "words"), [case[1:] for case in REFUSED], ids=[case[0] for case in REFUSED])
def test_what_is_no_sale_is_named_in_one_line(make: Any, words: list[str]) -> None:
    with pytest.raises(AssumptionViolated) as caught:
        markets(make())
    message = str(caught.value)
    assert "\n" not in message
    for word in words:
        assert word in message


def test_one_period_is_asked_for() -> None:
    with pytest.raises(AssumptionViolated, match=r"this is for one period; .* has 2 periods"):
        single_market(dm.load("items-over-time"), "this")
