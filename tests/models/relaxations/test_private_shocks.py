"""Shocks kept private: pairs of shock and type are worth what the type behind them is worth, to everybody."""

from __future__ import annotations

import itertools
from pathlib import Path

import numpy as np
import pytest

from dynamech import testing
from dynamech.instances.file import read_instance
from dynamech.models.design.question import Question
from dynamech.models.environment.environment import Environment
from dynamech.models.ladder.ladder import ladder
from dynamech.models.relaxations.private_shocks import shocks_private
from dynamech.solvers.effort import Effort

DATA = Path(__file__).parents[2] / "data"


def reversed_types(env: Environment) -> Environment:
    """The same environment with every agent's types listed in the opposite order."""
    return env.reorder(types={agent.name: agent.types[0][::-1] for agent in env.agents})


@pytest.mark.parametrize("seed", range(60))
def test_values_follow_the_types_behind_pairs(seed: int) -> None:
    env = testing.random_environment(
        seed, agents=2 + seed % 2, types=2 + seed % 3 // 2, interdependent=True, observed=seed % 5 == 0
    )
    for given in (env, reversed_types(env)):
        made, behind = shocks_private(given, "quantile")
        for t in range(made.periods):
            axes = [
                behind[j][t] if j in behind else np.arange(len(agent.types[t]))
                for j, agent in enumerate(made.agents)
            ]
            assert made.types(t) == tuple(len(axis) for axis in axes)
            for ours, theirs in zip(made.agents, given.agents, strict=True):
                every = (len(made.actions[t]), *made.types(t))
                wide = np.broadcast_to(ours.values[t], every)
                plain = np.broadcast_to(theirs.values[t], (len(given.actions[t]), *given.types(t)))
                for at in itertools.product(*map(range, every)):
                    assert wide[at] == plain[at[0], *(axis[k] for axis, k in zip(axes, at[1:], strict=True))]


def test_an_interdependent_ladder_has_its_witness() -> None:
    env = read_instance(DATA / "interdependent-crash.json")
    for given in (env, env.to_float()):
        made = ladder(given, Question.of(given), Effort(exact=given.exact))
        assert made.tight["relaxed"] is False
        assert made.witness is not None
