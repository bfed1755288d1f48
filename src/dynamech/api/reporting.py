"""The public function `report`: what there is to say about an environment, on one page to hand on."""

from __future__ import annotations

import os
import shlex
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from importlib import import_module
from typing import Any

from ..instances.file import instance_to_json
from ..instances.jsonfile import digest, pretty
from ..instances.library import EnvironmentLike, as_environment
from ..instances.question_file import QuestionLike, question_to_json
from ..models.answers.answer import Answer
from ..models.answers.front import front
from ..models.design.question import Question
from ..models.environment.environment import Environment
from ..models.ladder.ladder import Ladder
from ..models.ladder.ladder import ladder as run_ladder
from ..models.notions.incentives import RUNGS
from ..models.verification.anywhere import verify as run_verify
from ..models.verification.verdict import Verdicts
from ..solvers.effort import Effort
from ..solvers.errors import DynamechError, InvalidInput
from ..solvers.events import Notify
from ..solvers.files import write_whole
from .asking import AUTO, INTERIM, REVENUE, DemandsLike, ParticipationLike, asked
from .questions import warned

INSTANCE, QUESTION = "instance.json", "question.json"
"""Names of the files that a page holds."""
HELD = 2_000_000
"""Characters of a file beyond which a page does not hold it."""
JUDGED = 1_000_000
"""Probabilities in a mechanism beyond which a page does without a second opinion on it."""


@dataclass(frozen=True, eq=False, repr=False)
class Report(Answer):
    """A ladder and all that belongs to it, as one self-contained HTML page.

    verdicts: what the judge says of the mechanism that is optimal under ``bayesian`` incentives; None where
        there is none or it was not judged, and `unjudged` says why. date: of the page, empty for none.
    command: that makes the page again. path: where it was written, if it was.
    """

    environment: Environment
    question: Question
    ladder: Ladder
    verdicts: Verdicts | None
    unjudged: str
    command: str
    date: str
    path: str | None = None

    @cached_property
    def page(self) -> str:
        """The page; made when first looked at, with pictures where matplotlib is installed."""
        return front().page(self)

    @property
    def version(self) -> str:
        """Of this package."""
        return str(import_module(__name__.partition(".")[0]).__version__)

    @cached_property
    def files(self) -> tuple[tuple[str, str, str], ...]:
        """(name, content, digest) of the instance and of the question, where the page holds them."""
        try:
            instance = instance_to_json(self.environment.with_everybody or self.environment)
        except InvalidInput:  # a number that is too long to be written
            return ()
        both = (INSTANCE, instance), (QUESTION, question_to_json(self.question))
        written = [(name, pretty(content) + "\n", digest(content)) for name, content in both]
        return tuple(written) if all(len(text) <= HELD for _, text, _ in written) else ()

    @property
    def pictures(self) -> Iterator[tuple[str, Callable[[], Any]]]:
        """(caption, what draws it) of the answers on the page."""
        yield f"The ladder of {self.environment.name}", self.ladder.plot
        unrelaxed = self.ladder.unrelaxed if self.ladder.tight["relaxed"] is False else None
        if unrelaxed is not None:
            yield "The lie under the relaxed optimum", unrelaxed.plot
        if "bayesian" in self.ladder.designs:
            yield "The mechanism of the rung bayesian", self.ladder.designs["bayesian"].plot

    def _facts(self) -> dict[str, object]:
        facts = {"instance": self.environment.name, "path": self.path, "date": self.date}
        return {name: fact for name, fact in facts.items() if fact}

    def to_json(self) -> dict[str, Any]:
        """The object of `report X --json`: what was written, and the ladder."""
        return {
            "instance": self.environment.name,
            "path": self.path,
            "bytes": len(self.page.encode()),
            "date": self.date or None,
            "command": self.command,
            "ladder": self.ladder.to_json(),
        }

    def write(self, path: str | os.PathLike[str]) -> None:
        """Write the page, whole or not at all. Raises `InvalidInput` where that cannot be."""
        write_whole(path, self.page.encode())


def report(
    env: EnvironmentLike,
    path: str | os.PathLike[str] | None = None,
    *,
    objective: Any = REVENUE,
    participation: ParticipationLike = INTERIM,
    coupling: str | None = None,
    formulation: str = AUTO,
    demands: DemandsLike | None = None,
    question: QuestionLike | None = None,
    solver: str = "highs",
    exact: bool = False,
    time_limit: float | None = None,
    memory_limit: float | None = None,
    notify: Notify | None = None,
    rungs: Sequence[str] | None = None,
    dated: bool = True,
    command: str | None = None,
) -> Report:
    """Everything about an environment on one HTML page that can be handed on: it needs no network.

    The page has the ladder, who lies and how, the optimal mechanism as a tree to explore, the environment,
    certificates with their digests, versions, and the command that makes it again. All words are those of
    `ladder`, and so is what is raised. path: where the page is written; `Report.page` is the page. dated:
    whether it has a date, today's, or that of the environment variable SOURCE_DATE_EPOCH: but for it, and
    for releases of what it was made with, the same question has the same page. command: that makes it again,
    by default one that reads the files in the page.

    >>> import dynamech as dm
    >>> page = dm.report("kln-nonseparable", rungs=["relaxed", "bayesian"], dated=False)
    >>> page
    Report(instance='kln-nonseparable')
    >>> page.page.startswith("<!DOCTYPE html>"), page.ladder.tight["relaxed"]
    (True, False)
    """
    env = warned(as_environment(env))
    whole = asked(
        question, objective=objective, participation=participation, coupling=coupling,
        formulation=formulation, demands=demands,
    )  # fmt: skip
    effort, date = Effort(solver, exact, time_limit, memory_limit, notify), _today()
    climbed = run_ladder(env, whole, effort, rungs=rungs)
    verdicts, why = _judged(env, climbed, effort.silent)
    told = Report(
        env, whole, climbed, verdicts, why, command or _command(rungs, effort, dated),
        date if dated else "", None if path is None else os.fspath(path),
    )  # fmt: skip
    if path is not None:
        effort.tell("step", "the page")
        told.write(path)
    return told


def _judged(env: Environment, climbed: Ladder, effort: Effort) -> tuple[Verdicts | None, str]:
    """What the judge says of the optimal mechanism, or why it was not asked."""
    design = climbed.designs.get("bayesian")
    if design is None or not design.promising:
        return None, ""
    try:
        mechanism = design.mechanism
        if sum(stage.allocation.size for stage in mechanism.stages) > JUDGED:
            return None, "it is too large to be judged for a page; verify judges it"
        asked = design.question
        return run_verify(
            env, mechanism, asked.incentives, asked.participation, demands=asked.demands,
            coupling=asked.coupling, effort=effort,
        ), ""  # fmt: skip
    except DynamechError as error:
        return None, str(error)


def _command(rungs: Sequence[str] | None, effort: Effort, dated: bool) -> str:
    """A command that reads the two files of a page."""
    words = ["dynamech", "report", INSTANCE, "--question", QUESTION]
    words += [] if rungs is None else ["--rungs", ",".join(name for name in RUNGS if name in rungs)]
    words += [] if effort.solver == "highs" else ["--solver", effort.solver]
    words += ["--exact"] if effort.exact else []
    words += [] if effort.time_limit is None else ["--time-limit", f"{effort.time_limit:g}"]
    words += [] if dated else ["--undated"]
    return shlex.join([*words, "--out", "report.html"])


def _today() -> str:
    """The day of SOURCE_DATE_EPOCH where that is set, else of the clock, in UTC. Raises `InvalidInput`."""
    said = os.environ.get("SOURCE_DATE_EPOCH")
    try:
        when = time.gmtime(None if said is None else int(said))
    except (ValueError, OverflowError, OSError):
        raise InvalidInput(f"SOURCE_DATE_EPOCH is {said!r}, not seconds since 1970") from None
    return time.strftime("%Y-%m-%d", when)
