"""JSON on disk: read strictly, written so that a person can read it, replaced in one step.

Reading keeps decimals as they are written, refuses a key given twice, and turns whatever can go wrong into
one line that names the file. Nothing in a file is ever executed.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from typing import Any

from ..solvers.errors import InvalidInput
from ..solvers.files import read_whole, write_whole
from ..solvers.numerals import MAX_DIGITS, json_text, one_line

WIDTH = 110
"""A list that fits into this many characters stays on one line."""


DEEPEST = 100
"""Deepest nesting of lists and objects: no file of ours needs more than 30 levels."""


_PLAIN = frozenset({int, Decimal, float, bool, type(None)})


class _Twice(dict[str, Any]):
    """An object with a key given twice: `key` is that key."""

    key: str


def read_json(path: str | os.PathLike[str]) -> Any:
    """The content of a JSON file: decimals as ``Decimal``, NaN and infinities as floats.

    Those are refused later, where the place is known. Raises `InvalidInput` naming the file, and the line and
    column where the file is not JSON.
    """
    where = one_line(os.fspath(path))
    raw = read_whole(path)
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise InvalidInput(f"{where}: byte {error.start} is not UTF-8 text") from None
    return parse_json(text, where)


def parse_json(text: str, where: str) -> Any:
    """The content of a JSON text; see `read_json`."""
    try:
        content = json.loads(
            text,
            parse_float=_decimal,
            parse_int=_integer,
            parse_constant=float,
            object_pairs_hook=_object,
        )
    except json.JSONDecodeError as error:
        raise InvalidInput(
            f"{where}: not JSON at line {error.lineno}, column {error.colno}: {one_line(error.msg)}"
        ) from None
    except RecursionError:
        raise _too_deep(where) from None
    _refuse_repeated(content, where)
    return content


def _decimal(text: str) -> Any:
    try:
        return Decimal(text)
    except InvalidOperation:
        return text


def _integer(text: str) -> Any:
    # A longer integer stays text, to be refused where it stands: reading it takes the square of its length.
    return int(text) if len(text) <= MAX_DIGITS else text


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    content = dict(pairs)
    if len(content) == len(pairs):
        return content
    seen: set[str] = set()
    for key, _ in pairs:
        if key in seen:
            break
        seen.add(key)
    twice = _Twice(content)
    twice.key = key
    return twice


def _too_deep(where: str) -> InvalidInput:
    return InvalidInput(f"{where}: lists and objects are nested too deeply")


def _refuse_repeated(content: Any, where: str) -> None:
    """Raise where an object has a key twice, a text cannot be encoded or the nesting is too deep."""
    open_: list[tuple[Any, str, int]] = [(content, "", 1)]
    while open_:
        value, place, depth = open_.pop()
        if depth > DEEPEST:
            raise _too_deep(where)
        at = f"{where}: {place.removeprefix(', ')}: " if place else f"{where}: "
        if isinstance(value, _Twice):
            raise InvalidInput(one_line(f"{at}the key {value.key!r} is given twice"))
        if isinstance(value, dict):
            for key in value:
                _refuse_surrogates(key, at)
            open_ += [(inner, f"{place}, {key}", depth + 1) for key, inner in value.items()]
        elif isinstance(value, list):
            if _PLAIN.issuperset(map(type, value)):
                continue
            open_ += [(inner, f"{place}[{k}]", depth + 1) for k, inner in enumerate(value)]
        elif isinstance(value, str):
            _refuse_surrogates(value, at)


def _refuse_surrogates(text: str, at: str) -> None:
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        raise InvalidInput(one_line(f"{at}{text!r} is not valid Unicode text")) from None


def write_json(content: Any, path: str | os.PathLike[str]) -> None:
    """Write content so that the file is either the old one or the whole new one.

    Raises `InvalidInput` naming the file where it cannot be written.
    """
    where = one_line(os.fspath(path))
    try:
        data = (pretty(content) + "\n").encode("utf-8")
    except UnicodeEncodeError as error:
        bad = error.object[error.start : error.end]
        raise InvalidInput(f"{where}: {bad!r} cannot be written as Unicode text") from None
    write_whole(path, data)


def digest(content: Any) -> str:
    """A hash of everything in an object of JSON, the same before it is written and when it has been read."""
    text = json.dumps(with_doubles(content), sort_keys=True)
    return "sha256:" + hashlib.sha256(text.encode()).hexdigest()


def with_doubles(value: Any) -> Any:
    """JSON that was read, with decimals as the doubles that they were written from."""
    if isinstance(value, Decimal):
        return float(value)
    if isinstance(value, Mapping):
        return {key: with_doubles(inner) for key, inner in value.items()}
    return [with_doubles(inner) for inner in value] if isinstance(value, list | tuple) else value


def pretty(content: Any, indent: int = 0) -> str:
    """JSON text in which whatever fits on a line stays on one.

    >>> print(pretty({"prior": ["1/2", "1/2"]}))
    {"prior": ["1/2", "1/2"]}
    """
    flat = json_text(content)
    if not isinstance(content, dict | list) or not content:
        return flat
    if len(flat) + indent <= WIDTH and not (isinstance(content, dict) and indent == 0 and len(content) > 2):
        return flat
    inner = " " * (indent + 2)
    if isinstance(content, dict):
        parts = [f"{inner}{json_text(key)}: {pretty(value, indent + 2)}" for key, value in content.items()]
        return "{\n" + ",\n".join(parts) + "\n" + " " * indent + "}"
    if all(not isinstance(value, dict | list) for value in content):
        return "[\n" + _filled(content, inner) + "\n" + " " * indent + "]"
    return (
        "[\n" + ",\n".join(inner + pretty(value, indent + 2) for value in content) + "\n" + " " * indent + "]"
    )


def _filled(content: list[Any], inner: str) -> str:
    """Scalars in lines as full as the width allows."""
    lines: list[str] = []
    line = inner
    for k, value in enumerate(content):
        text = json_text(value) + ("," if k < len(content) - 1 else "")
        if len(line) > len(inner) and len(line) + 1 + len(text) > WIDTH:
            lines.append(line)
            line = inner
        line += (" " if len(line) > len(inner) else "") + text
    return "\n".join([*lines, line])
