"""``design`` and ``ladder``: the answers, as tables or as JSON, and the files that keep them."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Annotated, Any

import typer

from ..api import questions as api
from ..instances.mechanism_file import save_mechanism
from ..models.design.design import Design
from ..models.design.question import Question
from ..models.design.rents import bounds_alone, in_rents
from ..models.environment.environment import Environment
from ..models.ladder.ladder import DECISIVE, Ladder, Rung, read_rungs
from ..models.mechanism.mechanism import Mechanism
from ..models.notions.incentives import INCENTIVES
from ..rebuild import question_of as question_json
from ..report.options import in_options
from ..solvers import checker
from ..solvers.errors import DynamechError, InvalidInput, TooLarge
from ..solvers.events import Event, Notify
from . import options as say
from .exit_codes import Interrupted
from .files import beside, check_beside, check_files, check_pictures, check_target, draw
from .resume import Record
from .sizes import announce
from .terminal import Work, give, note, working
from .words import Words, demanding

TypesPlot = Annotated[
    str | None, say.option("--plot-types FILE", "Draw who would imitate whom: the lies that bind.")
]
LiePlot = Annotated[
    str | None, say.option("--plot-lie FILE", "Draw the lie that the relaxation cannot hold back.")
]


@demanding
def design(
    context: typer.Context,
    instance: say.Instance,
    settings: say.Settings = None,
    objective: say.ObjectiveWord = "revenue",
    incentives: say.IncentivesWord = "bayesian",
    participation: say.ParticipationWord = "interim",
    coupling: say.Coupling = None,
    formulation: say.Formulation = "auto",
    solver: say.Solver = "highs",
    exact: say.Exact = False,
    certificate: say.Certificate = None,
    out: say.Out = None,
    plot: say.Plot = None,
    plot_types: TypesPlot = None,
    pool: say.PoolFile = None,
    time_limit: say.TimeLimit = None,
    memory_limit: say.MemoryLimit = None,
    as_json: say.Json = False,
    quiet: say.Quiet = False,
) -> None:
    """The best mechanism for one question; --out keeps it as a mechanism file, --plot draws it as a tree.

    --plot-types draws the types with an arrow for each lie that binds, as wide as its multiplier. --pool FILE
    is of --formulation recursion: a run that was interrupted or out of time goes on from there.
    """
    words = Words.of(context)
    env, asked, question = _prepare(instance, settings, words, out, plot)
    check_pictures(instance, {"--plot-types": plot_types}, plot, out, certificate, *words.files)
    effort, lies = words.effort(), question.incentives.name
    if (rents := in_rents(env, question, effort)) and bounds_alone(env, question) and out is not None:
        raise InvalidInput(
            f"--out: {rents} have no mechanism; a program over histories has one, with --formulation"
        )
    with working(quiet) as work:
        announce(env, {lies: question}, effort, [lies], work)
        work.step(lies)
        answer = api.design(
            env, **asked, solver=solver, time_limit=effort.time_limit, pool=pool, notify=work.tell
        )
        work.step("decoding")
        mechanism = _mechanism(answer, out is not None, work)
    if out is not None and mechanism is not None:
        save_mechanism(mechanism, out)
        note(f"{out}: the mechanism", quiet)
    elif out is not None:
        note(f"{out}: not written, the status is {answer.status}", quiet)
    draw(answer, plot, quiet)
    draw(answer, plot_types, quiet, types=True)
    if certificate is not None:
        _save_certificate(env, answer, certificate, quiet)
    give(answer, as_json, **({"mechanism": out} if out and mechanism is not None else {}))


@demanding
def ladder(
    context: typer.Context,
    instance: say.Instance,
    settings: say.Settings = None,
    objective: say.ObjectiveWord = "revenue",
    participation: say.ParticipationWord = "interim",
    coupling: say.Coupling = None,
    formulation: say.Formulation = "auto",
    rungs: say.Rungs = None,
    solver: say.Solver = "highs",
    exact: say.Exact = False,
    certificate: say.Certificate = None,
    out: say.Out = None,
    plot: say.Plot = None,
    plot_lie: LiePlot = None,
    time_limit: say.TimeLimit = None,
    memory_limit: say.MemoryLimit = None,
    as_json: say.Json = False,
    quiet: say.Quiet = False,
) -> None:
    """How much each incentive notion leaves, which relaxations are tight, and who lies where one is not.

    --rungs climbs some rungs only; relaxed,bayesian are the two that say whether the relaxation is tight, and
    what compares with a rung that was not asked is null. --time-limit is for each rung. --out FILE keeps
    finished rungs; the same command goes on from them. --plot FILE draws the rungs as bars,
    --plot-lie FILE who says what where the relaxation is not tight. With
    --certificate FILE.json the proof of `bayesian` is FILE.json, those of the other rungs stand beside it as
    FILE.none.json and so on, where nothing but certificates is replaced.
    """
    words = Words.of(context)
    env, asked, question = _prepare(instance, settings, words, out, plot)
    check_pictures(instance, {"--plot-lie": plot_lie}, plot, out, certificate, *words.files)
    effort, names = words.effort(), _rungs(rungs)
    if certificate is not None:
        _proofs(names, certificate, instance, words.files, out)
    record = None if out is None else Record(out, env, question, effort)
    done = {} if record is None else record.read()
    if certificate is not None:
        done = {}  # proofs are not in the file

    def climb(notify: Notify) -> Ladder:
        return api.ladder(
            env, **asked, solver=solver, time_limit=effort.time_limit, notify=notify, done=done, rungs=names
        )

    with working(quiet, len(names) + 1) as work:
        if done:
            work.note(f"{out}: goes on after {', '.join(done)}")
        questions = {name: replace(question, incentives=INCENTIVES[name]) for name in names}
        announce(env, questions, effort, DECISIVE, work)
        climbed, missing = _climb(climb, done, questions, record, work)
        _un_relax(climbed, missing, work)
    if record is not None and not missing:
        record.write(done, climbed.to_json())
    if certificate is not None:
        for name, path in _proofs(names, certificate, instance, words.files, out).items():
            _save_certificate(env, climbed[name].design, path, quiet)
    draw(climbed, plot, quiet)
    if climbed.unrelaxed is not None:
        draw(climbed.unrelaxed, plot_lie, quiet)
    elif plot_lie is not None:
        note(f"{plot_lie} is not written: {climbed.unrelaxed_reason}", quiet)
    give(climbed, as_json, **({"interrupted": missing} if missing else {}))
    if missing:
        raise Interrupted(f"interrupted; not reached: {', '.join(missing)}")


def _rungs(said: str | None) -> tuple[str, ...]:
    """The rungs between commas. Raises `InvalidInput`."""
    try:
        return read_rungs(None if said is None else said.split(","))
    except InvalidInput as error:
        raise InvalidInput(f"--{error}") from None


def _proofs(
    rungs: tuple[str, ...], certificate: str, instance: str, read: tuple[str | None, ...], out: str | None
) -> dict[str, str]:
    """The file of each rung's proof. Raises `InvalidInput` where one would replace something else."""
    if os.path.exists(certificate) and not os.path.isfile(certificate):
        raise InvalidInput(f"--certificate: {certificate} is no file, beside which others could stand")
    paths = {name: certificate if name == "bayesian" else beside(certificate, name) for name in rungs}
    for name, path in paths.items():
        if name != "bayesian":
            others = (say.file_of(instance), *read, out, certificate)
            check_beside(path, "--certificate", "certificate", checker.FORMAT, *others)
    return paths


def _prepare(
    instance: str, settings: list[str] | None, words: Words, out: str | None, plot: str | None
) -> tuple[Environment, dict[str, Any], Question]:
    """The environment and the checked words; files that could not be written are refused here."""
    env = say.environment_of(instance, settings)
    check_files(instance, out, plot, words.certificate, *words.files)
    check_target(words.certificate, "--certificate", say.file_of(instance), out, plot, *words.files)
    asked = words.check(env)
    return env, asked, asked["question"]


def _mechanism(answer: Design, needed: bool, work: Work) -> Mechanism | None:
    """The mechanism where there is one and, unless it is needed, where it is not too large."""
    if not answer.promising:
        return None
    try:
        return answer.mechanism
    except TooLarge as error:
        if needed:
            raise
        work.note(f"mechanism left out: {in_options(error)}")
        return None


def _climb(
    climb: Callable[[Notify], Ladder],
    done: dict[str, Design],
    questions: Mapping[str, Question],
    record: Record | None,
    work: Work,
) -> tuple[Ladder, list[str]]:
    """The ladder and the rungs that an interruption kept from being reached; fills `done` and the file."""

    def worded() -> None:
        for name, design in done.items():
            if (reason := in_options(design.reason)) != design.reason:
                done[name] = replace(design, reason=reason)

    def begun(event: Event) -> None:
        if event.kind != "rung":  # sizes have been announced
            return
        worded()
        if record is not None and done:
            record.write(done)
        work.tell(event)

    def missing(name: str, message: str) -> Design:
        return Design(questions[name], "limit", message, None, {})

    try:
        climbed, left = climb(begun), []
    except KeyboardInterrupt:
        if not done:
            raise
        if record is not None:
            record.write(done)
        left = [name for name in questions if name not in done]
        done |= {name: missing(name, "not reached, interrupted") for name in left}
        climbed, left = climb(begun), left or ["un-relaxing"]
    worded()
    return replace(climbed, rungs=tuple(Rung(rung.name, done[rung.name]) for rung in climbed.rungs)), left


def _un_relax(rungs: Ladder, missing: list[str], work: Work) -> None:
    """Solve for the witness now, while progress is shown, and go without it where that cannot be had."""
    if missing:
        rungs.skip_unrelaxing("interrupted")
    elif rungs.tight["relaxed"] is not False:
        rungs.skip_unrelaxing("the relaxation is not known to leave anything")
    else:
        work.step("un-relaxing")
        work.note("un-relaxing: the payments that make the largest gain from a lie smallest")
        try:
            if rungs.unrelaxed is None:
                rungs.skip_unrelaxing(in_options(rungs.unrelaxed_reason))
        except KeyboardInterrupt:
            rungs.skip_unrelaxing("interrupted")
            missing.append("un-relaxing")
        except DynamechError as error:
            rungs.skip_unrelaxing(in_options(error))


def _save_certificate(env: Environment, answer: Design, path: str, quiet: bool) -> None:
    proof = answer.certificate
    if proof is None:
        note(f"{path}: not written, there is no proof for status {answer.status}", quiet)
        return
    proof.save(path, question_json(env, answer) if answer.certified else None)
    about = "an interval, no proof of an optimum" if proof.kind == "interval" else f"kind {proof.kind}"
    note(f"{path}: the certificate ({about})", quiet)
