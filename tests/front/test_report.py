"""`report`: one page with everything, from text alone, the same bytes each time, nothing from outside."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from base64 import b64decode
from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

import dynamech as dm
from dynamech.models.ladder.ladder import Rung
from dynamech.report.markup import Html, element, together
from dynamech.report.page.pictures import picture

from .reports import BAD, Page, hostile

Run = Callable[..., Any]


@pytest.fixture(scope="module")
def exact() -> dm.Report:
    return dm.report("two-type-markov", exact=True, dated=False)


def test_a_page_says_what_the_ladder_says(exact: dm.Report) -> None:
    page, ladder = Page(exact.page), exact.ladder
    places = [own["id"] for tag, own in page.elements if tag == "section"]
    assert places[:3] == ["ladder", "lie", "mechanism"]
    assert places[-3:] == ["environment", "proofs", "made"]
    links = {own["href"] for tag, own in page.elements if tag == "a"}
    assert {f"#{place}" for place in places} <= links
    assert ladder.witness is not None
    for rung in ladder.rungs:
        assert rung.name in page.said
        assert isinstance(rung.value, Fraction)
        assert str(rung.value) in page.said
    assert ladder.witness.sentence in page.said
    assert f"She gains {ladder.witness.gain} in money of period 0" in page.said
    assert "numpy" in page.said
    assert "Judged by best replies" in page.said
    assert page.said.count("exact, proved") == len(ladder.rungs)


def test_labels_are_text() -> None:
    """Whatever they say: no element, no attribute and no script of theirs is on the page."""
    told = dm.report(hostile("two-type-markov"), exact=True, dated=False)
    page, plain = Page(told.page), Page(dm.report("two-type-markov", exact=True, dated=False).page)
    assert {tag for tag, _ in page.elements} == {tag for tag, _ in plain.elements}
    names = {key for _, own in page.elements for key in own}
    assert names == {key for _, own in plain.elements for key in own}
    assert told.page.count("</script>") == plain_scripts(page)
    assert not re.search("[\u202e\u2028\x1b]", told.page)
    for text in (BAD[0], "\\u202e & <b>bold</b> \\u2028 ünïcødé 東京"):
        assert text in page.said
    labels = page.data[0]["periods"][0]["types"][0]
    assert labels == ["low" + BAD[0], "high" + BAD[1]]


def plain_scripts(page: Page) -> int:
    return sum(tag == "script" for tag, _ in page.elements)


def test_only_what_element_makes_is_markup() -> None:
    assert element("p", "<b>", class_='"><i>') == '<p class="&quot;&gt;&lt;i&gt;">&lt;b&gt;</p>'
    assert together(["a\n", Html("<i>")]) == "a\\n<i>"


def test_a_page_asks_nobody(exact: dm.Report) -> None:
    """No address but those of its own files and places; its policy forbids it all others."""
    page = Page(exact.page)
    for tag, own in page.elements:
        for key in ("src", "href", "xlink:href", "action", "data", "srcset"):
            assert (own.get(key) or "#").startswith(("#", "data:application/json;base64,")), (tag, own)
    assert "@import" not in exact.page
    assert not re.search(r"url\((?!#)", exact.page)
    (policy,) = (own["content"] for _, own in page.elements if own.get("http-equiv"))
    assert policy is not None
    assert policy.startswith("default-src 'none'; script-src 'sha256-")


def test_the_files_in_a_page_make_it_again(exact: dm.Report, tmp_path: Path, run: Run) -> None:
    page = Page(exact.page)
    for tag, own in page.elements:
        if tag == "a" and own.get("download"):
            data = str(own["href"]).partition("base64,")[2]
            (tmp_path / str(own["download"])).write_bytes(b64decode(data))
    assert exact.command == (
        "dynamech report instance.json --question question.json --exact --undated --out report.html"
    )
    again = dm.report(
        tmp_path / "instance.json", question=tmp_path / "question.json", exact=True, dated=False
    )
    assert again.page == exact.page
    ran = run(
        "report", str(tmp_path / "instance.json"), "--question", str(tmp_path / "question.json"), "--exact",
        "--undated", "--out", str(tmp_path / "report.html"), "--json", "--quiet",
    )  # fmt: skip
    written = (tmp_path / "report.html").read_text()
    assert ran.json["bytes"] == len(written.encode())
    assert written == exact.page.replace(exact.command, ran.json["command"].replace("'", "&#x27;"))


def test_the_command_is_the_one_that_was_typed(run: Run, tmp_path: Path) -> None:
    out = str(tmp_path / "a page.html")
    words = ["--out", out, "--set", "n=2", "--set", "c_times=3", "--rungs", "relaxed,bayesian"]
    words += ["--payments", "buyer=-5..5", "--undated"]
    ran = run("report", "kln-nonseparable", *words, "--quiet", "--json")
    assert ran.code == 0
    again = ran.json["command"].replace(f"'{out}'", out.replace(" ", "_")).split()
    assert sorted(again[2:]) == sorted([*words[:1], out.replace(" ", "_"), *words[2:], "kln-nonseparable"])


def test_the_same_question_has_the_same_bytes(tmp_path: Path) -> None:
    """In other processes, with other seeds of hashing; the date is that of SOURCE_DATE_EPOCH."""
    pages = []
    for seed in "12":
        out = tmp_path / f"{seed}.html"
        words = ["report", "myerson", "--set", "types=2", "--out", str(tmp_path / "page.html"), "--quiet"]
        subprocess.run(
            [sys.executable, "-m", "dynamech", *words], check=True, capture_output=True,
            env=os.environ | {"PYTHONHASHSEED": seed, "SOURCE_DATE_EPOCH": "86400"},
        )  # fmt: skip
        (tmp_path / "page.html").rename(out)
        pages.append(out.read_bytes())
    assert pages[0] == pages[1]
    assert b"1970-01-02" in pages[0]


def test_no_date_that_is_none(monkeypatch: pytest.MonkeyPatch, run: Run, tmp_path: Path) -> None:
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "yesterday")
    words = "report", "kln-nonseparable", "--set", "n=2", "--quiet", "--out", str(tmp_path / "r.html")
    ran = run(*words)
    assert (ran.code, ran.out) == (2, "")
    assert "SOURCE_DATE_EPOCH is 'yesterday', not seconds since 1970" in ran.err
    monkeypatch.delenv("SOURCE_DATE_EPOCH")
    assert run(*words, "--undated", "--rungs", "relaxed,bayesian").code == 0
    assert "made on" not in (tmp_path / "r.html").read_text()


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        (("--out", "report.pdf"), "--out: report.pdf is no .html"),
        (("--out", "nowhere/report.html"), "there is no directory"),
        (("--out", "r.html", "--rungs", "highest"), "--rungs: 'highest' is not one of"),
    ],
)
def test_what_is_refused(words: tuple[str, ...], complaint: str, run: Run, tmp_path: Path,
                         monkeypatch: pytest.MonkeyPatch) -> None:  # fmt: skip
    monkeypatch.chdir(tmp_path)
    ran = run("report", "kln-nonseparable", *words)
    assert (ran.code, ran.out, ran.err.count("\n")) == (2, "", 1)
    assert complaint in ran.err
    assert not list(tmp_path.iterdir())


def test_digests_are_those_of_the_files(run: Run, tmp_path: Path, exact: dm.Report) -> None:
    ran = run("ladder", "two-type-markov", "--exact", "--certificate", str(tmp_path / "c.json"), "--quiet")
    assert ran.code == 0
    said = Page(exact.page).said
    files = sorted(tmp_path.glob("c*.json"))
    assert len(files) == 7
    for file in files:
        assert json.loads(file.read_text())["digest"] in said, file.name
    doubles = Page(dm.report("two-type-markov", rungs=["relaxed", "bayesian"], dated=False).page).said
    assert "None: the answers are in doubles." in doubles
    assert "sha256:" in doubles  # of the files


def test_a_proof_that_does_not_hold_is_not_called_valid(monkeypatch: pytest.MonkeyPatch) -> None:
    from dynamech.solvers.certificate import Certificate, Checked

    monkeypatch.setattr(Certificate, "check", lambda self: Checked(valid=False, reason="row 3 is off by 1"))
    told = dm.report("kln-nonseparable", rungs=["relaxed", "bayesian"], exact=True, dated=False)
    assert "not valid: row 3 is off by 1" in told.page


def test_bounds_are_told_as_what_they_are() -> None:
    """Over thirty periods `bayesian` is an interval, and no program has been written down."""
    told = dm.report("two-type-markov", rungs=["bayesian"], formulation="recursion", dated=False)
    bounds = told.ladder["bayesian"].design.bounds
    assert bounds is not None
    page = Page(told.page)
    assert re.search(r"[0-9.]+ to [0-9.]+, in doubles", page.said)
    low, high = map(float, re.findall(r"([0-9.]+) to ([0-9.]+), in doubles", page.said)[0])
    assert low <= float(bounds.lower) <= float(bounds.upper) <= high
    assert "This mechanism attains the lower of the two bounds" in page.said


def test_a_rung_out_of_time_is_not_given_a_value() -> None:
    told = dm.report("kln-nonseparable", rungs=["relaxed", "bayesian"], dated=False)
    late = replace(
        told.ladder["bayesian"].design, status="limit", reason="limit: out of time", value=None, outcome=None
    )
    rungs = told.ladder.rungs[0], Rung("bayesian", late)
    said = Page(replace(told, ladder=replace(told.ladder, rungs=rungs)).page).said
    assert "None on the relaxation, because 'bayesian' is limit." in said
    assert "There is no mechanism to show: limit: out of time." in said
    assert "bayesian limit — limit" in said


def test_pictures_keep_their_colours_and_share_no_names() -> None:
    matplotlib = pytest.importorskip("matplotlib.figure")
    drawn = []
    for number in range(2):
        figure = matplotlib.Figure()
        axes = figure.subplots()
        axes.bar([0], [1], color="#123456", hatch="/", edgecolor="#abcdef", label="<b>$x$")
        axes.set_title("<script>$x$")
        drawn.append(picture(figure, 'the "picture"', number))
    assert all("#123456" in svg and "#abcdef" in svg for svg in drawn)
    first, second = (Page(f"<main>{svg}</main>") for svg in drawn)
    names = [{own["id"] for _, own in page.elements if own.get("id")} for page in (first, second)]
    assert names[0]
    assert not names[0] & names[1]
    for page, own in zip(drawn, names, strict=True):
        used = set(re.findall(r"url\(#([^)]+)\)|href=\"#([^\"]+)\"", page))
        assert used
        assert {one or other for one, other in used} <= own
    assert 'aria-label="the &quot;picture&quot;"' in drawn[0]


def test_pages_are_saved(tmp_path: Path, exact: dm.Report) -> None:
    dm.save(exact, tmp_path / "page.html")
    assert (tmp_path / "page.html").read_text() == exact.page
    assert exact.to_json()["path"] is None


def test_the_room_of_reports_does_not_hide_the_function() -> None:
    """Importing `dynamech.report` binds the package's name to that room."""
    script = "import dynamech as dm, dynamech.report.answers; print(dm.report.__module__)"
    ran = subprocess.run([sys.executable, "-c", script], check=True, capture_output=True, text=True)
    assert ran.stdout.strip() == "dynamech.api.reporting"
