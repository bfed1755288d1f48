"""The benchmark of demands on small instances: a line for each demand, and nothing laid out for nothing."""

from __future__ import annotations

import io

import numpy as np
from rich.console import Console

from benchmarks.demands import demands, measure, programs, table_of
from benchmarks.persistent import persistent
from dynamech.models.compiler.path_sums import path_sums
from dynamech.models.compiler.plan import plan
from dynamech.models.compiler.prepared import Prepared
from dynamech.models.design.question import Question
from dynamech.models.notions.demands import READ


def test_every_demand_has_a_line_beside_none() -> None:
    lines = [line for env, form in programs(small=True) for line in measure(env, form, 1, patience=20)]
    starts = [line for line in lines if line["demand"] == "none"]
    assert len(starts) == len(programs(small=True)) == 5
    assert all(line["times"] == line["more"] == line["solve_times"] == 1 for line in starts)
    assert {line["status"] for line in lines} == {"optimal"}
    assert all(line["more"] >= 1 and line["compile"] >= 0 for line in lines)
    rows = {(line["instance"], line["formulation"], line["demand"]): line["rows"] for line in lines}
    of = ("four-types", "per-period")
    points = 4 + 16 + 64 + 256
    assert rows[*of, "payments nonnegative"] - rows[*of, "none"] == points
    assert rows[*of, "payments -9..9"] - rows[*of, "none"] == 2 * points
    assert rows[*of, "budget per-period"] - rows[*of, "none"] == 4
    said = io.StringIO()
    Console(file=said, width=150).print(table_of(lines))
    assert "budget every-period, balanced" in said.getvalue()


def test_no_key_of_a_demand_is_left_out() -> None:
    asked = [keys for env, form in programs(small=True) for keys in demands(env, form).values()]
    assert {key for keys in asked for key in keys} == {key for keys in READ for key in keys}


def test_what_is_worth_nothing_is_not_summed() -> None:
    """Costs of 0 on the paths to 4^3 leaves have no entries, others one for each sale on the path."""
    env = persistent(4, 3).to_float()
    question = Question(demands={"budget": "ex-post"}, formulation="textbook")
    words = (question.incentives, question.participation, question.objective, "textbook", question.demands)
    layout = Prepared.of(env, plan(env, *words), 1e9).layout()
    leaves = np.arange(64)
    assert list(path_sums(layout, leaves, 2, 0, lambda level: np.zeros(level.plays), {})) == []
    sold = list(path_sums(layout, leaves, 2, 0, lambda level: 1.0 * (level.play_action == 1), {}))
    assert [int((one.value != 0).sum()) for one in sold] == [64, 64, 64]
