"""Memory is counted before it is taken: how many bytes a program takes, and the refusal of what is too large.

Everything that a question needs is at most proportional to its program: each point of a history is a row (but
for goods), each action at it a column. So what has been counted so far bounds the program from below, and a
question that cannot fit is refused with the figure before the first array of that size exists. The counting
itself may always take `COUNTING` bytes, so that small refusals come with the whole figure.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ...solvers.errors import TooLarge

if TYPE_CHECKING:
    from .environment import Environment

ENTRY_BYTES, LINE_BYTES = {False: 64, True: 260}, {False: 120, True: 400}
"""What a nonzero and what a row or column takes from compilation to solution: floats, rationals."""
TABLE_BYTES = {False: 24, True: 240}
"""What an entry of a table of numbers takes while it is made, with the copies on the way."""
COUNTING = 16_000_000
WAY_OUT = "raise memory_limit=, shorten the horizon or coarsen the types"


@dataclass(frozen=True)
class Size:
    """Rows and columns of a program; nonzeros and bytes are upper estimates."""

    rows: int
    columns: int
    nonzeros: int
    bytes: int

    @classmethod
    def of(cls, rows: int, columns: int, nonzeros: int, exact: bool) -> Size:
        """The size of a program with so many rows, columns and nonzeros, in this arithmetic."""
        return cls(
            rows, columns, nonzeros, ENTRY_BYTES[exact] * nonzeros + LINE_BYTES[exact] * (rows + columns)
        )

    def over(self, exact: bool) -> Size:
        """The same in this arithmetic."""
        return Size.of(self.rows, self.columns, self.nonzeros, exact)

    @property
    def text(self) -> str:
        """The size as a person reads it."""
        rows, columns, nonzeros = map(show_count, (self.rows, self.columns, self.nonzeros))
        return f"{rows} rows, {columns} columns, up to {nonzeros} nonzeros (about {show_bytes(self.bytes)})"


def show_count(count: int) -> str:
    """A number of things: every digit, or three of very many."""
    return f"{count:,}" if count < 10**15 else f"about {float(count):.3g}"


def show_bytes(count: float) -> str:
    """Bytes in the unit that fits."""
    for unit in ("bytes", "kB", "MB", "GB", "TB"):
        if count < 1000 or unit == "TB":
            return f"{count:.3g} {unit}"
        count /= 1000
    raise AssertionError


def refuse_large(env: Environment, size: Size, limit: float) -> None:
    """Raise `TooLarge` with the figure and ways out where the program would not fit."""
    if size.bytes > limit:
        raise TooLarge(f"program for '{env.name}': {size.text}{_beyond(limit)}; {WAY_OUT}")


def refuse_begun(env: Environment, rows: int, columns: int, t: int, limit: float) -> None:
    """The same of a program that has been counted up to period t: what it has at least."""
    size = Size.of(rows, columns, rows + columns, env.exact)
    if size.bytes > max(limit, COUNTING):
        raise TooLarge(
            f"program for '{env.name}': at least {show_count(rows)} rows and {show_count(columns)} columns "
            f"up to period {t} (about {show_bytes(size.bytes)} or more){_beyond(limit)}; {WAY_OUT}"
        )


def refuse_table(what: str, entries: int, exact: bool, limit: float, way_out: str = WAY_OUT) -> None:
    """Raise `TooLarge` where a table of so many numbers, which `what` names, would not fit."""
    needed = TABLE_BYTES[exact] * entries
    if needed > max(limit, COUNTING):
        count = f"{show_count(entries)} entries (about {show_bytes(needed)})"
        raise TooLarge(f"{what} has {count}{_beyond(limit)}; {way_out}")


def _beyond(limit: float) -> str:
    return f", more than the memory limit of {show_bytes(limit)}"
