"""The best revenue under a row of one's own as a plain program over full histories; see `plain_demands`."""

from __future__ import annotations

from typing import Any

import dynamech as dm
from dynamech.models.environment.environment import Environment

from ..compiler.plain_histories import History, Row
from .plain_demands import PlainDemands


class PlainRows(PlainDemands):
    """With a row whose coefficients are functions of labels, written history by history."""

    def __init__(self, env: Environment, everywhere: bool, row: dm.Row) -> None:
        super().__init__(env, everywhere, {})
        for _, history, s in self.places():
            for i in env.private:
                self.column("p", i, history, s)  # also where no type of hers has a row about it
        limits = tuple(None if bound is None else float(bound) for bound in (row.lower, row.upper))
        self.within(self.terms(row), limits, None)  # type: ignore[arg-type]

    def terms(self, row: dm.Row) -> Row:
        env, terms = self.env, dict[Any, float]()
        given: Any = row

        def reports(t: int, profile: Any) -> dict[str, str]:
            return {agent.name: agent.types[t][k] for agent, k in zip(env.agents, profile, strict=True)}

        def walk(t: int, history: History, said: Any, weight: float) -> None:
            last, action = history[-1] if history else ((), 0)
            for s in self.profiles(t):
                chance = weight * (self.chance(t, last, action, s) if row.expected else 1.0)
                for i in env.private if row.payment is not None else ():
                    paid = given.payment(t, said, reports(t, s), env.agents[i].name)
                    terms["p", i, history, s] = chance * float(paid)
                for a in range(env.num_actions(t)):
                    if row.allocation is not None:
                        x = given.allocation(t, said, reports(t, s), env.actions[t][a])
                        terms["x", history, s, a] = chance * float(x)
                    if t + 1 < env.periods:
                        held = env.actions[t][a] if env.remembers_action(t) else None
                        step = {"reports": reports(t, s), "action": held}
                        walk(t + 1, (*history, (s, a)), (*said, step), chance)

        walk(0, (), (), 1.0)
        for i in env.private if row.utility is not None else ():
            for k, label in enumerate(env.agents[i].types[0]):
                mine = {s: self.chance(0, (), 0, s) for s in self.profiles(0) if s[i] == k}
                total = 1.0 if row.expected else sum(mine.values())
                for s, chance in mine.items():
                    if chance > 0:
                        # Not at every profile, utilities are times the chance of the state already.
                        worth = float(given.utility(env.agents[i].name, label)) / total
                        terms["u", i, (), self.state(i, 0, s)] = worth * (chance if self.everywhere else 1.0)
        return terms
