"""``dynamech certificate``: a proof is written, holds, and no longer holds once anything is changed."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest


@pytest.fixture
def proof(run: Callable[..., Any], tmp_path: Path) -> Path:
    path = tmp_path / "proof.json"
    assert run("design", "kln-nonseparable", "--exact", "--certificate", str(path)).code == 0
    return path


def test_a_proof_holds(run: Callable[..., Any], proof: Path) -> None:
    ran = run("certificate", str(proof), "--json")
    assert ran.code == 0
    assert ran.json == {"valid": True, "kind": "optimal", "value": "9/4"}
    assert "values are equal" in run("certificate", str(proof)).out


@pytest.mark.parametrize("place", [0.05, 0.3, 0.5, 0.7, 0.9])
def test_a_changed_digit_is_caught(run: Callable[..., Any], proof: Path, place: float) -> None:
    text = proof.read_text(encoding="ascii")
    digits = [match.start() for match in re.finditer(r"\d", text)]
    at = digits[int(place * len(digits))]
    proof.write_text(text[:at] + str((int(text[at]) + 1) % 10) + text[at + 1 :], encoding="ascii")
    ran = run("certificate", str(proof), "--json")
    assert ran.code == 1
    assert ran.json["valid"] is False


def test_a_missing_file_is_one_line(run: Callable[..., Any], tmp_path: Path) -> None:
    ran = run("certificate", str(tmp_path / "nothing.json"))
    assert ran.code == 2
    assert ran.err.count("\n") == 1


def test_every_rung_of_an_exact_ladder_has_its_proof(run: Callable[..., Any], tmp_path: Path) -> None:
    path = tmp_path / "proof.json"
    settings = ("--set", "quadratic=true", "--exact", "--certificate", str(path))
    assert run("ladder", "two-type-markov", *settings).code == 0
    assert run("certificate", str(path), "--json").json["value"] == "883/480"
    assert run("certificate", str(tmp_path / "proof.relaxed.json"), "--json").json["value"] == "223/120"
