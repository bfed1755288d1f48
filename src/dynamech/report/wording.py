"""Numbers and tables in the form that a person reads, the same everywhere."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from decimal import ROUND_CEILING, ROUND_FLOOR, Context, Decimal
from fractions import Fraction
from typing import Any, TypeAlias

from rich import box
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from ..models.design.design import Design
from ..solvers.accuracy import known
from ..solvers.numbers import Number, show
from ..solvers.numerals import one_line

Shown: TypeAlias = RenderableType
LONG = 12
"""A rational of more characters than this is shown as a decimal; the exact one is in the JSON."""
NONE = "—"
ROWS = 30
"""Rows of plain columns that are shown."""


def money(value: Number | None, error: float = 0.0) -> str:
    """A value with its decimal where it is a rational; no decimals that an error of this size leaves open.

    >>> money(0.30833331, 4e-6), money(0.3)
    ('0.30833', '0.3')
    >>> money(Fraction(9, 4)), money(Fraction(7, 12)), money(Fraction(3)), money(0.1 + 0.2), money(None)
    ('9/4 = 2.25', '7/12 ≈ 0.583333', '3', '0.3', '—')
    >>> money(Fraction(123456789123, 987654321)), money(-0.0)
    ('≈ 125', '0')
    """
    if value is None:
        return NONE
    if not isinstance(value, Fraction):
        return show(known(float(value), error) + 0.0)
    if _endless(value):
        return show(value).replace("about", "≈")
    if value.denominator == 1:
        return str(value)
    decimal = f"{float(value):.6g}"
    sign = "=" if Fraction(decimal) == value else "≈"
    return f"{value} {sign} {decimal}" if len(str(value)) <= LONG else f"{sign} {decimal}"


def brief(value: Number | None, error: float = 0.0) -> str:
    """A value in one word: the rational where it is short, else six digits, and no more than `error` allows.

    >>> brief(Fraction(7, 12)), brief(Fraction(123456789, 1000)), brief(0.25), brief(None)
    ('7/12', '123457', '0.25', '—')
    """
    if value is None:
        return NONE
    if isinstance(value, Fraction) and _endless(value):
        return show(value).removeprefix("about ")
    if isinstance(value, Fraction) and len(str(value)) <= 9:
        return str(value)
    return f"{known(float(value), error) + 0.0:.6g}"


def _endless(value: Fraction) -> bool:
    """Whether a rational is so long that nobody reads it; doubles may end before it."""
    return max(value.numerator.bit_length(), value.denominator.bit_length()) > 256


def ends(least: Fraction | None, most: Fraction | None) -> str:
    """An interval that a value is proved to lie in; decimals are rounded outwards.

    >>> ends(Fraction(1, 80), Fraction(23, 80)), ends(None, Fraction(10**12, 7)), ends(Fraction(-1), None)
    ('1/80 to 23/80', 'at most 142857142858', 'at least -1')
    >>> ends(Fraction(10**8, 10**9 - 1), Fraction(10**8, 10**9 - 1))
    '0.100000 to 0.100001'
    """
    low, high = (None if v is None else _outwards(v, up) for v, up in ((least, False), (most, True)))
    if low is None:
        return f"at most {high}"
    return f"at least {low}" if high is None else f"{low} to {high}"


def _outwards(value: Fraction, up: bool) -> str:
    if max(value.numerator.bit_length(), value.denominator.bit_length()) < 64 and len(str(value)) <= LONG:
        return str(value)
    whole = abs(value.numerator) // value.denominator
    digits = max(6, len(str(whole))) if whole < 10**100 else 6
    rounded = Context(prec=digits, rounding=ROUND_CEILING if up else ROUND_FLOOR)
    return f"{rounded.divide(Decimal(value.numerator), Decimal(value.denominator))}"


def interval(design: Design) -> str:
    """The interval that is known of a design without a value; empty where there is none."""
    if design.value is None and design.bounds is not None:
        sides = design.bounds.lower, design.bounds.upper
        known = [Fraction(side) if math.isfinite(side) else None for side in sides]
        return ends(*known) if any(side is not None for side in known) else ""
    proof = None if design.value is not None else design.certificate
    return ends(proof.least, proof.most) if proof is not None and proof.kind == "interval" else ""


def value_error(*designs: Design) -> float:
    """What the float values of these designs, together, may be off by; 0 where they are exact.

    An upper bound where every one of them has one; see ``Design.value_error`` and ``value_margin``.
    """
    return sum(design.value_margin for design in designs)


UNBOUNDED = "its error is not bounded"
"""Said of a value whose ``Design.value_error`` is infinite."""


def value_text(design: Design) -> str:
    """The value of a design for a person, and that nothing is known of its error where that is so."""
    error = design.value_error if design.value is not None else 0.0
    shown = money(design.value, value_error(design))
    return shown if math.isfinite(error) else f"{shown} ({UNBOUNDED})"


def why_not(status: str, message: str) -> str:
    """A status other than `optimal`, and why; the message may begin with the status.

    >>> why_not("limit", "limit: out of time"), why_not("limit", "out of time")
    ('limit: out of time', 'limit: out of time')
    >>> why_not("unbounded", "unbounded (proved): pay more")
    'unbounded (proved): pay more'
    """
    return message if message.startswith((f"{status}: ", f"{status} (")) else f"{status}: {message}"


def table(columns: Sequence[str], right: Iterable[str] = ()) -> Table:
    """An empty table with these headings, those in `right` flush right."""
    numbers = set(right)
    lines = Table(
        box=box.SIMPLE_HEAD, header_style="bold", pad_edge=False, show_edge=False, padding=(0, 1, 0, 0)
    )
    for column in columns:
        lines.add_column(column, justify="right" if column in numbers else "left", overflow="fold")
    return lines


def columns_table(columns: Mapping[str, Any]) -> Table:
    """Columns of figures and labels as a table, cut to `ROWS` rows."""
    lines = table([*columns], right=[name for name in columns if name not in ("agent", "memory", "lie")])
    rows = list(zip(*columns.values(), strict=True))
    for row in rows[:ROWS]:
        lines.add_row(*(brief(x) if isinstance(x, Fraction | float) else one_line(str(x)) for x in row))
    if len(rows) > ROWS:
        lines.add_row(f"{len(rows) - ROWS:,} more", *[""] * (len(columns) - 1))
    return lines


def titled(title: str, *parts: RenderableType) -> Group:
    """A heading and what belongs to it, without a line between them."""
    return Group(Text(title, style="bold"), *parts)


def said(sentences: Iterable[tuple[str, str]]) -> list[Shown]:
    """Sentences, each with its heading."""
    return [Text.assemble((f"{head}. " if head else "", "bold"), text) for head, text in sentences]


def facts(pairs: Iterable[tuple[str, str]]) -> Table:
    """Names and what they are, one a line."""
    lines = Table(box=None, show_header=False, pad_edge=False, padding=(0, 2, 0, 0))
    lines.add_column(style="bold", no_wrap=True)
    lines.add_column(overflow="fold")
    for name, value in pairs:
        lines.add_row(name, value)
    return lines


def counted(count: int, what: str) -> str:
    """A number of things.

    >>> counted(1, "period"), counted(3, "period")
    ('1 period', '3 periods')
    """
    return f"{count:,} {what}{'' if count == 1 else 's'}"


def periods_text(periods: Sequence[int]) -> str:
    """Periods in words; they are given in order.

    >>> periods_text([0]), periods_text([0, 1, 2]), periods_text([0, 2])
    ('period 0', 'periods 0 to 2', 'periods 0, 2')
    """
    if len(periods) == 1:
        return f"period {periods[0]}"
    if periods[-1] - periods[0] == len(periods) - 1 and len(periods) > 2:
        return f"periods {periods[0]} to {periods[-1]}"
    return "periods " + ", ".join(str(t) for t in periods)
