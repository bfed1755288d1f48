"""Verdicts where past reports are concealed, against plain recursion over what an agent knows."""

from __future__ import annotations

import random

import pytest

from dynamech.models.environment.environment import Environment
from dynamech.models.mechanism.mechanism import Mechanism
from dynamech.models.notions.incentives import Information
from dynamech.models.notions.participation import PARTICIPATIONS
from dynamech.models.verification.verify import incentive_verdict, participation_verdict

from .concealed import Concealed
from .plain_agent import ZERO
from .random_mechanisms import Shape, random_mechanism
from .test_verify import DIRECT, VIRTUAL, check, close

SHAPES = {
    "two agents": Shape("pp", 2, sizes=(2, 3), sparse=True),
    "two agents, three periods": Shape("pp", 3, sizes=(2, 2, 1)),
    "controlled": Shape("pp", 2, controlled=(0,), sparse=True),
    "controlled, three periods": Shape("pp", 3, sizes=(2, 2, 1), controlled=(1,)),
    "controlled twice, interdependent": Shape("pp", 3, controlled=(0, 1), interdependent=True, sparse=True),
    "given, between": Shape("pop", 2, given=True, controlled=(0,)),
    "three agents": Shape("ppp", 2, sizes=(2, 2, 1), controlled=(0,)),
    "some reports": Shape("pp", 2, sizes=(3, 2), controlled=(0,), sparse=True, reports=True),
    "some reports, three periods": Shape("pp", 3, sizes=(2, 2, 1), controlled=(1,), reports=True),
}


def case(name: str, seed: int, memory: int = 2) -> tuple[Environment, Mechanism]:
    rng = random.Random(f"concealed/{name}/{seed}")
    env = SHAPES[name].environment(rng)._with(reports_public=False)
    return env, random_mechanism(env, rng, memory, by_action=seed % 2 == 0)


def by_agent(env: Environment, mechanism: Mechanism) -> dict[str, Concealed]:
    return {env.agents[i].name: Concealed(env, mechanism, i) for i in env.private}


@pytest.mark.parametrize("seed", range(2))
@pytest.mark.parametrize("name", SHAPES)
def test_incentives_equal_brute_force_exactly(name: str, seed: int) -> None:
    env, mechanism = case(name, seed)
    agents = by_agent(env, mechanism)
    for notion in [*DIRECT, VIRTUAL]:
        verdict = incentive_verdict(env, mechanism, notion)
        check(verdict, {who: max([ZERO, *brute.gains(notion)]) for who, brute in agents.items()})
        if verdict.witness is not None:
            assert not verdict.witness.truncated
            assert agents[verdict.witness.agent].replay(verdict.witness, notion) == verdict.violation
        close(incentive_verdict(env.to_float(), mechanism, notion), verdict)


@pytest.mark.parametrize("seed", range(2))
@pytest.mark.parametrize("name", SHAPES)
def test_participation_equals_brute_force_exactly(name: str, seed: int) -> None:
    env, mechanism = case(name, seed)
    agents = by_agent(env, mechanism)
    for promise in PARTICIPATIONS.values():
        if promise.nothing or (promise.outside and "interdependent" in name):
            continue
        for information in Information:
            verdict = participation_verdict(env, mechanism, promise, information)
            lowest = {who: brute.lowest(promise.promise, information) for who, brute in agents.items()}
            check(verdict, {who: -low for who, low in lowest.items()})
            close(participation_verdict(env.to_float(), mechanism, promise, information), verdict)
