"""Efficient mechanisms as JSON objects: rationals as strings where exact, else floats.

States are lists of labels, a type of each agent, agent 0 slowest; with a finite horizon everything by state
is a list over periods.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ..models.answers.plain import plain
from ..models.efficient.index_policy import DynamicSecondPrice
from ..models.efficient.mechanisms import EfficientMechanism


def pivot_json(made: EfficientMechanism) -> dict[str, Any]:
    """The object of `pivot X --json`; with "status" and "message" where the time limit was reached.

    "bond" of a mechanism that remembers the last profile is by that profile, the start last.
    """
    late = {"status": made.status, "message": made.message} if made.message else {}
    if made.society is None or made.scheme is None:
        return {"agents": list(made.agents)} | late
    found, env = made.society, made.environment

    def by_state(values: Any) -> Any:
        periods = [_listed(period) for period in values]
        return periods[0] if env.stationary else periods

    states = [[list(state) for state in made.states(t)] for t in found.periods]
    interval = made.interval
    return {
        "agents": list(made.agents),
        "states": by_state(states),
        "policy": by_state([[env.actions[t][a] for a in chosen] for t, chosen in enumerate(found.policy)]),
        "unique": by_state(found.unique),
        "W": by_state(found.W),
        "W_without": by_state(found.W_without),
        "M": by_state(found.M),
        "m": by_state(found.m),
        "transfers": None if made.transfers is None else by_state(made.transfers),
        "outside": by_state(found.outside),
        "exit": by_state(
            [
                [[here[s] for s in np.flatnonzero(row)] for row in gone]
                for here, gone in zip(states, made.exit, strict=True)
            ]
        ),
        "budget": {"least": plain(made.least), "discounted": by_state(made.budget)},
        "indices": None if made.indices is None else plain(made.indices.index),
        "interval": None
        if interval is None
        else by_state([np.stack(ends, axis=-1) for ends in zip(interval.low, interval.high, strict=True)]),
        "assumptions": {
            word: {"holds": one.holds, "where": one.where, "by": plain(one.by)}
            for word, one in found.assumptions.items()
        },
        "error": plain(found.error),
        "tie_rule": found.tie_rule,
        "satisfies": made.satisfies,
        "bond": None if made.bond is None else by_state(made.bond),
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
