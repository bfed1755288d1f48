"""Rows of one's own on any mechanism: what they come to, by enumeration of every history, in rationals."""

from __future__ import annotations

import itertools
import random
from dataclasses import replace
from fractions import Fraction
from typing import Any

import numpy as np
import pytest

import dynamech as dm
from dynamech.models.environment.environment import Environment
from dynamech.models.mechanism.mechanism import Mechanism
from dynamech.models.notions.demands import demands_over, keys_of, read_demands
from dynamech.models.notions.demands.row_utilities import first_chance

from .brute_force import Brute
from .random_mechanisms import Shape
from .test_demand_check import SHAPES, case

SPARSE = Shape("op", 3, controlled=(0,), sparse=True)
"""Observed types that cannot come about count for nothing."""
NUMBERS = [Fraction(0), Fraction(0), Fraction(1), Fraction(-2), Fraction(1, 3)]


def coefficient(*labels: Any) -> Fraction:
    """Some number for any labels."""
    return random.Random(repr(labels)).choice(NUMBERS)


class Plain:
    """What a row comes to, history by history."""

    def __init__(self, env: Environment, mechanism: Mechanism, expected: bool) -> None:
        self.env, self.mechanism, self.expected = env, mechanism, expected
        self.brute = Brute(env, mechanism, env.private[0])

    def reports(self, t: int, profile: Any) -> dict[str, str]:
        return {agent.name: agent.types[t][k] for agent, k in zip(self.env.agents, profile, strict=True)}

    def total(self, row: dm.Row) -> Fraction:
        total = Fraction(0)

        def walk(history: Any, said: Any, weight: Fraction) -> None:
            nonlocal total
            t, (last, action) = len(history), self.brute.last(history)
            for profile in self.brute.profiles(t):
                chance = self.brute.chance(t, last, action, profile)
                now = weight * (chance if self.expected else self.brute.open(history, profile))
                reports, m = self.reports(t, profile), self.brute.memory(history)
                for i in self.env.private:
                    paid = self.mechanism.stages[t].transfers[(i, m, *profile)]
                    total += now * row.payment(t, said, reports, self.env.agents[i].name) * paid  # type: ignore[operator,misc]
                for a, q in enumerate(self.brute.lottery(history, profile)):
                    total += now * row.allocation(t, said, reports, self.env.actions[t][a]) * q  # type: ignore[operator,misc]
                    held = self.env.actions[t][a] if self.env.remembers_action(t) else None
                    if t + 1 < self.env.periods and now * q != 0:
                        step = {"reports": reports, "action": held}
                        walk((*history, (profile, a)), (*said, step), now * q)

        walk((), (), Fraction(1))
        for i in self.env.private:
            own, name = Brute(self.env, self.mechanism, i), self.env.agents[i].name
            for k, label in enumerate(self.env.agents[i].types[0]):
                mine = [s for s in own.profiles(0) if s[i] == k]
                chances = [own.chance(0, (), None, s) for s in mine]
                if sum(chances) > 0:
                    worth = sum(c * own.honest((), s) for c, s in zip(chances, mine, strict=True))
                    total += row.utility(name, label) * worth / (1 if self.expected else sum(chances))  # type: ignore[operator,misc]
        return total


def drawn(env: Environment, seed: int, expected: bool, **bounds: Any) -> dm.Row:
    def utility(agent: str, label: str) -> Fraction:
        i = next(i for i in env.private if env.agents[i].name == agent)
        certain = first_chance(env, i)[env.agents[i].types[0].index(label)] > 0
        return coefficient(seed, agent, label) if certain else Fraction(0)

    return dm.Row(
        "drawn",
        allocation=lambda *labels: coefficient(seed, *labels),
        payment=lambda *labels: coefficient(seed, *labels),
        utility=utility,
        expected=expected,
        **bounds,
    )


@pytest.mark.parametrize("seed", range(2))
@pytest.mark.parametrize("name", [*SHAPES, "observed, sparse"])
def test_a_row_comes_to_what_an_enumeration_says(name: str, seed: int) -> None:
    (env, mechanism), expected = case(name, seed, SHAPES.get(name, SPARSE)), seed == 0
    row = drawn(env, seed, expected, lower=100)
    total = Plain(env, mechanism, expected).total(row)
    (verdict,) = dm.verify(env, mechanism, demands={"rows": [row]})
    assert (verdict.notion, verdict.kind, bool(verdict)) == ("row drawn", "demand", False)
    assert 100 - verdict.violation == total
    again = keys_of(demands_over(env, read_demands({"rows": [row]})))
    for bounds, beyond in (({"upper": -100}, total + 100), ({"lower": -100}, 0), ({"upper": total}, 0)):
        content = {k: v for k, v in again["rows"][0].items() if k != "lower"} | bounds
        (verdict,) = dm.verify(env, mechanism, demands={"rows": [content]})
        assert verdict.violation == beyond
        assert bool(verdict) == (beyond == 0)
    near = dm.verify(env.to_float(), mechanism.to_float(), demands={"rows": [row]})[0]
    assert near.violation == pytest.approx(float(100 - total), abs=1e-9)


@pytest.mark.parametrize("expected", [True, False])
@pytest.mark.parametrize("name", ["one", "steered", "two, steered", "observed", "joint"])
def test_arrays_are_numbered_as_documented(name: str, expected: bool) -> None:
    """Histories with the first period slowest, reports before the action; missing axes hold for all."""
    env, mechanism = case(name, 0)

    def whole(last: str, t: int) -> Any:
        kept = [env.actions[s] if env.remembers_action(s) else (None,) for s in range(t)]
        types = [[*itertools.product(*(agent.types[s] for agent in env.agents))] for s in range(t + 1)]
        steps = [[*itertools.product(types[s], kept[s])] for s in range(t)]
        names = [agent.name for agent in env.agents]
        ends = env.actions[t] if last == "action" else names
        table = [
            coefficient(
                t,
                tuple({"reports": dict(zip(names, s, strict=True)), "action": a} for s, a in history),
                dict(zip(names, now, strict=True)),
                end,
            )
            for history in itertools.product(*steps)
            for now in types[t]
            for end in ends
        ]
        return np.array(table, dtype=object).reshape(-1, *env.types(t), len(ends))

    by_label = dm.Row("r", allocation=coefficient, payment=coefficient, lower=100, expected=expected)
    by_array = dm.Row(
        "r",
        allocation=[whole("action", t) for t in range(env.periods)],
        payment=[whole("agent", t) for t in range(env.periods)],
        lower=100,
        expected=expected,
    )
    one, other = (dm.verify(env, mechanism, demands={"rows": [row]})[0] for row in (by_label, by_array))
    assert one.violation == other.violation
    # What holds for all histories, and all reports, is summed up without telling them apart.
    broad = [np.array([1, 2]), *[None] * (env.periods - 2), whole("action", env.periods - 1)[0]]
    called = {"a0": 1, "a1": 2}
    last = env.periods - 1

    def same(t: int, history: Any, reports: Any, action: str) -> Any:
        if t == 0:
            return called[action]
        first = tuple(
            {
                "reports": {agent.name: agent.types[s][0] for agent in env.agents},
                "action": env.actions[s][0] if env.remembers_action(s) else None,
            }
            for s in range(last)
        )
        return coefficient(last, first, reports, action) if t == last else 0

    pair = (dm.Row("r", allocation=given, lower=100, expected=expected) for given in (broad, same))
    one, other = (dm.verify(env, mechanism, demands={"rows": [row]})[0] for row in pair)
    assert one.violation == other.violation


def test_a_witness_in_words() -> None:
    env = dm.load("two-type-markov")
    best = dm.design(env, exact=True).mechanism
    floor = dm.Row("low types", allocation=[[0, 0], [[0, 1], [0, 0]]], lower="1/5", expected=True)
    (verdict,) = dm.verify(env, best, demands={"rows": [floor]})
    assert verdict.witness is not None
    assert verdict.witness.sentence == "Row 'low types' comes to 1/10: 1/10 less than 1/5."
    assert verdict.witness.to_json()["reports"] is None


@pytest.mark.parametrize("unit", [1e-9, 1.0, 1e9])
@pytest.mark.parametrize("times", [1, 10**9])
def test_doubles_forgive_rounding_at_any_scale(unit: float, times: int) -> None:
    """A row that holds with equality holds in any unit of money and in large numbers; more fails."""
    env, mechanism = case("two", 1)

    def paid(*labels: Any) -> Fraction:
        return coefficient(*labels) * times

    far = dm.Row("r", payment=paid, lower=10**12, expected=True)
    exact = dm.verify(env, mechanism, demands={"rows": [far]})
    total = float(10**12 - exact[0].violation) * unit
    doubles = env.to_float()
    scaled = doubles._with(
        agents=tuple(a.mapped(lambda v, _: v * unit, lambda v, _: v) for a in doubles.agents)
    )
    stages = tuple(
        replace(stage, transfers=stage.transfers * unit) for stage in mechanism.to_float().stages
    )
    same = Mechanism(env.name, stages)
    for extra, holds in ((0.0, True), (1e-4 * times * unit, False)):
        row = dm.Row("r", payment=paid, lower=total + extra, expected=True)
        assert bool(dm.verify(scaled, same, demands={"rows": [row]})) == holds


@pytest.mark.parametrize("expected", [True, False])
def test_for_ever_the_periods_that_are_described_count(expected: bool) -> None:
    """Period 0 where one entry holds for all; there is no period 1 to say anything of."""
    env = dm.load("random", stationary=True)
    mechanism = dm.pivot(env).mechanism
    assert mechanism is not None
    actions = {action: Fraction(k + 1) for k, action in enumerate(env.actions[0])}
    row = dm.Row("now", allocation=lambda t, h, r, a: actions[a] * (t == 0), lower=100, expected=expected)
    (verdict,) = dm.verify(env, mechanism, demands={"rows": [row]})
    chance = np.multiply.outer(*(agent.prior for agent in env.agents)) if expected else 1
    lottery = mechanism.stages[0].allocation[mechanism.start]
    assert 100 - verdict.violation == (lottery @ np.array([*actions.values()]) * chance).sum()
