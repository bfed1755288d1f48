"""``dynamech certificate``: a proof checked again, from its file alone or against its question."""

from __future__ import annotations

import os
from dataclasses import replace
from typing import Annotated, Any

import typer

from ..api.certificate import check_certificate, expected
from ..report.options import in_options
from ..solvers.errors import InvalidInput
from ..solvers.numerals import one_line
from .options import Json, MemoryLimit, Quiet, Settings, environment_of, memory_bytes, option
from .terminal import give, note, working
from .words import Words, demanding

CertificateFile = Annotated[str, typer.Argument(metavar="FILE", help="A certificate file.")]
Against = Annotated[
    str | None,
    typer.Argument(
        metavar="[X]",
        help="The instance that the proof should be about; --rebuild compiles it, not the file's.",
        show_default=False,
    ),
]
Rebuild = Annotated[
    bool, option("--rebuild", "Compile the question again: is the certified program its program?")
]


def _expected(key: str) -> Any:
    return option(f"--{key} WORD", f"The {key} that the proof should be about.")


@demanding
def certificate(
    context: typer.Context,
    path: CertificateFile,
    instance: Against = None,
    settings: Settings = None,
    objective: Annotated[str | None, _expected("objective")] = None,
    incentives: Annotated[str | None, _expected("incentives")] = None,
    participation: Annotated[str | None, _expected("participation")] = None,
    coupling: Annotated[str | None, _expected("coupling")] = None,
    formulation: Annotated[str | None, _expected("formulation")] = None,
    again: Rebuild = False,
    memory_limit: MemoryLimit = None,
    as_json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Check a certificate file again, from the file alone, and say what it is about.

    Nothing is solved. What a file says of its question is a claim: words and an instance given beside it have
    to be its own, and with --rebuild the question is compiled and the certified program compared with it,
    number by number. Exits 1 where the proof does not hold or is about something else.
    """
    if settings and instance is None:
        raise InvalidInput("--set belongs to a library name: dynamech certificate FILE X --set ...")
    typed = Words.of(context)
    wanted = {"question": typed.question, "demands": typed.demands or None, **typed.said}
    expected(**wanted)
    limit = memory_bytes(memory_limit)
    if not os.path.isfile(path):
        raise InvalidInput(f"{one_line(path)}: there is no such file")
    env = None if instance is None else environment_of(instance, settings)
    with working(quiet) as work:
        check = check_certificate(path, env, again=again, memory_limit=limit, notify=work.tell, **wanted)
    check = replace(check, reason=in_options(check.reason))
    if as_json and not check:
        note(f"not valid: {check.reason}", quiet)
    give(check, as_json)
    if not check:
        raise typer.Exit(1)
