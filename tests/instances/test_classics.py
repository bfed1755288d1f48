"""Textbook examples: the closed form of each as a function of its parameters, beside the exact program.

Derivations are in the docstrings of the families. Where a condition is said to be needed, one case lacks it.
"""

from __future__ import annotations

import itertools
from fractions import Fraction as F
from math import prod
from typing import Any

import pytest

import dynamech as dm
from dynamech.instances import load
from dynamech.models.efficient.pivot import pivot
from dynamech.models.efficient.team import balanced_team
from dynamech.solvers.effort import EXACT
from dynamech.solvers.errors import InvalidInput

from .test_demand_families import second_best, worth

BALANCED = {"budget": "ex-post", "balanced": True}


def two_persistent(horizon: int, discount: F, low: F, high: F, mu: F, a_L: F, a_H: F, weight: F) -> F:
    """Σ δ^t E[q²]/2: q short of efficient after low reports alone, by what a rent, weighed so, costs then."""
    value, chance = F(0), mu  # chance of the high type now
    for t in range(horizon):
        lows = (1 - mu) * a_L**t
        q = max(F(0), low - weight * mu / (1 - mu) * ((a_L + a_H - 1) / a_L) ** t * (high - low))
        value += discount**t * (lows * q**2 + (1 - chance - lows) * low**2 + chance * high**2) / 2
        chance = chance * a_H + (1 - chance) * (1 - a_L)
    return value


CHAINS = [(F("2/5"), F("2/3"), F("3/4")), (F("1/2"), F("1/2"), F("1/2")), (F("2/3"), F(1), F(1))]
"""Chances of the high type, that low stays low, that high stays high."""


@pytest.mark.parametrize("chain", CHAINS, ids=str)
@pytest.mark.parametrize("horizon", [1, 2, 3])
def test_battaglini_distorts_after_low_reports_alone(chain: tuple[F, F, F], horizon: int) -> None:
    mu, a_L, a_H = chain
    env = load("battaglini", horizon=horizon, mu_H=mu, a_L=a_L, a_H=a_H)
    assert worth(env) == two_persistent(horizon, F("9/10"), F(1), F(2), mu, a_L, a_H, F(1))


@pytest.mark.parametrize("chain", CHAINS, ids=str)
@pytest.mark.parametrize("alpha", ["0", "1/2", "1"])
def test_a_regulator_distorts_the_less_the_more_a_firm_counts(chain: tuple[F, F, F], alpha: str) -> None:
    mu, a_H, a_L = chain
    env = load("baron-besanko", mu_L=mu, a_L=a_L, a_H=a_H)
    value = worth(env, objective={"revenue": 1, "utility": alpha})
    assert value == two_persistent(2, F("9/10"), F(2), F(3), mu, a_H, a_L, 1 - F(alpha))
    if a_H == 1:  # Baron and Myerson, twice
        again = load("baron-besanko", mu_L=mu, horizon=1)
        assert value == F("19/10") * worth(again, objective={"revenue": 1, "utility": alpha})


def test_types_that_alternate_are_another_matter() -> None:
    mu, a_L, a_H = F("2/5"), F("2/5"), F("3/10")
    supply = two_persistent(2, F("9/10"), F(1), F(2), mu, a_L, a_H, F(1))
    assert supply < worth(load("battaglini", mu_H=mu, a_L=a_L, a_H=a_H))
    firm = two_persistent(2, F("9/10"), F(2), F(3), mu, a_L, a_H, F(1))
    assert firm != worth(load("baron-besanko", mu_L=mu, a_L=a_H, a_H=a_L))


def virtual(values: list[F], prior: list[F]) -> list[F]:
    above = [1 - total for total in itertools.accumulate(prior)]
    steps = [*(b - a for a, b in itertools.pairwise(values)), F(0)]
    return [v - s * o / f for v, s, o, f in zip(values, steps, above, prior, strict=True)]


def ironed(values: list[F], prior: list[F]) -> list[F]:
    weighed, n = [psi * f for psi, f in zip(virtual(values, prior), prior, strict=True)], len(prior)

    def mean(i: int, k: int) -> F:
        return sum(weighed[i : k + 1], F(0)) / sum(prior[i : k + 1], F(0))

    return [max(min(mean(i, k) for k in range(j, n)) for i in range(j + 1)) for j in range(n)]


DISTRIBUTIONS = [
    ("1,2,3", "1/3,1/3,1/3"),
    ("3,4,5,6", "1/2,1/8,1/8,1/4"),
    ("2,3,7", "1/4,1/4,1/2"),
    ("4,5,6,8", "1/10,2/5,1/10,2/5"),
]


@pytest.mark.parametrize(("values", "prior"), DISTRIBUTIONS)
def test_qualities_are_the_ironed_virtual_types(values: str, prior: str) -> None:
    points, weights = (list(map(F, text.split(","))) for text in (values, prior))
    qualities = [max(F(0), psi - F(1, 4)) for psi in ironed(points, weights)]
    profit = sum((f * q * q / 2 for f, q in zip(weights, qualities, strict=True)), F(0))
    assert worth(load("mussa-rosen", values=values, prior=prior, cost="1/4")) == profit
    unpooled = [max(F(0), psi - F(1, 4)) for psi in virtual(points, weights)]
    tempting = sum((f * q * q / 2 for f, q in zip(weights, unpooled, strict=True)), F(0))
    assert (tempting > profit) == (sorted(unpooled) != unpooled)


def test_some_of_these_types_are_pooled() -> None:
    cases = [[list(map(F, text.split(","))) for text in case] for case in DISTRIBUTIONS]
    assert {sorted(line := virtual(*case)) == line for case in cases} == {True, False}


@pytest.mark.parametrize(("values", "prior"), DISTRIBUTIONS)
def test_units_are_sold_one_by_one(values: str, prior: str) -> None:
    """By the ironed virtual types, and by the demand profile."""
    points, weights = (list(map(F, text.split(","))) for text in (values, prior))
    units, cost = [F(4), F(3), F(3), F(1, 2)], F(5, 2)
    types = list(zip(ironed(points, weights), weights, strict=True))
    pointwise = sum((f * max(F(0), psi * d - cost) for psi, f in types for d in units), F(0))
    buyers = [sum(weights[j:], F(0)) for j in range(len(points))]
    prices = [
        max(F(0), *(share * (v * d - cost) for v, share in zip(points, buyers, strict=True))) for d in units
    ]
    env = load("maskin-riley", values=values, prior=prior, units=units, cost=cost)
    assert worth(env) == pointwise == sum(prices, F(0))


def test_units_are_worth_less_and_less() -> None:
    with pytest.raises(InvalidInput, match="units must fall, but the value of unit 3 is 4, after 3"):
        load("maskin-riley", units="5,3,4")


@pytest.mark.parametrize("cells", [1, 2, 3])
@pytest.mark.parametrize(("leisure", "cost"), [("1/3", "1"), ("3/4", "1"), ("1/2", "1/2"), ("1/3", "0")])
def test_two_tickets_take_the_whole_surplus(cells: int, leisure: str, cost: str) -> None:
    env, share, c = load("airline-tickets", cells=cells, leisure=leisure, cost=cost), F(leisure), F(cost)
    fares = [F(2 * j + 1, 2 * cells) for j in range(3 * cells)]
    business = [fare for fare in fares if not 1 < fare < 2]
    refunded = sum((max(fare, c) for fare in business), F(0)) / len(business)
    surplus = share * (F("3/2") - c) + (1 - share) * (refunded - c)
    assert worth(env) == worth(env, incentives="none") == surplus
    if cost == "1":
        assert surplus == F("3/4") - share / 4
    if (leisure, cost) == ("1/3", "1"):  # twice what is had once values are known, but for the grid
        late = load("myerson", bidders=1, values=fares, cost=1)
        assert worth(late) == F(1, 3) + F(1, 6 * cells)


def test_dear_seats_leave_travellers_something() -> None:
    env = load("airline-tickets", cells=2, cost="3/2")
    assert worth(env) < worth(env, incentives="none")


@pytest.mark.parametrize("k", [3, 6, 8])
def test_myerson_and_satterthwaite_have_the_second_best(k: int) -> None:
    env = load("myerson-satterthwaite", types=k)
    assert worth(env, {"budget": "ex-ante"}, objective="welfare") == second_best(k)


@pytest.mark.parametrize(("bidders", "n", "a"), [(1, 3, "1/2"), (2, 3, "1/2"), (1, 5, "1/2"), (2, 2, "1")])
def test_a_seller_earns_the_virtual_values_of_what_she_shows(bidders: int, n: int, a: str) -> None:
    """E max(0, s + e − (1 − F)/f · step): the errors, unknown at the start, leave no rent."""
    step, most = F(1, n - 1), int(F(a) * (n - 1))
    one = [k * step - (n - 1 - k) * step + e * step for k in range(n) for e in range(-most, most + 1)]
    best = [max(F(0), *psi) for psi in itertools.product(one, repeat=bidders)]
    env = load("eso-szentes", bidders=bidders, n=n, a=a)
    assert worth(env) == sum(best, F(0)) / len(best)


def paid_for(agents: int, horizon: int, cost: F, mu: F, a_L: F, a_H: F) -> tuple[F, F]:
    """The most that services are worth, and the most where payments of those who gain cover them."""
    chance = {(0, 0): a_L, (0, 1): 1 - a_L, (1, 0): 1 - a_H, (1, 1): a_H}
    states: list[tuple[F, F, F]] = []  # probability, what it is worth, what it brings to the budget
    for t in range(horizon):
        lives = []
        for life in itertools.product((0, 1), repeat=t + 1):
            weight = prod((chance[pair] for pair in itertools.pairwise(life)), start=(1 - mu, mu)[life[0]])
            rent = F(0) if any(life) else mu / (1 - mu) * ((a_L + a_H - 1) / a_L) ** t
            lives.append((weight, F(life[-1]), life[-1] - rent))
        for profile in itertools.product(lives, repeat=agents):
            weight = prod((one[0] for one in profile), start=F("9/10") ** t)
            worths, brings = (sum((one[k] for one in profile), F(0)) - agents * cost for k in (1, 2))
            states.append((weight, worths, brings))
    wanted = [state for state in states if state[1] > 0]
    first = sum((w * v for w, v, _ in wanted), F(0))
    budget, value = sum((w * c for w, _, c in wanted), F(0)), first
    for w, v, c in sorted((s for s in wanted if s[2] < 0), key=lambda s: s[1] / -s[2]):
        dropped = min(F(1), max(F(0), -budget / (-w * c)))
        budget, value = budget - dropped * w * c, value - dropped * w * v
    return first, value


@pytest.mark.parametrize(
    ("agents", "horizon", "cost", "mu", "a_L", "a_H"),
    [
        (2, 2, "2/5", "1/2", "3/4", "3/4"),
        (3, 1, "3/10", "1/2", "3/4", "3/4"),
        (2, 2, "2/5", "2/3", "9/10", "9/10"),
        (3, 2, "3/10", "1/2", "3/4", "3/4"),
        (2, 3, "1/3", "3/4", "9/10", "4/5"),
    ],
)
def test_a_public_service_is_paid_for_by_those_who_gain(
    agents: int, horizon: int, cost: str, mu: str, a_L: str, a_H: str
) -> None:
    settings = {"agents": agents, "horizon": horizon, "cost": cost, "mu_H": mu, "a_L": a_L, "a_H": a_H}
    env = load("dynamic-public-good", **settings)
    first, second = paid_for(agents, horizon, F(cost), F(mu), F(a_L), F(a_H))
    assert worth(env, {"budget": "ex-ante"}, objective="welfare") == second
    if agents * horizon < 5:  # the others have many paths
        assert worth(env, BALANCED, objective="welfare", participation="none") == first


@pytest.mark.parametrize(
    ("costs", "values", "discount"),
    [("2,1", "0,1/2,1", "1"), ("3,2,1", "1,2", "9/10"), ("5/2,1/2", "1/3,2", "1/2")],
)  # fmt: skip
def test_two_who_learn_in_turn_trade_efficiently(costs: str, values: str, discount: str) -> None:
    slopes, worths = (list(map(F, text.split(","))) for text in (costs, values))
    gains = sum(1 / slope for slope in slopes) / len(slopes)
    gains *= (1 + F(discount) * sum(v * v for v in worths) / len(worths)) / 2
    env = load("athey-segal", costs=costs, values=values, discount=discount)
    assert worth(env, BALANCED, objective="welfare", participation="none") == gains
    team = balanced_team(pivot(env, EXACT))
    assert team.satisfies["bayesian"]
    assert all((surplus == 0).all() for surplus in team.surplus)


def test_what_is_paid_for_is_less_where_types_last() -> None:
    first, second = paid_for(2, 2, F("2/5"), F("2/3"), F("9/10"), F("9/10"))
    assert (first, second) == (F("6407/5625"), F("742/675"))


def test_the_product_line_tends_to_the_continuum() -> None:
    lines = [dm.convergence("mussa-rosen", [4, 8], cost=cost, exact=True) for cost in ("0", "1/2", "-1/2")]
    assert [line.limit for line in lines] == [F(1, 12), F(1, 96), F(9, 32)]
    for line in lines:
        assert all(order is not None and 0.8 < order < 1.2 for order in line.orders)
    refused: list[tuple[dict[str, Any], str]] = [
        ({"cost": -2}, "for a cost of at least -1, not -2"),
        ({"values": "1,2"}, "for types that are uniform; leave out values"),
    ]
    for settings, says in refused:
        with pytest.raises(InvalidInput, match=says):
            dm.convergence("mussa-rosen", [2, 4], **settings)


def test_another_name_has_the_same_closed_form() -> None:
    for name, other, sizes in (
        ("myerson-satterthwaite", "bilateral-trade", [6, 8]),
        ("eso-szentes", "handicap-auction", [2, 3]),
    ):
        one, two = (dm.convergence(family, sizes, exact=True) for family in (name, other))
        assert (one.limit, one.values) == (two.limit, two.values)


@pytest.mark.parametrize(
    ("family", "settings", "says"),
    [
        ("battaglini", {"low": 3, "high": 2}, "battaglini: low must be below high, not 3 against 2"),
        ("baron-besanko", {"low": 3}, "baron-besanko: low must be below high, not 3 against 2"),
        ("dynamic-public-good", {"low": 1}, "dynamic-public-good: low must be below high, not 1 against 1"),
    ],
)
def test_types_are_in_order(family: str, settings: dict[str, Any], says: str) -> None:
    with pytest.raises(InvalidInput, match=says):
        load(family, **settings)
