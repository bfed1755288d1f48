"""What an environment is made of: agents, divisible goods, and types built from signals."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any, TypeAlias

import numpy as np

from ...solvers.numbers import Array, Number, as_doubles, to_exact, to_float
from ...solvers.short import Short
from .kernels import Kernel

Label: TypeAlias = Any
"""A label is kept as a string; functions of labels receive the object that was given."""


@dataclass(frozen=True, eq=False, repr=False)
class Goods(Short):
    """Divisible goods in place of a list of actions: quantities between 0 and `upper`.

    `quadratic` is the symmetric positive semidefinite matrix Q (G, G) of the cost ``q'Qq / 2`` that is added
    to the linear costs; `upper` holds a number or None (no bound) per good.
    """

    names: tuple[str, ...]
    upper: tuple[Number | None, ...]
    quadratic: Array

    def converted(self, exact: bool) -> Goods:
        """The same goods in the arithmetic asked for."""
        if exact:
            upper = tuple(None if bound is None else Fraction(bound) for bound in self.upper)
            return Goods(self.names, upper, to_exact(self.quadratic))
        bounds = tuple(
            None if bound is None else as_doubles(np.array(bound, object), f"good '{name}', upper").item()
            for name, bound in zip(self.names, self.upper, strict=True)
        )
        return Goods(self.names, bounds, as_doubles(self.quadratic, "goods, quadratic"))


@dataclass(frozen=True, eq=False, repr=False)
class Signals(Short):
    """KLN's form: in each period one signal, independent of all before; a type is the list so far.

    `labels[t]` and `probabilities[t]` (S_t,) describe the signal of period t.
    """

    labels: tuple[tuple[str, ...], ...]
    probabilities: tuple[Array, ...]

    @property
    def counts(self) -> tuple[int, ...]:
        """Number of signals in each period."""
        return tuple(len(labels) for labels in self.labels)

    def converted(self, exact: bool) -> Signals:
        """The same signals in the arithmetic asked for."""
        change = to_exact if exact else to_float
        return Signals(self.labels, tuple(change(weights) for weights in self.probabilities))


@dataclass(frozen=True, eq=False, repr=False)
class Agent(Short):
    """One agent, as the user gives it and, after validation, as the environment holds it.

    types: labels, one list a period, or one list for every period.
    prior: probabilities of the types of period 0, shape (K_0,), or a function of the label.
    values: one array a period, private ``(A, K)`` or interdependent ``(A, K_0, ..., K_{N-1})``, or a
        function ``f(t, action, type)`` or ``f(t, action, type_0, ..., type_{N-1})`` of labels.
    transitions: one array a period but the last, ``(A, K, K')``, ``(1, K, K')`` where actions do not matter,
        with the axes of `given` after the first; or a function ``f(t, action, *given, type, next)``.
    given: names of observed agents whose *next* types come before the agent's own in `transitions`.
    observed: everybody sees the type; the agent reports nothing, pays nothing, needs no participation.
    """

    name: str
    types: Sequence[Any] = ()
    prior: Any = None
    values: Any = None
    transitions: Any = None
    observed: bool = False
    given: Sequence[str] = ()
    signals: Signals | None = None
    kernels: tuple[Kernel, ...] = field(default=(), repr=False)

    def law(self, t: int) -> Kernel:
        """What draws the type of period t, under independent kernels: the prior as one row, then those."""
        return self.kernels[t - 1] if t else Kernel(self.prior[None, None], size=len(self.prior))
