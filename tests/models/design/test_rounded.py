"""Small questions that are proved are compiled over the rationals and rounded: once for two uses."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from typing import Any

import numpy as np
import pytest

import dynamech as dm
from dynamech.models.compiler.compiled import Compiled
from dynamech.models.compiler.prepared import Prepared
from dynamech.models.design import compiling
from dynamech.models.design.compiling import compile_question
from dynamech.models.design.design import design
from dynamech.models.design.question import Question
from dynamech.solvers.effort import EXACT, FLOATS
from dynamech.solvers.errors import InvalidInput
from dynamech.solvers.numbers import to_float

from .test_demands import some

QUESTIONS: dict[str, tuple[str, dict[str, Any]]] = {
    "plain": ("one", {}),
    "relaxed": ("one", {"incentives": "relaxed"}),
    "steered": ("two, steered", {"incentives": "ex-post"}),
    "joint": ("joint", {"demands": {"budget": "ex-ante"}}),
    "observed": ("observed", {"objective": {"revenue": 1, "min-utility": "1/3"}}),
    "textbook": ("one", {"formulation": "textbook", "participation": "periodic"}),
}


def compiled_thrice(name: str) -> Any:
    """(rounded, compiled in doubles, over the rationals) of a question."""
    where, words = QUESTIONS[name]
    env = some(where, 1)
    question = Question(**words)
    rounded = compile_question(env, question, proved=True)[0]
    return rounded, compile_question(env, question)[0], compile_question(env, question, EXACT)[0]


@pytest.mark.parametrize("name", QUESTIONS)
def test_the_rounded_program_is_the_one_of_doubles(name: str) -> None:
    rounded, doubles, exact = compiled_thrice(name)
    mine, other = rounded.program, doubles.program
    assert (mine.indptr == other.indptr).all()
    assert (mine.indices == other.indices).all()
    for part in ("data", "objective", "lower", "upper", "row_lower", "row_upper", "units"):
        np.testing.assert_allclose(getattr(mine, part), getattr(other, part), rtol=1e-12, atol=1e-14)
    assert (mine.data == to_float(exact.program.data)).all()
    source = mine.origin.make()
    assert source.exact
    assert (source.data == exact.program.data).all()
    assert [mine.column_label(k) for k in range(9)] == [other.column_label(k) for k in range(9)]


@pytest.mark.parametrize("name", QUESTIONS)
def test_its_layout_is_in_doubles(name: str) -> None:
    rounded, doubles, _ = compiled_thrice(name)
    mine, other = rounded.layout, doubles.layout
    assert not mine.env.exact
    for layer, theirs in zip(mine.tree.layers, other.tree.layers, strict=True):
        for one, two in ((layer.nature, theirs.nature), (layer.level.prob, theirs.level.prob)):
            assert one.dtype == np.float64
            np.testing.assert_allclose(one, two, rtol=1e-12)
    for row, their_row in zip(mine.views, other.views, strict=True):
        for i, view in row.items():
            np.testing.assert_allclose(view.state_prob, their_row[i].state_prob, rtol=1e-12)
            assert view.info_prob.dtype == np.float64
    for rows in (rounded.lies, rounded.truths):
        assert all(each.layout is mine for each in rows.values())


def test_one_compilation_serves_the_answer_and_the_bound_on_its_error(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    times: list[Prepared] = []
    compiled = Prepared.compiled

    def counted(ready: Prepared) -> Compiled:
        times.append(ready)
        return compiled(ready)

    monkeypatch.setattr(Prepared, "compiled", counted)
    env = dm.load("two-type-markov")
    answer = design(env, Question(), proved=True)
    assert answer.value_error < 1e-12
    assert isinstance(answer.mechanism.stages[0].allocation.flat[0], float)
    assert len(times) == 1
    # Doubles are compiled as they are, and over the rationals when something is to be proved.
    floats = design(env.to_float(), Question(), proved=True)
    assert floats.value == pytest.approx(answer.value)
    assert floats.value_error < 1e-12
    assert len(times) == 3
    # A ladder says what is tight, and so compiles each of its rungs once.
    dm.ladder(env, rungs=["relaxed", "bayesian"])
    assert len(times) == 5
    # Whoever asks for nothing but a value has it from doubles.
    assert dm.design(env).value == pytest.approx(answer.value)
    assert not times[-1].env.exact


def test_weights_in_doubles_are_not_taken_at_their_binary_values() -> None:
    env = dm.load("two-type-markov")
    question = Question({"revenue": 0.3, "utility": 0.1})
    assert compiling._rounded(env, question, FLOATS) is None
    assert compiling._rounded(env, replace(question, objective=Question().objective), FLOATS) is not None


def test_what_doubles_do_not_hold_is_said_in_doubles() -> None:
    env = dm.Environment(
        name="large", horizon=1, actions=["keep", "sell"],
        agents=[dm.Agent("buyer", types=["low", "high"], prior=["1/2", "1/2"],
                         values=[[[0, 0], [1, Fraction(10) ** 400]]])],
    )  # fmt: skip
    with pytest.raises(InvalidInput, match=r"agent 'buyer', values, period 0.*beyond 10\^308"):
        design(env, Question(), proved=True)
