"""The optimal auction for many bidders: equal to the program over histories, and what its rule is worth."""

from __future__ import annotations

import random
from collections.abc import Sequence
from fractions import Fraction as F
from itertools import product
from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

import dynamech as dm
from dynamech.models.auctions.auction import Auction
from dynamech.models.auctions.border import upper_sets
from dynamech.models.auctions.highest_score import HighestScore
from dynamech.models.auctions.interim import asked
from dynamech.models.auctions.market import single_market
from dynamech.models.auctions.mixing import Mixer
from dynamech.models.auctions.optimal_auction import optimal_auction
from dynamech.models.notions.demands import read_demands
from dynamech.models.notions.objective import read_objective
from dynamech.solvers.effort import FLOATS
from dynamech.solvers.errors import AssumptionViolated, Infeasible, InvalidInput, TooLarge, Unbounded

Bidder = tuple[Sequence[int], Sequence[int]]
"""Values, and weights of their probabilities."""
OBJECTIVES: list[Any] = [
    "revenue",
    "welfare",
    {"revenue": 1, "welfare": F(1, 2)},
    {"revenue": 1, "utility": F(1, 3)},
    {"revenue": 2, "utility:b0": F(3, 2)},
    {"revenue": 1, "welfare": -2},
    {"min-utility": 1, "revenue": F(1, 2)},
    {"min-type-utility": 1},
    {"revenue": 1, "utility": 2},
    {"welfare": -1},
]


def ask(env: Any, **words: Any) -> Any:
    """The auction, whose numbers may be None as far as types go."""
    return dm.auction(env, **words)


def sale(bidders: Sequence[Bidder], costs: Sequence[Any] = (), unit: Any = 1) -> dm.Environment:
    """One good, and what it costs to keep it and to sell it to each."""
    n = len(bidders)
    agents = [
        dm.Agent(
            f"b{i}",
            types=[[f"t{k}" for k in range(len(values))]],
            prior=[F(w, sum(weights)) for w in weights],
            values=[[[v * unit if a == i + 1 else 0 * unit for v in values] for a in range(n + 1)]],
        )
        for i, (values, weights) in enumerate(bidders)
    ]
    actions = ["keep", *(f"s{i}" for i in range(n))]
    given = [[c * unit for c in costs]] if costs else None
    return dm.Environment(name="sale", horizon=1, actions=[actions], agents=agents, costs=given)


@st.composite
def bidder(draw: Any, least: int = 0) -> Bidder:
    """Values of either sign in any order, with repetitions, and weights of which some are 0."""
    size = draw(st.integers(1, 3))
    weights = [draw(st.integers(least, 3)) for _ in range(size)]
    return [draw(st.integers(-3, 8)) for _ in range(size)], weights if sum(weights) else [1] * size


@st.composite
def questions(draw: Any) -> tuple[dm.Environment, Any, dict[str, Any]]:
    """A sale, an objective, demands."""
    alike = draw(st.integers(0, 3)) == 0
    first = draw(bidder())
    others = [draw(bidder()) for _ in range(draw(st.integers(0, 1 if alike else 2)))]
    bidders = [first, *([first] if alike else []), *others]
    n = len(bidders)
    costs = [F(draw(st.integers(-2, 4)), 2)] * (n + 1) if alike else [
        F(draw(st.sampled_from([0, 0, 1, 3, -2])), 2) for _ in range(n + 1)
    ]  # fmt: skip
    demands: dict[str, Any] = {}
    if draw(st.booleans()):
        low, high = st.sampled_from(["-3", "-1", "0"]), st.sampled_from(["1", "3/2", "2", "0"])
        bounds = {f"b{i}": f"{draw(low)}..{draw(high)}" for i in range(n) if draw(st.booleans())}
        demands["payments"] = bounds or "nonnegative"
    if draw(st.integers(0, 3)) == 0:
        word = draw(st.sampled_from(["ex-ante", "per-period"]))
        demands |= {"budget": word, "balanced": draw(st.booleans())}
    if alike and draw(st.booleans()):
        demands["anonymous"] = [["b0", "b1"]]
    rows = []
    if draw(st.booleans()):
        told: dict[str, Any] = draw(st.sampled_from([{"keep": F(1, 2), "s0": 1}, {"s0": -1, "s1": -1}]))
        share = F(draw(st.integers(-2, 3)), 5)
        rows.append(dm.Row("share", allocation=lambda t, h, r, a: told.get(a, 0), lower=share, expected=True))
    if draw(st.integers(0, 2)) == 0:
        sides = {"b0": 1}
        rows.append(
            dm.Row("pays", payment=lambda t, h, r, a: sides.get(a, -1), lower=F(-1, 2), expected=True)
        )
    if draw(st.integers(0, 2)) == 0 and min(first[1]) > 0:
        rows.append(dm.Row("keeps", utility={"b0": 1}, lower=F(draw(st.integers(0, 3)), 2), expected=True))
    return sale(bidders, costs), draw(st.sampled_from(OBJECTIVES)), demands | ({"rows": rows} if rows else {})


@given(questions())
@settings(max_examples=30, deadline=None, derandomize=True)
def test_it_is_the_optimum_of_the_program_over_profiles(question: tuple[dm.Environment, Any, Any]) -> None:
    """Status and value, exactly; the mechanism keeps everything; doubles say the same, and bound it."""
    env, objective, demands = question
    assume(not demands.get("rows") or all((own.values[0] != 0).any() for own in env.agents))
    sold = ask(env, objective=objective, demands=demands, exact=True)
    best = dm.design(env, objective=objective, demands=demands, exact=True)
    assert (sold.status, sold.value) == (best.status, best.value)
    near = ask(env, objective=objective, demands=demands)
    assert near.status == sold.status
    if sold.value is None:
        return
    assert sold.bound == sold.value
    assert near.value == pytest.approx(float(sold.value), abs=1e-8)
    assert near.bound >= float(sold.value) - 1e-9
    for answer in (sold, near):
        verdicts = dm.verify(env, answer.mechanism, "bayesian", "interim", demands=demands)
        assert verdicts, [verdict for verdict in verdicts if not verdict]
        assert sum(entry["probability"] for entry in answer.rule) == pytest.approx(1)
        assert upper_sets(answer.sale.market, answer.interim[0]).worst <= 1e-9
    assert interim_of(env, sold) == sold.reduced_form


def interim_of(env: dm.Environment, sold: Auction) -> list[list[Any]]:
    """How often each type wins, counted over all profiles by the rule as it is written."""
    sizes = env.types(0)
    wins = [[F(0)] * k for k in sizes]
    chances = [agent.prior for agent in env.agents]
    for profile in product(*map(range, sizes)):
        for entry in sold.rule:
            scores = [own[k] for own, k in zip(entry["scores"], profile, strict=True)]
            winner = max(range(len(scores)), key=lambda i: (scores[i], -i))
            if scores[winner] > 0:
                others = [c[k] for j, (c, k) in enumerate(zip(chances, profile, strict=True)) if j != winner]
                wins[winner][profile[winner]] += entry["probability"] * np.prod([F(1), *others])
    return wins


@given(st.lists(bidder(least=1), min_size=1, max_size=3), st.sampled_from(OBJECTIVES[:5]))
@settings(max_examples=15, deadline=None, derandomize=True)
def test_without_demands_truth_is_best_whatever_others_say(bidders: list[Bidder], objective: Any) -> None:
    env = sale(bidders)
    sold = ask(env, objective=objective)
    assert sold.value == dm.design(env, objective=objective, exact=True).value
    assert len(sold.rule) == 1
    assert dm.verify(env, sold.mechanism, "ex-post", "ex-post")
    assert interim_of(env, sold) == sold.reduced_form


@pytest.mark.parametrize("unit", [1e-9, 1e9])
def test_the_unit_of_money_changes_nothing(unit: float) -> None:
    bidders: list[Bidder] = [([1, 4, 6, 9], [1, 2, 3, 1]), ([2, 3, 8], [2, 1, 1]), ([-1, 5], [1, 1])]
    costs = [0, 1, 0.5, 0]
    demands = {"payments": {"b0": "0..2", "b1": f"-1..{1.5}"}, "budget": "ex-ante"}
    scaled = {"payments": {"b0": f"0..{2 * unit!r}", "b1": f"{-unit!r}..{1.5 * unit!r}"}, "budget": "ex-ante"}
    one = ask(sale(bidders, costs, 1.0), demands=demands)
    other = ask(sale(bidders, costs, unit), demands=scaled)
    assert other.value / unit == pytest.approx(one.value, rel=1e-9)
    assert other.status == one.status == "optimal"
    assert len(other.rule) == len(one.rule)
    assert [*other.prices.values()] == pytest.approx([*one.prices.values()])
    never = {"payments": {"b0": f"{8 * unit!r}..{9 * unit!r}"}}
    assert ask(sale(bidders, costs, unit), demands=never).status == "infeasible"


def test_the_order_of_bidders_and_types_changes_nothing() -> None:
    bidders: list[Bidder] = [([1, 4, 4, 9], [1, 2, 3, 1]), ([2, 3, 8], [2, 0, 1]), ([-1, 5], [1, 1])]
    env = sale(bidders)
    sold = ask(env, demands={"payments": {"b0": "0..2", "b2": "0..1"}}, exact=True)
    turned = sale([(v[::-1], w[::-1]) for v, w in reversed(bidders)])
    other = ask(turned, demands={"payments": {"b2": "0..2", "b0": "0..1"}}, exact=True)
    assert other.value == sold.value
    assert [own[::-1] for own in other.virtual[::-1]] == sold.virtual
    assert sold.virtual[1][1] is None  # a type of probability 0 has none


def random_sale(bidders: int, types: int, seed: int) -> dm.Environment:
    draw = random.Random(seed)
    return sale(
        [
            (sorted(draw.sample(range(1, 6 * types), types)), [draw.randint(1, 9) for _ in range(types)])
            for _ in range(bidders)
        ]
    )


def test_ten_bidders_of_many_types_exactly() -> None:
    env = random_sale(10, 8, 1)
    sold = ask(env)
    market = single_market(env, "this")
    assert sold.value == optimal_auction(market).revenue
    most = [max(own) for own in sold.payments]
    bounds = {f"b{i}": f"0..{one * (60 + 3 * i) / 100}" for i, one in enumerate(most)}
    poor = ask(env, demands={"payments": bounds}, exact=True)
    near = ask(env, demands={"payments": bounds})
    assert poor.value == poor.bound < sold.value
    assert near.value == pytest.approx(float(poor.value), rel=1e-11)
    assert upper_sets(market, poor.interim[0]).worst <= 0
    # The value is what the rule and its payments give, and nobody gains by saying another type.
    x, u = poor.interim
    paid = [b.values * own - kept for b, own, kept in zip(market.buyers, x, u, strict=True)]
    assert sum(b.probabilities @ p for b, p in zip(market.buyers, paid, strict=True)) == poor.value
    for buyer, own, p in zip(market.buyers, x, paid, strict=True):
        gains = np.outer(buyer.values, own) - p
        assert (gains.max(axis=1) == gains.diagonal()).all()
        assert gains.diagonal().min() >= 0
        assert p.max() <= F(bounds[buyer.name].split("..")[1])
    with pytest.raises(TooLarge, match="entries"):
        _ = poor.mechanism
    # Drawn, the rule does what it says: standard errors of what it says.
    draws = 40_000
    means, _ = near.sampled(draws, seed=3)
    for buyer, seen, said in zip(market.buyers, means, near.interim[0], strict=True):
        error = np.sqrt(np.maximum(said * (1 - said), 1e-3) / (draws * buyer.probabilities.astype(float)))
        assert (np.abs(seen - said) <= 5 * error).all()


def test_dual_virtual_values_price_what_demands_cost() -> None:
    """Where the highest ironed one wins, the value is what it is worth and what the bounds are."""
    env = sale([([1, 2, 3], [1, 1, 1]), ([1, 2, 3], [1, 1, 1])])
    sold = ask(env, demands={"payments": {"b0": "0..1"}}, exact=True)
    assert sold.value == F(17, 9)
    assert sold.prices == {"payment of 'b0' at value 3": F(1, 3)}
    market = sold.sale.market
    scores = tuple(np.array(own, dtype=object) for own in sold.ironed)
    one = HighestScore(market, scores, tuple(np.asarray(own > 0, dtype=bool) for own in scores))
    worth = sum(
        buyer.probabilities @ (own * x)
        for buyer, own, x in zip(market.buyers, scores, one.allocation, strict=True)
    )
    assert worth + F(1, 3) * 1 == sold.value
    more = ask(env, demands={"payments": {"b0": "0..51/50"}}, exact=True)
    assert more.value - sold.value == F(1, 3) * F(1, 50)


def test_a_period_of_several_is_a_sale_of_its_own() -> None:
    env = dm.load("items-over-time", values="1,2,4", periods=3)
    assert ask(env, period=2).value == dm.bank(env).repeated_myerson / 3
    both = sale([([1, 3], [1, 1])])
    with pytest.raises(AssumptionViolated, match="'items-over-time' has 3 periods: say which"):
        ask(env)
    with pytest.raises(AssumptionViolated, match="'scheduling' has an infinite horizon"):
        ask("scheduling", period=0)
    with pytest.raises(InvalidInput, match="period 3: environment 'items-over-time' has periods 0 to 2"):
        ask(env, period=3)
    with pytest.raises(AssumptionViolated, match="types depend on the past"):
        ask("two-type-markov", period=1)
    assert ask(both, period=0).value == ask(both).value


@pytest.mark.parametrize(
    ("demands", "said"),
    [
        ({"deterministic": True}, "'deterministic' is about more than what each type expects"),
        ({"budget": "ex-post"}, "'budget ex-post' is about more"),
        ({"budget": "every-period", "balanced": True}, "'budget every-period balanced' is about more"),
        (
            {"rows": [dm.Row("one", allocation=lambda t, h, r, a: (r["b1"] == "t0") * (a == "s0") * 1,
                             upper=1)]},
            "'row one' weighs what the others of 'b0' report unlike its probability, by 1/4",
        ),
        (
            {"rows": [dm.Row("two", allocation=lambda t, h, r, a: (r["b0"] == "t1") * (a == "s0") * 1,
                             upper=0, expected=True)]},
            "'row two' tells types of agent 'b0' apart that have one value",
        ),
        (
            {"rows": [dm.Row("odd", payment=lambda t, h, r, a: {"t0": 3, "t1": 1}[r["b1"]] * (r["b0"] == "t2")
                             * (a == "b0"), upper=1)]},
            "'row odd' is about type 2 of agent 'b0', which has probability 0",
        ),
    ],
)  # fmt: skip
def test_what_interim_numbers_do_not_say_is_refused(demands: Any, said: str) -> None:
    env = sale([([2, 2, 3], [1, 1, 0]), ([1, 4], [3, 1])])
    with pytest.raises(AssumptionViolated, match=said):
        ask(env, demands=demands)


def test_rows_may_weigh_reports_by_their_probability() -> None:
    """A row over profiles that is about what a type expects, and the same said as expected."""
    env = sale([([1, 3], [1, 1]), ([1, 4], [3, 1])])
    chance = {"t0": F(3, 4), "t1": F(1, 4)}
    by_profile = dm.Row(
        "low", allocation=lambda t, h, r, a: chance[r["b1"]] * (r["b0"] == "t0") * (a == "s0"), lower="1/3"
    )
    expected = dm.Row(
        "low", allocation=lambda t, h, r, a: (r["b0"] == "t0") * (a == "s0") * 1, lower="1/6", expected=True
    )
    values = [ask(env, demands={"rows": [row]}, exact=True).value for row in (by_profile, expected)]
    assert values[0] == values[1] == dm.design(env, demands={"rows": [expected]}, exact=True).value
    assert values[0] < ask(env).value


def test_entries_of_a_file_need_no_profiles() -> None:
    """What a file says of one report is read as it stands, and means what the same says over profiles."""
    env = sale([([1, 3], [1, 1]), ([1, 4], [3, 1]), ([2, 2], [1, 2])], [1, 2, 0, 1])
    told = {"b0": "t0"}
    entries = [[0, [], ["t0", None, None], "s0", 1], [0, [], [None, "t1", None], "s1", 1]]
    entries += [[0, None, None, "s2", 2], [0, [], None, "keep", "-1/2"]]
    pays = [[0, [], ["t1", None, None], "b0", 1], [0, None, None, "b2", -1]]
    listed = {"name": "r", "expected": True, "upper": 0, "allocation": entries, "payment": pays}

    def sells(t: int, history: Any, reports: Any, action: str) -> Any:
        one = {"s0": reports["b0"] == told["b0"], "s1": reports["b1"] == "t1", "s2": 2, "keep": F(-1, 2)}
        return one[action] * 1

    def paid(t: int, history: Any, reports: Any, agent: str) -> Any:
        return {"b0": reports["b0"] == "t1", "b1": 0, "b2": -1}[agent] * 1

    row = dm.Row("r", allocation=sells, payment=paid, upper=0, expected=True)
    both = [ask(env, demands={"rows": [one]}, exact=True) for one in (listed, row)]
    assert both[0].value == both[1].value == dm.design(env, demands={"rows": [row]}, exact=True).value
    assert both[0].value < ask(env).value
    assert dm.verify(env, both[0].mechanism, demands={"rows": [listed]}, incentives="bayesian")
    # Every profile listed, as a question that was saved has them, is what they sum to.
    saved = dm.Question(demands={"rows": [row]}).check(env).demands
    assert ask(env, demands=saved, exact=True).value == both[0].value
    many = random_sale(9, 8, 3)
    one = ["t7", *[None] * 8]
    share = {"name": "s", "expected": True, "upper": "1/100", "allocation": [[0, [], one, "s0", 1]]}
    assert ask(many, demands={"rows": [share]}).value < float(ask(many).value)
    two = share | {"allocation": [[0, [], ["t7", "t7", *[None] * 7], "s0", 1]]}
    with pytest.raises(TooLarge, match=r"row 's' names what several report, of 1.34e\+08 profiles"):
        ask(many, demands={"rows": [two]})


def test_statuses_say_why() -> None:
    env = sale([([1, 3], [1, 1])])
    never = ask(env, demands={"payments": "4..5"}, exact=True)
    endless = ask(env, objective={"revenue": 1, "utility": 2})
    assert (never.status, endless.status) == ("infeasible", "unbounded")
    with pytest.raises(Infeasible, match="no auction keeps the demands"):
        never.require()
    with pytest.raises(Unbounded, match="a lump sum to a buyer"):
        _ = endless.virtual
    both = {"revenue": 1, "utility": 2}
    assert ask(env, objective=both, demands={"payments": "-1..9"}, exact=True).status == "optimal"
    assert ask(env, objective=both, demands={"payments": {"b0": "4..5"}}).status == "infeasible"
    with pytest.raises(InvalidInput, match="incentives bayesian and participation interim, not ex-post and"):
        ask(env, question=dm.Question(incentives="ex-post"))
    many = sale([([1, 2], [1, 1])] * 8)
    with pytest.raises(TooLarge, match="exchanged in 40,320 ways, more than 5,040"):
        ask(many, demands={"anonymous": [[f"b{i}" for i in range(8)]]})


def test_where_the_time_is_up_both_bounds_hold() -> None:
    env = random_sale(6, 6, 4)
    most = [max(own) for own in ask(env).payments]
    demands = {"payments": {f"b{i}": f"0..{one / 2}" for i, one in enumerate(most)}}
    best = ask(env, demands=demands, exact=True)
    cut = ask(env, demands=demands, time_limit=1e-9)
    assert cut.status == "limit"
    assert cut.value < float(best.value) < cut.bound
    assert ask(env, demands=demands, exact=True, time_limit=1e-9).value is None


def test_bounds_hold_at_whatever_prices() -> None:
    """Prices of an engine only say which auction is the next; what they bound holds for any."""
    env = random_sale(3, 4, 2)
    demands = read_demands({"payments": {"b0": "0..3", "b1": "0..2"}})
    sold = ask(env, demands=demands, exact=True)
    question = asked(env, sold.sale, read_objective("revenue"), demands)
    mixer = Mixer(question, FLOATS)
    master = mixer.program(range(len(question.rows)))
    master.aimed = True
    draw = np.random.default_rng(0)
    for _ in range(50):
        dual = draw.normal(size=len(question.rows) + 1) * draw.choice([0.01, 1.0, 10.0])
        bound, _ = master.priced(dual)
        assert bound * master.unit >= float(sold.value) - 1e-9
