"""The menu of one buyer against worked cases, other routes to the same number, and the ladder."""

from __future__ import annotations

import random
from fractions import Fraction as F
from typing import Any

import pytest

import dynamech as dm
from dynamech.models.screening.menu import Menu

from .separable_cases import CASES, revenue


def of_case(name: str, T: int = 1) -> dm.Environment:
    """A worked case of one buyer, v = s0 B."""
    given = CASES[name]["instance"]
    rows = {"s0": "s0", "prior": "pmf", "shocks": "B", "shock_probabilities": "shock_pmf (iid each t)"}
    return dm.load(
        "kln-separable",
        T=T,
        types="markov",
        cost=given["cost_per_unit"],
        discount=given["delta"],
        **{key: ",".join(given[word]) for key, word in rows.items()},
    )


def one_step(name: str) -> dm.Environment:
    """A worked case of one buyer who trades once, by her table of values."""
    given = CASES[name]["instance"]
    kernel, values = given["kernel_f[theta0][s1]"], given["value_v[theta0][s1]"]
    first, rest = len(values), len(values[0])
    own = [[kernel[k][y] if j == k else 0 for j in range(first) for y in range(rest)] for k in range(first)]
    buyer = dm.Agent(
        "buyer",
        types=[[str(k) for k in range(first)], [f"{k}|{y}" for k in range(first) for y in range(rest)]],
        prior=given["theta0_pmf"],
        values=[[[0] * first], [[0] * (first * rest), [v for row in values for v in row]]],
        transitions=[[own]],
    )
    costs = [[0], [0, given["cost"]]]
    return dm.Environment(
        agents=[buyer], actions=[["wait"], ["keep", "sell"]], costs=costs, discount=1, horizon=2
    )


def drawn(seed: int, form: str, T: int, controlled: bool, sizes: int, rest: int) -> dm.Environment:
    """One buyer of 2 to 4 first signals, and items in `sizes` - 1 sizes, each with its own cost."""
    pick = random.Random(seed)
    first = pick.randint(2, 4)
    s0 = sorted(pick.sample(range(2, 12), first))
    weights = [pick.randint(1, 3) for _ in s0]
    worth = [[[pick.randint(0, 9) for _ in range(rest)] for _ in range(sizes - 1)] for _ in range(T)]
    extra = [[pick.randint(0, 2) for _ in range(sizes - 1)] for _ in range(T)]
    most = 60 if form == "multiplicative" else 12
    costs = [[0, *(pick.randint(0, most) for _ in range(sizes - 1))] for _ in range(T)]

    def row() -> list[F]:
        weights = [pick.randint(1, 3) for _ in range(rest)]
        return [F(w, sum(weights)) for w in weights]

    start, moves = row(), [[row() for _ in range(rest)] for _ in range(sizes if controlled else 1)]
    values: list[Any] = [[[0] * first]]
    for t in range(T):
        own = [[0] * (first * rest)]
        for a in range(sizes - 1):
            b, c = worth[t][a], extra[t][a]
            own.append(
                [s * b[y] if form == "multiplicative" else s * c + b[y] for s in s0 for y in range(rest)]
            )
        values.append(own)
    opening = [[p if j == k else 0 for j in range(first) for p in start] for k in range(first)]
    later = [
        [[p if j == k else 0 for j in range(first) for p in own] for k in range(first) for own in table]
        for table in moves
    ]
    buyer = dm.Agent(
        "buyer",
        types=[[str(s) for s in s0], *[[f"{s}|{y}" for s in s0 for y in range(rest)]] * T],
        prior=[F(w, sum(weights)) for w in weights],
        values=values,
        transitions=[[opening], *[later] * (T - 1)],
    )
    names = ["keep", *(f"size {k}" for k in range(1, sizes))]
    return dm.Environment(
        agents=[buyer],
        actions=[["wait"], *[names] * T],
        costs=[[0], *costs],
        discount=F(9, 10),
        horizon=T + 1,
    )


def checked(env: dm.Environment) -> Menu:
    """The menu, after what is true of every one: the same profit by all routes, and nobody gains by a lie."""
    menu = dm.menu(env, "posted", exact=True)
    assert menu.profit == menu.profit_direct == revenue(env, menu.mechanism)
    menu.mechanism.check(env)
    assert dm.verify(env, menu.mechanism, incentives="ex-post")
    assert dm.verify(env, menu.mechanism, participation="periodic")
    assert menu.bound is not None
    assert menu.profit <= menu.bound
    takers = [label for one in menu.menus for contract in one.contracts for label in contract.types]
    assert sorted([*takers, *(one.type for one in menu.excluded)]) == sorted(env.agents[0].types[0])
    return menu


# Worked cases --------------------------------------------------------------------------------------------


WORKED = [
    (name, T)
    for name in ("3a_tight", "3a_tight_enum2", "3b_monotone_phi_not_tight", "3c_irregular", "3c_irregular_2")
    for T in (1, 2, 3)
    if f"T{T}_relaxed" in CASES[name]["expected"]
]


@pytest.mark.parametrize(("name", "T"), WORKED)
def test_worked_cases(name: str, T: int) -> None:
    expected = CASES[name]["expected"]
    menu = checked(of_case(name, T))
    assert menu.bound == F(expected[f"T{T}_virtual_pointwise"])
    best = F(expected[f"T{T}_dynamic"])
    assert menu.profit <= best
    if expected[f"T{T}_gap"] == "0":
        assert menu.profit == F(expected[f"T{T}_relaxed"])
        assert not menu.strays
    else:
        assert max(one.gain for one in menu.strays) > 0


def test_values_by_table() -> None:
    tight = checked(one_step("1A_indep_multiplicative_tight"))
    assert tight.profit == F(19, 12)
    assert [(c.types, c.fee, c.price(1, "sell")) for c in tight.menus[0].contracts] == [
        (("0", "1"), 0, 6),
        (("2",), 1, 4),
    ]
    assert not tight.excluded
    additive = checked(one_step("1A3_indep_additive"))
    assert additive.profit == F(3, 2)
    contracts = additive.menus[0].contracts
    assert [(c.fee, c.price(1, "sell")) for c in contracts] == [(F(1, 4), 2), (F(1), 1), (F(2), 0)]


def test_posted_prices_of_figure_3() -> None:
    """(c − β)/α: c = 3, α = 2/3 and 1 for types 3 and 4; type 2, of α = 0, is left out."""
    menu = checked(of_case("3a_tight", 2))
    assert [c.price(t, "sell") for c in menu.menus[0].contracts for t in (1, 2)] == [F(9, 2), F(9, 2), 3, 3]
    assert [one.type for one in menu.excluded] == ["2"]
    assert menu.other_kinds == {}
    bought = {(one.type, one.history): one.when for one in menu.buys}
    assert bought["3", ("wait",)] == ("3|3",)
    assert bought["4", ("wait", "sell")] == ("4|1", "4|3")
    assert ("3", ("wait", "keep")) in bought
    assert ("4", ("wait", "keep")) not in bought


# Random environments -------------------------------------------------------------------------------------


def criterion(env: dm.Environment) -> bool:
    """Errata of Theorem 5.1, one buyer, one period: p_k = min(s_k b_k, p_{k−1}), b_k the smallest B sold to
    k, and no B unsold to k has s_{k+1} B > p_k, where types are served from some one on."""
    agent = env.agents[0]
    s0, prior, cost = [F(label) for label in agent.types[0]], list(agent.prior), F(env.costs[1][1])
    worth = [F(v) / s0[0] for v in agent.values[1][1][: len(agent.types[1]) // len(s0)]]
    reached = [b for b, p in zip(worth, env.agents[0].kernels[0].table[0, 0], strict=False) if p > 0]
    price, served = None, False
    for k, s in enumerate(s0):
        step = s0[k + 1] - s if k + 1 < len(s0) else 0
        virtual = s - sum(prior[k + 1 :]) / prior[k] * step
        sold = [b for b in reached if virtual > 0 and virtual * b > cost]
        if not sold:
            if served:
                return False
            continue
        served = True
        price = min(s * min(sold), price) if price is not None else s * min(sold)
        if k + 1 < len(s0) and any(s0[k + 1] * b > price for b in set(reached) - set(sold)):
            return False
    return True


def test_random_separable_environments_of_one_period() -> None:
    """The menu earns the relaxed rung where the criterion holds, and less where it fails."""
    holds = 0
    for seed in range(38):
        env = drawn(seed, "multiplicative", 1, False, sizes=2, rest=4)
        menu = checked(env)
        tight = criterion(env)
        holds += tight
        assert tight == (menu.profit == menu.bound), seed
        assert dict(menu.notes)["Criterion"].startswith("It holds" if tight else "It fails")
        assert not (tight and menu.strays), seed
        if seed < 6:
            ladder = dm.ladder(env, exact=True)
            assert menu.bound == ladder["virtual"].value, seed
            assert ladder["bayesian"].value is not None
            assert menu.profit <= ladder["bayesian"].value, seed
            assert not tight or menu.profit == ladder["relaxed"].value, seed
    assert 30 <= holds <= 35, holds


@pytest.mark.parametrize("form", ["multiplicative", "additive"])
@pytest.mark.parametrize("controlled", [False, True])
def test_random_separable_environments(form: str, controlled: bool) -> None:
    """Several sizes, two periods: what is earned is earned; where it is the bound it is `relaxed`."""
    attained = 0
    for seed in range(8):
        env = drawn(seed, form, 2, controlled, sizes=3, rest=2)
        menu = checked(env)
        attained += menu.profit == menu.bound
        if seed < 3:
            ladder = dm.ladder(env, exact=True)
            assert ladder["bayesian"].value is not None
            assert menu.profit <= ladder["bayesian"].value
            assert menu.bound == ladder["virtual"].value
            if menu.profit == menu.bound:
                assert ladder["relaxed"].value == ladder["bayesian"].value == menu.profit
    assert attained >= 2, attained


def for_ever(env: dm.Environment) -> dm.Environment:
    """Its period 1 again and again."""
    agent = env.agents[0]
    tables = [kernel.table for kernel in agent.kernels]
    buyer = dm.Agent("buyer", agent.types[:2], prior=agent.prior, values=agent.values[:2], transitions=tables)
    actions, costs = env.actions[:2], env.costs[:2]
    return dm.Environment(agents=[buyer], actions=actions, costs=costs, discount=env.discount, horizon=None)


@pytest.mark.parametrize("form", ["multiplicative", "additive"])
def test_random_separable_environments_without_an_end(form: str) -> None:
    """Actions steer types for ever: the mechanism's own equations give the same profit."""
    attained = 0
    for seed in range(5):
        env = for_ever(drawn(seed, form, 2, True, sizes=3, rest=2))
        menu = dm.menu(env, "posted", exact=True)
        assert menu.profit == menu.profit_direct
        assert menu.bound is not None
        assert menu.profit <= menu.bound
        attained += menu.profit == menu.bound
        assert dm.verify(env, menu.mechanism, incentives="ex-post")
        assert dm.verify(env, menu.mechanism, participation="periodic")
        doubles = dm.menu(env, "posted")
        assert doubles.profit == pytest.approx(float(menu.profit), rel=1e-8)
        assert doubles.profit_direct == pytest.approx(float(menu.profit), rel=1e-8)
    assert attained >= 1
