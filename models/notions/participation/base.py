"""What a participation notion promises: which utilities may not fall below what is had outside, or 0."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from ....solvers.short import Short


class Promise(Enum):
    """Whose utility, over which stretch of time, is at least 0."""

    NOTHING = "nothing"
    INITIAL = "initial"
    """Expected utility of every initial type."""
    CONTINUATION = "continuation"
    """Expected utility from every period on, at every state that truth reaches."""
    OUTSIDE = "outside"
    """The same, but not at least 0: at least what she has outside (`models/society/outside.py`)."""
    EXPECTED_PERIOD = "expected period"
    """Expected utility of every period, before its types are known."""
    EXPECTED_CONTINUATION = "expected continuation"
    """Expected utility from every period on, before its types are known."""
    KNOWN_CONTINUATION = "known continuation"
    """Expected utility from every period on, at every profile of its types."""
    PATH = "path"
    """Total discounted utility of every path."""
    PREFIX = "prefix"
    """Discounted utility of every path up to every period."""
    PERIOD = "period"
    """Utility of every period of every path."""


@dataclass(frozen=True, repr=False)
class Participation(Short):
    """A participation notion, one object in one file of this folder."""

    name: str
    promise: Promise
    summary: str = ""

    @property
    def nothing(self) -> bool:
        """Whether nothing is promised."""
        return self.promise is Promise.NOTHING

    @property
    def by_path(self) -> bool:
        """Whether the promise is made path by path (all three are one program, see `design/timing.py`)."""
        return self.promise in (Promise.PATH, Promise.PREFIX, Promise.PERIOD)

    @property
    def expected(self) -> bool:
        """Whether what she expects counts, by what she knows (not path by path, nor at every profile)."""
        return self.everywhere or self.promise in (Promise.EXPECTED_PERIOD, Promise.EXPECTED_CONTINUATION)

    @property
    def by_state(self) -> bool:
        """Whether the promise is about what a type expects (all of these are rows on utilities)."""
        return self.promise is Promise.INITIAL or self.everywhere

    @property
    def everywhere(self) -> bool:
        """Whether it is made at every state that truth reaches, about what is expected from there on."""
        return self.promise in (Promise.CONTINUATION, Promise.OUTSIDE)

    @property
    def outside(self) -> bool:
        """Whether utility is measured from what she has outside, and not from 0."""
        return self.promise is Promise.OUTSIDE
