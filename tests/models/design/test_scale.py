"""Money may be counted in anything: all of it times 10^k changes no status, no verdict and nobody's lie.

DYNAMECH_SOAK=N multiplies the number of examples by N.
"""

from __future__ import annotations

import os
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import dynamech as dm
from dynamech import testing
from dynamech.instances.file import read_instance
from dynamech.instances.library import load
from dynamech.models.design.design import design
from dynamech.models.design.question import Question
from dynamech.models.environment.environment import Environment
from dynamech.models.ladder.ladder import ladder
from dynamech.models.mechanism.mechanism import Mechanism
from dynamech.models.notions.incentives import INCENTIVES, RUNGS
from dynamech.models.notions.participation import PARTICIPATIONS
from dynamech.models.payments.implement import implement
from dynamech.models.verification.anywhere import verify
from dynamech.solvers.effort import EXACT
from dynamech.solvers.errors import AssumptionViolated, InvalidInput
from dynamech.solvers.roster import catalogue

DATA = Path(__file__).parents[2] / "data"
SOAK = int(os.environ.get("DYNAMECH_SOAK", "1"))
ENGINES = [
    record.name
    for record in catalogue()
    if record.available and record.name in ("highs-ipm", "highs-pdlp", "cvxpy:CLARABEL", "pyomo:appsi_highs")
]
FORMULATIONS = [
    "auto", "utilities", "aggregated", "textbook", "per-period", "utilities+local",
    "utilities+thresholds+lazy", "textbook+lazy", "textbook+full-reports",
]  # fmt: skip
KINDS: list[dict[str, Any]] = [
    {"types": 3},
    {"agents": 2},
    {"controlled": True},
    {"observed": True},
    {"agents": 2, "joint": True},
    {"agents": 2, "interdependent": True, "sparse": True},
]


def few(count: int) -> settings:
    return settings(max_examples=count * SOAK, deadline=None, derandomize=True)


def times(env: Environment, power: int) -> Environment:
    """All values and costs times 10^power."""
    rate = Fraction(10) ** power
    agents = tuple(
        replace(agent, values=tuple(table * rate for table in agent.values)) for agent in env.agents
    )
    return env._with(agents=agents, costs=tuple(costs * rate for costs in env.costs))


def paying(mechanism: Mechanism, power: int) -> Mechanism:
    """The same mechanism with all payments times 10^power."""
    rate = Fraction(10) ** power if mechanism.exact else 10.0**power
    stages = tuple(replace(stage, transfers=stage.transfers * rate) for stage in mechanism.stages)
    return replace(mechanism, stages=stages)


environments = st.builds(
    lambda seed, kind: testing.random_environment(seed, **kind), st.integers(0, 9999), st.sampled_from(KINDS)
)
powers = st.sampled_from([-12, -9, -5, 4, 9, 12])


@few(40)
@given(
    environments, powers, st.sampled_from([*INCENTIVES]), st.sampled_from([*PARTICIPATIONS]),
    st.sampled_from(FORMULATIONS), st.sampled_from(["highs", "highs", *ENGINES]),
)  # fmt: skip
def test_designs(
    env: Environment, power: int, incentives: str, participation: str, formulation: str, solver: str
) -> None:
    def ask(given: Environment, **more: Any) -> Any:
        more |= {"incentives": incentives, "participation": participation, "formulation": formulation}
        return dm.design(given, **more, solver=solver)

    try:
        exact, scaled = ask(env, exact=True), ask(times(env, power), exact=True)
    except InvalidInput:  # a formulation whose conditions fail
        return
    rate = Fraction(10) ** power
    assert scaled.status == exact.status
    assert scaled.value == (None if exact.value is None else exact.value * rate)
    floats = ask(times(env, power).to_float())
    if floats.status == "limit" and solver not in ("highs", "highs-ipm"):
        return  # engines may stop without an answer
    assert floats.status == exact.status
    if exact.value is not None:
        size = float(max(abs(exact.value), max(abs(v).max() for a in env.agents for v in a.values)) * rate)
        allowed = max(floats.value_margin, 1e-9 * size) + (1e-6 * size if solver != "highs" else 0.0)
        assert abs(floats.value - float(exact.value * rate)) <= allowed


@few(10)
@given(environments, powers)
def test_ladders(env: Environment, power: int) -> None:
    rungs = ladder(env, Question.of(env))
    scaled = ladder(times(env, power), Question.of(env))
    for name in RUNGS:
        assert scaled[name].status == rungs[name].status
        value = rungs[name].value
        if value is not None:
            wanted = pytest.approx(float(value) * 10.0**power, rel=1e-8, abs=1e-9 * 10.0**power)
            assert float(scaled[name].value or 0) == wanted
    assert scaled.tight == rungs.tight
    before, after = rungs.witness, scaled.witness
    assert (before is None) == (after is None)
    if before is not None and after is not None:
        assert float(after.gain) == pytest.approx(float(before.gain) * 10.0**power, rel=1e-5)


@few(15)
@given(environments, powers, st.integers(0, 1))
def test_verdicts(env: Environment, power: int, shaken: int) -> None:
    """Of an optimal mechanism, and of the same with one payment changed by a thousandth."""
    env = env.to_float()
    answer = design(env, Question.of(env, participation="periodic"))
    if answer.status != "optimal" or not answer.attained:
        return
    mechanism = answer.mechanism
    if shaken:
        first = mechanism.stages[0]
        transfers = first.transfers.copy()
        transfers.reshape(-1)[0] += 1e-3
        mechanism = replace(mechanism, stages=(replace(first, transfers=transfers), *mechanism.stages[1:]))
    one = {(v.kind, v.notion): v for v in verify(env, mechanism)}
    other = {(v.kind, v.notion): v for v in verify(times(env, power), paying(mechanism, power))}
    assert one.keys() == other.keys()
    for key, verdict in one.items():
        assert other[key].holds == verdict.holds
        assert float(other[key].violation) == pytest.approx(
            float(verdict.violation) * 10.0**power, rel=1e-6, abs=1e-12 * 10.0**power
        )
        before, after = verdict.witness, other[key].witness
        assert (before is None) == (after is None)


@few(10)
@given(environments, powers, st.booleans(), st.sampled_from(["bayesian", "ex-post", "relaxed", "per-period"]))
def test_what_can_be_paid_for(env: Environment, power: int, exact: bool, notion: str) -> None:
    """The first best: some of them can be paid for, and some cannot."""
    allocation = design(env, Question.of(env, incentives="none"), EXACT).mechanism
    env, wanted = (env, allocation) if exact else (env.to_float(), allocation.to_float())
    try:
        one, other = implement(env, wanted, notion), implement(times(env, power), wanted, notion)
    except AssumptionViolated:  # shocks of a joint process are no bound
        return
    assert one.implementable == other.implementable
    if exact:
        assert other.gain == one.gain * Fraction(10) ** power
    else:
        assert float(other.gain) == pytest.approx(float(one.gain) * 10.0**power, rel=1e-6)


@few(8)
@given(environments, st.randoms(use_true_random=False), st.sampled_from([*INCENTIVES]))
def test_the_order_of_lists_does_not_matter(env: Environment, random: Any, word: str) -> None:
    """Of agents and actions to no notion, of types to none but those that use it."""

    def mixed(names: Any) -> list[str]:
        return sorted(names, key=lambda _: random.random())

    other = env.reorder(agents=mixed(a.name for a in env.agents), actions=mixed(env.actions[0]))
    if word not in ("virtual", "first-order", "relaxed"):
        other = other.reorder(types={agent.name: mixed(agent.types[0]) for agent in env.agents})
    one, two = (design(e, Question.of(e, incentives=word), EXACT) for e in (env, other))
    assert (one.status, one.value) == (two.status, two.value)
    doubles = design(other.to_float(), Question.of(other.to_float(), incentives=word))
    assert doubles.status == one.status
    if one.value is not None:
        assert doubles.value == pytest.approx(float(one.value), rel=1e-8, abs=1e-9)


@pytest.mark.parametrize(
    ("name", "words", "value"),
    [
        ("rare-type-default", {}, Fraction(5781990241261665696541861, 160000000000000000000)),
        ("rare-type-1e-8", {}, Fraction(3033900027328998858100011913, 1200000000000000000000000000)),
        (
            "rare-type-1e-8",
            {"formulation": "thresholds"},
            Fraction(3033900027328998858100011913, 1200000000000000000000000000),
        ),
        ("large-values-textbook", {"formulation": "textbook"}, 7411322.304933571),
        ("thin-two-buyers", {"participation": "ex-post"}, Fraction(50009999895001, 5000000000)),
    ],
)
@pytest.mark.parametrize("power", [-9, 0, 9])
def test_rare_types_and_large_values(name: str, words: dict[str, Any], value: Any, power: int) -> None:
    env = times(read_instance(DATA / f"{name}.json"), power)
    answer = design(env, Question.of(env, **words))
    assert answer.status == "optimal"
    assert answer.value == pytest.approx(float(value) * 10.0**power, rel=1e-9)


@pytest.mark.parametrize("power", [-12, 12])
def test_a_supremum_stays_one(power: int) -> None:
    """Whether a value is attained does not depend on money either."""
    for seed in range(6):
        env = testing.random_environment(seed, agents=2, joint=True, controlled=True)
        one, other = (design(e, Question.of(e)) for e in (env.to_float(), times(env, power).to_float()))
        assert one.attained == other.attained


def test_payments_go_with_values() -> None:
    """Payments have to go with values: those of dollars break every promise made in cents."""
    env = load("two-type-markov")
    answer = design(env, Question.of(env))
    cents = times(env, -2)
    assert verify(cents, paying(answer.mechanism, -2), "bayesian", "interim")
    assert not verify(cents, answer.mechanism, None, "interim")
