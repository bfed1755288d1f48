"""A mechanism for items sold over time, turned into a bank account, and what the lemmas say of both (MPTZ).

By its *promises* (Lemmas A.3, A.4, 3.3) any mechanism that is dynamically incentive compatible and leaves no
path below 0 becomes an account that earns at least as much. By *utility* so far (Lemmas C.1, C.2, 5.2) one
that does not know the future becomes an account that earns the same. Paid out at once (App. B.1) it leaves no
period below 0. Lemmas B.1 and B.2 say which mechanisms earn no more than one static auction a period.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

from ...solvers.errors import InvalidInput
from ...solvers.numbers import Number
from ..answers.answer import Answer
from ..answers.plain import plain
from ..environment.environment import Environment
from ..mechanism.mechanism import Mechanism
from .bank_account import BankAccount, listed
from .nonclairvoyant.lemmas import StaticBound, static_bounds
from .nonclairvoyant.utility_account import account_by_utility
from .reduction import Claim, reduce_to_account

BY = ("promises", "utility")
"""What a balance is: what is still promised beyond the least, or what has been kept so far."""


@dataclass(frozen=True, eq=False, repr=False)
class Account(Answer):
    """The answer of `account`.

    kept: the bank account. by: one of `BY`. original: what the mechanism given earns. claims: what the lemmas
    say on the way, by promises alone. bounds: Lemmas B.1 and B.2 on the mechanism given.
    """

    kept: BankAccount
    by: str
    original: Number
    claims: tuple[Claim, ...]
    bounds: tuple[StaticBound, ...]

    def _facts(self) -> dict[str, object]:
        return {"instance": self.kept.items.env.name, "revenue": self.revenue, "original": self.original}

    @property
    def revenue(self) -> Number:
        """What the account earns."""
        return self.kept.revenue

    @property
    def mechanism(self) -> Mechanism:
        """The account as a mechanism, whose memory is balances."""
        return self.kept.mechanism

    @cached_property
    def without_debt(self) -> Mechanism:
        """The same with balances paid out at once: every period leaves at least 0 (App. B.1)."""
        return self.kept.without_debt()

    @property
    def balances(self) -> list[list[dict[str, Any]]]:
        """As those of `Bank`."""
        return listed(self.kept.table)

    def to_json(self) -> dict[str, Any]:
        """The object of the command's JSON."""
        conditions = self.kept.conditions()
        return {
            "instance": self.kept.items.env.name,
            "by": self.by,
            "original": plain(self.original),
            "revenue": plain(self.revenue),
            "repeated_myerson": plain(self.kept.items.repeated_myerson),
            "conditions": [
                {"name": c.name, "holds": c.holds, "violation": plain(c.violation)} for c in conditions
            ],
            "claims": [{"step": c.step, "statement": c.statement, "holds": bool(c)} for c in self.claims],
            "bounds": [{"lemma": b.lemma, "applies": b.applies, "holds": b.holds} for b in self.bounds],
            "balances": plain(self.balances),
        }


def account(env: Environment, mechanism: Mechanism, by: str = "promises") -> Account:
    """Turn a mechanism for items sold over time into a bank account.

    by: "promises" or "utility". Raises `AssumptionViolated` where the environment sells no items, or the
    mechanism is not what the lemmas ask for (with who lies or loses), or remembers lots; `InvalidInput`;
    `TooLarge`.
    """
    if by not in BY:
        raise InvalidInput(f"by: {by!r} is not one of {', '.join(BY)}")
    if by == "promises":
        reduced = reduce_to_account(env, mechanism)
        kept, claims = reduced.account, reduced.claims
    else:
        kept, claims = account_by_utility(env, mechanism), ()
    bounds = static_bounds(env, mechanism)
    return Account(kept, by, bounds[0].revenue, claims, bounds)
