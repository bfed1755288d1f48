"""Worked cases of screening, their values computed by slow and plain routes, independently of this project.

`tests/data/screening.json` holds the instances with their sources.
"""

from __future__ import annotations

import json
from fractions import Fraction as F
from pathlib import Path
from typing import Any

import pytest

import dynamech as dm
from dynamech.models.environment.environment import Environment
from dynamech.models.ladder.ladder import Ladder

CASES: dict[str, Any] = {
    case["id"]: case
    for case in json.loads(
        (Path(__file__).parents[2] / "data" / "screening.json").read_text(encoding="utf-8")
    )
}


def case(name: str) -> tuple[dict[str, Any], dict[str, Any]]:
    return CASES[name]["instance"], CASES[name]["expected"]


def rationals(row: list[Any]) -> list[F]:
    return [F(value) for value in row]


def rows(table: list[list[Any]]) -> list[list[F]]:
    return [rationals(row) for row in table]


def value(env: Environment, incentives: str, **more: Any) -> Any:
    found = dm.design(env, incentives=incentives, **{"exact": True, **more})
    assert found.status == "optimal", found.message
    return found.value


def climb(env: Environment, **more: Any) -> Ladder:
    return dm.ladder(env, **{"exact": True, **more})


def assert_rungs(made: Ladder, **wanted: Any) -> None:
    for name, expected in wanted.items():
        found = made[name.replace("_", "-")].value
        if made.exact:
            assert found == F(expected), name
        else:
            assert found == pytest.approx(float(F(expected)), rel=1e-9, abs=1e-9), name
