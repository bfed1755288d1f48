"""Two periods, past reports concealed: the program with a row for every pure reporting strategy, in doubles.

The designer sees everything: x0[r0, a0] and x1[r0, a0, r1, a1] are the mechanism's own probabilities of
plays, z[i, r0, a0, r1] what agent i pays in the end, weighted alike. An agent's strategy is a report by her
first type, and one by her two types and what she `knows` of period 0: her own report and the action, with
`public` the others' reports, too. Nothing is recursive, and nothing is pooled: what she does not see, her
strategy cannot use. Rows stand for the initial types; with those, what she says later on the path of truth is
optimal, too.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from typing import Any

import numpy as np
from scipy.optimize import linprog

from dynamech.models.environment.environment import Environment

Profile = tuple[int, ...]


class Plain:
    """Columns, numbered as they are met, chances and values of one environment without observed agents."""

    def __init__(self, env: Environment, public: bool) -> None:
        self.env, self.public, self.number = env, public, dict[Any, int]()
        self.first, self.second = (
            list(itertools.product(*(range(k) for k in env.types(t)))) for t in range(2)
        )
        self.remembers = env.remembers_action(0)

    def column(self, *what: Any) -> int:
        return self.number.setdefault(what, len(self.number))

    def chance(self, j: int, before: int | None, action: int, now: int) -> float:
        agent = self.env.agents[j]
        if before is None:
            assert agent.prior is not None
            return float(agent.prior[now])
        kernel = agent.kernels[0]
        return float(kernel.table[action if kernel.controlled else 0, before, now])

    def worth(self, t: int, i: int, action: int, profile: Profile) -> float:
        table = self.env.agents[i].values[t]
        at = tuple(k if n > 1 else 0 for k, n in zip(profile, table.shape[1:], strict=True))
        return float(table[(action, *at)])

    def memory(self, reports: Profile, action: int) -> Any:
        """What the lotteries of period 1 depend on."""
        return (reports, action if self.remembers else 0)

    def knows(self, i: int, reports: Profile, action: int) -> Any:
        seen, done = self.memory(reports, action)
        return (seen if self.public else seen[i], done)

    def utility(self, i: int, own: int, report: int, later: dict[Any, int], row: dict[int, float]) -> None:
        """What agent i expects whose first type is `own`, by column: she reports `report`, then `later`."""
        rate = float(self.env.discount)
        for s in self.first:
            if s[i] != own:
                continue
            weight = float(np.prod([self.chance(j, None, 0, k) for j, k in enumerate(s) if j != i]))
            said = (*s[:i], report, *s[i + 1 :])
            for a in range(self.env.num_actions(0)):
                self.add(row, self.column("x0", said, a), weight * self.worth(0, i, a, s))
                if not self.remembers and a > 0:
                    continue
                for s1 in self.second:
                    moves = [self.chance(j, s[j], a, k) for j, k in enumerate(s1)]
                    here = weight * float(np.prod(moves)) * rate
                    if here == 0:
                        continue
                    told = later[self.knows(i, said, a), own, s1[i]]
                    said1 = (*s1[:i], told, *s1[i + 1 :])
                    self.add(row, self.column("z", i, self.memory(said, a), said1), -here)
                    for a1 in range(self.env.num_actions(1)):
                        play = self.column("x1", self.memory(said, a), said1, a1)
                        self.add(row, play, here * self.worth(1, i, a1, s1))

    @staticmethod
    def add(row: dict[int, float], column: int, value: float) -> None:
        row[column] = row.get(column, 0.0) + value

    def strategies(self, i: int, own: int) -> Iterator[tuple[int, dict[Any, int]]]:
        """Of the first type `own`: a report, and one for all that she may then know and each second type."""
        types = self.env.types(1)[i]
        acts = range(self.env.num_actions(0) if self.remembers else 1)
        for report in range(self.env.types(0)[i]):
            known = {
                (self.knows(i, (*s[:i], report, *s[i + 1 :]), a), own, k)
                for s in self.first
                for a in acts
                for k in range(types)
            }
            for said in itertools.product(range(types), repeat=len(known)):
                yield report, dict(zip(sorted(known), said, strict=True))

    def value(self) -> float:
        """The largest revenue, participation interim."""
        env, rate = self.env, float(self.env.discount)
        goal: dict[int, float] = {}
        equal: list[tuple[dict[int, float], float]] = []
        at_least: list[dict[int, float]] = []
        acts = range(env.num_actions(0) if self.remembers else 1)
        for s in self.first:
            chance = float(np.prod([self.chance(j, None, 0, k) for j, k in enumerate(s)]))
            plays = [self.column("x0", s, a) for a in range(env.num_actions(0))]
            equal.append((dict.fromkeys(plays, 1.0), 1.0))
            for a, play in enumerate(plays):
                self.add(goal, play, -chance * float(env.costs[0][a]))
            for a, s1 in itertools.product(acts, self.second):
                moves = [self.chance(j, s[j], a, k) for j, k in enumerate(s1)]
                here = chance * float(np.prod(moves)) * rate
                after = [self.column("x1", self.memory(s, a), s1, a1) for a1 in range(env.num_actions(1))]
                weight = {plays[a]: -1.0} if self.remembers else {}
                equal.append((dict.fromkeys(after, 1.0) | weight, 0.0 if self.remembers else 1.0))
                for a1, play in enumerate(after):
                    self.add(goal, play, -here * float(env.costs[1][a1]))
                for i in env.private:
                    self.add(goal, self.column("z", i, self.memory(s, a), s1), here)
        for i in env.private:
            for own in range(env.types(0)[i]):
                truth: dict[int, float] = {}
                seen = {(self.knows(i, s, a), own, k): k for s in self.first for a in acts for k in range(9)}
                self.utility(i, own, own, seen, truth)
                if self.chance(i, None, 0, own) == 0:
                    continue
                at_least += self.promises(i, own, seen, truth)
                for report, later in self.strategies(i, own):
                    row = dict(truth)
                    lie: dict[int, float] = {}
                    self.utility(i, own, report, later, lie)
                    for column, value in lie.items():
                        self.add(row, column, -value)
                    at_least.append(row)
        return self.solved(goal, equal, at_least)

    def promises(
        self, i: int, own: int, seen: dict[Any, int], truth: dict[int, float]
    ) -> list[dict[int, float]]:
        """What is at least 0 for the sake of participation."""
        return [truth]

    def solved(
        self,
        goal: dict[int, float],
        equal: list[tuple[dict[int, float], float]],
        rows: list[dict[int, float]],
    ) -> float:
        size = len(self.number)

        def dense(entries: list[dict[int, float]]) -> np.ndarray[Any, Any]:
            table = np.zeros((len(entries), size))
            for k, row in enumerate(entries):
                table[k, list(row)] = list(row.values())
            return table

        bounds = [(None, None) if what[0] == "z" else (0, None) for what in self.number]
        answer = linprog(
            -dense([goal])[0],
            A_ub=-dense(rows),
            b_ub=np.zeros(len(rows)),
            A_eq=dense([row for row, _ in equal]),
            b_eq=[right for _, right in equal],
            bounds=bounds,
        )
        assert answer.fun is not None, answer.message
        return -float(answer.fun)
