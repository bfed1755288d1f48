"""What goes where: answers to standard output, the rest to standard error, and labels as nothing but text."""

from __future__ import annotations

import ctypes
import json
import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import Any

from rich.console import Console, RenderableType
from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from ..instances.jsonfile import pretty
from ..models.answers.answer import Answer
from ..report.answers import shown
from ..report.visible import put
from ..solvers.events import Event
from ..solvers.numerals import one_line

STAYING = ("instead", "pass", "simulation")
"""Kinds of events that are told in lines that stay."""


def answer(parts: Sequence[RenderableType]) -> None:
    """Tables and sentences on standard output, a blank line between them; see `put`."""
    put(output(), parts)


def give(given: Answer, as_json: bool, **instead: Any) -> None:
    """An answer on standard output, as its tables or as its JSON, with some keys `instead` of its own."""
    if as_json:
        answer_json(given.to_json() | instead)
    else:
        answer(shown(given, output().width))


def output() -> Console:
    """Standard output. Labels are data: nothing in them is markup."""
    return Console(markup=False, highlight=False, emoji=False, soft_wrap=False)


def answer_json(content: dict[str, Any]) -> None:
    """One JSON object on standard output, in UTF-8 whatever the terminal speaks."""
    text = pretty(content) + "\n"
    sys.stdout.flush()
    if hasattr(sys.stdout, "buffer"):
        sys.stdout.buffer.write(text.encode("utf-8", "backslashreplace"))
        sys.stdout.buffer.flush()
    else:
        sys.stdout.write(json.dumps(content) + "\n")


class Work:
    """Long work, told on standard error: a moving line on a terminal, plain lines elsewhere, or nothing."""

    def __init__(self, quiet: bool, steps: int | None) -> None:
        self.quiet = quiet
        self.console = Console(stderr=True, markup=False, highlight=False, emoji=False)
        self._progress: Progress | None = None
        self._started = False
        if not quiet and self.console.is_terminal:
            columns = [SpinnerColumn(), TextColumn("{task.description}", markup=False), TimeElapsedColumn()]
            if steps is not None:
                columns.insert(2, BarColumn(bar_width=20))
            self._progress = Progress(*columns, console=self.console, transient=True)
            self._task = self._progress.add_task("counting", total=steps)

    def note(self, text: str) -> None:
        """A line that stays."""
        if not self.quiet and sys.stderr is not None:
            with suppress(OSError):  # the answer is what counts
                self.console.print(one_line(text), soft_wrap=True)

    def step(self, text: str) -> None:
        """The next step begins."""
        if self._progress is not None:
            self._progress.update(self._task, description=one_line(text), advance=1 if self._started else 0)
            self._started = True

    def tell(self, event: Event) -> None:
        """What long work says goes to the moving line, some of it also to lines that stay."""
        if event.kind in STAYING:
            self.note(event.text)
        self.step(event.text)


@contextmanager
def working(quiet: bool, steps: int | None = None) -> Iterator[Work]:
    """Show progress for as long as the work goes on."""
    work = Work(quiet, steps)
    with engines_to_stderr():
        if work._progress is None:
            yield work
        else:
            with work._progress:
                yield work


@contextmanager
def engines_to_stderr() -> Iterator[None]:
    """What compiled engines print by themselves goes to standard error: standard output is for the answer."""
    try:
        sys.stdout.flush()
        kept = os.dup(1)
    except (OSError, ValueError):  # no standard output to protect
        yield
        return
    try:
        os.dup2(2, 1)
        yield
    finally:
        with suppress(OSError, AttributeError):
            ctypes.CDLL(None).fflush(None)
        os.dup2(kept, 1)
        os.close(kept)


def note(text: str, quiet: bool) -> None:
    """A line on standard error."""
    Work(quiet, None).note(text)
