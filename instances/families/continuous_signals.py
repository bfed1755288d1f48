"""Signals from [0, 1] put on cells: how nearly transfers can align values (Liu 2014, section 5).

Each of two agents has a signal, the middle of one of `cells` cells of [0, 1]. What she has now foretells in
which cell the *other's* next signal lies, by one of two densities f(s | t), integrated exactly:

- ``cauchy``: (1 + t) / (1 + s t)², whose rows are independent however fine the grid;
- ``mixture``: 1 + (2s − 1)(2t − 1) / 2, where every t foretells a mixture of what 0 and 1 do.

Action 0 is worth 1 + θ_0 to agent 0, action 1 is worth 7/10 + 2θ_0² + θ_1/5 to agent 1.
"""

from __future__ import annotations

from fractions import Fraction
from itertools import pairwise

import numpy as np

from ...models.environment.environment import Agent, Environment
from ..family import Family
from ..parameters import Parameter

F = Fraction


def below(density: str, s: Fraction, t: Fraction) -> Fraction:
    """Probability that the next signal is at most s, given t."""
    if density == "cauchy":
        return (1 + t) * s / (1 + s * t)
    return s + F(1, 2) * (s * s - s) * (2 * t - 1)


def build(cells: int, density: str, discount: Fraction) -> Environment:
    """Types are the signals, in increasing order; actions do not move them."""
    edges = [F(k, cells) for k in range(cells + 1)]
    signals = np.array([(low + high) / 2 for low, high in pairwise(edges)], dtype=object)
    reached = np.array([[below(density, s, t) for s in edges] for t in signals], dtype=object)
    foretold = np.diff(reached, axis=1)
    nothing = np.zeros((cells, cells), dtype=object) + F(0)
    first = nothing + (1 + signals)[:, None]
    second = F(7, 10) + 2 * (signals**2)[:, None] + signals / 5
    labels = [[str(s) for s in signals]]
    # Axes: own types of both, then next types: agent 0's is foretold by agent 1's and the other way round.
    table = foretold[None, :, :, None] * foretold[:, None, None, :]
    return Environment(
        agents=[
            Agent("agent 0", types=labels, values=[np.stack([first, nothing])]),
            Agent("agent 1", types=labels, values=[np.stack([nothing, second])]),
        ],
        actions=[["0", "1"]],
        horizon=None,
        discount=discount,
        process={
            "prior": nothing + F(1, cells * cells),
            "transitions": [table[None]],
        },
    )


FAMILY = Family(
    name="continuous-signals",
    title="signals from an interval, on cells: nearly aligned values",
    source="Liu (2014), section 5",
    parameters=(
        Parameter("cells", "int", 6, "cells of equal length, each a type", least=1, most=30),
        Parameter("density", "choice", "cauchy", "what a signal foretells", choices=("cauchy", "mixture")),
        Parameter("discount", "rational", F(4, 5), "discount factor", above=0, below=1),
    ),
    build=build,
)
