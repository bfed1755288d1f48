"""Labels: the names of agents, types, actions and goods, held as strings."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ...solvers.errors import InvalidInput


def listed(values: Any) -> Any:
    """A list in place of what says how it is one: a numpy array, a column or index of pandas."""
    return values.tolist() if hasattr(values, "tolist") else values


def labels_of(values: Any, what: str) -> tuple[str, ...]:
    """Labels as strings, distinct and not empty."""
    values = listed(values)
    if isinstance(values, str) or not isinstance(values, Sequence):
        raise InvalidInput(f"{what}: a list of labels is expected, not {values!r}")
    labels = tuple(str(value) for value in values)
    if not labels:
        raise InvalidInput(f"{what}: at least one label is needed")
    seen: set[str] = set()
    for label in labels:
        if label in seen:
            raise InvalidInput(f"{what}: the label {label!r} is used twice")
        seen.add(label)
    return labels
