"""Random societies with private values and kernels of their own, finite horizon or infinite."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np

from .draw import Draw

F = Fraction
DYADIC = (F(0), F(1, 2), F(7, 8), F(127, 128), 1 - F(1, 2**20))
OTHERS = (F(0), F(1, 3), F(9, 10), F(99, 100), 1 - F(1, 10**6))


def society(seed: int) -> Any:
    """One to three agents who report, perhaps one who is observed; half in numbers that doubles hold."""
    import dynamech as dm

    d = Draw(seed)
    pick = d.random.choice
    dyadic = pick([False, True])
    endless = pick([False, True])
    agents = pick([1, 2, 2, 2, 3])
    watched = pick([0, 0, 1])
    periods = 1 if endless else pick([1, 2, 2, 3])
    wide = agents + watched <= 2
    sizes = [[pick([1, 2, 2, 3] if wide else [1, 2, 2]) for _ in range(agents + watched)]] * periods
    if pick([False, True]):
        sizes = [[pick([1, 2, 2, 3] if wide else [1, 2]) for _ in row] for row in sizes]
    actions = (
        [pick([1, 2, 3])] * periods if pick([False, True]) else [pick([1, 2, 3]) for _ in range(periods)]
    )
    amounts = _amounts(d, dyadic)
    kind = pick(["full", "zeros", "thin", "still"])
    steered, given = pick([False, True, True]), watched and pick([False, True])
    agents_made = []
    for i in range(agents + watched):
        public = i >= agents
        values = [_values(d, i, agents, actions[t], sizes[t], amounts) for t in range(periods)]
        moves = []
        for t in range(1 if endless else periods - 1):
            after = sizes[0 if endless else t + 1]
            seen = [after[-1]] if given and not public else []
            shape = (actions[t] if steered else 1, *seen, sizes[t][i], after[i])
            moves.append(_rows(d, *shape, kind=kind, dyadic=dyadic))
        agents_made.append(
            dm.Agent(
                f"seen{i}" if public else f"a{i}",
                types=[[str(k) for k in range(row[i])] for row in sizes],
                prior=_rows(d, sizes[0][i], kind=kind, dyadic=dyadic),
                values=values,
                transitions=moves,
                observed=public,
                given=[f"seen{agents}"] if given and not public else [],
            )
        )
    feasible = None
    if watched and pick([False, True]):
        feasible = []
        for t in range(periods):
            allowed = np.array(
                [[d.random.random() < 0.7 for _ in range(sizes[t][-1])] for _ in range(actions[t])]
            )
            allowed[d.random.randrange(actions[t])] = True
            feasible.append(allowed)
    costly = pick([False, True])
    env = dm.Environment(
        name=f"society-{seed}",
        agents=agents_made,
        actions=[[f"x{a}" for a in range(count)] for count in actions],
        costs=[d.table(count, of=[abs(v) / 2 for v in amounts] if costly else [F(0)]) for count in actions],
        feasible=feasible,
        discount=pick(list(DYADIC if dyadic else OTHERS) + ([] if endless else [F(1)])),
        horizon=None if endless else periods,
    )
    return env


def _amounts(d: Draw, dyadic: bool) -> list[Fraction]:
    """Of either sign or not; few, so that actions tie, or many."""
    pick = d.random.choice
    scale = F(2) ** pick([0, 0, 0, -40, 40]) if dyadic else F(10) ** pick([0, 0, 0, -12, 12])
    found = pick([[F(0), F(1)], [F(0), F(1), F(2)], [F(k, 4) for k in range(40)], [F(k) for k in range(9)]])
    if pick([False, True]):
        found = found + [-v for v in found]
    if not dyadic and pick([False, True]):
        found = [v / 3 for v in found]
    if pick([False, False, False, True]):
        found = [*found, found[-1] + F(1, 2**36)]
    return [scale * v for v in found]


def _values(d: Draw, i: int, agents: int, actions: int, sizes: list[int], amounts: list[Fraction]) -> Any:
    """Of her own type, and perhaps of what everybody sees; with the axes of all agents, or her own."""
    if i < agents and d.random.choice([False, True]):
        return d.table(actions, sizes[i], of=amounts)
    seen = [size if j in (i, *range(agents, len(sizes))) else 1 for j, size in enumerate(sizes)]
    return np.broadcast_to(d.table(actions, *seen, of=amounts), (actions, *sizes)).copy()


def _rows(d: Draw, *shape: int, kind: str, dyadic: bool) -> Any:
    """Chances along the last axis."""
    if kind != "still" and not dyadic:
        return d.rows(*shape, kind=kind)
    count, size = int(np.prod(shape[:-1])), shape[-1]
    flat = np.full((count, size), F(0), dtype=object)
    for row in flat:
        whole = 1 if kind == "still" else 2**26 if kind == "thin" else 8
        cuts = sorted(d.random.randint(0, whole) for _ in range(size - 1))
        if kind == "thin":
            cuts = sorted(d.random.randint(0, 2) for _ in range(size - 1))
        parts = [b - a for a, b in zip([0, *cuts], [*cuts, whole], strict=True)]
        d.random.shuffle(parts)
        row[:] = [F(part, whole) for part in parts]
    return flat.reshape(shape)
