"""What demands are to one another and to what was known: burning, tightening, weights in their place."""

from __future__ import annotations

import random
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import dynamech as dm
from dynamech.models.environment.environment import Environment

from ..compiler.mechanism_worth import worth
from ..compiler.two_types import buyer, sale
from .test_demands import SHAPES, some

F = Fraction
FEW = settings(max_examples=25, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))


# -- by hand -------------------------------------------------------------------------------------------------

# One buyer, worth 1 or 2 with even chances, and a good that costs 1; U_2 ≥ U_1 + x_1.
BY_HAND: list[tuple[str, dict[str, Any], Any]] = [
    ("revenue", {"payments": "0..1"}, "1/4"),  # half a chance for 1, to her who is worth 2
    ("revenue", {"payments": "0..3/2"}, "3/8"),
    ("revenue", {"payments": "nonpositive"}, 0),
    ("welfare", {"payments": "none"}, "1/2"),  # without money x_1 = x_2
    ("utility", {"payments": "none"}, "3/2"),
    ("utility:b", {"payments": "nonnegative"}, "3/2"),
    ("utility", {"budget": "ex-ante"}, "1/2"),  # all of welfare
    ("utility", {"payments": "-1..2", "budget": "ex-post"}, "1/2"),
    ("revenue=1,utility=2", {"payments": "nonnegative"}, 2),  # E 2v − 1
    ("revenue=1,utility=2", {"budget": "every-period"}, 1),  # welfare, and utility that is no more
    ("min-utility", {"payments": "nonnegative"}, "3/2"),
    ("min-utility", {"budget": "ex-ante"}, "1/2"),
    ("min-type-utility", {"payments": "nonnegative"}, 1),
    ("min-type-utility", {"budget": "ex-ante"}, "1/2"),  # 2 U_1 + x_1 ≤ 1: the good is kept from her
    ("min-type-utility", {"payments": "-1/4..2"}, "5/4"),
]


@pytest.mark.parametrize(("objective", "demands", "value"), BY_HAND)
def test_objectives_beside_demands_by_hand(objective: str, demands: dict[str, Any], value: Any) -> None:
    env = sale(buyer("b", 1, 2), cost=1)
    answer = dm.design(env, objective=objective, demands=demands, exact=True)
    assert answer.value == F(value)
    assert answer.certificate is not None
    assert answer.certificate.value == F(value)
    assert dm.verify(env, answer.mechanism, "bayesian", "interim", demands=demands)
    assert dm.design(env, objective=objective, demands=demands).value == pytest.approx(float(F(value)))


# -- money burning -------------------------------------------------------------------------------------------


def market(seed: int) -> Environment:
    """One good, one to three buyers of one to three values."""
    rng = random.Random(seed)
    agents, count = [], rng.choice([1, 2, 2, 3])
    for i in range(count):
        values = sorted(rng.sample([0, 1, 2, 3, 5, 10], rng.randint(1, 3)))
        weights = [rng.choice([1, 2, 3, 7]) for _ in values]
        table = np.zeros((1 + count, len(values)), dtype=object)
        table[1 + i] = values
        agents.append(
            dm.Agent(
                f"b{i}", types=values, prior=[F(w, sum(weights)) for w in weights], values=[table]
            )
        )
    return dm.Environment(
        name="market", horizon=1, agents=agents, actions=["keep", *(f"to b{i}" for i in range(count))]
    )


def test_burning_money_is_a_weight_and_a_demand() -> None:
    """With caps that no utility reaches, `burn` is utility=1 beside payments that are nonnegative."""
    for seed in range(50):
        env = market(seed)
        caps = [agent.prior @ agent.values[0].max(axis=0).ravel() for agent in env.agents]
        burnt = dm.burn(env, caps)
        asked = dm.design(env, objective="utility", demands={"payments": "nonnegative"}, exact=True)
        assert asked.value == burnt.value
        path = dm.design(
            env, objective="utility", demands={"payments": "nonnegative", "on": "path"}, exact=True
        )
        assert path.value == burnt.value
        assert dm.verify(env, asked.mechanism, "bayesian", "interim", demands={"payments": "nonnegative"})


# -- tightening ----------------------------------------------------------------------------------------------

ORDERS: list[list[dict[str, Any]]] = [
    [{}, {"budget": "ex-ante"}, {"budget": "ex-ante", "balanced": True}],
    [{}, {"budget": "ex-ante"}, {"budget": "ex-post"}, {"budget": "ex-post", "balanced": True}],
    [{}, {"budget": "ex-ante"}, {"budget": "per-period"}, {"budget": "every-period"}],
]


@st.composite
def tightened(draw: Any) -> tuple[Environment, dict[str, Any], dict[str, Any], dict[str, Any]]:
    """An environment, other words, and two demands of which the second asks for more."""
    env = some(draw(st.sampled_from(list(SHAPES))), draw(st.integers(0, 30)))
    words = {
        "incentives": draw(st.sampled_from(["bayesian", "ex-post", "first-order"])),
        "participation": draw(st.sampled_from(["interim", "none"])),
        "objective": draw(st.sampled_from(["welfare", "revenue=1,welfare=1,utility=1"])),
    }
    order = draw(st.sampled_from(ORDERS))
    first = draw(st.integers(0, len(order) - 1))
    loose, tight = dict(order[first]), dict(order[draw(st.integers(first, len(order) - 1))])
    halves = st.integers(0, 4).map(lambda k: F(k, 2))
    low, high, less, more = (draw(halves) for _ in range(4))
    by_path = all(each.get("budget") in (None, "ex-ante", "ex-post") for each in (loose, tight))
    if draw(st.booleans()):
        on = {"on": "path"} if by_path and draw(st.booleans()) else {}
        if on or "ex-post" not in (loose.get("budget"), tight.get("budget")):
            loose |= {"payments": f"{-low - less}..{high + more}", **on}
            tight |= {"payments": f"{-low}..{high}", **on}
    return env, words, loose, tight


@FEW
@given(tightened())
def test_a_tighter_demand_never_earns_more(
    asked: tuple[Environment, dict[str, Any], dict[str, Any], dict[str, Any]],
) -> None:
    env, words, *demands = asked
    loose, tight = (dm.design(env, demands=each, exact=True, **words) for each in demands)
    rank = {"infeasible": 0, "optimal": 1, "unbounded": 2}
    assert rank[tight.status] <= rank[loose.status], (tight.message, loose.message)
    if tight.status == loose.status == "optimal":
        assert loose.value is not None
        assert tight.value is not None
        assert tight.value <= loose.value


# -- weights in place of a budget ----------------------------------------------------------------------------


@pytest.mark.parametrize("k", range(2, 11))
def test_weights_bracket_the_second_best(k: int) -> None:
    """For every λ ≥ 0 the best of welfare + λ revenue is at least what a budget leaves, and what it leaves in
    welfare, where its revenue is not negative, at most; at the budget's multiplier they meet."""
    env = dm.load("bilateral-trade", types=k)
    asked = dm.design(env, objective="welfare", demands={"budget": "ex-ante"}, exact=True)
    assert asked.solution is not None
    assert asked.value is not None
    (rows,) = asked.solved.compiled.demand_rows
    (block,) = rows.values()
    price = -asked.solution.multipliers[block.start]
    assert (price > 0) == (k > 5)  # up to 5 the budget costs nothing
    below, above = [], []
    for weight in (F(0), price / 2, price, price + F(1, 10), 2 * price + 1):
        best = dm.design(env, objective={"welfare": 1, "revenue": weight}, exact=True)
        assert best.value is not None
        above.append(best.value)
        if worth(env, best.mechanism, {"revenue": F(1)}) >= 0:
            below.append(worth(env, best.mechanism, {"welfare": F(1)}))
    assert max(below) <= asked.value <= min(above)
    assert above[2] == asked.value
    assert len(below) >= 2
