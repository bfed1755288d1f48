"""Mechanism files: ``dynamech-mechanism/1`` JSON in, a `Mechanism` out, and back without loss.

Whole numbers and strings such as ``"3/8"`` are rationals. A number with a point or an exponent is a double,
unless the file says ``"decimals": "exact"``: mechanisms come from solvers. Both come back without loss.
"""

from __future__ import annotations

import os
from typing import Any, TypeAlias

from pydantic import ValidationError

from ..models.environment.environment import Environment
from ..models.mechanism.draws import MemoryDraws
from ..models.mechanism.mechanism import Mechanism, Stage
from ..solvers.errors import InvalidInput
from ..solvers.numbers import Ints
from ..solvers.numerals import one_line
from .file import check_format
from .jsonfile import read_json, write_json
from .numerals import write_table
from .problems import bad, complaint
from .schema import MECHANISM_FORMAT, DrawsPart, MechanismFile, StagePart

MechanismLike: TypeAlias = Mechanism | str | os.PathLike[str]
"""A mechanism, or the path of its file."""


def as_mechanism(given: MechanismLike) -> Mechanism:
    """The mechanism itself, or that of a file (see `read_mechanism`); raises `InvalidInput` for all else."""
    if isinstance(given, Mechanism):
        return given
    if isinstance(given, str | os.PathLike):
        return read_mechanism(given)
    hint = "; give its .mechanism" if "mechanism" in dir(type(given)) else ""
    raise InvalidInput(f"mechanism: {type(given).__name__} is neither a mechanism nor the path of one{hint}")


def read_mechanism(path: str | os.PathLike[str], env: Environment | None = None) -> Mechanism:
    """The mechanism of a file; with `env`, checked against that environment.

    Without `env` it goes on for ever where it has one period with ``next``, or two of which the second points
    into itself. The name of the instance in the file is not compared: a mechanism may be tried on another
    environment of the same shape. Raises `InvalidInput` with one line naming the file and the place.
    """
    return mechanism_from_json(read_json(path), one_line(os.fspath(path)), env)


def mechanism_from_json(content: Any, where: str = "mechanism", env: Environment | None = None) -> Mechanism:
    """The mechanism that an object of the form of a mechanism file describes; see `read_mechanism`."""
    check_format(content, where, MECHANISM_FORMAT)
    context = {"doubles": content.get("decimals", "double") == "double"}
    try:
        data = MechanismFile.model_validate(content, context=context)
    except ValidationError as error:
        raise complaint(error, content, where) from None
    try:
        mechanism = _mechanism(data, env)
        if env is not None:
            mechanism.check(env, drawn=True)
    except InvalidInput as error:
        raise bad(where, "", str(error)) from None
    return mechanism


def _mechanism(data: MechanismFile, env: Environment | None) -> Mechanism:
    count = len(data.periods)
    stationary = env.stationary if env is not None else _recurs(data.periods)
    for t, part in enumerate(data.periods):
        _check_shapes(part, t)
        if part.next is None and (stationary or t < count - 1):
            raise InvalidInput(
                f"periods, period {t}: 'next' is missing; only the last period may leave it out"
            )
        if part.next is not None and (stationary or t < count - 1):
            after = min(t + 1, count - 1)
            following, key, leads = len(data.periods[after].memory), "next", part.next
            if (lots := part.lotteries) is not None:
                _check_lotteries(lots, part.next, t)
                key, leads = "lotteries, memory", lots.memory
            if leads.max() >= following:
                raise InvalidInput(
                    f"periods, period {t}, {key}: {int(leads.max())} is not one of the {following} memory "
                    f"states of {'the period itself' if after == t else f'period {after}'}"
                )
    agents = {part.transfers.shape[0] for part in data.periods}
    if len(agents) > 1:
        raise InvalidInput(f"periods: transfers are for {' and '.join(map(str, sorted(agents)))} agents")
    if data.start >= len(data.periods[0].memory):
        raise InvalidInput(
            f"start: {data.start} is not one of the {len(data.periods[0].memory)} memory states of period 0"
        )
    stages = tuple(
        Stage(
            allocation=part.allocation,
            transfers=part.transfers,
            next=part.next if stationary or t < count - 1 else None,
            label=part.memory.__getitem__,
            draws=_draws(part) if stationary or t < count - 1 else None,
        )
        for t, part in enumerate(data.periods)
    )
    return Mechanism(data.instance, stages, data.start, stationary)


def _recurs(periods: list[StagePart]) -> bool:
    """Whether the last of one or two periods says what comes after it, for ever."""
    last = periods[-1]
    leads = last.next if last.lotteries is None else last.lotteries.memory
    into_itself = last.next is not None and bool(leads.max() < len(last.memory))
    return into_itself if len(periods) == 2 else len(periods) == 1 and last.next is not None


def _draws(part: StagePart) -> MemoryDraws | None:
    return None if part.lotteries is None else MemoryDraws(part.lotteries.memory, part.lotteries.chance)


def _check_lotteries(lots: DrawsPart, leads: Ints, t: int) -> None:
    """Lotteries have two tables of one shape, and 'next' has no others."""
    where, shape = f"periods, period {t}, lotteries", lots.memory.shape
    if len(shape) != 2 or lots.chance.shape != shape:
        raise InvalidInput(
            f"{where}: memory and chance have shapes {list(shape)} and {list(lots.chance.shape)}, not one "
            "of [lottery][outcome]"
        )
    if leads.max() >= len(lots.memory):
        raise InvalidInput(
            f"periods, period {t}, next: {int(leads.max())} is not one of the {len(lots.memory)} lotteries"
        )


def _check_shapes(part: StagePart, t: int) -> None:
    """The three tables of a period describe the same memory states, agents, types and actions."""
    where = f"periods, period {t}"
    q, pay = part.allocation.shape, part.transfers.shape
    if len(q) < 3:
        raise InvalidInput(
            f"{where}, allocation: {len(q)} levels of lists; one for the memory, one for the types of "
            "each agent and one for the actions"
        )
    if q[0] != len(part.memory):
        raise InvalidInput(f"{where}, allocation: {q[0]} entries for {len(part.memory)} memory states")
    if pay != (len(q) - 2, *q[:-1]):
        raise InvalidInput(
            f"{where}, transfers: shape {list(pay)} is not (agents, memory states, types...) = "
            f"{[len(q) - 2, *q[:-1]]}"
        )
    if part.next is not None and part.next.shape != q:
        raise InvalidInput(
            f"{where}, next: shape {list(part.next.shape)} is not that of the allocation, {list(q)}"
        )


def save_mechanism(mechanism: Mechanism, path: str | os.PathLike[str]) -> None:
    """Write a mechanism file; it appears at once and whole, or not at all.

    Raises `InvalidInput` where the file cannot be written.
    """
    write_json(mechanism_to_json(mechanism), path)


def mechanism_to_json(mechanism: Mechanism) -> dict[str, Any]:
    """The mechanism as the content of a mechanism file.

    Raises `InvalidInput` for numbers that no file can hold.
    """
    content: dict[str, Any] = {"format": MECHANISM_FORMAT, "instance": mechanism.instance}
    periods = []
    for t, stage in enumerate(mechanism.stages):
        period: dict[str, Any] = {
            "memory": [str(stage.label_of(m)) for m in range(stage.size)],
            "allocation": write_table(stage.allocation),
            "transfers": write_table(stage.transfers),
        }
        # A last period that pointed somewhere would read as a stationary mechanism.
        if stage.next is not None and (mechanism.stationary or t < mechanism.periods - 1):
            period["next"] = stage.next.tolist()
            if (draws := stage.draws) is not None:
                chance = write_table(draws.chance)
                period["lotteries"] = {"memory": draws.memory.tolist(), "chance": chance}
        periods.append(period)
    return content | {"start": int(mechanism.start), "periods": periods}
