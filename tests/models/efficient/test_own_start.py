"""Efficient mechanisms where an infinite horizon has a period 0 of its own: as where it is given once, as
over a long finite horizon, and as the judge says."""

from __future__ import annotations

from fractions import Fraction as F
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import dynamech as dm
from dynamech.models.efficient.generalised_vcg import generalised_vcg
from dynamech.models.efficient.mechanisms import NAMES, efficient_mechanism
from dynamech.models.efficient.pivot import pivot
from dynamech.models.efficient.uniqueness import uniqueness
from dynamech.models.society.outside import outside_option
from dynamech.solvers.effort import EXACT, FLOATS
from dynamech.solvers.errors import AssumptionViolated
from tests.models.environment.own_start import drawn, twice

SEEDS = st.integers(0, 10**5)


def alike(mine: Any, yours: Any) -> bool:
    return all(np.array_equal(a, b) for a, b in zip(mine, yours, strict=True))


@settings(max_examples=3, deadline=None, derandomize=True)
@given(seed=SEEDS, public=st.booleans())
def test_given_twice_it_is_as_given_once(seed: int, public: bool) -> None:
    """Every mechanism: all values, payments by memory, and what holds, exactly."""
    env = dm.load("random", seed=seed, agents=2, observed=int(public), stationary=True, discount="2/3")
    size = int(np.prod(env.types(0)))
    for kind in NAMES:
        bond = "7/3" if kind == "bonded" else None
        one, two = (efficient_mechanism(e, kind, bond=bond, effort=EXACT) for e in (env, twice(env)))
        for figure in ("W", "W_without", "M", "m", "policy", "outside"):
            assert alike(getattr(one, figure) * 2, getattr(two, figure)), (kind, figure)
        (paid,), (first, later) = one.paid.payments, two.paid.payments
        assert np.array_equal(first, paid[:, -1:])
        blocks = [paid[:, :size]] * 2 if one.paid.remembers else [paid[:, :1]]
        assert np.array_equal(later, np.concatenate(blocks, axis=1))
        assert (one.start, one.least) == (two.start, two.least)
        assert one.satisfies == two.satisfies
        assert alike(two.exit[:1], one.exit)


@settings(max_examples=8, deadline=None, derandomize=True)
@given(seed=SEEDS, public=st.booleans())
def test_what_the_pivot_mechanism_always_keeps(seed: int, public: bool) -> None:
    """(10) is (13), payments are not negative, M is what truth leaves and at least O, and no lie gains."""
    env = drawn(seed, agents=2, types=2, observed=int(public), given=public, feasible=public)
    answer = pivot(env, EXACT)
    assert answer.discrepancy == 0
    assert [len(w) for w in answer.W] == [int(np.prod(env.types(t))) for t in range(2)]
    for t in answer.periods:
        assert (answer.transfers[t] >= 0).all()
        assert (answer.M[t] >= answer.outside[t]).all()
        net, after = answer.values[t] - answer.transfers[t], answer._after(t, answer.M)
        assert after is not None
        assert (answer.M[t] == net + env.discount * after).all()
    for word in ("ex-post", "bayesian"):
        assert dm.verify(env, answer.mechanism, incentives=word).violation == 0
    assert dm.verify(env.to_float(), answer.mechanism.to_float(), incentives="ex-post").holds
    rest = answer.problem.moves[0].expected(answer.W[1])
    by_hand = answer.problem.rewards[0] + env.discount * rest
    flags = answer.problem.allowed[0]
    assert flags is None
    assert (answer.W[0] == by_hand.max(axis=0)).all()


@settings(max_examples=5, deadline=None, derandomize=True)
@given(seed=SEEDS, public=st.booleans())
def test_a_long_finite_horizon_comes_close(seed: int, public: bool) -> None:
    """Forty-five periods at a discount of 1/2, in doubles: the first few are those of an infinite horizon."""
    env = drawn(seed, observed=int(public), given=public, feasible=public)
    endless, long = pivot(env), pivot(env.with_horizon(45))
    for t in range(4):
        u = min(t, 1)
        for figure in ("W", "M", "m", "transfers", "outside", "budget"):
            assert getattr(endless, figure)[u] == pytest.approx(getattr(long, figure)[t], abs=1e-9), figure
        assert endless.policy[u].tolist() == long.policy[t].tolist()
    assert max(endless.error.values()) < 1e-9
    for i in env.private:
        mine, yours = (outside_option(one, i)[0] for one in (env.to_float(), env.to_float().with_horizon(45)))
        assert mine[0] == pytest.approx(yours[0], abs=1e-9)


def test_other_payments_are_worth_the_same_from_the_start() -> None:
    """Deferred, bonded and pivot payments have one present value; balanced ones sum to costs and keep truth
    best, though the last profile is one of period 0 or of a later one."""
    env = drawn(7, types=2)
    by_kind = {
        kind: efficient_mechanism(env, kind, bond=3 if kind == "bonded" else None, effort=EXACT)
        for kind in NAMES
    }
    surplus = by_kind["pivot"].budget[0]
    for kind in ("deferred", "bonded"):
        assert (by_kind[kind].budget[0] == surplus).all()
        assert by_kind[kind].satisfies["ex-post"]
    team = by_kind["team"]
    assert (team.start[1], team.satisfies["ex-post"]) == (-(len(env.private) - 1) * team.start[0], True)
    balanced = by_kind["balanced-team"]
    assert balanced.satisfies["bayesian"]
    assert all((rest == 0).all() for rest in balanced.paid.surplus)
    made = balanced.mechanism
    assert made is not None
    assert [stage.size for stage in made.stages] == [1, len(balanced.W[1]) + len(balanced.W[0])]
    labels = [made.stages[1].label_of(m) for m in (0, len(balanced.W[1]))]
    assert labels[0].startswith("(0, 0)")
    assert dm.verify(env, made, incentives="bayesian").violation == 0
    assert made.stages[0].next is not None
    assert made.stages[0].next.min() == len(balanced.W[1])


def test_payments_are_as_determined_as_where_given_once() -> None:
    """Later ones are as free; those of period 0 alone are at least as free, and the pivot's among them."""
    env = dm.load("random", seed=11, agents=2, stationary=True, discount="1/2")
    one, society = uniqueness(pivot(env, EXACT)), pivot(twice(env), EXACT)
    two = uniqueness(society)
    assert (two.low[1] == one.low[0]).all()
    assert (two.high[1] == one.high[0]).all()
    assert (two.low[0] <= one.low[0]).all()
    assert (two.high[0] >= one.high[0]).all()
    for t in range(2):
        assert ((two.low[t] <= society.transfers[t]) & (society.transfers[t] <= two.high[t])).all()


@pytest.mark.parametrize("private", [True, False])
def test_generalised_payments_are_those_of_the_rest_one_step_back(private: bool) -> None:
    env = dm.load("random", seed=2, agents=2, stationary=True, private_values=private, discount="1/2")
    one, two = generalised_vcg(env, effort=EXACT), generalised_vcg(twice(env), effort=EXACT)
    assert np.array_equal(two.payments[1], one.payments[0])
    assert one.incentive_compatible == two.incentive_compatible
    if private:
        assert np.array_equal(two.payments[0], one.payments[0])
        own = drawn(3, types=2)
        made = generalised_vcg(own, effort=EXACT).mechanism
        assert dm.verify(own, made, incentives="ex-post").violation == 0


def test_what_needs_every_period_alike_says_so() -> None:
    env = drawn(1)
    with pytest.raises(AssumptionViolated, match="indices need every period alike"):
        dm.index(env)
    answer = efficient_mechanism(env, effort=FLOATS)
    assert answer.indices is None
    assert isinstance(efficient_mechanism(env, effort=EXACT).start[0], F)
