"""docs/study.md: what it says is what its data file says, and the data file is what the sweeps say."""

from __future__ import annotations

import re
from fractions import Fraction
from pathlib import Path

import pytest

import dynamech as dm
from benchmarks import study
from dynamech.instances.families import worst_gaps
from dynamech.studies.answering import BASE
from dynamech.studies.grid import instances

PAGE = (Path(__file__).parents[2] / "docs/study.md").read_text()
LINES = study.read()
TABLE = re.findall(r"^\| `([a-z-]+)` \| (\S+) \| (\S+) \| (\S+)% \|$", PAGE, re.MULTILINE)


def line(rung: str, **fixed: str) -> dict[str, str]:
    (one,) = [one for one in LINES if one["rung"] == rung and fixed.items() <= one.items()]
    return one


def test_the_data_file_has_a_line_a_cell_of_the_grids() -> None:
    total = 0
    for grid, values in study.GRIDS.items():
        cells = len(instances(study.FAMILY, values))
        count = len(instances(study.FAMILY, {"seed": study.SEEDS})) * cells
        total += count
        for rung in study.RELAXATIONS:
            lines = [one for one in LINES if (one["grid"], one["rung"]) == (grid, rung)]
            assert len(lines) == cells
            assert sum(int(one["instances"]) for one in lines) == count
            assert all(
                sum(int(one[name]) for name in study.COUNTS[1:]) == int(one["instances"]) for one in lines
            )
    assert f"{total:,} environments" in PAGE
    assert study.DATA.stat().st_size < 200_000
    commands = re.findall(r"^dynamech sweep (\S+) (.*) --rungs (\S+) --out", PAGE, re.MULTILINE)
    told = [dict(re.findall(r"--set (\w+)=(\S+)", words)) for _, words, _ in commands]
    assert told == [{"seed": study.SEEDS, **values} for values in study.GRIDS.values()]


@pytest.mark.parametrize(
    ("grid", "fixed"),
    [
        ("types", {"types": "2", "persistence": "1/5"}),
        ("rows", {"types": "3", "persistence": "9/10", "own": "true"}),
        ("horizon", {"periods": "2", "own": "false"}),
    ],
)
def test_a_cell_is_what_its_sweep_says(grid: str, fixed: dict[str, str]) -> None:
    """Of the first seeds and the worst one, so that a line that was made otherwise would be found out."""
    rungs = (*study.RELAXATIONS, BASE)
    for rung in study.RELAXATIONS:
        told = line(rung, grid=grid, **fixed)
        if not told["worst_seed"]:
            continue
        asked = {name: told[name] for name in ("agents", "types", "periods", "persistence", "own")}
        ran = dm.sweep(study.FAMILY, asked | {"seed": f"0..3,{told['worst_seed']}"}, rungs=rungs, jobs=1)
        (own,) = [one for one in study.gather(grid, ran.instances) if one["rung"] == rung]
        assert own["worst_seed"] == told["worst_seed"]
        assert float(own["worst_gap"]) == pytest.approx(float(told["worst_gap"]), rel=1e-4)


@pytest.mark.parametrize("case", worst_gaps.CASES)
def test_worst_cases_are_exact(case: str) -> None:
    ((_, promised, left, gap),) = [row for row in TABLE if row[0] == case]
    env = dm.load("worst-gaps", case=case)
    rung = case.rpartition("-")[0]
    values = [dm.design(env, incentives=word, exact=True).value for word in (rung, BASE)]
    assert values == [Fraction(promised), Fraction(left)]
    share = (Fraction(promised) - Fraction(left)) / Fraction(left)
    assert f"{float(100 * share):.1f}" == gap
    grid = {"alike": "types"}.get(case.rpartition("-")[2], case.rpartition("-")[2])
    lines = [one for one in LINES if (one["grid"], one["rung"]) == (grid, rung)]
    if grid == "buyers":
        lines = [one for one in lines if int(one["agents"]) > 1]
    assert max(float(one["worst_gap"]) for one in lines) == pytest.approx(float(share), rel=1e-4)


def test_what_the_page_says_of_the_ends() -> None:
    for persistence, own, tight in (("0", "false", True), ("1", "false", True), ("0", "true", False)):
        lines = [
            one for one in LINES
            if one["rung"] == "relaxed" and (one["persistence"], one["own"]) == (persistence, own)
        ]  # fmt: skip
        assert lines
        assert all((one["not_tight"] == "0") == tight for one in lines)
    assert (
        sum(int(line("relaxed", grid="horizon", periods="6", own=own)["tight"]) for own in ("false", "true"))
        == 1
    )
    of_two = [one for one in LINES if (one["grid"], one["rung"]) == ("buyers", "first-order")]
    assert sum(int(one["tight"]) for one in of_two) == sum(int(one["instances"]) for one in of_two) == 320
