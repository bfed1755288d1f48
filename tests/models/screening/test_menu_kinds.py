"""Which menu an environment is for, what a menu says of itself, and what it must not depend on."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction as F
from typing import Any

import numpy as np
import pytest

import dynamech as dm
from dynamech.instances.families.separable_auction import Bidder, separable_auction
from dynamech.models.environment.reshape import keep_types
from dynamech.models.screening import menu_lists
from dynamech.models.screening.menu import Contract, Menu, menu_json
from dynamech.solvers.errors import AssumptionViolated, InvalidInput

from .separable_cases import not_tight
from .test_posted_menu import drawn, one_step


def one_buyer(worth: list[list[Any]], **given: Any) -> dm.Environment:
    """s0 in {2, 3, 4}, an item of cost 3 worth s0 B in every period, B drawn again by quarters."""
    words = {"s0": [F(2), F(3), F(4)], "prior": [F(1, 3)] * 3} | given
    T = len(worth)
    bidder = Bidder(
        "buyer", words["s0"], words["prior"], [["low", "high"]] * T, [F(1, 2)] * 2,
        [[F(b) for b in row] for row in worth], [[[F(3, 4), F(1, 4)], [F(1, 4), F(3, 4)]]] * (T - 1),
    )  # fmt: skip
    return separable_auction([bidder], F(3), F(9, 10), controlled=False)


def notes(menu: Menu, heading: str) -> list[str]:
    return [text for head, text in menu.notes if head == heading]


# The kinds -----------------------------------------------------------------------------------------------


def test_it_says_why_other_kinds_do_not_apply_and_which_do() -> None:
    one = dm.menu("kln-separable")
    assert "posted" not in one.other_kinds
    assert one.other_kinds.keys() >= {"option", "handicap"}
    assert "has one bidder" in (one.other_kinds["handicap"] or "")
    both = dm.menu("courty-li-uniform", exact=True)
    assert (both.kind, both.other_kinds["option"]) == ("posted", None)
    assert both.profit == dm.menu("courty-li-uniform", "option", exact=True).profit
    assert "Another kind. option contracts (option): what it needs holds here too." in str(both)


def test_nothing_applies() -> None:
    """One line, with why of each."""
    with pytest.raises(
        AssumptionViolated, match=r"'scheduling' is for no kind of menu \(posted: .* 3 agents; .*handicap"
    ):
        dm.menu("scheduling")


def test_no_such_kind() -> None:
    with pytest.raises(InvalidInput, match="kind: 'auction' is none of posted"):
        dm.menu("kln-separable", "auction")


def test_posted_prices_are_for_one_buyer() -> None:
    with pytest.raises(AssumptionViolated, match=r"posted prices are for one buyer, and .* has 2 agents"):
        dm.menu(not_tight(), "posted")


def test_values_that_do_not_separate_are_refused_with_place_and_number() -> None:
    """1A5 of the worked cases, v = s + 2 and 10 s; the ladder decides it: 5/2."""
    env = one_step("1A5_indep_nonseparable")
    place = r"agent 'buyer', period 1, action 'sell', type '\d\|\d': values are \S+ off"
    with pytest.raises(AssumptionViolated, match=place):
        dm.menu(env, "posted", exact=True)
    assert dm.ladder(env, exact=True)["bayesian"].value == F(5, 2)


def test_random_environments_that_do_not_separate_are_refused_in_one_line() -> None:
    """One value of a separable environment is moved: it is found, and the ladder answers."""
    for seed in range(4):
        env = drawn(seed, "multiplicative", 1, False, sizes=2, rest=4)
        agent = env.agents[0]
        values = agent.values[1].copy()
        if abs(values[1]).max() == 0:
            continue
        values[1, -1] += 50
        moved = env._with(agents=(replace(agent, values=(agent.values[0], values)),))
        with pytest.raises(AssumptionViolated, match=r"'size 1', type .*Property 4\.1") as refused:
            dm.menu(moved, "posted", exact=True)
        assert "\n" not in str(refused.value)
        assert dm.ladder(moved, exact=True)["bayesian"].status == "optimal"


@pytest.mark.parametrize("name", ["1B_correlated_binary", "1E_no_FOSD_spread"])
def test_what_is_learnt_must_not_depend_on_the_first_signal(name: str) -> None:
    place = r"rest of type '.*' moves by its first signal, by \S+, .* 2\.3"
    with pytest.raises(AssumptionViolated, match=place):
        dm.menu(one_step(name), "posted", exact=True)


def test_a_horizon_is_needed() -> None:
    stays = [[[[1, 0], [0, 1]]]]
    buyer = dm.Agent(
        "buyer", [["1", "2"]], prior=["1/2", "1/2"], values=[[[0, 0], [1, 2]]], transitions=stays
    )
    actions = [["keep", "sell"]]
    endless = dm.Environment(agents=[buyer], actions=actions, costs=[[0, 0]], discount="1/2", horizon=None)
    with pytest.raises(AssumptionViolated, match="has no period 0 of its own"):
        dm.menu(endless, "posted")


def static(values: list[list[Any]], costs: list[Any]) -> dm.Environment:
    """Two types, one period, actions by their values."""
    buyer = dm.Agent("buyer", [["low", "high"]], prior=["1/2", "1/2"], values=[values], transitions=[])
    actions = [[f"action {a}" for a in range(len(costs))]]
    return dm.Environment(agents=[buyer], actions=actions, costs=[costs], discount=1, horizon=1)


def test_who_leaves_is_not_harmed() -> None:
    """What is cheapest harms her: she is left out by the other action."""
    env = static([[0, 0], [-4, -1]], [0, -5])
    menu = dm.menu(env, exact=True)
    assert dm.verify(env, menu.mechanism, participation="interim")
    best = dm.ladder(env, exact=True)["bayesian"].value
    assert best is not None
    assert menu.profit <= best
    assert notes(menu, "Criterion")[0].endswith(
        "The menu earns 4 less than the bound; the ladder says what is best."
    )
    place = r"period 0: no action is worth nothing to her, .* 'low' without a contract would have -4"
    with pytest.raises(AssumptionViolated, match=place):
        dm.menu(static([[-4, -1], [-8, -2]], [0, 1]), exact=True)


def test_who_cannot_be_left_out_has_what_is_cheapest() -> None:
    """Nothing is worth nothing: the low type has action 0 for nothing, and the high one pays for more."""
    menu = dm.menu(static([[1, 2], [3, 6]], [0, 1]), exact=True)
    (contract,) = menu.menus[0].contracts
    assert (contract.types, contract.fee) == (("high",), 3)
    assert notes(menu, "Criterion")[0].startswith("It fails: ")


def test_a_first_type_of_no_probability_is_named() -> None:
    with pytest.raises(AssumptionViolated, match="agent 'buyer', period 0: type '3' has probability 0"):
        dm.menu(one_buyer([[1, 3]], prior=[F(1, 2), F(0), F(1, 2)]), exact=True)


# What it says --------------------------------------------------------------------------------------------


def test_the_price_stays_while_the_value_changes() -> None:
    """KLN section 6.1: B falls over time and the seller knows, and p = γ/α = 9/2 in every period."""
    menu = dm.menu(one_buyer([[2, 6], [1, 4], ["1/2", 2]]), exact=True)
    first = menu.menus[0].contracts[0]
    assert first.types == ("3",)
    assert [first.price(t, "serve buyer") for t in (1, 2, 3)] == [F(9, 2)] * 3
    assert menu.profit == menu.bound
    assert notes(menu, "Constant price") == [
        "'serve buyer' costs 9/2 in all of periods 1 to 3, "
        "while its mean value to type '3' is 12, 15/2, 15/4."
    ]
    assert not notes(dm.menu(one_buyer([[2, 6], [2, 6]]), exact=True), "Constant price")


def test_the_price_stays_for_additive_values() -> None:
    """c + h: 3 + 1 for the middle type, whatever is added to it in the period."""
    env = one_buyer([[2, 6], [1, 4]])
    agent = env.agents[0]
    s0 = np.repeat([F(2), F(3), F(4)], 2)
    values = [
        agent.values[0],
        *(np.array([0 * s0, s0 + np.array(b * 3)]) for b in ([F(2), F(6)], [F(1), F(4)])),
    ]
    menu = dm.menu(env._with(agents=(replace(agent, values=tuple(values)),)), exact=True)
    middle = next(c for c in menu.menus[0].contracts if "3" in c.types)
    assert [middle.price(t, "serve buyer") for t in (1, 2)] == [4, 4]
    assert "while its mean value to type '2' is 6, 9/2" in notes(menu, "Constant price")[0]


def test_assumptions_that_fail_are_named_with_the_number() -> None:
    menu = dm.menu(one_buyer([[1, 3]], prior=[F(6, 10), F(1, 10), F(3, 10)]), exact=True)
    assert notes(menu, "Assumption") == [
        "'5.1' of Theorem 5.1 fails: agent 'buyer': "
        "the hazard rate does not rise from type '2' to '3', by 7/6.",
        "'A.2' of Theorem 5.1 fails: agent 'buyer': α does not rise from type '2' to '3', by 2/3.",
    ]


def test_who_takes_another_contract_is_said() -> None:
    menu = dm.menu(dm.load("kln-separable", variant="not-tight", T=1), exact=True)
    (stray,) = menu.strays
    assert (stray.type, stray.meant, stray.takes, stray.gain) == ("3", 1, 0, F(27, 20))
    assert menu.menus[0].contracts[1].types == ()
    assert "buyer 3 takes contract 1 in place of contract 2: she has 27/20 = 1.35 more from it." in str(menu)


def test_histories_are_not_told_apart_where_they_are_many(monkeypatch: pytest.MonkeyPatch) -> None:
    """The same prices and purchases, over all histories of a period together."""
    env = dm.load("kln-separable", types="markov", T=3)
    every = dm.menu(env, exact=True)
    monkeypatch.setattr(menu_lists, "LISTED", 6)
    few = dm.menu(env, exact=True)
    for one, other in zip(every.menus[0].contracts, few.menus[0].contracts, strict=True):
        assert (len(one.prices), len(other.prices)) == (15, 7)
        assert {(len(h), a, p) for h, a, p in one.prices} == {(len(h), a, p) for h, a, p in other.prices}
    assert other.prices[-1] == (("wait", None, None), "sell", 3)
    bought = {(b.type, len(b.history), label) for b in every.buys for label in b.when}
    assert bought == {(b.type, len(b.history), label) for b in few.buys for label in b.when}
    assert len(few.buys) < len(every.buys)


def test_a_price_that_depends_on_the_past_has_no_single_number() -> None:
    prices = ((("a",), "buy", F(1)), (("b",), "buy", F(2)), ((), "enter", F(3)))
    contract = Contract(("H",), F(0), prices)
    assert contract.price(0, "enter") == 3
    assert contract.price(1, "buy") is None


# What it must not depend on ------------------------------------------------------------------------------


def test_actions_may_be_listed_in_any_order() -> None:
    for seed in range(8):
        env = drawn(seed, "additive", 2, True, sizes=3, rest=2)
        agent = env.agents[0]
        order = [2, 0, 1]
        kernels = tuple(replace(k, table=k.table[order]) if len(k.table) > 1 else k for k in agent.kernels)
        values = (agent.values[0], *(table[order] for table in agent.values[1:]))
        turned = env._with(
            agents=(replace(agent, values=values, kernels=kernels),),
            actions=(env.actions[0], *(tuple(names[a] for a in order) for names in env.actions[1:])),
            costs=(env.costs[0], *(cost[order] for cost in env.costs[1:])),
        )
        one, other = (dm.menu(e, exact=True) for e in (env, turned))
        assert one.profit == other.profit
        assert [(c.types, c.fee) for c in one.menus[0].contracts] == [
            (c.types, c.fee) for c in other.menus[0].contracts
        ]


@pytest.mark.parametrize("form", ["multiplicative", "additive"])
def test_a_type_may_be_listed_twice(form: str) -> None:
    """Each first type in two halves of the same values: the same contracts, profit and bound."""
    for seed in range(4):
        env = drawn(seed, form, 1, False, sizes=2, rest=2)
        agent = env.agents[0]
        blocks = [np.arange(len(labels)).reshape(len(agent.types[0]), -1) for labels in agent.types]
        twice = [np.repeat(block, 2, axis=0).reshape(-1) for block in blocks]
        first = [f"{label}{half}" for label in agent.types[0] for half in "ab"]
        own = agent.kernels[0].table[0]
        start = np.kron(np.eye(len(first), dtype=int), np.ones((1, 2), dtype=int)).astype(object)
        law = np.array([own[k, block] for k, block in enumerate(blocks[1])])
        doubled = dm.Agent(
            "buyer",
            [first, [f"{label}|{y}" for label in first for y in range(2)]],
            prior=np.repeat(agent.prior, 2) / 2,
            values=[table[:, places] for table, places in zip(agent.values, twice, strict=True)],
            transitions=[[start * np.repeat(law, 2, axis=0).reshape(1, -1)]],
        )
        wide = dm.Environment(
            agents=[doubled], actions=env.actions, costs=env.costs, discount=F(9, 10), horizon=2
        )
        one, other = (dm.menu(e, "posted", exact=True) for e in (env, wide))
        assert (one.profit, one.bound) == (other.profit, other.bound)
        assert [(c.fee, c.prices) for c in one.menus[0].contracts] == [
            (c.fee, c.prices) for c in other.menus[0].contracts
        ]
        assert [[f"{t}{half}" for t in c.types for half in "ab"] for c in one.menus[0].contracts] == [
            list(c.types) for c in other.menus[0].contracts
        ]


def told(menu: Any) -> Any:
    """The JSON; types that nothing tells apart may come in any order."""
    if isinstance(menu, dict):
        return {key: told(value) for key, value in menu.items()}
    if isinstance(menu, list):
        return sorted(map(told, menu), key=repr)
    return told(menu_json(menu)) if isinstance(menu, Menu) else menu


@pytest.mark.parametrize("form", ["multiplicative", "additive"])
def test_types_may_be_listed_in_any_order(form: str) -> None:
    """First signals from the highest down: the same contracts, and a mechanism of the types as listed."""
    for seed in range(4):
        env = drawn(seed, form, 2, True, sizes=2, rest=2)
        agent = env.agents[0]
        first = agent.types[0]
        down = [np.arange(len(labels)).reshape(len(first), -1)[::-1].reshape(-1) for labels in agent.types]
        turned = keep_types(env, 0, down)
        assert turned.agents[0].types[0] == first[::-1]
        one, other = (dm.menu(e, exact=True) for e in (env, turned))
        assert told(one) == told(other)
        assert dm.verify(turned, other.mechanism, incentives="ex-post")
        assert (other.mechanism.stages[1].transfers == one.mechanism.stages[1].transfers[:, :, down[1]]).all()


@pytest.mark.parametrize("scale", [1e-9, 1.0, 1e9])
def test_doubles_choose_as_rationals_do_in_any_unit_of_money(scale: float) -> None:
    for seed in range(8):
        env = drawn(seed, "multiplicative", 2, False, sizes=3, rest=2)
        agent = env.agents[0]
        doubles = env.to_float()
        scaled = doubles._with(
            agents=(replace(doubles.agents[0], values=tuple(scale * v for v in doubles.agents[0].values)),),
            costs=tuple(scale * c for c in doubles.costs),
        )
        exact, floats = dm.menu(env, exact=True), dm.menu(scaled)
        assert floats.profit == pytest.approx(scale * float(exact.profit), rel=1e-9, abs=1e-12 * scale)
        assert [c.types for c in floats.menus[0].contracts] == [c.types for c in exact.menus[0].contracts]
        assert [e.type for e in floats.excluded] == [e.type for e in exact.excluded]
        assert len(floats.strays) == len(exact.strays), agent.types[0]
