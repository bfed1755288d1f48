"""``verify`` on rational files: what fails comes out as the exact rational, in every form of the answer."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import dynamech as dm


@pytest.fixture
def mechanism(run: Callable[..., Any], mine: Path, tmp_path: Path) -> dict[str, Any]:
    """The optimum of the two-type file: 5/4 for the item after 'low', whose participation binds."""
    path = tmp_path / "optimum.json"
    assert run("design", str(mine), "--exact", "--out", str(path)).code == 0
    content: dict[str, Any] = json.loads(path.read_text())
    assert content["periods"][1]["transfers"][0][0][0] == "5/4"
    return content


def _overcharged(mechanism: dict[str, Any], price: Any, path: Path) -> Path:
    """Type 'low' that stays 'low' pays `price`: from period 0 that is worth 9/10 · 3/4 of what is added."""
    mechanism["periods"][1]["transfers"][0][0][0] = price
    path.write_text(json.dumps(mechanism))
    return path


def test_a_rational_optimum_keeps_its_promises_exactly(
    run: Callable[..., Any], mine: Path, mechanism: dict[str, Any], tmp_path: Path
) -> None:
    path = _overcharged(mechanism, "5/4", tmp_path / "m.json")
    for words in (("--incentives", "bayesian"), ("--participation", "interim")):
        ran = run("verify", str(mine), str(path), *words, "--json")
        assert ran.code == 0
        (verdict,) = ran.json["notions"]
        assert (verdict["holds"], verdict["violation"], verdict["witness"]) == (True, "0", None)


@pytest.mark.parametrize(("price", "short"), [("39/28", "27/280"), ("1.35", "27/400")])
def test_a_broken_promise_is_an_exact_rational(
    run: Callable[..., Any],
    mine: Path,
    mechanism: dict[str, Any],
    tmp_path: Path,
    price: Any,
    short: str,
) -> None:
    """5/4 + 1/7, and 5/4 + 1/10 written as a decimal."""
    path = _overcharged(mechanism, price, tmp_path / "m.json")
    ran = run("verify", str(mine), str(path), "--participation", "interim", "--json")
    assert ran.code == 1
    (verdict,) = ran.json["notions"]
    assert (verdict["holds"], verdict["violation"]) == (False, short)
    assert (verdict["witness"]["type"], verdict["witness"]["exact"]) == ("low", short)
    assert short in run("verify", str(mine), str(path), "--participation", "interim").out


def test_a_lie_worth_a_rational(
    run: Callable[..., Any], mine: Path, mechanism: dict[str, Any], tmp_path: Path
) -> None:
    """Charged 1/7 more after the report 'low', both types say 'high' in period 1 and gain 1/7."""
    path = _overcharged(mechanism, "39/28", tmp_path / "m.json")
    ran = run("verify", str(mine), str(path), "--incentives", "bayesian", "--json")
    assert ran.code == 1
    (verdict,) = ran.json["notions"]
    lie = verdict["witness"]
    assert (verdict["violation"], lie["exact"], lie["gain"]) == ("1/7", "1/7", pytest.approx(1 / 7))
    assert (lie["period"], lie["type"], lie["report"]) == (1, "low", "high")


def test_one_float_makes_the_answer_a_float(mechanism: dict[str, Any], mine: Path, tmp_path: Path) -> None:
    path = _overcharged(mechanism, "39/28", tmp_path / "m.json")
    from dynamech.instances.mechanism_file import read_mechanism

    made = read_mechanism(path)
    exact = dm.verify(dm.load(mine), made, participation="interim")
    rough = dm.verify(dm.load(mine).to_float(), made.to_float(), participation="interim")
    assert exact.to_json()["violation"] == "27/280"
    assert isinstance(rough.violation, float)
    assert rough.violation == pytest.approx(27 / 280, abs=1e-12)
