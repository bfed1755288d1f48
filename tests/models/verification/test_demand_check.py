"""What is beyond a demand, by enumeration of every history, in rationals, and told by a witness."""

from __future__ import annotations

import itertools
import random
from collections.abc import Iterator
from dataclasses import replace
from fractions import Fraction
from typing import Any

import numpy as np
import pytest

import dynamech as dm
from dynamech.models.environment.environment import Environment
from dynamech.models.mechanism.mechanism import Mechanism, Stage
from dynamech.models.verification.verdict import DemandWitness
from dynamech.solvers.numbers import array

from .brute_force import Brute
from .random_mechanisms import Shape, random_mechanism

SHAPES = {
    "one": Shape("p", 3, sizes=(3, 2, 3), sparse=True),
    "steered": Shape("p", 3, controlled=(0,)),
    "steered late": Shape("p", 3, controlled=(1,)),
    "two": Shape("pp", 2, sizes=(2, 3), sparse=True),
    "two, steered": Shape("pp", 2, controlled=(0,), sparse=True),
    "observed": Shape("op", 2, controlled=(0,)),
    "joint": Shape("pp", 2, joint=True),
    "undiscounted": Shape("pp", 2, discount="1"),
    "no future": Shape("p", 2, discount="0", controlled=(0,)),
}
BOUNDS: list[tuple[Any, Any, Any]] = [
    ("none", Fraction(0), Fraction(0)),
    ("nonnegative", Fraction(0), None),
    ("nonpositive", None, Fraction(0)),
    ("-1/3..2", Fraction(-1, 3), Fraction(2)),
]
BUDGETS = ["ex-ante", "per-period", "ex-post", "every-period"]


def case(name: str, seed: int, shape: Shape | None = None) -> tuple[Environment, Mechanism]:
    rng = random.Random(f"{name}/{seed}")
    env = (shape or SHAPES[name]).environment(rng)
    costs = [[Fraction(0), Fraction(rng.randint(-3, 9), 2)] for _ in range(env.periods)]
    env = env._with(costs=tuple(np.array(now, dtype=object) for now in costs))
    return env, random_mechanism(env, rng, memory=2, by_action=seed % 2 == 0)


class Plain:
    """Sums of money along every history: whatever is reported, actions of positive probability."""

    def __init__(self, env: Environment, mechanism: Mechanism, payers: tuple[int, ...], costs: bool) -> None:
        self.env, self.mechanism, self.payers, self.costs = env, mechanism, payers, costs
        self.brute = Brute(env, mechanism, env.private[0])

    def flow(self, history: Any, reports: Any, action: int | None) -> Fraction:
        """Of the period after the history, of one action or expected."""
        t, m = len(history), self.brute.memory(history)
        paid = sum((self.mechanism.stages[t].transfers[(i, m, *reports)] for i in self.payers), Fraction(0))
        if not self.costs:
            return Fraction(paid)
        costs = self.env.costs[t]
        if action is not None:
            return Fraction(paid - costs[action])
        lottery = self.brute.lottery(history, reports)
        return Fraction(paid - sum(q * c for q, c in zip(lottery, costs, strict=True)))

    def steps(self, history: Any) -> Iterator[tuple[Any, Any]]:
        """(reports, actions that may follow) after a history."""
        for reports in self.brute.profiles(len(history)):
            yield reports, [a for a, q in enumerate(self.brute.lottery(history, reports)) if q > 0]

    def periods(self, history: Any = ()) -> Iterator[tuple[Any, Any, Fraction]]:
        """(history, reports, sum) of every period of every path."""
        for reports, actions in self.steps(history):
            yield history, reports, self.flow(history, reports, None)
            if len(history) + 1 < self.env.periods:
                for a in actions:
                    yield from self.periods((*history, (reports, a)))

    def paths(self, history: Any = ()) -> Iterator[tuple[Any, Any, Fraction]]:
        """(history, reports, total) of every path."""
        t, rate = len(history), Fraction(self.env.discount)
        for reports, actions in self.steps(history):
            if t + 1 == self.env.periods or rate == 0:
                yield history, reports, self.flow(history, reports, None)
                continue
            for a in actions:
                now = self.flow(history, reports, a if self.env.remembers_action(t) else None)
                for *where, later in self.paths((*history, (reports, a))):
                    yield (*where, now + rate * later)

    def means(self) -> list[Fraction]:
        """What is expected of each period under truth."""
        means = [Fraction(0)] * self.env.periods

        def walk(history: Any, weight: Fraction) -> None:
            t, (last, action) = len(history), self.brute.last(history)
            for reports in self.brute.profiles(t):
                w = weight * self.brute.chance(t, last, action, reports)
                means[t] += w * self.flow(history, reports, None)
                for a, q in enumerate(self.brute.lottery(history, reports)):
                    if t + 1 < self.env.periods and w * q > 0:
                        walk((*history, (reports, a)), w * q)

        walk((), Fraction(1))
        return means


def beyond(sums: list[Fraction], low: Fraction | None, high: Fraction | None) -> Fraction:
    """How far the sums are outside the bounds, 0 where they are inside."""
    below = [low - s for s in sums] if low is not None else []
    above = [s - high for s in sums] if high is not None else []
    return max(Fraction(0), *below, *above)


@pytest.mark.parametrize("seed", range(2))
@pytest.mark.parametrize("name", SHAPES)
def test_payments_beyond_bounds_are_those_of_an_enumeration(name: str, seed: int) -> None:
    env, mechanism = case(name, seed)
    plain = [Plain(env, mechanism, (i,), False) for i in env.private]
    every = [[s for *_, s in one.periods()] for one in plain]
    total = [[s for *_, s in one.paths()] for one in plain]
    for (word, low, high), (on, sums) in itertools.product(BOUNDS, (("period", every), ("path", total))):
        (verdict,) = dm.verify(env, mechanism, demands={"payments": word, "on": on})
        worst = max(beyond(of_agent, low, high) for of_agent in sums)
        assert (verdict.kind, verdict.violation, verdict.holds) == ("demand", worst, worst == 0)
        mine = env.agents[env.private[-1]].name
        (verdict,) = dm.verify(env, mechanism, demands={"payments": {mine: word}, "on": on})
        assert verdict.violation == beyond(sums[-1], low, high)


@pytest.mark.parametrize("seed", range(2))
@pytest.mark.parametrize("name", SHAPES)
def test_budgets_fall_short_as_an_enumeration_says(name: str, seed: int) -> None:
    env, mechanism = case(name, seed)
    plain = Plain(env, mechanism, env.private, True)
    means = plain.means()
    sums = {
        "ex-ante": [sum((Fraction(env.discount) ** t * m for t, m in enumerate(means)), Fraction(0))],
        "per-period": means,
        "ex-post": [s for *_, s in plain.paths()],
        "every-period": [s for *_, s in plain.periods()],
    }
    for budget, balanced in itertools.product(BUDGETS, (False, True)):
        (verdict,) = dm.verify(env, mechanism, demands={"budget": budget, "balanced": balanced})
        worst = beyond(sums[budget], Fraction(0), Fraction(0) if balanced else None)
        assert (verdict.violation, verdict.holds) == (worst, worst == 0)


def _told(env: Environment, witness: DemandWitness) -> tuple[Any, Any]:
    """(history, reports) that a witness tells, as indices; the first action where it does not matter."""
    steps = []
    for t, entry in enumerate(witness.history):
        reports = tuple(agent.types[t].index(entry["reports"][agent.name]) for agent in env.agents)
        steps.append((reports, None if entry["action"] is None else env.actions[t].index(entry["action"])))
    assert witness.reports is not None
    now = tuple(agent.types[witness.period].index(witness.reports[agent.name]) for agent in env.agents)
    return tuple(steps), now


@pytest.mark.parametrize("name", SHAPES)
def test_witnesses_tell_where_it_is(name: str) -> None:
    env, mechanism = case(name, 0)
    for demands in ({"payments": "none"}, {"payments": "none", "on": "path"}, {"budget": "ex-post"}):
        (verdict,) = dm.verify(env, mechanism, demands=demands)
        witness = verdict.witness
        if witness is None:
            assert verdict.violation == 0
            continue
        assert isinstance(witness, DemandWitness)
        assert set(witness.to_json()) == {"period", "history", "reports", "agent", "sentence"}
        history, now = _told(env, witness)
        costs = "budget" in demands
        payers = tuple(i for i in env.private if costs or env.agents[i].name == witness.agent)
        plain = Plain(env, mechanism, payers, costs)
        sums = plain.periods() if demands == {"payments": "none"} else plain.paths()
        there = [
            abs(total)
            for steps, reports, total in sums
            if reports == now
            and len(steps) == len(history)
            and all(r == s and b in (None, a) for (r, a), (s, b) in zip(steps, history, strict=True))
        ]
        assert verdict.violation == witness.gain
        assert witness.gain in there
        assert "None" not in witness.sentence


def test_a_witness_in_words() -> None:
    env = dm.load("two-type-markov")
    flat = [Stage(array([[[1, 0], [1, 0]]]), array([[[0, -2]]]), np.zeros((1, 2, 2), dtype=np.int64))]
    last = Stage(array([[[1, 0], [1, 0]]]), array([[[1, 1]]]))
    mechanism = Mechanism(env.name, (*flat, last))
    short, total, budget = dm.verify(env, mechanism, demands={"payments": "nonnegative"}) + dm.verify(
        env, mechanism, demands={"payments": "0..9", "on": "path", "budget": "ex-ante"}
    )
    name, high = env.agents[0].name, env.agents[0].types[0][1]
    assert short.witness is not None
    assert short.witness.sentence == (
        f"Agent '{name}' pays -2 in period 0 where the reports are {name} '{high}': 2 less than 0."
    )
    assert not total
    assert total.witness is not None
    assert f"in total up to period 1, in money of period 0 after ({name} '{high}'" in total.witness.sentence
    assert "expected" in (budget.witness.sentence if budget.witness else "expected")
    assert dm.verify(env, mechanism, demands={"payments": "-2..1"})


def test_doubles_forgive_rounding_at_any_scale_of_money() -> None:
    env, mechanism = case("two", 0)
    for power in (-30, 0, 30):
        unit = 2.0**power
        scaled = Mechanism(
            env.name,
            tuple(
                Stage(s.allocation, array(np.asarray(s.transfers, dtype=float) * unit), s.next)
                for s in mechanism.stages
            ),
        )
        agents = [
            replace(agent, values=[np.asarray(v, dtype=float) * unit for v in agent.values])
            for agent in env.to_float().agents
        ]
        money = env.to_float()._with(agents=tuple(agents))
        most = max(float(s.transfers.max()) for s in scaled.stages)
        just = Fraction(most) - Fraction(most) / 10**12
        least = min(float(s.transfers.min()) for s in scaled.stages)
        assert dm.verify(money, scaled, demands={"payments": f"{Fraction(least)}..{just}"})
        enough = Fraction(most) - Fraction(most) / 1000
        assert not dm.verify(money, scaled, demands={"payments": f"{Fraction(least)}..{enough}"})
