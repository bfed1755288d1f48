"""Two buyers whose arrivals only they see, and which are correlated (lecture notes, stochastic arrivals).

Buyer 1 comes in period 0, or else in period 1. Buyer 2 comes in period 2, with a chance that depends on
whether buyer 1 came early: her coming is news. Where buyer 2 is worth waiting for, buyer 1 is served sooner
if she comes late, so the efficient plan is not monotone in arrivals, and an early buyer 1 who is not seen has
to be paid.

Chances are said for every list of dates, also where buyer 1 has not come in period 1, which has probability
zero: then buyer 2 comes as after a late arrival.
"""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from ...models.efficient.hidden_arrivals import HiddenArrivals, read_hidden
from ...models.environment.environment import Environment
from ...solvers.arithmetic import RATIONAL
from ..family import Family
from ..parameters import Parameter
from .grids import choose, uniform

F = Fraction
PERIODS = 3


def data(
    early: Fraction,
    values: tuple[Fraction, ...] | None,
    pmf: tuple[Fraction, ...] | None,
    rival: Fraction,
    after_early: Fraction,
    after_late: Fraction,
    discount: Fraction,
) -> HiddenArrivals:
    """The same in the form in which late reports are studied (`models.efficient.late_reports`)."""
    theta, share = choose(("values", "pmf"), values, pmf, ([F(1), F(2)], uniform(2)))
    dates = [PERIODS + 1] * 2
    one, two = RATIONAL.zeros((PERIODS, *dates)), RATIONAL.zeros((PERIODS, *dates))
    one[0] = early
    one[1] = F(1)
    two[2] = after_late
    two[2, 1] = after_early
    return read_hidden(
        names=["buyer 1", "buyer 2"],
        values=[theta, [rival]],
        pmf=[share, [1]],
        chances=[one, two],
        periods=PERIODS,
        discount=discount,
    )


def build(**parameters: Any) -> Environment:
    """See the module: both buyers, and the good."""
    return data(**parameters).environment()


FAMILY = Family(
    name="hidden-arrivals",
    title="two buyers who come at dates of their own: an early one is news, and has to be paid",
    source="lecture notes, stochastic arrivals, Theorem 6",
    parameters=(
        Parameter("early", "rational", F(1, 2), "chance that buyer 1 comes in period 0", above=0, below=1),
        Parameter("values", "rationals", None, "buyer 1's values, increasing; left out: 1,2", least=0),
        Parameter("pmf", "rationals", None, "their probabilities; left out: equal", above=0),
        Parameter("rival", "rational", F(10), "buyer 2's value", least=0),
        Parameter("after_early", "rational", F(9, 10), "her chance after an early arrival", least=0, most=1),
        Parameter("after_late", "rational", F(0), "her chance otherwise", least=0, most=1),
        Parameter("discount", "rational", F(9, 10), "discount factor", least=0, most=1),
    ),
    build=build,
)
