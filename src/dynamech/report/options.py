"""What Python calls by a parameter, as the command line calls it."""

from __future__ import annotations

OPTIONS = {
    "raise memory_limit=": "raise --memory-limit",
    "try exact=True": "try --exact",
    "resume=True goes on": "--resume goes on",
}
"""Ways out that errors name in Python's words, and what the command line says."""


def in_options(error: object) -> str:
    """What an error says, in the words of the command line.

    >>> in_options("too large; raise memory_limit= or coarsen the types")
    'too large; raise --memory-limit or coarsen the types'
    """
    text = str(error)
    for python, option in OPTIONS.items():
        text = text.replace(python, option)
    return text
