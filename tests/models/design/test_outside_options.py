"""Designs above outside options that depend on type and period: by hand, in other words, worked cases."""

from __future__ import annotations

import itertools
from dataclasses import replace
from fractions import Fraction as F
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import dynamech as dm
from dynamech import testing
from dynamech.models.design.design import Design, design
from dynamech.models.design.question import Question
from dynamech.models.environment.environment import Environment
from dynamech.models.environment.independence import joint_prior, joint_table
from dynamech.models.environment.outside import beyond_outside
from dynamech.solvers.effort import EXACT
from dynamech.solvers.errors import InvalidInput

from .plain_concealed import Plain
from .test_properties import PROFILE, environments

WORDS = ("interim", "periodic", "ex-post", "prefix", "per-period")
FEW = settings(PROFILE, max_examples=8)


def with_outside(env: Environment, seed: int, scale: int = 1) -> Environment:
    """Every agent who reports gets an outside option by period and type."""
    rng = np.random.default_rng(seed)
    agents = []
    for i, agent in enumerate(env.agents):
        tables = tuple(
            np.array([F(int(k), 4) * scale for k in rng.integers(-3, 6, len(own))], dtype=object).reshape(
                1, *(len(own) if j == i else 1 for j in range(env.num_agents))
            )
            for own in agent.types
        )
        agents.append(agent if agent.observed else replace(agent, outside=tables))
    return env._with(agents=tuple(agents))


def asked(env: Environment, participation: str, **more: Any) -> Design:
    found = design(env, Question.of(env, participation=participation, **more), EXACT)
    assert found.status == "optimal", found.message
    return found


def worth(env: Environment, participation: str, **more: Any) -> F:
    value = asked(env, participation, **more).value
    assert isinstance(value, F)
    return value


class Above(Plain):
    """The program with a row for every strategy, and what is promised counted from what she has elsewhere."""

    word = "interim"
    beyond = False

    def worth(self, t: int, i: int, action: int, profile: tuple[int, ...]) -> float:
        elsewhere = self.env.agents[i].outside
        less = float(elsewhere[t].reshape(-1)[profile[i]]) if self.beyond and elsewhere is not None else 0.0
        return super().worth(t, i, action, profile) - less

    def promises(
        self, i: int, own: int, seen: dict[Any, int], truth: dict[int, float]
    ) -> list[dict[int, float]]:
        self.beyond = True
        row: dict[int, float] = {}
        if self.word == "interim":
            self.utility(i, own, own, seen, row)
            rows = [row]
        else:
            rows = list(self._paths(i, own))
        self.beyond = False
        return rows

    def _paths(self, i: int, own: int) -> Any:
        rate = float(self.env.discount)
        acts = range(self.env.num_actions(0))
        for s, s1 in itertools.product(self.first, self.second):
            if s[i] != own or not all(self.chance(j, None, 0, k) for j, k in enumerate(s)):
                continue
            for a in acts if self.remembers else acts[:1]:
                if not all(self.chance(j, s[j], a, k) for j, k in enumerate(s1)):
                    continue
                row: dict[int, float] = {}
                for b in [a] if self.remembers else acts:
                    self.add(row, self.column("x0", s, b), self.worth(0, i, b, s))
                for a1 in range(self.env.num_actions(1)):
                    play = self.column("x1", self.memory(s, a), s1, a1)
                    self.add(row, play, rate * self.worth(1, i, a1, s1))
                self.add(row, self.column("z", i, self.memory(s, a), s1), -rate)
                yield row


@FEW
@given(
    st.integers(0, 10_000), st.sampled_from([1, 2]), *[st.booleans()] * 4,
    st.sampled_from(["interim", "ex-post"]),
)  # fmt: skip
def test_equal_to_a_program_by_hand(
    seed: int, agents: int, controlled: bool, sparse: bool, interdependent: bool, public: bool, word: str
) -> None:
    env = with_outside(
        testing.random_environment(
            seed, agents=agents, periods=2, types=2, actions=2, controlled=controlled, sparse=sparse,
            interdependent=interdependent, discount="1/2",
        ),
        seed,
    )._with(reports_public=public)  # fmt: skip
    by_hand = Above(env, public)
    by_hand.word = word
    assert dm.design(env, participation=word).value == pytest.approx(by_hand.value(), abs=1e-7)


@FEW
@given(environments(), st.integers(0, 1000), st.sampled_from(WORDS), st.sampled_from(["bayesian", "ex-post"]))
def test_the_judge_agrees_and_so_do_all_formulations(
    env: Environment, seed: int, word: str, incentives: str
) -> None:
    env = with_outside(env, seed)
    values = set()
    for form in ("auto", "textbook", "per-period", "utilities", "aggregated"):
        try:
            found = design(env, Question.of(env, "revenue", incentives, word, None, form), EXACT)
        except InvalidInput:
            continue
        if found.status == "not-applicable":
            continue
        assert found.status == "optimal"
        values.add(found.value)
        if found.attained:
            assert all(dm.verify(env, found.mechanism, incentives, word)), (form, word)
        assert found.certificate is not None
        assert found.certificate.check()
    assert len(values) == 1


@FEW
@given(environments(joint=False), st.integers(0, 1000), st.sampled_from(WORDS))
def test_where_actions_steer_nothing_it_is_the_rewriting(env: Environment, seed: int, word: str) -> None:
    """The same revenue as of values v − o, and E Σ δ^t o more welfare."""
    if any(env.controlled):
        env = env._with(agents=tuple(
            replace(a, kernels=tuple(replace(k, table=k.table[:1]) for k in a.kernels)) for a in env.agents
        ))  # fmt: skip
    env = with_outside(env, seed)
    less = beyond_outside(env)
    assert worth(env, word) == worth(less, word)
    mixed = {"revenue": 1, "welfare": "1/2"}
    more, rate, law = F(0), F(1), None
    for t in range(env.periods):
        law = joint_prior(env) if law is None else step(env, t - 1, law)
        for agent in env.agents:
            if agent.outside is not None:
                more += rate * (law * agent.outside[t][0]).sum()
        rate *= F(env.discount)
    assert worth(env, word, objective=mixed) == worth(less, word, objective=mixed) + more / 2


def step(env: Environment, t: int, law: Any) -> Any:
    """The law of the next profile, actions being of no matter."""
    table = joint_table(env, t)[0]
    n = env.num_agents
    return np.tensordot(law, table, axes=(list(range(n)), list(range(n))))


# By hand ---------------------------------------------------------------------------------------------------


def screening(outside: Any, prior: Any = ("1/3", "2/3"), **more: Any) -> Environment:
    """A good that costs nothing and is worth 2 or 4, and what the two types have elsewhere."""
    types = ["low", "high"]
    agent = dm.Agent("buyer", types=types, prior=prior, values=[[[0, 0], [2, 4]]], outside=[outside])
    return dm.Environment(name="screening", horizon=1, actions=["keep", "sell"], agents=[agent], **more)


@pytest.mark.parametrize(
    ("high", "value", "sold", "rents"),
    [
        (0, F(8, 3), F(0), (0, 0)),
        (1, F(7, 3), F(1, 2), (0, 1)),
        (2, F(2), F(1), (0, 2)),
        (3, F(1), F(1), (1, 3)),
        (4, F(0), F(1), (2, 4)),
    ],
)
def test_countervailing_incentives(high: int, value: F, sold: F, rents: tuple[int, int]) -> None:
    """High leaves for r, low for 0. Up to r = 2 high's rent pays for serving low with q = r/2, and the
    profit is r/3 + 2/3 (4 - r); then low would rather be taken for high, has r - 2, and it is 4 - r."""
    found = asked(screening([0, high]), "interim")
    assert found.value == value
    low = found.mechanism.stages[0]
    assert low.allocation[0, 0, 1] == sold
    paid = low.transfers[0, 0]
    assert (2 * sold - paid[0], 4 - paid[1]) == rents
    assert found.certificate is not None
    assert found.certificate.check()


def test_who_is_left_out_has_what_she_has_elsewhere() -> None:
    """Low has 5 elsewhere. Taking part she costs 5, and high 5 too, who can be taken for her; left out, she
    stays away by herself and high pays 3."""
    assert asked(screening([5, 1], ("1/2", "1/2")), "interim").value == -3
    apart = screening([5, 1], ("1/2", "1/2"), excludable=True)
    found = asked(apart, "interim")
    assert found.value == F(3, 2)
    assert all(dm.verify(apart, found.mechanism, "bayesian", "interim"))
    welfare = asked(apart, "interim", objective="welfare")
    assert welfare.value == F(5 + 4, 2)


@pytest.mark.parametrize("word", WORDS)
def test_more_outside_is_less_for_the_designer_and_words_keep_their_order(word: str) -> None:
    env = testing.random_environment(3, agents=2, periods=2, types=2, actions=2, controlled=True)
    more = [with_outside(env, 7, scale) for scale in (0, 1, 2)]
    up = [env._with(agents=tuple(
        replace(a, outside=a.outside and tuple(abs(o) for o in a.outside)) for a in one.agents
    )) for one in more]  # fmt: skip
    values = [worth(one, word) for one in up]
    assert values[0] == worth(env, word)
    assert values[0] > values[1] > values[2]
    first = {other: worth(up[1], other) for other in WORDS}
    assert first["interim"] == first["periodic"] >= first["ex-post"] == first["prefix"] == first["per-period"]


def test_the_ladder_keeps_its_order_and_relaxations_carry_it() -> None:
    env = with_outside(dm.load("random", seed=5, agents=1, types=2, actions=2, periods=2), 4)
    ladder = dm.ladder(env, participation="periodic", exact=True)  # raises where the order is broken
    assert {rung.status for rung in ladder.rungs} == {"optimal"}
    assert all(rung.design.certificate and rung.design.certificate.check() for rung in ladder.rungs)
    plain = dm.ladder(env._with(agents=tuple(replace(a, outside=None) for a in env.agents)), exact=True)
    for word in ("none", "virtual", "relaxed", "types-public", "bayesian"):
        assert ladder[word].value != plain[word].value, word
    relaxed = ladder["relaxed"].design
    assert relaxed.environment is not None
    assert dm.verify(relaxed.environment, relaxed.mechanism, "bayesian", "periodic")


@pytest.mark.parametrize("word", WORDS)
def test_without_a_future(word: str) -> None:
    env = testing.random_environment(5, agents=1, periods=2, types=2, controlled=True, discount=0)
    env = with_outside(env, 1)
    found = asked(env, word)
    assert all(dm.verify(env, found.mechanism, "bayesian", word))


@pytest.mark.parametrize("unit", [F(1, 10**9), F(10**9)])
def test_the_unit_of_money(unit: F) -> None:
    env = with_outside(testing.random_environment(3, agents=1, periods=2, types=3, controlled=True), 2)
    agents = [a.mapped(lambda table, _: table * unit, lambda table, _: table) for a in env.agents]
    scaled = env._with(agents=tuple(agents), costs=tuple(c * unit for c in env.costs))
    for word in WORDS:
        one, other = dm.design(env, participation=word), dm.design(scaled, participation=word)
        assert one.value is not None
        assert other.value == pytest.approx(float(one.value) * float(unit), rel=1e-6)
        assert dm.verify(scaled, other.mechanism, participation=word)


def test_an_outside_option_that_is_far_larger_than_values() -> None:
    """The program's units of money know of it."""
    env = screening([10**7, 10**7])
    found = dm.design(env)
    assert found.value == pytest.approx(8 / 3 - 1e7, rel=1e-9)
    assert dm.verify(env, found.mechanism, "bayesian", "interim")
