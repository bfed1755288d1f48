"""Rule (C): other payments for the virtual plan, that keep promises (A) and tempt fewer types.

Rule (A) charges a type of first signal k by her weight α(k), which is higher than her plan needs, and so
gives her neighbours above what they want. Rule (C) charges by the least weights that leave the plan as it is
(`steady_weights.py`), found from the others' reports of period 1:

- while everybody's first signal stays as reported (and her state is possible), the virtual plan is followed,
  and each pays the pivot payment at her charge;
- whoever re-reports gets the best plan at her charge and pays its pivot payment; the others get nothing from
  then on, whatever they say, as no payments could make one plan best for two of them. What they are not given
  they dispose of freely: the action is the one that does the same for her and nothing for anybody else, where
  there is one. Her plan goes on as if they had been served and had told the truth: their states are drawn by
  the mechanism in place of being reported (that is, what follows is a lottery over them);
- where several re-report at once nobody gets anything any more.

Sufficient for truth in period 0: Φ has no breakpoint strictly between k's and k⁺'s weights at k's charge.

Memory. Period 1: the first reports m. Then while nobody has re-reported (m, y1) with the states y1 of period
1, and from period 3 on the last states too (they tell which of the next ones are possible); one for all that
is over; and who has re-reported, with m, her charge and the law of the others' states. Over an infinite
horizon one stage has all of these, with the last states from period 2 on; laws must come back after finitely
many steps, as those of arms do that are learnt once.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from ...solvers.arithmetic import arithmetic
from ...solvers.errors import TooLarge
from ...solvers.numbers import Array, Bools, Ints, Number
from ...solvers.short import Short
from ..mechanism.mechanism import Stage
from .rule import Rule, entry_payments, first_stage, lower_sums, played, types_of
from .setting import Setting
from .steady_payments import Beside, Steady
from .steady_weights import others_index

LAWS = 1_000
"""Memories of who has re-reported up to which laws that come back are waited for."""
Part = tuple[Array, Array, Ints]
"""Of one memory, by first signals said again X: allocation (X, S, A), payments (N, X, S), next (X, S, A)."""


def rule_c(setting: Setting) -> Rule:
    """The virtual plan with payments (C)."""
    periods = setting.environment.periods
    promises = lower_sums(setting)
    steady = Steady(setting)
    agents = range(len(setting.levels))
    if periods == 1:
        entry = entry_payments(setting, promises, {})
        return Rule(setting, "C", promises, entry, played(setting, [first_stage(setting, entry)]))
    stages = _Stages(steady)
    for t in range(1, periods):
        stages.refuse_large(t)
    paid = stages.paid = [[steady.on_path(p, i) for i in agents] for p in setting.profiles]
    later = {p: [steady.expected(p, i, paid[m][i]) for i in agents] for m, p in enumerate(setting.profiles)}
    entry = entry_payments(setting, promises, later)
    stages.beside = [[steady.beside(p, j) for j in agents] for p in setting.profiles]
    later_stages = [stages.stage(t) for t in range(1, periods)]
    return Rule(setting, "C", promises, entry, played(setting, [first_stage(setting, entry), *later_stages]))


Memory = tuple[int, int, int | None, int]
"""While nobody has re-reported: the period before, m, y1 (None in period 1) and the last states."""
Flag = tuple[int, int, int, tuple[Number, ...]]
"""Who has re-reported, m, her charge, and the law of the others' states (what doubles say of it)."""


@dataclass(eq=False, repr=False)
class _Stages(Short):
    """Stages one after the other; `flags` are the memories of who has re-reported that a stage leads to, with
    their laws."""

    steady: Steady
    paid: list[list[list[Array]]] = field(default_factory=list)
    beside: list[list[Beside]] = field(default_factory=list)
    flags: dict[Flag, tuple[int, Array]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.setting: Setting = self.steady.setting
        self.env = self.setting.environment
        self.again = np.array(self.setting.profiles, dtype=np.int64).T  # (N, X)
        self.states = [int(np.prod(sizes)) for sizes in self.setting.affine.sizes]
        self.digits = [
            np.array(np.unravel_index(np.arange(count), sizes))
            for count, sizes in zip(self.states, self.setting.affine.sizes, strict=True)
        ]

    def stage(self, t: int) -> Stage:
        """Period t ≥ 1, to be asked for in order; where it comes again for ever, of all periods from 1 on."""
        endless = self.env.stationary
        here, self.flags = list(self.flags.items()), {}
        self.refuse_large(t, len(here))
        profiles, states = range(len(self.setting.profiles)), range(self.states[1])
        memories: list[Memory] = [(0, m, None, 0) for m in profiles if t == 1]
        if t > 1 or endless:
            before = t if endless else t - 1
            for m in profiles:
                for y1 in states:
                    kept = range(self.states[before]) if self._keeps(t) else (y1,)
                    memories += [(before, m, y1, last) for last in kept]
        parts = [self._together(t, *memory) for memory in memories]
        if t > 1 or endless:
            parts.append(self._over(t))
            parts += [self._beside(t, flag, law) for flag, (_, law) in here]
        told = 0
        while endless and told < len(self.flags):  # they lead to others in the same stage
            if len(self.flags) > LAWS:
                raise TooLarge(
                    "virtual pivot, rule C: the law of the others' states after somebody re-reports does not "
                    f"come back within {LAWS:,} memory states; give a horizon"
                )
            self.refuse_large(t, len(self.flags))
            flag, (_, law) = list(self.flags.items())[told]
            parts.append(self._beside(t, flag, law))
            told += 1
        count = len(parts)
        front = (count, *self.env.types(0), *self.setting.affine.sizes[t])
        allocation, paid, after = (np.stack([part[k] for part in parts], axis=k == 1) for k in range(3))
        actions = [
            types_of(self.setting, t, allocation[..., a].reshape(front), 1)
            for a in range(allocation.shape[-1])
        ]
        following = None
        if not self._last(t):
            nexts = [types_of(self.setting, t, after[..., a].reshape(front), 1) for a in range(len(actions))]
            following = np.stack(nexts, axis=-1)
        transfers = types_of(self.setting, t, paid.reshape(-1, *front), 2)
        return Stage(np.stack(actions, axis=-1), transfers, following)

    def refuse_large(self, t: int, more: int = 0) -> None:
        """Raise `TooLarge` where a stage with so many memories beside those of the path does not fit."""
        entries = self.again.shape[1] * self.states[t] * self.env.num_actions(t)
        self.setting.refuse_large(2 * (self._ended(t) + 1 + more) * entries, f"period {t} of rule C")

    def _last(self, t: int) -> bool:
        return t not in self.env.steps

    def _keeps(self, t: int) -> bool:
        """Whether memories of the path keep the last states beside those of period 1: not in period 2 alone,
        where they are the same."""
        return t > 2 or self.env.stationary

    def _starts(self, t: int) -> int:
        """The first memory of the path in a stage: after those of period 1, where they are in it."""
        return len(self.setting.profiles) if t == 1 else 0

    def _width(self, t: int) -> int:
        before = t if self.env.stationary else t - 1
        return self.states[before] if self._keeps(t) else 1

    def _ended(self, t: int) -> int:
        """The memory in which nobody gets anything any more: after those of the path."""
        return self._starts(t) + len(self.setting.profiles) * self.states[1] * self._width(t)

    def _flagged(self, t: int, j: int, m: int, row: int, law: Array) -> int:
        """The memory of agent j having re-reported; at the end there is none."""
        key = (j, m, row, tuple(arithmetic(self.env.exact).rounded(law, 1).tolist()))
        return self._ended(t) + 1 + self.flags.setdefault(key, (len(self.flags), law))[0]

    def _over(self, t: int) -> Part:
        shape = (self.again.shape[1], self.states[t])
        env = self.env
        zeros = arithmetic(env.exact).zeros
        allocation = zeros((*shape, env.num_actions(t)))
        allocation[..., self.steady.nothing[t]] += 1
        over = 0 if self._last(t) else self._ended(env.after(t))
        after = np.full(allocation.shape, over, dtype=np.int64)
        return allocation, zeros((env.num_agents, *shape)), after

    def _together(self, t: int, before: int, m: int, y1: int | None, last: int) -> Part:
        """Nobody has re-reported; y1 is None in period 1, where it is what is reported now."""
        allocation, paid, after = self._over(t)
        profile = self.setting.profiles[m]
        said = self.again != np.array(profile)[:, None]
        astray = said[:, :, None] | ~self._possible(before, m, last, t)[:, None]
        first = np.arange(self.states[t]) if y1 is None else np.full(self.states[t], y1)
        count = astray.sum(axis=0)
        x, s = np.nonzero(count == 0)
        allocation[x, s] = 0 * allocation[x, s]
        allocation[x, s, self.setting.courses[profile].policy[t][s]] += 1
        if not self._last(t):
            there = self.env.after(t)
            on = (m * self.states[1] + first[s]) * self._width(there) + (s if self._keeps(there) else 0)
            after[x, s] = self._starts(there) + on[:, None]
        for j in range(len(profile)):
            paid[j, x, s] = self.paid[m][j][t][self.steady.rows[j][first[s]], s]
            self._strays(t, m, j, first, (count == 1) & astray[j], (allocation, paid, after))
        return allocation, paid, after

    def _strays(self, t: int, m: int, j: int, first: Ints, where: Bools, part: Part) -> None:
        """Agent j alone re-reports at (x, s) `where`."""
        allocation, paid, after = part
        offered = self.beside[m][j]
        x, s = np.nonzero(where)
        rows = self.steady.rows[j][first[s]]
        own = self.again[j][x]
        wanted = offered.actions[t][rows, own, s]
        allocation[x, s] = 0 * allocation[x, s]
        allocation[x, s, self.steady.alone[t][j][wanted]] += 1
        paid[j, x, s] = offered.paid[t][rows, own, s]
        if self._last(t):
            return
        others = others_index(self.setting.affine.sizes[t], j)
        for at in set(zip(rows.tolist(), others[s].tolist(), wanted.tolist(), strict=True)):
            row, rest, action = at
            if not offered.priced[row]:
                continue
            known = (rows == row) & (others[s] == rest) & (wanted == action)
            law = self._moves(t, j, action)[rest]
            after[x[known], s[known]] = self._flagged(self.env.after(t), j, m, row, law)

    def _beside(self, t: int, flag: Flag, chance: Array) -> Part:
        """Agent j has re-reported: a lottery over the others' states, whatever they report."""
        j, m, row, _ = flag
        allocation, paid, after = self._over(t)
        offered, others = self.beside[m][j], others_index(self.setting.affine.sizes[t], j)
        own = self.digits[t][j]
        for k in range(len(self.setting.levels[j].level)):
            for y in range(self.setting.affine.sizes[t][j]):
                states = np.flatnonzero(own == y)
                states = states[np.argsort(others[states])]  # by the others' states, in their order
                wanted = offered.actions[t][row, k, states]
                done = self.steady.alone[t][j][wanted]
                lottery = 0 * allocation[0, 0]
                np.add.at(lottery, done, chance)
                at = np.ix_(self.again[j] == k, own == y)
                allocation[at] = lottery
                paid[j][at] = chance @ offered.paid[t][row, k, states]
                if self._last(t):
                    continue
                for action in sorted({int(a) for a, p in zip(done, chance, strict=True) if p > 0}):
                    moved = sum(
                        p * self._moves(t, j, int(wanted[z]))[z]
                        for z, p in enumerate(chance)
                        if p > 0 and done[z] == action
                    )
                    kept = self._flagged(self.env.after(t), j, m, row, moved / lottery[action])
                    after[(*at, action)] = kept
        return allocation, paid, after

    def _moves(self, t: int, j: int, action: int) -> Array:
        """``Pr(others' next states | their states)`` under an action: (S of the others, S' of the others)."""
        moves = arithmetic(self.setting.environment.exact).ones((1, 1))
        for i, pair in enumerate(self.setting.pairs):
            if i != j:
                table = pair.moves[t]
                moves = np.kron(moves, table[action if len(table) > 1 else 0])
        return moves

    def _possible(self, before: int, m: int, last: int, t: int) -> Bools:
        """(N, S) whether each agent's state in period t may follow hers in the last profile of states, of the
        period before, under the plan."""
        action = int(self.setting.courses[self.setting.profiles[m]].policy[before][last])
        rows = []
        for i, pair in enumerate(self.setting.pairs):
            table = pair.moves[before]
            chance = table[action if len(table) > 1 else 0, self.digits[before][i, last]]
            rows.append(chance[self.digits[t][i]] > 0)
        return np.array(rows, dtype=bool)
