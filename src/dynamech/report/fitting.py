"""Tables on narrow consoles: no number and no name is broken in the middle.

A table that is too wide first breaks its texts between words. One that is still too wide is shown in pieces,
one below the other, each with the columns that name its rows; only a word that is wider than the console by
itself is broken.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from rich.cells import cell_len
from rich.console import Console, Group, RenderableType
from rich.table import Column, Table
from rich.text import Text


def fitted(part: RenderableType, console: Console) -> RenderableType:
    """The same, with tables that fit; everything else is as it was."""
    if isinstance(part, Group):
        return Group(*(fitted(one, console) for one in part.renderables), fit=part.fit)
    if not isinstance(part, Table):
        return part
    room = console.width
    if _width(part, [_lines(column) for column in part.columns]) <= room:
        return part
    pieces = [_set(_piece(part, columns), room) for columns in _pieces(part, room)]
    lines: list[RenderableType] = []
    for piece in pieces:
        lines += [Text(""), piece] if lines else [piece]
    return Group(*lines)


def _pieces(table: Table, room: int) -> list[list[Column]]:
    """The columns of each piece."""
    columns = table.columns
    numbers = [k for k, column in enumerate(columns) if column.justify == "right"]
    keys = columns[: numbers[0] if numbers and numbers[0] else 1]
    if 2 * _width(table, [_words(column) for column in keys]) > room:
        keys = columns[:1]
    pieces: list[list[Column]] = [[*keys]]
    for column in columns[len(keys) :]:
        wider = [*pieces[-1], column]
        if len(pieces[-1]) > len(keys) and _width(table, [_words(c) for c in wider]) > room:
            pieces.append([*keys, column])
        else:
            pieces[-1].append(column)
    return pieces


def _piece(table: Table, columns: Sequence[Column]) -> Table:
    """A table like another with these of its columns."""
    piece = Table(
        box=table.box, header_style=table.header_style, pad_edge=table.pad_edge, show_edge=table.show_edge,
        padding=table.padding, show_header=table.show_header, title=table.title,
    )  # fmt: skip
    piece.columns = [
        replace(column, _index=k, _cells=list(column._cells)) for k, column in enumerate(columns)
    ]
    piece.rows = list(table.rows)
    return piece


def _set(table: Table, room: int) -> Table:
    """The table with widths of columns in which no word is broken, where there is room for that."""
    widths = [_words(column) for column in table.columns]
    left = room - _width(table, widths)
    if left < 0:
        return table
    wishes = [_lines(column) for column in table.columns]
    for k in sorted(range(len(widths)), key=lambda k: wishes[k]):
        more = min(wishes[k] - widths[k], left)
        widths[k], left = widths[k] + more, left - more
    for column, width in zip(table.columns, widths, strict=True):
        column.width = width
    return table


def _width(table: Table, widths: Sequence[int]) -> int:
    """Of a whole table whose columns have these widths."""
    _, right, _, left = table.padding
    between = right + left + (table.box is not None)
    return sum(widths) + max(0, len(widths) - 1) * between + (right + left if table.pad_edge else 0)


def _lines(column: Column) -> int:
    """The width in which nothing of a column is broken."""
    return max((cell_len(line) for text in _texts(column) for line in text.split("\n")), default=0)


def _words(column: Column) -> int:
    """The width in which no word of a column is broken, and no number."""
    if column.justify == "right" or column.no_wrap:
        heads = max((cell_len(word) for word in _plain(column.header).split()), default=0)
        cells = max((cell_len(_plain(cell)) for cell in column._cells), default=0)
        return max(heads, cells)
    return max((cell_len(word) for text in _texts(column) for word in text.split()), default=0)


def _texts(column: Column) -> list[str]:
    return [_plain(cell) for cell in (column.header, *column._cells)]


def _plain(cell: RenderableType) -> str:
    if isinstance(cell, Group):
        return "\n".join(map(_plain, cell.renderables))
    return cell.plain if isinstance(cell, Text) else str(cell)
