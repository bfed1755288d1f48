"""``replicate``: what the papers print, beside what is computed."""

from __future__ import annotations

from typing import Annotated

import typer

from ..api.replicating import replicate as run_replicate
from ..studies.replicate import select
from .options import Json, Quiet
from .terminal import give, working

Name = Annotated[
    str | None,
    typer.Argument(metavar="[NAME]", help="A paper (KLN, BV, LIU, MPTZ, LN), an erratum or an item."),
]


def replicate(name: Name = None, as_json: Json = False, quiet: Quiet = False) -> None:
    """Compute every number, example and theorem of the papers that can be, and compare.

    Exit code 1 where a row fails, or disagrees without an erratum that says why.
    """
    with working(quiet, len(select(name))) as work:
        answer = run_replicate(name, notify=work.tell)
    give(answer, as_json)
    if not answer:
        raise typer.Exit(1)
