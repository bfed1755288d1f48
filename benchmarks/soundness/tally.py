"""What was found of one case: how many answers were compared, which were wrong, which were none."""

from __future__ import annotations

import math
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any


@dataclass
class Tally:
    """checked: comparisons made; wrong: a line each; the rest: answers by why they were not compared."""

    checked: int = 0
    wrong: list[str] = field(default_factory=list)
    intervals: int = 0
    refused: int = 0
    undecided: int = 0
    loose: int = 0
    """Answers that were right, but came without a bound on their error."""
    notes: list[str] = field(default_factory=list)

    def check(self, right: Any, what: str) -> None:
        """One comparison."""
        self.checked += 1
        if not right:
            self.wrong.append(what)

    @contextmanager
    def guarded(self, what: str) -> Iterator[None]:
        """A refusal counts as such; anything that is not one of the package's own errors is wrong."""
        from dynamech.solvers.errors import AssumptionViolated, DynamechError, TooLarge

        try:
            yield
        except (AssumptionViolated, TooLarge):
            self.refused += 1
        except DynamechError as error:
            self.checked += 1
            self.wrong.append(f"{what}: {type(error).__name__}: {error}")
        except Exception as error:
            at = traceback.extract_tb(error.__traceback__)[-1]
            place = f"{at.filename.split('/')[-1]}:{at.lineno}"
            self.checked += 1
            self.wrong.append(f"{what}: traceback {type(error).__name__}: {error} ({place})")

    def __add__(self, other: Tally) -> Tally:
        return Tally(
            self.checked + other.checked, self.wrong + other.wrong, self.intervals + other.intervals,
            self.refused + other.refused, self.undecided + other.undecided, self.loose + other.loose,
            self.notes + other.notes,
        )  # fmt: skip


def within(value: float | Fraction, right: Fraction, error: float) -> bool:
    """Whether a value is no farther than its stated error from the right value (and finite)."""
    return math.isfinite(value) and abs(Fraction(value) - right) <= Fraction(
        error if math.isfinite(error) else 10**300
    )
