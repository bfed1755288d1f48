"""Rows about the states of one agent in one period: some for every class, laid out over its histories."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property, partial
from typing import Any, Literal

import numpy as np

from ...solvers.blocks import Block
from ...solvers.numbers import Bools, Ints
from ...solvers.program import Builder
from ...solvers.short import Short
from ..histories.tree import Repeated
from ..histories.views import View
from ..notions.incentives import Information
from .layout import Layout, state_label


@dataclass(frozen=True, eq=False, repr=False)
class StateRows(Short):
    """A row for each (state, report) of a class, in every history of the class, and where it is.

    index: numbers the R rows; state, report: of each row of a class (sorted by class); block: the rows.
    """

    layout: Layout
    t: int
    agent: int
    index: Repeated
    state: Ints
    report: Ints
    block: Block

    @classmethod
    def add(
        cls,
        build: Builder,
        layout: Layout,
        kind: str,
        t: int,
        i: int,
        state: Ints,
        report: Ints,
        *,
        lower: Any = 0,
        upper: Any = None,
        labels: Literal["lies", "states", None] = "lies",
    ) -> StateRows:
        """Add the rows ``kind.t.agent`` to a program of the layout, still without entries.

        lower, upper: scalars, or by row. labels: ``history|type→report`` (lies), ``history|type``, or none.
        """
        view = layout.views[t][i]
        index = layout.rows(t, i, view.state_class[state])
        label = partial(_label, layout, view, index, state, report if labels == "lies" else None)
        block = build.rows(
            f"{kind}.{t}.{layout.env.agents[i].name}",
            len(index),
            lower=lower,
            upper=upper,
            label=None if labels is None else label,
        )
        return cls(layout, t, i, index, state, report, block)

    @property
    def view(self) -> View:
        """What the agent knows."""
        return self.layout.views[self.t][self.agent]

    @property
    def memory(self) -> Ints:
        """History of each row: (R,)."""
        return self.index.memory

    @property
    def of_class(self) -> Ints:
        """Row of its class of each row: (R,)."""
        return self.index.of_class

    @cached_property
    def number(self) -> Ints:
        """Number of each row's state among all histories' states: (R,)."""
        return self.layout.states[self.t][self.agent].along(self.index, self.state)

    @property
    def utility(self) -> Ints:
        """Column of the utility of each row's state: (R,)."""
        return self.layout.utility(self.t, self.agent).start + self.number

    @property
    def lies(self) -> Bools:
        """Whether each row's report is not the truth: (R,)."""
        lies: Bools = self.report != self.view.truth[self.state]
        return lies[self.of_class]

    def at(self, memory: Ints, of_class: Ints) -> Ints:
        """Row of the program that is this row of its class in these histories."""
        return self.block.start + self.index.at(memory, of_class)

    def find(self, state: Ints, report: Ints) -> Ints:
        """Row of its class of each (state, report); they must be there, and the rows in lexical order."""
        reports = len(self.view.report_info)
        return np.searchsorted(self.state * reports + self.report, state * reports + report)

    def label(self, k: int) -> str:
        """The k-th row's lie as a person reads it: ``history|true type→report``."""
        return _label(self.layout, self.view, self.index, self.state, self.report, k)

    def told(self, k: int) -> tuple[list[dict[str, Any]], str, str]:
        """The k-th row's lie: history as a witness has it, what is seen now included, true type, report."""
        env, tree, view, row = self.layout.env, self.layout.tree, self.view, self.of_class[k]
        state = int(self.state[row])
        entries: list[dict[str, Any]] = []
        for s, (profile, action) in enumerate(tree.history(self.t, int(self.memory[k]))):
            known = [j for j in range(env.num_agents) if not env.conceals or j in (view.agent, *env.observed)]
            entries.append({
                "reports": {env.agents[j].name: env.agents[j].types[s][profile[j]] for j in known},
                "action": None if action is None else env.actions[s][action],
            })  # fmt: skip
        interim = view.information is Information.INTERIM
        shown = [j for j in range(env.num_agents) if j != view.agent and not (interim and j in env.private)]
        if shown:
            seen = view.info_digits[view.state_info[state]]
            now = {env.agents[j].name: env.agents[j].types[self.t][seen[j]] for j in shown}
            entries.append({"reports": now, "action": None})
        types = env.agents[view.agent].types[self.t]
        return entries, types[view.state_type[state]], types[view.report_type[self.report[row]]]


def _label(layout: Layout, view: View, index: Repeated, state: Ints, report: Ints | None, k: int) -> str:
    row = index.of_class[k]
    text = state_label(layout.tree, view, int(index.memory[k]), int(state[row]))
    if report is None:
        return text
    return f"{text}→{layout.env.agents[view.agent].types[view.t][view.report_type[report[row]]]}"
