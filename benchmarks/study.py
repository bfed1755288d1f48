"""The study of docs/study.md: how often, and how badly, relaxations fail in random environments.

    python -m benchmarks.study [--out study.db] [--jobs N]     # the sweeps: about ten minutes of one core
    python -m benchmarks.study --draw                          # the pictures alone, from the data file

The sweeps of `GRIDS` go into one file, and go on from there when they are called again. What they say is
gathered in docs/study/study.csv, a line a cell of a grid: how many environments there are, in how many a
relaxation promises more than `bayesian` leaves, by which share of the latter on average over those, and at
most, and which seed is the worst. The pictures of docs/study are drawn from that file alone.
"""

from __future__ import annotations

import argparse
import csv
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from statistics import fmean
from typing import Any

import dynamech as dm
from dynamech.instances.library import find_family
from dynamech.instances.parameters import setting_text
from dynamech.report.plotting import new_figure, save_figure
from dynamech.solvers.numerals import rational
from dynamech.studies.answering import BASE, is_tight
from dynamech.studies.sweep import SweptAnswer

HERE = Path(__file__).parents[1] / "docs/study"
DATA = HERE / "study.csv"
FAMILY = "random-markov"
SEEDS = "0..39"
GRIDS: dict[str, dict[str, str]] = {
    "types": {"types": "2..5", "persistence": "0..1:11", "own": "false"},
    "rows": {"persistence": "0..1:11", "own": "true"},
    "horizon": {"periods": "2..6", "own": "false,true"},
    "buyers": {"agents": "1..4", "types": "2", "own": "false,true"},
}
RELAXATIONS = ("relaxed", "first-order")
CELL = ("grid", "agents", "types", "periods", "persistence", "own")
COUNTS = ("instances", "tight", "not_tight", "open", "failed")
FIELDS = (*CELL, "rung", *COUNTS, "mean_gap", "worst_gap", "worst_seed")
Lines = list[dict[str, str]]


def settings(one: SweptAnswer) -> dict[str, str]:
    """All parameters of an environment, those by default too."""
    default = {parameter.name: parameter.default for parameter in find_family(FAMILY).parameters}
    return {name: setting_text(value) for name, value in default.items()} | one.parameters


def gap_of(one: SweptAnswer, rung: str) -> float:
    """What the relaxation promises too much, as a share of what there is to be had."""
    promise, left = one.rows[rung].number, one.rows[BASE].number
    if promise is None or left is None:
        return 0.0
    return float((promise - left) / left) if left else float(promise > left)


def gather(grid: str, instances: Iterable[SweptAnswer]) -> Lines:
    """A line a cell and relaxation."""
    cells: dict[tuple[str, ...], list[SweptAnswer]] = {}
    for one in instances:
        told = {"grid": grid, **settings(one)}
        cells.setdefault(tuple(told[name] for name in CELL), []).append(one)
    lines = []
    for cell, members in cells.items():
        for rung in RELAXATIONS:
            verdicts = [is_tight(one.rows[rung], one.rows[BASE]) for one in members]
            gaps = [gap_of(one, rung) if tight is False else 0.0
                    for one, tight in zip(members, verdicts, strict=True)]  # fmt: skip
            loose, most = [gap for gap in gaps if gap], max(gaps)
            worst = settings(members[gaps.index(most)])["seed"] if most else ""
            failed = sum(one.outcome == "failed" for one in members)
            counts = [len(members), *(verdicts.count(word) for word in (True, False, None)), failed]
            counts[3] -= failed
            mean = fmean(loose) if loose else 0.0
            row = [*cell, rung, *map(str, counts), f"{mean:.6g}", f"{most:.6g}", worst]
            lines.append(dict(zip(FIELDS, row, strict=True)))
    return lines


def read() -> Lines:
    with open(DATA, newline="") as file:
        return list(csv.DictReader(file))


def curve(lines: Lines, across: str, figure: str, **fixed: str) -> tuple[list[float], list[float]]:
    """A figure (a column, or "share" of those not tight) across a parameter."""
    chosen = [line for line in lines if all(line[name] == value for name, value in fixed.items())]
    chosen.sort(key=lambda line: rational(line[across]))
    at = [float(rational(line[across])) for line in chosen]
    if figure == "share":
        return at, [int(line["not_tight"]) / int(line["instances"]) for line in chosen]
    return at, [float(line[figure]) for line in chosen]


def share_and_gap(lines: Lines, across: str, label: str, curves: dict[str, dict[str, str]]) -> Any:
    """How often, and how badly, across a parameter: the mean gap where there is one, and the worst."""
    figure = new_figure(9, 3.9)
    often, badly = figure.subplots(1, 2)
    for number, (name, fixed) in enumerate(curves.items()):
        look: dict[str, Any] = {"color": f"C{number}", "markersize": 4}
        often.plot(*curve(lines, across, "share", **fixed), "o-", label=name, **look)
        at, mean = curve(lines, across, "mean_gap", **fixed)
        badly.plot(at, [100 * gap for gap in mean], "o-", **look)
        at, worst = curve(lines, across, "worst_gap", **fixed)
        badly.plot(at, [100 * gap for gap in worst], ":", **look)
    often.set(xlabel=label, ylabel="share of environments", ylim=(-0.03, 1.03), title="not tight")
    badly.set(xlabel=label, ylabel="percent of the optimum")
    badly.set_title("gap: mean where not tight, worst (dotted)")
    badly.set_ylim(bottom=0)
    figure.legend(loc="outside upper center", ncols=len(curves), fontsize="small")
    for axes in (often, badly):
        if across != "persistence":
            axes.xaxis.get_major_locator().set_params(integer=True)
    return figure


def heat_map(lines: Lines) -> Any:
    """Persistence and types: how often, and how badly on average, the relaxed program fails."""
    chosen = [line for line in lines if line["grid"] == "types" and line["rung"] == "relaxed"]
    across = sorted({line["persistence"] for line in chosen}, key=rational)
    up = sorted({line["types"] for line in chosen}, key=int)
    at = {(line["types"], line["persistence"]): line for line in chosen}
    figure = new_figure(9, 3.2)
    share = [[int(at[k, p]["not_tight"]) / int(at[k, p]["instances"]) for p in across] for k in up]
    gap = [[100 * float(at[k, p]["mean_gap"]) for p in across] for k in up]
    titles = ("share not tight", "mean gap where not tight, percent")
    for axes, title, cells in zip(figure.subplots(1, 2), titles, (share, gap), strict=True):
        image = axes.imshow(cells, origin="lower", aspect="auto", cmap="viridis", vmin=0)
        figure.colorbar(image)
        axes.set_xticks(range(0, len(across), 2), [f"{float(rational(p)):g}" for p in across[::2]])
        axes.set_yticks(range(len(up)), up)
        axes.set(xlabel="persistence", ylabel="types", title=title)
    return figure


def draw() -> None:
    """All pictures, from the data file."""
    lines = read()
    base = {"types": "3", "own": "false", "grid": "types"}
    rows = {"own": "true", "grid": "rows"}
    by_rung = {
        "relaxed": base | {"rung": "relaxed"},
        "relaxed, rows of their own": rows | {"rung": "relaxed"},
        "first-order": base | {"rung": "first-order"},
        "first-order, rows of their own": rows | {"rung": "first-order"},
    }
    pictures = {"types": heat_map(lines)}
    pictures["persistence"] = share_and_gap(lines, "persistence", "persistence", by_rung)
    for grid, across, label in (("horizon", "periods", "periods"), ("buyers", "agents", "buyers")):
        curves = {
            f"{rung}{told}": {"grid": grid, "rung": rung, "own": own}
            for rung in RELAXATIONS[: 2 if grid == "horizon" else 1]  # of two types the other is always tight
            for own, told in (("false", ""), ("true", ", rows of their own"))
        }
        pictures[grid] = share_and_gap(lines, across, label, curves)
    for name, figure in pictures.items():
        save_figure(figure, str(HERE / f"{name}.svg"))


def main(words: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description="The study of docs/study.md.")
    parser.add_argument("--out", default="study.db")
    parser.add_argument("--jobs", type=int, default=-1)
    parser.add_argument("--draw", action="store_true")
    asked = parser.parse_args(words)
    if not asked.draw:
        lines: Lines = []
        for grid, values in GRIDS.items():
            study = dm.sweep(
                FAMILY, {"seed": SEEDS, **values}, rungs=(*RELAXATIONS, BASE), out=asked.out, resume=True,
                jobs=asked.jobs,
            )  # fmt: skip
            print(grid, study.counts, flush=True)
            lines += gather(grid, study.instances)
        HERE.mkdir(exist_ok=True)
        with open(DATA, "w", newline="") as file:
            writer = csv.DictWriter(file, FIELDS, lineterminator="\n")
            writer.writeheader()
            writer.writerows(lines)
    draw()
    return 0


if __name__ == "__main__":
    sys.exit(main())
