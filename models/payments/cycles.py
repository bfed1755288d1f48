"""Rochet's test: payments exist for an allocation iff the graph of deviations has no negative cycle.

Within one history of the last period, a type θ who reports r can be held back iff payments satisfy
``p(θ) − p(r) ≤ v(θ) · (q(θ) − q(r))``: potentials of a graph with these lengths, an arc for each lie that may
be told. They exist iff no cycle is negative, and shortest paths are such payments. Two-cycles are not enough.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import pairwise, permutations

import networkx as nx
import numpy as np

from ...solvers.arithmetic import DOUBLE, ROUNDED, SOLVED, arithmetic_of
from ...solvers.numbers import Array, Ints, Number, is_exact, show, to_float
from ..compiler.terms import Entries, lay_out
from ..design.decisions import Decisions
from ..environment.environment import Environment
from ..environment.kernels import Process
from ..histories.classes import value_at
from ..histories.ragged import group_sums, within
from ..histories.tree import Layer, Repeated
from ..histories.views import View


@dataclass(frozen=True)
class Cycle:
    """Types whose lies, each about the next, cannot all be held back by payments.

    history: the public history; types: labels in order, each reporting the next, the last the first; length:
    the sum of what the payments would have to give, negative.
    """

    agent: str
    period: int
    history: str
    types: tuple[str, ...]
    length: Number

    @property
    def sentence(self) -> str:
        """The cycle as a person reads it."""
        ring = " → ".join([*self.types, self.types[0]])
        return (
            f"With this allocation no payments hold agent '{self.agent}' to the truth in period "
            f"{self.period} after {self.history}: the lies {ring} together gain {show(-self.length)} "
            "whatever is charged."
        )


def shortest_paths(lengths: Array) -> Array:
    """All shortest paths of many graphs at once (Floyd and Warshall): (M, K, K) to (M, K, K).

    A negative entry on a diagonal is a negative cycle through that node.
    """
    out = lengths.copy()
    for k in range(lengths.shape[1]):
        out = np.minimum(out, out[:, :, k, None] + out[:, None, k, :])
    return out


def negative_ring(lengths: Array, nodes: Iterable[int], start: int) -> list[int]:
    """Nodes of a negative cycle that can be reached from `start`, where there is one; the first comes last
    again. lengths (K, K): of the arc from each node to each other."""
    graph: nx.DiGraph[int] = nx.DiGraph()
    arcs = ((a, b, lengths[a, b]) for a, b in permutations(nodes, 2))
    graph.add_weighted_edges_from(arc for arc in arcs if arc[2] < np.inf)
    return list(nx.find_negative_cycle(graph, start))


def negative_cycle(decided: Decisions, behind: Ints) -> Cycle | None:
    """The worst history of the last period whose graph of deviations has a negative cycle, for one agent.

    behind (K,): what decides the worth of each type (the type itself, but for shocks kept private). Types
    that are worth the same are one node: moving between their reports costs what it gains back.
    """
    layout = decided.layout
    t, (i,) = layout.horizon - 1, layout.env.private
    layer, view = layout.tree.layers[t], layout.views[t][i]
    worth = np.unique(behind, return_index=True)[1]
    _, node_of_type = np.unique(behind, return_inverse=True)
    report = np.flatnonzero(view.truthful_state >= 0)
    rows = layer.repeated(view.info_class[view.report_info[report]])
    memory, row = rows.all
    alive = decided.reached[t][memory]
    node = node_of_type.reshape(-1)[view.report_type[report]]
    # length[k, θ]: what the types behind report k earn from it beyond what type θ would.
    lottery = decided.lottery[t]
    count = len(worth)
    length = arithmetic_of(lottery).zeros((len(rows), count))
    for true in range(count):
        length[:, true] = _advantage(layout.env, layer, view, rows, report, lottery, int(worth[true]))
    # One graph for each memory and information set.
    key = memory * len(view.info_class) + view.report_info[report][row]
    graphs, graph = np.unique(key[alive], return_inverse=True)
    graph = graph.reshape(-1)
    told = node[row][alive]
    doubles = np.full((len(graphs), count, count), np.inf)
    at = (graph[:, None], np.arange(count)[None, :], told[:, None])
    lengths = length[alive]
    # Beside the largest, so that neither the units of money nor the range of doubles matter.
    size = abs(lengths).max(initial=0)
    shares = to_float(lengths / size) if size > 0 else to_float(lengths)
    np.minimum.at(doubles, at, shares)
    if view.may_report is not None:
        doubles[:, ~view.may_report[np.ix_(worth, worth)]] = np.inf
    present = np.zeros((len(graphs), count), dtype=bool)
    present[graph, told] = True
    doubles[~(present[:, :, None] & present[:, None, :])] = np.inf
    doubles[:, np.arange(count), np.arange(count)] = 0.0
    # Found in doubles, proven in the arithmetic of the data: the cycle's own length decides.
    paths = shortest_paths(doubles)
    around = paths[:, np.arange(count), np.arange(count)].min(axis=1, initial=0.0)
    worst = int(np.argmin(around)) if len(around) else -1
    if worst < 0:
        return None
    there = doubles[worst][np.isfinite(doubles[worst])]
    grade = ROUNDED if is_exact(lottery) else SOLVED
    if not around[worst] < -DOUBLE.slack(there, grade):
        return None
    start = int(np.argmin(paths[worst, np.arange(count), np.arange(count)]))
    ring = negative_ring(doubles[worst], np.flatnonzero(present[worst]).tolist(), start)
    mine = np.flatnonzero(graph == worst)
    total: Number = lengths[0, 0] * 0
    said = []
    for a, b in pairwise(ring):
        options = mine[told[mine] == b]
        best = options[np.argmin(shares[options, a])]
        total = total + lengths[best, a]
        said.append(int(view.report_type[report[row[alive][best]]]))
    if not total < 0:
        return None
    labels = layout.env.agents[i].types[t]
    history = layout.tree.memory_label(t, int(memory[alive][mine[0]]))
    return Cycle(layout.env.agents[i].name, t, history, tuple(labels[k] for k in said), total)


def _advantage(
    env: Environment, layer: Layer, view: View, rows: Repeated, report: Ints, lottery: Array, true: int
) -> Array:
    """What the truthful sender of each report earns from it beyond what type `true` would: one a row."""
    i, level = view.agent, layer.level
    place, member = within(view.point_start, report)
    point = view.members[member]
    entry, play = within(level.point_plays, point)
    action, reported = level.play_action[play], level.digits[point[entry]]
    other = reported.copy()
    other[:, i] = true
    value = value_at(env, i, view.t, action, reported) - value_at(env, i, view.t, action, other)
    # Of her own type alone, and of what she sees, she knows everything.
    weight = value if isinstance(view.belief, Process) else view.belief[member][entry] * value
    earned = lay_out(rows, Entries(place[entry], play, weight), layer.plays)
    return group_sums(earned.value * lottery[earned.column], earned.row, len(rows))
