"""A sample of `benchmarks/hostile.py`, in this process: one line and exit code 2, or an answer."""

from __future__ import annotations

import importlib
import json
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from dynamech.bench.warm import Warm
from dynamech.bench.worker import measure

ROOT = Path(__file__).parents[2]


@pytest.fixture
def hostile(run: Callable[..., Any], monkeypatch: pytest.MonkeyPatch) -> tuple[Any, Callable[..., Any]]:
    """The module, and what runs one of its cases; benches measure in this process."""
    monkeypatch.setattr(
        Warm, "measure", lambda warm, command, request: measure(json.loads(json.dumps(request)))
    )
    sys.path.insert(0, str(ROOT))
    try:
        module = importlib.import_module("benchmarks.hostile")
    finally:
        sys.path.remove(str(ROOT))

    def call(arguments: tuple[str, ...]) -> tuple[int, str, str]:
        ran = run(*arguments)
        return ran.code, ran.out, ran.err

    return module, lambda case, folder: module.run_here(case, folder, call)


def ends(cases: Iterator[Any], run_case: Callable[..., Any], folder: Path) -> dict[str, int]:
    """How many cases ended how, none of them wrong."""
    counts: dict[str, int] = {}
    for number, case in enumerate(cases):
        own = folder / str(number)
        own.mkdir()
        found = run_case(case, own)
        assert found.wrong == "", f"{case.name}: {case.arguments}: {found.wrong}"
        counts[found.end] = counts.get(found.end, 0) + 1
    return counts


def test_mutants_are_refused_or_answered(hostile: tuple[Any, Any], tmp_path: Path) -> None:
    module, run_case = hostile
    counts = ends(module.mutants(90, 7, run_case), run_case, tmp_path)
    assert counts["refused"] > 30
    assert counts["answered"] > 15


def test_command_lines_are_refused_or_answered(hostile: tuple[Any, Any], tmp_path: Path) -> None:
    module, run_case = hostile
    counts = ends(module.lines(50, 7), run_case, tmp_path)
    assert counts["refused"] > 30
    assert counts["answered"] > 3


def test_what_is_wrong_is_seen(hostile: tuple[Any, Any]) -> None:
    """The judge of the cases says no to what it has to."""
    module, _ = hostile
    case = module.Case("x 0", ("ladder", "f", "--json"), {}, same=[[], {}, {}])
    told = '{"rungs": [], "tight": {}, "gap": {}}'
    for code, out, err, wrong in (
        (2, "", "dynamech: no\n", ""),
        (2, "", "dynamech: no\nand no\n", "not one line"),
        (2, "something", "dynamech: no\n", "not one line"),
        (2, "", "Traceback\n", "not one line"),
        (1, "Traceback", "", "no JSON"),
        (0, told, "", ""),
        (0, told.replace("{}}", '{"a": 0}}'), "", "not"),
        (0, "\x1b[31m" + told, "", "not text"),
        (-11, "", "", "exit code -11"),
        (99, "", "", "exit code 99"),
    ):
        found = module.Outcome(case, code, out, err)
        assert (wrong in found.wrong) if wrong else found.wrong == "", (found, found.wrong)
    assert "took 6.0 s" in module.Outcome(case, 0, told, "", seconds=6.0).wrong
    assert "2000 MB" in module.Outcome(case, 0, told, "", peak=2_000_000_000).wrong
