"""What a balanced budget costs whom, and what an extracted surplus earns, in sentences."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from ..models.correlation.budget import Budget
from ..models.correlation.extraction import Extraction
from .wording import Shown, brief, money, said, table, titled

LINES = 24
"""First profiles beyond this number are left out."""


def budget_report(made: Budget) -> list[Shown]:
    """Fees and payoffs by first profile, and what they say."""
    if not made.settled:
        return said([("Budget", f"None: {made.message}.")])
    env = made.plan.environment
    names = [env.agents[i].name for i in env.private]
    columns = [*(f"{name} {what}" for what in ("pays", "is left with") for name in names)]
    lines = table(["first types", *columns], right=columns)
    count = made.fees.shape[1]
    for s in range(min(count, LINES)):
        digits = np.unravel_index(s, env.types(0))
        labels = ", ".join(a.types[0][int(k)] for a, k in zip(env.agents, digits, strict=True))
        cells = [brief(figures[i, s]) for figures in (made.path.first, made.payoffs) for i in env.private]
        lines.add_row(labels, *cells)
    few = f" ({LINES} of {count:,} profiles)" if count > LINES else ""
    title = f"Budget of {made.environment.name}, {made.rule}{few}"
    return [titled(title, lines), *said(budget_sentences(made))]


def extraction_report(made: Extraction) -> list[Shown]:
    """What an extracted surplus earns."""
    if not made.settled:
        return said([("Surplus extraction", f"None: {made.message}.")])
    return said(extraction_sentences(made))


def budget_sentences(made: Budget) -> Iterator[tuple[str, str]]:
    """What a balanced budget says, as (heading, sentence)."""
    env = made.plan.environment
    costs = "" if all((c == 0).all() for c in env.costs) else " less the designer's costs"
    yield "Budget", f"Expected discounted payments{costs} add up to {money(made.total)}."
    worst = max((abs(net).max() for net in made.periods), default=0)
    kept = made.last is None or made.last.efficient
    if made.rule == "per-period":
        whose = "the surplus" if kept else "what the surplus would be with an efficient last period"
        yield (
            "Every period",
            f"Given the profile before, expected payments{costs} miss 0 by at most {money(worst)}; everybody "
            f"is left with 1/{len(env.private)} of {whose}.",
        )
    if made.last is not None and not kept:
        yield "Last period", f"{made.last.sentence} It keeps a constant action instead."


def extraction_sentences(made: Extraction) -> Iterator[tuple[str, str]]:
    """What an extracted surplus says, as (heading, sentence)."""
    env = made.plan.environment
    entry = env.discount * max(bound.max() for bound in made.bounds)
    yield (
        "Surplus extraction",
        f"The designer earns {money(made.revenue)} of an expected surplus of {money(made.welfare)}; agents "
        f"are charged at most {money(entry)} in advance for the lottery that their report enters, and never "
        "owe anything for it later.",
    )
    least, most = money(made.least_continuation), money(made.largest_rent)
    yield (
        "After a history",
        f"Agents are left with at least {least} and at most {most}: the surplus is extracted at the start, "
        "not after every history (Remark 4.2).",
    )
    names = [env.agents[i].name for i in env.private if made.indifferent(i)]
    if names:
        who = ", ".join(f"'{name}'" for name in names)
        when = "" if env.stationary else " before the last period"
        yield (
            "Indifference",
            f"No report{when} ever costs {who} anything: efficiency is only weakly incentive compatible.",
        )


__all__ = ["budget_report", "extraction_report"]
