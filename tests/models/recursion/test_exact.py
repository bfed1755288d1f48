"""Both bounds over the rationals: they hold, and are mostly the optimum that the history program proves."""

from fractions import Fraction
from itertools import chain
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import dynamech as dm
from dynamech.models.ladder.ladder import Rung
from dynamech.models.mechanism.copies import undrawn
from dynamech.models.notions.objective import read_objective
from dynamech.models.recursion.bounds import Bounds, bounds
from dynamech.models.recursion.exact import filled, longest, proved, simple
from dynamech.models.recursion.stages import recursion
from dynamech.models.screening.menu_mechanism import surplus
from dynamech.solvers.numbers import array

from .test_bounds import drawn

F = Fraction


def interval(env: dm.Environment, **words: Any) -> tuple[dm.Design, Fraction, Fraction]:
    answer = dm.design(env, formulation="recursion", exact=True, **words)
    assert answer.bounds is not None
    lower, upper = answer.bounds.lower, answer.bounds.upper
    assert isinstance(lower, F)
    assert isinstance(upper, F)
    assert lower <= upper
    return answer, lower, upper


@given(
    st.integers(0, 10_000),
    st.sampled_from([(1, 2), (2, 1), (2, 3), (3, 2), (3, 3)]),
    st.booleans(),
    st.booleans(),
    st.sampled_from(["revenue", "welfare", {"revenue": 2, "utility": 1}, {"revenue": 3, "welfare": -1}]),
    st.sampled_from(["interim", "periodic", "ex-post"]),
)
@settings(max_examples=12, deadline=None, derandomize=True)
def test_the_proved_optimum_is_between_them(
    seed: int, size: tuple[int, int], sparse: bool, controlled: bool, objective: Any, promise: str
) -> None:
    env = drawn(seed, *size, sparse=sparse, controlled=controlled)
    words: dict[str, Any] = {"objective": objective, "participation": promise}
    answer, lower, upper = interval(env, **words)
    value = dm.design(env, exact=True, **words).value
    assert value is not None
    assert lower <= value <= upper
    assert float(upper - lower) <= 1e-7 * max(1.0, abs(float(upper)))
    mechanism = answer.mechanism
    assert mechanism.exact
    assert dm.verify(env, mechanism, incentives="bayesian").violation == 0
    assert dm.verify(env, mechanism, participation=promise).violation == 0
    if objective == "revenue":
        assert surplus(*undrawn(env, mechanism)) == lower
    assert answer.value == (value if lower == upper else float(lower))


def test_it_is_mostly_the_optimum_itself() -> None:
    sizes = [(2, 2), (3, 2), (2, 3), (3, 3)]
    told = [interval(drawn(seed, *size)) for seed in range(4) for size in sizes]
    same = [lower == upper for _, lower, upper in told]
    assert sum(same) >= 13
    for answer, lower, upper in told:
        assert (answer.value == lower) == (lower == upper) or float(lower) == answer.value
    answer, lower, _ = next(one for one, equal in zip(told, same, strict=True) if equal)
    assert f"the optimum is {lower}, as both bounds are, proved over the rationals" in answer.message
    assert Rung("bayesian", answer).to_json()["exact"] == str(lower)


@pytest.mark.parametrize(("promise", "least"), [("periodic", 9), ("ex-post", 7)])
def test_rounds_go_on_until_what_they_end_with_is_near_a_vertex(promise: str, least: int) -> None:
    """Points between vertices are as good to nine digits, and no simple numbers."""
    sizes = [(2, 3), (3, 2), (3, 3), (2, 4)]
    goals = ["revenue", "revenue", "welfare", {"revenue": 2, "utility": 1}]
    same = 0
    for n in range(10):
        env = drawn(100 + n, *sizes[n % 4], sparse=promise == "periodic" or n % 2 == 0)
        words: dict[str, Any] = {"objective": goals[n % 4], "participation": promise}
        answer, lower, upper = interval(env, **words)
        same += lower == upper
        assert answer.value == dm.design(env, exact=True, **words).value or lower < upper
    assert same >= least
    five = dm.load("two-type-markov", horizon=5)
    assert interval(five)[1:] == (F(10357093, 3200000),) * 2


def test_who_takes_the_report_of_another_is_left_what_payments_are_bounded_by() -> None:
    """A report that is offered no more: the lower bound exceeded the optimum by 0.01 where its type paid
    what she would not stay for."""
    env = drawn(309, 3, 3, 3)
    answer, lower, upper = interval(env, participation="ex-post")
    value = dm.design(env, exact=True, participation="ex-post").value
    assert value is not None
    assert lower <= value <= upper
    assert dm.verify(env, answer.mechanism, participation="ex-post").violation == 0


def test_they_hold_whatever_doubles_said() -> None:
    """Shares and multipliers that are off by a hundredth make worse bounds, not wrong ones."""
    for seed in range(4):
        env = drawn(seed, 3, 3)
        asked = read_objective("revenue")
        theirs = recursion(env, asked.over(True))
        both: Bounds = bounds(recursion(env.to_float(), asked.over(False)))
        rng = np.random.default_rng(seed)
        kept = [one.parts for pool in both.cuts for one in pool.all]
        kept += [one.parts for pool in both.points for one in pool.all]
        for part in chain(*kept):
            part.share[:] *= 1 + rng.uniform(-0.01, 0.01, len(part.share))
        near = proved(theirs, both.cuts, both.points)
        assert near is not None
        value = dm.design(env, exact=True).value
        assert value is not None
        assert near.lower * theirs.unit <= value <= near.upper * theirs.unit
        assert near.lower < near.upper


def test_types_that_cannot_be_told_apart_are_pooled() -> None:
    """Two types alike in everything: whatever shares say, one of their reports may have to go."""
    values = [[0, 0, 0], [1, 1, 3]]
    kernel = [[["1/3", "1/3", "1/3"]] * 3]
    buyer = dm.Agent("buyer", types=["a", "b", "c"], prior=["1/4", "1/4", "1/2"], values=[values] * 3,
                     transitions=[kernel] * 2)  # fmt: skip
    env = dm.Environment(name="alike", horizon=3, actions=["keep", "sell"], agents=[buyer])
    _, lower, upper = interval(env)
    assert lower == upper == dm.design(env, exact=True).value


def test_a_long_horizon_has_an_interval_of_short_numbers() -> None:
    answer, lower, upper = interval(drawn(4, 3, 10))
    assert float(upper - lower) <= 1e-5 * float(upper)
    assert answer.certificate is None
    assert upper.denominator.bit_length() < 1_000


def test_rationals_are_the_simplest_and_sums_are_exact() -> None:
    assert simple(np.array([1 / 3, -0.125, 0.0]), F(1, 10**11)).tolist() == [F(1, 3), F(-1, 8), 0]
    near, sums = F(1, 10**11), array([1, F(1, 2)])
    shares = filled(np.array([1 / 3, 2 / 3 + 1e-12, 0.25]), np.array([0, 0, 1]), sums, near)
    assert shares.tolist() == [F(1, 3), F(2, 3), F(1, 4)]
    over = filled(np.array([0.75, 0.75]), np.array([0, 0]), sums, near)
    assert over.tolist() == [F(1, 2), F(1, 2)]


def test_a_way_round_that_gains_is_named() -> None:
    """Without leaving reports out there would be no rents at all."""
    lies, start = array([[0, F(1, 10)], [F(1, 10), 0]]), array([0, 0])
    assert sorted(longest(lies, start, np.array([True, True]))[1].tolist()) == [0, 1]
    rents, around = longest(lies, start, np.array([True, False]))
    assert (rents.tolist(), len(around)) == ([0, 0], 0)
