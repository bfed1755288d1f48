"""The dynamic pivot mechanism: worked cases exactly, and what holds in any environment."""

from __future__ import annotations

from fractions import Fraction as F

import numpy as np
import pytest

from dynamech.instances import load
from dynamech.models.efficient.pivot import pivot
from dynamech.models.environment.environment import Agent, Environment
from dynamech.models.society.problem import spread
from dynamech.solvers.effort import EXACT, Effort
from dynamech.solvers.errors import AssumptionViolated

from .efficient_cases import CASES, externality, serving, tables, texts

ENDLESS = ["1D_hand_2x2x2_inf", "1B_rand_3agents_2states_3actions_inf"]


@pytest.mark.parametrize("name", ENDLESS)
def test_worked_cases_of_an_infinite_horizon(name: str) -> None:
    """BV (1), (10)-(13): everything, exactly; and the judge finds what Theorem 1 says."""
    wanted = CASES[name]["expected"]
    found = pivot(tables(name), EXACT)
    assert texts(found.W[0]) == wanted["W"]
    assert found.policy[0].tolist() == wanted["policy"]
    assert texts(found.W_without[0]) == wanted["W_minus"]
    assert texts(found.M[0]) == wanted["M"]
    assert texts(found.m[0]) == wanted["m"]
    assert texts(found.transfers[0]) == wanted["p"]
    assert texts(found.outside[0]) == wanted["outside_option_O"]
    assert texts(found.budget[0]) == wanted["discounted_revenue"]
    assert found.discrepancy == 0
    assert found.error["W"] == 0
    assert found.unique[0].all()
    assert (found.surplus[0] >= 0).all()  # weak budget surplus: nothing costs
    assert all(found.satisfies.values())
    assert len(found.satisfies) == 5
    assert found.states()[1] == tuple("01" if len(wanted["W"]) == 4 else "001")


def test_the_worked_case_of_a_finite_horizon() -> None:
    name = "1A_rand_2agents_3states_3actions_T3"
    wanted = CASES[name]["expected"]
    found = pivot(tables(name, 3), EXACT)
    for t in range(3):
        assert texts(found.W[t]) == wanted["W"][t]
        assert found.policy[t].tolist() == wanted["policy"][t]
        for i in range(2):
            for ours, theirs in (("W_without", "W_minus"), ("M", "M"), ("m", "m"), ("transfers", "p")):
                assert texts(getattr(found, ours)[t][i]) == wanted[theirs][i][t]
    assert found.discrepancy == 0
    assert all(found.satisfies.values())


def test_scheduling_with_an_externality() -> None:
    """An agent pays in a period in which she is not served: without her task 2 would go first."""
    wanted = CASES["F1_sched_externality"]["expected"]
    found = pivot(externality(), EXACT)
    first = found.states().index(("waiting",) * 3)
    assert found.W[0][first] == F(wanted["W"])
    assert texts(found.M[0][:, first]) == wanted["M"]
    assert texts(found.transfers[0][:, first]) == wanted["p"]
    assert texts(found.W_without[0][:, first]) == wanted["W_without"]
    assert texts(found.outside[0][:, first]) == wanted["outside_option_O"]
    order, state = [], ["waiting"] * 3
    for _ in range(3):
        action = int(found.policy[0][found.states().index(tuple(state))])
        order.append(action)
        state[action - 1] = "done"
    assert order == wanted["efficient_order"]
    two = found.states().index(("waiting", "done", "waiting"))
    also = wanted["state_1_and_3_wait"]
    assert (str(found.W[0][two]), texts(found.transfers[0][:, two])) == (also["W"], also["p"])
    assert found.outside[0][2, two] == F(also["O_3"])
    assert all(found.satisfies.values())


@pytest.mark.parametrize("exact", [True, False])
def test_exit_is_where_nothing_is_ever_paid_again(exact: bool) -> None:
    """BV Definition 1 by payments: the sets do not depend on a null action listed first."""
    sizes = CASES["F1_exit_ties"]["expected"]["exit_by_p_zero_along_the_efficient_path"]
    for listed, wanted in sizes.items():
        names = listed.removeprefix("actions listed ").split(",")
        found = pivot(serving([0, 3, 5, 8], names), Effort(exact=exact))
        assert found.exit[0].sum(axis=1).tolist() == wanted
        paid = found.transfers[0][:, found.states().index(("8", "5", "3"))]
        assert paid == pytest.approx([F(77, 100), 0, 0] if exact else [0.77, 0, 0])


def test_the_literal_exit_test_depends_on_the_listing() -> None:
    """Errata of BV: a* ≠ a*_{-i}, both the first listed, gives other sets where a null action is listed."""
    sizes = CASES["F1_exit_ties"]["expected"]["exit_by_literal a* != a*_-i, both policies first-listed"]
    for listed, wanted in sizes.items():
        found = pivot(serving([0, 3, 5, 8], listed.split(",")), EXACT)
        kinds = [[j for j in range(3) if j != i] for i in range(3)]
        alone = [spread(p.policy[0], (4, 4, 4), kind) for p, kind in zip(found.without, kinds, strict=True)]
        differs = np.stack([policy != found.policy[0] for policy in alone])
        assert (~found.reaching([differs])[0]).sum(axis=1).tolist() == wanted


def test_what_has_no_pivot_mechanism() -> None:
    with pytest.raises(AssumptionViolated, match=r"needs private values .*Theorem 1"):
        pivot(load("random", seed=1, agents=2, private_values=False))
    with pytest.raises(AssumptionViolated, match=r"types are not independent, .*Theorem 1"):
        pivot(load("random", seed=1, agents=2, independent=False))


@pytest.mark.parametrize("horizon", [1, 2, None])
def test_errors_count_what_is_lost_in_sums_that_cancel(horizon: int | None) -> None:
    """1/10 + 2/10 - 3/10 is 0; in doubles it is not, and a bound relative to what is left of it was false."""
    agents = [
        Agent(
            name, types=["a"], prior=[1], values=[[[F(worth, 10)]]] * (horizon or 1),
            transitions=[[[[1]]]] * (1 if horizon is None else horizon - 1),
        )
        for name, worth in (("x", 1), ("y", 2))
    ]  # fmt: skip
    env = Environment(
        name="even", horizon=horizon, discount=F(9, 10), actions=["go"], agents=agents,
        costs=[[F(3, 10)]] * (horizon or 1),
    )  # fmt: skip
    found, right = pivot(env), pivot(env, EXACT)
    assert right.W[0][0] == 0 != found.W[0][0]
    for word in ("W", "W_without", "transfers"):
        ours, theirs = getattr(found, word)[0], getattr(right, word)[0]
        assert all(abs(F(a) - b) <= found.error[word] for a, b in zip(ours.flat, theirs.flat, strict=True))


def test_doubles_come_with_bounds_that_hold() -> None:
    env = tables(ENDLESS[1])
    exact, found = pivot(env, EXACT), pivot(env)
    off = np.abs(found.W[0] - exact.W[0].astype(float)).max()
    assert off <= found.error["W"] < 1e-9
    paid = np.abs(found.transfers[0] - exact.transfers[0].astype(float)).max()
    assert paid <= found.error["transfers"] < 1e-9
    assert found.discrepancy < 1e-10
    assert found.tie_rule.startswith("first listed within")
