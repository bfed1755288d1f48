"""Whether an allocation can be paid for: its payments, or the lies that stop every payment."""

from __future__ import annotations

from rich.text import Text

from ..models.payments.implement import Implementation
from .designs import mechanism_report
from .wording import Shown, brief, facts, money, table

LINES = 40
"""A mixture of more lies is cut here; the JSON has them all."""


def implementation_report(implementation: Implementation) -> list[Shown]:
    """The verdict, then the mechanism with payments or the mixture of lies."""
    words = "yes" if implementation else "no"
    shown: list[Shown] = [facts([("incentives", implementation.incentives), ("implementable", words)])]
    if implementation.certificate is not None:
        shown.append(Text("Proved in rational arithmetic."))
    if implementation.mechanism is not None:
        return [*shown, *mechanism_report(implementation.environment, implementation.mechanism, 0.0)]
    shown.append(
        Text(
            f"Whatever is charged, these lies with their weights gain {money(implementation.gain)} "
            "together: all payments cancel."
        )
    )
    lines = table(["agent", "period", "after|type→report", "weight"], right=["period", "weight"])
    for lie in implementation.deviations[:LINES]:
        lines.add_row(lie.agent, str(lie.period), lie.lie, brief(lie.weight))
    if len(implementation.deviations) > LINES:
        lines.add_row("…", "", f"{len(implementation.deviations) - LINES} more", "")
    return [*shown, lines]
