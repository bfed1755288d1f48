"""Infinite horizons whose period 0 is described by itself."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from dynamech.instances.library import load
from dynamech.models.environment.environment import Agent, Environment
from dynamech.models.environment.reshape import keep_types
from dynamech.models.mechanism.mechanism import Mechanism


def twice(env: Environment) -> Environment:
    """The same infinite environment, its one description given for period 0 and for the rest."""
    assert env.unchanging

    def both(rows: Any) -> Any:
        return rows and tuple(rows) * 2

    agents = tuple(
        replace(a, **{part: both(getattr(a, part)) for part in ("types", "values", "kernels", "reports")})
        for a in env.agents
    )
    process = env.process and replace(env.process, transitions=both(env.process.transitions))
    parts = {part: both(getattr(env, part)) for part in ("actions", "goods", "costs", "feasible")}
    return env._with(agents=agents, process=process, **parts)


STAY = [["1/2", "1/2", 0], ["1/4", "1/2", "1/4"], [0, 0, 1]]


def shop(**changes: Any) -> Environment:
    """By hand: a first signal L or H of what a good is worth, then a sale in every period, but not in the
    rain, when worth falls less often; `high` cannot be hidden."""
    buyer = Agent(
        "buyer",
        types=[["L", "H"], ["low", "middle", "high"]],
        prior=["1/2", "1/2"],
        values=[[[0, 0]], [[0, 0, 0], [1, 2, 4]]],
        transitions=[
            [[[["1/2", "1/4", "1/4"], [0, "1/2", "1/2"]], [["1/2", "1/2", 0], [0, 0, 1]]]],
            [[STAY, [["1/2", "1/2", 0], [0, "1/2", "1/2"], [0, 0, 1]]]],
        ],
        given=["weather"],
        reports=[{}, {"high": ["high"]}],
    )
    weather = Agent(
        "weather",
        types=[["dawn"], ["sun", "rain"]],
        prior=[1],
        observed=True,
        transitions=[[[["3/4", "1/4"]]], [[["2/3", "1/3"], ["1/2", "1/2"]]]],
    )
    parts: dict[str, Any] = {
        "name": "weather shop",
        "agents": [buyer, weather],
        "horizon": None,
        "discount": "1/2",
        "actions": [["wait"], ["keep", "sell"]],
        "costs": [[0], [0, 1]],
        "feasible": [[[True]], [[True, True], [True, False]]],
    }
    return Environment(**(parts | changes))


def drawn(seed: int, **words: Any) -> Environment:
    """At random: in period 0 each private agent has a type less, and society an action less, than later."""
    words = {"agents": 2, "types": 3, "actions": 3} | words
    env = load("random", seed=seed, periods=3, discount="1/2", **words)
    feasible = (None, *env.feasible[1:])
    env = env._with(feasible=feasible).restrict([list(env.actions[0][:-1]), *map(list, env.actions[1:])])
    for i in env.private:
        every = [range(k) for k in (env.types(t)[i] for t in range(3))]
        env = keep_types(env, i, [list(every[0][:-1]), list(every[1]), list(every[2])])
    total = env.process.prior.sum() if env.process else None
    agents = tuple(
        replace(
            a,
            prior=None if total is not None else a.prior / a.prior.sum(),
            types=a.types[:2],
            values=a.values[:2],
        )
        for a in env.agents
    )
    process = env.process and replace(env.process, prior=env.process.prior / total)
    parts = {part: getattr(env, part)[:2] for part in ("actions", "goods", "costs", "feasible")}
    return env._with(horizon=None, agents=agents, process=process, **parts)


def repeated(mechanism: Mechanism, periods: int) -> Mechanism:
    """So many first periods of it."""
    stages = (*mechanism.stages, *mechanism.stages[-1:] * periods)[:periods]
    return replace(mechanism, stages=stages, stationary=False)
