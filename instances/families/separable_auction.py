"""One item a period among several agents with separable values (KLN, Property 4.1).

The item is worth s_i0 B_i(y_t) to agent i, or C_t s_i0 + B_i(y_t) where values are additive: she knows s_i0
from the start and her state y_t moves from period 1 on, by itself (*uncontrolled*) or only in the periods in
which she is served (*controlled*, a bandit arm). A type of period 0 is s_0, of a later period the pair
``"s_0|y"``. Period 0 only takes reports.

KLN is Kakade, Lobel & Nazerzadeh (2011).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from ...models.environment.environment import Agent, Environment
from .grids import labels

F = Fraction
Matrix = Sequence[Sequence[Fraction]]


@dataclass(frozen=True)
class Bidder:
    """What one agent brings.

    s0, prior: first signals and their probabilities. states[t-1]: labels of y in period t; initial: their
    probabilities in period 1. worth[t-1]: B(y) of period t. moves[t-1]: probabilities of the state of period
    t + 1, one row a state of period t (T - 1 of them).
    """

    name: str
    s0: Sequence[Fraction]
    prior: Sequence[Fraction]
    states: Sequence[Sequence[str]]
    initial: Sequence[Fraction]
    worth: Sequence[Sequence[Fraction]]
    moves: Sequence[Matrix]
    stays: Sequence[Matrix] = ()
    """Where controlled: the state of period t + 1 when the agent is not served (default: the same state)."""
    weights: Sequence[Fraction] = ()
    """Where values are additive: C_t of each period (default: 1)."""


def steady_bidder(
    name: str,
    s0: Sequence[Fraction],
    prior: Sequence[Fraction],
    initial: Sequence[Fraction],
    worth: Sequence[Fraction],
    move: Matrix,
    T: int,
) -> Bidder:
    """A bidder whose states, their worth and their moves are the same in all periods 1..T."""
    states = labels([F(k) for k in range(len(initial))])
    return Bidder(name, s0, prior, [states] * T, initial, [worth] * T, [move] * (T - 1))


def separable_auction(
    bidders: Sequence[Bidder],
    cost: Fraction,
    discount: Fraction,
    controlled: bool,
    serve: str = "serve {}",
    additive: bool = False,
    endless: bool = False,
) -> Environment:
    """T + 1 periods: reports, then in each of T periods nobody ("keep") or one bidder is served, at `cost`.

    `serve` makes an action's label of a bidder's name. endless: for ever, of bidders of two periods that are
    alike (`steady_bidder`, T = 2): one entry for period 0, then one for all others.
    """
    T = 1 if endless else len(bidders[0].states)
    actions = ["keep", *[serve.format(bidder.name) for bidder in bidders]]
    return Environment(
        agents=[_agent(i, one, len(actions), controlled, additive, T) for i, one in enumerate(bidders)],
        actions=[["wait"], *[actions] * T],
        costs=[[F(0)], *[[F(0), *[cost] * len(bidders)]] * T],
        discount=discount,
        horizon=None if endless else T + 1,
    )


def _agent(i: int, bidder: Bidder, actions: int, controlled: bool, additive: bool, T: int) -> Agent:
    """Her first T periods after period 0, with every move between those that she has."""
    first = labels(bidder.s0)
    values: list[list[list[Fraction]]] = [[[F(0)] * len(first)]]
    weights = bidder.weights or [F(1)] * T
    for c, worth in zip(weights, bidder.worth[:T], strict=True):
        served = [c * s + b if additive else s * b for s in bidder.s0 for b in worth]
        values.append([served if a == i + 1 else [F(0)] * len(served) for a in range(actions)])
    opening = [
        [p if j == k else F(0) for j in range(len(first)) for p in bidder.initial] for k in range(len(first))
    ]
    transitions = [[opening]]
    for t in range(len(bidder.moves)):
        moved = _with_first(len(first), bidder.moves[t])
        if controlled:
            rest = bidder.stays[t] if bidder.stays else _identity(len(bidder.moves[t]))
            kept = _with_first(len(first), rest)
            transitions.append([moved if a == i + 1 else kept for a in range(actions)])
        else:
            transitions.append([moved])
    return Agent(
        bidder.name,
        types=[first, *[[f"{s}|{y}" for s in first for y in states] for states in bidder.states[:T]]],
        prior=list(bidder.prior),
        values=values,
        transitions=transitions,
    )


def _identity(n: int) -> list[list[Fraction]]:
    return [[F(int(j == k)) for j in range(n)] for k in range(n)]


def _with_first(n: int, rows: Matrix) -> list[list[Fraction]]:
    """The kernel on pairs: the first signal stays, the state moves by `rows`."""
    return [[p if j == k else F(0) for j in range(n) for p in row] for k in range(n) for row in rows]
