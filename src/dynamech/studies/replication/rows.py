"""A row of the replication table: an item of a paper, what it prints, and the function that recomputes it.

What a function returns is compared with what is printed:

- a rational, or several, exactly; a number in doubles to the digits that are printed;
- `Claimed`: a theorem, or a formula, over stated cases; it agrees where it holds in all of them;
- `Misprint`: what the printed formula gives beside what is computed; they agree where they are equal. What
  the corrected formula gives has to be what is computed, or the row fails.

A row that disagrees has the erratum that says why. Comparisons are with what was computed in this run.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, TypeAlias

from ...solvers.errors import DynamechError
from ...solvers.numbers import written
from .errata import ERRATA

Compute: TypeAlias = Callable[..., Any]


@dataclass(frozen=True)
class Claimed:
    """Whether what a paper claims holds, and over what it was looked for."""

    holds: bool
    text: str


@dataclass(frozen=True)
class Misprint:
    """What a printed formula gives, what is computed, what the corrected formula gives."""

    as_printed: Any
    computed: Any
    corrected: Any


@dataclass(frozen=True)
class PaperRow:
    """An item of a paper.

    printed: as the paper has it, or its claim in other words. file: of the mathematics. erratum: why it
    disagrees, a key of `ERRATA`; empty where it agrees. compute: see the module; arguments are given to it.
    """

    paper: str
    item: str
    printed: str
    file: str
    erratum: str
    compute: Compute
    arguments: tuple[Any, ...] = ()


class Rows(list[PaperRow]):
    """The rows of one paper, in its order."""

    def __init__(self, paper: str) -> None:
        super().__init__()
        self.paper = paper

    def row(
        self, item: str, printed: str, file: str, *arguments: Any, erratum: str = ""
    ) -> Callable[[Compute], Compute]:
        """Enter what the decorated function computes of these arguments as a row."""
        if erratum and erratum not in ERRATA:
            raise ValueError(f"{self.paper} {item}: no erratum {erratum!r}")

        def enter(compute: Compute) -> Compute:
            self.append(PaperRow(self.paper, item, printed, file, erratum, compute, arguments))
            return compute

        return enter


class NotReplicated(DynamechError):
    """A correction that does not hold, or a result that cannot be compared."""


def every(cases: Iterable[tuple[Any, bool]], among: str) -> Claimed:
    """The claim that something holds in every case, (what it is, whether it holds)."""
    known = list(cases)
    if not known:
        raise NotReplicated("no case was looked at")
    failing = [name for name, holds in known if not holds]
    text = f"holds in {len(known) - len(failing)} of {len(known)} {among}"
    return Claimed(not failing, text if not failing else f"{text}; not in {failing[0]}")


def judged(printed: str, computed: Any) -> tuple[str, bool]:
    """What was computed, as text, and whether it is what is printed."""
    match computed:
        case Claimed(holds, text):
            return text, bool(holds)
        case Misprint(as_printed, value, corrected):
            if not _same(value, corrected):
                raise NotReplicated(f"corrected, it gives {_text(corrected)}, not {_text(value)}")
            return f"{_text(value)}, not {_text(as_printed)}", _same(as_printed, value)
    numbers, printed = listed(computed), printed.replace("−", "-")
    if any(isinstance(value, float) for value in numbers):
        wanted = re.findall(r"-?\d+(?:\.\d+)?", printed)
        digits = [len(text.partition(".")[2]) for text in wanted]
        shown = [f"{value:.{d}f}" for value, d in zip(numbers, digits, strict=True)]
        return _joined(shown), shown == wanted
    text = _text(computed)
    wanted = [Fraction(part) for part in re.findall(r"-?\d+(?:/\d+|\.\d+)?", printed)]
    return text, wanted == [Fraction(value) for value in numbers]


def listed(value: Any) -> list[Any]:
    """A number, an array or a nested list of them as a flat list."""
    value = value.tolist() if hasattr(value, "tolist") else value
    if isinstance(value, list | tuple):
        return [number for part in value for number in listed(part)]
    return [value]


def _same(one: Any, other: Any) -> bool:
    return listed(one) == listed(other)


def _joined(parts: list[str]) -> str:
    return parts[0] if len(parts) == 1 else f"({', '.join(parts)})"


def _text(value: Any) -> str:
    return _joined([written(part) if isinstance(part, Fraction) else str(part) for part in listed(value)])
