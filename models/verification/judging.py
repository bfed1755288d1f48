"""From a figure to a verdict: what counts as nothing, in which units."""

from __future__ import annotations

from fractions import Fraction

from ...solvers.numbers import Number
from ..verdict import Tolerances, Verdict
from .public_states import Play


def passed(play: Play, kind: str, notion: str, violation: Number, tolerances: Tolerances) -> Verdict:
    """The verdict that a notion holds, with what is left of a violation within the tolerance."""
    return Verdict(kind, notion, True, positive(play, violation), None, limit(play, tolerances))


def positive(play: Play, value: Number) -> Number:
    """The value, or 0 where it is negative."""
    zero: Number = Fraction(0) if play.exact else 0.0
    return max(zero, value if play.exact else float(value))


def limit(play: Play, tolerances: Tolerances) -> Number:
    """The largest violation at which a notion holds: 0 over the rationals."""
    return Fraction(0) if play.exact else tolerances.violation * value_scale(play)


def value_scale(play: Play) -> float:
    """max(1, largest absolute value of an agent): payments are left out, huge ones would excuse anything."""
    tables = (table for agent in play.env.agents for table in agent.values)
    return max(1.0, *(float(abs(table).max()) for table in tables if table.size))
