"""What Liu (2014) leaves to remarks: the converse of Lemma 7.1, and signals further ahead (Remark 3.4)."""

from __future__ import annotations

from fractions import Fraction as F
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import dynamech as dm
from dynamech.models.correlation.converse import unalignable
from dynamech.models.correlation.future_signals import future_signals
from dynamech.models.verification.anywhere import verify
from dynamech.solvers.effort import EXACT
from dynamech.solvers.errors import AssumptionViolated, InvalidInput, TooLarge

SEEDS = st.integers(0, 10**5)


# Lemma 7.1's converse ---------------------------------------------------------------------------------------


@settings(max_examples=4, deadline=None, derandomize=True)
@given(seed=SEEDS, stationary=st.booleans(), rank=st.integers(1, 2))
def test_without_convex_independence_some_values_cannot_be_aligned(
    seed: int, stationary: bool, rank: int
) -> None:
    env = dm.load(
        "random-correlated", seed=seed, types=3, rank=rank, stationary=stationary, periods=3, discount="3/4"
    )
    found = unalignable(env)
    answer = dm.correlation(found.environment, exact=True, distances=False)
    feasible, _, _ = next(a for a in answer.agents if a.index == found.agent).theorem("3.1")
    assert not feasible
    assert answer.mechanism is None
    # The proof: a mixture of types that foretells the same, for which the claim is worth more.
    period = next(a for a in answer.agents if a.index == found.agent).periods[found.period]
    blocks = period.blocks
    x = next(x for x in range(blocks.shape[1]) if blocks.others_labels(x) == found.others)
    matrix = blocks.matrices[blocks.matrix_of[found.action, x]]
    claims = period.target[found.action, x]
    assert found.weights[found.type] == 0
    assert found.weights.sum() == 1
    assert (found.weights >= 0).all()
    assert (found.weights @ matrix == matrix[found.type]).all()
    assert found.weights @ claims > claims[found.type]
    # The efficient policy does take the action there.
    assert answer.plan.policy[found.period][blocks.profile[x, found.type]] == found.action


def test_with_convex_independence_all_values_can() -> None:
    with pytest.raises(AssumptionViolated, match="convex independence holds"):
        unalignable(dm.load("random-correlated", types=3))
    with pytest.raises(AssumptionViolated, match="there is one agent"):
        unalignable(dm.load("kln-nonseparable"))


# Remark 3.4 -------------------------------------------------------------------------------------------------


def late(periods: int | None) -> dm.Environment:
    """Agent 0's signal is copied to agent 1 two periods later, by way of agent 0's own next type.

    Agent 0's type is (fresh, old): fresh is a coin, old her last fresh one; agent 1 then sees the old one
    with probability 3/4. Agent 1's own type foretells nothing that matters to her claims.
    """
    count = 1 if periods is None else periods
    move = np.zeros((4, 2, 4, 2), dtype=object) + F(0)
    for mine in range(4):
        fresh, old = divmod(mine, 2)
        for coin in range(2):
            for seen in range(2):
                chance = F(1, 2) * (F(3, 4) if seen == old else F(1, 4))
                move[mine, :, 2 * coin + fresh, seen] += chance
    # The good is worth more to agent 1 where agent 0's fresh signal is high, and agent 0 knows that alone.
    first = np.array([[2, 2], [2, 2], [5, 5], [5, 5]])
    second = np.array([[1, 1], [1, 1], [7, 7], [7, 7]])
    return dm.Environment(
        agents=[
            dm.Agent(
                "0",
                types=[["00", "01", "10", "11"]] * count,
                values=[np.stack([first, 0 * first])] * count,
            ),
            dm.Agent("1", types=[["0", "1"]] * count, values=[np.stack([0 * second, second])] * count),
        ],
        actions=[["to 0", "to 1"]] * count,
        horizon=periods,
        discount="4/5",
        process={
            "prior": np.full((4, 2), F(1, 8), dtype=object),
            "transitions": [move[None]] * (1 if periods is None else periods - 1),
        },
    )


@pytest.mark.parametrize("periods", [None, 4])
def test_signals_two_periods_ahead_do_what_the_next_ones_cannot(periods: int | None) -> None:
    env = late(periods)
    near = future_signals(env, 1, effort=EXACT)
    assert not near.convex_independence
    assert near.mechanism is None
    assert near.reason.startswith("no transfers of Theorem 3.1 exist for agent '0'")
    far = future_signals(env, 2, effort=EXACT)
    if periods is None:
        assert far.convex[0, 0].holds.all()
        assert far.mechanism is not None
        assert verify(env, far.mechanism, "ex-post")[0].violation == 0
        return
    # Two periods before the end they are there; one period before it there is nothing left to hear.
    assert far.convex[0, 0].holds.all()
    assert far.convex[0, 1].holds.all()
    assert not far.convex[0, 2].holds.all()


@settings(max_examples=6, deadline=None, derandomize=True)
@given(
    seed=SEEDS,
    ahead=st.integers(1, 3),
    theorem=st.sampled_from(["3.1", "3.2"]),
    stationary=st.booleans(),
)
def test_mechanisms_of_every_window_hold_exactly(
    seed: int, ahead: int, theorem: str, stationary: bool
) -> None:
    env = uncontrolled(seed, stationary)
    found = future_signals(env, min(ahead, 2) if stationary else ahead, theorem=theorem, effort=EXACT)
    assert found.convex_independence
    assert found.spans
    assert found.mechanism is not None
    assert verify(env, found.mechanism, "ex-post")[0].violation == 0


def uncontrolled(seed: int, stationary: bool) -> dm.Environment:
    """A random correlated process that actions do not move."""
    env = dm.load("random-correlated", seed=seed, types=2, stationary=stationary, periods=3)
    assert env.process is not None
    tables = [table[:1] for table in env.process.transitions]
    return dm.Environment(
        agents=[dm.Agent(a.name, types=a.types, values=a.values) for a in env.agents],
        actions=env.actions,
        horizon=env.horizon,
        discount=env.discount,
        process={"prior": env.process.prior, "transitions": tables},
    )


def test_one_period_ahead_is_theorem_3_1() -> None:
    env = uncontrolled(4, False)
    near = future_signals(env, 1, effort=EXACT, norm="2")
    answer = dm.correlation(env, exact=True, norm="2")
    assert near.mechanism is not None
    assert answer.mechanism is not None
    for mine, theirs in zip(near.mechanism.stages, answer.mechanism.stages, strict=True):
        assert (mine.transfers == theirs.transfers).all()
        assert (mine.allocation == theirs.allocation).all()
    default = future_signals(env)
    assert default.ahead == 2
    assert default.mechanism is not None
    assert verify(env, default.mechanism, "ex-post")[0].holds


@pytest.mark.parametrize("stationary", [True, False])
def test_memories_are_named_by_what_they_hold(stationary: bool) -> None:
    """Every memory has a name of its own, and leads to the one that goes on from it."""
    env = uncontrolled(4, stationary)
    mechanism = future_signals(env, 2).mechanism
    assert mechanism is not None
    assert mechanism.stages[0].label_of(mechanism.start) == "start"
    for t, stage in enumerate(mechanism.stages):
        names = [stage.label_of(m) for m in range(stage.size)]
        assert len(set(names)) == len(names)
        if stage.next is None:
            continue
        after = mechanism.stages[(t + 1) % len(mechanism.stages)]
        for at in np.ndindex(*stage.next.shape[:-1]):
            reports = ", ".join(a.types[t][k] for a, k in zip(env.agents, at[1:], strict=True))
            action = env.actions[t][int(np.argmax(stage.allocation[at]))]
            held = [] if names[at[0]] == "start" else names[at[0]].split("; ")
            expected = "; ".join([*held, f"({reports}) {action}"][-2:])
            assert after.label_of(int(stage.next[at][0])) == expected


def test_windows_are_probabilities_of_paths() -> None:
    """Every row against a sum over paths."""
    env = uncontrolled(7, False)
    assert env.process is not None
    first, second = (table[0] for table in env.process.transitions)
    found = future_signals(env, 2, effort=EXACT).blocks[1, 0]
    for x in range(2):
        for k in range(2):
            row: dict[int, Any] = {}
            for p in np.ndindex(2, 2):
                for q in np.ndindex(2, 2):
                    column = 2 * p[0] + q[0]
                    row[column] = row.get(column, 0) + first[(x, k, *p)] * second[(*p, *q)]
            assert found.rows[0, x, k].tolist() == [row[c] for c in range(4)]


def test_refusals() -> None:
    env = uncontrolled(0, True)
    with pytest.raises(InvalidInput, match="ahead: an infinite horizon needs a number of periods"):
        future_signals(env)
    with pytest.raises(InvalidInput, match="ahead: 0 periods"):
        future_signals(env, 0)
    with pytest.raises(InvalidInput, match=r"theorem: '4' is not one of"):
        future_signals(env, 1, theorem="4")
    with pytest.raises(TooLarge, match="12 periods of reports make 16,777,216 memory states"):
        future_signals(env, 12)
    with pytest.raises(AssumptionViolated, match="actions of period 0 move types"):
        future_signals(dm.load("random-correlated", types=2), 2)
