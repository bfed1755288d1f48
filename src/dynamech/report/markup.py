"""Answers as HTML: what is ours is markup, and every label, name and message is text.

Markup is a type of its own, `Html`, which only `element` makes; any other string is text and gets written
out, with what is invisible in it (`one_line`). So nothing that a file says is more than text anywhere.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from html import escape
from itertools import pairwise

from rich.console import Group, RenderableType
from rich.table import Column, Table
from rich.text import Text

from ..solvers.numerals import one_line

EMPTY = frozenset({"meta", "link", "input", "br"})
"""Elements without an end."""
TAGS = {"bold": "strong", "dim": "small"}
"""Styles of texts, and the elements that stand for them."""
SHORT = 24
"""Characters up to which the texts of a column stay on one line."""


class Html(str):
    """Markup."""

    __slots__ = ()


def element(name: str, /, *children: str, **attributes: str | None) -> Html:
    """An element; texts in it, and attributes, are written out, and attributes that are None are left out.

    Python's words have a line behind them (``class_``), lines inside stand for hyphens (``aria_label``).

    >>> element("p", "a < b", element("strong", "low"), class_="note", id=None)
    '<p class="note">a &lt; b<strong>low</strong></p>'
    """
    said = "".join(
        f' {key.rstrip("_").replace("_", "-")}="{escape(one_line(value))}"'
        for key, value in attributes.items()
        if value is not None
    )
    end = "" if name in EMPTY else f"</{name}>"
    return Html(f"<{name}{said}>{together(children)}{end}")


def together(children: Iterable[str]) -> Html:
    """One after the other; texts are written out."""
    return Html("".join(child if isinstance(child, Html) else escape(one_line(child)) for child in children))


def rendered(part: RenderableType) -> Html:
    """A table, a sentence or a group of them, as the command line prints them.

    Raises ``TypeError`` for anything else.

    >>> rendered(Text.assemble(("Verdict. ", "bold"), "x < y"))
    '<p><strong>Verdict. </strong>x &lt; y</p>'
    """
    if isinstance(part, Group):
        return element("div", *map(rendered, part.renderables))
    if isinstance(part, Table):
        return element("div", _table(part), class_="wide", tabindex="0", role="group")
    return element("p", inline(part))


def inline(part: RenderableType) -> Html:
    """What stands in a cell or a paragraph."""
    if isinstance(part, str):
        return together([part])
    if isinstance(part, Group):
        return together(element("div", inline(line)) for line in part.renderables)
    if not isinstance(part, Text):
        raise TypeError(f"{type(part).__name__} is not made of texts")
    plain = part.plain
    cuts = {0, len(plain)} | {min(at, len(plain)) for span in part.spans for at in (span.start, span.end)}
    return together(_styled(part, start, end) for start, end in pairwise(sorted(cuts)))


def _styled(text: Text, start: int, end: int) -> Html:
    """A piece of a text over which its style is one."""
    said = together([text.plain[start:end]])
    words = {str(text.style)} | {str(span.style) for span in text.spans if span.start <= start < span.end}
    for word, tag in TAGS.items():
        if word in words:
            said = element(tag, said)
    return said


def _table(table: Table) -> Html:
    columns, parts = table.columns, []
    sides = list(map(_side, columns))
    if table.title is not None:
        parts.append(element("caption", inline(table.title)))
    if table.show_header:
        heads = (
            element("th", inline(column.header), scope="col", class_=side)
            for column, side in zip(columns, sides, strict=True)
        )
        parts.append(element("thead", element("tr", *heads)))
    rows = zip(*(column._cells for column in columns), strict=True)
    parts.append(element("tbody", *(element("tr", *_row(row, sides)) for row in rows)))
    return element("table", *parts)


def _row(cells: Sequence[RenderableType], sides: Sequence[str | None]) -> Iterator[Html]:
    """The first cell names the row."""
    for k, (cell, side) in enumerate(zip(cells, sides, strict=True)):
        yield element("td" if k else "th", inline(cell), scope=None if k else "row", class_=side)


def _side(column: Column) -> str | None:
    """What the style has to know of a column: numbers, or texts so short that none is broken."""
    if column.justify == "right":
        return "n"
    cells = (cell.plain if isinstance(cell, Text) else cell for cell in (column.header, *column._cells))
    return "k" if all(isinstance(cell, str) and len(cell) <= SHORT for cell in cells) else None
