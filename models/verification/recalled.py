"""A play as an agent knows it from whom the others' past reports are concealed.

She has her own reports, the observed agents' types, and the actions where they steer types
(`Environment.remembers_action`); payments are not shown. A *recollection* I is one course of these. States
are pairs (public state, I): all that she may be in, whatever she reported, while the others tell the truth.
With

    w(s', I') = Σ w(s, I) Pr(x | s, o) q(a | s, o, r, x)   over all that leads there,    w = 1 at the start,

over the others' types x and the actions a, her belief at I is w over its sum: her own true types cancel,
processes being independent across agents. Every figure that she compares is averaged by it (`pool`), and what
she says is one report for all states of I.
"""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from itertools import pairwise

import numpy as np

from ...solvers.arithmetic import arithmetic
from ...solvers.errors import AssumptionViolated, TooLarge
from ...solvers.numbers import Array, Ints
from ...solvers.short import Short
from .agent_view import view
from .public_states import Play, PublicStates, Step, profile_digits


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class RecalledPlay(Play, Short):
    """A play whose public states are an agent's, sorted by recollection.

    knower: the agent. recollection[t] (M,), weight[t] (M,): I, from 0, and w of every state.
    """

    knower: int
    recollection: tuple[Ints, ...]
    weight: tuple[Array, ...]

    def _starts(self, t: int) -> Ints:
        """First state of every recollection, and the end."""
        return np.searchsorted(self.recollection[t], np.arange(self.recollection[t][-1] + 2))

    def whole(self, t: int, rows: Ints) -> tuple[Ints, Ints | slice]:
        """All states of the recollections of these, and where these are among them."""
        starts = self._starts(t)
        wanted = np.zeros(len(starts) - 1, dtype=bool)
        wanted[self.recollection[t][rows]] = True
        every = np.flatnonzero(wanted[self.recollection[t]])
        return every, np.searchsorted(every, rows)

    def pool(self, t: int, rows: Ints, values: Array) -> Array:
        """Figures (n, ...) of all states of some recollections, as they are expected there."""
        _, first, group = np.unique(self.recollection[t][rows], return_index=True, return_inverse=True)
        if len(first) == len(rows):
            return values
        weight = self.weight[t][rows]
        share = weight / np.add.reduceat(weight, first)[group]
        shape = (len(rows), *(1 for _ in values.shape[1:]))
        mean: Array = np.add.reduceat(share.reshape(shape) * values, first, axis=0)
        return mean[group]

    def chunks(self, t: int, entries: int) -> list[Ints]:
        """As of any play, no recollection divided."""
        starts, rows = self._starts(t), [piece[0] for piece in super().chunks(t, entries)]
        ends = np.unique(np.append(starts[np.searchsorted(starts, rows)], self.states[t].size))
        return [np.arange(a, b) for a, b in pairwise(ends.tolist())]

    def visible(self, t: int, step: Step) -> tuple[tuple[int, ...], tuple[int, ...], int | None]:
        """The agents whose reports of period t she saw, what they said, and the action if she saw it."""
        _, profile, action = step
        agents = tuple(sorted((*self.env.observed, self.knower)))
        digits = profile_digits(self.env, t)[list(agents), profile]
        return agents, tuple(digits.tolist()), action if self.env.remembers_action(t) else None


def recalled(play: Play, i: int) -> Play:
    """The play as agent i knows it, made once: itself where she knows no less than the designer.

    Raises `AssumptionViolated` under a joint process, `TooLarge` where there is more than memory holds.
    """
    if not play.env.conceals:
        return play
    if i not in play.recalled:
        play.recalled[i] = _recalled(play, i)
    return play.recalled[i]


def _recalled(play: Play, i: int) -> RecalledPlay:
    env = play.env
    if env.joint:
        raise AssumptionViolated(
            f"environment '{env.name}': past reports are concealed from the others, and under a joint "
            "process what she believes of them depends on all her true types so far"
        )
    base = recollection = np.zeros(1, dtype=np.int64)
    weight: Array = arithmetic(play.exact).ones(1)
    truth = np.ones(1, dtype=bool)
    states: list[PublicStates] = []
    recollections, weights = [recollection], [weight]
    for t in range(env.periods - 1):
        here, after = play.states[t], play.states[t + 1].size
        seen, digits = view(play, i, t), profile_digits(env, t)
        remembers = env.remembers_action(t) and env.goods[t] is None
        branches = env.num_actions(t) if remembers else here.onward.shape[-1]
        profiles = digits.shape[1]
        if 32 * len(base) * profiles * branches > play.room:
            raise TooLarge(
                f"verification: what agent '{env.agents[i].name}' may recall of period {t} needs about "
                f"{32 * len(base) * profiles * branches / 1e6:.4g} MB, above the limit of "
                f"{play.room / 1e6:.4g} MB; shorten the horizon or raise the limit"
            )
        others = arithmetic(play.exact).zeros((len(here.last), profiles))
        others[:, seen.order] = np.broadcast_to(seen.others[:, :, :, 0], (len(others), *seen.order.shape))
        chance = (weight[:, None] * others[here.news[base]])[:, :, None]
        target = np.broadcast_to(here.onward[base], (len(base), profiles, branches))
        live = (target >= 0) & np.asarray(chance > 0, dtype=bool)
        if branches > 1:
            lottery = play.allocation(t)[here.memory[base]]
            live = live & np.asarray(lottery > play.tolerances.probability, dtype=bool)
            chance = chance * lottery
        # What she sees of a period, then what she recalls, then the state: one number.
        known = np.zeros(profiles, dtype=np.int64)
        for j in (*env.observed, i):
            known = known * env.types(t)[j] + digits[j]
        acts = branches if remembers else 1
        action = np.arange(branches) if remembers else np.zeros(branches, dtype=np.int64)
        width = (int(known.max()) + 1) * acts
        code = recollection[:, None, None] * width + known[:, None] * acts + action
        reached, inverse = np.unique((code * after + target)[live], return_inverse=True)
        follow = np.full(target.shape, -1, dtype=np.int64)
        follow[live] = inverse
        sure = (truth[:, None] & here.probable[here.news[base]])[:, :, None] & live
        states.append(
            replace(here, memory=here.memory[base], news=here.news[base], truth=truth, follow=follow)
        )
        weight = arithmetic(play.exact).zeros(len(reached))
        np.add.at(weight, inverse, chance[live])
        truth = np.zeros(len(reached), dtype=bool)
        truth[follow[sure]] = True
        base = reached % after
        recollection = np.unique(reached // after, return_inverse=True)[1].reshape(-1)
        recollections.append(recollection)
        weights.append(weight)
    last = play.states[-1]
    states.append(replace(last, memory=last.memory[base], news=last.news[base], truth=truth))
    kept = {part.name: getattr(play, part.name) for part in fields(Play)}
    kept |= {"states": tuple(states), "limits": {}, "truth": {}, "recalled": {}}
    return RecalledPlay(**kept, knower=i, recollection=tuple(recollections), weight=tuple(weights))
