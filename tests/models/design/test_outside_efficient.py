"""Designs that leave to everybody what she has outside: other formulations, other words, known bounds."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction as F
from typing import Any

import numpy as np
import pytest

import dynamech as dm
from dynamech.instances import load
from dynamech.models.design.design import Design, design
from dynamech.models.design.question import Question
from dynamech.models.efficient.pivot import Pivot, pivot
from dynamech.models.environment.environment import Agent, Environment
from dynamech.models.environment.independence import joint_prior
from dynamech.solvers.effort import EXACT


def drawn(seed: int, by: F = F(0), **more: Any) -> Environment:
    """Two agents, three actions, two periods, every value moved by so much."""
    env = load("random", **{"seed": seed, "agents": 2, "types": 2, "actions": 3, "periods": 2} | more)
    agents = [replace(a, values=tuple(v + by for v in a.values)) for a in env.agents]
    return env._with(agents=tuple(agents))


def worth(env: Environment, participation: str, incentives: str = "bayesian") -> F:
    value = asked(env, participation, incentives).value
    assert isinstance(value, F)
    return value


def asked(env: Environment, participation: str, incentives: str = "bayesian", form: str = "auto") -> Design:
    question = Question.of(env, "revenue", incentives, participation, None, form)
    found = design(env, question, EXACT)
    assert found.status == "optimal", found.message
    return found


def expected(env: Environment, values: Any) -> F:
    """Over the first types."""
    return F((joint_prior(env).reshape(-1) * values).sum())


FORMS = ("textbook", "per-period", "utilities", "utilities+lazy", "textbook+full-reports")


@pytest.mark.parametrize("incentives", ["bayesian", "ex-post"])
@pytest.mark.parametrize(
    ("seed", "by", "more"), [(1, F(-2), {}), (2, F(-2), {"controlled": False}), (5, F(0), {"observed": 1})]
)
def test_every_formulation_and_the_judge(seed: int, by: F, more: dict[str, Any], incentives: str) -> None:
    """One value, paid in every period or at the end and re-timed: kept at every state that truth reaches."""
    env = drawn(seed, by, **more)
    values = set()
    for form in FORMS:
        found = asked(env, "outside-efficient", incentives, form)
        values.add(found.value)
        both = dm.verify(env, found.mechanism, incentives, "outside-efficient")
        assert all(both), (form, both)
    assert len(values) == 1
    assert found.certificate is not None
    assert found.certificate.check()


@pytest.mark.parametrize("discount", ["0", "1"])
def test_without_a_future_and_without_impatience(discount: str) -> None:
    env = drawn(3, F(-2), discount=discount)
    found = asked(env, "outside-efficient")
    assert all(dm.verify(env, found.mechanism, "bayesian", "outside-efficient"))


def revenue_of(found: Pivot) -> F:
    return expected(found.environment, found.budget[0])


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("by", [F(0), F(-2), F(-20)])
def test_between_the_pivot_mechanism_and_the_first_best(seed: int, by: F) -> None:
    """The pivot mechanism keeps the word, so no less than it earns; without incentives everything but what
    they have outside. Where that is of one sign everywhere, more or less than under `periodic`."""
    env = drawn(seed, by)
    found = pivot(env, EXACT)
    value = {word: worth(env, "outside-efficient", word) for word in ("none", "bayesian", "ex-post")}
    outside = sum((expected(env, o) for o in found.outside[0]), F(0))
    assert value["none"] == expected(env, found.W[0]) - outside
    assert revenue_of(found) <= value["ex-post"] <= value["bayesian"] <= value["none"]
    periodic = worth(env, "periodic")
    if by == 0:
        assert all((o >= 0).all() for o in found.outside)
        assert value["bayesian"] <= periodic
    if by == -20:
        assert all((o <= 0).all() for o in found.outside)
        assert value["bayesian"] >= periodic


def two_bidders(listed: list[str]) -> Environment:
    """An item a period for one of two, who may be worth nothing: then the others are indifferent."""
    def value(name: str) -> Any:
        return lambda t, action, own: int(own) if action == name else 0

    return Environment(
        name="bidders", horizon=2, actions=listed, discount="1/2",
        agents=[
            Agent(name, types=["0", "1", "3"], prior=["1/3"] * 3, values=value(name),
                  transitions=[[[["1/2", "1/4", "1/4"], ["1/4", "1/2", "1/4"], ["1/4", "1/4", "1/2"]]]])
            for name in ("one", "two")
        ],
    )  # fmt: skip


def test_nothing_outside_is_periodic() -> None:
    """However actions are listed: who is worth nothing to the others is served by nobody for nothing."""
    for listed in (["nobody", "one", "two"], ["two", "one", "nobody"]):
        env = two_bidders(listed)
        assert not any(np.any(o != 0) for o in pivot(env, EXACT).outside)
        for incentives in ("bayesian", "ex-post"):
            same = [worth(env, word, incentives) for word in ("periodic", "outside-efficient")]
            assert same[0] == same[1]


def test_the_ladder_is_one_of_this_word() -> None:
    """Every rung keeps its order, and what relaxations leave out is known to gain no more than it should."""
    env = drawn(1, F(-2))
    ladder = dm.ladder(env, participation="outside-efficient", exact=True)
    words = {rung["participation"] for rung in ladder.to_json()["rungs"]}
    assert words == {"outside-efficient"}
    assert ladder["bayesian"].design.value == asked(env, "outside-efficient").value
    assert ladder.unrelaxed is not None


@pytest.mark.parametrize("controlled", [False, True])
def test_where_reports_are_concealed_she_expects_it_by_what_she_recalls(controlled: bool) -> None:
    """Rows of all periods, written out, are the promise re-timed; less is known, and no less earned."""
    env = drawn(4, F(-2), controlled=controlled)._with(reports_public=False)
    values = []
    for form in ("textbook", "per-period"):
        found = asked(env, "outside-efficient", form=form)
        values.append(found.value)
        assert all(dm.verify(env, found.mechanism, "bayesian", "outside-efficient")), form
    assert values[0] == values[1]
    assert worth(env._with(reports_public=True), "outside-efficient") <= worth(env, "outside-efficient")
