"""Verification over an infinite horizon: against values found independently, value iteration by hand, and
long finite horizons."""

from __future__ import annotations

import itertools
import json
from dataclasses import replace
from fractions import Fraction as F
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import dynamech as dm
from dynamech.instances import read_mechanism, save_mechanism
from dynamech.models.efficient.efficient import efficient
from dynamech.models.environment.reports import held
from dynamech.models.notions.incentives import CHECKED_INCENTIVES, read_incentive
from dynamech.models.notions.participation import CHECKED_PARTICIPATIONS
from dynamech.models.verification.best_reply import best_reply
from dynamech.models.verification.public_states import play
from dynamech.models.verification.recurrent import recurrent
from dynamech.models.verification.stationary import liar_value
from dynamech.solvers.errors import AssumptionViolated, InvalidInput
from dynamech.solvers.numbers import array

CASES: dict[str, Any] = json.loads(
    (Path(__file__).parents[2] / "data" / "correlation.json").read_text(encoding="utf-8")
)


def team(name: str) -> tuple[dm.Environment, dm.Mechanism]:
    """The efficient policy of a case; everybody is paid what her report says the others earn (Liu (3))."""
    data = CASES[name]["instance"]
    types = tuple(data["signals"])
    env = dm.Environment(
        name=name,
        agents=[
            dm.Agent(f"{i}", types=[["0", "1"]], values=[array(table).reshape(-1, *types)])
            for i, table in enumerate(data["u"])
        ],
        actions=[["0", "1"]],
        horizon=None,
        discount=data["delta"],
        process={
            "prior": array([F(1, 4)] * 4).reshape(types),
            "transitions": [array(data["mu"]).reshape(-1, *types, *types)],
        },
    )
    policy = efficient(env).policy[0].reshape(types)
    allocation = array(np.zeros((1, *types, 2)).astype(int).tolist())
    paid = array(np.zeros((2, 1, *types)).astype(int).tolist())
    for profile in itertools.product(*map(range, types)):
        action = int(policy[profile])
        allocation[(0, *profile, action)] = F(1)
        for i in range(2):
            paid[(i, 0, *profile)] = -env.agents[1 - i].values[0][(action, *profile)]
    stay = np.zeros((1, *types, 2), dtype=np.int64)
    return env, dm.Mechanism(env.name, (dm.Stage(allocation, paid, stay),), stationary=True)


def test_team_payments_fail_with_interdependent_values() -> None:
    """The best reply gains exactly what policy iteration on the agent's problem found elsewhere."""
    env, mechanism = team("team_not_ic_L1")
    verdict = dm.verify(env, mechanism, incentives="ex-post")
    gains = CASES["team_not_ic_L1"]["expected"]["best_response_gain_by_state"]
    assert not verdict.holds
    assert verdict.violation == max(F(gain) for gain in gains["0"])
    assert verdict.witness is not None
    assert (verdict.witness.agent, verdict.witness.type, verdict.witness.report) == ("0", "0", "1")
    assert verdict.witness.history == [{"reports": {"1": "0"}, "action": None}]
    assert ", and so on; she gains" in verdict.witness.sentence
    assert float(verdict.violation) == pytest.approx(
        dm.verify(env.to_float(), mechanism.to_float(), incentives="ex-post").violation
    )


def test_the_printed_sign_of_team_payments_fails() -> None:
    """Equation (3) as printed charges the others' values instead of paying them."""
    env, mechanism = team("team_ic_private_values")
    (stage,) = mechanism.stages
    printed = dm.Stage(stage.allocation, -stage.transfers, stage.next)
    assert not dm.verify(env, dm.Mechanism(env.name, (printed,), 0, True), incentives="ex-post").holds


def test_team_payments_hold_with_private_values() -> None:
    env, mechanism = team("team_ic_private_values")
    verdict = dm.verify(env, mechanism, incentives="ex-post")
    assert verdict.holds
    assert verdict.violation == 0


def mechanism_of(env: dm.Environment, seed: int, memory: int = 2) -> dm.Mechanism:
    """A random stationary mechanism in doubles that keeps to feasible actions."""
    rng = np.random.default_rng(seed)
    shape = (memory, *env.types(0), env.num_actions(0))
    allocation = rng.uniform(size=shape) * (rng.uniform(size=shape) < 0.7) + 1e-3
    if env.feasible[0] is not None:
        flags = env.feasible[0].reshape(
            -1, *(k if i in env.observed else 1 for i, k in enumerate(env.types(0)))
        )
        allocation = allocation * np.moveaxis(flags, 0, -1)
    allocation /= allocation.sum(axis=-1, keepdims=True)
    paid = rng.uniform(-1, 2, size=(env.num_agents, *shape[:-1]))
    paid[list(env.observed)] = 0
    following = rng.integers(0, memory, size=shape)
    return dm.Mechanism(env.name, (dm.Stage(allocation, paid, following),), 0, True)


def silenced(env: dm.Environment, silent: list[bool]) -> dm.Environment:
    """The environment where some types (of two agents, two each) may report nothing but the truth."""
    agents = list(env.agents)
    for i in range(2):
        table = np.array([[True, not silent[2 * i]], [not silent[2 * i + 1], True]])
        agents[i] = replace(agents[i], reports=held([table]))
    return env._with(agents=tuple(agents))


@settings(max_examples=10, deadline=None, derandomize=True)
@given(
    seed=st.integers(0, 10**5),
    independent=st.booleans(),
    memory=st.integers(1, 3),
    silent=st.lists(st.booleans(), min_size=4, max_size=4),
)
def test_ex_post_gains_by_value_iteration(
    seed: int, independent: bool, memory: int, silent: list[bool]
) -> None:
    """A liar who sees everything: states (memory, profile), two hundred rounds of Bellman's equation."""
    env = dm.load(
        "random", seed=seed, agents=2, independent=independent, private_values=False, stationary=True
    ).to_float()
    env = silenced(env, silent)
    made = mechanism_of(env, seed, memory)
    (stage,) = made.stages
    profiles = list(itertools.product(range(2), repeat=2))
    q, pay, follow = stage.allocation, stage.transfers, stage.next
    assert follow is not None

    def move(a: int, now: tuple[int, ...], later: tuple[int, ...]) -> float:
        if env.process is not None:
            return float(env.process.transitions[0][(a, *now, *later)])
        tables = [agent.kernels[0].table for agent in env.agents]
        return float(np.prod([table[a, now[i], later[i]] for i, table in enumerate(tables)]))

    chance = np.array([[[move(a, p, r) for r in profiles] for p in profiles] for a in range(2)])
    worst = 0.0
    reached = {0}
    while True:
        more = reached | {int(m) for k in reached for m in follow[k].ravel()}
        if more == reached:
            break
        reached = more
    for i in range(2):
        table = np.broadcast_to(env.agents[i].values[0], (2, 2, 2))
        values = [table[:, first, second] for first, second in profiles]
        lie, truth = np.zeros((memory, 4)), np.zeros((memory, 4))
        for _ in range(200):
            replies = np.zeros((memory, 4, 2))
            honest = np.zeros((memory, 4))
            for m, s, r in itertools.product(range(memory), range(4), range(2)):
                said = list(profiles[s])
                said[i] = r
                at = (m, *said)
                if r != profiles[s][i] and silent[2 * i + profiles[s][i]]:
                    replies[m, s, r] = -np.inf
                    continue
                flow = float(q[at] @ values[s]) - pay[(i, *at)]
                later = [follow[(*at, a)] for a in range(2)]
                replies[m, s, r] = flow + 0.5 * sum(
                    q[(*at, a)] * chance[a, s] @ lie[later[a]] for a in range(2)
                )
                if r == profiles[s][i]:
                    honest[m, s] = flow + 0.5 * sum(
                        q[(*at, a)] * chance[a, s] @ truth[later[a]] for a in range(2)
                    )
            lie, truth = replies.max(axis=2), honest
        for m, s, r in itertools.product(reached, range(4), range(2)):
            if r != profiles[s][i]:
                worst = max(worst, replies[m, s, r] - truth[m, s])
    verdict = dm.verify(env, made, incentives="ex-post")
    assert float(verdict.violation) == pytest.approx(worst, abs=1e-9)


@settings(max_examples=10, deadline=None, derandomize=True)
@given(
    seed=st.integers(0, 10**5),
    independent=st.booleans(),
    public=st.booleans(),
    word=st.sampled_from(["bayesian", "ex-post", "first-order"]),
    silent=st.lists(st.booleans(), min_size=4, max_size=4),
)
def test_a_liars_value_is_the_limit_of_long_horizons(
    seed: int, independent: bool, public: bool, word: str, silent: list[bool]
) -> None:
    """With a discount of 1/2, forty periods are as good as for ever."""
    env = dm.load(
        "random",
        seed=seed,
        agents=2,
        observed=int(public),
        given=public and independent,
        feasible=public,
        independent=independent,
        private_values=False,
        stationary=True,
    ).to_float()
    env = silenced(env, silent)
    made = mechanism_of(env, seed)
    endless = recurrent(env, made)
    long = play(env.with_horizon(40), dm.Mechanism(made.instance, made.stages * 40, 0))
    count = long.states[1].size
    assert endless.later.memory[:count].tolist() == long.states[1].memory.tolist()
    for i in env.private:
        limit = best_reply(long, i, read_incentive(word)).after[1]
        assert limit is not None
        assert liar_value(endless, i, read_incentive(word))[:count] == pytest.approx(limit, abs=1e-8)


def persistent(discount: str = "9/10") -> dm.Environment:
    """One buyer whose two types persist, a good in every period."""
    return dm.Environment(
        name="buyer",
        agents=[
            dm.Agent(
                "buyer",
                types=[["low", "high"]],
                prior=["1/2", "1/2"],
                values=[[[0, 0], [1, 3]]],
                transitions=[[[["3/4", "1/4"], ["1/4", "3/4"]]]],
            )
        ],
        actions=[["keep", "sell"]],
        horizon=None,
        discount=discount,
    )


def price(first: int, later: int) -> dm.Mechanism:
    """The good at `first` in period 0 and at `later` ever after, whoever pays less says so."""
    sell = [[[0, 1], [0, 1]], [[0, 1], [0, 1]]]
    pay = [[[first, first], [later, later + 1]]]
    return dm.Mechanism(
        "buyer",
        (dm.Stage(array(sell), array(pay), np.ones((2, 2, 2), dtype=np.int64)),),
        stationary=True,
    )


def test_a_witness_after_the_first_period() -> None:
    """Only from period 1 on does a high type pay more: she says so, and for ever."""
    env = persistent()
    verdict = dm.verify(env, price(0, 0), incentives="bayesian")
    witness = verdict.witness
    assert witness is not None
    assert (witness.period, witness.type, witness.report) == (1, "high", "low")
    assert len(witness.history) == 1
    assert witness.truncated
    # One for each period that she is high: x = 1 + 9/10 (3/4 x + 1/4 y), y = 9/10 (1/4 x + 3/4 y).
    x = (1 - F(9, 10) * F(3, 4)) / ((1 - F(9, 10) * F(3, 4)) ** 2 - (F(9, 40)) ** 2)
    assert verdict.violation == x == witness.gain


def test_participation_in_an_infinite_horizon() -> None:
    """Values (1, 3), a price of 2 for ever: a low type expects less than nothing, a high type more."""
    env = persistent("1/2")
    flat = price(2, 2)
    stage = flat.stages[0]
    stage.transfers[...] = F(2)
    low = -1 + 0 * F(1)
    # u = (−1, 1): U_low = −1 + 1/2 (3/4 U_low + 1/4 U_high), and U_high = −U_low by symmetry.
    worst = F(-1) / (1 - F(1, 2) * (F(3, 4) - F(1, 4)))
    for word in ("interim", "periodic"):
        verdict = dm.verify(env, flat, participation=word)
        assert verdict.violation == -worst
        assert verdict.witness is not None
        assert verdict.witness.type == "low"
    assert dm.verify(env, flat, participation="per-period").violation == -low
    late = price(0, 2)
    late.stages[0].transfers[0, 1] = F(2)
    verdict = dm.verify(env, late, participation="periodic")
    assert verdict.violation == -worst
    assert verdict.witness is not None
    assert verdict.witness.period == 1
    # From period 0: 1 at once, then half of what a low type expects, by type.
    assert dm.verify(env, late, participation="interim").violation == max(
        F(0), -(1 + F(1, 2) * (F(3, 4) * worst - F(1, 4) * worst))
    )


def test_every_notion_that_applies_is_checked() -> None:
    env = persistent()
    found = dm.verify(env, price(0, 0))
    words = {verdict.notion for verdict in found}
    assert {"bayesian", "ex-post", "per-period", "interim", "periodic"} <= words
    assert not words & {"relaxed", "virtual", "types-public", "prefix"}
    for word in ("relaxed", "virtual", "types-public"):
        with pytest.raises(AssumptionViolated, match="infinite horizon"):
            dm.verify(env, price(0, 0), incentives=word)
    for word in CHECKED_INCENTIVES:
        with pytest.raises(AssumptionViolated, match=f"infinite horizon: incentives '{word}' is checked"):
            dm.verify(env, price(0, 0), incentives=word)
    for word in ("ex-post", "prefix", *CHECKED_PARTICIPATIONS):
        with pytest.raises(AssumptionViolated, match=f"infinite horizon: participation '{word}' is checked"):
            dm.verify(env, price(0, 0), participation=word)
    with pytest.raises(InvalidInput, match="infinite horizon"):
        dm.verify(env, dm.Mechanism("buyer", price(0, 0).stages))


def test_a_stationary_file_comes_back_and_is_verified(tmp_path: Path) -> None:
    env = dm.load("random-correlated", types=2)
    made = dm.correlation(env, exact=True).mechanism
    assert made is not None
    save_mechanism(made, tmp_path / "made.json")
    read = read_mechanism(tmp_path / "made.json")
    assert read.stationary
    assert read.stages[0].label_of(0) == "start"
    assert dm.verify(env, read, incentives="ex-post").violation == 0
    assert (read.stages[0].transfers == made.stages[0].transfers).all()


@pytest.mark.parametrize("discount", ["127/128", "4095/4096"])
def test_what_is_summed_for_ever_is_rounded_for_ever(discount: str) -> None:
    """Nothing is at stake for a buyer who pays the same whatever she says, but payments add up to a lot."""
    moves = [[["7/8", "1/8"], ["5/8", "3/8"]]]
    who = dm.Agent("buyer", types=[["0", "1"]], prior=["3/4", "1/4"], values=[[[0, 0]]], transitions=[moves])
    env = dm.Environment(agents=[who], actions=[["use"]], horizon=None, discount=discount)
    stage = dm.Stage(np.ones((1, 2, 1)), np.full((1, 1, 2), 0.3), np.zeros((1, 2, 1), dtype=np.int64))
    mechanism = dm.Mechanism(env.name, (stage,), stationary=True)
    assert all(dm.verify(env.to_float(), mechanism, incentives=word) for word in ("bayesian", "ex-post"))
    tempting = replace(stage, transfers=np.array([[[0.3, 0.3 - 1e-6]]]))
    assert not dm.verify(env.to_float(), replace(mechanism, stages=(tempting,)), incentives="bayesian")
