"""The file of a sweep: an SQLite database of one table, into which an instance is written as it is finished.

All rows of an instance are one transaction, so that a kill at any moment leaves it whole or not at all, and
what was finished stays. A file is told to be ours by its ``application_id``; any other is left as it is.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import astuple, fields
from typing import Self

from ..solvers.errors import DynamechError, InvalidInput
from ..solvers.numerals import one_line
from .answering import SweepRow

OURS = int.from_bytes(b"dmsw", "big")
COLUMNS = tuple(field.name for field in fields(SweepRow))
PATIENCE = 60.0
"""Seconds for which another process may be writing."""
_MAKE = """
CREATE TABLE rows (
    digest TEXT NOT NULL, parameters TEXT NOT NULL, words TEXT NOT NULL, rung TEXT NOT NULL,
    status TEXT NOT NULL, value REAL, exact TEXT, seconds REAL NOT NULL, message TEXT NOT NULL,
    finished_at TEXT NOT NULL, PRIMARY KEY (parameters, words, rung)
)"""


class SweepFile:
    """The rows of sweeps in a file, or in memory where there is no path."""

    def __init__(self, path: str | os.PathLike[str] | None, resume: bool) -> None:
        """Open the file or begin it.

        Raises `InvalidInput` where it cannot be written, is no file of a sweep, or is there without `resume`.
        """
        self.path = None if path is None else os.fspath(path)
        self.where = "the sweep" if self.path is None else one_line(self.path)
        there = self.path is not None and os.path.exists(self.path)
        if there and not resume:
            raise InvalidInput(f"{self.where}: the file is there; resume=True goes on from it")
        try:
            name = ":memory:" if self.path is None else os.path.abspath(self.path)
            self._base = sqlite3.connect(name, timeout=PATIENCE, isolation_level=None)
            self._begin()
        except (sqlite3.Error, ValueError) as error:
            raise InvalidInput(f"{self.where}: {self._says(error)}") from None

    def _begin(self) -> None:
        with self._changing():
            ours = self._base.execute("PRAGMA application_id").fetchone()[0]
            tables = self._base.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]
            if ours == OURS:
                return
            if tables:
                raise sqlite3.DatabaseError("file is not a database")
            self._base.execute(_MAKE)
            self._base.execute(f"PRAGMA application_id = {OURS}")

    @staticmethod
    def _says(error: Exception) -> str:
        text = one_line(str(error))
        return "is there and is no file of a sweep" if "not a database" in text else text

    @contextmanager
    def _changing(self) -> Iterator[None]:
        """One transaction."""
        self._base.execute("BEGIN IMMEDIATE")
        try:
            yield
        except BaseException:
            if self._base.in_transaction:  # some errors, as of a full disk, have ended it
                self._base.execute("ROLLBACK")
            raise
        self._base.execute("COMMIT")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._base.close()

    def rows(self, words: str) -> dict[str, dict[str, SweepRow]]:
        """By instance (its parameters) and rung, all rows of this question."""
        rows: dict[str, dict[str, SweepRow]] = {}
        try:
            for line in self._base.execute(
                f"SELECT {', '.join(COLUMNS)} FROM rows WHERE words = ?", (words,)
            ):
                row = SweepRow(*line)
                if not isinstance(row.value, float | None):
                    raise ValueError(f"value {row.value!r}")
                _ = row.number  # whether it is one
                rows.setdefault(row.parameters, {})[row.rung] = row
        except (sqlite3.Error, ValueError, ZeroDivisionError, TypeError) as error:
            raise InvalidInput(f"{self.where}: a row was changed by hand ({self._says(error)})") from None
        return rows

    def keep(self, rows: Sequence[SweepRow]) -> None:
        """Write the rows of an instance, in place of what was known of it; rows of what it was before go."""
        first = rows[0]
        try:
            with self._changing():
                self._base.execute(
                    "DELETE FROM rows WHERE parameters = ? AND words = ? AND digest <> ?",
                    (first.parameters, first.words, first.digest),
                )
                self._base.executemany(
                    f"INSERT OR REPLACE INTO rows VALUES ({', '.join('?' * len(COLUMNS))})",
                    map(astuple, rows),
                )
        except sqlite3.Error as error:
            raise DynamechError(f"{self.where}: cannot be written ({error})") from None
