"""Why correlation within a period is not enough (Liu 2014, section 3.1, the variant with an early signal).

In period 1 firm 1 learns how much oil lies in area 1, and firm 2 sees a signal of it. Which way the two are
correlated firm 1 learns a period before, in secret. Lotteries on what firm 2 says would take firm 1's rent if
the seller knew that sign; asked for it, firm 1 lies, and then lies again. What firm 2 says about area 2 in
the period after (`linked`) depends on the oil alone, and holds firm 1 to the truth throughout.
"""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np

from ...models.environment.environment import Agent, Environment
from ..family import Family
from ..parameters import Parameter

F = Fraction
OIL = (4, 6)
ALIKE, UNLIKE = F(3, 8), F(1, 8)
"""Probabilities of each pair of equal and of different signals, where correlation is positive."""


def build(linked: bool, known: bool) -> Environment:
    """Periods: the early signal, the first licence and, where `linked`, the second.

    known: the sign of the correlation is public ("nature" is observed) and not firm 1's to report.
    """
    levels, nothing, signs = [str(s) for s in OIL], ["nothing"], ["negative", "positive"]
    types = {
        "firm 1": [nothing if known else signs, levels, nothing],
        "firm 2": [nothing, levels, levels],
        "nature": [signs, nothing, nothing],
    }
    if not known:
        del types["nature"]
    periods = 3 if linked else 2
    shapes = [tuple(len(listed[t]) for listed in types.values()) for t in range(periods)]
    first, second = np.array([2 * s - 1 for s in OIL]), np.array([3 * s - 6 for s in OIL])
    none = [np.zeros((1, *shapes[0]), dtype=int)]
    values: dict[str, list[Any]] = {name: [*none] for name in types}
    for t in range(1, periods):
        axis = 0 if t == 1 else 1
        for firm, worth in (("firm 1", first), ("firm 2", second)):
            line = worth.reshape([-1 if k == axis else 1 for k in range(len(types))])
            winner = int(firm == "firm 2")
            table = [np.broadcast_to(line if a == winner else 0 * line, shapes[t]) for a in range(2)]
            values[firm].append(np.stack(table))
        if known:
            values["nature"].append(np.zeros((2, *shapes[t]), dtype=int))
    pair = [[[UNLIKE, ALIKE], [ALIKE, UNLIKE]], [[ALIKE, UNLIKE], [UNLIKE, ALIKE]]]
    transitions = [np.array(pair, dtype=object).reshape(1, *shapes[0], *shapes[1])]
    if linked:
        later = [[[2 * (ALIKE if s == r else UNLIKE) for r in OIL]] * 2 for s in OIL]
        transitions.append(np.array(later, dtype=object).reshape(1, *shapes[1], *shapes[2]))
    sale = ["to firm 1", "to firm 2"]
    return Environment(
        agents=[
            Agent(name, types=listed[:periods], values=values[name], observed=name == "nature")
            for name, listed in types.items()
        ],
        actions=[["wait"], *[sale] * (periods - 1)],
        horizon=periods,
        process={
            "prior": np.full(shapes[0], F(1, 2), dtype=object),
            "transitions": transitions,
        },
    )


FAMILY = Family(
    name="liu-belief-manipulation",
    title="a secret about correlation: lotteries within a period fail",
    source="Liu (2014), section 3.1",
    parameters=(
        Parameter("linked", "bool", True, "whether the second licence is sold too"),
        Parameter("known", "bool", False, "whether the sign of the correlation is public"),
    ),
    build=build,
)
