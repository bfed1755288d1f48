"""Lies to the nearest types first, and further ones once they pay: rows that need never all be written.

In one period what type k earns by report r is linear in what r brings about,

    earned(k, r) = v_k · x_r + rest_r,

where x_r are the plays that r may lead to, v_k the values of the type there times beliefs, and rest_r what is
paid, or u_r − v_r · x_r where payments are replaced by utilities. So types are points in a space of values,
and of two lies the one to the nearer type mostly pays first (in one dimension it always does: see
`single_crossing`). A program begins with the lies to and from the nearest types. Whether another lie pays at
its optimum is told by one product of matrices, types by plays and plays by reports, block by block.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from scipy.spatial import cKDTree

from ...solvers.arithmetic import arithmetic_of
from ...solvers.numbers import Array, Floats, Ints, to_float
from ...solvers.short import Short
from ..environment.environment import Environment
from ..histories.ragged import group_sums, starts_of, within
from ..histories.views import View
from ..notions.incentives import Information
from .layout import Layout
from .plan import Key, Pairs, Plan
from .single_crossing import worths

BLOCK = 2_000_000
"""Entries of a block of what lies earn: 16 MB in doubles."""
UNIT = 2.0**-52
"""What an operation in doubles is off by at most, as a share."""


def first_lies(env: Environment, plan: Plan, views: Mapping[int, View]) -> Mapping[Key, Pairs]:
    """The lies to begin with, of every agent whose rows are not local: to the nearest types and from them.

    views: of period 0, by agent. Raises `InvalidInput` where values are beyond what doubles hold.
    """
    others = {i: view for i, view in views.items() if (0, i) not in plan.crossings}
    return {(0, i): _listed(view, *_near(env, plan, view)) for i, view in others.items()}


def _near(env: Environment, plan: Plan, view: View) -> tuple[Ints, Ints]:
    """(types, types that may be reported) next to each other.

    Each type has two neighbours for every dimension of the values, and two more: as many as an interior point
    of a triangular lattice, two on a line beside the next two. Types worth the same are one point, of which
    the first that may be reported is a neighbour.
    """
    i, everyone = view.agent, plan.incentives.information is Information.PROFILE
    seen = tuple(j for j in range(env.num_agents) if j != i and (everyone or j in env.observed))
    table = np.moveaxis(to_float(worths(env, 0, i, seen)[0]), 1, 0)
    values, group = np.unique(table.reshape(len(table), -1), axis=0, return_inverse=True)
    points, group = _coordinates(values), group.reshape(-1)
    messages = np.unique(view.report_type)
    there, first = np.unique(group[messages], return_index=True)
    count = min(2 * points.shape[1] + 3, len(there))
    near = cKDTree(points[there]).query(points, np.arange(1, count + 1))[1]
    types, told = np.repeat(np.arange(len(group)), count), messages[first][near][group].reshape(-1)
    back = np.isin(types, messages)
    return np.append(types, told[back]), np.append(told, types[back])


def _coordinates(values: Floats) -> Floats:
    """The same points (n, F) at the same distances, in as few dimensions as they need: (n, d)."""
    centred = values - values.mean(axis=0)
    places, sizes, _ = np.linalg.svd(centred / (abs(centred).max(initial=0.0) or 1.0), full_matrices=False)
    needed = sizes > sizes[0] * max(values.shape) * UNIT
    needed[0] = True
    return np.asarray((places * sizes)[:, needed])


def _listed(view: View, types: Ints, told: Ints) -> Pairs:
    """These lies at every information set where they can be told, each once, in order."""
    count, size = len(view.info_class), int(max(types.max(initial=0), view.report_type.max(initial=0))) + 1
    state, report = np.full((count, size), -1), np.full((count, size), -1)
    state[view.state_info, view.state_type] = np.arange(len(view.state_info))
    report[view.report_info, view.report_type] = np.arange(len(view.report_info))
    return _ordered(view, state[:, types].reshape(-1), report[:, told].reshape(-1))


def _ordered(view: View, state: Ints, report: Ints) -> Pairs:
    """The lies among these pairs, each once, in order; −1 is none."""
    lie = (state >= 0) & (report >= 0) & ((report != view.truth[state]) | ~view.probable[state])
    reports = len(view.report_info)
    pair = np.unique(state[lie] * reports + report[lie])
    return pair // reports, pair % reports


def more_lies(layout: Layout, primal: Array, tolerance: float) -> Mapping[Key, Pairs] | None:
    """The lies that are written and, of every state and every report, the one that pays most, if one does.

    primal: in the layout's columns. Over the rationals a lie pays that earns anything, in doubles one that
    earns more than `tolerance` in the unit of the utility. None where none pays that is not written.
    """
    written, wider = layout.plan.written, {}
    for (t, i), lies in written.items():
        paying = _Earned.of(layout, i, primal).paying(tolerance)
        both = (np.append(old, new) for old, new in zip(lies, paying, strict=True))
        wider[t, i] = _ordered(layout.views[t][i], *both)
    return wider if any(len(wider[key][0]) > len(lies[0]) for key, lies in written.items()) else None


@dataclass(frozen=True, eq=False, repr=False)
class _Earned(Short):
    """What lies of one agent earn. Each of H information sets has V / H states and R / H reports, in order.

    worth (V, W), utility (V,), unit (V,): of each state the values of plays, her utility, and its size.
    plays (R, W), rest (R,): of each report the lots of its plays, and what it earns beside.
    """

    view: View
    worth: Array
    utility: Array
    unit: Floats
    plays: Array
    rest: Array

    @classmethod
    def of(cls, layout: Layout, i: int, primal: Array) -> _Earned:
        """At a point in the layout's columns. In period 0 their order is that of the level."""
        level, view, numbers = layout.levels[0], layout.views[0][i], arithmetic_of(primal)
        as_given = numbers.array
        states, reports = len(view.state_info), len(view.report_info)
        member, play = within(level.point_plays, view.members)
        report = view.member_report[member]
        place = np.arange(len(play)) - starts_of(report, reports)[report]
        slot = np.zeros(len(play), dtype=np.int64)
        slot[play] = place
        width = int(place.max(initial=-1)) + 1
        plays = numbers.zeros(reports * width).reshape(reports, width)
        plays[report, place] = primal[layout.allocation(0).start + play]

        one = view.report_start[view.state_info]  # values are the same whatever is reported
        terms = layout.terms(0, i, np.arange(states), one, False).plays
        worth = numbers.zeros(states * width).reshape(states, width)
        worth[terms.row, slot[terms.column]] = as_given(terms.value)

        utility = primal[layout.utility(0, i).slice]
        unit = np.ones(states) if layout.stakes is None else layout.stakes.utilities(0, i)
        if layout.pays(0, i):
            paid = as_given(view.belief_of_point) * primal[layout.payment(0, i).slice]
            rest = -group_sums(paid, view.report_of_point, reports)
        else:
            told = view.truthful_state
            rest = utility[told] - (worth[told] * plays).sum(axis=1)
        return cls(view, worth, utility, unit, plays, rest)

    def paying(self, tolerance: float) -> tuple[Ints, Ints]:
        """(state, report) of the lie that pays most, of every state and of every report that has one."""
        view, (worth, utility, plays, rest) = self.view, map(to_float, self._numbers)
        sets, width = len(view.info_class), worth.shape[1]
        states, reports = len(utility) // sets, len(rest) // sets
        exact = self.rest.dtype == object
        # What rounding may hide: lies that earn so little are looked at over the rationals.
        size = abs(worth).max(initial=0.0) * abs(plays).sum(axis=1).max(initial=0.0)
        size += abs(rest).max(initial=0.0) + abs(utility).max(initial=0.0)
        hidden = (width + 8) * (size * UNIT + np.finfo(float).tiny)
        least = np.full(len(utility), -hidden) if exact else tolerance * self.unit
        number = np.arange(len(utility)).reshape(sets, states)
        first = reports * np.arange(sets)[:, None]
        most, liar = np.zeros((sets, reports)), np.full((sets, reports), -1)
        pairs = []
        step = max(1, BLOCK // (sets * reports))
        for begin in range(0, states, step):
            state = number[:, begin : begin + step]
            earned = worth[state] @ np.moveaxis(plays.reshape(sets, reports, width), 1, 2)
            earned += rest.reshape(sets, 1, reports)
            earned -= (utility + least)[state][:, :, None]
            honest = np.nonzero(view.probable[state])
            earned[*honest, (view.truth[state] - first)[honest]] = -np.inf
            if exact:
                self._decide(earned, state, first)
            told = earned.argmax(axis=2)
            pays = np.take_along_axis(earned, told[:, :, None], axis=2)[:, :, 0] > 0
            pairs.append((state[pays], (told + first)[pays]))
            of = earned.argmax(axis=1)
            by = np.take_along_axis(earned, of[:, None, :], axis=1)[:, 0, :]
            better = by > most
            most[better], liar[better] = by[better], np.take_along_axis(state, of, axis=1)[better]
        pairs.append((liar[liar >= 0], np.flatnonzero(liar.reshape(-1) >= 0)))
        state, report = map(np.concatenate, zip(*pairs, strict=True))
        return state, report

    @property
    def _numbers(self) -> tuple[Array, Array, Array, Array]:
        return self.worth, self.utility, self.plays, self.rest

    def _decide(self, earned: Floats, states: Ints, first: Ints) -> None:
        """Leave, of what is above 0, only lies that earn something over the rationals."""
        where = np.nonzero(earned > 0)
        state, report = states[where[0], where[1]], self._alike[first[where[0], 0] + where[2]]
        pair, which = np.unique(state * len(self.rest) + report, return_inverse=True)
        state, report = np.divmod(pair, len(self.rest))
        amount = (self.worth[state] * self.plays[report]).sum(axis=1)
        amount += self.rest[report] - self.utility[state]
        nothing = (amount <= 0)[which.reshape(-1)]
        earned[tuple(index[nothing] for index in where)] = -np.inf

    @cached_property
    def _alike(self) -> Ints:
        """(R,): of each report the first that earns the same by the same plays."""
        first: dict[tuple[Any, ...], int] = {}
        earned = zip(self.rest.tolist(), *self.plays.T.tolist(), strict=True)
        return np.array([first.setdefault(each, r) for r, each in enumerate(earned)], dtype=np.int64)
