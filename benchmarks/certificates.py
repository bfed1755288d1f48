"""What a proof costs, by size and kind of program: `python -m benchmarks.certificates [--full] [--plot F]`.

Each line is one program, solved by HiGHS and proved over the rationals, in a process of its own: HiGHS's
seconds, those of the proof, their ratio, and where the proof spends its time. The parts are

    prepare  denominators cleared, the basis and what can be read off it
    LU       the float factorisation of the basis
    lifting  the exact solution of the basis, primal and dual
    check    every row, column and sign in integers
    repair   other bases, where the first was not optimal exactly

and beside them `read`: every number of the proof as a fraction in lowest terms, made for who looks at it.

Families: `textbook` sequential screening with rational data; `adjacent`, its rows for neighbouring reports
only; `random`, textbook programs with random probabilities and values, each a double (so that denominators
are powers of two); `scaled`, textbook programs with thin probabilities and values that differ by 10⁶; `dense`
random programs. `--full` goes up to what takes a minute. Times are medians of several runs, and only those of
a quiet machine mean much. With `--out FILE` measurements are kept, one JSON object a line, and the same
command goes on from there.

Where the command ``esolver`` of QSopt_ex is installed (Debian package qsopt-ex), one program goes to it as
well, in rationals, and value and time are compared.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from fractions import Fraction
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
from rich.console import Console
from rich.table import Table

from benchmarks import esolver
from dynamech.report.plotting import check_plot
from dynamech.solvers.program import Builder, Program

PARTS = ("prepare", "LU", "lifting", "check", "repair")
SMALL: list[dict[str, Any]] = [
    *({"family": "textbook", "size": size} for size in ((5, 15), (10, 30))),
    *({"family": "adjacent", "size": size} for size in ((10, 30), (20, 60), (30, 100))),
    *({"family": "random", "size": size} for size in ((5, 15), (10, 20))),
    *({"family": "scaled", "size": size} for size in ((3, 9), (5, 15))),
    *({"family": "dense", "size": size} for size in ((40, 80), (80, 160))),
]
FULL: list[dict[str, Any]] = [
    *({"family": "textbook", "size": size} for size in ((15, 45), (20, 60), (30, 100))),
    *({"family": "adjacent", "size": size} for size in ((40, 150), (50, 200), (80, 300))),
    *({"family": "random", "size": size} for size in ((10, 30), (15, 45), (20, 60), (25, 60))),
    *({"family": "scaled", "size": size} for size in ((10, 20), (10, 30), (15, 45))),
    *({"family": "dense", "size": size} for size in ((150, 300), (250, 500), (350, 700))),
]
AGAINST = {False: (10, 30), True: (20, 60)}
"""What is given to QSopt_ex, without and with `--full`."""
PATIENCE = 600.0
"""Seconds that a line, or QSopt_ex, may take."""


def program_of(case: dict[str, Any]) -> Program:
    """The program of a line; the same every time."""
    return FAMILIES[case["family"]](*case["size"])


def textbook(k0: int, k1: int) -> Program:
    import dynamech as dm

    return dm.compile(dm.load("sequential-screening", k0=k0, k1=k1), formulation="textbook", exact=True)


def adjacent(k0: int, k1: int) -> Program:
    import dynamech as dm

    env = dm.load("sequential-screening", k0=k0, k1=k1)
    return dm.compile(env, incentives="first-order", formulation="textbook", exact=True)


def drawn(k0: int, k1: int) -> Program:
    """Random numbers, all of them doubles, probabilities that sum to 1 exactly."""
    random = np.random.default_rng(0)
    prior, kernel = doubles(random.random(k0)), doubles(random.random((k0, k1)))
    return screening(prior, kernel, np.sort(random.random(k1)), 0.25)


def doubles(weights: Any) -> Any:
    """Rows proportional to 1/20 + weights, multiples of 2⁻⁵⁰ that sum to 1 exactly."""
    share = np.rint(2.0**50 * (weights + 0.05) / (weights + 0.05).sum(axis=-1, keepdims=True))
    share[..., -1] += 2.0**50 - share.sum(axis=-1)
    return share / 2.0**50


def scaled(k0: int, k1: int) -> Program:
    """Probabilities thinned by up to 10⁻⁶, every third value a million times as large."""
    random = np.random.default_rng(0)
    ten = np.array([Fraction(1, 10**e) for e in range(7)], dtype=object)
    weights = ten[random.integers(0, 7, (k0, k1))]
    prior = ten[random.integers(0, 7, k0)]
    worth = np.array([Fraction(j + 1, k1) * 10 ** (6 * (j % 3 == 2)) for j in range(k1)], dtype=object)
    return screening(prior / prior.sum(), weights / weights.sum(axis=1, keepdims=True), worth, Fraction(1, 4))


def screening(prior: Any, kernel: Any, worth: Any, cost: Any) -> Program:
    """The textbook program of sequential screening with these numbers."""
    import dynamech as dm

    k0, k1 = kernel.shape
    nothing = [0] * k1 if kernel.dtype == object else [0.0] * k1
    buyer = dm.Agent(
        "buyer",
        types=[[str(i) for i in range(k0)], [str(j) for j in range(k1)]],
        prior=prior.tolist(),
        values=[[nothing[:1] * k0], [nothing, worth.tolist()]],
        transitions=[kernel[None]],
    )
    env = dm.Environment(
        name="drawn", agents=[buyer], actions=[["wait"], ["keep", "sell"]], costs=[[0], [0, cost]], horizon=2
    )
    return dm.compile(env, formulation="textbook", exact=True)


def dense(rows: int, columns: int) -> Program:
    """Random digits everywhere, feasible and bounded."""
    random = np.random.default_rng(0)
    builder = Builder(sense="max", exact=True, name="dense")
    x = builder.columns("x", columns, upper=1, objective=random.integers(1, 100, columns))
    row = builder.rows("r", rows, upper=random.integers(columns, 5 * columns, rows))
    entries = random.integers(-9, 25, (rows, columns))
    builder.entries(row.index[:, None], x.index[None, :], entries)
    return builder.build()


FAMILIES: dict[str, Callable[..., Program]] = {
    "textbook": textbook,
    "adjacent": adjacent,
    "random": drawn,
    "scaled": scaled,
    "dense": dense,
}


class Stopwatch:
    """Seconds by part, while functions of the engine are wrapped; a part within a part is counted once."""

    def __init__(self) -> None:
        self.seconds = dict.fromkeys(PARTS, 0.0)
        self._running: list[str] = []
        self._since = 0.0

    def wrap(self, where: Any, name: str, part: str) -> None:
        """From now on calls of ``where.name`` count as `part`."""
        inner = getattr(where, name)

        def timed(*given: Any, **more: Any) -> Any:
            self._switch(part)
            try:
                return inner(*given, **more)
            finally:
                self._switch(None)

        setattr(where, name, timed)

    def _switch(self, part: str | None) -> None:
        now = time.perf_counter()
        if self._running:
            self.seconds[self._running[-1]] += now - self._since
        self._since = now
        if part is None:
            self._running.pop()
        else:
            self._running.append(part)

    def watch(self) -> None:
        """Wrap the steps of a proof."""
        from dynamech.solvers.exact import lifting, prove, solve, vertex

        self.wrap(solve, "clear", "prepare")
        self.wrap(lifting.Lifter, "__init__", "LU")
        self.wrap(lifting.Lifter, "solve", "lifting")
        self.wrap(vertex, "solve_blocks", "lifting")
        for name, part in (("examine", "check"), ("refined_basis", "repair"), ("fresh_basis", "repair")):
            self.wrap(prove, name, part)


def measure(case: dict[str, Any]) -> dict[str, Any]:
    """Solve and prove in this process until about five seconds are spent, at least once."""
    from dynamech.solvers.solve import solve

    program = program_of(case)
    watch = Stopwatch()
    watch.watch()
    runs: list[dict[str, float]] = []
    began = time.perf_counter()
    while not runs or (time.perf_counter() - began < 5.0 and len(runs) < 9):
        watch.seconds = dict.fromkeys(PARTS, 0.0)
        solution = solve(program, exact=True)
        parts = dict(watch.seconds)
        # what no wrapped function took: reading the basis, cutting out the kernel
        parts["prepare"] += max(0.0, solution.seconds["prove"] - sum(parts.values()))
        read = time.perf_counter()
        proof = solution.certificate
        if proof is not None:
            _ = proof.primal, proof.dual
        runs.append({**parts, **solution.seconds, "read": time.perf_counter() - read})
    figures = {key: statistics.median(run[key] for run in runs) for key in runs[0]}
    return case | figures | {
        "rows": program.num_rows,
        "columns": program.num_columns,
        "nonzeros": program.num_nonzeros,
        "kind": None if proof is None else proof.kind,
        "value": None if proof is None or proof.value is None else str(float(proof.value)),
        "bits": _bits(proof),
    }


def _bits(proof: Any) -> int | None:
    """The longest denominator of the dual, in bits."""
    if proof is None or proof.dual is None or not proof.dual.size:
        return None
    return max(int(v.denominator).bit_length() for v in proof.dual.tolist())


def against_esolver(k0: int, k1: int) -> str:
    """Both on one textbook program, in this process, one after the other; all times with HiGHS's.

    Ours three times: the program with all its rows at once; the same with rows only once they are violated;
    and the question as a user asks it, found by the quickest formulation and proved for the same program. The
    last two with loading and compiling, which the others have behind them.
    """
    import dynamech as dm
    from dynamech.solvers.solve import solve

    name = f"textbook {k0}×{k1} against QSopt_ex"
    if not esolver.installed():
        return f"{name}: left out, there is no command {esolver.COMMAND} (Debian package qsopt-ex)"
    program = textbook(k0, k1)
    clock = [time.perf_counter()]
    mine = solve(program, exact=True)
    clock.append(time.perf_counter())
    values, same = [mine.value], True
    for word in ("textbook+lazy", "auto"):
        env = dm.load("sequential-screening", k0=k0, k1=k1)
        design = dm.design(env, formulation=word, exact=True)
        proof = design.certificate
        clock.append(time.perf_counter())
        values.append(design.value)
        same = same and proof is not None and proof.program.num_rows == program.num_rows
    theirs = esolver.solve_by_esolver(program, PATIENCE)
    same = same and all(value == theirs.value for value in values)
    words = "the same rational" if same else f"DIFFERENT: {values} and {theirs.value}"
    if theirs.status == "limit":
        words = "and it had no answer yet"
    ways = ("all rows at once", "rows lazily", "asked as a design")
    told = (
        f"{way} {spent:.3g} s ({theirs.seconds / spent:.3g} times as fast)"
        for way, spent in zip(ways, (later - sooner for sooner, later in pairwise(clock)), strict=True)
    )
    return f"{name}: {theirs.seconds:.3g} s, {words}; {', '.join(told)}"


def key_of(case: dict[str, Any]) -> str:
    """What names a line."""
    return f"{case['family']} {'×'.join(map(str, case['size']))}"


def kept(path: str | None) -> dict[str, dict[str, Any]]:
    """Lines measured before."""
    if path is None or not Path(path).exists():
        return {}
    lines = (json.loads(line) for line in Path(path).read_text(encoding="utf-8").splitlines() if line.strip())
    return {key_of(line): line for line in lines}


def table_of(lines: list[dict[str, Any]]) -> Table:
    """The figures."""
    made = Table(title="Certificates (medians, seconds)")
    first, last = ("program", "rows", "nonzeros", "HiGHS", "proof", "ratio"), ("read", "bits", "proves")
    for heading in (*first, *PARTS, *last):
        made.add_column(heading, justify="left" if heading in ("program", "proves") else "right")
    for line in lines:
        made.add_row(
            key_of(line),
            f"{line['rows']:,}",
            f"{line['nonzeros']:,}",
            f"{line['solve']:.3g}",
            f"{line['prove']:.3g}",
            f"{line['prove'] / line['solve']:.2f}" if line["solve"] > 0 else "–",
            *(f"{line[part]:.2g}" for part in (*PARTS, "read")),
            "–" if line["bits"] is None else str(line["bits"]),
            str(line["kind"]),
        )
    return made


def draw(lines: list[dict[str, Any]], path: str) -> None:
    """Proof against solve time and against size, and what the largest proof of each family consists of."""
    check_plot(path)
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(13.5, 4.6), layout="constrained")
    FigureCanvasAgg(figure)
    solve_axis, size_axis, part_axis = figure.subplots(1, 3)
    families = [name for name in FAMILIES if any(line["family"] == name for line in lines)]
    for k, name in enumerate(families):
        own = sorted((line for line in lines if line["family"] == name), key=lambda line: line["nonzeros"])
        style: dict[str, Any] = {"marker": "osD^v"[k], "color": f"C{k}", "markersize": 5, "linewidth": 1.2}
        solve_axis.plot([line["solve"] for line in own], [line["prove"] for line in own], label=name, **style)
        size_axis.plot([line["nonzeros"] for line in own], [line["prove"] for line in own], **style)
    low, high = (f(line["solve"] for line in lines) for f in (min, max))
    ends = np.array([low / 2, high * 2])
    for share, words, dashes in ((1.0, "as long as HiGHS", ":"), (0.2, "a fifth of it", "--")):
        solve_axis.plot(ends, share * ends, color="0.5", linestyle=dashes, linewidth=1, label=words)
    solve_axis.axvspan(1.0, max(ends[1], 2.0), color="0.95", zorder=0)
    solve_axis.set(xlabel="HiGHS, seconds (shaded: a second and more)", ylabel="proof, seconds", xlim=ends)
    size_axis.set(xlabel="nonzeros of the program", ylabel="proof, seconds")
    for axis in (solve_axis, size_axis):
        axis.set(xscale="log", yscale="log")
        axis.grid(True, which="major", color="0.9")
    solve_axis.legend(fontsize=8)
    largest = [max((p for p in lines if p["family"] == name), key=lambda p: p["prove"]) for name in families]
    left = np.zeros(len(largest))
    for k, part in enumerate(PARTS):
        shares = np.array([line[part] / max(line["prove"], 1e-12) for line in largest])
        part_axis.barh(range(len(largest)), shares, left=left, label=part, color=f"C{k}", height=0.65)
        left += shares
    labels = [f"{key_of(line)}\n{line['prove']:.2g} s" for line in largest]
    part_axis.set_yticks(range(len(largest)), labels, fontsize=8)
    part_axis.invert_yaxis()
    part_axis.set(xlabel="share of the largest proof", xlim=(0, 1))
    part_axis.legend(fontsize=8, ncols=3, loc="lower center", bbox_to_anchor=(0.5, 1.0))
    figure.savefig(path, dpi=150)


def main() -> None:
    """Print the table; one fresh process a line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--full", action="store_true", help="up to what takes a minute")
    parser.add_argument("--plot", metavar="FILE", help="draw a chart; .png, .svg or .pdf")
    parser.add_argument("--out", metavar="FILE", help="keep measurements, one JSON object a line, and go on")
    parser.add_argument("--family", choices=list(FAMILIES), help="this family alone")
    parser.add_argument("--one", help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.one:
        print(json.dumps(measure(json.loads(given.one))))
        return
    if given.plot:
        check_plot(given.plot)
    done = kept(given.out)
    lines = []
    for case in SMALL + (FULL if given.full else []):
        if given.family not in (None, case["family"]):
            continue
        line = done.get(key_of(case))
        if line is None:
            command = [sys.executable, "-m", "benchmarks.certificates", "--one", json.dumps(case)]
            try:
                ran = subprocess.run(command, check=True, capture_output=True, text=True, timeout=PATIENCE)
            except subprocess.TimeoutExpired:
                print(f"{key_of(case)}: stopped after {PATIENCE:.0f} s", file=sys.stderr)
                continue
            line = json.loads(ran.stdout)
            print(f"{key_of(case)}: {line['solve']:.3g} s, proof {line['prove']:.3g} s", file=sys.stderr)
            if given.out:
                with open(given.out, "a", encoding="utf-8") as file:
                    file.write(json.dumps(line) + "\n")
        lines.append(line)
    lines.sort(key=lambda line: (list(FAMILIES).index(line["family"]), line["nonzeros"]))
    console = Console(width=150)
    console.print(table_of(lines))
    if given.family in (None, "textbook"):
        console.print(against_esolver(*AGAINST[given.full]))
    if given.plot:
        draw(lines, given.plot)
        console.print(f"{given.plot}: the chart")


if __name__ == "__main__":
    main()
