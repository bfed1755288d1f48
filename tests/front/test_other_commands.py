"""``list``, ``show``, ``design``, ``verify`` and ``export``."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import dynamech as dm
from dynamech.instances import all_families, read_mechanism
from dynamech.solvers.conversions.highs_object import new_highs
from tests.instances.comparing import difference

from .test_ladder_command import RUNG_KEYS

Run = Callable[..., Any]


def test_list_names_every_family_with_its_parameters(run: Run) -> None:
    ran = run("list")
    assert ran.code == 0
    content = run("list", "--json").json
    assert [family["name"] for family in content["families"]] == [family.name for family in all_families()]
    for family in content["families"]:
        assert family["name"] in ran.out
        for parameter in family["parameters"]:
            assert set(parameter) == {"name", "kind", "default", "value", "help"}
            assert parameter["name"] in ran.out


@pytest.mark.parametrize("family", [family.name for family in all_families()])
def test_show_prints_every_family(run: Run, family: str) -> None:
    ran = run("show", family)
    assert ran.code == 0
    assert max(map(len, ran.out.splitlines())) <= 80
    for parameter in dm_family(family).parameters:
        assert parameter.name in ran.out


def dm_family(name: str) -> Any:
    (found,) = (family for family in all_families() if family.name == name)
    return found


@pytest.mark.parametrize(
    "settings",
    [
        ["two-type-markov", "--set", "quadratic=true", "--set", "horizon=4"],
        ["random", "--set", "independent=false", "--set", "types=3"],
        ["random", "--set", "observed=1", "--set", "given=true", "--set", "feasible=true"],
        ["random", "--set", "private_values=false", "--set", "agents=3"],
        ["random", "--set", "stationary=true"],
        ["kln-nonseparable", "--set", "n=200"],
    ],
)
def test_show_prints_every_kind_of_environment(run: Run, settings: list[str]) -> None:
    ran = run("show", *settings)
    assert (ran.code, ran.err) == (0, "")
    assert run("show", *settings, "--json").json["format"] == "dynamech/1"


def test_show_groups_periods_and_cuts_long_tables(run: Run) -> None:
    ran = run("show", "two-type-markov", "--set", "horizon=5")
    assert "Actions, periods 0 to 4" in ran.out
    assert "Values, periods 1 to 4" in ran.out
    assert "Transitions, periods 0 to 3" in ran.out
    assert (
        "... 188 more rows; the whole of it is in show --json"
        in run("show", "kln-nonseparable", "--set", "n=200").out
    )


def test_show_json_is_the_instance_file_with_the_parameters(run: Run) -> None:
    content = run("show", "kln-nonseparable", "--set", "n=3", "--json").json
    assert {entry["name"]: entry["value"] for entry in content.pop("parameters")} == {
        "n": "3",
        "c_plus": "2",
        "c_times": "10",
    }
    from dynamech.instances import instance_from_json

    assert difference(instance_from_json(content), dm.load("kln-nonseparable", n=3)) is None


def test_show_writes_the_instance_file(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "out.json"
    assert run("show", "courty-li-uniform", "--out", str(path)).code == 0
    assert difference(dm.load(path), dm.load("courty-li-uniform")) is None


def test_design_shows_value_and_mechanism(run: Run) -> None:
    ran = run("design", "kln-nonseparable", "--set", "n=3", "--exact")
    assert ran.code == 0
    lines = [" ".join(line.split()) for line in ran.out.splitlines()]
    assert "value 5/2 = 2.5" in lines
    assert "status optimal" in lines
    assert "formulation utilities" in lines
    assert "Mechanism, period 1" in lines
    assert "0 0|+ keep 0" in lines
    assert "1 1|x sell 15/4" in lines


def test_design_json_is_a_rung_with_its_mechanism(run: Run, tmp_path: Path) -> None:
    content = run("design", "kln-nonseparable", "--set", "n=3", "--exact", "--json").json
    assert set(content) >= RUNG_KEYS
    assert (content["name"], content["exact"], content["attained"]) == ("bayesian", "5/2", True)
    assert content["environment"] == "kln-nonseparable"
    assert content["mechanism"]["format"] == "dynamech-mechanism/1"
    path = tmp_path / "mechanism.json"
    written = run("design", "kln-nonseparable", "--set", "n=3", "--exact", "--json", "--out", str(path))
    assert written.json["mechanism"] == str(path)
    assert json.loads(path.read_text()) == content["mechanism"]


def test_design_of_a_relaxation_names_the_environment_of_its_mechanism(run: Run) -> None:
    content = run("design", "kln-nonseparable", "--incentives", "relaxed", "--json").json
    assert content["coupling"] == "signals"
    assert content["environment"] != content["instance"]
    assert content["mechanism"]["instance"] == content["environment"]


def test_a_design_without_a_mechanism_writes_none(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "mechanism.json"
    ran = run("design", "two-type-markov", "--participation", "none", "--json", "--out", str(path))
    assert ran.code == 0
    assert (ran.json["status"], ran.json["mechanism"], ran.json["value"]) == ("unbounded", None, None)
    assert not path.exists()
    assert "not written, the status is unbounded" in ran.err


def test_design_writes_a_certificate(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "proof.json"
    ran = run("design", "kln-nonseparable", "--exact", "--certificate", str(path), "--quiet")
    assert (ran.code, ran.err) == (0, "")
    proof = json.loads(path.read_text())
    assert (proof["kind"], proof["value"]) == ("optimal", "9/4")


@pytest.fixture
def bad_mechanism(run: Run, tmp_path: Path) -> str:
    """The best mechanism for known types, under which the buyer lies."""
    path = str(tmp_path / "first-best.json")
    run("design", "kln-nonseparable", "--incentives", "none", "--out", path)
    return path


def test_verify_passes_the_mechanism_that_was_designed(run: Run, tmp_path: Path) -> None:
    path = str(tmp_path / "m.json")
    run("design", "kln-nonseparable", "--exact", "--out", path)
    ran = run("verify", "kln-nonseparable", path, "--incentives", "bayesian", "--participation", "interim")
    assert ran.code == 0
    assert "yes" in ran.out
    content = run("verify", "kln-nonseparable", path, "--json").json
    assert list(content) == ["notions"]
    kinds = {(notion["kind"], notion["notion"]): notion for notion in content["notions"]}
    assert {name for kind, name in kinds if kind == "participation"} == {
        "interim",
        "periodic",
        "outside-efficient",
        "ex-post",
        "prefix",
        "per-period",
        "expected-period",
        "expected-continuation",
        "continuation",
    }
    held = kinds["incentives", "bayesian"]
    assert held == {
        "kind": "incentives",
        "notion": "bayesian",
        "holds": True,
        "violation": "0",
        "witness": None,
    }


def test_verify_says_no_only_about_a_notion_asked_for(run: Run, bad_mechanism: str) -> None:
    everything = run("verify", "kln-nonseparable", bad_mechanism)
    assert everything.code == 0
    assert "bayesian: Agent 'buyer' of type" in " ".join(everything.out.split())
    asked = run("verify", "kln-nonseparable", bad_mechanism, "--incentives", "bayesian", "--json")
    assert asked.code == 1
    (notion,) = asked.json["notions"]
    assert notion["holds"] is False
    assert notion["violation"] > 0
    assert notion["witness"]["gain"] == notion["violation"]
    interim = run("verify", "kln-nonseparable", bad_mechanism, "--participation", "interim")
    assert interim.code == 0


def test_verify_takes_a_mechanism_of_a_relaxation(run: Run, tmp_path: Path) -> None:
    path = str(tmp_path / "relaxed.json")
    run("design", "kln-nonseparable", "--incentives", "relaxed", "--out", path)
    assert run("verify", "kln-nonseparable", path, "--incentives", "relaxed").code == 0


def test_export_writes_programs_and_instances(run: Run, tmp_path: Path) -> None:
    for suffix, needed in (("mps", "minus the optimum of this file"), ("lp", "max\n obj:")):
        path = tmp_path / f"model.{suffix}"
        ran = run("export", "kln-nonseparable", "--out", str(path), "--json")
        assert ran.code == 0
        assert (ran.json["rows"], ran.json["columns"], ran.json["format"]) == (130, 80, suffix)
        assert needed in path.read_text()
        assert "bayesian: 130 rows, 80 columns" in ran.err
    path = tmp_path / "instance.json"
    assert run("export", "kln-nonseparable", "--out", str(path)).code == 0
    assert difference(dm.load(path), dm.load("kln-nonseparable")) is None
    written = ["instance.json", *(f"model.{end}" for end in ("lp", "lp.names.json", "mps", "mps.names.json"))]
    assert sorted(entry.name for entry in tmp_path.iterdir()) == written


def test_an_exported_program_has_the_same_optimum(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "model.mps"
    ran = run("export", "two-type-markov", "--out", str(path), "--incentives", "first-order")
    assert "to be minimised (the value is minus the optimum)" in " ".join(ran.out.split())
    engine = new_highs()
    engine.readModel(str(path))
    engine.run()
    value = dm.design(dm.load("two-type-markov"), incentives="first-order").value
    assert -engine.getInfo().objective_function_value == pytest.approx(value, abs=1e-9)


def test_a_mechanism_file_reads_back(run: Run, mine: Path, tmp_path: Path) -> None:
    path = tmp_path / "m.json"
    run("design", str(mine), "--exact", "--out", str(path))
    env = dm.load(mine)
    made = read_mechanism(path, env)
    assert made.exact
    assert all(verdict.holds for verdict in dm.verify(env, made, "bayesian", "interim"))
