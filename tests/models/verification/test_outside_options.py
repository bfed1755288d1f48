"""Participation above an outside option: the judge against enumeration, tolerances, and what is said."""

from __future__ import annotations

import random
from dataclasses import replace
from fractions import Fraction as F
from typing import Any

import numpy as np
import pytest

import dynamech as dm
from dynamech.models.environment.environment import Environment
from dynamech.models.mechanism.mechanism import Mechanism, Stage
from dynamech.models.notions.incentives import Information
from dynamech.models.notions.participation import PARTICIPATIONS
from dynamech.models.verification.verify import incentive_verdict, participation_verdict
from dynamech.solvers.errors import AssumptionViolated
from dynamech.solvers.numbers import array

from .brute_force import Brute
from .random_mechanisms import numbers, random_mechanism
from .test_verify import DIRECT, SHAPES, by_agent, check, close

PROMISES = [one for one in PARTICIPATIONS.values() if not one.nothing and not one.outside]


def with_outside(env: Environment, rng: random.Random) -> Environment:
    """Every agent who reports gets a random outside option by period and type."""
    agents = []
    for i, agent in enumerate(env.agents):
        tables = tuple(
            numbers(rng, (1, *(len(own) if j == i else 1 for j in range(env.num_agents))))
            for own in agent.types
        )
        agents.append(agent if agent.observed else replace(agent, outside=tables))
    return env._with(agents=tuple(agents))


@pytest.mark.parametrize("name", SHAPES)
def test_promises_equal_enumeration_and_lies_do_not_change(name: str) -> None:
    for seed in range(2):
        rng = random.Random(f"{name}/{seed}")
        plain = SHAPES[name].environment(rng)
        mechanism = random_mechanism(plain, rng, memory=2, by_action=seed == 0)
        env = with_outside(plain, rng)
        agents = by_agent(env, mechanism)
        for notion in PROMISES:
            for information in Information:
                verdict = participation_verdict(env, mechanism, notion, information)
                lowest = {who: -one.lowest(notion.promise, information) for who, one in agents.items()}
                check(verdict, lowest)
                close(participation_verdict(env.to_float(), mechanism, notion, information), verdict)
        for lie in DIRECT:
            with_it, without = (incentive_verdict(one, mechanism, lie) for one in (env, plain))
            assert (with_it.holds, with_it.violation) == (without.holds, without.violation)


def shop(money: Any = 1, **more: Any) -> tuple[Environment, Mechanism]:
    """One buyer, served for 1 in both periods; what she has elsewhere is all that she has here."""
    env = dm.Environment(
        name="shop", horizon=2, discount="1/2", actions=["sell"],
        agents=[dm.Agent("buyer", types=["low", "high"], prior=["1/2", "1/2"],
                         values=[[[2 * money, 3 * money]]] * 2, transitions=[[["1/2", "1/2"]] * 2],
                         outside=[[1 * money, 2 * money]] * 2)],
    )  # fmt: skip
    env = env if not more else env._with(**more)
    stage = Stage(array([[[1], [1]]]), array([[[money, money]]]), np.zeros((1, 2, 1), dtype=np.int64))
    return env, Mechanism("shop", (stage, replace(stage, next=None)))


def test_all_words_at_the_margin_and_the_sentence() -> None:
    env, mechanism = shop()
    for word in ("interim", "periodic", "ex-post", "prefix", "per-period"):
        assert dm.verify(env, mechanism, participation=word).holds
    agent = replace(env.agents[0], outside=(env.agents[0].outside[0], env.agents[0].outside[1] + F(1, 3)))
    more = env._with(agents=(agent,))
    periodic, first = (dm.verify(more, mechanism, participation=w) for w in ("periodic", "interim"))
    assert (periodic.violation, first.violation) == (F(1, 3), F(1, 6))
    assert periodic.witness is not None
    assert periodic.witness.sentence.endswith(
        "expects -1/3 beyond what she has outside from then on, 1/3 less than 0."
    )


@pytest.mark.parametrize("unit", [1e-9, 1.0, 1e9])
def test_the_unit_of_money_does_not_matter(unit: float) -> None:
    """In doubles, a share of what is at stake, here or elsewhere, is nothing; more is something."""
    env, mechanism = shop(F(unit))
    env, mechanism = env.to_float(), mechanism.to_float()
    for by, holds in ((1e-12, True), (1e-6, False)):
        tables = tuple(table + by * unit for table in env.agents[0].outside)
        moved = env._with(agents=(replace(env.agents[0], outside=tables),))
        for word in ("interim", "periodic", "ex-post", "prefix", "per-period"):
            assert dm.verify(moved, mechanism, participation=word).holds is holds, (word, by)


def test_an_option_that_is_all_she_has_is_judged_by_its_size() -> None:
    """She is served for nothing and has as much elsewhere but for rounding, which counts as nothing."""
    env, mechanism = shop(F(10) ** 6)
    env, mechanism = env.to_float(), mechanism.to_float()
    free = replace(mechanism, stages=tuple(replace(s, transfers=0 * s.transfers) for s in mechanism.stages))
    for share, holds in ((1e-13, True), (1e-6, False)):
        tables = tuple(table[:1] * (1 + share) for table in env.agents[0].values)
        near = env._with(agents=(replace(env.agents[0], outside=tables),))
        for word in ("interim", "periodic", "ex-post", "prefix", "per-period"):
            assert dm.verify(near, free, participation=word).holds is holds, (word, share)


def for_ever(entries: int) -> tuple[Environment, Mechanism]:
    """The shop without a last period; elsewhere she has 1/4 less than here if low, as much if high."""
    agent = dm.Agent(
        "buyer", types=[["low", "high"]] * entries, prior=["1/2", "1/2"], values=[[[2, 3]]] * entries,
        transitions=[[["3/4", "1/4"], ["0", "1"]]] * entries, outside=[["3/4", 2]] * entries,
    )  # fmt: skip
    env = dm.Environment(
        name="shop", horizon=None, discount="1/2", actions=[["sell"]] * entries, agents=[agent]
    )
    stage = Stage(array([[[1], [1]]]), array([[[1, 1]]]), np.zeros((1, 2, 1), dtype=np.int64))
    return env, Mechanism("shop", (stage,) * entries, stationary=True)


@pytest.mark.parametrize("entries", [1, 2])
def test_for_ever(entries: int) -> None:
    env, mechanism = for_ever(entries)
    for word in ("interim", "periodic", "per-period"):
        assert dm.verify(env, mechanism, participation=word).holds
    dear = replace(mechanism, stages=tuple(
        replace(one, transfers=one.transfers + array(["1/8"])) for one in mechanism.stages
    ))  # fmt: skip
    # Low has 1/8 more than elsewhere in a period, high 1/8 less, for ever: L = 1/8 + (3/4 L + 1/4 H) / 2.
    found = {word: dm.verify(env, dear, participation=word) for word in ("periodic", "per-period")}
    assert found["periodic"].violation == F(1, 4)
    assert found["per-period"].violation == F(1, 8)
    assert "beyond what she has outside" in str(found["periodic"].witness)
    long = dm.verify(env.with_horizon(40), Mechanism("shop", (
        *(replace(dear.stages[0]) for _ in range(39)), replace(dear.stages[0], next=None),
    )), participation="periodic")  # fmt: skip
    assert float(long.violation) == pytest.approx(0.25, abs=1e-9)
    assert dm.verify(env.to_float(), mechanism.to_float(), participation="periodic").holds


def test_two_things_to_leave_for_are_one_too_many() -> None:
    env, mechanism = shop()
    with pytest.raises(AssumptionViolated, match="'outside-efficient': agent 'buyer', period 0: type 'low'"):
        dm.verify(env, mechanism, participation="outside-efficient")
    assert "outside-efficient" not in [one.notion for one in dm.verify(env, mechanism)]


def test_leaving_for_good() -> None:
    """Flows o_t = O_t - δ E[O_{t+1} | θ_t]: every continuation is then worth at least O_t."""
    env = dm.load("random", seed=8, agents=1, types=3, actions=2, periods=3, controlled=False)
    agent, rate = env.agents[0], env.discount
    leaving = [np.array([F(k + t, 2) for k in range(3)], dtype=object) for t in range(3)]
    flows = [
        leaving[t] - (rate * agent.kernels[t].rows() @ leaving[t + 1] if t < 2 else 0) for t in range(3)
    ]
    env = env._with(agents=(replace(agent, outside=tuple(flow[None] for flow in flows)),))
    buyer = Brute(env, dm.design(env, participation="periodic", exact=True).mechanism, 0)
    over = [
        buyer.honest(history, s) - leaving[len(history)][s[0]]
        for history in buyer.histories(False)
        for s in buyer.profiles(len(history))
        if buyer.chance(len(history), *buyer.last(history), s) > 0
    ]
    assert min(over) == 0
