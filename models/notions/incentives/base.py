"""What an incentive notion states: who knows what when she lies, and which lies count.

A notion is one `Incentive` object in one file of this folder. The compiler turns it into rows, the checker
of mechanisms into violations; both read only what is stated here, so a notion made of these words is one new
file. A new word needs an entry in each table over its words, and CONTRIBUTING.md lists those.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from ....solvers.short import Short


class Information(Enum):
    """What a reporting agent knows of the others' current types."""

    INTERIM = "interim"
    """Nothing but the public belief: she averages."""
    PROFILE = "profile"
    """All of them (ex-post notions)."""


class Lies(Enum):
    """Which reports other than the truth count as lies."""

    NONE = "none"
    ADJACENT = "adjacent"
    """Only the next lower type among those that are possible, in the order of types as given."""
    ALL = "all"


class Compares(Enum):
    """What truth is compared by."""

    REPLIES = "replies"
    """What is expected from now on, with the best reply after a lie."""
    NOW = "now"
    """What the current period alone brings."""
    CONTINUATIONS = "continuations"
    """What is expected from the next period on, with truth after it: no report may change it."""
    FUTURES = "futures"
    """What is earned from now on along every path of later types, with truth after a lie."""


@dataclass(frozen=True, repr=False)
class Incentive(Short):
    """An incentive notion.

    initial, later: lies that count in period 0 and after it, at types that are probable given the last
        report. At improbable types (reached only after a lie) every report counts: the best reply.
    everywhere: truth must be optimal at every state, probable or not (periodic ex-post).
    rewriting: name of the relaxation's rewriting of the environment, or None.
    compares: how utilities are compared.
    """

    name: str
    information: Information = Information.INTERIM
    initial: Lies = Lies.ALL
    later: Lies = Lies.ALL
    everywhere: bool = False
    rewriting: str | None = None
    compares: Compares = Compares.REPLIES
    summary: str = ""

    @property
    def myopic(self) -> bool:
        """Whether a report maximises the current period's utility alone."""
        return self.compares is Compares.NOW

    @property
    def nothing(self) -> bool:
        """Whether no report counts as a lie."""
        return self.initial is self.later is Lies.NONE

    def lies(self, t: int) -> Lies:
        """Which lies count in period t at probable types."""
        return self.initial if t == 0 else self.later
