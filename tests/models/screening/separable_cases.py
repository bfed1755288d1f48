"""Environments of the worked cases of separable values, and what a mechanism earns, found forwards."""

from __future__ import annotations

import json
from fractions import Fraction as F
from pathlib import Path
from typing import Any

import numpy as np

from dynamech.instances import load
from dynamech.instances.families.separable_auction import Bidder, separable_auction
from dynamech.models.environment.environment import Environment
from dynamech.models.environment.independence import joint_prior, joint_table
from dynamech.models.mechanism.mechanism import Mechanism

DATA = Path(__file__).parents[2] / "data"
CASES: dict[str, dict[str, Any]] = {
    case["id"]: case for case in json.loads((DATA / "screening.json").read_text())
}


def fractions(row: list[Any]) -> list[F]:
    return [F(entry) for entry in row]


def worked(name: str) -> tuple[Environment, dict[str, Any]]:
    """A case of two bidders as an environment, and what is expected of it."""
    case = CASES[name]
    given = case["instance"]
    T = given["T (t=1..T)"]
    bidders = [
        Bidder(
            str(i + 1),
            fractions(given["S_i0 grid"][i]),
            fractions(given["pmf"][i]),
            [["0", "1"]] * T,
            fractions(given["y_init"][i]),
            [fractions(given["B_it(y)"][i][str(t)]) for t in range(1, T + 1)],
            [[fractions(row) for row in given["kernel"][i]]] * (T - 1),
        )
        for i in range(2)
    ]
    env = separable_auction(bidders, F(given["cost_per_item"]), F(given["delta"]), given["controlled"])
    return env, case["expected"]


def not_tight() -> Environment:
    """`F1_vp_not_tight` of `papers.json`: Theorem 5.1 fails, with weights that rise."""
    return load(DATA / "vp-not-tight.json")


def revenue(env: Environment, mechanism: Mechanism) -> F:
    """E Σ δ^t (payments − costs) when everybody is truthful: forwards over (memory, profile)."""
    total, discount = F(0), F(1)
    reached: dict[tuple[int, int], F] = {}
    for profile, chance in enumerate(joint_prior(env).reshape(-1)):
        reached[mechanism.start, profile] = chance
    for t, stage in enumerate(mechanism.stages):
        allocation = stage.allocation.reshape(stage.size, -1, env.num_actions(t))
        paid = stage.transfers.sum(axis=0).reshape(stage.size, -1)
        after: dict[tuple[int, int], F] = {}
        for (m, s), chance in reached.items():
            total += discount * chance * (paid[m, s] - allocation[m, s] @ env.costs[t])
            if stage.next is None:
                continue
            table = joint_table(env, t).reshape(-1, allocation.shape[1], int(np.prod(env.types(t + 1))))
            for a in np.flatnonzero(allocation[m, s]):
                m2 = int(stage.next.reshape(allocation.shape)[m, s, a])
                row = table[a if len(table) > 1 else 0, s]
                for s2 in np.flatnonzero(row):
                    key = (m2, int(s2))
                    after[key] = after.get(key, F(0)) + chance * allocation[m, s, a] * row[s2]
        reached, discount = after, discount * F(env.discount)
    return total
