"""Outside options beside divisible goods: as beside the list of actions that they are at linear costs."""

from __future__ import annotations

import random
from dataclasses import replace
from fractions import Fraction as F
from typing import Any

import numpy as np
import pytest

import dynamech as dm
from dynamech.models.environment.environment import Agent, Environment
from dynamech.solvers.errors import InvalidInput

from ..environment.alike import chances, tables

WORDS = ("none", "interim", "periodic", "ex-post", "prefix", "per-period")


def works(
    seed: int, goods: tuple[bool, ...], agents: int = 2, endless: bool = False, excludable: bool = False
) -> Environment:
    """Something is built or not in each period, or (`goods`) as much of it as one likes up to 1; it is worth
    something to everybody, and so is what each has elsewhere."""
    rng = random.Random(f"works/{seed}")
    periods, law = len(goods), chances(rng, (4, 2, 2))
    worth = [[tables(rng, (2,)) for _ in goods] for _ in range(agents)]
    outside = [[tables(rng, (2,), -2) / 4 for _ in goods] for _ in range(agents)]
    costs = [F(rng.randint(0, 6), 2) for _ in goods]
    moves = periods - (not endless)
    people = [
        Agent(
            name, types=["low", "high"], prior=law[0, i],
            values=[row[None] if divisible else np.stack([0 * row, row])
                    for row, divisible in zip(worth[i], goods, strict=True)],
            transitions=[law[1 + t][None] for t in range(moves)], outside=outside[i],
        )
        for i, name in enumerate("ab"[:agents])
    ]  # fmt: skip
    return Environment(
        name="works", horizon=None if endless else periods, discount="2/3", agents=people,
        excludable=excludable,
        actions=[{"goods": ["work"], "upper": [1]} if divisible else ["no", "build"] for divisible in goods],
        costs=[[cost] if divisible else [0, cost] for cost, divisible in zip(costs, goods, strict=True)],
    )  # fmt: skip


def as_goods(mechanism: dm.Mechanism, goods: tuple[bool, ...]) -> dm.Mechanism:
    """The same with quantities, the chances of what was built."""
    stages = tuple(
        replace(
            stage, allocation=stage.allocation[..., 1:],
            next=None if stage.next is None else stage.next[..., 1:],
        ) if divisible else stage
        for stage, divisible in zip(mechanism.stages, goods, strict=True)
    )  # fmt: skip
    return replace(mechanism, stages=stages)


@pytest.mark.parametrize(
    ("incentives", "agents", "goods"),
    [
        ("bayesian", 2, (True,)), ("bayesian", 2, (True, True)), ("bayesian", 2, (False, True)),
        ("bayesian", 2, (True, False)), ("none", 2, (True, False)), ("relaxed", 1, (False, True)),
        ("ex-post", 1, (True, True)),
    ],
    ids=str,
)  # fmt: skip
def test_promises_are_those_beside_a_list_of_actions(
    incentives: str, agents: int, goods: tuple[bool, ...]
) -> None:
    env, other = works(1, goods, agents), works(1, tuple(False for _ in goods), agents)
    nothing = env._with(agents=tuple(replace(agent, outside=None) for agent in env.agents))
    for word in WORDS if incentives == "bayesian" else ("interim", "ex-post", "per-period"):
        asked: dict[str, Any] = {"incentives": incentives, "participation": word, "exact": True}
        answer = dm.design(env, **asked)
        assert answer.value == dm.design(other, **asked).value
        assert answer.status == ("unbounded" if word == "none" else "optimal")
        if word != "none":
            assert answer.certificate is not None
            assert answer.certificate.check()
            assert answer.value != dm.design(nothing, **asked).value
            assert dm.verify(env, answer.mechanism, incentives, word)
            assert dm.verify(env, dm.design(env, **asked | {"exact": False}).mechanism, incentives, word)


@pytest.mark.parametrize("goods", [(True,), (True, True), (False, True), (True, False)], ids=str)
def test_shortfalls_are_those_beside_a_list_of_actions(goods: tuple[bool, ...]) -> None:
    for seed, endless in ((0, False), (1, False), (2, True)):
        listed = tuple(False for _ in goods)
        env, other = works(seed, goods, endless=endless), works(seed, listed, endless=endless)
        rng = random.Random(seed)
        stages = []
        for t in range(len(goods)):
            shape = (1, *env.types(t))
            last = not endless and t + 1 == len(goods)
            following = None if last else np.zeros((*shape, 2), dtype=np.int64)
            stages.append(dm.Stage(chances(rng, (*shape, 2)), tables(rng, (2, *shape)) / 2, following))
        mechanism = dm.Mechanism("works", tuple(stages), 0, endless)
        given, found = (
            {(verdict.kind, verdict.notion): verdict.violation for verdict in verdicts}
            for verdicts in (dm.verify(other, mechanism), dm.verify(env, as_goods(mechanism, goods)))
        )
        assert {notion: given[notion] for notion in found} == found
        assert {("participation", word) for word in ("interim", "periodic", "per-period")} <= set(found)


def test_quadratic_costs_by_hand() -> None:
    """One type: q = θ maximises θ q − q²/2, and all but what she has outside is paid."""
    for outside, horizon in ((F(1, 4), 1), (F(-1, 2), 3)):
        agent = Agent(
            "buyer", types=["only"], prior=[1], values=[[[2]]] * horizon, outside=[[outside]] * horizon,
            transitions=[[[1]]] * (horizon - 1),
        )  # fmt: skip
        unit = {"goods": ["unit"], "upper": [None], "quadratic": [[1]]}
        env = Environment(name="quantities", horizon=horizon, actions=[unit] * horizon, agents=[agent])
        for word in WORDS[1:]:
            answer = dm.design(env, participation=word)
            assert answer.value == pytest.approx(float(horizon * (2 - outside)))
            assert dm.verify(env, answer.mechanism, "bayesian", word)
            greedy = answer.mechanism.stages[-1]
            dearer = (*answer.mechanism.stages[:-1], replace(greedy, transfers=greedy.transfers + 0.5))
            verdict = dm.verify(env, replace(answer.mechanism, stages=dearer), participation=word)
            assert verdict.violation == pytest.approx(0.5)


def test_who_is_left_out_has_no_quantity_for_it() -> None:
    with pytest.raises(InvalidInput, match="excludable: agent 'a', period 1: the actions are divisible"):
        works(0, (False, True), excludable=True)
