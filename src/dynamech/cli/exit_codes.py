"""What the process ends with where there is no answer, told before anything heavy is imported."""

from __future__ import annotations

BAD_INPUT = 2
INTERRUPTED = 130


class Interrupted(Exception):
    """The user interrupted after a part of the answer was printed; the message says what is missing."""
