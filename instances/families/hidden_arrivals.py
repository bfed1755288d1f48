"""Two buyers whose arrivals only they see, and which are correlated (lecture notes, stochastic arrivals).

Buyer 1 comes in period 0, or else in period 1. Buyer 2 comes in period 2, with a chance that depends on
whether buyer 1 came early: her coming is news. Where buyer 2 is worth waiting for, buyer 1 is served sooner
if she comes late, so the efficient plan is not monotone in arrivals, and an early buyer 1 who is not seen has
to be paid.

Chances are said for every list of dates, also where buyer 1 has not come in period 1, which has probability
zero: then buyer 2 comes as after a late arrival. Buyers may report late and not early (`reports`), and are
agents of one joint process: payments may so bet on buyer 2, whose coming gives a late report away, and
buyer 1 then gets no more than if she were seen. Where buyer 1 has to settle when she reports (`settled`), as
in the notes, buyer 2 is left to expectation: the last period can promise the good to buyer 1 unless buyer 2
comes.
"""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from ...models.efficient.hidden_arrivals import GOOD, REPORTS, HiddenArrivals, read_hidden
from ...models.environment.environment import Agent, Environment
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


def build(reports: str, settled: bool, **parameters: Any) -> Environment:
    """See the module: both buyers, and the good; or buyer 1 and the good."""
    model = data(**parameters)
    return _settled(model, reports) if settled else model.environment(reports)


def _settled(model: HiddenArrivals, reports: str) -> Environment:
    """Buyer 1 and the good, which is worth to the seller what buyer 2 is expected to make of it."""
    theta, rival = model.values[0].tolist(), model.values[1][0]
    m = len(theta)
    types = [model.labels(0, t) for t in range(PERIODS)]
    comes = [F(0) if a == PERIODS else model.chances[1][2, 1 + a, 0] for a in model.date(0)]
    worth = [F(0), *theta * 2]
    waits = [(1 - c) * v for c, v in zip(comes, worth, strict=True)]
    buyer = Agent(
        model.names[0],
        types=types,
        prior=[1 - model.chances[0][0, 0, 0], *(model.chances[0][0, 0, 0] * p for p in model.pmf[0])],
        values=[
            [[0] * len(row), worth[: len(row)], *([waits] if t == PERIODS - 1 else [])]
            for t, row in enumerate(types)
        ],
        transitions=[
            [[[*[F(0)] * (1 + m), *model.pmf[0]], *_stay(1 + 2 * m)[1 : 1 + m]]],
            [_stay(1 + 2 * m)],
        ],
        reports=model.reports(0, reports),
    )
    states = [["left"]] + [["left", "sold"]] * (PERIODS - 1)
    kept = [[[[F(0)] * len(s)] * len(row)] * 2 for row, s in zip(types, states, strict=True)]
    good = Agent(
        GOOD,
        types=states,
        prior=[1],
        values=[*kept[:-1], [*kept[-1], [[c * rival] * 2 for c in comes]]],
        transitions=[[[[1, 0], *[[0, 1]] * t], [[0, 1], *[[0, 1]] * t]] for t in range(PERIODS - 1)],
        observed=True,
    )
    serve = ["serve nobody", f"serve {model.names[0]}"]
    last = f"serve {model.names[1]} if she comes, else {model.names[0]}"
    closed = [[True, False][: len(s)] for s in states]
    return Environment(
        agents=[buyer, good],
        actions=[serve, serve, [*serve, last]],
        feasible=[
            [[True] * len(row), *[row] * (2 if t == PERIODS - 1 else 1)] for t, row in enumerate(closed)
        ],
        discount=model.discount,
        horizon=PERIODS,
    )


def _stay(size: int) -> list[list[Fraction]]:
    return [[F(int(k == j)) for j in range(size)] for k in range(size)]


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
        Parameter(
            "reports", "choice", "late",
            "late: dates may be reported late; seen: dates are seen; any: fake arrivals too",
            choices=tuple(REPORTS),
        ),
        Parameter("settled", "bool", False, "buyer 1 settles when she reports, buyer 2 is no agent"),
    ),
    build=build,
)
