"""What is shown is text: escape codes, marks that turn the writing, line breaks in labels are written out.

Labels, names and messages come from files. They get into tables and sentences all over this room, so what
makes them harmless stands at the one door through which all of it goes: `visible`. A line of an answer is a
part of its own (``rich.console.Group`` holds several); a line break inside a text comes from data.
"""

from __future__ import annotations

from collections.abc import Iterable
from itertools import accumulate

from rich.console import Console, Group, RenderableType
from rich.table import Table
from rich.text import Span, Text

from ..solvers.numerals import one_line
from .fitting import fitted


def put(console: Console, parts: Iterable[RenderableType]) -> None:
    """Print tables and sentences, a blank line between them."""
    for k, part in enumerate(parts):
        if k:
            console.print()
        console.print(fitted(visible(part), console))


def visible(part: RenderableType) -> RenderableType:
    r"""The same with everything invisible written out: texts, and tables and groups of them.

    Tables are changed in place. Raises ``TypeError`` for anything else, which would be shown as it
    is.

    >>> print(visible(Text("low\x1b[31m")))
    low\x1b[31m
    """
    if isinstance(part, str):
        return one_line(part)
    if isinstance(part, Text):
        return _text(part)
    if isinstance(part, Group):
        return Group(*map(visible, part.renderables), fit=part.fit)
    if isinstance(part, Table):
        part.title = None if part.title is None else _words(part.title)
        for column in part.columns:
            column.header = visible(column.header)
            column._cells = [visible(cell) for cell in column._cells]
        return part
    raise TypeError(f"{type(part).__name__} is not made of texts")


def _words(words: str | Text) -> str | Text:
    return one_line(words) if isinstance(words, str) else _text(words)


def _text(text: Text) -> Text:
    plain = text.plain
    if plain.isprintable():
        return text
    at = list(accumulate((len(one_line(c)) for c in plain), initial=0))
    spans = [Span(at[span.start], at[min(span.end, len(plain))], span.style) for span in text.spans]
    escaped = text.blank_copy(one_line(plain))
    escaped.spans = spans
    return escaped
