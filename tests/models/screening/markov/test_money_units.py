"""What mechanisms do over time is the same in cents and in billions: yes, no and shares are those over the
rationals, money is in proportion."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from functools import cache
from typing import Any

import pytest

import dynamech as dm
from dynamech.testing import random_environment

from ...design.test_scale import times

MONEY = {
    "revenue", "surplus", "values", "virtual", "prices", "fees", "bound", "profit", "optimum", "gap", "rent",
    "expected", "lost", "shortfall",
}  # fmt: skip
"""Keys of the JSON whose numbers are money; below `goods` they are quantities."""
OF_ONE = {"by_period"}
"""Keys of what is said of one optimum of many."""
CASES: dict[str, tuple[Callable[..., Any], Callable[[], dm.Environment]]] = {
    "sale": (dm.sale, lambda: dm.load("ar1-sale", stock="observed")),
    "sale, uneven": (dm.sale, lambda: dm.load("ar1-sale", gamma="2/3", prior="1/7,2/7,4/7", horizon=2)),
    "progressive": (dm.progressive, lambda: dm.load("progressive-screening")),
    "progressive, crossing": (dm.progressive, lambda: dm.load("progressive-screening", variant="crossing")),
    "rents": (dm.rents, lambda: dm.load("two-type-markov", quadratic=True)),
    "rents, goods": (dm.rents, lambda: dm.load("two-type-markov", quadratic=True, low="2/3")),
    "rents, shocks": (dm.rents, lambda: dm.load("kln-nonseparable", n=3)),
    "rents, random": (dm.rents, lambda: random_environment(4, types=3)),
    "rents, on the edge": (dm.rents, lambda: random_environment(12, types=3, agents=2)),
    "distortions": (dm.distortions, lambda: dm.load("two-type-markov", horizon=3)),
    "distortions, goods": (dm.distortions, lambda: dm.load("two-type-markov", quadratic=True)),
    "distortions, two": (dm.distortions, lambda: random_environment(2, agents=2)),
}


def in_money(env: dm.Environment, power: int) -> dm.Environment:
    """All money times 10^power: values and costs, the curved ones too."""
    rate = Fraction(10) ** power
    goods = tuple(g and replace(g, quadratic=g.quadratic * rate) for g in env.goods)
    return times(env, power)._with(goods=goods)


def same(exact: Any, told: Any, scale: float, most: float, path: tuple[str, ...] = ()) -> None:
    """Every figure: as it is over the rationals, times `scale` where it is money; up to `most` is there."""
    if isinstance(exact, dict):
        assert exact.keys() == told.keys()
        for key in exact.keys() - OF_ONE:
            same(exact[key], told[key], scale, most, (*path, key))
    elif isinstance(exact, list):
        assert len(exact) == len(told), path
        for one, other in zip(exact, told, strict=True):
            same(one, other, scale, most, path)
    elif isinstance(told, float):
        money = (path[-1] in MONEY or "revenue" in path) and "goods" not in path
        unit, largest = (scale, most) if money else (1.0, 1.0)
        wanted = float(Fraction(exact)) * unit
        assert told == pytest.approx(wanted, rel=1e-6, abs=1e-6 * unit * largest), path
    else:
        assert exact == told, path


@cache
def over_the_rationals(case: str) -> tuple[dm.Environment, Any]:
    ask, make = CASES[case]
    env = make()
    return env, ask(env, exact=True).to_json()


@pytest.mark.parametrize("power", [-9, 0, 9])
@pytest.mark.parametrize("case", CASES)
def test_answers_are_the_same_in_other_money(case: str, power: int) -> None:
    env, exact = over_the_rationals(case)
    most = max(float(abs(table).max()) for agent in env.agents for table in agent.values)
    told = CASES[case][0](in_money(env, power), exact=False)
    same(exact, told.to_json(), 10.0**power, most)
