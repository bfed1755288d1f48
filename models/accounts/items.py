"""Items sold over time, laid out in arrays: what every file of this folder reads an environment into.

S is the number of profiles of a period (agent 0 slowest), N of buyers, A of actions.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from ...solvers.arithmetic import COMPUTED, arithmetic, arithmetic_of
from ...solvers.blocks import Label
from ...solvers.numbers import Array, Ints, Number, total
from ...solvers.short import Short
from ..auctions.market import Market, markets
from ..auctions.optimal_auction import optimal_auction
from ..auctions.second_price import second_price
from ..efficient.efficient import flow_values
from ..environment.environment import Environment
from ..environment.independence import independent_version
from ..mechanism.draws import MemoryDraws
from ..mechanism.mechanism import Stage
from ..verification.public_states import profile_chance, profile_digits


@dataclass(frozen=True, eq=False, repr=False)
class Items(Short):
    """An environment that sells one item a period, and its markets; made by `read_items`."""

    env: Environment
    markets: tuple[Market, ...]

    @property
    def exact(self) -> bool:
        """Whether all data is rational."""
        return self.env.exact

    @property
    def periods(self) -> int:
        """Number of items T."""
        return len(self.markets)

    @property
    def buyers(self) -> int:
        """Number of buyers N."""
        return self.env.num_agents

    @cached_property
    def weights(self) -> tuple[Array, ...]:
        """Per period (S,): probability of each profile."""
        none = np.zeros((1, self.buyers), dtype=np.int64)
        action = np.zeros(1, dtype=np.int64)
        return tuple(profile_chance(self.env, t, none, action, self.exact)[0] for t in range(self.periods))

    @cached_property
    def types(self) -> tuple[Ints, ...]:
        """Per period (N, S): each buyer's type in each profile."""
        return tuple(profile_digits(self.env, t) for t in range(self.periods))

    @cached_property
    def worth(self) -> tuple[Array, ...]:
        """Per period (N, A, S): what each action is worth to each buyer."""
        return tuple(flow_values(self.env, t) for t in range(self.periods))

    @cached_property
    def top_values(self) -> tuple[Array, ...]:
        """Per period (N, S): each buyer's value of the item, 0 where she cannot have it."""
        return tuple(worth.max(axis=1) for worth in self.worth)

    @cached_property
    def largest(self) -> Number:
        """The largest value of any item: the money that amounts are beside."""
        largest: Number = max(buyer.values[-1] for market in self.markets for buyer in market.buyers)
        return largest

    def to_float(self) -> Items:
        """The same in doubles."""
        return Items(self.env.to_float(), tuple(market.converted(False) for market in self.markets))

    def told_apart(self, amounts: Array, grade: float = COMPUTED) -> Array:
        """Amounts of money that are equal where they are the same, doubles up to rounding."""
        return arithmetic_of(amounts).rounded(amounts, self.largest, grade)

    def classes(self, amounts: Array) -> tuple[Ints, Ints]:
        """Which rows (R, N) of amounts are equal: (R,) numbered as they come; the first of each number."""
        known: dict[tuple[Number, ...], int] = {}
        number = [known.setdefault(tuple(row), len(known)) for row in self.told_apart(amounts).tolist()]
        return np.array(number, dtype=np.int64), np.unique(number, return_index=True)[1]

    @property
    def histories(self) -> int:
        """Number of reports to the end."""
        return math.prod(math.prod(self.env.types(t)) for t in range(self.periods))

    @property
    def full_surplus(self) -> Number:
        """Expected highest value, summed over items."""
        return total(second_price(market).welfare for market in self.markets)

    @cached_property
    def myerson(self) -> tuple[Number, ...]:
        """Revenue of the optimal static auction of each item."""
        return tuple(optimal_auction(market).revenue for market in self.markets)

    @property
    def repeated_myerson(self) -> Number:
        """Revenue of one optimal static auction a period."""
        return total(self.myerson)

    def lottery(self, t: int, sales: Array) -> Array:
        """(S, A) probabilities of actions from (N, S) probabilities of selling to each buyer."""
        market = self.markets[t]
        chances = arithmetic(self.exact).zeros((sales.shape[1], self.env.num_actions(t)))
        for i, buyer in enumerate(market.buyers):
            if buyer.action is not None:
                chances[:, buyer.action] = sales[i]
        chances[:, market.keep] = 1 - chances.sum(axis=1)
        return chances

    def stage(
        self,
        t: int,
        lottery: Array,
        paid: Array,
        following: Ints | None,
        label: Label | None = None,
        draws: MemoryDraws | None = None,
    ) -> Stage:
        """A period of a mechanism from lotteries (M, S, A), payments (N, M, S) and (M, S) memory after it, or
        which of `draws` draws that."""
        shape, actions = (len(lottery), *self.env.types(t)), self.env.num_actions(t)
        after = None if following is None else np.repeat(following[..., None], actions, axis=-1)
        return Stage(
            lottery.reshape(*shape, actions),
            paid.reshape(self.buyers, *shape),
            None if after is None else after.reshape(*shape, actions),
            label,
            draws,
        )


def read_items(env: Environment, purpose: str = "bank accounts") -> Items:
    """Read an environment that sells one item a period to buyers with values of at least 0.

    Raises `AssumptionViolated` naming what fails.
    """
    sales = markets(env)
    for market in sales:
        market.require_nonnegative(purpose)
    return Items(independent_version(env, f"{purpose} need types that are independent"), sales)
