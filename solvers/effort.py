"""How much work an answer may be: by which solver, in which numbers, for how long, in how much memory."""

from __future__ import annotations

import os
import time
from dataclasses import dataclass, replace

from .errors import InvalidInput, OutOfTime
from .events import Kind, Notify, tell
from .options import INSTANT


def default_memory_limit() -> float:
    """Half of the machine's memory, in bytes."""
    return 0.5 * os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")


@dataclass(frozen=True, slots=True)
class Effort:
    """What the public functions are told beside the question, handed down as one.

    solver: as in `solve`. exact: over the rationals, with a proof; floats count at their binary values.
    time_limit: seconds for each program. memory_limit: bytes, half of the machine's memory where None.
    notify: is told of long work (see `events`).

    >>> Effort(exact=True).silent == Effort("highs", exact=True)
    True
    """

    solver: str = "highs"
    exact: bool = False
    time_limit: float | None = None
    memory_limit: float | None = None
    notify: Notify | None = None
    ends: float | None = None
    """When the time is up, on the clock of `time.perf_counter`; None where it has not `begun`."""

    def __post_init__(self) -> None:
        if self.time_limit is not None and not self.time_limit > 0:
            raise InvalidInput(f"time limit {self.time_limit} is not a positive number of seconds")

    @property
    def room(self) -> float:
        """Bytes that may be used."""
        return default_memory_limit() if self.memory_limit is None else self.memory_limit

    @property
    def silent(self) -> Effort:
        """The same with nobody to tell: what answers keep."""
        return replace(self, notify=None)

    @property
    def rested(self) -> Effort:
        """The same with nobody to tell and no clock that runs: for what answers find when they are asked."""
        return replace(self, notify=None, ends=None)

    def begun(self) -> Effort:
        """The same with one time limit, from now on, for all programs together; itself where it has begun."""
        if self.ends is not None:
            return self
        return replace(self, ends=None if self.time_limit is None else time.perf_counter() + self.time_limit)

    @property
    def left(self) -> float | None:
        """Seconds that a program may take, None without a limit; engines want more than none."""
        return self.time_limit if self.ends is None else max(self.ends - time.perf_counter(), INSTANT)

    @property
    def late(self) -> bool:
        """Whether the time is up."""
        return self.ends is not None and time.perf_counter() > self.ends

    def check(self) -> None:
        """Raise `OutOfTime` where the time is up."""
        if self.late:
            raise OutOfTime

    def tell(self, kind: Kind, text: str, **figures: object) -> None:
        """Tell whoever wants to know."""
        tell(self.notify, kind, text, **figures)


FLOATS, EXACT = Effort(), Effort(exact=True)
"""Without limits."""

__all__ = ["EXACT", "FLOATS", "Effort", "default_memory_limit"]
