"""The words of the command line, spelled as in Python, and their checks before any work is done."""

from __future__ import annotations

import re
from collections.abc import Iterable
from fractions import Fraction
from typing import Annotated, Any

import typer

from ..instances.library import all_families, load
from ..instances.parameters import parse_setting
from ..models.compiler.formulation import FORMULATIONS
from ..models.environment.environment import Environment
from ..models.notions.incentives import INCENTIVES, RUNGS
from ..models.notions.objective import WEIGHED
from ..models.notions.participation import PARTICIPATIONS
from ..models.relaxations import COUPLINGS
from ..solvers.errors import InvalidInput
from ..solvers.numerals import rational, shown


def option(usage: str, text: str, words: Iterable[str] = ()) -> Any:
    """An option as it is used ("--out FILE"), what it says, and the words that it takes."""
    name, _, metavar = usage.partition(" ")
    known = f": {', '.join(words)}." if words else ""
    return typer.Option(name, metavar=metavar or None, help=text + known)


def _families(begun: str) -> list[str]:
    """What a shell offers for an instance: names of the library; files it knows itself."""
    return [family.name for family in all_families() if family.name.startswith(begun)]


Instance = Annotated[
    str,
    typer.Argument(
        metavar="X",
        help="A library name (see `list`) or the path of an instance file.",
        autocompletion=_families,
    ),
]
Settings = Annotated[
    list[str] | None, option("--set NAME=VALUE", "A parameter of a library instance; repeatable.")
]
ObjectiveWord = Annotated[
    str,
    option(
        "--objective WORD",
        "What is maximised, or weights on it such as revenue=1,utility=-1/2",
        (*WEIGHED, "utility:AGENT"),
    ),
]
IncentivesWord = Annotated[str, option("--incentives WORD", "Who may lie about what", INCENTIVES)]
ParticipationWord = Annotated[
    str, option("--participation WORD", "What may not fall below 0", PARTICIPATIONS)
]
Coupling = Annotated[
    str | None, option("--coupling WORD", "How shocks of different types move together", COUPLINGS)
]
Formulation = Annotated[str, option("--formulation WORD", "How the program is written", FORMULATIONS)]
Rungs = Annotated[str | None, option("--rungs A,B", "Which rungs, all by default", RUNGS)]
Solver = Annotated[
    str,
    option(
        "--solver NAME", "The engine: highs, highs-ipm, highs-pdlp, cvxpy:NAME, pyomo:NAME (see `solvers`)."
    ),
]
Exact = Annotated[bool, option("--exact", "Prove the value in rational arithmetic.")]
Rational = Annotated[bool, option("--exact", "Over the rationals, floats at their binary values.")]
Certificate = Annotated[str | None, option("--certificate FILE", "Write the proof; with --exact.")]
Out = Annotated[str | None, option("--out FILE", "Write the answer to a file.")]
Plot = Annotated[str | None, option("--plot FILE", "Draw the answer (.png, .pdf, .svg).")]
PoolFile = Annotated[
    str | None, option("--pool FILE", "Cuts and points of recursion: go on from them, keep them.")
]
MechanismOut = Annotated[str | None, option("--out FILE", "Write the mechanism.")]
TimeLimit = Annotated[str | None, option("--time-limit SECONDS", "Seconds for each program.")]
AnswerLimit = Annotated[str | None, option("--time-limit SECONDS", "Seconds for the answer.")]
MemoryLimit = Annotated[
    str | None, option("--memory-limit BYTES", "Such as 500MB or 2GB; half of the machine by default.")
]
Json = Annotated[bool, option("--json", "One JSON object on standard output, nothing else.")]
Quiet = Annotated[bool, option("--quiet", "No sizes, progress or notes.")]

FOREVER = 1e9
"""Seconds that no clock counts to the end; waiting for more is more than some of them take."""
_SIZE = re.compile(r"([^\s]*?[0-9.])\s*([kmgt]?i?b?)", re.IGNORECASE)
_UNITS = {"": 1.0} | {
    f"{letter}{i}": base**power
    for power, letter in enumerate("kmgt", 1)
    for i, base in (("", 1000.0), ("i", 1024.0))
}


def memory_bytes(text: str | None) -> float | None:
    """Bytes of a text such as ``2GB``. Raises `InvalidInput`.

    >>> memory_bytes("500MB"), memory_bytes("1.5GiB"), memory_bytes("4096")
    (500000000.0, 1610612736.0, 4096.0)
    """
    if text is None:
        return None
    parts = _SIZE.fullmatch(text.strip())
    unit = parts[2].lower().removesuffix("b") if parts else "?"
    if parts is None or unit not in _UNITS:
        raise InvalidInput(f"--memory-limit: {shown(text)} is not a number of bytes such as 500MB or 2GB")
    count = positive(parts[1])
    if count is None:
        raise InvalidInput(f"--memory-limit: {shown(text)} is not a positive number of bytes")
    return count * _UNITS[unit]


def seconds(text: str | None) -> float | None:
    """A time limit. Raises `InvalidInput`."""
    if text is None:
        return None
    limit = positive(text.strip())
    if limit is None:
        raise InvalidInput(f"--time-limit: {shown(text)} is not a positive number of seconds")
    return min(limit, FOREVER)


def positive(text: str) -> float | None:
    """The number that a text shows, None where it is not above 0, or not one that a double can hold."""
    try:
        return float(rational(text)) or None if rational(text) > 0 else None
    except ValueError:
        return None


def whole_number(option: str, text: str, least: int, most: int) -> int:
    """The whole number that a text shows. Raises `InvalidInput`."""
    try:
        number = rational(text)
    except ValueError:
        number = Fraction(least - 1)
    if number.denominator != 1 or not least <= number <= most:
        raise InvalidInput(f"{option}: {shown(text)} is no whole number from {least} to {most:,}")
    return int(number)


def environment_of(name: str, settings: list[str] | None) -> Environment:
    """The environment asked for. Raises `InvalidInput`."""
    return load(name, **read_settings(settings))


def read_settings(settings: list[str] | None) -> dict[str, str]:
    """The settings by name. Raises `InvalidInput` where one is malformed or given twice."""
    given: dict[str, str] = {}
    for text in settings or ():
        name, value = parse_setting(text)
        if name in given:
            raise InvalidInput(f"--set: {name} is given twice ({given[name]} and {value})")
        given[name] = value
    return given


def file_of(name: str) -> str | None:
    """The instance's path, None for a library name."""
    return None if name in {family.name for family in all_families()} else name


def by_agent(flag: str, texts: list[str]) -> Any:
    """What a flag says, or what it says of each agent named. Raises `InvalidInput` for what is said twice."""
    given: dict[str, str] = {}
    for text in texts:
        agent = text.rpartition("=")[0]
        if agent in given or (given and "" in (agent, *given)):
            other = given.get(agent) or given.get("") or next(iter(given.values()))
            raise InvalidInput(f"{flag}: {shown(text)} beside {shown(other)} says something twice")
        given[agent] = text
    words = {agent: text.rpartition("=")[2] for agent, text in given.items()}
    return words.get("", words)
