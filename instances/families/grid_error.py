"""How far a grid of posterior means is from Normal learning itself: bounds from both sides."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from ...models.efficient.index_policy import Indices, bandit_welfare, indices
from ...models.environment.environment import Environment
from ...solvers.numbers import Array
from ..family import Family


def grid_error(family: Family, settings: Mapping[str, Any]) -> dict[str, float]:
    """The most by which the grid can be wrong, at the states that both bounds have.

    family: one with `rounding`, at settings with ``learning="normal"``. "index": of any arm; "W": welfare;
    "price": (1 − δ) W_{−i} of any agent; each the largest difference between what moves rounded out and moves
    rounded in give. Normal learning that ends after n observations lies between them but for what the ends of
    the grid cut off, and so does the grid with moves rounded to the nearest point. In money of one period; W
    discounted.

    >>> from .licensing import FAMILY
    >>> errors = [grid_error(FAMILY, {"learning": "normal", "points": points, "n": 1}) for points in (9, 33)]
    >>> [{word: round(most, 2) for word, most in error.items()} for error in errors]
    [{'index': 0.11, 'W': 0.74, 'price': 0.0}, {'index': 0.03, 'W': 0.2, 'price': 0.0}]
    """
    low, high = (
        indices(family.make(**{**settings, "rounding": rounding})) for rounding in ("in", "out")
    )
    below, above = low.environment, high.environment
    common = [_common(below, above, i) for i in range(below.num_agents)]

    def gap(i: int | None) -> float:
        return _largest(
            _at(bandit_welfare(low, i), below, [pair[0] for pair in common]),
            _at(bandit_welfare(high, i), above, [pair[1] for pair in common]),
        )

    share = 1 - float(below.discount)
    return {
        "index": max(_index_gap(low, high, k, common) for k in range(len(low.arms))),
        "W": gap(None),
        "price": share * max(gap(i) for i in range(below.num_agents)),
    }


def _common(below: Environment, above: Environment, i: int) -> tuple[list[int], list[int]]:
    """Positions of agent i's types that both environments have."""
    there = {label: k for k, label in enumerate(above.agents[i].types[0])}
    pairs = [(k, there[label]) for k, label in enumerate(below.agents[i].types[0]) if label in there]
    return [k for k, _ in pairs], [k for _, k in pairs]


def _index_gap(low: Indices, high: Indices, k: int, common: list[tuple[list[int], list[int]]]) -> float:
    owner = low.arms[k].agent
    here, there = ([0], [0]) if owner is None else common[owner]
    return _largest(low.index[k][here], high.index[k][there])


def _at(figures: Array, env: Environment, places: list[list[int]]) -> Array:
    return figures.reshape(env.types(0))[np.ix_(*places)]


def _largest(one: Array, other: Array) -> float:
    return float(abs(one - other).max())
