"""HiGHS prints nothing, whoever makes an object of it here: not when it is made, nor while it runs."""

from __future__ import annotations

import ast
import json
import subprocess
import sys
from pathlib import Path

import highspy
import pytest

from dynamech.solvers.conversions.highs_object import new_highs

ROOT = Path(__file__).resolve().parents[3]
SETTING = """
import dynamech as dm
from dynamech.solvers.solve import solve
program = dm.compile(dm.load("two-type-markov", horizon=2))
"""
QUIET = {
    "solving, in threads": """
from concurrent.futures import ThreadPoolExecutor
with ThreadPoolExecutor(4) as pool:
    assert {found.status for found in pool.map(lambda _: solve(program), range(8))} == {"optimal"}
solve(program, time_limit=1e-3), solve(program, time_limit=60), solve(program, exact=True)
assert solve(dm.compile(dm.load("sequential-screening", k0=10, k1=30), formulation="textbook")).basis
""",
    "an object of HiGHS": "program.to_highs().run()",
    "small programs": "dm.correlation(dm.load('random-correlated'), exact=True)",
    "CVXPY's HiGHS": "assert solve(program, 'cvxpy:HIGHS').status == 'optimal'",
    "Pyomo's HiGHS": "assert solve(program, 'pyomo:appsi_highs').status == 'optimal'",
}
"""What is done in a process of its own: HiGHS introduces itself only once."""


@pytest.mark.parametrize("what", QUIET)
def test_nothing_is_printed(what: str) -> None:
    done = subprocess.run(
        [sys.executable, "-c", SETTING + QUIET[what]], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_a_quiet_command_prints_its_answer_only() -> None:
    command = [sys.executable, "-m", "dynamech", "design", "two-type-markov", "--quiet", "--json"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert json.loads(done.stdout)["status"] == "optimal"


def test_its_log_can_still_be_had() -> None:
    code = "highs = program.to_highs(); highs.setOptionValue('output_flag', True); highs.run()"
    code += "; solve(program, quiet=False)"
    done = subprocess.run([sys.executable, "-c", SETTING + code], capture_output=True, text=True, check=True)
    assert done.stdout.count("Optimal") >= 2


def test_settings_are_set() -> None:
    made = new_highs(presolve="off", time_limit=5.0)
    assert isinstance(made, highspy.Highs)
    assert [made.getOptionValue(name)[1] for name in ("presolve", "time_limit", "output_flag")] == [
        "off", 5.0, False,
    ]  # fmt: skip


def test_one_place_makes_them() -> None:
    makers = set()
    for room in ("solvers", "models", "instances", "src/dynamech", "tests", "benchmarks"):
        for path in sorted((ROOT / room).rglob("*.py")):
            if any(_makes(node) for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))):
                makers.add(path.resolve().relative_to(ROOT).as_posix())
    assert makers == {"solvers/conversions/highs_object.py"}


def _makes(node: ast.AST) -> bool:
    """Whether the class is called, inherited from, or given another name."""
    if isinstance(node, ast.ImportFrom):
        return (node.module or "").split(".")[0] == "highspy"
    used: list[ast.expr | None] = []
    if isinstance(node, ast.Call):
        used = [node.func]
    elif isinstance(node, ast.ClassDef):
        used = list(node.bases)
    elif isinstance(node, ast.Assign | ast.AnnAssign):
        used = [node.value]
    return any(
        isinstance(value, ast.Attribute)
        and value.attr in ("Highs", "_Highs", "_core")
        and isinstance(value.value, ast.Name)
        and value.value.id == "highspy"
        for value in used
    )
