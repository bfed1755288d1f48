"""One line on standard error, and streams that nobody reads any more; nothing heavy is imported."""

from __future__ import annotations

import os
import sys
from typing import TextIO

from ..solvers.numerals import one_line

LONGEST = 1200
"""Most characters of a complaint: what a file holds may be quoted in it, and nobody reads a megabyte."""


def complain(text: str, code: int) -> int:
    """One line on standard error; returns `code`."""
    text = " ".join(text.split())
    if len(text) > LONGEST:
        text = f"{text[: LONGEST // 2]} ... {text[-LONGEST // 2 :]}"
    if sys.stderr is not None:
        try:
            sys.stderr.write(f"dynamech: {one_line(text)}\n")
            sys.stderr.flush()
        except OSError:
            forget(sys.stderr)
    return code


def forget(stream: TextIO) -> None:
    """Let what could not be written to a stream go nowhere, also when it is flushed again at exit."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
