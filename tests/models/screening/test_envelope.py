"""Envelope, interval dominance and virtual surplus of any mechanism: where they hold, where they fail."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction as F

import numpy as np
import pytest

import dynamech as dm
from benchmarks.virtual_pivot import Drawn, draw
from dynamech.models.environment.environment import Agent, Environment
from dynamech.models.mechanism.mechanism import Mechanism
from dynamech.models.notions.incentives import read_incentive
from dynamech.models.screening.envelope import envelope, interval_dominance, virtual_surplus
from dynamech.models.screening.virtual_pivot import virtual_pivot
from dynamech.models.verification.verify import incentive_verdict
from dynamech.solvers.effort import Effort
from dynamech.solvers.errors import AssumptionViolated, InvalidInput, TooLarge

from .separable_cases import not_tight, revenue, worked


def with_entry(mechanism: Mechanism, place: tuple[int, ...], more: F | float) -> Mechanism:
    """The mechanism with another entry payment: place is (agent, first reports)."""
    paid = mechanism.stages[0].transfers.copy()
    paid[place[0], 0, *place[1:]] += more
    return replace(mechanism, stages=(replace(mechanism.stages[0], transfers=paid), *mechanism.stages[1:]))


def test_where_the_theorem_fails_so_does_interval_dominance() -> None:
    """F1_vp_not_tight: A promises the lower sums, and '4' of agent 1 tempts '6' by 81/16."""
    env = not_tight()
    rules = virtual_pivot(env, exact=True).rules
    assert envelope(env, rules["A"].mechanism)
    check = interval_dominance(env, rules["A"].mechanism)
    assert not check
    worst = check.failing[0]
    assert (worst.agent, worst.others, worst.start, worst.to) == ("1", {"2": "5"}, "4", "6")
    assert (worst.shortfall, worst.unavoidable) == (F(81, 16), 0)
    assert check.later
    mean = interval_dominance(env, rules["A"].mechanism, "bayesian").failing[0]
    assert (mean.others, mean.shortfall) == (None, F(81, 32))
    assert interval_dominance(env, rules["C"].mechanism).failing[0].shortfall == F(27, 40)
    assert envelope(env, rules["B"].mechanism)
    assert interval_dominance(env, rules["B"].mechanism)


@pytest.mark.parametrize("unit", [F(1), F(1, 10**9), F(10**9)])
def test_the_envelope_fails_between_neighbours(unit: F) -> None:
    """Where one type pays 1/8 more than the lower sums leave her, or 1/2 less; in doubles in any unit."""
    env = dm.load("handicap-auction", n=3)
    env = env._with(
        agents=tuple(replace(one, values=tuple(table * unit for table in one.values)) for one in env.agents)
    )
    for home in (env, env.to_float()):
        mechanism = virtual_pivot(home, exact=home.exact).rules["A"].mechanism
        money = unit if home.exact else float(unit)
        dear = envelope(home, with_entry(mechanism, (1, 0, 2), money / 8))
        (only,) = dear.failing
        assert (only.agent, only.others, only.start, only.to) == ("bidder 2", {"bidder 1": "0"}, "1/2", "1")
        assert only.shortfall == (money / 8 if home.exact else pytest.approx(money / 8))
        cheap = envelope(home, with_entry(mechanism, (1, 0, 2), -money / 2))
        assert [(one.start, one.to) for one in cheap.failing] == [("1/2", "1")]
        assert envelope(home, mechanism)


@pytest.mark.parametrize("kind", [Drawn("multiplicative", 2, 1, False), Drawn("additive", 2, 2, True)])
def test_lemma_3_5_on_finite_types(kind: Drawn) -> None:
    """Where truth is best from period 1 on, the worst shortfall is the best lie; truth implies both."""
    for number in range(3 if kind.T == 1 else 1):
        found = virtual_pivot(draw(kind, number), exact=True)
        for rule in found.rules.values():
            check = interval_dominance(found.environment, rule.mechanism)
            assert check.later
            worst = max((one.shortfall for one in check.failing), default=F(0))
            assert worst == rule.incentives.violation
            if rule.truthful:
                assert envelope(found.environment, rule.mechanism)


def falling() -> tuple[Environment, Mechanism]:
    """One buyer of three first signals, served in period 1 if she first said 1 or 2 and not if she said 3."""
    types, later = ["1", "2", "3"], ["1|y", "2|y", "3|y"]
    agent = Agent(
        "buyer", types=[types, later], prior=["1/4", "1/4", "1/2"],
        values=[[[0, 0, 0]], [[0, 0, 0], [1, 2, 3]]], transitions=[[np.eye(3, dtype=int).tolist()]],
    )  # fmt: skip
    env = Environment(agents=[agent], actions=[["wait"], ["keep", "sell"]], horizon=2, name="falling")
    nothing, served = F(0), np.array([[F(0), F(1)]] * 3)
    first = dm.Stage(
        np.full((1, 3, 1), F(1)), np.full((1, 1, 3), nothing), np.array([[[0], [0], [1]]], dtype=np.int64)
    )
    lots = np.stack([served, served[:, ::-1]])
    return env, Mechanism("falling", (first, dm.Stage(lots, np.full((1, 2, 3), nothing))))


def test_what_no_payments_mend() -> None:
    """Served where she says less: 3 gains 3 by saying 2, of which 1 is unavoidable, and no payments do."""
    env, mechanism = falling()
    check = interval_dominance(env, mechanism)
    told = {(one.start, one.to): (one.shortfall, one.unavoidable) for one in check.failing}
    assert told == {("2", "3"): (3, 1), ("1", "3"): (3, 1)}
    assert check.later
    assert not dm.implement(env, mechanism, "ex-post")
    short = envelope(env, mechanism).failing
    assert [(one.start, one.to, one.shortfall) for one in short] == [("2", "3", 3)]


def test_truth_later_is_a_condition_of_its_own() -> None:
    """Lemma 3.5 assumes it: a price for what is said of the state makes a lie that interval dominance is not
    about, and the check says so."""
    env = not_tight()
    mechanism = virtual_pivot(env, exact=True).rules["B"].mechanism
    paid = mechanism.stages[1].transfers.copy()
    paid[0, :, 1] += 100
    bent = replace(mechanism, stages=(mechanism.stages[0], replace(mechanism.stages[1], transfers=paid)))
    check = interval_dominance(env, bent)
    assert not check.later
    assert check.later.witness is not None
    assert check.later.witness.period == 1
    whole = incentive_verdict(env, bent, read_incentive("ex-post"))
    assert whole.violation > max((one.shortfall for one in check.failing), default=F(0))


@pytest.mark.parametrize("word", ["A", "B"])
def test_virtual_surplus_less_rents_is_profit(word: str) -> None:
    """(4): A's promises are the lower sums, B leaves more; two periods, and actions that move types."""
    env, _ = worked("4C_controlled_T2")
    for home in (env, not_tight()):
        found = virtual_pivot(home, exact=True)
        mechanism = found.rules[word].mechanism
        told = virtual_surplus(home, mechanism)
        assert told.profit == revenue(home, mechanism) == found.profit[word]
        assert told.value == found.bound
        assert told.profit == told.value - sum(told.lowest) - sum(told.excess)
        assert told.lowest == (0, 0)
        assert min(told.excess) >= 0
        assert (sum(told.excess) > 0) == (found.profit[word] < found.bound)


def test_virtual_surplus_of_a_mechanism_that_is_not_truthful() -> None:
    env, mechanism = falling()
    told = virtual_surplus(env, mechanism)
    # v − h: 1/4 (1 − 3) + 1/4 (2 − 2) at what 1 and 2 get; the lowest keeps 1, 2 one more, 3 nothing.
    assert told.value == F(-1, 2)
    assert (told.lowest, told.excess) == ((1,), (F(-3, 2),))
    assert told.profit == 0


def test_values_need_not_separate() -> None:
    """kln-nonseparable: the first best with nothing to pay leaves more than either side of the envelope."""
    env = dm.load("kln-nonseparable", n=3)
    best = dm.design(env, incentives="bayesian", exact=True).mechanism
    assert interval_dominance(env, best, "bayesian")
    assert envelope(env, best, "bayesian")
    told = virtual_surplus(env, best)
    assert told.profit == dm.design(env, incentives="bayesian", exact=True).value
    assert told.value - sum(told.lowest) - sum(told.excess) == told.profit


def test_what_is_refused() -> None:
    env = not_tight()
    mechanism = virtual_pivot(env, exact=True).rules["A"].mechanism
    with pytest.raises(InvalidInput, match="incentives 'interim' is none of ex-post, bayesian"):
        envelope(env, mechanism, "interim")
    with pytest.raises(InvalidInput, match="allocation has shape"):
        envelope(dm.load("handicap-auction"), mechanism)
    with pytest.raises(TooLarge, match="interval dominance: a mechanism with 1 memory states in period 0"):
        interval_dominance(env, mechanism, effort=Effort(memory_limit=1.0))
    told = dm.load("two-period-screening")
    rule = dm.design(told, exact=True).mechanism
    with pytest.raises(AssumptionViolated, match="the virtual surplus needs first signals that are indep"):
        virtual_surplus(told, rule)
