"""A relaxation is a rewriting of the environment, with the way back."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from ...solvers.numbers import Array, Bools
from ...solvers.short import Short
from ..environment.environment import Environment
from ..mechanism.mechanism import Mechanism


@dataclass(frozen=True, eq=False, repr=False)
class Rewriting(Short):
    """An environment and what it was rewritten to.

    lift: turns a mechanism of the original environment into one of the rewritten one that does the same; a
        function of a module or a partial of one, so that answers can be pickled.
    coupling: the coupling of shocks that was used, or None.
    """

    original: Environment
    environment: Environment
    lift: Callable[[Mechanism], Mechanism]
    coupling: str | None = None


def unchanged(mechanism: Mechanism) -> Mechanism:
    """The way back where nothing was rewritten."""
    return mechanism


def widened(values: Array, extra: int) -> Array:
    """Values over more agents, none of whom matters: singleton axes at the end."""
    return values.reshape(values.shape + (1,) * extra)


def widened_feasible(env: Environment, t: int, extra: tuple[int, ...]) -> Bools | None:
    """Feasibility over more observed agents, none of whom matters."""
    table = env.feasible[t]
    if table is None:
        return None
    return np.broadcast_to(table.reshape(table.shape + (1,) * len(extra)), table.shape + extra)
