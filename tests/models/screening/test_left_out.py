"""The virtual pivot mechanism where agents can be left out while the action stays (KLN, Assumption 2.4)."""

from __future__ import annotations

import itertools
import random
from fractions import Fraction as F

import pytest

import dynamech as dm
from dynamech.models.screening.virtual_pivot import virtual_pivot


def shared(
    worth: dict[str, list[list[F]]], costs: list[F], *, excludable: bool = True
) -> dm.Environment:
    """Actions of period 1 that everybody shares. worth: by agent [first signal][action], known at once."""
    count = len(costs)
    agents = []
    for name, rows in worth.items():
        size = len(rows)
        agents.append(
            dm.Agent(
                name, types=[[str(k) for k in range(size)]] * 2, prior=[F(1, size)] * size,
                values=[[[0] * size], [[rows[k][a] for k in range(size)] for a in range(count)]],
                transitions=[[[int(j == k) for j in range(size)] for k in range(size)]],
            )
        )
    actions = [["wait"], [f"do {a}" for a in range(count)]]
    return dm.Environment(
        name="shared", agents=agents, actions=actions, costs=[[0], costs], horizon=2, excludable=excludable
    )


CLUB = {"a": [[F(0), F(1)], [F(0), F(4)]], "b": [[F(0), F(2)], [F(0), F(3)]]}
COSTS = [F(0), F(2)]


def test_leaving_one_out_makes_the_mechanism_truthful_and_earns_more() -> None:
    """Of the club a's low type alone has a virtual value below 0, and is let in where it opens for b."""
    shut, club = (virtual_pivot(shared(CLUB, COSTS, excludable=can), exact=True) for can in (False, True))
    assert shut.bound == 2
    assert not shut.assumptions["exclusion"].holds
    assert shut.returned is None  # 9/4 is promised, by a plan that serves whom it does not charge
    assert club.bound == F(9, 4)
    assert club.bound == dm.design(shared(CLUB, COSTS), incentives="virtual", exact=True).value
    assert club.assumptions["exclusion"].holds
    assert club.returned == "A"
    assert club.attains
    assert {"agent": "a", "type": "0", "others": {"b": "1"}} in club.excluded
    assert club.envelope == club.interval_dominance == []
    assert club.mechanism is not None
    assert dm.verify(shared(CLUB, COSTS), club.mechanism, incentives="ex-post")
    assert dm.verify(shared(CLUB, COSTS), club.mechanism, participation="periodic")
    # b's high type opens the club without a's low one: action "wait without a", then "do 1".
    first, second = club.mechanism.stages
    env = shared(CLUB, COSTS)
    assert first.allocation[0, 0, 1, 0].tolist() == [0, 0, 1, 0]
    assert env.actions[0][2] == "wait without a"
    memory = first.next[0, 0, 1, 0, 2] if first.next is not None else 0
    assert second.allocation[memory, 0, 1, 2].tolist() == [0, 1]
    assert second.transfers[0, memory, 0, 1, 2] == 0


def test_for_ever_as_once() -> None:
    """The club opens in every period from 1 on, δ = 1/2: Σ δ^t = 1."""
    members = [
        dm.Agent(
            name, types=[["0", "1"]] * 2, prior=["1/2", "1/2"], transitions=[[[1, 0], [0, 1]]] * 2,
            values=[[[0, 0]], [[row[a] for row in rows] for a in range(2)]],
        )
        for name, rows in CLUB.items()
    ]
    env = dm.Environment(
        name="club", agents=members, actions=[["wait"], ["shut", "open"]], costs=[[0], [0, 2]],
        horizon=None, discount="1/2", excludable=True,
    )
    club = dm.virtual_pivot(env, exact=True)
    assert (club.bound, club.returned, club.profit["A"]) == (F(9, 4), "A", F(9, 4))
    assert club.mechanism is not None
    assert dm.verify(env, club.mechanism, incentives="ex-post")


@pytest.mark.parametrize("seed", range(12))
def test_the_bound_is_the_rung_virtual_and_rule_a_earns_it(seed: int) -> None:
    """Additive values: v = s C + B, where somebody's virtual value may be below 0 at every first signal."""
    rng = random.Random(seed)
    worth, actions = {}, 3
    for name in "ab":
        slope = [F(rng.randint(0, 2)) for _ in range(actions)]
        rest = [F(rng.randint(-6, 3)) for _ in range(actions)]
        levels = sorted(rng.sample(range(1, 8), 3))
        worth[name] = [[s * c + b for c, b in zip(slope, rest, strict=True)] for s in levels]
    costs = [F(rng.randint(0, 3)) for _ in range(actions)]
    env = shared(worth, costs)
    answer = virtual_pivot(env, exact=True, forms=dict.fromkeys("ab", "additive"))
    assert answer.bound == dm.design(env, incentives="virtual", exact=True).value
    assert answer.profit["A"] == answer.profit["C"] == answer.bound
    assert answer.bound >= virtual_pivot(
        shared(worth, costs, excludable=False), exact=True, forms=dict.fromkeys("ab", "additive")
    ).bound
    # What the plan is worth without each group, by hand.
    for profile in itertools.product(range(3), repeat=2):
        best = max(
            sum((virtual(worth[n], profile[i], a) for i, n in enumerate("ab") if not group[i]), -cost)
            for group in itertools.product((False, True), repeat=2)
            for a, cost in enumerate(costs)
        )
        assert answer.setting.virtual_surplus(profile, everybody=False) == best


def virtual(rows: list[list[F]], k: int, a: int) -> F:
    """The virtual value of an action at first signal k of three equally likely ones."""
    more = rows[k + 1][a] - rows[k][a] if k < 2 else F(0)
    return rows[k][a] - (2 - k) * more
