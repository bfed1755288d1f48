"""``simulate``: its JSON, its tables, its files, and what it refuses."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable
from pathlib import Path

import pytest

import dynamech as dm

from .conftest import Ran

Run = Callable[..., Ran]
KLN = "kln-nonseparable"


@pytest.fixture
def saved(tmp_path: Path) -> str:
    path = tmp_path / "best.json"
    dm.save(dm.design(KLN, exact=True).mechanism, path)
    return str(path)


def test_its_json_is_that_of_python(run: Run, tmp_path: Path, saved: str) -> None:
    paths, picture = tmp_path / "paths.csv", tmp_path / "paths.png"
    words = (
        "simulate",
        KLN,
        saved,
        "--paths",
        "300",
        "--seed",
        "4",
        "--out",
        str(paths),
        "--plot",
        str(picture),
    )
    ran = run(*words, "--json")
    assert ran.code == 0
    assert ran.json == dm.simulate(dm.design(KLN, exact=True), paths=300, seed=4).to_json()
    assert ran.json.keys() == {"instance", "paths", "seed", "periods", "revenue", "utility", "actions"}
    assert ran.json["revenue"].keys() == {"mean", "error", "interval"}
    assert [own["agent"] for own in ran.json["utility"]] == ["buyer"]
    assert sum(ran.json["actions"][1].values()) == pytest.approx(1)
    assert picture.stat().st_size > 1000
    with open(paths, newline="") as file:
        lines = list(csv.DictReader(file))
    assert len(lines) == 600
    assert list(lines[0]) == [
        "path", "period", "type of buyer", "action", "payment of buyer", "value of buyer", "cost",
    ]  # fmt: skip
    told = run(*words).out
    assert "300 paths of kln-nonseparable, seed 4" in told
    assert "95 percent" in told


def test_goods_and_no_end_are_told(run: Run, tmp_path: Path) -> None:
    goods = dm.load("two-type-markov", quadratic=True)
    dm.save(goods, tmp_path / "goods.json")
    dm.save(dm.design(goods).mechanism, tmp_path / "best.json")
    files = [str(tmp_path / name) for name in ("goods.json", "best.json", "a.csv")]
    ran = run("simulate", *files[:2], "--paths", "9", "--out", files[2])
    assert ran.code == 0
    assert "quantity of" in (tmp_path / "a.csv").read_text().partition("\n")[0]
    dm.save(dm.pivot("licensing").mechanism, tmp_path / "for-ever.json")
    ran = run(
        "simulate",
        "licensing",
        str(tmp_path / "for-ever.json"),
        "--paths",
        "40",
        "--plot",
        str(tmp_path / "b.svg"),
    )
    assert ran.code == 0
    assert "Left out" in ran.out
    assert "more" in ran.out


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("--paths", "0"), "--paths: '0' is no whole number from 1 to 1,000,000,000"),
        (("--paths", "1/2"), "--paths: '1/2' is no whole number from 1 to"),
        (("--seed", "-1"), "--seed: '-1' is no whole number from 0 to"),
        (("--seed", "x"), "--seed: 'x' is no whole number from 0 to"),
        (("--plot", "p.txt"), "p.txt: a plot is written as .png, .pdf, .svg"),
        (("--set", "n=3"), "best.json: mechanism, period 0: allocation has shape"),
        (("--out", "best.json"), "would be overwritten"),
    ],
)
def test_bad_input_is_one_line(
    run: Run,
    tmp_path: Path,
    saved: str,
    words: tuple[str, ...],
    message: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    before = Path(saved).read_bytes()
    ran = run("simulate", KLN, "best.json", *words)
    assert (ran.code, ran.out) == (2, "")
    assert message in ran.err
    assert ran.err.count("\n") == 1
    assert Path(saved).read_bytes() == before
    assert json.loads(before)["format"] == "dynamech-mechanism/1"
