"""Programs with rows for allowed reports alone: two routes to values, and what fewer lies do to them."""

from __future__ import annotations

import random
from dataclasses import replace
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import dynamech as dm
from dynamech.models.compiler.prepared import Prepared
from dynamech.models.design.compiling import compile_question, prepare
from dynamech.models.design.design import Design
from dynamech.models.design.question import Question
from dynamech.models.environment.environment import Environment
from dynamech.models.environment.reports import held
from dynamech.solvers.errors import InvalidInput

from ..verification.random_mechanisms import Shape
from .plain_histories import Plain

pytestmark = pytest.mark.filterwarnings("ignore::dynamech.models.environment.reports.NotTransitive")

SHAPES = {
    "one": Shape("p", 2, sizes=(3, 3), sparse=True, reports=True),
    "one, long": Shape("p", 3, sizes=(2, 2, 2), sparse=True, reports=True),
    "one, steered": Shape("p", 2, sizes=(3, 2), controlled=(0,), sparse=True, reports=True),
    "observed": Shape("po", 2, given=True, sparse=True, reports=True),
    "two": Shape("pp", 2, sparse=True, reports=True, interdependent=True),
    "joint": Shape("pp", 2, joint=True, reports=True, interdependent=True),
    "joint, one": Shape("p", 2, sizes=(3, 3), sparse=True, joint=True, reports=True),
}
SEEDS = {
    "one": (12, 0),
    "one, long": (1, 2),
    "one, steered": (17, 18),
    "observed": (38, 0),
    "two": (6, 9),
    "joint": (45, 20),
    "joint, one": (46, 5),
}
"""The first of which is a case where the lies that may not be told would cost something."""


def some(name: str, seed: int) -> Environment:
    return SHAPES[name].environment(random.Random(f"{name}/{seed}"))


def without(env: Environment, tables: Any = None) -> Environment:
    """The environment with other tables for its first agent, none by default, and none for the others."""
    agents = [replace(agent, reports=None) for agent in env.agents]
    agents[0] = replace(agents[0], reports=tables)
    return env._with(agents=tuple(agents))


def solved(env: Environment, incentives: str = "bayesian", **words: Any) -> Design:
    found = dm.design(env, incentives=incentives, exact=True, **words)
    assert found.status == "optimal"
    return found


def value_of(env: Environment, incentives: str = "bayesian", **words: Any) -> Fraction:
    found = solved(env, incentives, **words).value
    assert isinstance(found, Fraction)
    return found


@pytest.mark.parametrize("word", ["bayesian", "ex-post"])
@pytest.mark.parametrize("name", SHAPES)
def test_values_are_those_of_a_plain_program_over_histories(name: str, word: str) -> None:
    for seed in SEEDS[name]:
        env = some(name, seed)
        found = solved(env, word)
        plain = Plain(env, word == "ex-post").solve()
        assert isinstance(found.value, Fraction)
        assert float(found.value) == pytest.approx(plain, abs=1e-7)
        verdicts = dm.verify(env, found.mechanism, word, "interim")
        assert verdicts[1]
        assert verdicts[0]
        assert found.certificate is not None
        assert found.certificate.value == found.value


def test_the_plain_program_is_not_blind_to_the_key() -> None:
    for name, (seed, _) in SEEDS.items():
        env = some(name, seed)
        assert Plain(env, False).solve() > Plain(without(env), False).solve() + 1e-3


@pytest.mark.parametrize("name", ["one", "one, long", "one, steered", "two", "joint"])
def test_formulations_agree_and_what_they_decode_to_gains_no_liar(name: str) -> None:
    env, value = some(name, SEEDS[name][0]), None
    asked = [
        "textbook",
        "textbook+lazy",
        "per-period",
        "textbook+full-reports",
        "utilities",
        "utilities+lazy",
    ]
    for formulation in asked[:4] if env.joint else asked:
        found = solved(env, formulation=formulation)
        assert found.formulation == formulation
        value = found.value if value is None else value
        assert found.value == value
        assert dm.verify(env, found.mechanism, "bayesian", "interim")


@pytest.mark.parametrize(
    ("word", "name"), [(w, n) for w in ("ex-post", "first-order") for n in ("one", "two")]
)
def test_other_notions_agree_with_their_textbook_programs(word: str, name: str) -> None:
    for seed in (*SEEDS[name], 3):
        env = some(name, seed)
        found = solved(env, word)
        assert found.value == value_of(env, word, formulation="textbook")
        assert dm.verify(env, found.mechanism, word)


def test_incentives_of_single_periods_fine_what_cannot_be_true() -> None:
    for seed in range(6):
        env = some("one", seed)
        found = solved(env, "per-period", participation="per-period")
        assert dm.verify(env, found.mechanism, "per-period", "per-period")


def test_an_impossible_report_that_is_open_to_a_liar_is_fined() -> None:
    """After "poor" she is "poor"; "rich" is worth more to, and cannot be denied by, whoever is "rich".

    Who is rich and says poor is so found out, and everybody pays all that she is worth.
    """
    buyer = dm.Agent(
        "buyer",
        types=["poor", "rich"],
        prior=["1/2", "1/2"],
        values=[[[0, 0], [0, 0]], [[0, 0], [1, 5]]],
        transitions=[[[[1, 0], [0, 1]]]],
        reports=[{}, {"rich": ["rich"]}],
    )
    env = dm.Environment(agents=[buyer], actions=["keep", "sell"], horizon=2, discount=1)
    found = solved(env)
    assert found.value == 3
    assert dm.verify(env, found.mechanism, "bayesian")
    first, last = found.mechanism.stages
    unfined = last.transfers.copy()
    unfined[0, 0, 1] = unfined[0, 0, 0]  # after "poor"
    free = dm.Mechanism(env.name, (first, replace(last, transfers=unfined)))
    verdict = dm.verify(env, free, "bayesian")
    assert verdict.witness is not None
    assert (verdict.witness.type, verdict.witness.report, verdict.violation) == ("rich", "poor", 4)


@settings(max_examples=20, deadline=None, derandomize=True)
@given(
    name=st.sampled_from(sorted(SHAPES)),
    seed=st.integers(0, 999),
    word=st.sampled_from(["bayesian", "ex-post"]),
)
def test_fewer_lies_never_earn_less(name: str, seed: int, word: str) -> None:
    """No key and a full key are the same; then lie after lie is taken away, until truth alone is left."""
    env, rng = some(name, seed), np.random.default_rng(seed)
    sizes = [k[0] for k in map(env.types, range(env.periods))]
    tables = [np.ones((k, k), dtype=bool) for k in sizes]
    assert held(tables) is None
    value = value_of(without(env), word)
    assert value_of(without(env, tuple(tables)), word) == value
    for _ in range(3):
        tables = [
            table & ((rng.random(table.shape) < 0.6) | np.eye(len(table), dtype=bool)) for table in tables
        ]
        less = value_of(without(env, held(tables)), word)
        assert less >= value
        value = less
    if env.private == (0,):
        alone = value_of(without(env, tuple(np.eye(k, dtype=bool) for k in sizes)), word)
        assert alone == value_of(env, "none") >= value


def test_rows_are_counted_as_they_are_written() -> None:
    for name in SHAPES:
        for word in ("bayesian", "ex-post", "first-order", "per-period"):
            env = some(name, 2)
            question = Question.of(env, incentives=word)
            ready, _ = prepare(env, question)
            assert isinstance(ready, Prepared)
            program = compile_question(env, question)[0].program
            assert ready.size.rows >= program.num_rows
            assert ready.size.columns == program.num_columns
            assert ready.size.nonzeros >= program.num_nonzeros
            full, _ = prepare(without(env), question)
            assert ready.size.rows <= full.size.rows


def test_formulations_whose_conditions_fail_are_refused_and_never_chosen() -> None:
    env = dm.load("two-type-markov", low=1, high=2)
    (buyer,) = env.agents
    last = replace(buyer, reports=held([None, np.tri(2, dtype=bool)]))
    first = replace(buyer, reports=held([np.tri(2, dtype=bool), None]))
    late = env._with(agents=(last,))
    for word in ("utilities+local", "utilities+thresholds"):
        assert dm.design(env, formulation=word).formulation.startswith("utilities+local")
    with pytest.raises(InvalidInput, match="period 1: some types may not report others"):
        dm.design(late, formulation="utilities+thresholds")
    everywhere = env._with(agents=(replace(buyer, reports=(np.tri(2, dtype=bool),) * 2),))
    with pytest.raises(InvalidInput, match="period 0: some types may not report others"):
        dm.design(everywhere, formulation="utilities+local")
    mixed = dm.design(late, formulation="utilities+local", exact=True)  # neighbours in period 0 alone
    assert mixed.value == dm.design(late, formulation="textbook", exact=True).value
    still = env._with(agents=tuple(replace(a, kernels=_stay(env)) for a in (first, last)[:1]))
    assert dm.design(still).formulation == "aggregated"
    moved = env._with(agents=(replace(last, kernels=_stay(env)),))
    assert dm.design(moved).formulation == "utilities"
    with pytest.raises(InvalidInput, match="may not report every type after period 0; use 'utilities'"):
        dm.design(moved, formulation="aggregated")


def _stay(env: Environment) -> Any:
    (kernel,) = env.agents[0].kernels
    return (replace(kernel, table=np.array([[0, 1]]), moves_to=2),)


def test_a_large_program_with_the_key_is_solved_as_its_textbook_program() -> None:
    env = dm.load("sequential-screening", k0=8, k1=40)
    size = env.types(1)[0]
    table = np.arange(size)[:, None] % 3 >= np.arange(size) % 3
    env = env._with(agents=(replace(env.agents[0], reports=held([None, table])),))
    quick = dm.design(env)
    assert "lazy" in quick.formulation
    assert "thresholds" not in quick.formulation
    assert quick.value == pytest.approx(dm.design(env, formulation="textbook").value, abs=1e-7)
