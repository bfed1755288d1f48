"""Rows of demands: the tables of the compiler, an entry for each kind of demand."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ...solvers.blocks import Block
from ...solvers.program import Builder
from ..environment.environment import Environment
from ..histories.classes import Level
from ..notions.demands import Demanded
from .anonymous_rows import add_alike, count_alike
from .layout import Layout
from .money_rows import add_expected, add_paid, add_surplus, count_at_points, count_expected
from .own_rows import add_own_row, count_own_row
from .plan import Plan
from .sides import Key, Rows


def add_demands(layout: Layout, build: Builder) -> tuple[dict[Key, Block], ...]:
    """Add the rows of the plan's demands, one after the other."""
    return tuple(dict(DEMANDED[demand.demanded](layout, build, demand)) for demand in layout.plan.demands)


def demand_size(env: Environment, plan: Plan, levels: list[Level]) -> tuple[int, int]:
    """(rows, entries at most) of the plan's demands."""
    rows = entries = 0
    for demand in plan.demands:
        more, each = COUNTED[demand.demanded](env, plan, demand, levels)
        rows, entries = rows + more, entries + more * each
    return rows, entries


DEMANDED: dict[Demanded, Callable[[Layout, Builder, Any], Rows]] = {
    Demanded.PAID_PERIOD: add_paid,
    Demanded.PAID_PATH: add_paid,
    Demanded.COVERED: add_expected,
    Demanded.COVERED_PERIODS: add_expected,
    Demanded.COVERED_PATH: add_surplus,
    Demanded.COVERED_PERIOD: add_surplus,
    Demanded.ALIKE: add_alike,
    Demanded.ROW: add_own_row,
    Demanded.PURE: lambda layout, build, demand: iter(()),  # of columns, see `columns.py`
}
"""How rows are written, by what is demanded."""

COUNTED: dict[Demanded, Callable[[Environment, Plan, Any, list[Level]], tuple[int, int]]] = {
    Demanded.PAID_PERIOD: count_at_points,
    Demanded.PAID_PATH: count_at_points,
    Demanded.COVERED: count_expected,
    Demanded.COVERED_PERIODS: count_expected,
    Demanded.COVERED_PATH: count_at_points,
    Demanded.COVERED_PERIOD: count_at_points,
    Demanded.ALIKE: count_alike,
    Demanded.ROW: count_own_row,
    Demanded.PURE: lambda env, plan, demand, levels: (0, 0),
}
"""How rows are counted, by what is demanded: (rows, entries of each at most)."""
