"""The tables from which a page grows a tree hold the mechanism: read back, they are its arrays."""

from __future__ import annotations

import math
from fractions import Fraction
from typing import Any

import numpy as np
import pytest

import dynamech as dm
from dynamech.models.mechanism.draws import MemoryDraws
from dynamech.report.page import sections
from dynamech.report.page.tree import tree


def number(content: dict[str, Any], place: int) -> Fraction:
    return Fraction(content["numbers"][place])


def read_back(env: dm.Environment, mechanism: dm.Mechanism, content: dict[str, Any], near: float) -> None:
    """Every row of every period against the arrays."""
    for t, (period, stage) in enumerate(zip(content["periods"], mechanism.stages, strict=True)):
        count = env.num_actions(t)
        lotteries = stage.allocation.reshape(-1, count)
        paid = stage.transfers.reshape(env.num_agents, -1)
        assert len(period["does"]) == len(period["pays"]) == len(lotteries)
        for row, (lot, bill) in enumerate(zip(period["does"], period["pays"], strict=True)):
            shares = [Fraction(0)] * count
            flat = period["lotteries"][lot]
            for a, place in zip(flat[::2], flat[1::2], strict=True):
                shares[a] = number(content, place)
            assert all(abs(s - Fraction(q)) <= near for s, q in zip(shares, lotteries[row], strict=True))
            for i, place in zip(content["private"], period["bills"][bill], strict=True):
                assert abs(number(content, place) - Fraction(paid[i][row])) <= near
            if stage.next is None or t not in env.steps:
                assert period["next"] is None
                continue
            following = stage.next.reshape(-1, count)[row]
            taken = [a for a in range(count) if lotteries[row][a] > near]
            after = period["next"][row]
            if after >= 0:
                assert {int(following[a]) for a in taken} == {after}
                assert len(taken) == 1 or not env.controlled[t]
            else:
                flat = period["branches"][-1 - after]
                assert flat[::2] == taken
                assert flat[1::2] == [int(following[a]) for a in taken]


@pytest.mark.parametrize(
    ("name", "settings", "exact"),
    [
        ("two-type-markov", {"horizon": 3}, True),
        ("kln-nonseparable", {}, False),
        ("myerson", {}, True),
        ("random", {"seed": 3, "agents": 2, "controlled": True}, False),
        ("liu-licence", {}, True),
    ],
)
def test_a_tree_is_the_mechanism(name: str, settings: dict[str, Any], exact: bool) -> None:
    design = dm.design(dm.load(name, **settings), exact=exact)
    env, mechanism = design.environment, design.mechanism
    assert env is not None
    content = tree(env, mechanism, 0.0 if exact else 1e-9)
    read_back(env, mechanism, content, 0.0 if exact else 1e-5)
    assert content["agents"] == [agent.name for agent in env.agents]


def test_chances_are_those_of_the_types() -> None:
    """Of independent agents their kernels, of one process its table; where that is too large, nothing."""
    env = dm.load("two-type-markov", horizon=2)
    content = tree(env, dm.design(env, exact=True).mechanism, 0.0)
    first, second = (law["agents"][0] for law in content["laws"])
    assert (first["table"], second["table"]) == ([0.6, 0.4], [0.6666667, 0.3333333, 0.25, 0.75])
    joint = dm.load("liu-licence")
    content = tree(joint, dm.design(joint, exact=True).mechanism, 0.0)
    assert joint.process is not None
    assert content["laws"][0]["joint"] == [float(p) for p in joint.process.prior.reshape(-1)]
    assert len(content["laws"][1]["joint"]) == content["laws"][1]["actions"] * math.prod(
        joint.types(0) + joint.types(1)
    )


def test_lots_are_kept() -> None:
    """A memory that moves by lot: where to, and how likely."""
    env = dm.load("two-type-markov", horizon=2)
    whole = dm.design(env, exact=True).mechanism
    stage = whole.stages[0]
    draws = MemoryDraws(np.array([[0, 1]]), np.array([[Fraction(1, 4), Fraction(3, 4)]], dtype=object))
    drawn = dm.Stage(stage.allocation, stage.transfers, np.zeros_like(stage.next), draws=draws)
    content = tree(env, dm.Mechanism("x", (drawn, whole.stages[1])), 0.0)
    (lot,) = content["periods"][0]["draws"]
    assert lot[::2] == [0, 1]
    assert [content["numbers"][place] for place in lot[1::2]] == ["1/4", "3/4"]
    assert content["periods"][0]["next"] == [0, 0]


def test_a_mechanism_that_is_too_large_is_not_on_the_page(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sections, "ENTRIES", 3)
    told = dm.report("myerson", rungs=["bayesian"], dated=False)
    assert "too many for a page; design --out FILE writes it" in told.page
    assert 'role="tree"' not in told.page
