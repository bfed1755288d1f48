"""One word for one thing: no two classes of the package have the same name."""

from __future__ import annotations

import ast
from pathlib import Path

ROOT = Path(__file__).parents[2]
ROOMS = ("solvers", "models", "instances", "src/dynamech")
EXCEPTIONS: frozenset[str] = frozenset()
"""Names that two classes may share. There are none."""


def classes(root: Path) -> dict[str, list[str]]:
    """The places of the classes of each name, wherever in a file they stand."""
    found: dict[str, list[str]] = {}
    for path in sorted(path for room in ROOMS for path in (root / room).rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ClassDef):
                found.setdefault(node.name, []).append(f"{path.relative_to(root)}:{node.lineno}")
    return found


def shared(root: Path) -> dict[str, list[str]]:
    """Names of more than one class, and where these are."""
    return {name: places for name, places in classes(root).items() if len(places) > 1}


def test_no_two_classes_have_one_name() -> None:
    assert len(classes(ROOT)) > 200
    assert {name: places for name, places in shared(ROOT).items() if name not in EXCEPTIONS} == {}
    assert shared(ROOT).keys() >= EXCEPTIONS


def test_two_classes_of_one_name_are_found(tmp_path: Path) -> None:
    for room, text in zip(
        ROOMS, ("class A: ...\n", "class B: ...\n", "def f():\n    class A: ...\n", ""), strict=True
    ):
        (tmp_path / room).mkdir(parents=True)
        (tmp_path / room / "x.py").write_text(text, encoding="utf-8")
    assert shared(tmp_path) == {"A": ["instances/x.py:2", "solvers/x.py:1"]}
