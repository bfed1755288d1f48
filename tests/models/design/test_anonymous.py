"""Agents who are alike, treated alike: optima of plain programs, and what anonymity costs and does not."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import dynamech as dm
from dynamech.models.design.compiling import compile_question, prepare
from dynamech.models.design.multipliers import multipliers
from dynamech.models.design.question import Question
from dynamech.models.environment.environment import Agent, Environment
from dynamech.solvers.effort import EXACT
from dynamech.solvers.errors import AssumptionViolated, InvalidInput
from dynamech.solvers.solve import solve

from ..environment.alike import alike
from .plain_demands import PlainDemands

PAIR: dict[str, Any] = {"anonymous": [["a", "b"]]}
SHAPES: dict[str, dict[str, Any]] = {
    "once": {"types": 3},
    "joint": {"joint": True},
    "third": {"third": True},
    "twice": {"periods": 2},
    "steered": {"periods": 2, "steered": True},
}


def item(n: int, periods: int = 1) -> Environment:
    """One item a period, and n buyers of values 1 and 2 that persist with probability 3/4."""
    names = "abcd"[:n]
    moves = [[["3/4", "1/4"], ["1/4", "3/4"]]] * (periods - 1)
    law: dict[str, Any] = {"prior": ["1/2", "1/2"], "transitions": moves}
    worth = {who: [[0, 0], *([1, 2] if other == who else [0, 0] for other in names)] for who in names}
    buyers = [Agent(who, types=[1, 2], values=[worth[who]] * periods, **law) for who in names]
    actions = ["keep", *(f"to {who}" for who in names)]
    return Environment(name="item", horizon=periods, actions=actions, agents=buyers, discount="9/10")


@pytest.mark.parametrize("name", SHAPES)
@settings(max_examples=3, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
@given(
    seed=st.integers(0, 20),
    word=st.sampled_from(["bayesian", "ex-post"]),
    objective=st.sampled_from(["revenue", "welfare"]),
    more=st.sampled_from([{}, {"budget": "ex-ante"}, {"payments": "-4..4"}]),
)
def test_optima_are_those_of_a_plain_program_and_treat_alike(
    name: str, seed: int, word: str, objective: str, more: dict[str, Any]
) -> None:
    env = alike(seed, **SHAPES[name])
    demands = PAIR | more
    answer = dm.design(env, incentives=word, objective=objective, demands=demands, exact=True)
    plain = PlainDemands(env, word == "ex-post", demands).best(objective)
    assert answer.certificate is not None
    assert isinstance(answer.value, Fraction)
    assert float(answer.value) == pytest.approx(plain, abs=1e-7)
    assert (answer.certificate.kind, answer.certificate.value) == ("optimal", answer.value)
    verdicts = dm.verify(env, answer.mechanism, word, "interim", demands=demands)
    assert [verdict.violation for verdict in verdicts] == [0] * len(verdicts)
    # Revenue and welfare count both alike, and the average of an optimum and its image is one.
    free = dm.design(env, incentives=word, objective=objective, demands=more, exact=True)
    assert free.value == answer.value
    doubles = dm.design(env, incentives=word, objective=objective, demands=demands)
    assert dm.verify(env, doubles.mechanism, word, "interim", demands=demands)


@pytest.mark.parametrize("participation", ["none", "interim", "periodic", "ex-post", "prefix", "per-period"])
def test_every_way_to_time_payments_treats_alike(participation: str) -> None:
    env = alike(3, 2)
    for exact in (True, False):
        answer = dm.design(env, objective="welfare", participation=participation, demands=PAIR, exact=exact)
        assert dm.verify(env, answer.mechanism, "bayesian", participation, demands=PAIR)


def test_who_counts_more_is_treated_better_without_the_demand() -> None:
    """To favour a is to give her the item: 3/2, and half of it where b is to be treated as she is."""
    objective = {"utility:a": 1}
    bounds = {"payments": "nonnegative"}
    free = dm.design(item(2), objective=objective, demands=bounds, exact=True)
    equal = dm.design(item(2), objective=objective, demands=bounds | PAIR, exact=True)
    assert (free.value, equal.value) == (Fraction(3, 2), Fraction(3, 4))
    ((_, unlike),) = [dm.verify(item(2), free.mechanism, "bayesian", demands=PAIR)]
    assert (unlike.holds, unlike.violation) == (False, 1)
    assert unlike.witness is not None
    assert "change" in unlike.witness.sentence


def test_multipliers_say_what_would_be_gained_by_treating_them_differently() -> None:
    objective = {"revenue": 1, "utility:a": "1/2"}
    answer = dm.design(item(2), objective=objective, demands=PAIR, exact=True)
    worth = multipliers(answer, answer.question.demands[0])
    assert worth is not None
    assert answer.value is not None
    assert worth.bounds == ()
    assert len(worth.each) > 3
    program = answer.solved.compiled.program
    labels = {program.row_label(k): k for k in range(program.num_rows)}
    for one in worth.each:
        assert one.reports is not None
        reports, told = ", ".join(f"{name} '{k}'" for name, k in one.reports.items()), one.sentence
        there = f" where the reports are {reports} as "
        assert there in told
        assert " where 'a' and 'b' have changed places; each unit " in told
        action = told.removeprefix("Of '").partition("'")[0] if told.startswith("Of '") else None
        money = f"Agent 'a' pays as much{there}agent 'b' does"
        assert told.startswith(money if action is None else f"Of '{action}' there is as much{there}of '")
        run = "payment.0.a.a.b" if action is None else "allocation.0.a.b"
        at = "|".join(["start", ",".join(one.reports.values()), *([] if action is None else [action])])
        # The value is concave in what a row asks for, with this slope.
        for little in (Fraction(-1, 100), Fraction(1, 100)):
            moved = np.array([Fraction(0)] * program.num_rows, dtype=object)
            moved[labels[f"demand.anonymous.{run}[{at}]"]] = little
            asked = replace(program, row_lower=program.row_lower + moved, row_upper=program.row_upper + moved)
            value = solve(asked, exact=True).value
            assert value is None or Fraction(value) - Fraction(answer.value) <= one.worth * little


def test_lump_sums_are_paid_to_all_who_are_alike() -> None:
    """A unit for a costs 3/4 and is worth 1, but another one goes to b."""
    objective = {"utility:a": 1, "revenue": "3/4"}
    free = dm.design(item(2), objective=objective, exact=True)
    assert (free.status, "pay 'a' more and more" in free.message) == ("unbounded", True)
    assert dm.design(item(2), objective=objective, demands=PAIR, exact=True).status == "optimal"
    both = dm.design(item(2), objective={"utility:a": 1, "revenue": "1/4"}, demands=PAIR, exact=True)
    assert (both.status, "pay everybody more and more" in both.message) == ("unbounded", True)


def test_groups_of_three_and_of_two_by_two() -> None:
    for groups in ([["c", "a", "b"]], [["a", "b"], ["b", "c"]]):
        answer = dm.design(item(3), demands={"anonymous": groups}, exact=True)
        assert answer.question.demands[0].keys == {"anonymous": [["a", "b", "c"]]}
        assert answer.value == dm.design(item(3), exact=True).value
        assert dm.verify(item(3), answer.mechanism, demands={"anonymous": [["a", "c"]]})
    two = {"anonymous": [["d", "c"], ["a", "b"]]}
    one = dm.design(item(4), demands=two, objective={"revenue": 1, "utility:a": "1/2"}, exact=True)
    assert one.question.demands[0].name == "anonymous a, b; c, d"
    assert dm.verify(item(4), one.mechanism, demands={"anonymous": [["a", "b"]]})
    assert not dm.verify(item(4), one.mechanism, demands={"anonymous": [["b", "c"]]})


def test_without_lots_equal_bids_are_not_served() -> None:
    """Half of the time bids are equal, and then nobody is served; 2 is what two different ones bring."""
    best = dm.design(item(2), objective="welfare", demands={"deterministic": True}, exact=True)
    fair = dm.design(item(2), objective="welfare", demands={"deterministic": True} | PAIR, exact=True)
    assert (best.value, fair.value) == (Fraction(7, 4), Fraction(1))
    assert dm.verify(item(2), fair.mechanism, demands={"deterministic": True} | PAIR)


def test_copies_and_the_order_of_lists_do_not_matter() -> None:
    env = item(2, 2)
    copies = Environment(
        name="copies", horizon=2, discount="9/10", actions=["b2", "keep", "a1", "b1", "a2"],
        agents=[
            Agent(
                agent.name, types=agent.types, prior=agent.prior,
                transitions=[kernel.table for kernel in agent.kernels],
                values=[[table.reshape(3, 2)[k] for k in (2, 0, 1, 2, 1)] for table in agent.values],
            )
            for agent in env.agents
        ],
    )  # fmt: skip
    objective = {"revenue": 1, "utility:a": "1/2"}
    values = set()
    listed = copies.reorder(agents=["b", "a"]), copies.reorder(actions=["a2", "b1", "a1", "b2", "keep"])
    for same in (env, copies, *listed):
        answer = dm.design(same, objective=objective, demands=PAIR, exact=True)
        values.add(answer.value)
        assert dm.verify(same, answer.mechanism, demands=PAIR)
    assert len(values) == 1
    assert values != {dm.design(env, objective=objective, exact=True).value}


@pytest.mark.parametrize("word", ["none", "virtual", "relaxed", "types-public", "first-order", "per-period"])
def test_relaxations_are_asked_the_same(word: str) -> None:
    answer = dm.design(item(2, 2), incentives=word, demands=PAIR, exact=True)
    assert answer.value == dm.design(item(2, 2), incentives=word, exact=True).value
    assert dm.verify(item(2, 2), answer.mechanism, demands=PAIR)


def test_rows_are_counted_as_they_are_written() -> None:
    for shape in ({"third": True}, {"periods": 2, "third": True}, {"periods": 2, "steered": True}):
        for participation in ("interim", "per-period"):
            env = alike(1, **shape)
            if participation == "per-period" and shape.get("steered"):
                continue
            question = Question.of(env, "welfare", participation=participation, demands=PAIR)
            ready, _ = prepare(env, question, EXACT)
            program = compile_question(env, question, EXACT)[0].program
            assert (ready.size.rows, ready.size.columns) == (program.num_rows, program.num_columns)
            assert ready.size.nonzeros >= program.num_nonzeros


def test_what_cannot_be_had_is_said() -> None:
    env = alike(0, third=True)
    refused = dm.design(env, demands={"anonymous": [["a", "c"]]})
    assert refused.status == "not-applicable"
    assert refused.message.startswith("agents 'a' and 'c' are not alike: ")
    with pytest.raises(AssumptionViolated, match="not alike"):
        dm.verify(env, dm.design(env).mechanism, demands={"anonymous": [["a", "c"]]})
    with pytest.raises(InvalidInput, match=r"'anonymous a, b' looks at single payments; use 'textbook'"):
        dm.design(env, demands=PAIR, formulation="utilities")
