"""A mechanism as a tree of reports: after each, what is done and what everybody pays.

A mechanism remembers; its tree starts at what it remembers at first, and goes on from each report by way of
what it will remember then. What is remembered twice is drawn once, and referred to where it comes again: so
stationary mechanisms and those that forget have a tree, too. Beyond `MOST` reports it is a table.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import product
from typing import Any

import numpy as np

from ..models.design.design import Design
from ..models.environment.environment import Environment
from ..models.mechanism.copies import sure
from ..models.mechanism.mechanism import Mechanism
from ..models.payments.implement import Implementation
from ..solvers.errors import Infeasible, InvalidInput
from ..solvers.numbers import Array, Number
from .binding_plots import binding_figure
from .plotting import name_ticks, new_figure, shortened, text_width
from .wording import brief

MOST = 50
"""Reports up to which there is a tree."""
LINES = 40
"""Lines of the table that stands for a larger one."""
LABEL = 24
"""Characters of a label."""
SIZE = 7.5
ROW = 0.42
"""Inches from one report to the next."""


@dataclass
class Node:
    """A profile of reports at one place of a mechanism: what is said, what is done and paid, what follows.

    branches: of each place where it may go on the actions that lead there, (period, memory), and the reports
    there; None where those stand elsewhere in the tree.
    """

    said: str
    done: str
    paid: str
    branches: list[tuple[str, tuple[int, int], list[Node] | None]] = field(default_factory=list)
    at: tuple[float, float] = (0.0, 0.0)


def mechanism_figure(mechanism: Mechanism, environment: Environment | None = None) -> Any:
    """The tree of reports, with the lottery over actions and the expected payments at each.

    environment: whose names stand there, and whose reports that nobody's truth ever calls for are left out;
    without it types and actions are counted from 0. Payments are positive to the designer, in money of their
    period. Raises `InvalidInput` where it does not fit.
    """
    if environment is not None:
        mechanism.check(environment, drawn=True)
    told = _Told(mechanism, environment)
    roots = told.tree()
    return _table(told) if roots is None else _tree(told, roots)


class _Told:
    """A mechanism in words."""

    def __init__(self, mechanism: Mechanism, env: Environment | None) -> None:
        self.mechanism, self.env = mechanism, env
        self.stages = [sure(stage) for stage in mechanism.stages]
        self.outcomes = [
            1 if stage.draws is None else stage.draws.memory.shape[1] for stage in mechanism.stages
        ]
        self.title = shortened(mechanism.instance if env is None else env.name, 90)

    def reports(self, t: int) -> list[tuple[int, ...]]:
        """All profiles of a period, in order."""
        return list(product(*map(range, self.stages[t].allocation.shape[1:-1])))

    def _name(self, i: int) -> str:
        return f"agent {i}" if self.env is None else shortened(self.env.agents[i].name, LABEL)

    def said(self, t: int, profile: tuple[int, ...]) -> str:
        """The reports."""
        if self.env is None:
            return ", ".join(map(str, profile))
        return ", ".join(
            shortened(agent.types[t][k], LABEL) for agent, k in zip(self.env.agents, profile, strict=True)
        )

    def action(self, t: int, a: int) -> str:
        """The action; without the environment its number."""
        if self.env is None:
            return f"action {a}"
        return shortened(self.env.actions[t][a], LABEL)

    def done(self, t: int, m: int, profile: tuple[int, ...]) -> str:
        """The lottery, or the quantities, after these reports."""
        stage = self.mechanism.stages[t]
        shares = stage.allocation[(m, *profile)]
        goods = self.env is not None and self.env.goods[t] is not None
        there = [a for a, share in enumerate(shares) if share != 0]
        if len(there) == 1 and not goods and float(shares[there[0]]) == 1:
            return self.action(t, there[0])
        shown = [f"{self.action(t, a)} {brief(shares[a])}" for a in there[:4]]
        more = [f"{len(there) - 4} more"] if len(there) > 4 else []
        return ", ".join([*shown, *more]) or "nothing"

    def paid(self, t: int, m: int, profile: tuple[int, ...]) -> str:
        """What everybody pays who pays at all."""
        amounts: list[tuple[int, Number]] = [
            (i, row[(m, *profile)]) for i, row in enumerate(self.mechanism.stages[t].transfers)
        ]
        private = [own for own in amounts if self.env is None or own[0] in self.env.private]
        if len(private) == 1:
            return f"pays {brief(private[0][1])}"
        shown = [f"{self._name(i)} pays {brief(amount)}" for i, amount in private if amount != 0]
        return ", ".join(shown[:4]) + (", …" if len(shown) > 4 else "") if shown else "nobody pays"

    def after(self, t: int, m: int, profile: tuple[int, ...]) -> dict[tuple[int, int], dict[int, str]]:
        """What can be remembered next, and after which actions: their numbers, and words."""
        stage, last, many = self.stages[t], self.mechanism.periods - 1, self.outcomes[t]
        if stage.next is None:
            return {}
        shares, follows = stage.allocation[(m, *profile)], stage.next[(m, *profile)]
        goods = self.env is not None and self.env.goods[t] is not None
        out: dict[tuple[int, int], dict[int, str]] = {}
        for a in np.flatnonzero(shares).tolist() if not goods else [0]:
            words = self.action(t, a // many) + (f", drawn {brief(shares[a])}" if many > 1 else "")
            out.setdefault((min(t + 1, last), int(follows[a])), {})[a // many] = words
        return out

    def first(self) -> set[tuple[int, ...]]:
        """The profiles that may come about in period 0."""
        env = self.env
        if env is None:
            return set(self.reports(0))
        if env.process is not None:
            return _where(env.process.prior != 0)
        may = np.ones((), dtype=bool)
        for agent in env.agents:
            may = may[..., None] & (agent.prior != 0)
        return _where(may)

    def possible(self, t: int, last: tuple[int, ...], action: int, after: int) -> set[tuple[int, ...]]:
        """The profiles of description `after` that may follow a profile and an action of description t."""
        env = self.env
        if env is None:
            return set(self.reports(after))
        if env.process is not None:
            table = env.process.transitions[t]
            return _where(table[(action if len(table) > 1 else 0, *last)] != 0)
        types: list[Array] = list(np.indices(env.types(after)))
        may = np.ones(env.types(after), dtype=bool)
        for agent, was, own in zip(env.agents, last, types, strict=True):
            kernel = agent.kernels[t]
            given = [types[j] for j in kernel.given]
            may &= np.asarray(kernel.probability(np.asarray(action), given, np.asarray(was), own) != 0)
        return _where(may)

    def reached(self) -> dict[tuple[int, int], set[tuple[int, ...]]] | None:
        """What may be reported at each place; None where that is more than `MOST` reports."""
        start = (0, self.mechanism.start)
        support: dict[tuple[int, int], set[tuple[int, ...]]] = {}
        waiting = [(start, profile) for profile in sorted(self.first())]
        while waiting:
            (t, m), profile = waiting.pop()
            there = support.setdefault((t, m), set())
            if profile in there:
                continue
            there.add(profile)
            if sum(map(len, support.values())) > MOST:
                return None
            for (after, memory), actions in self.after(t, m, profile).items():
                for a in actions:
                    waiting += [((after, memory), then) for then in self.possible(t, profile, a, after)]
        return support

    def tree(self) -> list[Node] | None:
        """The reports at the start, with all that follows; None where these are too many."""
        support = self.reached()
        if support is None:
            return None
        start = (0, self.mechanism.start)
        seen, roots = {start}, list[Node]()
        waiting = [(start, roots)]
        while waiting:
            (t, m), nodes = waiting.pop(0)
            for profile in sorted(support[t, m]):
                node = Node(self.said(t, profile), self.done(t, m, profile), self.paid(t, m, profile))
                nodes.append(node)
                follows = self.after(t, m, profile)
                for key, actions in follows.items():
                    below: list[Node] | None = None
                    if key not in seen:
                        seen.add(key)
                        below = []
                        waiting.append((key, below))
                    words = list(actions.values())
                    told = " or ".join(words[:3]) + (" or …" if len(words) > 3 else "")
                    node.branches.append((told if len(follows) > 1 else "", key, below))
        return roots


def _tree(told: _Told, roots: list[Node]) -> Any:
    """Periods across, reports downwards."""
    widths, rows = [0.0], [0.0]
    nodes: list[tuple[Node, int]] = []
    again = {key for node in _all(roots) for _, key, below in node.branches if below is None}
    numbers = {key: k for k, key in enumerate(sorted(again), 1)}

    def lines(node: Node) -> list[str]:
        return [node.said, f"{node.done}; {node.paid}", *_further(node, numbers)]

    def place(group: list[Node], depth: int) -> float:
        """Rows for all that follows, a parent in the middle of it; where the group's middle is."""
        if len(widths) == depth + 1:
            widths.append(0.0)
        for node in group:
            nodes.append((node, depth))
            widths[depth + 1] = max(widths[depth + 1], *(text_width(line, SIZE) for line in lines(node)))
            start, extra = rows[0], 0.13 * len(_further(node, numbers))
            middles = [place(below, depth + 1) for _, _, below in node.branches if below]
            rows[0] = max(rows[0], start + ROW + extra)
            node.at = (depth, sum(middles) / len(middles) if middles else start + ROW / 2)
        return (group[0].at[1] + group[-1].at[1]) / 2

    top = place(roots, 0)
    columns = [0.5]
    for wide in widths[1:]:
        columns.append(columns[-1] + wide + 0.95)
    wide = max(columns[-1] - 0.6, 1.05 * text_width(told.title, 10) + 0.4, 5.0)
    high = rows[0] + 1.0
    figure = new_figure(wide, high)
    figure.set_layout_engine("none")
    axes = figure.add_axes((0, 0, 1, 1))
    axes.set_xlim(0, wide)
    axes.set_ylim(rows[0] + 0.25, -0.75)
    axes.set_axis_off()
    axes.text(0.15, -0.5, told.title, fontsize=10, va="center")
    axes.plot([0.2], [top], "o", color="black", markersize=4)
    for t in range(len(columns) - 1):
        axes.text(columns[t], -0.2, f"period {t}", fontsize=8, va="center", color="0.35")

    def number(key: tuple[int, int], x: float, y: float) -> None:
        if key in numbers:
            axes.text(x, y - 0.13, f"[{numbers[key]}]", fontsize=SIZE, color="#a04000", ha="right")

    number((0, told.mechanism.start), 0.2, top)
    for node in roots:
        _edge(axes, (0.2, top), (columns[0] - 0.05, node.at[1]))
    for node, depth in nodes:
        x, y = columns[depth], node.at[1]
        first, *others = lines(node)
        axes.text(x, y - 0.01, first, fontsize=SIZE, va="bottom", weight="bold", gid="node")
        for k, line in enumerate(others):
            colour = "black" if k == 0 else "#a04000"
            axes.text(x, y + 0.02 + 0.13 * k, line, fontsize=SIZE, va="top", color=colour)
        right = x + max(text_width(line, SIZE) for line in lines(node)) * 1.06 + 0.05
        for words, key, below in node.branches:
            if below:
                begin = columns[depth + 1] - 0.32
                middle = (below[0].at[1] + below[-1].at[1]) / 2
                _edge(axes, (right, y), (begin, middle))
                number(key, begin - 0.02, middle)
                for child in below:
                    _edge(axes, (begin, middle), (columns[depth + 1] - 0.05, child.at[1]))
                if words:
                    axes.text(begin - 0.04, middle + 0.05, words, fontsize=SIZE - 1, ha="right", va="top",
                              color="0.35")  # fmt: skip
    return figure


def _further(node: Node, numbers: dict[tuple[int, int], int]) -> list[str]:
    """Where it goes on elsewhere."""
    return [
        f"{words + ': ' if words else ''}goes on as at [{numbers[key]}]"
        for words, key, below in node.branches
        if below is None
    ]


def _where(may: Any) -> set[tuple[int, ...]]:
    return {tuple(at) for at in np.argwhere(may).tolist()}


def _all(group: list[Node]) -> list[Node]:
    """Nodes of a tree."""
    out = list(group)
    for node in group:
        for _, _, below in node.branches:
            out += _all(below or [])
    return out


def _edge(axes: Any, start: tuple[float, float], end: tuple[float, float]) -> None:
    axes.plot(*zip(start, end, strict=True), color="0.6", linewidth=0.8, zorder=0)


def _table(told: _Told) -> Any:
    """The first lines of what is too much for a tree."""
    heads = ("period", "remembered", "reports", "done", "paid")
    lines: list[tuple[str, ...]] = []
    total = sum(stage.size * len(told.reports(t)) for t, stage in enumerate(told.stages))
    for t, stage in enumerate(told.mechanism.stages):
        for m in range(stage.size):
            for profile in told.reports(t):
                if len(lines) < LINES:
                    cells = stage.label_of(m), told.said(t, profile), told.done(t, m, profile)
                    paid = told.paid(t, m, profile)
                    lines.append((str(t), *(shortened(cell, 46) for cell in (*cells, paid))))
            if len(lines) >= LINES:
                break
    columns = list(zip(heads, *lines, strict=True))
    starts = [0.2]
    for column in columns:
        starts.append(starts[-1] + max(text_width(cell, SIZE) for cell in column) * 1.05 + 0.3)
    wide, high = max(starts[-1], 1.05 * text_width(told.title, 10) + 0.4), 0.19 * len(lines) + 1.1
    figure = new_figure(wide, high)
    figure.set_layout_engine("none")
    axes = figure.add_axes((0, 0, 1, 1))
    axes.set_xlim(0, wide)
    axes.set_ylim(high, 0)
    axes.set_axis_off()
    axes.text(0.2, 0.25, told.title, fontsize=10, va="center")
    for x, column in zip(starts, columns, strict=False):
        for k, cell in enumerate(column):
            axes.text(x, 0.55 + 0.19 * k, cell, fontsize=SIZE, va="center", weight="normal" if k else "bold",
                      gid="cell" if k else None)  # fmt: skip
    axes.axhline(0.65, color="0.6", linewidth=0.8)
    if total > len(lines):
        axes.text(0.2, high - 0.2, f"{total - len(lines):,} more", fontsize=SIZE, va="center")
    return figure


def design_figure(design: Design, types: bool = False) -> Any:
    """The tree of a design's mechanism; types: the lies that bind in its type space. Raises `InvalidInput`
    where it has none."""
    try:
        if types:
            return binding_figure(design)
        mechanism = design.mechanism
    except Infeasible as error:
        raise InvalidInput(f"there is no picture of a Design: {error}") from None
    return mechanism_figure(mechanism, design.environment)


def implementation_figure(answer: Implementation) -> Any:
    """The tree of the allocation with its payments; without any the lies that stop them, by weight."""
    if answer.mechanism is not None:
        return mechanism_figure(answer.mechanism, answer.environment)
    lies = answer.deviations[:LINES]
    figure = new_figure(9.0, 1.5 + 0.26 * len(lies))
    axes = figure.subplots()
    axes.barh(range(len(lies)), [float(lie.weight) for lie in lies], color="#d55e00", height=0.65)
    for k, lie in enumerate(lies):
        axes.annotate(brief(lie.weight), (float(lie.weight), k), (4, 0), textcoords="offset points",
                      va="center", fontsize=8)  # fmt: skip
    name_ticks(axes.yaxis, [shortened(lie.text, 60) for lie in lies], fontsize=8)
    axes.set_ylim(len(lies) - 0.4, -0.6)
    axes.margins(x=0.15)
    more = len(answer.deviations) - len(lies)
    axes.set_xlabel(f"weight{f' ({more} more lies)' if more > 0 else ''}")
    axes.set_title(
        f"lies that gain {brief(answer.gain)} together, whatever is charged", fontsize=10, loc="left"
    )
    return figure
