"""The ladder where histories cannot be written down: every rung by its own recursion, and what bounds say."""

from dataclasses import replace
from typing import Any

import pytest

import dynamech as dm
from dynamech.models.design import rents
from dynamech.models.ladder.order import check_order, known_range
from dynamech.models.notions.incentives import RUNGS
from dynamech.solvers.errors import DynamechError, TooLarge

SETTINGS: dict[str, Any] = {"agents": 1, "types": 2, "controlled": False, "discount": "9/10"}


def test_every_rung_of_forty_periods_has_bounds_in_order() -> None:
    told: list[dm.Event] = []
    rungs = dm.ladder(dm.load("random", **SETTINGS, periods=40), notify=told.append)
    assert [rung.name for rung in rungs.rungs] == list(RUNGS)
    assert {rung.design.formulation for rung in rungs.rungs} == {"recursion"}
    assert {rung.status for rung in rungs.rungs} == {"optimal"}
    sizes = [event.text for event in told if event.kind == "size"]
    assert len(sizes) == len(RUNGS) - 1  # of one agent's rents `ex-post` asks what `bayesian` did
    assert rungs["ex-post"].design.bounds is rungs["bayesian"].design.bounds
    assert rungs["ex-post"].design.question.incentives.name == "ex-post"
    assert all("beyond the memory limit" in text for text in sizes)
    assert rungs["virtual"].design.coupling == "quantile"
    assert rungs["none"].design.coupling is None
    content = rungs.to_json()
    assert content["witness"] is None
    assert all(rung["formulation"] == "recursion" and rung["rows"] is None for rung in content["rungs"])
    assert rungs.unrelaxed_reason.endswith("has no mechanism")
    assert not rungs.criterion.applies
    assert "no mechanism" in rungs.criterion.reason
    assert "recursion" not in str(rungs)
    assert "Verdict" in str(rungs)


def test_verdicts_are_those_of_the_programs(monkeypatch: pytest.MonkeyPatch) -> None:
    for seed, more in ((1, {}), (7, {"types": 3}), (3, {"controlled": True})):
        env = dm.load("random", **{**SETTINGS, **more}, seed=seed, periods=3)
        whole = dm.ladder(env)
        monkeypatch.setattr(rents, "LARGE", 0)
        monkeypatch.setattr(rents, "EACH", 0)
        long = dm.ladder(env)
        monkeypatch.undo()
        for name in RUNGS:
            low, high = known_range(long.designs[name])
            value = whole[name].value
            assert value is not None
            assert low <= float(value) * (1 + 1e-9)
            assert high >= float(value) * (1 - 1e-9)
        assert all(verdict in (None, whole.tight[name]) for name, verdict in long.tight.items())
        assert long.tight["relaxed"] is not None


def test_bounds_that_overlap_leave_the_verdict_open_and_bounds_apart_are_wrong() -> None:
    env = dm.load("random", **SETTINGS, periods=40)
    rungs = dm.ladder(env, rungs=["relaxed", "bayesian"])
    loose, strict = rungs["relaxed"].design, rungs["bayesian"].design
    assert loose.bounds is not None
    assert strict.bounds is not None
    assert strict.rents is not None
    wide = replace(strict.rents, bounds=replace(strict.bounds, lower=strict.bounds.lower - 10))
    designs = {"relaxed": loose, "bayesian": replace(strict, rents=wide, value=wide.bounds.lower)}
    open_ = replace(rungs, rungs=tuple(replace(rung, design=designs[rung.name]) for rung in rungs.rungs))
    check_order("it", designs)
    assert open_.tight["relaxed"] is None
    assert "the bounds do not tell whether" in str(open_)
    high = loose.bounds.upper + 1
    above = replace(strict.rents, bounds=replace(strict.bounds, lower=high, upper=high + 1))
    with pytest.raises(DynamechError, match=r"'relaxed' earns .* one of the two answers is wrong"):
        check_order("it", {**designs, "bayesian": replace(strict, rents=above, value=high)})
    late = replace(strict, status="limit", value=None)
    assert known_range(late) == (strict.bounds.lower, strict.bounds.upper)


def test_a_rung_that_cannot_be_had_keeps_its_line_unless_the_verdict_needs_it() -> None:
    env, done = dm.load("random", **SETTINGS, periods=30), dict[str, dm.Design]()
    rungs = dm.ladder(env, participation="ex-post", rungs=["none", "first-order", "types-public"], done=done)
    refused = rungs["first-order"]
    assert (refused.status, refused.value, refused.design.program) == ("limit", None, None)
    assert (rungs.gap["first-order"], rungs.tight["first-order"]) == (None, None)
    assert "more than the memory limit" in refused.design.message
    why = "; formulation 'recursion' needs no histories, but participation 'ex-post' is about paths"
    assert why in refused.design.message
    assert list(done) == [rung.name for rung in rungs.rungs]
    assert {done[name].status for name in ("none", "types-public")} == {"optimal"}
    two = dm.load("random", **{**SETTINGS, "agents": 2}, periods=30)
    with pytest.raises(TooLarge, match="'recursion' needs no histories, but it is for one agent "):
        dm.ladder(two, rungs=["relaxed", "ex-post"])
    left_out = dm.ladder(two, rungs=["ex-post"])["ex-post"]
    assert left_out.status == "limit"
    assert "there are 2" in left_out.design.message
    with pytest.raises(TooLarge, match=r"coarsen the types$"):
        dm.design(two, formulation="textbook")
