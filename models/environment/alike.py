"""Agents who are alike: where the two change places, the environment is as it was.

Agents i and j are alike where exchanging them, with a permutation σ_t of the actions of each period, changes
nothing. With s' the profile s whose types of i and j are exchanged, and k' the agent in agent k's place,

    v^{k'}_t(σ_t a, s') = v^k_t(a, s),   c_t(σ_t a) = c_t(a),   Pr(s'_{t+1} | σ_t a, s') = Pr(s_{t+1} | a, s),

and likewise the prior, what is feasible, what types may report and what they have outside. Types correspond
in the order in which they are listed, whatever they are called. So do actions that are copies of each other;
any other action has one image. An observed agent may go with each of the two, as the shock or the stock of
each does: then these two change places as well. Doubles may be off by their rounding.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import TypeVar

import numpy as np

from ...solvers.arithmetic import DOUBLE, ROUNDED
from ...solvers.errors import AssumptionViolated
from ...solvers.numbers import Array, Ints, distinct, is_exact, show
from ...solvers.short import Short
from .contents import Contents
from .reshape import reorder

E = TypeVar("E", bound=Contents)


@dataclass(frozen=True, eq=False, repr=False)
class Swap(Short):
    """Two agents change places. pair: who. agents (N,): who is in whose place. actions[t] (A,): the action in
    place of each, in every period described.
    """

    pair: tuple[int, int]
    agents: Ints
    actions: tuple[Ints, ...]

    def action(self, t: int) -> Ints:
        """(A,), of any period: where periods never end, the last one described comes again."""
        return self.actions[min(t, len(self.actions) - 1)]

    def profiles(self, sizes: tuple[int, ...]) -> Ints:
        """(S,): the profile in place of each, of so many types of every agent, agent 0 slowest."""
        digits = np.indices(sizes).reshape(len(sizes), -1)
        image: Ints = np.ravel_multi_index(tuple(digits[self.agents]), sizes)
        return image

    def words(self, env: Contents) -> str:
        """Who and what change places, periods that are alike told once.

        >>> from .environment import Agent, Environment
        >>> worth = {"a": [[0], [1], [0]], "b": [[0], [0], [1]]}
        >>> agents = [Agent(name, types=[1], prior=[1], values=[worth[name]]) for name in worth]
        >>> env = Environment(name="one item", horizon=1, actions=["keep", "to a", "to b"], agents=agents)
        >>> swap_of(env, 0, 1).words(env)
        "'a' ↔ 'b' with 'to a' ↔ 'to b'"
        """
        who = _exchanged([agent.name for agent in env.agents], self.agents)
        done = [_exchanged(labels, image) for labels, image in zip(env.actions, self.actions, strict=True)]
        if len(set(done)) == 1:
            return f"{who}{f' with {done[0]}' if done[0] else ''}"
        return f"{who} with {'; '.join(f'{text} in period {t}' for t, text in enumerate(done) if text)}"


@dataclass(frozen=True, eq=False, repr=False)
class _Table(Short):
    """A table of an environment: over actions (one entry for all of them, or each), then types.

    who: whose it is, None for nobody's. axes: of the others, the agent and the period whose types they are.
    chances: whether 0 is more than a small number.
    """

    what: str
    t: int
    who: int | None
    entries: Array
    axes: tuple[tuple[int, int], ...] = ()
    chances: bool = False


def swap_of(env: Contents, i: int, j: int) -> Swap:
    """The exchange of agents i and j. Raises `AssumptionViolated`, naming the place and the numbers, where
    they are not alike."""
    first = None
    for agents in _exchanges(env, i, j):
        actions = _actions(env, agents)
        if not isinstance(actions, str):
            return Swap((i, j), agents, actions)
        first = first or actions
    raise AssumptionViolated(
        f"agents '{env.agents[i].name}' and '{env.agents[j].name}' are not alike: {first}"
    )


def _exchanged(labels: Sequence[str], image: Ints) -> str:
    """What changes places with what."""
    moved = [(k, m) for k, m in enumerate(image.tolist()) if k < m or image[m] != k]
    return ", ".join(f"'{labels[k]}' {'↔' if image[m] == k else '→'} '{labels[m]}'" for k, m in moved)


def _exchanges(env: Contents, i: int, j: int) -> Iterator[Ints]:
    """Who may be in whose place (N,): those two, with observed agents given to each; or any two observed."""
    two = np.arange(env.num_agents)
    two[[i, j]] = j, i
    with_given = two.copy()
    for one, other in zip(env.agents[i].given, env.agents[j].given, strict=False):
        g, h = env.agent_index(one), env.agent_index(other)
        with_given[[g, h]] = h, g
    yield with_given
    for g, h in combinations(env.observed, 2):
        with_two = two.copy()
        with_two[[g, h]] = h, g
        yield with_two


def _actions(env: E, agents: Ints) -> tuple[Ints, ...] | str:
    """Images of the actions, by period, under an exchange of agents; or where it makes a difference."""
    for t in range(env.periods):
        sizes = np.array(env.types(t))
        for k in np.flatnonzero(sizes[agents] != sizes)[:1]:
            one, other = (env.agents[int(who)].name for who in (k, agents[k]))
            return f"period {t}: '{one}' has {sizes[k]} types and '{other}' {sizes[agents[k]]}"
    swapped = reorder(env, agents=[env.agents[int(k)].name for k in agents])
    images: list[Ints] = []
    for t in range(env.periods):
        pairs: list[_Pair] = []
        for here, there in zip(_tables(env, t), _tables(swapped, t), strict=True):
            if here.axes != there.axes:
                return f"period {t}: the {here.what} of one do not depend on the same as those of the other"
            pairs.append(_Pair.of(env, agents, here, there))
        image = _image(env, t, pairs)
        if isinstance(image, str):
            return image
        images.append(image)
    return tuple(images)


def _tables(env: Contents, t: int) -> Iterator[_Table]:
    """All of period t and of the move to the next, but for quadratic costs."""
    now, after = (tuple((k, u) for k in range(env.num_agents)) for u in (t, env.after(t)))
    shown, goods, feasible = tuple(now[k] for k in env.observed), env.goods[t], env.feasible[t]
    yield _Table("costs", t, None, env.costs[t])
    if goods is not None:
        most = np.array([math.inf if bound is None else bound for bound in goods.upper], dtype=object)
        yield _Table("upper bound", t, None, most)
    open_ = np.ones((1,) * (1 + len(shown)), dtype=bool) if feasible is None else feasible
    yield _Table("feasible", t, None, open_.astype(np.int64), shown)
    for k, agent in enumerate(env.agents):
        yield _Table("values", t, k, agent.values[t], now)
        nothing = np.zeros((1,) * (1 + len(now)), dtype=np.int64)
        yield _Table("outside", t, k, agent.outside[t] if agent.outside else nothing, now)
        may = agent.reports[t] if agent.reports else None
        told = np.ones((1, 1), dtype=bool) if may is None else may
        yield _Table("may report", t, k, told[None].astype(np.int64), (now[k], now[k]))
        if t == 0 and agent.prior is not None:
            yield _Table("prior", t, k, agent.prior[None], (now[k],), chances=True)
        for kernel in agent.kernels[t : t + 1]:
            order = np.argsort(kernel.given)
            places = 1 + np.arange(len(order))
            entries = np.moveaxis(kernel.table, 1 + order, places)
            axes = (*(after[kernel.given[g]] for g in order), now[k])
            drawn = () if kernel.deterministic else (after[k],)
            yield _Table("moves", t, k, entries, axes + drawn, chances=not kernel.deterministic)
    if env.process is not None:
        if t == 0:
            yield _Table("process, prior", t, None, env.process.prior[None], now, chances=True)
        for table in env.process.transitions[t : t + 1]:
            yield _Table("process, moves", t, None, table, now + after, chances=True)


@dataclass(frozen=True, eq=False, repr=False)
class _Pair(Short):
    """A table and the one in its place after an exchange, (2, A or 1, ...), and codes that are the same where
    their entries are."""

    env: Contents
    agents: Ints
    table: _Table
    both: Array
    codes: Ints

    @classmethod
    def of(cls, env: Contents, agents: Ints, here: _Table, there: _Table) -> _Pair:
        """Compare the two."""
        both = np.stack(np.broadcast_arrays(here.entries, there.entries))
        if is_exact(both):
            few, place = distinct(both)
            entries = told = np.array(few, dtype=object)
        else:
            entries, place = both.reshape(-1), np.arange(both.size).reshape(both.shape)
            told = DOUBLE.rounded(entries, entries, ROUNDED)
        codes = np.unique(told, return_inverse=True)[1].reshape(-1)
        codes = 2 * codes + (entries != 0) if here.chances else codes
        return cls(env, agents, here, both, codes[place])

    def difference(self, a: int, b: int) -> str:
        """Where an entry of action a differs from that of action b in its place."""
        at = tuple(int(k) for k in np.argwhere(self.codes[0, a] != self.codes[1, b])[0])
        parts = []
        for swapped, action in ((False, a), (True, b)):
            done = [f"action '{self.env.actions[self.table.t][action]}'"] if self.codes.shape[1] > 1 else []
            types = [
                self._type(k, t, digit, swapped)
                for (k, t), digit, size in zip(self.table.axes, at, self.both.shape[2:], strict=True)
                if size > 1
            ]
            number = show(self.both[(int(swapped), action, *at)])
            parts.append(f"{', '.join([self._of(swapped), *done, *types])}: {number}")
        return "; ".join(parts)

    def _of(self, swapped: bool) -> str:
        who = "" if self.table.who is None else f" of agent '{self._name(self.table.who, swapped)}'"
        return f"{self.table.what}{who}, period {self.table.t}"

    def _name(self, k: int, swapped: bool) -> str:
        return self.env.agents[int(self.agents[k]) if swapped else k].name

    def _type(self, k: int, t: int, digit: int, swapped: bool) -> str:
        agent = self.env.agents[int(self.agents[k]) if swapped else k]
        return f"{agent.name} '{agent.types[t][digit]}'"


def _image(env: Contents, t: int, pairs: Sequence[_Pair]) -> Ints | str:
    """(A,): the action in place of each in period t, or what differs."""
    count = env.num_actions(t)
    by_action = [pair for pair in pairs if pair.codes.shape[1] > 1]
    for pair in pairs:
        if pair not in by_action and (pair.codes[0] != pair.codes[1]).any():
            return pair.difference(0, 0)
    rows = np.concatenate(
        [np.zeros((2, count, 1)), *(np.reshape(pair.codes, (2, count, -1)) for pair in by_action)], axis=2
    )
    kind = np.unique(rows.reshape(2 * count, -1), axis=0, return_inverse=True)[1].reshape(2, count)
    missing = np.bincount(kind[0], minlength=2 * count) - np.bincount(kind[1], minlength=2 * count)
    if missing.any():
        # Of actions without a counterpart the first, beside what is most like it of those left over.
        a, left = int(np.flatnonzero(missing[kind[0]] > 0)[0]), np.flatnonzero(missing[kind[1]] < 0)
        b = int(left[(rows[0, a] != rows[1, left]).sum(axis=-1).argmin()])
        return next(
            pair.difference(a, b)
            for pair in by_action
            if (pair.codes[0, a] != pair.codes[1, b]).any()
        )
    if goods := env.goods[t]:
        ordered = _extended([], kind, goods.quadratic)
        if ordered is None:
            return f"quadratic costs, period {t}: no order of the goods leaves them as they are"
        return np.array(ordered)
    order = np.argsort(kind, axis=1, kind="stable")
    image = np.empty(count, dtype=np.int64)
    image[order[0]] = order[1]
    return image


def _extended(image: list[int], kind: Ints, quadratic: Array) -> list[int] | None:
    """Images of all goods, of which these are the first, of the same kind and with the same quadratic costs;
    the first such list, None where there is none."""
    g = len(image)
    if g == len(quadratic):
        return image
    for h in np.flatnonzero(kind[1] == kind[0, g]).tolist():
        longer = [*image, h]
        same = h not in image and (quadratic[h, longer] == quadratic[g, : g + 1]).all()
        if same and (whole := _extended(longer, kind, quadratic)):
            return whole
    return None
