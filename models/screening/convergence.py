"""How far finite types are from a continuum whose value is known: values on grids, by the grid's step.

A grid's value is of first order in its step h: value = limit + constant · h + smaller. From two grids with
steps h > h' that extrapolates to

    (h · value' − h' · value) / (h − h'),

which is off by less than first order; errors divided by steps tend to the constant.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from ...solvers.numbers import Number
from ..answers.answer import Answer
from ..answers.plain import plain


@dataclass(frozen=True, eq=False, repr=False)
class Convergence(Answer):
    """Of one family. name: the parameter that is the size of the grid; sizes: its values, from coarse to
    fine; steps, values: of each grid; limit: of the continuum; what: what is compared, in words."""

    instance: str
    what: str
    name: str
    sizes: tuple[int, ...]
    steps: tuple[Number, ...]
    values: tuple[Number, ...]
    limit: Number

    def _facts(self) -> dict[str, object]:
        return {"instance": self.instance, "grids": len(self.sizes), "limit": self.limit}

    @property
    def errors(self) -> tuple[Number, ...]:
        """Values less the limit."""
        return tuple(value - self.limit for value in self.values)

    @property
    def ratios(self) -> tuple[Number, ...]:
        """Errors by steps."""
        return tuple(error / step for error, step in zip(self.errors, self.steps, strict=True))

    @property
    def orders(self) -> tuple[float | None, ...]:
        """From the second grid on, the power of the step by which errors fell; None where one is 0."""
        grids = list(zip(self.errors, self.steps, strict=True))
        return tuple(
            math.log(abs(float(e) / float(f))) / math.log(float(h) / float(k)) if e and f else None
            for (e, h), (f, k) in pairwise(grids)
        )

    @property
    def extrapolated(self) -> tuple[Number, ...]:
        """From the second grid on, the limit as told by it and the one before."""
        grids = list(zip(self.values, self.steps, strict=True))
        return tuple((h * w - k * v) / (h - k) for (v, h), (w, k) in pairwise(grids))

    def to_json(self) -> dict[str, Any]:
        """Everything, by grid."""
        content: dict[str, Any] = plain(
            {
                "instance": self.instance,
                "limit": self.limit,
                "steps": self.steps,
                "values": self.values,
                "errors": self.errors,
                "ratios": self.ratios,
                "orders": self.orders,
                "extrapolated": self.extrapolated,
            }
        )
        return content | {"what": self.what, "parameter": self.name, "sizes": list(self.sizes)}
