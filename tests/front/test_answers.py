"""Every answer: a short line, the command line's JSON and tables, a frame, HTML of plain text, pickles."""

from __future__ import annotations

import html
import inspect
import itertools
import json
import pickle
import re
import subprocess
import sys
import typing
from collections.abc import Callable
from fractions import Fraction
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import dynamech as dm
from dynamech.instances.file import instance_from_json
from dynamech.models.answers.answer import Answer
from dynamech.models.design.program import CompiledProgram
from dynamech.report.answers import FACES, columns

from .answers import CASES, TAG, Case, designed, kln, ladder, prove, whole

Run = Callable[..., Any]
NOT_ANSWERS = {CompiledProgram, dm.Signals, type(None)}
"""What functions return that is no answer: data for solvers, a part of an environment, nothing."""
SEVERAL = {"verify": {dm.Verdict, dm.Verdicts}}
"""Functions that return one thing or another."""

NAMELESS = {
    "replication",
    "maximin", "maximin of items", "extraction", "schedule", "ascending auction", "multi-task", "task lists",
    "arrivals", "convergence",
}  # fmt: skip
"""What says nothing of anybody by name."""

every = pytest.mark.parametrize("name", CASES)


@cache
def answer(name: str) -> Any:
    return CASES[name].make()


def test_the_table_is_complete() -> None:
    """Every class that answers has a line above, and a face; so has all that a public function returns."""
    made = {type(answer(name)) for name in CASES}
    answers: set[type] = set()
    left: list[type] = [Answer]
    while left:
        kind = left.pop()
        left += kind.__subclasses__()
        answers.add(kind)
    for kind in answers - {Answer}:
        assert any(parent in made for parent in kind.__mro__), kind
        assert any(parent in FACES for parent in kind.__mro__), kind
    for name in dm.__all__:
        function = getattr(dm, name)
        if not inspect.isfunction(function):
            continue
        returned = typing.get_type_hints(function)["return"]
        for kind in SEVERAL.get(name, {returned}):
            assert kind in NOT_ANSWERS or kind in made, f"{name} returns {kind}, which no line above makes"
            assert kind in NOT_ANSWERS or issubclass(kind, Answer), kind


@every
def test_a_line_says_what_it_is(name: str) -> None:
    line = repr(answer(name))
    assert len(line) < 200
    assert line.isprintable()
    assert type(answer(name)).__name__ in line
    assert "array(" not in line


@every
def test_json_is_that_of_the_command_line(name: str, run: Run, tmp_path: Path) -> None:
    made, case = answer(name), CASES[name]
    content = made.to_json()
    again = json.loads(json.dumps(content, allow_nan=False))
    assert again == json.loads(json.dumps(pickle.loads(pickle.dumps(made)).to_json()))
    if not case.command:
        return
    ran = run(*command_of(case, tmp_path), "--json", "--quiet")
    assert untimed(case.part(ran.json)) == untimed(again)


def command_of(case: Case, folder: Path) -> list[str]:
    """The case's command, after its files are written."""
    files = {name: folder / f"{name}.json" for name in "XMC"}
    dm.save(case.env(), files["X"])
    if case.mechanism is not None:
        files["M"].write_text(json.dumps(case.mechanism().to_json()))
    command, *words = case.command
    if "C" in words:
        prove(files["C"])
    else:
        words = ["X", *words]
    return [command, *(str(files.get(word, word)) for word in words)]


def untimed(content: Any) -> Any:
    """Without the seconds that were spent."""
    if isinstance(content, dict):
        return {key: untimed(value) for key, value in content.items() if key != "seconds"}
    return [untimed(entry) for entry in content] if isinstance(content, list) else content


@every
def test_print_shows_the_tables_of_the_command_line(
    name: str, run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    case = CASES[name]
    said = str(answer(name))
    assert said.strip()
    if not (case.part is whole and case.command) and case.command[:1] != (
        "show",
    ):  # it prints something else
        return
    monkeypatch.setenv("COLUMNS", "130")
    printed = run(*command_of(case, tmp_path), "--quiet").out
    assert without_seconds(printed).startswith(without_seconds(said))


def without_seconds(text: str) -> str:
    return "\n".join(
        re.sub(r"( +\d+\.\d\d|^ *\d+\.\d\d)$", "", line.rstrip())
        for line in text.splitlines()
        if not line.startswith("seconds")
    )


@every
def test_html_shows_labels_as_text(name: str) -> None:
    page = answer(name)._repr_html_()
    assert page.startswith('<div class="dynamech"><style>')
    tags = "div style strong small p table caption thead tbody tr th td"
    assert set(re.findall(r"</?(\w+)", page)) <= set(tags.split())
    shown = html.unescape(re.sub(r"<[^>]*>", " ", re.sub("</?(strong|small)>", "", page)))
    if name not in NAMELESS:
        assert TAG in shown
    said = [word for word in str(answer(name)).split() if not set(word) <= {"─"}]
    assert set(said) <= set(shown.split())


@every
def test_no_answer_floods_a_notebook(name: str) -> None:
    """Three of them and what is around them stay under 50 kB."""
    shown = answer(name)
    assert len(repr(shown)) < 200
    assert len(shown._repr_html_().encode()) < 15_000


@every
def test_columns_are_figures_of_one_length(name: str) -> None:
    found = columns(answer(name))
    lengths = {len(column) for column in found.values()}
    assert len(lengths) == 1
    assert lengths != {0} or name == "implementation"  # where payments exist, no lies stop them
    assert all(isinstance(column, list | tuple | np.ndarray) for column in found.values())


@every
def test_frames(name: str) -> None:
    pandas = pytest.importorskip("pandas")
    made = answer(name).to_dataframe()
    assert isinstance(made, pandas.DataFrame)
    expected = columns(answer(name))
    assert list(made.columns) == list(expected)
    for title, column in expected.items():
        for one, other in zip(made[title], column, strict=True):
            assert one == other or (one != one and other in (None, other))


def test_frames_hold_the_figures() -> None:
    """Some by hand: exact values stay rational, a mechanism keeps every lottery, types have their names."""
    rungs = columns(ladder())
    at = list(rungs["name"]).index("bayesian")
    assert rungs["value"][at] == Fraction(5, 2) == ladder()["bayesian"].value
    assert rungs["gap"][at] == 0
    assert rungs["tight"][list(rungs["name"]).index("relaxed")] is False
    mechanism = designed().mechanism
    parts = columns(mechanism)
    shares: dict[Any, Any] = {}
    for period, memory, report, share in zip(
        *(parts[title] for title in ("period", "memory", "report of 0", "share")), strict=True
    ):
        shares[period, memory, report] = shares.get((period, memory, report), 0) + share
    assert set(shares.values()) == {1}
    assert len(shares) == sum(stage.allocation[..., 0].size for stage in mechanism.stages)
    values = columns(kln())
    rows = list(zip(*(values[title] for title in ("period", "action", f"type of {TAG}buyer")), strict=True))
    assert len(rows) == len(set(rows))
    for (t, action, kind), value in zip(rows, values["value"], strict=True):
        table = kln().agents[0].values[t][kln().actions[t].index(action)]
        assert value == (table[kln().agents[0].types[t].index(kind)] if kind is not None else table[0])
    budget = answer("budget")
    fees, env = columns(budget), budget.plan.environment
    assert list(fees[f"{env.agents[0].name} pays"]) == list(budget.path.first[0])
    assert list(zip(*(fees[agent.name] for agent in env.agents), strict=True)) == list(
        itertools.product(*(agent.types[0] for agent in env.agents))
    )


def test_without_pandas_one_line_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pandas", None)
    with pytest.raises(
        dm.errors.NotInstalled, match=r'^data frames need pandas: pip install "dynamech\[pandas\]"$'
    ):
        answer("design").to_dataframe()


@every
def test_pictures(name: str) -> None:
    pytest.importorskip("matplotlib")
    from matplotlib.figure import Figure

    made = answer(name)
    if CASES[name].figure:
        drawn = made.plot()
        assert isinstance(drawn, Figure)
        assert drawn.axes
    else:
        with pytest.raises(dm.errors.InvalidInput, match=f"^there is no picture of a {type(made).__name__}"):
            made.plot()


def test_an_answer_shows_itself_in_a_process_that_knows_nothing(tmp_path: Path) -> None:
    """The front is found from wherever an answer was unpickled."""
    path = tmp_path / "answer"
    path.write_bytes(pickle.dumps(answer("design")))
    script = "import pickle, sys; print(pickle.load(open(sys.argv[1], 'rb'))._repr_html_())"
    ran = subprocess.run(
        [sys.executable, "-c", script, str(path)],
        capture_output=True,
        text=True,
        check=True,
        encoding="utf-8",
    )
    assert ran.stdout.rstrip("\n") == answer("design")._repr_html_().rstrip("\n")


def test_parts_and_solutions_are_told_in_a_line() -> None:
    """Nothing that hangs on an answer prints pages."""
    made = designed()
    assert made.solution is not None
    assert made.program is not None
    parts: list[Any] = [kln().agents[0], kln().agents[0].signals, made.mechanism.stages[0]]
    parts += [made.solution, made.program, made.certificate, made.solved.compiled.layout.tree]
    parts += made.program.row_blocks.values()
    parts += [pickle.loads(pickle.dumps(block)) for block in made.program.row_blocks.values()]
    for part in parts:
        assert len(repr(part)) < 200, part
        assert repr(part).isprintable()


def test_long_names_are_cut() -> None:
    """A file decides how long names are, and what is in them."""
    content = dm.load("two-type-markov").to_json()
    content["name"] = "long " * 200 + "\x1b[2J\n"
    content["agents"][0]["name"] = "name " * 200
    env = instance_from_json(content)
    for made in (env, dm.design(env), dm.compile(env), dm.design(env).mechanism):
        assert len(repr(made)) < 200
        assert repr(made).isprintable()
