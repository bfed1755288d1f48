"""The coefficients of a row over an environment: tables over histories, profiles of reports, and actions."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np

from ....solvers.errors import InvalidInput
from ....solvers.numbers import Array, Bools, Ints, array, as_doubles, is_exact, number, to_exact, to_float
from ....solvers.numerals import shown
from ....solvers.short import Short
from ...environment.environment import Environment, labels_of_profile
from .row import Labelled, plain

CALLS = 10_000_000
"""Entries that a function of labels is asked for at most."""


@dataclass(frozen=True, eq=False, repr=False)
class Table(Short):
    """Coefficients of one period.

    histories (n, t, 2): by earlier period the profile of reports, agent 0 slowest, and the action, -1 where
        histories leave it out; None where all histories are alike. values (n or 1, S or 1, A): by history,
        profile, and action (or agent).
    """

    t: int
    histories: Ints | None
    values: Array

    def over(self, exact: bool, place: Place) -> Array:
        """The values as rationals or doubles. Raises `InvalidInput` for one that doubles do not hold."""
        return in_arithmetic(self.values, exact, f"{place}, coefficients of period {self.t}")

    @property
    def alike(self) -> bool:
        """Whether all histories and reports are alike."""
        return self.histories is None and self.values.shape[1] == 1


def in_arithmetic(values: Array, exact: bool, where: str) -> Array:
    """Coefficients as rationals or doubles. Raises `InvalidInput` where doubles do not hold one."""
    if exact:
        return to_exact(values)
    return as_doubles(values, where) if is_exact(values) else to_float(values)


Place: TypeAlias = str
"""How messages name a list of coefficients: the row and its key."""


def profiles(env: Environment, t: int) -> int:
    """Number of profiles S of period t."""
    return math.prod(env.types(t))


def width(env: Environment, t: int, key: str) -> int:
    """Number of actions, or of agents."""
    return env.num_actions(t) if key == "allocation" else env.num_agents


def tables(env: Environment, given: Any, key: str, place: Place) -> tuple[Table, ...]:
    """The tables of ``allocation`` or ``payment`` coefficients. Raises `InvalidInput`."""
    if given is None:
        return ()
    if isinstance(given, Labelled):
        return tuple(_labelled(env, given, key, place))
    if callable(given):
        return tuple(_called(env, given, key, place))
    if isinstance(given, str | Mapping) or not isinstance(given, Sequence | np.ndarray):
        raise InvalidInput(f"{place}: {shown(given)} is neither a function nor a list over periods")
    if len(given) != env.periods:
        raise InvalidInput(f"{place}: it is over {len(given)} periods, and there are {env.periods}")
    each = (_broadcast(env, t, values, key, place) for t, values in enumerate(given) if values is not None)
    return tuple(table for table in each if (table.values != 0).any())


def _lengths(env: Environment, t: int) -> list[int]:
    """By earlier period the number of profiles, and of actions where histories hold them, else 1."""
    return [
        k
        for s in range(t)
        for k in (profiles(env, s), env.num_actions(s) if env.remembers_action(s) else 1)
    ]


def every_history(env: Environment, t: int) -> Ints:
    """All histories of period t in order: (H, t, 2)."""
    lengths = _lengths(env, t)
    histories = np.empty((*lengths, 2 * t), dtype=np.int64)
    for k, length in enumerate(lengths):
        left_out = k % 2 == 1 and not env.remembers_action(k // 2)
        digits = np.arange(length) - left_out
        histories[..., k] = digits.reshape(-1, *[1] * (len(lengths) - 1 - k))
    return histories.reshape(-1, t, 2)


def _used(env: Environment, t: int, values: Array) -> Table:
    """The table of values over all histories, but for those where all of them are 0."""
    if len(values) == 1:
        return Table(t, None, values)
    used, histories = (values != 0).any(axis=(1, 2)), every_history(env, t)
    return Table(t, histories, values) if used.all() else Table(t, histories[used], values[used])


def _broadcast(env: Environment, t: int, given: Any, key: str, place: Place) -> Table:
    place = f"{place}, period {t}"
    values = read_numbers(given, place)
    types, last = env.types(t), width(env, t, key)
    lengths = (math.prod(_lengths(env, t)), *types, last)
    shape = (*[1] * (len(lengths) - values.ndim), *values.shape)
    if len(shape) != len(lengths) or any(k not in (1, n) for k, n in zip(shape, lengths, strict=True)):
        what = "actions" if key == "allocation" else "agents"
        raise InvalidInput(
            f"{place}: an array of shape {values.shape} does not broadcast to {lengths} (histories, types of "
            f"every agent, {what})"
        )
    told = types if any(k > 1 for k in shape[1:-1]) else (1,) * len(types)
    whole = np.broadcast_to(values.reshape(shape), (shape[0], *told, last))
    return _used(env, t, whole.reshape(shape[0], math.prod(told), last))


def read_numbers(given: Any, place: Place) -> Array:
    """An array of numbers: integers and truth values stay as numpy has them, which is quick."""
    if isinstance(given, np.ndarray) and given.dtype.kind in "biu":
        return given.astype(np.int64)
    return array(given, place)


def _called(env: Environment, ask: Callable[..., Any], key: str, place: Place) -> Iterator[Table]:
    calls = sum(
        math.prod((*_lengths(env, t), profiles(env, t), width(env, t, key))) for t in range(env.periods)
    )
    if calls > CALLS:
        raise InvalidInput(
            f"{place}: a function would be asked for {calls} entries, more than {CALLS}; give arrays"
        )
    histories: list[tuple[dict[str, Any], ...]] = [()]
    for t in range(env.periods):
        reports = [_reports(env, t, s) for s in range(profiles(env, t))]
        names = env.actions[t] if key == "allocation" else tuple(agent.name for agent in env.agents)
        asked = [
            read_number(ask(t, history, report, name), f"{place}, period {t}")
            for history in histories
            for report in reports
            for name in names
        ]
        values = array(asked, place).reshape(len(histories), len(reports), len(names))
        if (values != 0).any():
            yield _used(env, t, values)
        actions = env.actions[t] if env.remembers_action(t) else (None,)
        steps = [{"reports": report, "action": action} for report in reports for action in actions]
        if t + 1 < env.periods:
            histories = [(*history, step) for history in histories for step in steps]


def read_number(value: Any, place: Place) -> Any:
    """A number; truth values count as 0 and 1. Raises `InvalidInput`."""
    return int(value) if isinstance(value, bool | np.bool_) else number(value, place)


def _reports(env: Environment, t: int, profile: int) -> dict[str, str]:
    return labels_of_profile(env, t, np.unravel_index(profile, env.types(t)))


# Labels ----------------------------------------------------------------------------------------------------


def _labelled(env: Environment, given: Labelled, key: str, place: Place) -> Iterator[Table]:
    """One table for all histories, and one for those that are named, of every period."""
    grouped: dict[tuple[int, bool], list[tuple[tuple[Any, ...], tuple[Any, ...], Any]]] = {}
    for k, (t, history, reports, name, value) in enumerate(given.entries):
        where = f"{place}, entry {k}"
        if isinstance(t, bool) or not isinstance(t, int) or not 0 <= t < env.periods:
            raise InvalidInput(f"{where}: {shown(t)} is none of the periods 0 to {env.periods - 1}")
        steps = () if history is None else _history(env, t, history, where)
        last = position(_names(env, t, key), name, f"{where}, period {t}")
        index = (*told_types(env, t, reports, where), last)
        grouped.setdefault((t, history is None and t > 0), []).append((steps, index, value))
    for (t, alike), entries in sorted(grouped.items(), key=lambda group: group[0]):
        number_of = {steps: k for k, steps in enumerate(dict.fromkeys(steps for steps, _, _ in entries))}
        numbers = array([value for _, _, value in entries], place)
        told = env.types(t) if any(k != slice(None) for _, index, _ in entries for k in index[:-1]) else ()
        shape = (len(number_of), *(told or (1,) * env.num_agents), width(env, t, key))
        values: Array = np.zeros(shape, dtype=numbers.dtype)
        for (steps, index, _), value in zip(entries, numbers, strict=True):
            values[number_of[steps], *index] += value
        values = values.reshape(len(number_of), -1, shape[-1])
        histories = None if alike or t == 0 else np.array([*number_of], dtype=np.int64)
        if (values != 0).any():
            yield Table(t, histories, values)


def _names(env: Environment, t: int, key: str) -> Sequence[str]:
    return env.actions[t] if key == "allocation" else [agent.name for agent in env.agents]


def position(names: Sequence[str], name: Any, where: str) -> Any:
    """Which of the names it is, all of them where it is None."""
    if name is None:
        return slice(None)
    if name not in names:
        raise InvalidInput(f"{where}: {shown(name)} is not one of {', '.join(map(shown, names))}")
    return list(names).index(name)


def told_types(env: Environment, t: int, reports: Any, where: str) -> tuple[Any, ...]:
    """The index of each agent's type, all of them where it is None."""
    where = f"{where}, reports of period {t}"
    agents = [agent.name for agent in env.agents]
    if reports is None:
        return (slice(None),) * len(agents)
    if isinstance(reports, Mapping):
        for name in reports:
            position(agents, name, where)
        if missing := next((name for name in agents if name not in reports), None):
            raise InvalidInput(f"{where}: agent {shown(missing)} is missing")
        reports = [reports[name] for name in agents]
    if not isinstance(reports, list | tuple) or len(reports) != len(agents):
        raise InvalidInput(f"{where}: the types reported by {', '.join(agents)} are expected")
    told = zip(env.agents, reports, strict=True)
    return tuple(position(agent.types[t], label, f"{where}, agent '{agent.name}'") for agent, label in told)


def _history(env: Environment, t: int, history: Any, where: str) -> tuple[tuple[int, int], ...]:
    """(profile, action or -1) of every period before t."""
    if not isinstance(history, list | tuple) or len(history) != t:
        raise InvalidInput(f"{where}: a history of period {t} is a list of {t} steps, [reports, action] each")
    steps = []
    for s, step in enumerate(history):
        if isinstance(step, Mapping) and set(step) <= {"reports", "action"}:
            step = (step.get("reports"), step.get("action"))
        if not isinstance(step, list | tuple) or len(step) != 2:
            raise InvalidInput(f"{where}, history, period {s}: [reports, action] is expected")
        told = told_types(env, s, step[0], where)
        if any(k == slice(None) for k in told):
            raise InvalidInput(f"{where}, history, period {s}: a history names every report")
        remembered = env.remembers_action(s)
        if remembered != (step[1] is not None):
            held = "hold the action" if remembered else "leave the action out (null)"
            raise InvalidInput(f"{where}, history, period {s}: {shown(step[1])}, and histories {held}")
        action = position(env.actions[s], step[1], f"{where}, period {s}") if remembered else -1
        steps.append((int(np.ravel_multi_index(told, env.types(s))), action))
    return tuple(steps)


def entries(env: Environment, table: Table, key: str) -> Iterator[list[Any]]:
    """The table as a file has it."""
    t, names = table.t, _names(env, table.t, key)

    def said(s: int, profile: int) -> list[str]:
        return [*_reports(env, s, profile).values()]

    for h, s, a in np.argwhere(table.values != 0).tolist():
        history: list[Any] | None = None if table.histories is None and t else []
        if table.histories is not None:
            history = [
                [said(u, profile), None if action < 0 else env.actions[u][action]]
                for u, (profile, action) in enumerate(table.histories[h].tolist())
            ]
        reports = said(t, s) if table.values.shape[1] == profiles(env, t) else None
        yield [t, history, reports, names[a], plain(table.values[h, s, a])]


# Reports of probability zero -------------------------------------------------------------------------------


def improbable(env: Environment, table: Table) -> bool:
    """Whether a coefficient is about a report that has probability zero after the reports before it.

    Where all histories are alike, whether any report of the period or before has.
    """
    laws = [[env.agents[i].law(s) for s in range(table.t + 1)] for i in env.private]
    if all(not law.deterministic and (law.rows() != 0).all() for own in laws for law in own):
        return False
    if table.histories is None and table.t > 0:
        return True
    shape = len(table.values), profiles(env, table.t)
    h, s = np.nonzero(np.broadcast_to((table.values != 0).any(axis=-1), shape))
    path = np.zeros((len(h), 0, 2), dtype=np.int64) if table.histories is None else table.histories[h]
    possible = np.ones(len(h), dtype=bool)
    last, action = np.zeros((env.num_agents, len(h)), dtype=np.int64), np.zeros(len(h), dtype=np.int64)
    for u in range(table.t + 1):
        told = np.array(np.unravel_index(s if u == table.t else path[:, u, 0], env.types(u)))
        for i in env.private:
            law = env.agents[i].law(u)
            possible &= _positive(law.probability(action, [told[g] for g in law.given], last[i], told[i]))
        last = told
        action = np.maximum(path[:, u, 1], 0) if u < table.t else action
    return not bool(possible.all())


def _positive(chance: Array) -> Bools:
    return np.asarray(chance > 0, dtype=bool)
