"""Both bounds of the rent recursion against the program over histories, and what makes them hold."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import dynamech as dm
from dynamech.models.notions.objective import read_objective
from dynamech.models.recursion import bounds as room
from dynamech.models.recursion.bounds import Bounds, Rounds, bounds
from dynamech.models.recursion.points import longest
from dynamech.models.recursion.stages import recursion
from dynamech.solvers.algorithms.growing import Growing, SimplexPoint
from dynamech.solvers.effort import Effort
from dynamech.solvers.events import Event

from ..design.test_scale import times

CLOSE = 1e-7


def drawn(seed: int, types: int, periods: int, actions: int = 2, **more: Any) -> dm.Environment:
    settings: dict[str, Any] = {"agents": 1, "controlled": False, "discount": "9/10", **more}
    return dm.load("random", seed=seed, types=types, periods=periods, actions=actions, **settings)


def optimum(env: dm.Environment, **words: Any) -> float:
    value = dm.design(env, **words).value
    assert value is not None
    return float(value)


def asked(env: dm.Environment, objective: object = "revenue", gap: float = CLOSE) -> Bounds:
    return bounds(recursion(env.to_float(), read_objective(objective).over(False)), gap)


@given(
    st.integers(0, 10_000),
    st.sampled_from([(1, 3), (2, 1), (2, 4), (3, 3), (4, 2), (5, 1)]),
    st.integers(2, 3),
    st.booleans(),
    st.sampled_from(
        [
            "revenue",
            "welfare",
            {"revenue": 1, "welfare": "1/2"},
            {"revenue": 2, "utility": 1},
            "utility",
            {"revenue": 3, "welfare": -1},
            {"revenue": 1, "welfare": -2},
        ]
    ),
)
@settings(max_examples=25, deadline=None, derandomize=True)
def test_bounds_enclose_what_the_history_program_finds(
    seed: int, size: tuple[int, int], actions: int, sparse: bool, objective: object
) -> None:
    env = drawn(seed, *size, actions, sparse=sparse)
    if read_objective(objective).paid("agent 1") < 0:
        objective = "revenue"
    both, value = asked(env, objective), optimum(env, objective=objective, formulation="utilities")
    scale = max(1.0, abs(value))
    assert both.closed
    assert both.lower - 1e-6 * scale <= value <= both.upper + 1e-6 * scale
    assert both.upper - both.lower <= 1e-6 * scale


def test_the_gap_is_what_was_asked_for_and_bounds_do_not_cross() -> None:
    env = drawn(2, 3, 5)
    exact = optimum(env, exact=True)
    for gap in (1e-2, 1e-4, 1e-8):
        both = asked(env, gap=gap)
        assert both.closed
        assert type(both.lower) is type(both.upper) is float
        assert both.gap <= gap
        assert both.lower <= exact * (1 + 1e-12)
        assert both.upper >= exact * (1 - 1e-15)  # rounding is in the bound


@pytest.mark.parametrize("power", [-9, 9])
def test_money_may_be_in_any_unit(power: int) -> None:
    env = drawn(1, 3, 4)
    plain, other = asked(env), asked(times(env, power))
    assert other.rounds == plain.rounds
    assert other.lower == pytest.approx(10.0**power * plain.lower, rel=1e-9)


def test_barred_actions_and_types_that_nobody_has() -> None:
    chain = [[["1/2", "1/2", 0], [0, "1/2", "1/2"], [0, 0, 1]]]
    env = dm.Environment(
        name="barred",
        horizon=3,
        actions=[["none", "one", "two"]] * 3,
        costs=[[0, 1, 1]] * 3,
        feasible=[[True, True, True], [True, False, True], [True, True, False]],
        agents=[
            dm.Agent(
                "buyer",
                [["a", "b", "c"]] * 3,
                ["1/2", 0, "1/2"],
                [[[0, 0, 0], [1, 4, 2], [3, 1, 5]]] * 3,
                [chain] * 2,
            )
        ],
    )
    value = optimum(env, exact=True)
    both = asked(env)
    assert both.closed
    assert both.lower == pytest.approx(value, rel=1e-6)


def test_first_best_where_payments_have_no_weight() -> None:
    env = drawn(4, 3, 4)
    best = optimum(env, objective="welfare", incentives="none")
    assert asked(env, "welfare").lower == pytest.approx(best, rel=1e-6)


def test_a_wrong_answer_of_the_engine_moves_no_bound_across_the_optimum(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    env = drawn(2, 3, 4)
    value = optimum(env)
    honest, draws = Growing.solve, np.random.default_rng(0)

    def off(program: Growing) -> SimplexPoint | None:
        optimum = honest(program)
        if optimum is None or draws.random() < 0.1:
            return None
        shake = 1e-2 * draws.standard_normal(len(optimum.primal))
        return SimplexPoint(
            optimum.primal + shake, optimum.dual + 1e-2 * draws.standard_normal(len(optimum.dual))
        )

    monkeypatch.setattr(Growing, "solve", off)
    monkeypatch.setattr(room, "ROUNDS", 40)
    both = asked(env)
    assert both.lower <= value <= both.upper
    assert both.gap < 0.1


def test_a_price_that_is_too_small_doubles_until_bounds_close(monkeypatch: pytest.MonkeyPatch) -> None:
    env = drawn(3, 3, 3)
    value = optimum(env)
    monkeypatch.setattr(room, "PRICE", 0.25)
    both = asked(env)
    assert both.closed
    assert both.lower == pytest.approx(value, rel=1e-6)
    monkeypatch.setattr(Rounds, "raise_price", lambda rounds: None)
    monkeypatch.setattr(room, "ROUNDS", 25)
    stuck = asked(env)
    assert not stuck.closed
    assert stuck.lower <= value * (1 + 1e-9)
    assert stuck.upper > value * (1 + 1e-6)  # as valid as before, and never close


def test_rents_are_longest_paths_or_there_are_none() -> None:
    lies = np.array([[0.0, 1.0, -9.0], [-9.0, 0.0, 2.0], [-4.0, -9.0, 0.0]])
    assert longest(lies, np.zeros(3)).tolist() == [0.0, 1.0, 3.0]  # type: ignore[union-attr]
    lies[2, 0] = -3.0  # a way round that gains nothing
    assert longest(lies, np.zeros(3)) is not None
    lies[2, 0] += 1e-10  # as a program in doubles leaves it
    assert longest(lies, np.zeros(3)) is not None
    lies[2, 0] = -2.9
    assert longest(lies, np.zeros(3)) is None


def test_rounds_are_told_and_time_is_kept() -> None:
    env = drawn(0, 3, 4)
    told: list[Event] = []
    small = bounds(recursion(env.to_float(), read_objective("revenue")), 1e-9, Effort(notify=told.append))
    assert [event.figures["round"] for event in told] == [*range(small.rounds + 1)]
    uppers = [event.figures["upper"] for event in told]
    assert uppers == sorted(uppers, reverse=True)
    late = bounds(recursion(env.to_float(), read_objective("revenue")), 1e-9, Effort(time_limit=1e-9))
    assert not late.closed
    assert late.upper >= small.upper
