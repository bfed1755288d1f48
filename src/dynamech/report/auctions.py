"""Auctions, capped money burning and virtual values as tables."""

from __future__ import annotations

from itertools import groupby

from rich.text import Text

from ..models.auctions.auction import Auction, RuleEntry
from ..models.auctions.money_burning.burning import Burning
from ..models.auctions.virtual_values import VirtualValues
from .wording import Shown, brief, facts, money, table, titled, why_not

RUNS = 6
"""Runs of types of one agent that are shown of an auction."""
LINES = 30
"""Orders of the mixture, or types, that are shown."""


def auction_report(auction: Auction) -> list[Shown]:
    """The value, types with virtual values and what they get, the auctions that are drawn from."""
    title = Text.assemble(("Auction: ", "bold"), (auction.environment.name, "bold"))
    if auction.best is None:
        return [title, Text(why_not(auction.status, auction.message))]
    demands = ", ".join(demand.name for demand in auction.demands)
    pairs = [("value", f"{money(auction.value)}, {auction.objective.word}")]
    if demands:
        pairs.append(("demands", demands))
    if auction.status == "limit":
        pairs.append(("at most", f"{money(auction.bound)}; {auction.message}"))
    columns = ["agent", "value", "virtual", "ironed", "wins", "pays", "keeps"]
    lines = table(columns, columns[1:])
    figures = [auction.sale.values, auction.virtual, auction.ironed, auction.reduced_form]
    figures += [auction.payments, auction.utilities]
    rows = [
        (agent.name, *map(brief, row))
        for i, agent in enumerate(auction.environment.agents)
        for row in zip(*(figure[i] for figure in figures), strict=True)
    ]
    for row in rows[:LINES]:
        lines.add_row(*row)
    notes = [f"{len(rows) - LINES} more types are in the JSON."] if len(rows) > LINES else []
    notes.append(
        "wins: how often. Virtual values have the demands priced in." if demands else "wins: how often."
    )
    shown: list[Shown] = [title, facts(pairs), titled("Types", lines, Text(" ".join(notes), style="dim"))]
    mixture = table(["probability", "from the first to win to the last"], ["probability"])
    entries = auction.drawn
    for entry in entries[:LINES]:
        mixture.add_row(brief(entry.probability), ", ".join(_order(auction, entry)))
    more = len(entries) - LINES
    note = f"{more} more are in the JSON. " if more > 0 else ""
    shown.append(
        titled(
            "Rule",
            mixture,
            Text(f"{note}Who is there and comes first gets it; values by agent.", style="dim"),
        )
    )
    if auction.prices:
        prices = table(["demand that binds", "worth of one unit more"], ["worth of one unit more"])
        for name, price in list(auction.prices.items())[:LINES]:
            prices.add_row(name, brief(price))
        shown.append(titled("Demands", prices))
    return shown


def _order(auction: Auction, entry: RuleEntry) -> list[str]:
    """Runs of types, highest key first, as an agent's name and the values of the run."""
    order = sorted(
        (
            (key, i, k)
            for i, keys in enumerate(entry.auction.keys)
            for k, key in enumerate(keys.tolist())
            if key >= 0
        ),
        reverse=True,
    )
    buyers = auction.sale.market.buyers
    runs = [list(run) for _, run in groupby(order, key=lambda one: one[1])]
    texts = []
    for run in runs[:RUNS]:
        i, first, last = run[0][1], run[0][2], run[-1][2]
        span = brief(buyers[i].values[last])
        texts.append(
            f"{buyers[i].name} {span if first == last else f'{brief(buyers[i].values[first])}..{span}'}"
        )
    return texts + (["..."] if len(runs) > RUNS else []) or ["nobody"]


def burning_report(burning: Burning) -> list[Shown]:
    """The value and its proof, the buyers with their weights, the mixture of orders."""
    values = facts(
        [
            ("value", f"{money(burning.value)}, the sum of expected utilities up to caps"),
            ("dual", f"{money(burning.dual)}, with the weights below"),
        ]
    )
    columns = ["agent", "cap", "weight w", "utility", "counted", "gets it with q"]
    lines = table(columns, columns[1:])
    for name, cap, w, u, q in zip(
        burning.market.names,
        burning.caps,
        burning.weights,
        burning.utilities,
        burning.probabilities,
        strict=True,
    ):
        lines.add_row(name, *map(brief, (cap, w, u, min(cap, u), q)))
    shown: list[Shown] = [
        Text.assemble(("Capped money burning: ", "bold"), (burning.market.instance, "bold")),
        values,
        titled(
            "Buyers", lines, Text("The largest w times ironed virtual value for utility wins.", style="dim")
        ),
    ]
    special = any((order.weights != burning.weights).any() for order in burning.orders)
    columns = ["probability", "first in ties, to last", *(["weights"] if special else [])]
    mixture = table(columns, ["probability"])
    for order in burning.orders[:LINES]:
        names = " > ".join(burning.market.names[i] for i in order.order)
        extra = [", ".join(map(brief, order.weights))] if special else []
        mixture.add_row(brief(order.probability), names, *extra)
    notes = []
    if len(burning.orders) > LINES:
        notes.append(f"{len(burning.orders) - LINES} more are in the JSON.")
    if special:
        notes.append("Small weights decide among buyers of weight 0 only.")
    notes.append("A winner pays the largest value with which she would still lose; payments are burnt.")
    if burning.payments == "largest":
        notes[-1] = "A winner pays the smallest value with which she would still win; payments are burnt."
    shown.append(titled("Mixture of orders", mixture, Text(" ".join(notes), style="dim")))
    return shown


def ironing_report(virtual: VirtualValues) -> list[Shown]:
    """Virtual values type by type."""
    columns = ["value", "probability", "virtual", "ironed", "utility", "ironed ", "printed", "ironed  "]
    lines = table(columns, columns)
    content = [
        virtual.buyer.values,
        virtual.buyer.probabilities,
        virtual.virtual,
        virtual.ironed,
        virtual.utility,
        virtual.utility_ironed,
        virtual.utility_printed,
        virtual.utility_printed_ironed,
    ]
    for row in list(zip(*content, strict=True))[:LINES]:
        lines.add_row(*map(brief, row))
    left = virtual.buyer.size - LINES
    more = f"{left} more types are in the JSON. " if left > 0 else ""
    note = Text(
        f"{more}virtual: for revenue (Myerson). utility: for money burning, smallest payments that are not "
        "negative. printed: the form printed in the paper, which belongs to the largest payments.",
        style="dim",
    )
    return [Text.assemble(("Virtual values: ", "bold"), (virtual.instance, "bold")), lines, note]
