"""Budgets and surplus extraction on random processes: totals recomputed here, mechanisms by best replies."""

from __future__ import annotations

from fractions import Fraction as F
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import dynamech as dm
from dynamech.models.correlation.budget import budget
from dynamech.models.correlation.extraction import extraction
from dynamech.models.verification.anywhere import verify
from dynamech.solvers.effort import EXACT
from dynamech.solvers.errors import AssumptionViolated, InvalidInput

SEEDS = st.integers(0, 10**5)


def process(seed: int, stationary: bool, costs: bool, **more: Any) -> dm.Environment:
    """A random correlated process, with costs of actions 0, 1/2, 1, ... if any."""
    env = dm.load("random-correlated", seed=seed, stationary=stationary, **({"types": 2} | more))
    if not costs:
        return env
    return env._with(costs=tuple(np.array([F(k, 2) for k in range(len(c))], dtype=object) for c in env.costs))


def paths(env: dm.Environment, mechanism: dm.Mechanism, periods: int) -> list[tuple[Any, Any, Any, Any]]:
    """Every path of truth, by brute force: probability, payments, costs, values (discounted sums)."""
    assert env.process is not None
    made: list[tuple[Any, Any, Any, Any]] = []

    def walk(t: int, m: int, weight: Any, row: Any, paid: Any, spent: Any, worth: Any, scale: Any) -> None:
        stage = mechanism.stages[0 if env.stationary else t]
        u = 0 if env.stationary else t
        for profile in np.ndindex(*env.types(u)):
            chance = weight * row[profile]
            if chance == 0:
                continue
            a = int((stage.allocation[(m, *profile)] > 0).argmax())
            pay = paid + scale * np.array([stage.transfers[(i, m, *profile)] for i in range(env.num_agents)])
            cost = spent + scale * env.costs[u][a]
            own = worth + scale * np.array([agent.values[u][(a, *profile)] for agent in env.agents])
            if t == periods - 1:
                made.append((chance, pay, cost, own))
                continue
            table = env.process.transitions[u] if env.process else None
            assert table is not None
            assert stage.next is not None
            after = table[(a if len(table) > 1 else 0, *profile)]
            walk(
                t + 1, int(stage.next[(m, *profile, a)]), chance, after, pay, cost, own, scale * env.discount
            )

    nothing = np.array([F(0)] * env.num_agents, dtype=object)
    walk(0, mechanism.start, F(1), env.process.prior, nothing, F(0), nothing, F(1))
    return made


@settings(max_examples=8, deadline=None, derandomize=True)
@given(
    seed=SEEDS,
    rule=st.sampled_from(["ex-ante", "per-period"]),
    theorem=st.sampled_from(["3.1", "3.2"]),
    stationary=st.booleans(),
    costs=st.booleans(),
)
def test_budgets_balance_exactly(seed: int, rule: str, theorem: str, stationary: bool, costs: bool) -> None:
    env = process(seed, stationary, costs)
    made = budget(env, rule, theorem=theorem, effort=EXACT)
    assert verify(env, made.mechanism, "ex-post")[0].violation == 0
    kept = made.last is None or made.last.efficient
    if rule == "ex-ante" or kept:
        assert made.total == 0
    if rule == "per-period":
        assert (made.path.first == 0).all()
        assert (made.payoffs * 2 == made.plan.welfare[0]).all()
        for t, net in enumerate(made.periods):
            assert (net == 0).all() or (not kept and t == env.periods - 2)
    if not stationary:
        found = paths(env, made.mechanism, env.periods)
        assert sum(p for p, *_ in found) == 1
        assert sum(p * (pay.sum() - cost) for p, pay, cost, _ in found) == made.total


@settings(max_examples=8, deadline=None, derandomize=True)
@given(seed=SEEDS, stationary=st.booleans(), costs=st.booleans(), norm=st.sampled_from(["max", "2", "1"]))
def test_extraction_takes_everything_and_nobody_leaves(
    seed: int, stationary: bool, costs: bool, norm: str
) -> None:
    env = process(seed, stationary, costs)
    made = extraction(env, norm=norm, effort=EXACT)
    assert made.revenue == made.welfare
    assert (made.payoffs == 0).all()
    assert made.least_continuation >= 0
    assert made.largest_rent > 0
    lie, stay = verify(env, made.mechanism, "ex-post", "periodic")
    assert (lie.violation, stay.holds) == (0, True)
    assert all((loss >= 0).all() for loss in made.losses.values())
    if made.last is None or made.last.efficient:
        assert made.welfare == (made.plan.welfare[0] * env.process.prior.reshape(-1)).sum()  # type: ignore[union-attr]
    if not stationary:
        found = paths(env, made.mechanism, env.periods)
        assert sum(p * (pay.sum() - cost) for p, pay, cost, _ in found) == made.revenue
        assert sum(p * (own - pay) for p, pay, _, own in found).tolist() == [0, 0]


def test_losses_are_what_lies_cost() -> None:
    """Two periods by hand: a report, then truth, against truth, for every profile and report."""
    env = process(5, False, False, types=3, periods=2)
    made = extraction(env, effort=EXACT)
    assert made.last is not None
    start, then = made.mechanism.stages
    assert env.process is not None
    for (i, t), losses in made.losses.items():
        assert t == 0
        for profile in np.ndindex(*env.types(0)):
            x, k = profile[1 - i], profile[i]
            worth = []
            for r in range(3):
                said = tuple(r if j == i else profile[j] for j in range(2))
                a = int((start.allocation[(0, *said)] > 0).argmax())
                total = env.agents[i].values[0][(a, *profile)] - start.transfers[(i, 0, *said)]
                assert start.next is not None
                m = int(start.next[(0, *said, a)])
                row = env.process.transitions[0][(a if len(env.process.transitions[0]) > 1 else 0, *profile)]
                for after in np.ndindex(*env.types(1)):
                    b = int((then.allocation[(m, *after)] > 0).argmax())
                    left = env.agents[i].values[1][(b, *after)] - then.transfers[(i, m, *after)]
                    total += env.discount * row[after] * left
                worth.append(total)
            assert [worth[k] - value for value in worth] == losses[x, k].tolist()


@settings(max_examples=5, deadline=None, derandomize=True)
@given(seed=SEEDS, stationary=st.booleans())
def test_lies_can_be_made_to_cost(seed: int, stationary: bool) -> None:
    """Under convex independence as much as one likes, without leaving anybody anything."""
    env = process(seed, stationary, False, types=3)
    made = extraction(env, strict=F(2), effort=EXACT)
    for loss in made.losses.values():
        own = np.arange(3)
        assert (loss[:, own, own] == 0).all()
        assert (loss[:, ~np.eye(3, dtype=bool)] >= 2).all()
    assert made.revenue == made.welfare
    assert not any(made.indifferent(i) for i in range(2))
    lie, stay = verify(env, made.mechanism, "ex-post", "periodic")
    assert (lie.violation, stay.holds) == (0, True)


def test_the_last_period_leaves_nobody_a_loss() -> None:
    """What makes bonuses enough in a finite horizon, for payments of either kind."""
    rules = set()
    for seed in range(12):
        env = process(seed, False, False, types=3, periods=2)
        made = extraction(env, effort=EXACT)
        assert made.last is not None
        assert made.last.values.min() >= 0
        rules |= set(made.last.rule.values())
    assert len(rules) == 3


def test_doubles_agree() -> None:
    env = process(3, True, True, types=3)
    exact, rounded = extraction(env, effort=EXACT), extraction(env)
    assert rounded.revenue == pytest.approx(float(exact.revenue))
    assert rounded.indifferent(0) is exact.indifferent(0)
    balanced = budget(env)
    assert balanced.total == pytest.approx(0, abs=1e-9)
    for verdict in verify(env, rounded.mechanism, "ex-post", "periodic"):
        assert verdict.holds
    assert verify(env, balanced.mechanism, "ex-post")[0].holds


def observed(values: int) -> dm.Environment:
    """Two agents and public news, which is worth `values` to itself where action 1 is taken."""
    rows = [[F(1 + (3 * s + 5 * r * (s + 1)) % 7) for r in range(8)] for s in range(8)]
    table = np.array([[v / sum(row) for v in row] for row in rows], dtype=object)
    return dm.Environment(
        agents=[
            dm.Agent("one", types=[["l", "h"]], values=[[[1, 4], [0, 0]]]),
            dm.Agent("two", types=[["l", "h"]], values=[[[0, 0], [2, 3]]]),
            dm.Agent("news", types=[["bad", "good"]], values=[[[0, 0], [0, values]]], observed=True),
        ],
        actions=[["to one", "to two"]],
        horizon=None,
        discount="3/4",
        process={
            "prior": np.full((2, 2, 2), F(1, 8), dtype=object),
            "transitions": [table.reshape(1, 2, 2, 2, 2, 2, 2)],
        },
    )


def test_observed_agents_pay_nothing() -> None:
    env = observed(1)
    made = extraction(env, effort=EXACT)
    assert made.revenue < made.welfare
    assert made.revenue == made.welfare - (made.path.values[0][2] * F(1, 8)).sum()
    balanced = budget(env, effort=EXACT)
    assert balanced.total == 0
    assert (balanced.fees[2] == 0).all()
    assert verify(env, balanced.mechanism, "ex-post")[0].violation == 0
    with pytest.raises(AssumptionViolated, match="observed agent 'news' pays nothing, yet action 'to two'"):
        budget(env, "per-period")
    shared = budget(observed(0), "per-period", effort=EXACT)
    assert [net.tolist() for net in shared.periods] == [[0] * 8]


def test_one_reporting_agent_pays_the_average() -> None:
    """With nobody else to report, the fee is a constant."""
    table = np.array([["3/4", "1/4"], ["1/4", "3/4"]])
    env = dm.Environment(
        agents=[
            dm.Agent("firm", types=[["l", "h"]], values=[[[[1, 1], [3, 3]], [[0, 0], [0, 0]]]]),
            dm.Agent("state", types=[["l", "h"]], values=[[[0, 0], [1, 4]]], observed=True),
        ],
        actions=[["firm", "state"]],
        horizon=None,
        discount="1/2",
        process={
            "prior": [["1/4", "1/4"], ["1/4", "1/4"]],
            "transitions": [
                np.array(
                    [
                        [[[F(a) * F(b) for b in table[k]] for a in table[s]] for s in range(2)]
                        for k in range(2)
                    ],
                    dtype=object,
                ).reshape(1, 2, 2, 2, 2)
            ],
        },
    )
    made = budget(env, effort=EXACT)
    assert made.total == 0
    assert len(set(made.fees[0].tolist())) == 1
    assert verify(env, made.mechanism, "ex-post")[0].violation == 0


def test_refusals() -> None:
    env = process(0, True, False)
    with pytest.raises(InvalidInput, match="budget: 'never' is not one of ex-ante, per-period"):
        budget(env, "never")
    for made in (budget, extraction):
        with pytest.raises(InvalidInput, match="theorem: '4' is not one of"):
            made(env, theorem="4")
        with pytest.raises(InvalidInput, match="norm: '3' is not one of"):
            made(env, norm="3")
    with pytest.raises(InvalidInput, match="margin: -1 is negative"):
        extraction(env, margin=-1)
    with pytest.raises(InvalidInput, match="strict: -1 is negative"):
        extraction(env, strict=-1)
    with pytest.raises(InvalidInput, match="do not depend on the report"):
        extraction(env, strict=1, theorem="3.2")
    for run, word in ((extraction, "extraction"), (budget, "")):
        with pytest.raises(AssumptionViolated, match=f"{word}.*the discount is 0"):
            run(env._with(discount=F(0)))
    single = dm.load("random", agents=2, periods=1)
    with pytest.raises(AssumptionViolated, match="extraction: there is one period"):
        extraction(single)
    with pytest.raises(AssumptionViolated, match="budget per-period: there is one period"):
        budget(single, "per-period")
    assert float(budget(single).total) == pytest.approx(0, abs=1e-12)
    agents = list(env.agents)
    values = agents[0].values[0].copy()
    values[1, 0, 1] = F(-1, 2)
    agents[0] = dm.Agent("agent 1", types=agents[0].types, values=[values])
    below = dm.Environment(
        agents=agents, actions=env.actions, horizon=None, discount=env.discount,
        process={"prior": env.process.prior, "transitions": env.process.transitions},  # type: ignore[union-attr]
    )  # fmt: skip
    message = "action '1' of period 0 is worth -1/2 to agent 'agent 1' at agent 1 '0', agent 2 '1'"
    with pytest.raises(AssumptionViolated, match=message):
        extraction(below, effort=EXACT)
    flat = dm.load("random-correlated", types=2, rank=1)
    with pytest.raises(AssumptionViolated, match=r"no transfers of Theorem 3\.2 exist for agent 'agent 1'"):
        budget(flat, theorem="3.2")
