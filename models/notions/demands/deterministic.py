"""A demand on the rule itself: no lotteries, one action at every public state, whatever is reported there.

Every x_t[n, r, a] is 0 or 1: a rule that draws no lots reaches a history for certain or not at all, also
where actions steer types. Payments are as free as before. Of a mechanism, the violation is the largest
probability that is left to other actions than the likeliest, 1 − max_a q_t(a | m, r), at any public state
that reports and actions of positive probability lead to, and whatever is reported there.
"""

from __future__ import annotations

from typing import Any

from ....solvers.errors import InvalidInput
from ....solvers.numerals import shown
from .base import Demand, Demanded


def deterministic(deterministic: Any = False) -> Demand | None:
    """The demand that this key of a question makes, None where it is false. Raises `InvalidInput`."""
    if not isinstance(deterministic, bool):
        raise InvalidInput(f"demands, deterministic: {shown(deterministic)} is neither true nor false")
    return Demand("deterministic", Demanded.PURE, {"deterministic": True}) if deterministic else None
