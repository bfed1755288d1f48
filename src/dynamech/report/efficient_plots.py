"""Pictures of values, transfers and indices over states.

Two agents' states are a plane: a map a figure. Those of others are listed along a line, by name where they
are few, else by social value, the smallest first.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..models.efficient.index_policy import DynamicSecondPrice, Indices
from ..models.efficient.mechanisms import NAMES, EfficientMechanism
from ..models.environment.environment import Environment
from ..solvers.arithmetic import COMPUTED
from ..solvers.errors import InvalidInput
from ..solvers.numbers import Array, to_float
from .environments import described
from .plotting import name_ticks, new_figure, shortened

NAMED = 40
"""States up to which each has its name on the axis."""
SHORT = 20
"""Characters of a name on the axis of a map, and of what is done."""
TICKS = 12
"""Most names on the axes of a map."""
COLOURS = 10
"""Actions up to which each has a colour of its own and a line in the legend."""
REMEMBERED = "payment: least to most, over what is remembered"
PANELS = 8
"""Most arms that are drawn."""


def state_values(mechanism: EfficientMechanism, period: int = 0) -> Any:
    """W, the efficient action, and everybody's contribution and payment in a period, over its states."""
    env, society = mechanism.environment, mechanism.found
    if period not in society.periods:
        raise InvalidInput(f"period {period}: there are periods 0 to {society.periods[-1]}")
    when = "" if env.unchanging else f", {described(env, [period])}"
    title = f"{env.name}: {NAMES[mechanism.kind].removeprefix('the ')}{when}"
    paid = None if mechanism.transfers is None else to_float(mechanism.transfers[period])
    actions = _Marks("efficient action", society.policy[period], env.actions[period])
    values, gains = to_float(society.W[period]), to_float(society.M[period])
    if _flat(env, period) and mechanism.interval is None and paid is not None:
        panels: list[Any] = [actions, ("social value W", values)]
        for k, name in enumerate(mechanism.agents):
            panels += [(f"{name}: contribution M", gains[k]), (f"{name} pays", paid[k])]
        return _maps(env, period, panels, title)
    without = to_float(society.W_without[period])
    curves: list[Any] = [
        actions,
        _Curves("social value", [("W", values), *_each(mechanism, without, "without ")], before=1),
        _Curves("contribution M", _each(mechanism, gains)),
    ]
    if paid is None:
        ends = _remembered(mechanism, period)
        curves.append(_Curves(REMEMBERED, _each(mechanism, (ends[0] + ends[1]) / 2), ends))
    elif mechanism.interval is None:
        curves.append(_Curves("payment", _each(mechanism, paid)))
    else:
        low, high = to_float(mechanism.interval.low[period]), to_float(mechanism.interval.high[period])
        curves.append(_Curves("payment, and all compatible", _each(mechanism, paid), (low, high)))
    labels = [", ".join(state) for state in society.states(period)]
    return _lines(labels, values, curves, title)


def _remembered(mechanism: EfficientMechanism, period: int) -> tuple[Array, Array]:
    """(P, S) the least and the largest payment, over all that may be remembered."""
    paid = to_float(mechanism.paid.payments[period])
    may = mechanism.paid.arrivals(period)
    may = may | ~may.any(axis=0)  # what never comes about
    return np.where(may, paid, np.inf).min(axis=1), np.where(may, paid, -np.inf).max(axis=1)


def winners(sold: DynamicSecondPrice) -> Any:
    """Whose arm is played at every profile, what is paid for it, and the option value in that price."""
    home = sold.indices
    if home.message:
        raise InvalidInput(f"dynamic second price of '{home.environment.name}': {home.message}")
    env = home.environment
    names = [arm.name for arm in home.arms]
    price, option = to_float(sold.transfers.sum(axis=0)), to_float(sold.option_value)
    option = np.where(np.abs(option) > COMPUTED * np.abs(price).max(), option, 0.0)
    values = to_float(sold.welfare)
    marks = _Marks("winner", sold.winner, names)
    title = f"{env.name}: dynamic second price"
    if _flat(env, 0):
        panels = [marks, ("social value W", values), ("price", price), ("option value in the price", option)]
        return _maps(env, 0, panels, title)
    digits = np.unravel_index(np.arange(len(values)), env.types(0))
    labels = [
        ", ".join(agent.types[0][place[s]] for agent, place in zip(env.agents, digits, strict=True))
        for s in range(min(len(values), NAMED + 1))
    ]
    curves = [marks, _Curves("price", [("price", price), ("option value", option)]),
              _Curves("social value", [("W", values)])]  # fmt: skip
    return _lines(labels, values, curves, title)


def index_values(indices: Indices) -> Any:
    """Every arm's index over its states, from the smallest on, and what it is worth to play it now."""
    arms = [
        (arm.name, arm.states, arm.reward, index)
        for arm, index in zip(indices.arms, indices.index, strict=True)
    ]
    return index_panels(arms, f"{indices.environment.name}: Gittins indices")


def index_panels(listed: Sequence[tuple[str, Sequence[str], Array, Array]], title: str) -> Any:
    """A panel an arm: its name, its states, what it is worth to play it now, and its index."""
    arms = listed[:PANELS]
    across = min(2, max(1, len(arms)))
    down = max(1, -(-len(arms) // across))
    figure = new_figure(4.8 * across, 3.5 * down)
    places = figure.subplots(down, across, squeeze=False, sharey=True).ravel()
    for place, (name, states, worth, index) in zip(places, arms, strict=False):
        order = np.argsort(index, kind="stable")
        x, dot = np.arange(len(order)), 5 if len(order) <= NAMED else 2
        place.plot(x, to_float(worth)[order], "s", markersize=dot, color="tab:grey", label="worth now")
        place.plot(x, to_float(index)[order], "o", markersize=dot, color="tab:blue", label="index")
        place.set_title(name, fontsize=9)
        _name_states(place, [states[k] for k in order], len(order), "index")
    for place in places[len(arms) :]:
        place.set_axis_off()
    for place in places[: len(arms) : across]:
        place.set_ylabel("money a period")
    if arms:
        places[0].legend(fontsize=8, frameon=False)
    more = len(listed) - len(arms)
    figure.suptitle(f"{title} ({more} more arms)" if more > 0 else title, fontsize=10)
    return figure


@dataclass(frozen=True)
class _Marks:
    """Which of some names it is, at every state."""

    title: str
    which: Any
    names: Sequence[str]


@dataclass(frozen=True)
class _Curves:
    """Figures at every state, by name; spans (names, states) around each of them. before: how many come
    before the agents, who have the same colour in all panels."""

    title: str
    curves: Sequence[tuple[str, Array]]
    spans: tuple[Array, Array] | None = None
    before: int = 0


def _each(mechanism: EfficientMechanism, rows: Array, before: str = "") -> list[tuple[str, Array]]:
    return [(f"{before}{name}", row) for name, row in zip(mechanism.agents, rows, strict=True)]


def _flat(env: Environment, t: int) -> bool:
    """Whether the states of a period are a plane."""
    return env.num_agents == 2 and min(env.types(t)) > 1


def _maps(env: Environment, t: int, panels: Sequence[Any], title: str) -> Any:
    """A map a panel: agent 0 upwards, agent 1 across."""
    rows, columns = env.types(t)
    across, down = 2, -(-len(panels) // 2)
    wide, high = (min(4.6, max(2.4, 0.42 * k)) for k in (columns, rows))
    figure = new_figure(across * (wide + 1.9), down * (high + 1.0) + 0.4)
    places = figure.subplots(down, across, squeeze=False).ravel()
    upper, lower = env.agents
    for place, panel in zip(places, panels, strict=False):
        if isinstance(panel, _Marks):
            _paint(place, panel, (rows, columns))
        else:
            shape = panel[1].reshape(rows, columns)
            image = place.imshow(shape, origin="lower", aspect="auto", interpolation="none")
            figure.colorbar(image, ax=place).ax.tick_params(labelsize=7)
            place.set_title(panel[0], fontsize=9)
        _thinned(place.yaxis, upper.types[t])
        _thinned(place.xaxis, lower.types[t])
        if max(len(label) for label in lower.types[t]) > 4 and columns > 4:
            place.tick_params(axis="x", rotation=90)
        place.set_ylabel(upper.name, fontsize=8)
        place.set_xlabel(lower.name, fontsize=8)
    for place in places[len(panels) :]:
        place.set_axis_off()
    figure.suptitle(title, fontsize=10)
    return figure


def _paint(place: Any, marks: _Marks, shape: tuple[int, int]) -> None:
    """A map of names, beside a scale of those that occur."""
    from matplotlib import colormaps
    from matplotlib.colors import ListedColormap

    used = np.unique(marks.which)
    few = len(used) <= COLOURS
    shades = np.arange(len(used)) if few else np.linspace(0, 1, len(used))
    image = place.imshow(
        np.searchsorted(used, marks.which).reshape(shape),
        origin="lower",
        aspect="auto",
        interpolation="none",
        cmap=ListedColormap(colormaps["tab10" if few else "turbo"](shades)),
        vmin=-0.5,
        vmax=len(used) - 0.5,
    )
    place.set_title(marks.title, fontsize=9)
    _thinned(place.figure.colorbar(image, ax=place).ax.yaxis, [marks.names[a] for a in used])


def _thinned(axis: Any, labels: Sequence[str]) -> None:
    """At most `TICKS` names on an axis."""
    step = -(-len(labels) // TICKS)
    name_ticks(axis, [shortened(label, SHORT) for label in labels[::step]], step=step, fontsize=7)


def _lines(labels: Sequence[str], values: Array, panels: Sequence[Any], title: str) -> Any:
    """A panel below the other, states across."""
    count = len(values)
    few = count <= NAMED
    order = np.arange(count) if few else np.argsort(values, kind="stable")
    longest = max(map(len, labels)) if few else 0
    figure = new_figure(max(6.0, min(13.0, 2.5 + 0.3 * count)), 2.0 * len(panels) + 0.6 + 0.06 * longest)
    places = figure.subplots(len(panels), 1, squeeze=False, sharex=True)[:, 0]
    for place, panel in zip(places, panels, strict=True):
        if isinstance(panel, _Marks):
            used = np.unique(panel.which)
            at = np.searchsorted(used, panel.which)[order]
            place.plot(np.arange(count), at, "s", markersize=5 if few else 2, color="tab:grey")
            if len(used) <= TICKS:
                name_ticks(place.yaxis, [shortened(panel.names[a], SHORT) for a in used], fontsize=7)
            place.set_ylim(-0.6, len(used) - 0.4)
        else:
            _draw(place, panel, order, few)
        place.tick_params(axis="y", labelsize=7)
        place.set_title(panel.title, fontsize=9, loc="left")
        place.grid(axis="y", linewidth=0.3)
    _name_states(places[-1], [labels[k] for k in order] if few else [], count, "W")
    figure.suptitle(title, fontsize=10)
    return figure


def _draw(place: Any, panel: _Curves, order: Any, few: bool) -> None:
    """Dots side by side where states are few."""
    size = len(panel.curves)
    for k, (name, row) in enumerate(panel.curves):
        x = np.arange(len(order)) + (0.5 * (k - (size - 1) / 2) / size if few else 0.0)
        colour = "black" if k < panel.before else f"C{(k - panel.before) % 10}"
        label = f" {name}" if k < COLOURS else None  # a name that begins with _ would be left out
        if panel.spans is not None:
            low, high = (np.clip(end[k][order], -1e300, 1e300) for end in panel.spans)
            inside = np.abs(low) + np.abs(high) < 1e300
            place.vlines(
                x[inside], low[inside], high[inside], color=colour, linewidth=2.5 if few else 0.8, alpha=0.35
            )
        place.plot(x, row[order], "o", markersize=4 if few else 1.5, color=colour, label=label)
    place.set_ylabel("money", fontsize=8)
    place.legend(
        fontsize=7, frameon=False, loc="center left", bbox_to_anchor=(1.0, 0.5), markerscale=1 if few else 3
    )


def _name_states(place: Any, labels: Sequence[str], count: int, by: str) -> None:
    """States below an axis: their names where they are few, else how many there are."""
    if count <= NAMED:
        turned = 0 if count * max(map(len, labels)) <= 60 else 90
        name_ticks(
            place.xaxis, [shortened(label, 2 * SHORT) for label in labels], fontsize=7, rotation=turned
        )
        place.set_xlabel("state", fontsize=8)
    else:
        place.set_xlabel(f"{count:,} states, by {by}, the smallest first", fontsize=8)
