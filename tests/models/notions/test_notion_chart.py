"""What implies what among the notions (docs/theory.md): mechanisms with the one and without the other."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from typing import Any

import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import given, settings

from dynamech.instances.families.items_over_time import items
from dynamech.instances.library import load
from dynamech.models.design.design import design
from dynamech.models.design.question import Question
from dynamech.models.environment.environment import Environment
from dynamech.models.mechanism.mechanism import Mechanism, Stage
from dynamech.models.notions.incentives import CHECKED_INCENTIVES
from dynamech.models.notions.participation import CHECKED_PARTICIPATIONS
from dynamech.models.verification.anywhere import verify
from dynamech.solvers.effort import EXACT
from dynamech.solvers.errors import AssumptionViolated, InvalidInput

F = Fraction
LIES = ("bayesian", "ex-post", "per-period", "report-independent", "every-future")
PROMISES = (
    "interim",
    "periodic",
    "ex-post",
    "prefix",
    "per-period",
    "expected-period",
    "expected-continuation",
    "continuation",
)
IMPLIES: list[tuple[set[str], str]] = [
    ({"i:every-future"}, "i:ex-post"),
    ({"i:ex-post"}, "i:bayesian"),
    ({"i:per-period", "i:report-independent"}, "i:bayesian"),
    ({"p:per-period"}, "p:prefix"),
    ({"p:per-period"}, "p:expected-period"),
    ({"p:per-period"}, "p:continuation"),
    ({"p:prefix"}, "p:ex-post"),
    ({"p:expected-period"}, "p:expected-continuation"),
    ({"p:continuation"}, "p:expected-continuation"),
    ({"p:continuation"}, "p:periodic"),
    ({"p:periodic"}, "p:interim"),
    ({"p:ex-post"}, "p:interim"),
]
COIN = [F(1), F(2)], [F(1, 2), F(1, 2)]
SHOP = items([[COIN], [COIN]])
Written = Callable[[Environment, str], Mechanism]
TABLES = {
    # Lemma 3.3's optimum of this instance, as an account and with front-loaded payments.
    "account": "0 1/2 1/2; 1 1 3/2; 0,0 0 0; 0,1 1 2; 1,0 1 3/2; 1,1 1 3/2",
    "front-loaded": "0 1/2 1/2; 1 1 2; 0,0 0 0; 0,1 1 2; 1,0 1 1; 1,1 1 1",
    "charge then return": "0 0 1; 1 0 1; 0,0 0 -1; 0,1 0 -1; 1,0 0 -1; 1,1 0 -1",
    "give then take": "0 0 -1; 1 0 -1; 0,0 0 1; 0,1 0 1; 1,0 0 1; 1,1 0 1",
    "high pays low": "0 0 -1; 1 0 1; 0,0 0 0; 0,1 0 0; 1,0 0 0; 1,1 0 0",
    "free tomorrow": "0 0 0; 1 1 2; 0,0 1 0; 0,1 1 0; 1,0 0 0; 1,1 1 2",
    "own report": "0 1 1; 1 1 2; 0,0 1 1; 0,1 1 2; 1,0 1 1; 1,1 1 2",
    "later prices": "0 0 0; 1 1 3/2; 0,0 0 0; 0,1 1 2; 1,0 0 0; 1,1 1 3/2",
    "at the mean": "0 0 0; 1 0 0; 0,0 1 3/2; 0,1 1 3/2; 1,0 1 3/2; 1,1 1 3/2",
}
APART = [
    ("account", "i:ex-post", "i:every-future"),
    ("front-loaded", "i:bayesian", "i:per-period"),
    ("front-loaded", "i:bayesian", "i:report-independent"),
    ("free tomorrow", "i:per-period", "i:bayesian"),
    ("own report", "i:report-independent", "i:bayesian"),
    ("later prices", "i:per-period", "i:report-independent"),
    ("account", "p:prefix", "p:per-period"),
    ("account", "p:expected-period", "p:per-period"),
    ("account", "p:expected-continuation", "p:continuation"),
    ("charge then return", "p:continuation", "p:per-period"),
    ("charge then return", "p:ex-post", "p:prefix"),
    ("charge then return", "p:expected-continuation", "p:expected-period"),
    ("give then take", "p:prefix", "p:expected-continuation"),
    ("high pays low", "p:expected-period", "p:interim"),
    ("at the mean", "p:interim", "p:ex-post"),
]


def holding(env: Environment, mechanism: Mechanism) -> set[str]:
    found = verify(env, mechanism)
    return {f"{v.kind[0]}:{v.notion}" for v in found if v.holds}


@pytest.mark.parametrize(("name", "has", "lacks"), APART)
def test_one_without_the_other(written: Written, name: str, has: str, lacks: str) -> None:
    held = holding(SHOP, written(SHOP, TABLES[name]))
    assert has in held
    assert lacks not in held


@pytest.mark.parametrize("name", TABLES)
def test_the_chart_on_the_tables(written: Written, name: str) -> None:
    held = holding(SHOP, written(SHOP, TABLES[name]))
    for premises, conclusion in IMPLIES:
        assert not premises <= held or conclusion in held
    assert ("p:continuation" in held) == ("p:periodic" in held)  # one buyer


def test_two_buyers_who_pay_win_or_lose() -> None:
    """Payments by own report alone: right on average, wrong against a rival who is known."""
    env = items([[COIN, COIN]])
    sale = np.zeros((1, 2, 2, 3), dtype=object) + F(0)
    sale[0, 0, :, 1] = sale[0, 1, :, 1] = F(1)
    sale[0, 0, 1] = [F(0), F(0), F(1)]
    paid = np.zeros((2, 1, 2, 2), dtype=object) + F(0)
    paid[1, 0, :, 1] = F(1)
    paid[0, 0, 0, :], paid[0, 0, 1, :] = F(1, 2), F(1)
    made = Mechanism(env.name, (Stage(sale, paid),))
    held = holding(env, made)
    assert "i:bayesian" in held
    assert "i:ex-post" not in held
    assert "p:periodic" in held
    assert "p:continuation" not in held
    (verdict,) = verify(env, made, participation="continuation")
    assert verdict.violation == 1
    assert verdict.witness is not None
    assert verdict.witness.agent == "buyer 2"


STEPS = st.sampled_from([F(0), F(1, 2), F(1), F(3, 2), F(2)])


@settings(max_examples=20, deadline=None, derandomize=True)
@given(
    st.lists(st.sampled_from([F(0), F(1, 2), F(1)]), min_size=6, max_size=6),
    st.lists(STEPS, min_size=6, max_size=6),
)
def test_the_chart_on_random_tables(written: Written, sales: list[Any], payments: list[Any]) -> None:
    histories = ("0", "1", "0,0", "0,1", "1,0", "1,1")
    text = "; ".join(f"{h} {x} {p}" for h, x, p in zip(histories, sales, payments, strict=True))
    held = holding(SHOP, written(SHOP, text))
    for premises, conclusion in IMPLIES:
        assert not premises <= held or conclusion in held


@pytest.mark.parametrize(
    ("name", "word", "size", "words"),
    [
        ("account", "every-future", F(1, 2), "where the types that follow are '1'"),
        ("free tomorrow", "every-future", F(2), "where the types that follow are '2'"),
        ("later prices", "report-independent", F(1, 4), "1/4 more where she reports '2'"),
        ("free tomorrow", "report-independent", F(3, 2), "3/2 less where she reports '2'"),
    ],
)
def test_witnesses_of_incentives(written: Written, name: str, word: str, size: Fraction, words: str) -> None:
    (verdict,) = verify(SHOP, written(SHOP, TABLES[name]), word)
    assert verdict.violation == size
    assert verdict.witness is not None
    assert words in verdict.witness.sentence
    assert verdict.witness.plan == "truth"


@pytest.mark.parametrize(
    ("name", "word", "size", "period"),
    [
        ("charge then return", "expected-period", F(1), 0),
        ("give then take", "expected-continuation", F(1), 1),
        ("account", "continuation", F(1, 2), 1),
    ],
)
def test_witnesses_of_participation(
    written: Written, name: str, word: str, size: Fraction, period: int
) -> None:
    (verdict,) = verify(SHOP, written(SHOP, TABLES[name]), participation=word)
    assert verdict.violation == size
    witness = verdict.witness
    assert witness is not None
    assert (witness.period, witness.report, len(witness.history)) == (period, None, period)
    assert (witness.type is None) == word.startswith("expected")
    assert witness.to_json()["type"] == witness.type


def test_every_future_needs_paths_that_lies_leave_alone() -> None:
    env = load("random", seed=1, controlled=True, agents=1)
    made = design(env, Question.of(env), EXACT)
    with pytest.raises(AssumptionViolated, match="every-future"):
        verify(env, made.mechanism, "every-future")
    assert "every-future" not in [v.notion for v in verify(env, made.mechanism)]


@pytest.mark.parametrize("word", [*CHECKED_INCENTIVES, *CHECKED_PARTICIPATIONS])
def test_what_has_no_program_says_so(word: str) -> None:
    lies, promise = (word, "interim") if word in CHECKED_INCENTIVES else ("bayesian", word)
    question = Question.of(SHOP, "revenue", lies, promise)
    with pytest.raises(InvalidInput, match=f"'{word}' has no program"):
        design(SHOP, question)


def test_markov_types_and_three_periods() -> None:
    """The checks also run where types are not independent over time, against plain enumeration."""
    env = load("two-type-markov", horizon=3)
    made = design(env, Question.of(env), EXACT)
    verdicts = {(v.kind, v.notion): v for v in verify(env, made.mechanism)}
    future = verdicts["incentives", "every-future"]
    assert future.violation == _by_enumeration(env, made.mechanism)
    assert future.violation >= verdicts["incentives", "ex-post"].violation


def _by_enumeration(env: Environment, mechanism: Mechanism) -> Fraction:
    """The most that one lie gains along some path: every history, lie and future, one by one."""
    sizes = [env.types(t)[0] for t in range(env.periods)]
    agent = env.agents[0]
    worst = F(0)

    def total(reports: list[int], truths: list[int], start: int) -> Fraction:
        memory, gain = mechanism.start, F(0)
        for t, report in enumerate(reports):
            stage = mechanism.stages[t]
            if t >= start:
                worth = (stage.allocation[memory, report] * agent.values[t][:, truths[t]]).sum()
                gain += env.discount ** (t - start) * (worth - stage.transfers[0, memory, report])
            if stage.next is not None:
                memory = int(stage.next[memory, report, 0])
        return gain

    for path in np.ndindex(*sizes):
        if any(agent.kernels[t].rows()[path[t], path[t + 1]] == 0 for t in range(len(path) - 1)):
            continue
        for t in range(env.periods):
            for lie in range(sizes[t]):
                reports = [*path[:t], lie, *path[t + 1 :]]
                worst = max(worst, total(reports, list(path), t) - total(list(path), list(path), t))
    return worst


def test_a_first_period_with_one_type(written: Written) -> None:
    env = items([[([F(2)], [F(1)])], [COIN]])
    made = written(env, "0 1 2; 0,0 0 0; 0,1 1 2")
    assert {"i:every-future", "i:report-independent", "p:per-period"} <= holding(env, made)
