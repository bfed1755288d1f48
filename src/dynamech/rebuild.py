"""What is a certificate about, and is its program the program of that question?

A certificate proves something about a program; its ``question`` says which environment and which words that
program is meant to come from. Words are read here, in the one way in which they are written, and compared
with those that somebody expects. The question is compiled again, over the rationals, and the two programs
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
from .models.compiler.formulation import read_formulation
from .models.design.compiling import compile_question
from .models.design.design import Design
from .models.design.question import Question
from .models.environment.environment import Environment
from .models.environment.memory import Size
from .models.notions.demands import keys_of, read_demands
from .models.notions.incentives import read_incentive
from .models.notions.objective import read_objective
from .models.notions.participation import read_participation
from .models.relaxations import COUPLINGS
from .solvers.certificate import text
from .solvers.effort import Effort
from .solvers.errors import InvalidInput
from .solvers.numbers import Array, to_exact
from .solvers.numerals import shown
from .solvers.program import Program
from .solvers.sparse import infinities

WORDS = ("objective", "incentives", "participation", "coupling", "formulation")
ROOM = 20, 200e6
"""Rebuilding takes at most (so many times what the certified program takes, and so many bytes more)."""


def question_of(env: Environment, design: Design) -> dict[str, Any]:
    """What a certificate file says about where its program comes from, ready for JSON without floats.

    Raises `InvalidInput` where a number of the environment is too long to be written.
    """
    asked = design.question
    return {
        "instance": instance_to_json(env.to_exact()),
        "objective": asked.objective.over(exact=True).word,
        "incentives": asked.incentives.name,
        "participation": asked.participation.name,
        "coupling": design.coupling,
        "formulation": design.certified,
        "demands": keys_of(asked.demands),
    }


def canonical(key: str, word: str) -> str:
    """A word of a question as it is written in a file: weights in lowest terms, the names of notions.

    Raises `InvalidInput` for one that is unknown.

    >>> canonical("objective", "revenue=2/2"), canonical("incentives", "none")
    ('revenue', 'none')
    """
    if key == "objective":
        return read_objective(word).word
    if key == "incentives":
        return read_incentive(word).name
    if key == "participation":
        return read_participation(word).name
    if key == "formulation":
        read_formulation(word)
    elif word not in COUPLINGS:
        raise InvalidInput(f"coupling: {shown(word)} is not one of {', '.join(COUPLINGS)}")
    return word


def words_of(question: Any) -> dict[str, str | None]:
    """The words of a certificate's question, checked. Raises `InvalidInput` for a question that is none."""
    if question is None:
        raise InvalidInput("the certificate does not say which question it answers: nothing to rebuild")
    known = isinstance(question, dict) and set(question) - {"demands"} == {"instance", *WORDS}
    if not known or not isinstance(question["instance"], dict):
        raise InvalidInput("the certificate's question is not an instance and the words that ask it")
    demands_of(question)
    words: dict[str, str | None] = {}
    for key in WORDS:
        word = words[key] = question[key]
        if word is None and key == "coupling":
            continue
        if not isinstance(word, str):
            raise InvalidInput(f"the certificate's question: {key} is {shown(word)}")
        try:
            written = canonical(key, word)
        except InvalidInput as error:
            raise InvalidInput(f"the certificate's question: {error}") from None
        if written != word:
            raise InvalidInput(f"the certificate's question: {key} is {shown(word)}, not {written!r}")
    return words


def demands_of(question: dict[str, Any]) -> dict[str, Any]:
    """The demands of a certificate's question, none where it names none. Raises `InvalidInput`."""
    demands = question.get("demands", {})
    try:
        written = keys_of(read_demands(demands))
    except InvalidInput as error:
        raise InvalidInput(f"the certificate's question: {error}") from None
    if written != demands:
        raise InvalidInput(f"the certificate's question: demands are {shown(demands)}, not {written}")
    return written


def instance_of(question: dict[str, Any]) -> Environment:
    """The environment of a certificate's question. Raises `InvalidInput`."""
    try:
        return instance_from_json(question["instance"], "the certificate's instance")
    except RecursionError:
        raise InvalidInput("the certificate's instance is nested too deeply") from None


def same_instance(one: Environment, other: Environment) -> bool:
    """Whether two environments are the same but for their names and sources."""
    parts = (instance_to_json(env.to_exact()) | {"name": "", "source": ""} for env in (one, other))
    return next(parts) == next(parts)


def rebuild(question: Any, env: Environment | None = None, memory_limit: float | None = None) -> Program:
    """The program of a certificate's question, compiled anew; of another environment where `env` is given.

    Raises `InvalidInput` for a question that is none, and what compiling raises.
    """
    objective, incentives, participation, coupling, formulation = words_of(question).values()
    env = env or instance_of(question)
    asked = Question.of(
        env, objective, str(incentives), str(participation), coupling, str(formulation), demands_of(question)
    )
    return compile_question(env, asked, Effort(exact=True, memory_limit=memory_limit))[0].solved


def room(certified: Program) -> float:
    """Bytes that rebuilding may take where nobody says: in proportion to the certified program."""
    size = Size.of(certified.num_rows, certified.num_columns, certified.num_nonzeros, exact=True)
    return ROOM[0] * size.bytes + ROOM[1]


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
    for k in np.setxor1d(one.integers, other.integers)[:1].tolist():
        kinds = ("a whole number" if k in p.integers else "any number" for p in (one, other))
        yield _said(f"column {other.column_label(k)}", *kinds)
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
