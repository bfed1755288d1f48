"""Tables on narrow consoles: whole numbers, whole names, all columns."""

from __future__ import annotations

from collections.abc import Callable
from io import StringIO
from typing import Any

import pytest
from rich.console import Console

from dynamech.report.visible import put
from dynamech.report.wording import facts, table

Run = Callable[..., Any]
VALUES = ["107819/40000 ≈ 2.69548", "≈ 3.07188", "0"]


def printed(width: int) -> list[str]:
    lines = table(["rung", "value", "gap", "what it means"], right=["value", "gap"])
    for name, value in zip(["types-public", "first-order", "bayesian"], VALUES, strict=True):
        lines.add_row(name, value, "0.0849375", "adjacent downward lies in every period")
    said = StringIO()
    put(Console(file=said, width=width, color_system=None), [lines])
    return said.getvalue().splitlines()


@pytest.mark.parametrize("width", [40, 60, 80, 120])
def test_no_number_and_no_name_is_broken(width: int) -> None:
    lines = printed(width)
    assert max(map(len, lines)) <= width
    text = "\n".join(lines)
    for whole in [*VALUES, "0.0849375", "types-public", "first-order", "bayesian", "downward"]:
        assert whole in text


def test_pieces_name_their_rows() -> None:
    """Forty columns hold the rungs and one or two columns more."""
    heads = [line.split()[0] for line in printed(40) if "rung" in line]
    assert len(heads) > 1
    assert sum(line.startswith("types-public") for line in printed(40)) == len(heads)
    assert sum("types-public" in line for line in printed(120)) == 1


def test_what_is_wider_than_the_console_is_broken_and_nothing_is_lost() -> None:
    said = StringIO()
    name = "x" * 90
    put(Console(file=said, width=30, color_system=None), [facts([("name", name), ("other", "y")])])
    assert said.getvalue().count("x") == 90
    assert max(map(len, said.getvalue().splitlines())) <= 30


@pytest.mark.parametrize("width", [60, 80])
def test_a_ladder_on_a_narrow_terminal(width: int, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """Exact values of a horizon of 4 broke "types-public" after its last letter but one."""
    monkeypatch.setenv("COLUMNS", str(width))
    lines = run("ladder", "two-type-markov", "--set", "horizon=4", "--exact", "--quiet").out.splitlines()
    for whole in ("types-public", "107819/40000 ≈ 2.69548", "0.0849375", "84 × 162"):
        assert any(whole in line for line in lines), whole


def test_shocks_in_a_witness_are_told(run: Run) -> None:
    """Types are written with shocks; which shock draws what stands beside them."""
    out = run("ladder", "two-type-markov", "--set", "horizon=4", "--exact", "--quiet").out
    assert "(shock 1)" in out
    assert "Shocks of 'buyer', periods 1 to 3: the type that each draws" in out
    rows = [line.split() for line in out.splitlines()]
    assert [row for row in rows if len(row) == 4 and row[2] in ("low", "high")] == [
        ["0", "1/4", "low", "low"],
        ["1", "5/12", "low", "high"],
        ["2", "1/3", "high", "high"],
    ]
    told = run("ladder", "kln-nonseparable", "--quiet").out
    assert "Who lies" in told
    assert "Shocks of" not in told  # its types are signals
