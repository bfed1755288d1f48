"""One line for whatever is wrong with a file: the file, the place in words, and what stands there.

pydantic reports errors as a list with locations such as ``("agents", 0, "by types", "types", 1)``; a person
wants ``mine.json: agents[0] 'buyer', types, period 1: ...``, and only the first of them.
"""

from __future__ import annotations

import difflib
from typing import Any

from pydantic import BaseModel, ValidationError

from ..solvers.errors import InvalidInput
from ..solvers.numerals import one_line, shown
from .numerals import TableError
from .schema import (
    TAGS,
    AgentPart,
    DrawsPart,
    GoodsPart,
    InstanceFile,
    MechanismFile,
    ProcessPart,
    QuestionFile,
    SignalPart,
    StagePart,
)

LONGEST = 400
"""Most characters of a message after the file's name."""
_PER_PERIOD = frozenset(
    {"actions", "costs", "feasible", "types", "values", "transitions", "signals", "periods", "reports"}
)
_PARTS: tuple[type[BaseModel], ...] = (
    InstanceFile,
    AgentPart,
    GoodsPart,
    ProcessPart,
    SignalPart,
    MechanismFile,
    StagePart,
    DrawsPart,
    QuestionFile,
)
_KEYS = sorted({key for part in _PARTS for key in part.model_fields} | {"signals"})


def agent_place(index: int, name: Any) -> str:
    """An agent of a file: ``agents[0] 'buyer'``."""
    return f"agents[{index}]" + (f" {shown(name)}" if isinstance(name, str) else "")


def place(location: tuple[Any, ...], content: Any) -> str:
    """The way to a part of a file in words.

    >>> place(("agents", 0, "types", 1), {"agents": [{"name": "buyer"}]})
    "agents[0] 'buyer', types, period 1"
    """
    words: list[str] = []
    value = content
    previous = None
    for step in location:
        if step in TAGS and not (isinstance(value, dict) and step in value):
            continue
        value = _inner(value, step)
        if isinstance(step, str):
            words.append(step if step.isidentifier() else shown(step))
        elif previous == "agents":
            words[-1] = agent_place(step, value.get("name") if isinstance(value, dict) else None)
        elif previous in _PER_PERIOD:
            words.append(f"period {step}")
        else:
            words.append(f"entry {step}")
        previous = step
    return ", ".join(words)


def _inner(value: Any, step: Any) -> Any:
    if isinstance(value, dict) and isinstance(step, str):
        return value.get(step)
    if isinstance(value, list) and isinstance(step, int) and step < len(value):
        return value[step]
    return None


def complaint(error: ValidationError, content: Any, where: str) -> InvalidInput:
    """The most telling of a file's errors, in one line.

    A key that is not known comes first: it is most often the misspelling of one that is then missing.
    """
    errors = error.errors(include_url=False)
    unknown = [one for one in errors if one["type"] == "extra_forbidden"]
    first: Any = (unknown or errors)[0]
    location = tuple(first["loc"])
    kind = first["type"]
    if kind in ("extra_forbidden", "missing"):
        parent, key = place(location[:-1], content), location[-1]
        text = f"unknown key {shown(key)}" if kind == "extra_forbidden" else f"'{key}' is missing"
        close = difflib.get_close_matches(str(key), _KEYS, n=1) if kind == "extra_forbidden" else []
        text += f" (did you mean '{close[0]}'?)" if close and close[0] != key else ""
        return bad(where, parent, text)
    at = place(location, content)
    reason = first.get("ctx", {}).get("error")
    if isinstance(reason, TableError) and reason.index:
        at = f"{at}, entry " + "".join(f"[{k}]" for k in reason.index)
    return bad(where, at, _says(kind, first, reason))


def _says(kind: str, error: Any, reason: Any) -> str:
    value = shown(error["input"])
    if reason is not None:
        return str(reason)
    if kind in ("too_short", "string_too_short"):
        return "at least one is needed" if kind == "too_short" else "the text is empty"
    if kind == "literal_error":
        return f"{value} is not {error['ctx']['expected']}"
    expected = {
        "string_type": "a text",
        "bool_type": "true or false",
        "int_type": "a whole number",
        "list_type": "a list",
        "model_type": "an object",
        "model_attributes_type": "an object",
        "dict_type": "an object",
    }
    if kind in expected:
        return f"{expected[kind]} is expected, not {value}"
    if kind == "greater_than_equal":
        return f"{value} is below {error['ctx']['ge']}"
    return f"{value}: {error['msg']}"


def bad(where: str, at: str, text: str) -> InvalidInput:
    """The error in one line; empty parts are left out, and what is too long to be read is cut short."""
    said = ": ".join(part for part in (at, text) if part)
    if len(said) > LONGEST:
        said = said[: LONGEST // 2] + " ... " + said[-LONGEST // 2 :]
    return InvalidInput(one_line(f"{where}: {said}"))
