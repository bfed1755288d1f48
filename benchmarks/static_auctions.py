"""One item sold once, by size: `python -m benchmarks.static_auctions [--seed S] [--largest N,K]`.

Random markets: whole values, probabilities with weights 1..9, nothing alike. Each line is the best of three:
the optimal auction by ironed virtual values and its revenue, exactly; the same revenue as a program over
reduced forms with Border's cuts, in floats; capped money burning with primal = dual, exactly, for caps that
are all reached, reached in part, and hardly bind.
"""

from __future__ import annotations

import argparse
import random
import time
from collections.abc import Callable
from fractions import Fraction
from functools import partial
from typing import Any

from rich.console import Console
from rich.table import Table

SIZES = ((2, 80), (3, 20), (10, 10), (20, 20), (50, 20))
CUTS = 500
"""Most types, of all buyers together, for which the program over reduced forms is solved."""
SCALES = ("3/10", "4/5", "6/5")


def market(buyers: int, types: int, seed: int) -> Any:
    """A random market of so many buyers with so many values each."""
    from dynamech.models.auctions.market import Market, distribution
    from dynamech.solvers.numbers import array

    draw = random.Random(seed)
    made = []
    for i in range(buyers):
        values = sorted(draw.sample(range(1, 6 * types), types))
        weights = [draw.randint(1, 9) for _ in values]
        made.append(
            distribution(array(values), array([Fraction(w, sum(weights)) for w in weights]), f"buyer {i + 1}")
        )
    return Market(f"{buyers} × {types}", 0, tuple(made), keep=0)


def caps_of(chosen: Any, scale: Fraction, seed: int) -> list[Fraction]:
    """Caps around `scale` times an equal share of what could be left without caps."""
    from dynamech.models.auctions.money_burning.burning import burn_market

    most = burn_market(chosen, [10**9] * len(chosen.buyers)).value
    draw = random.Random(seed)
    share = scale * Fraction(most) / len(chosen.buyers)
    return [Fraction(round(share * draw.randint(20, 180)), 100) for _ in chosen.buyers]


def best(task: Callable[[], Any]) -> tuple[float, Any]:
    """The shortest of three runs, in seconds, and the last result."""
    spent, result = [], None
    for _ in range(3):
        start = time.perf_counter()
        result = task()
        spent.append(time.perf_counter() - start)
    return min(spent), result


def solve_with(fresh: Callable[[], Any], sets: list[Any]) -> Any:
    """The program over reduced forms, beginning with these sets."""
    from dynamech.models.auctions.reduced_form import ReducedForm

    return ReducedForm(fresh(), sets=list(sets)).solve()


def burn_with(fresh: Callable[[], Any], caps: list[Fraction]) -> Any:
    """Capped money burning."""
    from dynamech.models.auctions.money_burning.burning import burn_market

    return burn_market(fresh(), caps)


def line(size: tuple[int, int], seed: int) -> list[str]:
    """What is measured at one size (buyers, values), as the cells of a row."""
    from dynamech.models.auctions.optimal_auction import optimal_auction
    from dynamech.models.auctions.reduced_form import level_sets

    def fresh() -> Any:
        return market(*size, seed)  # with nothing remembered from the last run

    exactly, revenue = best(lambda: optimal_auction(fresh()).revenue)
    cuts = "-"
    if size[0] * size[1] <= CUTS:
        sets = level_sets(optimal_auction(fresh()).scores)
        spent, found = best(partial(solve_with, fresh, sets))
        assert abs(float(found.value) - float(revenue)) <= 1e-6 * float(revenue)
        cuts = f"{spent:.3f}"
    burnt = []
    for scale in SCALES:
        spent, answer = best(partial(burn_with, fresh, caps_of(fresh(), Fraction(scale), seed)))
        assert answer.value == answer.dual
        burnt.append(f"{spent:.3f}")
    return [str(size[0]), str(size[1]), f"{exactly:.3f}", cuts, " / ".join(burnt)]


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--largest", default="50,20", help="buyers,types beyond which nothing is measured")
    given = parser.parse_args()
    limit = [int(part) for part in given.largest.split(",")]
    table = Table(title="One item sold once (seconds)")
    for heading in ("buyers", "values", "optimal auction, exact", "Border cuts", "burning, exact"):
        table.add_column(heading, justify="right")
    for size in SIZES:
        if size[0] * size[1] <= limit[0] * limit[1]:
            table.add_row(*line(size, given.seed))
    Console(width=110).print(table)
    scales = ", ".join(SCALES)
    Console(width=110).print(f"Burning: caps of about {scales} of an equal share of the most there is.")


if __name__ == "__main__":
    main()
