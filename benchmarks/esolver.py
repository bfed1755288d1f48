"""Programs for QSopt_ex, the exact simplex solver of Applegate, Cook, Dash and Espinoza (2007).

Its command ``esolver`` reads a dialect of LP files in which numbers are rationals such as ``-7/12``. Names
are x0, x1, ... and r0, r1, ...; a row with two bounds becomes two rows. The constant of the objective is left
out.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

from dynamech.solvers.numbers import to_exact
from dynamech.solvers.program import Program
from dynamech.solvers.sparse import infinities

COMMAND = "esolver"
_TERMS = 8  # a line


@dataclass(frozen=True)
class Answer:
    """What ``esolver`` says: its word, the value with the constant, and the seconds of the whole command."""

    status: str
    value: Fraction | None
    seconds: float


def installed() -> bool:
    """Whether the command is there."""
    return shutil.which(COMMAND) is not None


def write_rational_lp(program: Program, path: Path) -> None:
    """Write the linear program with its exact numbers; floats count at their binary values."""
    if program.quadratic is not None:
        raise ValueError("a quadratic objective has no place in this format")
    with path.open("w", encoding="ascii") as file:
        file.writelines(_lines(program))


def _lines(p: Program) -> Iterator[str]:
    yield f"Problem\n dynamech\n{'Maximize' if p.sense == 'max' else 'Minimize'}\n obj:"
    cost = to_exact(p.objective)
    used = [k for k, value in enumerate(cost.tolist()) if value]
    yield from _sum([(cost[k], k) for k in used] or [(Fraction(0), 0)])
    yield "\nSubject\n"
    entries, places, starts = to_exact(p.data).tolist(), p.indices.tolist(), p.indptr.tolist()
    sides = zip(_bounds(p.row_lower), _bounds(p.row_upper), strict=True)
    for i, (low, high) in enumerate(sides):
        run = slice(starts[i], starts[i + 1])
        body = "".join(_sum(list(zip(entries[run], places[run], strict=True)) or [(Fraction(0), 0)]))
        if low is not None and low == high:
            yield f" r{i}:{body} = {low}\n"
            continue
        if low is not None:
            yield f" r{i}:{body} >= {low}\n"
        if high is not None:
            yield f" r{i}{'h' if low is not None else ''}:{body} <= {high}\n"
    yield "Bounds\n"
    for j, (low, high) in enumerate(zip(_bounds(p.lower), _bounds(p.upper), strict=True)):
        if low is None and high is None:
            yield f" x{j} free\n"
        elif low != 0 or high is not None:
            yield f" {'-inf' if low is None else low} <= x{j}{'' if high is None else f' <= {high}'}\n"
    yield "End\n"


def _bounds(values: Any) -> list[Fraction | None]:
    missing = infinities(values).tolist()
    return [None if none else Fraction(v) for v, none in zip(values.tolist(), missing, strict=True)]


def _sum(terms: list[tuple[Fraction, int]]) -> Iterator[str]:
    for k, (value, j) in enumerate(terms):
        yield f"{chr(10) if k and k % _TERMS == 0 else ''} {'-' if value < 0 else '+'} {abs(value)} x{j}"


def solve_by_esolver(program: Program, time_limit: float) -> Answer:
    """Write, solve, and read the value back. Status ``limit`` where the time did not suffice."""
    with tempfile.TemporaryDirectory() as folder:
        problem, solution = Path(folder, "program.lp"), Path(folder, "program.sol")
        write_rational_lp(program, problem)
        began = time.perf_counter()
        try:
            subprocess.run(
                [COMMAND, "-O", str(solution), "-L", str(problem)],
                capture_output=True,
                timeout=time_limit,
                check=False,
            )
        except subprocess.TimeoutExpired:
            return Answer("limit", None, time_limit)
        spent = time.perf_counter() - began
        said = solution.read_text(encoding="ascii") if solution.exists() else ""
        return read_answer(said, program, spent)


def read_answer(said: str, program: Program, seconds: float) -> Answer:
    """The answer in the text of a solution file."""
    status = re.search(r"status = (\w+)", said)
    value = re.search(r"Value = (\S+)", said)
    return Answer(
        "unknown" if status is None else status[1].lower(),
        None if value is None else Fraction(value[1]) + Fraction(program.offset),
        seconds,
    )
