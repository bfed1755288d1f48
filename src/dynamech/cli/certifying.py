"""``dynamech certificate``: a proof checked again, from its file alone."""

from __future__ import annotations

import os
from typing import Annotated

import typer

from ..report.wording import table
from ..solvers import checker
from ..solvers.errors import InvalidInput
from .options import Json
from .terminal import answer, answer_json

CertificateFile = Annotated[str, typer.Argument(metavar="FILE", help="a certificate file")]


def certificate(path: CertificateFile, as_json: Json = False) -> None:
    """Check a certificate file again: feasibility, bounds, signs and equal values, all from the file.

    Nothing is compiled or solved. Exits 1 where the proof does not hold.
    """
    if not os.path.isfile(path):
        raise InvalidInput(f"{path}: there is no such file")
    found = checker.check_file(path)
    if as_json:
        answer_json({key: found[key] for key in ("valid", "kind", "value")})
    else:
        shown = table(["what", "answer"])
        shown.add_row("valid", "yes" if found["valid"] else "no")
        shown.add_row("kind", str(found["kind"] or "–"))
        shown.add_row("value", str(found["value"] if found["value"] is not None else "–"))
        if found["reason"]:
            shown.add_row("reason", str(found["reason"]))
        answer([shown])
    if not found["valid"]:
        raise typer.Exit(1)
