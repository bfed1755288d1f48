"""The table as pages of the documentation: `python -m dynamech.studies.replication.pages DOCS`.

Written are ``replication.md``, the whole table, and the last section of ``theory.md``, which file holds the
mathematics of which item.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Sequence
from pathlib import Path

from ..replicate import TABLE, Replication, replicate
from .errata import ERRATA
from .rows import PaperRow

BEGINS = "## Which file holds which item\n"
NAMES = {
    "KLN": "Kakade, Lobel and Nazerzadeh", "BV": "Bergemann and Välimäki", "LIU": "Liu",
    "MPTZ": "Mirrokni, Paes Leme, Tang and Zuo", "LN": "the lecture notes",
}  # fmt: skip


def plain(text: str) -> str:
    """A text of which Markdown makes nothing else."""
    return re.sub(r"([|*_<\\\[\]])", r"\\\1", text)


def page(table: Replication) -> str:
    """The whole table, a section a paper, and the errata."""
    lines = [
        "# The papers replicated",
        "",
        f"{len(table.rows)} numbers, examples and theorems of five papers, each computed by "
        f"`dynamech replicate`: {table.agree} agree with what is printed, {table.disagree} do not, for "
        "reasons that are given at the end. "
        "Theorems and formulas are claims over stated cases. This page is written by "
        "`python -m dynamech.studies.replication.pages docs`, and a test computes it again.",
    ]
    for paper, name in NAMES.items():
        lines += [
            "",
            f"## {name[0].upper()}{name[1:]} ({paper})",
            "",
            "| item | printed | computed | |",
            "|---|---|---|---|",
        ]
        for row in table.rows:
            if row.paper == paper:
                mark = "✓" if row.agrees else row.erratum or "✗"
                cells = (row.item, row.printed, row.computed, mark)
                lines.append(f"| {' | '.join(plain(cell) for cell in cells)} |")
    lines += ["", "## Errata", "", "| | what is wrong, and what stands instead |", "|---|---|"]
    lines += [f"| {key} | {plain(text)} |" for key, text in ERRATA.items()]
    return "\n".join(lines) + "\n"


def theory(rows: Sequence[PaperRow] = TABLE) -> str:
    """The section of files: a line a file, with the items of every paper."""
    files: dict[str, dict[str, list[str]]] = {}
    for row in rows:
        items = files.setdefault(row.file, {}).setdefault(row.paper, [])
        if row.item not in items:
            items.append(row.item)
    lines = [
        BEGINS,
        "Written from the rows of the [replication table](replication.md), which compute every item.",
        "",
        "| file | items |",
        "|---|---|",
    ]
    for file, papers in sorted(files.items()):
        told = "; ".join(f"{paper} {', '.join(items)}" for paper, items in papers.items())
        lines.append(f"| `{file}` | {plain(told)} |")
    return "\n".join(lines) + "\n"


def with_theory(text: str) -> str:
    """The page of theory with its last section as `theory` writes it."""
    return f"{text.partition(BEGINS)[0].rstrip()}\n\n{theory()}"


def main(docs: Path) -> None:
    """Write both into this folder."""
    (docs / "replication.md").write_text(page(replicate(TABLE)), encoding="utf-8")
    home = docs / "theory.md"
    home.write_text(with_theory(home.read_text(encoding="utf-8")), encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
