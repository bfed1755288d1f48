"""The walls of the house: no circle of imports, and contracts that are seen to say no."""

import ast
import os
import shutil
import subprocess
import sys
from pathlib import Path

import networkx as nx
import pytest

HERE = Path(__file__).parents[2]
NAME = "dynamech"


def import_graph(package: Path) -> "nx.DiGraph[str]":
    """Who imports whom, wherever in a file it is written: for type checkers and inside functions too."""
    files: dict[str, Path] = {}
    for folder, _, names in os.walk(package, followlinks=True):
        for path in (Path(folder, name) for name in names if name.endswith(".py")):
            parts = path.relative_to(package.parent).with_suffix("").parts
            files[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path
    graph: nx.DiGraph[str] = nx.DiGraph()
    graph.add_nodes_from(files)
    for module, path in files.items():
        room = module if path.name == "__init__.py" else module.rpartition(".")[0]
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            asked: list[str] = []
            if isinstance(node, ast.Import):
                asked = [alias.name for alias in node.names]
            elif isinstance(node, ast.ImportFrom):
                above = room.split(".")[: len(room.split(".")) - node.level + 1] if node.level else []
                source = ".".join([*above, *filter(None, [node.module])])
                names_of = [f"{source}.{alias.name}" for alias in node.names]
                asked = [name if name in files else source for name in names_of]
            graph.add_edges_from((module, name) for name in asked if name in files and name != module)
    return graph


def circles(graph: "nx.DiGraph[str]") -> list[str]:
    """One circle of each group of modules that reach each other, in words."""
    told = []
    for group in nx.strongly_connected_components(graph):
        if len(group) > 1:
            edges = nx.find_cycle(graph.subgraph(group))
            told.append(" imports ".join([edges[0][0], *(edge[1] for edge in edges)]))
    return told


def test_no_module_imports_itself_by_way_of_others() -> None:
    graph = import_graph(HERE / "src" / NAME)
    assert len(graph) > 300
    assert graph.has_edge(f"{NAME}.models.environment.environment", f"{NAME}.models.environment.reshape")
    assert circles(graph) == []


MAY = {"answers", "environment", "mechanism", "notions", "relaxations", "society"}


def test_the_judge_reaches_what_is_given_asked_and_answered_and_nothing_else() -> None:
    graph = import_graph(HERE / "src" / NAME)
    models = f"{NAME}.models."
    judge = [name for name in graph if name.startswith(f"{models}verification")]
    reached = {other for name in judge for other in nx.descendants(graph, name)}
    rooms = {name.removeprefix(models).split(".")[0] for name in reached if name.startswith(models)}
    assert rooms == MAY | {"verification"}
    assert not [name for name in reached if not name.startswith((models, f"{NAME}.solvers."))]


def test_a_circle_is_named_where_only_a_type_checker_sees_it(tmp_path: Path) -> None:
    house = tmp_path / "house"
    (house / "room").mkdir(parents=True)
    (house / "__init__.py").write_text("")
    (house / "room" / "__init__.py").write_text("from . import one\n")
    (house / "room" / "one.py").write_text("def late():\n    from ..two import thing\n")
    (house / "two.py").write_text("from house.three import thing\n")
    (house / "three.py").write_text(
        "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from .room.one import late\nthing = 1\n"
    )
    (told,) = circles(import_graph(house))
    assert sorted(told.split(" imports ")[1:]) == ["house.room.one", "house.three", "house.two"]


def lint(root: Path) -> subprocess.CompletedProcess[str]:
    """What import-linter says of the package at `root`, by the contracts beside it."""
    program = "from importlinter.cli import lint_imports_command; lint_imports_command()"
    return subprocess.run(
        [sys.executable, "-c", program, "--no-cache"],
        cwd=root,
        env=os.environ | {"PYTHONPATH": str(root), "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        text=True,
    )


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """The package and its contracts, to be spoilt."""
    pytest.importorskip("importlinter")
    ignore = shutil.ignore_patterns("__pycache__")
    shutil.copytree(HERE / "src" / NAME, tmp_path / NAME, ignore=ignore)
    shutil.copy(HERE / "pyproject.toml", tmp_path)
    return tmp_path


LATER = "def late() -> None:\n    {}\n"
CHECKED = "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    {}\n"
ROOMS = "Rooms of the economics"
FORBIDDEN = [
    ("models/verification/judging.py", "{}\n", "from ..compiler.plan import Plan", ROOMS),
    ("models/verification/best_reply.py", CHECKED, "from ..histories.views import View as Seen", ROOMS),
    ("models/verification/verdict.py", LATER, "from ..design.design import Design", ROOMS),
    ("models/relaxations/shocks.py", LATER, "from ..compiler import lies", ROOMS),
    ("models/correlation/blocks.py", LATER, "from ..accounts import bank", ROOMS),
    ("models/screening/affine.py", LATER, "from ..correlation import blocks", ROOMS),
    ("models/accounts/bank.py", LATER, "from ..screening import affine", ROOMS),
    ("models/recursion/stages.py", LATER, "from ..compiler import lies", ROOMS),
    ("models/compiler/lies.py", LATER, "from ..recursion import stages", ROOMS),
    ("models/efficient/efficient.py", "{}\n", "from ..auctions import market", ROOMS),
    ("models/auctions/market.py", "{}\n", "from ..efficient import efficient", ROOMS),
    ("models/ladder/ladder.py", LATER, "from ..correlation import blocks", ROOMS),
    ("models/verification/verify.py", LATER, "from ...solvers.program import Program", "The judge hands"),
    ("solvers/scaling.py", CHECKED, "from ..models import environment", "Arrows point one way"),
    ("solvers/form.py", LATER, "from .program import Program", "Solvers, from"),
    ("instances/drawing.py", LATER, "from .library import load", "Instances, from"),
    ("models/design/design.py", LATER, "import highspy", "The economics never call a solver library"),
]


@pytest.mark.parametrize(("file", "way", "line", "contract"), FORBIDDEN)
def test_a_forbidden_import_is_caught(copy: Path, file: str, way: str, line: str, contract: str) -> None:
    path = copy / NAME / file
    assert "from __future__ import annotations" in path.read_text(encoding="utf-8")
    path.write_text(path.read_text(encoding="utf-8") + "\n\n" + way.format(line), encoding="utf-8")
    said = lint(copy)
    assert said.returncode == 1, said.stdout + said.stderr
    broken = [line for line in said.stdout.splitlines() if line.endswith(" BROKEN")]
    assert any(line.startswith(contract) for line in broken), said.stdout


def test_a_module_outside_the_layers_is_caught(copy: Path) -> None:
    (copy / NAME / "attic.py").write_text("")
    said = lint(copy)
    assert said.returncode == 1
    assert f"{NAME}.attic" in said.stdout


def test_every_contract_is_kept_and_has_an_import_that_breaks_it(copy: Path) -> None:
    said = lint(copy)
    assert said.returncode == 0, said.stdout + said.stderr
    kept = [line.removesuffix(" KEPT") for line in said.stdout.splitlines() if line.endswith(" KEPT")]
    assert len(kept) == said.stdout.count(" KEPT") >= 6
    assert not [name for name in kept if not any(name.startswith(case[3]) for case in FORBIDDEN)]
