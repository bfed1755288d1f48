"""Compiled rows: golden text for two types and two periods, and rows against the independent check."""

from __future__ import annotations

import itertools
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from dynamech import testing
from dynamech.models.design.compiling import compile_question
from dynamech.models.design.design import design
from dynamech.models.design.question import Question
from dynamech.models.environment.environment import Agent, Environment
from dynamech.models.mechanism.mechanism import Mechanism
from dynamech.models.notions.demands import Demanded, read_demands
from dynamech.models.notions.incentives import INCENTIVES
from dynamech.models.notions.participation import PARTICIPATIONS
from dynamech.solvers.effort import EXACT

GOLDEN = Path(__file__).parents[2] / "data" / "golden"


def two_types(keeping: str = "0") -> Environment:
    """A buyer whose two types persist with probability 3/4, for two periods at discount 9/10."""
    return Environment(
        name="two-type-two-period",
        horizon=2,
        discount="9/10",
        actions=["keep", "sell"],
        costs=[[keeping, "1/4"]] * 2,
        agents=[
            Agent(
                "buyer",
                types=["low", "high"],
                prior=["1/2", "1/2"],
                values=[[[0, 0], [1, 2]]] * 2,
                transitions=[[["3/4", "1/4"], ["1/4", "3/4"]]],
            )
        ],
    )


def two_buyers() -> Environment:
    """An item for one of two buyers who are alike."""
    values = [[[0, 0], [1, 2], [0, 0]], [[0, 0], [0, 0], [1, 2]]]
    buyers = [
        Agent(name, types=["low", "high"], prior=["1/2", "1/2"], values=[worth])
        for name, worth in zip("ab", values, strict=True)
    ]
    return Environment(name="two-buyers", horizon=1, actions=["keep", "to a", "to b"], agents=buyers)


DEMANDED: dict[str, dict[str, Any]] = {
    "payments": {"payments": "-1..3/2"},
    "payments.on.path": {"payments": "none", "on": "path"},
    "budget.ex-ante": {"budget": "ex-ante"},
    "budget.per-period": {"budget": "per-period"},
    "budget.ex-post": {"budget": "ex-post", "balanced": True},
    "budget.every-period": {"budget": "every-period"},
    "anonymous": {"anonymous": [["a", "b"]]},
    "rows": {
        "rows": [
            {
                "name": "capacity",
                "upper": "1/2",
                "expected": True,
                "allocation": [[1, None, None, "sell", 1]],
            },
            {
                "name": "late payment of one history",
                "lower": 0,
                "upper": 1,
                "payment": [[1, [[["low"], None]], ["high"], "buyer", 1], [0, [], ["low"], "buyer", "-1/3"]],
                "utility": [["buyer", "high", 2]],
            },
        ]
    },
    "deterministic": {"deterministic": True},
}
ASKED = [
    ("none", "interim", "textbook"),
    ("virtual", "interim", "auto"),
    ("relaxed", "interim", "auto"),
    ("types-public", "interim", "auto"),
    ("first-order", "interim", "utilities"),
    ("bayesian", "none", "utilities"),
    ("bayesian", "interim", "textbook"),
    ("bayesian", "interim", "utilities"),
    ("bayesian", "ex-post", "textbook"),
    ("bayesian", "prefix", "per-period"),
    ("bayesian", "outside-efficient", "per-period"),
    ("ex-post", "periodic", "utilities"),
    ("per-period", "per-period", "auto"),
]


def test_every_notion_that_is_compiled_has_a_golden_program() -> None:
    assert {word for word, _, _ in ASKED} == set(INCENTIVES)
    assert {participation for _, participation, _ in ASKED} == set(PARTICIPATIONS)
    assert {path.name for path in GOLDEN.iterdir()} == {
        *(f"{'.'.join(asked)}.txt" for asked in ASKED),
        *(f"demand.{name}.txt" for name in DEMANDED),
    }


def test_every_demand_has_a_golden_program() -> None:
    assert {demand.demanded for keys in DEMANDED.values() for demand in read_demands(keys)} == set(Demanded)


@pytest.mark.parametrize("name", DEMANDED)
def test_golden_programs_of_demands(name: str) -> None:
    env = two_buyers() if name == "anonymous" else two_types()
    question = Question.of(env, demands=DEMANDED[name])
    compiled, _, size = compile_question(env, question, EXACT)
    assert (size.rows, size.columns) == (compiled.program.num_rows, compiled.program.num_columns)
    path = GOLDEN / f"demand.{name}.txt"
    assert testing.program_text(compiled.program) == path.read_text(encoding="utf-8")


@pytest.mark.parametrize(("word", "participation", "formulation"), ASKED)
def test_golden_programs(word: str, participation: str, formulation: str) -> None:
    # Where keeping costs more than selling she is served without being there.
    env = two_types("1/2" if participation == "outside-efficient" else "0")
    question = Question.of(env, "revenue", word, participation, None, formulation)
    compiled, _, size = compile_question(env, question, EXACT)
    text = testing.program_text(compiled.program)
    assert (size.rows, size.columns) == (compiled.program.num_rows, compiled.program.num_columns)
    assert size.nonzeros >= compiled.program.num_nonzeros
    path = GOLDEN / f"{word}.{participation}.{formulation}.txt"
    assert text == path.read_text(encoding="utf-8")


def utilities_by_label(env: Environment, mechanism: Mechanism) -> dict[str, tuple[float, float]]:
    """(what truth earns, what the report earns) of every lie, by the label of its row; plain recursion.

    Independent processes, everybody reports; after a lie the truth.
    """
    utilities: dict[str, tuple[float, float]] = {}
    n = env.num_agents
    kernels: list[list[Any]] = [[k.table.astype(float) for k in agent.kernels] for agent in env.agents]

    def value(i: int, t: int, a: int, profile: tuple[int, ...]) -> float:
        table = env.agents[i].values[t]
        at = tuple(k if size > 1 else 0 for k, size in zip(profile, table.shape[1:], strict=True))
        return float(table[(a, *at)])

    def row(j: int, t: int, a: int, own: int) -> Any:
        table = kernels[j][t]
        return table[min(a, table.shape[0] - 1), own]

    def earns(i: int, t: int, m: int, beliefs: list[Any], true: int, said: int) -> float:
        stage = mechanism.stages[t]
        total = 0.0
        others = [range(env.types(t)[j]) if j != i else [said] for j in range(n)]
        for profile in itertools.product(*others):
            chance = np.prod([beliefs[j][k] for j, k in enumerate(profile) if j != i])
            if chance == 0:
                continue
            truth = tuple(true if j == i else k for j, k in enumerate(profile))
            here = -float(stage.transfers[(i, m, *profile)])
            for a in range(env.num_actions(t)):
                q = float(stage.allocation[(m, *profile, a)])
                if q == 0:
                    continue
                here += q * value(i, t, a, truth)
                if t + 1 < env.periods:
                    assert stage.next is not None
                    after = int(stage.next[(m, *profile, a)])
                    # The others move from their true reports; her next type from the true one.
                    news = [row(j, t, a, k) for j, k in enumerate(profile)]
                    for k, p in enumerate(row(i, t, a, true)):
                        if p:
                            here += float(env.discount) * q * p * earns(i, t + 1, after, news, k, k)
            total += chance * here
        return total

    def walk(t: int, m: int, beliefs: list[Any]) -> None:
        label = mechanism.stages[t].label_of(m)
        for i in range(n):
            for true, said in itertools.permutations(range(env.types(t)[i]), 2):
                names = env.agents[i].types[t]
                key = f"incentive.{t}.{env.agents[i].name}[{label}|{names[true]}→{names[said]}]"
                utilities[key] = (earns(i, t, m, beliefs, true, true), earns(i, t, m, beliefs, true, said))
        if t + 1 == env.periods:
            return
        stage = mechanism.stages[t]
        assert stage.next is not None
        for profile in itertools.product(*(range(k) for k in env.types(t))):
            followed = set()
            for a in range(env.num_actions(t)):
                after = int(stage.next[(m, *profile, a)])
                if stage.allocation[(m, *profile, a)] > 1e-9 and after not in followed:
                    followed.add(after)
                    walk(t + 1, after, [row(j, t, a, k) for j, k in enumerate(profile)])

    walk(0, 0, [agent.prior.astype(float) for agent in env.agents])
    return utilities


@pytest.mark.parametrize("formulation", ["textbook", "utilities"])
@pytest.mark.parametrize(
    ("agents", "periods", "controlled", "interdependent"),
    [(1, 2, False, False), (1, 3, True, False), (2, 2, False, True), (2, 2, True, False)],
)
def test_every_row_is_the_independent_check_of_its_label(
    agents: int, periods: int, controlled: bool, interdependent: bool, formulation: str
) -> None:
    """Row activity, divided by the weight of the history, is truth minus lie, computed from the mechanism."""
    env = testing.random_environment(
        11, agents=agents, periods=periods, types=2, controlled=controlled, interdependent=interdependent
    )
    answer = design(env, Question.of(env, formulation=formulation))
    compilation, primal = answer.solved.compiled, answer.solved.solution.point
    program = compilation.program
    activity = program.matrix @ primal
    expected = utilities_by_label(env, answer.mechanism)
    labels = {program.row_label(k): k for k in range(program.num_rows)}
    compiled = {label for label in labels if label.startswith("incentive.")}
    assert set(expected) <= compiled
    if not controlled:
        assert set(expected) == compiled
    tight = 0
    for t in range(periods):
        weight = compilation.layout.weight(t, primal)
        for rows in (compilation.lies[t, i] for i in compilation.layout.views[t]):
            block = rows.block
            for k in range(block.size):
                label = block.label_of(k)
                if label not in expected:
                    continue
                scale = float(weight[rows.memory[k]])
                truth, lie = expected[label]
                assert activity[block.start + k] / scale == pytest.approx(truth - lie, abs=1e-6), label
                tight += abs(truth - lie) < 1e-6
    assert tight > 0
