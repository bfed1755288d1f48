"""What a balanced budget costs whom, and what an extracted surplus earns, in sentences."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from ..models.correlation.budget import Budget
from ..models.correlation.extraction import Extraction
from .wording import Shown, brief, money, said, table, titled

LINES = 24
"""First profiles beyond this number are left out."""


def budget_report(budget: Budget) -> list[Shown]:
    """Fees and payoffs by first profile, and what they say."""
    if not budget.settled:
        return said([("Budget", f"None: {budget.message}.")])
    env = budget.course.environment
    names = [env.agents[i].name for i in env.private]
    columns = [*(f"{name} {what}" for what in ("pays", "is left with") for name in names)]
    lines = table(["first types", *columns], right=columns)
    count = budget.fees.shape[1]
    for s in range(min(count, LINES)):
        digits = np.unravel_index(s, env.types(0))
        labels = ", ".join(a.types[0][int(k)] for a, k in zip(env.agents, digits, strict=True))
        cells = [brief(figures[i, s]) for figures in (budget.path.first, budget.payoffs) for i in env.private]
        lines.add_row(labels, *cells)
    few = f" ({LINES} of {count:,} profiles)" if count > LINES else ""
    title = f"Budget of {budget.environment.name}, {budget.rule}{few}"
    return [titled(title, lines), *said(budget_sentences(budget))]


def extraction_report(extraction: Extraction) -> list[Shown]:
    """What an extracted surplus earns."""
    if not extraction.settled:
        return said([("Surplus extraction", f"None: {extraction.message}.")])
    return said(extraction_sentences(extraction))


def budget_sentences(budget: Budget) -> Iterator[tuple[str, str]]:
    """What a balanced budget says, as (heading, sentence)."""
    env = budget.course.environment
    costs = "" if all((c == 0).all() for c in env.costs) else " less the designer's costs"
    kept = budget.last is None or budget.last.efficient
    whose = "the surplus" if kept else "what the surplus would be with an efficient last period"
    shared = budget.rule == "per-period"
    left = f"; everybody is left with 1/{len(env.private)} of {whose}" if shared else ""
    if budget.balanced:
        when = (
            "in every period: given the profile before, expected"
            if shared
            else "ex ante: expected discounted"
        )
        yield "Budget", f"Balanced {when} payments{costs} add up to 0{left}."
    else:
        missed = max((abs(net).max() for net in budget.periods), default=0)
        yield (
            "Budget",
            f"Not balanced: expected discounted payments{costs} add up to {money(budget.total)}, and in a "
            f"period, given the profile before, they miss 0 by up to {money(missed)}{left}.",
        )
    if budget.last is not None and not kept:
        yield "Last period", f"{budget.last.sentence} It keeps a constant action instead."


def extraction_sentences(extraction: Extraction) -> Iterator[tuple[str, str]]:
    """What an extracted surplus says, as (heading, sentence)."""
    env = extraction.course.environment
    entry = env.discount * max(bound.max() for bound in extraction.bounds)
    yield (
        "Surplus extraction",
        f"The designer earns {money(extraction.revenue)} of an expected surplus of "
        f"{money(extraction.welfare)}; agents are charged at most {money(entry)} in advance for the lottery "
        "that their report enters, and never owe anything for it later.",
    )
    least, most = money(extraction.least_continuation), money(extraction.largest_rent)
    yield (
        "After a history",
        f"Agents are left with at least {least} and at most {most}: the surplus is extracted at the start, "
        "not after every history (Remark 4.2).",
    )
    names = [env.agents[i].name for i in env.private if extraction.indifferent(i)]
    if names:
        who = ", ".join(f"'{name}'" for name in names)
        when = "" if env.stationary else " before the last period"
        yield (
            "Indifference",
            f"No report{when} ever costs {who} anything: efficiency is only weakly incentive compatible.",
        )
