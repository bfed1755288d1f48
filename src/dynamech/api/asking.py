"""A question in one piece, or in words: both say the same wherever they stand together."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeAlias

from ..instances.question_file import QuestionLike, as_question
from ..models.design.question import Question
from ..models.notions.demands import READ, Demands, keys_of, read_demands
from ..models.notions.incentives import Incentive
from ..models.notions.participation import Participation
from ..solvers.errors import InvalidInput

IncentiveLike: TypeAlias = str | Incentive
ParticipationLike: TypeAlias = str | Participation
"""Notions, or their words."""
DemandsLike: TypeAlias = Mapping[str, Any] | Demands
"""Demands, or the keys of a question file that say them."""


class Unsaid(str):
    """A word that nobody said: that of `question` is meant where there is one, else this one."""


REVENUE, BAYESIAN, INTERIM, AUTO = map(Unsaid, ("revenue", "bayesian", "interim", "auto"))
"""The words that are meant where none are said."""


def asked(question: QuestionLike | None = None, **words: Any) -> Question:
    """The question given, or the one that the words ask.

    Which formulation is taken is open where the question leaves it to ``auto``. Raises `InvalidInput` for a
    word that is unknown, and for one beside a question that says something else.
    """
    if question is None:
        return Question(**words)
    question = as_question(question)
    said = {key: word for key, word in words.items() if word is not None and not isinstance(word, Unsaid)}
    given = said.pop("demands", ())
    beside = Question(**said)
    if question.formulation == "auto" and "formulation" in said:
        question = question.formulated(beside.formulation)
    for key in said:
        if getattr(beside, key) != getattr(question, key):
            raise InvalidInput(
                f"question: it has {key} {question.words[key] or '(none)'}, not {beside.words[key]}"
            )
    demands = keys_of(given) if isinstance(given, tuple) else given
    read_demands(demands)
    for keys in READ:
        said_here = {key: demands[key] for key in keys if key in demands}
        here = read_demands(said_here)
        there = tuple(demand for demand in question.demands if demand.keys.keys() & set(keys))
        if said_here and here != there:
            raise InvalidInput(
                f"question: of {' and '.join(said_here)} it demands {names(there)}, not {names(here)}"
            )
    return question


def names(demands: Demands) -> str:
    """What is demanded, in words."""
    return ", ".join(demand.name for demand in demands) or "nothing"
