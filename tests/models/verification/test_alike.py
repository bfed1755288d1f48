"""Public states that differ in beliefs alone are one to what a report is worth."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np
import pytest

import dynamech as dm
import dynamech.models.verification.best_reply as replies
from dynamech.models.mechanism.mechanism import Mechanism, Stage
from dynamech.models.notions.incentives import read_incentive
from dynamech.models.verification.public_states import numbered, play
from dynamech.models.verification.verify import incentive_verdict

F = Fraction


def env(periods: int = 3) -> dm.Environment:
    """Two agents whose types move with chances that depend on where they were."""
    agents = [
        dm.Agent(name, types=["low", "high"], prior=["1/2", "1/2"], values=lambda t, a, k: 1 + (k == "high"),
                 transitions=lambda t, a, k, after: "2/3" if k == after else "1/3")
        for name in "ab"
    ]
    return dm.Environment(name="pair", agents=agents, actions=["on"], horizon=periods)


def forgetful() -> Mechanism:
    """Remembers nothing; in the last period whoever says "high" pays."""
    ones, nothing = np.full((1, 2, 2, 1), F(1), dtype=object), np.full((2, 1, 2, 2), F(0), dtype=object)
    charge = nothing.copy()
    charge[0, 0, 1], charge[1, 0, :, 1] = F(1), F(1)
    stay = np.zeros((1, 2, 2, 1), dtype=np.int64)
    return Mechanism("pair", (Stage(ones, nothing, stay), Stage(ones, nothing, stay), Stage(ones, charge)))


def test_states_of_one_memory_are_alike_and_others_are_not() -> None:
    game = play(env(), forgetful())
    assert [states.size for states in game.states] == [1, 4, 4]
    # In period 1 and 2 the mechanism is in one memory after four profiles that are believed to go on unlike.
    assert [states.like.tolist() for states in game.states] == [[0], [0] * 4, [0] * 4]
    first, *rest = forgetful().stages
    last = Stage(np.repeat(first.allocation, 2, axis=0), np.repeat(rest[1].transfers, 2, axis=1))
    onward = np.array([[[[0]] * 2, [[1]] * 2]])
    apart = Mechanism("pair", (first, Stage(rest[0].allocation, rest[0].transfers, onward), last))
    assert play(env(), apart).states[2].like.tolist() == [0, 0, 2, 2]  # it remembers what a said


def test_kinds_of_rows_are_numbered_in_the_order_they_come_first() -> None:
    first, which = numbered(np.array([5, 3, 5, 3]), np.array([0, 1, 0, 0]))
    assert first.tolist() == [0, 1, 3]
    assert which.tolist() == [0, 1, 0, 2]


@pytest.mark.parametrize("exact", [True, False])
def test_reports_are_compared_once_for_all_that_are_alike(exact: bool, monkeypatch: Any) -> None:
    """And the lie, its place and its size are those that a look at every state finds."""
    notion = read_incentive("ex-post")
    home, mechanism = (env(), forgetful()) if exact else (env().to_float(), forgetful().to_float())
    looked: list[int] = []
    real = replies.reply_utilities

    def counting(game: Any, seen: Any, notion: Any, rows: Any, after: Any) -> Any:
        looked.append(len(rows))
        return real(game, seen, notion, rows, after)

    monkeypatch.setattr(replies, "reply_utilities", counting)
    verdict = incentive_verdict(home, mechanism, notion)
    assert looked == [1] * 6
    assert verdict.violation == 1
    assert verdict.witness is not None
    assert (verdict.witness.period, verdict.witness.type, verdict.witness.report) == (2, "high", "low")


def test_a_gain_counts_where_it_does_at_any_state_that_is_alike() -> None:
    """What counts as nothing is a share of what is at stake, which beliefs tell: 1e6 after "rich", else 1.

    The first of the two is the one that is looked at.
    """
    payer = dm.Agent("payer", types=["low", "high"], prior=[0.5, 0.5], transitions=[[[1, 0], [0, 1]]],
                     values=lambda t, action, own, other: 1e6 if other == "rich" else 1.0)
    other = dm.Agent("other", types=["rich", "poor"], prior=[0.5, 0.5], transitions=[[[1, 0], [0, 1]]])
    home = dm.Environment(name="pair", agents=[payer, other], actions=["on"], horizon=2).to_float()
    ones, nothing = np.ones((1, 2, 2, 1)), np.zeros((2, 1, 2, 2))
    charge = nothing.copy()
    charge[0, 0, 1] = 1e-3
    stages = (Stage(ones, nothing, np.zeros((1, 2, 2, 1), dtype=np.int64)), Stage(ones, charge))
    verdict = incentive_verdict(home, Mechanism("pair", stages), read_incentive("ex-post"))
    assert not verdict
    assert verdict.violation == pytest.approx(1e-3)
