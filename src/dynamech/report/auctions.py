"""Capped money burning and virtual values as tables."""

from __future__ import annotations

from rich.text import Text

from ..models.auctions.money_burning.burning import Burning
from ..models.auctions.virtual_values import VirtualValues
from .wording import Shown, brief, facts, money, table, titled

LINES = 30
"""Orders of the mixture, or types, that are shown."""


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
