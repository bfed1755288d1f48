"""What items sold over time can earn: the clairvoyant optimum and the bank account that attains it.

One buyer: dynamic programming over promises, exact as far as it goes, then within a certified gap. Several:
the history program (`bayesian` incentives, `ex-post` participation), reduced to an account, as long as there
are not too many histories; then a recursion over the promises of all, between two bounds (`promises`).
"""

from __future__ import annotations

import sys
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

from ...solvers.effort import FLOATS, Effort
from ...solvers.errors import DynamechError, InvalidInput
from ...solvers.numbers import Number
from ..answers.answer import Answer
from ..answers.plain import plain
from ..compiler.formulation import RECURSION, read_formulation
from ..design.design import design
from ..design.question import Question
from ..environment.environment import Environment
from ..mechanism.mechanism import Mechanism
from .bank_account import MOST_STATES, BankAccount, listed
from .clairvoyant import MOST_PIECES, Optimum, item_of, optimum
from .items import Items, read_items
from .promise_account import Lots, account_of
from .promises.lots import PromiseLots
from .promises.mechanism import mechanism_of
from .promises.rounds import promise_bounds
from .promises.stages import promises
from .reduction import Reduction, reduce_to_account

Row = dict[str, Any]
MOST_HISTORIES = 2_000
"""Of all reports to the end, of several buyers, up to which the optimum comes from the history program."""
GAP = 1e-5
"""Of the full surplus: how far apart bounds for several buyers may be where nobody says."""


@dataclass(frozen=True, eq=False, repr=False)
class Bank(Answer):
    """The answer of `bank`.

    clairvoyant: revenue under `bayesian` incentives and `ex-post` participation; gap: None where that is the
    optimum, else the optimum is at most `clairvoyant + gap`. kept: what attains it, a bank account or, where
    that has too many balances, one with public lots. optimum, reduction: how it was found, of one buyer and
    of several.
    """

    items: Items
    clairvoyant: Number
    gap: Number | None
    kept: BankAccount | Lots | PromiseLots
    optimum: Optimum | None = None
    reduction: Reduction | None = None

    def _facts(self) -> dict[str, object]:
        return {
            "instance": self.items.env.name,
            "clairvoyant": self.clairvoyant,
            "gap": self.gap,
        }

    @property
    def account(self) -> BankAccount | None:
        """The bank account; None where there are public lots."""
        return self.kept if isinstance(self.kept, BankAccount) else None

    @cached_property
    def mechanism(self) -> Mechanism | None:
        """What earns `clairvoyant`; None for one buyer whose promises are drawn by lots.

        With lots of several buyers its memory is what has been promised, drawn in public after every period.
        """
        if isinstance(self.kept, PromiseLots):
            return mechanism_of(self.items, self.kept)
        return None if self.account is None else self.account.mechanism

    @property
    def repeated_myerson(self) -> Number:
        """Revenue of one optimal static auction a period."""
        return self.items.repeated_myerson

    @property
    def full_surplus(self) -> Number:
        """Expected highest value, summed over items."""
        return self.items.full_surplus

    @property
    def balances(self) -> list[list[Row]]:
        """Per period the reachable balances: balance, probability, spend and expected deposit.

        Each but the probability is a list over buyers.
        """
        return listed(self.kept.table)

    def to_json(self) -> dict[str, Any]:
        """The object of the command's JSON."""
        bounded = self.gap is not None
        return {
            "clairvoyant": plain(float(self.clairvoyant) if bounded else self.clairvoyant),
            "gap": None if self.gap is None else float(self.gap),
            "repeated_myerson": plain(self.repeated_myerson),
            "full_surplus": plain(self.full_surplus),
            "balances": plain(self.balances),
        }


def bank(
    env: Environment,
    *,
    gap: Number | None = None,
    most_pieces: int = MOST_PIECES,
    most_states: int = MOST_STATES,
    formulation: str = "auto",
    effort: Effort = FLOATS,
) -> Bank:
    """The clairvoyant optimum of items sold over time, and its bank account (MPTZ Lemma 3.3).

    gap: how far below the optimum the answer may be, in money, where it is not exact: with one buyer and more
    pieces than `most_pieces`, with several and more histories than `MOST_HISTORIES`. exact: every piece is
    kept, and floats count at their binary values; rational data gives rational answers in any case.
    formulation: for several buyers, that of the history program or "recursion". Raises `AssumptionViolated`
    where the environment sells no items, `InvalidInput`, `TooLarge` where several buyers have too many
    histories, or profiles in one period.
    """
    read_formulation(formulation)
    if formulation == RECURSION and effort.exact:
        raise InvalidInput(f"formulation '{RECURSION}': its bounds are in doubles, not over the rationals")
    items = read_items(env.to_exact() if effort.exact else env)
    if items.buyers > 1:
        if formulation == RECURSION:
            return _promised(items, gap, effort)
        if formulation == "auto" and not effort.exact and items.histories > MOST_HISTORIES:
            text = f"in place of a program over {items.histories:,} histories"
            effort.tell("instead", f"bounds by recursion over promises, {text}", histories=items.histories)
            return _promised(items, gap, effort)
        return _several(items, formulation, effort)
    alone = [item_of(market.buyers[0]) for market in items.markets]
    best = optimum(alone, gap, sys.maxsize if effort.exact else most_pieces, effort)
    account = account_of(items, best, most_states) if best.exact else None
    value: Number = best.value if items.exact else float(best.value)
    left: Number | None = None if best.exact else best.gap if items.exact else float(best.gap)
    return Bank(items, value, left, account or Lots(best), best)


def _promised(items: Items, gap: Number | None, effort: Effort) -> Bank:
    setting = promises(items, effort.room)
    wanted = float(items.full_surplus) * GAP if gap is None else float(gap)
    bounds = promise_bounds(setting, wanted, effort)
    return Bank(items, bounds.lower, bounds.upper - bounds.lower, PromiseLots(bounds))


def _several(items: Items, formulation: str, effort: Effort) -> Bank:
    question = Question.of(items.env, "revenue", "bayesian", "ex-post", formulation=formulation)
    clairvoyant = design(items.env, question, replace(effort, exact=items.exact))
    if clairvoyant.value is None:
        raise DynamechError(f"clairvoyant optimum of '{items.env.name}': {clairvoyant.message}")
    reduced = reduce_to_account(items.env, clairvoyant.mechanism)
    return Bank(items, clairvoyant.value, None, reduced.account, reduction=reduced)
