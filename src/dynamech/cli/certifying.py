"""``dynamech certificate``: a proof checked again, from its file alone or against its question."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated, Any

import typer

from ..rebuild import difference, rebuild
from ..report.wording import ends, table
from ..solvers import checker
from ..solvers.certificate import Certificate
from ..solvers.errors import DynamechError, InvalidInput
from .options import Json, MemoryLimit, Quiet, Settings, environment_of, memory_bytes
from .terminal import answer, answer_json, working

CertificateFile = Annotated[str, typer.Argument(metavar="FILE", help="A certificate file.")]
Against = Annotated[
    str | None,
    typer.Argument(metavar="[X]", help="With --rebuild: this instance, not the file's.", show_default=False),
]
Rebuild = Annotated[
    bool, typer.Option("--rebuild", help="Compile the question again: is the certified program its program?")
]


def certificate(
    path: CertificateFile,
    instance: Against = None,
    settings: Settings = None,
    again: Rebuild = False,
    memory_limit: MemoryLimit = None,
    as_json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Check a certificate file again: feasibility, bounds, signs and equal values, all from the file.

    Nothing is compiled or solved. With --rebuild the question that the file names is compiled as well, and
    the certified program compared with it, number by number. Exits 1 where the proof does not hold.
    """
    if (instance is not None or settings) and not again:
        raise InvalidInput("an instance is named only with --rebuild; the check itself needs the file alone")
    if settings and instance is None:
        raise InvalidInput("--set belongs to a library name: dynamech certificate FILE X --rebuild --set ...")
    limit = memory_bytes(memory_limit)
    if not os.path.isfile(path):
        raise InvalidInput(f"{path}: there is no such file")
    env = None if instance is None else environment_of(instance, settings)
    found: dict[str, Any] = dict(checker.check_file(path))
    if found["valid"] and found["kind"] == "interval":
        payload = checker.read(Path(path))
        found |= {end: payload[end] for end in ("least", "most")}
    if again and found["valid"]:
        with working(quiet) as work:
            work.step("compiling the question")
            question = checker.read(Path(path)).get("question")
            try:
                unlike = difference(Certificate.load(path).program, rebuild(question, env, limit))
            except DynamechError as error:
                if env is not None or not isinstance(question, dict):
                    raise
                unlike = str(error)
        found["rebuilt"] = unlike is None
        if unlike is not None:
            found |= {"valid": False, "reason": unlike}
    elif again:
        found["rebuilt"] = False
    if as_json:
        answer_json({key: value for key, value in found.items() if key != "reason"})
    else:
        shown = table(["what", "answer"])
        shown.add_row("valid", "yes" if found["valid"] else "no")
        shown.add_row("kind", str(found["kind"] or "–"))
        shown.add_row("value", _value(found))
        if again:
            shown.add_row("rebuilt", "the same program" if found["rebuilt"] else "no")
        if found["reason"]:
            shown.add_row("reason", str(found["reason"]))
        answer([shown])
    if not found["valid"]:
        raise typer.Exit(1)


def _value(found: dict[str, Any]) -> str:
    if "least" in found:
        least, most = (found[end] and checker.number(found[end]) for end in ("least", "most"))
        return ends(least, most)
    return "–" if found["value"] is None else str(found["value"])
