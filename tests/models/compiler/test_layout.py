"""Layouts: the columns that are declared are those that the handles name, and nothing is filled in later."""

from __future__ import annotations

import dataclasses
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from dynamech import models, testing
from dynamech.models.compiler.columns import begin
from dynamech.models.compiler.compiled import Compiled
from dynamech.models.design.compiling import compile_question
from dynamech.models.design.design import Design, design
from dynamech.models.design.question import Question
from dynamech.solvers.errors import Infeasible

PLANS = [
    ("bayesian", "interim", "utilities"),
    ("bayesian", "interim", "textbook+full-reports"),
    ("bayesian", "periodic", "per-period"),
    ("ex-post", "ex-post", "auto"),
    ("per-period", "per-period", "auto"),
    ("relaxed", "interim", "auto"),
]


def compiled(incentives: str, participation: str, formulation: str, seed: int = 3) -> Compiled:
    env = testing.random_environment(seed, agents=2, periods=2, types=2, controlled=True)
    words = Question.of(env, "revenue", incentives, participation, None, formulation)
    return compile_question(env, words)[0]


@pytest.mark.parametrize("words", PLANS)
def test_columns_and_lotteries_are_where_the_layout_says(words: tuple[str, str, str]) -> None:
    compilation = compiled(*words)
    bare = begin(compilation.layout).build()
    for program in (bare, compilation.program):
        for blocks, there in (
            (compilation.layout.columns.values(), program.column_blocks),
            (compilation.layout.flows.values(), program.row_blocks),
        ):
            for block in blocks:
                other = there[block.name]
                assert (other.start, other.size) == (block.start, block.size)
                places = range(block.size)
                assert list(map(other.label_of, places)) == list(map(block.label_of, places))
    assert bare.num_columns == compilation.layout.num_columns == compilation.program.num_columns
    assert bare.num_rows == sum(block.size for block in compilation.layout.flows.values())


@pytest.mark.parametrize("words", PLANS)
def test_rows_of_lies_are_found_by_state_and_report(words: tuple[str, str, str]) -> None:
    compilation = compiled(*words)
    for rows in (*compilation.lies.values(), *compilation.truths.values()):
        assert compilation.program.row_blocks[rows.block.name] == rows.block
        of_class = rows.of_class
        places = rows.at(rows.memory, rows.find(rows.state, rows.report)[of_class])
        assert (places == rows.block.index).all()
    for rows in compilation.lies.values():
        shown = [f"{rows.block.name}[{rows.label(k)}]" for k in range(rows.block.size)]
        assert shown == [compilation.program.row_label(k) for k in rows.block.index]
        assert len(set(shown)) == len(shown)


@pytest.mark.parametrize("words", PLANS)
def test_every_row_has_one_handle(words: tuple[str, str, str]) -> None:
    compilation = compiled(*words)
    names = {"flow": "flow.{}", "truth": "truth.{}.{}", "promise": "participation.{}.{}"}
    for (what, t, i), block in compilation.rows.items():
        assert block.name == names[what].format(t, compilation.layout.env.agents[i].name)
        assert compilation.program.row_blocks[block.name].index.tolist() == block.index.tolist()
    handles = [*compilation.rows.values(), *(rows.block for rows in compilation.lies.values())]
    places = np.concatenate([block.index for block in handles])
    assert sorted(places.tolist()) == list(range(compilation.program.num_rows))


def test_the_weight_of_a_history_is_the_chance_of_the_plays_that_lead_there() -> None:
    env = testing.random_environment(5, agents=1, periods=3, types=2, controlled=True)
    answer = design(env, Question.of(env, formulation="utilities"))
    layout, x = answer.solved.compiled.layout, answer.solved.solution.point
    assert (layout.weight(0, x) == 1).all()
    for t in range(1, layout.horizon):
        assert np.allclose(layout.weight(t, x), x[layout.allocation(t - 1).slice])


@pytest.mark.parametrize("words", PLANS[:3])
def test_what_a_question_adds_stays_out_of_the_compilation(words: tuple[str, str, str]) -> None:
    compilation = compiled(*words)
    build = begin(compilation.layout, sense="min")
    rows = build.rows("more", 1, lower=1)
    build.entries(rows.start, compilation.layout.allocation(0).index, 1)
    testing.assert_same_program(compiled(*words).program, compilation.program)
    assert "more" not in begin(compilation.layout).build().row_blocks
    layers = compilation.layout.tree.layers
    views = [view for row in compilation.layout.views for view in row.values()]
    levels = [layer.level for layer in layers]
    parts: list[Any] = [compilation, compilation.layout, *compilation.lies.values(), *layers, *levels, *views]
    for part in parts:
        with pytest.raises(dataclasses.FrozenInstanceError):
            setattr(part, dataclasses.fields(part)[0].name, None)


def test_a_design_that_was_not_solved_says_why() -> None:
    env = testing.random_environment(5, agents=1, periods=2, types=2)
    without = Design(Question.of(env), "not-applicable", "no shocks", None, {})
    with pytest.raises(Infeasible, match=r"no program: the status is not-applicable \(no shocks\)"):
        without.solved  # noqa: B018
    with pytest.raises(Infeasible, match=r"no mechanism: the status is not-applicable \(no shocks\)"):
        without.mechanism  # noqa: B018
    assert (without.program, without.plan, without.environment, without.certified) == (None, None, None, "")


SPELLED = re.compile(r"""f?["'](utility|payment|allocation|incentive|truth|flow|participation)\.""")


def test_nobody_finds_a_row_or_a_column_by_spelling_its_name() -> None:
    home = Path(models.__file__).parent
    spelled = {
        str(path.relative_to(home))
        for path in home.rglob("*.py")
        if SPELLED.search(path.read_text(encoding="utf-8"))
    }
    assert spelled == {"compiler/layout.py", "compiler/participation_rows.py"}


def test_nothing_is_asserted_to_be_there_that_its_type_does_not_promise() -> None:
    home = Path(models.__file__).parent
    asserted = [path for path in home.rglob("*.py") if "    assert " in path.read_text(encoding="utf-8")]
    assert asserted == []
