"""Labels reach terminals, plots, programs and JSON as text, whatever is in them."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from rich.console import Group
from rich.table import Table
from rich.text import Text

import dynamech as dm
from dynamech.cli.streams import complain
from dynamech.report.plotting import LINES, name_ticks, save_figure
from dynamech.report.visible import visible

from .conftest import example

Run = Callable[..., Any]
NASTY = {
    "keep": "ke\x1b[2Jep",
    "sell": "se\u202ell",
    "low": "[red]low[/red]\nVerdict. The relaxation is tight",
    "high": "$high_2$ :smile: \x9b31m\x7f",
    "buyer": "bu\ryer\x07\u2028",
    "two-type-two-period": "\x1b]0;title\x07name\u200b",
    "where it comes from": "so\turce\x1b[31m",
}


def nasty() -> dict[str, Any]:
    """The example with labels that would do something to a terminal."""

    def named(part: Any) -> Any:
        if isinstance(part, dict):
            return {key: named(value) for key, value in part.items()}
        if isinstance(part, list):
            return [named(value) for value in part]
        return NASTY.get(part, part) if isinstance(part, str) else part

    made: dict[str, Any] = named(example())
    return made


@pytest.mark.parametrize("width", ["60", "140"])
def test_nothing_but_text_is_shown(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, width: str
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", width)
    Path("x.json").write_text(json.dumps(nasty()))
    said = ""
    for command in (
        ("show", "x.json"),
        ("design", "x.json", "--out", "m.json"),
        ("ladder", "x.json"),
        ("verify", "x.json", "m.json"),
        ("verify", "kln-nonseparable", "m.json"),
        ("implement", "x.json", "m.json"),
        ("export", "x.json", "--out", "x.mps"),
        ("correlation", "x.json"),
        ("bank", "x.json"),
        ("iron", "x.json"),
    ):
        ran = run(*command)
        for line in (ran.out + ran.err).split("\n"):
            assert line.isprintable(), (command, line)
        said += ran.out + ran.err
    flat = "".join(said.split())
    for label in (r"ke\x1b[2Jep", r"se\u202ell", r"[red]low[/red]\nVerdict.", r"$high_2$:smile:\x9b31m\x7f"):
        assert "".join(label.split()) in flat
    assert not any(line.startswith("Verdict. The relaxation is tight") for line in said.splitlines())


def test_json_has_the_labels_themselves_and_shows_none(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "x.json"
    path.write_text(json.dumps(nasty()))
    for command in (("show", str(path)), ("ladder", str(path)), ("design", str(path))):
        ran = run(*command, "--json", "--quiet")
        assert all(line.isprintable() for line in ran.out.split("\n"))
    content = run("show", str(path), "--json").json
    assert content["actions"][0] == [NASTY["keep"], NASTY["sell"]]
    assert content["agents"][0]["types"][0] == [NASTY["low"], NASTY["high"]]


def test_what_is_written_has_the_labels_themselves_and_shows_none(tmp_path: Path) -> None:
    env = dm.load(_written(tmp_path / "x.json"))
    again = tmp_path / "again.json"
    dm.save(env, again)
    assert all(line.isprintable() for line in again.read_text().split("\n"))
    assert dm.load(again).actions == env.actions == ((NASTY["keep"], NASTY["sell"]),) * 2


def _written(path: Path) -> Path:
    path.write_text(json.dumps(nasty()))
    return path


def test_marks_stay_where_they_are() -> None:
    text = Text.assemble(("a\x1b", "bold"), "b", ("\u202ec", "red"))
    shown = visible(text)
    assert isinstance(shown, Text)
    assert shown.plain == r"a\x1bb\u202ec"
    assert [(shown.plain[span.start : span.end], span.style) for span in shown.spans] == [
        (r"a\x1b", "bold"),
        (r"\u202ec", "red"),
    ]
    plain = Text("plain")
    assert visible(plain) is plain


def test_every_part_of_an_answer_is_looked_at() -> None:
    table = Table("he\nad", title="ti\x07tle")
    table.add_row(Group(Text("c\x1b"), "d\r"))
    shown = visible(Group(table, "e\n"))
    assert isinstance(shown, Group)
    assert (table.title, table.columns[0].header) == (r"ti\x07tle", r"he\nad")
    (cell,) = table.columns[0].cells
    assert isinstance(cell, Group)
    assert [str(part) for part in cell.renderables] == [r"c\x1b", r"d\r"]
    assert shown.renderables[1] == r"e\n"
    with pytest.raises(TypeError):
        visible(object())  # type: ignore[arg-type]


def test_a_complaint_is_one_line_of_a_length_that_can_be_read(capfd: pytest.CaptureFixture[str]) -> None:
    assert complain("bad\x1b[31m\nnumber " + "9" * 100_000 + " here", 2) == 2
    err = capfd.readouterr().err
    assert err.startswith(r"dynamech: bad\x1b[31m number 999")
    assert err.endswith(" here\n")
    assert len(err) < 1500


def test_plots_draw_labels_as_text(tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")
    from matplotlib.figure import Figure

    drawn = []
    for _ in range(2):
        figure = Figure()
        axes = figure.subplots()
        axes.plot([1, 2], label="$x^2$")
        axes.set_title("a$b$c\x1b[31m\nd")
        axes.legend()
        name_ticks(axes.yaxis, ["$y_1$", "\u202ez"])
        figure.supxlabel("one\ntwo", gid=LINES)
        path = tmp_path / "x.svg"
        save_figure(figure, str(path))
        drawn.append(path.read_bytes())
    assert drawn[0] == drawn[1]
    text = drawn[0].decode()
    for label in ("$x^2$", r"a$b$c\x1b[31m\nd", "$y_1$", r"\u202ez", "one", "two"):
        assert f"<!-- {label} -->" in text
