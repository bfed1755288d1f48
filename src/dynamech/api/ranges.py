"""The public function on parameters: `tight_range`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from fractions import Fraction
from typing import Any

from ..instances.library import find_family
from ..instances.question_file import QuestionLike
from ..models.environment.environment import Environment
from ..models.ladder.range_search import RangeQuestion
from ..models.ladder.range_search import tight_range as run_tight_range
from ..models.ladder.tight_range import Point, TightRange
from ..solvers.effort import Effort
from ..solvers.errors import InvalidInput
from ..solvers.events import Notify
from ..solvers.numbers import number
from ..solvers.numerals import shown
from .asking import INTERIM, REVENUE, DemandsLike, ParticipationLike, asked

WIDTHS = 1000
"""Into how many widths a range is divided where none is asked for."""


def tight_range(
    family: str | Callable[[Any], Environment],
    parameter: str,
    low: Any,
    high: Any,
    *,
    settings: Mapping[str, Any] | None = None,
    rung: str = "relaxed",
    objective: Any = REVENUE,
    participation: ParticipationLike = INTERIM,
    coupling: str | None = None,
    demands: DemandsLike | None = None,
    question: QuestionLike | None = None,
    width: Any = None,
    points: int = 9,
    integers: bool = False,
    whole: bool = False,
    time_limit: float | None = None,
    memory_limit: float | None = None,
    notify: Notify | None = None,
    done: dict[Fraction, Point] | None = None,
) -> TightRange:
    """For which values of a parameter, from `low` to `high`, a rung of the ladder equals `bayesian`.

    family: a library name, whose other parameters are `settings`, or a function from a number to an
    environment (`parameter` is then how the number is called). rung: of those that bound `bayesian`, which
    has the same demands. question: as in `design`, but its incentives do not count. Every answer is over the
    rationals, with a proof. `points` equally spaced numbers are asked, and boundaries between them looked for
    until they are proved or known to `width` (a thousandth of the range where None); what alternates between
    two points is missed. whole: what lies between points is proved too, where the optimal bases of both
    programs can be followed. integers: of a function, that it takes whole numbers; then `width` is 1. What is
    proved, and what is assumed of the family, says `models/ladder/range_search.py`.

    time_limit is in seconds for the answer (status ``limit``: what was known by then), memory_limit in bytes.
    `notify` is told every number before it is asked; `done` collects what is known of each, and a range that
    was interrupted, asked again with it, goes on; with it, an interruption is an answer too, of status
    ``interrupted``. Raises `InvalidInput`, what the family raises at a number,
    and `TooLarge`.

    >>> import dynamech as dm
    >>> tight = dm.tight_range("kln-nonseparable", "c_times", 3, 5, settings={"n": 3}, points=3)
    >>> [(str(run.start), str(run.end), run.tight, run.exact) for run in tight.intervals]
    [('3', '4', True, True), ('4', '5', False, True)]
    """
    if isinstance(family, str):
        make, integers = _of_library(family, parameter, dict(settings or {}))
    else:
        make = family
    start, end = _rational(low, "low"), _rational(high, "high")
    about = asked(
        question, objective=objective, participation=participation, coupling=coupling, demands=demands
    )
    about.check(make(low if isinstance(family, str) else start))
    wanted = RangeQuestion(
        make,
        parameter,
        start,
        end,
        rung,
        about,
        (end - start) / WIDTHS if width is None else _rational(width, "width"),
        points,
        integers,
        whole,
    )
    return run_tight_range(wanted, Effort("highs", True, time_limit, memory_limit, notify), done)


def _of_library(
    name: str, parameter: str, settings: dict[str, Any]
) -> tuple[Callable[[Any], Environment], bool]:
    """The environment of every number, and whether the parameter is a whole number."""
    family = find_family(name)
    kinds = {one.name: one.kind for one in family.parameters}
    if parameter not in kinds:
        family.make(**{parameter: 0})  # says which parameters there are
    if kinds[parameter] not in ("int", "rational"):
        numbers = ", ".join(key for key, kind in kinds.items() if kind in ("int", "rational"))
        raise InvalidInput(f"{name}: {parameter} is no number (numbers are: {numbers or 'none'})")
    if parameter in settings:
        raise InvalidInput(f"{name}: {parameter} is set to {shown(settings[parameter])}, and ranges")
    return lambda at: family.make(**settings, **{parameter: at}), kinds[parameter] == "int"


def _rational(value: Any, what: str) -> Fraction:
    return Fraction(number(value, what))
