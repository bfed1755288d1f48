"""Ascending auctions of the slots: prices are externalities with one task each, and fail to be with more."""

from __future__ import annotations

from fractions import Fraction as F

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dynamech.models.efficient.ascending_auction import auction_equilibrium, runner_up_bids
from dynamech.models.efficient.multi_task import multi_task
from dynamech.models.efficient.scheduling import schedule
from dynamech.models.efficient.task_lists import TaskLists, task_lists
from dynamech.solvers.errors import TooLarge

from .scheduling_cases import CASES, SINGLE_TASKS, discounts, fractions, set_of, tasks


@pytest.mark.parametrize("name", SINGLE_TASKS)
def test_auctions_are_the_worked_cases(name: str) -> None:
    case = CASES[name]
    values, discount = case["instance"]["v"], case["instance"]["delta"]
    found = auction_equilibrium(values, discount)
    assert runner_up_bids(values, discount).tolist() == fractions(case["expected"]["runner_up_bids_eq6_7"])
    for waiting, said in case["expected"]["auction_all_subsets"].items():
        s = set_of(waiting)
        assert found.winner[s] == said["winner"]
        assert found.price[s] == F(said["price"])
        assert found.winners[s] == 1
        assert {i: found.bids[int(i), s] for i in said["max_bids"]} == {
            i: F(v) for i, v in said["max_bids"].items()
        }
        assert {i: found.payoffs[int(i), s] for i in said["payoffs"]} == {
            i: F(v) for i, v in said["payoffs"].items()
        }


@settings(max_examples=40, deadline=None, derandomize=True)
@given(values=tasks, discount=discounts)
def test_the_price_of_a_slot_is_the_externality_and_nobody_would_change_places(
    values: list[F], discount: F
) -> None:
    plan, auction = schedule(values, discount), auction_equilibrium(values, discount)
    bids = runner_up_bids(values, discount)
    assert plan.prices[plan.order].tolist() == [*bids[plan.order][1:], 0]
    assert auction.welfare[-1] == plan.welfare
    assert auction.payoffs[:, -1].tolist() == plan.contributions.tolist()
    assert [auction.price[s] for s in auction.path[:-1]] == plan.prices[plan.order].tolist()
    for s in range(1, 2 ** len(values)):  # from the definition: outbid, or drop out
        w = int(auction.winner[s])
        rivals = [j for j in range(len(values)) if s >> j & 1 and j != w]
        for j in rivals:
            assert values[j] - auction.bids[w, s] <= discount * auction.payoffs[j, s & ~(1 << w)]
            assert auction.bids[j, s] <= auction.price[s] <= auction.bids[w, s]
        if rivals:
            runner_up = max(rivals, key=lambda j: (auction.bids[j, s], -j))
            out = discount * auction.payoffs[w, s & ~(1 << runner_up)]
            assert values[w] - auction.price[s] >= out
            assert auction.price[s] == auction.bids[runner_up, s]
        else:
            assert auction.price[s] == 0


@pytest.mark.parametrize("name", [name for name in CASES if name.startswith("2_multitask")])
def test_the_multi_task_example_is_the_worked_cases(name: str) -> None:
    case = CASES[name]
    given_, said = case["instance"], case["expected"]
    found = multi_task([given_["v1"]], [given_["v2"]], given_["delta"])
    assert found.welfare.item() == F(said["W"])
    assert found.contributions.ravel().tolist() == [F(said["M"]["1"]["P"]), F(said["M"]["2"]["P"])]
    assert found.payments.ravel().tolist() == [F(said["p1_star"]), F(said["p2_star"])]
    assert found.always_winning.item() == F(said["payoff_winning_always_eq8"])
    assert found.dropping_out.item() == F(said["payoff_dropping_eq9"])
    assert found.threshold.item() == F(said["threshold_v1"])
    assert found.bids_always.ravel().tolist() == [F(said["candA"]["b1"]), F(said["candA"]["b2"])]
    assert found.bids_at_once.ravel().tolist() == [F(said["candB"]["b1"]), F(said["candB"]["b2"])]
    assert found.always_holds.item() == said["candA"]["is_equilibrium"]
    assert found.always_holds.item() == said["bidder1_wins_always_in_auction"]
    assert found.at_once_holds.item() == said["candB"]["is_equilibrium"]
    assert found.loss.item() == (F(said["welfare_loss_if_B"]) if found.at_once_holds.item() else 0)


def test_the_printed_sign_of_the_price_gives_more_than_the_marginal_contribution() -> None:
    found = multi_task([10], [4], "9/10")
    (price, _), (gain, _), rate = found.payments[:, 0, 0], found.contributions[:, 0, 0], F(9, 10)
    assert price == (1 - rate) * 4
    assert (10 - price) / (1 - rate) == gain == 96
    assert (10 + (1 - rate) * 4) / (1 - rate) == 104


@pytest.mark.parametrize(("discount", "key"), [("9/10", "delta 9/10"), ("1/2", "delta 1/2")])
def test_the_region_in_which_the_auction_is_inefficient(discount: str, key: str) -> None:
    said = CASES["F1_multitask_region"]["expected"][key]
    found = multi_task(range(1, 11), range(1, 11), discount)
    assert found.efficient_first.sum() == 45
    assert found.inefficient.sum() == said["inefficient"]
    assert found.boundary.sum() == said["boundary"]
    v1, v2 = found.first[:, None], found.second
    assert (found.inefficient == ((v2 < v1) & (v1 < found.threshold))).all()
    assert (found.boundary == (v1 == found.threshold)).all()
    lost = found.inefficient | found.boundary
    assert (found.loss[lost] == (v1 - v2)[lost]).all()
    assert not found.loss[~lost].any()


def test_doubles_find_the_boundary_too() -> None:
    found = multi_task([float(v) for v in range(1, 11)], range(1, 11), 0.9)
    assert (found.inefficient.sum(), found.boundary.sum()) == (44, 1)


def state_by_state(found: TaskLists) -> None:
    """The recursions one state at a time, from the definitions."""
    one, two = (values.tolist() for values in found.lists)
    rate, shape = found.discount, found.welfare.shape
    for i in range(shape[0]):
        for j in range(shape[1]):
            moves = {}
            if i < len(one):
                moves[0] = (one[i], (i + 1, j))
            if j < len(two):
                moves[1] = (two[j], (i, j + 1))
            here = (i, j)
            if not moves:
                assert (found.welfare[here], found.served[here], found.winner[here]) == (0, -1, -1)
                continue
            worth = {b: v + rate * found.welfare[after] for b, (v, after) in moves.items()}
            assert found.welfare[here] == max(worth.values()) == worth[int(found.served[here])]
            w = int(found.winner[here])
            value, won = moves[w]
            assert found.payoffs[w][here] == value - found.price[here] + rate * found.payoffs[w][won]
            assert found.payoffs[1 - w][here] == rate * found.payoffs[1 - w][won]
            assert found.auction_welfare[here] == value + rate * found.auction_welfare[won]
            if len(moves) == 1:
                assert found.price[here] == 0
                continue
            other, lost = moves[1 - w]
            assert found.price[here] == found.bids[1 - w][here]
            assert found.payoffs[w][here] >= rate * found.payoffs[w][lost]  # not better dropped out
            outbid = other - found.bids[w][here] + rate * found.payoffs[1 - w][lost]
            assert found.payoffs[1 - w][here] >= outbid
            assert found.tied[here] == (outbid == found.payoffs[1 - w][here])


@settings(max_examples=40, deadline=None, derandomize=True)
@given(
    first=st.lists(st.integers(0, 9), min_size=1, max_size=4),
    second=st.lists(st.integers(0, 9), min_size=1, max_size=4),
    discount=discounts,
)
def test_lists_of_tasks_are_solved_backwards(first: list[int], second: list[int], discount: F) -> None:
    found = task_lists(first, second, discount)
    state_by_state(found)
    assert (found.payments >= 0).all()
    assert (found.contributions >= 0).all()
    assert (found.loss >= 0).all()
    if len(first) == len(second) == 1:
        plan = schedule([*first, *second], discount)
        assert found.welfare[0, 0] == plan.welfare
        assert not found.loss.any()
        assert found.payoffs[:, 0, 0].tolist() == plan.contributions.tolist()


@settings(max_examples=20, deadline=None, derandomize=True)
@given(
    first=st.lists(st.integers(0, 9), min_size=1, max_size=4),
    second=st.lists(st.integers(0, 9), min_size=1, max_size=4),
    discount=discounts,
)
def test_lists_of_tasks_can_change_places(first: list[int], second: list[int], discount: F) -> None:
    one, other = task_lists(first, second, discount), task_lists(second, first, discount)
    assert (one.welfare == other.welfare.T).all()
    assert (other.contributions.swapaxes(1, 2)[::-1] == one.contributions).all()


@pytest.mark.parametrize(("first", "second", "discount"), [(10, 4, "9/10"), (7, 4, "1/2"), (10, 1, "3/4")])
def test_many_tasks_are_as_one_in_every_period(first: int, second: int, discount: str) -> None:
    """A few tasks are worked first; with many the auction gives way where the endless example does."""
    (wrong,) = multi_task([first], [second], discount).inefficient.ravel().tolist()
    assert task_lists([first] * 3, [second], discount).path(auction=True)[0] == 0
    found = task_lists([first] * 30, [second], discount)
    assert found.path()[0] == 0
    assert found.path(auction=True)[0] == int(wrong)
    assert found.path(auction=True).count(1) == 1
    if wrong:
        assert found.price[0, 0] == (1 - F(discount)) * first
    assert (found.loss[0, 0] > 0) == wrong


def test_what_is_too_large() -> None:
    with pytest.raises(TooLarge, match="too many"):
        auction_equilibrium([1] * 20, "1/2")
    with pytest.raises(TooLarge, match="states"):
        task_lists(np.ones(3000), np.ones(3000), 0.5)
