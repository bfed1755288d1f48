"""``pivot`` and ``index``: efficient mechanisms, and Gittins indices of bandits."""

from __future__ import annotations

from typing import Annotated

from ..api.correlation import generalised_vcg
from ..api.efficient import index as run_index
from ..api.efficient import pivot as run_pivot
from ..api.virtual_pivot import virtual_index as run_virtual
from ..models.answers.answer import Answer
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

Team = Annotated[
    bool, option("--team", "The team mechanism in place of the pivot: all get what others have.")
]
Balanced = Annotated[bool, option("--balanced-team", "The balanced team mechanism: payments cover costs.")]
Generalised = Annotated[
    bool, option("--generalised", "The generalised VCG mechanism: values may depend on everybody's types.")
]
Intervals = Annotated[
    bool, option("--uniqueness", "Also the least and largest compatible payment at every state.")
]
StatesPlot = Annotated[
    str | None, option("--plot FILE", "Draw values and payments by state (.png, .pdf, .svg).")
]
Virtual = Annotated[
    bool, option("--virtual", "What each is worth to a seller, by first signals, and her payments.")
]
IndexPlot = Annotated[str | None, option("--plot FILE", "Draw the indices by state (.png, .pdf, .svg).")]


def pivot(
    instance: Instance,
    settings: Settings = None,
    team: Team = False,
    balanced: Balanced = False,
    uniqueness: Intervals = False,
    generalised: Generalised = False,
    exact: Rational = False,
    out: MechanismOut = None,
    plot: StatesPlot = None,
    time_limit: AnswerLimit = None,
    memory_limit: MemoryLimit = None,
    as_json: Json = False,
    quiet: Quiet = False,
) -> None:
    """The efficient policy, what everybody adds to it, and payments that leave her just that.

    Private values, independent types. Social values with and without each agent, contributions, the dynamic
    pivot payments at every state, who is out, and which notions hold. With --generalised: payments by
    critical types, for values that depend on everybody's ordered types.
    """
    if team + balanced + uniqueness + generalised > 1:
        raise InvalidInput(
            "give one of --team, --balanced-team, --generalised, --uniqueness (of the pivot mechanism)"
        )
    if generalised and plot is not None:
        raise InvalidInput("--plot: there is no picture of the generalised VCG mechanism")
    kind = "team" if team else "balanced-team" if balanced else "pivot"
    limits = seconds(time_limit), memory_bytes(memory_limit)
    env = environment_of(instance, settings)
    check_files(instance, out, plot)
    if generalised:
        with working(quiet) as work:
            work.step("critical types")
            vcg = generalised_vcg(env, exact=exact)
        deliver(vcg, as_json, None, out, vcg.mechanism)
        return
    with working(quiet) as work:
        answer = run_pivot(
            env, kind, uniqueness=uniqueness, exact=exact,
            time_limit=limits[0], memory_limit=limits[1], notify=work.tell,
        )  # fmt: skip
    undone = answer.message if answer.mechanism is None else ""
    deliver(answer, as_json, plot, out, answer.mechanism, undone=undone)


def index(
    instance: Instance,
    settings: Settings = None,
    virtual: Virtual = False,
    exact: Rational = False,
    plot: IndexPlot = None,
    time_limit: AnswerLimit = None,
    memory_limit: MemoryLimit = None,
    as_json: Json = False,
    quiet: Quiet = False,
) -> None:
    """The Gittins index of every arm of a bandit, in every state.

    An action plays one arm: an agent's, who alone values it and learns from it, or a safe one. For ever, it
    is efficient to play the arm of the largest index. With --virtual, in a bandit after a period 0 of first
    signals: the indices by first signal that a seller goes by, and what everybody pays her.
    """
    limits = seconds(time_limit), memory_bytes(memory_limit)
    env = environment_of(instance, settings)
    check_files(instance, None, plot)
    run = run_virtual if virtual else run_index
    with working(quiet) as work:
        indices: Answer = run(
            env, exact=exact, time_limit=limits[0], memory_limit=limits[1], notify=work.tell
        )
    deliver(indices, as_json, plot)
