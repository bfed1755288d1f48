"""What Bergemann and Välimäki or the lecture notes print fails, and what stands instead holds.

More of it is beside what it is about: the sign of the multi-task price and the region of the ascending
auction (`test_ascending_auction.py`), the ratio of expectations (`tests/solvers/algorithms/test_gittins.py`),
negative flow contributions and ties (`test_pivot_random.py`), exit sets and listings (`test_pivot.py`),
intervals in place of uniqueness (`test_uniqueness.py`), option values that are 0 (`test_index_policy.py`),
what team mechanisms satisfy (`test_team.py`).
"""

from __future__ import annotations

from fractions import Fraction as F

import numpy as np

from dynamech.instances import load
from dynamech.models.efficient.arrival_order import monotone_in_arrivals, served_at
from dynamech.models.efficient.arrival_payments import arrival_payments
from dynamech.models.efficient.arrivals import optimal_stopping, read_arrivals
from dynamech.models.efficient.ascending_auction import auction_equilibrium, runner_up_bids
from dynamech.models.efficient.pivot import pivot
from dynamech.models.environment.environment import Agent, Environment
from dynamech.solvers.effort import EXACT

from .efficient_cases import serving


def test_she_is_not_out_because_the_others_policy_is_the_same_at_last() -> None:
    """BV Definition 1 says "for all t ≥ τ" for "there is a t": agent 1 pays in her turn, and never again."""
    found = pivot(serving([0, 3, 5, 8], ["1", "2", "3"]), EXACT)
    now = found.states().index(("8", "5", "3"))
    alone = found.without[0].policy[0].reshape(1, -1).repeat(4, axis=0).ravel()
    differs = np.stack([alone != found.policy[0], *[np.zeros(len(alone), dtype=bool)] * 2])
    always = ~found.reaching([~differs])[0][0]
    assert not always[now]  # "for all t" does not come about, and she would be out
    assert found.transfers[0][0, now] == F(77, 100)
    assert not found.exit[0][0, now]


def test_a_bid_is_the_price_of_the_period_before_its_label() -> None:
    """BV (7): b_{I-k} is the price of period I - k - 2; in period I - k - 1, as printed, another is."""
    tasks = (["8", "5", "3"], "9/10")
    auction, bids, count = auction_equilibrium(*tasks), runner_up_bids(*tasks), 3
    price = [auction.price[waiting] for waiting in auction.path]
    for k in range(count - 1):
        bid = bids[count - k - 1]
        assert price[count - k - 2] == bid
        assert price[count - k - 1] != bid


def test_with_values_of_either_sign_marginal_contributions_may_be_negative() -> None:
    """She is hurt by what helps the other more: M = -2 is what she gets anyway, not less, and p is 0."""
    hurt = Agent("hurt", types=["a"], prior=[1], values=[[[0], [-2]]])
    glad = Agent("glad", types=["b"], prior=[1], values=[[[0], [3]]])
    found = pivot(Environment(name="road", horizon=1, actions=["no", "road"], agents=[hurt, glad]), EXACT)
    assert found.M[0][:, 0].tolist() == [-2, 1]
    assert found.outside[0][:, 0].tolist() == [-2, 0]
    assert found.transfers[0][:, 0].tolist() == [0, 2]
    assert found.bond[0][:, 0].tolist() == [2, 0]
    assert {word: found.satisfies[word] for word in ("interim", "periodic", "outside-efficient")} == {
        "interim": False, "periodic": False, "outside-efficient": True,
    }  # fmt: skip


def test_over_finitely_many_periods_the_winner_pays_what_waiting_costs_the_others() -> None:
    """The price (1 - δ) W_{-j} of an endless licence becomes W_{-j,t} - δ W_{-j,t+1}."""
    env = load("licensing", arms="1,1;1,2;2,2", n=1)
    found = pivot(env.with_horizon(2), EXACT)
    rate, winner = found.environment.discount, found.policy[0]
    at = np.arange(len(winner))
    without = [w[winner, at] for w in found.W_without]
    assert (found.transfers[0][winner, at] == without[0] - rate * without[1]).all()
    assert (found.transfers[0][winner, at] != (1 - rate) * without[0]).all()
    assert (found.transfers[1][winner, at] == without[1])[winner == found.policy[1]].all()


def test_the_slope_of_an_arrivals_utility_is_when_she_is_served() -> None:
    """The lecture notes print E[θ exp(-rτ)]: then a value of 2 gains by saying 3."""
    data = read_arrivals(periods=3, values=[1, 2, 3], chances="1/2", discount="9/10")
    found = arrival_payments(optimal_stopping(data))
    nobody = found.plan.empty(1)
    served, rents = (at[-1][1][0, nobody] for at in (found.service, found.rents))
    assert (np.diff(rents) == np.diff(data.values) * served[:-1]).all()
    printed = np.cumsum(np.concatenate([[F(0)], np.diff(data.values) * data.values[:-1] * served[:-1]]))
    lies = data.values[:, None] * served - (data.values * served - printed)
    assert lies[1, 2] - printed[1] == 1
    right = data.values[:, None] * served - (data.values * served - rents)
    assert (right <= rents[:, None]).all()


def test_monotone_in_arrivals_is_about_later_reports_only() -> None:
    """Theorem 6 leaves out that a ≤ â; for all pairs of dates no plan has it that ever serves at once."""
    plan = optimal_stopping(read_arrivals(periods=3, values=[1, 2, 3], chances="1/2", discount="9/10"))
    assert monotone_in_arrivals(plan)
    served = served_at(plan, np.array([[3, 0, 0], [0, 3, 0]]))
    assert (served[0, 0], served[1, 1]) == (0, 1)
