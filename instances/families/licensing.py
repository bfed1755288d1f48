"""A licence leased again and again to bidders who learn from using it (BV section 5).

In every period one bidder gets the licence; only she learns, from using it, what it is worth to her, and she
pays the dynamic second price. What a bidder knows at the start is known of her, unless she has made
observations of her own before (`seen`). Learners are those of `learners.py`; learning ends after `n` uses.
How far a grid of Normal means may be off in index, welfare and price, `grid_error.py` says.

BV is Bergemann & Välimäki (2010), The dynamic pivot mechanism.
"""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from ...models.environment.environment import Environment
from ...solvers.errors import InvalidInput, TooLarge
from ..family import Family
from ..parameters import Parameter
from .learners import ROUNDINGS, Learner, bandit, beta_learner, gamma_learner, normal_learner

F = Fraction
ARMS = {
    "beta": ((F(1), F(1)), (F(11), F(9))),
    "gamma": ((F(1), F(1)), (F(3), F(2))),
    "normal": ((F(1), F(1, 4), F(1, 4)), (F(5, 4), F(1, 8), F(1, 4))),
}
MAX_BIDDERS = 20
"""Most rows of `arms`: profiles are already more than can be counted through."""
_ROWS = {"beta": ("a", "b"), "gamma": ("shape", "rate"), "normal": ("mean", "deviation", "noise")}


def learners(
    learning: str, arms: tuple[tuple[Fraction, ...], ...] | None, n: int, seen: int, most: int, points: int,
    reach: Fraction, rounding: str,
) -> list[Learner]:  # fmt: skip
    """One learner a row of `arms`: a,b (Beta); shape,rate (Gamma); mean, deviation, noise (Normal)."""
    words = _ROWS[learning]
    bidders = []
    rows = ARMS[learning] if arms is None else arms
    if len(rows) > MAX_BIDDERS:
        raise TooLarge(f"{len(rows)} bidders, more than {MAX_BIDDERS}; give fewer rows of arms")
    for number, row in enumerate(rows):
        if len(row) != len(words):
            raise InvalidInput(f"row {number} of arms has {len(row)} numbers, not {', '.join(words)}")
        for word, value in zip(words, row, strict=True):
            if value <= 0 and word != "mean":
                raise InvalidInput(f"row {number} of arms: {word} must be above 0, not {value}")
        if learning == "beta":
            bidders.append(beta_learner(row[0], row[1], n, seen))
        elif learning == "normal":
            bidders.append(normal_learner(row[0], row[1], row[2], n, points, reach, rounding, seen))
        elif row[0].denominator > 1:
            raise InvalidInput(f"row {number} of arms: shape must be a whole number, not {row[0]}")
        else:
            bidders.append(gamma_learner(int(row[0]), row[1], n, most, seen))
    return bidders


def build(discount: Fraction, **words: Any) -> Environment:
    """The bidders' learners and nothing else: somebody always has the licence."""
    return bandit(learners(**words), discount)


def learning_parameters(learning: str, n: int, seen: int) -> tuple[Parameter, ...]:
    """The parameters of `learners`, with these defaults."""
    return (
        Parameter("learning", "choice", learning, "how bidders learn", choices=tuple(ARMS)),
        Parameter(
            "arms", "table", None,
            "a row a bidder: a,b (beta), shape,rate (gamma) or mean,deviation,noise (normal); left out: two",
        ),
        Parameter("n", "int", n, "observations after which learning ends", least=1, most=400),
        Parameter("seen", "int", seen, "observations that a bidder has made for herself before", least=0),
        Parameter("most", "int", 3, "gamma: the sum of observations from which they are many", least=1),
        Parameter("points", "int", 9, "normal: points of the grid of means, an odd number", least=3),
        Parameter("reach", "rational", F(3), "normal: prior deviations from mean to end of grid", above=0),
        Parameter(
            "rounding", "choice", "nearest", "normal: how moves become steps", choices=ROUNDINGS
        ),
    )  # fmt: skip


FAMILY = Family(
    name="licensing",
    title="a licence leased for ever to bidders who learn from using it: the dynamic second price",
    source="Bergemann & Välimäki (2010), section 5, learning and licensing; learning ends after n uses",
    parameters=(
        *learning_parameters("beta", 2, 0),
        Parameter("discount", "rational", F(9, 10), "discount factor", least=0, below=1),
    ),
    build=build,
)
