"""The lecture notes on dynamic mechanism design; what they have of BV is computed by the rows of BV."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction as F
from functools import cache
from itertools import pairwise, product
from typing import Any

import numpy as np

from ...instances.closed_forms import convergence
from ...instances.families.handicap_auction import continuum_bound
from ...instances.families.hidden_arrivals import FAMILY as HIDDEN
from ...instances.families.hidden_arrivals import data as hidden_data
from ...instances.library import load
from ...models.auctions.market import Buyer
from ...models.auctions.virtual_values import VirtualValues
from ...models.efficient.arrival_order import monotone_in_arrivals, served_at
from ...models.efficient.arrival_payments import arrival_outcome, arrival_payments
from ...models.efficient.arrivals import optimal_stopping, read_arrivals
from ...models.efficient.late_reports import late_reports
from ...models.efficient.mechanisms import efficient_mechanism
from ...models.efficient.scheduling import schedule
from ...models.environment.environment import Environment
from ...models.mechanism.mechanism import Mechanism, Stage
from ...models.payments.icfoc import icfoc
from ...models.payments.monotonicity import monotonicity
from ...models.screening.handicap_auction import HandicapAuction, handicap_auction
from ...models.screening.markov.canonical import canonical
from ...models.screening.markov.distortions import distortions
from ...models.screening.markov.progressive import progressive
from ...models.screening.markov.responses import impulse_responses
from ...models.screening.markov.sale import sale
from ...models.screening.markov.transfers import markov_transfers
from ...models.screening.sequential.disclosure import disclosure_search
from ...models.screening.sequential.propositions import propositions
from ...models.screening.sequential.screening import SequentialScreening, sequential_screening
from ...solvers.effort import EXACT
from . import bv
from .bv import BV
from .cases import drawn, keeps, solved, value
from .rows import Claimed, Compute, Misprint, Rows, every

LN = Rows("LN")
row = LN.row
_SHARED = {
    "(3)": "(2)",
    "(4)": "(3)",
    "section 3: M_i(θ_0)": "Scheduling: M_i(θ_0)",
    "(5)": "(4)",
    "(6)": "(5)",
    "section 3: the penultimate auction": "Scheduling: the penultimate auction",
    "(7)": "(6)",
    "(7): when it is paid": "(6): when it is paid",
    "after (7)": "after (7)",
    "section 3: M_1 with many tasks": "Scheduling: M_1 with many tasks",
    "section 3: p_1 with many tasks": "Scheduling: p_1 with many tasks",
    "(8)": "(8)",
    "(9)": "(9)",
    "after (9): threshold": "after (9): threshold",
    "(1)": "(1)",
    "(10)": "(10)",
    "(11)": "(11), (12)",
    "(12)": "(13)",
    "(13)": "(14), (15)",
    "Theorem 1: incentives": "Theorem 1: incentives",
    "Theorem 1: participation": "Theorem 1: participation",
    "section 5: the index policy": "Licensing: the index policy",
    "section 5: m_i of the winner": "Licensing: m_i of the winner",
    "Theorem 3: payments": "Theorem 2: payments",
    "after Theorem 3: two bidders": "after Theorem 2: two bidders",
    "after Theorem 3: option value": "after Theorem 2: option value",
    "after Theorem 3: own information": "after Theorem 2: own information",
}
"""Items of BV that the notes have, too, under names of their own."""
LN.extend(replace(of, paper="LN", item=_SHARED[of.item]) for of in BV if of.item in _SHARED)


@row(
    "after (2): the order without i",
    "in ascending order",
    "models/efficient/scheduling.py",
    erratum="LN-order",
)
def ascending() -> Misprint:
    """W_{-1} of tasks 8, 5, 3."""
    rate = bv.RATE
    return Misprint(3 + rate * 5, schedule([8, 5, 3], rate).without[0], 5 + rate * 3)


@row("Licensing: the index", "max E Σ δ^l v / E Σ δ^l", "solvers/algorithms/gittins.py")
def index() -> Claimed:
    """Beta(1, 1) frozen after one observation."""
    answer = bv.index()
    return Claimed(answer.computed == answer.corrected, f"{answer.computed}")


@cache
def _teams() -> tuple[tuple[str, Any, Any], ...]:
    return tuple(
        (
            name,
            efficient_mechanism(env, "team", effort=EXACT),
            efficient_mechanism(env, "balanced-team", effort=EXACT),
        )
        for name, env in drawn(4, agents=2, types=2, actions=2, periods=2)
    )


TEAM = "models/efficient/team.py"
row("Balanced budget: the team mechanism", "everybody expects the social surplus, and is truthful", TEAM)(
    lambda: every(((n, plain.satisfies["ex-post"]) for n, plain, _ in _teams()), "random environments")
)
row("Balanced budget: balance", "payments sum to what actions cost on every path", TEAM)(
    lambda: every(
        ((n, all(not np.any(s) for s in balanced.scheme.surplus)) for n, _, balanced in _teams()),
        "random environments",
    )
)
row("Balanced budget: incentives", "the balanced mechanism is Bayesian incentive compatible", TEAM)(
    lambda: every(((n, balanced.satisfies["bayesian"]) for n, _, balanced in _teams()), "random environments")
)

# Sequential screening ------------------------------------------------------------------------------------

SCREENING, OPTIONS = "models/screening/sequential/screening.py", "models/screening/sequential/options.py"
PROPOSITIONS = "models/screening/sequential/propositions.py"
SOLD = (
    ("two-period-screening", {"variant": "all-sold"}),
    ("courty-li-uniform", {"n": 3}),
    ("courty-li-uniform", {"n": 5}),
    ("two-period-screening", {"variant": "multiplicative"}),
)


@cache
def _screened() -> tuple[tuple[str, SequentialScreening], ...]:
    return tuple(
        (" ".join([n, *map(str, s.values())]), sequential_screening(load(n, **s), EXACT)) for n, s in SOLD
    )


def screened(of: Any) -> Compute:
    """The claim that something holds of every worked sale."""

    def compute() -> Claimed:
        return every(((name, bool(of(answer))) for name, answer in _screened()), "sales")

    return compute


def proposition(word: str) -> Compute:
    """The claim that a proposition holds of the mechanism that is sold by."""
    return screened(
        lambda s: all(p.holds for k, p in propositions(s.buyer, s.mechanism).items() if word in k)
    )


row(
    "Sequential screening: both static sellers",
    "the seller does at least as well as by either price",
    SCREENING,
)(screened(lambda s: s.profit >= max(one.profit for one in s.posted.values())))
for _number, _claim in (
    ("3", "truth about the value: monotone, payments implied"),
    ("4", "rents between the sums of the envelope"),
    ("6", "sales that rise in both types are truthful"),
    ("7", "participation of the lowest is enough"),
):
    row(f"Proposition {_number}", _claim, PROPOSITIONS)(proposition(_number))
row("Proposition 2", "it is enough to look at lies about the first type alone", PROPOSITIONS)(
    screened(lambda s: keeps(s.environment, s.mechanism, "bayesian", "interim"))
)
row("Theorem 3: options", "an up-front fee and a strike earn the optimum", OPTIONS)(
    screened(lambda s: s.profit == s.rungs["bayesian"])
)
row("Theorem 3: strikes", "they fall in the first type where ψ rises", OPTIONS)(
    screened(lambda s: s.menu is None or all(a >= b for a, b in pairwise(s.menu.strikes.tolist())))
)
row(
    "Theorem 3: the bound",
    "E ψ x is the optimum where ψ rises",
    "models/screening/sequential/virtual_value.py",
)(screened(lambda s: s.bound is None or s.bound == s.profit))


@row("Theorem 3: in the continuum", "grids tend to the closed form", "instances/closed_forms.py")
def courty_li() -> Claimed:
    """θ_1 = θ_0 + ε, both uniform."""
    answer = convergence("courty-li-uniform", [3, 5, 9], EXACT)
    errors: list[Any] = [abs(e) for e in answer.errors]
    return Claimed(all(b < a for a, b in pairwise(errors)), f"limit {answer.limit}, errors fall")


@row("Orthogonal information: public γ", "public shocks earn the same", SCREENING, erratum="LN-rent")
def public_shock() -> Claimed:
    """Two first types, two values."""
    public, private = (value("two-period-screening", word) for word in ("relaxed", "bayesian"))
    return Claimed(public == private, f"{public} against {private}")


@row("Orthogonal information: on grids", "public shocks earn the same", SCREENING)
def public_on_grids() -> Claimed:
    """The uniform example."""
    return every(
        (
            (n, value("courty-li-uniform", "relaxed", n=n) == value("courty-li-uniform", "bayesian", n=n))
            for n in (3, 5)
        ),
        "grids",
    )


@row(
    "Word of caution",
    "discriminatory disclosure beats full disclosure",
    "models/screening/sequential/disclosure.py",
)
def disclosed() -> Claimed:
    """Two first types and three values."""
    answer = disclosure_search(load("two-period-screening", variant="disclosure"), effort=EXACT)
    full, most = answer.values["everything"], answer.value
    return Claimed(most is not None and full is not None and most > full, f"{answer.value} against {full}")


HANDICAP = "models/screening/handicap_auction.py"


@cache
def _handicap(n: int, a: str) -> HandicapAuction:
    return handicap_auction(load("handicap-auction", n=n, a=a), EXACT)


@row("Handicap auctions: premium", "−(1 − G)/g · φ", HANDICAP)
def premium() -> Claimed:
    """On k/(n − 1): (n − 1 − k)/(n − 1)."""
    return every(
        (
            ((n, a), _handicap(n, a).premiums[0].tolist() == [F(n - 1 - k, n - 1) for k in range(n)])
            for n, a in ((3, "1/2"), (5, "1/4"))
        ),
        "grids",
    )


@row("Handicap auctions: revenue", "it is the optimal mechanism", HANDICAP)
def handicap_revenue() -> Claimed:
    """Rule C's payments earn the bound, and the ladder's optimum."""
    answer = _handicap(3, "1/2")
    return Claimed(
        answer.pivot.profit["C"] == answer.bound == value("handicap-auction", "bayesian", n=3),
        f"{answer.bound}",
    )


@row("Handicap auctions: the lattice", "bids less premiums decide as virtual values do", HANDICAP)
def handicap_lattice() -> Claimed:
    """19/36 and 35/54 on the two grids."""
    bounds = [_handicap(5, "1/4").bound, _handicap(3, "1/2").bound]
    return Claimed(bounds == [F(19, 36), F(35, 54)], f"{bounds[0]} and {bounds[1]}")


@row(
    "Handicap auctions: reserve",
    "a second-price auction without reserve prices",
    HANDICAP,
    erratum="LN-reserve",
)
def reserve() -> Claimed:
    """a = 1/4: with a reserve of 0 on the bid less the premium, and forced, on grids of 9 points."""
    n = 9
    estimates, errors = [F(k, n - 1) for k in range(n)], [F(k, 4) for k in (-1, 0, 1)]
    scores = [s + e - (1 - s) for s in estimates for e in errors]
    pairs = len(scores) ** 2
    forced = sum((max(a, b) for a in scores for b in scores), F(0)) / pairs
    free = sum((max(F(0), a, b) for a in scores for b in scores), F(0)) / pairs
    limit = continuum_bound(2, F(1, 4))
    return Claimed(forced >= free, f"forced {forced}, with a reserve {free} (continuum {limit})")


# Markov environments -------------------------------------------------------------------------------------

MONOTONE, RESPONSES = "models/payments/monotonicity.py", "models/screening/markov/responses.py"
CANONICAL = "models/screening/markov/canonical.py"


@row("Canonical representation", "shocks move types with the kernel's chances", CANONICAL)
def shocks() -> Claimed:
    """Two types, three couplings."""
    env = load("two-type-markov", a_L="2/3", a_H="3/4")
    lengths = {
        word: sum(
            r["to"] - r["from"]
            for r in canonical(env, coupling=word).rows()
            if (r["type"], r["next"], r["period"]) == ("low", "low", 0)
        )
        for word in ("quantile", "antithetic", "independent")
    }
    return every(((word, length == F(2, 3)) for word, length in lengths.items()), "couplings")


@row("Example 1", "θ^L where ε < Pr(θ^H | θ)", CANONICAL, erratum="LN-canonical")
def threshold() -> Misprint:
    """From θ^L, with Pr(θ^L | θ^L) = 2/3."""
    answer = canonical(load("two-type-markov", a_L="2/3", a_H="3/4"))
    low = max(r["to"] for r in answer.rows() if (r["type"], r["next"]) == ("low", "low"))
    return Misprint(1 - F(2, 3), low, F(2, 3))


@row("Impulse responses: two types", "Π of −F_θ/f: powers of persistence", RESPONSES)
def persistence() -> Claimed:
    """(α_L + α_H − 1)^t."""
    answer = impulse_responses(load("two-type-markov", horizon=4, a_L="2/3", a_H="3/4"))
    return every(((t, answer.response(0, t) == [(F(2, 3) + F(3, 4) - 1) ** t]) for t in (1, 2, 3)), "periods")


@row("Impulse responses: AR(1)", "γ^t", RESPONSES)
def autoregressive() -> Claimed:
    """The library's good sold once."""
    answer = impulse_responses(load("ar1-sale", gamma="1/2", bidders=1))
    return every(((t, set(answer.response(0, t)) == {F(1, 2) ** t}) for t in (1, 2)), "periods")


def optimum(name: str, **settings: Any) -> tuple[Environment, Mechanism]:
    """An environment with its optimum under Bayesian incentives."""
    answer = solved(name, "bayesian", **settings)
    if answer.mechanism is None:
        raise ArithmeticError(f"{name} has no optimum")
    return load(name, **settings), answer.mechanism


MARKOV = (
    ("two-type-markov", {"horizon": 3}),
    ("two-type-markov", {"horizon": 2, "low": 1, "high": 2, "cost": "1/4"}),
    ("two-period-screening", {"variant": "all-sold"}),
)


def markov(of: Any) -> Compute:
    """The claim that something holds of the optimum of every Markov environment."""

    def compute() -> Claimed:
        return every(((n, bool(of(*optimum(n, **s)))) for n, s in MARKOV), "optima")

    return compute


row("Theorem 4 (ICFOC)", "truth makes V' the responses' expectation", "models/payments/icfoc.py")(
    markov(lambda env, m: icfoc(env, m, EXACT).holds)
)
row(
    "Transfers: from D and Q", "they implement the optimal allocation", "models/screening/markov/transfers.py"
)(markov(lambda env, m: keeps(env, markov_transfers(env, m, EXACT).mechanism, "bayesian")))


@row(
    "Transfers: the sign",
    "p_t = δ^{−t} Q_t − E[…] − u_t",
    "models/screening/markov/transfers.py",
    erratum="LN-transfers",
)
def transfers_sign() -> Claimed:
    """With payments turned round truth fails."""
    env, mechanism = optimum("two-type-markov", horizon=2)
    answer = markov_transfers(env, mechanism, EXACT).mechanism
    turned = replace(answer, stages=tuple(replace(s, transfers=-s.transfers) for s in answer.stages))
    if not keeps(env, answer, "bayesian"):
        raise ArithmeticError("the payments do not implement the allocation")
    return Claimed(keeps(env, turned, "bayesian"), "as printed a lie gains; with the other sign none")


def monotone(env: Environment, m: Mechanism) -> dict[str, bool]:
    """Which kinds of monotonicity an allocation has."""
    return {v.notion: v.holds for v in monotonicity(env, m, EXACT)}


row("Theorem 5 (integral monotonicity)", "implementable allocations have it", "models/payments/integral.py")(
    markov(lambda env, m: monotone(env, m)["integral"])
)
row("Definitions 4 and 5", "strong implies average implies integral", MONOTONE)(
    markov(
        lambda env, m: (
            [
                not a or b
                for a, b in pairwise([monotone(env, m)[w] for w in ("strong", "average", "integral")])
            ]
            == [True, True]
        )
    )
)


@row(
    "Theorem 5: continuum equality",
    "selling less to a higher first type cannot be paid for",
    "models/payments/integral.py",
    erratum="LN-integral",
)
def falling() -> Claimed:
    """Two first types that foretell the value, of which there are two: all sales by halves that fall."""
    env = load("two-period-screening")
    shares, paid = (F(0), F(1, 2), F(1)), []
    for low in product(shares, repeat=2):
        for high in product(shares, repeat=2):
            falls = sum(high) < sum(low) and any(h < k for h, k in zip(high, low, strict=True))
            if falls and monotone(env, _sold(env, low, high))["integral"]:
                paid.append((low, high))
    told = [" ".join(map(str, side)) for side in (paid[0] if paid else ((), ()))]
    return Claimed(
        not paid, f"{len(paid)} such sales can: {told[0]} to the low type, {told[1]} to the high one"
    )


def _sold(env: Environment, *sold: tuple[F, ...]) -> Mechanism:
    """Nothing in period 0; then the item with a chance by first report and value."""
    chance = np.array(sold, dtype=object)
    first, later = env.types(0)[0], env.types(1)[0]
    chance = np.tile(chance, (1, later // chance.shape[1]))
    nothing = np.zeros((1, first, env.num_actions(0)), dtype=object) + F(0)
    nothing[..., 0] = F(1)
    follow = np.repeat(np.arange(first)[None, :, None], env.num_actions(0), axis=2)
    none = [np.zeros((1, *shape), dtype=object) + F(0) for shape in ((1, first), (first, later))]
    return Mechanism(
        env.name, (Stage(nothing, none[0], follow), Stage(np.stack([1 - chance, chance], axis=-1), none[1]))
    )


@row("Progressive screening: distortions", "they do not die down", "models/screening/markov/distortions.py")
def do_not_die() -> Claimed:
    """Losses by period of the optimum."""
    env, mechanism = optimum("progressive-screening", T=3)
    lost = [p.surplus for p in distortions(env, mechanism, EXACT).periods]
    return Claimed(lost[-1] >= lost[-2] > 0, f"losses {', '.join(map(str, lost))}")


@row(
    "Progressive screening: the optimum",
    "a menu of prices chosen by λ earns it",
    "models/screening/markov/progressive.py",
)
def fixed_prices() -> Claimed:
    """The library's worked cases."""
    cases = ({"T": 2}, {"T": 3}, {"variant": "steep", "T": 2}, {"variant": "crossing", "T": 2})
    return every(
        (
            (
                str(s),
                progressive(load("progressive-screening", **s), EXACT).menu.profit
                == value("progressive-screening", "bayesian", **s),
            )
            for s in cases
        ),
        "environments",
    )


@row(
    "Progressive screening: the rent",
    "θ_t + Σ_s (1 − G)/g · I_s",
    "models/screening/markov/progressive.py",
    erratum="LN-progressive",
)
def progressive_rent() -> Claimed:
    """The bound with the rent added, 2 θ − φ in place of φ, beside the whole surplus, which bounds all."""
    answer = progressive(load("progressive-screening", T=2), EXACT)
    first_best = value("progressive-screening", "none", T=2)
    if answer.bound is None or answer.bound > first_best:
        raise ArithmeticError(f"with the rent taken off the bound is {answer.bound}")
    env, printed = answer.environment, F(0)
    for t in range(1, env.periods):
        scores = 2 * answer.growth.worth[t][answer.paths[t]] - answer.virtual[t] - answer.margins[t]
        earned = (answer.chances[t] * np.maximum(scores, 0)).sum(axis=1)
        printed += env.discount**t * (env.agents[0].prior @ earned)
    return Claimed(
        printed <= first_best,
        f"the bound would be {printed}, above the surplus {first_best}; taken off it is {answer.bound}",
    )


@row(
    "Two persistent types",
    "q = θ_L − (μ_H/μ_L) ((α_L + α_H − 1)/α_L)^t Δθ after low reports",
    "models/screening/markov/distortions.py",
)
def battaglini() -> Claimed:
    """Quadratic cost, the library's chances, three periods: shortfalls after low reports alone."""
    words: dict[str, Any] = {"quadratic": True, "horizon": 3}
    env, mechanism = optimum("two-type-markov", **words)
    own = {p: load("two-type-markov", **words) for p in ("e",)}["e"].agents[0]
    high = F(own.prior[1])
    (low_stays, _), (_, high_stays) = own.kernels[0].table[0].tolist()
    step = F(own.types[0][1] == "high")
    short = [p.short[0].shortfall for p in distortions(env, mechanism, EXACT).periods]
    ratio = (low_stays + high_stays - 1) / low_stays
    holds = all(b == a * ratio for a, b in pairwise(short)) and short[0] == high / (1 - high) * step
    return Claimed(holds, f"shortfalls {', '.join(map(str, short))}")


@row(
    "AR(1) once and for all",
    "stopping at θ − (1 − G)/g γ^t is the optimum",
    "models/screening/markov/sale.py",
)
def once() -> Claimed:
    """Two bidders, three periods."""
    return every(
        (
            (g, sale(load("ar1-sale", gamma=g), EXACT).virtual.value == value("ar1-sale", "virtual", gamma=g))
            for g in ("1/2", "1")
        ),
        "values of γ",
    )


# Arrivals ------------------------------------------------------------------------------------------------

ARRIVALS = "models/efficient/arrivals.py"


@cache
def _arrivals() -> Any:
    return read_arrivals(periods=3, values=[1, 2, 3], chances="1/2", discount="9/10")


@row(
    "Arrivals: envelope",
    "dU/dθ = E[e^{−rτ} θ]",
    "models/efficient/arrival_payments.py",
    erratum="LN-arrivals",
)
def arrival_slope() -> Claimed:
    """A value of 2 gains 1 by saying 3 where rents have the printed slope."""
    data = _arrivals()
    answer = arrival_payments(optimal_stopping(data))
    nobody = answer.plan.empty(1)
    served, rents = (at[-1][1][0, nobody] for at in (answer.service, answer.rents))
    if not (np.diff(rents) == np.diff(data.values) * served[:-1]).all():
        raise ArithmeticError("rents do not rise by how soon she is served")
    printed = np.cumsum(np.concatenate([[F(0)], np.diff(data.values) * data.values[:-1] * served[:-1]]))
    lies = data.values[:, None] * served - (data.values * served - printed)
    gain = (lies - printed[:, None]).max()
    return Claimed(gain <= 0, f"a lie gains {gain}; without θ none")


@row(
    "Arrivals: monotone",
    "τ(a, ·) ≤ τ(â, ·) for all a, â",
    "models/efficient/arrival_order.py",
    erratum="LN-monotone",
)
def arrival_order() -> Misprint:
    """When a value of 3 is served that comes in period 0, and in period 1: for all pairs both ways round, so
    that it would be the same period."""
    plan = optimal_stopping(_arrivals())
    if not monotone_in_arrivals(plan):
        raise ArithmeticError("a later report is served sooner")
    served = served_at(plan, np.array([[3, 0, 0], [0, 3, 0]]))
    early, late = int(served[0, 0]), int(served[1, 1])
    return Misprint([early, early], [early, late], [0, 1])


@row("Arrivals: recall", "the optimal time to stop uses recall", ARRIVALS)
def recall() -> Claimed:
    """With buyers who leave at once less is earned."""
    words: dict[str, Any] = {"periods": 3, "values": [1, 2, 3], "chances": ["1/4", "3/4"], "discount": "9/10"}
    kept = optimal_stopping(read_arrivals(**words)).value
    gone = optimal_stopping(read_arrivals(**words, timeout=1)).value
    return Claimed(kept > gone, f"{kept} against {gone} where nobody waits")


@row("Arrivals: revenue", "E Σ e^{−rτ} (θ − (1 − F)/f)", "models/efficient/arrival_payments.py")
def arrival_revenue() -> Claimed:
    """What is collected of the payments for virtual values is the value of stopping at them."""
    data = _arrivals()
    plan = optimal_stopping(data, VirtualValues(Buyer("buyer", None, data.values, data.pmf)).ironed)
    collected = arrival_outcome(plan, arrival_payments(plan)).collected
    return Claimed(collected == plan.value, f"{collected}")


@row(
    "Arrivals: subsidies",
    "hidden arrivals may need a subsidy to who comes early",
    "models/efficient/late_reports.py",
)
def subsidy() -> Claimed:
    """What an early arrival pays under efficient service."""
    words = {p.name: p.default for p in HIDDEN.parameters if p.name not in ("reports", "settled")}
    buyer = late_reports(hidden_data(**words)).buyers[0]
    early = set(buyer.hidden[0][buyer.reach[0] > 0].tolist())
    return Claimed(max(early) < 0, f"she pays {max(early)}")
