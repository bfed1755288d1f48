"""Two periods, a sale in the second: environments and allocations for what payments can do."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np

from dynamech.models.environment.environment import Agent, Environment
from dynamech.models.environment.signals import signals
from dynamech.models.mechanism.mechanism import Mechanism, Stage
from dynamech.models.verification.verdict import Verdict, Witness


def exact(values: Any) -> np.ndarray[Any, Any]:
    raw = np.array(values, dtype=object)
    out = np.empty(raw.shape, dtype=object)
    out.reshape(-1)[:] = [Fraction(value) for value in raw.reshape(-1)]
    return out


def two_periods(env: Environment, sold: Any) -> Mechanism:
    """Nothing in period 0; then the second action with chance ``sold[first report][second report]``."""
    k0, k1 = env.types(0)[0], env.types(1)[0]
    actions = env.num_actions(0)
    nothing = exact([[[1] + [0] * (actions - 1)] * k0])
    chance = exact(sold)
    later = np.stack([1 - chance, chance], axis=-1)
    follow = np.repeat(np.arange(k0)[None, :, None], actions, axis=2)
    zero0, zero1 = exact(np.zeros((1, 1, k0), dtype=int)), exact(np.zeros((1, k0, k1), dtype=int))
    return Mechanism(env.name, (Stage(nothing, zero0, follow), Stage(later, zero1)))


def screening(kernel: Any, values: tuple[int, ...]) -> Environment:
    """LN's sequential screening: the first type moves the distribution of the value."""
    return Environment(
        name="screening",
        horizon=2,
        actions=["keep", "sell"],
        agents=[
            Agent(
                "buyer",
                types=[["0", "1"], [str(v) for v in values]],
                prior=["1/2", "1/2"],
                values=[[[0, 0], [0, 0]], [[0] * len(values), list(values)]],
                transitions=[[kernel]],
            )
        ],
    )


KERNEL = [["2/5", "2/5", "1/5"], ["3/10", "1/5", "1/2"]]


def multiplicative(first: list[str], shocks: list[str]) -> Environment:
    """KLN's multiplicative values: first signal times shock, both uniform."""
    sold = [Fraction(a) * Fraction(b) for a in first for b in shocks]
    weights = [[Fraction(1, len(row))] * len(row) for row in (first, shocks)]
    buyer = Agent(
        "buyer",
        signals=signals([first, shocks], weights),
        values=[[[0] * len(first)] * 2, [[0] * len(sold), sold]],
    )
    return Environment(name="signals", horizon=2, actions=["keep", "sell"], agents=[buyer])


def by_signals(env: Environment, sold: dict[tuple[str, str], int]) -> Mechanism:
    """An allocation by both signals for an environment whose types are signals."""
    k0, k1 = env.types(0)[0], env.types(1)[0]
    names = [tuple(name.split("|")) for name in env.agents[0].types[1]]
    chance = [[sold[(env.agents[0].types[0][m], name[1])] for name in names] for m in range(k0)]
    assert len(names) == k1
    return two_periods(env, chance)


def witness_of(verdict: Verdict) -> Witness:
    """Of a verdict that says no."""
    assert not verdict
    assert verdict.witness is not None
    return verdict.witness
