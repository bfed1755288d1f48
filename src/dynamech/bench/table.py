"""The lines as tables, one an instance, and the sentences below them."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from rich.cells import cell_len
from rich.console import Group
from rich.text import Text

from ..report.wording import NONE, Shown, money, table, titled, why_not
from .figures import count_text, seconds_text, times_text
from .summary import Line, disagreements, instances_of, lines_of
from .why import why

OPTIONAL = ("iterations", "MB", "nonzeros")
"""Columns that go, in this order, where the console is too narrow for all."""
WORDS = {"formulation": 15, "solver": 14}
"""Columns of words, which may be folded down to these widths."""

SPREAD = "±"
"""The heading of `Line.spread`, which has little room."""

Column = tuple[str, Callable[[Line], str]]


def bench_report(lines: Sequence[Line], titles: Sequence[str], width: int) -> list[Shown]:
    """Tables (a title for each instance) for a console of `width` columns, remarks, agreement, and why."""
    columns, widths = _fitted(_columns(lines), lines, width)
    names = [name for name, _ in columns]
    shown: list[Shown] = []
    for instance, title in zip(instances_of(lines), titles, strict=True):
        sheet = table(names, right=[name for name in names if name not in WORDS])
        for column, wide in zip(sheet.columns, widths, strict=False):
            column.min_width = wide
        for line in lines_of(lines, instance):
            sheet.add_row(*(read(line) for _, read in columns), style="bold" if line.ratio == 1 else "")
        shown.append(titled(title, sheet))
    if told := remarks(lines):
        shown.append(Group(*map(Text, told)))
    shown.append(Group(*map(Text, agreement(lines))))
    reasons = why(lines)
    if reasons:
        shown.append(Text(" ".join(reasons)))
    return shown


def _columns(lines: Sequence[Line]) -> list[Column]:
    """Headings and what stands below them; what is the same everywhere has no column."""
    columns: list[Column] = [("formulation", lambda line: line.case.formulation)]
    if len({line.case.solver for line in lines}) > 1:
        columns.append(("solver", lambda line: line.case.solver))
    columns += [
        ("rows × columns", _shape),
        ("nonzeros", lambda line: count_text(line.nonzeros)),
        ("iterations", lambda line: count_text(line.iterations)),
        ("compile", lambda line: _spent(line, "compile")),
        ("hand-over", lambda line: _spent(line, "handover")),
        ("solve", lambda line: _spent(line, "solve")),
    ]
    if any("certificate" in line.seconds for line in lines):
        columns.append(("proof", lambda line: _spent(line, "certificate")))
    columns.append(("total", _total))
    if any(line.spread is not None for line in lines):
        columns.append((SPREAD, lambda line: NONE if line.spread is None else f"{line.spread:.0%}"))
    return [*columns, ("ratio", _ratio), ("MB", _megabytes)]


def _fitted(columns: list[Column], lines: Sequence[Line], width: int) -> tuple[list[Column], list[int]]:
    """The columns that there is room for, and their widths, the same in all tables; none where they have to
    be folded all the same.
    """
    for dropped in (None, *OPTIONAL):
        columns = [column for column in columns if column[0] != dropped]
        widths = [max(cell_len(text) for text in (name, *map(read, lines))) for name, read in columns]
        widths = [min(wide, WORDS.get(name, wide)) for wide, (name, _) in zip(widths, columns, strict=True)]
        # Older releases of rich keep the padding of the last column as well.
        if sum(widths) + 2 * (len(widths) - 1) + 1 <= width:
            return columns, widths
    return columns, []


def _shape(line: Line) -> str:
    if line.rows is None:
        return line.status if line.repeats else NONE
    return f"{count_text(line.rows)} × {count_text(line.columns)}"


def _spent(line: Line, phase: str) -> str:
    return seconds_text(line.seconds.get(phase))


def _total(line: Line) -> str:
    return ("" if line.answered or line.total is None else "> ") + seconds_text(line.total)


def _ratio(line: Line) -> str:
    return ("" if line.answered or line.ratio is None else "> ") + times_text(line.ratio)


def _megabytes(line: Line) -> str:
    return NONE if line.peak_bytes is None else f"{line.peak_bytes / 1e6:,.0f}"


def remarks(lines: Sequence[Line]) -> list[str]:
    """What formulations mean in full, and why a line has no answer; the same remark once."""
    said: dict[tuple[str, str], list[Line]] = {}
    for line in lines:
        word = line.case.formulation
        if line.answered and line.formulation not in ("", word):
            said.setdefault((f"'{word}'", f" is {line.formulation}"), []).append(line)
        elif line.repeats and not line.answered:
            reason = why_not(line.status, line.message).rstrip(".")
            said.setdefault((word, f", {reason}"), []).append(line)
    instances, solvers = len(instances_of(lines)), {line.case.solver for line in lines}
    told = []
    for (word, remark), own in said.items():
        by = list(dict.fromkeys(line.case.solver for line in own))
        at = [instance.label for instance in instances_of(own)]
        who = "" if len(by) == len(solvers) or word.startswith("'") else f" by {', '.join(by)}"
        where = "" if len(at) == instances else f" ({'; '.join(at)})"
        told.append(f"{word}{who}{remark}{where}.")
    return told


def agreement(lines: Sequence[Line]) -> list[str]:
    """Whether the lines agree, and on what."""
    different = disagreements(lines)
    if different:
        return ["VALUES DISAGREE.", *(f"{sentence}." for sentence in different)]
    said = []
    for instance in instances_of(lines):
        answered = [line for line in lines_of(lines, instance) if line.answered]
        if not answered:
            continue
        best = min(answered, key=lambda line: (line.exact is None, line.error))
        value = best.exact if best.exact and len(best.exact) <= 40 else money(best.value, best.error)
        status = f"value {value}" if best.status == "optimal" else best.status
        who = "all answers agree" if len(answered) > 1 else "one answer"
        said.append(f"{instance.label}: {status} ({who}).")
    return said
