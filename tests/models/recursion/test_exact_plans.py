"""Plans of first types over the rationals: the optimum that the program over histories proves, or a bound."""

from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import dynamech as dm
from dynamech.models.notions.incentives import INCENTIVES
from dynamech.models.notions.objective import read_objective
from dynamech.models.recursion import coupled, exact_plans
from dynamech.models.recursion.bounds import Bounds
from dynamech.models.recursion.coupled import PublicShocks
from dynamech.models.recursion.exact_plans import mixed_exactly, proved_plans
from dynamech.models.recursion.first_types import first_types
from dynamech.models.relaxations.shocks import shocks_of
from dynamech.solvers.effort import EXACT, Effort
from dynamech.solvers.errors import TooLarge

from .test_rungs import OBJECTIVES, drawn, encloses, ordered


def pricing(env: dm.Environment, name: str = "relaxed", coupling: str = "quantile") -> PublicShocks:
    first = first_types(env, INCENTIVES[name], read_objective("revenue").over(True))
    return PublicShocks(env, first, shocks_of(env, 0, coupling))


@given(
    st.integers(0, 10_000),
    st.sampled_from([(1, 2), (2, 1), (2, 3), (3, 2), (4, 2)]),
    st.booleans(),
    st.booleans(),
    st.sampled_from(["9/10", 1, 0]),
    st.sampled_from(OBJECTIVES),
    st.sampled_from(["interim", "periodic", "ex-post"]),
    st.sampled_from(["virtual", "relaxed"]),
    st.sampled_from(["quantile", "antithetic"]),
)
@settings(max_examples=20, deadline=None, derandomize=True)
def test_the_value_is_the_one_that_the_program_over_histories_proves(
    seed: int,
    size: tuple[int, int],
    controlled: bool,
    sparse: bool,
    discount: Any,
    objective: Any,
    promise: str,
    name: str,
    coupling: str,
) -> None:
    env = drawn(seed, *size, controlled=controlled, sparse=sparse, discount=discount)
    words: dict[str, Any] = {"objective": objective, "participation": promise, "incentives": name}
    answer = dm.design(env, **words, coupling=coupling, formulation="recursion", exact=True)
    assert isinstance(answer.value, Fraction)
    assert (answer.status, answer.value_error) == ("optimal", 0)
    assert answer.value == dm.design(env, **words, coupling=coupling, exact=True).value


@pytest.mark.parametrize("name", ["virtual", "relaxed"])
def test_long_horizons_are_proved_unasked_where_an_exact_answer_is(name: str) -> None:
    env = drawn(1, 4, 30)
    exact = dm.design(env, incentives=name, exact=True)
    assert exact.formulation == "recursion"
    assert isinstance(exact.value, Fraction)
    assert exact.value.denominator > 10**20
    assert exact.message.startswith("the optimum is about ")
    assert exact.message.endswith("proved over the rationals")
    both = dm.design(env, incentives=name).bounds
    assert both is not None
    encloses(both, exact.value)


def test_rungs_of_a_long_horizon_are_compared_exactly() -> None:
    rungs = dm.ladder(ordered(20, "1/3"), rungs=["virtual", "relaxed", "types-public"], exact=True)
    assert all(isinstance(rung.value, Fraction) for rung in rungs.rungs)
    virtual, relaxed, public = (rung.value for rung in rungs.rungs)
    assert virtual == relaxed == public  # later types tell nothing of the first, whichever is private


def test_worse_plans_from_doubles_are_made_up_for(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where doubles find nothing, exact rounds begin with the first actions and prove the same."""
    env = drawn(5, 3, 3)
    told: list[Any] = []
    value = dm.design(env, incentives="relaxed", exact=True).value

    def nothing(*_: object) -> Bounds:
        return Bounds(-np.inf, np.inf, 0, False)

    monkeypatch.setattr(exact_plans, "by_plans", nothing)
    both = proved_plans(pricing(env), Effort(notify=told.append))
    assert both.lower == both.upper == value
    assert len(told) == both.rounds > 3
    figures = [(event.figures["lower"], event.figures["upper"]) for event in told]
    assert all(low <= float(value or 0) <= high for low, high in figures)
    monkeypatch.setattr(exact_plans, "ROUNDS", 2)
    rough = proved_plans(pricing(env))
    assert isinstance(rough.lower, Fraction)
    assert isinstance(rough.upper, Fraction)
    assert rough.lower < (value or 0) <= rough.upper
    assert not rough.closed


def test_time_that_is_up_leaves_bounds_that_hold() -> None:
    env = drawn(5, 3, 3)
    late = proved_plans(pricing(env), Effort(time_limit=1e-9))
    value = dm.design(env, incentives="relaxed", exact=True).value
    assert not late.closed
    assert late.lower <= (value or 0) <= late.upper


def test_plans_are_valued_along_what_they_do() -> None:
    """To sell one unit at once and later, by hand."""
    exact = pricing(ordered(2), "virtual")
    actions = [np.ones(1, dtype=np.int64), np.ones(len(exact._walks[0].states[1]), dtype=np.int64)]
    plan, unit = exact.valued(0, actions), exact.first.unit
    low = Fraction(7, 10) * 2 + Fraction(3, 20) * (4 + 6)
    high = Fraction(7, 10) * 4 + Fraction(3, 20) * (2 + 6)
    assert unit * plan.worth == 2 - 1 + Fraction(9, 10) * (low - 1)
    assert (unit * plan.leaves).tolist() == [0, 4 - 2 + Fraction(9, 10) * (high - low), 0]
    near = exact.in_doubles().valued(0, plan.actions)
    assert near.worth == pytest.approx(float(plan.worth), rel=1e-12)
    assert near.leaves.dtype == np.float64
    first = [(own, one) for own, one in enumerate(exact.start())]
    assert mixed_exactly(exact.first, first, EXACT).value == 0


def test_too_many_whole_numbers_are_counted_and_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(coupled, "WHOLE", 100)
    words: dict[str, Any] = {"incentives": "relaxed", "formulation": "recursion"}
    with pytest.raises(TooLarge, match=r"are \d+ whole numbers in all, more than are followed over"):
        dm.design(drawn(0, 3, 3), **words, exact=True)
    assert dm.design(drawn(0, 3, 3), **words).value is not None
