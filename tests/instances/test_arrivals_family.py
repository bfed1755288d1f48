"""The family of observed arrivals against optimal stopping: two routes to welfare, payments, late reports."""

from __future__ import annotations

import itertools
from fractions import Fraction as F
from typing import Any

import numpy as np
import pytest

from dynamech.instances import load
from dynamech.models.efficient.arrival_order import monotone_in_arrivals
from dynamech.models.efficient.arrival_payments import arrival_outcome
from dynamech.models.efficient.arrivals import Arrivals, optimal_stopping, read_arrivals
from dynamech.models.efficient.efficient import efficient
from dynamech.models.efficient.pivot import pivot
from dynamech.models.environment.environment import Environment
from dynamech.models.environment.independence import joint_table
from dynamech.solvers.effort import EXACT
from dynamech.solvers.errors import InvalidInput, TooLarge

SETTINGS: list[dict[str, Any]] = [
    {},
    {"chances": [F(1, 4), F(3, 4)]},
    {"timeout": 2, "goods": 2},
    {"timeout": 2, "periods": 4, "values": [F(1), F(2)]},
]


def both(settings: dict[str, Any]) -> tuple[Environment, Arrivals]:
    words: dict[str, Any] = {"periods": 3, "values": [1, 2, 3], "discount": "9/10", "chances": ["1/2"]}
    return load("arrivals", **settings), read_arrivals(**{**words, **settings})


@pytest.mark.parametrize("settings", SETTINGS[:3])
def test_welfare_and_pivot_payments_are_those_of_stopping(settings: dict[str, Any]) -> None:
    env, data = both(settings)
    plan = optimal_stopping(data)
    found = pivot(env, EXACT)
    start = (env.agents[0].prior[:, None] * env.agents[-1].prior).ravel()
    welfare = (found.W[0] * start).sum()
    assert welfare == plan.value
    left, paid, early = F(0), F(0), F(0)
    for t in range(3):
        left += F(9, 10) ** t * (start * found.M[t][t]).sum()  # what buyer t adds when she comes, or not
        paid += F(9, 10) ** t * (start * found.transfers[t].sum(axis=0)).sum()
        early += F(9, 10) ** t * (start * found.transfers[t][t + 1 :].sum(axis=0)).sum()
        if t < 2:
            table = joint_table(env, t).reshape(env.num_actions(t), len(start), -1)
            start = (start[:, None] * table[found.policy[t], np.arange(len(start))]).sum(axis=0)
    assert welfare - left == paid - early == arrival_outcome(plan).pivot
    assert early >= 0  # a buyer of a known period pays for being waited for, before she comes


@pytest.mark.parametrize("settings", SETTINGS[1:])
def test_late_reports_pay_in_both_forms(settings: dict[str, Any]) -> None:
    """Who is served when, by the environment's own policy along every sequence of arrivals."""
    env, data = both(settings)
    plan = efficient(env)
    T, m = env.periods, len(data.values)

    def served(sequence: tuple[int, ...]) -> list[int]:
        when, letters = [T] * T, ""
        for t in range(T):
            letters += "w" if sequence[t] >= 0 else "."
            kept = "".join("s" if when[i] < t else letter for i, letter in enumerate(letters))
            types = [max(sequence[i], 0) if i <= t else 0 for i in range(T)]
            profile = np.ravel_multi_index([*types, env.agents[-1].types[t].index(kept)], env.types(t))
            label = env.actions[t][int(plan.policy[t][profile])]
            for i in range(T):
                if f"buyer {i}" in label:
                    when[i] = t
        return when

    counted = 0
    for sequence in itertools.product(range(-1, m), repeat=T):
        for a, b in itertools.combinations(range(T), 2):
            if sequence[a] >= 0 > sequence[b]:
                late = list(sequence)
                late[a], late[b] = -1, sequence[a]
                counted += served(tuple(late))[b] < served(sequence)[a]
    found = monotone_in_arrivals(optimal_stopping(data))
    assert found.violations == counted
    assert bool(found) == (counted == 0)
    assert counted > 0 or settings.get("periods") is None


def test_the_market_says_who_came_and_who_was_served() -> None:
    env = load("arrivals")
    market = env.agents[-1]
    assert market.observed
    assert market.types[1] == ("..", ".w", ".s", "w.", "ww", "ws", "s.", "sw")
    assert env.actions[0] == ("sell to buyer 0", "sell to buyer 1", "sell to buyer 2", "sell to nobody")
    assert not env.joint


def test_what_is_refused() -> None:
    with pytest.raises(InvalidInput, match="chances must be at most 1, not 2"):
        load("arrivals", chances="2")
    with pytest.raises(InvalidInput, match="weights has 2 entries for the 1 entries of chances"):
        load("arrivals", weights="1/2,1/2")
    with pytest.raises(InvalidInput, match="have to increase"):
        load("arrivals", values="2,1")
    with pytest.raises(TooLarge, match="fewer periods or goods"):
        load("arrivals", periods=6, goods=6)
