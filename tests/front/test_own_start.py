"""An infinite horizon with a period 0 of its own, in front: shown, solved, saved, verified, refused."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import dynamech as dm
from dynamech.instances import read_mechanism
from dynamech.models.efficient.mechanisms import EfficientMechanism
from tests.models.environment.own_start import drawn, twice

Run = Callable[..., Any]


@pytest.fixture
def path(tmp_path: Path) -> str:
    dm.save(drawn(4, types=2), tmp_path / "own.json")
    return str(tmp_path / "own.json")


def test_it_is_shown_and_written_again(run: Run, path: str, tmp_path: Path) -> None:
    ran = run("show", path, "--out", str(tmp_path / "again.json"))
    assert ran.code == 0
    assert "infinite (stationary from period 1 on)" in ran.out
    assert "Values, period 1 on" in ran.out
    written = [json.loads(Path(p).read_text(encoding="utf-8")) for p in (path, tmp_path / "again.json")]
    assert written[0] == written[1]
    assert [len(written[0]["agents"][0][part]) for part in ("types", "values", "transitions")] == [2] * 3


def test_its_efficient_mechanisms_are_listed_by_period_and_verified_from_their_files(
    run: Run, path: str, tmp_path: Path
) -> None:
    for word in ((), ("--team",), ("--balanced-team",)):
        out = str(tmp_path / "mechanism.json")
        answer = run("pivot", path, *word, "--json", "--exact", "--out", out).json
        assert [len(states) for states in answer["states"]] == [1, 4]
        assert [len(values) for values in answer["W"]] == [1, 4]
        content = json.loads(Path(out).read_text(encoding="utf-8"))
        sizes = [len(stage["memory"]) for stage in content["periods"]]
        assert sizes == [1, 5 if "--balanced-team" in word else 1]
        assert "next" in content["periods"][1]
        ran = run("verify", path, out, "--incentives", "bayesian", "--json")
        assert (ran.code, ran.json["notions"][0]["holds"]) == (0, True)
        assert ran.json["notions"][0]["violation"] in (0, "0")


def test_tables_and_plots_have_its_periods(path: str) -> None:
    answer = dm.pivot(path)
    assert isinstance(answer, EfficientMechanism)
    assert "0) 0, 0:" in str(answer)
    assert "1+) 1, 1:" in str(answer)
    frame = answer.to_dataframe()
    assert frame["period"].tolist() == [0, 1, 1, 1, 1]
    titles = [answer.plot(period=t).get_suptitle() for t in range(2)]
    assert titles == [f"random: dynamic pivot mechanism, {when}" for when in ("period 0", "period 1 on")]
    once = dm.pivot(dm.load("random", agents=2, stationary=True))
    assert "period" not in once.to_dataframe()
    again = dm.pivot(twice(dm.load("random", agents=2, stationary=True)))
    assert again.to_dataframe()["W"].tolist() == pytest.approx(once.to_dataframe()["W"].tolist() * 2)


def test_a_mechanism_of_two_periods_that_says_what_follows_fits_both_horizons(tmp_path: Path) -> None:
    """A file does not say how long its environment is: the last period's `next` goes on, or is not used."""
    env = drawn(4, types=2)
    dm.save(dm.pivot(env).mechanism, tmp_path / "two.json")
    made = read_mechanism(tmp_path / "two.json")
    assert made.stationary
    assert dm.verify(env, made, incentives="ex-post").holds
    assert {verdict.notion for verdict in dm.verify(env.with_horizon(2), made)} >= {"ex-post", "relaxed"}


@pytest.mark.parametrize(
    ("part", "change", "message"),
    [
        ("actions", lambda x: [*x, x[1]], "actions: 3 entries; an infinite horizon has one entry of"),
        ("costs", lambda x: x[:1], "costs: 1 entry and actions 2; an infinite horizon has one entry of"),
        ("discount", lambda x: 1, "discount: 1 is not below 1 for an infinite horizon"),
    ],
)
def test_bad_files_are_refused_in_one_line(run: Run, path: str, part: str, change: Any, message: str) -> None:
    content = json.loads(Path(path).read_text(encoding="utf-8"))
    content[part] = change(content[part])
    Path(path).write_text(json.dumps(content), encoding="utf-8")
    ran = run("show", path)
    assert (ran.code, ran.out, ran.err.count("\n")) == (2, "", 1)
    assert message in ran.err


def test_a_mechanism_that_does_not_fit_is_refused_in_one_line(run: Run, path: str, tmp_path: Path) -> None:
    dm.save(dm.pivot(dm.load("random", agents=2, stationary=True)).mechanism, tmp_path / "one.json")
    ran = run("verify", path, str(tmp_path / "one.json"))
    assert (ran.code, ran.err.count("\n")) == (2, 1)
    assert "1 period(s), stationary for environment 'random' with a period 0 of its own and" in ran.err
