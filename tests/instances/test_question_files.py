"""Question files: back without loss, and everything that is none refused in one line."""

from __future__ import annotations

import importlib
import json
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import dynamech as dm
from dynamech.instances import question_from_json, question_to_json
from dynamech.instances.schema import question_schema
from dynamech.models.notions.demands import BUDGETS, ON, READ
from dynamech.models.notions.incentives import CHECKED_INCENTIVES, INCENTIVES
from dynamech.models.notions.participation import CHECKED_PARTICIPATIONS, PARTICIPATIONS
from dynamech.models.relaxations import COUPLINGS
from dynamech.solvers.errors import InvalidInput

jsonschema = importlib.import_module("jsonschema")
valid = jsonschema.Draft202012Validator(question_schema()).is_valid

names = st.sampled_from(["buyer", "a=b", ' "', "ü,1"])
numbers = st.one_of(st.fractions(max_denominator=50), st.floats(-1e9, 1e9), st.integers(-(2**60), 2**60))
weights = st.dictionaries(
    st.one_of(st.sampled_from(["revenue", "welfare", "utility"]), names.map("utility:{}".format)),
    numbers,
    min_size=1,
).filter(lambda given: any(given.values()))
ranges = st.tuples(st.fractions(max_denominator=9), st.fractions(0, 9, max_denominator=9)).map(
    lambda pair: f"{pair[0]}..{pair[0] + pair[1]}"
)
payments = st.one_of(st.sampled_from(["none", "nonnegative", "nonpositive"]), ranges)
rows = st.fixed_dictionaries(
    {"name": names, "lower": numbers},
    optional={
        "allocation": numbers.map(lambda number: [[1, None, {"buyer": "low"}, "sell", number]]),
        "utility": st.tuples(names, st.just("low"), numbers).map(lambda entry: [entry]),
        "expected": st.booleans(),
    },
).filter(lambda row: "allocation" in row or "utility" in row)
DEMANDED: dict[str, st.SearchStrategy[Any]] = {
    "payments": st.one_of(payments, st.dictionaries(names, payments, min_size=1)),
    "on": st.sampled_from([*ON]),
    "budget": st.sampled_from([*BUDGETS]),
    "balanced": st.booleans(),
    "deterministic": st.booleans(),
    "anonymous": st.just([["buyer", "a=b"], ["ü,1", ' "']]),
    "rows": st.lists(rows, min_size=1, max_size=2, unique_by=lambda row: row["name"]),
}
"""By the keys of a question."""


def together(keys: dict[str, Any]) -> dict[str, Any]:
    """Without what says nothing alone."""
    alone = set() if "payments" in keys else {"on"}
    alone |= {"balanced"} if keys.get("budget", "none") == "none" else set()
    return {key: value for key, value in keys.items() if key not in alone}


questions = st.builds(
    dm.Question,
    demands=st.fixed_dictionaries({}, optional=DEMANDED).map(together),
    objective=st.one_of(st.sampled_from(["revenue", "welfare", "min-utility"]), weights),
    incentives=st.sampled_from([*INCENTIVES, *CHECKED_INCENTIVES]),
    participation=st.sampled_from([*PARTICIPATIONS, *CHECKED_PARTICIPATIONS]),
    coupling=st.one_of(st.none(), st.sampled_from(COUPLINGS)),
    formulation=st.sampled_from(["auto", "textbook", "utilities+lazy"]),
)


@given(questions)
@settings(
    max_examples=60, deadline=None, derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)  # fmt: skip
def test_a_question_comes_back_as_it_was(tmp_path: Path, question: dm.Question) -> None:
    """Doubles too: as the rationals that they are."""
    path = tmp_path / "q.json"
    dm.save(question, path)
    content = json.loads(path.read_text(encoding="utf-8"))
    assert valid(content)
    assert dm.load_question(path) == question == question_from_json(question.to_json())
    assert question_to_json(dm.load_question(path)) == content


def test_every_demand_is_tried() -> None:
    assert DEMANDED.keys() == {key for keys in READ for key in keys}


def test_what_is_left_out_is_the_default(tmp_path: Path) -> None:
    path = tmp_path / "q.json"
    path.write_text('{"format": "dynamech-question/1"}')
    assert dm.load_question(path) == dm.Question()
    path.write_text(
        '{"format": "dynamech-question/1", "objective": {"revenue": 1, "welfare": 0.1},'
        ' "demands": {"budget": "none", "payments": "free"}}'
    )
    question = dm.load_question(path)
    assert question == dm.Question({"revenue": 1, "welfare": Fraction(1, 10)})
    assert question.demands == ()
    assert dm.Question("revenue=2/2") == dm.Question() != dm.Question(demands={"payments": "none"})


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"format": "dynamech-question/2"}, "format: 'dynamech-question/2' is not 'dynamech-question/1'"),
        ({"format": "dynamech/1"}, "this is an instance file, not a question file"),
        ({"incentive": "none"}, "unknown key 'incentive' (did you mean 'incentives'?)"),
        ({"objective": "profit"}, "objective: 'profit' is not one of"),
        ({"objective": {}}, "objective: every weight is 0"),
        ({"objective": None}, "objective: None is not one of"),
        ({"objective": {"revenue": True}}, "objective, weight on revenue: true"),
        ({"objective": {"revenue": 10**400}}, "objective, weight on revenue:"),
        ({"objective": {"revenue": "1/0"}}, "objective, weight on revenue: '1/0'"),
        ({"objective": {"min-utility": -1}}, "objective: the weight on min-utility is negative (-1)"),
        ({"incentives": "none at all"}, "incentives: 'none at all' is not one of none, virtual"),
        ({"incentives": None}, "incentives: a text is expected, not null"),
        ({"participation": ["interim"]}, "participation: a text is expected, not a list"),
        ({"participation": "always"}, "participation: 'always' is not one of none, interim"),
        ({"coupling": "glued"}, "coupling: 'glued' is not one of signals"),
        ({"coupling": 1}, "coupling: a text is expected, not 1"),
        ({"formulation": "short"}, "formulation: 'short' is not one of auto"),
        ({"formulation": "auto+lazy"}, "formulation 'auto+lazy': 'auto' stands alone"),
        ({"demands": None}, "demands: an object is expected, not null"),
        ({"demands": ["payments"]}, "demands: an object is expected, not a list"),
        ({"demands": {"payment": "none"}}, "demands: 'payment' is not one of payments"),
        ({"demands": {"payments": "2..1"}}, "demands, payments: nothing is between 2 and 1"),
        ({"demands": {"payments": {"": "none"}}}, "demands, payments: '' is no agent's name"),
        ({"demands": {"on": 0.5}}, "demands, on: "),
        ({"demands": {"budget": "ex-post", "balanced": 1}}, "demands, balanced: 1 is neither true nor false"),
    ],
)
def test_what_is_no_question(tmp_path: Path, more: dict[str, Any], said: str) -> None:
    path = tmp_path / "q.json"
    path.write_text(json.dumps({"format": "dynamech-question/1", **more}))
    assert said in refused(path)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "not JSON at line 1"),
        ("[]", "an object with the key 'format' is expected, not a list"),
        ("{}", "'format' is missing; it must be 'dynamech-question/1'"),
        ('{"format": "dynamech-question/1", "objective": {"revenue": 1e999999999}}', "weight on revenue: "),
        ('{"format": "dynamech-question/1", "objective": {"revenue": NaN}}', "weight on revenue: NaN"),
        ('{"format": "dynamech-question/1", "demands": {}, "demands": {}}', "'demands' is given twice"),
        (
            '{"format": "dynamech-question/1", "demands": {"on": "path", "on": "path"}}',
            "demands: the key 'on' is given twice",
        ),
        ('{"format": "dynamech-question/1", "demands": {"on": 1e999999999}}', "999999999 is beyond 10^"),
    ],
)
def test_what_is_no_file(tmp_path: Path, text: str, said: str) -> None:
    path = tmp_path / "q.json"
    path.write_text(text)
    assert said in refused(path)


def refused(path: Path) -> str:
    """The one line with which a file is refused, without its name."""
    with pytest.raises(InvalidInput) as caught:
        dm.load_question(path)
    message = str(caught.value)
    assert message.startswith(f"{path}: ")
    assert len(message.splitlines()) == 1
    return message.removeprefix(f"{path}: ")


def test_there_is_no_such_file(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="there is no such file"):
        dm.load_question(tmp_path / "none.json")


def test_a_question_is_of_no_environment_until_it_is_asked() -> None:
    """What it names is looked for in each that it is put to."""
    question = dm.Question({"revenue": 1, "utility:seller": "1/2"}, demands={"payments": {"seller": "none"}})
    for ask in (dm.design, dm.compile, dm.ladder):
        with pytest.raises(InvalidInput, match="agent 'seller' is not one of buyer"):
            ask("two-type-markov", question=question)
    free = dm.Question(demands={"payments": {"seller": "none"}})
    with pytest.raises(InvalidInput, match=r"'seller' is none of the agents who pay \(buyer\)"):
        dm.design("two-type-markov", question=free)
    with pytest.raises(InvalidInput, match="is not built from signals"):
        dm.design("two-type-markov", question=dm.Question(coupling="signals"))
    wrong: list[tuple[dict[str, Any], str]] = [
        ({"objective": ["revenue"]}, "is not one of"),
        ({"incentives": ["none"]}, "is not one of"),
        ({"participation": {}}, "is not one of"),
        ({"coupling": []}, "is not one of"),
        ({"formulation": 3}, "is not one of"),
        ({"demands": "none"}, "is no mapping"),
    ]
    for words, said in wrong:
        with pytest.raises(InvalidInput, match=said):
            dm.Question(**words)
