"""``certificate`` says what a proof is about: a proof of one question never passes for that of another."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import dynamech as dm
from dynamech.instances.file import instance_to_json
from dynamech.rebuild import canonical, words_of
from dynamech.solvers.certificate import Certificate, digest
from dynamech.solvers.errors import InvalidInput

DATA = Path(__file__).parents[1] / "data"


def _write(path: Path, payload: dict[str, Any], **question: Any) -> Path:
    """The file with other words in its question, and the digest that fits them."""
    rest = {key: value for key, value in payload.items() if key != "digest"}
    rest["question"] = rest["question"] | question
    path.write_text(json.dumps({**rest, "digest": digest(rest)}))
    return path


@pytest.fixture(scope="module")
def payload(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """A proof of the first best of an example, which is more than the optimum."""
    from dynamech.cli import main

    path = tmp_path_factory.mktemp("proof") / "proof.json"
    words = ("--set", "n=2", "--incentives", "none", "--exact", "--quiet", "--certificate", str(path))
    assert main(["design", "kln-nonseparable", *words]) == 0
    found = json.loads(path.read_text())
    assert isinstance(found, dict)
    return found


@pytest.fixture
def proof(payload: dict[str, Any], tmp_path: Path) -> Path:
    return _write(tmp_path / "proof.json", payload)


X = ("kln-nonseparable", "--set", "n=2")


@pytest.mark.parametrize(
    "words",
    [
        (),
        ("--objective", "revenue=3/3", "--incentives", "none", "--participation", "interim"),
        ("--formulation", "textbook"),
        ("--formulation", "auto"),
        X,
        (*X, "--incentives", "none"),
        ("--rebuild",),
        (*X, "--rebuild", "--incentives", "none"),
    ],
)
def test_what_it_is_about(run: Callable[..., Any], proof: Path, words: tuple[str, ...]) -> None:
    ran = run("certificate", str(proof), *words, "--json")
    assert (ran.code, ran.err) == (0, "")
    assert ran.json == {
        "valid": True,
        "kind": "optimal",
        "value": "15/4",
        "instance": "kln-nonseparable",
        "question": {
            "objective": "revenue",
            "incentives": "none",
            "participation": "interim",
            "coupling": None,
            "formulation": "textbook",
            "demands": {},
        },
        "rebuilt": True if "--rebuild" in words else None,
    }
    shown = " ".join(run("certificate", str(proof), *words).out.split())
    said = "The file proves that the optimal revenue under incentives 'none' and participation 'interim' for "
    assert said in shown
    assert ("if its program is that of this question" in shown) == ("--rebuild" not in words)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--incentives", "bayesian"), "the proof is about incentives none, not bayesian"),
        (("--objective", "welfare"), "the proof is about objective revenue, not welfare"),
        (("--objective", "revenue=2"), "the proof is about objective revenue, not revenue=2,welfare=0"),
        (("--participation", "ex-post"), "the proof is about participation interim, not ex-post"),
        (("--coupling", "quantile"), "the proof is about coupling (none named), not quantile"),
        (("--formulation", "per-period"), "the proof is about formulation textbook, not per-period"),
        (("kln-nonseparable", "--set", "n=3"), "which is not this 'kln-nonseparable'"),
        (("two-type-markov",), "which is not this 'two-type-markov'"),
        ((*X, "--incentives", "bayesian"), "not bayesian"),
        ((*X, "--incentives", "bayesian", "--rebuild"), "not bayesian"),
        (("kln-nonseparable", "--set", "n=3", "--rebuild"), "in the program compiled from the question"),
    ],
)
def test_another_question(run: Callable[..., Any], proof: Path, words: tuple[str, ...], said: str) -> None:
    ran = run("certificate", str(proof), *words, "--json")
    assert (ran.code, ran.json["valid"]) == (1, False)
    assert ran.json["question"]["incentives"] == "none"
    assert said in ran.err
    assert ran.err.count("\n") == 1
    ran = run("certificate", str(proof), *words)
    assert ran.code == 1
    assert said.replace(" ", "") in "".join(ran.out.split())
    assert "proves that" not in ran.out


def test_words_that_are_none(run: Callable[..., Any], proof: Path) -> None:
    for words in (
        ("--incentives", "honest"),
        ("--objective", "revenue=1e999999999"),
        ("--coupling", "x"),
        ("--formulation", "best"),
        ("--set", "n=2"),
    ):
        ran = run("certificate", str(proof), *words)
        assert (ran.code, ran.out, ran.err.count("\n")) == (2, "", 1)


def test_a_file_that_does_not_say(run: Callable[..., Any], proof: Path) -> None:
    Certificate.load(proof).save(proof)
    ran = run("certificate", str(proof), "--json")
    assert (ran.code, ran.json["instance"], ran.json["question"]) == (0, None, None)
    assert "does not say which question" in " ".join(run("certificate", str(proof)).out.split())
    for words in (("--incentives", "none"), X):
        ran = run("certificate", str(proof), *words, "--json")
        assert (ran.code, ran.json["valid"]) == (1, False)
        assert "does not say which question" in ran.err


@pytest.mark.parametrize(
    "words",
    [
        {"incentives": "bayesian"},
        {"participation": "none"},
        {"objective": "welfare"},
        {"formulation": "per-period"},
        {"objective": "revenue=1,welfare=1/9"},
    ],
)
def test_a_forged_question(
    run: Callable[..., Any], payload: dict[str, Any], tmp_path: Path, words: dict[str, str]
) -> None:
    """The words are a claim, and are called one; --rebuild finds out."""
    path = _write(tmp_path / "forged.json", payload, **words)
    shown = " ".join(run("certificate", str(path)).out.split())
    assert "if its program is that of this question, as it says" in shown
    for x in ((), X):
        ran = run("certificate", str(path), *x, "--rebuild", "--json")
        assert (ran.code, ran.json["valid"], ran.json["rebuilt"]) == (1, False, False)


@pytest.mark.parametrize(
    "question",
    [
        {"objective": "revenue=1e9999999"},
        {"objective": "revenue=2/2"},
        {"objective": "revenue=" + "9" * 5000},
        {"incentives": "none "},
        {"incentives": 7},
        {"incentives": None},
        {"participation": "x\x1b[2J"},
        {"coupling": "sideways"},
        {"formulation": "textbook+textbook"},
        {"demands": {"budget": "monthly"}},
        {"demands": {"payments": "0..0"}},
        {"demands": {"on": "period"}},
        {"demands": []},
        {"instance": None},
        {"instance": []},
        {"more": 1},
    ],
)
def test_a_question_that_is_none(
    run: Callable[..., Any], payload: dict[str, Any], tmp_path: Path, question: dict[str, Any]
) -> None:
    path = _write(tmp_path / "c.json", payload, **question)
    for words in ((), ("--rebuild",), X):
        ran = run("certificate", str(path), *words, "--json")
        assert (ran.code, ran.json["valid"], ran.json["question"]) == (1, False, None)
        assert ran.err.count("\n") == 1
        assert ran.err[:-1].isprintable()


def test_an_instance_that_is_none(run: Callable[..., Any], payload: dict[str, Any], tmp_path: Path) -> None:
    none: list[dict[str, Any]] = [{}, {"name": 7}, {"name": "x", "format": "dynamech/1"}, {"name": [[[]]]}]
    for instance in none:
        path = _write(tmp_path / "c.json", payload, instance=instance)
        assert run("certificate", str(path), "--json").code == 0
        for words in (("--rebuild",), X):
            ran = run("certificate", str(path), *words, "--json")
            assert (ran.code, ran.err.count("\n")) == (1, 1)


def test_names_are_text(run: Callable[..., Any], payload: dict[str, Any], tmp_path: Path) -> None:
    name = "low\x1b[31m\u202e\n[bold]"
    path = _write(tmp_path / "c.json", payload, instance=payload["question"]["instance"] | {"name": name})
    for words in (("--rebuild",), ("two-type-markov",), ()):
        ran = run("certificate", str(path), *words)
        assert "\x1b" not in ran.out + ran.err
        assert "\u202e" not in ran.out + ran.err
        assert "[bold]" in ran.out.replace("\n", "")
        ran = run("certificate", str(path), *words, "--json")
        assert "\x1b" not in ran.out
        assert ran.json["instance"] == name


def test_rebuilding_takes_what_the_certified_program_takes(
    run: Callable[..., Any], payload: dict[str, Any], tmp_path: Path
) -> None:
    """A small file whose question is huge is refused by the count, unless somebody allows it the memory."""
    env = dm.load("random", agents=3, types=6, periods=3)
    path = _write(tmp_path / "c.json", payload, instance=instance_to_json(env), incentives="bayesian")
    ran = run("certificate", str(path), "--rebuild", "--json")
    assert (ran.code, ran.json["rebuilt"]) == (1, False)
    assert "more than the memory limit of 2" in ran.err


@pytest.mark.parametrize("name", ["forged-unbounded", "huge-shape", "huge-exponent"])
def test_files_that_passed_crashed_or_hung(run: Callable[..., Any], name: str) -> None:
    path = DATA / f"{name}.certificate.json"
    for words in ((), ("--rebuild",)):
        ran = run("certificate", str(path), *words, "--json")
        assert (ran.code, ran.json["valid"], ran.json["rebuilt"]) == (1, False, False if words else None)
        assert ran.err.count("\n") == 1


def test_words_are_written_in_one_way(payload: dict[str, Any]) -> None:
    question = payload["question"]
    assert words_of(question) == {
        key: canonical(key, word) if word else None
        for key, word in question.items()
        if key not in ("instance", "demands")
    }
    with pytest.raises(InvalidInput, match="nothing to rebuild"):
        words_of(None)
