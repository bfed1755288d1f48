"""``virtual-pivot``: the optimal mechanism of a separable environment, and where its theorem fails."""

from __future__ import annotations

from typing import Annotated

from ..api.virtual_pivot import virtual_pivot as run
from ..models.screening.separable import FORMS
from ..solvers.errors import InvalidInput
from .files import check_files, deliver
from .options import (
    AnswerLimit,
    Instance,
    Json,
    MechanismOut,
    MemoryLimit,
    Quiet,
    Rational,
    Settings,
    environment_of,
    memory_bytes,
    option,
    seconds,
)
from .terminal import working

Forms = Annotated[
    list[str] | None,
    option("--form AGENT=WORD", "How her values separate, where it is not to be recognised", FORMS),
]
Exclude = Annotated[bool, option("--exclude", "Leave out also those for whom nothing is done.")]
WithLadder = Annotated[
    bool, option("--ladder", "Also the rungs of the ladder, and what any payments could earn with the plan.")
]
LevelsPlot = Annotated[
    str | None, option("--plot FILE", "Draw α, virtual values and profits (.png, .pdf, .svg).")
]


def virtual_pivot(
    instance: Instance,
    settings: Settings = None,
    forms: Forms = None,
    exclude: Exclude = False,
    ladder: WithLadder = False,
    exact: Rational = False,
    out: MechanismOut = None,
    plot: LevelsPlot = None,
    time_limit: AnswerLimit = None,
    memory_limit: MemoryLimit = None,
    as_json: Json = False,
    quiet: Quiet = False,
) -> None:
    """The revenue-optimal mechanism where values are separable, with three rules for its money.

    Who knows what from the start is charged for what later signals are worth to her. The bound on revenue,
    each rule's profit and the best lie against it, and whether the theorem holds here.
    """
    stated = {name: word for name, _, word in (text.rpartition("=") for text in forms or ())}
    if "" in stated or len(stated) < len(forms or ()):
        raise InvalidInput("--form: give AGENT=WORD, once for an agent")
    limits = seconds(time_limit), memory_bytes(memory_limit)
    env = environment_of(instance, settings)
    check_files(instance, out, plot)
    with working(quiet) as work:
        answer = run(
            env, forms=stated, exclude=exclude, ladder=ladder, exact=exact,
            time_limit=limits[0], memory_limit=limits[1], notify=work.tell,
        )  # fmt: skip
    deliver(
        answer, as_json, plot, out, None if answer.message else answer.mechanism,
        undone=answer.message, absent="no rule is truthful",
    )  # fmt: skip
