"""Lies to the nearest types first: the answer is that of all lies, though most of them never get a row."""

from __future__ import annotations

import pickle
from dataclasses import replace
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import dynamech as dm
from dynamech.models.compiler import nearest
from dynamech.models.design import design as asking
from dynamech.models.design import unwritten
from dynamech.models.design.compiling import prepare
from dynamech.models.design.question import Question
from dynamech.solvers.effort import Effort
from dynamech.solvers.errors import InvalidInput

F = Fraction
FEW = settings(max_examples=12, deadline=None, derandomize=True)
FAR = 0
"""Of these types some are tempted by far ones."""
GOODS = ["nothing", "first", "second", "both"]


def rationals(values: Any) -> Any:
    return np.vectorize(F, otypes=[object])(np.asarray(values).astype(object))


def two_goods(
    goods: Any, weights: Any, extra: Any = 0, unit: Any = 1, exact: bool = True
) -> dm.Environment:
    """Types value each good at so much (K, 2), and both at `extra` (K,) more than the two."""
    first, second = np.asarray(goods).T
    values = unit * rationals([0 * first, first, second, first + second + extra])
    prior = rationals(weights) / F(int(np.sum(weights)))
    buyer = dm.Agent("buyer", types=[[f"{k}" for k in range(len(first))]], prior=prior, values=[values])
    env = dm.Environment(name="two goods", horizon=1, actions=[GOODS], agents=[buyer])
    return env if exact else env.to_float()


def drawn(seed: int, types: int = 24, **more: Any) -> dm.Environment:
    draw = np.random.default_rng(seed)
    goods, weights = draw.integers(0, 30, (types, 2)), draw.integers(1, 9, types)
    return two_goods(goods, weights, draw.integers(0, 30, types), **more)


def asked(env: dm.Environment, formulation: str = "utilities+nearest", **words: Any) -> dm.Design:
    return dm.design(env, formulation=formulation, **words)


def rows(answer: dm.Design) -> int:
    assert answer.program is not None
    return answer.program.num_rows


@FEW
@given(st.integers(0, 10_000))
def test_the_answer_is_that_of_all_lies(seed: int) -> None:
    env = drawn(seed)
    whole, few = asked(env, "utilities", exact=True), asked(env, exact=True)
    assert few.value == whole.value
    assert rows(few) < rows(whole)
    assert few.certified == "textbook"  # every lie is in there
    assert few.certificate is not None
    assert few.certificate.check()
    assert dm.verify(env, few.mechanism, "bayesian", "interim")
    doubles = asked(env)
    assert doubles.value == pytest.approx(float(whole.value or 0), abs=1e-9)
    assert doubles.value_error < 1e-9
    assert dm.verify(env, doubles.mechanism, "bayesian", "interim")


def test_lies_that_pay_are_looked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    """What one begins with is not enough."""
    env = drawn(FAR)
    few, whole = asked(env), asked(env, "utilities")
    assert few.value == pytest.approx(whole.value, abs=1e-9)
    monkeypatch.setattr("dynamech.models.design.unwritten.more_lies", lambda *_: None)
    first = asked(env)
    assert rows(first) < rows(few) < rows(whole)
    assert float(first.value or 0) > float(whole.value or 0) + 1e-6


def test_no_error_is_told_that_holds_of_some_lies_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """A proof about the rows that are written speaks for all only if all keep to its point."""
    env = drawn(FAR)
    assert asked(env).value_error < 1e-9
    monkeypatch.setattr("dynamech.models.design.unwritten.more_lies", lambda *_: None)
    short = asked(env)
    assert short.value_error == np.inf


@pytest.mark.parametrize("unit", [F(1, 10**9), F(10**9)])
def test_money_and_order_change_nothing(unit: Fraction) -> None:
    draw = np.random.default_rng(5)
    goods, weights, extra = draw.integers(0, 30, (20, 2)), draw.integers(1, 9, 20), draw.integers(0, 9, 20)
    order = draw.permutation(20)
    value = asked(two_goods(goods, weights, extra), exact=True).value
    assert value is not None
    other = two_goods(goods[order], weights[order], extra[order], unit, exact=False)
    assert asked(other).value == pytest.approx(float(unit * value), rel=1e-9)
    assert asked(two_goods(goods[order], weights[order], extra[order]), exact=True).value == value


def test_types_alike_and_types_that_never_occur() -> None:
    draw = np.random.default_rng(8)
    goods = np.repeat(draw.integers(0, 12, (6, 2)), 4, axis=0)  # four of each
    weights = draw.integers(0, 4, 24)
    weights[:4] = 0  # of some none occurs
    env = two_goods(goods, weights)
    whole, few = asked(env, "utilities", exact=True), asked(env, exact=True)
    assert (weights == 0).sum() > 4
    assert few.value == whole.value
    assert few.certificate is not None
    assert few.certificate.check()
    assert dm.verify(env, asked(env).mechanism, "bayesian", "interim")
    same = two_goods(np.ones((5, 2), dtype=int), np.ones(5, dtype=int))  # one point, without dimensions
    assert asked(same).value == pytest.approx(2)
    assert asked(two_goods([[3, 4]], [1])).value == pytest.approx(7)  # one type, no lies


@pytest.mark.parametrize("incentives", ["bayesian", "ex-post"])
@pytest.mark.parametrize("payments", ["utilities", "textbook"])
def test_two_buyers_and_a_state_that_all_see(incentives: str, payments: str) -> None:
    draw = np.random.default_rng(2)
    actions = ["nobody", "first a", "first b", "second a"]
    weather = dm.Agent("weather", types=[["dry", "wet"]], prior=["1/3", "2/3"], observed=True)
    values = draw.integers(-3, 20, (2, 4, 7, 7, 2))
    values[:, 0] = 0
    buyers = [
        dm.Agent(
            f"buyer {i}", types=[[f"{k}" for k in range(7)]], prior=rationals([1, 2, 1, 0, 1, 3, 1]) / F(9),
            values=[rationals(values[i])],
        )
        for i in range(2)
    ]  # fmt: skip
    env = dm.Environment(name="two", horizon=1, actions=[actions], agents=[*buyers, weather])
    words = {"incentives": incentives, "participation": "ex-post" if payments == "textbook" else "interim"}
    few, whole = (asked(env, form, **words) for form in (f"{payments}+nearest", payments))
    assert few.value == pytest.approx(whole.value, abs=1e-8)
    assert dm.verify(env, few.mechanism, incentives, words["participation"])


def test_quantities_of_divisible_goods() -> None:
    draw = np.random.default_rng(4)
    buyer = dm.Agent(
        "buyer", types=[[f"{k}" for k in range(15)]], prior=[F(1, 15)] * 15,
        values=[rationals(draw.integers(0, 20, (2, 15)))],
    )  # fmt: skip
    goods = {"goods": ["gas", "oil"], "upper": [2, 3]}
    env = dm.Environment(name="goods", horizon=1, actions=[goods], costs=[[2, 3]], agents=[buyer])
    whole, few = asked(env, "utilities", exact=True), asked(env, exact=True)
    assert few.value == whole.value
    assert rows(few) < rows(whole)


def test_auto_takes_it_for_many_types_in_one_period() -> None:
    env = drawn(1, types=50, exact=False)
    answer, whole = dm.design(env), asked(env, "utilities+lazy")
    assert answer.formulation == "utilities+nearest"
    assert answer.value == pytest.approx(whole.value, abs=1e-8)
    assert rows(answer) < rows(whole) / 3
    assert "of 2,550 rows were needed" in answer.message
    assert dm.compile(env, formulation="nearest").num_rows == rows(whole)  # all, for who solves it elsewhere
    assert pickle.loads(pickle.dumps(answer)).value_error == answer.value_error
    assert dm.design(drawn(1)).formulation == "utilities"  # small ones are as they were


def test_a_proof_where_all_lies_find_no_room() -> None:
    env = drawn(FAR, types=40)
    size = prepare(env, Question(formulation="utilities"), Effort(exact=True))[0].size
    answer = asked(env, exact=True, memory_limit=0.7 * size.bytes)
    proof = answer.certificate
    assert proof is not None
    assert proof.check()
    assert proof.program is answer.program
    assert answer.certified == ""  # no words say which lies have a row
    assert answer.value == asked(env, exact=True).value


def test_that_nothing_ends_it_is_not_said_of_some_lies_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    env = drawn(4)
    few, whole = (asked(env, form, participation="none") for form in ("nearest", "utilities"))
    assert few.status == whole.status == "unbounded"  # a lump sum is charged without end
    value, solve = asked(env).value, unwritten.solve_nearest

    def endless(*given: Any) -> Any:
        compiled, solution = solve(*given)
        return compiled, replace(solution, status="unbounded", value=None)

    monkeypatch.setattr(asking, "solve_nearest", endless)
    answer = asked(env)
    assert (answer.status, rows(answer)) == ("optimal", rows(asked(env, "utilities")))
    assert answer.value == pytest.approx(value, abs=1e-9)


def test_blocks_find_what_one_matrix_finds(monkeypatch: pytest.MonkeyPatch) -> None:
    env = drawn(6, types=30)
    values = [asked(env).value, asked(env, exact=True).value]
    monkeypatch.setattr(nearest, "BLOCK", 70)
    assert asked(env).value == pytest.approx(values[0], abs=1e-9)
    assert asked(env, exact=True).value == values[1]


@pytest.mark.parametrize(
    ("env", "words", "why"),
    [
        (dm.load("two-type-markov"), {}, "looked for in one period, and there are 2"),
        (drawn(0), {"incentives": "first-order"}, "'first-order' do not count all reports"),
        (drawn(0), {"demands": {"deterministic": True}}, "by linear programs, and this one is not"),
        (drawn(0), {"formulation": "lazy+nearest"}, "'lazy' and 'nearest' exclude each other"),
        (drawn(0), {"formulation": "textbook+nearest+full-reports"}, "asked for by 'full-reports'"),
        (drawn(0), {"demands": {"payments": "nonnegative"}}, "takes all rows"),
        (dm.load("cremer-mclean"), {}, "near in values may be far apart"),
    ],
)  # fmt: skip
def test_where_it_cannot_be_asked(env: dm.Environment, words: dict[str, Any], why: str) -> None:
    with pytest.raises(InvalidInput, match=why):
        dm.design(env, **{"formulation": "nearest", **words})


def test_neighbours_are_off_where_some_types_may_not_report_others() -> None:
    below = {"a": ["a"], "b": ["a", "b"], "c": ["a", "b", "c"], "d": ["a", "b", "c", "d"]}
    values = [[[0] * 4, [1, 2, 3, 4]]]
    buyer = dm.Agent("buyer", types=[["a", "b", "c", "d"]], prior=["1/4"] * 4, values=values, reports=[below])
    env = dm.Environment(name="below", horizon=1, actions=[["keep", "sell"]], agents=[buyer])
    with pytest.raises(InvalidInput, match="agent 'buyer', period 0: some types may not report others"):
        asked(env)
