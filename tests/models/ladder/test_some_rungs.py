"""A ladder of some rungs says of them what the whole ladder does, and nothing of the others."""

from __future__ import annotations

from typing import Any

import pytest

import dynamech as dm
from dynamech.solvers.errors import DynamechError, InvalidInput

EASY = ("relaxed", "bayesian")


@pytest.mark.parametrize("name", ["two-type-markov", "kln-nonseparable"])
def test_the_rungs_that_decide_tightness_say_what_all_do(name: str) -> None:
    whole = dm.ladder(name, exact=True)
    some = dm.ladder(name, exact=True, rungs=["bayesian", "relaxed"])
    assert [rung.name for rung in some.rungs] == list(EASY)
    assert {rung: some[rung].value for rung in EASY} == {rung: whole[rung].value for rung in EASY}
    assert some.tight == {"relaxed": whole.tight["relaxed"], "virtual": None, "first-order": None}
    assert some.tight["relaxed"] is False
    assert some.gap == {rung: whole.gap[rung] for rung in EASY}
    assert some.witness is not None
    assert whole.witness is not None
    assert some.witness.gain == whole.witness.gain
    assert some.criterion == whole.criterion
    with pytest.raises(KeyError):
        some["none"]


@pytest.mark.parametrize(("rungs", "reason"), [(["relaxed", "ex-post"], ""), (["bayesian"], "not asked")])
def test_what_compares_with_a_rung_that_was_not_asked_is_none(rungs: list[str], reason: str) -> None:
    some = dm.ladder("two-type-markov", rungs=rungs)
    assert set(some.tight.values()) == {None}
    assert some.gap == ({"bayesian": 0} if reason else dict.fromkeys(rungs))
    assert some.witness is None
    assert reason in some.criterion.reason
    assert reason in some.unrelaxed_reason
    told = some.to_json()
    assert [rung["name"] for rung in told["rungs"]] == rungs
    assert list(told["tight"]) == ["relaxed", "virtual", "first-order"]
    assert list(told["gap"]) == rungs
    assert told["witness"] is None


def test_rungs_that_are_known_are_not_climbed_and_not_shown_unasked() -> None:
    done: dict[str, Any] = {}
    dm.ladder("two-type-markov", rungs=["none"], done=done)
    assert list(done) == ["none"]
    first = done["none"]
    some = dm.ladder("two-type-markov", rungs=EASY, done=done)
    assert done["none"] is first
    assert [rung.name for rung in some.rungs] == list(EASY)


@pytest.mark.parametrize("rungs", ["relaxed", [], ["relaxed", "tight"], [1]])
def test_what_is_no_rung_is_refused(rungs: Any) -> None:
    with pytest.raises(InvalidInput, match=r"rungs: .* (no list|not one) of none, virtual, relaxed"):
        dm.ladder("two-type-markov", rungs=rungs)


def test_the_order_is_asked_of_values_that_break_it() -> None:
    """Proofs are made only of what stands in the wrong order; there they are."""
    from dynamech.models.ladder.order import check_bound

    some = dm.ladder("two-type-markov", rungs=EASY)
    loose, strict = some["relaxed"].design, some["bayesian"].design
    check_bound("ladder", ("relaxed", loose), ("bayesian", strict))
    check_bound("ladder", ("relaxed", loose), ("the same", loose))
    with pytest.raises(DynamechError, match=r"'bayesian' earns .*, less than 'relaxed', which earns"):
        check_bound("ladder", ("bayesian", strict), ("relaxed", loose))
