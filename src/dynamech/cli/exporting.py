"""``export``: the program for another solver, or the instance as a file."""

from __future__ import annotations

import os
from typing import Annotated

import typer

from ..api.exporting import SUFFIXES
from ..api.exporting import export as run
from ..solvers.conversions.writing import NAMES_FORMAT, names_path
from ..solvers.errors import InvalidInput
from . import options as say
from .files import check_beside, check_target
from .sizes import announce
from .terminal import give, working
from .words import Words, demanding

Target = Annotated[str, say.option("--out FILE", "The program as .mps or .lp, the instance as .json.")]


@demanding
def export(
    context: typer.Context,
    instance: say.Instance,
    out: Target,
    settings: say.Settings = None,
    objective: say.ObjectiveWord = "revenue",
    incentives: say.IncentivesWord = "bayesian",
    participation: say.ParticipationWord = "interim",
    coupling: say.Coupling = None,
    formulation: say.Formulation = "auto",
    memory_limit: say.MemoryLimit = None,
    as_json: say.Json = False,
    quiet: say.Quiet = False,
) -> None:
    """Write the compiled program (.mps, .lp), or the instance (.json).

    A program has its labels in a file beside it, FILE.names.json. MPS is a minimisation: where the program
    maximises, its value is minus what a solver of the file says.
    """
    suffix = os.path.splitext(out)[1].lower()
    if suffix not in SUFFIXES:
        raise InvalidInput(f"--out: {out} is none of model.mps, model.lp and instance.json")
    words = Words.of(context)
    if suffix == ".json" and not words.silent:
        raise InvalidInput(
            f"--out {out} writes the instance, about which notions and formulations say nothing"
        )
    env = say.environment_of(instance, settings)
    check_target(out, "--out", say.file_of(instance), *words.files)
    if suffix != ".json":
        check_beside(
            names_path(out), "--out", "file of names", NAMES_FORMAT, say.file_of(instance), *words.files
        )
    question, effort = words.ask().check(env), words.effort()
    with working(quiet) as work:
        if suffix != ".json":
            lies = question.incentives.name
            announce(env, {lies: question}, effort, [lies], work)
        work.step(f"writing {out}")
        written = run(env, out, question=question, memory_limit=effort.memory_limit)
    give(written, as_json)
