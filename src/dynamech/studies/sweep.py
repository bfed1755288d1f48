"""A sweep: many instances, one question, several rungs; answered side by side, kept as the answers come.

An instance is tight where the first relaxation among the rungs equals `bayesian`. It counts as failed where
one of its rows is, and as open where a value is missing or doubles cannot tell.
"""

from __future__ import annotations

import asyncio
import concurrent.futures
import json
import os
import warnings
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import BrokenExecutor, Executor, Future
from dataclasses import dataclass
from functools import cached_property
from typing import Any, TypeAlias

from ..models.answers.answer import Answer
from ..models.design.question import Question
from ..models.ladder.ladder import RELAXATIONS
from ..solvers.effort import Effort
from ..solvers.errors import DynamechError
from ..solvers.numbers import Number, written
from ..solvers.numerals import one_line
from .answering import BASE, SweepRow, allowance, answers, is_tight, words_of
from .grid import Swept
from .kept import SweepFile
from .parquet import write_parquet

SETTLED = ("optimal", "infeasible", "unbounded", "not-applicable")
"""Statuses that asking again would not change; what failed or ran into a limit is asked again."""
IDLE = 10
"""Seconds after which a process without work ends: as long those of a sweep that was killed stay."""
ON = "resume=True goes on"
OUTCOMES = ("tight", "not_tight", "open", "failed")


@dataclass(frozen=True, eq=False, repr=False)
class SweptAnswer:
    """All rows of one instance, by rung."""

    rows: dict[str, SweepRow]

    @property
    def parameters(self) -> dict[str, str]:
        """The instance, and its settings as texts."""
        parameters: dict[str, str] = json.loads(next(iter(self.rows.values())).parameters)
        return parameters

    @property
    def rung(self) -> str | None:
        """The relaxation that is compared with `bayesian`, None where there are not both."""
        return next((name for name in RELAXATIONS if name in self.rows and BASE in self.rows), None)

    @property
    def outcome(self) -> str:
        """See the module."""
        if any(row.status == "failed" for row in self.rows.values()):
            return "failed"
        tight = None if self.rung is None else is_tight(self.rows[self.rung], self.rows[BASE])
        return "open" if tight is None else "tight" if tight else "not_tight"

    @property
    def gap(self) -> Number | None:
        """What the relaxation promises beyond `bayesian`."""
        numbers = self.numbers
        return numbers[0] - numbers[1] if len(numbers) == 2 else None

    @property
    def numbers(self) -> list[Number]:
        """What the relaxation promises and `bayesian` leaves, as far as there are values."""
        rows = [] if self.rung is None else [self.rows[self.rung], self.rows[BASE]]
        return [row.number for row in rows if row.number is not None]


@dataclass(frozen=True, eq=False, repr=False)
class Sweep(Answer):
    """The rows of every instance, in the order of the grid.

    source: the family, file or folder. rungs: as asked. path: the file that keeps the rows, None without one.
    """

    source: str
    rungs: tuple[str, ...]
    instances: tuple[SweptAnswer, ...]
    path: str | None = None

    @property
    def rows(self) -> list[SweepRow]:
        """One a rung of every instance."""
        return [row for instance in self.instances for row in instance.rows.values()]

    @cached_property
    def counts(self) -> dict[str, int]:
        """How many instances are tight, not tight, open, failed."""
        counted = Counter(instance.outcome for instance in self.instances)
        return {outcome: counted[outcome] for outcome in OUTCOMES}

    @cached_property
    def worst(self) -> SweptAnswer | None:
        """Of those that are not tight the instance of the largest gap, the first of equals."""
        gaps = [
            (one, one.gap) for one in self.instances if one.outcome == "not_tight" and one.gap is not None
        ]
        most = max((gap for _, gap in gaps), default=None)
        if most is None:
            return None
        return next(one for one, gap in gaps if most - gap <= allowance(*one.numbers))

    def to_parquet(self, path: str | os.PathLike[str]) -> None:
        """Write a line for each row (`studies/parquet.py`). Raises `NotInstalled`, `InvalidInput`."""
        write_parquet(
            path, [(one.parameters, one.outcome, row) for one in self.instances for row in one.rows.values()]
        )

    def _facts(self) -> dict[str, object]:
        return {"source": self.source, "instances": len(self.instances), **self.counts}

    def to_json(self) -> dict[str, Any]:
        """The object of `sweep --json`."""
        worst = self.worst
        return {
            "instances": len(self.instances),
            "rows": len(self.rows),
            **self.counts,
            "worst": None if worst is None else _worst_json(worst),
        }


def _worst_json(worst: SweptAnswer) -> dict[str, Any]:
    assert worst.rung is not None
    numbers = {"gap": worst.gap, worst.rung: worst.rows[worst.rung].number, BASE: worst.rows[BASE].number}
    return {
        "parameters": worst.parameters,
        "digest": worst.rows[BASE].digest,
        "rung": worst.rung,
        **{
            key: number if isinstance(number, float | None) else written(number)
            for key, number in numbers.items()
        },
    }


def sweep(
    source: str,
    instances: Sequence[Swept],
    question: Question,
    rungs: tuple[str, ...],
    effort: Effort,
    *,
    path: str | os.PathLike[str] | None = None,
    resume: bool = False,
    jobs: int = -1,
    executor: Executor | None = None,
) -> Sweep:
    """Ask every instance. Who is notified is told how many are answered, and how, after each.

    Raises `InvalidInput` for a file that cannot be had (`SweepFile`), and `DynamechError` where it cannot be
    written any more or a process that answers dies; what was finished stays in the file.
    """
    words, silent = words_of(question, effort), effort.silent
    counted = dict.fromkeys(OUTCOMES, 0)
    answered: dict[str, SweptAnswer] = {}
    with SweepFile(path, resume) as file:
        earlier = file.rows(words)
        tasks = [(one, question, rungs, silent, _known(earlier.get(one.key, {}), rungs)) for one in instances]
        _tell(effort, counted, len(tasks))
        for key, rows in _as_they_come(tasks, jobs, executor, file.where):
            if rows:
                file.keep(rows)
            known = {row.rung: row for row in rows} or earlier[key]
            answered[key] = SweptAnswer({rung: known[rung] for rung in rungs})
            counted[answered[key].outcome] += 1
            _tell(effort, counted, len(tasks))
    return Sweep(source, rungs, tuple(answered[one.key] for one in instances), file.path)


def _known(rows: dict[str, SweepRow], rungs: Iterable[str]) -> str | None:
    """The digest of an instance of which every rung is settled, None elsewhere."""
    if not all(rung in rows and rows[rung].status in SETTLED for rung in rungs):
        return None
    digests = {rows[rung].digest for rung in rungs}
    return digests.pop() if len(digests) == 1 else None


def _tell(effort: Effort, counted: dict[str, int], total: int) -> None:
    told = ", ".join(f"{count:,} {outcome.replace('_', ' ')}" for outcome, count in counted.items())
    effort.tell("step", f"{sum(counted.values()):,} of {total:,}: {told}", total=total, **counted)


Answered: TypeAlias = tuple[str, list[SweepRow]]


def _answer(swept: Swept, *told: Any) -> Answered:
    """The instance's key with its rows."""
    return swept.key, answers(swept, *told)


def _as_they_come(
    tasks: Sequence[tuple[Any, ...]], jobs: int, executor: Executor | None, where: str
) -> Iterator[Answered]:
    """The rows of every instance, whichever is finished first."""
    try:
        if executor is None:
            import joblib  # here, as every command and every public name would wait for it

            with joblib.parallel_config("loky", idle_worker_timeout=IDLE):
                side_by_side = joblib.Parallel(n_jobs=jobs, return_as="generator_unordered", batch_size=1)
            with warnings.catch_warnings():  # who interrupts is told what is kept, not what is not
                warnings.filterwarnings("ignore", ".* tasks which were still being processed", UserWarning)
                yield from side_by_side(joblib.delayed(_answer)(*task) for task in tasks)
            return
        futures = [executor.submit(_answer, *task) for task in tasks]
        try:
            for future in concurrent.futures.as_completed(futures):
                yield _result(future, where)
        finally:
            for future in futures:
                future.cancel()
    except BrokenExecutor as error:
        raise DynamechError(f"{where}: a process that answered died ({_why(error)}); {ON}") from None


def _result(future: Future[Answered], where: str) -> Answered:
    """What was answered. `answers` raises nothing, so whatever is raised is the executor's."""
    try:
        return future.result()
    except BrokenExecutor:
        raise
    except (Exception, asyncio.CancelledError) as error:
        raise DynamechError(f"{where}: {type(error).__name__} ({_why(error)}); {ON}") from None


def _why(error: BaseException) -> str:
    return one_line(" ".join(str(error).split()).split(". ")[0])
