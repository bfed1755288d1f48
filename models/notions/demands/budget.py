"""Demands on the budget: payments cover costs, or (`balanced`) are equal to them.

With S_t = Σ_i p^i_t − c_t: `ex-ante` E Σ_t δ^t S_t ≥ 0; `per-period` E S_t ≥ 0 for each t (LIU 2.2);
`ex-post` Σ_t δ^t S_t ≥ 0 on every path, costs of realised past actions where they steer types and expected
over the lottery elsewhere; `every-period` S_t ≥ 0 in every period of every path, expected over its lottery.
"""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from ....solvers.errors import InvalidInput
from ....solvers.numerals import shown
from .base import Demanded
from .money import MoneyDemand

BUDGETS: dict[str, Demanded | None] = {
    "none": None,
    "ex-ante": Demanded.COVERED,
    "per-period": Demanded.COVERED_PERIODS,
    "ex-post": Demanded.COVERED_PATH,
    "every-period": Demanded.COVERED_PERIOD,
}


def budget(budget: Any = "none", balanced: Any = False) -> MoneyDemand | None:
    """The demand that these keys of a question make, None for budget `none`.

    Raises `InvalidInput` for a word that is none, and ``balanced`` without a budget.
    """
    if not isinstance(budget, str) or budget not in BUDGETS:
        raise InvalidInput(f"demands, budget: {shown(budget)} is not one of {', '.join(BUDGETS)}")
    if not isinstance(balanced, bool):
        raise InvalidInput(f"demands, balanced: {shown(balanced)} is neither true nor false")
    demanded = BUDGETS[budget]
    if demanded is None:
        if balanced:
            raise InvalidInput(f"demands, balanced: say which budget, one of {', '.join([*BUDGETS][1:])}")
        return None
    keys: dict[str, Any] = {"budget": budget, **({"balanced": True} if balanced else {})}
    name = f"budget {budget}{' balanced' if balanced else ''}"
    bounds = Fraction(0), Fraction(0) if balanced else None
    return MoneyDemand(name, demanded, keys, {"": bounds})
