"""How far a mechanism is from what is demanded: the table of the judge, an entry for each kind of demand."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from ..notions.demands import Demand, Demanded
from .anonymous_check import most_unlike
from .deterministic_check import most_mixed
from .finding import Unmet, worst
from .money_check import every_path, every_period, expected, expected_periods
from .own_row_check import row_unmet
from .public_states import Play

DEMANDED: dict[Demanded, Callable[[Play, Any], Iterator[Unmet]]] = {
    Demanded.PAID_PERIOD: every_period,
    Demanded.PAID_PATH: every_path,
    Demanded.COVERED: expected,
    Demanded.COVERED_PERIODS: expected_periods,
    Demanded.COVERED_PATH: every_path,
    Demanded.COVERED_PERIOD: every_period,
    Demanded.ALIKE: most_unlike,
    Demanded.ROW: row_unmet,
    Demanded.PURE: most_mixed,
}
"""What finds where a demand is violated most, by what is demanded."""


def furthest(play: Play, demand: Demand) -> Unmet | None:
    """Where the mechanism is furthest from what is demanded; None where the demand bounds nothing."""
    return worst(DEMANDED[demand.demanded](play, demand))
