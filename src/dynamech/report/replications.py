"""The replication table: what is printed, what is computed, a mark, and why where they differ."""

from __future__ import annotations

from typing import Any

from rich.text import Text

from ..studies.replicate import Replicated, Replication
from .frames import Columns, of_rows
from .wording import Shown, counted, said, table

MARKS = {True: "agrees", False: "differs", None: "failed"}


def replication_report(answer: Replication) -> list[Shown]:
    """The command line's."""
    head = Text.assemble(
        ("The papers replicated", "bold"),
        f": {counted(len(answer.rows), 'row')}, {answer.agree} agree, {answer.disagree} differ, "
        f"{answer.failed} failed",
    )
    lines = table(["paper", "item", "printed", "computed", ""])
    for one in answer.rows:
        mark = one.erratum if one.agrees is False and one.explained else MARKS[one.agrees]
        lines.add_row(one.paper, one.item, one.printed, one.computed, mark)
    reasons = {one.erratum: one.why for one in answer.rows if one.erratum}
    texts = list(reasons.items())
    texts += [
        ("Not explained", f"{one.paper} {one.item}: {one.computed}")
        for one in answer.rows
        if not one.explained
    ]
    return [head, lines, *said(texts)]


def _row(one: Replicated) -> dict[str, Any]:
    return {
        "paper": one.paper, "item": one.item, "printed": one.printed, "computed": one.computed,
        "agrees": one.agrees, "why": one.why,
    }  # fmt: skip


def replication_json(answer: Replication) -> dict[str, Any]:
    """The contract's, and of each row its erratum and the file of the mathematics."""
    rows = [_row(one) | {"erratum": one.erratum or None, "file": one.file} for one in answer.rows]
    return {"rows": rows}


def replication_columns(answer: Replication) -> Columns:
    """A row a row."""
    return of_rows(_row(one) | {"file": one.file, "seconds": one.seconds} for one in answer.rows)
