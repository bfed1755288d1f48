"""Correlation on random processes: verdicts with certificates checked here, mechanisms by best replies."""

from __future__ import annotations

from fractions import Fraction as F
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import dynamech as dm
from dynamech.models.correlation import Correlation, PeriodAnswer
from dynamech.models.correlation.blocks import BeliefBlocks, blocks
from dynamech.models.correlation.systems import Systems
from dynamech.models.correlation.transfers import smallest
from dynamech.solvers.errors import AssumptionViolated, InvalidInput
from dynamech.solvers.numbers import to_exact, to_float

SEEDS = st.integers(0, 10**5)


def largest_gain(env: dm.Environment, answer: Correlation) -> Any:
    """The largest gain from a lie against the answer's mechanism, by best replies."""
    assert answer.mechanism is not None
    return dm.verify(env, answer.mechanism, incentives="ex-post").violation


def check_blocks(env: dm.Environment, found: BeliefBlocks) -> None:
    """The matrices against the process, entry by entry."""
    assert env.process is not None
    t, i, n = found.period, found.agent, env.num_agents
    table = env.process.transitions[t]
    for a, x in found.each():
        for k in range(found.shape[2]):
            profile = np.unravel_index(int(found.profile[x, k]), env.types(t))
            assert profile[i] == k
            row = table[(a if len(table) > 1 else 0, *profile)]
            others = np.zeros(found.shape[3], dtype=object)
            after = env.types(0 if env.stationary else t + 1)
            for s, p in enumerate(row.reshape(-1)):
                digits = np.unravel_index(s, after)
                place = 0
                for j in range(n):
                    if j != i:
                        place = place * after[j] + int(digits[j])
                assert found.next_others[s] == place
                others[place] += p
            assert (found.rows[a if len(found.rows) > 1 else 0, x, k] == others).all()


def check_verdicts(period: PeriodAnswer, matrices: Any) -> None:
    """Every certificate, recomputed over the rationals."""
    convex, span = period.convex, period.spanning
    for m, matrix in enumerate(matrices):
        for r, row in enumerate(matrix):
            rest = [s for s in range(len(matrix)) if s != r]
            if convex.independent[m, r]:
                y = to_exact(convex.separating[m, r].astype(object).astype(float))
                assert not rest or row @ y > max(matrix[s] @ y for s in rest)
            else:
                weights = convex.weights[m, r]
                assert weights[r] == 0
                assert (weights >= 0).all()
                assert (weights @ matrix == row).all()
        if not span.holds[m]:
            assert abs(span.null[m]).max() == 1
            assert (span.null[m] @ matrix == 0).all()
        else:
            assert np.linalg.matrix_rank(to_float(matrix), tol=1e-13) == len(matrix)


def check_proofs(answer: Correlation) -> None:
    """Multipliers prove that transfers are smallest, or that there are none."""
    for agent in answer.agents:
        for period in agent.periods:
            for theorem in period.theorems.values():
                systems = theorem.systems
                combined = np.matmul(theorem.proof[:, None, :], systems.matrices[systems.which])[:, 0]
                size, worth = abs(combined).sum(axis=1), (theorem.proof * systems.target).sum(axis=1)
                assert (theorem.proof[~systems.equal] >= 0).all()
                assert (size[~theorem.feasible] == 0).all()
                assert (worth[~theorem.feasible] > 0).all()
                top = theorem.largest[theorem.feasible]
                assert (size[theorem.feasible] * top == worth[theorem.feasible]).all()


@settings(max_examples=6, deadline=None, derandomize=True)
@given(seed=SEEDS, types=st.integers(2, 4), data=st.data())
def test_processes_of_prescribed_rank(seed: int, types: int, data: Any) -> None:
    """Rank decides both conditions; every certificate holds; every mechanism is ex-post IC, exactly."""
    rank = data.draw(st.integers(1, types))
    env = dm.load("random-correlated", seed=seed, types=types, rank=rank)
    exact = types < 4
    answer = dm.correlation(env, exact=exact, distances=False)
    for agent in answer.agents:
        (period,) = agent.periods
        found = blocks(env, agent.index, 0)
        check_blocks(env, found)
        check_verdicts(period, found.matrices)
        assert agent.spanning == (rank == types)
        assert agent.convex_independence == (rank == types or rank >= 3)
    if exact:
        check_proofs(answer)
    if rank == types or rank >= 3:
        assert answer.mechanism is not None
    if answer.mechanism is not None:
        verdict = dm.verify(env, answer.mechanism, incentives="ex-post")
        assert verdict.holds
        assert not exact or verdict.violation == 0


@settings(max_examples=10, deadline=None, derandomize=True)
@given(seed=SEEDS, independent=st.booleans())
def test_generic_processes_span(seed: int, independent: bool) -> None:
    """Liu, Remark 3.3: with |Θ^i| ≤ |Θ'^{-i}|, even where next types are independent given present ones."""
    rng = np.random.default_rng(seed)
    if independent:
        factors = [rng.dirichlet(np.ones(2), size=(2, 8)) for _ in range(3)]
        table = np.einsum("asi,asj,ask->asijk", *factors).reshape(2, 8, 8)
    else:
        table = rng.dirichlet(np.ones(8), size=(2, 8))
    env = dm.Environment(
        agents=[
            dm.Agent(f"{i}", types=[["0", "1"]], values=[rng.uniform(0, 4, size=(2, 2, 2, 2))])
            for i in range(3)
        ],
        actions=[["a", "b"]],
        horizon=None,
        discount=0.8,
        process={"prior": np.full((2, 2, 2), 1 / 8), "transitions": [table.reshape(2, *(2,) * 6)]},
    )
    answer = dm.correlation(env)
    assert all(agent.spanning and agent.convex_independence for agent in answer.agents)
    assert all(agent.theorem("3.2")[0] for agent in answer.agents)
    assert largest_gain(env, answer) <= 1e-7


@settings(max_examples=4, deadline=None, derandomize=True)
@given(seed=SEEDS, costs=st.booleans(), public=st.booleans())
def test_costs_and_observed_agents(seed: int, costs: bool, public: bool) -> None:
    """Costs are claimed net; a public state is one of the others, and needs no transfers."""
    env = dm.load(
        "random",
        seed=seed,
        agents=2,
        observed=int(public),
        independent=False,
        private_values=False,
        stationary=True,
        feasible=public,
        discount="3/4",
    )
    if not costs:
        env = env._with(costs=tuple(0 * c for c in env.costs))
    answer = dm.correlation(env, exact=True, distances=False)
    assert [agent.name for agent in answer.agents] == ["agent 1", "agent 2"]
    if answer.mechanism is None:
        assert not all(agent.theorem("3.1")[0] for agent in answer.agents)
        return
    assert largest_gain(env, answer) == 0
    assert (answer.mechanism.stages[0].transfers[2:] == 0).all()


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("theorem", ["3.1", "3.2"])
def test_finite_horizons(seed: int, theorem: str) -> None:
    """With an implementable last period or a constant one, and the right boundary term, exactly."""
    env = dm.load("random-correlated", seed=seed, types=2, stationary=False, periods=3)
    answer = dm.correlation(env, exact=True, theorem=theorem, distances=False)
    assert answer.last is not None
    assert largest_gain(env, answer) == 0


@pytest.mark.parametrize("seed", [1, 2])
def test_a_last_period_that_no_payments_implement(seed: int) -> None:
    """The lies gain in total, whatever is charged; the last action is the same whatever is reported."""
    env = dm.load("random-correlated", seed=seed, types=3, agents=2, stationary=False, periods=2)
    answer = dm.correlation(env, exact=True, distances=False)
    assert answer.last is not None
    assert answer.last.ring is not None
    assert set(answer.last.allocation.tolist()) == {int(answer.last.allocation[0])}
    assert largest_gain(env, answer) == 0
    ring = answer.last.ring
    t, i = env.periods - 1, env.agent_index(ring.agent)
    table = np.broadcast_to(env.agents[i].values[t], (env.num_actions(t), *env.types(t)))
    policy = answer.plan.policy[t].reshape(env.types(t))
    others = {env.agent_index(name): label for name, label in ring.others.items()}

    def profile(label: str) -> tuple[int, ...]:
        return tuple(
            agent.types[t].index(label if j == i else others[j]) for j, agent in enumerate(env.agents)
        )

    gain = F(0)
    for own, said in zip(ring.types, [*ring.types[1:], ring.types[0]], strict=True):
        true = profile(own)
        gain += table[(policy[profile(said)], *true)] - table[(policy[true], *true)]
    assert gain == -ring.length > 0


def test_private_values_in_the_last_period_are_a_second_price_auction() -> None:
    """Equation (4) charges the others' loss at the first type that wins."""
    values = [[[1, 1], [4, 4]], [[0, 0], [0, 0]]], [[[0, 0], [0, 0]], [[2, 3], [2, 3]]]
    rows = [[4, 2, 1, 1], [2, 2, 2, 2], [1, 1, 4, 2], [1, 2, 1, 4]]
    env = dm.Environment(
        agents=[
            dm.Agent(f"{i}", types=[["low", "high"]] * 2, values=[table, table])
            for i, table in enumerate(values)
        ],
        actions=[["to 0", "to 1"]] * 2,
        horizon=2,
        process={
            "prior": [["1/4", "1/4"], ["1/4", "1/4"]],
            "transitions": [
                np.array([[F(v, 8) for v in row] for row in rows], dtype=object).reshape(1, 2, 2, 2, 2)
            ],
        },
    )
    answer = dm.correlation(env, exact=True)
    assert answer.last is not None
    assert answer.last.rule == {"0": "externality", "1": "externality"}
    # Agent 0 wins with a high type and pays what the good is worth to agent 1, who never pays.
    assert answer.last.payments.tolist() == [[0, 0, 2, 3], [0, 0, 0, 0]]


def test_payments_by_shortest_paths_where_the_externality_is_not_enough() -> None:
    env = dm.load("random-correlated", seed=0, types=3, stationary=False, periods=2)
    answer = dm.correlation(env, exact=True, distances=False)
    assert answer.last is not None
    assert answer.last.rule == {"agent 1": "externality", "agent 2": "shortest paths"}
    assert largest_gain(env, answer) == 0


# Bounds and norms -------------------------------------------------------------------------------------------


def systems(seed: int, exact: bool) -> Systems:
    """Lotteries of random matrices with random expectations, all feasible."""
    rng = np.random.default_rng(seed)
    weights = rng.integers(1, 9, size=(3, 3, 4))
    matrices = np.vectorize(lambda v, s: F(int(v), int(s)), otypes=[object])(
        weights, weights.sum(axis=-1, keepdims=True)
    )
    target = np.vectorize(lambda v: F(int(v), 2), otypes=[object])(rng.integers(-9, 3, size=(3, 3)))
    change = to_exact if exact else to_float
    return Systems(
        change(matrices),
        np.repeat(np.arange(3), 3),
        np.repeat(change(target), 3, axis=0),
        np.tile(np.eye(3, dtype=bool), (3, 1)),
    )


@settings(max_examples=6, deadline=None, derandomize=True)
@given(seed=SEEDS, exact=st.booleans())
def test_each_norm_is_smallest_by_its_own_measure(seed: int, exact: bool) -> None:
    asked = systems(seed, exact)
    best = smallest(asked)
    asked = asked.only(np.flatnonzero(best.feasible))
    found = {"max": smallest(asked).p, "2": smallest(asked, "2").p, "1": smallest(asked, "1").p}
    slack = 0 if exact else 1e-7
    measures: dict[str, Any] = {
        "max": lambda p: abs(p).max(axis=1),
        "2": lambda p: (p**2).sum(axis=1),
        "1": lambda p: abs(p).sum(axis=1),
    }
    for norm, measure in measures.items():
        assert (asked.residual(found[norm]) <= slack).all()
        for other in found.values():
            assert (measure(found[norm]) <= measure(other) * (1 + slack) + slack).all()


# Near-singular processes ------------------------------------------------------------------------------------


def test_transfers_grow_as_a_process_nears_independence() -> None:
    """The answer says how large they become and whether doubles met the expectations; exact ones do."""
    tops = []
    for digits in (1, 3, 6):
        env = dm.load("random-correlated", types=2, strength=F(1, 10**digits))
        answer = dm.correlation(env)
        exact = dm.correlation(env, exact=True)
        top = exact.agents[0].theorem("3.1")[1]
        assert top is not None
        assert answer.agents[0].theorem("3.1")[1] == pytest.approx(float(top), rel=1e-9)
        tops.append(float(top))
        assert exact.residual == 0
        assert largest_gain(env, exact) == 0
        gap = exact.agents[0].periods[0].spanning
        assert gap.distance is not None
        assert gap.condition.max() > 10**digits / 2
        assert 0 < gap.distance.min() < F(1, 10**digits)
    assert tops[2] > 100 * tops[1] > 1000 * tops[0]


def test_inaccurate_transfers_are_said_to_be() -> None:
    env = dm.load("random-correlated", types=2, strength=F(1, 10**12))
    answer = dm.correlation(env)
    assert all(agent.spanning for agent in answer.agents)
    assert not answer.accurate
    assert answer.residual > 1e-7
    # Doubles that carry no information about the difference do not pretend to.
    rounded = dm.correlation(dm.load("random-correlated", types=2, strength=F(1, 10**15), rational=False))
    assert not any(agent.spanning for agent in rounded.agents)


# Refusals ---------------------------------------------------------------------------------------------------


def test_refusals() -> None:
    env = dm.load("random-correlated", types=2)
    with pytest.raises(InvalidInput, match="norm: '3' is not one of max, 2, 1"):
        dm.correlation(env, norm="3")
    with pytest.raises(InvalidInput, match=r"theorem: '3\.3' is not one of 3\.1, 3\.2"):
        dm.correlation(env, theorem="3.3")
    with pytest.raises(AssumptionViolated, match="the discount is 0"):
        dm.correlation(env._with(discount=F(0)))
    with pytest.raises(InvalidInput, match="rank must be at most 3: blocks have 3 rows and 3 columns"):
        dm.load("random-correlated", types=3, rank=4)


def test_one_period_has_no_blocks() -> None:
    env = dm.load("random", agents=2, periods=1)
    answer = dm.correlation(env, exact=True)
    assert [agent.theorem("3.1") for agent in answer.agents] == [(None, None, None)] * 2
    assert answer.last is not None
    assert largest_gain(env, answer) == 0
