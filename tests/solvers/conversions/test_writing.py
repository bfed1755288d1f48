"""Programs written as text and read back by HiGHS have the same optimum, bit for bit where text allows."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import highspy
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dynamech.solvers.conversions.highs_object import new_highs
from dynamech.solvers.errors import InvalidInput
from dynamech.solvers.program import Builder, Program
from dynamech.solvers.solve import solve


def _read(path: Path) -> Any:
    highs = new_highs()
    assert highs.readModel(str(path)) != highspy.HighsStatus.kError
    return highs


def _factor(program: Program, suffix: str) -> int:
    """The program's value is this times that of the file."""
    return -1 if suffix == ".mps" and program.sense == "max" else 1


def _full(sense: Any = "max", quadratic: bool = False) -> Program:
    """Every kind of row and column, with awkward labels."""
    builder = Builder(sense=sense, name="a test, of names")
    builder.columns("x", (2, 2), objective=[[1, 0.1], [2, 3]], upper=[[1, 2], [np.inf, -0.0]])
    builder.columns(
        "y",
        3,
        lower=[-np.inf, -3, -np.inf],
        upper=[np.inf, 4, 5],
        objective=[-1, 0, 1],
        label=lambda k: "lo w;",
    )
    builder.columns("obj", 1, upper=3)
    builder.columns("e5", 1, lower=-2, upper=-1, objective=1 / 3)
    builder.rows("rng", 2, lower=[-1, 0.1], upper=[2, 0.3])
    builder.rows("eq", 1, lower=1, upper=1)
    builder.rows("free", 1)
    builder.rows("up", 2, upper=[7, 1e-17])
    builder.rows("empty", 1, lower=-1)
    builder.entries(0, [0, 1, 2, 3], 1)
    builder.entries(1, [4, 5, 6], [1, -1, 2])
    builder.entries(2, [0, 4], 1)
    builder.entries(3, 1, 1)
    builder.entries([4, 5], [2, 6], [1, 1 / 3])
    builder.entries(4, 0, -1)
    builder.offset = 2.5
    if quadratic:
        sign = -1 if sense == "max" else 1
        builder.quadratic([0, 0, 1, 1], [0, 1, 0, 1], sign * np.array([2, -1, -1, 2]))
    return builder.build()


@pytest.mark.parametrize("suffix", [".mps", ".lp"])
@pytest.mark.parametrize("quadratic", [False, True])
@pytest.mark.parametrize("sense", ["max", "min"])
def test_read_back_to_the_same_optimum(tmp_path: Path, suffix: str, quadratic: bool, sense: str) -> None:
    program = _full(sense, quadratic)
    path = tmp_path / f"p{suffix}"
    program.write(path)
    highs = _read(path)
    highs.run()
    answer = solve(program).require_optimal()
    value = _factor(program, suffix) * highs.getObjectiveValue()
    assert value == pytest.approx(answer.value, abs=1e-6)


@pytest.mark.parametrize("suffix", [".mps", ".lp"])
def test_numbers_round_trip(tmp_path: Path, suffix: str) -> None:
    program = _full()
    path = tmp_path / f"p{suffix}"
    program.write(path)
    lp = _read(path).getLp()
    constant = lp.col_names_.index("constant__")
    assert lp.col_cost_[constant] == 2.5 * _factor(program, suffix)
    for mine, theirs in ((program.lower, lp.col_lower_), (program.upper, lp.col_upper_)):
        assert sorted([*mine.tolist(), 1.0]) == sorted(theirs)
    sides = {*program.row_lower.tolist(), *program.row_upper.tolist()} - {np.inf, -np.inf}
    assert {*lp.row_lower_, *lp.row_upper_} - {np.inf, -np.inf} == sides
    entries = sorted(program.data.tolist())
    assert set(lp.a_matrix_.value_) - {0.0} == set(entries)


def test_names_are_plain_and_unique(tmp_path: Path) -> None:
    path = tmp_path / "p.mps"
    _full().write(path)
    text = path.read_text()
    names = [line.split()[1] for line in text.split("ROWS\n")[1].split("COLUMNS")[0].splitlines()]
    assert len(set(names)) == len(names)
    assert " y_lo_w  " in text
    assert " y_lo_w__5  " in text


@pytest.mark.parametrize("suffix", [".mps", ".lp"])
def test_each_name_has_its_label(tmp_path: Path, suffix: str) -> None:
    builder = Builder(sense="max", name="a $ \\ \x1b[31m name")
    labels = ["", "a" * 300, "a" * 301, "ä", "ö", "a__1", "a_1", "e5", "inf", "NaN", "infinity"]
    labels += ["\u202ea\nb", "[red]$x^2$", "a 1"]
    builder.columns("", len(labels), upper=1, objective=1, label=labels.__getitem__)
    builder.rows("", len(labels), lower=0, upper=1, label=labels.__getitem__)
    builder.entries(np.arange(len(labels)), np.arange(len(labels)), 1)
    program = builder.build()
    path = tmp_path / f"p{suffix}"
    program.write(path)
    text = path.read_text("ascii")
    assert all(c.isprintable() or c == "\n" for c in text)
    beside = (tmp_path / f"p{suffix}.names.json").read_text()
    content = json.loads(beside)
    assert all(c.isprintable() or c == "\n" for c in beside)
    assert (content["format"], content["program"]) == ("dynamech-names/1", program.name)
    assert (content["sense"], content["factor"]) == ("max", _factor(program, suffix))
    assert list(content["columns"].values()) == labels
    assert list(dict.fromkeys(content["rows"].values())) == labels
    for name in [*content["columns"], *content["rows"]]:
        assert re.fullmatch("[A-Za-z][A-Za-z0-9_]{1,98}", name)
    lp = _read(path).getLp()
    assert lp.col_names_ == list(content["columns"])
    assert lp.row_names_ == list(content["rows"])


def test_nothing_else_is_replaced(tmp_path: Path) -> None:
    (tmp_path / "p.mps.names.json").write_text("precious")
    with pytest.raises(InvalidInput, match=r"names\.json is there and holds no names; it was left as it is"):
        _full().write(tmp_path / "p.mps")
    assert [entry.read_text() for entry in tmp_path.iterdir()] == ["precious"]
    for _ in range(2):
        _full().write(tmp_path / "q.mps")


def test_unknown_suffix(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match=r"p\.txt: a program is written as \.mps or \.lp"):
        _full().write(tmp_path / "p.txt")


@pytest.mark.parametrize("suffix", [".mps", ".lp"])
def test_a_program_without_objective_or_rows(tmp_path: Path, suffix: str) -> None:
    builder = Builder(sense="min")
    builder.columns("x", 2, upper=1)
    path = tmp_path / f"p{suffix}"
    builder.build().write(path)
    assert _read(path).getNumCol() == 2


def test_a_maximisation_is_written_as_a_minimisation_that_says_so(tmp_path: Path) -> None:
    path = tmp_path / "p.mps"
    _full("max", quadratic=True).write(path)
    text = path.read_text()
    assert "OBJSENSE" not in text
    assert "the value of the program is minus the optimum of this file" in text
    assert json.loads((tmp_path / "p.mps.names.json").read_text())["factor"] == -1
    _full("min").write(path)
    assert "minus" not in path.read_text()


def test_pyomo_and_others_read_what_highs_wrote(tmp_path: Path) -> None:
    """HiGHS writes the program it was handed in memory; our text must describe the same one."""
    program = _full()
    program.write(tmp_path / "ours.mps")
    highs = _read(tmp_path / "ours.mps")
    highs.writeModel(str(tmp_path / "theirs.lp"))
    again = _read(tmp_path / "theirs.lp")
    again.run()
    assert -again.getObjectiveValue() == pytest.approx(solve(program).value)


@given(data=st.data())
@settings(
    deadline=None,
    derandomize=True,
    max_examples=25,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
def test_random_programs(data: st.DataObject, programs: Any, tmp_path: Path) -> None:
    program = data.draw(programs(bounded=True))
    answer = solve(program)
    for suffix in (".mps", ".lp"):
        path = tmp_path / f"p{suffix}"
        program.write(path)
        highs = _read(path)
        highs.run()
        status = highs.getModelStatus().name
        assert (status == "kOptimal") == (answer.status == "optimal")
        if answer.status == "optimal":
            value = _factor(program, suffix) * highs.getObjectiveValue()
            assert value == pytest.approx(answer.value, abs=1e-7)


def _cbc(path: Path) -> tuple[str, float]:
    return _told(path, ["cbc", str(path), "-solve", "-solution"], r"(.*) - objective value (\S+)")


def _glpk(path: Path) -> tuple[str, float]:
    kind = "--freemps" if path.suffix == ".mps" else "--lp"
    return _told(path, ["glpsol", kind, str(path), "-o"], r"(?s).*Status: +(\S+).*Objective: +\S+ = (\S+)")


def _told(path: Path, command: list[str], pattern: str) -> tuple[str, float]:
    answer = path.with_suffix(".answer")
    answer.unlink(missing_ok=True)
    ran = subprocess.run([*command, str(answer)], capture_output=True, text=True, check=False)
    assert answer.exists(), ran.stdout
    found = re.match(pattern, answer.read_text())
    assert found is not None, ran.stdout
    return found[1].lower(), float(found[2])


@pytest.mark.parametrize("suffix", [".mps", ".lp"])
@pytest.mark.parametrize(("command", "read"), [("cbc", _cbc), ("glpsol", _glpk)])
def test_other_solvers_read_the_same_program(tmp_path: Path, command: str, read: Any, suffix: str) -> None:
    """CBC, which PuLP calls, and GLPK: every kind of row and column, both senses, a constant."""
    if shutil.which(command) is None:
        pytest.skip(f"{command} is not installed")
    path = tmp_path / f"p{suffix}"
    for sense in ("max", "min"):
        program = _full(sense)
        program.write(path)
        status, value = read(path)
        assert status == "optimal"
        expected = solve(program).require_optimal().value
        assert _factor(program, suffix) * value == pytest.approx(expected, abs=1e-6)
    builder = Builder(sense="max")  # without rows
    builder.columns("x", 2, upper=[1, 2], objective=1)
    builder.build().write(path)
    assert abs(read(path)[1]) == 3


@pytest.mark.parametrize("suffix", [".mps", ".lp"])
def test_letters_of_all_kinds_are_kept_in_names_and_beside(tmp_path: Path, suffix: str) -> None:
    labels = ["prix élevé", "低い", "高い", "größe", "x²"]
    builder = Builder(sense="max", name="théorie 低")
    builder.columns("x", 5, objective=[1, 2, 3, 4, 5], upper=1, label=labels.__getitem__)
    program = builder.build()
    path = tmp_path / f"m{suffix}"
    program.write(path)
    assert path.read_bytes().isascii()
    names = json.loads(Path(f"{path}.names.json").read_text(encoding="utf-8"))["columns"]
    plain = ["prix_eleve", "u4f4eu3044", "u9ad8u3044", "groudfe", "x2"]
    assert list(names) == [f"x_{name}" for name in plain]
    assert list(names.values()) == [f"x[{label}]" for label in labels]
    assert "theorie_u4f4e" in path.read_text()
    highs = _read(path)
    highs.run()
    assert _factor(program, suffix) * highs.getInfo().objective_function_value == 15
