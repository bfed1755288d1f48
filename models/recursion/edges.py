"""Where rents end: what nobody can leave, by cuts as well.

How far rents U are beyond what anybody can leave at a stage is the least slack of its rows and, discounted
and in expectation, of all that come later:

    φ(l, U) = min Σ_k s_k + δ Σ_b ρ_b Σ_m μ_b(m | l) q_b φ_b(m, y_b / q_b).

That is −ψ of stages at which nothing is to be gained, slack at the price 1. Its cuts come about as those of
ψ do (`cuts.py`), and hold as they do whatever a program said:

    l can leave U  ⇒  0 ≤ α + β · U,

a row of the programs before, for every type whom the true one can become. Where ψ falls ever more steeply
towards an edge, no price of slack says as much. A cut of the stage before period 0, who has no rents, that is
below 0 says that no mechanism does what is demanded.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from ...solvers.arithmetic import DOUBLE
from ...solvers.numbers import Floats
from .cuts import Above, Cuts, Outlook
from .stages import FAINT, RentStage

LATE = 1e-2
"""Discount factor of money that is too late for anybody to look for slack there, in one descent."""


class Edges:
    """cuts: of −φ, by stage."""

    def __init__(self, stages: Sequence[RentStage], rate: float, size: float) -> None:
        """rate: the discount factor. size: of money, what slack is compared with."""
        self._stages = [
            replace(
                stage,
                gains=np.zeros_like(stage.gains),
                branches=tuple(
                    replace(branch, weight=np.zeros_like(branch.weight), best=np.zeros_like(branch.best))
                    for branch in stage.branches
                ),
            )
            for stage in stages
        ]
        self.cuts = tuple(Cuts(stage.values.shape[1]) for stage in stages)
        self._above: dict[tuple[int, int], Above] = {}
        self._rate, self._none = rate, float(DOUBLE.slack(size))
        self._empty = any((b.low > b.high + self._none).any() for b in stages[0].branches)

    @property
    def none_at_all(self) -> bool:
        """Whether it is proved that no mechanism does what is demanded, by a cut or as bounds of rents leave
        nothing between them."""
        return self._empty or bool((self.cuts[0].level < -self._none).any())

    def visit(self, s: int, own: int, rents: Floats) -> tuple[float, Outlook] | None:
        """How far, at least, these rents (K,) are beyond what this type of stage s can leave, and what was
        promised; keeps a cut where it is more than nothing."""
        stage = self._stages[s]
        if (s, own) not in self._above:
            after = [self.cuts[branch.next] for branch in stage.branches]
            self._above[s, own] = Above(stage, own, after, 1.0)
        seen = self._above[s, own].at(rents)
        if seen is None:
            return None
        outlook, cut = seen
        beyond = -(cut.level + float(cut.slope @ rents))
        if beyond > self._none:
            self.cuts[s].add(own, cut)
        return beyond, outlook

    def descend(self) -> None:
        """Follow what is least beyond, each time to the type for which it is most, and come back."""
        path: list[tuple[int, int, Floats]] = [(0, 0, np.zeros(1))]
        s, own, rents, worth = 0, 0, np.zeros(1), 1.0
        seen = self.visit(s, own, rents)
        while seen is not None and worth > LATE and not self.none_at_all:
            steps = []
            for branch, ahead in zip(self._stages[s].branches, seen[1].ahead, strict=True):
                if ahead.weight <= FAINT:
                    continue
                for m in map(int, np.flatnonzero(branch.moves[own])):
                    path.append((branch.next, m, ahead.rents))
                    if (there := self.visit(*path[-1])) is not None:
                        chance = ahead.weight * float(branch.discount * branch.moves[own, m])
                        steps.append((chance * max(there[0], self._none), len(path) - 1, there))
            if not steps:
                break
            _, step, seen = max(steps, key=lambda one: one[:2])
            worth *= self._rate if s else 1.0
            s, own, rents = path[step]
        for at in reversed(path):
            self.visit(*at)
