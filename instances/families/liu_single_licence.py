"""One licence sold alone (Liu 2014, section 3.1): the first cannot go where it is worth most, the second can.

With oil s the licence is worth 2s - 1 to firm 1 and 3s - 6 to firm 2, more to firm 2 from s = 5 on. In area 1
firm 1 knows s, and would have to give the licence up for good news: its gains from lying add up whatever it
is charged. In area 2 firm 2 knows s, and pays what the licence is worth to firm 1 at the first s that wins.
"""

from __future__ import annotations

from fractions import Fraction

from ...models.environment.environment import Agent, Environment
from ..family import Family
from ..parameters import Parameter

F = Fraction


def build(area: int, signals: int) -> Environment:
    """Oil is one of `signals` equally likely amounts from 4 to 6; the other firm knows nothing."""
    oil = [4 + F(2 * k, signals - 1) for k in range(signals)]
    levels, nothing = [str(s) for s in oil], ["nothing"]
    worth = {1: [2 * s - 1 for s in oil], 2: [3 * s - 6 for s in oil]}
    agents = []
    for firm in (1, 2):
        tables = [worth[firm] if winner == firm else [F(0)] * signals for winner in (1, 2)]
        values = [[[v] for v in row] if area == 1 else [row] for row in tables]
        knows = firm == area
        agents.append(
            Agent(
                f"firm {firm}",
                types=[levels if knows else nothing],
                prior=[F(1, signals)] * signals if knows else [F(1)],
                values=[values],
            )
        )
    return Environment(agents=agents, actions=["to firm 1", "to firm 2"], horizon=1)


FAMILY = Family(
    name="liu-single-licence",
    title="one licence sold alone: no payments hold firm 1 to the truth",
    source="Liu (2014), section 3.1",
    parameters=(
        Parameter("area", "int", 1, "whose licence: firm 1 knows area 1, firm 2 area 2", least=1, most=2),
        Parameter("signals", "int", 2, "amounts of oil, evenly spaced from 4 to 6", least=2, most=500),
    ),
    build=build,
)
