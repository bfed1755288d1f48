"""Bank accounts: conditions, the reduction of Lemmas A.3, A.4 and 3.3, and what is kept, raised or lost."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction

import hypothesis.strategies as st
import pytest
from hypothesis import given, settings

from dynamech.instances.families.items_over_time import items
from dynamech.instances.library import load
from dynamech.models.accounts.bank import bank
from dynamech.models.accounts.bank_account import Balances, open_account
from dynamech.models.accounts.items import read_items
from dynamech.models.accounts.reduction import grow_tree, reduce_to_account
from dynamech.models.design.design import design
from dynamech.models.design.question import Question
from dynamech.models.environment.environment import Agent, Environment
from dynamech.models.mechanism.mechanism import Mechanism
from dynamech.models.verification.anywhere import verify
from dynamech.solvers.effort import EXACT
from dynamech.solvers.errors import AssumptionViolated, TooLarge
from dynamech.solvers.numbers import Array

F = Fraction
Written = Callable[[Environment, str], Mechanism]
THREE = [F(1), F(2), F(3)], [F(1, 3)] * 3
EDGE = [F(1), F(3)], [F(1, 2)] * 2
COIN = [F(1), F(2)], [F(1, 2)] * 2
TWO = items([[THREE], [EDGE]])
LONG = items([[COIN], [THREE], [EDGE]])
LATER = "0,0 0 0; 0,1 1 2; 1,0 0 {}; 1,1 0 {}; 2,0 1 {}; 2,1 1 {}"
TIED = "0 0 0; 1 0 0; 2 1 3; " + LATER.format("-1/2", "-1/2", 1, 1)
SHIFTED = "0 0 1/2; 1 0 -1/4; 2 1 4; 0,0 0 -1/2; 0,1 1 3/2; 1,0 0 -1/4; 1,1 0 -1/4; 2,0 1 0; 2,1 1 0"
TREE = (
    "0 0 1/3; 1 0 -1/3; 0,0 0 -1/3; 0,1 0 -1/3; 0,2 1 43/15; 1,0 0 1/3; 1,1 0 1/3; 1,2 1 10/3; 0,0,0 0 0; "
    "0,0,1 1 2; 0,1,0 0 -1/2; 0,1,1 0 -1/2; 0,2,0 1 4/5; 0,2,1 1 4/5; 1,0,0 0 -1/2; 1,0,1 0 -1/2; 1,1,0 0 0; "
    "1,1,1 1 2; 1,2,0 1 1; 1,2,1 1 1"
)
"""Mechanisms made by hand in which two histories promise the same and one serves more (Lemma A.4)."""


@pytest.mark.parametrize(
    ("env", "text", "levels", "constants"),
    [
        (TWO, TIED, ["2/3", "1/2", "0"], ["1/6", "1/2"]),
        (TWO, SHIFTED, ["2/3", "1/2", "0"], ["1/6", "1/2"]),
        (LONG, TREE, ["2/3", "2/3", "1/2", "0"], ["0", "1/6", "1/2"]),
    ],
)
def test_reduction_by_hand(
    written: Written, env: Environment, text: str, levels: list[str], constants: list[str]
) -> None:
    found = reduce_to_account(env, written(env, text))
    assert [claim for claim in found.claims if not claim.holds] == []
    assert len(found.claims) == 25
    assert (found.original.revenue, found.frontloaded.revenue) == (F(3, 2), F(3, 2))
    assert (found.symmetric.revenue, found.account.revenue) == (2, 2)  # symmetrisation can raise revenue
    assert (found.original.welfare, found.symmetric.welfare) == (F(13, 6), F(8, 3))
    assert [str(level) for level in found.levels[:, 0]] == levels
    assert [str(promise[0, 0]) for promise in found.account.promised] == constants


def test_the_account_made_by_hand(written: Written) -> None:
    """The table that Lemma 3.3 gives for the two-period mechanism above."""
    account = reduce_to_account(TWO, written(TWO, TIED)).account
    expected = written(TWO, "0 0 0; 1 0 0; 2 1 5/2; 0,0 0 0; 0,1 1 2; 1,0 0 0; 1,1 1 2; 2,0 1 3/2; 2,1 1 3/2")
    tree, wanted = (grow_tree(account.items, made) for made in (account.mechanism, expected))
    for t in range(2):
        assert (tree.lottery[t] == wanted.lottery[t]).all()
        assert (tree.paid[t] == wanted.paid[t]).all()
    assert [b.tolist() for b in account.balances] == [[[0]], [[0], [F(1, 2)]]]
    assert [s.tolist() for s in account.spend] == [[[0]], [[0], [F(1, 2)]]]
    assert (account.deposit[0][0, 0] == [0, 0, F(1, 2)]).all()
    assert [w.tolist() for w in account.probabilities] == [[1], [F(2, 3), F(1, 3)]]


def test_what_an_account_keeps_and_loses(written: Written) -> None:
    account = reduce_to_account(TWO, written(TWO, TIED)).account
    held = {(v.kind, v.notion): v.holds for v in verify(TWO, account.mechanism)}
    for word in ("bayesian", "ex-post", "per-period", "report-independent"):
        assert held["incentives", word]
    for word in ("ex-post", "prefix", "expected-period", "expected-continuation"):
        assert held["participation", word]
    assert not held["participation", "per-period"]
    assert not held["participation", "continuation"]


def test_debts_paid_at_once(written: Written) -> None:
    """App. B.1: the same account with every period worth it; only the last period has to be known."""
    account = reduce_to_account(TWO, written(TWO, TIED)).account
    made = account.without_debt()
    held = {(v.kind, v.notion): v.holds for v in verify(TWO, made)}
    assert held["participation", "per-period"]
    assert held["participation", "continuation"]
    assert held["incentives", "ex-post"]
    assert not held["incentives", "report-independent"]
    assert grow_tree(account.items, made).revenue == account.revenue


def test_what_is_not_dynamically_truthful_is_refused(written: Written) -> None:
    shop = items([[COIN], [COIN]])
    free_tomorrow = written(shop, "0 0 0; 1 1 2; 0,0 1 0; 0,1 1 0; 1,0 0 0; 1,1 1 2")
    with pytest.raises(AssumptionViolated, match="not 'ex-post' \\(incentives\\): Agent 'buyer' of type '2'"):
        reduce_to_account(shop, free_tomorrow)
    dear = written(shop, "0 0 0; 1 0 0; 0,0 1 3/2; 0,1 1 3/2; 1,0 1 3/2; 1,1 1 3/2")
    with pytest.raises(AssumptionViolated, match="\\(participation\\)"):
        reduce_to_account(shop, dear)


@pytest.mark.parametrize(("part", "name"), [("paid", "IC"), ("paid", "BI"), ("after", "BU")])
def test_broken_conditions_are_found(part: str, name: str) -> None:
    """An account whose payments or balances are tampered with."""
    good = bank(items([[COIN], [COIN]])).account
    assert good is not None
    assert [condition.name for condition in good.conditions() if not condition.holds] == []
    stages = list(good.mechanism.stages)
    after = [table.copy() for table in good.after]
    if part == "paid":
        paid = stages[1].transfers.copy()
        paid[0, 1, :] += [F(0), F(1)] if name == "IC" else [F(1, 8), F(1, 8)]
        stages[1] = replace(stages[1], transfers=paid)
    else:
        after[0][0, 0, 1] += F(1, 3)
    bad = replace(good, mechanism=replace(good.mechanism, stages=tuple(stages)), after=tuple(after))
    broken = {condition.name: condition for condition in bad.conditions() if not condition.holds}
    assert name in broken
    assert "'buyer'" in broken[name].sentence
    assert broken[name].violation == {"IC": 1, "BI": F(1, 8), "BU": F(1, 3)}[name]


def test_an_account_of_ones_own() -> None:
    """Give the first item away, spend min(b, 1) in the second and sell it at the price that pays for it."""
    shop = read_items(items([[COIN], [([F(1), F(6)], [F(1, 2), F(1, 2)])]]))

    def rule(t: int, balances: Balances) -> tuple[Array, Array, Array]:
        values = shop.top_values[t]
        if t == 0:
            return shop.lottery(t, values * 0 + 1), values * 0, values
        price = 6 - 2 * F(balances[0])
        bought: Array = values * 0 + (values >= price)
        return shop.lottery(t, bought), bought * price + balances[0], values * 0

    account = open_account(shop, rule)
    assert account.revenue == 3
    assert [condition.holds for condition in account.conditions()] == [True, True, True]
    assert [b.tolist() for b in account.balances] == [[[0]], [[1], [2]]]
    with pytest.raises(TooLarge, match="more than 1 balances after period 0"):
        open_account(shop, rule, most_states=1)


@pytest.mark.parametrize(
    ("settings_", "value"),
    [
        ({"buyers": 2}, "51/16"),
        ({"case": "swapped"}, "1329/250"),
        ({"buyers": 2, "values": "1,10", "prior": "9/10,1/10"}, "39539/10000"),
        ({"buyers": 2, "values": "1,2,4", "prior": "1/2,1/4,1/4"}, "515/128"),
        ({"case": "three-items"}, "4709/625"),
    ],
)
def test_several_buyers(settings_: dict[str, object], value: str) -> None:
    found = bank(load("items-over-time", **settings_))
    assert found.clairvoyant == F(value)
    assert found.gap is None
    assert found.account is not None
    assert found.reduction is not None
    assert found.account.revenue == F(value)
    assert [claim for claim in found.reduction.claims if not claim.holds] == []
    assert found.repeated_myerson <= found.clairvoyant <= found.full_surplus
    for period in found.balances:
        assert sum(row["probability"] for row in period) == 1
        assert all(
            s >= 0 and d >= 0 for row in period for s, d in zip(row["spend"], row["deposit"], strict=True)
        )


@settings(max_examples=6, deadline=None, derandomize=True)
@given(st.integers(0, 10_000), st.integers(1, 2))
def test_the_reduction_of_random_optima(seed: int, buyers: int) -> None:
    """Any objective: revenue stays in two steps and cannot fall in the other."""
    env = load("random-items", seed=seed, buyers=buyers, types=2, periods=2, top=5)
    made = design(env, Question.of(env, "revenue=1,welfare=1", "bayesian", "ex-post"), EXACT)
    if buyers == 1:
        made = design(env, Question.of(env, "revenue=1,welfare=1", "ex-post", "ex-post"), EXACT)
    found = reduce_to_account(env, made.mechanism)
    assert [claim for claim in found.claims if not claim.holds] == []
    assert found.original.revenue == found.frontloaded.revenue <= found.symmetric.revenue
    assert found.symmetric.revenue == found.account.revenue


def test_in_doubles() -> None:
    env = load("items-over-time", case="three-items").to_float()
    found = bank(env)
    assert found.account is not None
    assert found.clairvoyant == pytest.approx(7.5344, abs=1e-7)
    assert found.account.revenue == pytest.approx(7.5344, abs=1e-7)
    assert [condition.holds for condition in found.account.conditions()] == [True, True, True]


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"costs": [[0, 1]]}, "needs cost 0, not 1"),
        ({"discount": "1/2", "horizon": 2}, "discount 1, not 1/2"),
    ],
)
def test_what_is_no_sale_is_refused(changes: dict[str, object], words: str) -> None:
    horizon = changes.get("horizon", 1)
    assert isinstance(horizon, int)
    data: dict[str, object] = {
        "name": "odd",
        "horizon": horizon,
        "actions": ["keep", "sell"],
        "agents": [
            Agent(
                "buyer",
                types=[1, 2],
                prior=["1/2", "1/2"],
                values=[[[0, 0], [1, 2]]] * horizon,
                transitions=[[[["1/2", "1/2"], ["1/2", "1/2"]]]] * (horizon - 1),
            )
        ],
    }
    with pytest.raises(AssumptionViolated, match=words):
        bank(Environment(**(data | changes)))  # type: ignore[arg-type]


def test_correlated_types_and_negative_values_are_refused() -> None:
    moving = Agent(
        "buyer",
        types=[1, 2],
        prior=["1/2", "1/2"],
        values=[[[0, 0], [1, 2]]] * 2,
        transitions=[[[["3/4", "1/4"], ["1/2", "1/2"]]]],
    )
    with pytest.raises(
        AssumptionViolated, match="agent 'buyer', period 0: transition row '2' differs by 1/4"
    ):
        bank(Environment(name="moving", horizon=2, actions=["keep", "sell"], agents=[moving]))
    low = Agent("buyer", types=["a", "b"], prior=["1/2", "1/2"], values=[[[0, 0], [-1, 2]]])
    with pytest.raises(AssumptionViolated, match="value -1"):
        bank(Environment(name="low", horizon=1, actions=["keep", "sell"], agents=[low]))
