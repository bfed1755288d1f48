"""Files that commands write and go on from: what is there is lost to nobody, and what is changed is seen."""

from __future__ import annotations

import json
import os
import stat
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

import dynamech as dm
from dynamech.bench import Asked, Case, Instance, Keeper
from dynamech.cli.resume import Record
from dynamech.instances.jsonfile import digest
from dynamech.models.design.question import Question
from dynamech.solvers.effort import EXACT
from dynamech.solvers.errors import InvalidInput

Run = Callable[..., Any]
LADDER = ("ladder", "kln-nonseparable", "--set", "n=2", "--exact", "--json", "--quiet", "--out")


def refused(ran: Any, *reasons: str) -> None:
    assert (ran.code, ran.out, ran.err.count("\n")) == (2, "", 1)
    for reason in reasons:
        assert reason in ran.err


def signed(content: dict[str, Any]) -> str:
    """The text of a ladder's file with the digest that fits it."""
    rest = {key: value for key, value in content.items() if key != "digest"}
    return json.dumps({"digest": digest(rest), **rest})


def test_a_changed_ladder_is_refused_wherever_it_was_changed(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "ladder.json"
    assert run(*LADDER, str(path)).code == 0
    written = path.read_text()
    changes: list[Callable[[Any], object]] = [
        lambda c: c["rungs"][5].update(exact="5/2", value=2.5),
        lambda c: c["rungs"][1].update(status="infeasible"),
        lambda c: c["rungs"].pop(),
        lambda c: c.update(instance="another"),
        lambda c: c["tight"].update(relaxed=True),
    ]
    for change in changes:
        content = json.loads(written)
        change(content)
        path.write_text(json.dumps(content))
        refused(run(*LADDER, str(path)), "was changed after it was written; it was left as it is")
        assert path.read_text() == json.dumps(content)
    path.write_text(written[: len(written) // 2])
    refused(run(*LADDER, str(path)), "not JSON")
    assert path.read_text() == written[: len(written) // 2]


@pytest.mark.parametrize(
    ("key", "value", "reason"),
    [
        ("exact", "1/0", "divides by zero"),
        ("exact", "1e400", "beyond the range of doubles"),
        ("exact", 10**400, "beyond the range of doubles"),
        ("exact", [], "a list is not a number"),
        ("value", float("nan"), "not a finite number"),
        ("value", {}, "an object is not a number"),
        ("seconds", "1e999999999", "beyond 10^±1000"),
        ("status", None, "null is not a text"),
        ("name", ["none"], "a list is not a text"),
        ("name", "nosuch", "nosuch"),
        ("rows", -1, "are not counts"),
        ("columns", True, "are not counts"),
        ("nonzeros", 2.5, "are not counts"),
        ("attained", 1, "neither true nor false"),
        ("message", 3, "3 is not a text"),
    ],
)
def test_a_forged_ladder_is_refused_in_one_line(
    run: Run, tmp_path: Path, key: str, value: Any, reason: str
) -> None:
    path = tmp_path / "ladder.json"
    env = dm.load("kln-nonseparable", n=2)
    record = Record(str(path), env, Question.of(env), EXACT)
    record.write({"none": dm.design(env, incentives="none", exact=True)})
    content = json.loads(path.read_text())
    content["rungs"][0][key] = value
    path.write_text(signed(content))
    refused(run(*LADDER, str(path)), "is damaged (rung ", reason)
    content["rungs"] = "none"
    path.write_text(signed(content))
    refused(run(*LADDER, str(path)), "is damaged")


def test_float_values_keep_all_their_digits_and_their_error(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "ladder.json"
    env = dm.load("two-type-markov")
    words = ("ladder", "two-type-markov", "--json", "--quiet", "--out", str(path))
    first = run(*words).json
    made = dm.design(env)
    kept = {rung["name"]: rung for rung in json.loads(path.read_text())["rungs"]}
    assert kept["bayesian"]["value"] == made.value
    again = run(*words).json
    for one, other in zip(first["rungs"], again["rungs"], strict=True):
        assert (one["value"], one["status"]) == (other["value"], other["status"])
    assert (first["tight"], first["gap"]) == (again["tight"], again["gap"])


def test_two_runs_of_one_ladder_share_a_file(tmp_path: Path) -> None:
    path = tmp_path / "ladder.json"
    env = dm.load("kln-nonseparable", n=2)
    question = Question.of(env)
    names = ["none", "virtual", "first-order", "bayesian"]
    designs = {name: dm.design(env, incentives=name, exact=True) for name in names}

    def write(name: str) -> None:
        Record(str(path), env, question, EXACT).write({name: designs[name]})

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(write, names))
    found = Record(str(path), env, question, EXACT).read()
    assert {name: rung.value for name, rung in found.items()} == {
        name: design.value for name, design in designs.items()
    }
    other = Record(str(path), dm.load("kln-nonseparable", n=3), question, EXACT)
    with pytest.raises(InvalidInput, match="holds another ladder"):
        other.write({"none": designs["none"]})
    assert len(json.loads(path.read_text())["rungs"]) == 4


def test_certificates_of_a_ladder_replace_nothing_but_certificates(run: Run, tmp_path: Path) -> None:
    instance = tmp_path / "x.relaxed.json"
    dm.save(dm.load("kln-nonseparable", n=2), instance)
    before = instance.read_text()
    target = str(tmp_path / "x.json")
    words = ("ladder", str(instance), "--exact", "--quiet", "--certificate", target)
    refused(run(*words), "x.relaxed.json has another use in this command and would be overwritten")
    words = ("ladder", "kln-nonseparable", "--exact", "--quiet", "--certificate", target)
    refused(run(*words), "x.relaxed.json would be written too; it is there and is no certificate")
    refused(run(*words[:-1], "/dev/null"), "--certificate: /dev/null is no file")
    assert [entry.name for entry in tmp_path.iterdir()] == ["x.relaxed.json"]
    assert instance.read_text() == before
    instance.unlink()
    for _ in range(2):
        assert run(*words).code == 0
    assert len(list(tmp_path.iterdir())) == 7


def test_an_export_replaces_no_stranger_beside_it(run: Run, tmp_path: Path) -> None:
    names = tmp_path / "m.mps.names.json"
    names.write_text("precious")
    ran = run("export", "kln-nonseparable", "--out", str(tmp_path / "m.mps"))
    refused(ran, "m.mps.names.json would be written too; it is there and is no file of names")
    assert [entry.read_text() for entry in tmp_path.iterdir()] == ["precious"]


@pytest.mark.skipif(sys.platform == "win32", reason="links and devices of POSIX")
def test_links_and_devices_stay_what_they_are(run: Run, tmp_path: Path) -> None:
    link, target = tmp_path / "link.json", tmp_path / "target.json"
    link.symlink_to(target)
    for words in (
        ("design", "kln-nonseparable", "--out"),
        ("show", "kln-nonseparable", "--out"),
        ("design", "kln-nonseparable", "--exact", "--certificate"),
        ("ladder", "kln-nonseparable", "--out"),
    ):
        target.unlink(missing_ok=True)
        assert run(*words, str(link), "--quiet").code == 0
        assert link.is_symlink()
        assert json.loads(target.read_text())
    mine = tmp_path / "mine.json"
    dm.save(dm.load("kln-nonseparable"), mine)
    other = tmp_path / "other.json"
    os.link(mine, other)
    refused(run("design", str(mine), "--out", str(other)), "has another use in this command")
    assert run("design", "kln-nonseparable", "--out", "/dev/null", "--quiet").code == 0
    assert stat.S_ISCHR(os.stat("/dev/null").st_mode)
    if os.path.exists("/dev/full"):
        refused(run("design", "kln-nonseparable", "--out", "/dev/full", "--quiet"), "No space left on device")


# Benches

FIGURES = {"status": "optimal", "message": "", "value": 0.1, "exact": None, "seconds": {"total": 0.25}}


@pytest.fixture
def case() -> Case:
    return Case(Instance("two-type-markov"), Asked(), "textbook", "highs")


def test_a_file_without_a_line_break_at_its_end_is_not_destroyed(
    run: Run, tmp_path: Path, case: Case
) -> None:
    path = tmp_path / "notes.json"
    for content in ('{"my": "only notes"}', '{"format": "dynamech/1"}', "{", '{"format": "dynamech-b'):
        path.write_text(content)
        if content == '{"format": "dynamech-b':  # the beginning of a line of ours
            assert Keeper(str(path)).cut
        else:
            refused(run("bench", "two-type-markov", "--out", str(path)), "is no measurement")
        assert path.read_text() == content
    path.unlink()
    Keeper(str(path)).keep(case, 0, FIGURES)
    whole = path.read_bytes()
    path.write_bytes(whole[:-1])
    again = Keeper(str(path))
    assert again.figures(case, 1) == [FIGURES]
    assert not again.cut
    again.keep(case, 1, FIGURES)
    assert path.read_bytes().count(b"\n") == 2
    assert Keeper(str(path)).figures(case, 2) == [FIGURES] * 2


@pytest.mark.parametrize("kept", [21, 30, 200, -2])
def test_a_line_cut_short_is_left_out_and_said(tmp_path: Path, case: Case, kept: int) -> None:
    path = tmp_path / "kept.jsonl"
    keeper = Keeper(str(path))
    keeper.keep(case, 0, FIGURES)
    first = path.read_bytes()
    keeper.keep(case, 1, FIGURES)
    cut = first + path.read_bytes()[len(first) :][:kept]
    path.write_bytes(cut)
    again = Keeper(str(path))
    assert (again.cut, again.figures(case, 2)) == (True, [FIGURES])
    assert path.read_bytes() == cut  # reading changes nothing
    again.keep(case, 1, FIGURES)
    assert not Keeper(str(path)).cut
    assert Keeper(str(path)).figures(case, 2) == [FIGURES] * 2


def test_a_changed_line_is_refused(run: Run, tmp_path: Path, case: Case) -> None:
    path = tmp_path / "kept.jsonl"
    Keeper(str(path)).keep(case, 0, FIGURES)
    changed = path.read_text().replace("0.25", "0.125")
    path.write_text(changed)
    refused(run("bench", "two-type-markov", "--out", str(path)), "line 1", "was changed after it was written")
    assert path.read_text() == changed
    line = json.loads(changed)
    for change in ({"seconds": {"total": "x"}}, {"exact": "1/0x"}, {"rows": 1.5}, {"status": None}):
        figures = FIGURES | change
        rest = {key: value for key, value in line.items() if key != "check"} | {"figures": figures}
        path.write_text(json.dumps(rest | {"check": digest(rest)}) + "\n")
        refused(run("bench", "two-type-markov", "--out", str(path)), "line 1 is no measurement")
    for text in ("[" * 100_000, "9" * 1_000_000, "null"):
        path.write_text(text + "\n")
        refused(run("bench", "two-type-markov", "--out", str(path)), "line 1 is no measurement")
    refused(run("bench", "two-type-markov", "--out", "/dev/null"), "is no file that lines could be kept in")


def test_several_benches_append_to_one_file(tmp_path: Path) -> None:
    path = tmp_path / "kept.jsonl"
    instance = Instance("two-type-markov")
    cases = [Case(instance, Asked(), word, "highs") for word in ("auto", "textbook", "utilities")]
    long = FIGURES | {"message": "x" * 20_000}

    def measure(case: Case) -> None:
        for repeat in range(20):
            Keeper(str(path)).keep(case, repeat, long)

    with ThreadPoolExecutor(3) as pool:
        list(pool.map(measure, cases))
    keeper = Keeper(str(path))
    assert [keeper.figures(case, 20) for case in cases] == [[long] * 20] * 3
