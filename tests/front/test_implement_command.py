"""``implement``: payments for an allocation, or the mixture of lies."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import dynamech as dm

Run = Callable[..., Any]
X = ("kln-nonseparable", "--set", "n=5")


@pytest.fixture
def files(run: Run, tmp_path: Path) -> tuple[Path, Path]:
    """An optimal mechanism without its transfers, and the same allocation turned round after one signal."""
    good, bad = tmp_path / "good.json", tmp_path / "bad.json"
    run("design", *X, "--exact", "--out", str(good))
    content = json.loads(good.read_text())
    for stage in content["periods"]:
        stage["transfers"] = json.loads(json.dumps(stage["transfers"]).replace("/", "0"))
    good.write_text(json.dumps(content))
    later = content["periods"][1]["allocation"]
    content["periods"][1]["allocation"] = [
        [row[::-1] if k % 2 else row for k, row in enumerate(rows)] for rows in later
    ]
    bad.write_text(json.dumps(content))
    return good, bad


def test_payments_are_found_proved_and_pass_verify(
    run: Run, files: tuple[Path, Path], tmp_path: Path
) -> None:
    out, proof = tmp_path / "paid.json", tmp_path / "proof.json"
    ran = run("implement", *X, str(files[0]), "--out", str(out), "--certificate", str(proof))
    assert ran.code == 0
    assert "implementable  yes" in ran.out
    assert run("verify", *X[:1], str(out), *X[1:], "--incentives", "bayesian").code == 0
    assert run("certificate", str(proof)).code == 0


def test_a_mixture_of_lies_is_named_and_proved(run: Run, files: tuple[Path, Path], tmp_path: Path) -> None:
    proof = tmp_path / "proof.json"
    ran = run("implement", *X, str(files[1]), "--certificate", str(proof), "--out", str(tmp_path / "no.json"))
    assert ran.code == 1
    assert "1|1|+→1|x" in ran.out
    assert not (tmp_path / "no.json").exists()
    checked = run("certificate", str(proof), "--json").json
    assert (checked["valid"], checked["kind"]) == (True, "infeasible")
    content = run("implement", *X, str(files[1]), "--json").json
    assert content["implementable"] is False
    assert content["exact"] == "7/2"
    assert sum(float(number(lie["weight"])) for lie in content["deviations"]) >= 1
    assert content["mechanism"] is None


def number(text: str) -> float:
    top, _, bottom = text.partition("/")
    return int(top) / int(bottom or 1)


def test_bad_input_is_one_line(run: Run, files: tuple[Path, Path], tmp_path: Path) -> None:
    for words, message in (
        (("implement", *X, str(tmp_path / "none.json")), "none.json"),
        (("implement", *X, str(files[0]), "--incentives", "clever"), "'clever' is not one of"),
        (("implement", "kln-nonseparable", str(files[0]), "--set", "n=4"), "allocation has shape"),
        (("implement", *X, str(files[0]), "--certificate", str(files[0])), "--certificate"),
    ):
        ran = run(*words)
        assert ran.code == 2
        assert message in ran.err
        assert len(ran.err.strip().splitlines()) == 1


def test_from_python() -> None:
    env = dm.load("kln-nonseparable", n=3)
    found = dm.implement(env, dm.design(env, exact=True).mechanism)
    assert found
    assert found.mechanism is not None
    assert dm.verify(env, found.mechanism, incentives="bayesian")
