"""The library: environments by name and parameters, or from a file.

>>> load("kln-nonseparable", n=3).agents[0].types[0]
('0', '1/2', '1')
"""

from __future__ import annotations

import difflib
import os
from typing import Any, TypeAlias

from ..models.environment.environment import Environment
from ..solvers.errors import InvalidInput
from ..solvers.numerals import one_line, shown
from .families import FAMILIES
from .family import Family
from .file import read_instance

EnvironmentLike: TypeAlias = Environment | str | os.PathLike[str]
"""An environment, the name of a library instance, or the path of an instance file."""
_BY_NAME = {family.name: family for family in FAMILIES}


def all_families() -> tuple[Family, ...]:
    """All families of the library, in the order in which they are listed."""
    return FAMILIES


def find_family(name: str) -> Family:
    """The family of that name. Raises `InvalidInput` listing close names and all families."""
    if name in _BY_NAME:
        return _BY_NAME[name]
    raise InvalidInput(one_line(f"there is no library instance {shown(name)}{_known(name)}"))


def load(name_or_path: str | os.PathLike[str], /, **params: Any) -> Environment:
    """An environment of the library with these parameters, or one from an instance file.

    A name of the library wins; a path object, and a text that has a directory in it, ends in ``.json`` or
    names a file, is a file, which takes no parameters. Parameters may be texts, as on the command line.
    Raises `InvalidInput` with one line.
    """
    if isinstance(name_or_path, str) and name_or_path in _BY_NAME:
        return _BY_NAME[name_or_path].make(**params)
    if not isinstance(name_or_path, str | os.PathLike):
        raise InvalidInput(f"a library name or the path of a file is expected, not {shown(name_or_path)}")
    if _is_file(name_or_path):
        if params:
            raise InvalidInput(
                one_line(f"{os.fspath(name_or_path)}: a file takes no parameters ({', '.join(params)})")
            )
        return read_instance(name_or_path)
    name = str(name_or_path)
    raise InvalidInput(one_line(f"{shown(name)} is neither a library instance nor a file{_known(name)}"))


def as_environment(given: EnvironmentLike) -> Environment:
    """The environment itself, or the one that `load` finds under a name or path; raises as `load` does.

    >>> as_environment("kln-nonseparable").name
    'kln-nonseparable'
    """
    return given if isinstance(given, Environment) else load(given)


def _is_file(name: str | os.PathLike[str]) -> bool:
    if not isinstance(name, str):
        return True
    separators = [os.sep] + ([os.altsep] if os.altsep else [])
    if any(separator in name for separator in separators) or name.lower().endswith(".json"):
        return True
    try:
        return os.path.isfile(name)
    except ValueError:
        return False


def _known(name: str) -> str:
    close = difflib.get_close_matches(name.lower(), list(_BY_NAME), n=3, cutoff=0.5)
    hint = f"; did you mean {' or '.join(repr(one) for one in close)}?" if close else ""
    return f"{hint} (the library has: {', '.join(_BY_NAME)})"
