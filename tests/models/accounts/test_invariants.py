"""MPTZ (D.1)-(D.3) along every path: what the proof of Theorem 6.1 keeps, and where it does not."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction as F

import pytest

from dynamech.instances.library import load
from dynamech.models.accounts.bank import Bank, bank
from dynamech.models.accounts.nonclairvoyant.invariants import invariants
from dynamech.models.accounts.nonclairvoyant.run import run
from dynamech.solvers.effort import EXACT
from dynamech.solvers.errors import InvalidInput


def best(**settings: object) -> Bank:
    return bank(load("items-over-time", **settings), effort=EXACT)


@pytest.mark.parametrize("settings", [{}, {"case": "rising"}, {"periods": 3}, {"case": "mixed"}])
def test_d1_d2_d3_hold_with_one_buyer(settings: dict[str, object]) -> None:
    answer = best(**settings)
    assert answer.account is not None
    least = invariants(run(answer.items), answer.account)
    assert all(value is None or value >= 0 for value in least.values()), least


def test_d1_fails_where_a_deposit_exceeds_the_value_served() -> None:
    answer = best(case="swapped")
    assert answer.account is not None
    least = invariants(run(answer.items), answer.account)
    assert least["deposits"] == F(-27, 50)
    assert (least["D.1"], least["D.2"], least["charges"]) == (F(-27, 125), F(-27, 125), 0)


def test_a_balance_that_is_taken_away_breaks_d1() -> None:
    """The invariant can fail with one buyer: starred balances a whole item too high."""
    answer = best()
    assert answer.account is not None
    after = (answer.account.after[0] + 1, *answer.account.after[1:])
    assert invariants(run(answer.items), replace(answer.account, after=after))["D.1"] == 0
    more = (answer.account.after[0] + 5, *answer.account.after[1:])
    least = invariants(run(answer.items), replace(answer.account, after=more))["D.1"]
    assert least is not None
    assert least < 0


def test_other_items_and_two_periods_are_refused() -> None:
    one, other = best(), best(case="rising")
    assert one.account is not None
    assert other.account is not None
    with pytest.raises(InvalidInput, match="the account is of environment"):
        invariants(run(one.items), other.account)
    with pytest.raises(InvalidInput, match="'two-period' has no money burning"):
        invariants(run(one.items, "two-period"), one.account)
