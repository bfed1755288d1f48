"""--question FILE, and the question of Python: the same answer as its words, and no other word beside it."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import dynamech as dm
from dynamech.solvers.errors import InvalidInput

DATA = Path(__file__).parents[1] / "data"
TRADE = str(DATA / "bilateral-trade.json")
WORDS: dict[str, Any] = {"objective": "welfare", "incentives": "ex-post"}
DEMANDS: dict[str, Any] = {"budget": "ex-post", "payments": {"seller": "nonpositive"}, "on": "path"}
TYPED = ["--objective", "welfare", "--incentives", "ex-post", "--budget", "ex-post", "--payments",
         "seller=nonpositive", "--on", "path"]  # fmt: skip
Run = Callable[..., Any]


@pytest.fixture
def asked(tmp_path: Path) -> str:
    path = tmp_path / "q.json"
    dm.save(dm.Question(**WORDS, demands=DEMANDS), path)
    return str(path)


def untimed(content: Any) -> Any:
    if isinstance(content, dict):
        return {key: untimed(value) for key, value in content.items() if key != "seconds"}
    return [untimed(entry) for entry in content] if isinstance(content, list) else content


def test_a_file_asks_what_its_words_ask(run: Run, asked: str, tmp_path: Path) -> None:
    out, program = str(tmp_path / "m.json"), str(tmp_path / "p.lp")
    same = run("design", TRADE, *TYPED, "--exact", "--out", out, "--json", "--quiet")
    whole = run("design", TRADE, "--question", asked, "--exact", "--out", out, "--json", "--quiet")
    assert (same.code, whole.code) == (0, 0)
    assert untimed(same.json) == untimed(whole.json)
    assert whole.json["demands"] == {"payments": {"seller": "nonpositive"}, "on": "path", "budget": "ex-post"}
    ran = run("verify", TRADE, out, "--question", asked, "--json")
    assert ran.code == 0
    assert [notion["notion"] for notion in ran.json["notions"]] == [
        "ex-post", "interim", "payments seller=nonpositive on path", "budget ex-post",
    ]  # fmt: skip
    written = run("export", TRADE, "--question", asked, "--out", program, "--json")
    text = Path(program).read_text()
    assert (written.code, written.json["incentives"]) == (0, "ex-post")
    assert written.json["demands"] == whole.json["demands"]
    assert run("export", TRADE, *TYPED, "--out", program).code == 0
    assert Path(program).read_text() == text
    assert any(
        "budget-ex-post" in label
        for label in json.loads(Path(program + ".names.json").read_text())["rows"].values()
    )


def test_words_beside_a_file_are_its_own(run: Run, asked: str, tmp_path: Path) -> None:
    path = str(tmp_path / "m.json")
    dm.save(dm.design(TRADE, question=asked).mechanism, path)
    for command in (["design", TRADE], ["verify", TRADE, path], ["export", TRADE, "--out", path + ".mps"]):
        beside = [word for word in TYPED if command[0] != "verify" or word not in ("--objective", "welfare")]
        assert run(*command, "--question", asked, *beside).code == 0
        for words, said in (
            (["--incentives", "bayesian"], "question: it has incentives ex-post, not bayesian"),
            (["--participation", "none"], "question: it has participation interim, not none"),
            (["--coupling", "quantile"], "question: it has coupling (none), not quantile"),
            (["--budget", "none"], "question: of budget it demands budget ex-post, not nothing"),
            (["--budget", "ex-ante"], "question: of budget it demands budget ex-post, not budget ex-ante"),
            (
                ["--payments", "none"],
                "of payments it demands payments seller=nonpositive on path, not payments none",
            ),
        ):
            ran = run(*command, "--question", asked, *words)
            assert (ran.code, ran.out, ran.err.count("\n")) == (2, "", 1)
            assert said in ran.err
    ran = run("design", TRADE, "--question", asked, "--objective", "revenue")
    assert (ran.code, ran.err) == (2, "dynamech: question: it has objective welfare, not revenue\n")


def test_a_file_that_is_none(run: Run, asked: str, tmp_path: Path) -> None:
    path = str(tmp_path / "none.json")
    ran = run("design", TRADE, "--question", path)
    assert (ran.code, ran.err) == (2, f"dynamech: {path}: there is no such file\n")
    ran = run("design", TRADE, "--question", TRADE)
    assert ran.code == 2
    assert "this is an instance file, not a question file" in ran.err
    ran = run("design", asked)
    assert "this is a question file, not an instance file" in ran.err
    before = Path(asked).read_text()
    for option in (["--out", asked], ["--exact", "--certificate", asked]):
        ran = run("design", TRADE, "--question", asked, *option)
        assert (ran.code, Path(asked).read_text()) == (2, before)
        assert "has another use in this command" in ran.err
    for command in ("bench", "ladder"):
        ran = run(command, TRADE, "--question", asked, "--out", asked)
        assert (ran.code, Path(asked).read_text()) == (2, before)
        assert "has another use in this command" in ran.err
    ran = run("export", TRADE, "--question", asked, "--out", str(tmp_path / "x.json"))
    assert ran.code == 2
    assert "writes the instance" in ran.err


def test_a_question_of_python(asked: str) -> None:
    question = dm.load_question(asked)
    answers = [
        dm.design(TRADE, question=given, exact=True, **beside)
        for given, beside in (
            (question, {}),
            (asked, {}),
            (Path(asked), WORDS),
            (question, {"demands": DEMANDS}),
        )
    ]
    plain = dm.design(TRADE, **WORDS, demands=DEMANDS, exact=True)
    assert {answer.value for answer in answers} == {plain.value}
    assert all(answer.question == question for answer in [*answers, plain])
    verdicts = dm.verify(TRADE, plain.mechanism, question=question)
    assert (len(verdicts), bool(verdicts)) == (4, True)
    free = dm.design(TRADE, objective="welfare", incentives="ex-post", exact=True).mechanism
    assert not dm.verify(TRADE, free, question=question)
    others: list[tuple[dict[str, Any], str]] = [
        ({"objective": "revenue"}, "it has objective welfare, not revenue"),
        ({"incentives": "bayesian"}, "it has incentives ex-post, not bayesian"),
        (
            {"demands": {"payments": "free"}},
            "of payments it demands payments seller=nonpositive on path, not",
        ),
        ({"demands": {"budget": "ex-ante"}}, "of budget it demands budget ex-post, not budget ex-ante"),
        ({"demands": {"budgets": "ex-ante"}}, "demands: 'budgets' is not one of"),
    ]
    for beside, said in others:
        with pytest.raises(InvalidInput, match=said):
            dm.design(TRADE, question=question, **beside)


def test_a_formulation_left_open_is_said_beside(run: Run, tmp_path: Path) -> None:
    """How the program is written is another matter than what is asked, unless the question says it."""
    question = dm.Question(objective="welfare", incentives="ex-post", demands={"budget": "ex-post"})
    here = dm.design(TRADE, question=question, exact=True)
    other = dm.design(TRADE, question=question, formulation="per-period", exact=True)
    assert (here.formulation, other.formulation) == ("textbook", "per-period")
    assert here.value == other.value
    said = question.formulated("textbook")
    with pytest.raises(InvalidInput, match="it has formulation textbook, not per-period"):
        dm.design(TRADE, question=said, formulation="per-period")
    file = str(tmp_path / "q.json")
    dm.save(question, file)
    ran = run("design", TRADE, "--question", file, "--formulation", "per-period", "--json")
    assert ran.json["formulation"] == "per-period"


def test_a_ladder_with_demands(run: Run, asked: str, tmp_path: Path) -> None:
    """All rungs with the demands, kept in its file under them, with a proof for each that is rebuilt."""
    out, proof = str(tmp_path / "l.json"), tmp_path / "c.json"
    words = ["--objective", "welfare", "--budget", "ex-post"]
    ran = run("ladder", TRADE, *words, "--exact", "--out", out, "--certificate", str(proof), "--json")
    assert ran.code == 0
    assert ran.json["demands"] == {"budget": "ex-post"}
    values = {rung["name"]: rung["exact"] for rung in ran.json["rungs"]}
    assert (values["bayesian"], values["ex-post"]) == ("5/27", "1/6")
    for path, value in ((proof, "5/27"), (tmp_path / "c.ex-post.json", "1/6")):
        ran = run("certificate", str(path), TRADE, "--rebuild", "--json")
        assert (ran.code, ran.json["value"], ran.json["rebuilt"]) == (0, value, True)
        assert ran.json["question"]["demands"] == {"budget": "ex-post"}
    ran = run("ladder", TRADE, "--objective", "welfare", "--exact", "--out", out)
    assert ran.code == 2
    assert "holds another ladder (instance or words differ)" in ran.err
    again = run("ladder", TRADE, *words, "--exact", "--out", out)
    assert "goes on after none" in again.err
    assert "coupling quantile, budget ex-post" in " ".join(again.out.split())
    question = run("ladder", TRADE, "--question", asked, "--json")
    assert question.json["demands"] == dm.load_question(asked).to_json()["demands"]
    assert run("ladder", TRADE, "--question", asked, "--participation", "periodic").code == 2


def test_a_range_with_demands(run: Run) -> None:
    words = [
        "kln-nonseparable",
        "--set",
        "n=3",
        "--parameter",
        "c_times",
        "--from",
        "4",
        "--to",
        "5",
        "--points",
        "2",
    ]
    ran = run("range", *words, "--payments", "0..2", "--on", "path", "--json")
    assert (ran.code, [interval["tight"] for interval in ran.json["intervals"]]) == (0, [True])
    free = run("range", *words, "--json").json
    assert [interval["tight"] for interval in free["intervals"]] == [True, False]
    assert run("range", *words, "--payments", "buyers=none").code == 2


def test_what_a_proof_should_be_about(run: Run, asked: str, tmp_path: Path) -> None:
    """A question and demands beside a certificate have to be its own; only the formulation is left to it."""
    proof, other = str(tmp_path / "c.json"), tmp_path / "other.json"
    assert run("design", TRADE, "--question", asked, "--exact", "--certificate", proof).code == 0
    for words in (["--question", asked], TYPED, ["--question", asked, "--incentives", "ex-post"]):
        ran = run("certificate", proof, TRADE, *words, "--rebuild", "--json")
        assert (ran.code, ran.json["valid"], ran.json["rebuilt"]) == (0, True, True)
        assert run("certificate", proof, *words).code == 0
    question = dm.load_question(asked)
    formulated = dm.Question(**WORDS, demands=DEMANDS, formulation="textbook")
    assert dm.check_certificate(proof, question=formulated)
    assert dm.check_certificate(proof, TRADE, question=question, again=True)
    assert dm.check_certificate(proof, demands=DEMANDS)
    others: list[tuple[dict[str, Any], str]] = [
        (
            {"demands": {"budget": "ex-post"}},
            "is about demands payments seller=nonpositive on path, budget ex-post",
        ),
        ({"demands": {}}, "budget ex-post, not nothing"),
        ({"question": dm.Question(**WORDS)}, "budget ex-post, not nothing"),
        ({"question": dm.Question(demands=DEMANDS)}, "the proof is about objective welfare, not revenue"),
        ({"demands": {"payments": {"broker": "none"}}}, "'broker' is none of the agents who pay"),
    ]
    for said, differing in others:
        check = dm.check_certificate(proof, **said)
        assert not check
        assert differing in check.reason
    for words in (["--budget", "ex-post"], ["--objective", "revenue"], ["--payments", "free"]):
        ran = run("certificate", proof, *words, "--json")
        assert (ran.code, ran.json["valid"]) == (1, False)
    ran = run("certificate", proof, "--question", asked, "--objective", "revenue")
    assert (ran.code, ran.err) == (2, "dynamech: question: it has objective welfare, not revenue\n")
    dm.save(dm.design(TRADE, exact=True).certificate, other)
    assert run("certificate", str(other)).code == 0
    assert "does not say which question" in run("certificate", str(other), "--budget", "ex-post").out
