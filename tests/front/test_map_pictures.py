"""Pictures of weights, correlation, ranges and ratios draw no figure that nobody computed."""

from __future__ import annotations

from fractions import Fraction as F
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

import dynamech as dm
from dynamech.models.auctions.money_burning.burning import Burning, burn_market
from dynamech.report import auction_plots
from dynamech.report.auction_plots import weight_steps

from .drawn import overlaps, texts


def burning() -> Burning:
    answer: Burning = dm.burn("asymmetric-auction", caps=["9/10", "9/5"], exact=True)
    return answer


def levels(figure: Any, line: int, at: float) -> list[float]:
    """Heights of a line of steps at a place."""
    x, y = figure.axes[0].lines[line].get_data()
    pieces = [k for k in range(0, len(x), 3) if x[k] <= at <= x[k + 1]]
    return sorted({float(y[k]) for k in pieces})


def test_weights_are_a_step_function() -> None:
    answer = burning()
    assert tuple(answer.weights) == (F(1, 4), F(1))
    steps, counted = weight_steps(answer)
    assert [(one.low, one.high) for one in steps] == [(F(0), F(80, 81)), (F(80, 81), F(1)), (F(1), F(2))]
    assert [one.weights for one in steps] == [(0, 0), (F(1, 4), 1), (F(1, 4), 1)]
    # Between the steps weights are optimal: the line through what is counted is that of the optimum.
    for step in steps:
        scale = (step.low + 2 * step.high) / 3
        there = burn_market(answer.market, [scale * cap for cap in answer.caps], answer.payments)
        assert there.value == counted[step.high] - step.slope * (step.high - scale)
    figure = answer.plot()
    assert [levels(figure, line, 1.0) for line in (0, 1)] == [[0.25], [1.0]]
    assert [levels(figure, line, 0.5) for line in (0, 1)] == [[0.0], [0.0]]
    assert {"buyer 1 (cap 9/10)", "buyer 2 (cap 9/5)"} <= set(texts(figure))
    assert overlaps(figure) == []


def test_what_is_not_worked_out_is_left_blank(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(auction_plots, "SOLVES", 3)
    steps, _ = weight_steps(burning())
    assert [(one.low, one.high) for one in steps] == [(F(1), F(2))]
    assert levels(burning().plot(), 0, 0.5) == []


def labels(figure: Any) -> list[str]:
    return [axes.get_ylabel() for axes in figure.axes]


def test_a_panel_with_one_figure_has_that_figure_and_no_scale() -> None:
    figure = dm.correlation("liu-licence").plot()
    assert "all 1\nL1 distance" in texts(figure)
    # Two scales, of transfers, for four panels: one is constant, one is of a single type.
    assert [label for label in labels(figure) if label != "action"] == ["money, not discounted"] * 2
    assert not any("×" in text for text in texts(figure))
    assert overlaps(figure) == []


def test_crosses_are_explained_where_there_are_some() -> None:
    figure = dm.correlation(dm.load("random-correlated", rank=1)).plot()
    assert "×" in texts(figure)
    assert any(text.startswith("×: ") for text in texts(figure))
    assert overlaps(figure) == []


def test_beliefs_have_a_scale_with_a_name() -> None:
    figure = dm.correlation("cremer-mclean").plot()
    assert labels(figure).count("probability") == 2
    assert "no later period" in texts(figure)
    assert overlaps(figure) == []


def test_points_without_an_answer_have_no_gap() -> None:
    from dynamech.report.ranges import range_figure

    answer = dm.tight_range(lambda at: dm.load("kln-nonseparable", n=3, c_times=at), "c", 3, 5, points=3)
    points = [answer.points[0], SimpleNamespace(at=F(4), gap=None, tight=None), answer.points[-1]]
    parts = {name: getattr(answer, name) for name in ("instance", "parameter", "rung", "intervals")}
    figure = range_figure(SimpleNamespace(points=points, **parts))  # type: ignore[arg-type]
    heights = [line.get_ydata() for line in figure.axes[0].lines if line.get_linestyle() == "-"]
    assert np.isnan(heights[0]).tolist() == [False, True, False]
    assert "no answer" in texts(figure)


def test_shares_of_nothing_are_not_drawn(monkeypatch: pytest.MonkeyPatch) -> None:
    from dynamech.report import account_plots

    answer = dm.nonclairvoyant(dm.load("items-over-time", periods=2))
    ran = SimpleNamespace(items=SimpleNamespace(periods=1, repeated_myerson=F(0)))
    nothing = SimpleNamespace(ran=ran, yardstick=F(0), share=None, guarantee=answer.guarantee)
    monkeypatch.setattr(account_plots, "by_horizon", lambda *_: [nothing, answer])
    figure = account_plots.ratio_by_horizon(answer)
    for line in figure.axes[0].lines[:2]:
        assert np.isnan(line.get_ydata()).tolist() == [True, False]
    assert overlaps(figure) == []


def test_values_of_a_sweep_are_a_line_a_rung_marked_where_not_tight() -> None:
    study = dm.sweep(
        "kln-nonseparable", {"n": [3], "c_times": [3, 10]}, rungs=["relaxed", "bayesian"], jobs=1
    )
    lines = study.plot(values=True).axes[0].lines
    drawn = {line.get_label(): line.get_xydata().tolist() for line in lines}
    for rung in ("relaxed", "bayesian"):
        own = [
            [float(one.parameters["c_times"]), float(one.rows[rung].number or 0)] for one in study.instances
        ]
        assert drawn[rung] == own
    apart = [float(one.parameters["c_times"]) for one in study.instances if one.outcome == "not_tight"]
    assert apart
    assert [x for x, _ in drawn["'relaxed' is not tight"]] == apart
    assert overlaps(study.plot(values=True)) == []
