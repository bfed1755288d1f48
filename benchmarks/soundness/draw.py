"""Random small environments of every kind, rational, one a seed, each with the question to ask of it."""

from __future__ import annotations

import random
from fractions import Fraction
from typing import Any

import numpy as np

F = Fraction
PARTICIPATIONS = ("interim", "interim", "interim", "periodic", "ex-post", "per-period", "prefix", "none")


class Draw:
    """Draws from one seed."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)

    def table(self, *shape: int, of: list[Fraction]) -> Any:
        flat = np.empty(int(np.prod(shape)), dtype=object)
        flat[:] = [self.random.choice(of) for _ in range(flat.size)]
        return flat.reshape(shape)

    def rows(self, *shape: int, kind: str) -> Any:
        """Chances along the last axis: full, with zeros, or with thin ones down to 1e-8."""
        count = int(np.prod(shape[:-1]))
        flat = np.empty((count, shape[-1]), dtype=object)
        for k in range(count):
            low = 0 if kind == "zeros" else 1
            weights = [F(self.random.randint(low, 4)) for _ in range(shape[-1])]
            if not any(weights):
                weights[self.random.randrange(shape[-1])] = F(1)
            if kind == "thin" and len(weights) > 1:
                weights[self.random.randrange(len(weights))] = F(1, 10 ** self.random.randint(3, 8))
            whole = sum(weights)
            flat[k] = [w / whole for w in weights]
        return flat.reshape(shape)


def environment(seed: int) -> tuple[Any, dict[str, Any]]:
    """(the environment, the question asked of it)."""
    import dynamech as dm

    d = Draw(seed)
    pick = d.random.choice
    agents = pick([1, 1, 2, 2, 2, 3])
    periods = 1 if agents == 3 else pick([1, 2, 2, 2, 3]) if agents == 1 else pick([1, 2, 2])
    types = pick([2, 3, 3]) if periods == 1 or (agents == 1 and periods == 2) else 2
    actions = pick([2, 2, 3]) if periods < 3 else 2
    joint = agents > 1 and pick([False, False, True])
    watched = pick([0, 0, 0, 1]) if not joint or periods == 1 else 0
    steered = pick([False, True])
    interdependent = agents > 1 and pick([False, True])
    kind = pick(["full", "full", "zeros", "zeros", "thin"])
    scale = F(10) ** pick([0, 0, 0, 0, *range(-12, 13)])
    discount = pick([F(1), F(1), F(9, 10), F(1, 2), F(0), F(1, 10**6), F(1, 100)])
    amounts = [scale * F(k, 2) for k in range(13)]
    if pick([False, False, True]):
        amounts += [scale * F(-1), scale * F(7, 3), scale * F(1001, 100)]
    if not steered and pick([False, False, True]):
        amounts += [scale * 1000] * 2
    everyone = (types,) * (agents + watched)
    width = actions if steered else 1
    names = [f"a{i}" for i in range(agents)] + [f"seen{i}" for i in range(watched)]
    given = watched and not joint and pick([False, True])
    made = []
    for i, name in enumerate(names):
        public = i >= agents
        axes = everyone if interdependent else (types,)
        before = (types,) if given and not public else ()
        made.append(
            dm.Agent(
                name,
                types=[[str(k) for k in range(types)]] * periods,
                prior=None if joint else d.rows(types, kind=kind),
                values=[d.table(actions, *axes, of=amounts) for _ in range(periods)],
                transitions=None if joint else [
                    d.rows(width, *before, types, types, kind=kind) for _ in range(periods - 1)
                ],
                observed=public,
                given=[names[-1]] if before else [],
            )
        )  # fmt: skip
    process = None
    if joint:
        size = types ** len(names)
        process = {
            "prior": d.rows(size, kind=kind).reshape(everyone),
            "transitions": [
                d.rows(width, size, size, kind=kind).reshape(width, *everyone, *everyone)
                for _ in range(periods - 1)
            ],
        }
    feasible = None
    if watched and pick([False, True]):
        feasible = []
        for _ in range(periods):
            allowed = np.array([[d.random.random() < 0.75 for _ in range(types)] for _ in range(actions)])
            allowed[0] = True
            feasible.append(allowed)
    env = dm.Environment(
        name=f"soundness-{seed}",
        agents=made,
        actions=[[str(a) for a in range(actions)]] * periods,
        costs=[d.table(actions, of=[scale * F(k, 4) for k in range(5)]) for _ in range(periods)],
        feasible=feasible,
        process=process,
        discount=discount,
        horizon=periods,
    )
    revenue, welfare = pick([(F(1), F(0))] * 3 + [(F(0), F(1)), (F(1), F(1, 2))])
    participation = pick(PARTICIPATIONS)
    if participation == "none" and pick([True, True, False]):
        revenue, welfare = F(0), F(1)
    # Drawn last: the environments of all seeds are what they were before there was this word.
    if participation == "periodic" and not joint and not interdependent and pick([False, True, True]):
        participation = "outside-efficient"
    question = {"participation": participation, "revenue": revenue, "welfare": welfare, "scale": scale}
    return env, question
