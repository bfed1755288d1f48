"""What not knowing the future costs: accounts by utility, stronger notions, guarantees, the long run."""

from __future__ import annotations

import math
from collections.abc import Callable
from fractions import Fraction
from itertools import pairwise

import pytest

from dynamech.instances.families.give_then_spend import equal_revenue
from dynamech.instances.families.items_over_time import items
from dynamech.instances.library import load
from dynamech.models.accounts.items import read_items
from dynamech.models.accounts.nonclairvoyant.asymptotic import asymptotic, asymptotic_account
from dynamech.models.accounts.nonclairvoyant.lemmas import static_bounds
from dynamech.models.accounts.nonclairvoyant.maximin import maximin
from dynamech.models.accounts.nonclairvoyant.run import run
from dynamech.models.accounts.nonclairvoyant.two_scenarios import price_mixture, two_scenarios
from dynamech.models.accounts.nonclairvoyant.utility_account import account_by_utility
from dynamech.models.environment.environment import Environment
from dynamech.models.mechanism.mechanism import Mechanism
from dynamech.models.verification.anywhere import verify
from dynamech.solvers.effort import EXACT
from dynamech.solvers.errors import AssumptionViolated, InvalidInput

F = Fraction
Written = Callable[[Environment, str], Mechanism]

# Accounts by utility, and what stronger notions cost ------------------------------------------------------

COIN = [F(1), F(2)], [F(1, 2), F(1, 2)]
SHOP = items([[COIN], [COIN]])


@pytest.mark.parametrize("settings_", [{"case": "mixed"}, {"buyers": 2, "periods": 3}])
def test_utility_so_far_is_a_balance(settings_: dict[str, object]) -> None:
    """Lemma 5.2 on the accounts above: the same revenue, (BU) an equality."""
    env = load("items-over-time", **settings_)
    account = run(read_items(env)).account()
    found = account_by_utility(env, account.mechanism)
    assert found.revenue == account.revenue
    assert [condition.holds for condition in found.conditions()] == [True, True, True]
    for after, kept, balances in zip(found.after, found.utilities, found.balances, strict=True):
        assert (after == balances[:, :, None] + kept).all()


def test_averaged_continuations(written: Written) -> None:
    """Both reports keep 0, and are followed by different items at the same expected utility: one balance."""
    same = written(SHOP, "0 0 0; 1 1 2; 0,0 0 0; 0,1 1 2; 1,0 0 0; 1,1 1/2 1")
    found = account_by_utility(SHOP, same)
    assert [len(b) for b in found.balances] == [1, 1]
    assert found.mechanism.stages[1].allocation[0, 1, 1] == F(3, 4)
    assert found.revenue == F(5, 2) - F(3, 4)


def test_lemma_c1_fails_on_finite_supports(written: Written) -> None:
    """Every prefix is incentive compatible, yet what follows depends on the report."""
    made = written(SHOP, "0 0 0; 1 1 3/2; 0,0 0 0; 0,1 1 2; 1,0 0 0; 1,1 1 3/2")
    held = {(v.kind, v.notion): v.holds for v in verify(SHOP, made)}
    assert held["incentives", "ex-post"]
    assert held["incentives", "per-period"]
    assert held["participation", "per-period"]
    with pytest.raises(AssumptionViolated, match=r"'report-independent' .* 1/4 more"):
        account_by_utility(SHOP, made)


@pytest.mark.parametrize(
    ("text", "applies"),
    [
        ("0 0 0; 1 1 2; 0,0 0 0; 0,1 1 2; 1,0 0 0; 1,1 1 2", (True, True)),
        ("0 1 1; 1 1 1; 0,0 1 1; 0,1 1 1; 1,0 1 1; 1,1 1 1", (True, True)),
        ("0 0 1; 1 0 1; 0,0 0 -1; 0,1 0 -1; 1,0 0 -1; 1,1 0 -1", (False, True)),
        ("0 1/2 1/2; 1 1 3/2; 0,0 0 0; 0,1 1 2; 1,0 1 3/2; 1,1 1 3/2", (False, False)),
    ],
)
def test_what_stronger_notions_cost(written: Written, text: str, applies: tuple[bool, bool]) -> None:
    """Lemmas B.1 and B.2: no more than one static auction a period; the best account earns 9/4 against 2."""
    bounds = static_bounds(SHOP, written(SHOP, text))
    assert tuple(bound.applies for bound in bounds) == applies
    assert all(bound.holds for bound in bounds)
    assert all(bound.repeated_myerson == 2 for bound in bounds)
    if applies == (False, False):
        assert bounds[0].revenue == F(9, 4)


# The best guarantee over a family of sequences ------------------------------------------------------------

FIRST = ["1", "2", "4"], ["2/5", "1/5", "2/5"]
THREE = ["1", "2", "3"], ["1/3"] * 3


@pytest.mark.parametrize(
    ("first", "second", "ratio", "static"),
    [
        (FIRST, equal_revenue(F(1, 2), 16), "127/151", "21/29"),
        (FIRST, equal_revenue(F(1, 2), 5), "127/137", "63/73"),
        (FIRST, THREE, "144/145", "132/133"),
        ((["1", "4"], ["3/4", "1/4"]), equal_revenue(F(1, 2), 16), "1", "2/3"),
        ((["1", "2", "4", "8"], ["1/2", "1/4", "1/8", "1/8"]), equal_revenue(F(1), 16), "1", "4/7"),
        ((["1", "2"], ["1/2"] * 2), (["1", "2"], ["1/2"] * 2), "1", "8/9"),
    ],
)
def test_one_item_or_two(first: object, second: object, ratio: str, static: str) -> None:
    """Theorem 5.1's situation with finite supports, and Lemma B.1's collapse to static auctions."""
    pair = [first, second]
    found = maximin(pair, [[0], [0, 1]])  # type: ignore[arg-type]
    assert found.ratio == F(ratio)
    for revenue, best in zip(found.revenues, found.clairvoyant, strict=True):
        assert found.ratio * best <= revenue <= best
    assert maximin(pair, [[0], [0, 1]], "per-period").ratio == F(static)  # type: ignore[arg-type]


def test_the_random_price_of_the_first_item() -> None:
    """With room for every balance in the second item, the price is 1 or 4."""
    found = maximin([FIRST, equal_revenue(F(1, 2), 16)], [[0], [0, 1]])
    assert found.prices[0,].tolist() == [[F(64, 151), 0, F(87, 151)]]
    assert found.revenues == (F(1016, 755), F(3683, 1510))


def test_families_that_branch_and_that_go_on() -> None:
    branch = [
        (["3", "6"], ["2/7", "5/7"]),
        (["4", "12"], ["1/6", "5/6"]),
        (["1", "22"], ["4/7", "3/7"]),
        (["4", "8"], ["1/2", "1/2"]),
    ]
    sequences = [[0], [0, 1], [0, 2], [0, 3]]
    found = maximin(branch, sequences)
    assert found.ratio == F(39, 41)
    assert [str(best) for best in found.clairvoyant] == ["30/7", "100/7", "96/7", "62/7"]
    assert maximin(branch, sequences, "per-period").ratio == F(29, 31)
    assert maximin(branch, sequences, exact=False).ratio == pytest.approx(39 / 41)
    chain = [FIRST, equal_revenue(F(1, 2), 4), (["1", "6"], ["4/5", "1/5"])]
    assert maximin(chain, [[0], [0, 1], [0, 1, 2]]).ratio == F(127, 135)
    assert maximin(chain, [[0, 1, 2]]).ratio == 1  # whoever knows the sequence loses nothing


@pytest.mark.parametrize(
    ("pairs", "sequences", "words"),
    [
        ([(["2", "1"], ["1/2", "1/2"])], [[0]], "have to increase"),
        ([(["1", "1"], ["1/2", "1/2"])], [[0]], "repeats"),
        ([(["-1", "1"], ["1/2", "1/2"])], [[0]], "at least 0"),
        ([(["1", "2"], ["1/2", "1/3"])], [[0]], "sum to 1"),
        ([(["1", "2"], ["1/2", "1/2"])], [[1]], "no distribution"),
    ],
)
def test_families_that_are_none(pairs: object, sequences: object, words: str) -> None:
    with pytest.raises(InvalidInput, match=words):
        maximin(pairs, sequences)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("mu", "eps", "single", "mean", "ratio", "price", "top"),
    [
        (
            1,
            0,
            1.4621171572600098,
            1.8301397118021536,
            0.8395774817237875,
            1.2631081364726107,
            0.6361435774713686,
        ),
        (
            2,
            0.1,
            1.4863879277335295,
            3.3080691822419386,
            0.6694373212905248,
            0.7960124758288145,
            0.58016688027521,
        ),
        (
            3,
            0.5,
            1.3332784867877174,
            4.365802383860912,
            0.6363681208610718,
            0.869867636731786,
            0.5561102052615488,
        ),
    ],
)
def test_two_scenarios(
    mu: float, eps: float, single: float, mean: float, ratio: float, price: float, top: float
) -> None:
    """Theorem 5.1's continuous pair."""
    found = two_scenarios(mu, eps)
    shown = (found.single, found.mean, found.ratio, found.low_price, found.weight_on_top)
    assert shown == pytest.approx((single, mean, ratio, price, top), abs=1e-7)
    assert found.both == pytest.approx(mean + eps)
    assert found.ratio <= found.bound


def test_the_limit_is_a_half() -> None:
    ratios = [two_scenarios(mu).ratio for mu in (1, 2, 4, 8, 16, 20)]
    assert ratios == sorted(ratios, reverse=True)
    assert 0.5 < ratios[-1] < 0.52
    assert two_scenarios(20).bound <= (1 + 2 / 20) / 2


def test_the_expansion_of_the_text_lacks_a_term() -> None:
    """E[θ] = 1 + μ + (ln μ)/μ + o(·), not 1 + μ."""
    for mu in (4.0, 8.0, 16.0):
        mean = two_scenarios(mu).mean
        assert abs(mean - (1 + mu + math.log(mu) / mu)) < 0.1 * abs(mean - (1 + mu))


@pytest.mark.parametrize(
    ("mu", "count", "ratio", "prices"),
    [
        (
            1.0,
            40,
            0.846372388089057,
            [(1.229153448875916, 0.33962245076104364), (math.e, 0.6603775492389563)],
        ),
        (
            2.0,
            400,
            0.6643034728064483,
            [(0.7923088463626712, 0.42613109069540683), (math.exp(4), 0.5738689093045938)],
        ),
    ],
)
def test_two_scenarios_on_a_grid(
    mu: float, count: int, ratio: float, prices: list[tuple[float, float]]
) -> None:
    """The first item rounded down to geometric points, as a program."""
    low, high = math.log(1 / 64), mu * mu
    grid = [0.0, *(math.exp(low + k * (high - low) / (count - 1)) for k in range(count))]
    below = [-math.expm1(-mu * mu) * g * mu / (g * mu + 1) for g in grid]
    masses = [b - a for a, b in pairwise(below)] + [1 - below[-1]]
    found = price_mixture(grid, masses)
    assert found.ratio == pytest.approx(ratio, abs=1e-7)
    for shown, expected in zip(found.prices, prices, strict=True):
        assert shown == pytest.approx(expected, abs=1e-6)
    assert found.ratio >= two_scenarios(mu).ratio - 1e-9  # rounding down loses more of the second scenario


# The long run -------------------------------------------------------------------------------------------

COINS = [[([F(1), F(2)], [F(1, 2)] * 2)] * 2]
UNEVEN = [[([F(0), F(3)], [F(2, 3), F(1, 3)]), ([F(1), F(2)], [F(1, 2)] * 2)]]


def test_the_long_run_exactly() -> None:
    six = asymptotic(read_items(items(COINS * 6)), effort=EXACT)
    assert sum(six.revenue) == F(15, 2)
    assert sum(asymptotic(read_items(items(UNEVEN * 6)), effort=EXACT).revenue) == 3


@pytest.mark.parametrize(
    ("threshold", "free", "revenues"),
    [
        ("printed", (131, 66), {20: 13.999984809786358, 50: 46.99997099197897, 200: 268.4999668719401}),
        ("corrected", (200, 150), {20: 10.0, 50: 25.0, 100: 57.0, 200: 150.0}),
    ],
)
def test_the_long_run(threshold: str, free: tuple[int, int], revenues: dict[int, float]) -> None:
    """App. F on uneven buyers: when each leaves the second-price auction, and what is earned."""
    found = asymptotic(read_items(items(UNEVEN * 200)), threshold)  # type: ignore[arg-type]
    assert tuple(found.in_second_price.sum(axis=0)) == free
    for periods, earned in revenues.items():
        assert sum(map(float, found.revenue[:periods])) == pytest.approx(earned, abs=1e-6)
    assert min(float(b) for row in found.mean_balance for b in row) >= 0
    first = [int(column.argmin()) + 1 if not column.all() else None for column in found.in_second_price.T]
    assert first == ([70, 12] if threshold == "printed" else [None, 78])


def test_the_long_run_by_hand_of_the_account() -> None:
    """The random walks agree with the account, which is one; with the text's fee it is not truthful."""
    shop = read_items(items(UNEVEN * 3))
    weights = [[True, True], [False, True], [False, False]]
    account = asymptotic_account(shop, weights)
    assert [condition.holds for condition in account.conditions()] == [True, True, True]
    alike = read_items(items(COINS * 2))
    weights = [[True, True], [False, False]]
    assert [condition.holds for condition in asymptotic_account(alike, weights).conditions()] == [True] * 3
    wrong = asymptotic_account(alike, weights, fee="winner").conditions()[0]
    assert (wrong.name, wrong.violation) == ("IC", F(1, 8))
    one = read_items(load("items-over-time", values="1,2", periods=40))
    walk = asymptotic(one, "printed")
    assert not walk.in_second_price.all()
    few = read_items(load("items-over-time", values="1,2", periods=4))
    found = asymptotic(few, "printed", effort=EXACT)
    rows = found.in_second_price.tolist()
    assert asymptotic_account(few, rows).revenue == sum(found.revenue)


def test_ratios_rise_to_one() -> None:
    """One buyer (Theorem 5.4): the share of the full surplus grows with the horizon."""
    found = asymptotic(read_items(load("items-over-time", values="1,2", periods=1000)))
    ratios = [found.ratio(t) for t in (100, 300, 1000)]
    assert ratios == sorted(ratios)
    assert ratios[-1] > 0.7
    with pytest.raises(InvalidInput, match="threshold"):
        asymptotic(read_items(SHOP), "other")  # type: ignore[arg-type]


def test_participation_that_is_unknown() -> None:
    with pytest.raises(InvalidInput, match="ex-post, per-period"):
        maximin([FIRST], [[0]], "prefix")
