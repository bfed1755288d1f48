"""Designs where past reports are concealed from the others: between public reports and public shocks."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import dynamech as dm
from dynamech import testing
from dynamech.instances import load
from dynamech.models.design.compiling import prepare
from dynamech.models.design.question import Question
from dynamech.models.environment.environment import Agent, Environment
from dynamech.models.histories.concealed import recollections_of
from dynamech.models.mechanism.mechanism import Mechanism, Stage
from dynamech.models.payments.unrelax import unrelax
from dynamech.models.verification.anywhere import verify
from dynamech.solvers.effort import EXACT
from dynamech.solvers.errors import AssumptionViolated
from dynamech.solvers.numbers import array

from ..verification.brute_force import Brute
from ..verification.plain_agent import History, entry
from .plain_concealed import Plain
from .test_properties import FEW, PROFILE

F = Fraction
Asked = tuple[str, str, str]


def concealed(env: Environment) -> Environment:
    return env._with(reports_public=False)


def optimum(env: Environment, incentives: str = "bayesian") -> Fraction:
    value = dm.design(env, incentives=incentives, exact=True).value
    assert isinstance(value, Fraction)
    return value


@st.composite
def environments(draw: Any, periods: int | None = None, observed: bool | None = None) -> Environment:
    """Two agents who report, their processes independent."""
    length = draw(st.sampled_from([2, 2, 3])) if periods is None else periods
    shown = draw(st.booleans()) if observed is None else observed
    return testing.random_environment(
        draw(st.integers(0, 10_000)),
        agents=2,
        periods=2 if shown else length,
        types=draw(st.sampled_from([2, 2, 3])) if length == 2 and not shown else 2,
        actions=2,
        controlled=draw(st.booleans()),
        sparse=draw(st.booleans()),
        interdependent=draw(st.booleans()),
        observed=shown,
        given=shown and draw(st.booleans()),
        discount=draw(st.sampled_from(["1", "9/10"])),
    )


@PROFILE
@given(environments())
def test_the_value_lies_between_public_reports_and_public_shocks(env: Environment) -> None:
    public, private = optimum(env), optimum(concealed(env))
    relaxed = optimum(env, "relaxed")
    assert relaxed == optimum(concealed(env), "relaxed")
    assert public <= private <= relaxed


def test_the_three_values_can_be_three() -> None:
    env, public = load("concealed-reports"), load("concealed-reports", public=True)
    assert not env.reports_public
    assert public.reports_public
    values = [
        dm.design(e, incentives=word, exact=True).value
        for e, word in ((public, "bayesian"), (env, "bayesian"), (env, "relaxed"))
    ]
    assert values == [F(83, 24), F(7, 2), F(11, 3)]
    ladder = dm.ladder(env, exact=True)
    assert [ladder[word].value for word in ("relaxed", "bayesian", "ex-post")] == [
        F(11, 3),
        F(7, 2),
        F(83, 24),
    ]
    assert "concealed" in ladder.unrelaxed_reason


ASKED: list[Asked] = [
    ("bayesian", "interim", "textbook"),
    ("bayesian", "periodic", "per-period"),
    ("bayesian", "periodic", "auto"),
    ("bayesian", "interim", "textbook+full-reports"),
    ("bayesian", "interim", "textbook+lazy"),
    ("bayesian", "ex-post", "auto"),
    ("bayesian", "prefix", "auto"),
    ("first-order", "interim", "auto"),
    ("per-period", "periodic", "auto"),
    ("ex-post", "periodic", "auto"),
    ("bayesian", "outside-efficient", "auto"),
    ("bayesian", "outside-efficient", "per-period"),
]


@FEW
@given(environments(), st.sampled_from(ASKED))
def test_mechanisms_are_what_was_asked_for_and_sizes_what_was_said(env: Environment, asked: Asked) -> None:
    incentives, participation, formulation = asked
    env = concealed(env)
    design = dm.design(
        env, incentives=incentives, participation=participation, formulation=formulation, exact=True
    )
    if design.status != "optimal":
        assert design.status == "not-applicable"
        return
    if design.attained:
        assert all(verify(env, design.mechanism, incentives, participation))
    size = prepare(env, Question.of(env, "revenue", incentives, participation, None, formulation), EXACT)[
        0
    ].size
    assert design.program is not None
    assert design.program.num_columns == size.columns
    assert design.program.num_rows <= size.rows
    assert design.program.num_nonzeros <= size.nonzeros


def revenue(env: Environment, mechanism: Mechanism) -> Fraction:
    """Expected, all agents truthful: history by history."""
    plain = Brute(env, mechanism, env.private[0])

    def after(history: History) -> Fraction:
        t, total = len(history), F(0)
        for s in plain.profiles(t):
            chance = plain.chance(t, *plain.last(history), s)
            if chance == 0:
                continue
            paid = mechanism.stages[t].transfers[:, plain.memory(history)]
            total += chance * sum(entry(paid, (i, *s)) for i in env.private)
            for a, q in enumerate(plain.lottery(history, s)):
                later = after((*history, (s, a))) if t + 1 < env.periods and q > 0 else 0
                total += chance * q * (env.discount * later - env.costs[t][a])
        return total

    return after(())


@pytest.mark.parametrize("participation", ["interim", "ex-post", "prefix"])
@pytest.mark.parametrize("seed", [41, 45])
def test_what_is_paid_where_nobody_gets_is_paid_elsewhere(seed: int, participation: str) -> None:
    env = testing.random_environment(seed, agents=2, periods=2, types=2, actions=3, controlled=True)
    env = concealed(env)
    design = dm.design(env, participation=participation, formulation="textbook", exact=True)
    assert verify(env, design.mechanism, "bayesian", participation)
    assert revenue(env, design.mechanism) == design.value


@FEW
@given(environments(), st.sampled_from(["auto", "textbook", "textbook+lazy", "per-period"]))
def test_formulations_agree(env: Environment, formulation: str) -> None:
    one, other = (
        dm.design(concealed(env), formulation=f, exact=True).value for f in ("utilities", formulation)
    )
    assert one == other


@FEW
@given(environments())
def test_whoever_knows_everybodys_types_has_nothing_concealed(env: Environment) -> None:
    values = [dm.design(e, incentives="ex-post", exact=True).value for e in (env, concealed(env))]
    assert values[0] == values[1]


@pytest.mark.parametrize("public", [False, True])
@pytest.mark.parametrize(
    ("seed", "controlled", "sparse"), [(1, False, True), (3, True, False), (4, True, True)]
)
def test_every_pure_strategy_in_a_row_of_its_own(
    seed: int, controlled: bool, sparse: bool, public: bool
) -> None:
    env = testing.random_environment(
        seed, agents=2, periods=2, types=2, actions=2, controlled=controlled, sparse=sparse
    )
    known = env if public else concealed(env)
    assert dm.design(known).value == pytest.approx(Plain(env, public).value(), abs=1e-7)


def test_every_pure_strategy_where_concealing_pays() -> None:
    env = load("concealed-reports")
    assert Plain(env, True).value() == pytest.approx(83 / 24, abs=1e-9)
    assert Plain(env, False).value() == pytest.approx(7 / 2, abs=1e-9)


@FEW
@given(environments(periods=1, observed=False))
def test_one_period_has_no_past(env: Environment) -> None:
    env = env.with_horizon(1)
    assert not concealed(env).conceals
    one, other = (dm.design(e).program for e in (env, concealed(env)))
    assert one is not None
    assert other is not None
    testing.assert_same_program(one, other)


@pytest.mark.parametrize("seed", range(4))
def test_one_agent_has_nothing_concealed_from_her(seed: int) -> None:
    env = testing.random_environment(
        seed, agents=1, periods=2, types=2, observed=True, controlled=seed % 2 == 0
    )
    assert not concealed(env).conceals
    one, other = (dm.design(e).program for e in (env, concealed(env)))
    assert one is not None
    assert other is not None
    testing.assert_same_program(one, other)


def bystander(env: Environment) -> Environment:
    """Beside another who reports one type for ever, so that nothing is concealed though reports are."""
    idle = Agent(
        "idle",
        types=["-"],
        prior=[1],
        values=[np.zeros((env.num_actions(t), 1), dtype=int) for t in range(env.periods)],
        transitions=[[[[1]]]] * (env.periods - 1),
    )
    agents = [
        Agent(a.name, types=a.types, prior=a.prior, values=[v.reshape(len(v), -1) for v in a.values],
              transitions=[k.table for k in a.kernels])
        for a in env.agents
    ]  # fmt: skip
    return Environment(
        name=env.name, agents=[*agents, idle], actions=env.actions, horizon=env.periods,
        discount=env.discount, costs=env.costs, reports_public=False,
    )  # fmt: skip


@pytest.mark.parametrize("seed", range(4))
def test_beside_a_bystander_recollections_are_histories(seed: int) -> None:
    env = testing.random_environment(seed, agents=1, periods=2, types=2, controlled=seed % 2 == 0)
    both = bystander(env)
    assert both.conceals
    assert dm.design(both, exact=True).value == dm.design(env, exact=True).value


def test_weights_of_what_may_have_been_said_add_up_to_one() -> None:
    env = concealed(testing.random_environment(7, agents=2, periods=3, types=2, controlled=True, sparse=True))
    ready, _ = prepare(env, Question.of(env), EXACT)
    layout = ready.layout()
    for t, row in enumerate(recollections_of(layout.tree, layout.views)):
        assert set(row) == (set(env.private) if t > 0 else set())
        for i, known in row.items():
            assert known.total(np.ones(len(known.of_memory), dtype=object)).tolist() == [1] * len(
                known.memory
            )
            labels = {layout.tree.memory_label(t, int(m), i) for m in known.memory}
            assert len(labels) == len(known.memory) < len(known.of_memory)
            of_all = [layout.tree.memory_label(t, m, i) for m in range(len(known.of_memory))]
            stands = [layout.tree.memory_label(t, int(known.memory[k]), i) for k in known.of_memory]
            assert of_all == stands


def test_what_is_no_program_is_refused_in_one_line() -> None:
    env = testing.random_environment(2, agents=2, periods=2, types=2, joint=True)
    design = dm.design(concealed(env))
    assert design.status == "not-applicable"
    assert design.message is not None
    assert "past reports are concealed from the others, and under a joint process" in design.message
    assert dm.design(concealed(env), incentives="ex-post").value == dm.design(env, incentives="ex-post").value
    mechanism = dm.design(env, incentives="ex-post").mechanism
    with pytest.raises(AssumptionViolated, match="concealed from the others, and under a joint process"):
        verify(concealed(env), mechanism, "bayesian")
    assert verify(concealed(env), mechanism, "ex-post")


def test_for_ever_only_what_does_not_ask_for_the_past_is_judged() -> None:
    env = concealed(load("random", stationary=True, agents=2))
    mechanism = dm.pivot(env).mechanism
    assert mechanism is not None
    with pytest.raises(AssumptionViolated, match="'bayesian', past reports concealed, need a last period"):
        verify(env, mechanism, "bayesian")
    with pytest.raises(AssumptionViolated, match="'periodic', past reports concealed, needs a last period"):
        verify(env, mechanism, None, "periodic")
    assert verify(env, mechanism, "ex-post")
    assert [verdict.notion for verdict in verify(env, mechanism)] == ["ex-post", "interim", "per-period"]


def test_a_relaxed_optimum_is_not_unrelaxed() -> None:
    relaxed = dm.design("concealed-reports", incentives="relaxed")
    with pytest.raises(AssumptionViolated, match="computed where they are public"):
        unrelax(relaxed)


def contrary(seen: bool) -> tuple[Environment, Mechanism]:
    """A sale to whoever values it less after one report of the other, and to whoever values it more after the
    other, three times as likely; the past is seen or not."""
    env = Environment(
        name="contrary",
        horizon=2,
        actions=[["wait"], ["keep", "sell"]],
        agents=[
            Agent("first", types=[["rare", "usual"], ["-"]], prior=["1/4", "3/4"],
                  values=[[[0, 0]], [[0], [0]]], transitions=[[[[1], [1]]]]),
            Agent("second", types=[["-"], ["1", "2"]], prior=[1],
                  values=[[[0]], [[0, 0], [1, 2]]], transitions=[[[["1/2", "1/2"]]]]),
        ],
        reports_public=seen,
    )  # fmt: skip
    sold = array([[[[0, 1], [1, 0]]], [[[1, 0], [0, 1]]]])
    return env, Mechanism(
        "contrary",
        (
            Stage(array([[[[1]], [[1]]]]), array([[[[0], [0]]]] * 2), np.array([[[[0]], [[1]]]])),
            Stage(sold, array([[[[0, 0]]] * 2] * 2)),
        ),
    )


def test_implementable_on_average_though_not_after_every_report() -> None:
    env, allocation = contrary(seen=True)
    against = dm.implement(env, allocation)
    assert not against
    assert {lie.lie for lie in against.deviations} == {"rare,-|1→2", "rare,-|2→1"}
    env, allocation = contrary(seen=False)
    found = dm.implement(env, allocation)
    assert found
    assert found.mechanism is not None
    assert verify(env, found.mechanism, "bayesian")
    assert not verify(contrary(seen=True)[0], found.mechanism, "bayesian")


def test_lies_are_told_by_what_the_liar_sees() -> None:
    env, allocation = contrary(seen=False)
    start, sale = allocation.stages
    assert start.next is not None
    rarely = Mechanism("contrary", (replace(start, next=start.next[:, ::-1]), sale))
    against = dm.implement(env, rarely)
    assert {lie.lie for lie in against.deviations} == {"-|1→2", "-|2→1"}
    verdict = verify(env, rarely, "bayesian")[0]
    assert verdict.witness is not None
    assert verdict.witness.history == [{"reports": {"second": "-"}, "action": None}]
