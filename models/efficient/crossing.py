"""Is there an order of the actions in which payoffs cross once, or differ increasingly? (LIU Theorem 3.8)

For each profile of the others, own types in the order given, payoffs F(a, θ): with a before b,

- F is *single crossing* where F(b, θ) − F(a, θ) ≥ 0 (> 0) stays so at every higher type;
- F has *increasing differences* where F(b, θ) − F(a, θ) never falls.

The order may depend on the others' types, and must be the same for welfare, which is to cross once, and for
the agent's own payoff, which is to have increasing differences. It exists where every two actions can be
ordered and the pairs that can be ordered in one way alone form no cycle.
"""

from __future__ import annotations

from dataclasses import dataclass

import networkx as nx
import numpy as np

from ...solvers.numbers import Array, Bools
from ...solvers.short import Short

CONDITIONS = ("single crossing", "increasing differences", "order")


@dataclass(frozen=True)
class OrderFailure:
    """Where an order fails: two actions (positions) and two own types, lower first.

    condition: "single crossing" of welfare, "increasing differences" of the agent's payoff, each in either
    order, or where the pairs order each other in a circle "order": `actions` is then the circle, no types.
    """

    condition: str
    actions: tuple[int, ...]
    types: tuple[int, ...]


@dataclass(frozen=True, eq=False, repr=False)
class Orders(Short):
    """Orders of the actions, by profile of the others.

    single_crossing: (X,) whether some order makes welfare cross once. found: one of them that gives the agent
    increasing differences as well (positions of the actions), or what rules it out.
    """

    single_crossing: Bools
    found: tuple[tuple[int, ...] | OrderFailure, ...]

    @property
    def holds(self) -> Bools:
        """(X,): whether there is an order."""
        return np.array([isinstance(order, tuple) for order in self.found], dtype=bool)


def orders_of(welfare: Array, own: Array, feasible: Bools, slack: float = 0.0) -> Orders:
    """Orders of the actions for welfare and own payoffs (A, X, K), actions feasible (A, X).

    slack: in doubles, differences up to this count as 0.
    """
    # (A, A, X), a first: whether the sign of F(b) − F(a), and F(b) − F(a) itself, never falls as types rise.
    turns = np.diff(_sign(welfare[None] - welfare[:, None], slack), axis=-1)
    falls = np.diff(own[None] - own[:, None], axis=-1)
    crosses, rises = (np.all(steps >= least, axis=-1) for steps, least in ((turns, 0), (falls, -slack)))
    single: list[bool] = []
    orders: list[tuple[int, ...] | OrderFailure] = []
    for x in range(welfare.shape[1]):
        actions = np.flatnonzero(feasible[:, x])
        pick = np.ix_(actions, actions)
        once = crosses[:, :, x][pick]
        both = once & rises[:, :, x][pick]
        single.append(_arranged(once) is not None)
        order = _arranged(both)
        if order is None:
            orders.append(_failure(welfare, own, x, actions, once, both, slack))
        else:
            orders.append(tuple(int(actions[k]) for k in order))
    return Orders(np.array(single, dtype=bool), tuple(orders))


def _sign(gap: Array, slack: float) -> Array:
    return np.asarray(gap > slack, dtype=np.int8) - np.asarray(gap < -slack, dtype=np.int8)


def _arranged(allowed: Bools) -> list[int] | None:
    """All actions in an order such that every pair is allowed that way round; None where there is none.

    Where an action may come before another and not after it, it does; other pairs may stand either way.
    """
    if not (allowed | allowed.T).all():
        return None
    try:
        return list(nx.lexicographical_topological_sort(_forced(allowed)))
    except nx.NetworkXUnfeasible:
        return None


def _forced(allowed: Bools) -> nx.DiGraph[int]:
    """The pairs of actions that can be ordered in one way alone."""
    forced: nx.DiGraph[int] = nx.DiGraph()
    forced.add_edges_from((a, b) for a, b in np.argwhere(allowed & ~allowed.T).tolist())
    forced.add_nodes_from(range(len(allowed)))
    return forced


def _failure(
    welfare: Array, own: Array, x: int, actions: Array, once: Bools, both: Bools, slack: float
) -> OrderFailure:
    """The first pair of actions that no order suits, or the circle in which pairs order each other."""
    stuck = np.argwhere(~(both | both.T))
    if not len(stuck):
        circle = [int(actions[a]) for a, _ in nx.find_cycle(_forced(both))]
        return OrderFailure(CONDITIONS[2], tuple(circle), ())
    crossing = np.argwhere(~(once | once.T))
    first, second = (int(k) for k in (crossing[0] if len(crossing) else stuck[0]))
    if not len(crossing) and not once[first, second]:
        first, second = second, first
    a, b = int(actions[first]), int(actions[second])
    if len(crossing):
        fall = np.diff(_sign(welfare[b, x] - welfare[a, x], slack)) < 0
    else:
        fall = np.diff(own[b, x] - own[a, x]) < -slack
    k = int(np.flatnonzero(np.asarray(fall, dtype=bool))[0])
    return OrderFailure(CONDITIONS[0 if len(crossing) else 1], (a, b), (k, k + 1))
