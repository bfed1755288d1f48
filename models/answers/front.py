"""Where answers get what only the front of the house can give them: tables, frames, pictures, files.

The economics import nothing of the front. The package says, when it is imported, where its front is; it is
opened when the first answer asks for something.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol


class Front(Protocol):
    """What the front does with any answer."""

    def content(self, answer: Any) -> dict[str, Any]:
        """The object of the command line's JSON."""

    def frame(self, answer: Any) -> Any:
        """A ``pandas.DataFrame``."""

    def text(self, answer: Any) -> str:
        """The command line's table."""

    def html(self, answer: Any) -> str:
        """The same as HTML."""

    def figure(self, answer: Any, **words: Any) -> Any:
        """A matplotlib figure."""

    def page(self, report: Any) -> str:
        """A report as one HTML page."""


_doors: list[Callable[[], Front]] = []


def register(door: Callable[[], Front]) -> None:
    """Say where the front is."""
    _doors[:] = [door]


def front() -> Front:
    """The front of the house."""
    return _doors[0]()
