"""Intervals of payments (BV Theorem 2 on finite types): the worked case, and what any interval keeps."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction as F

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dynamech.instances import load
from dynamech.models.efficient.pivot import pivot
from dynamech.models.efficient.satisfied import satisfied
from dynamech.models.efficient.uniqueness import Prices, out, payments_program, uniqueness
from dynamech.models.environment.environment import Agent, Environment
from dynamech.solvers.effort import EXACT, Effort
from dynamech.solvers.errors import AssumptionViolated
from dynamech.solvers.solve import solve

from .efficient_cases import CASES, serving


@pytest.mark.parametrize("exact", [True, False])
def test_the_worked_case(exact: bool) -> None:
    wanted = CASES["F1_uniqueness_interval"]["expected"]
    low, high = wanted["p_1 when served now, all periodic ex-post IC + IR + efficient-exit mechanisms"]
    ends = {("nobody", "1", "2"): [F(low), F(high)], ("nobody", "2", "1"): [F(1, 2), F(7, 2)]}
    for listed, interval in ends.items():
        found = pivot(serving([0, 3, 5, 8], list(listed)), Effort(exact=exact))
        bounds = uniqueness(found)
        now, alone = (found.states().index(state) for state in (("8", "5"), ("8", "0")))
        ours = [bounds.low[0][0, now], bounds.high[0][0, now]]
        assert ours == interval if exact else ours == pytest.approx([float(v) for v in interval])
        assert found.transfers[0][0, now] == pytest.approx(F(wanted["pivot"]) if exact else 0.5)
        assert bounds.high[0][0, alone] == pytest.approx(F(3) if exact else 3.0)
        assert bounds.low[0][0, alone] == pytest.approx(F(0) if exact else 0.0)
        assert not bounds.unique


@pytest.mark.parametrize(
    "env",
    [
        serving([0, 3, 5], ["2", "nobody", "1"]),
        load("random", seed=5, agents=2, types=2, actions=2, stationary=True, discount="3/4"),
        load("random", seed=6, agents=2, types=2, actions=3, periods=2),
    ],
    ids=["serving", "endless", "finite"],
)
def test_ends_are_those_of_programs_of_their_own(env: Environment) -> None:
    found = pivot(env, EXACT)
    bounds, gone = uniqueness(found), out(found)
    for k, i in enumerate(env.private):
        prices = Prices.of(found, i)
        program = payments_program(found, prices, [rows[k] for rows in gone], i)
        for sign, ends in ((-1, bounds.low), (1, bounds.high)):
            alone = []
            for price in range(prices.size):
                objective = 0 * program.objective
                objective[price] += 1
                asked = replace(program, objective=objective, sense="max" if sign > 0 else "min")
                solution = solve(asked, exact=True)
                alone.append(solution.value if solution.status == "optimal" else sign * np.inf)
            for t in found.periods:
                assert ends[t][k].tolist() == [alone[price] for price in prices.index[t].tolist()]


def test_being_out_does_not_depend_on_the_listing() -> None:
    """She is out without a task of her own, not where she is served because nobody else waits."""
    listings = [["no", "1", "2"], ["no", "2", "1"]]
    sets = [out(pivot(serving([0, 3], listed), EXACT))[0] for listed in listings]
    assert (sets[0] == sets[1]).all()
    assert sets[0].tolist() == [[True, True, False, False], [True, False, True, False]]


@settings(max_examples=3, deadline=None, derandomize=True)
@given(seed=st.integers(0, 10**5))
def test_pivot_payments_and_the_ends_are_compatible(seed: int) -> None:
    """The pivot payment is inside; a price beyond its end breaks incentives, participation or exit."""
    env = load("random", seed=seed, agents=2, types=2, actions=2, periods=1, private_values=True)
    found = pivot(env, EXACT)
    bounds, gone = uniqueness(found), out(found)[0]
    for low, high, paid in zip(bounds.low, bounds.high, found.transfers, strict=True):
        assert ((low <= paid) & (paid <= high)).all()
    for k, state in np.argwhere(np.isfinite(bounds.high[0].astype(float)))[:2].tolist():
        stage = found.mechanism.stages[0]
        transfers = stage.transfers.copy().reshape(2, -1)
        others = found.environment.types(0)
        action = found.policy[0].reshape(others)
        mine = np.unravel_index(state, others)
        same = action == action[mine]
        same &= np.indices(others)[1 - k] == mine[1 - k]
        transfers[k, same.ravel()] = bounds.high[0][k, state] + F(1, 1000)
        moved = replace(found.mechanism, stages=(replace(stage, transfers=transfers.reshape(2, 1, *others)),))
        verdicts = {v.notion: v.holds for v in satisfied(found.environment, moved)}
        assert not (verdicts["ex-post"] and verdicts["periodic"]) or gone[k, same.ravel()].any()


@pytest.mark.parametrize("seed", [12, 15, 19, 21])
def test_in_any_money(seed: int) -> None:
    """Prices are solved for in units of the agent's values, so that solvers see the same numbers."""
    env = load("random", seed=seed, agents=2, types=2, actions=3, periods=1, private_values=True)
    unit = F(2**40)
    agents = tuple(replace(a, values=tuple(v * unit for v in a.values)) for a in env.agents)
    rich = env._with(agents=agents, costs=tuple(c * unit for c in env.costs))
    one, many = (uniqueness(pivot(each)) for each in (env, rich))
    for ours, theirs in ((one.low, many.low), (one.high, many.high)):
        assert theirs[0] / 2**40 == pytest.approx(ours[0])


def test_what_keeps_nobody_in() -> None:
    """One agent who is hurt whatever happens: she is out, pays nothing, and would rather not be there."""
    hurt = Agent("hurt", types=["a"], prior=[1], values=[[[-1]]])
    found = pivot(Environment(name="harm", horizon=1, actions=["go"], agents=[hurt]), EXACT)
    with pytest.raises(AssumptionViolated, match="agent 'hurt': no payments are periodic ex-post"):
        uniqueness(found)
