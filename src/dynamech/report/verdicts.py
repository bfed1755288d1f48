"""Verdicts on a mechanism: one line a notion, and below them who gains by what."""

from __future__ import annotations

from collections.abc import Sequence

from rich.text import Text

from ..models.verification.verdict import Verdict
from .wording import Shown, money, table


def verdict_report(verdicts: Sequence[Verdict]) -> list[Shown]:
    """The table of verdicts and the sentences of their witnesses."""
    lines = table(["kind", "notion", "holds", "violation"], right=["violation"])
    shown: list[Shown] = [lines]
    for verdict in verdicts:
        # What a tolerance forgives is not a violation; the JSON has the figure.
        amount = "0" if verdict.holds else money(verdict.violation)
        lines.add_row(verdict.kind, verdict.notion, Text("yes" if verdict.holds else "no"), amount)
        if verdict.witness is not None:
            shown.append(Text.assemble((f"{verdict.notion}: ", "bold"), verdict.witness.sentence))
    return shown
