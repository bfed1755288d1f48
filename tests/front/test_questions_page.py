"""docs/questions.md, docs/gallery.md: every line of their tables is asked, and answers what is printed."""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from dynamech.instances import all_families

DOCS = Path(__file__).parents[2] / "docs"
PAGE = (DOCS / "questions.md").read_text() + (DOCS / "gallery.md").read_text()
DEMANDS = {"--payments": 2, "--on": 2, "--budget": 2, "--balanced": 1, "--anonymous": 2, "--deterministic": 1}
"""Options that are demands, with the words that each takes up."""
Run = Callable[..., Any]


def lines(columns: int) -> list[list[str]]:
    """The lines of the table of so many columns, without its head."""
    rows = [[cell.strip() for cell in line[1:-1].split("|")] for line in PAGE.splitlines() if line[:1] == "|"]
    return [
        row
        for row in rows
        if len(row) == columns and row[0] not in ("question", "what it shows") and set(row[0]) != {"-"}
    ]


DEMANDED = [(row[1].strip("`"), row[2].strip("`"), row[3]) for row in lines(5)]
COMMANDS = [command for row in lines(3) if "MECHANISM" not in (command := row[1].strip("`"))]


def without_demands(words: list[str]) -> list[str]:
    kept, k = [], 0
    while k < len(words):
        if words[k] not in DEMANDS:
            kept.append(words[k])
        k += DEMANDS.get(words[k], 1)
    return kept


@pytest.mark.parametrize(("family", "words", "printed"), DEMANDED)
def test_a_demand_costs_what_is_printed(run: Run, family: str, words: str, printed: str) -> None:
    values = re.fullmatch(r"(\S+)(?: \((\S+)\))?", printed)
    assert values is not None
    asked = shlex.split(words)
    assert run("design", family, *asked, "--exact", "--json", "--quiet").json["exact"] == values[1]
    less = without_demands(asked)
    assert (less != asked) == (values[2] is not None)
    if values[2] is not None:
        free = run("design", family, *less, "--exact", "--json", "--quiet").json
        assert (free["exact"] or free["status"]) == values[2]


@pytest.mark.parametrize("command", COMMANDS)
def test_a_question_is_answered(
    run: Run, command: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)  # some write files
    program, *words = shlex.split(command)
    assert program == "dynamech"
    assert run(*words, "--quiet").code == 0


def test_the_tables_are_read() -> None:
    assert len(DEMANDED) >= 15
    assert len(COMMANDS) >= 10
    assert {family for family, *_ in DEMANDED} < {family.name for family in all_families()}
