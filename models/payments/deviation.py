"""Mixed deviation strategies: the lies that multipliers mix, each with its weight."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from ...solvers.arithmetic import arithmetic_of
from ...solvers.numbers import Array, Number
from ..compiler.state_rows import StateRows


@dataclass(frozen=True)
class Deviation:
    """One lie of a mixed deviation strategy, with its weight.

    lie: the history, the true type and the report, as ``history|type→report``; history, type, report: the
    same as a witness has them.
    """

    agent: str
    period: int
    lie: str
    weight: Number
    history: list[dict[str, Any]]
    type: str
    report: str

    @property
    def text(self) -> str:
        """The lie as a person reads it."""
        return f"agent '{self.agent}', period {self.period}: {self.lie}"

    @property
    def sentence(self) -> str:
        """The lie with its weight."""
        return f"{self.text} (weight {self.weight})"


def mixture(
    lies: Mapping[tuple[int, int], StateRows], dual: Array, weight: Callable[[int], Array] | None = None
) -> Iterator[Deviation]:
    """The lies that multipliers mix, in the order of the rows; replies that happen to be the truth are none.

    dual: of the program that has the rows. weight: of every history of a period, where lies at histories of
    weight 0, which nothing that anybody reports leads to, do not count; None where all do.
    """
    for (t, i), rows in lies.items():
        name = rows.layout.env.agents[i].name
        shares = abs(dual[rows.block.slice])
        if weight is not None:
            shares = shares * (rows.layout.known(t, i, weight(t))[rows.memory] != 0)
        for k in np.flatnonzero(~arithmetic_of(dual).negligible(shares) & rows.lies).tolist():
            yield Deviation(name, t, rows.label(k), shares[k], *rows.told(k))
