"""Kakade, Lobel and Nazerzadeh, *Optimal dynamic mechanism design and the virtual-pivot mechanism* (2011)."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction as F
from functools import cache
from itertools import pairwise
from typing import Any

import numpy as np

from ...instances.closed_forms import convergence
from ...instances.library import load
from ...models.design.question import Question
from ...models.efficient.pivot import pivot
from ...models.environment.environment import Environment
from ...models.ladder.ladder import ladder
from ...models.screening.envelope import envelope, interval_dominance, virtual_surplus
from ...models.screening.menu_kinds import menu
from ...models.screening.virtual_index import virtual_index
from ...models.screening.virtual_pivot import VirtualPivot, virtual_pivot
from ...models.verification.public_states import worth as worth_of
from ...solvers.algorithms.gittins import gittins_indices
from ...solvers.effort import EXACT
from .cases import best, drawn, gap, keeps, serving, solved, value, violation
from .rows import Claimed, Compute, Misprint, Rows, every, listed

KLN = Rows("KLN")
row = KLN.row
NONSEPARABLE, CORRELATED = "instances/families/kln_nonseparable.py", "instances/families/kln_correlated.py"
PIVOT, LEVELS = "models/screening/virtual_pivot.py", "models/screening/virtual_levels.py"
SEPARABLE: tuple[tuple[str, dict[str, Any]], ...] = (
    ("kln-separable", {"variant": "tight", "T": 1}),
    ("kln-separable", {"variant": "tight-two-types", "T": 2}),
    ("kln-separable", {"variant": "additive"}),
    ("kln-separable", {"variant": "tight-uneven"}),
    ("supply-chain", {"T": 1}),
    ("handicap-auction", {"n": 3}),
)
"""Separable environments in which finite types leave Theorem 5.1 as it is."""


@cache
def _pivots() -> tuple[tuple[str, VirtualPivot], ...]:
    return tuple(
        (" ".join([name, *map(str, settings.values())]), virtual_pivot(load(name, **settings), exact=True))
        for name, settings in SEPARABLE
    )


def separable(of: Any) -> Compute:
    """The claim that something holds of every separable environment."""

    def compute() -> Claimed:
        return every(((name, bool(of(answer))) for name, answer in _pivots()), "separable environments")

    return compute


@cache
def _random() -> tuple[tuple[str, dict[str, Any]], ...]:
    def values(env: Environment) -> dict[str, Any]:
        words = ("none", "virtual", "relaxed", "bayesian", "ex-post")
        return {word: best(env, word) for word in words}

    return tuple((name, values(env)) for name, env in drawn(8, agents=1, periods=2, types=2, actions=2))


def rungs(of: Any) -> Compute:
    """The claim that something holds of the optimal values of random environments."""

    def compute() -> Claimed:
        return every(((name, bool(of(v))) for name, v in _random()), "random environments")

    return compute


row("Definition 2.1", "periodic ex-post is the stronger notion", "models/notions/incentives/ex_post.py")(
    rungs(lambda v: v["ex-post"] <= v["bayesian"])
)
row(
    "Definition 3.1, Lemma 3.1", "the relaxed optimum bounds the dynamic one", "models/relaxations/shocks.py"
)(rungs(lambda v: v["bayesian"] <= v["relaxed"] <= v["none"]))


@row(
    "Lemma 3.1: mechanisms",
    "what is incentive compatible stays so where later signals are public",
    "models/relaxations/shocks.py",
)
def stays() -> Claimed:
    """The optimum under bayesian incentives, judged with public shocks."""
    return every(
        (
            (name, keeps(load(name, **words), solved(name, "bayesian", **words).mechanism, "relaxed"))
            for name, words in SEPARABLE[:4]
        ),
        "environments",
    )


row("Lemma 3.1: attained", "a dynamic mechanism that earns R* is optimal in both", "models/ladder/ladder.py")(
    separable(lambda v: not v.attains or v.profit[v.returned] == v.bound)
)
ENVELOPE = "models/screening/envelope.py"


@row("Lemma 3.2", "U(x) − U(x') is the integral of ∂V^{z→z}", ENVELOPE)
def envelope_holds() -> Claimed:
    """By lower and upper sums, of the mechanism that is returned."""
    return every(
        (
            (name, v.mechanism is not None and bool(envelope(v.environment, v.mechanism, effort=EXACT)))
            for name, v in _pivots()
        ),
        "mechanisms",
    )


@row("Lemma 3.3: (4)", "profit is E Σ δ^t of virtual surplus less what the lowest type gets", ENVELOPE)
def expected_profit() -> Claimed:
    """Rule A, whose rents are the lower sums; the judge is not asked."""
    return every(
        (
            (name, virtual_surplus(v.environment, v.rules["A"].mechanism, EXACT).value == v.profit["A"])
            for name, v in _pivots()
        ),
        "mechanisms",
    )


@row("Lemma 3.5", "truthful from period 0 on if and only if (11) and (12) hold", ENVELOPE)
def interval() -> Claimed:
    """Rules A, B and C of every environment and of one in which A and C are not truthful."""
    answers = [
        *_pivots(),
        ("supply-chain kinked", virtual_pivot(load("supply-chain", variant="kinked"), exact=True)),
    ]
    return every(
        (
            ((name, word), rule.truthful == bool(interval_dominance(v.environment, rule.mechanism)))
            for name, v in answers
            for word, rule in v.rules.items()
        ),
        "mechanisms",
    )


row("Property 4.1, (13)", "multiplicative values are recognised", "models/screening/separable.py")(
    lambda: Claimed(
        all(r["form"] == "multiplicative" for r in _pivots()[0][1].separable.values()), "with no residual"
    )
)
row("Property 4.1, (14)", "additive values are recognised", "models/screening/separable.py")(
    lambda: Claimed(
        all(r["form"] == "additive" for r in _pivots()[5][1].separable.values()), "with no residual"
    )
)


def shown(family: str, forms: set[str], **settings: Any) -> Compute:
    """The claim that a family's agents separate in one of these forms."""

    def compute() -> Claimed:
        agents = virtual_pivot(load(family, **settings), exact=True).separable
        return every(((name, one["form"] in forms) for name, one in agents.items()), "agents")

    return compute


row(
    "section 4.1: sponsored search",
    "s_0 times the chance of a purchase is separable",
    "instances/families/sponsored_search.py",
)(shown("sponsored-search", {"multiplicative"}, T=1))
row("section 4.1: supply chain", "margin times demand is separable", "instances/families/supply_chain.py")(
    shown("supply-chain", {"multiplicative"}, T=1)
)
row(
    "section 4.1: AR(k)",
    "autoregressive values are additively separable",
    "instances/families/ar_additive.py",
)(shown("ar-additive", {"additive"}, bidders=1))


@row("Lemma 4.1: α", "1 − (1 − F)/f · A'/A", LEVELS)
def alpha() -> Claimed:
    """s_0 in 2, 3, 4, equally likely, A = s_0: 1 − (1 − F(s)) / f · step / s."""
    answer = _pivots()[0][1].alpha["buyer"]
    return Claimed(
        list(answer) == [1 - F(2 - k, s) for k, s in enumerate((2, 3, 4))], f"{', '.join(map(str, answer))}"
    )


@row("Lemma 4.1: β", "0 for multiplicative values, −(1 − F)/f · A' C for additive ones", LEVELS)
def beta() -> Claimed:
    """The handicap auction's on three points: premiums 1, 1/2, 0."""
    additive = _pivots()[5][1].beta
    zero = not any(listed(list(_pivots()[0][1].beta.values())))
    worst = sorted(set(listed(list(additive.values()))))
    return Claimed(zero and worst == [-1, -F(1, 2), 0], f"{', '.join(map(str, worst))}")


row("Lemma 4.1: (15), Corollary 4.1: (16)", "virtual welfare bounds profit", PIVOT)(
    separable(lambda v: all(p <= v.bound for w, p in v.profit.items() if v.rules[w].truthful))
)
row("Corollary 4.1: attained", "the bound is the value of the rung of virtual values", PIVOT)(
    lambda: every(
        (
            (name, value(name, "virtual", **s) == v.bound)
            for (name, s), (_, v) in zip(SEPARABLE, _pivots(), strict=True)
        ),
        "separable environments",
    )
)


@row("(18)", "−β where (17) adds β", "models/screening/affine.py", erratum="KLN-18")
def bellman() -> Misprint:
    """The handicap auction's bound on three points, with β added and with β taken off."""
    v = _pivots()[5][1]
    added = solved("handicap-auction", "virtual", n=3).value
    taken = _with_beta(-1)
    return Misprint(taken, v.bound, added if _with_beta(1) == added else None)


def _with_beta(sign: int) -> F:
    """E max(0, θ_i + sign β_i) of two bidders: estimates 0, 1/2, 1, errors −1/2, 0, 1/2, equally likely."""
    estimates, errors = (F(0), F(1, 2), F(1)), (F(-1, 2), F(0), F(1, 2))
    scores = [s + e - sign * (1 - s) for s in estimates for e in errors]
    return sum((max(F(0), a, b) for a in scores for b in scores), F(0)) / len(scores) ** 2


@row("Assumption 5.1, Lemma A.2", "α rises where the hazard rate does and A is concave", LEVELS)
def rising() -> Claimed:
    """On grids of k/(n − 1), A = s_0."""
    names = (3, 5, 9)
    answer = ((n, virtual_pivot(load("kln-contracting", n=n, T=1), exact=True).alpha["buyer"]) for n in names)
    return every(
        ((n, all(a < b for a, b in pairwise([x for x in row if x is not None]))) for n, row in answer),
        "grids",
    )


row("Theorem 5.1: optimal", "the virtual pivot earns the bound", PIVOT)(separable(lambda v: v.attains))
row("Theorem 5.1: periodic ex-post", "it is truthful at every profile", PIVOT)(
    separable(lambda v: v.rules[v.returned].truthful)
)
row("Theorem 5.1: participation", "and nobody would leave", PIVOT)(
    separable(lambda v: v.rules[v.returned].participation.holds)
)


@row("Theorem 5.1: with finite types", "weights that rise are enough", PIVOT, erratum="KLN-5.1")
def not_tight() -> Claimed:
    """s_0 in 2, 3 with α = 7/4 and 3, B in 5, 6, an item costs 10: 27/20 against 117/100."""
    words: dict[str, Any] = {"variant": "not-tight", "T": 1}
    answer = virtual_pivot(load("kln-separable", **words), exact=True)
    low, high = answer.alpha["buyer"]
    rises = low is not None and high is not None and low < high
    bound, most = answer.bound, value("kln-separable", "bayesian", **words)
    return Claimed(not rises or bound == most, f"bound {bound}, optimum {most}, weights rise")


row("section 5.1: no rent for later signals", "public later signals earn no more", "models/ladder/ladder.py")(
    lambda: every(((name, gap(name, **s) == 0) for name, s in SEPARABLE), "separable environments")
)
row("section 5.1: distortion", "the first signal distorts every period as a static one", PIVOT)(
    lambda: every(
        (
            (
                T,
                value("kln-separable", "virtual", variant="tight", T=T)
                == value("kln-separable", "virtual", variant="tight", T=1)
                * sum(F(9, 10) ** t for t in range(T)),
            )
            for T in (2, 3)
        ),
        "horizons",
    )
)


@row(
    "(20), (21)",
    "the others' later welfare follows a*_{−i}",
    "models/screening/affine_pivot.py",
    erratum="KLN-20",
)
def continuation() -> Claimed:
    """Weights of 1: two tasks, one served a period. As printed only what others lose now is charged."""
    answer = pivot(serving([0, 3, 5, 8], ["1", "2"]), EXACT)
    env, own = answer.environment, answer.mechanism
    digits = np.indices(env.types(0)).reshape(2, -1)
    paid = np.array(
        [
            [
                worth[alone[k], s] - worth[a, s]
                for s, (a, k) in enumerate(zip(answer.policy[0], digits[1 - i], strict=True))
            ]
            for i in range(2)
            for alone, worth in [(answer.without[i].policy[0].ravel(), worth_of(env, 0, 1 - i))]
        ],
        dtype=object,
    )
    stage = replace(own.stages[0], transfers=paid.reshape(own.stages[0].transfers.shape))
    right = violation(env, own, "ex-post")
    wrong = violation(env, replace(own, stages=(stage,)), "ex-post")
    if right:
        raise ArithmeticError(f"corrected, a lie gains {right}")
    return Claimed(not wrong, f"a lie gains {wrong}; corrected, nothing")


row("(22), Lemma 5.2", "from period 1 on truth is best at every profile", "models/screening/affine_pivot.py")(
    separable(lambda v: all(r.lie is None or r.lie.period == 0 for r in v.rules.values()))
)
row("(24), Lemma 5.1", "entry payments by the envelope leave the bound", "models/screening/rule.py")(
    separable(lambda v: v.profit["A"] == v.bound)
)
row("(25)", "p_0 is p* less what is paid later: profit is virtual surplus", "models/screening/rule.py")(
    separable(lambda v: virtual_surplus(v.environment, v.rules["A"].mechanism, EXACT).value == v.bound)
)
row("Lemma 5.3", "(11) and (12) hold", ENVELOPE)(
    separable(lambda v: interval_dominance(v.environment, v.rules[v.returned].mechanism))
)
MENU = "models/screening/posted_menu.py"


@row("Fig. 3: prices", "(c − β)/α", MENU)
def posted_prices() -> Claimed:
    """Cost 3/10, s_0 on k/10: α = 1 − (1 − s)/s, β = 0, a sale from α s 3/2 ≥ 3/10 on."""
    cost, grid = F(3, 10), [F(k, 10) for k in range(1, 11)]
    (offered,) = menu(load("kln-contracting", n=11, T=1), "posted", effort=EXACT).menus
    prices = {F(label): one.price(1, "sell") for one in offered.contracts for label in one.types}
    weights = {s: 1 - (1 - s) / s for s in grid}
    wanted = {s: cost / a for s, a in weights.items() if a * s * F(3, 2) >= cost}
    return every(((s, prices.get(s) == wanted.get(s)) for s in grid), "first signals")


@row("Corollary 6.1", "a menu of prices and fees earns the bound", MENU)
def contracting() -> Claimed:
    """One buyer, T = 1."""
    return every(
        (
            (
                words["variant"],
                menu(load("kln-separable", **words), "posted", effort=EXACT).profit
                == value("kln-separable", "virtual", **words),
            )
            for words in ({"variant": "tight", "T": 1}, {"variant": "tight-uneven"})
        ),
        "environments",
    )


@row("section 6.1: limit", "Σ_B Pr(B) (B − γ)²/(4 B) a period", "instances/closed_forms.py")
def contracting_limit() -> Claimed:
    """Grids tend to it: the error shrinks with the step."""
    answer = convergence("kln-contracting", [5, 9, 17], EXACT, T=1, discount=F(1))
    errors: list[Any] = [abs(e) for e in answer.errors]
    wanted = sum(((b - F(3, 10)) ** 2 / (4 * b) for b in (F(1, 2), F(1), F(3, 2))), F(0)) / 3
    falls = all(b < a for a, b in pairwise(errors))
    return Claimed(falls and answer.limit == wanted, f"limit {answer.limit}, errors fall")


@row("section 6.1: who buys", "whoever has α > 0", MENU, erratum="KLN-6.1")
def sale_from() -> Misprint:
    """s_0 uniform, cost 3/10, B up to 3/2, on k/40: the first to buy something."""
    answer = virtual_pivot(load("kln-contracting", n=41, T=1), exact=True)
    weights = list(answer.alpha["buyer"])
    first = next(F(k, 40) for k, a in enumerate(weights) if a is not None and a > 0)
    served = min(
        F(k, 40) for k, a in enumerate(weights) if a is not None and a * F(k, 40) * F(3, 2) >= F(3, 10)
    )
    return Misprint(first, served, F(3, 5))


row("section 6.2.1", "uncontrolled: the plan looks at one period alone", "models/screening/uncontrolled.py")(
    separable(lambda v: v.uncontrolled.holds and v.myopic.holds)
)
row("Corollary 6.2", "truth is dominant from period 1 on", "models/screening/uncontrolled.py")(
    separable(lambda v: bool(v.dominant["A"]))
)
BANDIT = "models/screening/virtual_index.py"


@cache
def _bandit() -> Any:
    return virtual_index(load("kln-bandit"), effort=EXACT)


@row("Definition 6.1, (26)", "max E[Σ δ^t v / Σ δ^t]", "solvers/algorithms/gittins.py", erratum="KLN-26")
def index() -> Misprint:
    """An arm worth 0 that becomes one worth 10 for ever, or 0, with chances 1/2; δ = 1/2."""
    half = F(1, 2)
    moves = np.array([[F(0), half, half], [F(0), F(1), F(0)], [F(0), F(0), F(1)]])
    answer = gittins_indices(np.array([F(0), F(10), F(0)]), moves, half).index[0]
    on = half / (1 - half)
    return Misprint(half * on * 10 / (1 + on), answer, half * on * 10 / (1 + half * on))


@row("Corollary 6.3: allocation", "the highest virtual index is served", BANDIT)
def highest_index() -> Claimed:
    """The library's bandit: the plan is the stationary optimum at the weights."""
    answer = _bandit()
    setting = answer.setting
    return every(
        (
            (
                profile,
                (
                    np.broadcast_to(answer.bandit.welfare(w), answer.bandit.sizes).reshape(-1)
                    == setting.affine.welfare(w).values[1]
                ).all(),
            )
            for profile in setting.profiles
            for w in [answer.bandit.weights(profile)]
        ),
        "first reports",
    )


for _n, _relaxed, _dynamic in (
    (2, "7/2", "13/4"),
    (3, "8/3", "5/2"),
    (5, "5/2", "9/4"),
    (9, "43/18", "25/12"),
):
    row(
        f"section 7, non-separable: a gap, n = {_n}",
        "relaxed above dynamic, c_+ = 2, c_× = 10",
        NONSEPARABLE,
        _n,
        F(_relaxed) - F(_dynamic),
    )(
        lambda n, known: Claimed(
            gap("kln-nonseparable", n=n) == known > 0,
            " against ".join(str(value("kln-nonseparable", word, n=n)) for word in ("relaxed", "bayesian")),
        )
    )


@row("section 7, non-separable: the lie", "½ (½ c_× − ½ − c_+) more by a swap", "models/payments/unrelax.py")
def swap() -> Claimed:
    """What the least of all relaxed payments leaves to a lie: 5/4 at c_+ = 2, c_× = 10."""
    wanted = (F(10, 2) - F(1, 2) - 2) / 2
    answer = ladder(load("kln-nonseparable", n=3), Question(), EXACT).unrelaxed
    return Claimed(
        answer is not None and F(answer.gain) == wanted, "" if answer is None else f"{answer.gain}"
    )


@row(
    "section 7, non-separable: how large c_×",
    "a gap for c_× large enough",
    NONSEPARABLE,
    erratum="KLN-7-large",
)
def how_large() -> Claimed:
    """n = 3, 5 and 9: no gap at c_× = 4 = 2 c_+, a gap at 9/2 already, where the swap gains nothing."""
    gaps = {(n, c): gap("kln-nonseparable", n=n, c_times=c) for n in (3, 5, 9) for c in (F(4), F(9, 2))}
    if any(g for (_, c), g in gaps.items() if c == 4):
        raise ArithmeticError("there is a gap at c_× = 2 c_+")
    swaps = F(9, 4) - F(1, 2) - 2
    needs = swaps > 0 or not any(g for (_, c), g in gaps.items() if c > 4)
    return Claimed(
        needs,
        "at 9/2 gaps of 1/12, 1/20, 1/36"
        if [gaps[n, F(9, 2)] for n in (3, 5, 9)] == [F(1, 12), F(1, 20), F(1, 36)]
        else str(gaps),
    )


@row("section 7, non-separable: allocation", "× is served from s_0 = ½ on, + always", NONSEPARABLE)
def allocation() -> Claimed:
    """Virtual values on k/(n − 1): 2 s − 1 + c_+ and c_× (2 s − 1)."""
    return every(
        (
            (
                n,
                value("kln-nonseparable", "relaxed", n=n)
                == sum(
                    (2 * s - 1 + 2 + max(F(0), 10 * (2 * s - 1)) for s in (F(k, n - 1) for k in range(n))),
                    F(0),
                )
                / (2 * n),
            )
            for n in (3, 5, 9, 17)
        ),
        "grids",
    )


for _n, _public, _dynamic in ((2, "5/8", "17/32"), (3, "5/8", "25/48"), (5, "5/8", "41/80")):
    row(
        f"section 7, correlated: E[s_1] bounds nothing, n = {_n}",
        "public s_1 extracts E[s_1], and none does",
        CORRELATED,
        _n,
        F(_public),
        F(_dynamic),
    )(
        lambda n, public, dynamic: Claimed(
            (value("kln-correlated", "types-public", n=n), value("kln-correlated", "bayesian", n=n))
            == (public, dynamic),
            f"{public} against {value('kln-correlated', 'bayesian', n=n)}",
        )
    )


@row(
    "section 7, correlated: whatever s_1",
    "strictly less where E[s_1 | s_0] varies",
    CORRELATED,
    erratum="KLN-7",
)
def zero_or_one() -> Claimed:
    """s_1 in {0, 1}."""
    words: dict[str, Any] = {"n": 3, "low": 0, "high": 1}
    public, dynamic = (value("kln-correlated", word, **words) for word in ("types-public", "bayesian"))
    return Claimed(dynamic < public, f"both are {dynamic}")


row(
    "section 7: monotone and not implementable",
    "allocation, U and V rise, and truth is not best",
    "models/ladder/ladder.py",
)(lambda: Claimed(gap("kln-nonseparable", n=5) > 0, "a gap of 1/4 at n = 5"))
