"""What goes where: answers to standard output, the rest to standard error, files whole or not at all."""

from __future__ import annotations

import ctypes
import json
import os
import secrets
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any

from rich.console import Console, RenderableType
from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from ..instances.jsonfile import pretty
from ..solvers.errors import InvalidInput
from ..solvers.numerals import one_line


def complain(text: str, code: int) -> int:
    """One line on standard error; returns `code`."""
    sys.stderr.write(f"dynamech: {one_line(' '.join(text.split()))}\n")
    return code


def answer(shown: list[RenderableType]) -> None:
    """Tables and sentences on standard output, a blank line between them."""
    console = output()
    for k, part in enumerate(shown):
        if k:
            console.print()
        console.print(part)


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
        if not self.quiet:
            self.console.print(one_line(text), soft_wrap=True)

    def step(self, text: str) -> None:
        """The next step begins."""
        if self._progress is not None:
            self._progress.update(self._task, description=text, advance=1 if self._started else 0)
            self._started = True


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


def check_target(path: str | None, option: str, *others: str | None) -> None:
    """Raise `InvalidInput`, before anything is computed, where a file could not be written at the end.

    others: files that the command reads or writes as well, which it may not overwrite.
    """
    if path is None:
        return
    folder = os.path.dirname(os.path.abspath(path))
    if not path or os.path.isdir(path):
        raise InvalidInput(f"{option}: {path or 'an empty name'} is a directory, not a file")
    if not os.path.isdir(folder):
        raise InvalidInput(f"{option}: there is no directory {folder}")
    if not os.access(path if os.path.exists(path) else folder, os.W_OK):
        raise InvalidInput(f"{option}: {path} cannot be written")
    for other in others:
        if other is not None and os.path.realpath(other) == os.path.realpath(path):
            raise InvalidInput(f"{option}: {path} has another use in this command and would be overwritten")


def write_whole(path: str, write: Callable[[str], None]) -> None:
    """Let `write` make a file beside `path` and put it there in one step, or leave what was there."""
    folder, name = os.path.split(os.path.abspath(path))
    stem, suffix = os.path.splitext(name)
    temporary = os.path.join(folder, f".{stem}-{secrets.token_hex(8)}{suffix}")
    try:
        write(temporary)
        os.replace(temporary, path)
    except OSError as error:
        raise InvalidInput(f"{path}: cannot be written ({error.strerror or error})") from None
    finally:
        if os.path.exists(temporary):
            os.unlink(temporary)
