"""``export``: the program for another solver, or the instance as a file."""

from __future__ import annotations

import os
from typing import Annotated, Any

import typer

from ..api import questions as api
from ..instances.file import save_instance
from ..solvers.conversions.writing import NAMES_FORMAT, names_path
from ..solvers.errors import InvalidInput
from . import options as say
from .files import check_beside, check_target
from .sizes import announce
from .terminal import answer, answer_json, working

PROGRAMS = (".mps", ".lp")
Target = Annotated[
    str, typer.Option("--out", metavar="FILE", help="The program as .mps or .lp, the instance as .json.")
]


def export(
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
    if suffix not in (*PROGRAMS, ".json"):
        raise InvalidInput(f"--out: {out} is none of model.mps, model.lp and instance.json")
    words = say.Words(objective, incentives, participation, coupling, formulation, memory_limit=memory_limit)
    if suffix == ".json" and words != say.Words(memory_limit=memory_limit):
        raise InvalidInput(
            f"--out {out} writes the instance, about which notions and formulations say nothing"
        )
    env = say.environment_of(instance, settings)
    check_target(out, "--out", say.file_of(instance))
    names = names_path(out)
    if suffix != ".json":
        check_beside(names, "--out", "file of names", NAMES_FORMAT, say.file_of(instance))
    asked = words.check(env)
    content: dict[str, Any] = {"instance": env.name, "path": out, "format": suffix[1:]}
    if suffix == ".json":
        save_instance(env, out)
        text = f"{out}: the instance '{env.name}'"
    else:
        with working(quiet) as work:
            announce(env, say.question_of(env, asked), words.effort(), [incentives], [incentives], work)
            work.step(f"compiling {incentives}")
            program = api.compile(env, **asked)
            work.step(f"writing {out}")
            program.write(out)
        content |= {
            "names": names,
            "incentives": incentives,
            "participation": participation,
            "kind": program.kind,
            "rows": program.num_rows,
            "columns": program.num_columns,
            "nonzeros": program.num_nonzeros,
        }
        text = (
            f"{out}: {program.kind} with {program.num_rows:,} rows, {program.num_columns:,} columns, "
            f"{program.num_nonzeros:,} nonzeros, to be {_aim(suffix, program.sense)}; its labels: {names}"
        )
    if as_json:
        answer_json(content)
    else:
        answer([text])


def _aim(suffix: str, sense: str) -> str:
    """What a solver of the file has to do."""
    if suffix == ".mps":
        return "minimised" + (" (the value is minus the optimum)" if sense == "max" else "")
    return "maximised" if sense == "max" else "minimised"
