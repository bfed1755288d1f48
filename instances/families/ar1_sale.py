"""One good, sold once and for all to bidders whose values are AR(1) (Board 2007; lecture notes).

theta_t = gamma theta_{t-1} + eps_t, the eps independent and the same for all. What a bidder knows in period 0
counts gamma^t in period t, and so does what must be left to her for it: a seller waits for values in which
she has less of a start, and with gamma below 1 the distortion dies out. When to sell is an optimal stopping
problem at virtual values theta_t - gamma^t (1 - F(theta_0)) / f(theta_0) (theta_0+ - theta_0).

A type is theta_0 and theta_t, a value that separates into theta_0 times gamma^t and the rest. What is left of
the good is an observed agent, the stock; or, for mechanisms in which everybody reports, a part of every
bidder's type: after a sale she would have to replace what she is sold, at more than any value.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from ...models.environment.environment import Agent, Environment
from ...solvers.errors import InvalidInput
from ..family import Family, check_size
from ..parameters import Parameter
from .grids import choose, labels

F = Fraction


@dataclass(frozen=True)
class _Sale:
    """Names and first signals of bidders; per period what is added to a first signal times a power of gamma,
    that power, whether there can be a sale, and how what is added moves on."""

    names: list[str]
    first: list[Fraction]
    prior: list[Fraction]
    rests: list[list[Fraction]]
    powers: list[Fraction]
    open: list[bool]
    moves: list[list[list[Fraction]]]

    def worth(self, t: int) -> list[Fraction]:
        """theta_t by type, theta_0 slowest."""
        return [self.powers[t] * s + y for s, y in itertools.product(self.first, self.rests[t])]

    def types(self, t: int) -> list[str]:
        """Of period t; those of period 0 are first signals."""
        if t == 0:
            return labels(self.first)
        size = len(self.rests[t])
        return [f"{self.first[k // size]}|{value}" for k, value in enumerate(self.worth(t))]

    def values(self, t: int, i: int, worth: list[Fraction]) -> list[list[Fraction]]:
        """Of every action, by type: nothing but a sale to the bidder is worth anything to her."""
        buyers = ["", *self.names][: self.size(t)]
        return [worth if name == self.names[i] else [F(0)] * len(worth) for name in buyers]

    def size(self, t: int) -> int:
        """Number of actions."""
        return 1 + len(self.names) * self.open[t]

    def blocks(self, rows: list[list[Fraction]]) -> list[list[Fraction]]:
        """The same moves for each first signal, which stays."""
        width, count = len(rows[0]), len(self.first)
        return [
            [F(0)] * (k * width) + row + [F(0)] * ((count - 1 - k) * width)
            for k in range(count)
            for row in rows
        ]


def build(
    bidders: int,
    horizon: int,
    gamma: Fraction,
    theta0: tuple[Fraction, ...] | None,
    prior: tuple[Fraction, ...] | None,
    shocks: tuple[Fraction, ...] | None,
    shock_probabilities: tuple[Fraction, ...] | None,
    cost: Fraction,
    discount: Fraction,
    opening: bool,
    stock: str,
    units: int,
) -> Environment:
    """Sales in `horizon` periods, while the stock lasts; with `opening` a period comes before them."""
    first = choose(("theta0", "prior"), theta0, prior, ([F(1), F(2), F(3)], [F(1, 3)] * 3))
    shock = choose(
        ("shocks", "shock_probabilities"), shocks, shock_probabilities, ([F(0), F(1)], [F(1, 2)] * 2)
    )
    if stock == "types" and units > 1:
        raise InvalidInput(f"units: {units}, but stock=types knows only whether the one unit is gone")
    rests = [[F(0)]]
    moves = []
    for t in range(1, horizon):
        rests.append(sorted({gamma * y + eps for y, eps in itertools.product(rests[-1], shock[0])}))
        check_size(len(first[0]) * len(rests[t]), f"types in period {t}", "horizon")
        rows = [[F(0)] * len(rests[t]) for _ in rests[t - 1]]
        for row, y in zip(rows, rests[t - 1], strict=True):
            for eps, chance in zip(*shock, strict=True):
                row[rests[t].index(gamma * y + eps)] += chance
        moves.append(rows)
    before = int(opening)
    sale = _Sale(
        [f"bidder {i + 1}" for i in range(bidders)],
        *first,
        [[F(0)]] * before + rests,
        [F(1)] * before + [gamma**t for t in range(horizon)],
        [False] * before + [True] * horizon,
        [[[F(1)]]] * before + moves,
    )
    periods = range(horizon + before)
    actions = ["wait", *[f"sell to {name}" for name in sale.names]]
    content = _observed(sale, units) if stock == "observed" else _in_types(sale)
    return Environment(
        **content,
        actions=[actions[: sale.size(t)] for t in periods],
        costs=[[F(0), *[cost] * bidders][: sale.size(t)] for t in periods],
        discount=discount,
        horizon=len(periods),
    )


def _observed(sale: _Sale, units: int) -> dict[str, Any]:
    """Bidders, the stock, and sales as far as it reaches."""
    periods = range(len(sale.rests))
    agents = [
        Agent(
            name,
            types=[sale.types(t) for t in periods],
            prior=sale.prior,
            values=[sale.values(t, i, sale.worth(t)) for t in periods],
            transitions=[[sale.blocks(rows)] for rows in sale.moves],
        )
        for i, name in enumerate(sale.names)
    ]
    sold = [sum(sale.open[:t]) for t in periods]  # at most
    left = [list(range(max(units - most, 0), units + 1)) for most in sold]
    stock = Agent(
        "stock",
        types=[[f"{count} left" for count in row] for row in left],
        prior=[1],
        values=[[[F(0)] * len(row)] * sale.size(t) for t, row in enumerate(left)],
        transitions=[
            [
                [[F(max(count - (a > 0), 0) == after) for after in left[t + 1]] for count in left[t]]
                for a in range(sale.size(t))
            ]
            for t in periods[:-1]
        ],
        observed=True,
    )
    feasible = [
        [[True] * len(row), *[[count > 0 for count in row]] * (sale.size(t) - 1)]
        for t, row in enumerate(left)
    ]
    return {"agents": [*agents, stock], "feasible": feasible}


def _in_types(sale: _Sale) -> dict[str, Any]:
    """Bidders whose later types also hold whether the good is gone, last among those of a theta_0."""
    periods = range(len(sale.rests))
    most = 1 + max(abs(value) for t in periods for value in sale.worth(t))
    types, worth = [sale.types(0)], [sale.worth(0)]
    for t in periods[1:]:
        size, names, values = len(sale.rests[t]), sale.types(t), sale.worth(t)
        own = [slice(k * size, (k + 1) * size) for k in range(len(sale.first))]
        types.append([x for s, at in zip(sale.first, own, strict=True) for x in (*names[at], f"{s}|gone")])
        worth.append(
            [
                v
                for s, at in zip(sale.first, own, strict=True)
                for v in (*values[at], sale.powers[t] * s - most)
            ]
        )
    transitions = []
    for t, rows in enumerate(sale.moves):
        gone = [F(0)] * len(rows[0]) + [F(1)]
        once = [gone] * (t > 0)
        kept = sale.blocks([*[[*row, F(0)] for row in rows], *once])
        lost = sale.blocks([*[gone] * len(rows), *once])
        transitions.append([kept, *[lost] * (sale.size(t) - 1)])
    return {
        "agents": [
            Agent(
                name,
                types=types,
                prior=sale.prior,
                values=[sale.values(t, i, row) for t, row in enumerate(worth)],
                transitions=transitions,
            )
            for i, name in enumerate(sale.names)
        ]
    }


FAMILY = Family(
    name="ar1-sale",
    title="one good sold once to bidders with AR(1) values: when to stop waiting",
    source="Board (2007); lecture notes, once-and-for-all auction with AR(1) values",
    parameters=(
        Parameter("bidders", "int", 2, "number of bidders", least=1, most=6),
        Parameter("horizon", "int", 3, "number of periods with a possible sale", least=1, most=60),
        Parameter("gamma", "rational", F(1, 2), "what a period leaves of a value", least=0, most=1),
        Parameter("theta0", "rationals", None, "values in period 0; left out: 1, 2, 3"),
        Parameter("prior", "rationals", None, "their probabilities; left out: equal", least=0),
        Parameter("shocks", "rationals", None, "what may be added in a period; left out: 0, 1"),
        Parameter(
            "shock_probabilities", "rationals", None, "their probabilities; left out: equal", least=0
        ),
        Parameter("cost", "rational", F(0), "what a sale costs"),
        Parameter("discount", "rational", F(9, 10), "discount factor", least=0, most=1),
        Parameter(
            "opening", "bool", False, "whether a period of reports comes before the first sale"
        ),
        Parameter(
            "stock", "choice", "observed",
            "whether an observed agent shows what is left, or bidders' types hold whether it is gone",
            choices=("observed", "types"),
        ),
        Parameter("units", "int", 1, "how many there are to sell (one a period)", least=1, most=60),
    ),
    build=build,
)  # fmt: skip
