"""Pictures of ladders, mechanisms and lies show the figures of the answers, in words that can be read."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import dynamech as dm
from dynamech.instances.file import instance_from_json
from dynamech.models.mechanism.draws import MemoryDraws
from dynamech.models.mechanism.mechanism import Mechanism, Stage
from dynamech.models.payments.cycles import Cycle
from dynamech.models.verification.verdict import Witness
from dynamech.report.lie_plots import cycle_figure, lie_path
from dynamech.report.plotting import drawn

from .drawn import overlaps, texts

Run = Callable[..., Any]
LONG = "$a_{1}$ <b>&amp; a label of sixty characters and more than that \u202e\n"


@cache
def hostile() -> dm.Environment:
    """Two periods, in which all names are long and look like formulas and markup."""
    content = dm.load("two-type-markov", horizon=2).to_json()
    content["name"] = LONG + content["name"]
    content["actions"] = [[LONG + label for label in period] for period in content["actions"]]
    for agent in content["agents"]:
        agent["name"] = LONG + agent["name"]
        agent["types"] = [[LONG + label for label in period] for period in agent["types"]]
    return instance_from_json(content)


@cache
def ladder() -> dm.Ladder:
    return dm.ladder("kln-nonseparable", exact=True)


def bars(figure: Any, kind: str) -> dict[int, Any]:
    """(from, to) of the bars of a kind, by rung."""
    return {
        round(bar.get_y() + bar.get_height() / 2): (bar.get_x(), bar.get_x() + bar.get_width())
        for bar in figure.axes[0].patches
        if bar.get_gid() == kind
    }


def test_bars_end_at_values_and_gaps_begin_at_bayesian() -> None:
    figure = ladder().plot()
    base = 9 / 4
    values = [float(rung.value or 0) for rung in ladder().rungs]
    assert bars(figure, "worth") == {k: (0, min(value, base)) for k, value in enumerate(values)}
    assert bars(figure, "gap") == {k: (base, value) for k, value in enumerate(values) if value != base}
    assert {"15/4 (+3/2)", "5/2 (+1/4, not tight)", "9/4, tight", "9/4"} <= set(texts(figure))
    assert figure.axes[0].get_xlabel() == "revenue, in money of period 0"
    assert overlaps(figure) == []


def test_rungs_below_bayesian_fall_short_and_values_may_be_negative() -> None:
    def moved(value: float, by: dict[str, float]) -> dm.Ladder:
        rungs = tuple(
            replace(rung, design=replace(rung.design, value=value + by.get(rung.name, 0.0)))
            for rung in ladder().rungs
        )
        return replace(ladder(), rungs=rungs)

    figure = moved(2.0, {"ex-post": -1.5}).plot()
    assert bars(figure, "worth")[6] == (0, 0.5)
    assert bars(figure, "gap") == {6: (0.5, 2.0)} or bars(figure, "gap") == {6: (2.0, 0.5)}
    below = moved(-2.0, {"none": 3.0, "virtual": 1.0}).plot()
    assert bars(below, "worth")[0] == (0, 0)
    assert bars(below, "gap")[0] == (-2, 1)
    assert bars(below, "worth")[1] == (-1, 0) or bars(below, "worth")[1] == (0, -1)
    assert bars(below, "gap")[1] == (-2, -1)
    assert overlaps(figure) == overlaps(below) == []


def test_rungs_without_a_value_have_the_word_that_says_why() -> None:
    shown = dm.ladder("liu-licence", rungs=["relaxed", "bayesian"])
    assert [rung.status for rung in shown.rungs] == ["not-applicable", "optimal"]
    figure = shown.plot()
    assert "not-applicable" in texts(figure)
    assert set(bars(figure, "worth")) == {1}
    assert overlaps(figure) == []


def test_an_interval_is_a_whisker(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("dynamech.models.design.rents.GAP", 0.5)
    env = dm.load("two-type-markov", horizon=20)
    shown = dm.ladder(env, rungs=["bayesian"], formulation="recursion")
    bounds = shown["bayesian"].design.bounds
    assert bounds is not None
    assert bounds.upper - bounds.lower > 0.1
    figure = shown.plot()
    segments = [line.get_segments() for line in figure.axes[0].collections if hasattr(line, "get_segments")]
    ends = sorted(x for part in segments for segment in part for x, _ in segment)
    assert ends == pytest.approx([float(bounds.lower), float(bounds.upper)])
    assert overlaps(figure) == []


def test_a_tree_has_every_report_with_what_is_done_and_paid() -> None:
    design = dm.design(dm.load("two-type-markov", horizon=3), exact=True)
    figure = design.plot()
    nodes = [text for text in figure.axes[0].texts if text.get_gid() == "node"]
    assert len(nodes) == 2 + 4 + 8
    assert texts(figure).count("sell; pays 997/108") == 4
    assert overlaps(figure) == []


def test_reports_that_truth_never_makes_are_left_out() -> None:
    """A second type tells the first signal again: 5 and 10 of them, and not 5 and 50."""
    figure = ladder()["bayesian"].plot()
    assert sum(text.get_gid() == "node" for text in figure.axes[0].texts) == 15
    assert overlaps(figure) == []


def test_large_mechanisms_are_tables() -> None:
    answer = dm.pivot("bandit-auction")
    assert answer.mechanism is not None
    figure = answer.mechanism.plot(environment=answer.environment)
    assert sum(text.get_gid() == "cell" for text in figure.axes[0].texts) == 5 * 40
    assert "284 more" in texts(figure)
    assert overlaps(figure) == []


def test_what_is_remembered_again_is_referred_to() -> None:
    """For ever, with lots: memory 1 is drawn half the time after either report."""
    next_ = np.zeros((2, 2, 1), dtype=np.int64)
    draws = MemoryDraws(np.array([[0, 1]]), np.array([[0.5, 0.5]]))
    stage = Stage(np.ones((2, 2, 1)), np.arange(4.0).reshape(1, 2, 2), next_, None, draws)
    figure = Mechanism("endless", (stage,), 0, True).plot()
    assert sum(text.get_gid() == "node" for text in figure.axes[0].texts) == 4
    again = [text for text in texts(figure) if "goes on as at" in text]
    # Memory 0 leads to itself and 1 after either report, memory 1 likewise; memory 1 is first met once.
    assert len(again) == 4 * 2 - 1
    assert {"[1]", "[2]"} <= set(texts(figure))
    assert any(text.startswith("action 0, drawn 0.5: goes on as at [1]") for text in again)
    assert overlaps(figure) == []


def test_several_who_pay_are_named() -> None:
    figure = dm.design("myerson", exact=True).plot()
    assert "sell to bidder 1; bidder 1 pays 4/3, bidder 2 pays 2/3" in texts(figure)
    assert overlaps(figure) == []


def test_a_mechanism_of_another_environment_is_refused() -> None:
    design = dm.design("myerson")
    with pytest.raises(dm.errors.InvalidInput, match="allocation has shape"):
        design.mechanism.plot(environment=dm.load("myerson", bidders=3))


def test_lies_are_arrows_from_the_truth_to_what_is_said() -> None:
    unrelaxed = ladder().unrelaxed
    assert unrelaxed is not None
    assert unrelaxed.witness is not None
    periods, true, said = lie_path(unrelaxed.witness)
    assert (periods, true, said) == ([0, 1], ["1/2", "1/2|+"], ["1/4", "1/4|+"])
    figure = unrelaxed.plot()
    arrows = [text for text in figure.axes[0].texts if text.get_gid() == "lie"]
    assert len(arrows) == 2
    assert len([text for text in figure.axes[1].texts if text.get_gid() == "lie"]) == 2
    assert figure.axes[0].get_title(loc="left") == "buyer gains 5/4, in money of period 0"
    assert overlaps(figure) == []


def test_a_path_follows_lies_that_come_after_each_other() -> None:
    def entry(period: int, before: list[str], true: str, said: str) -> dict[str, Any]:
        history = [{"reports": {"b": label}, "action": None} for label in before]
        return {"period": period, "history": history, "type": true, "report": said}

    plan = [entry(1, ["l"], "h", "l"), entry(2, ["l", "h"], "l", "h"), entry(2, ["l", "l"], "h", "m")]
    witness = Witness("b", 0, [], "h", "l", plan, 1, "")
    assert lie_path(witness) == ([0, 1, 2], ["h", "h", "h"], ["l", "l", "m"])


@pytest.mark.parametrize("count", [2, 3, 5, 12])
def test_cycles_are_graphs(count: int) -> None:
    names = tuple(f"{LONG} {k}" for k in range(count))
    figure = cycle_figure(Cycle(LONG, 1, LONG, names, -0.25))
    assert len([text for text in figure.axes[0].texts if text.get_gid() == "lie"]) == count
    assert overlaps(figure) == []


def test_hostile_labels_stay_apart() -> None:
    shown = dm.ladder(hostile(), exact=True)
    figures = [shown.plot(), shown["bayesian"].plot(), shown.designs["none"].mechanism.plot()]
    if shown.unrelaxed is not None and shown.unrelaxed.witness is not None:
        figures += [shown.unrelaxed.plot(), shown.unrelaxed.witness.plot()]
    for figure in figures:
        assert overlaps(figure) == []
        assert drawn(figure) == drawn(figure)


def test_there_is_no_picture_where_nobody_lies() -> None:
    design = dm.design("myerson", exact=True)
    verdicts = dm.verify("myerson", design.mechanism)
    with pytest.raises(dm.errors.InvalidInput, match=r"^there is no picture of a Verdict: 'bayesian' holds$"):
        next(one for one in verdicts if one.notion == "bayesian").plot()


def test_commands_draw(run: Run, tmp_path: Path) -> None:
    mechanism = tmp_path / "m.json"
    at = {name: str(tmp_path / f"{name}.svg") for name in ("ladder", "tree", "lie", "paid", "none")}
    kln = ("kln-nonseparable", "--set", "n=3", "--quiet")
    first_best = ("design", *kln, "--incentives", "none", "--out", str(mechanism))
    assert run("ladder", *kln, "--plot", at["ladder"]).code == 0
    assert run(*first_best, "--plot", at["tree"]).code == 0
    assert run("verify", *kln, str(mechanism), "--plot", at["lie"]).code == 0
    assert run("implement", *kln, str(mechanism), "--plot", at["paid"]).code in (0, 1)
    for name in ("ladder", "tree", "lie", "paid"):
        assert "<svg" in Path(at[name]).read_text(encoding="utf-8")[:1000], name
    # Nobody lies: a note, and no file.
    assert run(*first_best[:4], "--out", str(mechanism)).code == 0
    ran = run("verify", "kln-nonseparable", "--set", "n=3", str(mechanism), "--incentives", "bayesian",
              "--plot", at["none"])  # fmt: skip
    assert ran.code == 0
    assert "is not written: there is no picture of a" in ran.err
    assert not Path(at["none"]).exists()
    assert run("ladder", *kln, "--plot", "x.txt").code == 2
