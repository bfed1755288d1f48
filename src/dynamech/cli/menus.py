"""``menu``: optimal mechanisms as menus of contracts."""

from __future__ import annotations

from typing import Annotated

from ..api.menus import menu as run_menu
from .files import check_files, deliver
from .options import (
    AnswerLimit,
    Instance,
    Json,
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

Kind = Annotated[
    str | None,
    option("--kind KIND", "posted, option, handicap or progressive; by default what conditions hold for."),
]
MechanismOut = Annotated[str | None, option("--out FILE", "Write the menu as a mechanism file.")]
MenuPlot = Annotated[str | None, option("--plot FILE", "Draw fees and prices (.png, .pdf, .svg).")]


def menu(
    instance: Instance,
    settings: Settings = None,
    kind: Kind = None,
    exact: Rational = False,
    out: MechanismOut = None,
    plot: MenuPlot = None,
    time_limit: AnswerLimit = None,
    memory_limit: MemoryLimit = None,
    as_json: Json = False,
    quiet: Quiet = False,
) -> None:
    """The optimal mechanism as a menu: contracts with a fee and prices, who takes which, what it earns.

    posted: one buyer whose values separate. option: one buyer who learns more before she buys. handicap:
    several bidders. progressive: one buyer who knows how her value grows.
    """
    limits = seconds(time_limit), memory_bytes(memory_limit)
    env = environment_of(instance, settings)
    check_files(instance, out, plot)
    with working(quiet) as work:
        offered = run_menu(
            env, kind, exact=exact, time_limit=limits[0], memory_limit=limits[1], notify=work.tell
        )
    deliver(offered, as_json, plot, out, offered.mechanism)
