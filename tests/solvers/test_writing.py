"""Programs written as text and read back by HiGHS have the same optimum, bit for bit where text allows."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import highspy
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dynamech.solvers.errors import InvalidInput
from dynamech.solvers.highs_object import new_highs
from dynamech.solvers.program import Builder, Program
from dynamech.solvers.solve import solve


def _read(path: Path) -> Any:
    highs = new_highs()
    assert highs.readModel(str(path)) != highspy.HighsStatus.kError
    return highs


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
    assert highs.getObjectiveValue() == pytest.approx(answer.value, abs=1e-6)


@pytest.mark.parametrize("suffix", [".mps", ".lp"])
def test_numbers_round_trip(tmp_path: Path, suffix: str) -> None:
    program = _full()
    path = tmp_path / f"p{suffix}"
    program.write(path)
    lp = _read(path).getLp()
    assert lp.offset_ == 2.5
    for mine, theirs in ((program.lower, lp.col_lower_), (program.upper, lp.col_upper_)):
        assert sorted(mine.tolist()) == sorted(theirs)
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


def test_pyomo_and_others_read_what_highs_wrote(tmp_path: Path) -> None:
    """HiGHS writes the program it was handed in memory; our text must describe the same one."""
    program = _full()
    program.write(tmp_path / "ours.mps")
    highs = _read(tmp_path / "ours.mps")
    highs.writeModel(str(tmp_path / "theirs.lp"))
    again = _read(tmp_path / "theirs.lp")
    again.run()
    assert again.getObjectiveValue() == pytest.approx(solve(program).value)


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
            assert highs.getObjectiveValue() == pytest.approx(answer.value, abs=1e-7)
