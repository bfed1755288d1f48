"""Lists by period: an entry for each, or, where periods never end, one or two for all of them."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import Any

import numpy as np

from ...solvers.errors import InvalidInput
from ...solvers.numbers import Array
from .agents import Agent, Goods
from .labels import listed

ENDLESS = "one entry of everything, or two: period 0, then the rest for ever"


def periods_described(actions: Any, agents: Sequence[Agent], costs: Any, feasible: Any, process: Any) -> int:
    """How many periods the lists of an infinite horizon describe, 1 or 2, and all of them alike.

    What is given once for every period, or by a function, goes with both.
    """
    lists = [("actions", actions), ("costs", costs), ("feasible", feasible)]
    for agent in agents:
        parts = ("types", "values", "transitions", "reports", "outside")
        lists += [(f"agent '{agent.name}', {part}", getattr(agent, part)) for part in parts]
    moves = process.get("transitions") if isinstance(process, dict) else getattr(process, "transitions", None)
    lists.append(("process, transitions", moves))
    periods, first = 0, ""
    for what, given in lists:
        if isinstance(given, str) or not isinstance(given, Sequence | np.ndarray) or _labels_alone(given):
            continue
        count = len(given)
        if count > 2 or (periods and count != periods):
            entries = f"{count} entr{'y' if count == 1 else 'ies'}"
            other = f" and {first} {periods}" if periods else ""
            raise InvalidInput(f"{what}: {entries}{other}; an infinite horizon has {ENDLESS}")
        periods, first = count, first or what
    return periods or 1


def _labels_alone(labels: Sequence[Any] | Array) -> bool:
    """Whether a list holds nothing but labels, for every period; so does the empty one."""
    return all(isinstance(label, str | int | float | Fraction | np.generic) for label in labels)


def per_period(values: Any, periods: int, what: str, labels: bool = False) -> list[Any]:
    """One entry for each period; a flat list of labels serves every period."""
    if isinstance(values, dict | Goods):
        return [values] * periods
    given = values
    if labels:  # those of numpy's kinds are handed to functions as Python's
        values = listed(values)
    if isinstance(values, str) or not isinstance(values, Sequence | np.ndarray):
        raise InvalidInput(f"{what}: a list is expected, not {given!r}")
    if getattr(values, "ndim", 1) == 0:
        raise InvalidInput(f"{what}: a list is expected, not {given!r}")
    if labels and _labels_alone(values):
        return [list(values)] * periods
    if len(values) != periods:
        entries = f"{len(values)} entr{'y' if len(values) == 1 else 'ies'}"
        raise InvalidInput(f"{what}: {entries} for {periods} period{'s' * (periods != 1)}")
    return [listed(entry) for entry in values] if labels else list(values)
