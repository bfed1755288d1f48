"""Demands on how agents are treated: those who are alike, alike.

With s' the profile of the other order where two agents of a group change places, h' the history and σ_t the
actions that go with it (`environment/alike.py`, which says when agents are alike): the lotteries are
q(σ_t a | h', s') = q(a | h, s), and the payments p^{k'}(h', s') = p^k(h, s) of agent k and who is in her
place, for every history and whatever is reported. Where two change places so does everybody: exchanges of
neighbours in a group make all its orders.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import combinations, pairwise
from typing import Any

from ....solvers.errors import InvalidInput
from ....solvers.numerals import shown
from ...environment.alike import Swap, swap_of
from ...environment.environment import Environment
from ..lump_sums import LumpSums
from .base import Demand, Demanded


@dataclass(frozen=True, repr=False)
class Anonymous(Demand):
    """Agents of a group are treated alike. groups: their names, sorted."""

    groups: tuple[tuple[str, ...], ...]

    @property
    def single_payments(self) -> bool:
        """Those of one agent are those of another."""
        return True

    @property
    def names_actions(self) -> bool:
        """Those that go with an exchange."""
        return True

    @property
    def fines_count(self) -> bool:
        """Fines are payments, too."""
        return True

    def lump_sums(self, allowed: LumpSums) -> LumpSums:
        """The same for all of a group; one action for ever need not treat them alike."""
        alike = tuple(map(frozenset, self.groups))
        return replace(allowed, alike=alike, constant=False)

    def check(self, env: Environment) -> None:
        """Raise `InvalidInput` where somebody is named who does not report."""
        known = [env.agents[i].name for i in env.private]
        for name in (name for group in self.groups for name in group):
            if name not in known:
                raise InvalidInput(
                    f"demands, anonymous: {shown(name)} is none of the agents who report ({', '.join(known)})"
                )

    def told(self, env: Environment) -> str:
        """With the actions that go with each exchange of neighbours."""
        return f"{self.name} ({'; '.join(swap.words(env) for swap in self.swaps(env, neighbours=True))})"

    def swaps(self, env: Environment, *, neighbours: bool) -> list[Swap]:
        """The exchanges of two agents of a group, or those of neighbours alone, which make all others.

        Raises `AssumptionViolated`, with the place and the numbers, where two are not alike.
        """
        return [
            swap_of(env, env.agent_index(one), env.agent_index(other))
            for group in self.groups
            for one, other in (pairwise(group) if neighbours else combinations(group, 2))
        ]


def anonymous(anonymous: Any = ()) -> Anonymous | None:
    """The demand that this key of a question makes, None where there is no group.

    Groups that share an agent are one. Raises `InvalidInput` for what is no list of lists of names, and for a
    group of one.
    """
    if isinstance(anonymous, str) or not isinstance(anonymous, Sequence):
        raise InvalidInput(f"demands, anonymous: {shown(anonymous)} is no list of groups of agents")
    groups: list[set[str]] = []
    for k, given in enumerate(anonymous):
        names = [] if isinstance(given, str) or not isinstance(given, Sequence) else list(given)
        if len(names) < 2 or not all(isinstance(name, str) for name in names) or len(set(names)) < len(names):
            seen = ", ".join(map(shown, names)) or shown(given)
            raise InvalidInput(
                f"demands, anonymous, group {k}: {seen} is no list of two agents or more, each once"
            )
        apart = [group for group in groups if group.isdisjoint(names)]
        groups = [*apart, set(names).union(*(group for group in groups if group not in apart))]
    if not groups:
        return None
    listed = tuple(sorted(tuple(sorted(group)) for group in groups))
    name = f"anonymous {'; '.join(', '.join(group) for group in listed)}"
    return Anonymous(name, Demanded.ALIKE, {"anonymous": [list(group) for group in listed]}, listed)
