"""One word for one thing: no two classes of the package have the same name, and locals say what they hold."""

from __future__ import annotations

import ast
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[2]
ROOMS = ("solvers", "models", "instances", "src/dynamech")
EXCEPTIONS: frozenset[str] = frozenset()
"""Names that two classes may share. There are none."""
VAGUE = frozenset({"made", "found"})
"""Names that say how a function came by a thing, not what it is."""


@cache
def modules(root: Path) -> dict[str, ast.Module]:
    """The modules of the package, by path in order."""
    paths = sorted(path for room in ROOMS for path in (root / room).rglob("*.py"))
    return {str(path.relative_to(root)): ast.parse(path.read_text(encoding="utf-8")) for path in paths}


def classes(root: Path) -> dict[str, list[str]]:
    """The places of the classes of each name, wherever in a file they stand."""
    places: dict[str, list[str]] = {}
    for path, tree in modules(root).items():
        for node in ast.walk(tree):
            if isinstance(node, ast.ClassDef):
                places.setdefault(node.name, []).append(f"{path}:{node.lineno}")
    return places


def shared(root: Path) -> dict[str, list[str]]:
    """Names of more than one class, and where these are."""
    return {name: places for name, places in classes(root).items() if len(places) > 1}


def bound(tree: ast.AST) -> list[tuple[int, str]]:
    """Line and name of everything in functions that binds one: parameters, assignments, loops, `as`, `case`.

    Attributes and the fields of classes, also of those inside functions, are no locals.
    """
    names: list[tuple[int, str | None]] = []
    waiting = [(tree, False)]
    while waiting:
        node, local = waiting.pop()
        if isinstance(node, ast.arg):
            names.append((node.lineno, node.arg))
        elif local and isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            names.append((node.lineno, node.id))
        elif local and isinstance(node, (ast.ExceptHandler, ast.MatchAs, ast.MatchStar)):
            names.append((node.lineno, node.name))
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda, ast.comprehension)):
            local = True
        elif isinstance(node, ast.ClassDef):
            local = False
        waiting += [(child, local) for child in ast.iter_child_nodes(node)]
    return sorted((line, name) for line, name in names if name is not None)


def vague(root: Path) -> list[str]:
    """Where locals have names that do not say what they hold."""
    return [
        f"{path}:{line}: {name}"
        for path, tree in modules(root).items()
        for line, name in bound(tree)
        if name in VAGUE
    ]


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


def test_locals_say_what_they_hold() -> None:
    assert sum(len(bound(tree)) for tree in modules(ROOT).values()) > 5000
    assert vague(ROOT) == []


LOCALS = """\
class Answer:
    found: int
    def find(self, found): self.found = found
def find(*made, x=1):
    found: int = x
    found += 1
    for made, x in []: ...
    with open("x") as found: ...
    try: ...
    except OSError as made: ...
    match x:
        case [*found]: ...
        case made: ...
    if (found := x): ...
    class Inner:
        made: int = 1
    return Inner.made
TABLE = [found for found in ()]
SORTED = sorted((), key=lambda made: made)
"""


def test_locals_that_do_not_say_are_found(tmp_path: Path) -> None:
    (tmp_path / "models").mkdir()
    (tmp_path / "models" / "x.py").write_text(LOCALS, encoding="utf-8")
    lines = [(3, "found"), (4, "made"), (5, "found"), (6, "found"), (7, "made"), (8, "found"), (10, "made")]
    lines += [(12, "found"), (13, "made"), (14, "found"), (18, "found"), (19, "made")]
    assert vague(tmp_path) == [f"models/x.py:{line}: {name}" for line, name in lines]
