"""What every answer can do: be told in a line, as a table, as JSON, as a frame, in HTML, in a picture.

An answer holds figures and knows nothing of rich, pandas, matplotlib or the command line: what they make of
it stands in one table in front (``report/answers.py``), complete by a test.
"""

from __future__ import annotations

from typing import Any

from ...solvers.short import Short
from .front import front


class Answer(Short):
    """A result of a public function.

    ``repr`` is one short line, ``print`` shows the table of the command line, and so does a notebook.
    """

    def to_json(self) -> dict[str, Any]:
        """The object that the command line prints with ``--json``: rationals as strings where exact."""
        return front().content(self)

    def to_dataframe(self) -> Any:
        """The figures as a ``pandas.DataFrame``, rationals as ``Fraction``.

        Raises `NotInstalled` without pandas.
        """
        return front().frame(self)

    def plot(self, **words: Any) -> Any:
        """The picture of the command line's ``--plot`` as a matplotlib figure; no file is written.

        Raises `NotInstalled` without matplotlib, `InvalidInput` where there is no picture of such an answer.
        """
        return front().figure(self, **words)

    def _repr_html_(self) -> str:
        return front().html(self)

    def __str__(self) -> str:
        return front().text(self)
