"""What one buyer makes of a menu, ties above all: two types who value an item at 2 and 4, which costs 1."""

from __future__ import annotations

from fractions import Fraction as F

import numpy as np
import pytest

import dynamech as dm
from dynamech.models.screening.menu_choices import Offer, OneBuyer
from dynamech.models.screening.menu_mechanism import menu_mechanism, surplus
from dynamech.solvers.numbers import Array

NOTHING = (np.array([-1, -1]),)


@pytest.fixture(params=[True, False], ids=["rational", "doubles"])
def buyer(request: pytest.FixtureRequest) -> OneBuyer:
    values = [[[0, 0], [2, 4]]]
    agent = dm.Agent("buyer", [["low", "high"]], prior=["1/2", "1/2"], values=values, transitions=[])
    env = dm.Environment(agents=[agent], actions=[["keep", "sell"]], costs=[[0, 1]], discount=1, horizon=1)
    return OneBuyer(env if request.param else env.to_float())


def offer(buyer: OneBuyer, fee: int, price: int, meant: tuple[Array, ...] = NOTHING) -> Offer:
    number = F if buyer.environment.exact else float
    prices = (np.array([number(0), number(price)]),)
    return Offer(number(fee), prices, buyer.reply(prices, buyer.best(prices), meant))


def test_a_tie_between_actions_is_resolved_for_the_seller(buyer: OneBuyer) -> None:
    """At a price of 2 the low type is indifferent: she buys, as the seller earns 1."""
    one = offer(buyer, 0, 2)
    assert one.reply.policy[0].tolist() == [1, 1]
    assert one.reply.earned.tolist() == [1, 1]
    assert one.reply.value.tolist() == [0, 2]


def test_what_is_meant_is_done_at_ties_and_nowhere_else(buyer: OneBuyer) -> None:
    meant = (np.array([0, 0]),)
    assert offer(buyer, 0, 2, meant).reply.policy[0].tolist() == [0, 1]
    assert offer(buyer, 0, 1, meant).reply.policy[0].tolist() == [1, 1]


def test_a_tie_between_contracts_is_resolved_for_the_seller(buyer: OneBuyer) -> None:
    """The low type has nothing at a price of 2, as without a contract, and the seller earns 1."""
    choices = buyer.choose([offer(buyer, 0, 2)], np.array([-1, 0]))
    assert choices.takes.tolist() == [0, 0]
    assert choices.earned.tolist() == [1, 1]
    assert choices.gain.tolist() == [0, 0]


def test_where_the_seller_does_not_mind_what_is_meant_is_taken(buyer: OneBuyer) -> None:
    """The high type has 1 from each of these, and the seller 2."""
    offers = [offer(buyer, 0, 3), offer(buyer, 2, 1), offer(buyer, 3, 0)]
    for meant in range(3):
        choices = buyer.choose(offers, np.array([-1, meant]))
        assert choices.takes.tolist() == [-1, meant]
        assert choices.utility.tolist() == [0, 1]
        assert choices.earned.tolist() == [0, 2]


def test_who_gains_by_another_contract_takes_it(buyer: OneBuyer) -> None:
    dear, cheap = offer(buyer, 1, 2), offer(buyer, 0, 2)
    choices = buyer.choose([dear, cheap], np.array([-1, 0]))
    assert choices.takes.tolist() == [1, 1]
    assert choices.gain.tolist() == [0, 1]
    mechanism = menu_mechanism(buyer, [dear, cheap], choices.takes)
    assert surplus(buyer.environment, mechanism) == 1


def test_nobody_takes_what_is_worth_less_than_nothing(buyer: OneBuyer) -> None:
    choices = buyer.choose([offer(buyer, 5, 1)], np.array([0, 0]))
    assert choices.takes.tolist() == [-1, -1]
    assert choices.gain.tolist() == [4, 2]
    assert surplus(buyer.environment, menu_mechanism(buyer, [], np.array([-1, -1]))) == 0
