"""What agents have outside: plain recursion, other orders of actions, the judge; where it means nothing."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction as F
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import dynamech as dm
from dynamech.instances import load
from dynamech.models.design.design import design
from dynamech.models.design.question import Question
from dynamech.models.efficient.pivot import pivot
from dynamech.models.environment.environment import Agent, Environment
from dynamech.models.notions.incentives import Information
from dynamech.models.notions.participation import PARTICIPATIONS
from dynamech.models.society.outside import outside_option
from dynamech.models.verification.stationary import verify_stationary
from dynamech.models.verification.verify import participation_verdict
from dynamech.solvers.effort import EXACT
from dynamech.solvers.errors import AssumptionViolated

OUTSIDE = PARTICIPATIONS["outside-efficient"]


def coarse(seed: int, stationary: bool, public: bool, agents: int = 2) -> Environment:
    """Values -1, 0 and 1 alone, so that others are often indifferent."""
    env = load(
        "random", seed=seed, agents=agents, periods=1 if stationary else 2, types=2, actions=3,
        observed=int(public), given=public, feasible=public, stationary=stationary,
    )  # fmt: skip
    dice = np.random.default_rng(seed)

    def rounded(table: Any) -> Any:
        return np.array([F(int(k)) for k in dice.integers(-1, 2, table.size)], object).reshape(table.shape)

    made = [replace(a, values=tuple(rounded(v) for v in a.values)) for a in env.agents]
    return env._with(agents=tuple(made), costs=tuple(0 * c for c in env.costs))


def plainly(env: Environment, i: int, t: int, truth: tuple[int, ...], rest: int) -> tuple[F, F, F]:
    """Over so many periods more: what the others have, less how much that touches agent i, and what she has;
    the best action by the first, then by the second, then by the third."""
    best = []
    here = 0 if env.stationary else t
    for a in range(env.num_actions(here)):
        flags = env.feasible[here]
        if flags is not None and not flags[(a, *(truth[j] for j in env.observed))]:
            continue
        worth = [
            F(agent.values[here][(a, *(k if n > 1 else 0 for k, n in zip(truth, agent.values[here].shape[1:],
                                                                         strict=True)))])
            for agent in env.agents
        ]  # fmt: skip
        found = [sum(worth, F(0)) - worth[i] - env.costs[here][a], -abs(worth[i]), worth[i]]
        for now in np.ndindex(*env.types(here)) if rest else ():
            chance = F(env.discount)
            for j, agent in enumerate(env.agents):
                kernel = agent.kernels[here]
                head = a if len(kernel.table) > 1 else 0
                chance *= F(kernel.table[(head, *(now[g] for g in kernel.given), truth[j], now[j])])
            if chance:
                later = plainly(env, i, t + 1, now, rest - 1)
                found = [x + chance * y for x, y in zip(found, later, strict=True)]
        best.append((found[0], found[1], found[2]))
    return max(best)


@pytest.mark.parametrize("public", [False, True])
@pytest.mark.parametrize("seed", range(4))
def test_plain_recursion_over_histories_has_the_same(seed: int, public: bool) -> None:
    env = coarse(seed, False, public)
    for i in env.private:
        values, error = outside_option(env, i)
        assert error == 0
        for t in range(env.periods):
            wanted = [plainly(env, i, t, s, env.periods - 1 - t)[2] for s in np.ndindex(*env.types(t))]
            assert values[t].tolist() == wanted
        floats, error = outside_option(env.to_float(), i)
        assert all(np.allclose(a, b.astype(float), rtol=0, atol=1e-12 + error)
                   for a, b in zip(floats, values, strict=True))  # fmt: skip


def listed(env: Environment, order: list[int]) -> Environment:
    """The same with actions in another order."""
    agents = [
        replace(
            agent,
            values=tuple(v[order] for v in agent.values),
            kernels=tuple(
                replace(k, table=k.table[order] if len(k.table) > 1 else k.table) for k in agent.kernels
            ),
        )
        for agent in env.agents
    ]
    return env._with(
        actions=tuple(tuple(labels[k] for k in order) for labels in env.actions),
        costs=tuple(c[order] for c in env.costs),
        feasible=tuple(None if f is None else f[order] for f in env.feasible),
        agents=tuple(agents),
    )


@settings(max_examples=12, deadline=None, derandomize=True)
@given(
    seed=st.integers(0, 10**5), stationary=st.booleans(), public=st.booleans(),
    order=st.permutations([0, 1, 2]),
)  # fmt: skip
def test_ties_of_the_others_and_the_order_of_actions(
    seed: int, stationary: bool, public: bool, order: list[int]
) -> None:
    """One number however actions are listed; no more than M; the others' own welfare is untouched by it."""
    env = coarse(seed, stationary, public)
    one, two = pivot(env, EXACT), pivot(listed(env, order), EXACT)
    for a, b, most in zip(one.outside, two.outside, one.M, strict=True):
        assert (a == b).all()
        assert (a <= most).all()
    for k, i in enumerate(env.private):
        values, _ = outside_option(env, i)
        assert all((a == b[k]).all() for a, b in zip(values, one.outside, strict=True))


def test_others_who_are_indifferent_neither_serve_nor_harm() -> None:
    """The other gets 1 from `work` and nothing from the rest: `work` costs her 2, `gift` and `harm` are ties
    of `idle` once his work is done."""
    def made(order: list[str]) -> Environment:
        worth = {"idle": 0, "gift": 5, "harm": -7, "work": -2}
        return Environment(
            name="neighbours", horizon=None, actions=order, discount="1/2",
            agents=[
                Agent("she", types=["here"], prior=[1], values=lambda t, a, own: worth[a],
                      transitions=lambda t, a, own, then: 1),
                Agent("he", types=["todo", "done"], prior=[1, 0],
                      values=lambda t, a, own: int(a == "work" and own == "todo"),
                      transitions=lambda t, a, own, then: int(
                          then == ("done" if a == "work" or own == "done" else "todo"))),
            ],
        )  # fmt: skip

    for order in (["idle", "gift", "harm", "work"], ["harm", "work", "gift", "idle"]):
        (values,), _ = outside_option(made(order), 0)
        assert values.tolist() == [-2, 0]
        (his,), _ = outside_option(made(order), 1)
        assert his.tolist() == [0, 0]


@settings(max_examples=12, deadline=None, derandomize=True)
@given(
    seed=st.integers(0, 10**5), stationary=st.booleans(), public=st.booleans(),
    more=st.fractions(0, 3, max_denominator=4),
)  # fmt: skip
def test_the_judge_finds_what_the_pivot_mechanism_leaves_beyond_it(
    seed: int, stationary: bool, public: bool, more: F
) -> None:
    """M ≥ O at every state; dearer by `more` in every period, what is missing is known to the last digit."""
    env = coarse(seed, stationary, public)
    found = pivot(env, EXACT)
    stages = tuple(replace(stage, transfers=stage.transfers + more) for stage in found.mechanism.stages)
    dearer = replace(found.mechanism, stages=stages)
    missing = F(0)
    for t, (most, option) in enumerate(zip(found.M, found.outside, strict=True)):
        left = found.periods[-1] - t + 1
        total = more * (1 / (1 - env.discount) if stationary else sum(env.discount**s for s in range(left)))
        missing = max(missing, (option - most + total).max())

    def judged(mechanism: Any) -> Any:
        if stationary:
            return verify_stationary(env, mechanism, [], [OUTSIDE], Information.PROFILE)[0]
        return participation_verdict(env, mechanism, OUTSIDE, Information.PROFILE)

    assert judged(found.mechanism).holds
    verdict = judged(dearer)
    assert (verdict.violation, verdict.holds) == (missing, missing == 0)


def test_a_witness_says_what_she_has_outside() -> None:
    """Keeping costs 1/2, so that she is served without being there; to sell to her at 1 falls short of it."""
    env = Environment(
        name="gift", horizon=1, actions=["keep", "sell"], costs=[["1/2", 0]],
        agents=[Agent("buyer", types=["only"], prior=[1], values=[[[0], [1]]])],
    )  # fmt: skip
    dear = design(env, Question.of(env), EXACT)
    assert dear.value == 1
    verdict = dm.verify(env, dear.mechanism, participation="outside-efficient")
    assert verdict.witness is not None
    assert verdict.witness.sentence == (
        "Agent 'buyer' of type 'only' in period 0 expects 0 from then on, "
        "1 less than the 1 that the others' policy would leave to her."
    )
    kept = design(env, Question.of(env, participation="outside-efficient"), EXACT)
    assert kept.value == 0
    assert dm.verify(env, kept.mechanism, participation="outside-efficient")


GOODS = Environment(
    name="goods", horizon=1, actions=[{"goods": ["unit"], "upper": [1], "quadratic": [[1]]}],
    agents=[Agent("a", types=[1, 2], prior=["1/2", "1/2"], values=[[[1, 2]]])],
)  # fmt: skip


@pytest.mark.parametrize(
    ("env", "what"),
    [
        (load("random", seed=2, agents=2, private_values=False), "needs private values"),
        (load("random", seed=2, agents=2, independent=False), "types are not independent"),
        (GOODS, "divisible goods"),
    ],
)
def test_where_there_are_no_others_to_speak_of(env: Environment, what: str) -> None:
    """Refused by name in one line that says what fails; left out where everything is checked."""
    asked = design(env, Question.of(env, participation="outside-efficient"))
    assert asked.status == "not-applicable"
    assert what in asked.message
    assert "outside-efficient" in asked.message
    mechanism = design(env, Question.of(env)).mechanism
    with pytest.raises(AssumptionViolated, match=what):
        dm.verify(env, mechanism, participation="outside-efficient")
    words = [verdict.notion for verdict in dm.verify(env, mechanism)]
    assert "periodic" in words
    assert "outside-efficient" not in words


def test_for_ever_it_is_refused_and_left_out_too() -> None:
    env = load("random", seed=3, agents=2, periods=1, stationary=True, private_values=False)
    plain = pivot(load("random", seed=3, agents=2, periods=1, stationary=True), EXACT).mechanism
    with pytest.raises(AssumptionViolated, match="needs private values"):
        dm.verify(env, plain, participation="outside-efficient")
    assert "outside-efficient" not in [verdict.notion for verdict in dm.verify(env, plain)]
