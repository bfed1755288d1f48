"""A certificate file checked again: from the file alone, against its question, or against another one."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..instances.library import EnvironmentLike, as_environment
from ..instances.question_file import QuestionLike
from ..models.answers.answer import Answer
from ..models.environment.environment import Environment
from ..models.notions.demands import Demands, demands_over, keys_of, read_demands
from ..rebuild import (
    WORDS,
    canonical,
    demands_of,
    difference,
    instance_of,
    rebuild,
    room,
    same_instance,
    words_of,
)
from ..solvers import checker
from ..solvers.certificate import Certificate
from ..solvers.errors import DynamechError, InvalidInput
from ..solvers.events import Notify, tell
from ..solvers.files import reason
from ..solvers.numerals import one_line, shown
from .asking import DemandsLike, asked, names


@dataclass(frozen=True, eq=False, repr=False)
class CertificateCheck(Answer):
    """What a check of a certificate file found; true where the proof holds and is about what was asked.

    content: under the keys of `certificate FILE --json`. reason: why, in a sentence.
    """

    content: Mapping[str, Any]
    reason: str

    def __bool__(self) -> bool:
        return bool(self.content["valid"])

    def _facts(self) -> dict[str, object]:
        facts = {key: self.content[key] for key in ("valid", "kind", "value", "instance", "rebuilt")}
        return facts | {"reason": self.reason}

    def to_json(self) -> dict[str, Any]:
        """The object of `certificate FILE --json`."""
        return dict(self.content)


def expected(
    question: QuestionLike | None = None, demands: DemandsLike | None = None, **words: str | None
) -> tuple[dict[str, str], Demands | None]:
    """The words that a proof should be about, as certificates write them, and its demands, None where none
    are said. Raises `InvalidInput`.

    A question's formulation does not count: its proof is about the textbook program. Said as a word it does.
    """
    for word in words:
        if word not in WORDS:
            raise InvalidInput(f"certificate: {shown(word)} is not one of {', '.join(WORDS)}")
    if question is not None:
        beside = {key: word for key, word in words.items() if key != "formulation"}
        whole = asked(question, **beside, demands=demands)
        words, demands = {**whole.words, "formulation": words.get("formulation")}, whole.demands
    wanted = {key: canonical(key, word) for key, word in words.items() if word is not None}
    if wanted.get("formulation") == "auto":  # names none
        del wanted["formulation"]
    return wanted, None if demands is None else read_demands(demands)


def check_certificate(
    path: str | os.PathLike[str],
    env: EnvironmentLike | None = None,
    *,
    again: bool = False,
    question: QuestionLike | None = None,
    demands: DemandsLike | None = None,
    memory_limit: float | None = None,
    notify: Notify | None = None,
    **words: str | None,
) -> CertificateCheck:
    """Check a certificate file again; nothing is solved.

    env, words (of the question: objective, incentives, ...), demands, question (all of these words in one
    piece, but for the formulation): what the proof should be about; what a file says of its question is a
    claim. again: the question is compiled, of `env` where it is given, and the certified
    program compared with it, number by number; memory_limit is in bytes. Raises `InvalidInput` for words,
    for a file that cannot be read, and with `again` for one that names no question.
    """
    wanted, demanded = expected(question, demands, **words)
    env = None if env is None else as_environment(env)
    payload, content = _checked(os.fspath(path))
    claim = payload.get("question")
    objection = _claimed(claim, content)
    if content["valid"]:
        if claim is None and again:
            raise InvalidInput("the certificate does not say which question it answers: nothing to rebuild")
        objection = objection or _elsewhere(claim, content, wanted, None if again else env)
        objection = objection or _demanding(claim, demanded, env)
        if again and objection is None:
            tell(notify, "rebuild", "compiling the question")
            objection = _unlike(payload, env, memory_limit)
        if objection is not None:
            content |= {"valid": False, "reason": objection}
        elif env is not None:
            content["instance"] = env.name
    if again:
        content["rebuilt"] = content["valid"]
    return CertificateCheck({k: v for k, v in content.items() if k != "reason"}, content["reason"])


def _checked(path: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """(what is in the file, what the checker says of it)."""
    content: dict[str, Any] = {"valid": False, "kind": "unknown", "value": None}
    payload: dict[str, Any] = {}
    try:
        payload = checker.read(Path(path))
        content = dict(checker.check(payload))
    except OSError as error:
        raise InvalidInput(f"{one_line(path)}: cannot be read ({reason(error)})") from None
    except ValueError as error:
        content["reason"] = f"unreadable: {error}"
    ended = content["valid"] and content["kind"] == "interval"
    ends = {end: payload[end] for end in ("least", "most")} if ended else {}
    why = content.pop("reason")
    return payload, content | {"instance": None, "question": None, "rebuilt": None} | ends | {"reason": why}


def _claimed(question: Any, content: dict[str, Any]) -> str | None:
    """Write into `content` what a file says it is about; why that cannot be read, None where it can."""
    if question is None:
        return None
    try:
        words = words_of(question)
    except InvalidInput as error:
        return str(error)
    name = question["instance"].get("name")
    content["instance"] = name if isinstance(name, str) else None
    content["question"] = {**words, "demands": demands_of(question)}
    return None


def _elsewhere(
    question: Any, content: dict[str, Any], wanted: dict[str, str], env: Environment | None
) -> str | None:
    """Why what the file says it is about is not what is wanted, None where it is."""
    if question is None:
        silent = "the file does not say which question it answers"
        return silent if wanted or env is not None else None
    for key, word in wanted.items():
        if content["question"][key] != word:
            return f"the proof is about {key} {content['question'][key] or '(none named)'}, not {word}"
    if env is None:
        return None
    try:
        same = same_instance(env, instance_of(question))
    except InvalidInput as error:
        return str(error)
    if same:
        return None
    return (
        f"the proof is about the file's own {shown(content['instance'])}, which is not this {shown(env.name)}"
    )


def _demanding(question: Any, demanded: Demands | None, env: Environment | None) -> str | None:
    """Why the demands that the file claims are not those that are wanted, None where they are."""
    if demanded is None:
        return None
    if question is None:
        return "the file does not say which question it answers"
    try:
        env = instance_of(question) if env is None else env
        here, there = (demands_over(env, d) for d in (demanded, read_demands(demands_of(question))))
        same = keys_of(here) == keys_of(there)
    except InvalidInput as error:
        return str(error)
    return None if same else f"the proof is about demands {names(there)}, not {names(here)}"


def _unlike(payload: dict[str, Any], env: Environment | None, limit: float | None) -> str | None:
    """How the certified program differs from that of the question; None where it is the same."""
    certified = Certificate.of(payload).program
    try:
        compiled = rebuild(payload["question"], env, room(certified) if limit is None else limit)
    except DynamechError as error:
        if env is not None:
            raise
        return str(error)
    return difference(certified, compiled)
