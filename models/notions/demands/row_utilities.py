"""The coefficients of a row over first types: one for each agent who reports and each type of hers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from ....solvers.errors import InvalidInput
from ....solvers.numbers import Array
from ....solvers.numerals import shown
from ...environment.environment import Environment
from .row import Labelled
from .row_tables import Place, position, read_number, read_numbers


def utilities(env: Environment, given: Any, place: Place) -> dict[int, Array]:
    """By agent the coefficients of what her first types expect (K_0,). Raises `InvalidInput`."""
    if given is None:
        return {}
    payers = [env.agents[i].name for i in env.private]
    if isinstance(given, Labelled):
        given = _by_type(env, given, payers, place)
    elif callable(given):
        agents = [env.agents[i] for i in env.private]
        given = {agent.name: {k: given(agent.name, k) for k in agent.types[0]} for agent in agents}
    if not isinstance(given, Mapping):
        raise InvalidInput(f"{place}: {shown(given)} is neither a function nor a mapping of agents")
    read = {}
    for name, values in given.items():
        i = env.private[position(payers, name, place)]
        read[i] = _of_types(env, i, values, f"{place}, agent '{name}'")
        never = np.flatnonzero((first_chance(env, i) == 0) & np.asarray(read[i] != 0, dtype=bool))
        if len(never):
            label = env.agents[i].types[0][never[0]]
            raise InvalidInput(f"{place}, agent '{name}': first type {shown(label)} has probability 0")
    return {i: values for i, values in read.items() if (values != 0).any()}


def _by_type(env: Environment, given: Labelled, payers: list[str], place: Place) -> dict[str, dict[str, Any]]:
    read: dict[str, dict[str, Any]] = {}
    for k, (name, label, value) in enumerate(given.entries):
        where = f"{place}, entry {k}"
        if not isinstance(name, str):
            raise InvalidInput(f"{where}: {shown(name)} is no agent's name")
        types = env.agents[env.private[position(payers, name, where)]].types[0]
        own = read.setdefault(name, {})
        for each in types if label is None else [types[position(types, label, where)]]:
            own[each] = own.get(each, 0) + value
    return read


def _of_types(env: Environment, i: int, given: Any, place: Place) -> Array:
    types = env.agents[i].types[0]
    if isinstance(given, Mapping):
        for label in given:
            position(types, label, place)
        given = [given.get(label, 0) for label in types]
    if isinstance(given, list | tuple):
        given = [read_number(value, place) for value in given]
    values = read_numbers(given, place)
    if values.shape not in ((), (len(types),)):
        raise InvalidInput(f"{place}: numbers of shape {values.shape} are not over {len(types)} types")
    return np.broadcast_to(values, len(types))


def first_chance(env: Environment, i: int) -> Array:
    """Probability of each first type of agent i (K_0,)."""
    if env.process is not None:
        others = tuple(j for j in range(env.num_agents) if j != i)
        chance: Array = env.process.prior.sum(axis=others)
        return chance
    own: Array = env.agents[i].law(0).rows()[0]
    return own
