"""Ladders with demands: every rung has the same, rewritings stay bounds, and the witness keeps them too."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import dynamech as dm
from dynamech.instances.file import instance_from_json
from dynamech.models.design.design import Design
from dynamech.models.design.question import Question
from dynamech.models.environment.environment import Environment
from dynamech.models.ladder.order import check_order
from dynamech.models.notions.demands import Demands, MoneyDemand, read_demands
from dynamech.models.notions.incentives import INCENTIVES
from dynamech.models.payments.unrelax import gain_question
from dynamech.models.relaxations import rewrite
from dynamech.solvers.errors import AssumptionViolated, DynamechError
from dynamech.testing import random_environment

from ..design.test_demands import DEMANDS, some

F = Fraction


def an_environment(kind: str, seed: int) -> Environment:
    if kind == "rare":
        return random_environment(seed, sparse=True, types=3, controlled=seed % 2 == 0)
    if kind == "rare, joint":
        return random_environment(seed, sparse=True, agents=2, joint=True, types=2)
    return some(kind, seed)


@settings(max_examples=8, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
@given(
    kind=st.sampled_from(["one", "one, steered", "two", "observed", "rare", "rare, joint"]),
    seed=st.integers(0, 30),
    demands=st.sampled_from([demands for demands in DEMANDS if type(demands.get("payments")) is not dict]),
    participation=st.sampled_from(["interim", "interim", "periodic", "ex-post"]),
    objective=st.sampled_from(["revenue", "welfare", "min-utility"]),
)
def test_rungs_with_demands(
    kind: str, seed: int, demands: dict[str, Any], participation: str, objective: str
) -> None:
    """Each at most what it is without, in the order that `ladder` checks; a relaxation is tight if and only
    if some optimum of it keeps the demands and leaves no gain, and what a rewriting makes of the `bayesian`
    optimum keeps them."""
    env = an_environment(kind, seed)
    words: dict[str, Any] = {"participation": participation, "objective": objective}
    rungs, free = (dm.ladder(env, exact=True, demands=d, **words) for d in (demands, None))
    for rung in rungs.rungs:
        more = free[rung.name].value
        assert rung.value is None or more is None or rung.value <= more
        assert rung.design.question.demands == read_demands(demands)
    if rungs.tight["relaxed"] is not None:
        least = rungs.unrelaxed
        assert least is not None, rungs.unrelaxed_reason
        assert (least.least == 0) is rungs.tight["relaxed"]
        assert dm.verify(env, least.mechanism, demands=demands)
    best = rungs["bayesian"].design
    for word in ("relaxed", "types-public") if best.status == "optimal" else ():
        if rungs[word].status != "not-applicable":
            rewriting = rewrite(env, INCENTIVES[word], None, 1e9)
            lifted = rewriting.lift(best.mechanism)
            assert dm.verify(rewriting.environment, lifted, demands=demands)


def test_bounded_payments_make_the_lie_larger() -> None:
    """KLN's non-separable buyer with three first types: what she is never paid she cannot be paid to be
    honest."""
    buyer = dm.load("kln-nonseparable", n=3)
    free = dm.ladder(buyer, exact=True)
    kept = dm.ladder(buyer, demands={"payments": "nonnegative"}, exact=True)
    for rungs in (free, kept):
        assert (rungs["relaxed"].value, rungs["bayesian"].value) == (F(8, 3), F(5, 2))
    assert free.witness is not None
    assert kept.witness is not None
    assert kept.unrelaxed is not None
    assert (free.witness.gain, kept.witness.gain) == (F(5, 4), F(3, 2))
    assert kept.unrelaxed.only.utilities is not True  # payments that are bounded may be chosen in many ways
    assert kept.to_json()["demands"] == {"payments": "nonnegative"}
    bounded = dm.ladder(buyer, demands={"payments": "0..1"}, exact=True)
    assert [rung.value for rung in bounded.rungs] == [*[F(5, 3)] * 4, *[F(53, 33)] * 3]
    total = dm.ladder(buyer, demands={"payments": "0..2", "on": "path"}, exact=True)
    assert {rung.value for rung in total.rungs} == {F(5, 3)}
    assert set(total.tight.values()) == {True}


def test_rungs_that_cannot_carry_a_demand_say_why() -> None:
    content = dm.load("two-type-markov").to_json()
    content["agents"][0]["reports"] = [{"low": ["low"]}, {}]
    rungs = dm.ladder(instance_from_json(content), demands={"payments": "0..1"}, exact=True)
    for name in ("virtual", "first-order"):
        assert rungs[name].status == "not-applicable"
        assert f"incentives '{name}' have no place for them" in rungs[name].design.message
    for name in ("none", "relaxed", "types-public", "bayesian", "ex-post"):
        assert rungs[name].status == "optimal"
    if rungs.tight["relaxed"] is False:
        assert "reports of probability zero, which are bounded too" in rungs.unrelaxed_reason


def test_rows_of_ones_own_stand_in_rewritings_where_they_are_expected() -> None:
    env = dm.load("kln-nonseparable", n=3)
    late = dm.Row("late", allocation=lambda t, _, reports, action: reports["buyer"] == "0|+", upper=0)
    rungs = dm.ladder(env, demands={"rows": [late]}, exact=True)
    for name in ("virtual", "relaxed", "types-public"):
        assert (rungs[name].status, rungs.gap[name]) == ("not-applicable", None)
        assert "row late" in rungs[name].design.message
    capacity = {"rows": [dm.Row("capacity", allocation=[None, [0, 1]], upper="1/2", expected=True)]}
    rungs = dm.ladder(env, demands=capacity, exact=True)
    values = [rung.value for rung in rungs.rungs]
    assert values == [3, F(5, 2), F(5, 2), 3, F(7, 3), F(7, 3), F(7, 3)]
    assert rungs.witness is not None
    assert rungs.unrelaxed is not None
    assert rungs.witness.gain == F(7, 2)
    assert dm.verify(env, rungs.unrelaxed.mechanism, demands=capacity)


class Pure(MoneyDemand):
    """A demand that lotteries break."""

    mixes = False


def pure() -> Demands:
    (demand,) = read_demands({"payments": "nonnegative"})
    assert isinstance(demand, MoneyDemand)
    return (Pure(demand.name, demand.demanded, demand.keys, demand.bounds),)


def test_without_lotteries_only_some_rungs_bound_others() -> None:
    """`none` has no public cells to draw by, so it need not bound what does; `bayesian` it still bounds."""

    def answer(name: str, value: int, demands: Demands) -> Design:
        question = Question(incentives=name, demands=demands)
        return Design(question, "optimal", "", Fraction(value), {})

    for demands, above, lower, refused in [
        ((), "none", "virtual", True),
        (pure(), "none", "virtual", False),
        (pure(), "none", "relaxed", False),
        (pure(), "none", "bayesian", True),
        (pure(), "none", "types-public", True),
        (pure(), "relaxed", "bayesian", True),
        (pure(), "virtual", "bayesian", True),
    ]:
        designs = {above: answer(above, 1, demands), lower: answer(lower, 2, demands)}
        if not refused:
            check_order("made up", designs)
            continue
        with pytest.raises(DynamechError, match=f"'{above}' earns 1, less than '{lower}'"):
            check_order("made up", designs)


def test_without_lotteries_public_cells_may_do_more_than_the_first_best() -> None:
    """Who pays between 0 and 1 is served for certain or not at all; public cells are something to draw by."""
    env = random_environment(4, types=2)
    rungs, mixed = (
        dm.ladder(env, demands={"deterministic": pure, "payments": "0..1"}, exact=True)
        for pure in (True, False)
    )
    values: dict[str, Any] = {rung.name: rung.value for rung in rungs.rungs}
    assert values["none"] == F(2523, 2000) < values["virtual"] == values["relaxed"] == F(2631, 2000)
    assert values["bayesian"] == F(2123, 2000)
    assert rungs.tight["relaxed"] is False
    assert "over lotteries" in rungs.unrelaxed_reason
    more: dict[str, Any] = {rung.name: rung.value for rung in mixed.rungs}
    assert all(more[name] >= value for name, value in values.items())


def test_the_least_gain_is_not_computed_without_lotteries() -> None:
    relaxed = dm.design(dm.load("kln-nonseparable", n=2), incentives="relaxed", demands=pure(), exact=True)
    with pytest.raises(AssumptionViolated, match=r"'payments nonnegative': the least gain .* over lotteries"):
        gain_question(relaxed)


def test_the_criterion_leaves_demands_to_the_ladder() -> None:
    rungs = dm.ladder(dm.load("kln-nonseparable", n=3), demands={"budget": "ex-ante"}, exact=True)
    assert not rungs.criterion.applies
    assert rungs.criterion.reason == "demand 'budget ex-ante' counts beside the allocation"
