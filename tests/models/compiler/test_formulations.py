"""Formulations: conditions that are checked, words that are refused, and one value whatever the words."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dynamech import testing
from dynamech.instances.library import load
from dynamech.models.compiler.formulation import read_formulation
from dynamech.models.compiler.single_crossing import Crossing, single_crossing
from dynamech.models.design.compiling import compile_question
from dynamech.models.design.design import Design, design
from dynamech.models.design.question import Question
from dynamech.models.environment.environment import Agent, Environment
from dynamech.models.notions.incentives import Information
from dynamech.models.verification.anywhere import verify
from dynamech.solvers.effort import EXACT
from dynamech.solvers.errors import InvalidInput
from dynamech.solvers.exact.solve import certify_vectors
from dynamech.solvers.solve import solve

FEW = settings(max_examples=12, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
WAYS = (
    "utilities",
    "local",
    "lazy",
    "textbook",
    "textbook+local",
    "textbook+local+lazy",
    "textbook+full-reports",
    "per-period+local",
    "thresholds",
    "thresholds+lazy",
)


def ask(env: Environment, formulation: str, **more: Any) -> Design:
    return design(env, Question.of(env, formulation=formulation, **more), EXACT)


@st.composite
def buyers(draw: Any) -> Environment:
    """One agent, binary decisions, distinct willingness to pay in the last period, zeros in the kernels."""
    periods = draw(st.sampled_from([2, 2, 3]))
    sizes = [draw(st.integers(2, 4)) for _ in range(periods)]
    actions = draw(st.sampled_from([1, 2]))

    def row(size: int) -> list[Fraction]:
        weights = draw(st.lists(st.integers(0, 3), min_size=size, max_size=size))
        weights[0] += not sum(weights)
        return [Fraction(w, sum(weights)) for w in weights]

    values: list[Any] = [
        [draw(st.lists(st.integers(0, 5), min_size=k, max_size=k)) for _ in range(2)] for k in sizes
    ]
    gains = draw(st.lists(st.integers(-3, 9), min_size=sizes[-1], max_size=sizes[-1], unique=True))
    values[-1][1] = [values[-1][0][k] + gain for k, gain in enumerate(gains)]
    moves = [
        [[row(sizes[t + 1]) for _ in range(sizes[t])] for _ in range(actions)] for t in range(periods - 1)
    ]
    agent = Agent(
        "buyer",
        types=[[f"{t}{k}" for k in range(size)] for t, size in enumerate(sizes)],
        prior=row(sizes[0]),
        values=values,
        transitions=moves,
    )
    costs = [[0, draw(st.integers(-1, 3))] for _ in range(periods)]
    discount = draw(st.sampled_from(["1", "9/10"]))
    return Environment(
        name="buyer", horizon=periods, discount=discount, actions=["no", "yes"], costs=costs, agents=[agent]
    )


@FEW
@given(buyers(), st.sampled_from(["bayesian", "ex-post"]))
def test_all_ways_to_write_a_question_have_one_value(env: Environment, incentives: str) -> None:
    values = {}
    for formulation in WAYS:
        answer = ask(env, formulation, incentives=incentives)
        assert answer.status == "optimal", (formulation, answer.message)
        values[formulation] = answer.value
        for verdict in verify(env, answer.mechanism, incentives, "interim"):
            assert verdict.violation == 0, (formulation, verdict)
    assert len(set(values.values())) == 1, values


@FEW
@given(buyers())
def test_posted_prices_prove_the_program_with_rows(env: Environment) -> None:
    compilation = compile_question(env, Question.of(env, formulation="thresholds"), EXACT)[0]
    assert compilation.solved is not compilation.program
    solution = solve(compilation.solved, exact=True)
    dual = compilation.lift.dual(solution.multipliers)
    assert dual is not None
    proof = certify_vectors(compilation.program, compilation.lift.primal(solution.point), dual)
    assert proof.value == solution.value


@FEW
@given(st.integers(0, 10_000), st.sampled_from(["bayesian", "ex-post", "relaxed", "first-order"]))
def test_words_for_rows_never_change_the_value(seed: int, incentives: str) -> None:
    env = testing.random_environment(
        seed, agents=1 + seed % 2, types=2 + seed // 2 % 2, controlled=seed % 3 == 0, sparse=seed % 5 < 3,
        interdependent=seed % 7 < 3, observed=seed % 11 < 3,
    )  # fmt: skip
    whole = ask(env, "textbook", incentives=incentives).value
    for formulation in ("lazy", "textbook+lazy"):
        assert ask(env, formulation, incentives=incentives).value == whole, formulation
    crossed = [single_crossing(env, t, i, Information.INTERIM) for t in range(2) for i in env.private]
    if incentives == "bayesian" and all(isinstance(answer, str) for answer in crossed):
        with pytest.raises(InvalidInput, match="no single crossing"):
            ask(env, "local", incentives=incentives)
    elif incentives != "relaxed" and not env.joint and any(isinstance(a, Crossing) for a in crossed):
        assert ask(env, "textbook+local", incentives=incentives).value == whole


def test_neighbours_follow_willingness_to_pay_not_the_list() -> None:
    """Types listed out of order: the rows go to the next willingness to pay, and fewer rows suffice."""
    pays = {"mid": 3, "low": 1, "top": 7, "high": 5}
    env = Environment(
        name="shuffled",
        horizon=1,
        actions=["no", "yes"],
        agents=[
            Agent(
                "b", types=list(pays), prior=["1/4"] * 4, values=lambda t, a, k: pays[k] if a == "yes" else 0
            )
        ],
    )
    compilation = compile_question(env, Question.of(env, formulation="utilities+local"), EXACT)[0]
    labels = {compilation.program.row_label(k) for k in range(compilation.program.num_rows)}
    told = {label.split("|")[1].rstrip("]") for label in labels if label.startswith("incentive")}
    assert told == {"low→mid", "mid→low", "mid→high", "high→mid", "high→top", "top→high"}
    assert ask(env, "local").value == ask(env, "textbook").value == Fraction(5, 2)


def test_types_that_pay_alike_are_all_compared_with_their_neighbours() -> None:
    """Two types of one willingness to pay whose values differ by a constant: both are reports to rule out."""
    worth = {"a": (0, 1), "b": (2, 3), "c": (0, 4), "d": (1, 5), "e": (0, 9)}
    env = Environment(
        name="ties",
        horizon=1,
        actions=["no", "yes"],
        costs=[[0, 2]],
        agents=[
            Agent("x", types=list(worth), prior=["1/5"] * 5, values=lambda t, a, k: worth[k][a == "yes"])
        ],
    )
    answer = ask(env, "local")
    assert answer.value == ask(env, "textbook").value
    assert answer.program is not None
    assert answer.program.num_rows < ask(env, "utilities").program.num_rows  # type: ignore[union-attr]


def test_local_is_refused_with_the_reason_where_there_is_no_single_crossing() -> None:
    env = Environment(
        name="two goods",
        horizon=1,
        actions=["none", "apple", "pear"],
        agents=[
            Agent(
                "x",
                types=["a", "b", "c"],
                prior=["1/3"] * 3,
                values=[[[0, 0, 0], [1, 3, 2], [1, 2, 4]]],
            )
        ],
    )
    with pytest.raises(
        InvalidInput,
        match=r"agent 'x', period 0: her values at type 'b' differ .* at 'c', so there is no single crossing",
    ):
        ask(env, "local")
    with pytest.raises(InvalidInput, match="two actions"):
        ask(env, "thresholds")
    assert isinstance(single_crossing(env, 0, 0, Information.INTERIM), str)


def test_a_moving_type_passes_only_where_it_moves_in_one_direction() -> None:
    stays = load("two-type-markov")
    assert isinstance(single_crossing(stays, 0, 0, Information.INTERIM), Crossing)
    persistent = Environment(
        name="three",
        horizon=2,
        actions=["no", "yes"],
        agents=[
            Agent(
                "x", types=["a", "b", "c"], prior=["1/3"] * 3,
                values=lambda t, a, k: "abc".index(k) + 1 if a == "yes" else 0,
                transitions=lambda t, a, k, m: "1/2" if k == m else "1/4",
            )
        ],
    )  # fmt: skip
    reason = single_crossing(persistent, 0, 0, Information.INTERIM)
    assert isinstance(reason, str)
    assert "her moves" in reason
    last = single_crossing(persistent, 1, 0, Information.INTERIM)
    assert isinstance(last, Crossing)
    assert last.rank.tolist() == [[0, 1, 2]]


def test_posted_prices_want_distinct_values_and_one_agent() -> None:
    with pytest.raises(InvalidInput, match="same willingness to pay in period 1"):
        ask(load("kln-nonseparable", n=5), "thresholds")
    with pytest.raises(InvalidInput, match="one agent with private types, and there are 2"):
        ask(load("handicap-auction"), "thresholds")


@pytest.mark.parametrize(
    ("word", "message"),
    [
        ("clever", "'clever' is not one of auto"),
        ("auto+lazy", "'auto' stands alone"),
        ("lazy+lazy", "'lazy' is said twice"),
        ("textbook+utilities", "'textbook' and 'utilities' exclude each other"),
        ("utilities+full-reports", "use 'textbook\\+full-reports'"),
    ],
)
def test_words_that_make_no_sense(word: str, message: str) -> None:
    with pytest.raises(InvalidInput, match=message):
        ask(load("kln-nonseparable", n=3), word)


def test_reading_words() -> None:
    assert read_formulation("auto") == (None, frozenset())
    assert read_formulation("lazy+textbook") == ("textbook", frozenset({"lazy"}))


def test_auto_names_what_it_chose_and_small_programs_stay_as_they_are() -> None:
    env = load("sequential-screening", k0=6, k1=24)
    question = Question.of(env)
    large = design(env, question)
    assert large.formulation == "utilities+local+thresholds+lazy"
    assert large.value == pytest.approx(float(ask(env, "textbook+lazy").value or 0), rel=1e-9)
    small = load("kln-nonseparable", n=3)
    assert design(small, Question.of(small)).formulation == "utilities"


def test_full_reports_have_rows_for_reports_of_probability_zero() -> None:
    env = load("kln-nonseparable", n=3)
    few = compile_question(env, Question.of(env, formulation="textbook"))[0].program
    many = compile_question(env, Question.of(env, formulation="textbook+full-reports"))[0].program
    labels = {many.row_label(k) for k in range(many.num_rows)}
    assert few.num_rows < many.num_rows
    assert "incentive.1.buyer[0|0|x→1|x]" in labels
    assert all(
        "→1|" not in few.row_label(k) for k in range(few.num_rows) if ".1.buyer[0|" in few.row_label(k)
    )


def test_rare_histories_are_not_overlooked() -> None:
    """Objective coefficients of 1e-7 and below must count: floats and rationals agree to 1e-9."""
    stay, move = Fraction(97, 100), Fraction(1, 100)
    env = Environment(
        name="rare",
        horizon=5,
        discount="9/10",
        actions=["no", "yes"],
        agents=[
            Agent(
                "x", types=[0, 1, 2, 3], prior=["97/100", "1/100", "1/100", "1/100"],
                values=lambda t, a, k: 1 + k if a == "yes" else 0,
                transitions=lambda t, a, k, m: stay if k == m else move,
            )
        ],
    )  # fmt: skip
    exact = ask(env, "lazy").value
    assert exact is not None
    for formulation in ("utilities", "local+lazy", "thresholds"):
        value = design(env, Question.of(env, formulation=formulation)).value
        assert value is not None
        assert abs(float(value) - float(exact)) <= 1e-9 * float(exact), formulation


def test_labels_of_posted_prices() -> None:
    env = load("sequential-screening", k0=2, k1=3)
    compilation = compile_question(env, Question.of(env, formulation="thresholds"), EXACT)[0]
    labels = [compilation.solved.column_label(k) for k in range(compilation.solved.num_columns)]
    prices = [label for label in labels if label.startswith("price.1.buyer")]
    assert len(prices) == 8
    assert sum("never" in label for label in prices) == 2
    assert np.unique(prices).size == 8


@pytest.mark.parametrize("formulation", ["utilities", "utilities+local", "utilities+lazy", "thresholds"])
def test_a_float_design_can_be_proved_at_its_binary_values(formulation: str) -> None:
    """Levels of later utilities are fixed: free, they run away where binary coefficients do not cancel."""
    env = load("sequential-screening", k0=5, k1=12).to_float()
    answer = design(env, Question.of(env, formulation=formulation))
    assert answer.solution is not None
    proof = answer.solution.certify()
    assert proof.kind == "optimal"
    assert float(proof.value or 0) == pytest.approx(float(answer.value or 0), rel=1e-9)
