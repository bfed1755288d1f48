"""When rents are asked in place of histories, what is said then, and what is refused."""

import json
import pickle
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

import dynamech as dm
from dynamech.cli import main
from dynamech.models.design import rents
from dynamech.models.design.compiling import prepare
from dynamech.models.design.question import Question
from dynamech.solvers.effort import FLOATS
from dynamech.solvers.errors import Infeasible, InvalidInput

SETTINGS: dict[str, Any] = {"agents": 1, "types": 3, "periods": 4, "controlled": False}
PAIRS = 4 * 3 * 3
WORDS = [word for key, value in SETTINGS.items() for word in ("--set", f"{key}={str(value).lower()}")]


def test_by_name_the_answer_is_two_bounds() -> None:
    env = dm.load("random", **SETTINGS)
    told: list[dm.Event] = []
    answer = dm.design(env, formulation="recursion", notify=told.append)
    exact = dm.design(env, exact=True).value
    assert isinstance(exact, Fraction)
    assert (answer.status, answer.formulation) == ("optimal", "recursion")
    assert answer.bounds is not None
    assert answer.value == answer.bounds.lower <= float(exact) <= answer.bounds.upper * (1 + 1e-15)
    assert answer.value_error == answer.bounds.upper - answer.bounds.lower <= 1e-5 * float(exact)
    assert {event.kind for event in told} == {"size", "round"}
    assert pickle.loads(pickle.dumps(answer)).bounds.upper == answer.bounds.upper
    with pytest.raises(Infeasible, match="no program: formulation 'recursion' bounds the value"):
        _ = answer.solved


def test_auto_takes_it_beyond_the_threshold_and_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    env = dm.load("random", **SETTINGS)
    rows = dm.compile(env, formulation="utilities").num_rows
    for threshold, formulation in ((rows, "utilities"), (rows - 1, "recursion")):
        monkeypatch.setattr(rents, "EACH", Fraction(threshold, PAIRS))
        told: list[dm.Event] = []
        assert dm.design(env, notify=told.append).formulation == formulation
        assert (f"in place of a program over histories of {rows:,} rows" in told[0].text) == (
            threshold < rows
        )
    assert dm.design(env, incentives="per-period").formulation != "recursion"


def test_many_types_keep_histories_longer_and_bounds_alone_wait_longest() -> None:
    """Rents take time for pairs of types: about as many rows, of two types and of twenty."""
    few, many = (dm.load("random", **{**SETTINGS, "types": k, "periods": t}) for k, t in ((2, 13), (20, 3)))
    assert "in place of a program over histories of 32,766 rows" in rents.in_rents(few, Question(), FLOATS)
    assert rents.in_rents(many, Question(), FLOATS) == ""
    relaxed = Question(incentives="relaxed")
    assert prepare(few, relaxed)[0].size.rows > rents.EACH * 13 * 2**2
    assert rents.in_rents(few, relaxed, FLOATS) == ""


def test_auto_takes_it_over_the_rationals_as_well(monkeypatch: pytest.MonkeyPatch) -> None:
    env = dm.load("random", **SETTINGS)
    whole = dm.design(env, exact=True)
    rows = dm.compile(env, formulation=whole.formulation).num_rows
    told: list[dm.Event] = []
    monkeypatch.setattr(rents, "EACH", Fraction(rows, PAIRS))
    assert dm.design(env, exact=True).formulation == whole.formulation != "recursion"
    monkeypatch.setattr(rents, "EACH", Fraction(rows - 1, PAIRS))
    answer = dm.design(env, exact=True, notify=told.append)
    assert f"in place of a program over histories of {rows:,} rows" in told[0].text
    assert answer.bounds is not None
    assert answer.bounds.lower <= (whole.value or 0) <= answer.bounds.upper
    assert isinstance(answer.bounds.upper, Fraction)
    assert "proved over the rationals" in answer.message
    # bounds of this rung are in doubles, so that the program is asked, however large
    assert dm.design(env, exact=True, incentives="first-order").formulation != "recursion"


def test_auto_is_exact_where_no_program_would_fit(capsys: pytest.CaptureFixture[str]) -> None:
    words = ["random", "--set", "agents=1", "--set", "types=2", "--set", "periods=25"]
    words += ["--set", "controlled=false", "--exact", "--json"]
    assert main(["design", *words]) == 0
    out, err = capsys.readouterr()
    assert "beyond the memory limit" in err
    low, high = (Fraction(end) for end in json.loads(out)["interval"])
    assert 0 < high - low < Fraction(1, 10**6) or low == high


def test_histories_that_could_never_be_written_down_have_a_value() -> None:
    """Types that never change: what one period earns, forty times (Baron and Besanko)."""
    agent = dm.Agent(
        "buyer",
        ["low", "high"],
        ["1/4", "3/4"],
        lambda t, a, θ: (1 + (θ == "high")) * (a == "sell"),
        lambda t, a, θ, after: int(θ == after),
    )
    settings: dict[str, Any] = {"agents": [agent], "actions": ["keep", "sell"]}
    told: list[dm.Event] = []
    once = dm.Environment(name="once", horizon=1, **settings)
    env = dm.Environment(name="forty", horizon=40, **settings)
    assert not dm.design(env).bounds  # histories of types that stay are few
    moving = dm.load("random", **{**SETTINGS, "types": 2, "periods": 40})
    answer = dm.design(moving, notify=told.append)
    assert answer.status == "optimal"
    assert "beyond the memory limit" in told[0].text
    always = dm.design(env, formulation="recursion")
    assert float(always.value or 0) == pytest.approx(40 * float(dm.design(once).value or 0), rel=1e-5)


def test_a_limit_keeps_both_bounds() -> None:
    env = dm.load("random", **{**SETTINGS, "types": 4, "periods": 8})
    answer = dm.design(env, formulation="recursion", time_limit=1e-3)
    assert (answer.status, answer.value) == ("limit", None)
    assert answer.bounds is not None
    assert answer.bounds.upper > 20
    assert "the time limit was reached" in answer.message


PAIR = {**SETTINGS, "agents": 2, "periods": 2}
REFUSED = [
    (PAIR, {"incentives": "per-period"}, "there are 2"),
    ({**SETTINGS, "independent": False, "observed": 1}, {}, "agent 'agent 1' moves by a joint process"),
    (SETTINGS, {"incentives": "per-period"}, "incentives 'per-period' are not 'bayesian'"),
    (SETTINGS, {"participation": "none"}, "participation 'none' is not 'interim', 'periodic'"),
    (SETTINGS, {"objective": "min-utility"}, "the least utility has a weight"),
    (SETTINGS, {"objective": {"utility": 1, "revenue": "1/2"}}, "payments have a negative weight"),
    (
        SETTINGS,
        {"demands": {"payments": "nonnegative", "on": "path"}},
        "demand 'payments nonnegative on path' is not about payments of single periods",
    ),
    (
        SETTINGS,
        {"demands": {"payments": "nonnegative"}, "participation": "prefix"},
        "demand 'payments nonnegative' beside participation 'prefix'",
    ),
    (
        SETTINGS,
        {"exact": True, "demands": {"payments": "-1..1"}},
        "over the rationals demand 'payments -1..1' may bound payments from above alone",
    ),
    (SETTINGS, {"solver": "highs-ipm"}, "solver 'highs-ipm' is not 'highs'"),
]


@pytest.mark.parametrize(("settings", "words", "why"), REFUSED)
def test_what_it_cannot_answer_is_refused(settings: dict[str, Any], words: dict[str, Any], why: str) -> None:
    env = dm.load("random", **settings)
    with pytest.raises(InvalidInput, match="formulation 'recursion': ") as refusal:
        dm.design(env, formulation="recursion", **words)
    assert why in str(refusal.value)


def test_it_writes_down_no_program_and_stands_alone() -> None:
    env = dm.load("random", **SETTINGS)
    with pytest.raises(InvalidInput, match="writes down no program"):
        dm.compile(env, formulation="recursion")
    with pytest.raises(InvalidInput, match="'recursion' stands alone"):
        dm.design(env, formulation="lazy+recursion")


def test_the_command_line(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    assert main(["design", "random", *WORDS, "--formulation", "recursion", "--json"]) == 0
    out, err = capsys.readouterr()
    content = json.loads(out)
    assert content["bounds"][0] <= content["value"] * (1 + 1e-4)
    assert content["mechanism"]["format"] == "dynamech-mechanism/1"
    assert "bayesian: bounds by recursion over rents" in err
    assert main(["design", "random", *WORDS, "--formulation", "recursion"]) == 0
    assert "bounds" in capsys.readouterr().out
    file = str(tmp_path / "m.json")
    assert main(["design", "random", *WORDS, "--formulation", "recursion", "--out", file]) == 0
    assert main(["verify", "random", *WORDS, file, "--incentives", "bayesian"]) == 0
    capsys.readouterr()
    assert main(["design", "random", *WORDS, "--formulation", "recursion", "--exact", "--json"]) == 0
    content = json.loads(capsys.readouterr().out)
    lower, upper = (Fraction(end) for end in content["interval"])
    assert lower <= Fraction(dm.design(dm.load("random", **SETTINGS), exact=True).value or 0) <= upper
    assert (content["exact"] is None) == (lower < upper)
