"""Sequential screening of one buyer: virtual values, the menu of options, and what it is compared with.

The menu has the strikes of the rule (`virtual_value.py`) where fees pay for them, else the best falling
strikes where fees pay for those. Beside it stand what static sellers earn, and three rungs of the ladder:
`first-order`, `bayesian` (nothing earns more), and `relaxed`: what could be earned if what the buyer learns
in period 1, apart from what her first type foretells, were public (Esö and Szentes). With atomless types that
is no more than if it is private; with finite ones it may be.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from ....solvers.arithmetic import SOLVED
from ....solvers.effort import FLOATS, Effort
from ....solvers.errors import TooLarge
from ....solvers.numbers import Number
from ...answers.answer import Answer
from ...design.design import design
from ...design.question import Question
from ...environment.environment import Environment
from ...mechanism.mechanism import Mechanism
from ...society.assumptions import Assumption
from ...verification.verdict import Verdicts
from .buyer import SequentialBuyer, buyer_of
from .conditions import conditions
from .options import OptionMenu
from .static_prices import PostedPrice, posted_in_period_0, posted_in_period_1
from .virtual_value import VirtualValue

RUNGS = ("first-order", "relaxed", "bayesian")


@dataclass(frozen=True, eq=False, repr=False)
class SequentialScreening(Answer):
    """The whole answer. Money is of period 0; values and strike prices are of period 1."""

    buyer: SequentialBuyer
    effort: Effort = FLOATS

    def _facts(self) -> dict[str, object]:
        return {
            "instance": self.environment.name,
            "profit": self.profit,
            "bound": self.bound,
            "menu": self.returned,
        }

    @property
    def environment(self) -> Environment:
        """In the numbers that were used, all rational or all doubles."""
        return self.buyer.environment

    @cached_property
    def virtual(self) -> VirtualValue:
        """ψ, and what strikes earn."""
        return VirtualValue(self.buyer)

    @cached_property
    def conditions(self) -> dict[str, Assumption]:
        """What the theorems assume, whether it holds, where it fails and by how much."""
        return conditions(self.virtual)

    @property
    def bound(self) -> Number | None:
        """No mechanism earns more; None where first-order dominance fails."""
        return self.virtual.bound if self.conditions["first-order dominance"].holds else None

    @cached_property
    def menus(self) -> dict[str, OptionMenu]:
        """The two menus, by name: "rule" and "falling"."""
        return {
            "rule": OptionMenu(self.buyer, self.virtual.rule),
            "falling": OptionMenu(self.buyer, self.virtual.falling),
        }

    @cached_property
    def returned(self) -> str | None:
        """The menu that earns most of those that fees pay for, the rule's where both do; None if none is."""
        paid = [name for name, menu in self.menus.items() if menu.fees is not None]
        return max(paid, key=lambda name: self.menus[name].profit or 0) if paid else None

    @property
    def menu(self) -> OptionMenu | None:
        """That menu."""
        return None if self.returned is None else self.menus[self.returned]

    @property
    def mechanism(self) -> Mechanism | None:
        """Its mechanism."""
        return None if self.menu is None else self.menu.mechanism

    @property
    def profit(self) -> Number | None:
        """What it earns."""
        return None if self.menu is None else self.menu.profit

    @cached_property
    def posted(self) -> dict[str, PostedPrice]:
        """What static sellers earn, by when they sell: "t0" unseen, "t1" seen."""
        return {"t0": posted_in_period_0(self.buyer), "t1": posted_in_period_1(self.buyer)}

    @cached_property
    def rungs(self) -> dict[str, Number | None]:
        """Values of the rungs, solved when they are asked for; None of one beyond the limits."""
        env, values = self.environment, {}
        for name in RUNGS:
            try:
                values[name] = design(env, Question.of(env, incentives=name), self.effort).value
            except TooLarge:
                values[name] = None
        return values

    @property
    def public_excess(self) -> Number | None:
        """How much more could be earned if what she learns in period 1 were public: `relaxed` − `bayesian`.

        In doubles what is nothing beside them is 0.
        """
        public, private = self.rungs["relaxed"], self.rungs["bayesian"]
        if public is None or private is None:
            return None
        excess = public - private
        return excess if excess > self.buyer.numbers.slack(public, SOLVED) else self.buyer.numbers.zero

    @cached_property
    def verdicts(self) -> Verdicts | None:
        """The judge's on the menu returned; None where there is none, or it is too large to judge."""
        try:
            return None if self.menu is None else self.menu.verdicts
        except TooLarge:
            return None


def sequential_screening(env: Environment, effort: Effort = FLOATS) -> SequentialScreening:
    """Everything about one buyer who learns her value in two steps. Raises as `buyer_of` does."""
    return SequentialScreening(buyer_of(env, exact=effort.exact), effort.rested)
