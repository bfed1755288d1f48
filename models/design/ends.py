"""Which statuses a question can have, before it is solved; an engine that says another is contradicted."""

from __future__ import annotations

from dataclasses import dataclass

from ..environment.environment import Environment
from ..notions.demands import Demands
from ..notions.lump_sums import LumpSum, LumpSums
from ..notions.objective import Objective
from ..notions.participation import Participation


@dataclass(frozen=True)
class Ends:
    """ray: the lump sum that improves the question for ever, None where none does. ended: whether it is known
    that nothing else does. feasible: whether it is known that something keeps all that is asked."""

    ray: LumpSum | None
    ended: bool
    feasible: bool

    def contradiction(self, status: str) -> str:
        """Why the question cannot have this status; empty where it can."""
        if status == "unbounded" and self.ended:
            return "no value exceeds the first best, which is finite"
        if status == "infeasible" and self.feasible:
            return "a constant allocation with constant payments is feasible"
        return ""


def ends_of(env: Environment, participation: Participation, demands: Demands, objective: Objective) -> Ends:
    """Of a question; demands of which it is not known what lump sums they allow leave everything open."""
    allowed: LumpSums | None = LumpSums.of(
        [env.agents[i].name for i in env.private], not participation.nothing
    )
    for demand in demands:
        allowed = allowed and demand.lump_sums(allowed)
    if allowed is None:
        return Ends(None, False, False)
    ray = allowed.without_end(objective)
    return Ends(ray, ray is None, allowed.always)
