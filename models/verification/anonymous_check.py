"""How differently a mechanism treats agents who are alike: along every history, and along its image.

Where two agents change places (`environment/alike.py`) a history becomes another one, and the mechanism is
followed along both: pairs of public states (n, n'), from the start on, after whatever is reported and actions
of positive probability, and their images. At each pair the lottery after reports s is compared with that of
n' after s', and what every agent pays with what is paid by who is in her place. Payments are looked at where
all lotteries are alike: then the largest difference is one of money, else one of probability (or quantity).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from ...solvers.numbers import Array, Bools, Ints
from ...solvers.short import Short
from ..environment.alike import Swap
from ..notions.demands import Anonymous
from .finding import Unlike, worst
from .judging import nothing_of
from .public_states import Play, Step


def most_unlike(play: Play, demand: Anonymous) -> Iterator[Unlike]:
    """Where each exchange of two agents of a group makes the largest difference.

    play: its last public states may lead to themselves, of a game without an end.
    """
    for swap in demand.swaps(play.env, neighbours=False):
        levels = list(_levels(play, swap))
        lottery = worst(_lotteries(play, swap, levels))
        paid = None if lottery is None or lottery.counts else worst(_payments(play, swap, levels))
        if lottery is not None:
            yield paid or lottery


@dataclass(frozen=True, eq=False, repr=False)
class _Twins(Short):
    """P pairs of public states that come about in a period.

    t: which states of the play these are. here, there: (P,). came: (P, 3) from which pair of the period
    before, after which profile and branch each comes about first.
    """

    period: int
    t: int
    here: Ints
    there: Ints
    came: Ints
    before: _Twins | None

    def path(self, play: Play, k: int) -> tuple[Step, ...]:
        """The steps that lead to a pair's first state."""
        steps: list[Step] = []
        pairs = self
        while pairs.before is not None:
            k, profile, branch = pairs.came[k].tolist()
            pairs = pairs.before
            steps.append((int(pairs.here[k]), profile, branch if play.by_action(pairs.t) else None))
        return tuple(steps[::-1])

    def pieces(self, play: Play) -> list[Ints]:
        """The pairs in pieces, of the size of temporary arrays."""
        entries = int(np.prod(play.env.types(self.t))) * play.env.num_actions(self.t)
        return play.pieces(self.t, entries, np.arange(len(self.here)))

    def open(self, play: Play, rows: Ints) -> Bools:
        """(n, S): which profiles can occur at these pairs."""
        states = play.states[self.t]
        return states.open[states.news[self.here[rows]]]


def _levels(play: Play, swap: Swap) -> Iterator[_Twins]:
    """The pairs of every period; in a game without an end, while there are new ones."""
    none, last = np.zeros(1, dtype=np.int64), len(play.states) - 1
    pairs, known = _Twins(0, 0, none, none, none[:, None], None), none[:0]
    while len(pairs.here):
        yield pairs
        t, follow = pairs.t, play.states[pairs.t].follow
        if follow is None:
            return
        after = min(t + 1, last)
        size, image = play.states[after].size, swap.profiles(play.env.types(t))
        codes, came = [none[:0]], [np.zeros((0, 3), dtype=np.int64)]
        for rows in pairs.pieces(play):
            here, there = follow[pairs.here[rows]], follow[pairs.there[rows]][:, image]
            if play.by_action(t):
                there = there[..., swap.action(t)]
            n, s, b = at = np.nonzero((here >= 0) & (there >= 0))
            code, first = np.unique(here[at] * size + there[at], return_index=True)
            codes.append(code)
            came.append(np.column_stack([rows[n[first]], s[first], b[first]]))
        code, first = np.unique(np.concatenate(codes), return_index=True)
        if after == last:
            new = ~np.isin(code, known)
            code, first, known = code[new], first[new], np.union1d(known, code)
        pairs = _Twins(pairs.period + 1, after, code // size, code % size, np.concatenate(came)[first], pairs)


def _lotteries(play: Play, swap: Swap, levels: Iterable[_Twins]) -> Iterator[Unlike]:
    for pairs in levels:
        t, image, actions = pairs.t, swap.profiles(play.env.types(pairs.t)), swap.action(pairs.t)
        table, memory, goods = play.allocation(t), play.states[t].memory, play.env.goods[t] is not None
        what = "good '{}' has quantity" if goods else "action '{}' has probability"
        scale = float(abs(table).max()) if goods else 1.0
        for rows in pairs.pieces(play):
            here = table[memory[pairs.here[rows]]]
            there = table[memory[pairs.there[rows]]][:, image][..., actions]
            n, s, a = at = _furthest(here - there, pairs.open(play, rows)[..., None])
            labels = (play.env.actions[t][k] for k in (a, int(actions[a])))
            one, other = (what.format(label) for label in labels)
            told = one[0].upper() + one[1:], other
            nothing = 0 if play.exact else play.tolerances.violation * scale
            yield _unlike(play, swap, pairs, (int(rows[n]), s), told, (here[at], there[at]), nothing, -1)


def _payments(play: Play, swap: Swap, levels: Iterable[_Twins]) -> Iterator[Unlike]:
    names = [agent.name for agent in play.env.agents]
    for pairs in levels:
        t, image, memory = pairs.t, swap.profiles(play.env.types(pairs.t)), play.states[pairs.t].memory
        for i in play.env.private:
            j = int(swap.agents[i])
            told = f"Agent '{names[i]}' pays", f"agent '{names[j]}'"
            for rows in pairs.pieces(play):
                here = play.transfers(t, i)[memory[pairs.here[rows]]]
                there = play.transfers(t, j)[memory[pairs.there[rows]]][:, image]
                n, s = at = _furthest(here - there, pairs.open(play, rows))
                amounts, nothing = (here[at], there[at]), _nothing(play, t, i)
                yield _unlike(play, swap, pairs, (int(rows[n]), s), told, amounts, nothing, i)


def _furthest(apart: Array, counted: Bools) -> tuple[int, ...]:
    """Where the largest difference is."""
    size = np.where(counted, abs(apart), 0)
    return tuple(int(k) for k in np.unravel_index(int(size.argmax()), size.shape))


def _nothing(play: Play, t: int, i: int) -> float:
    """What counts as nothing of a payment, beside all that is at stake for her in money of its period."""
    if play.exact:
        return 0
    rate = float(play.env.discount)
    stake = sum(
        float(abs(table).max()) * (rate ** (s - t) if rate else s == t)
        for s, table in enumerate(play.env.agents[i].values)
    )
    return nothing_of(play, stake, float(abs(play.transfers(t, i)).max()))


def _unlike(
    play: Play,
    swap: Swap,
    pairs: _Twins,
    place: tuple[int, int],
    told: tuple[str, str],
    amounts: tuple[Any, Any],
    nothing: float,
    agent: int,
) -> Unlike:
    k, profile = place
    here, there = (amount if play.exact else float(amount) for amount in amounts)
    one, two = (play.env.agents[i].name for i in swap.pair)
    return Unlike(
        agent=agent, period=pairs.period, state=int(pairs.here[k]), profile=profile, path=pairs.path(play, k),
        violation=abs(here - there), nothing=nothing, counts=bool(abs(here - there) > nothing),
        pair=(one, two), told=told, amounts=(here, there),
    )  # fmt: skip
