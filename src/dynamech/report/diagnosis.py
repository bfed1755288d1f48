"""An answer about correlation block by block: the one walk of its table, its sentences and its frame."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from ..models.correlation import AgentAnswer, Correlation, PeriodAnswer
from ..solvers.numbers import Number


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """One block of an agent: period `t`, an action and the others' types, by name.

    place: (a, x), number of the action and of the others' profile; m: of its rows among the distinct ones.
    convex, spanning: whether the rows are independent; convex_gap, spanning_gap: how far that is from
    failing, infinite where nothing can fail, None where it was not asked. condition: of the rows.
    """

    agent: AgentAnswer
    period: PeriodAnswer
    place: tuple[int, int]
    m: int
    t: int
    action: str
    others: dict[str, str]
    convex: bool
    convex_gap: Any
    spanning: bool
    spanning_gap: Any
    condition: Any

    @property
    def given(self) -> str:
        """The others' types in a line."""
        return ", ".join(f"{name} {label}" for name, label in self.others.items())

    @property
    def largest(self) -> dict[str, Number | None]:
        """The largest transfer by theorem, None where there are no transfers."""
        tops = {}
        for name, answer in self.period.theorems.items():
            here = (answer.block == self.place).all(axis=1)
            tops[name] = answer.largest[here].max() if answer.feasible[here].all() else None
        return tops


def diagnoses(answer: Correlation) -> Iterator[Diagnosis]:
    """All blocks, agent by agent and period by period."""
    actions = answer.course.environment.actions
    for agent in answer.agents:
        for period in agent.periods:
            blocks, convex, spanning = period.blocks, period.convex, period.spanning
            for a, x in blocks.each():
                m, t = int(blocks.matrix_of[a, x]), blocks.period
                yield Diagnosis(
                    agent, period, (a, x), m, t, actions[t][a], blocks.others_labels(x),
                    bool(convex.holds[m]), convex.distance[m].min(),
                    bool(spanning.holds[m]), None if spanning.distance is None else spanning.distance[m],
                    spanning.condition[m],
                )  # fmt: skip
