"""Demands where there is no end: against long finite horizons, up to what is left after them, and by hand."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction as F
from typing import Any

import numpy as np
import pytest

import dynamech as dm
from dynamech.models.environment.environment import Environment
from dynamech.models.verification.verdict import DemandWitness
from dynamech.solvers.numbers import array
from tests.models.environment.own_start import drawn, repeated, shop

from .test_verify_own_start import mechanism_of

LONG = 40
"""Periods after which a discount of 1/2 leaves less than 1e-9."""
DEMANDS: list[dict[str, Any]] = [
    {"payments": "none"},
    {"payments": "-1..1/2"},
    {"payments": "none", "on": "path"},
    {"payments": "-1..1", "on": "path"},
    {"budget": "ex-ante"},
    {"budget": "ex-ante", "balanced": True},
    {"budget": "per-period"},
    {"budget": "ex-post"},
    {"budget": "ex-post", "balanced": True},
    {"budget": "every-period"},
    {"deterministic": True},
]
CASES: dict[str, Environment] = {
    "by hand": shop(),
    "random": drawn(1),
    "joint": drawn(2, independent=False),
    "once": dm.load("random", seed=4, agents=2, stationary=True, discount="1/2"),
    "no future": dm.load("random", seed=5, agents=1, stationary=True, discount="0"),
}


@pytest.mark.parametrize("demands", DEMANDS, ids=str)
@pytest.mark.parametrize("name", CASES)
def test_what_is_unmet_is_that_of_a_long_horizon(name: str, demands: dict[str, Any]) -> None:
    env = CASES[name]
    for seed in range(2 if name == "by hand" else 1):
        mechanism = mechanism_of(env, seed, env.periods)
        (verdict,) = dm.verify(env, mechanism, demands=demands)
        assert isinstance(verdict.violation, F)
        # What is expected of single periods settles as chains do, not as money is discounted.
        periods = 4 * LONG if demands.get("budget") == "per-period" else LONG
        finite = env.to_float().with_horizon(periods)
        (long,) = dm.verify(finite, repeated(mechanism.to_float(), periods), demands=demands)
        assert float(verdict.violation) == pytest.approx(long.violation, abs=1e-8)
        (doubles,) = dm.verify(env.to_float(), mechanism.to_float(), demands=demands)
        assert doubles.violation == pytest.approx(float(verdict.violation), abs=1e-9)
        assert verdict.holds == doubles.holds == (verdict.violation == 0)
        told(env, mechanism, verdict)


def test_rows_of_ones_own_look_at_first_types_for_ever() -> None:
    """What each expects is that of all periods, however few of them the data describes."""
    for env in CASES.values():
        mechanism = mechanism_of(env, 0, env.periods)
        finite = env.to_float().with_horizon(LONG)
        for i in env.private:
            agent = env.agents[i]
            row = {"name": "hers", "lower": 100, "utility": [[agent.name, agent.types[0][0], "1/2"]]}
            (verdict,) = dm.verify(env, mechanism, demands={"rows": [row]})
            (long,) = dm.verify(finite, repeated(mechanism.to_float(), LONG), demands={"rows": [row]})
            assert isinstance(verdict.violation, F)
            assert float(verdict.violation) == pytest.approx(long.violation, abs=1e-8)


def told(env: Environment, mechanism: dm.Mechanism, verdict: dm.Verdict) -> None:
    """The witness is a history that comes about, told as far as it goes."""
    witness = verdict.witness
    if witness is None:
        return
    assert isinstance(witness, DemandWitness)
    if "run" in witness.sentence or "expected" in witness.sentence:
        assert (witness.history, witness.reports) == ([], None)
        return
    assert len(witness.history) == witness.period
    m = mechanism.start
    for t, entry in enumerate(witness.history):
        stage, now = mechanism.stages[min(t, env.periods - 1)], min(t, env.periods - 1)
        at = tuple(agent.types[now].index(entry["reports"][agent.name]) for agent in env.agents)
        a = 0 if entry["action"] is None else env.actions[now].index(entry["action"])
        assert entry["action"] is None or stage.allocation[(m, *at, a)] > 0
        assert stage.next is not None
        m = int(stage.next[(m, *at, a)])
    if " in period " in witness.sentence and witness.agent:
        now = min(witness.period, env.periods - 1)
        stage = mechanism.stages[now]
        at = tuple(agent.types[now].index((witness.reports or {})[agent.name]) for agent in env.agents)
        paid = stage.transfers[(env.agent_index(witness.agent), m, *at)]
        assert witness.sentence.startswith(f"Agent '{witness.agent}' pays {paid} in period {witness.period}")


def lottery(stay: str) -> tuple[Environment, dm.Mechanism]:
    """A ticket in every period, at a cost of 1: for nothing as long as her luck lasts, then for 2."""
    agent = dm.Agent(
        "player", types=["luck", "none"], prior=[1, 0], values=[[[0, 0]]],
        transitions=[[[[stay, F(1) - F(stay)], [0, 1]]]],
    )  # fmt: skip
    env = Environment(
        name="tickets", horizon=None, discount="9/10", actions=["ticket"], costs=[[1]], agents=[agent]
    )
    stage = dm.Stage(array([[["1"], ["1"]]]), array([[["0", "2"]]]), np.zeros((1, 2, 1), dtype=np.int64))
    return env, dm.Mechanism(env.name, (stage,), 0, True)


def test_totals_and_expectations_by_hand() -> None:
    env, mechanism = lottery("1/2")

    def verdict(**demands: Any) -> dm.Verdict:
        verdicts = dm.verify(env, mechanism, demands=demands)
        assert isinstance(verdicts, dm.Verdicts)
        return verdicts[0]

    # Reports are any: luck for ever costs 1 in every period, and none pays 2.
    assert verdict(budget="ex-post").violation == 10
    assert verdict(payments="0..19", on="path").violation == 1
    assert verdict(payments="0..20", on="path")
    assert verdict(budget="every-period").violation == 1
    assert verdict(budget="per-period").violation == 1  # in period 0; then 1 − 2^(1−t)
    # Σ (9/10)^t (1 − 2^(1−t)) = 10 − 2 / (1 − 9/20).
    assert verdict(budget="ex-ante")
    assert verdict(budget="ex-ante", balanced=True).violation == F(10) - F(40, 11)
    witness = verdict(budget="ex-post").witness
    assert witness is not None
    assert witness.sentence == (
        "Payments less costs are -10 in total for ever, in money of period 0 after (player 'luck'), (player "
        "'luck') where the reports are player 'luck', and so on: 10 less than 0."
    )
    run = verdict(budget="per-period", balanced=True)
    assert (run.violation, run.witness is not None) == (1, True)
    env, mechanism = lottery("1")
    paid = replace(mechanism.stages[0], transfers=array([[["3/2", "0"]]]))
    (run,) = dm.verify(
        env, replace_stage(mechanism, paid), demands={"budget": "per-period", "balanced": True}
    )
    assert run.violation == F(1, 2)


def test_what_teams_cost_and_balanced_ones_do_not() -> None:
    """Paying each of N agents what the others earn costs N − 1 times the surplus (Athey and Segal)."""
    env = dm.load("random", agents=3, seed=2, stationary=True)
    pivot = dm.pivot(env, "team", exact=True)
    surplus = sum(
        np.prod([agent.prior[k] for agent, k in zip(env.agents, s, strict=True)]) * pivot.W[0][n]
        for n, s in enumerate(np.ndindex(env.types(0)))
    )
    assert pivot.mechanism is not None
    assert dm.verify(env, pivot.mechanism, demands={"budget": "ex-ante"})[0].violation == max(0, 2 * surplus)
    balanced = dm.pivot(env, "balanced-team", exact=True).mechanism
    assert balanced is not None
    for word in ("ex-ante", "per-period", "ex-post", "every-period"):
        assert dm.verify(env, balanced, demands={"budget": word, "balanced": True})


def test_the_long_run_is_told() -> None:
    """Money falls short less and less, and by 1 more than that at last: no period has the least of it."""
    env, mechanism = lottery("1/2")
    stage = replace(mechanism.stages[0], transfers=array([[["1", "0"]]]))
    verdict = dm.verify(env, replace_stage(mechanism, stage), demands={"budget": "per-period"})[0]
    assert verdict.violation == 1
    assert verdict.witness is not None
    assert verdict.witness.sentence == "Payments less costs are -1 in the long run, expected: 1 less than 0."


def replace_stage(mechanism: dm.Mechanism, stage: dm.Stage) -> dm.Mechanism:
    return dm.Mechanism(mechanism.instance, (stage,), 0, True)


def test_units_of_money_do_not_matter() -> None:
    env = CASES["random"]
    mechanism = mechanism_of(env, 3)
    asked = [each for each in DEMANDS if "budget" in each or each.get("payments") == "none"]
    exact = [dm.verify(env, mechanism, demands=demands)[0] for demands in asked]
    for unit in (1e-9, 1e9):
        scaled = env.to_float()._with(
            costs=tuple(row * unit for row in env.to_float().costs),
            agents=tuple(replace(a, values=tuple(v * unit for v in a.values)) for a in env.to_float().agents),
        )
        stages = tuple(replace(s, transfers=s.transfers * unit) for s in mechanism.to_float().stages)
        for demands, verdict in zip(asked, exact, strict=True):
            (other,) = dm.verify(scaled, dm.Mechanism(env.name, stages, 0, True), demands=demands)
            assert other.holds == verdict.holds
            assert other.violation == pytest.approx(float(verdict.violation) * unit)


def test_who_is_alike_is_treated_alike_for_ever() -> None:
    worth = {"a": [[0, 0], [1, 2], [0, 0]], "b": [[0, 0], [0, 0], [1, 2]]}
    agents = [
        dm.Agent(name, types=["1", "2"], prior=["1/2", "1/2"], values=[worth[name]],
                 transitions=[[[["3/4", "1/4"], ["1/4", "3/4"]]]])
        for name in worth
    ]  # fmt: skip
    env = Environment(
        name="lot", horizon=None, discount="1/2", actions=["keep", "to a", "to b"], agents=agents
    )
    fair = {"anonymous": [["a", "b"]]}
    # Of two equal bids a's wins, and b's after one of hers has lost so; memory 1 is for that.
    allocation = np.zeros((2, 2, 2, 3), dtype=int)
    allocation[:, 1, 0, 1] = allocation[:, 0, 1, 2] = 1
    allocation[0, [0, 1], [0, 1], 1] = allocation[1, [0, 1], [0, 1], 2] = 1
    following = np.zeros((2, 2, 2, 3), dtype=np.int64)
    following[0, [0, 1], [0, 1]] = 1
    turns = dm.Stage(array(allocation.tolist()), array(np.zeros((2, 2, 2, 2), dtype=int).tolist()), following)
    (verdict,) = dm.verify(env, dm.Mechanism(env.name, (turns,), 0, True), demands=fair)
    assert verdict.violation == 1
    even = turns.allocation.copy()
    even[:, [0, 1], [0, 1]] = array(["0", "1/2", "1/2"])
    assert dm.verify(env, dm.Mechanism(env.name, (replace(turns, allocation=even),), 0, True), demands=fair)
    late = np.zeros((2, 2, 2, 2), dtype=int)
    late[0, 1, 0, 1] = 3  # of a, after equal bids, and not of b
    charged = replace(turns, allocation=even, transfers=array(late.tolist()))
    (verdict,) = dm.verify(env, dm.Mechanism(env.name, (charged,), 0, True), demands=fair)
    assert (verdict.violation, verdict.witness is not None) == (3, True)
    assert verdict.witness is not None
    assert verdict.witness.period == 1
    (long,) = dm.verify(
        env.with_horizon(3), repeated(dm.Mechanism(env.name, (charged,), 0, True), 3), demands=fair
    )
    assert long.violation == 3
