"""One buyer whose types persist: the instance that grows with types and periods in several benchmarks."""

from __future__ import annotations

from fractions import Fraction
from typing import Any


def persistent(
    types: int, periods: int, *, near: bool = False, name: str = "persistent", discount: str = "9/10"
) -> Any:
    """Types worth 1, 2, ... where an item is sold: she stays with 7/10, and else becomes any other alike or,
    with `near`, the more likely the nearer.
    """
    import dynamech as dm

    stay = Fraction(7, 10)
    weights = [
        [Fraction(1, 2 ** abs(k - m) if near else 1) * (k != m) for m in range(types)] for k in range(types)
    ]
    rows = [
        [(1 - stay) * w / sum(row) + stay * (k == m) for m, w in enumerate(row)]
        for k, row in enumerate(weights)
    ]
    return dm.Environment(
        name=name,
        horizon=periods,
        discount=discount,
        actions=["keep", "sell"],
        agents=[
            dm.Agent(
                "buyer",
                types=list(range(types)),
                prior=[Fraction(1, types)] * types,
                values=lambda t, a, k: (1 + k) if a == "sell" else 0,
                transitions=lambda t, a, k, m: rows[k][m],
            )
        ],
    )
