"""Efficient mechanisms as tables: a line an agent at every state, and what holds."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from rich.table import Table
from rich.text import Text

from ..models.efficient.index_policy import DynamicSecondPrice, Indices
from ..models.efficient.mechanisms import NAMES, EfficientMechanism
from ..solvers.arithmetic import COMPUTED
from ..solvers.numbers import Array
from .frames import Columns, of_rows
from .wording import Shown, brief, counted, facts, money, said, table, titled

LINES = 36
"""Lines of a table of states; the rest is counted."""
HOLDS = {True: "yes", False: "no", None: "not judged"}
WORDS = {
    "ex-post": "truth is best at every state",
    "periodic": "nobody gains by leaving, at every state",
    "bayesian": "truth is best on average",
    "interim": "nobody stays away at the start",
    "outside-efficient": "nobody would rather have what is efficient for the others",
}
"""What the notions say."""


def pivot_report(mechanism: EfficientMechanism) -> list[Shown]:
    """Values at the start, what holds, and everybody's contribution and payment at every state."""
    name = NAMES[mechanism.kind].removeprefix("the ")
    title = Text(f"{name[0].upper()}{name[1:]} of {mechanism.environment.name}", style="bold")
    if mechanism.society is None or mechanism.scheme is None:
        return [title, *said([("Limit", f"{mechanism.message[0].upper()}{mechanism.message[1:]}.")])]
    welfare, surplus = mechanism.start
    error = mechanism.society.error
    values = [
        ("W at the start", money(welfare, error["W"])),
        ("surplus", f"{money(surplus, error['transfers'])} of payments over costs, discounted"),
        ("least", f"{money(mechanism.least, error['transfers'])} in a period"),
        *((word, f"{HOLDS[holds]} ({WORDS[word]})") for word, holds in mechanism.satisfies.items()),
    ]
    if not mechanism.found.environment.exact:
        values.append(("error of W", f"at most {error['W']:.2g}"))
    lines = titled("States", _states(mechanism), Text(" ".join(_legend(mechanism)), style="dim"))
    return [title, facts(values), lines, *said(_notes(mechanism))]


def _states(mechanism: EfficientMechanism) -> Shown:
    """A line a state, with W, and below it one an agent, with what she adds to it."""
    env, society, interval = mechanism.environment, mechanism.found, mechanism.interval
    bonds = mechanism.bond if mechanism.transfers is not None else None
    bonds = None if bonds is None or not any((b != 0).any() for b in bonds) else bonds
    columns: dict[str, Any] = {"W / M": society.M}
    columns |= {} if mechanism.transfers is None else {"pays": mechanism.transfers}
    columns |= {"outside": society.outside}
    columns |= {} if interval is None else {"least": interval.low, "most": interval.high}
    columns |= {} if bonds is None else {"bond": bonds}
    lines = table(["state: action", *columns], right=columns)
    for column in lines.columns[1:]:
        column.no_wrap = True
    error = society.error["W"] + society.error["W_without"]
    most = max(1, LINES // (1 + len(mechanism.agents)))
    states = [(t, s, state) for t in society.periods for s, state in enumerate(society.states(t))]
    for t, s, state in states[:most]:
        when = "" if env.unchanging else f"{t}{'+' * (env.stationary and t > 0)}) "
        tie = "" if society.unique[t][s] else " *"
        does = f"{env.actions[t][society.policy[t][s]]}{tie}"
        figures = [brief(society.W[t][s], error), *[""] * (len(columns) - 1)]
        lines.add_row(f"{when}{', '.join(state)}: {does}", *figures)
        for k, agent in enumerate(mechanism.agents):
            out = " (out)" if mechanism.exit[t][k, s] else ""
            figures = [_figure(values[t][k, s], error) for values in columns.values()]
            lines.add_row(f"  {agent}{out}", *figures)
    if (left := len(states) - most) > 0:
        lines.add_row(f"{left:,} more", *[""] * len(columns))
    return lines


def _figure(value: Any, error: float) -> str:
    return "∞" if value == np.inf else "-∞" if value == -np.inf else brief(value, error)


def _legend(mechanism: EfficientMechanism) -> Iterator[str]:
    yield "W of a state, M of an agent: what she adds to it."
    yield "outside: hers under the policy that is efficient for the others."
    if any(gone.any() for gone in mechanism.exit):
        yield "out: she pays nothing from here on."
    if not all(one.all() for one in mechanism.found.unique):
        yield f"*: another action is as good ({mechanism.found.tie_rule})."
    if mechanism.interval is not None:
        yield "least, most: all payments that keep truth best, her in, and let her go (BV Theorem 2)."
    if mechanism.transfers is None:
        yield "Payments depend on more than the state: they are in the mechanism file (--out, dm.save)."


def _notes(mechanism: EfficientMechanism) -> Iterator[tuple[str, str]]:
    """What assumptions fail, and what is missing."""
    for word, one in mechanism.found.assumptions.items():
        if not one.holds:
            yield "Assumption", f"'{word}' fails: {one.where}, by {brief(one.by)}."
    if mechanism.message:
        limit = f"{mechanism.message[0].upper()}{mechanism.message[1:]}"
        yield "Limit", f"{limit}, and not everything was looked at."
    elif None in mechanism.satisfies.values():
        yield "Judge", "There are too many lies to look at here; verify looks at them all, from the file."


def pivot_columns(mechanism: EfficientMechanism) -> Columns:
    """A row a period and profile: action, W, and by agent contributions, payment, outside, exit."""
    if mechanism.society is None or mechanism.scheme is None:
        return {
            "instance": [mechanism.environment.name],
            "status": [mechanism.status],
            "message": [mechanism.message],
        }
    return of_rows(_rows(mechanism))


def _rows(mechanism: EfficientMechanism) -> Iterator[dict[str, Any]]:
    env, society = mechanism.environment, mechanism.found
    paid, interval = mechanism.transfers, mechanism.interval
    for t in society.periods:
        by_agent = {"W without": society.W_without, "M": society.M, "m": society.m}
        by_agent |= {"outside": society.outside, "exit": mechanism.exit}
        by_agent |= {} if paid is None else {"pays": paid}
        by_agent |= {} if interval is None else {"least": interval.low, "most": interval.high}
        for s, state in enumerate(society.states(t)):
            yield {
                **({} if env.unchanging else {"period": t}),
                **{agent.name: label for agent, label in zip(env.agents, state, strict=True)},
                "action": env.actions[t][society.policy[t][s]],
                "unique": bool(society.unique[t][s]),
                "W": society.W[t][s],
                **{
                    f"{name} {what}": values[t][k, s]
                    for k, name in enumerate(mechanism.agents)
                    for what, values in by_agent.items()
                },
            }


def index_report(indices: Indices) -> list[Shown]:
    """Every arm's states by index, the largest first."""
    shown: list[Shown] = [Text(f"Gittins indices of {indices.environment.name}", style="bold")]
    for arm, index in zip(indices.arms, indices.index, strict=True):
        lines = index_table(arm.states, arm.reward, index, indices.error)
        action = indices.environment.actions[0][arm.action]
        shown.append(titled(f"{arm.name}, {action}" if arm.name != action else arm.name, lines))
    note = "" if indices.error == 0 else f" No index is off by more than {indices.error:.2g}."
    shown.append(Text(f"Efficient is to play an arm of the largest index.{note}", style="dim"))
    return shown + said([("Limit", f"{indices.message}.")] if indices.message else [])


def index_table(states: Sequence[str], worth: Array, index: Array, error: float) -> Table:
    """An arm's states by index, the largest first."""
    lines = table(["state", "worth now", "index"], right=["worth now", "index"])
    for column in lines.columns[1:]:
        column.no_wrap = True
    order = np.argsort(-index, kind="stable")
    for k in order[:LINES]:
        lines.add_row(states[k], brief(worth[k]), brief(index[k], error))
    if len(order) > LINES:
        lines.add_row(f"{len(order) - LINES:,} more", "", "")
    return lines


def second_price_report(sold: DynamicSecondPrice) -> list[Shown]:
    """Who wins at every profile, what she pays, and how much of it is the others' option value."""
    home = sold.indices
    title = Text(f"Dynamic second price of {home.environment.name}", style="bold")
    if home.message:
        return [title, *said([("Limit", f"{home.message}.")])]
    numbers = ["W", "pays", "option value"]
    lines = table(["state", "winner", *numbers], right=numbers)
    for column in lines.columns[2:]:
        column.no_wrap = True
    error = COMPUTED * float(abs(sold.transfers).max())
    for row in second_price_rows(sold, LINES):
        star = " *" if row["not highest"] else ""
        lines.add_row(
            ", ".join(row[agent.name] for agent in home.environment.agents),
            row["winner"] + star,
            *(brief(row[name], error) for name in ("W", "price", "option value")),
        )
    if (left := len(sold.winner) - LINES) > 0:
        lines.add_row(f"{left:,} more", *[""] * 4)
    note = (
        "The winner has the largest index. option value: by how much her price exceeds what the best of the "
        "others is worth now. *: an arm that is worth more now rests "
        f"({counted(int(sold.not_highest.sum()), 'state')})."
    )
    return [title, lines, Text(note, style="dim")]


def second_price_rows(sold: DynamicSecondPrice, most: int | None = None) -> Iterator[dict[str, Any]]:
    """The first so many profiles."""
    home = sold.indices
    env, price = home.environment, sold.transfers.sum(axis=0)
    digits = np.unravel_index(np.arange(len(sold.winner)), env.types(0))
    option = sold.option_value
    for s in range(len(sold.winner) if most is None else min(most, len(sold.winner))):
        yield {
            **{agent.name: agent.types[0][place[s]] for agent, place in zip(env.agents, digits, strict=True)},
            "winner": home.arms[sold.winner[s]].name,
            "W": sold.welfare[s],
            "price": price[s],
            "option value": option[s],
            "not highest": bool(sold.not_highest[s]),
        }


def second_price_columns(sold: DynamicSecondPrice) -> Columns:
    """A row a profile."""
    if sold.indices.message:
        return {"status": [sold.status], "message": [sold.indices.message]}
    return of_rows(second_price_rows(sold))
