"""Verdicts against brute force (`brute_force.py`): every notion, equal as rationals, witnesses replayed."""

from __future__ import annotations

import random
from fractions import Fraction

import pytest

from dynamech.models.environment.environment import Environment
from dynamech.models.mechanism.mechanism import Mechanism
from dynamech.models.notions.incentives import INCENTIVES, Information
from dynamech.models.notions.participation import PARTICIPATIONS
from dynamech.models.verification.verdict import Verdict
from dynamech.models.verification.verify import incentive_verdict, participation_verdict
from dynamech.solvers.errors import AssumptionViolated

from .brute_force import Brute
from .plain_agent import ZERO
from .random_mechanisms import Shape, as_history_tree, random_mechanism

SHAPES = {
    "one agent": Shape("p", 3, sizes=(3, 2, 3), sparse=True),
    "one agent, controlled": Shape("p", 3, controlled=(0,)),
    "one agent, controlled late": Shape("p", 3, controlled=(1,)),
    "one agent, interdependent with nature": Shape("po", 2, interdependent=True, sparse=True),
    "two agents": Shape("pp", 2, sizes=(2, 3), sparse=True),
    "two agents, three periods": Shape("pp", 3, sizes=(2, 2, 1), controlled=(1,)),
    "one agent, always controlled": Shape("p", 3, sizes=(4, 3, 2), controlled=(0, 1), sparse=True),
    "two agents, controlled, interdependent": Shape(
        "pp", 2, controlled=(0,), interdependent=True, sparse=True
    ),
    "observed first": Shape("op", 3, controlled=(0,), sparse=True),
    "given": Shape("po", 3, given=True, sparse=True, controlled=(0,)),
    "given, between": Shape("pop", 2, given=True, sparse=True),
    "joint, one agent": Shape("p", 3, joint=True, sizes=(3, 2, 2), sparse=True),
    "joint": Shape("pp", 2, joint=True, sparse=True),
    "joint, controlled": Shape("pp", 2, joint=True, controlled=(0,), interdependent=True),
    "joint, observed": Shape("pop", 2, joint=True, sparse=True, controlled=(0,)),
    "joint, observed, long": Shape("po", 3, joint=True, sparse=True),
    "three actions": Shape("pp", 2, actions=3, discount="1", sizes=(3, 2)),
    "one period": Shape("ppo", 1, interdependent=True, sparse=True),
    "some reports": Shape("p", 3, sizes=(3, 2, 3), sparse=True, reports=True),
    "some reports, observed": Shape("po", 3, given=True, sparse=True, controlled=(0,), reports=True),
    "some reports, two agents": Shape("pp", 2, sizes=(3, 2), sparse=True, controlled=(0,), reports=True),
    "some reports, joint": Shape("pp", 2, joint=True, interdependent=True, sparse=True, reports=True),
}
WITHOUT_OUTSIDE = {
    "one agent, interdependent with nature",
    "two agents, controlled, interdependent",
    "joint",
    "joint, controlled",
    "joint, observed",
    "joint, observed, long",
    "one period",
    "some reports, joint",
}
"""Where values depend on others' types, or types move together."""
DIRECT = [notion for notion in INCENTIVES.values() if notion.rewriting is None]
VIRTUAL = INCENTIVES["virtual"]
"""On an environment as given: adjacent lies at first, then the best reply."""


def case(name: str, seed: int) -> tuple[Environment, Mechanism]:
    rng = random.Random(f"{name}/{seed}")
    env = SHAPES[name].environment(rng)
    return env, random_mechanism(env, rng, memory=2, by_action=seed % 2 == 0)


def check(verdict: Verdict, gains: dict[str, Fraction]) -> None:
    """The violation is the largest of the gains (by agent's name), and the witness is one who has it."""
    expected = max([ZERO, *gains.values()])
    assert isinstance(verdict.violation, Fraction)
    assert verdict.violation == expected
    assert verdict.holds == (expected == 0)
    assert (verdict.witness is None) == verdict.holds
    if verdict.witness is not None:
        assert verdict.witness.gain == expected
        assert gains[verdict.witness.agent] == expected


def by_agent(env: Environment, mechanism: Mechanism) -> dict[str, Brute]:
    return {env.agents[i].name: Brute(env, mechanism, i) for i in env.private}


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("name", SHAPES)
def test_incentives_equal_brute_force_exactly(name: str, seed: int) -> None:
    env, mechanism = case(name, seed)
    agents = by_agent(env, mechanism)
    for notion in [*DIRECT, VIRTUAL]:
        verdict = incentive_verdict(env, mechanism, notion)
        gains = {who: max([ZERO, *brute.gains(notion)]) for who, brute in agents.items()}
        check(verdict, gains)
        if verdict.witness is not None:
            assert not verdict.witness.truncated
            assert agents[verdict.witness.agent].replay(verdict.witness, notion) == verdict.violation
        close(incentive_verdict(env.to_float(), mechanism, notion), verdict)


@pytest.mark.parametrize("name", SHAPES)
def test_possible_messages_equal_brute_force(name: str) -> None:
    env, mechanism = case(name, 7)
    agents = by_agent(env, mechanism)
    for notion in DIRECT:
        verdict = incentive_verdict(env, mechanism, notion, messages="possible")
        gains = {who: max([ZERO, *brute.gains(notion, "possible")]) for who, brute in agents.items()}
        check(verdict, gains)
        if verdict.witness is not None:
            assert agents[verdict.witness.agent].replay(verdict.witness, notion) == verdict.violation


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("name", SHAPES)
def test_participation_equals_brute_force_exactly(name: str, seed: int) -> None:
    env, mechanism = case(name, seed)
    agents = by_agent(env, mechanism)
    for notion in PARTICIPATIONS.values():
        if notion.nothing:
            assert participation_verdict(env, mechanism, notion).holds
            continue
        if notion.outside and name in WITHOUT_OUTSIDE:
            with pytest.raises(AssumptionViolated, match="outside-efficient"):
                participation_verdict(env, mechanism, notion)
            continue
        for information in Information:
            verdict = participation_verdict(env, mechanism, notion, information)
            check(verdict, {who: -brute.lowest(notion.promise, information) for who, brute in agents.items()})
            close(participation_verdict(env.to_float(), mechanism, notion, information), verdict)


def close(floats: Verdict, exact: Verdict) -> None:
    assert isinstance(floats.violation, float)
    assert floats.violation == pytest.approx(float(exact.violation), abs=1e-9)
    assert floats.holds == exact.holds


@pytest.mark.parametrize("name", ["one agent", "two agents", "given", "joint, observed", "joint"])
def test_forgetting_memory_and_history_tree_agree(name: str) -> None:
    env, mechanism = case(name, 11)
    one = random_mechanism(env, random.Random(name), memory=1)
    for given in (mechanism, one):
        tree = as_history_tree(env, given)
        for notion in DIRECT:
            short, long = (incentive_verdict(env, form, notion) for form in (given, tree))
            assert short.violation == long.violation
        for promise in PARTICIPATIONS.values():
            if promise.outside and name in WITHOUT_OUTSIDE:
                continue
            short, long = (participation_verdict(env, form, promise) for form in (given, tree))
            assert short.violation == long.violation
