"""``certificate --rebuild``: the certified program is that of the question, or the first difference."""

from __future__ import annotations

import copy
import json
import re
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import dynamech as dm
from dynamech.models.notions.incentives import RUNGS
from dynamech.rebuild import difference, question_of, rebuild
from dynamech.solvers import checker
from dynamech.solvers.certificate import Certificate, digest
from dynamech.solvers.errors import DynamechError

examples = settings(
    deadline=None,
    derandomize=True,
    max_examples=40,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)


def _sign(payload: dict[str, Any]) -> dict[str, Any]:
    rest = {key: value for key, value in payload.items() if key != "digest"}
    return {**rest, "digest": digest(rest)}


@pytest.fixture
def proof(run: Callable[..., Any], mine: Path, tmp_path: Path) -> Path:
    path = tmp_path / "proof.json"
    assert run("design", str(mine), "--exact", "--certificate", str(path)).code == 0
    return path


def test_the_program_is_that_of_the_question(run: Callable[..., Any], proof: Path) -> None:
    ran = run("certificate", str(proof), "--rebuild", "--json")
    assert ran.code == 0
    assert (ran.json["valid"], ran.json["value"], ran.json["rebuilt"]) == (True, "71/40", True)
    shown = " ".join(run("certificate", str(proof), "--rebuild").out.split())
    assert "the same program" in shown
    assert "is 71/40: its program is that of this question, compiled anew" in shown
    question = json.loads(proof.read_text())["question"]
    assert {key: question[key] for key in ("objective", "incentives", "participation", "formulation")} == {
        "objective": "revenue",
        "incentives": "bayesian",
        "participation": "interim",
        "formulation": "textbook",
    }


def test_the_instance_named_wins(run: Callable[..., Any], proof: Path, mine: Path, tmp_path: Path) -> None:
    assert run("certificate", str(proof), str(mine), "--rebuild").code == 0
    changed = json.loads(mine.read_text())
    changed["costs"][1][1] = "1/3"
    other = tmp_path / "other.json"
    other.write_text(json.dumps(changed))
    ran = run("certificate", str(proof), str(other), "--rebuild", "--json")
    assert ran.code == 1
    assert (ran.json["valid"], ran.json["value"], ran.json["rebuilt"]) == (False, "71/40", False)
    shown = " ".join(run("certificate", str(proof), str(other), "--rebuild").out.split())
    assert re.search(r"column allocation\.1\[.*\]: the objective is .* in the certificate, .* in the", shown)
    ran = run("certificate", str(proof), "kln-nonseparable", "--set", "n=3", "--rebuild")
    assert ran.code == 1
    assert "the number of columns is" in " ".join(ran.out.split())


def test_what_cannot_be_asked(run: Callable[..., Any], proof: Path, mine: Path, tmp_path: Path) -> None:
    for given_words, said in (
        ((str(proof), "--rebuild", "--set", "n=3"), "--set belongs to a library name"),
        ((str(proof), "no-such-instance", "--rebuild"), "neither a library instance nor a file"),
    ):
        ran = run("certificate", *given_words)
        assert ran.code == 2
        assert said in ran.err
        assert ran.err.count("\n") == 1
    bare = tmp_path / "bare.json"
    Certificate.load(proof).save(bare)
    assert run("certificate", str(bare)).code == 0
    ran = run("certificate", str(bare), "--rebuild", "--quiet")
    assert ran.code == 2
    assert "does not say which question" in ran.err


NOTIONS = [
    *((word, "interim") for word in (*RUNGS, "per-period")),
    ("bayesian", "ex-post"),
    ("relaxed", "per-period"),
]


@pytest.mark.parametrize(("word", "participation"), NOTIONS)
def test_every_notion_is_rebuilt(word: str, participation: str) -> None:
    env = dm.load("random", seed=5, agents=2, types=2, periods=2, observed=1)
    made = dm.design(
        env,
        objective="revenue=1,welfare=1/2,utility:agent 1=1/3,min-utility=1/4",
        incentives=word,
        participation=participation,
        exact=True,
    )
    assert made.certificate is not None
    question = json.loads(json.dumps(question_of(env, made)))
    assert difference(made.certificate.program, rebuild(question)) is None


def test_weights_in_doubles_are_those_weights(mine: Path) -> None:
    env = dm.load(mine)
    made = dm.design(env, objective={"revenue": 0.1, "welfare": 0.5}, exact=True)
    assert made.certificate is not None
    question = question_of(env, made)
    assert question["objective"] == "revenue=3602879701896397/36028797018963968,welfare=1/2"
    assert difference(made.certificate.program, rebuild(question)) is None


def test_floats_that_are_exact_come_back(mine: Path, tmp_path: Path) -> None:
    env = dm.load(mine).to_float()
    made = dm.design(env, exact=True, incentives="relaxed")
    path = tmp_path / "c.json"
    assert made.certificate is not None
    made.certificate.save(path, question_of(env, made))
    assert checker.check_file(path)["valid"]
    assert difference(Certificate.load(path).program, rebuild(checker.read(path)["question"])) is None


def _numbers(part: Any, place: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Where the numbers of the instance are; labels are left out, they are no part of a program."""
    if isinstance(part, dict):
        kept = [key for key in part if key not in ("name", "types", "actions", "source", "format", "horizon")]
        return [found for key in kept for found in _numbers(part[key], (*place, key))]
    if isinstance(part, list):
        return [found for k, inner in enumerate(part) for found in _numbers(inner, (*place, k))]
    if isinstance(part, bool) or not isinstance(part, int | str):
        return []
    return [place]


@given(data=st.data())
@examples
def test_a_changed_digit_of_the_question_is_caught(data: st.DataObject, proof: Path) -> None:
    """Also by a forger who knows how the digest is made."""
    payload = json.loads(proof.read_text())
    forged = copy.deepcopy(payload)
    instance = forged["question"]["instance"]
    place = data.draw(st.sampled_from(_numbers(instance)))
    target = instance
    for key in place[:-1]:
        target = target[key]
    written = str(target[place[-1]])
    at = data.draw(st.sampled_from([k for k, letter in enumerate(written) if letter.isdigit()]))
    new = data.draw(st.sampled_from([d for d in "0123456789" if d != written[at]]))
    target[place[-1]] = written[:at] + new + written[at + 1 :]
    assert not checker.check(forged)["valid"]
    signed = _sign(forged)
    assert checker.check(signed)["valid"], "the question is no part of the proof"
    try:
        found = difference(Certificate.load(proof).program, rebuild(signed["question"]))
    except DynamechError:
        return  # no environment at all
    assert found is not None
    assert "\n" not in found


@given(data=st.data())
@examples
def test_the_first_difference_is_named(data: st.DataObject, proof: Path) -> None:
    """Any number of the certified program changed: the two programs differ there, and nowhere before."""
    payload = json.loads(proof.read_text())
    compiled = rebuild(payload["question"])
    part, key = data.draw(
        st.sampled_from(
            [
                ("columns", "objective"),
                ("columns", "lower"),
                ("columns", "upper"),
                ("rows", "lower"),
                ("rows", "upper"),
                ("rows", "entries"),
            ]
        )
    )
    values = payload[part][key]
    k = data.draw(st.integers(0, len(values) - 1))
    by = Fraction(data.draw(st.integers(1, 9)), data.draw(st.sampled_from([1, 10**12])))
    values[k] = "7" if values[k] is None else str(Fraction(values[k]) + by)
    proof.with_name("forged.json").write_text(json.dumps(_sign(payload)))
    found = difference(Certificate.load(proof.with_name("forged.json")).program, compiled)
    assert found is not None
    if part == "columns":
        place = f"column {compiled.column_label(k)}: the "
    elif key == "entries":
        row = int(np.searchsorted(compiled.indptr, k, side="right")) - 1
        place = (
            f"row {compiled.row_label(row)}: the coefficient of {compiled.column_label(compiled.indices[k])}"
        )
    else:
        place = f"row {compiled.row_label(k)}: the "
    assert found.startswith(place)
