"""Given allocations: payments that make truth optimal, or the mixture of lies that none can stop."""

from __future__ import annotations

import itertools
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from scipy.optimize import linprog

import dynamech as dm
from dynamech import testing
from dynamech.instances.library import load
from dynamech.models.design.design import design
from dynamech.models.design.question import Question
from dynamech.models.mechanism.mechanism import Mechanism, Stage
from dynamech.models.payments.implement import implement
from dynamech.models.verification.anywhere import verify
from dynamech.solvers.effort import EXACT
from dynamech.solvers.errors import InvalidInput

from .two_period_cases import KERNEL, by_signals, exact, multiplicative, screening, two_periods


@pytest.mark.parametrize(
    ("sold", "implementable"),
    [
        ([["1/2", "1/2", "1/2"], ["0", "1", "1"]], True),
        ([["0", "1", "1"], ["1/2", "1/2", "1/2"]], False),
        ([["0", "0", "1"], ["0", "1", "1"]], True),
    ],
    ids=["average monotone", "reversed", "strongly monotone"],
)
def test_average_monotonicity_of_the_lecture_notes(sold: Any, implementable: bool) -> None:
    """LN Proposition 6 and Theorem 5 on three values: finite types leave rents some slack."""
    env = screening(KERNEL, (1, 2, 3))
    found = implement(env, two_periods(env, sold))
    assert bool(found) is implementable
    assert found.certificate is not None
    assert found.certificate.check()["valid"]
    if implementable:
        assert found.mechanism is not None
        assert verify(env, found.mechanism, "bayesian")[0].violation == 0
    else:
        assert found.gain == Fraction(1, 27)  # 1/20 for each 1 of weight in period 0, which has 20/27
        assert {lie.lie for lie in found.deviations if lie.period == 0} == {"start|0→1", "start|1→0"}


def test_lies_one_at_a_time_gain_less_than_whole_strategies() -> None:
    """Why `implement` and the smallest gain are two programs: one lie and then the truth, or any plan."""
    sold, worth = np.array([[0, 1, 1], [0.5, 0.5, 0.5]]), np.array([1, 2, 3])
    chance = np.array([[float(Fraction(p)) for p in row] for row in KERNEL])
    rows, earned = [], []

    def lie(weight: Any, types: Any, true: tuple[int, Any], told: tuple[int, Any]) -> None:
        """What the reports `told` earn beyond `true` is at most the gain, by payments [first, second]."""
        row = np.zeros((2, 3))
        np.add.at(row, true, weight)
        np.add.at(row, told, -weight)
        rows.append([*row.reshape(-1), -1])
        earned.append(-(weight * worth[types] * (sold[told] - sold[true])).sum())

    later = np.arange(3)
    for first in range(2):
        for now, plan in itertools.product(range(2), itertools.product(range(3), repeat=3)):
            lie(chance[first], later, (first, later), (now, np.array(plan)))
        for true, told in itertools.product(range(3), repeat=2):
            lie(np.ones(1), [true], (first, [true]), (first, [told]))
    whole = linprog([0] * 6 + [1], A_ub=rows, b_ub=earned, bounds=[(None, None)] * 7)
    assert whole.fun == pytest.approx(1 / 20)
    env = screening(KERNEL, (1, 2, 3))
    found = implement(env, two_periods(env, [["0", "1", "1"], ["1/2", "1/2", "1/2"]]))
    assert found.gain == Fraction(1, 27)


@pytest.mark.parametrize(
    ("sold", "relaxed", "dynamic"),
    [([[0, 0], [0, 1], [1, 1]], True, True), ([[0, 1], [1, 0], [1, 1]], False, False)],
)
def test_cycles_of_the_relaxed_environment(sold: Any, relaxed: bool, dynamic: bool) -> None:
    """Rochet on KLN's multiplicative case: types 1, 2, 3 times a shock of 1 or 3."""
    first, shocks = ["1", "2", "3"], ["1", "3"]
    env = multiplicative(first, shocks)
    table = {(a, b): sold[i][j] for i, a in enumerate(first) for j, b in enumerate(shocks)}
    given = by_signals(env, table)
    assert bool(implement(env, given, "relaxed")) is relaxed
    assert bool(implement(env, given, "bayesian")) is dynamic


def test_a_relaxed_optimum_is_asked_about_where_shocks_are_private() -> None:
    """Its types are pairs of shock and type, as many as the types of the instance here, in another order."""
    env = load("kln-nonseparable")
    unrelaxed = dm.ladder(env, rungs=["relaxed", "bayesian"]).unrelaxed
    assert unrelaxed is not None
    assert not unrelaxed.implementable
    answer = implement(env, unrelaxed.mechanism)
    assert not answer
    assert answer.environment.name == unrelaxed.environment.name != env.name
    assert answer.instance == env.name


def test_the_swap_of_the_nonseparable_case() -> None:
    """KLN section 7, n = 5: implementable with public shocks; with private ones a swap of signals pays."""
    env = load("kln-nonseparable", n=5)
    first, later = env.agents[0].types
    sold = {(s, b): int(b == "+" or Fraction(s) >= Fraction(3, 4)) for s in first for b in ("+", "x")}
    assert len(later) == 10
    given = by_signals(env, sold)
    assert implement(env, given, "relaxed")
    found = implement(env, given, "bayesian")
    assert not found
    assert found.gain == Fraction(5, 4)
    assert found.certificate is not None
    assert found.certificate.kind == "infeasible"
    assert found.certificate.check()["valid"]
    assert {lie.lie for lie in found.deviations} == {"1/2|1/2|+→1/2|x", "1/2|1/2|x→1/2|+"}


@settings(max_examples=25, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
@given(st.integers(0, 10_000), st.sampled_from(["bayesian", "ex-post"]))
def test_optimal_allocations_are_implementable_and_the_mixture_gains_what_it_says(
    seed: int, incentives: str
) -> None:
    env = testing.random_environment(
        seed, agents=1 + seed % 2, controlled=seed % 3 == 0, sparse=seed % 5 < 3, interdependent=seed % 7 < 3
    )
    best = design(env, Question.of(env, incentives=incentives), EXACT).mechanism
    assert implement(env, best, incentives)
    draw = np.random.default_rng(seed)
    stages = []
    for stage in best.stages:
        picked = draw.integers(0, stage.allocation.shape[-1], stage.allocation.shape[:-1])
        lottery = exact(np.eye(stage.allocation.shape[-1], dtype=int)[picked])
        stages.append(Stage(lottery, stage.transfers * 0, stage.next, stage.label))
    given_allocation = Mechanism(best.instance, tuple(stages))
    found = implement(env, given_allocation, incentives)
    assert found.certificate is not None
    assert found.certificate.check()["valid"]
    if found:
        assert found.mechanism is not None
        verdict = verify(env, found.mechanism, incentives)[0]
        assert verdict.violation == 0
        return
    assert found.gain > 0
    # Whatever is charged, the lies of the mixture gain together what it says: any payments will do.
    floats = implement(env, given_allocation, incentives, exact=False)
    assert not floats
    assert floats.gain > 0


def test_an_allocation_that_remembers_what_does_not_matter() -> None:
    env = screening(KERNEL, (1, 2, 3))
    given_allocation = two_periods(env, [["1/2"] * 3, ["0", "1", "1"]])
    first, second = given_allocation.stages
    assert first.next is not None
    moved = first.next.copy()
    moved[0, 0, 1] = 1
    odd = Mechanism(env.name, (Stage(first.allocation, first.transfers, moved), second))
    with pytest.raises(InvalidInput, match="period 0: its memory keeps the action"):
        implement(env, odd)
