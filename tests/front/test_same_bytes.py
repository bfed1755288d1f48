"""The same answer twice: in several threads at once, and whatever PYTHONHASHSEED is."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import Any

import dynamech as dm

SPENT = {"seconds", "handover", "solve", "prove", "compile", "digest"}
"""Measured with a clock, or (the digest of a ladder's file) made from what was."""
COMMANDS = (
    "design kln-nonseparable --set n=3 --exact --certificate proof.json --out mechanism.json",
    "design kln-nonseparable --set n=3 --formulation textbook+lazy --incentives ex-post",
    "ladder random --set agents=2 --set observed=1 --set actions=2 --exact --out ladder.json",
    "export kln-nonseparable --set n=3 --out program.mps",
    "export random --set agents=2 --set observed=1 --out program.lp",
    "export random-correlated --out instance.json",
    "correlation random-correlated --set types=2 --exact --out transfers.json",
    "verify kln-nonseparable mechanism.json --set n=3",
    "simulate kln-nonseparable mechanism.json --set n=3 --paths 40 --out paths.csv",
    "implement kln-nonseparable mechanism.json --set n=3",
    "bank items-over-time --set periods=2",
    "nonclairvoyant items-over-time --set periods=2",
    "auction myerson --payments 0..1",
    "burn myerson --caps 1,1/2",
    "show progressive-screening",
    "list",
)
ONE_PROCESS = """
import shlex, sys
from dynamech.cli import main
for line in sys.argv[1:]:
    print("#", line, flush=True)
    code = main(shlex.split(line))
    assert code == 0, line
"""


def unhurried(value: Any) -> Any:
    """A JSON value without what was measured with a clock."""
    if isinstance(value, dict):
        return {k: unhurried(v) for k, v in value.items() if k not in SPENT}
    return [unhurried(v) for v in value] if isinstance(value, list) else value


def untimed(text: str) -> str:
    """The text itself, or where it is JSON the same without seconds, in the same order."""
    with suppress(ValueError):
        return json.dumps(unhurried(json.loads(text)))
    return text


def said(folder: Path, seed: str) -> dict[str, str]:
    """What every command prints and writes under a hash seed."""
    folder.mkdir()
    lines = [f"{line}{'' if line.startswith('export') else ' --json'}" for line in COMMANDS]
    env = os.environ | {"PYTHONHASHSEED": seed, "COLUMNS": "100"}
    ran = subprocess.run(
        [sys.executable, "-c", ONE_PROCESS, *lines], cwd=folder, env=env, capture_output=True, text=True
    )
    assert ran.returncode == 0, ran.stderr
    parts = [part.partition("\n") for part in ran.stdout.split("# ")[1:]]
    files = sorted(folder.iterdir())
    texts = {line: answer for line, _, answer in parts} | {path.name: path.read_text() for path in files}
    return {name: untimed(text) for name, text in texts.items()}


def everything() -> tuple[Callable[[], Any], ...]:
    """Questions of several kinds, each as what is unique in its answer."""
    kln, two = dm.load("kln-nonseparable", n=3), dm.load("two-type-markov")
    correlated = dm.load("random-correlated", types=2)
    return (
        lambda: dm.ladder(kln, exact=True).to_json()["gap"],
        lambda: dm.ladder(two).tight,
        lambda: dm.design(kln, exact=True, incentives="ex-post").value,
        lambda: f"{dm.design(two, formulation='textbook+lazy').value:.9f}",
        lambda: f"{dm.design(kln, solver='cvxpy:CLARABEL').value:.5f}",
        lambda: dm.design(two, participation="none").status,
        lambda: [agent.theorem("3.1") for agent in dm.correlation(correlated, exact=True).agents],
        lambda: dm.bank(dm.load("items-over-time", periods=2)).clairvoyant,
        lambda: bool(dm.verify(two, dm.design(two, exact=True).mechanism, "bayesian", "interim")),
        lambda: dm.implement(kln, dm.design(kln, exact=True).mechanism).implementable,
    )


def test_several_threads_give_the_same_answers() -> None:
    """Different questions at the same time, each asked twice: none disturbs another."""
    alone = [ask() for ask in everything()]
    with ThreadPoolExecutor(4) as pool:
        tasks = [pool.submit(ask) for ask in everything() * 2]
        assert [task.result() for task in tasks] == alone * 2


def test_the_same_bytes_whatever_the_hash_seed(tmp_path: Path) -> None:
    first = said(tmp_path / "0", "0")
    assert {"proof.json", "mechanism.json", "program.mps", "program.lp", "transfers.json"} <= set(first)
    for seed in ("1", "2"):
        again = said(tmp_path / seed, seed)
        assert list(again) == list(first)
        for name, text in first.items():
            assert again[name] == text, name
