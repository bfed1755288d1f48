"""Efficient mechanisms as JSON objects: rationals as strings where exact, else floats.

States are lists of labels, a type of each agent, agent 0 slowest; everything by state is a list over
periods, but where one description serves all of infinitely many.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ..models.answers.plain import plain
from ..models.efficient.index_policy import DynamicSecondPrice
from ..models.efficient.mechanisms import EfficientMechanism


def pivot_json(mechanism: EfficientMechanism) -> dict[str, Any]:
    """The object of `pivot X --json`; with "status" and "message" where the time limit was reached.

    "bond" of a mechanism that remembers the last profile is by that profile, the start last.
    """
    late = {"status": mechanism.status, "message": mechanism.message} if mechanism.message else {}
    if mechanism.society is None or mechanism.scheme is None:
        return {"agents": list(mechanism.agents)} | late
    society, env = mechanism.society, mechanism.environment

    def by_state(values: Any) -> Any:
        periods = [_listed(period) for period in values]
        return periods[0] if env.unchanging else periods

    states = [[list(state) for state in mechanism.states(t)] for t in society.periods]
    interval = mechanism.interval
    return {
        "agents": list(mechanism.agents),
        "states": by_state(states),
        "policy": by_state([[env.actions[t][a] for a in chosen] for t, chosen in enumerate(society.policy)]),
        "unique": by_state(society.unique),
        "W": by_state(society.W),
        "W_without": by_state(society.W_without),
        "M": by_state(society.M),
        "m": by_state(society.m),
        "transfers": None if mechanism.transfers is None else by_state(mechanism.transfers),
        "outside": by_state(society.outside),
        "exit": by_state(
            [
                [[here[s] for s in np.flatnonzero(row)] for row in gone]
                for here, gone in zip(states, mechanism.exit, strict=True)
            ]
        ),
        "budget": {"least": plain(mechanism.least), "discounted": by_state(mechanism.budget)},
        "indices": None if mechanism.indices is None else plain(mechanism.indices.index),
        "interval": None
        if interval is None
        else by_state([np.stack(ends, axis=-1) for ends in zip(interval.low, interval.high, strict=True)]),
        "assumptions": {word: one.to_json() for word, one in society.assumptions.items()},
        "error": plain(society.error),
        "tie_rule": society.tie_rule,
        "satisfies": mechanism.satisfies,
        "bond": None if mechanism.bond is None else by_state(mechanism.bond),
    } | late


def _listed(values: Any) -> Any:
    """Labels and flags as they are, numbers as JSON has them."""
    if isinstance(values, np.ndarray) and values.dtype != np.bool_:
        return plain(values)
    return values.tolist() if isinstance(values, np.ndarray) else values


def second_price_json(sold: DynamicSecondPrice) -> dict[str, Any]:
    """By profile: whose arm is played, W, and by agent W_{−i}, M and payments; option value of the winner."""
    home = sold.indices
    env = home.environment
    late = {"status": sold.status, "message": home.message} if home.message else {}
    return {
        "agents": [agent.name for agent in env.agents],
        "winner": [home.arms[k].name for k in sold.winner.tolist()],
        "W": plain(sold.welfare),
        "W_without": plain(sold.without),
        "M": plain(sold.contributions),
        "transfers": plain(sold.transfers),
        "option_value": [] if home.message else plain(sold.option_value),
        "not_highest": [] if home.message else sold.not_highest.tolist(),
    } | late
