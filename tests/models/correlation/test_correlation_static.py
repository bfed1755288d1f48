"""Correlation where no later period exists, and within period 0 (Crémer and McLean)."""

from __future__ import annotations

from fractions import Fraction as F
from typing import Any

import numpy as np
import pytest

import dynamech as dm
from dynamech.models.correlation.converse import unalignable
from dynamech.models.correlation.future_signals import future_signals
from dynamech.models.correlation.written import correlation_json
from dynamech.solvers.errors import AssumptionViolated


def market(prior: Any) -> dm.Environment:
    """One period, two agents, perhaps a public state as the third axis of the prior."""
    shape = np.array(prior, dtype=object).shape
    names = ["ann", "bob", "weather"][: len(shape)]
    return dm.Environment(
        name="market",
        horizon=1,
        actions=["keep", "ann", "bob"],
        agents=[
            dm.Agent(
                name,
                types=[f"{name[0]}{k}" for k in range(size)],
                values=[[[k * (action == name) for k in range(size)] for action in ("keep", "ann", "bob")]],
                observed=name == "weather",
            )
            for name, size in zip(names, shape, strict=True)
        ],
        process={"prior": prior},
    )


CORRELATED = [["3/8", "1/8"], ["1/8", "3/8"]]
INDEPENDENT = [["1/8", "1/8"], ["3/8", "3/8"]]


def test_nothing_later_is_no_answer() -> None:
    """A process without a next period neither has the conditions nor lacks them."""
    for exact in (False, True):
        made = dm.correlation(market(INDEPENDENT), exact=exact)
        for agent in made.agents:
            assert agent.convex_independence is None
            assert agent.spanning is None
            assert agent.theorem("3.1") == agent.theorem("3.2") == (None, None, None)
        for agent in correlation_json(made)["agents"]:
            assert (agent["convex_independence"], agent["spanning"], agent["blocks"]) == (None, None, [])
            assert agent["theorem_3_1"] == dict.fromkeys(
                ("feasible", "largest_transfer", "least_norm_squared")
            )
    near = future_signals(market(CORRELATED))
    assert near.convex_independence is None
    assert near.spans is None
    with pytest.raises(AssumptionViolated, match="there is one period"):
        unalignable(market(CORRELATED))


def test_independent_priors_fail() -> None:
    made = dm.correlation(market(INDEPENDENT), exact=True).static
    assert made is not None
    assert made.convex_independence is False
    assert made.spanning is False
    assert all(block.convex.distance.max() == 0 for block in made.blocks)
    # Either type foretells what the other does.
    assert made.blocks[0].convex.weights[0].tolist() == [[0, 1], [1, 0]]


@pytest.mark.parametrize("exact", [False, True])
def test_correlated_priors_pass(exact: bool) -> None:
    made = dm.correlation(market(CORRELATED), exact=exact).static
    assert made is not None
    assert made.convex_independence is True
    assert made.spanning is True
    ann, bob = made.blocks
    assert (ann.agent, bob.agent) == (0, 1)
    assert ann.rows.astype(float).tolist() == [[0.75, 0.25], [0.25, 0.75]]
    # (3/4, 1/4) and (1/4, 3/4) are 1 apart; as close as a multiple η ∈ [−1, 1] of the other comes: η = 1/3.
    assert ann.convex.distance.astype(float) == pytest.approx(1.0, abs=1e-12)
    assert ann.spanning.distance is not None
    assert float(ann.spanning.distance[0]) == pytest.approx(2 / 3, abs=1e-12)
    assert ann.spanning.condition[0] == pytest.approx(2.0)
    written = correlation_json(dm.correlation(market(CORRELATED), exact=True))["static"]
    assert [block["agent"] for block in written["blocks"]] == ["ann", "bob"]
    assert written["blocks"][0]["convex_independence"]["rows"][0]["separating"] == ["1", "-1"]
    assert written["blocks"][0]["spanning"]["distance"] == "2/3"


def test_a_belief_between_two_others_fails_alone() -> None:
    """The middle type's belief is the mean of the others'; bob's two types span."""
    prior = [["3/12", "1/12"], ["2/12", "2/12"], ["1/12", "3/12"]]
    made = dm.correlation(market(prior), exact=True).static
    assert made is not None
    ann, bob = made.blocks
    assert ann.convex.independent[0].tolist() == [True, False, True]
    assert ann.convex.weights[0, 1].tolist() == [F(1, 2), 0, F(1, 2)]
    assert not ann.spanning.holds[0]
    assert bob.convex.holds[0]
    assert bob.spanning.holds[0]
    assert made.convex_independence is False


def test_improbable_types_believe_nothing() -> None:
    made = dm.correlation(market([["1/2", "1/8"], [0, 0], ["1/8", "1/4"]]), exact=True).static
    assert made is not None
    assert made.blocks[0].types == ("a0", "a2")
    assert made.blocks[0].rows.tolist() == [[F(4, 5), F(1, 5)], [F(1, 3), F(2, 3)]]
    assert made.convex_independence


def test_beliefs_are_given_what_everybody_sees() -> None:
    """Types that move with the weather alone foretell nothing that is not seen."""
    common = [[["9/32", "1/32"], ["3/32", "3/32"]], [["3/32", "3/32"], ["1/32", "9/32"]]]
    made = dm.correlation(market(common), exact=True).static
    assert made is not None
    assert [(block.agent, block.public) for block in made.blocks] == [
        (i, {"weather": f"w{k}"}) for i in (0, 1) for k in (0, 1)
    ]
    for block in made.blocks:
        assert (block.rows[0] == block.rows[1]).all()
        assert not block.convex.holds[0]


def test_the_frame_and_the_picture_are_of_beliefs_without_a_later_period() -> None:
    pytest.importorskip("pandas")
    common = [[["9/32", "1/32"], ["3/32", "3/32"]], [["3/32", "3/32"], ["1/32", "9/32"]]]
    cases: list[tuple[Any, list[str], int]] = [
        (CORRELATED, [], 1), (INDEPENDENT, [], 0), (common, ["w0", "w1"], 0)
    ]  # fmt: skip
    for prior, public, gap in cases:
        made = dm.correlation(market(prior), exact=True)
        frame = made.to_dataframe()
        assert list(frame["agent"]) == [name for name in ("ann", "bob") for _ in public or [""]]
        assert set(frame["convex gap"]) == {gap}
        assert set(frame["spanning"]) == set(frame["convex independence"]) == {gap > 0}
        assert list(frame.get("type of weather", [])) == public * 2
        pytest.importorskip("matplotlib")
        panels = [axes for axes in made.plot().axes if axes.get_title()]
        told = ", given weather w0" if public else ""
        assert [axes.get_title() for axes in panels] == [
            f"{name}: beliefs in period 0{told}, convex gap {gap}" for name in ("ann", "bob")
        ]
        crosses = [[text for text in axes.texts if text.get_text() == "×"] for axes in panels]
        assert [len(own) for own in crosses] == [0 if gap else 2] * 2


def test_one_agent_has_nobody_to_believe_anything_of() -> None:
    made = dm.correlation(dm.load("two-type-markov"), exact=True)
    assert made.static is None
    assert correlation_json(made)["static"] is None


def test_later_periods_have_a_first_one_too() -> None:
    for name in ("random-correlated", "liu-licence"):
        made = dm.correlation(dm.load(name))
        assert made.static is not None
        assert len(made.static.blocks) == len(made.agents)


@pytest.mark.parametrize("power", [6, 12, 15])
def test_verdicts_on_rationals_are_exact_in_doubles(power: int) -> None:
    """Beliefs that differ by less than doubles can tell."""
    far = F(1, 10**power)
    prior = [[F(1, 4) + far, F(1, 4) - far], [F(1, 4), F(1, 4)]]
    made = dm.correlation(market(prior)).static
    assert made is not None
    assert made.convex_independence
    assert made.spanning
    for block in made.blocks:
        sure = abs(block.rows[0] - block.rows[1]).sum()
        assert block.convex.distance[0, 0] == pytest.approx(float(sure), rel=1e-9)
