"""Where the relaxation fails, and grids that tend to a continuum: `python -m benchmarks.counterexamples`.

KLN section 7 has two counterexamples, each solved over the rationals on grids of growing size, every value
with a certificate that is checked again by the independent checker:

- values that do not separate (`kln-nonseparable`): `relaxed` against `bayesian`, and the least that any
  relaxed optimum leaves to a lie, which is a swap of the second signals + and × after a low first report.
  Limits: relaxed c_+/2 + c_×/8 = 9/4 by virtual values; dynamic 169/88 = max (1 − s)(c_+ + (1 + c_×) s)/2, an
  up-front sale: a pattern of all grids, and no proof in the continuum;
- correlated signals (`kln-correlated`): public second types (`types-public`) against `bayesian`. Limits:
  E s_1 = 5/8; and 65/128 = 1/2 + ∫ (s/4 − 3/16) over s from 3/4 on, by first-order virtual values: low values
  are served from there on. On all grids the rung `first-order` is tight.

`--handicap` prints how the handicap auction's bound tends to the continuum on two kinds of grids (points
k/(n−1), and middles of cells) instead: error against step, of first order. `--plot FILE` draws that.
"""

from __future__ import annotations

import argparse
from dataclasses import dataclass
from fractions import Fraction

from rich.console import Console
from rich.table import Table

import dynamech as dm
from dynamech.models.screening.convergence import Convergence
from dynamech.report.plotting import save_figure

F = Fraction
EXACT = 9
"""Grids up to which the least gain of a lie is found too."""


@dataclass(frozen=True)
class Counterexample:
    """family: of the library. rungs: a relaxation and its limit, the dynamic limit."""

    family: str
    relaxation: str
    limit: Fraction
    dynamic: Fraction

    def row(self, n: int) -> tuple[Fraction, Fraction, int, Fraction | None]:
        """Of n first signals: the values of the relaxation and of `bayesian`, the rows of their certificates,
        which are checked, and the least gain of a lie: of `relaxed`, on small grids."""
        env, values, rows = dm.load(self.family, n=n), [], 0
        for word in (self.relaxation, "bayesian"):
            design = dm.design(env, incentives=word, exact=True)
            proof = design.certificate
            if proof is None or proof.value is None or not proof.check() or proof.value != design.value:
                raise SystemExit(f"{self.family}, n = {n}: the certificate of '{word}' does not hold")
            values.append(proof.value)
            rows += proof.program.num_rows
        gain = None
        if self.relaxation == "relaxed" and n <= EXACT and values[0] > values[1]:
            unrelaxed = dm.ladder(env, exact=True).unrelaxed
            gain = None if unrelaxed is None else F(unrelaxed.gain)
        return values[0], values[1], rows, gain


NONSEPARABLE = Counterexample("kln-nonseparable", "relaxed", F(9, 4), F(169, 88))
CORRELATED = Counterexample("kln-correlated", "types-public", F(5, 8), F(65, 128))


def table(case: Counterexample, sizes: list[int]) -> Table:
    """Values and gaps by grid, and in the limit."""
    shown = Table(title=f"{case.family}: '{case.relaxation}' against 'bayesian'")
    for name in ("n", case.relaxation, "bayesian", "gap", "least gain of a lie", "rows proved"):
        shown.add_column(name, justify="right")
    for n in sizes:
        one, other, rows, gain = case.row(n)
        gap = one - other
        shown.add_row(
            str(n),
            str(one),
            str(other),
            f"{gap} = {float(gap):.5f}",
            "" if gain is None else str(gain),
            f"{rows:,}",
        )
    gap = case.limit - case.dynamic
    shown.add_row("limit", str(case.limit), str(case.dynamic), f"{gap} = {float(gap):.5f}", "", "")
    return shown


def grids(largest: int) -> list[Convergence]:
    """The handicap auction's bound on both kinds of grids, up to this size."""
    sizes = [2**k for k in range(2, 12) if 2**k <= largest]
    return [
        dm.convergence(
            "handicap-auction", [n + (grid == "ends") for n in sizes], exact=True, grid=grid, a="1/4"
        )
        for grid in ("ends", "middles")
    ]


def main() -> None:
    """The command."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--largest", type=int, default=17, help="points of the finest grid")
    parser.add_argument("--handicap", action="store_true", help="the handicap auction's grids")
    parser.add_argument("--plot", help="with --handicap: FILE.ends.png and FILE.middles.png for FILE.png")
    asked = parser.parse_args()
    console = Console()
    if asked.handicap:
        for name, fine in zip(("ends", "middles"), grids(asked.largest), strict=True):
            console.print(f"grid {name}")
            print(fine)
            if asked.plot:
                stem, _, suffix = asked.plot.rpartition(".")
                save_figure(fine.plot(), f"{stem}.{name}.{suffix}")
        return
    sizes = [n for n in (2, 3, 5, 9, 17, 33, 65) if n <= asked.largest]
    for case in (NONSEPARABLE, CORRELATED):
        console.print(table(case, sizes))


if __name__ == "__main__":
    main()
