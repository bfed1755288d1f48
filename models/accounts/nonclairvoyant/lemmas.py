"""What stronger notions cost: no more than one static auction a period can be earned (MPTZ Lemmas B.1, B.2).

B.2: under `every-future` incentives (sDIC) and `ex-post` participation. B.1: in a mechanism that does not
know the future, under dynamic incentive compatibility and `per-period` participation; there each period is
incentive compatible by itself (Lemma C.1), which is what is checked. So mechanisms that are told which
period is the last (quasi-non-clairvoyant, `BankAccount.without_debt`) satisfy `per-period` participation
and earn more only because they are not `per-period` incentive compatible.
"""

from __future__ import annotations

from dataclasses import dataclass

from ....solvers.arithmetic import arithmetic_of
from ....solvers.numbers import Number
from ...environment.environment import Environment
from ...mechanism.mechanism import Mechanism
from ..items import read_items
from ..reduction import grow_tree, verdicts

ASSUMPTIONS = {"B.1": ("per-period", "per-period"), "B.2": ("every-future", "ex-post")}
"""By lemma, the incentives and the participation that it is about."""


@dataclass(frozen=True)
class StaticBound:
    """Whether a lemma applies to a mechanism, and whether its bound holds: revenue ≤ repeated Myerson.

    True where the bound holds; where the lemma does not apply it promises nothing, and nothing is broken.
    """

    lemma: str
    applies: bool
    revenue: Number
    repeated_myerson: Number

    @property
    def holds(self) -> bool:
        """Whether the bound holds, where the lemma applies."""
        slack = arithmetic_of(self.revenue).slack(self.revenue)
        return not self.applies or bool(self.revenue <= self.repeated_myerson + slack)

    def __bool__(self) -> bool:
        return self.holds


def static_bounds(env: Environment, mechanism: Mechanism) -> tuple[StaticBound, ...]:
    """Lemmas B.1 and B.2 on a mechanism. Raises `AssumptionViolated` where the environment sells no items."""
    items = read_items(env)
    tree = grow_tree(items, mechanism)
    return tuple(
        StaticBound(
            lemma,
            all(verdicts(tree.items, tree.mechanism, [lies], [promise])),
            tree.revenue,
            items.repeated_myerson,
        )
        for lemma, (lies, promise) in ASSUMPTIONS.items()
    )
