"""Liu (2014): the variant of section 3.1 in which firm 1 first learns θ_0, and misprints of formulas."""

from __future__ import annotations

from fractions import Fraction as F
from functools import cache
from itertools import pairwise
from typing import Any

import numpy as np

from ...instances.library import load
from ...models.correlation.continuous import approximate, smallest_lottery_errors
from ...models.environment.environment import Agent, Environment
from ...models.mechanism.mechanism import Mechanism, Stage
from ...models.society.problem import transitions
from ...solvers.arithmetic import RATIONAL
from ...solvers.effort import EXACT
from ...solvers.linear import solve_square
from ...solvers.numbers import Array
from .cases import violation
from .liu import VCG, auctions
from .rows import Claimed, Misprint, Rows

LIU_FURTHER = Rows("LIU")
row = LIU_FURTHER.row
WITHIN = "models/society/problem.py"
OIL = (4, 6)


@cache
def signals() -> Environment:
    """θ_0 in period 0; in period 1 θ_1^1 and θ_1^2, alike with probability 1/4 after 0 and 3/4 after 1."""
    levels, nothing = [str(s) for s in OIL], [[0] * 2] * 2
    laws = [[[a, F(1, 2) - a], [F(1, 2) - a, a]] for a in (F(1, 8), F(3, 8))]
    one, two = ([[slope * s - less] * 2 for s in OIL] for slope, less in ((2, 1), (3, 6)))
    return Environment(
        name="licence with θ_0",
        horizon=2,
        discount=F(1),
        actions=[["wait"], ["to firm 1", "to firm 2"]],
        agents=[
            Agent("firm 1", types=[["0", "1"], levels], values=[[[[0]] * 2], [one, nothing]]),
            Agent("firm 2", types=[["nothing"], levels], values=[[[[0]] * 2], [nothing, two]]),
        ],
        process={"prior": [[F(1, 2)], [F(1, 2)]], "transitions": [[[[law] for law in laws]]]},
    )


@cache
def _foretold() -> Array:
    """(θ_0, θ_1^1, θ_1^2): chances of firm 2's signal given firm 1's."""
    moves = transitions(signals(), 0)
    law = np.stack([moves.expected(np.eye(4, dtype=int)[s] * F(1))[0] for s in range(4)], axis=-1)
    law = law.reshape(2, 2, 2)
    chances: Array = law / law.sum(axis=2, keepdims=True)
    return chances


@cache
def _lotteries() -> Array:
    """(θ_0, θ_1^2): what firm 1 pays where it wins, so that winning is worth 0 whatever its signal."""
    rows, columns = np.indices((2, 2)).reshape(2, -1)
    worth = np.array([2 * F(s) - 1 for s in OIL], dtype=object)
    return np.stack([solve_square(rows, columns, law.ravel(), worth) for law in _foretold()])


@cache
def _auction() -> Mechanism:
    """The first licence to firm 1 where it reports 4, at the lottery of the reported θ_0."""
    sold, paid = RATIONAL.zeros((2, 2, 2, 2)), RATIONAL.zeros((2, 2, 2, 2))
    sold[:, 0, :, 0] += 1
    sold[:, 1, :, 1] += 1
    paid[0, :, 0] = _lotteries()
    first = Stage(
        RATIONAL.zeros((1, 2, 1, 1)) + 1, RATIONAL.zeros((2, 1, 2, 1)), np.arange(2).reshape(1, 2, 1, 1)
    )
    return Mechanism(signals().name, (first, Stage(sold, paid, None)))


@row("section 3.1, θ_0: lotteries", "(13, 5), (5, 13)", WITHIN)
def lotteries() -> Any:
    """Payments for a report of 4, by θ_0 and firm 2's signal."""
    return _lotteries()


@row("section 3.1, θ_0: the lie", "4 more with 6 after reporting 1 in place of 0", WITHIN)
def lie() -> Claimed:
    """What firm 1 has with 6 of the licence at the lottery of θ_0 = 1, and over θ_0, by the judge."""
    gain = 2 * F(OIL[1]) - 1 - _foretold()[0, 1] @ _lotteries()[1]
    overall = violation(signals(), _auction(), "bayesian")
    return Claimed(gain == 4, f"{gain}; before θ_1 is known the lie gains {overall}")


@row(
    "section 3.1, θ_0: what is misreported",
    "θ_1^1",
    "models/notions/incentives/per_period.py",
    erratum="LIU-theta0",
)
def misreported() -> Claimed:
    """A false report of period 1 alone, and reports that follow a plan."""
    alone, planned = (violation(signals(), _auction(), word) for word in ("per-period", "bayesian"))
    return Claimed(alone > 0, f"alone it gains {alone}; after a false θ_0 the two gain {planned}")


@row("(4): the first term", "κ = 1, …, k", VCG, erratum="LIU-4")
def first_term() -> Misprint:
    """How many terms (4) has at the highest type of firm 1, by profile of the others; changes of payment."""
    printed, changes, corrected = [], [], []
    for _, answer in auctions():
        for (i, t), entry in answer.agents.items():
            paid = answer.payments[t][i][entry.reports.profile]
            for actions, due in zip(entry.reports.action.tolist(), paid.tolist(), strict=True):
                reached = list(dict.fromkeys(actions))
                printed.append(len(reached))
                changes.append(sum(a != b for a, b in pairwise(due)) + (due[0] != 0))
                corrected.append(len(reached) - 1)
    return Misprint(sum(printed), sum(changes), sum(corrected))


CONTINUOUS = "models/correlation/continuous.py"


@row("section 5: approximate transfers", "nobody gains more than ε", CONTINUOUS, erratum="LIU-residual")
def residual() -> Claimed:
    """Two periods, three signals of rank 2, one cell: ε and what one lie gains."""
    gains = []
    for seed in range(4):
        env = load(
            "random-correlated",
            seed=seed,
            types=3,
            rank=2,
            discount="3/4",
            stationary=False,
            periods=2,
        )
        answer = approximate(env, 1, effort=EXACT)
        if answer.gain > answer.bound:
            raise ArithmeticError(f"a lie gains {answer.gain}, more than 2 ε")
        gains.append((answer.gain, answer.error))
    above = [(gain, error) for gain, error in gains if gain > error]
    return Claimed(
        not above, f"a lie gains more in {len(above)} of {len(gains)} processes; up to 2 ε in none"
    )


@row("Appendix B: C(f)", "a linear subspace", CONTINUOUS, erratum="LIU-cone")
def cone() -> Claimed:
    """Three signals, the middle one foretelling half of either: π = (0, 1, 0) and −π."""
    half = F(1, 2)
    beliefs = np.array([[[F(1), F(0)], [half, half], [F(0), F(1)]]])
    claim = np.array([[F(0), F(1), F(0)]])
    missed, opposite = (smallest_lottery_errors(beliefs, c, EXACT)[0].item() for c in (claim, -claim))
    return Claimed(
        (missed == 0) == (opposite == 0), f"it contains (0, 1, 0); (0, −1, 0) is missed by {opposite}"
    )
