"""A benchmark as an answer: its lines with what they say together, as a table, JSON, a frame and a plot."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from functools import cached_property
from typing import Any

from ..models.answers.answer import Answer
from ..models.notions.demands import read_demands
from ..report.answers import FACES, Face
from ..report.frames import Columns, of_rows
from ..report.wording import Shown
from .case import Asked, Instance
from .plot import draw
from .summary import Line, disagreements
from .table import SPREAD, bench_report
from .why import why


@dataclass(frozen=True, eq=False, repr=False)
class Benchmark(Answer):
    """One question at several sizes, in several formulations, by several solvers.

    instances: the sizes. repeat: measurements wanted of each line. lines: see `summarise`.
    """

    instances: tuple[Instance, ...]
    asked: Asked
    repeat: int
    lines: tuple[Line, ...]

    @property
    def name(self) -> str:
        """The instance's name."""
        return self.instances[0].environment.name

    @cached_property
    def textbook_rows(self) -> list[int | None]:
        """Rows of the textbook program, by instance; None where there is none."""
        return [instance.textbook_rows(self.asked) for instance in self.instances]

    @cached_property
    def disagreements(self) -> list[str]:
        """Where answers differ by more than their accuracy; empty where all agree."""
        return disagreements(self.lines)

    @property
    def question(self) -> str:
        """The question in words."""
        asked = self.asked
        words = f"{asked.objective}, incentives {asked.incentives}, participation {asked.participation}"
        return ", ".join([words, *(demand.name for demand in read_demands(asked.demands))])

    def _facts(self) -> dict[str, object]:
        return {"instance": self.name, "lines": len(self.lines), "agree": not self.disagreements}

    def to_json(self) -> dict[str, Any]:
        """The object of `bench X --json`."""
        words = asdict(self.asked)
        del words["time_limit"], words["memory_limit"]
        return {
            "instance": self.name,
            **words,
            "repeat": self.repeat,
            "sizes": [
                {"size": dict(instance.size), "digest": instance.digest, "textbook_rows": count}
                for instance, count in zip(self.instances, self.textbook_rows, strict=True)
            ],
            "lines": [line.to_json() for line in self.lines],
            "agree": not self.disagreements,
            "disagreements": self.disagreements,
            "why": why(self.lines),
        }


def _report(benchmark: Benchmark, width: int) -> list[Shown]:
    """What was measured in a line, then the tables."""
    name, solvers = benchmark.name, {line.case.solver for line in benchmark.lines}
    titles = [
        (name if instance.label == name else f"{name}, {instance.label}")
        + ("" if count is None else f": {count:,} rows in the textbook program")
        for instance, count in zip(benchmark.instances, benchmark.textbook_rows, strict=True)
    ]
    repeats = f"medians of {benchmark.repeat}"
    if any(line.spread is not None for line in benchmark.lines):
        repeats += f" ({SPREAD}: from the fastest to the slowest)"
    head = f"{benchmark.question}; seconds, {repeats}, ratios to the fastest"
    by = f"; by {solvers.pop()}" if len(solvers) == 1 else ""
    return [head + by, *bench_report(benchmark.lines, titles, width)]


def _columns(benchmark: Benchmark) -> Columns:
    """A row a line: the size, what it was, its figures, and the seconds of each phase."""

    def flat(size: dict[str, str], seconds: dict[str, float], **facts: Any) -> dict[str, Any]:
        return size | facts | seconds

    return of_rows(flat(**line.to_json()) for line in benchmark.lines)


def _plot(benchmark: Benchmark) -> Any:
    title = f"{benchmark.name}: {benchmark.question}"
    return draw(benchmark.lines, benchmark.textbook_rows, title)


FACES[Benchmark] = Face(_report, _columns, figure=_plot, by_width=True)
