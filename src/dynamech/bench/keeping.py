"""The file of ``bench --out``: one JSON object a line, appended as measurements come.

A line says what it is about by the digest of the instance and the words, so lines of other instances, words
and versions may stand in the same file, and an interrupted run goes on where it stopped. ``check`` is a
digest of the rest of the line: one that was changed is refused. Several runs may append to one file. A last
line that was cut short while it was written is left out, and goes when the next is appended; a file that
holds anything else is refused and left as it is.
"""

from __future__ import annotations

import json
import math
import os
import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from ..instances.jsonfile import digest, parse_json
from ..solvers.errors import InvalidInput
from ..solvers.files import read_whole, reason, turn
from ..solvers.numerals import one_line, shown
from .case import Case

FORMAT = "dynamech-bench/1"
_TEXTS = frozenset({"status", "message", "exact", "formulation"})
_NULL = frozenset({"exact", "formulation"})
_COUNTS = frozenset({"rows", "columns", "nonzeros", "all_rows", "iterations", "peak_bytes", "base_bytes"})
_RATIONAL = re.compile("-?[0-9]+(/[0-9]+)?")
HEAD = f'{{"format": "{FORMAT}", '.encode()
"""How every line begins, so that one that was cut short is known."""
SURE = len('{"format": "dynamech-')


class Keeper:
    """Figures by case and repeat, in memory and, where a path is given, in its file.

    cut: whether the last line of the file was cut short; it counts as not measured.
    """

    def __init__(self, path: str | None = None) -> None:
        """Read the file. Raises `InvalidInput` for one that holds anything else, which is left alone."""
        self.path = path
        self.cut = False
        self._found: dict[str, dict[str, Any]] = {}
        if path is not None and os.path.exists(path):
            if not os.path.isfile(path):
                raise InvalidInput(f"--out: {one_line(path)} is no file that lines could be kept in")
            self._read(path)
        self._old = set(self._found)

    def has(self, case: Case, repeat: int) -> bool:
        """Whether this repeat has been measured."""
        return _key(case, repeat) in self._found

    def get(self, case: Case, repeat: int) -> dict[str, Any]:
        """What was measured of a case in this repeat. Raises ``KeyError``."""
        return self._found[_key(case, repeat)]

    def figures(self, case: Case, repeats: int) -> list[dict[str, Any]]:
        """What was measured of a case, by repeat."""
        keys = [_key(case, repeat) for repeat in range(repeats)]
        return [self._found[key] for key in keys if key in self._found]

    def earlier(self, case: Case, repeats: int) -> int:
        """How many measurements of a case were in the file already."""
        return sum(_key(case, repeat) in self._old for repeat in range(repeats))

    def keep(self, case: Case, repeat: int, measured: Mapping[str, Any]) -> None:
        """Add one measurement, in the file too. Raises `InvalidInput` where that cannot be written."""
        figures = {name: value for name, value in measured.items() if name != "digest"}
        line = {
            "format": FORMAT,
            "instance": case.instance.environment.name,
            "settings": dict(case.instance.settings),
            "digest": case.instance.digest,
            "words": case.words,
            "repeat": repeat,
            "figures": figures,
        }
        self._found[_key(case, repeat)] = figures
        if self.path is not None:
            _append(self.path, json.dumps(line | {"check": digest(line)}).encode("ascii"))

    def _read(self, path: str) -> None:
        where = f"--out: {one_line(path)}"
        lines = read_whole(path).split(b"\n")
        if not lines[-1]:
            lines.pop()
        for number, line in enumerate(lines, 1):
            if number == len(lines) and _is_cut(line):
                self.cut = True
                return
            try:
                key, figures = _measurement(line)
            except ValueError as error:
                raise InvalidInput(
                    f"{where}, line {number} is no measurement ({error}); the file was left as it is"
                ) from None
            self._found[key] = figures


def _is_cut(line: bytes) -> bool:
    """Whether a last line is the beginning of a measurement, and long enough to be of nothing else."""
    if not line.startswith(HEAD[:SURE]) or not (line.startswith(HEAD) or HEAD.startswith(line)):
        return False
    try:
        json.loads(line)
    except (ValueError, RecursionError):
        return True
    return False


def _measurement(line: bytes) -> tuple[str, dict[str, Any]]:
    """(what was measured, its figures). Raises ``ValueError`` saying what is wrong with the line."""
    try:
        content = parse_json(line.decode("utf-8"), "the line")
    except (UnicodeDecodeError, InvalidInput) as error:
        raise ValueError(str(error)) from None
    if not isinstance(content, dict) or content.get("format") != FORMAT:
        raise ValueError(f"it does not say 'format': '{FORMAT}'")
    if content.get("check") != digest({key: content[key] for key in content if key != "check"}):
        raise ValueError("it was changed after it was written")
    missing = {"digest", "words", "repeat", "figures"} - set(content)
    if missing:
        raise ValueError(f"'{min(missing)}' is missing")
    return _key_of(json.loads(line)), _figures(content["figures"])


def _figures(figures: Any) -> dict[str, Any]:
    """The figures of a line as they were measured. Raises ``ValueError`` for what no measurement gives."""
    if not isinstance(figures, dict) or not {"status", "message", "seconds"} <= set(figures):
        raise ValueError(f"'figures' are {shown(figures)}")
    read: dict[str, Any] = {}
    for name, value in figures.items():
        if name in _TEXTS:
            right = isinstance(value, str) or (value is None and name in _NULL)
        elif name == "seconds":
            right = isinstance(value, dict) and all(map(_is_number, value.values()))
        else:
            right = value is None or (_is_number(value) and (name not in _COUNTS or type(value) is int))
        if not right:
            raise ValueError(f"'{name}' is {shown(value)}")
        read[name] = {key: float(spent) for key, spent in value.items()} if name == "seconds" else value
        if isinstance(value, Decimal):
            read[name] = float(value)
    if read.get("exact") is not None and not _RATIONAL.fullmatch(read["exact"]):
        raise ValueError(f"'exact' is {shown(read['exact'])}")
    return read


def _is_number(value: Any) -> bool:
    return (type(value) is int and abs(value) < 2**63) or (
        isinstance(value, Decimal) and math.isfinite(float(value))
    )


def _append(path: str, line: bytes) -> None:
    """Add a line. What was cut short at the end goes; a whole last line only gets its line break."""
    try:
        with turn(path), open(path, "a+b") as file:
            whole = _end_of_lines(file)
            if whole is not None:
                file.truncate(whole)
            elif file.tell():
                file.seek(-1, os.SEEK_END)
                line = line if file.read(1) == b"\n" else b"\n" + line
            file.write(line + b"\n")
    except OSError as error:
        raise InvalidInput(f"--out: {one_line(path)} cannot be written ({reason(error)})") from None


def _end_of_lines(file: Any) -> int | None:
    """Where the line begins that was cut short at the end of the file; None where none was."""
    size = file.seek(0, os.SEEK_END)
    last, at = b"", size
    while at and b"\n" not in last:
        at = max(0, at - 65536)
        file.seek(at)
        last = file.read(size - at)
    last = last.rpartition(b"\n")[2]
    file.seek(0, os.SEEK_END)
    return size - len(last) if last and _is_cut(last) else None


def _key(case: Case, repeat: int) -> str:
    return _key_of({"digest": case.instance.digest, "words": case.words, "repeat": repeat})


def _key_of(line: Mapping[str, Any]) -> str:
    return json.dumps([line["digest"], line["words"], line["repeat"]], sort_keys=True)
