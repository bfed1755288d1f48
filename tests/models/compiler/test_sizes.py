"""What is counted before a program is laid out is what the program has."""

from __future__ import annotations

import itertools
from collections import Counter
from dataclasses import replace
from typing import Any

import pytest

from dynamech import testing
from dynamech.models.design.compiling import compile_question
from dynamech.models.design.question import Question
from dynamech.models.notions.incentives import INCENTIVES
from dynamech.models.notions.participation import PARTICIPATIONS
from dynamech.solvers.errors import AssumptionViolated, InvalidInput

FORMS = ("auto", "textbook", "utilities", "per-period", "utilities+local", "textbook+local")
KINDS: dict[str, dict[str, Any]] = {
    "steered": {"agents": 1, "periods": 3, "types": 3, "controlled": True},
    "two agents and a state": {"agents": 2, "periods": 2, "observed": True, "types": 2},
    "correlated": {"agents": 2, "periods": 2, "joint": True, "controlled": True, "discount": "1/2"},
    "no future": {"agents": 1, "periods": 2, "observed": True, "controlled": True, "discount": 0},
    "one period": {"agents": 2, "periods": 1, "types": 3, "controlled": False},
}


@pytest.mark.parametrize(("sparse", "elsewhere"), [(False, False), (True, False), (True, True)])
@pytest.mark.parametrize("kind", list(KINDS))
def test_sizes_are_those_of_the_program(kind: str, sparse: bool, elsewhere: bool) -> None:
    data: dict[str, Any] = {"actions": 2, "discount": "9/10", "sparse": sparse} | KINDS[kind]
    env = testing.random_environment(7, **data)
    if elsewhere:  # everybody has half of what the last action is worth to her
        flows = [tuple(v[-1:] / 2 for v in a.values) for a in env.agents]
        agents = (a if a.observed else replace(a, outside=o) for a, o in zip(env.agents, flows, strict=True))
        env = env._with(agents=tuple(agents))
    seen: Counter[str] = Counter()
    lies = ("bayesian", "relaxed", "types-public") if elsewhere else tuple(INCENTIVES)
    for lie, promise, form in itertools.product(lies, PARTICIPATIONS, FORMS):
        question = Question.of(env, incentives=lie, participation=promise, formulation=form)
        try:
            compiled, _, size = compile_question(env, question)
        except (AssumptionViolated, InvalidInput):
            continue
        program, words = compiled.program, f"{lie}, {promise}, {form}"
        seen.update([f"incentives {lie}", f"participation {promise}"])
        assert size.columns == program.num_columns, words
        assert size.nonzeros >= program.num_nonzeros, words
        # Messages of probability zero lead to histories at which nothing is promised.
        notion = INCENTIVES[lie]
        if sparse and (notion.everywhere or notion.rewriting == "types"):
            assert size.rows >= program.num_rows, words
        else:
            assert size.rows == program.num_rows, words
    least = {f"incentives {lie}" for lie in ("none", "bayesian", "ex-post", "per-period") if lie in lies}
    least |= {f"participation {word}" for word, promise in PARTICIPATIONS.items()
              if not (promise.outside and (kind == "correlated" or elsewhere))}  # fmt: skip
    assert least <= set(seen)
