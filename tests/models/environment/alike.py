"""Random environments whose first two agents are alike: one is drawn, and the other is her image."""

from __future__ import annotations

import itertools
import random
from fractions import Fraction
from typing import Any

import numpy as np

from dynamech.models.environment.environment import Agent, Environment

IMAGES = [0, 2, 1]
"""Of actions: the second and the third change places, the first is its own image."""


def swapped(s: tuple[int, ...]) -> tuple[int, ...]:
    return (s[1], s[0], *s[2:])


def tables(rng: random.Random, shape: tuple[int, ...], lowest: int = -4) -> np.ndarray[Any, Any]:
    drawn = [Fraction(rng.randint(lowest, 9), rng.choice([1, 2])) for _ in range(int(np.prod(shape)))]
    return np.array(drawn, dtype=object).reshape(shape)


def chances(rng: random.Random, shape: tuple[int, ...]) -> np.ndarray[Any, Any]:
    drawn = [Fraction(rng.randint(1, 3)) for _ in range(int(np.prod(shape)))]
    weights: np.ndarray[Any, Any] = np.array(drawn, dtype=object).reshape(shape)
    shares: np.ndarray[Any, Any] = weights / weights.sum(axis=-1, keepdims=True)
    return shares


def image(table: np.ndarray[Any, Any], axes: int) -> np.ndarray[Any, Any]:
    """The same over (action, types of all, perhaps twice) with everything in its image's place."""
    halves = range(1, table.ndim, axes)
    order = [0, *(start + k for start in halves for k in swapped((*range(axes),)))]
    return np.transpose(table[IMAGES] if len(table) > 1 else table, order)


def alike(
    seed: int,
    periods: int = 1,
    *,
    third: bool = False,
    steered: bool = False,
    joint: bool = False,
    types: int = 2,
) -> Environment:
    """Two agents with interdependent values over three actions, and perhaps a third or observed one."""
    rng = random.Random(f"alike/{seed}/{periods}/{third}/{steered}/{joint}")
    count, heads = 2 + third, 3 if steered else 1
    sizes = (types,) * count
    prior, moves = chances(rng, (types,)), [chances(rng, (heads, types, types)) for _ in range(periods - 1)]
    worth = [tables(rng, (3, *sizes)) for _ in range(periods)]
    others = [table + image(table, count) for table in (tables(rng, (3, *sizes)) for _ in range(periods))]
    costs = [[Fraction(0), *[Fraction(rng.randint(-2, 6), 2)] * 2] for _ in range(periods)]
    agents = []
    for k, name in enumerate("abc"[:count]):
        law: dict[str, Any] = {}
        if not joint:
            mine = [m[IMAGES] if k == 1 and len(m) > 1 else m for m in moves]
            law = {"prior": prior, "transitions": mine if k < 2 else [m[:1] for m in moves]}
        values = [worth, [image(table, count) for table in worth], others][k]
        agents.append(Agent(name, types=[f"{name}{d}" for d in range(types)], values=values, **law))
    process = None
    if joint:
        flat = types**count
        first = chances(rng, (flat,)).reshape(sizes)
        later = [chances(rng, (heads, flat, flat)).reshape(heads, *sizes, *sizes) for _ in range(periods - 1)]
        process = {
            "prior": (first + image(first[None], count)[0]) / 2,
            "transitions": [(table + image(table, count)) / 2 for table in later],
        }
    return Environment(
        name="alike", horizon=periods, discount="2/3", actions=["none", "to a", "to b"], agents=agents,
        costs=costs, process=process,
    )  # fmt: skip


def profiles(env: Environment, t: int) -> list[tuple[int, ...]]:
    return list(itertools.product(*(range(k) for k in env.types(t))))
