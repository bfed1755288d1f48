"""A non-clairvoyant mechanism beside the optimum of whoever knows the future."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from ....solvers.arithmetic import arithmetic_of
from ....solvers.effort import FLOATS, Effort
from ....solvers.numbers import Number
from ...answers.answer import Answer
from ...answers.plain import plain
from ...environment.environment import Environment
from ..bank import Bank, bank
from ..items import read_items
from .parts import Kind, Tie
from .run import MOST_STATES, PATHS, Run, run

HORIZONS = 12
"""Most horizons of `by_horizon`."""


@dataclass(frozen=True, eq=False, repr=False)
class NonClairvoyant(Answer):
    """The answer of `nonclairvoyant`.

    ran: what the mechanism earns. clairvoyant: the optimum, its `clairvoyant` attained and within `gap`.
    """

    ran: Run
    bank: Bank

    def _facts(self) -> dict[str, object]:
        return {
            "instance": self.ran.items.env.name,
            "mechanism": self.ran.kind,
            "revenue": self.revenue,
            "clairvoyant": self.clairvoyant,
        }

    @property
    def revenue(self) -> Number:
        """What the mechanism earns; see `Run`."""
        return self.ran.revenue

    @property
    def clairvoyant(self) -> Number:
        """The clairvoyant optimum, or what is attained where it is only bounded."""
        return self.bank.clairvoyant

    @property
    def ratio(self) -> Number:
        """Revenue over the clairvoyant optimum; 1 where there is nothing to earn."""
        if not self.clairvoyant:
            return self.clairvoyant + 1
        return self.revenue / self.clairvoyant

    @property
    def guarantee(self) -> Fraction:
        """The part of the clairvoyant optimum that the mechanism always earns."""
        return self.ran.split.guarantee

    @property
    def guaranteed(self) -> bool:
        """Whether the guarantee is kept here, in doubles up to rounding; where the optimum is only bounded,
        against the bound.
        """
        most = self.clairvoyant + (self.bank.gap or 0)
        slack = arithmetic_of(self.revenue).slack(most)
        return bool(self.revenue + (self.ran.interval or 0) + slack >= self.guarantee * most)

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
        }
        return content | ({} if ran.interval is None else {"interval": ran.interval})


def nonclairvoyant(
    env: Environment,
    mechanism: Kind = "general",
    tie: Tie = "sale",
    *,
    gap: Number | None = None,
    most_states: int = MOST_STATES,
    paths: int = PATHS,
    seed: int = 0,
    effort: Effort = FLOATS,
) -> NonClairvoyant:
    """Run a mechanism that does not know the future on items sold over time (MPTZ Sections 5 and 6).

    mechanism: "general" or "two-period"; tie: whether one buyer buys at a posted price equal to her value
    ("sale") or not ("keep"). Beyond `most_states` balances a period `paths` paths are simulated with `seed`.
    Raises `AssumptionViolated` where the environment sells no items, `InvalidInput`, `TooLarge`.
    """
    items = read_items(env, "non-clairvoyant mechanisms")
    best = bank(env, gap=gap, effort=effort)  # refuses what does not fit at once
    ran = run(items, mechanism, tie, most_states=most_states, paths=paths, seed=seed, effort=effort)
    return NonClairvoyant(ran, best)


def by_horizon(env: Environment, tie: Tie = "sale", effort: Effort = FLOATS) -> list[NonClairvoyant]:
    """The general mechanism on the first items, for up to `HORIZONS` horizons, beside their optima."""
    count = min(HORIZONS, env.periods)
    horizons = sorted({1 + round(k * (env.periods - 1) / max(count - 1, 1)) for k in range(count)})
    answers = []
    for t in horizons:
        effort.tell("horizon", f"{t} of {env.periods} items", periods=t, of=env.periods)
        answers.append(nonclairvoyant(env.with_horizon(t), "general", tie))
    return answers
