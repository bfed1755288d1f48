"""Progressive screening: worked cases, the limit of the notes, the menu against the optimum, what is
refused."""

from __future__ import annotations

import itertools
import json
import math
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import dynamech as dm
from dynamech.instances.file import instance_from_json
from dynamech.report.answers import columns

F = Fraction
DATA = Path(__file__).parents[3] / "data/screening.json"
CASES = {case["id"]: case for case in json.loads(DATA.read_text(encoding="utf-8"))}
NAMES = ["10_A", "10_B", "10_E_FO_not_tight", "10_F_FO_not_tight"]


def environment(name: str, T: int) -> dm.Environment:
    given = CASES[name]["instance"]
    low, high = given["alpha_low,high"]
    return dm.load(
        "progressive-screening", T=T, chances=",".join(given["lambda=Pr(alpha high)"]),
        prior=",".join(given["mu(lamL,lamH)"]), low=low, high=high, cost=given["unit_cost"],
        discount=given["delta"],
    )  # fmt: skip


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("T", [1, 2, 3])
def test_worked_cases(name: str, T: int) -> None:
    """Virtual values, the bound, and a menu of fixed prices that earns the optimum, whether the bound is
    tight or not."""
    expected = CASES[name]["expected"][f"T{T}"]
    growing = dm.progressive(environment(name, T), exact=True)
    margins = [
        str(phi - growing.margins[t]) for t in range(1, T + 1) for phi in growing.virtual[t][0].tolist()
    ]
    assert margins == list(expected["virtual_value_minus_c type lamL by history"].values())
    assert str(growing.bound) == expected["first_order_closed_form"]
    assert str(growing.menu.profit) == str(growing.menu.profit_direct) == expected["full_dynamic_IC"]
    assert not growing.menu.strays
    if T < 3:
        assert str(growing.gap) == expected["gap_FO_minus_full"]
        assert growing.tight is (F(expected["gap_FO_minus_full"]) == 0)
        assert bool(growing.told_apart) is not growing.tight
        assert dm.verify(growing.environment, growing.menu.mechanism, "ex-post", "interim")


def test_the_ladder_says_whether_local_lies_are_all() -> None:
    """Tight: first-order = bayesian = the bound. Else the bound, path by path, is above the rung of the
    ladder too."""
    tight = dm.progressive(environment("10_A", 2), exact=True)
    rungs = dm.ladder(tight.environment, exact=True)
    assert rungs["first-order"].value == rungs["bayesian"].value == tight.bound
    crossing = dm.progressive(environment("10_E_FO_not_tight", 2), exact=True)
    rungs = dm.ladder(crossing.environment, exact=True)
    values: dict[str, Any] = {one.name: one.value for one in rungs.rungs}
    assert crossing.bound >= values["first-order"] >= values["bayesian"] == crossing.optimum


def test_several_first_types_and_three_shocks() -> None:
    """The bound is above the optimum, the menu no better than it, and often the optimum; its truth is
    verified."""
    generator, attained = np.random.default_rng(8), 0
    for _ in range(6):
        env = random_growth(generator, first=3, shocks=3)
        growing = dm.progressive(env, exact=True)
        best: Any = dm.design(env, exact=True).value
        assert growing.menu.profit <= best <= growing.bound
        assert growing.menu.profit == growing.menu.profit_direct
        assert dm.verify(env, growing.menu.mechanism, "ex-post", "interim")
        attained += growing.menu.profit == best
    assert attained >= 3


def random_growth(generator: np.random.Generator, first: int, shocks: int) -> dm.Environment:
    """Two periods of sale; chances that rise with the first type in the order of the likelihood ratio."""
    weights = [F(int(w)) for w in generator.integers(1, 5, shocks)]
    tilts = sorted({F(int(k), 2) for k in generator.choice(np.arange(1, 9), first, replace=False)})
    chances = []
    for tilt in tilts:
        raw = [w * tilt**j for j, w in enumerate(weights)]
        chances.append([p / sum(raw) for p in raw])
    factors = sorted(F(int(k), 4) for k in generator.choice(np.arange(1, 12), shocks, replace=False))
    ends = sorted({a * b for a, b in itertools.product(factors, repeat=2)})
    n, opening, onward = len(tilts), [], []
    for k in range(n):
        opening.append([p if k == j else F(0) for j in range(n) for p in chances[j]])
        for a in factors:
            row = [F(0)] * (n * len(ends))
            for b, p in zip(factors, chances[k], strict=True):
                row[k * len(ends) + ends.index(a * b)] += p
            onward.append(row)
    buyer = dm.Agent(
        "buyer",
        types=[
            [f"grows {t}" for t in tilts],
            *[[f"{t}|{v}" for t in tilts for v in values] for values in (factors, ends)],
        ],
        prior=[F(1, n)] * n,
        values=[[[0] * n], *[[[0] * (n * len(vs)), list(vs) * n] for vs in (factors, ends)]],
        transitions=[[opening], [onward]],
    )
    cost = factors[shocks // 2] / 2
    return dm.Environment(
        name="growing", agents=[buyer], actions=[["wait"], *[["keep", "sell"]] * 2], horizon=3,
        costs=[[0], [0, cost], [0, cost]], discount="9/10",
    )  # fmt: skip


def test_impulse_responses_in_the_limit() -> None:
    """First types close together: what is owed is (1 − F)/f · dθ_t/dλ, with dθ_t/dλ = θ_t Σ_s
    (−F_λ/f)(α_s)/α_s.

    Of two shocks −F_λ/f is Δα/(1 − λ) at the lower one, 0 at the upper. The printed recursion, the product of
    expectations, is another number and the same after every history."""
    step = F(1, 10**6)
    env = dm.load("progressive-screening", T=3, chances=f"1/2,{F(1, 2) + step}", prior="1/2,1/2")
    growing = dm.progressive(env, exact=True)
    low, high = F(1, 2), F(3, 2)
    printed: set[bool] = set()
    for t in (1, 2, 3):
        for place, history in enumerate(itertools.product((low, high), repeat=t)):
            theta = growing.growth.worth[t][growing.paths[t][place]]
            assert theta == math.prod(history)
            response = theta * sum((high - low) / (1 - F(1, 2)) / a for a in history if a == low)
            owed = (theta - growing.virtual[t][0, place]) / step  # (1 − F)/f = 1
            assert float(owed) == pytest.approx(float(response), rel=1e-4, abs=1e-9)
            wrong = ((high - low) * 1) ** t  # E[−F_λ/f] = Δα, t times over
            printed.add(float(owed) == pytest.approx(float(wrong), rel=1e-2))
    assert False in printed


def test_growth_in_proportion_to_the_first_type() -> None:
    """α = λ z, λ uniform on [1, 2], E z = 1: cutoffs 2t/(t+1), revenue λ*^t (2 − λ*) of the good of period t,
    rent with a minus (with the printed plus everybody would always be sold to). z is 1 here: it makes no
    difference.

    A grid's error is of first order in the step."""
    expected = CASES["10_continuous_alpha_eq_lambda_z"]["expected"]
    revenues = [F(x) for x in expected["period-t revenue lambda*^t(2-lambda*)"].values()]
    cutoffs = [F(x) for x in expected["cutoff lambda*_t=2t/(t+1)"].values()]
    errors = []
    for n in (20, 40):
        first = [1 + F(2 * k + 1, 2 * n) for k in range(n)]
        names = [str(x) for x in first]
        stay = [[[int(j == k) for j in range(n)] for k in range(n)]]
        buyer = dm.Agent(
            "buyer", types=[names] * 4, prior=[F(1, n)] * n,
            values=[[[0] * n, [x**t for x in first]] for t in (1, 2, 3, 4)], transitions=[stay] * 3,
        )  # fmt: skip
        env = dm.Environment(name="grid", agents=[buyer], actions=[["keep", "sell"]] * 4, horizon=4)
        design: Any = dm.design(env, incentives="virtual")
        errors.append(design.value - float(sum(revenues)))
        lost = dm.distortions(design)
        for t, period in enumerate(lost.periods):  # those below the cutoff are not sold to
            share = float(cutoffs[t] - 1)
            assert float(period.inefficient) == pytest.approx(share, abs=1.5 / n)
        wrongs = [float(period.inefficient) for period in lost.periods]
        assert wrongs == sorted(wrongs)  # distortions grow
        # With the printed sign all are sold to, which at a price that the lowest pays earns less.
        assert all(x**t * (1 + t * (2 - x) / x) > 0 for x in first for t in (1, 2, 3, 4))
        assert sum(first[0] ** t for t in (1, 2, 3, 4)) < 0.8 * design.value
    assert abs(errors[1]) < 0.6 * abs(errors[0])


def test_figures_do_not_depend_on_the_order_of_actions_or_the_unit() -> None:
    env = dm.load("progressive-screening", variant="crossing")
    home = dm.progressive(env, exact=True)
    turned = env.to_json()
    for t in (1, 2):
        for part in (turned["actions"], turned["costs"], turned["agents"][0]["values"]):
            part[t] = part[t][::-1]
    other = dm.progressive(instance_from_json(turned), exact=True)
    assert other.prices == home.prices
    assert (other.bound, other.menu.profit) == (home.bound, home.menu.profit)
    content = env.to_json()
    for scale in (F(10) ** 9, F(1, 10**9)):
        scaled = json.loads(json.dumps(content))
        scaled["costs"] = [[str(F(c) * scale) for c in row] for row in scaled["costs"]]
        for agent in scaled["agents"]:
            agent["values"] = [[[str(F(v) * scale) for v in r] for r in rows] for rows in agent["values"]]
        large = dm.progressive(instance_from_json(scaled))
        assert [sold.tolist() for sold in large.sold] == [sold.tolist() for sold in home.sold]
        assert large.tight is home.tight is False


ROWS = [["2/3", "1/3", "0"], ["0", "2/3", "1/3"]], [["1/3", "2/3", "0"], ["0", "1/3", "2/3"]]
MOVES = [[*row, *"000"] for row in ROWS[0]] + [[*"000", *row] for row in ROWS[1]]
"""How values move from period 1 to 2."""


def changed(**edits: Any) -> dm.Environment:
    """The family's default with a part of its content replaced, path by path of keys."""
    content = dm.load("progressive-screening", T=3).to_json()
    for path, value in edits.items():
        *way, last = [int(key) if key.isdigit() else key for key in path.split("__")]
        place: Any = content
        for key in way:
            place = place[key]
        place[last] = value
    return instance_from_json(content)


@pytest.mark.parametrize(
    ("env", "message"),
    [
        (lambda: dm.load("scheduling"), "no last period"),
        (lambda: dm.load("progressive-screening", T=1).with_horizon(1), "no period after the first report"),
        (
            lambda: dm.load("progressive-screening", prior="0,1", chances="1/3,2/3"),
            "type '1/3' has probability 0",
        ),
        (
            lambda: changed(feasible=[[True], [True, False], [True, True], [True, True]]),
            "some actions of period 1 are not feasible",
        ),
        (lambda: changed(agents__0__values__1__0=["1"] * 4), "2 actions are worth something and 0 nothing"),
        (
            lambda: changed(agents__0__transitions__1=[MOVES, MOVES[2:] + MOVES[:2]]),
            "the actions of period 1 move the buyer's value",
        ),
        (
            lambda: changed(agents__0__transitions__1__0__0=["1/3", "1/3", "1/3", "0", "0", "0"]),
            r"type '1/3\|1/2' moves to 3 values, and there are 2 shocks",
        ),
        (lambda: dm.load("ar1-sale"), "for one buyer, and environment 'ar1-sale' has 3 agents"),
        (lambda: dm.load("two-type-markov", quadratic=True), "actions of period 0 are divisible goods"),
        (lambda: dm.load("two-type-markov"), "period 0, action 'sell' is worth 3, and"),
        (lambda: dm.load("kln-separable"), "differ by 6 in value by first type alone"),
        (
            lambda: dm.load("progressive-screening", chances="2/3,1/3"),
            "likelier for type '1/3' than for '2/3', by 1/3",
        ),
        (lambda: dm.load("progressive-screening", chances="0,1/3"), "type '0' never has the value 3/2 next"),
        (lambda: changed(agents__0__values__1__1=["-1", "3/2"] * 2), "the value -1, not a positive one"),
        (
            lambda: changed(agents__0__transitions__1__0__0=["1/3", "2/3", "0", "0", "0", "0"]),
            r"period 1: type '1/3\|1/2' has chances that are 1/3 off",
        ),
        (
            lambda: changed(agents__0__transitions__1__0__0=["1/3", "1/3", "0", "1/3", "0", "0"]),
            "changes its first type with probability 1/3",
        ),
        (
            lambda: changed(agents__0__values__2__1=["1/4", "1", "9/4"] * 2),
            r"period 1: type '1/3\|1/2' grows by factors that are 1 off the 3 of period 1",
        ),
    ],
)  # fmt: skip
def test_what_fails_is_named(env: Any, message: str) -> None:
    with pytest.raises(dm.errors.AssumptionViolated, match=message):
        dm.progressive(env(), exact=True)


def test_prices_need_no_histories() -> None:
    """Means by value are those over histories; with a million of these there is a menu, and no bound."""
    few = dm.progressive(dm.load("progressive-screening", variant="crossing", T=4), exact=True)
    for t in range(1, 5):
        for y in range(len(few.growth.worth[t])):
            here = few.paths[t] == y
            weight = few.chances[t][:, here]
            assert (weight.sum(axis=1) == few.reached[t][:, y]).all()
            mean = (weight * few.virtual[t][:, here]).sum(axis=1) / weight.sum(axis=1)
            assert (mean == few.by_value[t][:, y]).all()
    many = dm.progressive(dm.load("progressive-screening", T=19))
    assert many.bound is many.optimum is many.gap is many.tight is many.to_json()["virtual"] is None
    assert many.menu.profit == pytest.approx(many.menu.profit_direct)
    assert not many.menu.strays
    assert "too many histories" in str(many)
    assert len(columns(many)["value"]) == sum(2 * (t + 1) for t in range(1, 20))
    with pytest.raises(dm.errors.TooLarge, match="1,048,576 histories of shocks in period 19"):
        _ = many.virtual


@pytest.mark.parametrize("cost", ["1/2", "1/3", "7/5"])
def test_doubles_know_what_earns_nothing(cost: str) -> None:
    """Nothing is sold, or sold at a lower price, for what rounding leaves of a mean that is the cost."""
    for variant in ("mild", "steep", "crossing", "crossing-rare"):
        env = dm.load("progressive-screening", variant=variant, T=6, cost=cost)
        exact, doubles = dm.progressive(env, exact=True), dm.progressive(env)
        for own, same in zip(doubles.prices, exact.prices, strict=True):
            assert [p and float(p) for p in own] == pytest.approx([p and float(p) for p in same])
        assert [sold.tolist() for sold in doubles.sold] == [sold.tolist() for sold in exact.sold]


def test_a_value_that_is_never_reached_changes_nothing() -> None:
    content = dm.load("progressive-screening", T=2).to_json()
    buyer = content["agents"][0]
    buyer["types"][2] = [f"{k}|{v}" for k in (0, 1) for v in "abcd"]
    buyer["values"][2] = [[0] * 8, ["1/4", "3/4", "9/4", "9"] * 2]
    (rows,) = buyer["transitions"][1]
    buyer["transitions"][1] = [[[*row[:3], 0, *row[3:], 0] for row in rows]]
    home = dm.progressive(dm.load("progressive-screening", T=2), exact=True)
    same = dm.progressive(instance_from_json(content), exact=True)
    assert (same.bound, same.prices, same.menu.profit) == (home.bound, home.prices, home.menu.profit)


def test_it_is_a_kind_of_menu() -> None:
    offered = dm.menu("progressive-screening", exact=True)
    assert offered.kind == "progressive"
    low, high = offered.menus[0].contracts
    assert (str(high.fee), str(low.price(2, "sell")), str(high.price(2, "sell"))) == ("27/50", "9/4", "3/4")
    why = offered.other_kinds["posted"] or ""
    assert "Property 4.1" in why or "signal" in why
