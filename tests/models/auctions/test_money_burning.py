"""Capped money burning: worked cases of MPTZ's Theorem E.2, the pair of programs, and random markets."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction as F
from itertools import product
from math import prod
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import dynamech as dm
from dynamech.models.auctions.border import upper_sets
from dynamech.models.auctions.highest_score import utilities_by_type
from dynamech.models.auctions.market import Market, distribution
from dynamech.models.auctions.money_burning.burning import Burning, burn_market, nearby
from dynamech.models.auctions.money_burning.dual import Dual
from dynamech.models.auctions.reduced_form import ReducedForm
from dynamech.models.auctions.virtual_values import VirtualValues
from dynamech.models.verification.anywhere import verify
from dynamech.solvers.effort import EXACT
from dynamech.solvers.errors import AssumptionViolated, InvalidInput
from dynamech.solvers.numbers import array
from dynamech.solvers.program import Builder
from dynamech.solvers.solve import solve

ONE, TWO = ("1", "1"), ("1 3", "1/2 1/2")
UNIFORM, BIMODAL = ("1 2 3", "1/3 1/3 1/3"), ("1 2 3", "1/2 1/10 2/5")
PARETO, ZERO = ("1 2 10", "7/10 1/5 1/10"), ("0 1 2", "1/3 1/3 1/3")
POOL, FALLING = ("1 2 3 11", "2/5 2/5 1/10 1/10"), ("1 2 4 10", "3/5 1/5 3/20 1/20")
# Buyers, caps, the optimum, and the optimum under the largest payments (the virtual values as printed).
CASES: list[tuple[list[tuple[str, str]], str, str, str]] = [
    ([ONE, ONE], "1/2 1/2", "1", "0"),
    ([ONE, ONE], "1/3 2/3", "1", "0"),
    ([TWO, TWO], "1/2 1/2", "1", "1"),
    ([TWO, TWO], "1/4 2", "2", "1"),
    ([TWO, TWO], "10 10", "2", "1"),
    ([UNIFORM, BIMODAL], "1 1/2", "3/2", "1"),
    ([UNIFORM, BIMODAL], "1/3 1/3", "2/3", "2/3"),
    ([PARETO, PARETO], "10 10", "27/10", "157/100"),
    ([PARETO, PARETO], "1/2 10", "703/280", "851/560"),
    ([PARETO, UNIFORM], "1 2/3", "5/3", "311/210"),
    ([POOL, FALLING], "1/2 1", "3/2", "3/2"),
    ([ZERO, ZERO], "1/2 1/2", "1", "1"),
    ([ZERO, PARETO], "1/2 1", "3/2", "97/70"),
    ([PARETO, PARETO, PARETO], "1/2 3/4 10", "4343/1400", "1899/1000"),
    ([TWO, UNIFORM, PARETO], "1/2 1/2 1/2", "3/2", "21/16"),
]


def market_of(supports: Sequence[tuple[str, str]]) -> Market:
    buyers = [distribution(array(v.split()), array(f.split()), f"b{i}") for i, (v, f) in enumerate(supports)]
    return Market("market", 0, tuple(buyers), keep=0)


def fractions(text: str) -> list[F]:
    return [F(part) for part in text.split()]


@st.composite
def problems(draw: Any, buyers: int = 3, types: int = 3) -> tuple[Market, list[F]]:
    supports: list[tuple[str, str]] = []
    caps: list[F] = []
    alike = draw(st.booleans())
    for _ in range(draw(st.integers(1, buyers))):
        if not (alike and supports):
            values = sorted(draw(st.sets(st.sampled_from([0, 1, 2, 3, 5, 10]), min_size=1, max_size=types)))
            weights = [draw(st.sampled_from([1, 2, 3, 7])) for _ in values]
            shares = [str(F(w, sum(weights))) for w in weights]
            supports.append((" ".join(map(str, values)), " ".join(shares)))
        else:
            supports.append(supports[0])
        caps.append(F(draw(st.sampled_from([0, 1, 2, 3, 5, 12])), draw(st.integers(1, 5))))
    return market_of(supports), caps


def check_answer(market: Market, caps: Sequence[F], found: Burning) -> None:
    """The mixture is a feasible, monotone auction with the utilities it claims; they attain the value."""
    assert found.value == found.dual
    assert sum(order.probability for order in found.orders) == 1
    assert all(order.probability > 0 for order in found.orders)
    assert upper_sets(market, found.allocation).worst <= 0
    for i, (buyer, x) in enumerate(zip(market.buyers, found.allocation, strict=True)):
        assert (x[1:] >= x[:-1]).all()
        by_type = utilities_by_type(buyer.values, x, found.payments)
        assert buyer.probabilities @ by_type == found.utilities[i]
        assert (buyer.values * x - by_type == found.transfers[i]).all()
        assert (found.transfers[i] >= 0).all()
    assert sum(map(min, caps, found.utilities), F(0)) == found.value
    assert all(u <= b for u, b, q in zip(found.utilities, caps, found.probabilities, strict=True) if q < 1)


@pytest.mark.parametrize(("supports", "caps", "best", "printed"), CASES)
def test_worked_cases(supports: list[tuple[str, str]], caps: str, best: str, printed: str) -> None:
    market, limits = market_of(supports), fractions(caps)
    found, other = burn_market(market, limits), burn_market(market, limits, "largest")
    assert (found.value, other.value) == (F(best), F(printed))
    for answer in (found, other):
        check_answer(market, limits, answer)
    assert solve(ReducedForm(market, limits).profiles(exact=True), exact=True).value == F(best)
    assert ReducedForm(market, limits).solve(EXACT).value == F(best)


def printed_pair(market: Market, caps: Sequence[F], kind: str) -> tuple[Any, Any]:
    """The primal and the dual of Appendix E, written out over all profiles of types: their exact values."""
    scores = [getattr(VirtualValues(buyer), kind) for buyer in market.buyers]
    digits = list(product(*[range(b.size) for b in market.buyers]))
    parts = [zip(market.buyers, row, strict=True) for row in digits]
    f = array([prod((b.probabilities[k] for b, k in part), start=F(1)) for part in parts])
    worth = np.array(
        [[f[r] * s[k] for s, k in zip(scores, row, strict=True)] for r, row in enumerate(digits)]
    )
    count, n = worth.shape
    cells, owner = np.arange(count * n), np.tile(np.arange(n), count)
    primal = Builder(sense="max", exact=True)
    u = primal.columns("u", n, lower=None, upper=list(caps), objective=1)
    x = primal.columns("x", (count, n))
    w = primal.rows("w", n, upper=0)
    primal.entries(w.index, u.index, 1)
    primal.entries(w.start + owner, x.start + cells, -worth.ravel())
    z = primal.rows("z", count, upper=1)
    primal.entries(z.start + cells // n, x.start + cells, 1)
    dual = Builder(sense="min", exact=True)
    weights = dual.columns("w", n)
    y = dual.columns("y", n, objective=list(caps))
    most = dual.columns("z", count, objective=1)
    covered = dual.rows("x", (count, n), lower=0)
    dual.entries(covered.index, most.start + cells // n, 1)
    dual.entries(covered.index, weights.start + owner, -worth.ravel())
    either = dual.rows("u", n, lower=1)
    dual.entries(either.index, weights.index, 1)
    dual.entries(either.index, y.index, 1)
    return solve(primal.build(), exact=True).value, solve(dual.build(), exact=True).value


@given(problems())
@settings(max_examples=25, deadline=None, derandomize=True)
def test_random_markets_meet_the_pair_as_printed_and_the_direct_program(
    problem: tuple[Market, list[F]],
) -> None:
    market, caps = problem
    found = burn_market(market, caps)
    check_answer(market, caps, found)
    assert printed_pair(market, caps, "utility_ironed") == (found.value, found.value)
    assert solve(ReducedForm(market, caps).profiles(exact=True), exact=True).value == found.value
    # Another dual-feasible point is never better, and D at the weights is the value.
    dual = Dual(market, array(caps))
    assert dual.value(found.weights) == found.value
    for other in (array([F(1, 2)] * len(caps)), array([F(1)] * len(caps))):
        assert dual.value(other) >= found.value


def test_the_virtual_values_printed_in_the_paper_understate_what_can_be_left() -> None:
    market, caps = market_of([PARETO, PARETO]), fractions("1/2 10")
    wrong, _ = printed_pair(market, caps, "utility_printed_ironed")
    assert wrong == F(851, 560)
    assert solve(ReducedForm(market, caps).profiles(exact=True), exact=True).value == F(703, 280)
    # E[u] = E[ϑx] fails for the ironed values where x is not constant on what is ironed: price 3 leaves 0.
    buyer = market_of([UNIFORM]).buyers[0]
    sold = array([0, 0, 1])
    found = VirtualValues(buyer)
    assert buyer.probabilities @ utilities_by_type(buyer.values, sold, "largest") == 0
    assert (buyer.probabilities * found.utility_printed) @ sold == 0
    assert (buyer.probabilities * found.utility_printed_ironed) @ sold == F(1, 3)
    # And giving the good away leaves 9/5 where the printed values promise 4/5.
    buyer = market_of([("1 3", "3/5 2/5")]).buyers[0]
    found = VirtualValues(buyer)
    assert buyer.probabilities @ buyer.values == F(9, 5) == buyer.probabilities @ found.utility
    assert buyer.probabilities @ found.utility_printed == F(4, 5)


def test_payments_that_may_be_negative_reach_any_cap() -> None:
    """Without payments of at least 0 the program pays the buyer: 10 where 2 is the most."""
    market = market_of([TWO])
    form = ReducedForm(market, [F(10)])
    assert solve(form.profiles(exact=True), exact=True).value == 2
    program = form.profiles(exact=True)
    row_lower = program.row_lower.copy()
    row_lower[program.row_blocks["payments"].slice] = -np.inf
    assert solve(replace(program, row_lower=row_lower), exact=True).value == 10


def test_ties_must_be_randomised() -> None:
    """No single order attains 703/280: the best leaves 5/2."""
    market, caps = market_of([PARETO, PARETO]), fractions("1/2 10")
    found = burn_market(market, caps)
    assert found.weights.tolist() == [F(5, 28), 1]
    assert len(found.orders) == 2
    dual = Dual(market, array(caps))
    single = [
        sum(map(min, caps, dual.auction(found.weights, order).captured(dual.worth)), F(0))
        for order in ((0, 1), (1, 0))
    ]
    assert max(single) == F(5, 2)


def test_buyers_of_weight_zero_may_need_their_values_compared() -> None:
    """Caps that can all be reached, but not by turns: the highest value has to win, at small weights."""
    market, caps = market_of([PARETO, PARETO]), fractions("6/5 6/5")
    found = burn_market(market, caps)
    check_answer(market, caps, found)
    assert found.value == F(12, 5)
    assert found.weights.tolist() == [0, 0]
    assert any((order.weights > 0).all() for order in found.orders)
    # Beside a buyer of positive weight whose virtual value may be 0 they take what she leaves.
    market, caps = market_of([("0 4", "7/8 1/8"), PARETO, PARETO]), fractions("50 1 1")
    found = burn_market(market, caps)
    check_answer(market, caps, found)
    assert solve(ReducedForm(market, caps).profiles(exact=True), exact=True).value == found.value


def test_any_tie_rule_is_not_monotone_at_weight_zero() -> None:
    """Serving the lowest type alone meets the relaxed program's optimum, and is no auction's allocation."""
    market, caps = market_of([PARETO]), [F(1, 10)]
    found = burn_market(market, caps)
    assert (found.value, found.weights.tolist()) == (F(1, 10), [0])
    buyer = market.buyers[0]
    strange = array(["1/10", "0", "0"])
    assert (buyer.probabilities * VirtualValues(buyer).utility_ironed) @ strange == F(1, 10)
    check_answer(market, caps, found)


@pytest.mark.parametrize(
    ("values", "prior", "caps"),
    [
        ("1,2,10;1,2,10", "7/10,1/5,1/10;7/10,1/5,1/10", ["1/2", "10"]),
        ("1,2,10;1,2,3", None, ["1", "2/3"]),
        ("0,1;0,2;1,3", None, ["1/5", "1/4", "1/3"]),
        ("1,2;1,2", None, ["0", "1"]),
    ],
)
def test_every_auction_of_the_mixture_verifies(values: str, prior: str | None, caps: list[str]) -> None:
    env = dm.load("asymmetric-auction", values=values, prior=prior)
    found = dm.burn(env, caps)
    shares = found.probabilities.tolist()
    for mechanism in (found.mechanism(env), *(one.mechanism(env, shares) for one in found.auctions)):
        mechanism.check(env)
        verdicts = verify(env, mechanism, "ex-post", "ex-post")
        assert [verdict.violation for verdict in verdicts] == [0, 0]
        assert (mechanism.stages[0].transfers >= 0).all()


def test_floats_are_answered_in_floats() -> None:
    agents = [
        dm.Agent(
            name,
            types=["a", "b", "c"],
            prior=[0.7, 0.2, 0.1],
            values=[[[0.0] * 3, *([1.0, 2.0, 10.0] if a == i else [0.0] * 3 for a in range(2))]],
        )
        for i, name in enumerate(("ann", "bob"))
    ]
    env = dm.Environment(agents=agents, actions=["keep", "to ann", "to bob"], horizon=1)
    found = dm.burn(env, [0.5, 10])
    assert isinstance(found.value, float)
    assert found.value == pytest.approx(703 / 280)
    assert found.weights.tolist() == pytest.approx([5 / 28, 1])
    mechanism = found.mechanism(env)
    assert all(verdict.holds for verdict in verify(env, mechanism, "ex-post", "ex-post"))
    simple = nearby(Market("m", 0, tuple(b.converted(False) for b in found.market.buyers), 0))
    assert simple.buyers[0].probabilities.tolist() == fractions("7/10 1/5 1/10")
    with pytest.raises(InvalidInput, match="sums to 1"):
        dm.burn(env, [0.5, 10], exact=True)


def test_bad_caps_and_bad_values_are_named() -> None:
    market = market_of([TWO, TWO])
    with pytest.raises(InvalidInput, match="agent 'b1' has the negative cap -1"):
        burn_market(market, [1, -1])
    with pytest.raises(InvalidInput, match="1 given for 2 agents"):
        burn_market(market, [1])
    with pytest.raises(InvalidInput, match="agent 'b0': 'x' is not a number"):
        burn_market(market, ["x", 1])
    with pytest.raises(AssumptionViolated, match="agent 'b0', period 0: value -1"):
        burn_market(market_of([("-1 3", "1/2 1/2")]), [1])
    with pytest.raises(InvalidInput, match="'none' is not one of smallest, largest"):
        dm.burn(dm.load("myerson"), [1, 1], payments="none")  # type: ignore[arg-type]


def test_ten_buyers_with_ten_values_each() -> None:
    """10^10 profiles; checked by the proof and by Border's condition, both exact."""
    buyers = [
        (" ".join(str(1 + (7 * i + 13 * k) % 17 + 17 * k) for k in range(10)), " ".join(["1/10"] * 10))
        for i in range(10)
    ]
    market = market_of(buyers)
    for cap in ("2", "9", "15"):
        limits = [F(cap) * F(1 + i % 4, 3) for i in range(10)]
        check_answer(market, limits, burn_market(market, limits))
