"""The benchmark of certificates: QSopt_ex's file reads back, every family is proved, the chart is drawn."""

from __future__ import annotations

import json
import re
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dynamech.solvers.program import Builder, Program
from dynamech.solvers.solve import solve

examples = settings(
    deadline=None,
    derandomize=True,
    max_examples=40,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)


@pytest.fixture
def benchmarks(monkeypatch: pytest.MonkeyPatch) -> Any:
    """The module, from the root of the checkout."""
    monkeypatch.syspath_prepend(str(Path(__file__).parents[3]))
    from benchmarks import certificates

    return certificates


def _read(text: str) -> Program:
    """A reader of the format, on its own: sections, terms, rationals."""
    match = re.fullmatch(
        r"Problem\n \w+\n(Maximize|Minimize)\n obj:(.*?)\nSubject\n(.*?)Bounds\n(.*?)End\n", text, re.S
    )
    assert match is not None

    def terms(part: str) -> dict[int, Fraction]:
        found = re.findall(r"([+-]) (\d+(?:/\d+)?) x(\d+)", part)
        return {int(j): Fraction(value) * (-1 if sign == "-" else 1) for sign, value, j in found}

    objective = terms(match[2])
    bounds: dict[int, tuple[Any, Any]] = {}
    for line in match[4].splitlines():
        if line.endswith("free"):
            bounds[int(line.split()[0][1:])] = (None, None)
        else:
            low, j, high = re.fullmatch(r" (\S+) <= x(\d+)(?: <= (\S+))?", line).groups()  # type: ignore[union-attr]
            bounds[int(j)] = (
                None if low == "-inf" else Fraction(low),
                None if high is None else Fraction(high),
            )
    rows = re.findall(r"r\d+h?:(.*?) (<=|>=|=) (\S+)\n", match[3], re.S)
    used = {j for body, _, _ in rows for j in terms(body)} | set(objective) | set(bounds)
    n = max(used, default=-1) + 1
    builder = Builder(sense="max" if match[1] == "Maximize" else "min", exact=True)
    for j in range(n):
        low, high = bounds.get(j, (0, None))
        builder.columns(f"x{j}", 1, lower=low, upper=high, objective=objective.get(j, 0))
    for i, (body, kind, side) in enumerate(rows):
        value = Fraction(side)
        builder.rows(f"r{i}", 1, lower=None if kind == "<=" else value, upper=None if kind == ">=" else value)
        for j, entry in terms(body).items():
            builder.entries(i, j, entry)
    return builder.build()


@given(data=st.data(), exact=st.booleans())
@examples
def test_the_format_of_qsopt_ex_reads_back(
    data: st.DataObject, exact: bool, programs: Any, benchmarks: Any, tmp_path: Path
) -> None:
    """The program read from the file has the same answer, less the constant; numbers are exact."""
    program = data.draw(programs(exact=exact))
    path = tmp_path / "program.lp"
    benchmarks.esolver.write_rational_lp(program, path)
    again = _read(path.read_text(encoding="ascii"))
    mine, read = solve(program, exact=True), solve(again, exact=True)
    assert read.status == mine.status
    if mine.status == "optimal":
        assert isinstance(mine.value, Fraction)
        assert isinstance(read.value, Fraction)
        assert read.value + Fraction(program.offset) == mine.value


def test_long_rows_are_broken_and_solutions_read(benchmarks: Any, tmp_path: Path) -> None:
    builder = Builder(sense="max", exact=True)
    x = builder.columns("x", 40, upper=1, objective=Fraction(-1, 3))
    builder.rows("r", 1, lower=Fraction(1, 7), upper=30)
    builder.entries(0, x.index, Fraction(1, 11))
    builder.offset = Fraction(5)
    program = builder.build()
    benchmarks.esolver.write_rational_lp(program, tmp_path / "p.lp")
    text = (tmp_path / "p.lp").read_text()
    assert max(map(len, text.splitlines())) < 200
    assert " + 1/11 x39 >= 1/7\n r0h:" in text
    answer = benchmarks.esolver.read_answer("status = OPTIMAL\n\tValue = -11/21\n", program, 0.5)
    assert (answer.status, answer.value, answer.seconds) == ("optimal", 5 - Fraction(11, 21), 0.5)
    if benchmarks.esolver.installed():
        assert benchmarks.esolver.solve_by_esolver(program, 60).value == solve(program, exact=True).value


def test_without_the_command_one_line_says_so(benchmarks: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    left_out = "left out, there is no command esolver (Debian package qsopt-ex)"
    assert benchmarks.against_esolver(2, 2) == f"textbook 2×2 against QSopt_ex: {left_out}"


def test_with_the_command_both_values_are_the_same(benchmarks: Any) -> None:
    if not benchmarks.esolver.installed():
        pytest.skip("esolver is not installed")
    said = benchmarks.against_esolver(3, 4)
    assert "the same rational" in said, said


SIZES = {"textbook": (3, 4), "adjacent": (3, 4), "random": (3, 4), "scaled": (3, 4), "dense": (6, 9)}


@pytest.mark.parametrize("family", SIZES)
def test_every_family_ends_in_a_proof(benchmarks: Any, family: str) -> None:
    program = benchmarks.program_of({"family": family, "size": SIZES[family]})
    solution = solve(program, exact=True)
    assert solution.status == "optimal"
    assert solution.certificate is not None
    assert solution.certificate.check()["valid"]


def test_lines_are_kept_and_drawn(
    benchmarks: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    pytest.importorskip("matplotlib")
    lines = [
        {"family": family, "size": [k, 2 * k], "solve": 0.1 * k, "prove": 0.02 * k, "handover": 0.0}
        | {"rows": k, "columns": k, "nonzeros": 10 * k, "kind": "optimal", "value": "1.0", "bits": 7}
        | dict.fromkeys(benchmarks.PARTS, 0.02 * k / len(benchmarks.PARTS))
        | {"read": 0.01}
        for family in benchmarks.FAMILIES
        for k in (1, 20)
    ]
    out, plot = tmp_path / "lines.jsonl", tmp_path / "chart.png"
    out.write_text("".join(json.dumps(line) + "\n" for line in lines))
    cases = [{"family": line["family"], "size": line["size"]} for line in lines]
    monkeypatch.setattr(benchmarks, "SMALL", cases)
    monkeypatch.setattr("sys.argv", ["certificates", "--out", str(out), "--plot", str(plot)])
    monkeypatch.setenv("PATH", "/nowhere")
    benchmarks.main()
    shown = capsys.readouterr().out
    assert "dense 20×40" in shown
    assert shown.count("0.20") >= len(lines)  # the ratio
    assert plot.read_bytes().startswith(b"\x89PNG")


def test_the_parts_add_up(benchmarks: Any) -> None:
    watch = benchmarks.Stopwatch()

    class Steps:
        def inner(self) -> None:
            import time

            time.sleep(0.02)

        def outer(self) -> None:
            self.inner()

    watch.wrap(Steps, "inner", "LU")
    watch.wrap(Steps, "outer", "check")
    Steps().outer()
    assert watch.seconds["LU"] >= 0.02
    assert watch.seconds["check"] < watch.seconds["LU"]
