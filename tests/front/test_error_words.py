"""Errors speak of Python's parameters; the command line says its own options instead."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

import dynamech as dm
from dynamech import instances, models, solvers, studies
from dynamech.report.options import OPTIONS, in_options

Run = Callable[..., Any]
LARGE = ("kln-nonseparable", "--set", "n=5", "--memory-limit", "1kB")


def texts() -> Iterator[tuple[str, str]]:
    """(file, text) of every string below the front door that is no docstring."""
    for room in (instances, models, solvers, studies):
        assert room.__file__ is not None
        for path in sorted(Path(room.__file__).parent.rglob("*.py")):
            tree = ast.parse(path.read_text(encoding="utf-8"))
            alone = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
            for node in ast.walk(tree):
                if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in alone:
                    yield f"{path.parent.name}/{path.name}", node.value


def test_no_error_below_the_front_door_names_an_option() -> None:
    assert [found for found in texts() if re.search(r"(?<![\w-])--[a-z]", found[1])] == []


def test_every_way_out_has_its_option() -> None:
    """And nothing is translated that no error says."""
    said = [text for _, text in texts()]
    assert [text for text in said if "memory_limit=" in text and in_options(text) == text] == []
    assert [phrase for phrase in OPTIONS if not any(phrase in text for text in said)] == []


def test_what_is_too_large_says_how_to_allow_it(run: Run) -> None:
    env = dm.load("kln-nonseparable", n=5)
    with pytest.raises(dm.errors.TooLarge, match="; raise memory_limit=, shorten the horizon or coarsen"):
        dm.design(env, memory_limit=1e3)
    for command in (("design",), ("ladder",), ("export", "--out", "x.mps")):
        told = run(command[0], *LARGE, *command[1:])
        assert told.code == 2
        assert "; raise --memory-limit, shorten the horizon or coarsen the types" in told.err
        assert "memory_limit" not in told.err


def test_what_is_left_out_says_so_in_the_same_words(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """In notes, in rungs, and where the witness would stand."""
    told = run("ladder", "kln-nonseparable", "--memory-limit", "90kB", "--json")
    rung = told.json["rungs"][6]
    assert rung["message"].endswith("; raise --memory-limit, shorten the horizon or coarsen the types")
    assert f"ex-post: left out, {rung['message']}" in told.err

    def refuse(*_: object) -> None:
        raise dm.errors.TooLarge("too large; raise memory_limit= or wait")

    monkeypatch.setattr("dynamech.models.ladder.ladder.unrelax", refuse)
    ladder = dm.ladder(dm.load("kln-nonseparable", n=2))
    assert ladder.unrelaxed_reason.endswith("raise memory_limit= or wait")
    told = run("ladder", "kln-nonseparable", "--set", "n=2")
    assert "Not worked out: too large; raise --memory-limit or wait." in " ".join(told.out.split())
    assert "memory_limit" not in told.out + told.err
