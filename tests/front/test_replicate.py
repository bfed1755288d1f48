"""``replicate``: all rows are computed, what disagrees is what the errata explain, and a row can say no."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction as F
from pathlib import Path
from typing import Any

import pytest

import dynamech as dm
from dynamech.studies.replicate import TABLE, Replication, replicate, select
from dynamech.studies.replication.errata import ERRATA
from dynamech.studies.replication.pages import page, with_theory
from dynamech.studies.replication.rows import Claimed, Misprint, NotReplicated, PaperRow, every, judged

ROOT = Path(__file__).parents[2]
PAPERS = ("KLN", "BV", "LIU", "MPTZ", "LN")


@pytest.fixture(scope="module")
def table() -> Replication:
    return replicate(TABLE)


def test_every_row_is_computed_and_what_disagrees_is_explained(table: Replication) -> None:
    assert len(table.rows) >= 150
    assert [row for row in table.rows if row.agrees is None] == []
    differing = {(row.paper, row.item) for row in table.rows if row.agrees is False}
    assert differing == {(row.paper, row.item) for row in TABLE if row.erratum}
    assert {row.erratum for row in table.rows if row.agrees is False} == ERRATA.keys()
    assert table
    assert (table.agree + table.disagree, table.failed) == (len(TABLE), 0)


def test_the_page_is_what_was_computed(table: Replication) -> None:
    assert (ROOT / "docs/replication.md").read_text(encoding="utf-8") == page(table)


def test_the_map_of_files_is_written_from_the_rows() -> None:
    text = (ROOT / "docs/theory.md").read_text(encoding="utf-8")
    assert text == with_theory(text)
    for row in TABLE:
        assert (ROOT / row.file).is_file(), (row.paper, row.item, row.file)


def test_items_are_named_once_and_every_paper_is_there() -> None:
    names = [(row.paper, row.item) for row in TABLE]
    assert len(set(names)) == len(names)
    assert tuple(dict.fromkeys(row.paper for row in TABLE)) == PAPERS


def row(printed: str, compute: Callable[..., Any], erratum: str = "") -> PaperRow:
    return PaperRow("LIU", "an item", printed, "models/x.py", erratum, compute)


ALTERED: list[tuple[str, Any, bool]] = [
    ("9/4", F(9, 4), True),
    ("9/4", F(9, 4) + F(1, 10**12), False),
    ("(0, 11)", [0, 11], True),
    ("(0, −12), (−3, −27)", [[0, -12], [-3, -27]], True),
    ("(0, 12)", [0, 11], False),
    ("(0, 11, 1)", [0, 11], False),
    ("0.7029", 0.70291, True),
    ("0.7029", 0.70301, False),
    ("a claim", Claimed(True, "holds"), True),
    ("a claim", Claimed(False, "does not"), False),
    ("a formula", Misprint(F(1), F(2), F(2)), False),
    ("a formula", Misprint(F(2), F(2), F(2)), True),
]


@pytest.mark.parametrize(("printed", "computed", "agrees"), ALTERED)
def test_a_row_says_yes_and_no(printed: str, computed: Any, agrees: bool) -> None:
    assert judged(printed, computed)[1] is agrees
    (answered,) = replicate([row(printed, lambda: computed)]).rows
    assert answered.agrees is agrees


def test_printed_numbers_of_the_table_can_be_wrong() -> None:
    """Rows whose printed numbers are compared as they stand: others are seen to disagree."""
    names = {"section 3.1: p_2^2", "Theorem 3.2: section 3.1", "section 3: M_2 with many tasks"}
    numbers = [one for one in TABLE if one.item in names]
    assert len(numbers) == 3
    for one in numbers:
        (right,) = replicate([one]).rows
        (wrong,) = replicate([replace(one, printed=one.printed.replace("1", "7").replace("0", "5"))]).rows
        assert (right.agrees, wrong.agrees) == (True, False), one.item


def test_a_row_that_raises_says_so_and_a_correction_has_to_hold() -> None:
    def broken() -> None:
        raise ArithmeticError("a number\nis missing")

    answer = replicate([row("1", broken), row("a formula", lambda: Misprint(1, 2, 3), "LIU-3")])
    assert not answer
    assert [one.agrees for one in answer.rows] == [None, None]
    assert answer.rows[0].computed == "failed: ArithmeticError: a number is missing"
    assert answer.rows[1].computed == "failed: NotReplicated: corrected, it gives 3, not 2"
    assert not replicate([row("1", lambda: F(1), "LIU-3")])  # an erratum that nothing shows
    assert not replicate([row("1", lambda: F(2))])  # a difference that nothing explains
    with pytest.raises(NotReplicated, match="no case"):
        every([], "environments")
    assert every([("a", True), ("b", False)], "cases").text == "holds in 1 of 2 cases; not in b"


def test_rows_by_name() -> None:
    assert {one.paper for one in select("liu")} == {"LIU"}
    assert {one.erratum for one in select("MPTZ-fee")} == {"MPTZ-fee"}
    assert [one.item for one in select("LIU section 3.1: p_2^2")] == ["section 3.1: p_2^2"]
    with pytest.raises(
        dm.DynamechError, match=r"no paper, item or erratum 'XYZ' \(papers: KLN, BV, LIU, MPTZ, LN\)"
    ):
        dm.replicate("XYZ")


def test_the_command(run: Callable[..., Any]) -> None:
    ran = run("replicate", "BV after (9)", "--json")
    assert ran.code == 0
    (*rows,) = json.loads(ran.out)["rows"]
    assert len(rows) == 2
    assert set(rows[0]) == {"paper", "item", "printed", "computed", "agrees", "why", "erratum", "file"}
    assert rows[0]["computed"] == "holds in 28 of 28 pairs"
    ran = run("replicate", "BV-multi-task")
    assert "2/5, not -2/5" in ran.out
    assert "BV-multi-task. The price of bidder 1" in ran.out
    ran = run("replicate", "nothing like it")
    assert (ran.code, ran.out) == (2, "")


def test_a_failing_row_is_exit_code_1(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from dynamech.cli import commands
    from dynamech.studies import replicate as home

    monkeypatch.setattr(home, "TABLE", (row("1", lambda: F(2)),))
    assert commands.run(["replicate", "--quiet"]) == 1
    assert "Not explained" in capsys.readouterr().out
