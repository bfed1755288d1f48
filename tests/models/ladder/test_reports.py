"""Ladders where some types may not report others: which relaxations are bounds, and what becomes of them."""

from __future__ import annotations

import itertools
import random
from dataclasses import replace
from fractions import Fraction as F
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import dynamech as dm
from dynamech.models.environment.environment import Environment
from dynamech.models.payments.cycles import negative_ring, shortest_paths
from dynamech.models.relaxations.shocks import shocks_of, shocks_public
from dynamech.solvers.errors import AssumptionViolated

from ..verification.random_mechanisms import Shape

pytestmark = pytest.mark.filterwarnings("ignore::dynamech.models.environment.reports.NotTransitive")


def persistent(rng: random.Random, down: bool, periods: int, size: int) -> Environment:
    """One buyer whose types stay with one chance, or move anywhere; reports go one way only."""
    stay, kinds = rng.choice([F(1, 2), F(3, 4), F(9, 10)]), range(size)
    buyer = dm.Agent(
        "buyer",
        types=[str(k) for k in kinds],
        prior=[F(1, size)] * size,
        values=[[[0] * size, [rng.randint(0, 6) + 3 * k for k in kinds]] for _ in range(periods)],
        transitions=lambda t, action, own, after: stay if own == after else (1 - stay) / (size - 1),
        reports=lambda t, own, said: (int(said) <= int(own)) if down else (int(said) >= int(own)),
    )
    return dm.Environment(agents=[buyer], actions=["keep", "sell"], horizon=periods, discount="9/10")


@settings(max_examples=12, deadline=None, derandomize=True)
@given(seed=st.integers(0, 999), down=st.booleans(), long=st.booleans())
def test_the_witness_of_a_relaxation_is_what_the_judge_finds(seed: int, down: bool, long: bool) -> None:
    """Types move in their order, so whoever may report less may do so ever after: shocks are a bound."""
    env = persistent(random.Random(seed), down, 3 if long else 2, 2 if long else 3)
    rungs = dm.ladder(env, exact=True)  # raises where the order of the rungs is broken
    assert [rung.status for rung in rungs.rungs] == ["optimal"] * 7
    found = rungs.unrelaxed
    assert found is not None
    assert dm.verify(found.environment, found.mechanism, "bayesian").violation == found.gain
    assert (found.gain == 0) == rungs.tight["relaxed"]
    assert dm.verify(env, rungs["bayesian"].design.mechanism, "bayesian", "interim")


@pytest.mark.parametrize("seed", [5, 6])
def test_such_a_witness_gains_something_by_lies_that_she_may_tell(seed: int) -> None:
    env = persistent(random.Random(seed), True, 3, 2)
    witness = dm.ladder(env, exact=True).witness
    assert witness is not None
    assert witness.gain > 0
    assert (witness.type, witness.report) == ("1", "0")
    assert isinstance(witness.plan, list)
    assert all(step["report"][0] <= step["type"][0] for step in witness.plan)


def asked_in_vain(env: Environment, coupling: str) -> tuple[str, str] | None:
    """A first lie (true type, report) that leads to a forbidden report later, by enumeration."""
    (agent,) = env.agents
    shocks = shocks_of(env, 0, coupling)
    first = agent.may_report(0)
    for own, said in itertools.product(range(len(agent.types[0])), repeat=2):
        if (first is not None and not first[own, said]) or not agent.prior[own] or not agent.prior[said]:
            continue
        cells = [range(len(shock.lengths)) for shock in shocks]
        actions = [range(len(shock.moves)) for shock in shocks]
        for path in itertools.product(*cells):
            for taken in itertools.product(*actions):
                true, told = own, said
                for t, (shock, c, a) in enumerate(zip(shocks, path, taken, strict=True), start=1):
                    true, told = int(shock.moves[a, true, c]), int(shock.moves[a, told, c])
                    table = agent.may_report(t)
                    if table is not None and not table[true, told]:
                        return agent.types[0][own], agent.types[0][said]
    return None


@pytest.mark.parametrize("coupling", ["quantile", "antithetic", "independent"])
def test_shocks_are_no_bound_exactly_where_some_allowed_lie_leads_to_a_forbidden_report(
    coupling: str,
) -> None:
    said = []
    for seed in range(12):
        shape = Shape("p", 3, sizes=(2, 3), reports=True, controlled=(0,), sparse=seed % 2 == 0)
        env = shape.environment(random.Random(f"bound/{seed}"))
        expected = asked_in_vain(env, coupling)
        said.append(expected is None)
        if expected is None:
            assert shocks_public(env, coupling).coupling == coupling
            continue
        with pytest.raises(
            AssumptionViolated, match=rf"which coupling '{coupling}' asks of her after '0:\d' has"
        ):
            shocks_public(env, coupling)
        assert asked_in_vain(env, coupling) is not None
    assert len(set(said)) == 2


def evidence() -> Environment:
    """Low can be said by all at first, and by high no more when she is found out."""
    buyer = dm.Agent(
        "buyer",
        types=["low", "high"],
        prior=["1/2", "1/2"],
        values=[[[0, 0], [1, 3]]] * 2,
        transitions=[[[[1, 0], [0, 1]]]],
        reports=[{}, {"high": ["high"]}],
    )
    return dm.Environment(agents=[buyer], actions=["keep", "sell"], horizon=2, discount=1)


def test_a_rung_that_is_no_bound_keeps_its_line_and_names_the_lie() -> None:
    rungs = dm.ladder(evidence(), exact=True)
    for name in ("relaxed", "virtual"):
        assert rungs[name].status == "not-applicable"
        assert "period 1: type 'high' may not report 'low', which coupling 'quantile' asks of her after "
        assert "'high' has reported 'low', so public shocks are no bound" in rungs[name].design.message
    assert rungs["bayesian"].value == rungs["none"].value == 4  # she is found out in period 1
    free = evidence()
    free = free._with(agents=tuple(replace(agent, reports=None) for agent in free.agents))
    assert dm.design(free, exact=True).value == 3
    words = [verdict.notion for verdict in dm.verify(evidence(), rungs["bayesian"].design.mechanism)]
    assert "bayesian" in words
    assert "relaxed" not in words


def allocation(sold: list[list[int]]) -> dm.Mechanism:
    """One period: whether each type is sold each of two goods."""
    lottery = np.array([[[F(1 - sum(row)), *map(F, row)] for row in sold]], dtype=object)
    return dm.Mechanism("goods", (dm.Stage(lottery, lottery[None, ..., 0] * 0),))


def test_an_allocation_is_paid_for_where_the_lies_that_break_it_are_forbidden() -> None:
    """Both types get what the other wants: a ring of two lies, unless one of them cannot be told."""

    def goods(reports: Any) -> Environment:
        agent = dm.Agent(
            "buyer",
            types=["one", "two"],
            prior=["1/2", "1/2"],
            values=[[[0, 0], [3, 1], [1, 3]]],
            reports=reports,
        )
        return dm.Environment(name="goods", agents=[agent], actions=["keep", "first", "second"], horizon=1)

    crossed = allocation([[0, 1], [1, 0]])
    free = dm.implement(goods(None), crossed)
    assert not free
    assert free.gain == 2
    for reports in ({"one": ["one"]}, {"two": ["two"]}):
        paid = dm.implement(goods(reports), crossed)
        assert paid.mechanism is not None
        assert dm.verify(goods(reports), paid.mechanism, "bayesian")
        assert not dm.verify(goods(None), paid.mechanism, "bayesian")


def test_rings_go_along_lies_that_may_be_told_only() -> None:
    lengths = np.array([[0.0, -1.0, np.inf], [np.inf, 0.0, -1.0], [1.0, np.inf, 0.0]])
    assert shortest_paths(lengths[None])[0].diagonal().min() < 0
    assert sorted(negative_ring(lengths, range(3), 0)[1:]) == [0, 1, 2]
    cut = lengths.copy()
    cut[1, 2] = np.inf
    assert shortest_paths(cut[None])[0].diagonal().min() == 0
