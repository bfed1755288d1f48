"""The families of scheduling against the closed forms, by the efficient policy of any environment."""

from __future__ import annotations

from fractions import Fraction as F
from typing import Any

import numpy as np
import pytest

from dynamech.instances import load
from dynamech.models.efficient.efficient import efficient
from dynamech.models.efficient.multi_task import multi_task
from dynamech.models.efficient.scheduling import schedule
from dynamech.models.efficient.task_lists import task_lists
from dynamech.models.efficient.waiting_tasks import waiting_tasks
from dynamech.models.environment.environment import Environment
from dynamech.solvers.errors import InvalidInput, TooLarge


def start(env: Environment) -> int:
    """The profile that has probability one."""
    types = [int(np.argmax(agent.prior == 1)) for agent in env.agents]
    return int(np.ravel_multi_index(types, env.types(0)))


def test_known_tasks_are_the_program_over_sets() -> None:
    spill = [[0, 0, 0], [0, 0, 0], [-4, 0, 0]]
    for externalities in (None, spill):
        env = load("scheduling", externalities=externalities)
        plan, found = efficient(env), waiting_tasks([8, 5, 3], "9/10", externalities)
        profiles = np.indices((2, 2, 2)).reshape(3, -1)
        sets = (profiles * np.array([1, 2, 4])[:, None]).sum(axis=0)
        assert plan.welfare[0].tolist() == found.welfare[sets].tolist()
        assert plan.policy[0].tolist() == found.policy[sets].tolist()
        for i in range(3):
            rest = efficient(env, [int(j != i) for j in range(3)])
            assert rest.welfare[0].tolist() == found.without[i, sets].tolist()
    assert plan.welfare[0][start(env)] == F(57, 4)


def test_drawn_tasks_are_the_closed_form_at_every_profile() -> None:
    env = load("scheduling", grid="0,3,5,8", agents=3)
    assert env.agents[0].types == (("done", "3", "5", "8"),)
    assert env.agents[0].prior.tolist() == [F(1, 4)] * 4
    welfare = efficient(env).welfare[0].reshape(4, 4, 4)
    worth = [0, 3, 5, 8]
    for at in np.ndindex(4, 4, 4):
        assert welfare[at] == schedule([worth[k] for k in at], "9/10").welfare
    without = load("scheduling", grid="0,3,5,8", agents=3, idle=False)
    assert without.actions == (("serve 1", "serve 2", "serve 3"),)
    assert (efficient(without).welfare[0] == efficient(env).welfare[0]).all()


def test_finitely_many_periods_serve_the_best_tasks() -> None:
    env = load("scheduling", horizon=2)
    assert efficient(env).welfare[0][start(env)] == 8 + F(9, 10) * 5


def test_a_task_in_every_period_and_lists_of_them() -> None:
    env = load("multi-task")
    assert efficient(env).welfare[0][start(env)] == multi_task([10], [4], "9/10").welfare.item() == 100
    env = load("multi-task", first="9,7,7", second="8,1", discount="4/5")
    found = task_lists([9, 7, 7], [8, 1], "4/5")
    assert efficient(env).welfare[0].reshape(4, 3).tolist() == found.welfare.tolist()


@pytest.mark.parametrize(
    ("name", "words", "message"),
    [
        ("scheduling", {"prior": "1"}, "go with grid"),
        ("scheduling", {"tasks": "1", "grid": "2"}, "both are given"),
        ("scheduling", {"externalities": "0,1;1,0"}, "one row and one column an agent, 3 of each"),
        ("scheduling", {"externalities": "1,0,0;0,0,0;0,0,0"}, "diagonal"),
        ("scheduling", {"discount": "1"}, "discount must be below 1"),
        ("scheduling", {"tasks": "1,-1"}, "tasks must be at least 0, not -1"),
        ("scheduling", {"grid": "1,2,3", "prior": "1/2,1/2"}, "prior has 2 entries for the 3"),
        ("multi-task", {"first": "1", "v1": 2}, "both are given"),
        ("multi-task", {"second": "1", "v2": 2}, "both are given"),
    ],
)
def test_what_is_refused(name: str, words: dict[str, Any], message: str) -> None:
    with pytest.raises(InvalidInput, match=message):
        load(name, **words)


def test_what_is_too_large() -> None:
    with pytest.raises(TooLarge, match="profiles of types"):
        load("scheduling", grid="1,2,3,4,5", agents=12)
    with pytest.raises(TooLarge, match="list of tasks"):
        load("multi-task", first=list(range(1, 500)))
