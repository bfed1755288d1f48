"""The least gain over all relaxed optima: a property of the instance, whatever found it."""

from __future__ import annotations

import math
from dataclasses import replace
from fractions import Fraction as F
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dynamech import testing
from dynamech.instances.file import read_instance
from dynamech.instances.library import load
from dynamech.models.design.design import Design, design
from dynamech.models.design.question import Question
from dynamech.models.environment.environment import Environment
from dynamech.models.ladder.ladder import ladder
from dynamech.models.notions.incentives import INCENTIVES
from dynamech.models.notions.participation import PARTICIPATIONS
from dynamech.models.payments.least_gain import Search
from dynamech.models.payments.smallest_gain import SmallestGain
from dynamech.models.payments.unrelax import Unrelaxed, gain_question, unrelax
from dynamech.models.verification.verify import incentive_verdict, participation_verdict
from dynamech.solvers.effort import EXACT, Effort
from dynamech.solvers.errors import TooLarge
from dynamech.solvers.program import Program
from dynamech.solvers.solution import Solution
from dynamech.solvers.solve import solve

from .plain_gain import least_gain

DATA = Path(__file__).parents[2] / "data"


def relaxed(env: Environment, word: str = "interim", exact: bool = True, **words: Any) -> Design:
    effort = Effort(words.pop("solver", "highs"), exact)
    return design(env, Question.of(env, incentives="relaxed", participation=word, **words), effort)


def bayesian(env: Environment, word: str) -> Any:
    return design(env, Question.of(env, participation=word), EXACT).value


def check(env: Environment, word: str, found: Unrelaxed, value: Any) -> None:
    """What holds of every exact answer: 0 iff tight, attained, verified, proved, and the promise is kept."""
    assert (found.gain == 0) == (value == bayesian(env, word)) == found.implementable
    verdict = incentive_verdict(found.environment, found.mechanism, INCENTIVES["bayesian"])
    assert verdict.violation == found.gain
    assert found.implementable or (found.witness is not None and found.witness.gain == found.gain)
    assert participation_verdict(found.environment, found.mechanism, PARTICIPATIONS[word]).violation == 0
    assert all(proof.check()["valid"] for proof in found.proofs)
    assert found.proofs[0].value == found.gain


@pytest.mark.parametrize("name", ["interdependent-a", "interdependent-b"])
@pytest.mark.parametrize(("word", "gain"), [("interim", F(5, 8)), ("periodic", F(5, 8)), ("ex-post", F(2))])
def test_the_order_of_types_does_not_matter(name: str, word: str, gain: F) -> None:
    env = read_instance(DATA / f"{name}.json")
    made = ladder(env, Question.of(env, participation=word), EXACT)
    assert made.unrelaxed is not None
    assert (made.unrelaxed.gain, made.unrelaxed.least) == (gain, gain)
    assert made.witness is not None
    assert made.witness.gain == gain


@pytest.mark.parametrize("word", ["interim", "ex-post"])
@pytest.mark.parametrize("seed", [0, 3, 7, 16, 17, 24, 27, 33, 36, 40, 51, 57])
def test_a_plain_program_over_histories_agrees(seed: int, word: str) -> None:
    """Mostly environments where something is left to gain; with two agents also interdependent ones."""
    words: dict[str, Any] = {"interdependent": seed % 3 == 0, "sparse": seed % 5 == 0}
    env = testing.random_environment(seed, agents=1 + seed % 2, types=2 + (seed % 4 == 0), **words)
    value, gain = least_gain(env, word == "ex-post")
    found = relaxed(env, word)
    assert value == pytest.approx(float(found.value or 0), abs=1e-8)
    assert gain == pytest.approx(float(unrelax(found).gain), abs=1e-6)


@settings(max_examples=8, deadline=None, derandomize=True)
@given(st.data())
def test_the_gain_is_0_exactly_where_the_relaxation_is_tight(data: st.DataObject) -> None:
    agents = data.draw(st.sampled_from([1, 1, 2]))
    seed = data.draw(st.integers(0, 10_000))
    env = testing.random_environment(
        seed,
        agents=agents,
        types=2 if agents == 2 else data.draw(st.sampled_from([2, 3])),
        interdependent=data.draw(st.booleans()),
        sparse=data.draw(st.booleans()),
        observed=data.draw(st.integers(0, 3)) == 0,
        discount=data.draw(st.sampled_from(["9/10", "1", "1/2"])),
    )
    word = data.draw(st.sampled_from(["interim", "periodic", "ex-post", "prefix", "per-period"]))
    coupling = data.draw(st.sampled_from(["quantile", "antithetic"]))
    asked = relaxed(env, word, coupling=coupling)
    found = unrelax(asked)
    assert found.least == found.gain
    check(env, word, found, asked.value)

    turned = env.reorder(agents=[agent.name for agent in env.agents][::-1])
    turned = turned.reorder(actions=env.actions[0][::-1]).relabel(actions={"a0": "first"})
    assert unrelax(relaxed(turned, word, coupling=coupling)).gain == found.gain

    double = unrelax(relaxed(env, word, exact=False, coupling=coupling))
    assert abs(double.gain - float(found.gain)) <= double.error


@settings(max_examples=4, deadline=None, derandomize=True)
@given(st.integers(0, 10_000), st.sampled_from(["interim", "ex-post"]), st.booleans(), st.booleans())
def test_where_actions_steer_types_both_ends_are_proved(
    seed: int, word: str, sparse: bool, interdependent: bool
) -> None:
    agents = 1 + seed % 2
    env = testing.random_environment(
        seed, agents=agents, types=2, controlled=True, sparse=sparse, interdependent=interdependent
    )
    asked = relaxed(env, word)
    found = unrelax(asked)
    assert found.gain * (1 - F(1, 10**6)) <= found.least <= found.gain
    assert (found.least > 0) == (found.gain > 0) == (len(found.proofs) == 2)
    check(env, word, found, asked.value)
    double = unrelax(relaxed(env, word, exact=False))
    assert double.gain >= float(found.least) - double.error
    assert double.least <= float(found.gain) + double.error


def test_an_allocation_that_leaves_less_than_the_lower_end_does_not_exist() -> None:
    """By Farkas: asking for less than the lower end leaves a proven shortfall, for the upper end none."""
    env = testing.random_environment(3, types=3, controlled=True, interdependent=True)
    search = Search(gain_question(relaxed(env, "ex-post")), EXACT)
    found = search.least()
    assert 0 < found.least < found.upper
    for gain, short in ((found.least * F(999_999, 10**6), True), (found.upper, False)):
        _, solution = search.solve(gain=gain)
        assert solution.certificate is not None
        assert solution.certificate.check()["valid"]
        assert solution.value is not None
        assert (solution.value > 0) == short


ENGINES = ("highs", "highs-ipm", "cvxpy:CLARABEL")


@pytest.mark.parametrize(
    ("name", "words", "word", "gain"),
    [
        ("kln-nonseparable", {"n": 3}, "interim", F(5, 4)),
        ("kln-nonseparable", {"n": 3}, "ex-post", F(2)),
        ("sequential-screening", {"k0": 3, "k1": 3}, "interim", F(1, 6)),
        ("progressive-screening", {}, "interim", F(81, 218)),
        ("two-type-markov", {"quadratic": True, "a_H": "1/4", "a_L": "1/4"}, "interim", F(36, 1421)),
    ],
)
def test_every_engine_and_formulation_finds_the_same(
    name: str, words: dict[str, Any], word: str, gain: F
) -> None:
    env = load(name, **words)
    payments = ("textbook", "per-period", "textbook+full-reports")
    for formulation in payments if word == "ex-post" else ("utilities", "aggregated", *payments):
        assert unrelax(relaxed(env, word, formulation=formulation)).gain == gain, formulation
    for solver in ENGINES:
        if solver == "highs-ipm" and "quadratic" in words:
            continue  # takes no quadratic objective
        found = unrelax(relaxed(env, word, exact=False, solver=solver))
        assert abs(found.gain - float(gain)) <= found.error, solver
        assert abs(found.gain - float(gain)) <= 1e-4, solver
        assert found.witness is not None
        assert float(found.witness.gain) == pytest.approx(float(found.gain), abs=1e-6)


@pytest.mark.parametrize(("seed", "words"), [(7, {"agents": 2}), (9, {"types": 3, "controlled": True})])
@pytest.mark.parametrize(("word", "power"), [("interim", -12), ("ex-post", 12)])
def test_money_may_be_counted_in_anything(seed: int, words: dict[str, Any], word: str, power: int) -> None:
    env, unit = testing.random_environment(seed, **words), F(10) ** power
    paid = [replace(agent, values=tuple(v * unit for v in agent.values)) for agent in env.agents]
    other = env._with(agents=tuple(paid), costs=tuple(c * unit for c in env.costs))
    found, scaled = unrelax(relaxed(env, word)), unrelax(relaxed(other, word))
    assert scaled.gain == found.gain * unit
    assert abs(float(scaled.least - found.least * unit)) <= 1e-6 * float(found.gain * unit)
    double = unrelax(relaxed(other, word, exact=False))
    assert not double.implementable
    assert double.witness is not None
    assert float(found.least * unit) - double.error <= float(double.gain)
    assert float(double.least) <= float(found.gain * unit) + double.error
    assert double.error <= 1e-3 * float(double.gain)


def test_an_error_of_the_relaxed_value_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its multiplier is 15/2: a value off by 1e-4 moves the gain by 7.5e-4, and the error says so."""
    asked = relaxed(load("kln-nonseparable", n=3), exact=False)
    monkeypatch.setattr(Design, "value_margin", 1e-4)
    found = unrelax(asked)
    assert abs(found.gain - 1.25) > 1e-4
    assert abs(found.gain - 1.25) <= found.error < 1e-2


def test_one_period_leaves_nothing_to_lie_about_later() -> None:
    made = ladder(load("myerson"), Question.of(load("myerson")), EXACT)
    assert made.tight["relaxed"] is True
    assert made.to_json()["least_gain"] is None
    assert made.unrelaxed is not None
    assert made.unrelaxed.gain == 0


@pytest.mark.parametrize(
    ("name", "words", "allocation", "utilities"),
    [
        ("kln-nonseparable", {"n": 5}, False, False),
        ("progressive-screening", {}, False, None),
        ("two-type-markov", {}, True, True),
        ("two-type-markov", {"quadratic": True}, True, True),
        ("interdependent-auction", {}, True, True),
    ],
)
def test_whether_there_is_another_optimum(
    name: str, words: dict[str, Any], allocation: bool | None, utilities: bool | None
) -> None:
    asked = relaxed(load(name, **words))
    found = unrelax(asked)
    assert (found.only.allocation, found.only.utilities) == (allocation, utilities)
    if allocation:
        # The allocation that the engine found is then the one, and its own smallest gain the least of all.
        question = gain_question(asked)
        assert Search(question, EXACT).smallest(question.optima.allocation).upper == found.gain
    assert unrelax(relaxed(load(name, **words), exact=False)).only.allocation is None


@pytest.mark.parametrize("seed", range(12))
def test_the_only_optimum_is_best_in_every_direction(seed: int) -> None:
    env = testing.random_environment(seed, types=2 + seed % 2, controlled=seed % 3 == 0)
    question = gain_question(relaxed(env))
    search = Search(question, EXACT)
    said = search.only(search.least())
    draw = np.random.default_rng(seed)
    allocations, utilities = set(), set()
    way = draw.integers(-1000, 1000, question.layout.num_columns)
    for sign in (1, -1):  # in all optima alike only if alike at both ends
        build, _ = question.relaxed()
        place = [question.layout.allocation(t).index for t in range(question.layout.horizon)]
        first = question.layout.utility(0, 0).index
        for columns in place:
            build.add_objective(columns, sign * way[columns])
        solution = solve(build.build(), exact=True)
        assert solution.primal is not None
        allocations.add(tuple(solution.primal[np.concatenate(place)]))
        utilities.add(tuple(solution.primal[first]))
    if said.allocation is not None:
        assert said.allocation == (len(allocations) == 1)
    if said.utilities:
        assert len(utilities) == 1


def test_what_does_not_fit_or_takes_too_long_is_left_out_with_the_reason(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    env = load("kln-nonseparable", n=5)
    small = Effort(exact=True, memory_limit=280_000)
    with pytest.raises(TooLarge, match="more than the memory limit of 280 kB"):
        unrelax(design(env, Question.of(env, incentives="relaxed"), small))

    limits: list[float | None] = []

    def out_of_time(program: Program, *_: Any, time_limit: float | None, **__: Any) -> Solution:
        limits.append(time_limit)
        return Solution(program, "limit", "limit: time", "highs")

    made = ladder(env, Question.of(env), Effort(time_limit=20))
    monkeypatch.setattr("dynamech.models.payments.least_gain.solve", out_of_time)
    assert made.unrelaxed_reason == "the payments with the smallest gain were not found: limit: time"
    assert made.witness is None
    assert len(limits) == 1
    assert limits[0] is not None
    assert 0 < limits[0] <= 20


def test_little_gained_among_some_types_is_no_verdict_on_the_others(monkeypatch: pytest.MonkeyPatch) -> None:
    """However far off doubles may be: where less is gained among those judged first, the whole is judged."""
    least = Search.least
    monkeypatch.setattr(Search, "least", lambda search: replace(least(search), error=math.inf))
    monkeypatch.setattr(SmallestGain, "first_types", lambda self, dual: np.array([0]))
    found = unrelax(relaxed(load("kln-nonseparable", n=3), exact=False))
    assert found.witness is not None
    assert not found.implementable
    assert found.witness.gain == pytest.approx(1.25)
