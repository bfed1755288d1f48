"""``dynamech certificate``: a proof is written, holds, and no longer holds once anything is changed."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

import dynamech.solvers.solve
from dynamech.api import questions as api
from dynamech.solvers.options import Options
from dynamech.solvers.program import Program
from dynamech.solvers.solution import Solution
from dynamech.solvers.solve import solve


@pytest.fixture
def proof(run: Callable[..., Any], tmp_path: Path) -> Path:
    path = tmp_path / "proof.json"
    assert run("design", "kln-nonseparable", "--exact", "--certificate", str(path)).code == 0
    return path


def test_a_proof_holds(run: Callable[..., Any], proof: Path) -> None:
    ran = run("certificate", str(proof), "--json")
    assert ran.code == 0
    assert ran.json == {
        "valid": True,
        "kind": "optimal",
        "value": "9/4",
        "instance": "kln-nonseparable",
        "question": {
            "objective": "revenue",
            "incentives": "bayesian",
            "participation": "interim",
            "coupling": None,
            "formulation": "textbook",
            "demands": {},
        },
        "rebuilt": None,
    }
    shown = " ".join(run("certificate", str(proof)).out.split())
    assert "values are equal" in shown
    assert (
        "proves that the optimal revenue under incentives 'bayesian' and participation 'interim' for "
        "'kln-nonseparable' is 9/4, if its program is that of this question" in shown
    )


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


def test_an_unbounded_question_has_its_proof(run: Callable[..., Any], tmp_path: Path) -> None:
    path = tmp_path / "proof.json"
    words = ("kln-nonseparable", "--participation", "none", "--exact", "--certificate", str(path))
    ran = run("design", *words)
    assert ran.code == 0
    assert "the certificate (kind unbounded)" in ran.err
    ran = run("certificate", str(path), "--rebuild", "--json")
    assert ran.code == 0
    assert {key: ran.json[key] for key in ("valid", "kind", "value", "rebuilt")} == {
        "valid": True,
        "kind": "unbounded",
        "value": None,
        "rebuilt": True,
    }
    assert "does not exist: it is unbounded" in " ".join(run("certificate", str(path)).out.split())


def test_an_infeasible_question_has_its_proof(
    run: Callable[..., Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No environment is infeasible: whoever may be paid can be kept. So a program is made so here."""
    real = api.design

    def contradicted(*words: Any, **more: Any) -> Any:
        made = real(*words, **more)
        program: Any = made.program
        upper = program.upper.copy()
        upper[0] = Fraction(-1)
        wrong = replace(program, upper=upper)
        solution = solve(wrong, exact=True)
        found = replace(made.solved, solution=solution, compiled=replace(made.solved.compiled, solved=wrong))
        return replace(made, status=solution.status, value=None, reason=solution.message, outcome=found)

    monkeypatch.setattr(api, "design", contradicted)
    path = tmp_path / "proof.json"
    ran = run("design", "kln-nonseparable", "--exact", "--certificate", str(path))
    assert ran.code == 0
    assert "status infeasible: " in " ".join(ran.out.split())
    assert run("certificate", str(path), "--json").json["kind"] == "infeasible"
    ran = run("certificate", str(path), "--rebuild", "--json")
    assert (ran.code, ran.json["valid"], ran.json["rebuilt"]) == (1, False, False)


def test_a_limit_leaves_an_interval(
    run: Callable[..., Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def slow(given: Program, solver: str, options: Options) -> Solution:
        time.sleep(options.time_limit or 0)
        return Solution(given, "limit", "limit: the time limit was reached after 1 s; no bound known", solver)

    monkeypatch.setattr(dynamech.solvers.solve, "engine", lambda name: slow)
    path = tmp_path / "proof.json"
    words = ("--exact", "--time-limit", "3", "--certificate", str(path))
    ran = run("design", "kln-nonseparable", *words)
    assert ran.code == 0
    assert "an interval, no proof of an optimum" in ran.err
    shown = " ".join(ran.out.split())
    found = re.search(r"value (\S+) to (\S+) status limit: the time limit was reached", shown)
    assert found is not None, shown
    assert "(proved)" in shown
    ran = run("certificate", str(path), "--rebuild", "--json")
    assert ran.code == 0
    assert {key: ran.json[key] for key in ("valid", "kind", "value", "rebuilt")} == {
        "valid": True,
        "kind": "interval",
        "value": None,
        "rebuilt": True,
    }
    assert Fraction(ran.json["least"]) <= Fraction(9, 4) <= Fraction(ran.json["most"])
    assert " to " in run("certificate", str(path)).out
