"""Two agents of whom one learns later: whether she sees what the other reported changes what is earned.

The first knows her type from the start; the second is asked before and after she learns what the two projects
are worth to her. In period 0 both only report. In period 1 a project is chosen, or none, at no cost. With the
incentive rows of the second one for each past report of the first, 83/24 is earned; where these reports are
concealed from her she averages over them, and 7/2 is; with her shocks public, 11/3.
"""

from __future__ import annotations

from fractions import Fraction

from ...models.environment.environment import Agent, Environment
from ..family import Family
from ..parameters import Parameter

F = Fraction


def build(public: bool, prior: Fraction) -> Environment:
    """Two agents, two periods."""
    first = Agent(
        "first",
        types=["low", "high"],
        prior=[1 - prior, prior],
        values=[[[0, 0]], [[0, 0], [1, 4], [1, 3]]],
        transitions=[[[[1, 0], [0, 1]]]],
    )
    second = Agent(
        "second",
        types=[["early", "late"], ["one", "two", "three"]],
        prior=[F(1, 2), F(1, 2)],
        values=[[[0, 0]], [[0, 0, 0], [2, 1, 4], [0, 2, 1]]],
        transitions=[[[[F(1, 2), F(1, 2), 0], [0, F(1, 3), F(2, 3)]]]],
    )
    return Environment(
        agents=[first, second],
        actions=[["wait"], ["none", "left", "right"]],
        horizon=2,
        reports_public=public,
    )


FAMILY = Family(
    name="concealed-reports",
    title="two agents, one of whom learns later: past reports concealed from the others",
    source="found by search; the question is that of the lecture notes for many agents",
    parameters=(
        Parameter("public", "bool", False, "whether past reports are public instead"),
        Parameter("prior", "rational", F(1, 2), "probability that the first is high", least=0, most=1),
    ),
    build=build,
)
