"""How far a mechanism is from one that draws no lots: the probability 1 − max_a q_t(a | m, s) that is left to
other actions than the likeliest.

At any public state that reports and actions of positive probability lead to, whatever is reported there.
"""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np

from ...solvers.numbers import Number
from ..notions.demands import Deterministic
from .finding import UnmetLots
from .public_states import Play


def most_mixed(play: Play, demand: Deterministic) -> Iterator[UnmetLots]:
    """The lottery of each period that leaves the most to others than its likeliest action.

    Raises `AssumptionViolated` where quantities of goods are chosen.
    """
    demand.assume(play.env)
    for t, states in enumerate(play.states):
        for rows in play.chunks(t, int(np.prod(play.env.types(t))) * play.env.num_actions(t)):
            lottery = play.allocation(t)[states.memory[rows]]
            most = np.where(states.open[states.news[rows]], lottery.max(axis=-1), math.inf)
            n, s = np.unravel_index(int(most.argmin()), most.shape)
            share: Number = most[n, s] if play.exact else float(most[n, s])
            likeliest = int(lottery[n, s].argmax())
            nothing = 0 if play.exact else play.tolerances.violation
            yield UnmetLots(
                agent=-1, period=t, state=int(rows[n]), profile=int(s), violation=1 - share, nothing=nothing,
                counts=bool(1 - share > nothing), action=play.env.actions[t][likeliest], share=share,
            )  # fmt: skip
