"""Rows of one's own in files: designed, verified, proved, asked in a question, and refused in one line."""

from __future__ import annotations

import json
import pickle
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import dynamech as dm
from dynamech.solvers.errors import InvalidInput

Run = Callable[..., Any]
X = "two-type-markov"
CAPACITY = {
    "name": "capacity",
    "upper": "1/2",
    "expected": True,
    "allocation": [[0, [], None, "sell", 1], [1, None, None, "sell", 1]],
}
LATE = {
    "name": "late",
    "lower": "-1/10",
    "upper": "1/3",
    "payment": [[1, [[["low"], None]], ["high"], "buyer", "1/2"]],
    "utility": [["buyer", "high", -1]],
}


def rows_file(folder: Path, *rows: Any) -> str:
    path = folder / "rows.json"
    path.write_text(json.dumps(rows))
    return str(path)


def test_rows_of_a_file_are_kept_by_an_optimum(run: Run, tmp_path: Path) -> None:
    rows, kept, free = rows_file(tmp_path, CAPACITY, LATE), str(tmp_path / "m.json"), str(tmp_path / "f.json")
    ran = run("design", X, "--rows", rows, "--exact", "--out", kept, "--json")
    assert (ran.code, ran.json["status"]) == (0, "optimal")
    assert ran.json["demands"]["rows"] == [CAPACITY, LATE]
    again = dm.design(X, demands={"rows": [CAPACITY, LATE]}, exact=True)
    assert ran.json["exact"] == str(again.value)
    ran = run("verify", X, kept, "--incentives", "bayesian", "--rows", rows, "--json")
    assert (ran.code, [notion["notion"] for notion in ran.json["notions"]]) == (
        0,
        ["bayesian", "row capacity", "row late"],
    )
    assert run("design", X, "--exact", "--out", free).code == 0
    ran = run("verify", X, free, "--rows", rows, "--json")
    assert (ran.code, ran.json["notions"][0]["holds"]) == (1, False)
    assert ran.json["notions"][0]["witness"]["sentence"] == "Row 'capacity' comes to 1: 1/2 more than 1/2."


def test_a_proof_and_a_question_keep_rows(run: Run, tmp_path: Path) -> None:
    """Functions and arrays are written down by labels, doubles at their binary values."""
    proof, asked = tmp_path / "c.json", tmp_path / "q.json"
    given = dm.Row("mine", allocation=[[0, 0.1], None], payment=lambda t, *_: t, upper=0.7)
    question = dm.Question(demands={"rows": [given]})
    with pytest.raises(
        InvalidInput, match="row 'mine': functions and arrays have labels only in an environm"
    ):
        dm.save(question, asked)
    dm.save(dm.design(X, question=question).question, asked)
    one, other = (dm.design(X, question=given, exact=True) for given in (question, str(asked)))
    assert one.value == other.value
    assert one.question == other.question != question
    ran = run("design", X, "--question", str(asked), "--exact", "--certificate", str(proof))
    assert ran.code == 0
    ran = run("certificate", str(proof), X, "--rebuild", "--json")
    assert (ran.code, ran.json["value"], ran.json["rebuilt"]) == (0, str(one.value), True)
    assert "row mine" in run("certificate", str(proof)).out
    content = json.loads(proof.read_text())
    content["question"]["demands"]["rows"][0]["upper"] = "1/2"
    proof.write_text(json.dumps(content))
    ran = run("certificate", str(proof), "--rebuild", "--json")
    assert (ran.code, ran.json["rebuilt"]) == (1, False)


def one(**changes: Any) -> dict[str, Any]:
    row: dict[str, Any] = {"name": "r", "lower": 0, "allocation": [[0, [], ["low"], "sell", 1]]}
    return {key: value for key, value in {**row, **changes}.items() if value is not None}


WRONG: list[tuple[Any, str]] = [
    (3, "rows, entry 0: 3 is no row"),
    (one(name=None), "rows, entry 0: 'name' is missing"),
    (one(name=" "), "row: ' ' is no name"),
    (one(name="a\nb"), "is no name"),
    (one(name="a" * 201), "a name has no more than 200 characters"),
    (
        one(floor=1),
        "row 'r': 'floor' is not one of name, lower, upper, expected, allocation, payment, utility",
    ),
    (one(lower=None), "row 'r': it has neither a lower nor an upper bound"),
    (one(upper=-1), "row 'r': nothing is between 0 and -1"),
    (one(lower="x"), "row 'r', lower: 'x' is not a number"),
    (one(expected=1), "row 'r', expected: 1 is neither true nor false"),
    (one(allocation=None), "row 'r': it is about no allocation, no payment and no utility"),
    (one(allocation=[]), "row 'r': all its coefficients are 0"),
    (one(allocation={"0": 1}), "row 'r', allocation: an object is no list of entries"),
    (
        one(allocation=[[0, [], ["low"], "sell"]]),
        "entry 0: [t, history, reports, action, number] is expected",
    ),
    (one(allocation=[[0, [], ["low"], "sell", True]]), "row 'r', allocation, entry 0: True is not a number"),
    (one(allocation=[[2, [], ["low"], "sell", 1]]), "entry 0: 2 is none of the periods 0 to 1"),
    (one(allocation=[[0, [], ["low"], "sel", 1]]), "entry 0, period 0: 'sel' is not one of 'keep', 'sell'"),
    (
        one(allocation=[[0, [], ["mid"], "sell", 1]]),
        "period 0, agent 'buyer': 'mid' is not one of 'low', 'high'",
    ),
    (
        one(allocation=[[0, [], ["low", "low"], "sell", 1]]),
        "period 0: the types reported by buyer are expected",
    ),
    (
        one(allocation=[[0, [], {"you": "low"}, "sell", 1]]),
        "reports of period 0: 'you' is not one of 'buyer'",
    ),
    (one(allocation=[[0, [], {}, "sell", 1]]), "reports of period 0: agent 'buyer' is missing"),
    (
        one(allocation=[[1, [], ["low"], "sell", 1]]),
        "entry 0: a history of period 1 is a list of 1 steps",
    ),
    (one(allocation=[[1, ["low"], ["low"], "sell", 1]]), "history, period 0: [reports, action] is expected"),
    (one(allocation=[[1, [[None, None]], ["low"], "sell", 1]]), "period 0: a history names every report"),
    (
        one(allocation=[[1, [[["low"], "sell"]], ["low"], "sell", 1]]),
        "history, period 0: 'sell', and histories leave the action out (null)",
    ),
    (
        one(payment=[[0, [], ["low"], "seller", 1]]),
        "payment, entry 0, period 0: 'seller' is not one of 'buyer'",
    ),
    (one(utility=[["seller", "low", 1]]), "utility, entry 0: 'seller' is not one of 'buyer'"),
    (one(utility=[["buyer", "mid", 1]]), "utility, entry 0: 'mid' is not one of 'low', 'high'"),
    (one(utility=[[None, "low", 1]]), "utility, entry 0: null is no agent's name"),
]


@pytest.mark.parametrize(("row", "said"), WRONG, ids=[said for _, said in WRONG])
def test_wrong_rows_are_refused_in_a_line(run: Run, tmp_path: Path, row: Any, said: str) -> None:
    ran = run("design", X, "--rows", rows_file(tmp_path, row))
    assert ran.code == 2
    (line,) = ran.err.strip().splitlines()
    assert said in line


def test_files_that_hold_no_rows_are_refused(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "rows.json"
    for text, said in (("{}", "is no list of rows"), ("[", "rows.json"), ("[NaN]", "is no row")):
        path.write_text(text)
        ran = run("design", X, "--rows", str(path))
        assert (ran.code, said in ran.err, len(ran.err.strip().splitlines())) == (2, True, 1)
    path = Path(rows_file(tmp_path, CAPACITY))
    before = path.read_text()
    for command in (["design", X], ["ladder", X], ["bench", X], ["sweep", "kln-nonseparable"]):
        ran = run(*command, "--rows", str(path), "--out", str(path))
        assert (ran.code, path.read_text()) == (2, before)
        assert "has another use in this command" in ran.err
    ran = run("design", X, "--rows", rows_file(tmp_path, CAPACITY, CAPACITY))
    assert (ran.code, "two are called 'capacity'" in ran.err) == (2, True)


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ({"allocation": [[0, 1]]}, "row 'r', allocation: it is over 1 periods, and there are 2"),
        ({"allocation": "sell"}, "row 'r', allocation: 'sell' is neither a function nor a list over periods"),
        (
            {"allocation": [None, np.ones((3, 2))]},
            r"row 'r', allocation, period 1: an array of shape \(3, 2\) does not broadcast to \(2, 2, 2\)",
        ),
        ({"payment": [None, [[1, 2], [3]]]}, "row 'r', payment, period 1"),
        (
            {"allocation": [["a", "b"], None]},
            r"row 'r', allocation, period 0, entry \[0\]: 'a' is not a number",
        ),
        ({"allocation": lambda *_: "many"}, "row 'r', allocation, period 0: 'many' is not a number"),
        ({"utility": {"seller": 1}}, "row 'r', utility: 'seller' is not one of 'buyer'"),
        ({"utility": {"buyer": [1, 2, 3]}}, r"row 'r', utility, agent 'buyer': numbers of shape \(3,\)"),
        ({"utility": {"buyer": {"mid": 1}}}, "row 'r', utility, agent 'buyer': 'mid' is not one of"),
        ({"utility": [1, 2]}, "row 'r', utility: .* is neither a function nor a mapping of agents"),
    ],
)
def test_wrong_coefficients_in_python(row: dict[str, Any], said: str) -> None:
    for ask in (dm.design, dm.compile):
        with pytest.raises(InvalidInput, match=said):
            ask(X, demands={"rows": [dm.Row("r", lower=0, **row)]})


def test_what_has_no_rows_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    row = dm.Row("r", lower=0, allocation=[None, [[0, 1], [0, 0]]])
    answer = dm.design(X, incentives="relaxed", demands={"rows": [row]})
    assert answer.status == "not-applicable"
    assert answer.message == (
        "demand 'row r' counts reports one by one, and incentives 'relaxed' about another environment, "
        "in which there are others"
    )
    paid = dm.Row("r", lower=0, payment=[[1], [1]])
    with pytest.raises(InvalidInput, match="'utilities': demand 'row r' is about payments of every period"):
        dm.design(X, formulation="utilities", demands={"rows": [paid]})
    with pytest.raises(InvalidInput, match="'thresholds': posted prices have no place for the demand"):
        dm.design(X, formulation="thresholds", demands={"rows": [row]})
    buyer = dm.Agent("buyer", types=["low", "high"], prior=[1, 0], values=[[[0, 0], [1, 2]]])
    never = dm.Environment(name="never high", horizon=1, actions=["keep", "sell"], agents=[buyer])
    with pytest.raises(
        InvalidInput, match="row 'r', utility, agent 'buyer': first type 'high' has probability 0"
    ):
        dm.design(never, demands={"rows": [dm.Row("r", lower=0, utility={"buyer": 1})]})
    monkeypatch.setattr("dynamech.models.notions.demands.row_tables.CALLS", 11)
    with pytest.raises(
        InvalidInput, match="a function would be asked for 12 entries, more than 11; give arrays"
    ):
        dm.design(X, demands={"rows": [dm.Row("r", lower=0, allocation=lambda *_: 1)]})


def test_functions_stay_behind_in_answers(tmp_path: Path) -> None:
    """What is kept of a row are its coefficients: every answer pickles, and says them by labels."""
    row = dm.Row("sold", allocation=lambda t, *_, **__: t, upper="1/2", expected=True)
    demands = {"rows": [row]}
    answers: list[Any] = [
        dm.design(X, demands=demands),
        dm.ladder(X, demands=demands),
        dm.price(X, demands),
        dm.compile(X, demands=demands),
        dm.export(X, str(tmp_path / "x.lp"), demands=demands),
    ]
    for answer in answers:
        pickle.loads(pickle.dumps(answer))
    written = answers[0].to_json()["demands"]["rows"]
    assert written == answers[4].to_json()["demands"]["rows"]
    assert written[0]["allocation"][0] == [1, [[["low"], None]], ["low"], "keep", 1]
