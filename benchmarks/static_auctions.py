"""One item sold once: `python -m benchmarks.static_auctions [--seed S] [--largest N,K] [--peer N,K]`.

Random markets: whole values, probabilities with weights 1..9, nothing alike. Each line is the best of three:
the optimal auction by ironed virtual values and its revenue, exactly; the same revenue as a program over
reduced forms with Border's cuts, in floats; capped money burning with primal = dual, exactly, for caps that
are all reached, reached in part, and hardly bind. Then `dm.auction` with its rule: without demands, and with
a bound on what every buyer pays, in doubles and proved.

With `--peer` (repeatable) the same bayesian question of so many buyers and values is also put to mechaudit,
where it is installed, in the same run: its program lists profiles. Processor seconds of this process.
"""

from __future__ import annotations

import argparse
import importlib
import importlib.util
import itertools
import math
import random
import time
from collections.abc import Callable
from fractions import Fraction
from functools import partial
from typing import Any

from rich.console import Console
from rich.table import Table

SIZES = ((2, 80), (3, 20), (10, 10), (20, 20), (50, 20))
AUCTIONS = ((2, 80), (3, 20), (10, 10), (10, 50))
"""Sizes of `dm.auction`."""
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


def environment(chosen: Any) -> Any:
    """The market as an environment."""
    import dynamech as dm

    count = len(chosen.buyers)
    return dm.Environment(
        name=chosen.instance,
        horizon=1,
        actions=[["keep", *(f"sell to {buyer.name}" for buyer in chosen.buyers)]],
        agents=[
            dm.Agent(
                buyer.name,
                types=[[str(value) for value in buyer.values]],
                prior=buyer.probabilities,
                values=[[buyer.values if a == i + 1 else 0 * buyer.values for a in range(count + 1)]],
            )
            for i, buyer in enumerate(chosen.buyers)
        ],
    )


def spent(task: Callable[[], Any]) -> tuple[float, Any]:
    """Processor seconds of this process, and the result."""
    start = time.process_time()
    result = task()
    return time.process_time() - start, result


def bounds_on(sold: Any) -> dict[str, Any]:
    """Every buyer pays no more than a share, from half upwards, of what her highest type pays."""
    shares = [Fraction(50 + 4 * i, 100) for i in range(len(sold.payments))]
    names = sold.sale.market.names
    most = zip(names, sold.payments, shares, strict=True)
    return {"payments": {name: f"0..{max(own) * share}" for name, own, share in most}}


def auction_line(size: tuple[int, int], seed: int) -> list[str]:
    """`dm.auction` at one size, with the answer's rule."""
    import dynamech as dm

    env = environment(market(*size, seed))
    plain, sold = spent(lambda: dm.auction(env))
    demands = bounds_on(sold)
    near, answer = spent(lambda: dm.auction(env, demands=demands))
    proved, exact = spent(lambda: dm.auction(env, demands=demands, exact=True))
    assert abs(answer.value - float(exact.value)) <= 1e-9 * float(exact.value)
    shown = [f"{plain:.3f}", f"{near:.3f}", f"{proved:.3f}", str(len(exact.rule))]
    return [str(size[0]), str(size[1]), *shown]


def peer_line(size: tuple[int, int], seed: int) -> list[str]:
    """The same question, revenue under bayesian incentives and interim participation, put to both."""
    import dynamech as dm

    mechaudit: Any = importlib.import_module("mechaudit")

    chosen = market(*size, seed)

    def ask() -> float:
        names = chosen.names
        worth = {b.name: {str(v): float(v) for v in b.values} for b in chosen.buyers}
        chances = [list(zip(map(str, b.values), b.probabilities, strict=True)) for b in chosen.buyers]
        profiles = {
            tuple(label for label, _ in each): float(math.prod(p for _, p in each))
            for each in itertools.product(*chances)
        }
        env = mechaudit.FiniteEnvironment(
            agents={name: list(worth[name]) for name in names},
            outcomes=mechaudit.single_item_outcomes(names),
            prior=profiles,
            values=mechaudit.PrivateValues(
                lambda agent, own, outcome: worth[agent][own] if outcome["winner"] == agent else 0.0
            ),
        )
        asked = env.design(
            objective=mechaudit.ExpectedRevenue(), requirements=(mechaudit.BIC(), mechaudit.InterimIR())
        )
        return float(asked.solve().objective_value)

    ours, sold = spent(lambda: dm.auction(environment(chosen)))
    theirs, value = spent(ask)
    assert abs(value - float(sold.value)) <= 1e-6 * float(sold.value), (value, float(sold.value))
    return [str(size[0]), str(size[1]), f"{ours:.3f}", f"{theirs:.2f}", f"{theirs / ours:.0f}"]


def peer_table(sizes: list[str], seed: int) -> None:
    """Print the comparison; before anything else here asks HiGHS, whose threads are set only once."""
    if importlib.util.find_spec("mechaudit") is None:
        Console(width=110).print("mechaudit is not installed.")
        return
    table = Table(title="The same question (processor seconds)")
    for heading in ("buyers", "values", "dynamech", "mechaudit", "times"):
        table.add_column(heading, justify="right")
    peer_line((2, 3), seed)  # whatever the first call of each imports
    for size in sizes:
        buyers, types = (int(part) for part in size.split(","))
        table.add_row(*peer_line((buyers, types), seed))
    Console(width=110).print(table)


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--largest", default="50,20", help="buyers,types beyond which nothing is measured")
    parser.add_argument("--peer", action="append", default=[], help="buyers,types; repeatable")
    given = parser.parse_args()
    if given.peer:
        peer_table(given.peer, given.seed)
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
    table = Table(title="dm.auction, rule included (processor seconds)")
    for heading in ("buyers", "values", "no demands, exact", "bounds, doubles", "proved", "auctions mixed"):
        table.add_column(heading, justify="right")
    for size in AUCTIONS:
        if size[0] * size[1] <= limit[0] * limit[1]:
            table.add_row(*auction_line(size, given.seed))
    Console(width=110).print(table)


if __name__ == "__main__":
    main()
