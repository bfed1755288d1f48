"""Virtual values, optimal auctions and reduced forms: worked cases (MPTZ, Appendix E), random markets."""

from __future__ import annotations

import random
from collections.abc import Sequence
from fractions import Fraction as F
from itertools import permutations, product
from math import prod
from typing import Any

import networkx as nx
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import dynamech as dm
from dynamech.models.auctions.border import upper_sets
from dynamech.models.auctions.highest_score import HighestScore, score_ranks
from dynamech.models.auctions.ironing import hull, iron
from dynamech.models.auctions.market import Buyer, Market, distribution, single_market
from dynamech.models.auctions.optimal_auction import optimal_auction
from dynamech.models.auctions.reduced_form import ReducedForm, level_sets
from dynamech.models.auctions.second_price import second_price
from dynamech.models.auctions.virtual_values import VirtualValues
from dynamech.models.verification.anywhere import verify
from dynamech.solvers.effort import EXACT
from dynamech.solvers.errors import InvalidInput, TooLarge
from dynamech.solvers.numbers import array
from dynamech.solvers.solve import solve

DISTRIBUTIONS: dict[str, tuple[str, str]] = {
    "uniform": ("1 2 3", "1/3 1/3 1/3"),
    "from-zero": ("0 1 2 3", "1/4 1/4 1/4 1/4"),
    "bimodal": ("1 2 3", "1/2 1/10 2/5"),
    "bimodal4": ("1 2 5 6", "2/5 1/10 1/10 2/5"),
    "equal-revenue": ("1 2 4", "1/2 1/4 1/4"),
    "two": ("1 3", "3/5 2/5"),
    "point": ("2", "1"),
    "pool": ("1 2 3 11", "2/5 2/5 1/10 1/10"),
    "pools": ("4 5 6 7 12", "2/7 2/21 2/7 1/21 2/7"),
    "pool-at-zero": ("1 2 3 4 10", "2/7 5/21 2/7 1/21 1/7"),
}
# Myerson's, ironed; utility, ironed; utility as printed, ironed; the optimal posted price's revenue.
VIRTUAL: dict[str, tuple[str, ...]] = {
    "uniform": ("-1 1 3", "-1 1 3", "3 2 1", "2 2 2", "2 1 0", "1 1 1", "4/3"),
    "from-zero": ("-3 -1 1 3", "-3 -1 1 3", "0 3 2 1", "0 2 2 2", "3 2 1 0", "3/2 3/2 3/2 3/2", "1"),
    "bimodal": ("0 -2 3", "-1/3 -1/3 3", "2 5 1", "19/10 19/10 19/10", "1 4 0", "9/10 9/10 9/10", "6/5"),
    "bimodal4": (
        "-1/2 -13 1 6", "-3 -3 1 6", "5/2 6 15 1", "5/2 25/6 25/6 25/6", "3/2 15 4 0", "3/2 19/6 19/6 19/6",
        "5/2",
    ),
    "equal-revenue": ("0 0 4", "0 0 4", "2 2 2", "2 2 2", "1 2 0", "1 1 1", "1"),
    "two": ("-1/3 3", "-1/3 3", "5/3 2", "5/3 2", "4/3 0", "4/5 4/5", "6/5"),
    "point": ("2", "2", "2", "2", "0", "0", "2"),
    "pool": ("-1/2 3/2 -5 11", "-1/2 1/5 1/5 11", "5/2 3/2 2 8", "2 2 2 8", "3/2 1/2 8 0", "1 1 4 4", "6/5"),
    "pools": (
        "3/2 -3/2 29/6 -23 12", "3/4 3/4 6/7 6/7 12", "14 15/2 13/6 7 5",
        "149/21 149/21 149/21 149/21 149/21", "5/2 13/2 7/6 30 0", "5/2 5/2 5/2 30/7 30/7", "4",
    ),
    "pool-at-zero": (
        "-3/2 0 7/3 -14 10", "-3/2 0 0 0 10", "7/2 3 5/3 4 6", "46/17 46/17 46/17 4 6",
        "5/2 2 2/3 18 0", "29/17 29/17 29/17 9/2 9/2", "10/7",
    ),
}  # fmt: skip
# The pair, the optimal revenue, and what the values before ironing would promise.
OPTIMAL = [
    (("uniform", "uniform"), "2", "2"),
    (("bimodal", "bimodal"), "48/25", "48/25"),
    (("bimodal", "uniform"), "2", "2"),
    (("bimodal4", "two"), "159/50", "159/50"),
    (("equal-revenue", "equal-revenue"), "7/4", "7/4"),
    (("pool", "pool"), "111/50", "293/100"),
    (("pools", "pools"), "926/147", "1132/147"),
    (("pool-at-zero", "pool-at-zero"), "130/49", "530/147"),
    (("pools", "from-zero"), "31/7", "461/84"),
    (("bimodal", "bimodal", "bimodal"), "294/125", "294/125"),
]


def read(name: str) -> Buyer:
    values, weights = DISTRIBUTIONS[name]
    return distribution(array(values.split()), array(weights.split()), name)


def market_of(*buyers: Buyer) -> Market:
    made = tuple(Buyer(f"{i}", i + 1, b.values, b.probabilities) for i, b in enumerate(buyers))
    return Market("market", 0, made, keep=0)


def fractions(text: str) -> list[F]:
    return [F(part) for part in text.split()]


@st.composite
def random_markets(draw: Any, buyers: int = 3, types: int = 3) -> Market:
    made = []
    for _ in range(draw(st.integers(1, buyers))):
        values = sorted(draw(st.sets(st.integers(0, 8), min_size=1, max_size=types)))
        weights = [draw(st.integers(1, 5)) for _ in values]
        made.append(distribution(array(values), array([F(w, sum(weights)) for w in weights])))
    return market_of(*made)


def profiles(market: Market) -> tuple[np.ndarray, list[F]]:
    """All profiles of type indices (S, N), and their probabilities."""
    digits = np.array(list(product(*[range(b.size) for b in market.buyers])))
    chance = [
        prod((b.probabilities[k] for b, k in zip(market.buyers, row, strict=True)), start=F(1))
        for row in digits
    ]
    return digits, chance


# Virtual values and ironing -----------------------------------------------------------------------------


@pytest.mark.parametrize("name", DISTRIBUTIONS)
def test_virtual_values_of_the_worked_cases(name: str) -> None:
    buyer = read(name)
    found = VirtualValues(buyer)
    shown = found.to_json()
    for row, wanted in zip(shown.values(), VIRTUAL[name], strict=False):
        assert [F(value) for value in row] == fractions(wanted)
    (served,) = optimal_auction(Market(name, 0, (buyer,), keep=0)).served or ()
    price = int(served.argmax())
    assert buyer.values[price] * buyer.probabilities[price:].sum() == F(VIRTUAL[name][-1])
    assert found.utility @ buyer.probabilities == buyer.values @ buyer.probabilities  # all is given away


def test_the_upper_hull_and_the_hull_without_the_origin_would_be_wrong() -> None:
    buyer = read("pool")
    points = hull(VirtualValues(buyer).virtual, buyer.probabilities)
    assert points.x.size == buyer.size + 1  # K slopes need K + 1 points
    flipped = -iron(-VirtualValues(buyer).virtual, buyer.probabilities)  # slopes of the upper hull
    assert flipped.tolist() == fractions("1 1 1 1")
    assert (flipped != VirtualValues(buyer).ironed).all()


@given(random_markets(buyers=1, types=6))
@settings(max_examples=60, deadline=None, derandomize=True)
def test_ironing_is_the_best_monotone_fit(market: Market) -> None:
    """Slopes of the hull are the min-max averages of isotonic regression, and do not decrease."""
    (buyer,) = market.buyers
    for raw in (VirtualValues(buyer).virtual, VirtualValues(buyer).utility):
        f, n = buyer.probabilities, buyer.size
        wanted = [
            max(
                min((raw[a : b + 1] @ f[a : b + 1]) / f[a : b + 1].sum() for b in range(k, n))
                for a in range(k + 1)
            )
            for k in range(n)
        ]
        assert iron(raw, f).tolist() == wanted
        floats = iron(raw.astype(float), f.astype(float))
        assert np.allclose(floats, np.array(wanted, dtype=float))


def test_the_curves_are_what_the_hulls_are_of() -> None:
    found = VirtualValues(read("pool"))
    q, revenue = found.revenue_curve
    assert (q.tolist(), revenue.tolist()) == (fractions("0 1/10 1/5 3/5 1"), fractions("0 11/10 3/5 6/5 1"))
    assert (revenue[::-1] == found.buyer.values[0] - found.hull.y)[:-1].all()
    q, left = found.utility_curve
    assert (q.tolist(), left.tolist()) == (fractions("0 1/10 1/5 3/5 1"), fractions("0 4/5 1 8/5 13/5"))


# Optimal auctions ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(("names", "revenue", "promised"), OPTIMAL)
def test_optimal_auctions_of_the_worked_cases(names: Sequence[str], revenue: str, promised: str) -> None:
    market = market_of(*map(read, names))
    made = optimal_auction(market)
    assert made.revenue == F(revenue)
    digits, chance = profiles(market)

    def surplus(values: list[Any]) -> F:
        best = [max(F(0), *(v[k] for v, k in zip(values, row, strict=True))) for row in digits]
        return sum((c * b for c, b in zip(chance, best, strict=True)), F(0))

    assert surplus([VirtualValues(b).ironed for b in market.buyers]) == F(revenue)
    assert surplus([VirtualValues(b).virtual for b in market.buyers]) == F(promised)
    form = ReducedForm(market)
    assert form.solve(EXACT).value == F(revenue)
    assert solve(ReducedForm(market).profiles(exact=True), exact=True).value == F(revenue)


@given(random_markets())
@settings(max_examples=25, deadline=None, derandomize=True)
def test_virtual_values_border_cuts_and_profiles_agree(market: Market) -> None:
    made = optimal_auction(market)
    assert solve(ReducedForm(market).profiles(exact=True), exact=True).value == made.revenue
    assert ReducedForm(market).solve(EXACT).value == made.revenue
    seeded = ReducedForm(market.converted(False), sets=level_sets(made.scores)).solve()
    assert float(seeded.value) == pytest.approx(float(made.revenue), abs=1e-7)
    for order in permutations(range(len(market.buyers))):
        for at_zero in ("keep", "sell"):
            assert optimal_auction(market, order=order, at_zero=at_zero).revenue == made.revenue
    assert optimal_auction(market.converted(False)).revenue == pytest.approx(float(made.revenue), abs=1e-12)


@given(random_markets(), st.randoms(use_true_random=False))
@settings(max_examples=40, deadline=None, derandomize=True)
def test_interim_numbers_are_those_of_all_profiles(market: Market, draw: random.Random) -> None:
    order = list(range(len(market.buyers)))
    draw.shuffle(order)
    digits, chance = profiles(market)
    for made in (
        optimal_auction(market, order=order),
        second_price(market, order=order),
        HighestScore(market, tuple(b.values // 3 for b in market.buyers), None, tuple(order), "smallest"),
    ):
        winner, price = made.winner(digits), made.prices(digits)
        for i, buyer in enumerate(market.buyers):
            for k in range(buyer.size):
                rows = [r for r in range(len(digits)) if digits[r][i] == k]
                weight = [chance[r] / buyer.probabilities[k] for r in rows]
                wins = [int(winner[r] == i) for r in rows]
                assert made.allocation[i][k] == sum(w * x for w, x in zip(weight, wins, strict=True))
                paid = sum(w * x * price[r] for w, x, r in zip(weight, wins, rows, strict=True))
                assert made.transfers[i][k] == paid
        assert made.revenue == sum(c * p for c, p in zip(chance, price, strict=True))
        assert made.welfare == made.revenue + sum(made.expected_utilities)


@pytest.mark.parametrize("prior", ["1/3,1/3,1/3", "1/2,1/10,2/5"])
def test_the_auctions_are_mechanisms_that_verify(prior: str) -> None:
    env = dm.load("myerson", bidders=2, prior=prior)
    market = single_market(env, "this")
    for made in (optimal_auction(market), second_price(market)):
        mechanism = made.mechanism(env)
        mechanism.check(env)
        found = verify(env, mechanism, "ex-post", "ex-post")
        assert [verdict.violation for verdict in found] == [0, 0]
    best = dm.design(env, exact=True).value
    assert optimal_auction(market).revenue == best
    # Without ironing, scores may fall as values rise: no auction by the highest score.
    raw = tuple(VirtualValues(b).virtual for b in market.buyers)
    if any((np.diff(r) < 0).any() for r in raw):
        with pytest.raises(InvalidInput, match="score -2 of type 1 is below 0 of type 0"):
            HighestScore(market, raw)


def test_orders_sizes_and_distributions_are_checked() -> None:
    market = market_of(read("two"), read("two"))
    with pytest.raises(InvalidInput, match="does not name each of 2 buyers once"):
        optimal_auction(market, order=[0, 0])
    with pytest.raises(InvalidInput, match="value 1 of type 1 falls below 2 of type 0"):
        distribution(array([2, 1]), array(["1/2", "1/2"]))
    with pytest.raises(InvalidInput, match="3 probabilities for 2 values"):
        distribution(array([1, 2]), array(["1/3"] * 3))
    many = market_of(*[read("pools")] * 8)
    with pytest.raises(TooLarge, match="390625 profiles"):
        ReducedForm(many).profiles()
    env = dm.load("myerson", bidders=12, types=4)
    with pytest.raises(TooLarge, match="entries"):
        optimal_auction(single_market(env, "this")).mechanism(env)


def test_ranks_compare_rationals_where_floats_cannot() -> None:
    tiny = F(1, 10**20)
    scores = array([F(1), 1 + tiny, F(1), F(0), 1 - tiny, F(0)])
    assert score_ranks(scores).tolist() == [2, 3, 2, 0, 1, 0]
    assert score_ranks(scores.astype(float)).tolist() == [1, 1, 1, 0, 1, 0]


# Border -------------------------------------------------------------------------------------------------


def flows(market: Market, allocation: Sequence[Any]) -> bool:
    """Whether the allocation comes from an auction: does a flow profile → (buyer, type) carry it?

    Integers over a common denominator, so that the maximum flow is exact.
    """
    digits, chance = profiles(market)
    wanted = [b.probabilities * x for b, x in zip(market.buyers, allocation, strict=True)]
    whole = int(np.lcm.reduce([v.denominator for v in [*chance, *np.concatenate(wanted)]]))
    graph: Any = nx.DiGraph()
    for r, row in enumerate(digits):
        graph.add_edge("source", ("profile", r), capacity=int(chance[r] * whole))
        for i, k in enumerate(row):
            graph.add_edge(("profile", r), (i, int(k)))
    for i, row in enumerate(wanted):
        for k, amount in enumerate(row):
            graph.add_edge((i, k), "sink", capacity=int(amount * whole))
    value = nx.maximum_flow_value(graph, "source", "sink")
    return bool(value == sum(int(v * whole) for v in np.concatenate(wanted)))


@given(random_markets(), st.randoms(use_true_random=False))
@settings(max_examples=80, deadline=None, derandomize=True)
def test_border_by_sorted_sets_is_max_flow(market: Market, draw: random.Random) -> None:
    n = len(market.buyers)
    raw = [array([F(draw.randint(0, 6), 6) for _ in range(b.size)]) for b in market.buyers]
    for scale in (F(1), F(2, n + 1), F(1, n)):
        allocation = [scale * x for x in raw]
        sets = upper_sets(market, allocation)
        assert (sets.worst <= 0) == flows(market, allocation)
        # Each reported set is what it claims, and floats say the same.
        flat = np.concatenate([b.probabilities * x for b, x in zip(market.buyers, allocation, strict=True)])
        starts = np.cumsum([b.size for b in market.buyers])[:-1]
        for row, wins, most in zip(sets.members, sets.wins, sets.most, strict=True):
            assert flat[row].sum() == wins
            parts = zip(market.buyers, np.split(row, starts), strict=True)
            assert most == 1 - prod((1 - b.probabilities[own].sum() for b, own in parts), start=F(1))
        floats = upper_sets(market.converted(False), [x.astype(float) for x in allocation])
        assert float(floats.worst) == pytest.approx(float(sets.worst), abs=1e-12)


def test_all_sets_give_the_same_verdict_as_the_sorted_ones() -> None:
    """Border's condition over every choice of sets, on allocations close to feasible."""
    draw = random.Random(5)
    verdicts = set()
    for _ in range(60):
        market = market_of(read("two"), read(draw.choice(["two", "uniform"])))
        allocation = [array([F(draw.randint(0, 8), 8) for _ in range(b.size)]) for b in market.buyers]
        excess = []
        for chosen in product(*[product((False, True), repeat=b.size) for b in market.buyers]):
            masks = [np.array(row) for row in chosen]
            parts = list(zip(market.buyers, masks, allocation, strict=True))
            wins = sum((b.probabilities[m] @ x[m] for b, m, x in parts if m.any()), F(0))
            absent = prod((1 - b.probabilities[m].sum() for b, m, _ in parts), start=F(1))
            excess.append(wins - (1 - absent))
        assert max(excess) == upper_sets(market, allocation).worst
        verdicts.add(max(excess) > 0)
    assert verdicts == {True, False}


def test_fifty_buyers_without_profiles() -> None:
    """3^50 profiles: the program with Border's cuts meets the virtual values."""
    buyers = [distribution(array([1, 2 + i % 3, 5 + i % 4]), array(["1/2", "1/4", "1/4"])) for i in range(50)]
    market = market_of(*buyers)
    made = optimal_auction(market)
    found = ReducedForm(market.converted(False), sets=level_sets(made.scores)).solve()
    assert float(found.value) == pytest.approx(float(made.revenue), rel=1e-7)
    assert upper_sets(market, made.allocation).worst <= 0
