"""Is the program that a certificate is about the program of the question it was asked for?

A certificate proves something about a program; its ``question`` says which environment and which words that
program is meant to come from. Here the question is compiled again, over the rationals, and the two programs
are compared: the same sense and constant, as many columns and rows, and column by column and row by row, in
order, the same objective, bounds and entries as rationals. Names of programs and blocks prove nothing and are
not compared. Labels in what is reported are those of the program compiled anew.
"""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from typing import Any

import numpy as np

from .instances.file import instance_from_json, instance_to_json
from .models.design import Design, Question, compile_question
from .models.environment import Environment
from .solvers.certificate import text
from .solvers.errors import InvalidInput
from .solvers.numbers import Array, to_exact
from .solvers.program import Program
from .solvers.sparse import infinities

WORDS = ("objective", "incentives", "participation", "coupling", "formulation")


def question_of(env: Environment, made: Design) -> dict[str, Any]:
    """What a certificate file says about where its program comes from, ready for JSON without floats.

    Raises `InvalidInput` where a number of the environment is too long to be written.
    """
    asked = made.question
    return {
        "instance": instance_to_json(env.to_exact()),
        "objective": asked.objective.word,
        "incentives": asked.incentives.name,
        "participation": asked.participation.name,
        "coupling": made.coupling,
        "formulation": made.certified,
    }


def rebuild(question: Any, env: Environment | None = None, memory_limit: float | None = None) -> Program:
    """The program of a certificate's question, compiled anew; of another environment where `env` is given.

    Raises `InvalidInput` for a question that is none, and what compiling raises.
    """
    if not isinstance(question, dict):
        raise InvalidInput("the certificate does not say which question it answers: nothing to rebuild")
    words: list[Any] = []
    for key in WORDS:
        word = question.get(key)
        if not (isinstance(word, str) or (word is None and key == "coupling")):
            raise InvalidInput(f"the certificate's question: {key} is {word!r}")
        words.append(word)
    if env is None:
        env = instance_from_json(question.get("instance"), "the certificate's instance")
    asked = Question.of(env, *words, exact=True, memory_limit=memory_limit)  # type: ignore[misc]
    return compile_question(env, asked)[0].solved


def difference(certified: Program, compiled: Program) -> str | None:
    """The first difference in one line, by the labels of `compiled`; None where the programs are the same."""
    return next(_differences(certified, compiled), None)


def _differences(one: Program, other: Program) -> Iterator[str]:
    for what, here, there in (
        ("sense", one.sense, other.sense),
        ("number of columns", str(one.num_columns), str(other.num_columns)),
        ("number of rows", str(one.num_rows), str(other.num_rows)),
        ("constant", text(Fraction(one.offset)), text(Fraction(other.offset))),
    ):
        if here != there:
            yield _said(f"the {what}", here, there)
            return
    for what, mine, yours in (
        ("objective", one.objective, other.objective),
        ("lower bound", one.lower, other.lower),
        ("upper bound", one.upper, other.upper),
    ):
        yield from _first(mine, yours, lambda k, what=what: f"column {other.column_label(k)}: the {what}")
    for what, mine, yours in (
        ("lower bound", one.row_lower, other.row_lower),
        ("upper bound", one.row_upper, other.row_upper),
    ):
        yield from _first(mine, yours, lambda k, what=what: f"row {other.row_label(k)}: the {what}")

    def entry(i: int, j: int) -> str:
        return f"row {other.row_label(i)}: the coefficient of {other.column_label(j)}"

    def curvature(i: int, j: int) -> str:
        return f"the quadratic coefficient of {other.column_label(i)} and {other.column_label(j)}"

    yield from _entries(_triplets(one), _triplets(other), entry)
    yield from _entries(_quadratic(one), _quadratic(other), curvature)


def _first(mine: Array, yours: Array, where: Any) -> Iterator[str]:
    there, here = ~infinities(mine), ~infinities(yours)
    bad = there != here
    both = np.flatnonzero(there & here)
    exact = to_exact(mine[both]), to_exact(yours[both])
    bad[both] = np.asarray(exact[0] != exact[1], dtype=np.bool_)
    if bad.any():
        k = int(np.argmax(bad))
        yield _said(where(k), _number(mine[k]), _number(yours[k]))


Triplets = tuple[Array, Array, Array]


def _triplets(p: Program) -> Triplets:
    """(rows, columns, values), ordered, without zeros."""
    return _ordered(np.repeat(np.arange(p.num_rows), np.diff(p.indptr)), p.indices, p.data)


def _quadratic(p: Program) -> Triplets:
    none = np.zeros(0, dtype=np.int64)
    return (none, none, none) if p.quadratic is None else _ordered(*p.quadratic)


def _ordered(i: Array, j: Array, values: Array) -> Triplets:
    keep = np.flatnonzero(np.asarray(values != 0, dtype=np.bool_))
    keep = keep[np.lexsort((j[keep], i[keep]))]
    return i[keep].astype(np.int64), j[keep].astype(np.int64), to_exact(values[keep])


def _entries(mine: Triplets, yours: Triplets, where: Any) -> Iterator[str]:
    size = min(mine[2].size, yours[2].size)
    same = np.asarray(
        (mine[0][:size] == yours[0][:size])
        & (mine[1][:size] == yours[1][:size])
        & (mine[2][:size] == yours[2][:size]),
        dtype=np.bool_,
    )
    if same.all() and mine[2].size == yours[2].size:
        return
    k = int(np.argmin(same)) if not same.all() else size
    places = [(int(part[0][k]), int(part[1][k])) for part in (mine, yours) if k < part[2].size]
    place = min(places)
    values = [
        text(part[2][k]) if k < part[2].size and (int(part[0][k]), int(part[1][k])) == place else "0"
        for part in (mine, yours)
    ]
    yield _said(where(*place), *values)


def _number(value: Any) -> str:
    return "missing" if isinstance(value, float) and np.isinf(value) else text(Fraction(value))


def _said(what: str, mine: str, yours: str) -> str:
    return f"{what} is {mine} in the certificate, {yours} in the program compiled from the question"
