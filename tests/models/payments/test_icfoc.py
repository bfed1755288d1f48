"""The envelope condition of dynamic mechanisms: implied by truth, and where it fails, who and by how much."""

from __future__ import annotations

import random
from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest

import dynamech as dm
from dynamech import testing

from .two_period_cases import KERNEL, exact, screening, two_periods, witness_of

F = Fraction


def taxed(mechanism: dm.Mechanism, t: int, at: tuple[int, ...], by: F) -> dm.Mechanism:
    """The mechanism with one payment of agent 0 raised."""
    stages = list(mechanism.stages)
    paid = stages[t].transfers.copy()
    paid[(0, *at)] += by
    stages[t] = replace(stages[t], transfers=paid)
    return replace(mechanism, stages=tuple(stages))


def test_lower_and_upper_sums() -> None:
    """9c1: the higher first type has between 1/5 and 2/5 more, the latter with the highest later rents."""
    env = screening(KERNEL, (1, 2, 3))
    paid = dm.markov_transfers(env, two_periods(env, [["1/2"] * 3, ["0", "1", "1"]])).mechanism
    assert paid.stages[0].transfers.shape == (1, 1, 2)
    for by, holds, truthful in (
        (F(0), True, True), (F(1, 1000), False, False), (F(-1, 10), True, True), (F(-1, 5), True, False),
        (F(-201, 1000), False, False),
    ):  # fmt: skip
        off = taxed(paid, 0, (0, 1), by)
        assert dm.check_icfoc(env, off).holds is holds
        assert bool(dm.verify(env, off, "bayesian")) is truthful
    low = witness_of(dm.check_icfoc(env, taxed(paid, 0, (0, 1), F(1, 1000))))
    assert (low.period, low.type, low.report, low.gain) == (0, "1", "0", F(1, 1000))
    high = witness_of(dm.check_icfoc(env, taxed(paid, 0, (0, 1), F(-201, 1000))))
    assert (high.type, high.report, high.gain) == ("0", "1", F(1, 1000))
    assert high.sentence == (
        "Agent 'buyer' of type '0' in period 0 may report '1': truth earns 401/1000 more one type up, and "
        "the allocation asks for at most 2/5, 1/1000 less."
    )


def test_it_names_the_history() -> None:
    """One more charged late, after the second first report: the step below that type lacks it."""
    env = screening(KERNEL, (1, 2, 3))
    paid = dm.markov_transfers(env, two_periods(env, [["1/2"] * 3, ["0", "1", "1"]])).mechanism
    witness = witness_of(dm.check_icfoc(env, taxed(paid, 1, (1, 2), F(1))))
    assert (witness.period, witness.type, witness.report, witness.gain) == (1, "3", "2", 1)
    assert witness.history == [{"reports": {"buyer": "1"}, "action": None}]


@pytest.mark.parametrize("seed", range(12))
def test_bayesian_incentives_imply_it(seed: int) -> None:
    """Whatever the environment: several agents, observed ones, actions that steer, types that never come."""
    env = testing.random_environment(
        seed, agents=1 + seed % 2, controlled=seed % 3 == 0, sparse=seed % 4 < 2, interdependent=seed % 5 == 0
    )
    best = dm.design(env, exact=True)
    assert best.status == "optimal"
    assert dm.check_icfoc(env, best.mechanism)
    assert dm.check_icfoc(env.to_float(), best.mechanism.to_float())
    units = [F(10**9), F(1, 10**9)]
    draw = random.Random(seed)
    at = tuple(draw.randrange(k) for k in best.mechanism.stages[0].transfers.shape[1:])
    off = taxed(best.mechanism, 0, at, F(100))
    fails = dm.check_icfoc(env, off)
    for unit in units:
        agents = [replace(a, values=[v * unit for v in a.values]) for a in env.agents]
        scaled = env._with(agents=tuple(agents))
        for mechanism, wanted in ((best.mechanism, True), (off, fails.holds)):
            stages = tuple(replace(s, transfers=s.transfers * unit) for s in mechanism.stages)
            again = dm.Mechanism(mechanism.instance, stages)
            assert dm.check_icfoc(scaled.to_float(), again.to_float()).holds is wanted


def test_types_that_never_come_are_not_asked_about() -> None:
    """KLN's signals: after a lie about the first no later report is true, and nothing is asked of it."""
    env = dm.load("kln-nonseparable", n=3)
    best = dm.design(env, exact=True).mechanism
    assert dm.check_icfoc(env, best)
    first_best = dm.design(env, incentives="none", exact=True).mechanism
    assert not dm.check_icfoc(env, first_best)


def test_far_lies_are_not_looked_at() -> None:
    """Every type has an action of its own for nothing; the highest would gain 1 by the lowest type's."""
    env = dm.Environment(
        name="three", horizon=1, actions=["a", "b", "c"],
        agents=[dm.Agent("buyer", types=["0", "1", "2"], prior=["1/3"] * 3,
                         values=[[[0, -5, 1], [-5, 0, -5], [-5, -5, 0]]])],
    )  # fmt: skip
    mechanism = dm.Mechanism("three", (dm.Stage(exact([np.eye(3, dtype=int)]), exact([[[0, 0, 0]]])),))
    assert dm.verify(env, mechanism, "bayesian").violation == 1
    assert dm.check_icfoc(env, mechanism)
