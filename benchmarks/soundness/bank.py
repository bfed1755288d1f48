"""Items sold over time (MPTZ): the clairvoyant optimum against the plain program, and its account, played."""

from __future__ import annotations

import itertools
import math
from fractions import Fraction
from typing import Any

from .draw import Draw
from .histories import Histories, optimum_of
from .rational import solve
from .replies import Played
from .tally import Tally

ONE, ZERO = Fraction(1), Fraction(0)
Item = list[tuple[list[Fraction], list[Fraction]]]
"""By buyer: values and chances."""


def check(seed: int) -> tuple[Tally, Any]:
    """One or two buyers, up to three items."""
    import dynamech as dm

    d = Draw(seed)
    buyers = d.random.choice([1, 1, 1, 2])
    count = d.random.choice([1, 2, 2, 3]) if buyers == 1 else d.random.choice([1, 2])
    scale = Fraction(10) ** d.random.choice([0, 0, 0, -12, -3, 3, 12])
    kind = d.random.choice(["full", "full", "thin"])
    sizes = [
        [d.random.choice([1, 2, 2, 3] if buyers == 1 else [1, 2]) for _ in range(buyers)]
        for _ in range(count)
    ]
    items = [[_values(d, k, scale, kind) for k in row] for row in sizes]
    env, tally = environment_of(f"items-{seed}", items), Tally()
    plain = optimum_of(lambda: Histories(env, "bayesian", "ex-post", ONE, ZERO, 1200), tally)
    optimum = None if plain is None else plain.value
    surplus, repeated = _surplus(items), sum((_myerson(item) for item in items), ZERO)
    with tally.guarded("bank, exact"):
        found = dm.bank(env, exact=True)
        if optimum is not None:
            tally.check(found.clairvoyant == optimum, f"exact: {found.clairvoyant}, not {optimum}")
        tally.check(found.gap is None, f"exact: a gap of {found.gap}")
        tally.check(found.full_surplus == surplus, f"exact: surplus {found.full_surplus}, not {surplus}")
        tally.check(
            found.repeated_myerson == repeated, f"exact: Myerson {found.repeated_myerson}, not {repeated}"
        )
        if found.account is not None:
            _account(env, found, tally)
    with tally.guarded("bank, float"):
        found = dm.bank(env.to_float())
        if optimum is not None:
            gap = 0.0 if found.gap is None else float(found.gap)
            off = float(optimum) - float(found.clairvoyant)
            slack = 1e-9 * float(abs(optimum))
            tally.check(-slack <= off <= gap + slack, f"float: {found.clairvoyant!r}, not {float(optimum)!r}")
    return tally, env


def _values(d: Draw, count: int, scale: Fraction, kind: str) -> tuple[list[Fraction], list[Fraction]]:
    chosen = sorted(d.random.sample(range(12), count))
    return [scale * v for v in chosen], d.rows(count, kind=kind).tolist()


def one_item(d: Draw) -> tuple[Fraction, Item]:
    """The unit of money, and an item: up to three buyers of up to three values."""
    buyers, scale = d.random.choice([1, 2, 2, 3]), Fraction(10) ** d.random.choice([0, 0, 0, -12, -3, 3, 12])
    sizes = [d.random.choice([1, 2, 2, 3] if buyers < 3 else [1, 2]) for _ in range(buyers)]
    kinds = [d.random.choice(["full", "full", "thin"]) for _ in range(buyers)]
    return scale, [_values(d, size, scale, kind) for size, kind in zip(sizes, kinds, strict=True)]


def environment_of(name: str, items: list[Item]) -> Any:
    import dynamech as dm

    buyers = len(items[0])
    labels = [[[str(k) for k in range(len(values))] for values, _ in item] for item in items]
    return dm.Environment(
        name=name,
        horizon=len(items),
        actions=[["keep", *(f"sell {i}" for i in range(buyers))]] * len(items),
        agents=[
            dm.Agent(
                f"buyer {i}",
                types=[row[i] for row in labels],
                prior=items[0][i][1],
                values=[
                    [item[i][0] if a == i + 1 else [0] * len(item[i][0]) for a in range(buyers + 1)]
                    for item in items
                ],
                transitions=[
                    [after[i][1]] * len(before[i][0]) for before, after in itertools.pairwise(items)
                ],
            )
            for i in range(buyers)
        ],
    )


def profiles_of(item: Item) -> list[tuple[tuple[int, ...], Fraction]]:
    found = []
    for r in itertools.product(*(range(len(values)) for values, _ in item)):
        found.append((r, math.prod((item[i][1][k] for i, k in enumerate(r)), start=ONE)))
    return found


def _surplus(items: list[Item]) -> Fraction:
    return sum(
        (
            chance * max(item[i][0][k] for i, k in enumerate(r))
            for item in items
            for r, chance in profiles_of(item)
        ),
        ZERO,
    )


def _myerson(item: Item) -> Fraction:
    """One optimal auction, by its program: one period of the plain program."""
    made = Histories(environment_of("item", [item]), "bayesian", "interim", ONE, ZERO, 5000)
    value = solve(made.p).value
    assert value is not None
    return value * made.w.unit


def _account(env: Any, found: Any, tally: Tally) -> None:
    """The account, played: it earns the optimum, no lie gains and no path ends below 0."""
    mechanism = found.account.mechanism
    played = Played(env, mechanism)
    earned = played.designer(played.start, ONE, ZERO)
    tally.check(earned == found.clairvoyant, f"account: it earns {earned}, not {found.clairvoyant}")
    gain = played.gain(len(env.agents) == 1)  # of several buyers the optimum is Bayesian
    tally.check(gain == 0, f"account: a lie gains {gain}")
    short = played.shortfall("ex-post", False)
    tally.check(short == 0, f"account: a path ends {short} below 0")
