"""What a chain that never ends comes to in single periods: the least expectation of a flow, and its limits.

From a start μ the chain is at μ P^t in period t, and expects E_t = μ P^t f of a flow f. Its closed classes c
have periods d_c, so that E_t settles to a cycle of length D, their least common multiple. With π_c the
stationary distribution of a class and w(c, s) the chance to be absorbed in c such that its cyclic part s is
visited in the periods that D divides,

    lim_k E_{kD+r} = Σ_c Σ_s w(c, s) d_c Σ_{n in part s+r} π_c(n) f(n).

The distance |μ P^t − its limit| never grows, and bounds what later periods can differ by. Rationals are found
in doubles first: exact are the limits, the first periods, and the period that doubles find to be the least.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp
from scipy.sparse.csgraph import connected_components

from ..arithmetic import arithmetic_of
from ..errors import NotCertified, TooLarge
from ..linear import solve_square
from ..numbers import Array, Bools, Ints, Number, to_float
from ..short import Short

SETTLED = 1e-12
"""Distance from the limit at which a chain counts as settled."""
LONGEST = 100_000
"""Periods within which it has to settle."""
FIRST = 16
"""Of so many periods rationals are looked at one by one."""
MOST = 4_000_000
"""Places, times the length of the cycle, up to which limits are found."""


@dataclass(frozen=True, eq=False, repr=False)
class Walk(Short):
    """Moves from `here` to `there` with these chances (E,), from a distribution `start` (N,) over places."""

    here: Ints
    there: Ints
    chance: Array
    start: Array

    def step(self, at: Array) -> Array:
        """The distribution one period later."""
        after = at * 0
        np.add.at(after, self.there, at[self.here] * self.chance)
        return after

    def reached(self) -> Bools:
        """(N,): the places that it can come to."""
        reached = np.asarray(self.start != 0, dtype=bool)
        while True:
            there = np.union1d(np.flatnonzero(reached), self.there[reached[self.here]])
            if len(there) == reached.sum():
                return reached
            reached[there] = True

    def to_float(self) -> Walk:
        """In doubles, the chances of each place made to sum to 1."""
        chance = to_float(self.chance)
        total = np.bincount(self.here, chance, minlength=len(self.start))
        return Walk(self.here, self.there, chance / total[self.here], to_float(self.start))


def least_expectations(chain: Walk, flow: Array) -> list[tuple[Number, int | None]]:
    """(E_t, t) of some periods and (the least limit, None), none of all E_t less than the least of these.

    flow: (N,). Raises `NotCertified` where the chain has not settled after `LONGEST` periods, `TooLarge`
    where the cycle that it settles to is longer than can be looked at.
    """
    exact = arithmetic_of(flow, chain.chance, chain.start).exact
    floats, worth = chain.to_float(), to_float(flow)
    limits = limits_of(chain if exact else floats)
    settled = (limits @ flow).min()
    nearby, reached = to_float(limits), worth[chain.reached()]
    size, spread = float(abs(reached).max()), float(np.ptp(reached)) / 2
    at, least = floats.start, [float("inf"), 0.0]
    for t in range(LONGEST):
        least = min(least, [float(at @ worth), float(t)])
        away = float(abs(at - nearby[t % len(nearby)]).sum())
        if away <= SETTLED or least[0] <= float(settled) - spread * away:
            break
        at = floats.step(at)
    else:
        raise NotCertified(
            f"expectations have not settled after {LONGEST:,} periods: they are off what they come to by "
            f"{spread * away:.3g} at most"
        )
    when = int(least[1])
    if not exact:
        return [(least[0], when), (float(settled), None)]
    told: list[tuple[Number, int | None]] = [(settled, None)]
    here = chain.start
    for t in range(max(FIRST, when + 1 if least[0] < float(settled) - SETTLED * size else 0)):
        if t < FIRST or t == when:
            told.append(((here * flow).sum(), t))
        here = chain.step(here)
    return told


def limits_of(chain: Walk) -> Array:
    """(D, N): the distribution that the chain settles to, by the remainder of the period by D."""
    reached, numbers = chain.reached(), arithmetic_of(chain.chance, chain.start)
    number, size = np.cumsum(reached) - 1, int(reached.sum())
    kept = reached[chain.here] & np.asarray(chain.chance != 0, dtype=bool)
    here, there, chance = number[chain.here[kept]], number[chain.there[kept]], chain.chance[kept]
    start = chain.start[reached]
    graph = sp.csr_array((np.ones(len(here)), (here, there)), shape=(size, size))
    classes, strong = connected_components(graph, directed=True, connection="strong")
    of: Ints = strong.astype(np.int64)
    closed = ~np.isin(np.arange(classes), of[here[of[here] != of[there]]])
    lasting, inside = closed[of], closed[of[here]]
    first = np.unique(of, return_index=True)[1][closed]
    part, period = _parts(here[inside], there[inside], of, first, classes)
    cycle = int(np.lcm.reduce(period[closed]))
    if cycle * size > MOST:
        raise TooLarge(
            f"expectations settle to a cycle of {cycle:,} periods over {size:,} places, more than {MOST:,} "
            "numbers"
        )
    share = _stationary(numbers.zeros(size), here[inside], there[inside], chance[inside], of, first)
    absorbed = numbers.zeros((classes, int(period.max())))
    stays = np.flatnonzero(lasting)
    own, where = of[stays], np.flatnonzero(reached)[stays]
    np.add.at(absorbed, (own, part[stays]), start[stays])
    for r, entering in enumerate(_entering(cycle, here, there, chance, start, lasting)):
        np.add.at(absorbed, (own, (part[stays] - r) % period[own]), entering[stays])
    limits = numbers.zeros((cycle, len(reached)))
    for r in range(cycle):
        limits[r, where] = period[own] * share[stays] * absorbed[own, (part[stays] - r) % period[own]]
    return limits


def _parts(here: Ints, there: Ints, of: Ints, first: Ints, classes: int) -> tuple[Ints, Ints]:
    """(cyclic part of each place, period of each class), from the first place of every closed class."""
    level = np.full(len(of), -1)
    level[first] = 0
    for depth in range(len(of)):
        new = there[(level[here] == depth) & (level[there] < 0)]
        if not len(new):
            break
        level[new] = depth + 1
    period = np.zeros(classes, dtype=np.int64)
    np.gcd.at(period, of[here], abs(level[here] + 1 - level[there]))
    period = np.maximum(period, 1)
    return level % period[of], period


def _stationary(zeros: Array, here: Ints, there: Ints, chance: Array, of: Ints, first: Ints) -> Array:
    """(N,): the stationary distribution of each closed class, 0 elsewhere."""
    stays = np.unique(here)
    place = np.cumsum(np.isin(np.arange(len(of)), stays)) - 1
    ends = np.isin(there, first)
    head = np.full(int(of.max()) + 1, -1)
    head[of[first]] = first
    others = np.setdiff1d(stays, first)
    one = arithmetic_of(chance).ones(1)[0]
    rows = np.concatenate([place[there[~ends]], place[others], place[head[of[stays]]]])
    columns = np.concatenate([place[here[~ends]], place[others], place[stays]])
    values = np.concatenate([chance[~ends], np.full(len(others), -one), np.full(len(stays), one)])
    right = zeros[stays].copy()
    right[place[first]] += 1
    share = zeros.copy()
    share[stays] = solve_square(rows, columns, values, right)
    return share


def _entering(
    cycle: int, here: Ints, there: Ints, chance: Array, start: Array, lasting: Bools
) -> Iterator[Array]:
    """(N,), by the remainder of the period by the cycle: what comes into closed classes then, from places
    outside where it starts."""
    moving, place = np.flatnonzero(~lasting), np.cumsum(~lasting) - 1
    inner, outer = ~lasting[here] & ~lasting[there], ~lasting[here] & lasting[there]
    count, numbers = len(moving), arithmetic_of(chance, start)
    rounds, own = np.arange(cycle)[:, None], np.arange(cycle * count)
    rows = np.concatenate([own, ((rounds + 1) % cycle * count + place[there[inner]]).ravel()])
    columns = np.concatenate([own, (rounds * count + place[here[inner]]).ravel()])
    values = np.concatenate([numbers.ones(len(own)), np.tile(-chance[inner], cycle)])
    right = numbers.zeros(len(own))
    right[:count] = start[moving]
    visits = solve_square(rows, columns, values, right).reshape(cycle, count) if count else right[None]
    for r in range(cycle if count else 0):
        entering = numbers.zeros(len(lasting))
        np.add.at(entering, there[outer], visits[r - 1][place[here[outer]]] * chance[outer])
        yield entering
