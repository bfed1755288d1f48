"""Types made of independent signals (KLN §2): a type is the list of all signals so far.

The first signal comes slowest in the order of types, the latest fastest, so that the quantile coupling of
the listed types is the coupling by signals.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import Any

import numpy as np

from ...solvers.arithmetic import arithmetic_of
from ...solvers.errors import InvalidInput, TooLarge
from ...solvers.numbers import Array, array
from .agents import Signals
from .kernels import Kernel
from .labels import labels_of

SEPARATOR = "|"
MAX_ENTRIES = 10_000_000
"""Entries of a kernel of signals, which is held dense."""


def signals(labels: Sequence[Sequence[Any]], probabilities: Sequence[Any], name: str = "agent") -> Signals:
    """Signals of each period with their probabilities.

    labels[t]: labels of the signal of period t; probabilities[t]: one each. Raises `InvalidInput`.
    """
    if len(labels) != len(probabilities):
        raise InvalidInput(
            f"agent '{name}', signals: {len(labels)} periods, {len(probabilities)} of probabilities"
        )
    read = tuple(labels_of(row, f"agent '{name}', signals of period {t}") for t, row in enumerate(labels))
    weights = tuple(
        array(row, f"agent '{name}', signals, probabilities of period {t}")
        for t, row in enumerate(probabilities)
    )
    for t, (row, weight) in enumerate(zip(read, weights, strict=True)):
        if weight.shape != (len(row),):
            raise InvalidInput(
                f"agent '{name}', signals of period {t}: {weight.size} probabilities for {len(row)} labels"
            )
    return Signals(read, weights)


def signal_types(given: Signals, periods: int, name: str) -> list[list[Any]]:
    """Labels of the types of each period: tuples of signals, joined for display."""
    if len(given.labels) != periods:
        raise InvalidInput(f"agent '{name}', signals: {len(given.labels)} entries for {periods} periods")
    return [
        [SEPARATOR.join(path) for path in itertools.product(*given.labels[: t + 1])] for t in range(periods)
    ]


def signal_kernels(given: Signals) -> tuple[Kernel, ...]:
    """Kernels that append the next signal: type k moves to k * S + s with the signal's probability."""
    kernels = []
    size = len(given.labels[0])
    for weights in given.probabilities[1:]:
        count = len(weights)
        if size * size * count > MAX_ENTRIES:
            raise TooLarge(
                f"signals: {size:,} types and {count:,} signals make a kernel of {size * size * count:,} "
                f"entries, more than {MAX_ENTRIES:,}; use fewer signals or periods"
            )
        table: Array = arithmetic_of(weights).zeros((1, size, size * count))
        own = np.repeat(np.arange(size), count)
        table[0, own, np.arange(size * count)] = np.tile(weights, size)
        kernels.append(Kernel(table))
        size *= count
    return tuple(kernels)
