"""What a first signal is worth to the seller: virtual levels, α and β, and the theorem's assumptions.

With F and f the distribution of first signals and s⁺ the next one up,

    h(s) = (1 − F(s)) / f(s) · (A(s⁺) − A(s)),        φ(s) = A(s) − h(s),

the virtual value of an action is φ · slope + rest. KLN (Lemma 4.1) write it α v + β: α = φ / A and β = 0 for
multiplicative values, α = 1 and β = −h C for additive ones. It makes Theorem 5.1 a statement on finite types,
which holds mostly and not always (errata).

Assumptions, each said with the place where it fails worst and by how much:

- 5.1   the hazard rate f / (1 − F) is strictly increasing;
- 5.2   A is strictly increasing and concave in the first signal, and slopes (B or C) are nowhere negative.
        First signals are the numbers that types are called where all are called by numbers in increasing
        order, else their places in the list;
- A.2   what both are for: α (multiplicative) or −h (additive) is strictly increasing.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property

import numpy as np

from ...solvers.arithmetic import COMPUTED, arithmetic_of
from ...solvers.errors import AssumptionViolated
from ...solvers.numbers import Array, Number
from ...solvers.short import Short
from ..environment.agents import Agent
from ..society.assumptions import Assumption
from .separable import Separation


@dataclass(frozen=True, eq=False, repr=False)
class VirtualLevels(Short):
    """One agent's first signals, by index (K,).

    form: of `separable.py`. level: A. short: h, what must be left to the types above, per unit of slope.
    """

    form: str
    level: Array
    short: Array

    @cached_property
    def virtual(self) -> Array:
        """φ."""
        return self.level - self.short

    @cached_property
    def alpha(self) -> tuple[Number | None, ...]:
        """α; None where a level of 0 leaves it undefined. What rounding leaves of either is 0."""
        if self.form == "additive":
            return tuple(1 + 0 * one for one in self.level)
        exact = arithmetic_of(self.level)
        none = exact.negligible(self.level, abs(self.level).max())
        nothing = exact.negligible(self.virtual, abs(self.level) + abs(self.short))
        return tuple(
            None if gone else phi - phi if zero else phi / own
            for phi, own, gone, zero in zip(self.virtual, self.level, none, nothing, strict=True)
        )

    @property
    def shift(self) -> Array:
        """β per unit of slope: −h for additive values, 0 for multiplicative ones."""
        return -self.short if self.form == "additive" else 0 * self.short

    @cached_property
    def counts(self) -> tuple[bool, ...]:
        """Which first signals count at all: α > 0."""
        return tuple(one is not None and bool(one > 0) for one in self.alpha)

    def weight(self, report: int, again: int) -> Number:
        """On the slope, of who first reported one first signal and now reports another."""
        alpha = self.alpha[report]
        if alpha is None:
            raise AssertionError("who does not count has no weight")
        weight: Number = alpha * self.level[again] + self.shift[report]
        return weight


def virtual_levels(agent: Agent, values: Separation) -> VirtualLevels:
    """Of an agent whose values separate. Raises `AssumptionViolated` for a first type of probability 0."""
    refuse_improbable(agent, "Kakade, Lobel and Nazerzadeh, Lemma 4.1")
    if values.form is None:
        raise AssertionError("virtual levels are asked for where values separate")
    steps = np.append(np.diff(values.level), values.level[:1] * 0)
    return VirtualLevels(values.form, values.level, inverse_hazard(agent.prior) * steps)


def refuse_improbable(agent: Agent, source: str) -> None:
    """Raise `AssumptionViolated` for a first type of probability 0."""
    if (agent.prior <= 0).any():
        k = int(np.flatnonzero(agent.prior <= 0)[0])
        raise AssumptionViolated(
            f"agent '{agent.name}', period 0: type '{agent.types[0][k]}' has probability 0, and virtual "
            f"values divide by it ({source}); leave it out"
        )


def inverse_hazard(chance: Array) -> Array:
    """(1 − F) / f of probabilities that are positive."""
    rates: Array = above(chance) / chance
    return rates


def above(chance: Array) -> Array:
    """Probability of all later entries: 1 − F."""
    return np.append(np.cumsum(chance[::-1])[::-1][1:], chance[:1] * 0)


def monotone_hazard(agent: Agent) -> Assumption:
    """Assumption 5.1. The last type's rate is infinite."""
    chance = agent.prior
    rate = chance[:-1] / above(chance)[:-1]
    return _rising(agent, rate, "the hazard rate")


def concave_levels(agent: Agent, values: Separation) -> Assumption:
    """Assumption 5.2, for the form that the values have."""
    steps = np.diff(values.level)
    assumptions = [
        _rising(agent, values.level, "A"),
        _rising(agent, -steps / gaps(agent), "minus the slope of A", 0),
    ]
    lows = [part.min() for part in values.slope]
    t = int(np.argmin(np.array(lows, dtype=object)))
    if lows[t] < -arithmetic_of(values.level).slack(1, COMPUTED):
        name = "B" if values.form == "multiplicative" else "C"
        where = f"agent '{agent.name}', period {t}: {name} is negative"
        assumptions.append(Assumption(False, where, -lows[t]))
    failing = [one for one in assumptions if not one.holds]
    return max(failing, key=lambda one: one.by or 0) if failing else Assumption(True)


def rising_weights(agent: Agent, levels: VirtualLevels) -> Assumption:
    """What Lemma A.2 concludes."""
    if levels.form == "additive":
        return _rising(agent, -levels.short, "−h")
    if any(one is None for one in levels.alpha):
        k = levels.alpha.index(None)
        return Assumption(False, f"agent '{agent.name}', type '{agent.types[0][k]}': α is −∞, as A is 0")
    return _rising(agent, np.array(levels.alpha), "α")


def gaps(agent: Agent) -> Array:
    """How far first signals lie apart: by their names where they are increasing numbers, else 1."""
    try:
        named = np.array([Fraction(label) for label in agent.types[0]], dtype=object)
    except (ValueError, ZeroDivisionError):
        named = np.arange(len(agent.types[0]))
    apart = np.diff(named)
    if not (apart > 0).all():
        apart = np.diff(np.arange(len(named)))
    exact = arithmetic_of(agent.prior)
    return exact.array(np.asarray(apart, dtype=object).astype(np.float64)) if not exact.exact else apart


def _rising(agent: Agent, row: Array, what: str, least: int | None = None) -> Assumption:
    """Whether a row rises strictly (weakly where least is 0); by: the largest fall from one to the next."""
    if len(row) < 2:
        return Assumption(True)
    falls = row[:-1] - row[1:]
    slack = arithmetic_of(row).slack(row, COMPUTED)
    by = falls.max()
    if by > slack if least == 0 else by >= -slack:
        k = int(falls.argmax())
        names = agent.types[0]
        where = f"agent '{agent.name}': {what} does not rise from type '{names[k]}' to '{names[k + 1]}'"
        return Assumption(False, where, by)
    return Assumption(True)
