"""Question files: ``dynamech-question/1`` JSON in, a `Question` out, and back without loss.

Words are those of the command line; a key that is left out has its default, ``"coupling": null`` is the
default of each environment. A decimal is the rational that it shows, and a weight given as a double is
written as the rational that it is.
"""

from __future__ import annotations

import os
from decimal import Decimal
from fractions import Fraction
from typing import Any, TypeAlias

from pydantic import ValidationError

from ..models.design.question import Question
from ..models.notions.demands import keys_of
from ..models.notions.objective import WEIGHED, Objective
from ..solvers.errors import InvalidInput
from ..solvers.numerals import one_line, rational_of
from .file import check_format
from .jsonfile import read_json, write_json
from .numerals import read_number, write_number
from .problems import bad, complaint
from .schema import QUESTION_FORMAT, QuestionFile

QuestionLike: TypeAlias = Question | str | os.PathLike[str]
"""A question, or the path of a question file."""


def read_question(path: str | os.PathLike[str]) -> Question:
    """The question of a file. Raises `InvalidInput` with one line naming the file and the place."""
    return question_from_json(read_json(path), one_line(os.fspath(path)))


def as_question(given: QuestionLike) -> Question:
    """The question itself, or the one in the file of that path; raises as `read_question` does."""
    return given if isinstance(given, Question) else read_question(given)


def question_from_json(content: Any, where: str = "question") -> Question:
    """The question that an object of the form of a question file describes; see `read_question`."""
    check_format(content, where, QUESTION_FORMAT)
    try:
        data = QuestionFile.model_validate(content)
    except ValidationError as error:
        raise complaint(error, content, where) from None
    objective = data.objective
    try:
        if isinstance(objective, dict):
            objective = {key: _weight(key, weight) for key, weight in objective.items()}
        words = data.incentives, data.participation, data.coupling, data.formulation
        return Question(objective, *words, _rational(data.demands))
    except (InvalidInput, ValueError) as error:
        raise bad(where, "", str(error)) from None


def _weight(key: str, weight: Any) -> Any:
    try:
        return read_number(weight)
    except ValueError as error:
        raise InvalidInput(f"objective, weight on {key}: {error}") from None


def _rational(value: Any) -> Any:
    """Decimals as the rationals that they show. Raises ``ValueError``."""
    if isinstance(value, Decimal):
        return rational_of(value)
    if isinstance(value, dict):
        return {key: _rational(inner) for key, inner in value.items()}
    return [_rational(inner) for inner in value] if isinstance(value, list) else value


def save_question(question: Question, path: str | os.PathLike[str]) -> None:
    """Write a question file; it appears at once and whole, or not at all.

    Raises `InvalidInput` where the file cannot be written.
    """
    write_json(question_to_json(question), path)


def question_to_json(question: Question) -> dict[str, Any]:
    """The question as the content of a question file.

    Raises `InvalidInput` for numbers that no file can hold.
    """
    words = {**question.words, "objective": _written(question.objective)}
    return {"format": QUESTION_FORMAT, **words, "demands": keys_of(question.demands)}


def _written(objective: Objective) -> str | dict[str, Any]:
    """The one word of weight 1, or the weights that are not 0."""
    weights = {key: Fraction(weight) for key, weight in objective.weights.items() if weight != 0}
    if list(weights.values()) == [1] and weights.keys() <= {*WEIGHED}:
        return next(iter(weights))
    return {key: write_number(weight) for key, weight in weights.items()}
