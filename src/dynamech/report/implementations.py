"""Whether an allocation can be paid for: its payments, or the lies that stop every payment."""

from __future__ import annotations

from rich.text import Text

from ..models.payments.implement import Implementation
from .designs import mechanism_report
from .wording import Shown, brief, facts, money, table

LINES = 40
"""A mixture of more lies is cut here; the JSON has them all."""


def implementation_report(found: Implementation) -> list[Shown]:
    """The verdict, then the mechanism with payments or the mixture of lies."""
    words = "yes" if found else "no"
    shown: list[Shown] = [facts([("incentives", found.incentives), ("implementable", words)])]
    if found.certificate is not None:
        shown.append(Text("Proved in rational arithmetic."))
    if found.mechanism is not None:
        return [*shown, *mechanism_report(found.environment, found.mechanism, 0.0)]
    shown.append(
        Text(
            f"Whatever is charged, these lies with their weights gain {money(found.gain)} together: all "
            "payments cancel."
        )
    )
    made = table(["agent", "period", "after|type→report", "weight"], right=["period", "weight"])
    for lie in found.deviations[:LINES]:
        made.add_row(lie.agent, str(lie.period), lie.lie, brief(lie.weight))
    if len(found.deviations) > LINES:
        made.add_row("…", "", f"{len(found.deviations) - LINES} more", "")
    return [*shown, made]
