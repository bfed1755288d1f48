"""The file of ``bench --out``: one JSON object a line, appended as measurements come.

A line says what it is about by the digest of the instance and the words, so lines of other instances, words
and versions may stand in the same file, and an interrupted run goes on where it stopped.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from typing import Any

from ..solvers.errors import InvalidInput
from ..solvers.numerals import one_line
from .case import Case

FORMAT = "dynamech-bench/1"


class Keeper:
    """Figures by case and repeat, in memory and, where a path is given, in its file."""

    def __init__(self, path: str | None = None) -> None:
        """Read the file. Raises `InvalidInput` for one that holds anything else, which is left alone."""
        self.path = path
        self._found: dict[str, dict[str, Any]] = {}
        self._old: set[str] = set()
        if path is not None and os.path.exists(path):
            self._read(path)
            self._old = set(self._found)

    def has(self, case: Case, repeat: int) -> bool:
        """Whether this repeat has been measured."""
        return _key(case, repeat) in self._found

    def figures(self, case: Case, repeats: int) -> list[dict[str, Any]]:
        """What was measured of a case, by repeat."""
        keys = [_key(case, repeat) for repeat in range(repeats)]
        return [self._found[key] for key in keys if key in self._found]

    def earlier(self, case: Case, repeats: int) -> int:
        """How many measurements of a case were in the file already."""
        return sum(_key(case, repeat) in self._old for repeat in range(repeats))

    def keep(self, case: Case, repeat: int, found: Mapping[str, Any]) -> None:
        """Add one measurement, in the file too."""
        figures = {name: value for name, value in found.items() if name != "digest"}
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
            try:
                with open(self.path, "a", encoding="utf-8") as file:
                    file.write(json.dumps(line) + "\n")
            except OSError as error:
                raise InvalidInput(f"--out: {self.path} cannot be written ({error.strerror})") from None

    def _read(self, path: str) -> None:
        try:
            with open(path, encoding="utf-8") as file:
                text = file.read()
        except (OSError, UnicodeDecodeError) as error:
            raise InvalidInput(f"--out: {path} cannot be read ({one_line(str(error))})") from None
        whole, _, torn = text.rpartition("\n")
        for number, line in enumerate(whole.splitlines(), 1):
            try:
                content = json.loads(line)
                if content["format"] != FORMAT:
                    raise ValueError(line)
                self._found[_key_of(content)] = content["figures"]
            except (ValueError, KeyError, TypeError):
                raise InvalidInput(
                    f"--out: {path}, line {number} is no measurement; the file was left as it is"
                ) from None
        if torn and torn[0] != "{":
            raise InvalidInput(f"--out: {path} holds no measurements; it was left as it is")
        if torn:  # cut short while it was written: the rest of the line goes
            with open(path, "r+b") as file:
                file.truncate(len(text.encode()) - len(torn.encode()))


def _key(case: Case, repeat: int) -> str:
    return _key_of({"digest": case.instance.digest, "words": case.words, "repeat": repeat})


def _key_of(line: Mapping[str, Any]) -> str:
    return json.dumps([line["digest"], line["words"], line["repeat"]], sort_keys=True)
