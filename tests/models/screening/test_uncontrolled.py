"""Corollary 6.2: a plan that looks at one period alone, and truth that is best whatever comes; and not."""

from __future__ import annotations

from fractions import Fraction as F
from typing import Any

import numpy as np
import pytest

from benchmarks.virtual_pivot import Drawn, draw
from dynamech.instances.file import instance_from_json
from dynamech.models.environment.environment import Agent, Environment
from dynamech.models.notions.incentives import read_incentive
from dynamech.models.screening.uncontrolled import uncontrolled
from dynamech.models.screening.virtual_pivot import virtual_pivot
from dynamech.models.verification.verify import incentive_verdict

from .separable_cases import not_tight


@pytest.mark.parametrize("exact", [True, False])
def test_uncontrolled_environments(exact: bool) -> None:
    """The plan is myopic and truth is dominant from period 1 on under A and B, whether period 0 tempts or
    not."""
    for env in (not_tight(), draw(Drawn("multiplicative", 2, 2, False), 0)):
        found = virtual_pivot(env, exact=exact)
        assert found.uncontrolled.holds
        assert found.myopic.holds
        for name in "AB":
            verdict = found.dominant[name]
            assert verdict is not None
            assert verdict
    rule = virtual_pivot(not_tight(), exact=exact).rules["A"]
    every = incentive_verdict(rule.setting.environment, rule.mechanism, read_incentive("every-future"))
    assert not every  # with period 0
    assert every.witness is not None
    assert every.witness.period == 0


def stock(worth: list[Any], keep: Any = 1, free: bool = False) -> Environment:
    """One item that is there until it is sold. What the buyer gets depends on whether it was sold before: v
    is of past actions, which a type of hers ("there" or "gone") has to record. free: the item comes again.
    """
    labels = [[f"{s}|{y}" for s in (1, 2) for y in ("there", "gone")]] * 2
    stay = np.eye(4, dtype=int).tolist()
    lost = np.kron(np.eye(2, dtype=int), np.array([[0, 1], [0, 1]])).tolist()
    start = [[1, 0, 0, 0], [0, 0, 1, 0]]
    values = [[[0] * 4, [w, 0, 2 * w, 0]] for w in worth]
    agent = Agent(
        "buyer", types=[["1", "2"], *labels], prior=["1/2", "1/2"],
        values=[[[0, 0]], *values], transitions=[[start], [stay, stay if free else lost]],
    )  # fmt: skip
    return Environment(
        agents=[agent], actions=[["wait"], ["keep", "sell"], ["keep", "sell"]], horizon=3, discount=keep
    )


def test_values_that_depend_on_past_actions_are_controlled() -> None:
    """What is worth 1 now and 3 later is kept: the plan gives up 2 in period 1, and that is not myopic."""
    found = virtual_pivot(stock([1, 3]), exact=True)
    assert not found.uncontrolled.holds
    assert found.uncontrolled.where == (
        "agent 'buyer', period 1: how type '1|there' moves depends on the action"
    )
    assert found.uncontrolled.by == 1
    assert not found.myopic.holds
    assert found.myopic.where == "period 1, buyer '2|there': another action is worth more in that period"
    assert found.myopic.by == 2
    assert found.dominant == dict.fromkeys("ABC")
    assert found.rules["B"].truthful


def test_a_kernel_that_is_written_for_every_action_and_ignores_it() -> None:
    """Nothing is recorded where the item comes again, in however many tables that is said."""
    found = virtual_pivot(stock([1, 3], free=True), exact=True)
    assert found.uncontrolled.holds
    assert found.myopic.holds
    assert found.dominant["A"]


def test_a_plan_may_be_myopic_where_actions_move_types() -> None:
    """What is worth 3 now and 1 later is sold at once."""
    found = virtual_pivot(stock([3, 1], keep=F(1, 2)), exact=True)
    assert not found.uncontrolled.holds
    assert found.myopic.holds


def test_lies_since_a_period() -> None:
    """The judge looks at lies from a period on, after any reports: A tempts in period 0 alone."""
    rule = virtual_pivot(not_tight(), exact=True).rules["A"]
    env, notion = rule.setting.environment, read_incentive("ex-post")
    assert incentive_verdict(env, rule.mechanism, notion).violation == F(81, 16)
    later = incentive_verdict(env, rule.mechanism, notion, since=1)
    assert later
    assert later.violation == 0
    none = incentive_verdict(env, rule.mechanism, notion, since=2)
    assert none
    bayes = incentive_verdict(env, rule.mechanism, read_incentive("bayesian"), since=1)
    assert bayes


def test_what_period_0_moves_is_no_matter_later() -> None:
    """Who is left out is remembered in a type that the action of period 0 moves: from period 1 on nothing is
    moved, and truth dominates."""
    content = not_tight().to_json() | {"excludable": True}
    found = virtual_pivot(instance_from_json(content), exact=True)
    assert found.uncontrolled.holds
    assert not uncontrolled(found.setting.played).holds
    assert uncontrolled(found.setting.played, 1).holds
    for name in "AB":
        verdict = found.dominant[name]
        assert verdict is not None
        assert verdict
