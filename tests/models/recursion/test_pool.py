"""Cuts and points in a file: a run that was stopped is gone on from, and nothing else is taken for one."""

import json
import math
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import dynamech as dm
from dynamech.cli import main
from dynamech.models.recursion.pool import RentPool
from dynamech.solvers.errors import InvalidInput
from dynamech.solvers.events import Event

from .test_bounds import drawn

RENTS: dict[str, Any] = {"formulation": "recursion"}


def rounds(answer: dm.Design) -> int:
    assert answer.bounds is not None
    return answer.bounds.rounds


@pytest.mark.parametrize("words", [{}, {"participation": "ex-post"}, {"exact": True}])
def test_what_came_to_an_end_is_there_at_once(tmp_path: Path, words: dict[str, Any]) -> None:
    env, file = drawn(0, 3, 4, 3), tmp_path / "pool.json"
    first = dm.design(env, **RENTS, **words, pool=file)
    again = dm.design(env, **RENTS, **words, pool=file)
    assert first.bounds is not None
    assert again.bounds is not None
    assert (rounds(again), rounds(first) > 0) == (0, True)
    assert again.bounds.lower == pytest.approx(first.bounds.lower, rel=1e-9)
    assert again.mechanism.periods == 4


def test_an_interrupted_run_loses_nothing(tmp_path: Path) -> None:
    env, file, told = drawn(0, 3, 6, 3), tmp_path / "pool.json", list[Event]()

    def stop(event: Event) -> None:
        told.append(event)
        if event.kind == "round" and event.figures["round"] == 2:
            raise KeyboardInterrupt

    whole = dm.design(env, **RENTS)
    with pytest.raises(KeyboardInterrupt):
        dm.design(env, **RENTS, pool=file, notify=stop)
    rest = dm.design(env, **RENTS, pool=file)
    assert rest.status == "optimal"
    assert rounds(rest) <= rounds(whole) - 2
    assert rest.bounds is not None
    assert rest.bounds.lower >= told[-1].figures["lower"]
    assert rest.bounds.upper <= told[-1].figures["upper"]


def test_out_of_time_is_gone_on_from(tmp_path: Path) -> None:
    env, file = drawn(1, 4, 8), tmp_path / "pool.json"
    late = dm.design(env, **RENTS, pool=file, time_limit=0.05)
    assert late.status == "limit"
    size = file.stat().st_size
    assert dm.design(env, **RENTS, pool=file).status == "optimal"
    assert file.stat().st_size > size


KILLED = """
import os, signal, sys
import dynamech as dm
from dynamech.models.recursion import pool

def kill(event):
    if event.kind == "round" and event.figures["round"] == 3:
        os.kill(os.getpid(), signal.SIGKILL)

pool.EVERY, pool.SHARE = float(sys.argv[2]), 0
settings = dict(seed=0, agents=1, controlled=False, discount="9/10", types=3, periods=6, actions=3)
dm.design(dm.load("random", **settings), formulation="recursion", pool=sys.argv[1], notify=kill)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="needs SIGKILL")
@pytest.mark.parametrize(("every", "kept"), [("0", True), ("1000", False)])
def test_a_killed_run_has_what_it_kept_now_and_then(tmp_path: Path, every: str, kept: bool) -> None:
    env, file = drawn(0, 3, 6, 3), tmp_path / "pool.json"
    run = subprocess.run([sys.executable, "-c", KILLED, str(file), every], env=os.environ, check=False)
    assert run.returncode == -9
    assert [path.name for path in tmp_path.iterdir()] == ["pool.json"] * kept
    both = dm.design(env, **RENTS, pool=file, time_limit=1e-6).bounds
    assert both is not None
    assert math.isfinite(both.lower) == kept


def test_who_keeps_a_pool_is_not_called_more_often_than_that() -> None:
    calls = list[RentPool]()
    pool = RentPool(None, calls.append)
    for _ in range(1_000):
        pool.now_and_then()
    assert not calls


def test_for_ever_goes_on_as_well(tmp_path: Path) -> None:
    buyer = dm.Agent("buyer", ["low", "high"], ["1/2", "1/2"], [[[0, 0], [1, 3]]],
                     [[[["3/4", "1/4"], ["1/3", "2/3"]]]])  # fmt: skip
    env = dm.Environment(name="for ever", horizon=None, discount="3/4", actions=[["keep", "sell"]],
                         agents=[buyer])  # fmt: skip
    file = tmp_path / "pool.json"
    first = dm.design(env, **RENTS, pool=file)
    again = dm.design(env, **RENTS, pool=file)
    assert rounds(again) == 0
    assert again.value == pytest.approx(first.value, rel=1e-9)
    assert again.mechanism.stationary


def test_a_file_of_anything_else_is_refused_and_left(tmp_path: Path) -> None:
    env, file = drawn(0, 2, 3), tmp_path / "pool.json"
    dm.design(env, **RENTS, pool=file)
    text = file.read_text(encoding="utf-8")
    for other, objective in ((drawn(1, 2, 3), "revenue"), (env, "welfare")):
        with pytest.raises(InvalidInput, match=r"pool: .*pool.json is of another question"):
            dm.design(other, **RENTS, objective=objective, pool=file)
    assert file.read_text(encoding="utf-8") == text
    content = json.loads(text)
    content["cuts"][1][0][1] -= 1
    changed, alien = tmp_path / "changed.json", tmp_path / "alien.json"
    changed.write_text(json.dumps(content), encoding="utf-8")
    alien.write_text("{}", encoding="utf-8")
    for path, why in ((changed, "was changed after it was written"), (alien, "is there and is no pool")):
        with pytest.raises(InvalidInput, match=why):
            dm.design(env, **RENTS, pool=path)
    with pytest.raises(InvalidInput, match="pool: cuts and points are those of formulation 'recursion'"):
        dm.design(env, pool=tmp_path / "none.json")
    assert not (tmp_path / "none.json").exists()


def test_the_command_keeps_a_pool(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = str(tmp_path / "pool.json")
    words = ["design", "random", "--set", "agents=1", "--formulation", "recursion"]
    assert main([*words, "--pool", file, "--quiet"]) == 0
    assert main([*words, "--pool", file, "--json"]) == 0
    capsys.readouterr()
    assert main([*words, "--set", "seed=7", "--pool", file]) == 2
    assert "is of another question" in capsys.readouterr().err
