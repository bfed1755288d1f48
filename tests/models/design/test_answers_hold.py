"""Environments whose numbers differ so much that engines err: no answer is wrong by more than it says."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

import dynamech as dm
from dynamech.report.wording import value_text
from dynamech.solvers import audit
from dynamech.solvers.solution import Solution

DATA = Path(__file__).parents[2] / "data"
CASES: list[tuple[str, dict[str, Any], Fraction]] = [
    ("large-money", {}, Fraction(11600000000, 3)),
    ("small-discount", {"incentives": "types-public"}, Fraction(840000489999409, 240000000000000)),
    (
        "small-discount",
        {"incentives": "types-public", "solver": "cvxpy:CLARABEL"},
        Fraction(840000489999409, 240000000000000),
    ),
    ("rare-type-default", {}, Fraction(5781990241261665696541861, 160000000000000000000)),
    (
        "rare-type-1e-8",
        {"formulation": "thresholds"},
        Fraction(3033900027328998858100011913, 1200000000000000000000000000),
    ),
    ("rare-type-1e-8", {}, Fraction(3033900027328998858100011913, 1200000000000000000000000000)),
    ("large-values-textbook", {"formulation": "textbook"}, Fraction(7411322304933571, 10**9)),
    ("thin-two-buyers", {"participation": "ex-post"}, Fraction(50009999895001, 5000000000)),
    ("cremer-mclean-1e-10", {}, Fraction("87.499999995")),
    ("cremer-mclean-1e-10", {"solver": "cvxpy:CLARABEL"}, Fraction("87.499999995")),
    ("cremer-mclean-1e-10", {"solver": "highs-pdlp"}, Fraction("87.499999995")),
    ("cremer-mclean-1e-12", {}, Fraction("87.49999999995")),
    ("cremer-mclean-1e-12", {"solver": "cvxpy:CLARABEL"}, Fraction("87.49999999995")),
]


@pytest.mark.parametrize(("name", "asked", "truth"), CASES, ids=[f"{c[0]}-{c[1]}" for c in CASES])
def test_badly_scaled_questions_are_answered(name: str, asked: dict[str, Any], truth: Fraction) -> None:
    answer = dm.design(dm.load(DATA / f"{name}.json"), **asked)
    if "solver" in asked and answer.status == "limit":  # an engine that gives up says nothing wrong
        assert answer.value is None
        return
    assert answer.status == "optimal", answer.message
    assert isinstance(answer.value, float)
    assert answer.value == pytest.approx(float(truth), rel=1e-7)
    if name != "large-values-textbook":  # its right value is known to as many digits as it has here
        assert abs(Fraction(answer.value) - truth) <= Fraction(answer.value_error)
    assert answer.value_error <= 1e-7 * float(truth)


def test_an_error_that_is_not_known_is_said_in_words(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(audit, "proved", lambda *_: Solution(None, "limit", "", ""))  # type: ignore[arg-type]
    answer = dm.design(dm.load("two-type-markov"))
    assert answer.value_error == float("inf")
    assert answer.value_margin < 1e-12
    assert value_text(answer) == "1.226 (its error is not bounded)"


@pytest.mark.parametrize("solver", ["highs", "highs-ipm", "cvxpy:CLARABEL"])
def test_a_thin_lottery_is_as_truthful_as_a_thick_one(solver: str) -> None:
    """An action of weight 1e-7 and rows missed by 1e-8: within tolerances, and a lie would gain 450."""
    env = dm.load(DATA / "thin-lottery.json")
    answer = dm.design(env, incentives="ex-post", solver=solver)
    assert dm.verify(env, answer.mechanism, incentives="ex-post")
