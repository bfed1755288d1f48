"""Virtual indices and the money of their mechanism, as tables, a frame, JSON and a picture."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from rich.text import Text

from ..models.answers.plain import plain
from ..models.screening.virtual_index import VirtualIndices
from ..solvers.arithmetic import arithmetic
from ..solvers.numbers import Array
from .efficient import LINES, index_table
from .efficient_plots import index_panels
from .frames import Columns, of_rows
from .wording import Shown, brief, facts, money, said, table, titled

RULES = {"A": "envelope in lower sums", "B": "re-optimised increments"}
"""What the rules for entry payments are."""


def virtual_index_report(answer: VirtualIndices) -> list[Shown]:
    """The bound, both rules, every arm's states by index, and what everybody pays by first reports."""
    env = answer.environment
    title = Text(f"Virtual indices of {env.name}", style="bold")
    shown: list[Shown] = [title]
    if not answer.message:
        pairs = [("bound", f"{money(answer.bound)} (Corollary 4.1)")]
        pairs += [(f"rule {name}", _rule(answer, name)) for name in RULES]
        failing = [(word, one) for word, one in answer.assumptions.items() if not one.holds]
        shown += [facts(pairs)]
        shown += said(
            (f"Assumption {word} fails", f"{one.where}{'' if one.by is None else f', by {brief(one.by)}'}.")
            for word, one in failing
        )
    for name, action, states, worth, index in _arms(answer):
        shown.append(titled(f"{name}, {action}", index_table(states, worth, index, answer.error)))
    note = "" if answer.error == 0 else f" No index is off by more than {answer.error:.2g}."
    left_out = [
        f"{agent.name} '{label}'"
        for agent in env.agents
        for label, counts in zip(agent.types[0], answer.counts[agent.name], strict=True)
        if not counts
    ]
    out = f" Left out, as α ≤ 0: {', '.join(left_out)}." if left_out else ""
    about = f"The arm of the largest index of α v + β − c is played (KLN, Corollary 6.3).{out}{note}"
    shown.append(Text(about, style="dim"))
    if answer.message:
        return shown + said([("Limit", f"{answer.message[0].upper()}{answer.message[1:]}.")])
    return [*shown, _payments(answer)]


def _rule(answer: VirtualIndices, name: str) -> str:
    rule = answer.rules[name]
    verdict = (
        "no lie about first signals gains"
        if (lie := rule.lie) is None
        else f"a lie gains {brief(lie.gain)}: {lie.agent} '{lie.type}' says '{lie.report}'"
    )
    return f"{money(rule.profit)}, {verdict} ({RULES[name]})"


def _arms(answer: VirtualIndices) -> Iterator[tuple[str, str, Sequence[str], Array, Array]]:
    """Name, action, states of period 1, what playing it is worth, index."""
    for arm, worth, index in zip(answer.arms, answer.worth, answer.index, strict=True):
        action = answer.environment.actions[1][arm.arm.action]
        name = arm.arm.name if arm.agent is not None else "safe"
        yield name, action, arm.arm.states, worth.reshape(-1), index.reshape(-1)


def _payments(answer: VirtualIndices) -> Shown:
    columns = ["α", "periods", "price", *(f"entry in {name}" for name in RULES)]
    lines = table(["first signals", "agent", *columns], right=columns)
    rows = list(_rows(answer))
    error = float(arithmetic(answer.environment.exact).slack(answer.bound))
    for row in rows[:LINES]:
        label = ", ".join(row["first reports"].values())
        out = "" if row["price"] is not None else " (left out)"
        figures = ("-" if row[name] is None else brief(row[name], error) for name in columns)
        lines.add_row(label, f"{row['agent']}{out}", *figures)
    if (left := len(rows) - LINES) > 0:
        lines.add_row(f"{left:,} more", *[""] * (1 + len(columns)))
    about = (
        "periods: discounted, in which her arm is played. price: of such a period, on average over the "
        "others' states in period 1; whoever rests pays nothing. entry: in period 0."
    )
    return titled("Payments", lines, Text(about, style="dim"))


def _rows(answer: VirtualIndices) -> Iterator[dict[str, Any]]:
    """One a profile of first reports and agent."""
    rate = answer.bandit.discount
    for profile, prices in zip(answer.setting.profiles, answer.prices, strict=True):
        periods = answer.bandit.means(answer.bandit.weights(profile)).periods
        for i, agent in enumerate(answer.environment.agents):
            yield {
                "first reports": answer.said(profile),
                "agent": agent.name,
                "α": answer.alpha[agent.name][profile[i]],
                "periods": rate * periods[i],
                "price": prices[i],
                **{f"entry in {name}": rule.entry[profile][i] for name, rule in answer.rules.items()},
            }


def virtual_index_columns(answer: VirtualIndices) -> Columns:
    """A row an arm and state of period 1: what playing it is worth now, and its virtual index."""
    return of_rows(
        {"arm": name, "action": action, "state": state, "worth": now, "index": one}
        for name, action, states, worth, index in _arms(answer)
        for state, now, one in zip(states, worth, index, strict=True)
    )


def virtual_index_json(answer: VirtualIndices) -> dict[str, Any]:
    """The object of `index X --virtual --json`; "status" and "message" where the time limit was reached."""
    known = {
        "arms": [
            {"name": name, "action": action, "states": list(states), "index": plain(index)}
            for name, action, states, _, index in _arms(answer)
        ],
        "error": answer.error,
        "alpha": plain(answer.alpha),
    }
    if answer.message:
        return known | {"status": answer.status, "message": answer.message}
    return known | {
        "bound": plain(answer.bound),
        "profit": {name: plain(rule.profit) for name, rule in answer.rules.items()},
        "lie": {
            name: rule.lie
            and {
                "gain": plain(rule.lie.gain),
                "agent": rule.lie.agent,
                "type": rule.lie.type,
                "report": rule.lie.report,
                "others": dict(rule.lie.others),
            }
            for name, rule in answer.rules.items()
        },
        "assumptions": {word: one.to_json() for word, one in answer.assumptions.items()},
        "payments": [{name: plain(value) for name, value in row.items()} for row in _rows(answer)],
    }


def virtual_index_figure(answer: VirtualIndices) -> Any:
    """Every arm's virtual index over first signals and states, and what it is worth to play it now."""
    listed = [
        (f"{name}, {action}", states, worth, index) for name, action, states, worth, index in _arms(answer)
    ]
    return index_panels(listed, f"{answer.environment.name}: virtual indices")
