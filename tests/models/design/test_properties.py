"""Properties of compiled programs and decoded mechanisms over random environments."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import dynamech as dm
from dynamech import testing
from dynamech.models.design.design import Design, design
from dynamech.models.design.question import Question
from dynamech.models.environment.environment import Agent, Environment
from dynamech.models.ladder.ladder import ladder
from dynamech.models.mechanism.mechanism import Mechanism
from dynamech.models.notions.incentives import INCENTIVES
from dynamech.models.notions.participation import PARTICIPATIONS
from dynamech.models.verification.anywhere import verify
from dynamech.solvers.effort import Effort
from dynamech.solvers.errors import InvalidInput

PROFILE = settings(
    max_examples=25, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow]
)
FEW = settings(PROFILE, max_examples=12)


@st.composite
def environments(draw: Any, joint: bool | None = None, agents: int | None = None) -> Environment:
    seed = draw(st.integers(0, 10_000))
    count = draw(st.sampled_from([1, 1, 2])) if agents is None else agents
    periods = draw(st.sampled_from([1, 2, 2, 3] if count == 1 else [1, 2]))
    together = draw(st.booleans()) if joint is None else joint
    observed = draw(st.booleans())
    return testing.random_environment(
        seed,
        agents=count,
        periods=min(periods, 2) if together else periods,
        types=draw(st.sampled_from([2, 3])) if count == 1 else 2,
        actions=draw(st.sampled_from([2, 3])),
        controlled=draw(st.booleans()),
        sparse=draw(st.booleans()),
        interdependent=draw(st.booleans()),
        joint=together,
        observed=observed,
        given=observed and draw(st.booleans()),
        feasible=observed and draw(st.booleans()),
        discount=draw(st.sampled_from(["1", "9/10", "1/2"])),
    )


def solve(
    env: Environment, incentives: str = "bayesian", participation: str = "interim", **more: Any
) -> Design:
    return dm.design(env, incentives=incentives, participation=participation, **more)


def close(a: Any, b: Any, scale: float = 1.0) -> bool:
    return abs(float(a) - float(b)) <= 1e-6 * max(1.0, abs(float(a)), scale)


@PROFILE
@given(environments())
def test_the_ladder_keeps_its_order(env: Environment) -> None:
    rungs = ladder(env, Question.of(env))  # raises where the order is broken
    assert rungs["bayesian"].status == "optimal"
    if env.joint:
        assert rungs["relaxed"].status in ("optimal", "not-applicable")


@PROFILE
@given(environments(), st.sampled_from(sorted(INCENTIVES)), st.sampled_from(sorted(PARTICIPATIONS)))
def test_formulations_agree_and_every_optimum_verifies(env: Environment, word: str, promise: str) -> None:
    if promise == "none":
        promise = "interim"
    values = {}
    for formulation in ("auto", "utilities", "aggregated", "textbook", "per-period"):
        try:
            answer = solve(env, word, promise, formulation=formulation)
        except InvalidInput:  # a formulation whose conditions fail here
            assert formulation not in ("auto", "textbook")
            continue
        if answer.status == "not-applicable":
            continue
        assert answer.status == "optimal", answer.message
        values[formulation] = answer.value
        assert answer.environment is not None
        answer.mechanism.check(answer.environment)
        for verdict in verify(env, answer.mechanism, None if word == "none" else word, promise):
            assert verdict.violation <= 1e-7, (formulation, verdict)
    if values:
        assert close(max(map(float, values.values())), min(map(float, values.values()))), values  # type: ignore[arg-type]


@PROFILE
@given(environments(joint=False))
def test_five_participation_words_are_two_programs(env: Environment) -> None:
    assert close(solve(env, participation="interim").value, solve(env, participation="periodic").value)
    paths = [solve(env, participation=word).value for word in ("ex-post", "prefix", "per-period")]
    assert close(paths[0], paths[1])
    assert close(paths[0], paths[2])
    assert float(paths[0] or 0) <= float(solve(env).value or 0) + 1e-6


@PROFILE
@given(
    environments(), st.sampled_from(["none", "relaxed", "types-public", "bayesian", "ex-post", "per-period"])
)
def test_the_order_of_agents_and_actions_does_not_matter(env: Environment, word: str) -> None:
    before = solve(env, word)
    names = [agent.name for agent in env.agents][::-1]
    after = solve(env.reorder(agents=names, actions=list(env.actions[0])[::-1]), word)
    assert before.status == after.status
    if before.value is not None:
        assert close(before.value, after.value)


@PROFILE
@given(environments(), st.sampled_from(["none", "types-public", "bayesian", "ex-post", "per-period"]))
def test_the_order_of_types_matters_only_where_it_is_used(env: Environment, word: str) -> None:
    orders = {a.name: list(a.types[0])[::-1] for a in env.agents}
    assert close(solve(env, word).value, solve(env.reorder(types=orders), word).value)


@FEW
@given(environments(), st.sampled_from(["virtual", "relaxed", "first-order", "bayesian", "ex-post"]))
def test_money_scales(env: Environment, word: str) -> None:
    agents = tuple(
        Agent(
            **{
                **{
                    k: getattr(a, k)
                    for k in ("name", "types", "prior", "observed", "given", "signals", "kernels")
                },
                "values": tuple(3 * v for v in a.values),
            }
        )
        for a in env.agents
    )
    tripled = env._with(agents=agents, costs=tuple(3 * c for c in env.costs))
    before, after = solve(env, word), solve(tripled, word)
    assert before.status == after.status
    if before.value is not None:
        assert close(3 * before.value, after.value)


@FEW
@given(environments())
def test_a_sure_extra_value_is_collected(env: Environment) -> None:
    """Worth 2 more to the first agent in every period, whatever happens: revenue rises by 2 Σ δ^t."""
    first = env.agents[0]
    agents = (replace(first, values=tuple(v + 2 for v in first.values)), *env.agents[1:])
    extra = 2 * sum(float(env.discount) ** t for t in range(env.periods))
    for word in ("none", "bayesian", "ex-post"):
        before, after = solve(env, word).value, solve(env._with(agents=agents), word).value
        assert before is not None
        assert close(float(before) + extra, after)


@FEW
@given(environments())
def test_a_copy_of_an_action_changes_nothing(env: Environment) -> None:
    def doubled(table: Any) -> Any:
        return np.concatenate([table, table[-1:]]) if table.shape[0] > 1 else table

    agents = tuple(
        replace(
            a,
            values=tuple(doubled(v) for v in a.values),
            kernels=tuple(replace(k, table=doubled(k.table)) for k in a.kernels),
        )
        for a in env.agents
    )
    process = env.process
    if process is not None:
        process = replace(process, transitions=tuple(doubled(t) for t in process.transitions))
    bigger = env._with(
        agents=agents,
        process=process,
        actions=tuple((*row, "copy") for row in env.actions),
        costs=tuple(doubled(c) for c in env.costs),
        # a mask has a line for every action, also where there is one
        feasible=tuple(None if mask is None else np.concatenate([mask, mask[-1:]]) for mask in env.feasible),
    )
    for word in ("relaxed", "bayesian", "ex-post"):
        before, after = solve(env, word), solve(bigger, word)
        assert before.status == after.status
        if before.value is not None:
            assert close(before.value, after.value)


@FEW
@given(environments())
def test_without_a_future_only_the_first_period_counts(env: Environment) -> None:
    mortal = env._with(discount=env.discount * 0)
    for word in ("none", "virtual", "relaxed", "bayesian", "ex-post"):
        now = solve(env.with_horizon(1), word)
        then = solve(mortal, word)
        if now.value is not None and then.value is not None:
            assert close(now.value, then.value)


@FEW
@given(environments(), st.integers(0, 10**6))
def test_a_perturbed_mechanism_is_caught(env: Environment, seed: int) -> None:
    """Charging one type of one agent a fortune more in period 0 breaks a promise or makes her lie."""
    answer = solve(env)
    mechanism = answer.mechanism
    i = env.private[seed % len(env.private)]
    stage = mechanism.stages[0]
    transfers = stage.transfers.copy()
    index = [slice(None)] * (1 + env.num_agents)
    index[1 + i] = slice(seed % env.types(0)[i], seed % env.types(0)[i] + 1)
    transfers[i][tuple(index)] += 1000.0
    broken = Mechanism(
        mechanism.instance, (replace(stage, transfers=transfers), *mechanism.stages[1:]), mechanism.start
    )
    verdicts = verify(env, broken, "bayesian", "interim")
    assert any(not verdict.holds and verdict.witness is not None for verdict in verdicts)


@FEW
@given(environments(joint=False))
def test_two_engines_agree(env: Environment) -> None:
    question = Question.of(env)
    simplex, interior = design(env, question), design(env, question, Effort("highs-ipm"))
    assert close(simplex.value, interior.value)


@FEW
@given(environments(joint=False), st.sampled_from(["quantile", "antithetic", "independent"]))
def test_every_coupling_is_a_bound(env: Environment, coupling: str) -> None:
    bound = solve(env, "relaxed", coupling=coupling)
    inner = solve(env)
    assert bound.value is not None
    assert inner.value is not None
    assert bound.value >= inner.value - 1e-6
    assert bound.coupling == coupling


def test_a_process_that_factors_counts_as_independent() -> None:
    free = testing.random_environment(5, agents=2, controlled=True)
    from dynamech.models.environment.independence import joint_prior, joint_table

    agents = [
        Agent(a.name, types=a.types, values=[v.reshape(v.shape) for v in _full(free, i)], observed=a.observed)
        for i, a in enumerate(free.agents)
    ]
    tied = Environment(
        name="tied",
        horizon=free.horizon,
        discount=free.discount,
        actions=free.actions,
        costs=free.costs,
        agents=agents,
        process={"prior": joint_prior(free), "transitions": [joint_table(free, 0)]},
    )
    for word in ("virtual", "relaxed", "first-order", "bayesian", "ex-post", "types-public"):
        assert close(solve(free, word).value, solve(tied, word).value), word


def _full(env: Environment, i: int) -> list[Any]:
    return [
        np.broadcast_to(v, (env.num_actions(t), *env.types(t))).copy()
        for t, v in enumerate(env.agents[i].values)
    ]


def test_a_correlated_process_has_no_relaxed_bound() -> None:
    env = testing.random_environment(3, agents=2, joint=True)
    answer = solve(env, "relaxed")
    assert answer.status == "not-applicable"
    assert "prior" in answer.message or "row" in answer.message


def test_a_supremum_that_nobody_attains_is_named() -> None:
    """A costly test taken with probability 1/10, 1/100, 1/1000 earns ever more; at 0 it says nothing.

    Two sellers of information: agent 'other' sees what 'buyer' is only after the test.
    """
    env = costly_test()
    answer = solve(env)
    assert answer.status == "optimal"
    assert not answer.attained
    for verdict in verify(env, answer.mechanism, "bayesian", "interim"):
        assert verdict.violation <= 1e-6


def costly_test() -> Environment:
    """Type of the witness is the buyer's type after a costly test, a coin toss otherwise."""
    import itertools
    from fractions import Fraction as F

    prior = np.array([[F(1, 2)], [F(1, 2)]], dtype=object)
    table = np.full((2, 2, 1, 1, 2), F(0), dtype=object)
    for test, kind, seen in itertools.product(range(2), range(2), range(2)):
        table[test, kind, 0, 0, seen] = F(int(kind == seen)) if test else F(1, 2)
    return Environment(
        name="costly-test",
        horizon=2,
        actions=[["sell", "test and sell"], ["end"]],
        costs=[[0, 1], [0]],
        agents=[
            Agent("buyer", types=[["low", "high"], ["-"]], values=[[[1, 2], [1, 2]], [[0]]]),
            Agent("witness", types=[["-"], ["low", "high"]], values=[[[0], [0]], [[0, 0]]], observed=True),
        ],
        process={"prior": prior, "transitions": [table]},
    )


@pytest.mark.parametrize("word", sorted(INCENTIVES))
def test_revenue_without_participation_is_unbounded_and_says_so(word: str) -> None:
    env = testing.random_environment(1)
    answer = solve(env, word, "none")
    assert answer.status == "unbounded"
    assert "bound" in answer.message
    assert solve(env, word, "none", objective="welfare").status == "optimal"
