"""What counts as nothing: a share of what is at stake at the state, in whatever money is counted in."""

from __future__ import annotations

import numpy as np
import pytest

from dynamech import testing
from dynamech.instances.library import load
from dynamech.models.design.design import design
from dynamech.models.design.question import Question
from dynamech.models.environment.environment import Agent, Environment
from dynamech.models.mechanism.mechanism import Mechanism, Stage
from dynamech.models.verification.anywhere import verify
from dynamech.models.verification.verdict import VerdictTolerances
from dynamech.solvers.effort import EXACT
from dynamech.solvers.numbers import array


def shop(values: list[float], prior: list[float], prices: list[float]) -> tuple[Environment, Mechanism]:
    """One buyer; the good is sold to every type at a price of its own."""
    types = [str(k) for k in range(len(values))]
    buyer = Agent("buyer", types=types, prior=prior, values=[[[0.0] * len(values), values]])
    env = Environment(name="shop", horizon=1, actions=["keep", "sell"], agents=[buyer])
    sold = array([[[0.0, 1.0]] * len(values)])
    return env, Mechanism("shop", (Stage(sold, array([[prices]])),))


@pytest.mark.parametrize("money", [1e-12, 1e-6, 1.0, 1e6, 1e12])
def test_verdicts_do_not_depend_on_what_money_is_counted_in(money: float) -> None:
    for off, holds in ((3e-8, True), (1e-6, False)):
        env, mechanism = shop([1 * money, 2 * money], [0.5, 0.5], [money, (1 + off) * money])
        verdict = verify(env, mechanism, "bayesian")[0]
        assert verdict.holds == holds
        assert float(verdict.violation) == pytest.approx(off * money, rel=1e-4)
        assert float(verdict.tolerance) == pytest.approx(2e-7 * money, rel=1e-3)
        dear = shop([money, 2 * money], [0.5, 0.5], [(1 + off) * money] * 2)[1]
        assert verify(env, dear, None, "interim")[0].holds == holds


def test_a_rare_type_excuses_nobody_else() -> None:
    """Beside a type worth 4e7 a lie of another that gains a thousandth still counts."""
    env, mechanism = shop([1.0, 2.0, 4e7], [0.5, 0.5 - 1e-8, 1e-8], [1.0, 1.001, 1.0])
    assert not verify(env, mechanism, "bayesian")[0].holds
    env, mechanism = shop([1.0, 2.0, 4e7], [0.5, 0.5 - 1e-8, 1e-8], [1.0, 1.0, 1.001])
    assert verify(env, mechanism, "bayesian")[0].holds


def test_values_that_are_all_nothing_leave_no_tolerance_but_rounding() -> None:
    env, mechanism = shop([0.0, 0.0], [0.5, 0.5], [0.0, 1e-30])
    assert not verify(env, mechanism, "bayesian")[0].holds
    assert verify(env, shop([0.0, 0.0], [0.5, 0.5], [0.0, 0.0])[1], "bayesian")[0].holds


def test_later_money_is_judged_by_what_later_is_at_stake() -> None:
    """Trade worth 1e9 today excuses no loss of a thousandth tomorrow, where trade is worth 1."""
    agent = Agent(
        "buyer", types=[["a"], ["b"]], prior=[1.0], values=[[[0.0], [1e9]], [[0.0], [1.0]]],
        transitions=[[[[1.0]]] * 2],
    )  # fmt: skip
    env = Environment(name="two", horizon=2, actions=["keep", "sell"], agents=[agent], discount=1.0)
    sell = array([[[0.0, 1.0]]])
    for loss in (1e-3, 1e-9):
        stages = (
            Stage(sell, array([[[0.0]]]), np.zeros((1, 1, 2), dtype=np.int64)),
            Stage(sell, array([[[1.0 + loss]]])),
        )
        verdict = verify(env, Mechanism("two", stages), None, "periodic")[0]
        assert verdict.holds == (loss == 1e-9)
        assert float(verdict.violation) == pytest.approx(loss, rel=1e-6)


@pytest.mark.parametrize("seed", range(6))
def test_the_least_tolerance_is_that_of_rounding(seed: int) -> None:
    """With no share of what is at stake left, exact mechanisms in doubles still hold, shaken ones do not."""
    env = testing.random_environment(seed, agents=1 + seed % 2, types=2, observed=False)
    made = design(env, Question.of(env), EXACT)
    assert made.environment is not None
    strict = VerdictTolerances(violation=0.0)
    mechanism = made.mechanism.to_float()
    assert verify(made.environment.to_float(), mechanism, "bayesian", "interim", tolerances=strict)
    dearer = [
        Stage(given.allocation, given.transfers + 1e-6 * (1 + abs(given.transfers).max()), given.next)
        for given in mechanism.stages
    ]
    shaken = Mechanism(mechanism.instance, tuple(dearer))
    assert not verify(made.environment.to_float(), shaken, None, "interim", tolerances=strict)


def test_a_verdict_says_how_numbers_were_read() -> None:
    """Those that were asked for, or the usual ones; over the rationals nothing is let pass."""
    env = load("two-type-markov")
    made = design(env, Question.of(env), EXACT).mechanism
    asked = VerdictTolerances(1e-6, 1e-8)
    assert {v.tolerances for v in verify(env, made)} == {VerdictTolerances(0.0, 0.0)}
    assert {v.tolerances for v in verify(env.to_float(), made.to_float())} == {VerdictTolerances()}
    assert {v.tolerances for v in verify(env.to_float(), made.to_float(), tolerances=asked)} == {asked}
