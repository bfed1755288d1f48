"""Objectives: every one by hand on two types, against a plain program over histories, and where they end."""

from __future__ import annotations

import itertools
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

import dynamech as dm
from dynamech.instances.file import instance_from_json, instance_to_json
from dynamech.models.design.compiling import compile_question, prepare
from dynamech.models.design.question import Question
from dynamech.models.environment.environment import Environment
from dynamech.models.notions.objective import read_objective
from dynamech.solvers.effort import EXACT
from dynamech.solvers.errors import AssumptionViolated, InvalidInput
from dynamech.solvers.solve import solve

from .mechanism_worth import worth
from .plain_histories import Plain, Row
from .two_types import HALF, buyer, sale

F = Fraction
FEW_ROWS = ["welfare=1,utility=-1/3", "revenue=1,min-type-utility=1/2,utility=1/4"]
FEW = settings(max_examples=15, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))


# One buyer, worth 1 or 2. With U = U_1 and U_2 = U + x_1 the objective is
# (R + W)(x_1 / 2 + x_2) − κ (U + x_1 / 2) + m (U, or U + x_1 / 2).
BY_HAND = [
    ("revenue", 1),
    ("welfare", "3/2"),
    ("revenue=1,utility=1", "3/2"),
    ("revenue=1,utility=1/2", "5/4"),  # x_1 (1/2 − 1/4)
    ("revenue=1,utility=-1/2", 1),  # x_1 (1/2 − 3/4)
    ("revenue=1,utility:b=1/2", "5/4"),
    ("revenue=2,welfare=-1", 1),  # κ = 2, R + W = 1
    ("revenue=2,welfare=-3", 0),  # selling is worth less than nothing, and so are rents
    ("revenue=1,welfare=-1,utility=-1", 0),  # κ = 2 and nothing else: rents alone
    ("welfare=1,utility=-1", 1),  # revenue in other words
    ("welfare=-1,revenue=1,utility=1", 0),  # nothing at all
    ("revenue=1,min-utility=1", "3/2"),
    ("revenue=1,min-utility=1/2", "5/4"),
    ("revenue=1,min-type-utility=1", 1),
    ("revenue=1,welfare=1,min-type-utility=1", "5/2"),  # 2 (x_1 / 2 + x_2) − x_1 / 2
    ("revenue=1,min-type-utility=1/2,min-utility=1/2", "5/4"),
]


@pytest.mark.parametrize("formulation", ["utilities", "textbook", "per-period"])
@pytest.mark.parametrize(("objective", "value"), BY_HAND)
def test_two_types_by_hand(objective: str, value: Any, formulation: str) -> None:
    env = sale(buyer("b", 1, 2))
    answer = dm.design(env, objective=objective, formulation=formulation, exact=True)
    assert answer.value == F(value)
    assert answer.certificate is not None
    assert answer.certificate.kind == "optimal"
    assert answer.certificate.value == F(value)
    if formulation == "utilities":
        assert answer.certified == "textbook"
    rough = dm.design(env, objective=objective, formulation=formulation).value
    assert rough == pytest.approx(float(F(value)), abs=1e-9)


# Beside her an agent who is worth nothing, with U_b: κ = 1 each, and m the least of E U_a and U_b.
@pytest.mark.parametrize(
    ("objective", "value"),
    [
        ("revenue=1,min-utility=1", 1),
        ("revenue=1,min-utility=3/2", "5/4"),  # x_1 / 2 + 1 − (2 − 3/2) x_1 / 2
        ("revenue=1,min-utility=2", "3/2"),
        ("revenue=1,utility:a=1/2", "5/4"),
        ("revenue=1,utility:b=1/2", 1),
        ("revenue=1,min-type-utility=2", 1),  # nobody's least type has a rent
    ],
)
def test_the_worst_off_of_two_by_hand(objective: str, value: Any) -> None:
    for pair in (buyer("a", 1, 2), buyer("b", 0)), (buyer("b", 0), buyer("a", 1, 2)):
        assert dm.design(sale(*pair), objective=objective, exact=True).value == F(value)


def test_whoever_reports_nothing_keeps_what_she_is_worth() -> None:
    """A public agent is in welfare and in utility, and not among the worst off."""
    seen = dm.Agent("p", types=["0"], prior=[1], values=[[[0], [-3]]], observed=True)
    env = sale(buyer("b", 1, 2), seen)
    assert dm.design(env, objective="revenue", exact=True).value == 1
    assert dm.design(env, objective="revenue=1,utility:p=1", exact=True).value == 0
    assert dm.design(env, objective="revenue=1,utility:p=1/6", exact=True).value == F(3, 4)
    assert dm.design(env, objective="revenue=1,min-utility=1", exact=True).value == F(3, 2)


# -- against a plain program ---------------------------------------------------------------------------------


def plain_value(env: Environment, weights: dict[str, Fraction], everywhere: bool) -> float:
    """Revenue, welfare and utilities written down apart, payments at the end."""
    plain, index = Plain(env, everywhere), {agent.name: i for i, agent in enumerate(env.agents)}
    total: Row = {}

    def add(row: Row, weight: Any) -> None:
        for key, value in row.items():
            total[key] = total.get(key, 0.0) + float(weight) * value

    def keeps(i: int, own: tuple[int, int] | None = None) -> Row:
        return plain.weighted(0.0, {i: 1.0}, {i: -1.0} if i in env.private else {}, own)

    for word, weight in weights.items():
        if word == "revenue":
            add(plain.revenue(), weight)
        elif word == "welfare":
            add(plain.weighted(-1.0, dict.fromkeys(index.values(), 1.0), {}), weight)
        elif word == "utility":
            for i in index.values():
                add(keeps(i), weight)
        elif word.startswith("utility:"):
            add(keeps(index[word[8:]]), weight)
        else:
            add({plain.column("least", word): 1.0}, weight)
            for i in env.private:
                given = [(i, k) for k in range(env.types(0)[i])] if "type" in word else [None]
                for row in filter(None, (keeps(i, own) for own in given)):
                    plain.least.append((row | {("least", word): -1.0}, 0.0))
    return plain.solve(total)


@st.composite
def questions(draw: Any) -> tuple[Environment, dict[str, Fraction]]:
    """A random environment, and weights with κ ≥ 0 and Σκ ≥ m."""
    env = dm.load(
        "random", seed=draw(st.integers(0, 10**6)), agents=draw(st.integers(1, 2)),
        periods=draw(st.integers(1, 2)), types=2,
        actions=2, observed=draw(st.integers(0, 1)), controlled=draw(st.booleans()),
        independent=draw(st.booleans()), sparse=draw(st.booleans()), private_values=draw(st.booleans()),
    )  # fmt: skip
    tenth = st.integers(-8, 8).map(lambda k: F(k, 8))
    weights = {word: draw(tenth) for word in ("welfare", "utility", f"utility:{env.agents[0].name}")}
    if env.num_agents > 1:
        weights[f"utility:{env.agents[-1].name}"] = draw(tenth)
    most = max(weights["utility"] + weights.get(f"utility:{env.agents[i].name}", 0) for i in env.private)
    weights["revenue"] = most + abs(draw(tenth))
    assume(any(weights.values()))
    left = sum(read_objective(weights).paid(env.agents[i].name) for i in env.private)
    for word in ("min-utility", "min-type-utility"):
        weights[word] = left * draw(st.integers(0, 4)) / 8
    return env, weights


@FEW
@given(questions(), st.sampled_from(["bayesian", "bayesian", "ex-post"]))
def test_random_questions_against_a_plain_program(asked: tuple[Environment, Any], incentives: str) -> None:
    env, weights = asked
    values = set()
    for formulation in ("auto", "textbook", "textbook+lazy"):
        answer = dm.design(
            env, objective=weights, incentives=incentives, formulation=formulation, exact=True
        )
        assert answer.certificate is not None
        assert answer.certificate.kind == "optimal"
        values.add(answer.value)
    (value,) = values
    assert worth(env, answer.mechanism, weights) == value
    plain = plain_value(env, weights, incentives == "ex-post")
    assert isinstance(value, Fraction)
    assert float(value) == pytest.approx(plain, abs=1e-6)
    rough = dm.design(env, objective=weights, incentives=incentives)
    assert rough.value == pytest.approx(plain, abs=1e-6)


@pytest.mark.parametrize("notion", ["per-period", "none", "first-order"])
@pytest.mark.parametrize("participation", ["interim", "ex-post", "per-period"])
def test_formulations_of_other_notions_agree(notion: str, participation: str) -> None:
    env = dm.load("random", seed=5, agents=2, periods=2, types=2, actions=2, controlled=False)
    words: dict[str, Any] = {
        "objective": {
            "revenue": 1, "utility:agent 1": "1/3", "min-utility": "3/4", "min-type-utility": "1/4"
        },
        "incentives": notion, "participation": participation, "exact": True,
    }  # fmt: skip
    values = set()
    for way in ("auto", "textbook", "per-period"):
        question = Question.of(env, words["objective"], notion, participation, None, way)
        size = prepare(env, question, EXACT)[0].size
        answer = dm.design(env, **words, formulation=way)
        assert answer.program is not None
        assert answer.program.num_columns == size.columns
        assert answer.program.num_rows <= size.rows
        assert worth(env, answer.mechanism, words["objective"]) == answer.value
        values.add(answer.value)
    assert len(values) == 1


@pytest.mark.parametrize("way", ["local", "thresholds", "thresholds+lazy", "lazy", "textbook+local+lazy"])
@pytest.mark.parametrize("objective", FEW_ROWS)
def test_few_rows_carry_objectives(way: str, objective: str) -> None:
    env = dm.load("two-type-markov", horizon=3)
    plain = dm.design(env, objective=objective, formulation="utilities", exact=True)
    few = dm.design(env, objective=objective, formulation=way, exact=True)
    assert few.formulation != plain.formulation
    assert few.value == plain.value
    assert few.certificate is not None
    assert few.certificate.value == plain.value


# -- the least of several ------------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(6))
def test_the_least_is_the_best_of_its_multipliers(seed: int) -> None:
    """max over mechanisms of A + m min U_i = min over λ of max A + m Σ λ_i U_i; exactly, λ from the duals."""
    env = dm.load("random", seed=seed, agents=2, actions=3, controlled=False)
    m = F(1)
    asked = {"revenue": F(1), "min-utility": m}
    value = dm.design(env, objective=asked, exact=True).value
    names = [env.agents[i].name for i in env.private]

    def at(share: Fraction) -> Any:
        weights = {"revenue": F(1), f"utility:{names[0]}": m * share, f"utility:{names[1]}": m * (1 - share)}
        return dm.design(env, objective=weights, exact=True).value

    compiled, _, _ = compile_question(env, Question.of(env, asked), EXACT)
    dual = solve(compiled.solved, exact=True).dual
    assert dual is not None
    prices = [-dual[compiled.least["min-utility", 0, i].slice][0] for i in env.private]
    assert sum(abs(p) for p in prices) == m
    assert at(abs(prices[0])) == value
    assert min(at(F(k, 4)) for k in range(5)) >= value


# -- goods ---------------------------------------------------------------------------------------------------


def goods(upper: Any, quadratic: int) -> Environment:
    return dm.Environment(
        name="goods", horizon=1, actions=[{"goods": ["unit"], "upper": [upper], "quadratic": [[quadratic]]}],
        agents=[dm.Agent("b", types=["l", "h"], prior=HALF, values=[[[1, 2]]])],
    )  # fmt: skip


def test_quantities_by_hand() -> None:
    """q = v less what rents cost, of cost q²/2: x_l = (1/2 − κ/2) / (1/2) at R + W = 1."""
    assert dm.design(goods(None, 1), exact=True).value == 1
    low = F(1, 2)  # 1 − κ with κ = 1/2
    value = low / 2 - low**2 / 4 - low / 4 + F(1)
    assert dm.design(goods(None, 1), objective="revenue=1,utility=1/2", exact=True).value == value


def test_what_goods_cannot_carry_is_said() -> None:
    curved = dm.design(goods(2, 1), objective="revenue=1,welfare=-2")
    assert curved.status == "not-applicable"
    assert "revenue and welfare weigh -1 together, and quadratic costs need 0 or more" in curved.message
    endless = dm.design(goods(None, 1), objective="revenue=1,welfare=-1")
    assert endless.status == "not-applicable"
    assert "good 'unit', without an upper bound, needs more than 0" in endless.message
    with pytest.raises(AssumptionViolated, match="weigh -1 together"):
        dm.compile(goods(2, 1), objective="revenue=1,welfare=-2")
    # Bounded and linear goods carry any weights: x_h = 0, x_l = 0 at R + W = −1.
    assert dm.design(goods(2, 0), objective="revenue=1,welfare=-2", exact=True).value == 0
    assert dm.design(goods(2, 1), objective="revenue=1,welfare=-1", exact=True).status == "optimal"


# -- order, words --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(4))
def test_the_order_of_agents_is_no_matter(seed: int) -> None:
    env = dm.load("random", seed=seed, agents=2, periods=2, types=2, actions=2)
    content = instance_to_json(env)
    turned = instance_from_json(content | {"agents": content["agents"][::-1]}, "turned")
    weights = {"revenue": 1, "utility:agent 1": "1/2", "min-type-utility": "1/3", "welfare": "-1/4"}
    one, other = (dm.design(e, objective=weights, exact=True).value for e in (env, turned))
    assert one == other
    assert one is not None


@pytest.mark.parametrize(
    ("given", "word"),
    [
        ("utility", "utility"),
        ("utility=1", "utility"),
        ({"revenue": 2}, "revenue=2,welfare=0"),
        ("utility=-1/2,revenue=1", "revenue=1,utility=-1/2"),
        ({"utility:b": 2, "utility:a": 1}, "utility:a=1,utility:b=2"),
        ({"utility:a b": 1}, "utility:a b"),
        ({'utility:a=1,revenue': 1}, 'utility:"a=1,revenue"'),
        ({'utility:"': 3, "revenue": 1}, 'revenue=1,utility:"\\""=3'),
        ("min-utility = 1 , revenue = 1", "revenue=1,min-utility=1"),
    ],
)  # fmt: skip
def test_words_are_written_as_they_are_read(given: Any, word: str) -> None:
    objective = read_objective(given)
    assert objective.word == word
    assert read_objective(word) == objective


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ("min-utility=-1", "the weight on min-utility is negative"),
        ("min-type-utility=-1/2,revenue=1", "the weight on min-type-utility is negative"),
        ("revenue=1,welfare", "'welfare' is not a weight such as"),
        ("revenue=1,,utility=1", "',utility=1' is not a weight"),
        ("revenue=1=2", "'revenue=1=2' is not a weight"),
        ("utility=0,welfare=0", "every weight is 0"),
        ("utility:=1", "agent '' is not one of a, b"),
        ("utility:c=1", "agent 'c' is not one of a, b"),
        ({"utilities": 1}, "'utilities' is not one of 'revenue', 'welfare', 'utility', 'min-utility'"),
        ({3: 1}, "3 is not one of"),
        (7, "7 is not one of"),
        ('utility:"a\\q"=1', "is no name in quotes"),
        ("utility=nan", "'nan' is not a number"),
    ],
)
def test_what_is_no_objective_is_said(given: Any, says: str) -> None:
    with pytest.raises(InvalidInput, match=says):
        dm.design(sale(buyer("a", 1), buyer("b", 1)), objective=given)


def test_mixtures_are_convex() -> None:
    """The value is the greatest of linear functions of the weights: convex in them."""
    env = dm.load("random", seed=3, agents=2, periods=2, types=2, actions=2)
    steps = [F(k, 4) for k in range(-4, 5)]
    values = [dm.design(env, objective={"revenue": 1, "utility": k}, exact=True).value for k in steps]
    for low, middle, high in zip(values, values[1:], values[2:], strict=False):
        assert low is not None
        assert middle is not None
        assert high is not None
        assert low + high >= 2 * middle
    assert any(a != b for a, b in itertools.pairwise(np.diff(np.array(values)).tolist()))
