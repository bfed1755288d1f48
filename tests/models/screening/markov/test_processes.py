"""Shocks in place of kernels, impulse responses against closed forms, and the transfers of the notes."""

from __future__ import annotations

import itertools
import math
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import dynamech as dm
from dynamech.instances.mechanism_file import read_mechanism
from dynamech.models.screening.markov.responses import progressive_response
from dynamech.solvers.errors import AssumptionViolated, InvalidInput

from ...ladder.screening import case
from ...payments.two_period_cases import KERNEL, screening, two_periods

F = Fraction


def autoregressive(gamma: F, horizon: int, exact: bool = True) -> dm.Environment:
    """theta_{t+1} = gamma theta_t + eps, eps 0 or 1/3, from 0, 1 or 3."""
    levels = [[F(0), F(1), F(3)]]
    transitions = []
    for _ in range(horizon - 1):
        after = sorted({gamma * v + eps for v in levels[-1] for eps in (F(0), F(1, 3))})
        near = [[(w - gamma * v) in (F(0), F(1, 3)) for w in after] for v in levels[-1]]
        transitions.append([[[F(int(there), 2) for there in row] for row in near]])
        levels.append(after)
    buyer = dm.Agent("buyer", types=levels, prior=["1/3"] * 3, transitions=transitions,
                     values=[[[0] * len(row), row] for row in levels])  # fmt: skip
    env = dm.Environment(name="ar1", horizon=horizon, actions=["keep", "sell"], agents=[buyer])
    return env if exact else env.to_float()


# The canonical representation -------------------------------------------------------------------------------


@pytest.mark.parametrize("coupling", ["quantile", "antithetic", "independent"])
def test_shocks_move_types_as_kernels_do(coupling: str) -> None:
    """Lengths of the cells that lead to a type add up to its probability, action by action."""
    controlled = np.array([[["1/4", "1/4", "1/2"], ["1/3", 0, "2/3"]], [[1, 0, 0], ["1/5", "2/5", "2/5"]]])
    buyer = dm.Agent("buyer", types=[["l", "h"], ["x", "y", "z"]], prior=["1/2", "1/2"],
                     values=[[[0, 0], [0, 1]], [[0, 0, 0], [0, 1, 2]]], transitions=[controlled])  # fmt: skip
    env = dm.Environment(name="steered", horizon=2, actions=["keep", "sell"], agents=[buyer])
    process = dm.canonical(env, coupling=coupling)
    (shock,) = process.shocks
    assert shock.lengths.sum() == 1
    for action, own in itertools.product(range(2), range(2)):
        for after in range(3):
            chance = shock.lengths[shock.moves[action, own] == after].sum()
            assert chance == F(controlled[action, own, after])
    rows = list(process.rows())
    assert sum(row["to"] - row["from"] for row in rows) == 4
    cell = rows[0]
    assert process.path(cell["type"], [int(cell["shock"])], [cell["action"]])[1] == cell["next"]
    with pytest.raises(InvalidInput, match="period 0: an action moves agent 'buyer': one of keep, sell"):
        process.path("l", [0])


def test_the_threshold_is_the_chance_of_the_low_type() -> None:
    """LN example 1; in print it is the chance of the high type, which moves types with other chances."""
    process = dm.canonical(dm.load("two-type-markov", a_L="2/3", a_H="3/4"))
    rows = [row for row in process.rows() if row["type"] == "low"]
    threshold = max(row["to"] for row in rows if row["next"] == "low")
    assert threshold == F(2, 3)
    assert all(row["from"] >= threshold for row in rows if row["next"] == "high")
    assert threshold != 1 - F(2, 3)


def test_signals_are_shocks() -> None:
    """Where types are made of signals they are the cells, and a path is a path of signals."""
    process = dm.canonical("kln-nonseparable")
    assert process.coupling == "signals"
    assert {row["shock"] for row in process.rows()} == {"+", "x"}
    assert process.path("1/2", [0]) == ("1/2", "1/2|+")


def test_who_is_asked_about() -> None:
    two = dm.load("sponsored-search", T=2)
    names = ", ".join(f"'{agent.name}'" for agent in two.agents)
    with pytest.raises(InvalidInput, match=f"name an agent; who report are {names}"):
        dm.canonical(two)
    assert dm.canonical(two, two.agents[1].name).agent == two.agents[1].name
    with pytest.raises(AssumptionViolated, match="'licensing' has no last period; give a horizon"):
        dm.canonical("licensing")
    with pytest.raises(AssumptionViolated, match="no shock is hers alone"):
        dm.impulse_responses(dm.load("random-correlated").with_horizon(2), "agent 0")


# Impulse responses ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("gamma", [F(1), F(1, 2), F(-1, 3), F(0)])
def test_ar1_responds_by_powers_of_gamma(gamma: F) -> None:
    """From every period and every type; with gamma = 1, a sum of shocks, always by 1."""
    responses = dm.impulse_responses(autoregressive(gamma, 4))
    for s, t in itertools.combinations(range(4), 2):
        assert set(responses.response(s, t)) <= {gamma ** (t - s)}
        assert responses.response(0, t) == [gamma**t] * 2
    doubles = dm.impulse_responses(autoregressive(gamma, 4, exact=False))
    assert doubles.response(0, 3) == pytest.approx([float(gamma**3)] * 2)


@pytest.mark.parametrize(("low", "high"), [("2/3", "3/4"), ("1/2", "1/2"), ("1/4", "1/3"), ("1", "1")])
def test_two_types_respond_by_powers_of_persistence(low: str, high: str) -> None:
    responses = dm.impulse_responses(dm.load("two-type-markov", horizon=4, a_L=low, a_H=high))
    assert set(responses.measures) == {"sell"}
    for s, t in itertools.combinations(range(4), 2):
        assert responses.response(s, t) == [(F(low) + F(high) - 1) ** (t - s)]


def test_responses_by_action() -> None:
    """Learning only where the good is used: a step up stays where it is kept and fades where it is sold."""
    keep, sell = [[1, 0], [0, 1]], [["3/4", "1/4"], ["1/2", "1/2"]]
    buyer = dm.Agent("buyer", types=["1", "3"], prior=["1/2", "1/2"], values=[[0, 0], [1, 3]],
                     transitions=[[keep, sell]] * 2)  # fmt: skip
    buyer = replace(buyer, values=[[[0, 0], [1, 3]]] * 3)
    env = dm.Environment(name="used", horizon=3, actions=["keep", "sell"], agents=[buyer])
    responses = dm.impulse_responses(env)
    assert responses.response(0, 2, "keep") == [1]
    assert responses.response(0, 2, "sell") == [F(1, 16)]
    assert dm.impulse_responses(env, actions=["keep", "sell"]).response(0, 2) == [F(1, 4)]
    with pytest.raises(InvalidInput, match="name one of the actions 'keep', 'sell'"):
        responses.response(0, 2)
    with pytest.raises(InvalidInput, match="there is no action 'rent' among 'keep', 'sell'"):
        dm.impulse_responses(env, actions=["keep", "rent"])
    with pytest.raises(InvalidInput, match="1 actions for 2 transitions"):
        dm.impulse_responses(env, actions=["keep"])
    with pytest.raises(InvalidInput, match="from period 2 to 1: periods count upwards, to 2"):
        responses.response(2, 1)


def test_types_that_do_not_move_and_count_by_themselves_have_none() -> None:
    """And periods whose actions differ have no one action to take throughout."""
    still, both = [["1", "0"], ["0", "1"]], ["1/2", "1/2"]

    types, own = [["l", "h"]] * 2, [[[0, 0], [1, 3]]] * 2
    mixed = [[[[0, 0], [0, 0]], [[1, 2], [3, 4]]]] * 2
    words: dict[str, Any] = {"types": types, "prior": both, "values": own, "transitions": [[still]]}

    def env(first: dict[str, Any], second: dict[str, Any]) -> dm.Environment:
        agents = [dm.Agent("a", **words | first), dm.Agent("b", **words | second)]
        return dm.Environment(name="two", horizon=2, actions=["keep", "sell"], agents=agents)

    follows = {"given": ["a"], "transitions": [[[still, still[::-1]]]]}
    with pytest.raises(AssumptionViolated, match="agent 'b': her types move with those of 'a', not alone"):
        dm.impulse_responses(env({"observed": True}, follows), "b")
    with pytest.raises(AssumptionViolated, match="agent 'a', period 0: types are no numbers, and values dep"):
        dm.impulse_responses(env({"values": mixed}, {}), "a")
    buyer = dm.Agent("buyer", types=[["1", "3"]] * 3, prior=both, values=[own[0]] * 3,
                     transitions=[[still, still[::-1]]] * 2)  # fmt: skip
    apart = dm.Environment(name="apart", horizon=3, agents=[buyer],
                           actions=[["keep", "sell"], ["keep", "rent"], ["keep", "sell"]])  # fmt: skip
    with pytest.raises(AssumptionViolated, match="periods 0 and 1 differ in actions; name one a transition"):
        dm.impulse_responses(apart)
    assert dm.impulse_responses(apart, actions=["sell", "rent"]).response(0, 2) == [1]


def test_types_that_count_alike_have_no_response() -> None:
    """Where neither numbers nor values tell two types apart there is nothing to divide by."""
    kernel = [["3/4", "1/4"], ["1/4", "3/4"]]
    buyer = dm.Agent("buyer", types=[["l", "h"], ["0", "1"]], prior=["1/2", "1/2"],
                     values=[[[0, 0]], [[0, 1]]], transitions=[[kernel]])  # fmt: skip
    env = dm.Environment(name="alike", horizon=2, actions=["sell"], agents=[buyer])
    assert dm.impulse_responses(env).response(0, 1) == [None]


def test_progressive_screening() -> None:
    """Along shocks: theta_t = prod of alphas, alpha = lambda z. The difference quotient of the finite process
    is the product's, and tends to theta_t times the sum of (-F_lambda/f)/alpha, not to what is printed."""
    shocks = (F(1, 2), F(3, 2))
    for step in (F(1, 10), F(1, 100)):
        env = multiplying([F(1), 1 + step], shocks, 3)
        process = dm.canonical(env)
        for cells in itertools.product(range(2), repeat=3):
            low, high = (process.path(first, cells) for first in env.agents[0].types[0])
            theta = [F(path[-1].split("|")[1]) for path in (low, high)]
            quotient = (theta[1] - theta[0]) / step
            drawn = [shocks[cell] for cell in cells]
            limit: Any = progressive_response(drawn, lambda alpha: alpha)  # at lambda = 1
            assert limit == 3 * math.prod(drawn)
            assert quotient == math.prod(drawn) * ((1 + step) ** 3 - 1) / step
            assert abs(quotient - limit) <= 4 * step * theta[0]
        printed = F(1)  # I_t = E[(-F_lambda/f)(alpha_t)] I_{t-1}: alpha has mean 1 at lambda = 1
        (average,) = dm.impulse_responses(env).response(0, 3)
        assert average == ((1 + step) ** 3 - 1) / step
        assert average > 3 * printed


def multiplying(rates: list[F], shocks: tuple[F, F], horizon: int) -> dm.Environment:
    """A type is (lambda, theta_t), theta_0 = 1, theta_t = lambda z_t theta_{t-1}, z one of two shocks."""
    reached: list[list[tuple[F, F]]] = [[(rate, F(1)) for rate in rates]]
    transitions: list[Any] = []
    for _ in range(horizon):
        after = sorted({(rate, rate * z * theta) for rate, theta in reached[-1] for z in shocks})
        transitions.append([[[F(sum((rate, rate * z * theta) == to for z in shocks), 2) for to in after]
                             for rate, theta in reached[-1]]])  # fmt: skip
        reached.append(after)
    buyer = dm.Agent(
        "buyer",
        types=[
            [str(rate) for rate in rates],
            *([f"{rate}|{theta}" for rate, theta in row] for row in reached[1:]),
        ],
        prior=[F(1, len(rates))] * len(rates),
        values=[[[0] * len(row), [theta for _, theta in row]] for row in reached],
        transitions=transitions,
    )
    return dm.Environment(name="progressive", horizon=horizon + 1, actions=["keep", "sell"], agents=[buyer])


# Transfers --------------------------------------------------------------------------------------------------


def earned(env: dm.Environment, mechanism: dm.Mechanism, t: int, memory: int, k: int) -> Any:
    """What truth earns one agent from a state on, by plain recursion."""
    agent, stage = env.agents[0], mechanism.stages[t]
    total = -stage.transfers[0, memory, k]
    for a, chance in enumerate(stage.allocation[memory, k].tolist()):
        total += chance * agent.values[t][a, k]
        if stage.next is not None and chance:
            kernel = agent.kernels[t]
            row = kernel.probability(np.array(a), [], np.array(k), np.arange(len(agent.types[t + 1])))
            m = int(stage.next[memory, k, a])
            later = [earned(env, mechanism, t + 1, m, j) for j in range(len(row))]
            total += env.discount * chance * sum(p * v for p, v in zip(row, later, strict=True))
    return total


@pytest.mark.parametrize("horizon", [2, 3, 4])
def test_transfers_of_two_types(horizon: int) -> None:
    """Truth earns Q at every state, the revenue is that of the optimum, and the printed sign fails."""
    env = dm.load("two-type-markov", horizon=horizon)
    best = dm.design(env, exact=True)
    paid = dm.markov_transfers(env, best.mechanism)
    assert paid.verdict
    assert paid.verdict.violation == 0
    for t, table in enumerate(paid.Q["buyer"]):
        for m, _, k in np.ndindex(table.shape):
            assert earned(env, paid.mechanism, t, m, k) == table[m, 0, k]
    surplus = earned(env, best.mechanism, 0, 0, 0), earned(env, best.mechanism, 0, 0, 1)
    assert [earned(env, paid.mechanism, 0, 0, k) for k in range(2)] == list(surplus)
    assert dm.implement(env, best.mechanism)
    printed = tuple(replace(stage, transfers=-stage.transfers) for stage in paid.mechanism.stages)
    assert not dm.verify(env, dm.Mechanism(env.name, printed), "bayesian")
    assert not dm.check_icfoc(env, dm.Mechanism(env.name, printed))


def test_other_payments_leave_rents_between_these() -> None:
    """Case 9c1: between 1/5 and 2/5; D is the least. With types that turn round it is not."""
    env = screening(KERNEL, (1, 2, 3))
    paid = dm.markov_transfers(env, two_periods(env, [["1/2"] * 3, ["0", "1", "1"]]))
    assert [paid.D["buyer"][0][0, 0, 0], paid.least["buyer"][0][0, 0, 0]] == [F(1, 5), F(1, 5)]
    assert paid.most["buyer"][0][0, 0, 0] == F(2, 5)
    turned = screening(KERNEL[::-1], (1, 2, 3))
    paid = dm.markov_transfers(turned, two_periods(turned, [["0", "1", "1"], ["1/2"] * 3]))
    assert paid.D["buyer"][0][0, 0, 0] == F(-3, 10)
    assert paid.least["buyer"][0][0, 0, 0] == F(-2, 5)
    assert paid.most["buyer"][0][0, 0, 0] == F(-1, 5)


@pytest.mark.parametrize("horizon", [2, 3, 4])
def test_rents_of_two_types_and_a_quadratic_cost(horizon: int) -> None:
    """8Q1 (Battaglini 2005): the rent of the high type where quantities are distorted along low reports."""
    wanted = case("8Q1")[1][f"T{horizon}"]["buyer_rent_H"]
    env = dm.load("two-type-markov", horizon=horizon, quadratic=True)
    paid = dm.markov_transfers(env, dm.design(env).mechanism)
    assert paid.Q["buyer"][0][0, 0].tolist() == pytest.approx([0, float(F(wanted))], abs=1e-7)
    assert paid.verdict


def test_from_its_file(tmp_path: Path) -> None:
    """Saved with its memory of public states, and judged again."""
    env = dm.load("two-type-markov", horizon=3)
    paid = dm.markov_transfers(env, dm.design(env, exact=True).mechanism)
    dm.save(paid.mechanism, tmp_path / "paid.json")
    again = read_mechanism(tmp_path / "paid.json")
    assert dm.verify(env, again, "bayesian").violation == 0
    assert dm.check_icfoc(env, again)


def profit(env: dm.Environment, mechanism: dm.Mechanism, t: int, memory: int, chance: Any) -> Any:
    """Expected payments less costs of one agent whose types have these chances, by plain recursion."""
    stage, kernels, total = mechanism.stages[t], env.agents[0].kernels, F(0)
    for k, p in enumerate(chance):
        lottery = stage.allocation[memory, k]
        total += p * (stage.transfers[0, memory, k] - lottery @ env.costs[t].reshape(-1))
        if stage.next is not None and p:
            row = kernels[t].probability(np.array(0), [], np.array(k), np.arange(kernels[t].size))
            total += p * env.discount * profit(env, mechanism, t + 1, int(stage.next[memory, k, 0]), row)
    return total


@pytest.mark.parametrize("discount", ["1/2", "1"])
def test_lower_sums_are_the_first_order_program(discount: str) -> None:
    """With dominance the program whose only lies are to the next lower type leaves rents by lower sums."""
    kernel = [["1/2", "1/4", "1/4"], ["1/4", "1/2", "1/4"], ["1/8", "3/8", "1/2"]]
    buyer = dm.Agent("buyer", types=["1", "2", "4"], prior=["1/2", "1/4", "1/4"],
                     values=[[[0, 0, 0], [1, 2, 4]]] * 3, transitions=[[kernel]] * 2)  # fmt: skip
    env = dm.Environment(name="three", horizon=3, actions=["keep", "sell"], costs=[[0, "1/2"]] * 3,
                         discount=discount, agents=[buyer])  # fmt: skip
    best = dm.design(env, incentives="first-order", exact=True)
    paid = dm.markov_transfers(env, best.mechanism).mechanism
    assert profit(env, paid, 0, 0, env.agents[0].prior) == best.value
    efficient = dm.design(env, incentives="none", exact=True)
    paid = dm.markov_transfers(env, efficient.mechanism).mechanism
    assert profit(env, paid, 0, 0, env.agents[0].prior) < best.value


def test_transfers_remember_what_beliefs_need() -> None:
    """A memory that forgets the last report is split by it; where only the high type is served there are no
    rents, and she pays what it is worth to her."""
    env = dm.load("two-type-markov", horizon=3)
    chance = np.array([[[F(1), F(0)], [F(0), F(1)]]], dtype=object)
    stages = [dm.Stage(chance, np.zeros((1, 1, 2)), np.zeros((1, 2, 2), dtype=np.int64)) for _ in range(3)]
    stages[2] = replace(stages[2], next=None)
    paid = dm.markov_transfers(env, dm.Mechanism(env.name, tuple(stages)).to_exact())
    assert [stage.size for stage in paid.mechanism.stages] == [1, 2, 2]
    assert [paid.mechanism.stages[2].label_of(m) for m in range(2)] == ["0 (after low)", "0 (after high)"]
    assert paid.verdict
    for stage in paid.mechanism.stages:
        assert stage.transfers[0].tolist() == [[0, 3]] * stage.size


def test_transfers_of_several_agents() -> None:
    """Two bidders, each of whom averages over the other."""
    env = dm.load("sponsored-search", T=2)
    best = dm.design(env, incentives="first-order", exact=True)
    paid = dm.markov_transfers(env, best.mechanism)
    assert set(paid.Q) == {agent.name for agent in env.agents}
    assert paid.verdict.holds == bool(dm.verify(env, paid.mechanism, "bayesian"))
    assert paid.verdict.holds or not dm.check_monotonicity(env, best.mechanism)[1]
    content = paid.to_json()
    assert content["truthful"] is paid.verdict.holds
    assert {row["agent"] for row in content["rents"]} == set(paid.Q)


def test_transfers_that_do_not_hold_say_who_lies() -> None:
    """Selling to the low type alone: the mechanism is there, and so is its lie."""
    env = dm.load("two-type-markov")
    stages = dm.design(env, exact=True).mechanism.stages
    served = np.full(stages[0].allocation.shape, F(0), dtype=object)
    served[:, 0, 1] = served[:, 1, 0] = F(1)
    given = dm.Mechanism(env.name, (replace(stages[0], allocation=served), *stages[1:]))
    paid = dm.markov_transfers(env, given)
    integral = dm.check_monotonicity(env, paid.mechanism)[2]
    assert not paid.verdict
    assert paid.to_json()["lie"]["type"] == "low"
    assert integral.violation == 1 - F(9, 10) * F(5, 12)  # what the high report leaves, it leaves later
