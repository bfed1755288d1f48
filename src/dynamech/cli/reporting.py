"""``report``: everything about an environment on one page."""

from __future__ import annotations

import shlex
from dataclasses import replace
from typing import Annotated

import typer

from ..api.reporting import report as run
from ..models.ladder.ladder import DECISIVE, read_rungs
from ..models.notions.incentives import INCENTIVES
from ..solvers.errors import InvalidInput
from . import options as say
from .files import check_target
from .sizes import announce
from .terminal import give, note, working
from .words import Words, demanding

Page = Annotated[str, say.option("--out FILE", "The page, as .html.")]
Undated = Annotated[bool, say.option("--undated", "No date on the page.")]


@demanding
def report(
    context: typer.Context,
    instance: say.Instance,
    out: Page,
    settings: say.Settings = None,
    objective: say.ObjectiveWord = "revenue",
    participation: say.ParticipationWord = "interim",
    coupling: say.Coupling = None,
    formulation: say.Formulation = "auto",
    rungs: say.Rungs = None,
    solver: say.Solver = "highs",
    exact: say.Exact = False,
    undated: Undated = False,
    time_limit: say.TimeLimit = None,
    memory_limit: say.MemoryLimit = None,
    as_json: say.Json = False,
    quiet: say.Quiet = False,
) -> None:
    """One HTML page that tells the whole story: ladder, who lies, the mechanism as a tree, proofs, versions.

    The page needs no network and can be handed on. The same command writes the same bytes but for the date,
    which is that of SOURCE_DATE_EPOCH where that is set.
    """
    if not out.lower().endswith((".html", ".htm")):
        raise InvalidInput(f"--out: {out} is no .html")
    words = Words.of(context)
    env = say.environment_of(instance, settings)
    check_target(out, "--out", say.file_of(instance), *words.files)
    asked, effort = words.check(env), words.effort()
    try:
        names = read_rungs(None if rungs is None else rungs.split(","))
    except InvalidInput as error:
        raise InvalidInput(f"--{error}") from None
    with working(quiet, len(names) + 1) as work:
        questions = {name: replace(asked["question"], incentives=INCENTIVES[name]) for name in names}
        announce(env, questions, effort, DECISIVE, work)
        told = run(
            env, out, **asked, solver=solver, time_limit=effort.time_limit, notify=work.tell, rungs=names,
            dated=not undated, command=typed(context),
        )  # fmt: skip
    note(f"{out}: a page of {len(told.page.encode()):,} bytes", quiet)
    give(told, as_json)


def typed(context: typer.Context) -> str:
    """The command as it was typed, in the order of its help, without what only changes what is printed."""
    words = ["dynamech", context.info_name or ""]
    for parameter in context.command.params:
        source = getattr(context.get_parameter_source(parameter.name or ""), "name", "")
        if source != "COMMANDLINE" or parameter.name in ("as_json", "quiet"):
            continue
        value = context.params[parameter.name or ""]
        flag = [max(parameter.opts, key=len)] if parameter.param_type_name == "option" else []
        for one in value if isinstance(value, list | tuple) else [value]:
            words += flag if isinstance(one, bool) else [*flag, str(one)]
    return shlex.join(words)
