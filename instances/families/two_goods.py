"""Two goods and one buyer, to whom lotteries earn more than any list of sure things.

Three types are equally likely: one values the first good alone at x, one the second alone at y, and one
each of them at z, where x ≤ y ≤ z. Let the last keep u of the 2z that both are worth to her. So as not to
tempt her, the first type gets her good with a probability of at most u / (z − x), for all that it is
worth to her, and the second type hers with at most u / (z − y), so that

    3 · revenue = 2z − u + x min(1, u / (z − x)) + y min(1, u / (z − y)),

which is concave with kinks at u = z − y and z − x. Between 0 and the first it rises by x / (z − x) + y /
(z − y) − 1, and between the two by x / (z − x) − 1. Where it rises and then falls, and y < z, the first
good is sold by a lottery, won with probability (z − y) / (z − x). Without lotteries either type gets her
good for certain or not at all, and 3 · revenue is the largest of 2z, z + 2y and z + y + 2x. By default x,
y, z are 1, 2, 3: lotteries earn 5/2, sure things 7/3 (Hart & Reny 2015 on the need for them; Manelli &
Vincent 2007; Thanassoulis 2004).

One after the other (`over_time`), the first good in period 0, the second in period 1, the buyer keeps her
type with the probability `stay`, else it is drawn anew. With `stay` 1 both values are as before; with
9/10 they are 449/180 and 71/30.
"""

from __future__ import annotations

from fractions import Fraction

import numpy as np

from ...models.environment.environment import Agent, Environment
from ...solvers.errors import InvalidInput
from ..family import Family
from ..parameters import Parameter
from .grids import uniform

F = Fraction
TYPES = ["first", "second", "both"]


def build(first: Fraction, second: Fraction, both: Fraction, over_time: bool, stay: Fraction) -> Environment:
    """One period with four actions, or two with two each."""
    if not first <= second <= both:
        raise InvalidInput(f"first, second and both must not fall, and are {first}, {second}, {both}")
    if stay != 1 and not over_time:
        raise InvalidInput(f"stay is {stay}, and types have no time to change but with over_time")
    goods = [first, F(0), both], [F(0), second, both]
    nothing = [F(0)] * 3
    if not over_time:
        pair = [a + b for a, b in zip(*goods, strict=True)]
        buyer = Agent("buyer", types=TYPES, prior=uniform(3), values=[[nothing, *goods, pair]])
        return Environment(agents=[buyer], actions=[["nothing", "first", "second", "both"]], horizon=1)
    kernel = stay * np.array(np.eye(3, dtype=int), dtype=object) + (1 - stay) * F(1, 3)
    buyer = Agent(
        "buyer",
        types=[TYPES, TYPES],
        prior=uniform(3),
        values=[[nothing, good] for good in goods],
        transitions=[kernel[None]],
    )
    return Environment(agents=[buyer], actions=[["keep", "first"], ["keep", "second"]], horizon=2)


FAMILY = Family(
    name="two-goods",
    title="two goods, one buyer: lotteries earn more than any list of sure things",
    source="Hart & Reny (2015); Manelli & Vincent (2007); Thanassoulis (2004)",
    parameters=(
        Parameter("first", "rational", F(1), "x, of the first good to who wants it alone", least=0),
        Parameter("second", "rational", F(2), "y, of the second good to who wants it alone", least=0),
        Parameter("both", "rational", F(3), "z, of each good to who wants both", least=0),
        Parameter("over_time", "bool", False, "the second good is sold in a second period"),
        Parameter("stay", "rational", F(1), "chance that the type stays then", least=0, most=1),
    ),
    build=build,
)
