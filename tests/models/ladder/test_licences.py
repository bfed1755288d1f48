"""Liu's example (section 3.1) in full: one licence alone, two linked, and what same-period lotteries miss."""

from __future__ import annotations

from fractions import Fraction as F
from typing import Any

import numpy as np
import pytest

import dynamech as dm
from dynamech.models.efficient.generalised_vcg import generalised_vcg
from dynamech.models.verification.anywhere import verify
from dynamech.solvers.certificate import Certificate
from dynamech.solvers.effort import EXACT

# One licence alone ------------------------------------------------------------------------------------------


def test_the_first_licence_cannot_be_sold_efficiently() -> None:
    """p(4) − p(6) ≤ 7 and p(6) − p(4) ≤ −11 add up to 0 ≤ −4: equal weights are the proof."""
    env = dm.load("liu-single-licence", area=1)
    made = generalised_vcg(env, effort=EXACT)
    entry = made.agents[0, 0]
    assert entry.ring is not None
    assert entry.ring.length == -4
    assert sorted(entry.ring.types) == ["4", "6"]
    assert "the lies" in entry.ring.sentence
    assert "gain 4 whatever is charged" in entry.ring.sentence
    for notion in ("bayesian", "ex-post"):
        found = dm.implement(env, made.mechanism, notion)
        assert not found.implementable
        weights = {lie.lie.split("|")[-1]: lie.weight for lie in found.deviations}
        assert len(weights) == 2
        assert len(set(weights.values())) == 1
        assert sum(weights.values()) == 1
        assert found.gain == F(4) / 2  # of the mixture; the lies together gain 4
        proof = found.certificate
        assert isinstance(proof, Certificate)
        assert proof.kind == "infeasible"
        assert proof.check()


def test_the_second_licence_can() -> None:
    """Any price of winning from 6 to 12 will do; the printed one, 11, is firm 1's value at 6."""
    env = dm.load("liu-single-licence", area=2)
    made = generalised_vcg(env, effort=EXACT)
    assert made.sufficient
    assert made.payments[0].tolist() == [[0, 0], [0, 11]]
    assert made.values[0][1].tolist() == [0, 1]
    for rule, price in (("lower", 6), ("upper", 12)):
        other = generalised_vcg(env, rule=rule, effort=EXACT)
        assert other.payments[0][1].tolist() == [0, price]
        assert verify(env, other.mechanism, "ex-post")[0].violation == 0
    assert dm.implement(env, made.mechanism, "ex-post").implementable


def test_the_price_nears_the_continuous_one() -> None:
    """Between 4 and 6 values cross at s = 5, where the licence is worth 9 to firm 1."""
    prices = []
    for signals in (2, 6, 42):
        env = dm.load("liu-single-licence", area=2, signals=signals)
        made = generalised_vcg(env, effort=EXACT)
        assert made.incentive_compatible
        prices.append(made.payments[0][1].max())
    assert prices == [11, 9 + F(2, 5), 9 + F(2, 41)]


def test_no_grid_helps_the_first_licence() -> None:
    for signals in (3, 10):
        env = dm.load("liu-single-licence", area=1, signals=signals)
        made = generalised_vcg(env, effort=EXACT)
        assert not made.incentive_compatible
        assert not made.agents[0, 0].sufficient
        assert "no increasing differences" in made.failures[0]


# Same-period lotteries --------------------------------------------------------------------------------------

LOTTERIES = [[[13, 5], [0, 0]], [[5, 13], [0, 0]]]
"""Liu's p(r_1, r_2; r_0): by report about the sign, firm 1's oil, firm 2's signal."""


def lottery_auction(env: dm.Environment) -> dm.Mechanism:
    """Firm 1 wins with 4 and pays by firm 2's signal, by the lottery that the sign reported calls for."""
    known = len(env.agents) == 3
    signs = env.types(0)
    wait = dm.Stage(
        np.full((1, *signs, 1), F(1), dtype=object),
        np.zeros((len(env.agents), 1, *signs), dtype=object) + F(0),
        np.arange(2).reshape(1, *signs, 1),
    )
    types = env.types(1)
    allocation = np.zeros((2, *types, 2), dtype=object) + F(0)
    transfers = np.zeros((len(env.agents), 2, *types), dtype=object) + F(0)
    for sign in range(2):
        for said in range(2):
            for seen in range(2):
                at = (sign, said, seen, 0) if known else (sign, said, seen)
                allocation[(*at, said)] = F(1)
                transfers[(0, *at)] = F(LOTTERIES[sign][said][seen])
    return dm.Mechanism(env.name, (wait, dm.Stage(allocation, transfers)))


def payoff(env: dm.Environment, sign: int, said_sign: int, oil: int, said: int) -> Any:
    """Firm 1's expected payoff from the first licence when its oil is number `oil`."""
    assert env.process is not None
    joint = env.process.transitions[0].reshape(2, 2, 2)[sign, oil]
    chance = joint / joint.sum()
    value = env.agents[0].values[1][0].reshape(2, 2)[oil, 0] if said == 0 else F(0)
    return value - sum(chance[s] * LOTTERIES[said_sign][said][s] for s in range(2))


def test_lotteries_take_the_rent_where_the_sign_is_known() -> None:
    env = dm.load("liu-belief-manipulation", linked=False, known=True)
    assert verify(env, lottery_auction(env), "bayesian")[0].violation == 0
    for sign in range(2):
        table = [[payoff(env, sign, sign, oil, said) for said in range(2)] for oil in range(2)]
        assert table == [[0, 0], [0, 0]]


def test_firm_1_manipulates_what_the_seller_believes() -> None:
    """It misreports θ_0, then its oil: 4 where the oil is 6, and 2 on average."""
    env = dm.load("liu-belief-manipulation", linked=False)
    for sign in range(2):
        table = [[payoff(env, sign, 1 - sign, oil, said) for said in range(2)] for oil in range(2)]
        assert table == [[-4, 0], [4, 0]]
    verdict = verify(env, lottery_auction(env), "bayesian")[0]
    assert not verdict.holds
    assert verdict.violation == 2
    witness = verdict.witness
    assert witness is not None
    assert (witness.agent, witness.period) == ("firm 1", 0)
    assert {witness.type, witness.report} == {"negative", "positive"}


def test_later_reports_are_immune() -> None:
    """What firm 2 says about area 2 holds firm 1 to the truth, sign and oil, exactly and ex post."""
    env = dm.load("liu-belief-manipulation")
    answer = dm.correlation(env, exact=True, theorem="3.2")
    assert answer.mechanism is not None
    assert verify(env, answer.mechanism, "ex-post")[0].violation == 0
    # Where the sign is not secret the transfers for the licence are the same.
    licence = dm.correlation(dm.load("liu-licence"), exact=True, theorem="3.2")
    ours = answer.agents[0].periods[1].theorems["3.2"].transfers
    theirs = licence.agents[0].periods[0].theorems["3.2"].transfers
    assert {tuple(row) for row in ours.tolist()} == {tuple(row) for row in theirs.tolist()}
    # Spanning fails in the early period, where nothing is decided and nothing need be paid.
    assert not answer.agents[0].spanning
    assert (answer.agents[0].periods[0].theorems["3.2"].transfers == 0).all()


@pytest.mark.parametrize("name", ["liu-single-licence", "liu-belief-manipulation", "interdependent-auction"])
def test_the_families_are_theirs(name: str) -> None:
    env = dm.load(name)
    assert env.exact
    assert env.name.startswith(name)
