"""Every rung of every library family has a proof that the independent checker accepts from its file."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

import dynamech as dm
from dynamech.instances.library import all_families
from dynamech.models.notions.incentives import RUNGS
from dynamech.rebuild import question_of
from dynamech.solvers import checker
from dynamech.solvers.certificate import text

SMALL: dict[str, dict[str, Any]] = {
    "sponsored-search": {"T": 1},
    "handicap-auction": {"n": 2},
    "ar1-sale": {"horizon": 2, "theta0": "1,2"},
    "supply-chain": {"T": 1},
    "supply-quantities": {"margins": "2,3"},
    "ar-additive": {"s0": "2,4"},
    "scheduling": {"tasks": "3,1", "horizon": 2},
    "multi-task": {"horizon": 2},
    "arrivals": {"periods": 2, "values": "1,2"},
    "hidden-arrivals": {"values": "1"},
    "bandit-auction": {"learning": "beta", "n": 1},
    "random-correlated": {"stationary": False, "periods": 2, "types": 2},
}
"""Where the defaults take more than a moment, or have no ladder."""


@pytest.mark.parametrize("name", [family.name for family in all_families()])
def test_the_whole_ladder_is_certified(name: str, tmp_path: Path) -> None:
    env = dm.load(name, **SMALL.get(name, {}))
    if env.stationary:
        env = env.with_horizon(2)
    ladder = dm.ladder(env, exact=True)
    assert [rung.name for rung in ladder.rungs] == list(RUNGS)
    for rung in ladder.rungs:
        if rung.status == "not-applicable":
            assert env.joint
            continue
        assert isinstance(rung.value, Fraction), rung.name
        proof = rung.design.certificate
        assert proof is not None
        path = tmp_path / f"{rung.name}.json"
        proof.save(path, question_of(env, rung.design))
        verdict = checker.check_file(path)
        assert verdict["valid"], verdict["reason"]
        assert (verdict["kind"], verdict["value"]) == ("optimal", text(rung.value))
