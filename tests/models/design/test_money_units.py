"""What is nothing beside money is nothing in cents and in billions: accounts, payments and divisible goods.

Data in doubles times 10^-12 up to 10^12 give the answers of the same data over the rationals.
"""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction

import numpy as np
import pytest

from dynamech.instances.families.items_over_time import items
from dynamech.instances.library import load
from dynamech.models.accounts.items import read_items
from dynamech.models.accounts.nonclairvoyant.run import run
from dynamech.models.accounts.nonclairvoyant.utility_account import account_by_utility
from dynamech.models.accounts.reduction import reduce_to_account
from dynamech.models.environment.environment import Agent, Environment
from dynamech.models.mechanism.mechanism import Mechanism, Stage
from dynamech.solvers.errors import InvalidInput

from .test_scale import paying, times

Written = Callable[[Environment, str], Mechanism]
THREE = [Fraction(k) for k in (1, 2, 3)], [Fraction(1, 3)] * 3
EDGE = [Fraction(1), Fraction(3)], [Fraction(1, 2)] * 2
COIN = [Fraction(1), Fraction(2)], [Fraction(1, 2)] * 2
POWERS = pytest.mark.parametrize("power", [-12, -9, 0, 9, 12])


def in_doubles(env: Environment, mechanism: Mechanism, power: int) -> tuple[Environment, Mechanism]:
    """An environment and its mechanism, money times 10^power."""
    return times(env, power).to_float(), paying(mechanism, power).to_float()


@POWERS
def test_the_reduction_to_an_account(written: Written, power: int) -> None:
    """Two histories promise the same and one serves more; the reports before promise different amounts."""
    env = items([[THREE], [EDGE]])
    later = "0,0 0 0; 0,1 1 2; 1,0 0 -1/2; 1,1 0 -1/2; 2,0 1 1; 2,1 1 1"
    reduction = reduce_to_account(*in_doubles(env, written(env, "0 0 0; 1 0 0; 2 1 3; " + later), power))
    unit = 10.0**power
    assert [claim for claim in reduction.claims if not claim.holds] == []
    assert reduction.symmetric.revenue == pytest.approx(2 * unit, rel=1e-9)
    assert reduction.symmetric.welfare == pytest.approx(8 / 3 * unit, rel=1e-9)
    assert [len(balances) for balances in reduction.account.balances] == [1, 2]


@POWERS
def test_accounts_by_utility(written: Written, power: int) -> None:
    """Types 1 and 2 keep 0, but for rounding, and share a balance; type 3 keeps a third."""
    env = items([[THREE], [COIN]])
    text = "0 0 0; 1 1/3 2/3; 2 1 8/3; " + "; ".join(f"{k},0 0 0; {k},1 1 2" for k in range(3))
    account = account_by_utility(*in_doubles(env, written(env, text), power))
    assert [len(balances) for balances in account.balances] == [1, 2]


@POWERS
def test_running_without_knowing_the_future(power: int) -> None:
    env = load("give-then-spend")
    wanted = run(read_items(env))
    run_ = run(read_items(times(env, power).to_float()))
    assert float(run_.revenue) == pytest.approx(float(wanted.revenue) * 10.0**power, rel=1e-9)
    assert [len(b) for b in run_.states] == [len(b) for b in wanted.states]


@POWERS
def test_quantities_of_goods(power: int) -> None:
    """A tenth above what there is, or below nothing, is too much in grams and in tons; rounding is not."""
    unit = Fraction(10) ** power
    env = Environment(
        name="mill",
        horizon=1,
        actions={"goods": ["corn"], "upper": [unit]},
        agents=[Agent("a", types=["low", "high"], prior=["1/2", "1/2"], values=[[[1, 2]]])],
    ).to_float()
    for least, most, holds in ((0, 1, True), (0, 1.1, False), (-0.1, 1, False), (-1e-12, 1 + 1e-12, True)):
        amounts = np.array([least, most]).reshape(1, 2, 1) * float(unit)
        mechanism = Mechanism("mill", (Stage(amounts, np.zeros((1, 1, 2))),))
        if holds:
            mechanism.check(env)
        else:
            with pytest.raises(InvalidInput, match=r"exceeds|negative"):
                mechanism.check(env)
