"""A demand on the rule itself: no lotteries, one action at every public state, whatever is reported there.

Every x_t[n, r, a] is 0 or 1: a rule that draws no lots reaches a history for certain or not at all, also
where actions steer types. Payments are as free as before. Of a mechanism, the violation is the largest
probability that is left to other actions than the likeliest, 1 − max_a q_t(a | m, r), at any public state
that reports and actions of positive probability lead to, and whatever is reported there.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from ....solvers.errors import AssumptionViolated, InvalidInput
from ....solvers.numerals import shown
from ...environment.environment import Environment
from .base import Demand, Demanded


@dataclass(frozen=True, repr=False)
class Deterministic(Demand):
    """No lotteries."""

    @property
    def pure(self) -> bool:
        """They are."""
        return True

    def assume(self, env: Environment) -> None:
        """Raise `AssumptionViolated` where quantities of goods are chosen: they are no lotteries."""
        t = next((t for t, goods in enumerate(env.goods) if goods is not None), None)
        if t is not None:
            raise AssumptionViolated(
                f"demand '{self.name}': period {t} chooses quantities of goods, and draws no lots"
            )


def deterministic(deterministic: Any = False) -> Deterministic | None:
    """The demand that this key of a question makes, None where it is false. Raises `InvalidInput`."""
    if not isinstance(deterministic, bool):
        raise InvalidInput(f"demands, deterministic: {shown(deterministic)} is neither true nor false")
    return Deterministic("deterministic", Demanded.PURE, {"deterministic": True}) if deterministic else None
