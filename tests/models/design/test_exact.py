"""Exact answers: worked cases are the same rationals, and exact mechanisms verify with violation 0."""

from __future__ import annotations

from fractions import Fraction as F
from typing import Any

import pytest

from dynamech import testing
from dynamech.instances.library import load
from dynamech.models.design.design import design
from dynamech.models.design.question import Question
from dynamech.models.ladder.ladder import ladder
from dynamech.models.verification.anywhere import verify
from dynamech.solvers.effort import EXACT
from dynamech.solvers.errors import InvalidInput

# Case id in tests/data/screening.json, library name, settings, rungs.
LADDERS: list[tuple[str, str, dict[str, Any], dict[str, str]]] = [
    ("2_nonsep_n2", "kln-nonseparable", {"n": 2}, {"relaxed": "7/2", "bayesian": "13/4"}),
    ("2_nonsep_n3", "kln-nonseparable", {"n": 3}, {"relaxed": "8/3", "bayesian": "5/2"}),
    (
        "2_nonsep_n5",
        "kln-nonseparable",
        {"n": 5},
        {"relaxed": "5/2", "bayesian": "9/4", "first-order": "9/4"},
    ),
    ("formulations", "kln-nonseparable", {"n": 9}, {"relaxed": "43/18", "bayesian": "25/12"}),
    (
        "2_corr_n5",
        "kln-correlated",
        {"n": 5},
        {"relaxed": "91/160", "bayesian": "41/80", "types-public": "5/8"},
    ),
    (
        "1B_correlated_binary",
        "two-period-screening",
        {"variant": "persistent"},
        {"relaxed": "17/12", "first-order": "4/3", "bayesian": "4/3", "types-public": "19/12"},
    ),
    (
        "3b_monotone_phi_not_tight",
        "kln-separable",
        {"variant": "not-tight", "T": 2},
        {"virtual": "513/200", "relaxed": "513/200", "bayesian": "2373/1000"},
    ),
    (
        "3c_irregular_2",
        "kln-separable",
        {"variant": "irregular-not-tight", "T": 1},
        {"virtual": "327/40", "relaxed": "153/20", "bayesian": "3501/475"},
    ),
    ("8L1", "two-type-markov", {"horizon": 3}, {"none": "9491/4000", "bayesian": "773/400"}),
    ("10_A", "progressive-screening", {"T": 2}, {"relaxed": "729/800", "bayesian": "711/800"}),
    ("4A1_T1", "supply-chain", {"T": 1}, {"relaxed": "2493/160", "bayesian": "2493/160"}),
    ("6_grid_a1/2", "courty-li-uniform", {"n": 3}, {"relaxed": "7/18", "bayesian": "7/18"}),
]


@pytest.mark.parametrize(("case", "name", "settings", "wanted"), LADDERS, ids=[entry[0] for entry in LADDERS])
def test_worked_cases_are_the_same_rationals(
    case: str, name: str, settings: dict[str, Any], wanted: dict[str, str]
) -> None:
    env = load(name, **settings)
    rungs = ladder(env, Question.of(env), EXACT)
    assert rungs.exact
    for rung, value in wanted.items():
        assert rungs[rung].value == F(value), rung
        proof = rungs[rung].design.certificate
        assert proof is not None
        assert proof.check()["valid"]
    assert rungs.tight["relaxed"] == (rungs["relaxed"].value == rungs["bayesian"].value)


def test_the_witness_is_exact() -> None:
    env = load("kln-nonseparable", n=5)
    rungs = ladder(env, Question.of(env), EXACT)
    assert rungs.witness is not None
    assert rungs.witness.gain == F(5, 4)
    assert rungs.unrelaxed is not None
    begun = [weight for lie, weight in rungs.unrelaxed.strategy if "period 0" in lie]
    assert sum(begun) == 1


@pytest.mark.parametrize("participation", ["interim", "periodic", "ex-post", "prefix", "per-period"])
@pytest.mark.parametrize("word", ["virtual", "relaxed", "first-order", "bayesian", "ex-post", "per-period"])
@pytest.mark.parametrize("seed", [2, 7])
def test_exact_mechanisms_have_no_violation_at_all(word: str, participation: str, seed: int) -> None:
    env = testing.random_environment(
        seed, agents=1 + seed % 2, periods=2, controlled=seed == 2, observed=seed == 7, sparse=True
    )
    question = Question.of(env, incentives=word, participation=participation)
    answer = design(env, question, EXACT)
    if word == "per-period" and participation in ("ex-post", "prefix") and any(env.controlled):
        assert answer.status == "not-applicable"
        assert "realised actions" in answer.message
        return
    assert answer.status == "optimal"
    assert isinstance(answer.value, F)
    assert answer.mechanism.exact
    if not answer.attained:
        return
    for verdict in verify(env, answer.mechanism, word, participation):
        assert verdict.violation == 0, verdict
    close = design(env, Question.of(env, incentives=word, participation=participation))
    assert close.value == pytest.approx(float(answer.value), abs=1e-7)


def test_floats_whose_exact_sum_is_not_one_are_refused_with_a_hint() -> None:
    from dynamech.models.environment.environment import Agent, Environment

    env = Environment(
        horizon=1,
        actions=["keep", "sell"],
        agents=[Agent("buyer", types=[1, 2, 3], prior=[0.1, 0.2, 0.7], values=[[[0, 0, 0], [1, 2, 3]]])],
    )
    assert design(env, Question.of(env)).status == "optimal"
    with pytest.raises(InvalidInput, match="write probabilities as strings"):
        design(env, Question.of(env), EXACT)


@pytest.mark.parametrize("formulation", ["utilities", "textbook", "per-period"])
def test_formulations_agree_exactly(formulation: str) -> None:
    env = testing.random_environment(3, agents=2, periods=2, types=2, interdependent=True)
    values = {
        design(env, Question.of(env, formulation=form), EXACT).value for form in ("auto", formulation)
    }
    assert len(values) == 1
