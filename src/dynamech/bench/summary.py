"""From measurements to lines: medians, ratios to the fastest of the same size, and whether values agree."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from ..solvers.accuracy import known
from .case import Case, Instance
from .keeping import Keeper

PHASES = ("compile", "handover", "solve", "certificate")
AGREE = 1e-6
"""Relative difference up to which two values agree, beside what their measured errors allow."""
ANSWERS = ("optimal", "infeasible", "unbounded")


@dataclass(frozen=True)
class Line:
    """One case with the medians of its repeats.

    status: of the answer, or "refused", "failed", or "not measured". formulation: in full, of what was asked
    for. seconds: medians by phase and "total". between: the smallest and the largest total of the repeats;
    None where there are not two. ratio: total over the smallest total of the same instance among answered
    lines; None where there is no total. error: what `value` may be off by, estimated where
    no bound is known. rows, columns, nonzeros: of what the engine was given. peak_bytes: the largest of the
    repeats; repeats: how many.
    """

    case: Case
    status: str
    message: str
    formulation: str = ""
    value: float | None = None
    exact: str | None = None
    error: float = 0.0
    rows: int | None = None
    columns: int | None = None
    nonzeros: int | None = None
    iterations: int | None = None
    seconds: dict[str, float] = field(default_factory=dict)
    peak_bytes: int | None = None
    repeats: int = 0
    ratio: float | None = None
    between: tuple[float, float] | None = None

    @property
    def spread(self) -> float | None:
        """How far apart the totals of the repeats lie, as a share of their median."""
        if self.between is None or not self.total:
            return None
        return (self.between[1] - self.between[0]) / self.total

    @property
    def total(self) -> float | None:
        """Seconds from environment to answer, None where there was no time to take."""
        return self.seconds.get("total")

    @property
    def answered(self) -> bool:
        """Whether the question was settled; a line at its limit has a time, but no answer."""
        return self.status in ANSWERS

    def to_json(self) -> dict[str, Any]:
        """The line under the names of the command's JSON."""
        case = self.case
        own = {"size": dict(case.instance.size), "formulation": case.formulation, "solver": case.solver}
        kept = ("status", "message", "value", "exact", "rows", "columns", "nonzeros", "iterations")
        return (
            own
            | {"means": self.formulation or None}
            | {name: getattr(self, name) for name in kept}
            | {"seconds": self.seconds, "ratio": self.ratio, "peak_bytes": self.peak_bytes}
            | {"repeats": self.repeats, "between": self.between and list(self.between)}
        )


def summarise(cases: Sequence[Case], repeats: int, keeper: Keeper) -> list[Line]:
    """The lines of all cases, in their order."""
    lines = [_line(case, keeper.figures(case, repeats)) for case in cases]
    best = {id(instance): fastest(lines, instance) for instance in instances_of(lines)}
    return [
        line
        if line.total is None or (first := best[id(line.case.instance)]) is None or not first.total
        else replace(line, ratio=line.total / first.total)
        for line in lines
    ]


def instances_of(lines: Sequence[Line]) -> list[Instance]:
    """The instances, each once, in their order."""
    return list({id(line.case.instance): line.case.instance for line in lines}.values())


def lines_of(lines: Sequence[Line], instance: Instance) -> list[Line]:
    """The lines of one instance."""
    return [line for line in lines if line.case.instance is instance]


def fastest(lines: Sequence[Line], instance: Instance) -> Line | None:
    """The line of an instance that was answered first."""
    timed = [line for line in lines_of(lines, instance) if line.answered and line.total is not None]
    return min(timed, key=lambda line: line.total or 0.0, default=None)


def _line(case: Case, figures: Sequence[dict[str, Any]]) -> Line:
    if not figures:
        return Line(case, "not measured", "interrupted")
    # One that was not answered stands for all: the others cannot be told together with it.
    shown = next((one for one in figures if one["status"] not in ANSWERS), figures[0])
    timed = [one["seconds"] for one in figures if one["status"] == shown["status"]]
    read = ("value", "exact", "rows", "columns", "nonzeros", "iterations")
    error = shown.get("estimate") if shown.get("error") is None else shown["error"]
    seconds = {
        phase: statistics.median(one[phase] for one in timed)
        for phase in ("environment", *PHASES, "total")
        if all(phase in one for one in timed)
    }
    totals = [one["total"] for one in timed if "total" in one]
    return Line(
        case,
        shown["status"],
        shown["message"],
        formulation=shown.get("formulation") or "",
        error=error or 0.0,
        seconds=seconds,
        peak_bytes=max((one["peak_bytes"] for one in figures if one.get("peak_bytes")), default=None),
        repeats=len(figures),
        between=(min(totals), max(totals)) if len(totals) > 1 else None,
        **{name: shown.get(name) for name in read},
    )


def disagreements(lines: Sequence[Line]) -> list[str]:
    """Where answers to the same question differ by more than their accuracy, one sentence a difference."""
    said = []
    for instance in instances_of(lines):
        answered = [line for line in lines_of(lines, instance) if line.answered]
        # The most accurate answer is what the others are held against.
        answered.sort(key=lambda line: (line.exact is None, line.error))
        for line in answered[1:]:
            if not _same(answered[0], line):
                said.append(f"{_told(answered[0])}, but {_told(line)}")
    return said


def _same(one: Line, other: Line) -> bool:
    if one.status != other.status:
        return False
    if one.exact is not None and other.exact is not None:
        return one.exact == other.exact
    if one.value is None or other.value is None:
        return one.value is other.value
    allowed = AGREE * max(abs(one.value), abs(other.value)) + one.error + other.error
    return abs(one.value - other.value) <= allowed


def _told(line: Line) -> str:
    value = line.exact or ("" if line.value is None else f"{known(line.value, line.error):.10g}")
    return f"{line.case.label} says {line.status}{f', value {value}' if value else ''}"
