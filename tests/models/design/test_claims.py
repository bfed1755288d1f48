"""Certify small, claim large: whatever found the optimum, the proof is about the textbook program."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dynamech import testing
from dynamech.instances.library import load
from dynamech.models.design.claims import textbook
from dynamech.models.design.compiling import compile_question
from dynamech.models.design.design import design
from dynamech.models.design.question import Question
from dynamech.models.notions.incentives import INCENTIVES
from dynamech.solvers.effort import EXACT, Effort
from dynamech.solvers.errors import NotCertified
from dynamech.solvers.exact.solve import certify_home

FEW = settings(max_examples=25, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])


@FEW
@given(
    st.integers(0, 10_000),
    st.sampled_from(sorted(INCENTIVES)),
    st.sampled_from(["interim", "periodic", "ex-post"]),
)
def test_claims_are_about_the_textbook_program(seed: int, incentives: str, participation: str) -> None:
    env = testing.random_environment(
        seed, agents=1 + seed % 2, periods=2 + (seed % 4 == 0), types=2, actions=2 + (seed % 9 == 0),
        controlled=seed % 3 == 0, sparse=seed % 5 < 3, interdependent=seed % 7 < 3, observed=seed % 11 < 3,
        joint=seed % 13 == 0, discount=["1", "9/10"][seed % 2],
    )  # fmt: skip
    asked = Question.of(env, "revenue", incentives, participation)
    answer = design(env, asked, EXACT)
    if answer.status == "not-applicable":
        return
    assert answer.certificate is not None
    if answer.status != "optimal":
        return
    assert answer.certificate.value == answer.value
    assert answer.certificate.check()["valid"]
    words = Question.of(env, "revenue", incentives, participation, formulation=answer.certified)
    book = compile_question(env, words, EXACT)[0].program
    testing.assert_same_program(answer.certificate.program, book)


@pytest.mark.parametrize("formulation", ["utilities", "local", "lazy", "thresholds", "thresholds+lazy"])
def test_a_large_claim_from_a_small_program(formulation: str) -> None:
    """Sequential screening on an 8 by 20 grid: over 3,000 textbook rows from a few dozen."""
    env = load("sequential-screening", k0=8, k1=20)
    answer = design(env, Question.of(env, formulation=formulation), EXACT)
    assert answer.certified == "textbook"
    assert answer.certificate is not None
    assert answer.certificate.program.num_rows == 8 * 7 + 8 * 20 * 19 + 8 + 8 * 20 + 8 + 8 + 8 * 20
    assert answer.certificate.value == answer.value
    assert answer.certificate.check()["valid"]
    assert answer.program is not None
    if "thresholds" in formulation:
        assert answer.program.num_rows < 8 * 7 + 8 + 8 + 8 + 1


def test_vectors_that_are_not_optimal_make_no_claim() -> None:
    env = load("sequential-screening", k0=3, k1=4)
    answer = design(env, Question.of(env), EXACT)
    primal, dual = answer.solved.solution.point, answer.solved.solution.multipliers
    lift = textbook(answer.solved.compiled, 1e9)
    with pytest.raises(NotCertified):
        certify_home(lift, primal * Fraction(9, 10), dual)
    wrong = dual.copy()
    wrong[np.flatnonzero(dual != 0)[-1]] += Fraction(1, 10**9)
    with pytest.raises(NotCertified):
        certify_home(lift, primal, wrong)


def test_where_the_textbook_program_does_not_fit_the_proof_is_about_what_was_solved() -> None:
    env = load("sequential-screening", k0=6, k1=12)
    small = design(env, Question.of(env, formulation="thresholds"), Effort(exact=True, memory_limit=500_000))
    assert small.certificate is not None
    assert small.certificate.program is small.program
    assert small.certified == "utilities+local+thresholds"
    assert small.certificate.check()["valid"]
