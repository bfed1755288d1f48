"""What becomes of one instance of a sweep: its rows, one a rung, whatever happens.

Nothing is raised: an instance that cannot be had, or a rung that fails, is a row of status ``failed`` with
the reason, and a program that is too large one of status ``limit``. Whether a relaxation is tight is `equal`
of the ladder, which compares values within what they may be off by; the verdict is written so that it can be
read off the rows: where doubles cannot tell, the relaxation's message says so (`OPEN`), and elsewhere the
values themselves are on one side of the allowance.
"""

from __future__ import annotations

import json
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from fractions import Fraction
from typing import Any

from ..instances.file import instance_to_json
from ..instances.jsonfile import digest, with_doubles
from ..instances.library import load
from ..models.design.design import Design, design
from ..models.design.question import Question
from ..models.environment.environment import Environment
from ..models.ladder.ladder import RELAXATIONS, settle
from ..models.ladder.order import check_order, equal
from ..models.notions.demands import keys_of
from ..models.notions.incentives import INCENTIVES
from ..solvers.arithmetic import DOUBLE, SOLVED
from ..solvers.effort import Effort
from ..solvers.errors import DynamechError, TooLarge
from ..solvers.numbers import Number, finite, nearest, written
from ..solvers.numerals import one_line
from .grid import Swept

OPEN = "doubles cannot tell whether it equals 'bayesian'"
BASE = "bayesian"


@dataclass(frozen=True)
class SweepRow:
    """One rung of one instance, as it stands in the file.

    digest: of the instance, empty where it cannot be had. parameters: the instance (``instance`` and its
    settings) as JSON. words: the question and how it is answered, as JSON. value: a double, None where there
    is none. exact: the rational, where proved. finished_at: in UTC.
    """

    digest: str
    parameters: str
    words: str
    rung: str
    status: str
    value: float | None
    exact: str | None
    seconds: float
    message: str
    finished_at: str

    @property
    def number(self) -> Number | None:
        """The value, a rational where it is proved."""
        return self.value if self.exact is None else Fraction(self.exact)


def words_of(question: Question, effort: Effort) -> str:
    """The question but its incentives, and how it is answered, as one text.

    Limits are no part: an instance that ran into one is asked again.
    """
    words: dict[str, Any] = {key: word for key, word in question.words.items() if key != "incentives"}
    words |= {"demands": keys_of(question.demands), "solver": effort.solver, "exact": effort.exact}
    return json.dumps(with_doubles(words))


def answers(
    swept: Swept, question: Question, rungs: Sequence[str], effort: Effort, known: str | None = None
) -> list[SweepRow]:
    """The rows of one instance, in the order of `rungs`; none where its digest is the one that is `known`."""
    began = time.perf_counter()
    reasons: dict[str, tuple[str, str]] = {}
    designs: dict[str, Design] = {}
    identity = ""
    try:
        env = load(swept.source, **swept.settings)
        identity = digest(instance_to_json(env))
        if identity == known:
            return []
        designs, reasons = _designs(env, question, rungs, effort)
    except Exception as error:  # a row says it
        reasons = dict.fromkeys(rungs, ("failed", _reason(error)))
    words, finished = words_of(question, effort), datetime.now(UTC).isoformat(timespec="milliseconds")
    rows = []
    for rung in rungs:
        answer = None if rung in reasons else designs[rung]
        spent = time.perf_counter() - began if answer is None else float(sum(answer.seconds.values()))
        value = None if answer is None else answer.value
        status, message = reasons[rung] if answer is None else (answer.status, _message(rung, designs))
        exact = written(value) if isinstance(value, Fraction) else None
        rows.append(
            SweepRow(identity, swept.key, words, rung, status, finite(value), exact, spent, message, finished)
        )
    return rows


def _designs(
    env: Environment, question: Question, rungs: Sequence[str], effort: Effort
) -> tuple[dict[str, Design], dict[str, tuple[str, str]]]:
    """The rungs that are answered, and of the others status and reason. Raises where they contradict."""
    designs: dict[str, Design] = {}
    reasons: dict[str, tuple[str, str]] = {}
    for rung in rungs:
        try:
            designs[rung] = design(env, replace(question, incentives=INCENTIVES[rung]), effort)
        except TooLarge as error:
            reasons[rung] = "limit", _reason(error)
        except Exception as error:  # a row says it
            reasons[rung] = "failed", _reason(error)
    check_order(env.name, designs)
    if env.exact and not effort.exact:
        settle(env, question, designs, replace(effort, exact=True))
    return designs, reasons


def _message(rung: str, designs: Mapping[str, Design]) -> str:
    answer, base = designs[rung], designs.get(BASE)
    if rung in RELAXATIONS and base is not None and None not in (answer.value, base.value):
        return OPEN if equal(answer, base) is None else answer.message
    return answer.message


def _reason(error: Exception) -> str:
    """Why, in one line; errors that are not meant for a person with their names."""
    named = isinstance(error, DynamechError)
    return one_line(" ".join((str(error) if named else f"{type(error).__name__}: {error}").split()))


def is_tight(rung: SweepRow, base: SweepRow) -> bool | None:
    """Whether a relaxation equals `bayesian`, read off their rows; None where it is not known."""
    one, other = rung.number, base.number
    if one is None or other is None or rung.message == OPEN:
        return None
    allowed = allowance(one, other)
    return bool(-allowed <= one - other <= allowed)


def allowance(*values: Number) -> float:
    """Up to which difference numbers of the size of these count as equal: none where all are proved."""
    if all(isinstance(value, Fraction) for value in values):
        return 0.0
    return float(max(DOUBLE.slack(nearest(value), SOLVED) for value in values))
