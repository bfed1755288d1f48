"""Rows of one's own: optima of plain programs over histories, exact with a proof, kept by mechanisms."""

from __future__ import annotations

import math
import random
from dataclasses import replace
from fractions import Fraction
from typing import Any

import pytest

import dynamech as dm
from dynamech.models.design.program import NotKept
from dynamech.models.environment.environment import Environment
from dynamech.models.notions.incentives import INCENTIVES
from dynamech.models.relaxations import rewrite
from dynamech.solvers.errors import InvalidInput

from ..verification.random_mechanisms import Shape, random_mechanism
from .plain_rows import PlainRows
from .test_demands import some

NUMBERS = [Fraction(0), Fraction(0), Fraction(1), Fraction(-2), Fraction(1, 3)]
ENDS = {
    ("one", "utility"): ["infeasible", "optimal"],
    ("observed", "utility"): ["infeasible", "optimal"],
    ("joint", "allocation"): ["infeasible", "infeasible"],
}
"""What becomes of rows that are asked for by half of 1 more than is had without them."""
SPARSE = {
    "sparse": Shape("p", 2, sizes=(3, 3), sparse=True),
    "sparse, two": Shape("pp", 2, sparse=True),
    "sparse, joint": Shape("pp", 2, joint=True, sparse=True),
}


def drawn(env: Environment, seed: int, about: set[str], **bounds: Any) -> dm.Row:
    """A row about these, with some number for any labels."""

    def coefficient(*labels: Any) -> Fraction:
        return random.Random(repr((seed, labels))).choice(NUMBERS if len(labels) > 2 else NUMBERS[2:])

    more: dict[str, Any] = {**dict.fromkeys(about, coefficient), **bounds}
    return dm.Row("drawn", **more)


def comes_to(env: Environment, mechanism: dm.Mechanism, row: dm.Row) -> Fraction:
    far = dm.Row("far", allocation=row.allocation, payment=row.payment, utility=row.utility,
                 expected=row.expected, lower=10**9)  # fmt: skip
    (verdict,) = dm.verify(env, mechanism, demands={"rows": [far]})
    return Fraction(10**9 - verdict.violation)


def judged(env: Environment, about: str, seed: int, expected: bool, word: str) -> str:
    """What became of a row that the optimum without it is beyond."""
    free = dm.design(env, incentives=word, exact=True)
    asks = drawn(env, seed, set(about.split()), expected=expected, upper=0)
    total = comes_to(env, free.mechanism, asks)
    row = drawn(env, seed, set(about.split()), expected=expected, upper=total - Fraction(1, 2))
    answer = dm.design(env, incentives=word, exact=True, demands={"rows": [row]})
    plain = PlainRows(env, word == "ex-post", row).best()
    assert answer.certificate is not None
    if plain is None:
        assert (answer.status, answer.certificate.kind) == ("infeasible", "infeasible")
        return "infeasible"
    assert answer.certificate.kind == "optimal"
    assert float(answer.value) == pytest.approx(plain, abs=1e-6)  # type: ignore[arg-type]
    assert answer.value <= free.value  # type: ignore[operator]
    if not answer.attained:
        return "supremum"
    assert dm.verify(env, answer.mechanism, word, "interim", demands={"rows": [row]})
    return "optimal"


@pytest.mark.parametrize("about", ["allocation", "payment", "utility", "allocation payment utility"])
@pytest.mark.parametrize("name", ["one", "one, steered", "two", "two, steered", "observed", "joint"])
def test_optima_are_those_of_a_plain_program(name: str, about: str) -> None:
    seeds = range(2, 4) if "steered" in name else range(1, 3)
    came = [judged(some(name, s), about, s, s == 2, ("bayesian", "ex-post")[s % 2]) for s in seeds]
    assert came == ENDS.get((name, about), ["optimal", "optimal"])


@pytest.mark.parametrize("about", ["allocation", "payment"])
@pytest.mark.parametrize("name", SPARSE)
def test_reports_of_probability_zero_count(name: str, about: str) -> None:
    """They are in the program where the row has coefficients at them, and it is not about expectations."""
    env = SPARSE[name].environment(random.Random(name))
    assert judged(env, about, 1, False, "bayesian") == "optimal"
    row = drawn(env, 1, {about}, upper=100)
    ways = [dm.design(env, demands={"rows": [r]}).formulation for r in (row, replace(row, expected=True))]
    assert [way.endswith("+full-reports") for way in ways] == [not env.joint, False]
    if name == "sparse":
        # Named where it can come about, the same number needs no such report.
        probable = [[0, [], ["0:0"], "a0" if about == "allocation" else "agent 0", 1]]
        certain = {"name": "r", "upper": 100, about: probable}
        assert "full-reports" not in dm.design(env, demands={"rows": [certain]}).formulation


def test_payments_after_what_never_happens_are_none() -> None:
    """A row counts a payment after the costly test: without the test there is none, but in the program."""
    env = dm.Environment(
        name="costly test",
        horizon=2,
        actions=[["sell", "test and sell"], ["end"]],
        costs=[[0, 1], [0]],
        agents=[
            dm.Agent(
                "buyer",
                types=[["-"], ["low", "high"]],
                prior=[1],
                values=[[[1], [1]], [[0, 0]]],
                transitions=[[[["1/2", "1/2"]], [[0, 1]]]],
            )
        ],
    )
    asked: list[Any] = [1, [{"reports": {"buyer": "-"}, "action": "test and sell"}], ["high"], "buyer", 1]
    rows = [{"name": "paid after the test", "lower": 1, "payment": [asked]}]
    answer = dm.design(env, demands={"rows": rows}, exact=True)
    assert (answer.value, answer.attained) == (1, False)
    share = answer.mechanism.stages[0].allocation[0, 0, 1]
    assert 0 < share < Fraction(1, 100)
    assert dm.verify(env, answer.mechanism, "bayesian", "interim", demands={"rows": rows})
    # The row by payments that are made: nothing is paid after a test that never is.
    free = dm.design(env, exact=True)
    assert (free.value, free.attained) == (1, True)
    (verdict,) = dm.verify(env, free.mechanism, demands={"rows": rows})
    assert verdict.violation == 1
    program = dm.compile(env, demands={"rows": rows}, exact=True)
    with pytest.warns(NotKept, match="never gets there, and the point has a payment that a row counts"):
        program.mechanism(answer.solution.primal)  # type: ignore[union-attr]


def sold(name: str, **bounds: Any) -> dm.Row:
    """Expected units over both periods of two-type-markov."""
    return dm.Row(name, allocation=[[0, 1], [0, 1]], expected=True, **bounds)


def test_what_the_bound_of_a_row_is_worth() -> None:
    low = dm.Row("low types", allocation=[None, [[0, 1], [0, 0]]], lower="1/5", expected=True)
    paid = dm.price("two-type-markov", {"rows": [sold("capacity", upper="1/2"), low]}, exact=True)
    step = Fraction(1, 1000)
    for line, upper, lower in ((paid.costs[0], step, 0), (paid.costs[1], 0, step)):
        moved = [
            replace(low, lower=low.lower + lower),
            sold("capacity", upper=Fraction(1, 2) + upper),
        ]
        value = dm.design("two-type-markov", demands={"rows": moved}, exact=True).value
        assert line.multipliers is not None
        (bound,) = line.multipliers.bounds
        assert value - paid.all.value == step * bound.worth  # type: ignore[operator]
        assert bound.worth != 0
        assert bound.slopes == (bound.worth, bound.worth)
    assert bound.sentence == "Row 'low types' is at least 1/5; each unit less would be worth 3/2."


def test_rows_that_contradict_one_another_are_named() -> None:
    rows = [sold("little", upper="1/2"), sold("much", lower="3/4"), sold("any", upper=2)]
    answer = dm.design("two-type-markov", demands={"rows": rows}, exact=True)
    assert answer.status == "infeasible"
    assert "contradictory: row little at most 1/2; row much at least 3/4; weighted so" in answer.message


@pytest.mark.parametrize("word", ["virtual", "relaxed", "types-public", "bayesian"])
def test_a_capacity_in_relaxations(word: str) -> None:
    """What is expected over all reports is the same in a rewriting, which only shows more of them."""
    rows = {"rows": [sold("capacity", upper="1/2")]}
    answer = dm.design("two-type-markov", incentives=word, demands=rows, exact=True)
    assert answer.value == Fraction(343, 500)
    assert dm.verify("two-type-markov", answer.mechanism, word, "interim", demands=rows)


@pytest.mark.parametrize("word", ["relaxed", "types-public"])
@pytest.mark.parametrize("name", ["one", "one, steered", "two", "observed"])
def test_what_is_expected_is_the_same_in_a_relaxation(name: str, word: str) -> None:
    """Of a mechanism that is carried over, and of an optimum, which is a bound and keeps the row."""
    env, rng = some(name, 3), random.Random(name)
    mechanism = random_mechanism(env, rng, memory=2)
    row = drawn(env, 3, {"allocation", "payment", "utility"}, lower=10**9, expected=True)
    rewriting = rewrite(env, INCENTIVES[word], None, math.inf)
    carried = rewriting.lift(mechanism)
    home, there = (dm.verify(env, m, demands={"rows": [row]})[0] for m in (mechanism, carried))
    assert home.violation == there.violation
    tight = drawn(env, 3, {"allocation", "payment"}, expected=True, upper=0)
    total = comes_to(env, dm.design(env, incentives=word, exact=True).mechanism, tight)
    rows = {"rows": [replace(tight, upper=total - Fraction(1, 2))]}
    relaxed, bayesian = (dm.design(env, incentives=w, demands=rows, exact=True) for w in (word, "bayesian"))
    assert relaxed.status == "optimal"
    assert bayesian.value is None or relaxed.value >= bayesian.value  # type: ignore[operator]
    assert dm.verify(env, relaxed.mechanism, word, "interim", demands=rows)


def test_a_ladder_with_a_floor_says_who_lies() -> None:
    """Single reports count, in the relaxations and in the environment of the witness too."""
    rows = {"rows": [{"name": "low", "lower": "1/5", "expected": True,
                      "allocation": [[1, [[["low"], None]], ["low"], "sell", 1], [1, [[["high"], None]],
                                     ["low"], "sell", 1]]}]}  # fmt: skip
    rungs = dm.ladder("two-type-markov", demands=rows, exact=True)
    values = {name: rungs[name].value for name in ("relaxed", "first-order", "bayesian")}
    exact = Fraction(2449, 2000)
    assert values == {"relaxed": Fraction(32, 25), "first-order": exact, "bayesian": exact}
    assert rungs.witness is not None
    assert rungs.witness.gain == Fraction(15, 46)


def test_of_goods_a_row_counts_quantities() -> None:
    """Units sold of a good with quadratic costs, at most 1/2 in expectation over both periods."""
    goods = {"goods": ["unit"], "upper": [3], "quadratic": [[1]]}
    buyer = dm.Agent(
        "buyer",
        types=["low", "high"],
        prior=["1/2", "1/2"],
        values=[[[1, 2]], [[1, 2]]],
        transitions=[[["3/4", "1/4"], ["1/4", "3/4"]]],
    )
    env = dm.Environment(
        name="goods", horizon=2, discount="1/2", actions=[goods] * 2, costs=[[0]] * 2, agents=[buyer]
    )
    row = dm.Row("units", allocation=[[1], [1]], upper="1/2", expected=True)
    free, kept = dm.design(env), dm.design(env, demands={"rows": [row]})
    (verdict,) = dm.verify(env, free.mechanism, demands={"rows": [row]})
    # Free, types get 0 and 2 first, and later 1 and 2, but 1/3 of a unit after low then low.
    assert free.value == pytest.approx(37 / 24, abs=1e-7)
    assert verdict.violation == pytest.approx(7 / 4, abs=1e-6)
    # All of it goes to the high type of period 0, where a unit is worth 2 and nothing has to be left to her.
    assert kept.value == pytest.approx(3 / 4, abs=1e-7)
    assert kept.mechanism.stages[0].allocation.ravel() == pytest.approx([0, 1], abs=1e-6)
    assert dm.verify(env, kept.mechanism, "bayesian", "interim", demands={"rows": [row]})


@pytest.mark.parametrize("about", ["allocation", "payment", "utility"])
def test_a_coefficient_that_doubles_do_not_hold_is_one_line_with_its_row(about: str) -> None:
    large: Any = {about: lambda *_: Fraction(10) ** 400}
    demands = {"rows": [dm.Row("cap", **large, upper=1)]}
    what = "utilities" if about == "utility" else "period 0"
    words = rf"^row 'cap', coefficients of {what}, entry \[[0, ]+\]: about 2\^1328 is beyond 10\^308"
    with pytest.raises(InvalidInput, match=words):
        dm.design("two-type-markov", demands=demands)
    with pytest.raises(InvalidInput, match=words):
        dm.verify("two-type-markov", dm.design("two-type-markov").mechanism, demands=demands)
    assert dm.design("two-type-markov", demands=demands, exact=True).status in ("optimal", "infeasible")
