"""Which instances a sweep is over: a family's parameters, each with its values, or the files of a folder.

The instances of a family are the product of the values, the last parameter fastest. As texts, values stand
between commas, and ``LOW..HIGH`` is every whole number, ``LOW..HIGH:N`` that many equally spaced numbers with
both ends. What a parameter reads as one value (of a list: ``1/2,1/2``) is one value.
"""

from __future__ import annotations

import itertools
import json
import math
import os
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np

from ..instances.library import all_families, find_family, load
from ..instances.parameters import Parameter, setting_text
from ..solvers.errors import InvalidInput
from ..solvers.files import reason
from ..solvers.numerals import one_line, rational, shown

MOST = 1_000_000
"""Most instances of one sweep, and most values of one parameter."""
_RANGE = re.compile(r"(.+?)\.\.([^:]+)(?::(.+))?")


@dataclass(frozen=True)
class Swept:
    """One instance: a library name with settings as texts, or the path of a file."""

    source: str
    settings: Mapping[str, str]

    @property
    def parameters(self) -> dict[str, str]:
        """What tells it from the others of a sweep."""
        return {"instance": self.source, **self.settings}

    @property
    def key(self) -> str:
        """The same as JSON."""
        return json.dumps(self.parameters)


def instances(source: str | os.PathLike[str], grid: Mapping[str, Any] | None) -> list[Swept]:
    """All instances, in order.

    Raises `InvalidInput` for what is no family, file or folder, for parameters and values that the family
    refuses, and for more than `MOST` instances.
    """
    name = os.fspath(source)
    if isinstance(source, str) and source in {family.name for family in all_families()}:
        return _of_family(source, grid or {})
    paths = _files(name) if os.path.isdir(name) else [os.path.normpath(name)]
    if not os.path.isdir(name):
        load(source)
    if grid:
        raise InvalidInput(one_line(f"{name}: files have no parameters ({', '.join(grid)})"))
    return [Swept(path, {}) for path in paths]


def _files(folder: str) -> list[str]:
    try:
        names = sorted(name for name in os.listdir(folder) if name.lower().endswith(".json"))
    except OSError as error:
        raise InvalidInput(f"{one_line(folder)}: cannot be read ({reason(error)})") from None
    if not names:
        raise InvalidInput(f"{one_line(folder)}: there is no .json file in this folder")
    return [os.path.normpath(os.path.join(folder, name)) for name in names]


def _of_family(name: str, grid: Mapping[str, Any]) -> list[Swept]:
    family = find_family(name)
    known = [parameter.name for parameter in family.parameters]
    for unknown in [key for key in grid if key not in known]:
        family.make(**{unknown: 0})  # says which parameters there are
    axes = {
        parameter.name: [setting_text(value) for value in _values(parameter, grid[parameter.name], name)]
        for parameter in family.parameters
        if parameter.name in grid
    }
    count = math.prod(map(len, axes.values()))
    if count > MOST:
        raise InvalidInput(f"{name}: {count:,} instances, more than {MOST:,}")
    return [Swept(name, dict(zip(axes, point, strict=True))) for point in itertools.product(*axes.values())]


def _values(parameter: Parameter, given: Any, family: str) -> list[Any]:
    """The different values of one parameter, read by it."""
    try:
        return [parameter.read(given, family)]
    except InvalidInput:
        where = f"{family}: {parameter.name}"
        if isinstance(given, str):
            parts = [value for piece in given.split(",") for value in _spread(piece.strip(), where)]
        elif isinstance(given, Sequence | np.ndarray):
            parts = list(given)
        else:
            raise
        if parts == [given] or not parts:
            raise
    return list(dict.fromkeys(parameter.read(part, family) for part in parts))


def _spread(piece: str, where: str) -> Iterator[str]:
    """The values of a range, or the one value that the text is. Raises `InvalidInput`."""
    parts = _RANGE.fullmatch(piece)
    if parts is None:
        yield piece
        return
    try:
        low, high = rational(parts[1].strip()), rational(parts[2].strip())
        count = high - low + 1 if parts[3] is None else rational(parts[3].strip())
    except ValueError:
        raise _refused(piece, where) from None
    if count > MOST:
        raise InvalidInput(one_line(f"{where}: {shown(piece)} is more than {MOST:,} values"))
    whole = parts[3] is not None or low.denominator == 1
    if not whole or count.denominator != 1 or count < (1 if parts[3] is None else 2) or low > high:
        raise _refused(piece, where)
    step = (high - low) / (count - 1) if count > 1 else Fraction(0)
    yield from (str(low + k * step) for k in range(int(count)))


def _refused(piece: str, where: str) -> InvalidInput:
    return InvalidInput(
        one_line(
            f"{where}: {shown(piece)} is no range LOW..HIGH of whole numbers or LOW..HIGH:N, such as 0..1:11"
        )
    )
