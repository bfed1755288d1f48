"""Why the fastest line is the fastest, read off the figures."""

from __future__ import annotations

from collections.abc import Sequence

from .figures import count_text, seconds_text, times_text
from .summary import PHASES, Line, fastest, instances_of, lines_of

NAMES = {"compile": "compiling", "handover": "handing over", "solve": "solving", "certificate": "proving"}
NEAR = 1.25
"""A program that is larger by less than this factor is not called larger."""


def why(lines: Sequence[Line]) -> list[str]:
    """Two sentences on the largest instance on which lines can be compared; none where there is none.

    The first names the winner and its distance to the next and to the slowest, the second the phase in which
    the slowest loses most, and what the engine got from each.
    """
    for instance in reversed(instances_of(lines)):
        best = fastest(lines, instance)
        others = [one for one in lines_of(lines, instance) if one.ratio is not None and one is not best]
        if best is not None and others:
            return _compare(best, sorted(others, key=lambda one: one.ratio or 0.0))
    return []


def _compare(best: Line, others: Sequence[Line]) -> list[str]:
    following, slowest = others[0], others[-1]
    names = names_of([best, *others])
    against = [
        f"{_behind(line)} for {names[id(line)]}"
        for line in ([following] if following is slowest else [following, slowest])
    ]
    said = [
        f"{best.case.instance.label}: the fastest is {names[id(best)]} with {seconds_text(best.total)} s, "
        f"against {' and '.join(against)}."
    ]
    if best.between and following.between and following.between[0] <= best.between[1]:
        said[0] += f" Its repeats overlap those of {names[id(following)]}: which is faster is open."
    phase = max(PHASES, key=lambda phase: slowest.seconds.get(phase, 0.0) - best.seconds.get(phase, 0.0))
    lost, best_lost = (seconds_text(line.seconds.get(phase, 0.0)) for line in (slowest, best))
    said.append(
        f"{names[id(slowest)]} loses most by {NAMES[phase]} ({lost} s against {best_lost} s): "
        f"{_sizes(slowest, best)}."
    )
    return said


def names_of(lines: Sequence[Line]) -> dict[int, str]:
    """What to call each line (by its id): the formulation, and the solver where there are several."""
    several = len({line.case.solver for line in lines}) > 1
    return {
        id(line): f"{line.case.formulation} by {line.case.solver}" if several else line.case.formulation
        for line in lines
    }


def _behind(line: Line) -> str:
    more = "" if line.answered else "more than "
    return f"{more}{seconds_text(line.total)} s ({times_text(line.ratio)} times)"


def _sizes(line: Line, best: Line) -> str:
    """What the engine got from a line, against what it got from the best."""
    sizes = {"rows": (line.rows, best.rows), "nonzeros": (line.nonzeros, best.nonzeros)}
    ratios = {
        name: own / max(least, 1)
        for name, (own, least) in sizes.items()
        if own is not None and least is not None
    }
    if len(ratios) < len(sizes):
        return "what the engine got is not known"
    told = f"the engine got {_shape(line)}, against {_shape(best)}"
    if all(ratio < NEAR for ratio in ratios.values()):
        return f"{told}, so it is not the size that slows it down"
    return (
        f"{told}: {' and '.join(f'{times_text(ratio)} times the {name}' for name, ratio in ratios.items())}"
    )


def _shape(line: Line) -> str:
    return (
        f"{count_text(line.rows)} rows × {count_text(line.columns)} columns with {count_text(line.nonzeros)} "
        "nonzeros"
    )
