"""The pivot payments at other times: the same present value, and which notion fails (4_scheduling_exit)."""

from __future__ import annotations

from fractions import Fraction as F

import numpy as np
import pytest

from dynamech.models.efficient.deferral import bonded, deferred
from dynamech.models.efficient.pivot import pivot
from dynamech.models.efficient.team import team
from dynamech.solvers.effort import EXACT
from dynamech.solvers.errors import AssumptionViolated, InvalidInput

from .efficient_cases import CASES, serving, tables


def test_deferral_is_walked_away_from() -> None:
    """Worked case: −76/45 at worst, 54 memories in which money is due from somebody who is out."""
    env = serving([0, 3, 5, 8], ["1", "2", "3"])
    wanted = CASES["4_scheduling_exit"]["expected"]
    found = pivot(env, EXACT)
    late = deferred(found)
    assert (late.budget == found.budget[0]).all()
    violated = late.paid_after(found.exit)[0].any(axis=2)
    assert int(violated.sum()) == wanted["deferred_pivot"]["n_exit_violations"]
    verdicts = {v.notion: v for v in deferred(pivot(env)).verdicts}
    assert {word: v.holds for word, v in verdicts.items()} == {
        "ex-post": True, "bayesian": True, "interim": True, "periodic": False,
    }  # fmt: skip
    assert -verdicts["periodic"].violation == pytest.approx(
        float(F(wanted["deferred_pivot"]["min_continuation_payoff"]))
    )
    shared = team(pivot(env, EXACT)).paid_after(found.exit)[0].sum()
    assert int(shared) == wanted["team_mechanism"]["n_states_violating"]


def test_a_bond_moves_money_when_she_is_out() -> None:
    found = pivot(serving([0, 3], ["1", "2"]), EXACT)
    held = bonded(found, [3, "1/2"])
    assert (held.budget == found.budget[0]).all()
    assert held.satisfies == {"ex-post": True, "bayesian": True, "interim": True, "periodic": True}
    out = held.paid_after(found.exit)[0]
    assert out[:, 0].any(axis=1).all()
    assert not np.any([paid.any() for paid in bonded(found, 0).paid_after(found.exit)])


@pytest.mark.parametrize("move", [deferred, lambda found: bonded(found, 10)])
def test_a_finite_horizon(move: object) -> None:
    found = pivot(tables("1A_rand_2agents_3states_3actions_T3", 3), EXACT)
    made = move(found)  # type: ignore[operator]
    assert (made.budget == found.budget[0]).all()
    assert made.satisfies["ex-post"]
    assert made.satisfies["interim"]
    assert made.satisfies["periodic"] == (move is not deferred)


def test_what_cannot_be_moved() -> None:
    found = pivot(tables("1A_rand_2agents_3states_3actions_T3", 1), EXACT)
    with pytest.raises(AssumptionViolated, match="there is one period, and payments cannot be put off"):
        deferred(found)
    worthless = pivot(serving([0, 3], ["1", "2"], discount=0), EXACT)
    with pytest.raises(AssumptionViolated, match="the discount is 0, and a bond cannot be given back"):
        bonded(worthless, 1)
    with pytest.raises(InvalidInput, match="bond: 1 numbers for 2 agents"):
        bonded(pivot(serving([0, 3], ["1", "2"]), EXACT), [1])
    with pytest.raises(InvalidInput, match="bond: -1 is negative"):
        bonded(pivot(serving([0, 3], ["1", "2"]), EXACT), -1)
