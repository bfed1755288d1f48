"""``price``: what demands cost, one by one and together."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Annotated, Any, get_args

import typer

from ..api.price import price as run_price
from ..models.design.design import Design
from ..models.ladder.price import Names, asked_about, said
from ..models.notions.incentives import RUNGS
from ..solvers.errors import InvalidInput
from ..solvers.numerals import shown
from . import options as say
from .exit_codes import Interrupted
from .files import check_files, deliver
from .sizes import announce
from .terminal import working
from .words import DEMANDS, QUESTION, Words

DemandsAsked = Annotated[
    list[str] | None,
    say.option(
        "--demand KEY=VALUE",
        "A demand as the options of `design` say it, such as budget=ex-post,balanced; repeatable.",
    ),
]
RungWord = Annotated[str | None, say.option("--rung WORD", "Of the ladder, bayesian by default", RUNGS)]
Bars = Annotated[str | None, say.option("--plot FILE", "Draw the values (.png, .pdf, .svg).")]


def price(
    context: typer.Context,
    instance: say.Instance,
    settings: say.Settings = None,
    demand: DemandsAsked = None,
    question: QUESTION = None,
    rung: RungWord = None,
    objective: say.ObjectiveWord = "revenue",
    participation: say.ParticipationWord = "interim",
    coupling: say.Coupling = None,
    formulation: say.Formulation = "auto",
    solver: say.Solver = "highs",
    exact: say.Exact = False,
    plot: Bars = None,
    time_limit: say.TimeLimit = None,
    memory_limit: say.MemoryLimit = None,
    as_json: say.Json = False,
    quiet: say.Quiet = False,
) -> None:
    """What demands cost: the value without any, under each alone, all but each, and all.

    What belongs to one demand is said with it or by itself: --demand budget=ex-post,balanced and --demand
    budget=ex-post --demand balanced are the same. Multipliers say what a unit more or less of each bound
    would be worth, with all demands in place.
    """
    if rung is not None and rung not in RUNGS:
        raise InvalidInput(f"--rung: {shown(rung)} is not one of {', '.join(RUNGS)}")
    words = Words.of(context)
    said_beside = {**words.said, **({} if rung is None else {"incentives": rung})}
    words = replace(words, said=said_beside, demands=_demands(demand or []))
    env = say.environment_of(instance, settings)
    check_files(instance, None, plot, *words.files)
    told = words.check(env)
    asked, effort = told["question"], words.effort()
    if not asked.demands:
        raise InvalidInput("--demand: name what is demanded, such as --demand payments=nonnegative")
    parts = {
        said(tuple(each.name for each in some)): replace(asked, demands=some)
        for some in asked_about(asked.demands)
    }
    done: dict[Names, Design] = {}
    with working(quiet, len(parts) + len(asked.demands)) as work:
        announce(env, parts, effort, parts, work)
        answer = run_price(
            env, **told, solver=solver, time_limit=effort.time_limit, notify=work.tell, done=done
        )
    deliver(answer, as_json, plot)
    if answer.status == "interrupted":
        raise Interrupted("interrupted; what was known by then is above")


def _demands(texts: list[str]) -> dict[str, Any]:
    """What the options of `design` would have said, by the keys of a question. Raises `InvalidInput`."""
    beside = re.compile(f",(?=(?:{'|'.join(DEMANDS)})(?:[=,]|$))")
    given: dict[str, Any] = {}
    for text in (part for whole in texts for part in beside.split(whole)):
        key, equals, value = text.partition("=")
        kind = get_args(DEMANDS[key][0])[0] if key in DEMANDS else None
        if kind is None or not (value or kind is bool):
            raise InvalidInput(
                f"--demand: {shown(text)} is not KEY=VALUE with a key among {', '.join(DEMANDS)}"
            )
        if kind == list[str] | None:
            given.setdefault(key, []).append(value)
        elif key in given:
            raise InvalidInput(f"--demand: {key} is given twice")
        elif kind is not bool:
            given[key] = value
        elif value in ("true", "false") or not equals:
            given[key] = value != "false"
        else:
            raise InvalidInput(f"--demand: {key} is true or false, not {shown(value)}")
    return {key: DEMANDS[key][1](value) for key, value in given.items()}
