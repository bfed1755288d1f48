"""A good sold once: the stopping problem at virtual values against the rung `virtual`; what is refused."""

from __future__ import annotations

import itertools
from fractions import Fraction
from typing import Any

import pytest

import dynamech as dm
from dynamech.instances.file import instance_from_json
from dynamech.models.screening.markov.sale import sale
from dynamech.solvers.effort import EXACT
from dynamech.solvers.errors import DynamechError, TooLarge

F = Fraction


def by_hand(gamma: F, horizon: int, virtual: bool) -> tuple[F, list[F]]:
    """Two bidders, theta_0 in {1, 2, 3}, shocks 0 and 1: the stopping problem over paths, recursively.

    The value, and how likely it is that the sale is in each period; who is indifferent waits."""
    short = {k: (F(3 - k) if virtual else F(0)) for k in (1, 2, 3)}  # (1 - F) / f, steps of 1
    sold = [F(0)] * horizon

    def wait(t: int, first: tuple[int, ...], types: tuple[F, ...], chance: F, count: bool) -> F:
        now = max(v - gamma**t * short[k] for v, k in zip(types, first, strict=True))
        draws = [
            tuple(gamma * v + e for v, e in zip(types, eps, strict=True))
            for eps in itertools.product((0, 1), repeat=2)
        ]
        later = (
            sum((wait(t + 1, first, d, chance / 4, False) for d in draws), F(0)) / 4 * F(9, 10)
            if t + 1 < horizon
            else F(0)
        )
        if now > later:
            if count:
                sold[t] += chance
            return now
        if count and t + 1 < horizon:
            for d in draws:
                wait(t + 1, first, d, chance / 4, True)
        return later

    total = F(0)
    for first in itertools.product((1, 2, 3), repeat=2):
        total += wait(0, first, (F(first[0]), F(first[1])), F(1, 9), True) / 9
    return total, sold


@pytest.mark.parametrize("gamma", ["1/2", "1", "3/4", "0"])
@pytest.mark.parametrize("stock", ["observed", "types"])
def test_the_plan_is_the_best_time_to_stop(gamma: str, stock: str) -> None:
    plan = sale(dm.load("ar1-sale", gamma=gamma, stock=stock), EXACT)
    for course, virtual in ((plan.virtual, True), (plan.efficient, False)):
        value, sold = by_hand(F(gamma), 3, virtual)
        assert course.value == value
        assert course.sold.sum(axis=1).tolist() == sold


def test_the_case_of_the_notes() -> None:
    """Half of a value is left a period later, or all of it (Board)."""
    half = sale(dm.load("ar1-sale"), EXACT)
    assert (half.virtual.value, half.efficient.value) == (F(40523, 19200), F(1481, 600))
    assert half.virtual.sold.sum(axis=1).tolist() == [F(5, 9), F(7, 36), F(35, 144)]
    assert half.efficient.sold.sum(axis=1).tolist() == [F(8, 9), F(1, 12), F(1, 36)]
    assert half.virtual.passed_over.tolist() == [0, 0, F(1, 72)]
    assert not half.efficient.passed_over.any()
    full = sale(dm.load("ar1-sale", gamma=1), EXACT)
    assert (full.virtual.value, full.efficient.value) == (F(783, 320), F(2331, 800))
    assert full.virtual.sold.sum(axis=1).tolist() == [0, 0, F(15, 16)]


@pytest.mark.parametrize(
    "settings",
    [{}, {"gamma": 1}, {"units": 2}, {"opening": True}, {"stock": "types", "cost": "1/2"}, {"bidders": 1}],
)
def test_two_routes_to_the_bound(settings: dict[str, Any]) -> None:
    """The decision problem at virtual values, and the program over histories with public shocks."""
    env = dm.load("ar1-sale", **settings)
    plan = sale(env)
    for course, word in ((plan.virtual, "virtual"), (plan.efficient, "none")):
        assert course.value == pytest.approx(dm.design(env, incentives=word).value, rel=1e-7)


def test_a_market_that_everybody_sees_decides_when_to_sell() -> None:
    """One buyer of known value 2 or 3, a good that may spoil tomorrow: an observed state beside the stock."""
    agents = [
        dm.Agent(
            "buyer", types=[["2", "3"]] * 2, prior=["1/2", "1/2"],
            values=[[[0, 0], [2, 3]], [[0, 0], [4, 6]]], transitions=[[[[1, 0], [0, 1]]]],
        ),
        dm.Agent(
            "market", types=[["calm", "wild"], ["good", "spoilt"]], prior=["1/3", "2/3"],
            values=[[[0, 0]] * 2] * 2, transitions=[[[["9/10", "1/10"], ["1/10", "9/10"]]]], observed=True,
        ),
        dm.Agent(
            "stock", types=[["left"], ["left", "none"]], prior=[1], values=[[[0]] * 2, [[0, 0]] * 2],
            transitions=[[[[1, 0]], [[0, 1]]]], observed=True,
        ),
    ]  # fmt: skip
    sells = [[True, True], [True, False]]  # by market, by stock
    env = dm.Environment(
        name="market", agents=agents, actions=["wait", "sell"], horizon=2, discount="9/10",
        feasible=[[[[True]] * 2, [[True]] * 2], [[[True, True]] * 2, [sells[1], [False, False]]]],
    )  # fmt: skip
    plan = sale(env, EXACT)
    # Virtual levels 2 - 1 and 3: now 1 or 3, tomorrow double that if the good has not spoilt.
    wait = {calm: F(9, 10) * chance * 2 for calm, chance in ((True, F(9, 10)), (False, F(1, 10)))}
    assert plan.virtual.value == (F(1, 3) * wait[True] + F(2, 3)) * (1 + 3) / 2
    assert plan.virtual.sold[:, 0].tolist() == [F(2, 3), F(1, 3) * F(9, 10)]
    assert plan.virtual.value == dm.design(env, incentives="virtual", exact=True).value


def test_figures_do_not_depend_on_the_order_of_bidders_and_actions_or_on_the_unit() -> None:
    env = dm.load("ar1-sale", prior="1/2,1/4,1/4", theta0="1,2,3")
    home = dm.sale(env, exact=True).virtual
    names = [agent.name for agent in env.agents]
    other = dm.sale(env.reorder(agents=names[::-1], actions=env.actions[0][::-1]), exact=True).virtual
    assert (other.value, other.passed_over.tolist()) == (home.value, home.passed_over.tolist())
    assert sorted(other.sold.T.tolist()) == sorted(home.sold.T.tolist())
    content = env.to_json()
    for agent in content["agents"]:
        agent["values"] = [[[str(F(v) / 10**9) for v in row] for row in rows] for rows in agent["values"]]
    small = dm.sale(instance_from_json(content)).virtual
    assert small.sold == pytest.approx(home.sold.astype(float))
    assert small.passed_over == pytest.approx(home.passed_over.astype(float))


def test_rules_for_money_of_the_case() -> None:
    """Where the stock is part of types; B's profit with a period of reports before the first sale."""
    rich = sale(dm.load("ar1-sale", stock="types", opening=True), EXACT)
    profit = {name: amount * F(10, 9) for name, amount in rich.pivot.profit.items()}
    assert profit == {"A": F(40523, 19200), "B": F(104533, 57600), "C": F(40523, 19200)}
    small = sale(dm.load("ar1-sale", stock="types", opening=True, theta0="1,2", horizon=2), EXACT)
    assert {name: amount * F(10, 9) for name, amount in small.pivot.profit.items()} == {
        "A": F(267, 160), "B": F(507, 320), "C": F(267, 160),
    }  # fmt: skip
    assert small.pivot.rules["B"].truthful
    at_once = sale(dm.load("ar1-sale", stock="types", theta0="1,2", horizon=2), EXACT).pivot
    assert at_once.returned == "C"
    rungs = dm.ladder(dm.load("ar1-sale", theta0="1,2", horizon=2), exact=True)
    assert {rungs[word].value for word in ("virtual", "relaxed", "bayesian", "ex-post")} == {F(267, 160)}
    assert at_once.profit["C"] == at_once.bound == F(267, 160)
    assert at_once.mechanism is not None
    assert dm.verify(at_once.environment, at_once.mechanism, "ex-post", "interim")
    alone = sale(dm.load("ar1-sale", bidders=1, stock="types", opening=True), EXACT)
    assert alone.pivot.profit["B"] * F(10, 9) == F(1397, 960)


@pytest.mark.parametrize(
    ("name", "settings", "message"),
    [
        ("kln-nonseparable", {}, r"agent 'buyer', period 1, action .*values are .* off any .*Property 4\.1"),
        ("two-type-markov", {}, "period 0: the rest of type .* leaves its first signal, by 1/3"),
        ("two-type-markov", {"quadratic": True}, "actions of period 0 are divisible goods"),
        ("scheduling", {}, "no last period; give a horizon"),
        ("interdependent-auction", {}, "needs private values"),
    ],
)
def test_what_fails_is_named(name: str, settings: dict[str, Any], message: str) -> None:
    with pytest.raises(dm.errors.AssumptionViolated, match=message):
        dm.sale(dm.load(name, **settings), exact=True)


def test_what_everybody_sees_moves_by_itself_and_is_worth_nothing() -> None:
    content = dm.load("ar1-sale", bidders=1, horizon=2).to_json()
    content["agents"][1]["values"][1] = [[0, 0], [0, 3]]
    with pytest.raises(dm.errors.AssumptionViolated, match="'sell to bidder 1': a value of 3 to"):
        dm.sale(instance_from_json(content), exact=True)
    still = [[["1", "0"], ["0", "1"]]]
    agents = [
        dm.Agent(
            "buyer", types=[["1", "2"]] * 2, prior=["1/2"] * 2, values=[[[0, 0], [1, 2]]] * 2,
            transitions=[still],
        ),
        dm.Agent(
            "sky", types=[["a", "b"]] * 2, prior=["1/2"] * 2, values=[[[0, 0]] * 2] * 2, observed=True,
            transitions=[still],
        ),
        dm.Agent(
            "sea", types=[["a", "b"]] * 2, prior=["1/2"] * 2, values=[[[0, 0]] * 2] * 2, observed=True,
            given=["sky"],
            transitions=[[[still[0], still[0][::-1]]]],
        ),
    ]  # fmt: skip
    env = dm.Environment(name="weather", agents=agents, actions=["keep", "sell"], horizon=2)
    with pytest.raises(dm.errors.AssumptionViolated, match="period 0: her types are given agent 'sky'"):
        dm.sale(env, exact=True)
    fair: Any = [[[0, 0], [0, 0]], [[1, 1], [2, 5]]]  # by action, own type, sky
    buyer = dm.Agent(
        "buyer", types=[["1", "2"]] * 2, prior=["1/2"] * 2, values=[fair] * 2, transitions=[still]
    )
    env = dm.Environment(name="fair", agents=[buyer, agents[1]], actions=["keep", "sell"], horizon=2)
    with pytest.raises(dm.errors.AssumptionViolated, match="type of agent 'sky' moves her value by 3"):
        dm.sale(env, exact=True)


def test_a_stock_that_is_observed_has_no_virtual_pivot() -> None:
    with pytest.raises(dm.errors.AssumptionViolated, match="agent 'stock' is observed"):
        _ = dm.sale("ar1-sale").pivot


def test_what_the_family_refuses() -> None:
    with pytest.raises(dm.errors.InvalidInput, match="units: 2, but stock=types"):
        dm.load("ar1-sale", stock="types", units=2)


def test_a_sale_keeps_to_its_limits() -> None:
    with pytest.raises(TooLarge, match=r"plans of 9 profiles of first signals over .* more than the memory"):
        dm.sale("ar1-sale", memory_limit=10_000)
    with pytest.raises(DynamechError, match="the time limit of 1e-09 s was reached before the plans were"):
        dm.sale("ar1-sale", time_limit=1e-9)
    plan = dm.sale("ar1-sale", time_limit=60, memory_limit=10**9, exact=True)
    assert plan.virtual.value == F(40523, 19200)
    assert plan.affine.effort.ends is None
