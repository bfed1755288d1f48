"""Efficient mechanisms as tables: a line an agent at every state, and what holds."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from rich.text import Text

from ..models.efficient.index_policy import DynamicSecondPrice, Indices
from ..models.efficient.mechanisms import NAMES, EfficientMechanism
from ..solvers.arithmetic import COMPUTED
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


def pivot_report(made: EfficientMechanism) -> list[Shown]:
    """Values at the start, what holds, and everybody's contribution and payment at every state."""
    name = NAMES[made.kind].removeprefix("the ")
    title = Text(f"{name[0].upper()}{name[1:]} of {made.environment.name}", style="bold")
    if made.society is None or made.scheme is None:
        return [title, *said([("Limit", f"{made.message[0].upper()}{made.message[1:]}.")])]
    welfare, surplus = made.start
    error = made.society.error
    values = [
        ("W at the start", money(welfare, error["W"])),
        ("surplus", f"{money(surplus, error['transfers'])} of payments over costs, discounted"),
        ("least", f"{money(made.least, error['transfers'])} in a period"),
        *((word, f"{HOLDS[holds]} ({WORDS[word]})") for word, holds in made.satisfies.items()),
    ]
    if not made.found.environment.exact:
        values.append(("error of W", f"at most {error['W']:.2g}"))
    lines = titled("States", _states(made), Text(" ".join(_legend(made)), style="dim"))
    return [title, facts(values), lines, *said(_notes(made))]


def _states(made: EfficientMechanism) -> Shown:
    """A line a state, with W, and below it one an agent, with what she adds to it."""
    env, found = made.environment, made.found
    bonds = made.bond if made.transfers is not None else None
    bonds = None if bonds is None or not any((b != 0).any() for b in bonds) else bonds
    columns: dict[str, Any] = {"W / M": found.M}
    columns |= {} if made.transfers is None else {"pays": made.transfers}
    columns |= {"outside": found.outside}
    columns |= {} if made.interval is None else {"least": made.interval.low, "most": made.interval.high}
    columns |= {} if bonds is None else {"bond": bonds}
    lines = table(["state: action", *columns], right=columns)
    for column in lines.columns[1:]:
        column.no_wrap = True
    error = found.error["W"] + found.error["W_without"]
    most = max(1, LINES // (1 + len(made.agents)))
    states = [(t, s, state) for t in found.periods for s, state in enumerate(found.states(t))]
    for t, s, state in states[:most]:
        when = "" if env.stationary else f"{t}) "
        tie = "" if found.unique[t][s] else " *"
        does = f"{env.actions[t][found.policy[t][s]]}{tie}"
        figures = [brief(found.W[t][s], error), *[""] * (len(columns) - 1)]
        lines.add_row(f"{when}{', '.join(state)}: {does}", *figures)
        for k, agent in enumerate(made.agents):
            out = " (out)" if made.exit[t][k, s] else ""
            figures = [_figure(values[t][k, s], error) for values in columns.values()]
            lines.add_row(f"  {agent}{out}", *figures)
    if (left := len(states) - most) > 0:
        lines.add_row(f"{left:,} more", *[""] * len(columns))
    return lines


def _figure(value: Any, error: float) -> str:
    return "∞" if value == np.inf else "-∞" if value == -np.inf else brief(value, error)


def _legend(made: EfficientMechanism) -> Iterator[str]:
    yield "W of a state, M of an agent: what she adds to it."
    yield "outside: hers under the policy that is efficient for the others."
    if any(gone.any() for gone in made.exit):
        yield "out: she pays nothing from here on."
    if not all(one.all() for one in made.found.unique):
        yield f"*: another action is as good ({made.found.tie_rule})."
    if made.interval is not None:
        yield "least, most: all payments that keep truth best, her in, and let her go (BV Theorem 2)."
    if made.transfers is None:
        yield "Payments depend on more than the state: they are in the mechanism file (--out, dm.save)."


def _notes(made: EfficientMechanism) -> Iterator[tuple[str, str]]:
    """What assumptions fail, and what is missing."""
    for word, one in made.found.assumptions.items():
        if not one.holds:
            yield "Assumption", f"'{word}' fails: {one.where}, by {brief(one.by)}."
    if made.message:
        yield "Limit", f"{made.message[0].upper()}{made.message[1:]}, and not everything was looked at."
    elif None in made.satisfies.values():
        yield "Judge", "There are too many lies to look at here; verify looks at them all, from the file."


def pivot_columns(made: EfficientMechanism) -> Columns:
    """A row a period and profile: action, W, and by agent contributions, payment, outside, exit."""
    if made.society is None or made.scheme is None:
        return {"instance": [made.environment.name], "status": [made.status], "message": [made.message]}
    return of_rows(_rows(made))


def _rows(made: EfficientMechanism) -> Iterator[dict[str, Any]]:
    env, found, paid, interval = made.environment, made.found, made.transfers, made.interval
    for t in found.periods:
        by_agent = {"W without": found.W_without, "M": found.M, "m": found.m, "outside": found.outside}
        by_agent |= {"exit": made.exit} | ({} if paid is None else {"pays": paid})
        by_agent |= {} if interval is None else {"least": interval.low, "most": interval.high}
        for s, state in enumerate(found.states(t)):
            yield {
                **({} if env.stationary else {"period": t}),
                **{agent.name: label for agent, label in zip(env.agents, state, strict=True)},
                "action": env.actions[t][found.policy[t][s]],
                "unique": bool(found.unique[t][s]),
                "W": found.W[t][s],
                **{
                    f"{name} {what}": values[t][k, s]
                    for k, name in enumerate(made.agents)
                    for what, values in by_agent.items()
                },
            }


def index_report(found: Indices) -> list[Shown]:
    """Every arm's states by index, the largest first."""
    shown: list[Shown] = [Text(f"Gittins indices of {found.environment.name}", style="bold")]
    for arm, index in zip(found.arms, found.index, strict=True):
        lines = table(["state", "worth now", "index"], right=["worth now", "index"])
        for column in lines.columns[1:]:
            column.no_wrap = True
        order = np.argsort(-index, kind="stable")
        for k in order[:LINES]:
            lines.add_row(arm.states[k], brief(arm.reward[k]), brief(index[k], found.error))
        if len(order) > LINES:
            lines.add_row(f"{len(order) - LINES:,} more", "", "")
        action = found.environment.actions[0][arm.action]
        shown.append(titled(f"{arm.name}, {action}" if arm.name != action else arm.name, lines))
    note = "" if found.error == 0 else f" No index is off by more than {found.error:.2g}."
    shown.append(Text(f"Efficient is to play an arm of the largest index.{note}", style="dim"))
    return shown + said([("Limit", f"{found.message}.")] if found.message else [])


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
