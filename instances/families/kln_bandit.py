"""An item for ever among buyers who know their margins and learn from having it: KLN's bandit, section 6.2.2.

In period 0 each reports her first signal s_0, her margin; from period 1 on the item goes to one of them a
period, or to nobody, and is worth s_0 times what she expects of it by then, or s_0 plus that. Only having it
teaches her. Learners are those of `learners.py`: an advertiser with Beta learning expects a share of
purchases. Margins are on grids, equally likely where nothing is said.

KLN is Kakade, Lobel & Nazerzadeh (2011).
"""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from ...models.environment.environment import Environment
from ...solvers.errors import InvalidInput, TooLarge
from ..family import Family
from ..parameters import Parameter
from .grids import choose
from .learners import MAX_ENTRIES
from .licensing import ARMS as COMMON
from .licensing import learners, learning_parameters
from .separable_auction import Bidder, separable_auction

F = Fraction
Rows = tuple[tuple[Fraction, ...], ...]
MARGINS = ((F(3), F(4)), (F(4), F(6)))
ARMS = COMMON | {"beta": ((F(1), F(1)), (F(1), F(2)))}


def build(
    margins: Rows, chances: Rows | None, form: str, cost: Fraction, discount: Fraction, **words: Any
) -> Environment:
    """Period 0, and then the rest for ever."""
    known = learners(**words | {"arms": words["arms"] or ARMS[words["learning"]]})
    odds = [None] * len(margins) if chances is None else list(chances)
    for what, count in (("margins", len(margins)), ("chances", len(odds))):
        if count != len(known):
            raise InvalidInput(f"{what} has {count} rows, and arms {len(known)}")
    buyers = []
    for i, (row, given, one) in enumerate(zip(margins, odds, known, strict=True)):
        if list(row) != sorted(row):
            raise InvalidInput(f"row {i} of margins does not rise")
        names = f"row {i} of margins", f"row {i} of chances"
        first, chance = choose(names, row, given, ((), ()))
        twice = [one.states] * 2, one.start, [one.worth] * 2, [one.moves]
        buyers.append(Bidder(f"buyer {i + 1}", first, chance, *twice))
    entries = (len(buyers) + 1) * sum((len(one.s0) * len(one.initial)) ** 2 for one in buyers)
    if entries > MAX_ENTRIES:
        raise TooLarge(
            f"{len(buyers)} buyers' moves have {entries:,} entries, more than {MAX_ENTRIES:,}; choose fewer "
            "margins, or a smaller n or points"
        )
    additive = form == "additive"
    return separable_auction(buyers, cost, discount, controlled=True, additive=additive, endless=True)


FAMILY = Family(
    name="kln-bandit",
    title="an item for ever among buyers who know their margins and learn from having it: virtual indices",
    source="Kakade, Lobel & Nazerzadeh (2011), section 6.2.2; learning ends after n uses, margins on grids",
    parameters=(
        Parameter("margins", "table", MARGINS, "first signals, a row a buyer, each rising"),
        Parameter("chances", "table", None, "their probabilities; left out: equal", above=0),
        Parameter("form", "choice", "multiplicative", "values", choices=("multiplicative", "additive")),
        *learning_parameters("beta", 1, 0),
        Parameter("cost", "rational", F(0), "cost of a period in which somebody has the item"),
        Parameter("discount", "rational", F(9, 10), "discount factor", least=0, below=1),
    ),
    build=build,
)
