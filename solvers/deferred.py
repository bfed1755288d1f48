"""Vectors that are made only when somebody looks at them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeAlias

from .numbers import Array

Given: TypeAlias = Array | Callable[[], Array | None] | None


class Deferred:
    """A field of a dataclass: an array or None, or given as a function that is called at the first look.

    Exact answers are integers over one denominator; the ``Fraction`` of every entry takes as long to make as
    some proofs, and mostly nobody asks.
    """

    def __set_name__(self, owner: type, name: str) -> None:
        self._name = name

    def __get__(self, instance: Any, owner: type | None = None) -> Array | None:
        if instance is None:
            return None  # the default of the field
        held: Given = instance.__dict__[self._name]
        if callable(held):
            held = instance.__dict__[self._name] = held()
        return held

    def __set__(self, instance: Any, value: Given) -> None:
        instance.__dict__[self._name] = value


def settled(instance: Any) -> dict[str, Any]:
    """An object's state with every deferred field looked at: functions do not travel between processes."""
    fields = vars(type(instance))
    return {
        name: getattr(instance, name) if isinstance(fields.get(name), Deferred) else value
        for name, value in vars(instance).items()
    }
