"""``dynamech certificate``: a proof checked again, from its file alone or against its question."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import RenderableType

from ..models.environment import Environment
from ..rebuild import WORDS, canonical, difference, instance_of, rebuild, room, same_instance, words_of
from ..report.wording import ends, table
from ..solvers import checker
from ..solvers.certificate import Certificate
from ..solvers.errors import DynamechError, InvalidInput
from ..solvers.files import reason
from ..solvers.numbers import show
from ..solvers.numerals import one_line, shown
from .options import Json, MemoryLimit, Quiet, Settings, environment_of, memory_bytes
from .terminal import answer, answer_json, note, working

CertificateFile = Annotated[str, typer.Argument(metavar="FILE", help="A certificate file.")]
Against = Annotated[
    str | None,
    typer.Argument(
        metavar="[X]",
        help="The instance that the proof should be about; --rebuild compiles it, not the file's.",
        show_default=False,
    ),
]
Rebuild = Annotated[
    bool, typer.Option("--rebuild", help="Compile the question again: is the certified program its program?")
]


def _expected(key: str) -> Any:
    return typer.Option(f"--{key}", metavar="WORD", help=f"The {key} that the proof should be about.")


def certificate(
    path: CertificateFile,
    instance: Against = None,
    settings: Settings = None,
    objective: Annotated[str | None, _expected("objective")] = None,
    incentives: Annotated[str | None, _expected("incentives")] = None,
    participation: Annotated[str | None, _expected("participation")] = None,
    coupling: Annotated[str | None, _expected("coupling")] = None,
    formulation: Annotated[str | None, _expected("formulation")] = None,
    again: Rebuild = False,
    memory_limit: MemoryLimit = None,
    as_json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Check a certificate file again, from the file alone, and say what it is about.

    Nothing is solved. What a file says of its question is a claim: words and an instance given beside it have
    to be its own, and with --rebuild the question is compiled and the certified program compared with it,
    number by number. Exits 1 where the proof does not hold or is about something else.
    """
    if settings and instance is None:
        raise InvalidInput("--set belongs to a library name: dynamech certificate FILE X --set ...")
    given = zip(WORDS, (objective, incentives, participation, coupling, formulation), strict=True)
    wanted = {key: canonical(key, word) for key, word in given if word is not None}
    if wanted.get("formulation") == "auto":  # names none
        del wanted["formulation"]
    limit = memory_bytes(memory_limit)
    if not os.path.isfile(path):
        raise InvalidInput(f"{one_line(path)}: there is no such file")
    env = None if instance is None else environment_of(instance, settings)
    payload, found = _checked(path)
    question = payload.get("question")
    objection = _claimed(question, found)
    if found["valid"]:
        if question is None and again:
            raise InvalidInput("the certificate does not say which question it answers: nothing to rebuild")
        objection = objection or _elsewhere(question, found, wanted, None if again else env)
        if again and objection is None:
            objection = _unlike(payload, env, limit, quiet)
        if objection is not None:
            found |= {"valid": False, "reason": objection}
        elif env is not None:
            found["instance"] = env.name
    if again:
        found["rebuilt"] = found["valid"]
    if as_json:
        if not found["valid"]:
            note(f"not valid: {found['reason']}", quiet)
        answer_json({key: value for key, value in found.items() if key != "reason"})
    else:
        answer(_report(found))
    if not found["valid"]:
        raise typer.Exit(1)


def _checked(path: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """(what is in the file, what the checker says of it)."""
    found: dict[str, Any] = {"valid": False, "kind": "unknown", "value": None}
    payload: dict[str, Any] = {}
    try:
        payload = checker.read(Path(path))
        found = dict(checker.check(payload))
    except OSError as error:
        raise InvalidInput(f"{one_line(path)}: cannot be read ({reason(error)})") from None
    except ValueError as error:
        found["reason"] = f"unreadable: {error}"
    ended = found["valid"] and found["kind"] == "interval"
    ends = {end: payload[end] for end in ("least", "most")} if ended else {}
    why = found.pop("reason")
    return payload, found | {"instance": None, "question": None, "rebuilt": None} | ends | {"reason": why}


def _claimed(question: Any, found: dict[str, Any]) -> str | None:
    """Write into `found` what a file says it is about; why that cannot be read, None where it can."""
    if question is None:
        return None
    try:
        words = words_of(question)
    except InvalidInput as error:
        return str(error)
    name = question["instance"].get("name")
    found["instance"] = name if isinstance(name, str) else None
    found["question"] = {**words, "demands": {}}
    return None


def _elsewhere(
    question: Any, found: dict[str, Any], wanted: dict[str, str], env: Environment | None
) -> str | None:
    """Why what the file says it is about is not what is wanted, None where it is."""
    if question is None:
        silent = "the file does not say which question it answers"
        return silent if wanted or env is not None else None
    for key, word in wanted.items():
        if found["question"][key] != word:
            return f"the proof is about {key} {found['question'][key] or '(none named)'}, not {word}"
    if env is None:
        return None
    try:
        same = same_instance(env, instance_of(question))
    except InvalidInput as error:
        return str(error)
    if same:
        return None
    return (
        f"the proof is about the file's own {shown(found['instance'])}, which is not this {shown(env.name)}"
    )


def _unlike(payload: dict[str, Any], env: Environment | None, limit: float | None, quiet: bool) -> str | None:
    """How the certified program differs from that of the question; None where it is the same."""
    with working(quiet) as work:
        work.step("compiling the question")
        certified = Certificate.of(payload).program
        try:
            compiled = rebuild(payload["question"], env, room(certified) if limit is None else limit)
        except DynamechError as error:
            if env is not None:
                raise
            return str(error)
        return difference(certified, compiled)


def _report(found: dict[str, Any]) -> Sequence[RenderableType]:
    made = table(["what", "answer"])
    made.add_row("valid", "yes" if found["valid"] else "no")
    made.add_row("kind", found["kind"])
    made.add_row("value", _value(found))
    made.add_row("instance", found["instance"] or "–")
    for key, word in (found["question"] or {}).items():
        if word:
            made.add_row(key, word)
    if found["rebuilt"] is not None:
        made.add_row("rebuilt", "the same program" if found["rebuilt"] else "no")
    made.add_row("reason", found["reason"])
    return [made, _sentence(found)] if found["valid"] else [made]


def _sentence(found: dict[str, Any]) -> str:
    """What a valid proof proves, in words."""
    said = {
        "optimal": f"is {_value(found)}",
        "interval": f"is in the interval {_value(found)}",
        "infeasible": "does not exist: nothing satisfies all rows",
        "unbounded": "does not exist: it is unbounded",
    }[found["kind"]]
    words = found["question"]
    if words is None:
        return (
            f"The file proves that the optimal value of the program in it {said}. It does not say which "
            "question that program is of."
        )
    under = f"incentives '{words['incentives']}' and participation '{words['participation']}'"
    proved = (
        f"The file proves that the optimal {words['objective']} under {under} for "
        f"'{found['instance']}' {said}"
    )
    if found["rebuilt"]:
        return f"{proved}: its program is that of this question, compiled anew."
    return f"{proved}, if its program is that of this question, as it says; --rebuild compiles it."


def _value(found: dict[str, Any]) -> str:
    if found["kind"] == "interval" and "least" in found:
        least, most = (found[end] and checker.number(found[end]) for end in ("least", "most"))
        return ends(least, most)
    return "–" if found["value"] is None else show(checker.number(found["value"]))
