"""Public lotteries that move a mechanism's memory: what follows a report and an action may be drawn.

Who promises a mixture of what can be promised draws one of them, in public, once the report that it is for
has been made: whoever reports counts on its mean, and all that is remembered afterwards is what was drawn.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ...solvers.arithmetic import arithmetic_of
from ...solvers.errors import InvalidInput
from ...solvers.numbers import Array, Ints, show
from ...solvers.short import Short


@dataclass(frozen=True, eq=False, repr=False)
class MemoryDraws(Short):
    """Lotteries over the next period's memory: lottery l leads to `memory[l, b]` with `chance[l, b]`.

    memory: (L, B) indices. chance: (L, B), rows sum to 1; a lottery of fewer outcomes fills up with chance 0.
    """

    memory: Ints
    chance: Array

    @classmethod
    def of(cls, lottery: Ints, memory: Ints, chance: Array, count: int) -> MemoryDraws:
        """From outcomes (n,) one by one: of which of `count` lotteries, in order, where to and how likely."""
        sizes = np.bincount(lottery, minlength=count)
        place = np.arange(len(lottery)) - np.repeat(np.cumsum(sizes) - sizes, sizes)
        shape = count, int(sizes.max(initial=1))
        to, how = np.zeros(shape, dtype=np.int64), arithmetic_of(chance).zeros(shape)
        to[lottery, place], how[lottery, place] = memory, chance
        return cls(to, how)

    @property
    def lists(self) -> list[list[tuple[int, object]]]:
        """Of every lottery (memory, chance) of each outcome that has one."""
        return [
            [(int(to), chance) for to, chance in zip(*row, strict=True) if chance != 0]
            for row in zip(self.memory, self.chance, strict=True)
        ]

    def check(self, where: str, following: int) -> None:
        """Raise `InvalidInput` where one of them is no lottery over so many memory states."""
        if self.memory.ndim != 2 or self.chance.shape != self.memory.shape or not self.memory.size:
            raise InvalidInput(
                f"{where}: lotteries have shapes {self.memory.shape} and {self.chance.shape}, not one (L, B)"
            )
        outside = (self.memory < 0) | (self.memory >= following)
        if outside.any():
            lot, b = (int(k) for k in np.argwhere(outside)[0])
            raise InvalidInput(
                f"{where}: lottery {lot} leads to memory {self.memory[lot, b]}; what follows has {following}"
            )
        known = arithmetic_of(self.chance)
        if (negative := self.chance < -known.slack(1)).any():
            lot, b = (int(k) for k in np.argwhere(negative)[0])
            raise InvalidInput(f"{where}: lottery {lot} has a negative chance ({show(self.chance[lot, b])})")
        sums: Array = self.chance.sum(axis=1)
        if not (right := known.negligible(sums - 1)).all():
            lot = int(np.argmin(right))
            raise InvalidInput(f"{where}: lottery {lot} sums to {show(sums[lot])}, not 1")
