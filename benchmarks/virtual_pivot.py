"""How often three rules for money make the virtual plan truthful: `python -m benchmarks.virtual_pivot`.

Random auctions of two bidders with separable values (KLN, Property 4.1): first signals out of 2..9, equally
likely, drawn again until weights rise (α for multiplicative values; for additive ones −h must not fall); two
states, B in 0..9, probabilities from weights 1..3, kernels in quarters, an item costs 0..6, δ = 9/10. A class
is a form, a number of first signals, T periods with an item, and whether only being served moves a state.

Every environment is drawn from its class and number alone, solved over the rationals, and judged against
every lie at every profile. What must hold in all of them is counted beside what holds in most: A earns the
bound (the rung `virtual`, Corollary 4.1); A is truthful exactly where B earns the bound; B is truthful; C is
truthful wherever A is. `--rung N` solves the `virtual` and `ex-post` rungs of the first N of each class as
programs too.

`--time` instead answers larger environments whole, the three rules with their largest lies, in doubles and
over the rationals side by side: what issue 14 asks of two agents with five first signals over three periods.
And virtual indices, prices at all states, entry payments and best first lies of bandits for ever: two arms of
100 states that lead to all others, in doubles, and Beta learners of 12 uses (91 states) also in rationals. Of
the processor, with one, two or five first signals each, 0.1 to 0.2 s; the learners 0.1 s, 2.5 s in rationals.
The same bandits by the virtual pivot, at all pairs of states: the whole answer, rules A and B with their best
lies (1.5 s), and what it takes where plans are sought at the states also of those left out, and kernels are
multiplied as full tables (30 s).
"""

from __future__ import annotations

import argparse
import random
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise
from unittest.mock import patch

import numpy as np
from rich.console import Console
from rich.table import Table

from dynamech.instances import load
from dynamech.instances.families.separable_auction import Bidder, separable_auction
from dynamech.models.environment.environment import Agent, Environment
from dynamech.models.screening.affine import Affine
from dynamech.models.screening.virtual_index import virtual_index
from dynamech.models.screening.virtual_pivot import VirtualPivot, answered, virtual_pivot
from dynamech.solvers.algorithms import moves
from dynamech.solvers.effort import Effort

from .gittins import dense_arm

F = Fraction


@dataclass(frozen=True)
class Drawn:
    """A class of environments, and how many of it the full count takes."""

    form: str
    first: int
    T: int
    controlled: bool
    count: int = 0

    def __str__(self) -> str:
        moved = "controlled" if self.controlled else "free"
        return f"{self.form}, {self.first} first signals, T = {self.T}, {moved}"


CLASSES = [
    Drawn(form, first, T, controlled, count)
    for form in ("multiplicative", "additive")
    for first, T, controlled, count in (
        (2, 1, False, 200),
        (3, 1, False, 200),
        (2, 2, False, 100),
        (2, 2, True, 100),
        (3, 2, True, 20),
    )
]


def draw(kind: Drawn, number: int) -> Environment:
    """Environment `number` of a class."""
    rng = random.Random(f"{kind.form} {kind.first} {kind.T} {kind.controlled} {number}")
    bidders = [_bidder(rng, kind, str(i + 1)) for i in range(2)]
    cost = F(rng.randint(0, 6))
    return separable_auction(bidders, cost, F(9, 10), kind.controlled, additive=kind.form == "additive")


def _bidder(rng: random.Random, kind: Drawn, name: str) -> Bidder:
    first = [F(s) for s in sorted(rng.sample(range(2, 10), kind.first))]
    while not _rising(kind, first):
        first = [F(s) for s in sorted(rng.sample(range(2, 10), kind.first))]
    odds = [rng.randint(1, 3) for _ in range(2)]
    worth = [[F(rng.randint(0, 9)) for _ in range(2)]] * kind.T
    moves = [[[F(q, 4), F(4 - q, 4)] for q in (rng.randint(0, 4), rng.randint(0, 4))]] * (kind.T - 1)
    chances = [F(1, kind.first)] * kind.first
    return Bidder(name, first, chances, [["0", "1"]] * kind.T, [F(o, sum(odds)) for o in odds], worth, moves)


def _rising(kind: Drawn, first: list[Fraction]) -> bool:
    steps = [b - a for a, b in pairwise(first)] + [F(0)]
    short = [(kind.first - 1 - k) * step for k, step in enumerate(steps)]
    if kind.form == "additive":
        return all(a >= b for a, b in pairwise(short))
    alpha = [1 - h / s for h, s in zip(short, first, strict=True)]
    return all(a < b for a, b in pairwise(alpha))


@dataclass
class Counts:
    """Of how many environments what is true; all: of how many it must be."""

    all: int = 0
    earns: int = 0
    tight: int = 0
    b_truthful: int = 0
    implied: int = 0
    a_truthful: int = 0
    c_truthful: int = 0
    rungs: int = 0
    seconds: float = 0.0

    def add(self, found: VirtualPivot) -> None:
        """One more environment."""
        a, b, c = (found.rules[name] for name in "ABC")
        self.all += 1
        self.earns += a.profit == found.bound == c.profit
        self.tight += a.truthful == (b.profit == found.bound)
        self.b_truthful += b.truthful
        self.implied += c.truthful or not a.truthful
        self.a_truthful += a.truthful
        self.c_truthful += c.truthful


def rungs_agree(env: Environment, found: VirtualPivot) -> bool:
    """The bound is the rung `virtual`; the rung `ex-post` is not below what is returned, and is it where C is
    truthful."""
    import dynamech as dm

    virtual = dm.design(env, incentives="virtual", exact=True).value
    strict = dm.design(env, incentives="ex-post", exact=True).value
    best = found.best
    above = strict is not None and (best is None or strict >= best.profit)
    return bool(virtual == found.bound and above and (not found.rules["C"].truthful or strict == found.bound))


def counted(kind: Drawn, count: int, rungs: int = 0) -> Counts:
    """The first `count` environments of a class."""
    counts, start = Counts(), time.perf_counter()
    for number in range(count):
        env = draw(kind, number)
        found = virtual_pivot(env, exact=True)
        counts.add(found)
        counts.rungs += number < rungs and rungs_agree(env, found)
    counts.seconds = time.perf_counter() - start
    return counts


LARGER = [
    Drawn(form, first, T, True)
    for form in ("multiplicative", "additive")
    for first, T in ((3, 2), (5, 2))
]


def seconds(kind: Drawn, exact: bool) -> tuple[float, float]:
    """What the first environment of a class takes, of the processor: plans and rules, the judge."""
    env, start = draw(kind, 0), time.process_time()
    rules = virtual_pivot(env, exact=exact).rules
    built = time.process_time()
    for rule in rules.values():
        _ = rule.lie
    return built - start, time.process_time() - built


def times() -> Table:
    """The figures of `--time`."""
    table = Table(title="seconds of the processor for the whole answer: rules + judge")
    for column in ("class", "doubles", "rationals"):
        table.add_column(column)
    for kind in LARGER:
        figures = [seconds(kind, exact) for exact in (False, True)]
        table.add_row(str(kind), *(f"{built:.2f} + {judged:.2f}" for built, judged in figures))
    return table


def dense_bandit(first: int, states: int) -> Environment:
    """Two buyers with so many first signals, 1 apart, whose arms lead from every state to all."""
    agents = []
    for i in range(2):
        reward, kernel = dense_arm(states, seed=i)
        margins, own = np.arange(first) + first + i, np.eye(first)
        worth = np.multiply.outer(margins, reward).ravel()
        moved, stays = np.kron(own, kernel), np.eye(first * states)
        agents.append(
            Agent(
                f"buyer {i + 1}",
                types=[[str(s) for s in margins], [f"{s}|{y}" for s in margins for y in range(states)]],
                prior=np.full(first, 1 / first),
                values=[np.zeros((1, first)), [worth * (a == i + 1) for a in range(3)]],
                transitions=[
                    [np.repeat(own, states, axis=1) / states],
                    [moved if a == i + 1 else stays for a in range(3)],
                ],
            )
        )
    actions = [["wait"], ["keep", "serve buyer 1", "serve buyer 2"]]
    return Environment(agents=agents, actions=actions, horizon=None, discount=0.9, name="dense arms")


def index_seconds(env: Environment, exact: bool = False) -> str:
    """What the whole answer takes, and prices at all states after the highest first reports."""
    start = time.process_time()
    answer = virtual_index(env, effort=Effort(exact=exact))
    answer.at({agent.name: agent.types[0][-1] for agent in env.agents})
    return f"{time.process_time() - start:.2f}"


def index_times() -> Table:
    """The figures of `--time` for virtual indices."""
    title = "seconds of the processor for virtual indices"
    table = Table("arms", "first signals", "doubles", "rationals", title=title)
    for first in (1, 2, 5):
        table.add_row("2 of 100 states, dense", f"{first}", index_seconds(dense_bandit(first, 100)), "")
    learners = load("kln-bandit", n=12)
    table.add_row("2 of 91 states, Beta", "2", index_seconds(learners), index_seconds(learners, exact=True))
    return table


@contextmanager
def plainly() -> Iterator[None]:
    """Plans at the states of all, also of those left out, and kernels as full tables."""
    everybody = patch.object(Affine, "_members", lambda self, weights: list(range(len(weights))))
    with everybody, patch.object(moves, "LARGE", float("inf")):
        yield


def pivot_seconds(env: Environment) -> float:
    """What the whole answer takes."""
    start = time.process_time()
    answered(env)
    return time.process_time() - start


def pivot_times() -> Table:
    """The figures of `--time` for the virtual pivot of bandits."""
    title = "seconds of the processor for the virtual pivot of bandits"
    table = Table("arms", "seconds", "all states, full tables", "ratio", title=title)
    learners = load("kln-bandit", n=12)
    bandits = {"2 of 100 states, dense": dense_bandit(2, 100), "2 of 91 states, Beta": learners}
    for kind, env in bandits.items():
        ours = pivot_seconds(env)
        with plainly():
            theirs = pivot_seconds(env)
        table.add_row(kind, f"{ours:.2f}", f"{theirs:.2f}", f"{theirs / ours:.1f}")
    return table


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--count", type=int, help="environments of each class (default: the full counts)")
    parser.add_argument("--rung", type=int, default=0, help="of how many the rungs are solved as programs")
    parser.add_argument("--time", action="store_true", help="how long larger environments take instead")
    given = parser.parse_args()
    if given.time:
        Console().print(times())
        Console().print(index_times())
        Console().print(pivot_times())
        return
    table = Table(title="environments in which it holds")
    must = ("A earns bound", "A truthful ⇔ B = bound", "B truthful", "A ⇒ C truthful")
    for column in ("class", "of", *must, "A truthful", "C truthful", "rungs", "seconds"):
        table.add_column(column)
    for kind in CLASSES:
        c = counted(kind, given.count or kind.count, given.rung)
        held = (c.all, c.earns, c.tight, c.b_truthful, c.implied, c.a_truthful, c.c_truthful, c.rungs)
        table.add_row(str(kind), *map(str, held), f"{c.seconds:.1f}")
    Console().print(table)


if __name__ == "__main__":
    main()
