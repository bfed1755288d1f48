"""What a solve may be told: tolerances, limits, where to start."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from .arithmetic import SOLVED
from .errors import InvalidInput
from .form import Form
from .short import Short

Statuses: TypeAlias = NDArray[np.int8]
Progress: TypeAlias = Callable[[float, int], None]
"""Called now and then with the seconds and the iterations so far."""

AT_LOWER, BASIC, AT_UPPER, FREE = 0, 1, 2, 3
"""Statuses of a column or row: nonbasic at its lower bound, basic, at its upper bound, nonbasic free at 0."""


INSTANT = 1e-3
"""Seconds that are left where none are: to an engine a time limit of 0 is none."""
TIGHTEST, LOOSEST = 1e-10, 1e-1
"""What a tolerance may be; HiGHS takes nothing below the first."""
TIGHT = dict.fromkeys(("primal_feasibility_tolerance", "dual_feasibility_tolerance"), TIGHTEST)
"""The same as settings of HiGHS."""


@dataclass(frozen=True, slots=True)
class Tolerances:
    """How far off a float answer may be: violation of rows and bounds, of the signs of duals, relative gap.

    `gap` stops interior-point and first-order methods.
    """

    primal: float = SOLVED
    dual: float = SOLVED
    gap: float = 1e-8

    def __post_init__(self) -> None:
        for name in ("primal", "dual", "gap"):
            if not TIGHTEST <= (given := getattr(self, name)) <= LOOSEST:
                raise InvalidInput(f"tolerance {name}={given:g} is not between {TIGHTEST:g} and {LOOSEST:g}")

    @property
    def largest(self) -> float:
        """The largest of the three."""
        return max(self.primal, self.dual, self.gap)


@dataclass(frozen=True, eq=False, slots=True, repr=False)
class Basis(Short):
    """Which columns (n,) and rows (m,) are basic, and at which bound each other one sits.

    Normalised: exactly m are basic, and a nonbasic one sits at a bound it has, or at 0 where it has none.
    """

    columns: Statuses
    rows: Statuses

    @classmethod
    def of_rows(cls, count: int) -> Basis:
        """The basis of a program without columns."""
        return cls(np.zeros(0, dtype=np.int8), np.full(count, BASIC, dtype=np.int8))

    @property
    def key(self) -> bytes:
        """The same for the same basis."""
        return self.columns.tobytes() + self.rows.tobytes()

    def fits(self, program: Form) -> bool:
        """Whether the basis has the shape of the program and the right number of basic places."""
        n, m = program.num_columns, program.num_rows
        basic = int((self.columns == BASIC).sum() + (self.rows == BASIC).sum())
        return (self.columns.size, self.rows.size, basic) == (n, m, m)


@dataclass(frozen=True, slots=True)
class Options:
    """Everything an engine is told beside the program.

    `time_limit` is in seconds. With `rays`, an infeasible or unbounded program is solved until the engine has
    a Farkas vector or a ray to show, which may take a second run.
    """

    time_limit: float | None = None
    iteration_limit: int | None = None
    tolerances: Tolerances = field(default_factory=Tolerances)
    warm_start: Basis | None = None
    progress: Progress | None = None
    quiet: bool = True
    rays: bool = False

    @property
    def limited(self) -> bool:
        """Whether time or iterations are."""
        return self.time_limit is not None or self.iteration_limit is not None

    def __post_init__(self) -> None:
        if self.time_limit is not None and not self.time_limit > 0:
            raise InvalidInput(f"time limit {self.time_limit} is not a positive number of seconds")
        if self.iteration_limit is not None and self.iteration_limit < 0:
            raise InvalidInput(f"iteration limit {self.iteration_limit} is negative")
