"""Every rewriting of a program in the models, proved by the body that proves those of the solvers."""

from __future__ import annotations

import pytest

from dynamech.instances.library import load
from dynamech.models.compiler.posted_prices import PostedPrices
from dynamech.models.design.claims import textbook
from dynamech.models.design.compiling import compile_question
from dynamech.models.design.question import Question
from dynamech.solvers.effort import EXACT, FLOATS
from dynamech.solvers.lift import Lift
from dynamech.solvers.program import Program
from tests.solvers.lifts import modules_of, parts, prove, unproved

CASES = {
    "posted prices": ("bayesian", "thresholds"),
    "posted prices, claimed": ("bayesian", "thresholds"),
    "payments": ("bayesian", "utilities"),
    "more reports": ("bayesian", "textbook+local"),
    "later utilities": ("relaxed", "aggregated"),
}


def rewritten(name: str) -> tuple[Program, Lift]:
    """Sequential screening on a grid of 2 by 3."""
    env = load("sequential-screening", k0=2, k1=3)
    incentives, formulation = CASES[name]
    asked = Question.of(env, "revenue", incentives, formulation=formulation)
    compilation = compile_question(env, asked, EXACT)[0]
    if formulation != "thresholds":
        return compilation.program, textbook(compilation, 1e9)
    lift = compilation.lift
    return compilation.solved, lift.then(textbook(compilation, 1e9)) if "claimed" in name else lift


@pytest.mark.parametrize("name", CASES)
def test_an_optimum_comes_home(name: str) -> None:
    program, lift = rewritten(name)
    assert program.num_rows < lift.home.num_rows
    prove(program, lift, vertex=False)


def test_every_rewriting_of_the_models_has_a_case() -> None:
    proved = set().union(*(parts(rewritten(name)[1]) for name in CASES))
    assert unproved(modules_of("dynamech.models"), proved) == set()
    assert unproved(modules_of("dynamech.models"), proved - {PostedPrices}) == {"PostedPrices"}


def test_rows_times_chains_may_exceed_what_indices_are_kept_in() -> None:
    env = load("random", seed=1, agents=1, types=3, periods=7, controlled=True).to_float()
    compilation = compile_question(env, Question.of(env, "revenue", formulation="thresholds"), FLOATS)[0]
    assert compilation.program.num_rows**2 > 2**31
    assert compilation.solved.num_rows < compilation.program.num_rows
