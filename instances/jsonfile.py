"""JSON on disk: read strictly, written so that a person can read it, replaced in one step.

Reading keeps decimals as they are written, refuses a key given twice, and turns whatever can go wrong into
one line that names the file. Nothing in a file is ever executed.
"""

from __future__ import annotations

import json
import os
import secrets
import stat
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any

from ..solvers.errors import InvalidInput

WIDTH = 110
"""A list that fits into this many characters stays on one line."""


def one_line(text: str) -> str:
    """The text with line breaks and other control characters made visible, so that it is one line."""
    return "".join(c if c.isprintable() else repr(c)[1:-1] for c in text)


class _Twice(dict[str, Any]):
    """An object with a key given twice: `key` is that key."""

    key: str


def read_json(path: str | os.PathLike[str]) -> Any:
    """The content of a JSON file: decimals as ``Decimal``, NaN and infinities as floats.

    Those are refused later, where the place is known. Raises `InvalidInput` naming the file, and the line and
    column where the file is not JSON.
    """
    where = one_line(os.fspath(path))
    try:
        raw = Path(path).read_bytes()
    except FileNotFoundError:
        raise InvalidInput(f"{where}: there is no such file") from None
    except IsADirectoryError:
        raise InvalidInput(f"{where}: this is a directory, not a file") from None
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        raise InvalidInput(f"{where}: cannot be read ({one_line(reason)})") from None
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
        raise InvalidInput(f"{where}: lists and objects are nested too deeply") from None
    _refuse_repeated(content, where)
    return content


def _decimal(text: str) -> Any:
    try:
        return Decimal(text)
    except InvalidOperation:
        return text


def _integer(text: str) -> Any:
    # An integer beyond Python's limit on digits stays text, to be refused where it stands.
    try:
        return int(text)
    except ValueError:
        return text


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(pairs)
    if len(made) == len(pairs):
        return made
    seen: set[str] = set()
    for key, _ in pairs:
        if key in seen:
            break
        seen.add(key)
    twice = _Twice(made)
    twice.key = key
    return twice


def _refuse_repeated(content: Any, where: str) -> None:
    """Raise where an object has a key twice or a text cannot be encoded, naming the way to it."""
    open_: list[tuple[Any, str]] = [(content, "")]
    while open_:
        value, place = open_.pop()
        at = f"{where}: {place.removeprefix(', ')}: " if place else f"{where}: "
        if isinstance(value, _Twice):
            raise InvalidInput(one_line(f"{at}the key {value.key!r} is given twice"))
        if isinstance(value, dict):
            for key in value:
                _refuse_surrogates(key, at)
            open_ += [(inner, f"{place}, {key}") for key, inner in value.items()]
        elif isinstance(value, list):
            if value and isinstance(value[0], int | Decimal):
                continue
            open_ += [(inner, f"{place}[{k}]") for k, inner in enumerate(value)]
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
    try:
        _replace(os.path.realpath(path), data)
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        raise InvalidInput(f"{where}: cannot be written ({one_line(reason)})") from None


def _replace(target: str, data: bytes) -> None:
    mode = None
    if os.path.exists(target):
        mode = os.stat(target).st_mode
        if not stat.S_ISREG(mode):
            # A pipe or a device is written to; a directory fails here with its own message.
            with open(target, "wb") as out:
                out.write(data)
            return
    # Opened by name rather than by tempfile, so that the new file's permissions are those of any other.
    temporary = os.path.join(os.path.dirname(target), f".dynamech-{secrets.token_hex(8)}.tmp")
    with open(temporary, "xb") as out:
        try:
            out.write(data)
            out.flush()
            os.fsync(out.fileno())
            if mode is not None:
                os.chmod(temporary, stat.S_IMODE(mode))
            os.replace(temporary, target)
        except BaseException:
            os.unlink(temporary)
            raise


def pretty(content: Any, indent: int = 0) -> str:
    """JSON text in which whatever fits on a line stays on one.

    >>> print(pretty({"prior": ["1/2", "1/2"]}))
    {"prior": ["1/2", "1/2"]}
    """
    flat = json.dumps(content, ensure_ascii=False, allow_nan=False)
    if not isinstance(content, dict | list) or not content:
        return flat
    if len(flat) + indent <= WIDTH and not (isinstance(content, dict) and indent == 0 and len(content) > 2):
        return flat
    inner = " " * (indent + 2)
    if isinstance(content, dict):
        parts = [
            f"{inner}{json.dumps(key, ensure_ascii=False)}: {pretty(value, indent + 2)}"
            for key, value in content.items()
        ]
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
        text = json.dumps(value, ensure_ascii=False, allow_nan=False) + ("," if k < len(content) - 1 else "")
        if len(line) > len(inner) and len(line) + 1 + len(text) > WIDTH:
            lines.append(line)
            line = inner
        line += (" " if len(line) > len(inner) else "") + text
    return "\n".join([*lines, line])
