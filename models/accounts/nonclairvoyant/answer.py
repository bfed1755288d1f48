"""A non-clairvoyant mechanism beside the optimum of whoever knows the future, or beside the full surplus."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from typing import Any

from ....solvers.arithmetic import arithmetic_of
from ....solvers.effort import FLOATS, Effort
from ....solvers.errors import InvalidInput
from ....solvers.numbers import Number
from ...answers.answer import Answer
from ...answers.plain import plain
from ...environment.environment import Environment
from ...mechanism.mechanism import Mechanism
from ...simulation.draws import check_drawn
from ..bank import MOST_HISTORIES, Bank, bank
from ..items import read_items
from .parts import Kind, Tie
from .run import MOST_STATES, PATHS, Run, run

AGAINST = ("auto", "clairvoyant", "full-surplus", "none")
"""What revenue is held against. "auto" is the clairvoyant optimum, and the full surplus, which is no less,
where several buyers have more than `MOST_HISTORIES` histories."""
HORIZONS = 12
"""Most horizons of `by_horizon`."""


@dataclass(frozen=True, eq=False, repr=False)
class NonClairvoyant(Answer):
    """The answer of `nonclairvoyant`.

    ran: what the mechanism earns. against: the yardstick, "clairvoyant", "full-surplus" or "none". bank: the
    clairvoyant optimum, its `clairvoyant` attained and within `gap`; None where that was not asked for.
    """

    ran: Run
    bank: Bank | None
    against: str = "clairvoyant"

    def _facts(self) -> dict[str, object]:
        return {
            "instance": self.ran.items.env.name,
            "mechanism": self.ran.kind,
            "revenue": self.revenue,
            self.against: self.yardstick,
        }

    @property
    def revenue(self) -> Number:
        """What the mechanism earns; see `Run`."""
        return self.ran.revenue

    @cached_property
    def mechanism(self) -> Mechanism:
        """It as a bank account; raises `TooLarge` where balances are too many to lay out."""
        return self.ran.account().mechanism

    @property
    def clairvoyant(self) -> Number | None:
        """The clairvoyant optimum, or what is attained where it is only bounded; None where not asked for."""
        return None if self.bank is None else self.bank.clairvoyant

    @property
    def yardstick(self) -> Number | None:
        """What revenue is held against; None where it is nothing."""
        return self.ran.items.full_surplus if self.against == "full-surplus" else self.clairvoyant

    @property
    def ratio(self) -> Number | None:
        """Revenue over the clairvoyant optimum; 1 where there is nothing to earn, None where not asked."""
        return None if self.bank is None else self.share

    @property
    def share(self) -> Number | None:
        """Revenue over the yardstick; 1 where there is nothing to earn."""
        if not self.yardstick:
            return None if self.yardstick is None else self.yardstick + 1
        return self.revenue / self.yardstick

    @property
    def guarantee(self) -> Fraction:
        """The part of the clairvoyant optimum that the mechanism always earns."""
        return self.ran.split.guarantee

    @property
    def guaranteed(self) -> bool | None:
        """Whether the guarantee is kept here, in doubles up to rounding; where the optimum is only bounded,
        against the bound. The full surplus is a bound as well, against which it may be missed: then None.
        """
        if self.yardstick is None:
            return None
        most = self.yardstick + (0 if self.bank is None else self.bank.gap or 0)
        slack = arithmetic_of(self.revenue).slack(most)
        kept = bool(self.revenue + (self.ran.interval or 0) + slack >= self.guarantee * most)
        return kept or (None if self.bank is None else False)

    def to_json(self) -> dict[str, Any]:
        """The object of the command's JSON; the interval is there where paths were simulated."""
        ran = self.ran
        content = {
            "revenue": plain(self.revenue),
            "range": plain(ran.range),
            "clairvoyant": plain(self.clairvoyant),
            "ratio": plain(self.ratio),
            "guarantee": str(self.guarantee),
            "mechanism": ran.kind,
            "tie": ran.tie,
            "against": self.against,
            "yardstick": plain(self.yardstick),
            "share": plain(self.share),
        }
        return content | ({} if ran.interval is None else {"interval": ran.interval})


def nonclairvoyant(
    env: Environment,
    mechanism: Kind = "general",
    tie: Tie = "sale",
    *,
    against: str = "auto",
    gap: Number | None = None,
    most_states: int = MOST_STATES,
    paths: int = PATHS,
    seed: int = 0,
    effort: Effort = FLOATS,
) -> NonClairvoyant:
    """Run a mechanism that does not know the future on items sold over time (MPTZ Sections 5 and 6).

    mechanism: "general" or "two-period"; tie: whether one buyer buys at a posted price equal to her value
    ("sale") or not ("keep"). against: one of `AGAINST`. Beyond `most_states` balances a period, or
    `MOST_LISTED` profiles of one, `paths` paths are simulated with `seed`.
    Raises `AssumptionViolated` where the environment sells no items, `InvalidInput`, `TooLarge`.
    """
    items = read_items(env, "non-clairvoyant mechanisms")
    check_drawn(paths, seed, least=2)
    if against not in AGAINST:
        raise InvalidInput(f"against: {against!r} is not one of {', '.join(AGAINST)}")
    if against == "auto":
        against = "clairvoyant" if items.buyers == 1 or items.histories <= MOST_HISTORIES else "full-surplus"
        if against == "full-surplus":
            text = f"in place of the clairvoyant optimum over {items.histories:,} histories"
            effort.tell("instead", f"beside the full surplus, {text}", histories=items.histories)
    # refuses what does not fit at once
    best = bank(env, gap=gap, effort=effort) if against == "clairvoyant" else None
    ran = run(items, mechanism, tie, most_states=most_states, paths=paths, seed=seed, effort=effort)
    return NonClairvoyant(ran, best, against)


def by_horizon(
    env: Environment, tie: Tie = "sale", effort: Effort = FLOATS, against: str = "clairvoyant"
) -> list[NonClairvoyant]:
    """The general mechanism on the first items, for up to `HORIZONS` horizons, beside their yardsticks."""
    count = min(HORIZONS, env.periods)
    horizons = sorted({1 + round(k * (env.periods - 1) / max(count - 1, 1)) for k in range(count)})
    answers = []
    for t in horizons:
        effort.tell("horizon", f"{t} of {env.periods} items", periods=t, of=env.periods)
        answers.append(nonclairvoyant(env.with_horizon(t), "general", tie, against=against))
    return answers
