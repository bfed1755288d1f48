"""Scheduling: every agent has one task, a facility does one task a period (BV section 3).

An agent's type is "done", or the value of her task while it waits; it becomes "done" when she is served.
While her own task waits she may like or dislike (`externalities`) that another is served.

BV is Bergemann & Välimäki (2008).
"""

from __future__ import annotations

from fractions import Fraction

from ...models.environment.environment import Agent, Environment
from ...solvers.errors import InvalidInput, TooLarge
from ..family import Family
from ..parameters import Parameter
from .grids import choose, labels

F = Fraction
DONE = "done"
MAX_PROFILES = 1_000_000
"""Most profiles of types."""


def build(
    tasks: tuple[Fraction, ...] | None,
    grid: tuple[Fraction, ...] | None,
    prior: tuple[Fraction, ...] | None,
    agents: int | None,
    externalities: tuple[tuple[Fraction, ...], ...] | None,
    idle: bool,
    horizon: int | None,
    discount: Fraction,
) -> Environment:
    """Known tasks, one an agent, or agents who draw theirs from one grid."""
    if grid is None:
        if prior is not None or agents is not None:
            raise InvalidInput("prior and agents go with grid, from which tasks are drawn")
        known = tasks if tasks is not None else (F(8), F(5), F(3))
        drawn = [([value], [F(1)]) for value in known]
    else:
        if tasks is not None:
            raise InvalidInput("tasks are known, or drawn from grid; both are given")
        drawn = [choose(("grid", "prior"), grid, prior, (grid, ()))] * (agents or 2)
    count = len(drawn)
    if (size := (len(drawn[0][0]) + 1) ** count) > MAX_PROFILES:
        raise TooLarge(f"{count} agents have {size:,} profiles of types, more than {MAX_PROFILES:,}")
    spill = externalities or ((F(0),) * count,) * count
    if len(spill) != count or any(len(row) != count for row in spill):
        raise InvalidInput(f"externalities must have one row and one column an agent, {count} of each")
    if any(spill[i][i] for i in range(count)):
        raise InvalidInput("externalities must be 0 on the diagonal: nobody has one of her own")
    return Environment(
        agents=[_agent(i, *drawn[i], spill[i], idle, horizon) for i in range(count)],
        actions=["nobody"] * idle + [f"serve {i + 1}" for i in range(count)],
        discount=discount,
        horizon=horizon,
    )


def _agent(
    i: int,
    tasks: list[Fraction],
    weights: list[Fraction],
    spill: tuple[Fraction, ...],
    idle: bool,
    horizon: int | None,
) -> Agent:
    """Types: "done", then the values of a waiting task; one of 0 is "done" where that is no difference."""
    waits = [k for k, value in enumerate(tasks) if value or any(spill)]
    nothing = sum((weights[k] for k in range(len(tasks)) if k not in waits), F(0))
    size = len(waits) + 1
    served = [[F(0), *(tasks[k] if j == i else spill[j] for k in waits)] for j in range(len(spill))]
    stay = [[F(int(k == m)) for m in range(size)] for k in range(size)]
    leave = [[F(int(m == 0)) for m in range(size)] for _ in range(size)]
    periods = 1 if horizon is None else horizon
    moves = [stay] * idle + [leave if j == i else stay for j in range(len(spill))]
    return Agent(
        f"agent {i + 1}",
        types=[DONE, *labels([tasks[k] for k in waits])],
        prior=[nothing, *(weights[k] for k in waits)],
        values=[[[F(0)] * size] * idle + served] * periods,
        transitions=[moves] * (1 if horizon is None else periods - 1),
    )


FAMILY = Family(
    name="scheduling",
    title="one task an agent, one task a period; waiting agents may mind who is served",
    source="BV section 3",
    parameters=(
        Parameter("tasks", "rationals", None, "known values, one an agent; left out: 8,5,3", least=0),
        Parameter("grid", "rationals", None, "values of which every agent draws one, 0: no task", least=0),
        Parameter("prior", "rationals", None, "probabilities of grid; left out: equal", least=0),
        Parameter("agents", "int", None, "how many draw from grid; left out: 2", least=1, most=12),
        Parameter(
            "externalities",
            "table",
            None,
            "row j: what agent j has, while she waits, of each other's being served; left out: none",
        ),
        Parameter("idle", "bool", True, "whether nobody may be served: an action listed first"),
        Parameter("horizon", "int", None, "number of periods; left out: infinite", least=1, most=1000),
        Parameter("discount", "rational", F(9, 10), "discount factor", least=0, below=1),
    ),
    build=build,
)
