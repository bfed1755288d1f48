"""Discount 0: later periods are worth nothing, and whatever is promised there is kept all the same."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dynamech import testing
from dynamech.instances.file import read_instance
from dynamech.models.design.design import design
from dynamech.models.design.question import Question
from dynamech.models.notions.incentives import INCENTIVES
from dynamech.models.notions.participation import PARTICIPATIONS
from dynamech.models.verification.anywhere import verify
from dynamech.models.verification.verify import participation_verdict
from dynamech.solvers.effort import EXACT, Effort

DATA = Path(__file__).parents[2] / "data"
KINDS: list[dict[str, Any]] = [
    {"controlled": True, "periods": 3},
    {"agents": 2, "controlled": True},
    {"types": 3, "observed": True},
    {"agents": 2, "joint": True, "controlled": True},
    {"agents": 2, "interdependent": True, "sparse": True},
]


@settings(max_examples=30, deadline=None, derandomize=True)
@given(
    st.integers(0, 1000),
    st.sampled_from(KINDS),
    st.sampled_from([*INCENTIVES]),
    st.sampled_from([*PARTICIPATIONS]),
)
def test_it_is_the_first_period_alone_with_every_promise_kept(
    seed: int, kind: dict[str, Any], incentives: str, participation: str
) -> None:
    env = testing.random_environment(seed, discount=0, **kind)
    question = Question.of(env, incentives=incentives, participation=participation)
    answer, alone = design(env, question, EXACT), design(env.with_horizon(1), question, EXACT)
    if answer.status == "not-applicable":  # relaxations of a joint process have no shocks
        return
    assert (answer.status, answer.value) == (alone.status, alone.value)
    if answer.status != "optimal" or not answer.attained:
        return
    home, promise, notion = answer.environment, PARTICIPATIONS[participation], answer.question.incentives
    assert home is not None
    assert participation_verdict(home, answer.mechanism, promise, notion.information)
    if incentives != "none":
        assert verify(home, answer.mechanism, incentives)


def test_per_period_promises_are_kept_in_later_periods() -> None:
    env = read_instance(DATA / "discount-zero.json")
    answer = design(env, Question.of(env, participation="per-period"), EXACT)
    assert answer.value == 1
    assert verify(env, answer.mechanism, "bayesian", "per-period")


@pytest.mark.parametrize("promise", ["ex-post", "prefix", "per-period"])
@pytest.mark.parametrize("formulation", ["auto", "textbook", "per-period", "textbook+lazy"])
def test_controlled_environments_have_an_answer_in_every_formulation(promise: str, formulation: str) -> None:
    env = read_instance(DATA / "discount-zero-controlled.json")
    answer = design(env, Question.of(env, participation=promise, formulation=formulation), EXACT)
    assert (answer.status, answer.value) == ("optimal", Fraction(151, 16))
    assert answer.certificate is not None
    assert answer.certificate.check()["valid"]
    assert verify(env, answer.mechanism, "bayesian", promise)


@settings(max_examples=12, deadline=None, derandomize=True)
@given(
    st.integers(0, 1000),
    st.sampled_from([{"periods": 3, "controlled": True}, {"agents": 2}, {"types": 3, "observed": True}]),
    st.sampled_from(["relaxed", "types-public", "first-order", "bayesian", "ex-post"]),
    st.sampled_from(["interim", "periodic", "ex-post", "per-period"]),
    st.sampled_from(["0", "1/1000000"]),
)
def test_hardly_any_future(
    seed: int, kind: dict[str, Any], incentives: str, participation: str, discount: str
) -> None:
    """Values in doubles are those over the rationals, and so is what is proved of the textbook program."""
    env = testing.random_environment(seed, discount=discount, **kind)
    words: dict[str, Any] = {"incentives": incentives, "participation": participation}
    exact = design(env, Question.of(env, **words), EXACT)
    doubles = design(env.to_float(), Question.of(env.to_float(), **words))
    assert exact.status == doubles.status == "optimal"
    assert doubles.value == pytest.approx(float(exact.value or 0), rel=1e-9, abs=1e-12)
    assert exact.certificate is not None
    assert exact.certificate.check()["valid"]


def test_tiny_discounts_that_were_called_unbounded() -> None:
    env = read_instance(DATA / "small-discount.json")
    for solver in ("highs", "cvxpy:CLARABEL"):
        answer = design(env, Question.of(env, incentives="types-public"), Effort(solver))
        assert answer.status == "optimal"
        assert answer.value == pytest.approx(840000489999409 / 240000000000000, rel=1e-9)
