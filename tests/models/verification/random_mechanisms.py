"""Random environments of many shapes, and random mechanisms for them, in rationals."""

from __future__ import annotations

import random
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any

import numpy as np

from dynamech.models.environment.environment import Agent, Environment
from dynamech.models.mechanism.mechanism import Mechanism, Stage


def distribution(rng: random.Random, count: int, sparse: bool) -> list[Fraction]:
    weights = [rng.choice([0, 0, 1, 2] if sparse else [1, 2, 3]) for _ in range(count)]
    if not any(weights):
        weights[rng.randrange(count)] = 1
    return [Fraction(w, sum(weights)) for w in weights]


def table(rng: random.Random, shape: tuple[int, ...], last: int, sparse: bool) -> np.ndarray[Any, Any]:
    rows = [distribution(rng, last, sparse) for _ in range(int(np.prod(shape, dtype=int)))]
    return np.array(rows, dtype=object).reshape(*shape, last)


def numbers(rng: random.Random, shape: tuple[int, ...]) -> np.ndarray[Any, Any]:
    values = [Fraction(rng.randint(-6, 12), rng.choice([1, 2, 3])) for _ in range(int(np.prod(shape)))]
    return np.array(values, dtype=object).reshape(shape)


def some_reports(rng: random.Random, agent: Agent) -> list[dict[str, list[str]]]:
    """Each report but the truth is forbidden in two cases of five; some periods and types forbid nothing."""
    return [
        {k: [r for r in row if r == k or rng.random() < 0.6] for k in row if rng.random() < 0.7}
        if rng.random() < 0.8
        else {}
        for row in agent.types
    ]


@dataclass(frozen=True)
class Shape:
    """What a random environment looks like: one letter an agent, ``p`` private, ``o`` observed."""

    agents: str
    periods: int
    joint: bool = False
    controlled: tuple[int, ...] = ()
    """Transitions that depend on the action."""
    given: bool = False
    interdependent: bool = False
    sparse: bool = False
    sizes: tuple[int, ...] = (2, 2, 2)
    actions: int = 2
    discount: str = "2/3"
    reports: bool = False
    """Whether some types may not report others."""

    def environment(self, rng: random.Random) -> Environment:
        count, periods = len(self.agents), self.periods
        sizes = [[self.sizes[(i + t) % len(self.sizes)] for i in range(count)] for t in range(periods)]
        heads = [self.actions if t in self.controlled else 1 for t in range(periods - 1)]
        agents = []
        for i, letter in enumerate(self.agents):
            seen = [j for j in range(count) if self.agents[j] == "o"] if self.given and letter == "p" else []
            data: dict[str, Any] = {}
            if not self.joint:
                data["prior"] = distribution(rng, sizes[0][i], self.sparse)
                data["given"] = [f"agent {j}" for j in seen]
                data["transitions"] = [
                    table(
                        rng,
                        (heads[t], *(sizes[t + 1][j] for j in seen), sizes[t][i]),
                        sizes[t + 1][i],
                        self.sparse,
                    )
                    for t in range(periods - 1)
                ]
            axes = [tuple(sizes[t]) if self.interdependent else (sizes[t][i],) for t in range(periods)]
            agents.append(
                Agent(
                    f"agent {i}",
                    types=[[f"{i}:{k}" for k in range(sizes[t][i])] for t in range(periods)],
                    values=[numbers(rng, (self.actions, *axes[t])) for t in range(periods)],
                    observed=letter == "o",
                    **data,
                )
            )
        process = None
        if self.joint:
            flat = [int(np.prod(sizes[t])) for t in range(periods)]
            process = {
                "prior": table(rng, (), flat[0], self.sparse).reshape(sizes[0]),
                "transitions": [
                    table(rng, (heads[t], *sizes[t]), flat[t + 1], self.sparse).reshape(
                        heads[t], *sizes[t], *sizes[t + 1]
                    )
                    for t in range(periods - 1)
                ],
            }
        if self.reports:
            agents = [replace(a, reports=None if a.observed else some_reports(rng, a)) for a in agents]
        return Environment(
            name="random",
            agents=agents,
            actions=[[f"a{a}" for a in range(self.actions)]] * periods,
            horizon=periods,
            discount=self.discount,
            process=process,
        )


def random_mechanism(env: Environment, rng: random.Random, memory: int, by_action: bool = True) -> Mechanism:
    """A few memory states, random lotteries with zeros, random payments, a random update."""
    stages = []
    sizes = [1, *[memory] * (env.periods - 1)]
    for t in range(env.periods):
        shape = (sizes[t], *env.types(t))
        allocation = table(rng, shape, env.num_actions(t), sparse=True)
        transfers = numbers(rng, (env.num_agents, *shape))
        following = None
        if t < env.periods - 1:
            full = (*shape, env.num_actions(t))
            drawn = [rng.randrange(sizes[t + 1]) for _ in range(int(np.prod(full)))]
            following = np.array(drawn, dtype=np.int64).reshape(full)
            if not by_action:
                following = np.broadcast_to(following[..., :1], full).copy()
        stages.append(Stage(allocation, transfers, following))
    return Mechanism(env.name, tuple(stages))


def as_history_tree(env: Environment, mechanism: Mechanism) -> Mechanism:
    """The same mechanism with every history of reports and actions remembered."""
    memory, stages = [mechanism.start], []
    for t, stage in enumerate(mechanism.stages):
        index = np.array(memory)
        following = None
        if t < env.periods - 1:
            assert stage.next is not None
            target = stage.next[index]
            following = np.arange(target.size).reshape(target.shape)
            memory = target.ravel().tolist()
        stages.append(Stage(stage.allocation[index], stage.transfers[:, index], following))
    return Mechanism(mechanism.instance, tuple(stages))
