"""How differently agents who are alike are treated, by enumeration of histories and their images."""

from __future__ import annotations

import random
from dataclasses import replace
from fractions import Fraction
from typing import Any

import numpy as np
import pytest

import dynamech as dm
from dynamech.models.environment.environment import Environment
from dynamech.models.mechanism.mechanism import Mechanism

from ..environment.alike import IMAGES, alike, swapped
from .brute_force import Brute
from .random_mechanisms import as_history_tree, numbers, random_mechanism

PAIR = {"anonymous": [["b", "a"]]}
SHAPES: dict[str, dict[str, Any]] = {
    "once": {"third": True},
    "joint": {"periods": 2, "joint": True},
    "twice": {"periods": 2, "third": True},
    "steered": {"periods": 3, "steered": True},
}


def differences(env: Environment, mechanism: Mechanism) -> tuple[Fraction, Fraction]:
    """(of probabilities, of payments): the largest, at any history and its image."""
    brute, order = Brute(env, mechanism, 0), swapped(tuple(range(env.num_agents)))
    apart = [Fraction(0)], [Fraction(0)]

    def paid(history: Any, k: int, s: Any) -> Fraction:
        return Fraction(mechanism.stages[len(history)].transfers[(k, brute.memory(history), *s)])

    def walk(history: Any, past: Any) -> None:
        for s in brute.profiles(len(history)):
            here, there = brute.lottery(history, s), brute.lottery(past, swapped(s))
            apart[0].extend(abs(q - there[IMAGES[a]]) for a, q in enumerate(here))
            apart[1].extend(abs(paid(history, k, s) - paid(past, order[k], swapped(s))) for k in order)
            for a, q in enumerate(here):
                if len(history) + 1 < env.periods and q > 0 and there[IMAGES[a]] > 0:
                    walk((*history, (s, a)), (*past, (swapped(s), IMAGES[a])))

    walk((), ())
    return max(apart[0]), max(apart[1])


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("name", SHAPES)
def test_the_largest_difference_is_that_of_an_enumeration(name: str, seed: int) -> None:
    rng = random.Random(f"{name}/{seed}")
    env = alike(seed, **SHAPES[name])
    mechanism = random_mechanism(env, rng, memory=2, by_action=seed % 2 == 0)
    for given in (mechanism, as_history_tree(env, mechanism)):
        (verdict,) = dm.verify(env, given, demands=PAIR)
        assert verdict.violation == differences(env, mechanism)[0] > 0
        replayed(env, given, verdict)
    even = np.array([Fraction(1, 2), Fraction(1, 4), Fraction(1, 4)], dtype=object)
    even_handed = Mechanism(env.name, tuple(
        replace(stage, allocation=np.broadcast_to(even, stage.allocation.shape)) for stage in mechanism.stages
    ))  # fmt: skip
    (verdict,) = dm.verify(env, even_handed, demands=PAIR)
    assert (Fraction(0), verdict.violation) == differences(env, even_handed)
    replayed(env, even_handed, verdict)
    (doubles,) = dm.verify(env.to_float(), even_handed.to_float(), demands=PAIR)
    assert doubles.violation == pytest.approx(float(verdict.violation))


def replayed(env: Environment, mechanism: Mechanism, verdict: dm.Verdict) -> None:
    """The witness is a history at which the mechanism differs by so much from what it does at its image."""
    witness: Any = verdict.witness
    assert witness.sentence.endswith(f" 'a' and 'b' have changed places: {verdict.violation} apart.")
    brute, order = Brute(env, mechanism, 0), swapped(tuple(range(env.num_agents)))

    def profile(t: int, reports: dict[str, str]) -> tuple[int, ...]:
        return tuple(agent.types[t].index(reports[agent.name]) for agent in env.agents)

    history, past = [], []
    for t, entry in enumerate(witness.history):
        s, action = profile(t, entry["reports"]), entry["action"]
        a = 0 if action is None else env.actions[t].index(action)
        history.append((s, a))
        past.append((swapped(s), IMAGES[a]))
    t, s = len(history), profile(len(history), witness.reports)
    here, there = brute.lottery(tuple(history), s), brute.lottery(tuple(past), swapped(s))
    stage, m, n = mechanism.stages[t], brute.memory(tuple(history)), brute.memory(tuple(past))
    if witness.agent:
        k = env.agent_index(witness.agent)
        apart = [abs(stage.transfers[(k, m, *s)] - stage.transfers[(order[k], n, *swapped(s))])]
        assert witness.sentence.startswith(f"Agent '{witness.agent}' pays ")
    else:
        apart = [abs(q - there[IMAGES[a]]) for a, q in enumerate(here)]
        assert " has probability " in witness.sentence
    assert verdict.violation in apart


def test_units_of_money_do_not_matter_and_rounding_is_nothing() -> None:
    env = alike(4, 2)
    best = dm.design(env, objective="welfare", demands=PAIR, exact=True).mechanism
    moved = best.stages[0].transfers.copy()
    moved[0, 0, 1, 0] += 1
    for unit in (Fraction(1, 10**9), Fraction(1), Fraction(10**9)):
        scaled = env._with(
            costs=tuple(row * unit for row in env.costs),
            agents=tuple(replace(a, values=tuple(v * unit for v in a.values)) for a in env.agents),
        ).to_float()
        for transfers, holds in ((best.stages[0].transfers, True), (moved, False)):
            tables = [transfers, *(stage.transfers for stage in best.stages[1:])]
            off = 1 + 1e-16 * np.arange(2)  # what a double forgets
            stages = tuple(
                replace(stage, transfers=(table * unit).astype(float) * off)
                for stage, table in zip(best.stages, tables, strict=True)
            )
            (verdict,) = dm.verify(scaled, Mechanism(env.name, stages), demands=PAIR)
            assert verdict.holds == holds
            assert holds or verdict.violation == pytest.approx(float(unit))


def test_quantities_and_the_agents_who_stand_by() -> None:
    goods = {"goods": ["for a", "for b"], "upper": [2, 2], "quadratic": [[1, 0], [0, 1]]}
    agents = [
        dm.Agent("a", types=[1, 2], prior=["1/2", "1/2"], values=[[[1, 2], [0, 0]]]),
        dm.Agent("b", types=[1, 2], prior=["1/2", "1/2"], values=[[[0, 0], [1, 2]]]),
        dm.Agent("c", types=["-"], prior=[1], values=[[[1], [1]]]),
    ]
    env = Environment(name="goods", horizon=1, actions=[goods], agents=agents)
    best = dm.design(env, objective="welfare", demands=PAIR)
    assert dm.verify(env, best.mechanism, demands=PAIR)
    stage = best.mechanism.stages[0]
    allocation = stage.allocation.copy()
    allocation[0, 1, 0, 0, 0] -= 0.5
    (verdict,) = dm.verify(env, Mechanism(env.name, (replace(stage, allocation=allocation),)), demands=PAIR)
    assert verdict.violation == pytest.approx(0.5)
    assert verdict.witness is not None
    assert verdict.witness.sentence.startswith("Good 'for b' has quantity 2 where the reports are a '1', b")
    transfers = numbers(random.Random(1), stage.transfers.shape).astype(float)
    transfers[:2] = 0
    (verdict,) = dm.verify(env, Mechanism(env.name, (replace(stage, transfers=transfers),)), demands=PAIR)
    assert verdict.witness is not None
    assert (verdict.witness.agent, "and agent 'c' " in verdict.witness.sentence) == ("c", True)
