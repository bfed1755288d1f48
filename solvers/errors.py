"""One exception family: whatever goes wrong in any room is a ``DynamechError`` with a one-line message."""

from __future__ import annotations


class DynamechError(Exception):
    """Root of every error raised on purpose.

    The message names the object, the place and the number, and fits on one line.
    """


class InvalidInput(DynamechError):
    """Data, a word or a file that cannot be accepted as given."""


class AssumptionViolated(DynamechError):
    """A notion or theorem does not apply to this environment; the message says what fails and by how much."""


class TooLarge(DynamechError):
    """A program or object would not fit in the memory limit; the message gives the figure and a way out."""


class NotInstalled(DynamechError):
    """A solver or library that was asked for by name is missing; the message says how to install it."""


class Infeasible(DynamechError):
    """A value was asked of a program that has no feasible point."""


class Unbounded(DynamechError):
    """A value was asked of a program whose objective has no bound."""


class OutOfTime(Exception):
    """The time limit was reached: said to whoever makes an answer of it, never to a person."""


class NotCertified(DynamechError):
    """An exact answer was asked for and no proof could be completed."""
