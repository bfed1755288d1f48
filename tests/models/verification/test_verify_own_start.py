"""Verification where an infinite horizon has a period 0 of its own: against the same given once, against long
finite horizons, and by hand."""

from __future__ import annotations

from fractions import Fraction as F
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import dynamech as dm
from dynamech.instances import read_mechanism, save_mechanism
from dynamech.models.notions.incentives import read_incentive
from dynamech.models.notions.participation import read_participation
from dynamech.models.verification.agent_view import view
from dynamech.models.verification.best_reply import best_reply, largest_lie, reply_utilities
from dynamech.models.verification.participation_check import LOWEST
from dynamech.models.verification.public_states import play
from dynamech.models.verification.report_utilities import truth_utilities, truth_values
from dynamech.solvers.errors import AssumptionViolated, InvalidInput
from dynamech.solvers.numbers import array, to_exact
from tests.models.environment.own_start import drawn, repeated, shop, twice

SHORT, LONG = 8, 45
"""With a discount of 1/2, in doubles so many periods are as good as for ever, seen from the first few."""


def mechanism_of(env: dm.Environment, seed: int, memory: int = 2) -> dm.Mechanism:
    """Random lotteries over feasible actions, payments and memory, in rationals."""
    dice, stages = np.random.default_rng(seed), []
    for t in range(env.periods):
        shape = (1 if t == 0 else memory, *env.types(t), env.num_actions(t))
        weights = dice.integers(0, 3, shape)
        weights[..., 0] += 1
        flags = env.feasible[t]
        if flags is not None:
            open_ = [k if i in env.observed else 1 for i, k in enumerate(env.types(t))]
            weights = (weights + 1) * np.moveaxis(flags, 0, -1).reshape(1, *open_, shape[-1])
        paid = dice.integers(-4, 9, (env.num_agents, *shape[:-1])) / 4
        paid[list(env.observed)] = 0
        exact = to_exact(weights.astype(float))
        allocation = exact / exact.sum(axis=-1, keepdims=True)
        stages.append(dm.Stage(allocation, to_exact(paid), dice.integers(0, memory, shape)))
    return dm.Mechanism(env.name, tuple(stages), 0, True)


@settings(max_examples=6, deadline=None, derandomize=True)
@given(seed=st.integers(0, 10**5), independent=st.booleans(), exact=st.booleans())
def test_given_twice_it_is_judged_as_given_once(seed: int, independent: bool, exact: bool) -> None:
    env = dm.load("random", seed=seed, agents=2, independent=independent, stationary=True, discount="1/2")
    made = mechanism_of(twice(env), seed, 1)
    stage = made.stages[1]
    one, two = dm.Mechanism(env.name, (stage,), 0, True), dm.Mechanism(env.name, (stage, stage), 0, True)
    if not exact:
        env = env.to_float()
    for mine, yours in zip(dm.verify(env, one), dm.verify(twice(env), two), strict=True):
        assert (mine.notion, mine.holds) == (yours.notion, yours.holds)
        assert float(mine.violation) == pytest.approx(float(yours.violation), abs=0 if exact else 1e-9)
        assert (mine.witness is None) == (yours.witness is None)
        if exact and mine.witness is not None and yours.witness is not None:
            assert mine.witness.gain == yours.witness.gain


@settings(max_examples=6, deadline=None, derandomize=True)
@given(
    seed=st.integers(0, 10**5),
    independent=st.booleans(),
    public=st.booleans(),
    word=st.sampled_from(["bayesian", "ex-post", "first-order"]),
)
def test_gains_are_the_limit_of_long_horizons(seed: int, independent: bool, public: bool, word: str) -> None:
    """The largest gain over the first periods of a long horizon, each found backwards from its end; and what
    participation falls short by."""
    env = drawn(
        seed, independent=independent, observed=int(public), given=public and independent, feasible=public,
        private_values=False,
    ).to_float()
    made, notion = mechanism_of(env, seed), read_incentive(word)
    long = play(env.with_horizon(LONG), repeated(made, LONG))
    gain = 0.0
    for i in env.private:
        after, honest = best_reply(long, i, notion).after, truth_values(long, i)
        for t in range(SHORT):
            seen, rows = view(long, i, t), np.arange(long.states[t].size)
            replies = reply_utilities(long, seen, notion, rows, after[t + 1])
            truth = truth_utilities(long, seen, rows, honest[t + 1])
            lie = largest_lie(long, seen, notion, rows, replies, truth)
            gain = max(gain, float(lie.violation) if lie is not None else 0.0)
    verdict = dm.verify(env, made, incentives=word)
    assert float(verdict.violation) == pytest.approx(gain, abs=1e-8)
    for promise in ("interim", "per-period"):
        lowest = LOWEST[read_participation(promise).promise]
        lows = [lowest(long, i, notion.information) for i in env.private]
        short = max(0.0, *(float(low.violation) for low in lows if low is not None))
        assert float(dm.verify(env, made, participation=promise).violation) == pytest.approx(short, abs=1e-8)


def test_doubles_and_rationals_agree() -> None:
    for seed in range(2):
        env = drawn(seed, agents=1, observed=1, given=True, feasible=True)
        made = mechanism_of(env, seed)
        for mine, yours in zip(dm.verify(env, made), dm.verify(env.to_float(), made.to_float()), strict=True):
            assert (mine.notion, mine.holds) == (yours.notion, yours.holds)
            assert isinstance(mine.violation, F | int)
            assert float(mine.violation) == pytest.approx(float(yours.violation), abs=1e-9)


def screening() -> dm.Environment:
    """A first type that says how likely a high value is, and a value that then stays for ever."""
    buyer = dm.Agent(
        "buyer", types=[["L", "H"], ["low", "high"]], prior=["1/2", "1/2"],
        values=[[[0, 0]], [[0, 0], [1, 3]]],
        transitions=[[[["3/4", "1/4"], ["1/4", "3/4"]]], [[[1, 0], [0, 1]]]],
    )  # fmt: skip
    return dm.Environment(
        name="option", agents=[buyer], actions=[["wait"], ["keep", "sell"]], horizon=None, discount="1/2"
    )


def option(entry: list[Any], fees: list[list[Any]]) -> dm.Mechanism:
    """An entry fee by first report; then by (first, present report) a good at a price in every period."""
    first = dm.Stage(
        array([[[1], [1]]]), array([[entry]]), np.array([[[0], [1]]]), ["start"].__getitem__
    )
    stay = np.broadcast_to(np.arange(2)[:, None, None], (2, 2, 2))
    later = dm.Stage(array([[[0, 1]] * 2] * 2), array([fees]), stay, ["L", "H"].__getitem__)
    return dm.Mechanism("option", (first, later), 0, True)


def test_a_lie_in_period_0_is_found_and_told(tmp_path: Path) -> None:
    """Whoever says H pays 1 instead of 2 for ever: worth δ + δ² + … = 1 to everybody. At an entry fee of 5/4
    type H says L and gains 1/4; at 3/4 type L says H and gains as much."""
    env = screening()
    for entry, own, said in ((F(5, 4), "H", "L"), (F(3, 4), "L", "H")):
        made = option([0, entry], [[2, 2], [1, 1]])
        verdict = dm.verify(env, made, incentives="bayesian")
        witness = verdict.witness
        assert verdict.violation == F(1, 4)
        assert witness is not None
        assert (witness.period, witness.type, witness.report) == (0, own, said)
        assert (witness.history, witness.plan) == ([], "truth")
        assert "she gains 1/4" in witness.sentence
        save_mechanism(made, tmp_path / "option.json")
        for read in (read_mechanism(tmp_path / "option.json"), read_mechanism(tmp_path / "option.json", env)):
            assert (read.stationary, read.periods, read.stages[1].label_of(1)) == (True, 2, "H")
            assert dm.verify(env, read, incentives="bayesian").violation == F(1, 4)
    assert dm.verify(env, option([0, 1], [[2, 2], [1, 1]]), incentives="bayesian").holds


def test_a_lie_in_period_1_is_found_and_told_with_what_led_there() -> None:
    """After H whoever says low pays 1 less in every period: 2 in money of period 1, said for ever."""
    verdict = dm.verify(screening(), option([0, 0], [[2, 2], [1, 2]]), incentives="bayesian")
    witness = verdict.witness
    assert verdict.violation == F(2)
    assert witness is not None
    assert (witness.period, witness.type, witness.report) == (1, "high", "low")
    assert witness.history == [{"reports": {"buyer": "H"}, "action": None}]
    assert witness.truncated


def test_participation_falls_short_in_period_0_and_later() -> None:
    """The good at 2 for ever: from period 1 on a low type loses 2 in all, a high type gains as much; L, in
    money of period 0, expects 1/2 (3/4 (-2) + 1/4 2) = -1/2."""
    env, made = screening(), option([0, 0], [[2, 2], [2, 2]])
    interim = dm.verify(env, made, participation="interim")
    assert interim.violation == F(1, 2)
    assert interim.witness is not None
    assert (interim.witness.period, interim.witness.type) == (0, "L")
    later = dm.verify(env, made, participation="periodic")
    assert later.violation == F(2)
    assert later.witness is not None
    assert (later.witness.period, later.witness.type) == (1, "low")
    assert dm.verify(env, made, participation="per-period").violation == F(1)


def test_a_lie_that_pays_from_period_2_on_is_found_there() -> None:
    """Memories L and H, of period 1, charge everybody 2; the third, of all later periods, less for `low`."""
    first, _ = option([0, 0], [[2, 2], [2, 2]]).stages
    rest = dm.Stage(
        array([[[0, 1]] * 2] * 3), array([[[2, 2], [2, 2], [1, 2]]]), np.full((3, 2, 2), 2)
    )  # fmt: skip
    made = dm.Mechanism("option", (first, rest), 0, True)
    verdict = dm.verify(screening(), made, incentives="bayesian")
    assert verdict.violation == F(2)
    assert verdict.witness is not None
    assert (verdict.witness.period, len(verdict.witness.history)) == (2, 2)
    assert [entry["reports"]["buyer"] for entry in verdict.witness.history][1] == "high"


def test_what_does_not_fit_is_refused() -> None:
    env, made = screening(), option([0, 0], [[2, 2], [2, 2]])
    with pytest.raises(InvalidInput, match=r"1 period.* with a period 0 of its own and an infinite horizon"):
        dm.verify(env, dm.Mechanism("option", made.stages[1:], 0, True))
    with pytest.raises(InvalidInput, match=r"2 period.s. for environment 'option' with a period 0 of"):
        dm.verify(env, dm.Mechanism("option", made.stages, 0, False))
    stage = made.stages[1]
    assert stage.next is not None
    out = dm.Stage(stage.allocation, stage.transfers, stage.next + 1)
    with pytest.raises(InvalidInput, match="period 1: next points to memory 2"):
        dm.verify(env, dm.Mechanism("option", (made.stages[0], out), 0, True))
    with pytest.raises(AssumptionViolated, match="incentives 'relaxed' rewrite environments"):
        dm.verify(env, made, incentives="relaxed")


def test_what_cannot_be_said_in_the_second_entry_is_no_lie() -> None:
    """`high` cannot hide in the weather shop, so that a price by report is no temptation to her."""
    env = shop()
    wait = dm.Stage(np.ones((1, 2, 1, 1)), np.zeros((2, 1, 2, 1)), np.zeros((1, 2, 1, 1), dtype=np.int64))
    sell, pay = np.zeros((1, 3, 2, 2)), np.zeros((2, 1, 3, 2))
    sell[:, :, 0, 1] = sell[:, :, 1, 0] = 1
    pay[0, 0, :, 0] = [0, 1, 5]
    trade = dm.Stage(sell, pay, np.zeros((1, 3, 2, 2), dtype=np.int64))
    verdict = dm.verify(env, dm.Mechanism(env.name, (wait, trade), 0, True), incentives="ex-post")
    assert verdict.witness is not None
    assert (verdict.witness.type, verdict.witness.report) == ("middle", "low")
