"""The worked cases of sequential screening: virtual values, static prices, what is public, the menu."""

from __future__ import annotations

from fractions import Fraction as F
from typing import Any

import pytest

import dynamech as dm
from dynamech.instances.families.two_period_screening import two_period_screening
from dynamech.models.screening.sequential.propositions import propositions
from dynamech.models.screening.sequential.screening import SequentialScreening, sequential_screening
from dynamech.solvers.effort import Effort

from .separable_cases import CASES, fractions, revenue

EXACT = Effort(exact=True)
NAMES = [
    "1A_indep_multiplicative_tight", "1A3_indep_additive", "1A5_indep_nonseparable",
    "1B_correlated_binary", "1B2_correlated_binary_all_sold", "1E_no_FOSD_spread",
]  # fmt: skip


def case(name: str, exact: bool = True) -> tuple[SequentialScreening, dict[str, Any]]:
    given, expected = CASES[name]["instance"], CASES[name]["expected"]
    values = [fractions(row) for row in given["value_v[theta0][s1]"]]
    if all(row == values[0] for row in values):
        values = values[:1]
    rows = [fractions(row) for row in given["kernel_f[theta0][s1]"]]
    env = two_period_screening(fractions(given["theta0_pmf"]), rows, values, F(given["cost"]))
    return sequential_screening(env, Effort(exact=exact)), expected


@pytest.mark.parametrize("name", NAMES)
def test_a_worked_case(name: str) -> None:
    """Static sellers, public information, and a verified menu that earns what any mechanism can."""
    sold, expected = case(name)
    assert sold.posted["t0"].profit == F(expected["static_posted_price_t0"])
    assert sold.posted["t1"].profit == F(expected["static_posted_price_t1"])
    best = F(expected["dynamic_full_IC"])
    names = ("relaxed_signal_public_Kakade", "relaxed_shock_public_quantile_coupling")
    public = next(F(expected[word]) for word in names if word in expected)
    assert sold.rungs["relaxed"] == public
    assert sold.rungs["bayesian"] == best
    assert sold.public_excess == public - best
    assert sold.profit == best
    assert sold.bound in (None, best)
    assert sold.verdicts
    assert sold.mechanism is not None
    assert revenue(sold.environment, sold.mechanism) == best
    assert all(one.holds for one in propositions(sold.buyer, sold.mechanism).values())


@pytest.mark.parametrize("name", NAMES)
def test_a_worked_case_in_doubles(name: str) -> None:
    """The same strikes, of whatever ties there are, and the same money."""
    sold, rounded = case(name)[0], case(name, exact=False)[0]
    assert sold.menu is not None
    assert rounded.menu is not None
    assert sold.menu.strikes.tolist() == rounded.menu.strikes.tolist()
    assert rounded.profit == pytest.approx(float(sold.profit or 0), abs=1e-12)
    assert [one.holds for one in sold.conditions.values()] == [
        one.holds for one in rounded.conditions.values()
    ]


@pytest.mark.parametrize("name", NAMES[3:5])
def test_virtual_values_with_full_support(name: str) -> None:
    sold, expected = case(name)
    gains: Any = sold.virtual.psi - sold.buyer.cost
    assert gains.tolist() == [fractions(row) for row in expected["psi_minus_cost"]]
    assert sold.virtual.virtual_surplus == F(expected["first_order_virtual_surplus"])
    assert sold.rungs["first-order"] == F(expected["first_order_LP"])


@pytest.mark.parametrize("name", NAMES[:2])
def test_virtual_values_of_independent_signals(name: str) -> None:
    """Where values of neighbours alternate, a liar is served as KLN's is: ψ is φ, at values she may have."""
    sold, expected = case(name)
    for psi, there, phi in zip(
        sold.virtual.psi, sold.buyer.support, expected["virtual_values_phi_minus_cost"], strict=True
    ):
        assert (psi[there] - sold.buyer.cost).tolist() == fractions(phi)


def test_what_is_said_where_values_are_not_ordered() -> None:
    sold, _ = case("1E_no_FOSD_spread")
    failing = sold.conditions["first-order dominance"]
    assert (failing.holds, failing.by) == (False, F(1, 3))
    assert failing.where is not None
    assert failing.where.startswith("agent 'buyer', first type '1', value 1: ")
    assert sold.bound is None
    assert "values are not ordered" in str(sold)
    assert "the rung bayesian says what could be earned" in " ".join(str(sold).split())


@pytest.mark.parametrize("n", [2, 3, 5, 17])
def test_options_are_best_where_public_signals_are_a_loose_bound(n: int) -> None:
    """KLN section 7: with signals public a seller would earn more than by any mechanism, options as much."""
    sold = dm.sequential_screening(dm.load("kln-nonseparable", n=n), exact=True)
    expected = CASES[f"2_nonsep_n{n}"]["expected"]
    assert sold.profit == F(expected["dynamic_optimum"]) < F(expected["relaxed_optimum"])
    assert sold.bound is not None
    assert (sold.bound == sold.profit) == (n < 9)  # then only the best falling strikes are payable
    assert sold.verdicts


def test_public_information_is_worth_something_with_finite_types_only() -> None:
    """Errata: 17/12 against 4/3; on grids that tend to atomless types nothing."""
    assert dm.sequential_screening("two-period-screening", exact=True).public_excess == F(1, 12)
    for n in (3, 5, 9):
        sold = dm.sequential_screening(dm.load("courty-li-uniform", n=n), exact=n < 9)
        assert sold.public_excess == 0


def test_the_menu_that_a_person_is_offered() -> None:
    offered = dm.menu("sequential-screening", "option", exact=True)
    assert offered.profit == offered.profit_direct == offered.bound == F(559, 2160)
    (menu,) = offered.menus
    assert [one.types for one in menu.contracts] == [("1/6",), ("1/3", "1/2"), ("2/3", "5/6")]
    assert [one.price(1, "sell") for one in menu.contracts] == [F(5, 8), F(1, 2), F(3, 8)]
    assert dm.verify("sequential-screening", offered.mechanism, "bayesian", "interim")
    assert dm.menu("sequential-screening").kind == "option"


def test_limits_leave_rungs_out_and_nothing_else() -> None:
    env = dm.load("sequential-screening", k0=3, k1=4)
    small, free = dm.sequential_screening(env, memory_limit=1000), dm.sequential_screening(env)
    assert small.rungs == {"first-order": None, "relaxed": None, "bayesian": None}
    assert small.public_excess is None
    assert small.profit == free.profit
    assert "not found within the limits" in str(small)
    assert small.to_json()["rungs"] == small.rungs


def test_money_may_be_counted_in_any_unit() -> None:
    """The same yes and no, and the same strikes, in billionths and billions."""
    env = dm.load("courty-li-uniform", n=9)
    home = dm.sequential_screening(env)
    for unit in (1e-9, 1e9):
        agent = env.agents[0]
        values = [[[0] * 9], [[0] * 81, (unit * agent.values[1][1].astype(float)).tolist()]]
        scaled = dm.Environment(
            agents=[dm.Agent("buyer", types=agent.types, values=values, prior=agent.prior.astype(float),
                             transitions=[agent.kernels[0].rows()[None].astype(float)])],
            actions=[["wait"], ["keep", "sell"]], horizon=2,
        )  # fmt: skip
        other = dm.sequential_screening(scaled)
        assert other.menu is not None
        assert home.menu is not None
        assert other.menu.strikes.tolist() == home.menu.strikes.tolist()
        assert [one.holds for one in other.conditions.values()] == [
            one.holds for one in home.conditions.values()
        ]
        assert other.verdicts
        assert other.profit == pytest.approx(unit * float(home.profit or 0))


def test_an_answer_does_not_depend_on_how_second_types_and_actions_are_listed() -> None:
    env = dm.load("two-period-screening", variant="disclosure")
    agent = env.agents[0]
    other = dm.Environment(
        agents=[
            dm.Agent("buyer", types=[agent.types[0], agent.types[1][::-1]], prior=agent.prior,
                     values=[agent.values[0], agent.values[1][::-1, ::-1]],
                     transitions=[agent.kernels[0].rows()[None, :, ::-1]])
        ],
        actions=[["wait"], ["sell", "keep"]], horizon=2,
    )  # fmt: skip
    one, two = (sequential_screening(listed, EXACT) for listed in (env, other))
    assert one.menu is not None
    assert two.menu is not None
    assert one.menu.prices == two.menu.prices
    assert one.menu.fees is not None
    assert two.menu.fees is not None
    assert one.menu.fees.tolist() == two.menu.fees.tolist()
    assert two.verdicts
