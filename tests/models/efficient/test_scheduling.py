"""Scheduling: the closed forms against the program over sets of waiting tasks, that against enumeration."""

from __future__ import annotations

import itertools
from fractions import Fraction as F

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dynamech.models.efficient.scheduling import schedule
from dynamech.models.efficient.waiting_tasks import waiting_tasks
from dynamech.solvers.errors import AssumptionViolated, InvalidInput, TooLarge

from .scheduling_cases import CASES, SINGLE_TASKS, discounts, fractions, set_of, tasks


@pytest.mark.parametrize("name", SINGLE_TASKS)
def test_closed_forms_are_the_worked_cases(name: str) -> None:
    case = CASES[name]
    found, expected = schedule(case["instance"]["v"], case["instance"]["delta"]), case["expected"]
    closed = expected["closed_form"]
    assert found.welfare == F(closed["W"])
    assert found.without.tolist() == fractions(closed["W_minus"])
    assert found.contributions.tolist() == fractions(closed["M0"])
    assert found.at_turn.tolist() == fractions(closed["M_at_service"])
    assert found.prices.tolist() == fractions(closed["p"])
    assert found.revenue == F(expected["discounted_revenue"])


@pytest.mark.parametrize("name", SINGLE_TASKS)
def test_the_program_over_sets_is_the_worked_cases(name: str) -> None:
    case = CASES[name]
    found = waiting_tasks(case["instance"]["v"], case["instance"]["delta"])
    for waiting, said in case["expected"]["dp_all_subsets"].items():
        s = set_of(waiting)
        assert found.policy[s] == said["serve"] + 1
        assert found.welfare[s] == F(said["W"])
        for table, key in ((found.without, "W_minus"), (found.contributions, "M"), (found.payments, "p")):
            assert {i: table[int(i), s] for i in said[key]} == {i: F(v) for i, v in said[key].items()}


def test_an_agent_pays_while_another_is_served_because_she_delays_the_harmless() -> None:
    case = CASES["F1_sched_externality"]
    spill = np.zeros((3, 3), dtype=object)
    spill[2, 0] = F(-4)
    said = case["expected"]
    found = waiting_tasks(case["instance"]["tasks"], case["instance"]["delta"], spill.tolist())
    assert [i + 1 for i in found.order] == said["efficient_order"]
    assert found.welfare[-1] == F(said["W"])
    assert found.without[:, -1].tolist() == fractions(said["W_without"])
    assert found.contributions[:, -1].tolist() == fractions(said["M"])
    assert found.payments[:, -1].tolist() == fractions(said["p"])
    both, pair = said["state_1_and_3_wait"], set_of("02")
    assert found.policy[pair] == both["action"]
    assert found.welfare[pair] == F(both["W"])
    assert found.payments[:, pair].tolist() == fractions(both["p"])
    assert found.contributions[:, pair].tolist() == fractions(both["M"])
    after = found.path[1]  # once 3 is served, 1 and 2 are as in any schedule
    assert (found.welfare[after], found.payments[0, after]) == (F(25, 2), F(1, 2))


@settings(max_examples=40, deadline=None, derandomize=True)
@given(values=tasks, discount=discounts)
def test_closed_forms_are_the_dynamic_program(values: list[F], discount: F) -> None:
    closed, program = schedule(values, discount), waiting_tasks(values, discount)
    assert closed.welfare == program.welfare[-1]
    assert closed.without.tolist() == program.without[:, -1].tolist()
    assert closed.contributions.tolist() == program.contributions[:, -1].tolist()
    assert (program.payments >= 0).all()
    assert (program.contributions >= 0).all()
    worth = [v for v in values if v]  # the program lets worthless tasks wait for ever
    turns = schedule(worth, discount) if worth else None
    if turns is not None and discount and len(set(worth)) == len(worth):
        kept = waiting_tasks(worth, discount)
        assert kept.order == turns.order.tolist()
        for period, agent in enumerate(kept.order):
            s = kept.path[period]
            assert kept.payments[agent, s] == turns.prices[agent]
            assert kept.contributions[agent, s] == turns.at_turn[agent]
            assert np.count_nonzero(kept.payments[:, s]) <= 1


@settings(max_examples=25, deadline=None, derandomize=True)
@given(values=tasks, discount=discounts, seed=st.integers(0, 10**6))
def test_the_order_in_which_tasks_are_listed_moves_nothing_but_ties(
    values: list[F], discount: F, seed: int
) -> None:
    perm = np.random.default_rng(seed).permutation(len(values))
    one, other = schedule(values, discount), schedule([values[i] for i in perm], discount)
    assert other.welfare == one.welfare
    assert other.contributions.tolist() == one.contributions[perm].tolist()
    if len(set(values)) == len(values):
        assert other.prices.tolist() == one.prices[perm].tolist()
    assert sorted(other.prices.tolist()) == sorted(one.prices.tolist())


@settings(max_examples=30, deadline=None, derandomize=True)
@given(
    values=st.lists(st.integers(0, 8), min_size=1, max_size=3),
    discount=st.integers(0, 9).map(lambda n: F(n, 10)),
    data=st.data(),
)
def test_with_externalities_the_program_is_what_enumeration_finds(
    values: list[int], discount: F, data: st.DataObject
) -> None:
    """Every order, with the last action for ever or not: no better plan, and the program's is one of them."""
    count = len(values)
    spill = [[0 if i == j else data.draw(st.integers(-5, 5)) for i in range(count)] for j in range(count)]
    found = waiting_tasks(values, discount, spill)

    def flow(action: int, waiting: frozenset[int]) -> int:
        return sum(
            (values[j] if action == j else spill[j][action]) for j in waiting if action >= 0
        )

    plans = []
    orders = (itertools.permutations(range(count), k) for k in range(count + 1))
    for served in itertools.chain.from_iterable(orders):
        waiting, worth = frozenset(range(count)), F(0)
        for t, agent in enumerate(served):
            worth += discount**t * flow(agent, waiting)
            waiting -= {agent}
        ends = [-1, *(set(range(count)) - waiting)]
        plans.append(worth + max(discount ** len(served) * flow(a, waiting) / (1 - discount) for a in ends))
    assert found.welfare[-1] == max(plans)
    assert (found.payments >= 0).all()
    after = [s & ~((1 << int(a)) >> 1) for s, a in enumerate(found.policy)]
    for i in range(count):  # net utility is the marginal contribution
        for s in range(2**count):
            waiting, a = frozenset(j for j in range(count) if s >> j & 1), int(found.policy[s]) - 1
            own = 0 if i not in waiting or a < 0 else values[i] if a == i else spill[i][a]
            net = own - found.payments[i, s] + discount * found.contributions[i, after[s]]
            assert net == found.contributions[i, s]


def test_one_double_makes_all_of_it_doubles() -> None:
    found = schedule([8.0, 5, 3], "9/10")
    assert found.prices.dtype == np.float64
    assert np.allclose(found.prices, [0.77, 0.3, 0])
    assert waiting_tasks([8, 5, 3], 0.9).welfare[-1] == pytest.approx(14.93)


def test_what_is_refused() -> None:
    with pytest.raises(AssumptionViolated, match=r"task 2 is worth -1, but the order \(2\) of Bergemann"):
        schedule([1, -1], "1/2")
    with pytest.raises(InvalidInput, match="at least 0 and below 1"):
        schedule([1], 1)
    with pytest.raises(InvalidInput, match="at least one agent"):
        schedule([], "1/2")
    with pytest.raises(InvalidInput, match="not one row and column a task"):
        waiting_tasks([1, 2], "1/2", [[0, 1]])
    with pytest.raises(InvalidInput, match="diagonal"):
        waiting_tasks([1, 2], "1/2", [[1, 0], [0, 0]])
    with pytest.raises(TooLarge, match="closed forms"):
        waiting_tasks([1] * 20, "1/2")
