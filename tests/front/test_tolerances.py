"""Tolerances have homes: `solvers/arithmetic.py` says what doubles take for nothing beside a scale. A number
that is small for another reason is a named constant of the module that it is about, and says here why."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[2]
ROOMS = ("solvers", "models", "instances", "src/dynamech")
HOMES = {
    "solvers/arithmetic.py": {
        "WRITTEN": "doubles: a number as read",
        "ROUNDED": "doubles: a few operations",
        "COMPUTED": "doubles: many",
        "SOLVED": "doubles: what a float engine returns",
        "DEPENDENT": "doubles: rows, by singular values",
    },
    "solvers/options.py": {
        "INSTANT": "seconds",
        "TIGHTEST, LOOSEST": "what a person may ask for",
        "Tolerances.gap": "what a person may set",
    },
    "solvers/accuracy.py": {
        "ROUNDING": "printed figures: those of a vertex",
        "HARMLESS": "printed figures: no error is told below it",
    },
    "solvers/audit.py": {
        "_UNIT": "doubles, for a rigorous bound",
        "SHAKEN": "verdict: a proof that hinges on rounding",
    },
    "solvers/algorithms/sweeps.py": {"RESIDUAL": "engine: how far GMRES solves a step"},
    "solvers/algorithms/mdp.py": {"TIE": "engine: ties of policy iteration"},
    "solvers/algorithms/walks.py": {"SLACK": "engine: policy iteration"},
    "solvers/algorithms/settling.py": {"SETTLED": "engine: where a chain has reached its limit"},
    "solvers/mixed/search.py": {
        "_LAZY": "engine: which cases of whole numbers are divided",
        "_WHOLE": "engine: what is between two whole numbers",
    },
    "solvers/engines/highs.py": {
        "_WHOLE": "engine: a setting of HiGHS's tree",
        "_REGULARISED": "engine: what HiGHS adds to the curvature",
        "_AGREE": "engine: a sanity check of quadratic optima",
    },
    "solvers/conversions/highs_model.py": {"SMALL": "engine: a limit of HiGHS"},
    "solvers/engines/highs_session.py": {"LEAST_GAP": "engine: a limit of HiGHS"},
    "solvers/engines/cvxpy_engine.py": {"_DECIDED": "engine: a setting of OSQP"},
    "solvers/scaling.py": {
        "_SMALL, _LARGE": "engine: entries that need no scaling",
        "_VISIBLE, _GREATEST": "engine: how far costs are magnified",
        "_LOW, _HIGH": "engine: costs that need no scaling",
    },
    "solvers/algorithms/least_norm.py": {
        "_SLACK": "engine: block pivoting",
        "_MISSED": "engine: the dual active-set method",
    },
    "solvers/algorithms/small_programs.py": {"ROUNDED": "engine: rows that doubles made inconsistent"},
    "solvers/exact/examine.py": {
        "_UNIT": "doubles, for a rigorous bound",
        "_LOST": "doubles, for a rigorous bound",
    },
    "solvers/exact/quadratic.py": {
        "_RANK": "engine: pivots of a factorisation",
        "_GUESSES": "engine: what may bind, tried in turn",
    },
    "solvers/exact/refine.py": {
        "_TINY": "engine: faults that are prices of nothing",
        "_NEAR": "engine: which rows are worth exact differences",
    },
    "models/compiler/stakes.py": {"_LEAST": "units: values this much smaller are as large"},
    "models/compiler/posted_prices.py": {"CANCELLED": "doubles: a sum whose terms cancel"},
    "models/compiler/plan.py": {"FAINT": "formulation: payments at the end that are worth nothing"},
    "models/compiler/nearest.py": {"UNIT": "doubles, for a rigorous bound"},
    "models/verification/judging.py": {
        "ROUNDING": "doubles, for a bound on sums",
        "PLAN_SLACK": "verdict: which plan is shown",
    },
    "models/verification/stationary.py": {"SLACK": "engine: the judge's policy iteration"},
    "models/correlation/answer.py": {"ACCURATE": "verdict: what is called accurate"},
    "models/correlation/continuous.py": {"MASS": "engine: quadrature of a density"},
    "models/correlation/precision.py": {"NEARLY": "engine: which rows may bind"},
    "models/correlation/systems.py": {"CERTAIN": "doubles: separations, which are sums of rows"},
    "models/auctions/reduced_form.py": {
        "SEPARATION": "engine: cutting planes",
        "GAP": "engine: where cutting planes end",
    },
    "models/auctions/mixing.py": {"NOTHING": "engine: where the search for columns ends"},
    "models/auctions/money_burning/dual.py": {
        "ROUNDING": "engine: where cutting planes end",
        "MULTIPLIER": "engine: cuts that matter",
    },
    "models/accounts/bank.py": {"GAP": "what a person may set"},
    "models/accounts/clairvoyant.py": {
        "ROUGH": "engine: the first pass",
        "DEFAULT_GAP": "what a person may set",
        "LEAST_DENSITY": "engine: where errors are allowed",
    },
    "models/recursion/bounds.py": {"GAP": "engine: where cutting planes end"},
    "models/recursion/edges.py": {"LATE": "what discounting leaves where slack is looked for"},
    "models/recursion/first_types.py": {"FADED": "what discounting leaves after the periods looked at"},
    "models/recursion/plans.py": {"NEAR": "rounding, of multipliers that are as large as allowed"},
    "models/recursion/stages.py": {"FAINT": "engine: what follows a lottery's smallest shares"},
    "models/payments/least_gain.py": {"ROUNDED": "doubles, for a bound on sums"},
    "models/simulation/simulation.py": {"LEFT_OUT": "economics: discounted periods that are not simulated"},
    "models/screening/sequential/disclosure.py": {"SHARES": "units: costs that tell equals apart"},
    "src/dynamech/bench/summary.py": {"AGREE": "verdict: answers of different engines"},
}  # fmt: skip


def is_small(node: ast.expr, text: str) -> bool:
    """Whether a node is a number such as 1e-9, or 2.0**-52."""
    if isinstance(node, ast.Constant):
        return isinstance(node.value, float) and "e-" in (ast.get_source_segment(text, node) or "")
    return (
        isinstance(node, ast.BinOp)
        and isinstance(node.op, ast.Pow)
        and isinstance(node.left, ast.Constant)
        and isinstance(node.left.value, float)
        and isinstance(node.right, ast.UnaryOp)
    )


def statements(tree: ast.Module) -> Iterator[tuple[str, ast.stmt]]:
    """Statements with the names that they give: those of the module, and fields of its classes."""
    for statement in tree.body:
        if isinstance(statement, ast.ClassDef):
            for part in statement.body:
                field = ast.unparse(part.target) if isinstance(part, ast.AnnAssign) else ""
                yield f"{statement.name}.{field}" if field else "", part
        elif isinstance(statement, ast.Assign):
            yield ", ".join(ast.unparse(target).strip("()") for target in statement.targets), statement
        elif isinstance(statement, ast.AnnAssign):
            yield ast.unparse(statement.target), statement
        else:
            yield "", statement


def found(text: str) -> Iterator[tuple[str, int]]:
    """(the constant, or "" where it has no name; the line) of every small number in a module."""
    for name, statement in statements(ast.parse(text)):
        for node in ast.walk(statement):
            if isinstance(node, ast.expr) and is_small(node, text):
                yield name, node.lineno


def test_small_numbers_have_homes() -> None:
    seen: dict[str, set[str]] = {}
    homeless = []
    for room in ROOMS:
        for path in sorted((ROOT / room).rglob("*.py")):
            place = path.relative_to(ROOT).as_posix()
            if path.is_symlink() or any(parent.is_symlink() for parent in path.parents):
                continue
            for name, line in found(path.read_text(encoding="utf-8")):
                seen.setdefault(place, set()).add(name)
                if name not in HOMES.get(place, {}):
                    homeless.append(f"{place}:{line} {name}")
    assert not homeless, "use solvers/arithmetic.py, or name what is no dust: " + "; ".join(homeless)
    assert seen == {place: set(names) for place, names in HOMES.items()}  # nothing is listed that is gone


def test_a_small_number_without_a_name_is_found() -> None:
    text = (
        "A: float = 1e-3\nB, C = 1, 2.0**-4\nclass D:\n    e: float = 1e-7\n    def f(x): return x > 1e-9\n"
    )
    assert [*found(text)] == [("A", 1), ("B, C", 2), ("D.e", 4), ("", 5)]
    assert [*found('"""1e-9."""\nx = f"1e-9"  # 1e-9\ny = 0.5 + 1e9\n')] == []
