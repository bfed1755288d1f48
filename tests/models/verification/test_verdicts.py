"""A verdict, and a list of them, is true exactly where what it says holds."""

from __future__ import annotations

import copy
import pickle

import pytest

import dynamech as dm
from dynamech.models.verification.verdict import Verdict, Verdicts
from dynamech.testing import assert_incentive_compatible

HOLDS = Verdict("incentives", "bayesian", True, 0.0)
FAILS = Verdict("participation", "per-period", False, 2.0)


def test_a_verdict_is_true_where_its_notion_holds() -> None:
    assert HOLDS
    assert not FAILS
    assert bool(FAILS) is False


@pytest.mark.parametrize(
    ("verdicts", "true"),
    [([HOLDS, HOLDS], True), ([HOLDS], True), ([HOLDS, FAILS], False), ([FAILS, HOLDS], False),
     ([FAILS], False), ([], False)],
)  # fmt: skip
def test_a_list_is_true_where_everything_holds_and_something_does(
    verdicts: list[Verdict], true: bool
) -> None:
    made = Verdicts(verdicts)
    assert bool(made) is true
    assert made == verdicts
    assert isinstance(made, list)
    for same in (copy.copy(made), copy.deepcopy(made), made.copy(), pickle.loads(pickle.dumps(made))):
        assert type(same) is Verdicts
        assert same == made
        assert bool(same) is true


def test_parts_and_sums_say_no_too() -> None:
    made = Verdicts([HOLDS, FAILS, HOLDS])
    assert made[::2]
    assert not made[1:]
    assert not made[3:]
    assert made[0] is HOLDS
    assert not made[:1] + made[1:2]
    assert made[:1] + made[2:]


def test_repr_says_which_fail() -> None:
    assert repr(Verdicts([HOLDS])) == "Verdicts(1 of 1 hold)"
    assert repr(Verdicts([HOLDS, FAILS])) == "Verdicts(1 of 2 hold; not per-period)"
    assert len(repr(Verdicts([FAILS] * 50))) < 200


@pytest.mark.parametrize("exact", [False, True])
def test_verify_says_no(exact: bool) -> None:
    env = dm.load("kln-nonseparable", n=5)
    best = dm.design(env, exact=exact).mechanism
    # It earns 15/4, and no mechanism with these properties more than 9/4.
    greedy = dm.design(env, incentives="none", exact=exact).mechanism
    assert bool(dm.verify(env, best, "bayesian")) is True
    assert bool(dm.verify(env, best, "bayesian", "interim")) is True
    assert bool(dm.verify(env, greedy, "bayesian")) is False
    assert bool(dm.verify(env, greedy, "bayesian", "interim")) is False
    assert bool(dm.verify(env, greedy, participation="interim")) is True
    assert bool(dm.verify(env, greedy)) is False
    assert_incentive_compatible(env, best)
    with pytest.raises(AssertionError, match="incentives 'bayesian' fails by"):
        assert_incentive_compatible(env, greedy)


def test_verify_says_no_for_ever() -> None:
    env = dm.load("liu-licence")
    transfers = dm.correlation(env, exact=True)
    assert transfers.mechanism is not None
    assert bool(dm.verify(env, transfers.mechanism, "ex-post")) is True
    stages = transfers.mechanism.stages
    free = dm.Mechanism(
        env.name,
        tuple(dm.Stage(s.allocation, 0 * s.transfers, s.next, s.label) for s in stages),
        transfers.mechanism.start,
        transfers.mechanism.stationary,
    )
    assert bool(dm.verify(env, free, "ex-post")) is False
    assert bool(dm.verify(env, free)) is False
