"""Mirrokni, Paes Leme, Tang and Zuo, *Non-clairvoyant dynamic mechanism design* (2020), the supplement."""

from __future__ import annotations

import math
from fractions import Fraction as F
from functools import cache
from itertools import pairwise
from typing import Any

import numpy as np

from ...instances.families.give_then_spend import equal_revenue
from ...instances.families.items_over_time import items
from ...instances.library import load
from ...models.accounts.bank import Bank, bank
from ...models.accounts.items import read_items
from ...models.accounts.nonclairvoyant.answer import NonClairvoyant, nonclairvoyant
from ...models.accounts.nonclairvoyant.asymptotic import asymptotic, asymptotic_account
from ...models.accounts.nonclairvoyant.lemmas import static_bounds
from ...models.accounts.nonclairvoyant.maximin import maximin
from ...models.accounts.nonclairvoyant.run import run
from ...models.accounts.nonclairvoyant.two_scenarios import two_scenarios
from ...models.accounts.nonclairvoyant.utility_account import account_by_utility
from ...models.accounts.reduction import Reduction, reduce_to_account
from ...models.auctions.ironing import iron
from ...models.auctions.market import Market, distribution
from ...models.auctions.money_burning.burning import Burning, burn_market
from ...models.auctions.virtual_values import VirtualValues
from ...models.environment.environment import Environment
from ...models.mechanism.mechanism import Mechanism, Stage
from ...models.verification.anywhere import verify
from ...solvers.effort import EXACT
from ...solvers.numbers import array
from .cases import best, keeps, solved
from .rows import Claimed, Compute, Misprint, Rows, every

MPTZ = Rows("MPTZ")
row = MPTZ.row
REDUCTION, ACCOUNT = "models/accounts/reduction.py", "models/accounts/bank_account.py"
COIN = [F(1), F(2)], [F(1, 2), F(1, 2)]
SHOPS: tuple[tuple[str, dict[str, Any]], ...] = (
    ("items-over-time", {}),
    ("items-over-time", {"case": "rising"}),
    ("items-over-time", {"values": "1,2,3"}),
    ("items-over-time", {"periods": 3}),
    ("items-over-time", {"case": "mixed"}),
)
PAIRS: tuple[tuple[str, dict[str, Any]], ...] = (
    ("items-over-time", {"buyers": 2}),
    ("items-over-time", {"case": "swapped"}),
    ("items-over-time", {"buyers": 2, "values": "1,2,4", "prior": "1/2,1/4,1/4"}),
)


def named(settings: dict[str, Any]) -> str:
    """The settings in a word."""
    return " ".join(map(str, settings.values())) or "two coins"


@cache
def _banks() -> tuple[tuple[str, Environment, Bank], ...]:
    return tuple((named(s), load(n, **s), bank(load(n, **s), effort=EXACT)) for n, s in SHOPS)


def banked(of: Any) -> Compute:
    """The claim that something holds of the best bank account of every shop."""

    def compute() -> Claimed:
        return every(((name, bool(of(env, answer))) for name, env, answer in _banks()), "bank accounts")

    return compute


for _word, _kind, _name in (
    ("per-period", 0, "(PPIC)"),
    ("report-independent", 0, "(INDU)"),
    ("ex-post", 0, "(DIC)"),
    ("prefix", 1, "(PFIR)"),
    ("expected-period", 1, "(PEIR)"),
    ("ex-post", 1, "(EPIR)"),
):
    row(f"A.1, Lemma 3.2: {_name}", "bank accounts have it", ACCOUNT)(
        banked(
            lambda env, b, w=_word, k=_kind: all(
                verify(env, b.mechanism, *((w, None) if not k else (None, w)))
            )
        )
    )
row("A.2: (IC), (BI), (BU)", "what defines an account", ACCOUNT)(
    banked(lambda env, b: all(c.holds for c in b.account.conditions()))
)


@cache
def _reductions() -> tuple[tuple[str, Reduction], ...]:
    answer = []
    for name, settings in SHOPS[:3]:
        own = solved(name, "ex-post", "ex-post", **settings).mechanism
        if own is not None:
            answer.append((named(settings), reduce_to_account(load(name, **settings), own)))
    return tuple(answer)


def claimed(reduction: Reduction, step: str) -> bool:
    """Whether all that a step of the reduction claims holds, and it claims something."""
    answer = [c.holds for c in reduction.claims if c.step == step]
    return bool(answer) and all(answer)


def reduced(of: Any) -> Compute:
    """The claim that something holds of the reduction of every optimum."""

    def compute() -> Claimed:
        return every(((name, bool(of(r))) for name, r in _reductions()), "optima")

    return compute


row("Lemma A.3", "front-loading keeps revenue and all notions", REDUCTION)(
    reduced(lambda r: r.frontloaded.revenue == r.original.revenue)
)
row("Definition A.1, (PF)", "the whole value is charged until the last period", REDUCTION)(
    reduced(lambda r: claimed(r, "front-loading"))
)
row("Lemma A.4", "symmetrisation loses neither welfare nor revenue", REDUCTION)(
    reduced(
        lambda r: (
            r.symmetric.revenue >= r.frontloaded.revenue and r.symmetric.welfare >= r.frontloaded.welfare
        )
    )
)
row("Definition A.2, (SYMM)", "equal expected utilities, equal continuations", REDUCTION)(
    reduced(lambda r: claimed(r, "symmetrisation"))
)
row("Lemma 3.3", "an account earns as much", REDUCTION)(
    reduced(lambda r: r.account.revenue >= r.original.revenue and all(c.holds for c in r.claims))
)
row("Lemma 3.3: optimal", "the best account is the clairvoyant optimum", "models/accounts/clairvoyant.py")(
    lambda: every(
        ((name, b.clairvoyant == best(env, "ex-post", "ex-post")) for name, env, b in _banks()[:3]), "shops"
    )
)
row("B.1: expected continuation", "accounts keep it", ACCOUNT)(
    banked(lambda env, b: all(verify(env, b.mechanism, None, "expected-continuation")))
)
row("B.1: (PPIR)", "with debts paid at once every period is worth it", ACCOUNT)(
    banked(lambda env, b: all(verify(env, b.account.without_debt(), None, "per-period")))
)


def written(env: Environment, rules: str) -> Mechanism:
    """One buyer's mechanism of two periods: (sold, paid) by report, then by both reports."""
    numbers = [F(x) for x in rules.split()]
    pairs = list(zip(numbers[::2], numbers[1::2], strict=True))
    stages = []
    for t, rows in enumerate((pairs[:2], pairs[2:])):
        size = len(rows) // 2
        sold = np.array([s for s, _ in rows], dtype=object).reshape(size, 2)
        paid = np.array([p for _, p in rows], dtype=object).reshape(1, size, 2)
        follow = np.arange(2).reshape(1, 2, 1).repeat(2, axis=-1) if t == 0 else None
        stages.append(Stage(np.stack([1 - sold, sold], axis=-1), paid, follow))
    return Mechanism(env.name, tuple(stages))


LEMMAS = "models/accounts/nonclairvoyant/lemmas.py"
STATIC = ("0 0 1 2 0 0 1 2 0 0 1 2", "1 1 1 1 1 1 1 1 1 1 1 1")
for _lemma, _k, _claim in (("B.1", 0, "with (PPIR)"), ("B.2", 1, "with (sDIC)")):
    row(f"Lemma {_lemma}", f"{_claim} no more than a static auction a period earns", LEMMAS, _k)(
        lambda k: every(
            (
                (text, bound.applies and bound.holds)
                for text in STATIC
                for shop in [items([[COIN], [COIN]])]
                for bound in [static_bounds(shop, written(shop, text))[k]]
            ),
            "mechanisms",
        )
    )


@row("Lemmas B.1, B.2: without", "what has neither may earn more", LEMMAS)
def more_than_static() -> Any:
    """The best account of two coins: 9/4 against 2."""
    shop = items([[COIN], [COIN]])
    bound = static_bounds(shop, written(shop, "1/2 1/2 1 3/2 0 0 1 2 1 3/2 1 3/2"))[0]
    return Claimed(
        not bound.applies and bound.revenue > bound.repeated_myerson,
        f"{bound.revenue} against {bound.repeated_myerson}",
    )


UTILITY = "models/accounts/nonclairvoyant/utility_account.py"


@row("Lemma C.1", "what follows does not depend on reports", UTILITY, erratum="MPTZ-C.1")
def depends() -> Claimed:
    """Two coins: every prefix is truthful, and a report of 2 is worth 1/4 more later."""
    shop = items([[COIN], [COIN]])
    own = written(shop, "0 0 1 3/2 0 0 1 2 0 0 1 3/2")
    truthful = keeps(shop, own, "ex-post") and keeps(shop, own, "per-period")
    gain = next(iter(verify(shop, own, "report-independent"))).violation
    return Claimed(
        not truthful or gain == 0, f"truth is best in every prefix, and what follows differs by {gain}"
    )


row("Lemmas C.2, 5.2", "utility so far is a balance, with the same revenue", UTILITY)(
    lambda: every(
        (
            (named(s), account_by_utility(load(n, **s), a.mechanism).revenue == a.revenue)
            for n, s in (SHOPS[0], SHOPS[4], PAIRS[0])
            for a in [run(read_items(load(n, **s))).account()]
        ),
        "accounts",
    )
)
SCENARIOS = "models/accounts/nonclairvoyant/two_scenarios.py"


@row("C.2: scenario 1", "REV*(F_1) = 1 + 1/μ + O(e^{−μ²})", SCENARIOS)
def scenario_one() -> Claimed:
    """μ = 3, 4, 5."""
    return every(
        (
            (mu, abs(two_scenarios(mu).single - (1 + 1 / mu)) < 4 * math.exp(-mu * mu))
            for mu in (3.0, 4.0, 5.0)
        ),
        "values of μ",
    )


@row("C.2: scenario 2", "REV*(F_1, F_2) = E[θ_1] + ε", SCENARIOS)
def scenario_two() -> Claimed:
    """ε = 0, 1/10, 1/2."""
    answer = [(eps, two_scenarios(3.0, eps)) for eps in (0.0, 0.1, 0.5)]
    return every(((eps, math.isclose(f.both, f.mean + eps)) for eps, f in answer), "values of ε")


@row("C.2: the mean", "E[θ_1] = 1 + μ + O(μ e^{−μ²})", SCENARIOS, erratum="MPTZ-C.2")
def mean() -> Claimed:
    """μ = 4, 8, 16, and the correction."""
    gaps = [(mu, two_scenarios(mu).mean - (1 + mu)) for mu in (4.0, 8.0, 16.0)]
    if any(abs(gap - math.log(mu) / mu) > abs(gap) / 10 for mu, gap in gaps):
        raise ArithmeticError("(ln μ)/μ is not what is missing")
    small = all(abs(gap) < 10 * mu * math.exp(-mu * mu) for mu, gap in gaps)
    return Claimed(small, f"{gaps[1][1]:.2f} more at μ = 8, where (ln μ)/μ = {math.log(8) / 8:.2f}")


@row("C.2: ρ*", "1 + o(1)", SCENARIOS)
def low_price() -> Claimed:
    """The lower price of the best mixture."""
    prices = [two_scenarios(mu).low_price for mu in (2.0, 4.0, 8.0)]
    closer = all(abs(b - 1) < abs(a - 1) for a, b in pairwise(prices))
    return Claimed(closer, f"{', '.join(f'{p:.3f}' for p in prices)} at μ = 2, 4, 8")


@row("Theorem 5.1", "no guarantee above 1/2", SCENARIOS)
def a_half() -> Claimed:
    """The best guarantee falls to a half."""
    ratios = [two_scenarios(mu).ratio for mu in (1.0, 2.0, 4.0, 8.0, 16.0, 20.0)]
    falls = all(b < a for a, b in pairwise(ratios))
    return Claimed(falls and 0.5 < ratios[-1] < 0.52, f"falls to {ratios[-1]:.2f} at μ = 20")


row("Theorem 5.1: its bound", "2/α ≤ 1 + 2/μ", SCENARIOS)(
    lambda: every(
        ((mu, two_scenarios(mu).ratio <= (1 + 2 / mu) / 2) for mu in (2.0, 4.0, 8.0, 20.0)), "values of μ"
    )
)


@row(
    "C.2: finite supports",
    "a random price balances both scenarios",
    "models/accounts/nonclairvoyant/maximin.py",
)
def finite_pair() -> Claimed:
    """Values 1, 2, 4 first, then equal revenue: 127/151 of both optima."""
    first = (["1", "2", "4"], ["2/5", "1/5", "2/5"])
    answer = maximin([first, equal_revenue(F(1, 2), 16)], [[0], [0, 1]])
    shares = [r / c for r, c in zip(answer.revenues, answer.clairvoyant, strict=True)]
    return Claimed(all(share >= answer.ratio for share in shares), f"guarantee {answer.ratio}")


# Several buyers ------------------------------------------------------------------------------------------

PARTS = "models/accounts/nonclairvoyant/run.py"


@cache
def _runs() -> tuple[tuple[str, NonClairvoyant], ...]:
    return tuple((named(s), nonclairvoyant(load(n, **s), effort=EXACT)) for n, s in (*SHOPS, *PAIRS[:2]))


def ran(of: Any) -> Compute:
    """The claim that something holds of the mechanism that does not know the future."""

    def compute() -> Claimed:
        return every(((name, bool(of(answer))) for name, answer in _runs()), "shops")

    return compute


row("D.2", "NonClairvoyantBalance is a bank account", PARTS)(
    ran(lambda f: all(c.holds for c in f.ran.account().conditions()))
)
row("Theorem 6.1", "a fifth of the clairvoyant optimum (a third with one buyer)", PARTS)(
    ran(lambda f: f.revenue >= f.guarantee * f.clairvoyant)
)
row("D.3, step 1", "the Myerson part is its share of repeated optimal auctions", PARTS)(
    ran(lambda f: f.ran.parts.myerson == f.ran.items.repeated_myerson * f.guarantee)
)
row("Theorem 6.3", "a half in two periods", PARTS)(
    lambda: every(
        (
            (named(s), f.clairvoyant is not None and f.revenue >= F(1, 2) * f.clairvoyant)
            for n, s in (*SHOPS[:3], *PAIRS[:2])
            for f in [nonclairvoyant(load(n, **s), "two-period", effort=EXACT)]
        ),
        "shops",
    )
)

# One item ------------------------------------------------------------------------------------------------

VALUES, BURNING = "models/auctions/virtual_values.py", "models/auctions/money_burning/burning.py"
SUPPORTS = (("1 2 3", "1/3 1/3 1/3"), ("1 2 3", "1/2 1/10 2/5"), ("1 2 4", "1/2 1/4 1/4"), ("1 3", "3/5 2/5"))


def buyer(support: tuple[str, str]) -> VirtualValues:
    """Virtual values of a buyer."""
    return VirtualValues(distribution(array(support[0].split()), array(support[1].split()), "buyer"))


def market(*supports: tuple[str, str]) -> Market:
    """A sale of one good."""
    return Market(
        "market",
        0,
        tuple(distribution(array(v.split()), array(f.split()), f"b{i}") for i, (v, f) in enumerate(supports)),
        keep=0,
    )


@row("E, footnote 2: φ", "θ_j − (θ_{j+1} − θ_j)(1 − F_j)/f_j", VALUES)
def myerson() -> Any:
    """Of 1, 2, 3, equally likely: −1, 1, 3."""
    answer = buyer(SUPPORTS[0]).virtual.tolist()
    wanted = [v - (1 if j < 2 else 0) * (1 - F(j + 1, 3)) * 3 for j, v in enumerate((F(1), F(2), F(3)))]
    return Claimed(answer == wanted, ", ".join(map(str, answer)))


@row("E, footnote 2: ϑ", "(θ_{j+1} − θ_j)(1 − F_j)/f_j", VALUES, erratum="MPTZ-utility")
def utility() -> Misprint:
    """Of 1, 2, 3, equally likely."""
    answer = buyer(SUPPORTS[0])
    corrected = [(F(1)) * (1 - F(j, 3)) * 3 for j in range(3)]
    return Misprint(answer.utility_printed, answer.utility, corrected)


@row("E, footnote 2: ironing", "slopes of the lower hull", "models/auctions/ironing.py")
def ironed() -> Claimed:
    """They do not fall, and have the same mean."""
    return every(
        (
            (
                s,
                bool((np.diff(v.ironed) >= 0).all())
                and sum(v.ironed * v.buyer.probabilities) == sum(v.virtual * v.buyer.probabilities),
            )
            for s in SUPPORTS
            for v in [buyer(s)]
        ),
        "distributions",
    )


@row("E, footnote 2: points", "K points (F_j, Σ f φ)", "models/auctions/ironing.py", erratum="MPTZ-points")
def points() -> Misprint:
    """Slopes for 3, 2, 1, equally likely, of the hull of K points, and of K + 1; as a least-squares fit that
    does not fall they are max_{i ≤ j} min_{k ≥ j} of means from i to k."""
    values, chances = array(["3", "2", "1"]), array(["1/3"] * 3)
    fit = [
        max(min(sum(values[i : k + 1], F(0)) / (k + 1 - i) for k in range(j, 3)) for i in range(j + 1))
        for j in range(3)
    ]
    return Misprint(iron(values[1:], chances[1:]), iron(values, chances), fit)


@cache
def _burnt(payments: str, caps: str, *supports: tuple[str, str]) -> Burning:
    return burn_market(market(*supports), caps.split(), payments=payments)  # type: ignore[arg-type]


PARETO = ("1 2 10", "7/10 1/5 1/10")


@row("Theorem E.1", "E[u] = E[ϑ x]", VALUES, erratum="MPTZ-E1")
def utility_sum() -> Claimed:
    """Who is always served by posted prices, with values that are ironed: an inequality."""
    gaps = []
    for support in SUPPORTS:
        v = buyer(support)
        values, chances = v.buyer.values, v.buyer.probabilities
        for k in range(len(values)):
            sold = np.array([F(int(j >= k)) for j in range(len(values))], dtype=object)
            utility = sum(chances * sold * values) - sum(chances * sold) * _least_price(values, k)
            gaps.append(sum(chances * v.utility_ironed * sold) - utility)
    if min(gaps) < 0:
        raise ArithmeticError("E[u] is above E[ϑ x]")
    return Claimed(not any(gaps), f"E[u] ≤ E[ϑ x] in all {len(gaps)} sales, less in {sum(map(bool, gaps))}")


def _least_price(values: Any, k: int) -> F:
    """The least price at which exactly values from number k on are sold to, in the limit."""
    return F(0) if k == 0 else F(values[k - 1])


for _caps, _supports, _value in (
    ("1/2 10", (PARETO, PARETO), "703/280"),
    ("10 10", (PARETO, PARETO), "27/10"),
    ("1 1/2", SUPPORTS[:2], "3/2"),
):
    row(
        f"Theorem E.2: caps {_caps}",
        "scaled virtual values attain the program's optimum",
        BURNING,
        _caps,
        _supports,
        _value,
    )(
        lambda caps, supports, known: Claimed(
            _burnt("smallest", caps, *supports).value == _burnt("smallest", caps, *supports).dual == F(known),
            known,
        )
    )


@row("Theorem E.2: ties", "subject to some rule for ties", BURNING, erratum="MPTZ-ties")
def ties() -> Claimed:
    """Caps 1/2 and 10: the optimum mixes orders."""
    answer = _burnt("smallest", "1/2 10", PARETO, PARETO)
    return Claimed(len(answer.orders) == 1, f"{answer.value} takes {len(answer.orders)} orders drawn by lot")


@row("Theorem E.2: printed values", "the optimum by ϑ as printed", BURNING, erratum="MPTZ-utility")
def printed_values() -> Misprint:
    """Caps 1/2 and 10."""
    return Misprint(
        _burnt("largest", "1/2 10", PARETO, PARETO).value,
        _burnt("smallest", "1/2 10", PARETO, PARETO).value,
        _burnt("smallest", "1/2 10", PARETO, PARETO).dual,
    )


# The long run --------------------------------------------------------------------------------------------

ASYMPTOTIC = "models/accounts/nonclairvoyant/asymptotic.py"
COINS = [[COIN, COIN]]


@row("F: an account", "AsympOptimalMulti is a bank account", ASYMPTOTIC)
def long_account() -> Claimed:
    """Two buyers, two periods, everybody who can pays μ."""
    account = asymptotic_account(read_items(items(COINS * 2)), [[True, True], [False, False]])
    return Claimed(all(c.holds for c in account.conditions()), "(IC), (BI) and (BU) hold")


@row("F: the fee", "the winner pays μ more", ASYMPTOTIC, erratum="MPTZ-fee")
def fee() -> Claimed:
    """The same with the fee on the winner alone."""
    weights = [[True, True], [False, False]]
    account = asymptotic_account(read_items(items(COINS * 2)), weights, fee="winner")
    wrong = account.conditions()[0]
    return Claimed(wrong.holds, f"{wrong.name} fails by {wrong.violation}")


@row("F: the threshold", "W √(t ln t)", ASYMPTOTIC, erratum="MPTZ-threshold")
def threshold() -> Claimed:
    """(F.3) needs E[b] ≥ 2 v̄ √(t ln t) from exp(4 v̄²/ε²) on; ε √(t ln t) never is."""
    low, high = 1.0, 2.0
    t = math.exp(4 * (high / low) ** 2) * 10
    printed, corrected = (low * math.sqrt(t * math.log(t)), low * math.sqrt(t) * math.log(t))
    if corrected <= 2 * high * math.sqrt(t * math.log(t)):
        raise ArithmeticError("√t ln t is not enough either")
    return Claimed(
        printed > 2 * high * math.sqrt(t * math.log(t)), "half of ε/v̄ is missing; √t ln t is enough"
    )


@row("Theorem F.1", "REV ≥ Σ E max θ − n C √T ln T", ASYMPTOTIC)
def long_run() -> Claimed:
    """One buyer of 1 or 2: the loss by √T ln T with C = v̄ = 2."""
    answer = asymptotic(read_items(load("items-over-time", values="1,2", periods=1000)))
    return every(
        (
            (
                T,
                sum(map(float, answer.surplus[:T])) - sum(map(float, answer.revenue[:T]))
                <= 2 * math.sqrt(T) * math.log(T),
            )
            for T in (10, 100, 300, 1000)
        ),
        "horizons",
    )


@row("Theorem F.1: the limit", "the share of the full surplus tends to 1", ASYMPTOTIC)
def shares() -> Claimed:
    """One buyer, T = 100, 300, 1000."""
    answer = asymptotic(read_items(load("items-over-time", values="1,2", periods=1000)))
    ratios = [answer.ratio(t) for t in (100, 300, 1000)]
    return Claimed(
        ratios == sorted(ratios) and ratios[-1] > 0.7, f"{', '.join(f'{float(r):.2f}' for r in ratios)}"
    )
