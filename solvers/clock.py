"""What is left of a time limit."""

from __future__ import annotations

import time
from dataclasses import replace

from .errors import OutOfTime
from .options import INSTANT, Options


class Clock:
    """Counts down from now."""

    def __init__(self, options: Options) -> None:
        self._options = options
        self._end = None if options.time_limit is None else time.perf_counter() + options.time_limit

    def over(self) -> bool:
        """Whether nothing is left."""
        return self._end is not None and time.perf_counter() >= self._end

    def check(self) -> None:
        """Raise ``OutOfTime`` where nothing is left."""
        if self.over():
            raise OutOfTime

    def options(self) -> Options:
        """The options with the time that is left. Raises ``OutOfTime`` where none is."""
        self.check()
        return replace(self._options, time_limit=self.left())

    def left(self) -> float | None:
        """The seconds that are left, as a time limit for who must be given one; None where there is none."""
        return None if self._end is None else max(self._end - time.perf_counter(), INSTANT)

    def part(self, share: float) -> Clock:
        """A clock that ends when this share of what is left has passed."""
        part = Clock(self._options)
        if self._end is not None:
            now = time.perf_counter()
            part._end = now + share * max(self._end - now, 0.0)
        return part
