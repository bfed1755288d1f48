"""Two bidders for one slot a period, one of them or both with many tasks (BV section 3).

Bidder 1 has a task of value v1 in every period, bidder 2 a single one of value v2; or each has a list of
tasks, worked in its order. A type is the number of tasks done. Actions: "serve 1" and "serve 2".

BV is Bergemann & Välimäki (2008).
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

from ...models.environment.environment import Agent, Environment
from ...solvers.errors import InvalidInput
from ..family import Family, check_size
from ..parameters import Parameter

F = Fraction


def build(
    v1: Fraction | None,
    v2: Fraction | None,
    first: tuple[Fraction, ...] | None,
    second: tuple[Fraction, ...] | None,
    horizon: int | None,
    discount: Fraction,
) -> Environment:
    """See the parameters."""
    if first is not None and v1 is not None:
        raise InvalidInput("v1 is the value of a task in every period, first a list of tasks; both are given")
    if second is not None and v2 is not None:
        raise InvalidInput("v2 is the value of a single task, second a list of tasks; both are given")
    for name, tasks in (("first", first), ("second", second)):
        check_size(len(tasks or ()) ** 2, f"pairs of numbers of tasks done of {name}", "list of tasks")
    single = (v2 if v2 is not None else F(4),)
    endless = (v1 if v1 is not None else F(10),)
    return Environment(
        agents=[
            _bidder(0, endless if first is None else first, first is None, horizon),
            _bidder(1, single if second is None else second, False, horizon),
        ],
        actions=["serve 1", "serve 2"],
        discount=discount,
        horizon=horizon,
    )


def _bidder(i: int, tasks: Sequence[Fraction], endless: bool, horizon: int | None) -> Agent:
    """A bidder whose tasks end, or whose last task comes again for ever."""
    worth = list(tasks) if endless else [*tasks, F(0)]
    size = len(worth)
    stay = [[F(int(k == m)) for m in range(size)] for k in range(size)]
    step = [[F(int(m == min(k + 1, size - 1))) for m in range(size)] for k in range(size)]
    served, periods = [worth, [F(0)] * size], 1 if horizon is None else horizon
    moves = [step, stay]
    return Agent(
        f"bidder {i + 1}",
        types=["a task every period"] if endless else [f"{k} done" for k in range(size)],
        prior=[F(1)] + [F(0)] * (size - 1),
        values=[served if i == 0 else served[::-1]] * periods,
        transitions=[moves if i == 0 else moves[::-1]] * (1 if horizon is None else periods - 1),
    )


FAMILY = Family(
    name="multi-task",
    title="two bidders for one slot a period, one with a task in every period",
    source="BV section 3, multiple tasks",
    parameters=(
        Parameter("v1", "rational", None, "bidder 1's value of every task; left out: 10", least=0),
        Parameter("v2", "rational", None, "bidder 2's value of the only task; left out: 4", least=0),
        Parameter("first", "rationals", None, "bidder 1's tasks in their order, in place of v1", least=0),
        Parameter("second", "rationals", None, "bidder 2's tasks in their order, in place of v2", least=0),
        Parameter("horizon", "int", None, "number of periods; left out: infinite", least=1, most=1000),
        Parameter("discount", "rational", F(9, 10), "discount factor", least=0, below=1),
    ),
    build=build,
)
