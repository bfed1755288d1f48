"""Ladders of other objectives: their order, and relaxed optima that are taken apart again."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import pytest

import dynamech as dm
from dynamech.models.ladder.order import check_order

from ..compiler.mechanism_worth import worth

F = Fraction
OBJECTIVES: dict[str, dict[str, Any]] = {
    "rents weigh half": {"revenue": 1, "utility": "1/2"},
    "rents weigh twice": {"welfare": 1, "utility": -2},
    "the worst off": {"revenue": 1, "utility": "-1/2", "min-utility": 1},
    "the worst type": {"revenue": 1, "welfare": "1/2", "min-type-utility": 1},
}


@pytest.mark.parametrize("name", OBJECTIVES)
def test_relaxed_optima_are_un_relaxed_whatever_the_objective(name: str) -> None:
    env, asked = dm.load("kln-nonseparable", n=3), OBJECTIVES[name]
    rungs = dm.ladder(env, objective=asked, exact=True)
    check_order(env.name, {rung.name: rung.design for rung in rungs.rungs})
    bayesian, relaxed = rungs["bayesian"], rungs["relaxed"]
    assert worth(env, bayesian.design.mechanism, asked) == bayesian.value
    unrelaxed = rungs.unrelaxed
    assert unrelaxed is not None
    assert worth(unrelaxed.environment, unrelaxed.mechanism, asked) == relaxed.value
    assert bool(dm.verify(unrelaxed.environment, unrelaxed.mechanism, "bayesian")) is (unrelaxed.gain == 0)
    assert rungs.tight["relaxed"] is not True or unrelaxed.gain == 0
    if "min" in "".join(asked):
        assert "a least utility" in rungs.criterion.reason
        assert unrelaxed.only.utilities is not True


@pytest.mark.parametrize("seed", [3, 8])
def test_weights_on_one_agent_survive_every_rewriting(seed: int) -> None:
    env = dm.load("random", seed=seed, agents=2, periods=2, types=2, actions=2, observed=1, controlled=False)
    asked = {"revenue": 1, "utility:agent 2": "1/2", "utility:public 1": "-1/3", "min-utility": "1/2"}
    everybody = asked | {"utility": "1/4"}
    apart = asked | {"utility:agent 1": "1/4", "utility:agent 2": "3/4", "utility:public 1": "-1/12"}
    one, other = (dm.ladder(env, objective=weights, exact=True) for weights in (everybody, apart))
    for rung, same in zip(one.rungs, other.rungs, strict=True):
        assert rung.value == same.value
        if rung.design.environment == env:
            assert worth(env, rung.design.mechanism, everybody) == rung.value
    assert len({rung.value for rung in one.rungs}) > 1


def test_every_rung_of_an_endless_question_says_so() -> None:
    for exact in (False, True):
        rungs = dm.ladder("two-type-markov", objective="utility", exact=exact)
        assert {rung.status for rung in rungs.rungs} == {"unbounded"}
        assert all("pay everybody more and more" in rung.design.message for rung in rungs.rungs)
