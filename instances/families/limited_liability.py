"""A worker who may be paid and never charged, with a cost that is drawn anew in every period.

In each period the employer may have a task done that is worth w to her; what it costs is the worker's to
know. With free payments she sells him the later periods, and takes all but the rent of the first. Where he
never pays (`payments` `nonpositive`) and may leave whenever he likes (participation `periodic`), she pays
instead with work in later periods, at wages that leave him a rent (compare Clementi & Hopenhayn 2006).

Two periods, costs 0 or c with equal probability, discount 1, static optimum w/2 (w ≤ 2c). In period 1 the
rent U buys work of the costly type, up to U = c/2: V(U) = w/2 + (w − c) U/c − U. In period 0 work x of the
costly type has to be paid to both types, in rents of period 1 as far as they go: profit w (1 + x)/2 + V(c x)
for x ≤ 1/2. So it is

    w where w ≤ 4c/3 (the static optimum twice),    7w/4 − c where 4c/3 ≤ w ≤ 2c,

and (3w − c)/2 with free payments, or with participation `interim`: he then works at a loss in period 1 rather
than pay in period 0. By default, three periods and five costs: 9979/20000 `periodic`, 888/1625 `interim`.
"""

from __future__ import annotations

from fractions import Fraction

from ...models.environment.environment import Agent, Environment
from ..family import Family
from ..parameters import Parameter
from .grids import choose, labels, uniform

F = Fraction


def build(
    periods: int,
    costs: tuple[Fraction, ...],
    prior: tuple[Fraction, ...] | None,
    worth: Fraction,
    discount: Fraction,
) -> Environment:
    """Costs are the worker's, listed from the highest; the task is worth the same in every period."""
    points, weights = choose(("costs", "prior"), costs, prior, (costs, uniform(len(costs))))
    worker = Agent(
        "worker",
        types=[labels(points)] * periods,
        prior=weights,
        values=[[[0] * len(points), [-cost for cost in points]]] * periods,
        transitions=[[[weights] * len(points)]] * (periods - 1),
    )
    return Environment(
        agents=[worker],
        actions=[["rest", "work"]] * periods,
        costs=[[0, -worth]] * periods,
        discount=discount,
        horizon=periods,
    )


FAMILY = Family(
    name="limited-liability",
    title="a worker who may be paid and never charged: later rents instead of wages",
    source="limited liability over time, after Clementi & Hopenhayn (2006); numbers by hand",
    parameters=(
        Parameter("periods", "int", 3, "number of periods", least=1, most=20),
        Parameter("costs", "rationals", tuple(F(k, 4) for k in range(4, -1, -1)), "what the task may cost"),
        Parameter("prior", "rationals", None, "the probabilities; left out: equal", least=0),
        Parameter("worth", "rational", F(3, 5), "what the task is worth to the employer"),
        Parameter("discount", "rational", F(1), "discount factor", least=0, most=1),
    ),
    build=build,
)
