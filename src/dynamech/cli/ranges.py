"""``range``: for which values of a parameter a relaxation is tight."""

from __future__ import annotations

from fractions import Fraction
from typing import Annotated

import typer

from ..api.ranges import tight_range
from ..models.ladder.range_search import BOUNDS
from ..models.ladder.tight_range import Point
from ..solvers.errors import InvalidInput
from ..solvers.numerals import rational, shown
from . import options as say
from .exit_codes import Interrupted
from .files import check_files, deliver
from .terminal import working
from .words import Words, demanding

ParameterName = Annotated[str, say.option("--parameter NAME", "The parameter that ranges.")]
From = Annotated[str, say.option("--from NUMBER", "Where it begins.")]
To = Annotated[str, say.option("--to NUMBER", "Where it ends.")]
RungWord = Annotated[str, say.option("--rung WORD", "Which relaxation", BOUNDS)]
Width = Annotated[
    str | None,
    say.option("--width NUMBER", "How well a boundary is known without a proof; a thousandth by default."),
]
Points = Annotated[int, say.option("--points COUNT", "Numbers asked first, the ends among them.")]
Whole = Annotated[bool, say.option("--whole", "Prove what lies between the numbers asked, too.")]
GapPlot = Annotated[str | None, say.option("--plot FILE", "Draw the gap (.png, .pdf, .svg).")]


@demanding
def range_(
    context: typer.Context,
    instance: say.Instance,
    parameter: ParameterName,
    low: From,
    high: To,
    settings: say.Settings = None,
    rung: RungWord = "relaxed",
    objective: say.ObjectiveWord = "revenue",
    participation: say.ParticipationWord = "interim",
    coupling: say.Coupling = None,
    width: Width = None,
    points: Points = 9,
    whole: Whole = False,
    plot: GapPlot = None,
    time_limit: say.AnswerLimit = None,
    memory_limit: say.MemoryLimit = None,
    as_json: say.Json = False,
    quiet: say.Quiet = False,
) -> None:
    """For which values of a parameter of a library instance a relaxation is tight.

    Over the rationals. Boundaries between tight and not tight are proved where they are rational and small,
    else known to --width. What alternates between two neighbouring numbers of --points is missed.
    """
    limits = say.seconds(time_limit), say.memory_bytes(memory_limit)
    if say.file_of(instance) is not None:
        say.environment_of(instance, None)
        raise InvalidInput(f"{instance}: a file has no parameters; give a library name (see `list`)")
    given = say.read_settings(settings)
    for name, text in (("--from", low), ("--to", high), ("--width", width)):
        if text is not None:
            _check_number(name, text)
    words = Words.of(context)
    check_files(instance, None, plot, *words.files)
    question = words.ask()
    done: dict[Fraction, Point] = {}
    with working(quiet) as work:
        answer = tight_range(
            instance, parameter, low, high, settings=given, rung=rung,
            question=question, width=width, points=points, whole=whole,
            time_limit=limits[0], memory_limit=limits[1], notify=work.tell, done=done,
        )  # fmt: skip
    deliver(answer, as_json, plot)
    if answer.status == "interrupted":
        raise Interrupted("interrupted; what was known by then is above")


def _check_number(name: str, text: str) -> None:
    """Raise `InvalidInput` for what is no number."""
    try:
        rational(text)
    except ValueError:
        raise InvalidInput(f"{name}: {shown(text)} is not a number such as 2, 0.25 or 3/8") from None
