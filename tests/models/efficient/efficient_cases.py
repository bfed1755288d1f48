"""The worked cases of `tests/data/efficient.json` (each entry names its source) as environments."""

from __future__ import annotations

import json
from fractions import Fraction as F
from pathlib import Path
from typing import Any

from dynamech.models.environment.environment import Agent, Environment

CASES: dict[str, dict[str, Any]] = {
    case["id"]: case
    for case in json.loads((Path(__file__).parents[2] / "data" / "efficient.json").read_text())
}


def tables(name: str, horizon: int | None = None) -> Environment:
    """A case given as v[i][a][s] and F[i][a][s][s']; uniform priors where it has none."""
    given = CASES[name]["instance"]
    values, moves = given["v[i][a][s]"], given["F[i][a][s][s2]"]
    periods = horizon or 1
    agents = []
    for i, own in enumerate(values):
        count = len(own[0])
        prior = given["prior"][i] if "prior" in given else [F(1, count)] * count
        agents.append(
            Agent(
                str(i),
                types=list(range(count)),
                prior=prior,
                values=[own] * periods,
                transitions=[moves[i]] * (periods if horizon is None else periods - 1),
            )
        )
    actions = [f"a{k}" for k in range(len(values[0]))]
    return Environment(name=name, horizon=horizon, actions=actions, agents=agents, discount=given["delta"])


def serving(
    grid: list[int], listed: list[str], discount: Any = F(9, 10), horizon: int | None = None
) -> Environment:
    """Tasks of private value: action "i" serves agent i, whose value then is 0; any other serves nobody."""
    names = [name for name in sorted(listed) if name.isdigit()]
    count = len(grid)

    def value(name: str) -> Any:
        return lambda t, action, own: own if action == name else 0

    def moves(name: str) -> Any:
        return lambda t, action, own, after: int(after == (grid[0] if action == name else own))

    return Environment(
        name="serving",
        horizon=horizon,
        actions=listed,
        discount=discount,
        agents=[
            Agent(name, types=grid, prior=[F(1, count)] * count, values=value(name), transitions=moves(name))
            for name in names
        ],
    )


def externality() -> Environment:
    """F1_sched_externality: tasks 8, 5, 3; agent 3 loses 4 when task 1 runs while hers waits."""
    worth = {"1": 8, "2": 5, "3": 3}

    def value(name: str) -> Any:
        def of(t: int, action: str, own: str) -> int:
            if own == "done":
                return 0
            return worth[name] if action == name else -4 if (name, action) == ("3", "1") else 0

        return of

    def moves(name: str) -> Any:
        return lambda t, action, own, after: int(after == ("done" if action == name else own))

    return Environment(
        name="externality",
        horizon=None,
        actions=["nobody", "1", "2", "3"],
        discount=F(9, 10),
        agents=[
            Agent(name, types=["waiting", "done"], prior=[1, 0], values=value(name), transitions=moves(name))
            for name in worth
        ],
    )


def texts(values: Any) -> Any:
    """Rationals as the cases write them."""
    return [texts(v) for v in values] if hasattr(values, "__len__") else str(values)
