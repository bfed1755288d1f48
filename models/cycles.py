"""Rochet's test: payments exist for an allocation iff the graph of deviations has no negative cycle.

Within one history of the last period, a type θ who reports r can be held back iff payments satisfy
``p(θ) − p(r) ≤ v(θ) · (q(θ) − q(r))``: potentials of a graph with these lengths. They exist iff no cycle is
negative, and shortest paths are such payments. Two-cycles are not enough.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import networkx as nx
import numpy as np

from ..solvers.numbers import Array, Number, is_exact, to_float, zeros
from .histories.classes import value_at
from .histories.ragged import group_sums, spread
from .histories.views import joint_belief, pairs

if TYPE_CHECKING:
    from .compiler.compiled import Compiled
    from .decode import Decisions


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
        from ..solvers.numbers import show

        ring = " → ".join([*self.types, self.types[0]])
        return (
            f"No payments hold agent '{self.agent}' to the truth in period {self.period} after "
            f"{self.history}: the lies {ring} together gain {show(-self.length)} whatever is charged."
        )


def shortest_paths(lengths: Array) -> Array:
    """All shortest paths of many graphs at once (Floyd and Warshall): (M, K, K) to (M, K, K).

    A negative entry on a diagonal is a negative cycle through that node.
    """
    out = lengths.copy()
    for k in range(lengths.shape[1]):
        out = np.minimum(out, out[:, :, k, None] + out[:, None, k, :])
    return out


def negative_cycle(made: Compiled, decided: Decisions) -> Cycle | None:
    """The worst history of the last period whose graph of deviations has a negative cycle, for one agent."""
    t, (i,) = made.horizon - 1, made.env.private
    layer, view = made.tree.layers[t], made.views[t][i]
    level = layer.level
    state, report = pairs(view, np.flatnonzero(view.probable))
    row, member = spread(view.point_start[report], np.diff(view.point_start)[report])
    point = view.members[member]
    belief = (
        view.belief[member]
        if view.belief is not None
        else joint_belief(made.env, level, view, state[row], point)
    )
    size = made.env.types(t)[i]
    infos = len(view.info_class)
    # Length of the edge θ → r in every memory: what truth earns beyond the lie, payments left out.
    memory, play = layer.plays
    base = view.info_start[:-1][layer.cls]
    per_memory = np.diff(view.info_start)[layer.cls]
    offset = np.concatenate([[0], np.cumsum(per_memory)])
    exact = is_exact(decided.lottery[t])
    lengths = zeros((int(offset[-1]), size, size), exact)
    info_of_point = np.zeros(len(level.digits), dtype=np.int64)
    info_of_point[view.members] = view.report_info[
        np.repeat(np.arange(len(view.report_info)), np.diff(view.point_start))
    ]
    weight_of_point = zeros(len(level.digits), exact)
    weight_of_point[point] = belief
    here = offset[memory] + info_of_point[level.play_point[play]] - base[memory]
    reported = level.digits[level.play_point[play], i]
    share = decided.lottery[t] * weight_of_point[level.play_point[play]]
    for true in range(size):
        digits = level.digits[level.play_point].copy()
        digits[:, i] = true
        value = value_at(made.env, i, t, level.play_action, digits)[play]
        earned = group_sums(share * value, here * size + reported, len(lengths) * size)
        lengths[:, true, :] = earned.reshape(len(lengths), size)
    lengths = lengths[:, np.arange(size), np.arange(size)][:, :, None] - lengths
    messages = np.zeros((infos, size), dtype=bool)
    messages[view.report_info, view.report_type] = True
    owner, local = spread(base, per_memory)
    present = messages[local]
    # Found in doubles, proven in the arithmetic of the data: the cycle's own length decides.
    doubles = to_float(lengths)
    usable = present[:, :, None] & present[:, None, :] & decided.reached[t][owner][:, None, None]
    found = shortest_paths(np.where(usable, doubles, np.inf))
    around = found[:, np.arange(size), np.arange(size)].min(axis=1)
    worst = int(np.argmin(around)) if len(around) else -1
    if worst < 0 or not around[worst] < (-1e-12 if exact else -1e-7):
        return None
    graph: nx.DiGraph[int] = nx.DiGraph()
    for a in np.flatnonzero(present[worst]).tolist():
        for b in np.flatnonzero(present[worst]).tolist():
            if a != b:
                graph.add_edge(a, b, weight=doubles[worst, a, b])
    start = int(np.argmin(found[worst, np.arange(size), np.arange(size)]))
    ring = nx.find_negative_cycle(graph, start)[:-1]
    length = sum(lengths[worst, a, b] for a, b in zip(ring, [*ring[1:], ring[0]], strict=True))
    if not length < 0:
        return None
    labels = made.env.agents[i].types[t]
    return Cycle(
        made.env.agents[i].name,
        t,
        made.tree.memory_label(t, int(owner[worst])),
        tuple(labels[k] for k in ring),
        length,
    )
