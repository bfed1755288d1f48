"""Pictures of types: who would imitate whom, and what is lost by type."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction as F
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import dynamech as dm
from dynamech.instances.file import instance_from_json
from dynamech.report.binding_plots import PANELS, plane

from .drawn import overlaps, texts

Run = Callable[..., Any]
LONG = "$a_{1}$ <b>&amp; a label of sixty characters and more than that \u202e\n"


@cache
def kln() -> dm.Design:
    return dm.design("kln-nonseparable", exact=True)


def arrows(figure: Any) -> list[Any]:
    return [text for axes in figure.axes for text in axes.texts if text.get_gid() == "binds"]


def test_an_arrow_is_a_row_with_a_positive_multiplier() -> None:
    design = kln()
    outcome = design.outcome
    assert outcome is not None
    compiled, dual = outcome.compiled, outcome.solution.dual
    assert dual is not None
    binding = sum(int(np.count_nonzero(dual[rows.block.slice][rows.lies])) for rows in compiled.lies.values())
    figure = design.plot(types=True)
    assert len(arrows(figure)) == len(design.binding) == binding == 20
    # From the true type to the report, above a line of types, and as wide as the multiplier.
    most = max(design.binding, key=lambda lie: lie.multiplier)
    assert (most.type, most.report, most.multiplier) == ("1/2", "1/4", F(19, 55))
    widest = max(arrows(figure), key=lambda arrow: arrow.arrow_patch.get_linewidth())
    assert (widest.xyann, widest.xy) == ((2, 0), (1, 0))
    widths = sorted(arrow.arrow_patch.get_linewidth() for arrow in arrows(figure))
    sizes = sorted(float(lie.multiplier) for lie in design.binding)
    np.testing.assert_allclose(np.array(widths) - 0.7, 4.3 * np.array(sizes) / sizes[-1], atol=1e-9)
    assert overlaps(figure) == []


def test_multipliers_are_those_of_a_smaller_hold() -> None:
    """Two bidders of three types, both downward lies of both bind alike."""
    lies = dm.design("myerson", exact=True).binding
    assert [(lie.agent, lie.type, lie.report, lie.multiplier) for lie in lies] == [
        (bidder, true, said, F(1, 3)) for bidder in ("bidder 1", "bidder 2") for true, said in ("21", "32")
    ]
    in_doubles = dm.design("myerson").binding
    assert [(lie.type, lie.report) for lie in in_doubles] == [(lie.type, lie.report) for lie in lies]


def test_labels_of_two_parts_are_a_plane() -> None:
    assert plane(["(2, b)", "(10, b)", "(2, a)"]) == ([(0, 0), (1, 0), (0, 1)], ["2", "10"], ["b", "a"])
    assert plane(["1|a", "2|b"]) is None  # a line says as much
    assert plane(["1|a", "2|a", "3|a"]) is None
    figure = kln().plot(types=True)
    assert figure.axes[0].get_ylim() == (-1, 1)
    assert [label.get_text() for label in figure.axes[1].get_yticklabels()] == ["+", "x"]


def test_many_histories_and_long_labels() -> None:
    content = dm.load("two-type-markov", horizon=5).to_json()
    content["name"] = LONG + content["name"]
    for agent in content["agents"]:
        agent["name"] = LONG + agent["name"]
        agent["types"] = [[LONG + label for label in period] for period in agent["types"]]
    design = dm.design(instance_from_json(content))
    figure = design.plot(types=True)
    assert len(figure.axes) == PANELS
    left = len(design.binding) - len(arrows(figure))
    assert left > 0
    assert any(f"{left} more lies after others" in text for text in texts(figure))
    assert overlaps(figure) == []


def test_without_multipliers_there_is_no_picture() -> None:
    with pytest.raises(dm.errors.InvalidInput, match=r"^there is no picture of types: no lie binds$"):
        dm.design("kln-nonseparable", incentives="none").plot(types=True)
    bounded = dm.design(dm.load("two-type-markov", horizon=4), formulation="recursion")
    with pytest.raises(dm.errors.Infeasible, match="no multipliers"):
        _ = bounded.binding


def test_losses_by_type_are_what_is_lost() -> None:
    lost = dm.distortions(dm.load("two-type-markov", horizon=3, quadratic=True), exact=True)
    for period in lost.periods:
        assert sum(one.chance for one in period.types) == 1
        assert sum(one.chance * one.shortfall for one in period.types) == period.surplus
        assert [one.shortfall for one in period.types if one.type == "high"] == [0]
    figure = lost.plot()
    cells = next(axes.images[0] for axes in figure.axes if axes.images and len(axes.get_yticklabels()) == 2)
    expected = [[float(one.shortfall) for one in period.types] for period in lost.periods]
    np.testing.assert_allclose(cells.get_array().T, expected)
    assert overlaps(figure) == []


def test_types_that_never_come_about_are_blank() -> None:
    figure = dm.distortions("kln-nonseparable", exact=True).plot()
    cells = figure.axes[1].images[0].get_array()
    assert np.ma.getmaskarray(np.ma.masked_invalid(cells)).sum() == 15
    assert overlaps(figure) == []


def test_commands_draw_them(run: Run, tmp_path: Path) -> None:
    at = {name: str(tmp_path / f"{name}.svg") for name in ("types", "lie", "values", "none")}
    small = ("kln-nonseparable", "--set", "n=3", "--quiet")
    assert run("design", *small, "--plot-types", at["types"]).code == 0
    rungs = ("--rungs", "relaxed,bayesian")
    assert run("ladder", *small, *rungs, "--plot-lie", at["lie"]).code == 0
    kept = str(tmp_path / "kept.db")
    assert run("sweep", *small, *rungs, "--out", kept, "--jobs", "1", "--plot-values", at["values"]).code == 0
    for name in ("types", "lie", "values"):
        assert "<svg" in Path(at[name]).read_text(encoding="utf-8")[:1000], name
    tight = run("ladder", "myerson", *rungs, "--plot-lie", at["none"])
    assert tight.code == 0
    assert "is not written: " in tight.err
    assert not Path(at["none"]).exists()
    twice = run("design", *small, "--plot", at["types"], "--plot-types", at["types"])
    assert twice.code == 2
    assert "--plot" in twice.err
    assert run("design", *small, "--plot-types", "x.txt").code == 2
