"""The best ratio to the clairvoyant optimum that one mechanism guarantees on a whole family of sequences.

A non-clairvoyant mechanism for one buyer decides on an item knowing the distributions up to it, not which
sequence of the family it is in (MPTZ Section 5, (MAXIMIN)). As a bank account (Lemma 5.2) it is, at every
prefix and every history of types, a random posted price with probabilities G and a lump sum m, such that

    E[u_t] is the same at every history of the prefix,     Σ_t u_t ≥ 0 on every path of every sequence,

and the program is max α with revenue ≥ α × clairvoyant optimum for every sequence. With `per-period`
participation u_t ≥ 0, and what is left is one static auction an item (Lemma B.1). The program grows with the
number of histories.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ....solvers.arithmetic import ROUNDED, arithmetic
from ....solvers.errors import AssumptionViolated, InvalidInput, TooLarge
from ....solvers.numbers import Array, Number, array
from ....solvers.program import Builder
from ....solvers.solve import solve
from ...answers.answer import Answer
from ...auctions.market import Buyer, distribution
from ...auctions.virtual_values import at_least
from ...environment.environment import Environment
from ..clairvoyant import item_of, optimum
from ..items import read_items

MOST_HISTORIES = 20_000
PARTICIPATIONS = ("ex-post", "per-period")
Prefix = tuple[int, ...]
Triplets = tuple[Array, Array, Array]
"""Rows, columns and values."""


@dataclass(frozen=True, eq=False, repr=False)
class Maximin(Answer):
    """The program's answer.

    sequences: the family.
    ratio: the guarantee. clairvoyant, revenues: per sequence. prices: per prefix (as given, indices into the
    distributions) the probabilities G (H, K) of each price at each history, the rest of 1 being no sale.
    """

    sequences: tuple[Prefix, ...]
    ratio: Number
    clairvoyant: tuple[Number, ...]
    revenues: tuple[Number, ...]
    prices: dict[Prefix, Array]


def maximin(
    distributions: Sequence[tuple[Any, Any]],
    sequences: Sequence[Sequence[int]],
    participation: str = "ex-post",
    exact: bool | None = None,
) -> Maximin:
    """Solve (MAXIMIN) over a family of sequences of items.

    distributions: pairs (values, probabilities); sequences: lists of indices into them. exact: over the
    rationals, floats at their binary values; by default where the data are rational. Raises `InvalidInput`
    for words, indices and supports that are none, `TooLarge` beyond `MOST_HISTORIES` histories.

    >>> low = ([1, 2, 4], ["2/5", "1/5", "2/5"]), ([1, 2, 3], ["1/3", "1/3", "1/3"])
    >>> maximin(low, [[0], [0, 1]]).ratio
    Fraction(144, 145)
    """
    if participation not in PARTICIPATIONS:
        raise InvalidInput(f"participation: {participation!r} is not one of {', '.join(PARTICIPATIONS)}")
    buyers = [distribution(array(v), array(f), f"distribution {k}") for k, (v, f) in enumerate(distributions)]
    exact = all(buyer.exact for buyer in buyers) if exact is None else exact
    buyers = [buyer.converted(exact) for buyer in buyers]
    for buyer in buyers:
        off = abs(buyer.probabilities.sum() - 1)
        if buyer.values[0] < 0 or off > arithmetic(buyer.exact).slack(1, ROUNDED):
            raise InvalidInput(
                f"'{buyer.name}': values of at least 0 and probabilities that sum to 1 are needed"
            )
    family = [tuple(sequence) for sequence in sequences]
    for sequence in family:
        if not sequence or not all(0 <= k < len(buyers) for k in sequence):
            raise InvalidInput(f"sequence {list(sequence)} names no distribution of 0..{len(buyers) - 1}")
    values = [optimum([item_of(buyers[k]) for k in sequence]).value for sequence in family]
    return _solve(buyers, family, tuple(map(arithmetic(exact).number, values)), participation)


def one_buyer(env: Environment) -> list[tuple[Array, Array]]:
    """Values and probabilities by period, of an environment that sells items to one buyer.

    Raises `AssumptionViolated` where it does not.
    """
    items = read_items(env, "the guarantee over sequences")
    if items.buyers > 1:
        raise AssumptionViolated(
            f"the guarantee over sequences is for one buyer; environment '{env.name}' has {items.buyers}"
        )
    return [(market.buyers[0].values, market.buyers[0].probabilities) for market in items.markets]


def _solve(
    buyers: Sequence[Buyer], family: Sequence[Prefix], best: tuple[Number, ...], participation: str
) -> Maximin:
    exact = all(buyer.exact for buyer in buyers)
    prefixes = list(dict.fromkeys(s[: t + 1] for s in family for t in range(len(s))))
    sizes = {prefix: int(np.prod([buyers[k].size for k in prefix[:-1]])) for prefix in prefixes}
    if sum(sizes.values()) > MOST_HISTORIES:
        raise TooLarge(f"maximin: {sum(sizes.values())} histories, more than {MOST_HISTORIES}")
    builder = Builder(sense="max", exact=exact, name="maximin")
    ratio = builder.columns("ratio", 1, objective=1, upper=1)
    columns: dict[Prefix, tuple[Array, Array]] = {}
    kept: dict[Prefix, Triplets] = {}  # utility u (H, K)
    for prefix in prefixes:
        buyer, count, name = buyers[prefix[-1]], sizes[prefix], ",".join(map(str, prefix))
        price = builder.columns(f"price {name}", (count, buyer.size)).index.reshape(count, buyer.size)
        lump = builder.columns(f"lump {name}", count, lower=None).index
        columns[prefix] = price, lump
        once = builder.rows(f"once {name}", count, upper=1)
        builder.entries(once.index[:, None], price, 1)
        kept[prefix] = rows, cols, values = _utilities(buyer, price, lump)
        constant = builder.columns(f"constant {name}", 1)
        equal = builder.rows(f"independent {name}", count, lower=0, upper=0)
        weight = buyer.probabilities[rows % buyer.size]
        builder.entries(equal.index[rows // buyer.size], cols, weight * values)
        builder.entries(equal.index, constant.index, -1)
        if participation == "per-period":
            least = builder.rows(f"utility {name}", rows.max() + 1, lower=0)
            builder.entries(least.index[rows], cols, values)
    for n, sequence in enumerate(family):
        if participation == "ex-post":
            _total_utility(builder, buyers, sequence, kept, n)
        earned = builder.rows(f"revenue {n}", 1, lower=0)
        builder.entries(earned.index, ratio.index, -best[n])
        for t in range(len(sequence)):
            _revenue(builder, buyers, sequence[: t + 1], columns[sequence[: t + 1]], earned.index[0])
    solution = solve(builder.build(), exact=exact).require_optimal()
    primal = solution.point
    prices = {prefix: primal[price] for prefix, (price, _) in columns.items()}
    program = solution.program
    revenues = []
    for n in range(len(family)):
        block = program.row_blocks[f"revenue {n}"]
        here = slice(program.indptr[block.start], program.indptr[block.start + 1])
        value = (program.data[here] * primal[program.indices[here]]).sum()
        revenues.append(value + best[n] * primal[ratio.start])
    return Maximin(tuple(family), solution.optimum, best, tuple(revenues), prices)


def _utilities(buyer: Buyer, price: Array, lump: Array) -> Triplets:
    """u(h, j) = Σ_{i ≤ j} G(h, i)(θ_j − θ_i) − m(h) as triplets; row h K + j."""
    count, size = price.shape
    j, i = np.tril_indices(size, -1)
    history = np.arange(count)[:, None]
    rows = [(history * size + j).ravel(), (history * size + np.arange(size)).ravel()]
    cols = [price[:, i].ravel(), np.repeat(lump, size)]
    gain = np.broadcast_to(buyer.values[j] - buyer.values[i], (count, len(j))).ravel()
    minus = arithmetic(buyer.exact).zeros(count * size) - 1
    return np.concatenate(rows), np.concatenate(cols), np.concatenate([gain, minus])


def _total_utility(
    builder: Builder, buyers: Sequence[Buyer], sequence: Prefix, kept: dict[Prefix, Triplets], n: int
) -> None:
    """Every path of the sequence leaves at least 0."""
    paths = int(np.prod([buyers[k].size for k in sequence]))
    least = builder.rows(f"path {n}", paths, lower=0)
    for t in range(len(sequence)):
        rows, cols, values = kept[sequence[: t + 1]]
        later = paths // int(np.prod([buyers[k].size for k in sequence[: t + 1]]))
        builder.entries(least.index[rows[:, None] * later + np.arange(later)], cols[:, None], values[:, None])


def _revenue(
    builder: Builder, buyers: Sequence[Buyer], prefix: Prefix, columns: tuple[Array, Array], row: int
) -> None:
    """E[m + Σ_i G_i θ_i Pr(θ ≥ θ_i)] over histories."""
    buyer = buyers[prefix[-1]]
    chance = arithmetic(buyer.exact).ones(1)
    for k in prefix[:-1]:
        chance = (chance[:, None] * buyers[k].probabilities).ravel()
    price, lump = columns
    earns = buyer.values * at_least(buyer.probabilities)
    builder.entries(row, price, chance[:, None] * earns)
    builder.entries(row, lump, chance)
