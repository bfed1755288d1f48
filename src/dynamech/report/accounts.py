"""Bank accounts and non-clairvoyant mechanisms as tables."""

from __future__ import annotations

from typing import Any

from rich.text import Text

from ..models.accounts.account import Account
from ..models.accounts.bank import Bank
from ..models.accounts.bank_account import BankAccount
from ..models.accounts.nonclairvoyant.answer import NonClairvoyant
from ..models.accounts.nonclairvoyant.asymptotic import Asymptotic
from ..solvers.numbers import Number
from .wording import Shown, brief, counted, facts, money, said, table, titled

ROWS = 12
"""Balances of a period that are shown."""


def bank_report(bank: Bank) -> list[Shown]:
    """The values, and the balances that can be reached period by period."""
    names = [agent.name for agent in bank.items.env.agents]
    head = Text.assemble(("Bank account of ", "bold"), (bank.items.env.name, "bold"))
    optimum = money(bank.clairvoyant)
    if bank.gap is not None:
        optimum += f", at most {float(bank.gap):.2g} below the optimum (certified)"
    values = facts(
        [
            ("repeated Myerson", money(bank.repeated_myerson)),
            ("clairvoyant", optimum),
            ("full surplus", money(bank.full_surplus)),
        ]
    )
    shown: list[Shown] = [head, values, _balances(bank.balances, names)]
    if bank.account is None:
        shown.append(Text("Balances are those shown; between them promises are drawn by public lots."))
    else:
        shown.append(_checked(bank.account))
    return shown


def account_report(account: Account) -> list[Shown]:
    """What both earn, what the lemmas say of them, and the balances that can be reached."""
    items = account.kept.items
    head = Text.assemble(("Bank account by ", "bold"), (account.by, "bold"), (" of ", "bold"), items.env.name)
    values = facts(
        [
            ("repeated Myerson", money(items.repeated_myerson)),
            ("mechanism given", money(account.original)),
            ("account", money(account.revenue)),
        ]
    )
    failing = [f"{claim.step}: {claim.statement}" for claim in account.claims if not claim]
    total = counted(len(account.claims), "claim")
    on_the_way = f"{total} of the lemmas checked" + (f"; these fail: {'; '.join(failing)}" if failing else "")
    told = [("", f"{on_the_way}.")] if account.claims else []
    told += [
        (
            f"Lemma {bound.lemma}",
            (
                "It applies: no more than one static auction a period can be earned."
                if bound.holds
                else "It applies, and its bound is broken."
            )
            if bound.applies
            else "It does not apply to the mechanism given.",
        )
        for bound in account.bounds
    ]
    names = [agent.name for agent in items.env.agents]
    return [head, values, _balances(account.balances, names), _checked(account.kept), *said(told)]


def _checked(account: BankAccount) -> Text:
    checks = ", ".join(
        f"({c.name}) {'holds' if c.holds else f'fails by {brief(c.violation)}'}" for c in account.conditions()
    )
    return Text(f"Checked at every balance: {checks}.")


def _balances(balances: list[list[dict[str, Any]]], names: list[str]) -> Shown:
    """Period by period; many of one are a line."""
    lines = table(
        ["period", "balance", "probability", "spend", "deposit"],
        ["balance", "probability", "spend", "deposit"],
    )
    for t, rows in enumerate(balances):
        if len(rows) > ROWS:
            at = [row["balance"][0] for row in rows]
            spread = f"{brief(min(at))} to {brief(max(at))}" if len(names) == 1 else "…"
            lines.add_row(str(t), spread, counted(len(rows), "balance"), "", "")
            continue
        for row in rows:
            cells = (
                _list(row["balance"]),
                brief(row["probability"]),
                _list(row["spend"]),
                _list(row["deposit"]),
            )
            lines.add_row(str(t), *cells)
    about = f"in the order {', '.join(names)}; " if len(names) > 1 else ""
    what = Text(f"Balances before each period; {about}spend is charged whatever is reported.", style="dim")
    return titled("Balances", lines, what)


def _list(values: list[Number]) -> str:
    return ", ".join(brief(value) for value in values)


def asymptotic_report(answer: Asymptotic) -> list[Shown]:
    """What it earns of the full surplus, at some horizons on the way."""
    head = Text.assemble(("In the long run: ", "bold"), (answer.items.env.name, "bold"))
    names = [agent.name for agent in answer.items.env.agents]
    balances = [f"balance of {name}" for name in names]
    lines = table(
        ["periods", "revenue", "surplus", "ratio", *balances], ["periods", "revenue", "surplus", "ratio"]
    )
    count = answer.items.periods
    for t in sorted({max(1, count * k // ROWS) for k in range(1, ROWS + 1)}):
        sums = [sum(map(float, part[:t])) for part in (answer.revenue, answer.surplus)]
        cells = [*sums, answer.ratio(t), *answer.mean_balance[t]]
        lines.add_row(str(t), *map(brief, cells))
    return [head, lines]


def nonclairvoyant_report(answer: NonClairvoyant) -> list[Shown]:
    """The parts of the revenue by period, the ratio and what is guaranteed."""
    ran = answer.ran
    head = Text.assemble(
        ("Without knowing the future: ", "bold"), (ran.items.env.name, "bold"), f", {ran.split.name}"
    )
    spent = "posted price" if ran.items.buyers == 1 else "burnt"
    lines = table(
        ["period", "Myerson", "second price", "spend", spent], ["Myerson", "second price", "spend", spent]
    )
    for t, part in enumerate([*ran.by_period, ran.parts]):
        cells = (part.myerson, part.second_price, part.spend, part.burnt)
        lines.add_row("all" if t == len(ran.by_period) else str(t), *map(brief, cells))
    low, high = ran.range
    revenue = money(answer.revenue)
    if ran.interval is not None:
        revenue += f" ± {ran.interval:.2g} (95%, simulated)"
    held: list[tuple[str, str]] = []
    if answer.yardstick is not None and answer.share is not None:
        off = None if answer.bank is None else answer.bank.gap
        below = "" if off is None else f", at most {float(off):.2g} below the optimum"
        ratio = "ratio" if answer.bank is not None else "share of it"
        held = [
            (answer.against.replace("-", " "), money(answer.yardstick) + below),
            (ratio, money(answer.share)),
        ]
    kept = {True: ", kept", False: ", not kept", None: ""}[answer.guaranteed]
    one = ran.items.buyers == 1
    pairs = [
        ("revenue", revenue + ("" if one else ", without burnt payments")),
        ("range", f"{brief(low)} to {brief(high)}" if high is not None else f"from {brief(low)}"),
        *held,
        ("guarantee", f"{answer.guarantee}{kept}"),
    ]
    note = (
        f"Ties at the posted price: {ran.tie}; the range is over both rules."
        if one
        else "The range adds the least and the most that the money-burning part can collect."
    )
    return [head, lines, facts(pairs), Text(note, style="dim")]
