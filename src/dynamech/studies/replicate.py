"""The replication table: every row computed now, and whether what disagrees is what the errata explain."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass

from ..models.answers.answer import Answer
from ..solvers.errors import InvalidInput
from ..solvers.events import Notify, tell
from ..solvers.numerals import one_line, shown
from .replication.bv import BV
from .replication.errata import ERRATA
from .replication.kln import KLN
from .replication.lecture_notes import LN
from .replication.liu import LIU
from .replication.liu_further import LIU_FURTHER
from .replication.mptz import MPTZ
from .replication.mptz_further import MPTZ_FURTHER
from .replication.rows import PaperRow, judged

TABLE: tuple[PaperRow, ...] = (*KLN, *BV, *LIU, *LIU_FURTHER, *MPTZ, *MPTZ_FURTHER, *LN)
"""All rows, a paper after the other."""


@dataclass(frozen=True)
class Replicated:
    """A row with what was computed for it.

    The first five are those of `rows.PaperRow`. computed: as text; where the computation failed, the reason.
    agrees: with what is printed; None where it failed. seconds: of this process.
    """

    paper: str
    item: str
    printed: str
    file: str
    erratum: str
    computed: str
    agrees: bool | None
    seconds: float

    @property
    def why(self) -> str:
        """Why printed and computed disagree; empty where they agree."""
        return ERRATA[self.erratum] if self.erratum else ""

    @property
    def explained(self) -> bool:
        """Whether it agrees, or disagrees as an erratum says."""
        return self.agrees is (not self.erratum)


@dataclass(frozen=True, eq=False, repr=False)
class Replication(Answer):
    """Rows of the table. True where each was computed and those that disagree are those with an erratum."""

    rows: tuple[Replicated, ...]

    def __bool__(self) -> bool:
        return all(row.explained for row in self.rows)

    @property
    def agree(self) -> int:
        """How many rows agree with what is printed."""
        return sum(row.agrees is True for row in self.rows)

    @property
    def disagree(self) -> int:
        """How many do not."""
        return sum(row.agrees is False for row in self.rows)

    @property
    def failed(self) -> int:
        """How many could not be computed."""
        return sum(row.agrees is None for row in self.rows)

    def _facts(self) -> dict[str, object]:
        return {
            "rows": len(self.rows),
            "agree": self.agree,
            "disagree": self.disagree,
            "failed": self.failed,
        }


def select(name: str | None = None) -> tuple[PaperRow, ...]:
    """The rows of a paper by its short name, of an erratum, or whose item has the text; all by default.

    Raises `InvalidInput` where there are none.
    """
    if name is None:
        return TABLE
    wanted = name.casefold()
    rows = tuple(row for row in TABLE if wanted in (row.paper.casefold(), row.erratum.casefold()))
    rows = rows or tuple(row for row in TABLE if wanted in f"{row.paper} {row.item}".casefold())
    if not rows or not wanted:
        papers = ", ".join(dict.fromkeys(row.paper for row in TABLE))
        raise InvalidInput(f"there is no paper, item or erratum {shown(name)} (papers: {papers})")
    return rows


def replicate(rows: Sequence[PaperRow], notify: Notify | None = None) -> Replication:
    """Compute these rows. One that raises says so in its line, and the answer is false."""
    answered = []
    for row in rows:
        tell(notify, "step", f"{row.paper}: {row.item}")
        began, agrees = time.process_time(), None
        try:
            computed, agrees = judged(row.printed, row.compute(*row.arguments))
        except Exception as error:  # the row says it
            computed = one_line(f"failed: {type(error).__name__}: {' '.join(str(error).split())}")
        answered.append(
            Replicated(
                row.paper, row.item, row.printed, row.file, row.erratum,
                computed, agrees, time.process_time() - began,
            )
        )  # fmt: skip
    return Replication(tuple(answered))
