"""What an environment is made of: agents, divisible goods, and types built from signals."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any

import numpy as np

from ...solvers.numbers import Array, Bools, Number
from ...solvers.short import Short
from .kernels import Change, Kernel


def change_number(value: Number, change: Change, what: str) -> Number:
    """A number changed as tables are."""
    table = np.array(value, object if isinstance(value, Fraction) else np.float64)
    changed: Number = change(table, what).item()
    return changed


@dataclass(frozen=True, eq=False, repr=False)
class Goods(Short):
    """Divisible goods in place of a list of actions: quantities between 0 and `upper`.

    `quadratic` is the symmetric positive semidefinite matrix Q (G, G) of the cost ``q'Qq / 2`` that is added
    to the linear costs; `upper` holds a number or None (no bound) per good.
    """

    names: tuple[str, ...]
    upper: tuple[Number | None, ...]
    quadratic: Array

    def mapped(self, change: Change) -> Goods:
        """The goods with all numbers changed."""
        upper = tuple(
            None if bound is None else change_number(bound, change, f"good '{name}', upper")
            for name, bound in zip(self.names, self.upper, strict=True)
        )
        return Goods(self.names, upper, change(self.quadratic, "goods, quadratic"))


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
    reports: which types she may report by her true type, the truth among them, see `reports.py`: one object
        a period of lists of labels, or a function ``f(t, type, report)``; None where she may report all. Held
        as tables (K, K) of booleans, by period.
    outside: what she has elsewhere, see `outside.py`: one array a period ``(K,)`` or ``(K_0, ..., K_{N-1})``,
        or a function ``f(t, type)`` or ``f(t, type_0, ..., type_{N-1})``; None where that is nothing.
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
    kernels: tuple[Kernel, ...] = ()
    reports: Any = None
    outside: Any = None

    def may_report(self, t: int) -> Bools | None:
        """(K, K): whether a true type, by rows, may report a type in period t; None where all may."""
        return None if self.reports is None else self.reports[t]

    def law(self, t: int) -> Kernel:
        """What draws the type of period t, under independent kernels: the prior as one row, then those."""
        return self.kernels[t - 1] if t else Kernel(self.prior[None, None])

    def mapped(self, values: Change, chances: Change) -> Agent:
        """The agent with all tables of values and all probabilities changed, whatever holds them."""
        who = f"agent '{self.name}'"
        worth = tuple(values(table, f"{who}, values, period {t}") for t, table in enumerate(self.values))
        outside = self.outside and tuple(
            values(table, f"{who}, outside, period {t}") for t, table in enumerate(self.outside)
        )
        kernels = tuple(
            kernel.mapped(chances, f"{who}, transitions, period {t}") for t, kernel in enumerate(self.kernels)
        )
        prior = None if self.prior is None else chances(self.prior, f"{who}, prior")
        signals = self.signals
        if signals is not None:
            weights = tuple(chances(row, f"{who}, signals") for row in signals.probabilities)
            signals = replace(signals, probabilities=weights)
        return replace(self, prior=prior, signals=signals, values=worth, kernels=kernels, outside=outside)
