"""What long work tells whoever waits: one event after another, each of a kind, with its figures and a line.

A program reads `kind` and `figures`; `text` is for a person, so that ``notify=print`` shows it.
``logging.getLogger("dynamech")`` hears all of it as information, and of parts that nobody is told about.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

_LOG = logging.getLogger("dynamech")
Kind: TypeAlias = Literal[
    "size", "instead", "rung", "period", "pass", "round", "simulation", "horizon", "caps", "rebuild", "step"
]


@dataclass(frozen=True)
class Event:
    """Something that happened while work went on.

    kind: ``size`` (of a program, before it is built), ``instead`` (of a program that is too large), ``rung``
    (of a ladder, before it is climbed), ``period`` (done by a recursion), ``pass`` (over all periods, done),
    ``round`` (of bounds that come closer), ``simulation`` (in place of an exact answer), ``horizon`` (before
    it is worked out), ``caps`` (scaled, before they are solved for), ``rebuild`` (of a certificate's
    question, before it is compiled), ``step`` (the next part of an answer).

    >>> print(Event("pass", "pass 2: 0.75, at most 1e-08 below the optimum", {"pass": 2, "gap": 1e-8}))
    pass 2: 0.75, at most 1e-08 below the optimum
    """

    kind: Kind
    text: str
    figures: Mapping[str, Any]

    def __str__(self) -> str:
        return self.text


Notify: TypeAlias = Callable[[Event], None]


def tell(notify: Notify | None, kind: Kind, text: str, **figures: Any) -> None:
    """Tell whoever wants to know, and the log, whose record has the event as ``record.event``."""
    if _LOG.isEnabledFor(logging.INFO):
        _LOG.info("%s", text, extra={"event": Event(kind, text, figures)})
    if notify is not None:
        notify(Event(kind, text, figures))


__all__ = ["Event", "Kind", "Notify", "tell"]
