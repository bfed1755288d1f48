"""``range``: its JSON, its tables, files, what it refuses, and what is left of it when it is interrupted."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from dynamech.models.design.design import design

from .conftest import Ran, example

Run = Callable[..., Ran]
KLN = ("range", "kln-nonseparable", "--set", "n=3", "--parameter", "c_times", "--from", "3", "--to", "6")


def test_json_has_intervals_without_holes(run: Run, tmp_path: Path) -> None:
    ran = run(*KLN, "--points", "3", "--json", "--quiet", "--plot", str(tmp_path / "gap.png"))
    assert (ran.code, ran.err) == (0, "")
    assert (tmp_path / "gap.png").stat().st_size > 1000
    content = ran.json
    assert content.keys() == {
        "instance", "parameter", "rung", "status", "width", "intervals", "points",
    }  # fmt: skip
    told = [(run["from"], run["to"], run["tight"], run["exact"]) for run in content["intervals"]]
    assert told == [("3", "4", True, True), ("4", "6", False, True)]
    gaps = {point["at"]: point["gap"] for point in content["points"]}
    assert (gaps["3"], gaps["4"], gaps["9/2"], gaps["6"]) == ("0", "0", "1/12", "1/6")


def test_the_table_says_what_is_proved(run: Run) -> None:
    ran = run(*KLN, "--points", "3")
    assert "3   4  tight      exact" in ran.out
    assert "tight from 3 to 4" in ran.out
    assert run(*KLN, "--points", "3", "--quiet", "--time-limit", "1e-9").out.count("not known") == 1


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("--from", "high"), "--from: 'high' is not a number such as 2, 0.25 or 3/8"),
        (("--to", "3"), "the range of c_times must go up, not from 3 to 3"),
        (("--width", "-1"), "the width must be above 0, not -1"),
        (("--parameter", "seed"), "kln-nonseparable has no parameter 'seed' (it has: n, c_plus, c_times)"),
        (("--rung", "ex-post"), "rung 'ex-post' is no bound on 'bayesian'"),
        (("--time-limit", "0"), "--time-limit: '0' is not a positive number of seconds"),
        (("--plot", "gap.txt"), "gap.txt: a plot is written as .png, .pdf, .svg"),
    ],
)
def test_bad_input_is_one_line(run: Run, words: tuple[str, ...], message: str) -> None:
    ran = run(*KLN, *words)
    assert (ran.code, ran.out) == (2, "")
    assert message in ran.err
    assert ran.err.count("\n") == 1


def test_a_file_has_no_parameters(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "two.json"
    path.write_text(json.dumps(example()))
    ran = run("range", str(path), "--parameter", "n", "--from", "2", "--to", "3")
    assert ran.code == 2
    assert "a file has no parameters; give a library name" in ran.err


def test_an_interruption_prints_what_is_known(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[Any] = []

    def interrupted(*given: Any) -> Any:
        asked.append(given)
        if len(asked) > 5:  # two programs a number: in the middle of the third
            raise KeyboardInterrupt
        return design(*given)

    monkeypatch.setattr("dynamech.models.ladder.range_search.design", interrupted)
    ran = run(*KLN, "--points", "3", "--json", "--quiet")
    assert ran.code == 130
    assert ran.json["status"] == "interrupted"
    assert [point["at"] for point in ran.json["points"]] == ["3", "6"]
    assert [(run["to"], run["within"], run["exact"]) for run in ran.json["intervals"]] == [
        ("3", "3", False),
        ("6", "0", False),
    ]
    assert ran.err == "dynamech: interrupted; what was known by then is above\n"
