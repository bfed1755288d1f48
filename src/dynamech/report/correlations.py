"""An answer about correlation: agents, their blocks nearest to failure, and what follows, in sentences."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby
from typing import Any

import numpy as np
from rich.text import Text

from ..models.correlation import AgentAnswer, Correlation
from ..models.correlation.bounded import Bounded
from ..models.correlation.static import Static
from ..solvers.numbers import nearest, to_float
from .diagnosis import Diagnosis, diagnoses
from .wording import NONE, Shown, brief, money, said, table, titled

LINES = 24
"""Blocks beyond this number are left out, the ones farthest from failure first."""
LEGEND = (
    "Gaps: least change of one row of probabilities, in the sum of absolute changes, after which convex "
    "independence or spanning fails. 3.1, 3.2: the smallest largest transfer by either theorem."
)
LATER = "no later period"
WITHIN = (
    "Crémer and McLean: what a first type lets an agent believe of the others' first types. Side bets on "
    "their reports take any rent of a static mechanism where these beliefs are independent (spanning), and "
    "on average where none is a mixture of others (convex)."
)
SPREAD = (
    "Spread: how far apart payments must lie at least. Subsidy: what the designer expects to pay, net and "
    "discounted, at least; below 0 she earns it."
)
WORDS = {
    "externality": "the others' loss at the first type that changes the action",
    "shortest paths": "shortest paths in the graph of lies",
}


def correlation_report(answer: Correlation) -> list[Shown]:
    """The tables and sentences of an answer; without a later period what there is within period 0."""
    shown = _across(answer) if any(agent.periods for agent in answer.agents) or answer.message else []
    if answer.static is not None:
        few = _few(len(answer.static.blocks))
        title = f"Correlation of {answer.environment.name} within period 0{few}"
        shown.append(titled(title, _static(answer, answer.static), Text(WITHIN, style="dim")))
    if answer.bounded is not None:
        lines = _within(answer.bounded)
        shown.append(
            titled(f"Payments of {answer.environment.name} within bounds", lines, Text(SPREAD, style="dim"))
        )
    return shown + said(sentences(answer))


def _across(answer: Correlation) -> list[Shown]:
    """Agents and their blocks."""
    agents = table(
        ["agent", "convex independence", "spanning", "Theorem 3.1", "Theorem 3.2"],
        right=["Theorem 3.1", "Theorem 3.2"],
    )
    for agent in answer.agents:
        agents.add_row(
            agent.name,
            _yes(agent.convex_independence),
            _yes(agent.spanning),
            *(_largest(agent, name) for name in ("3.1", "3.2")),
        )
    title = f"Correlation of {answer.environment.name} across time: smallest largest transfer"
    shown: list[Shown] = [titled(title, agents)]
    nearest = sorted(diagnoses(answer), key=lambda block: float(block.convex_gap))
    if nearest:
        few = _few(len(nearest))
        shown.append(titled(f"Blocks{few}", _blocks(answer, nearest[:LINES]), Text(LEGEND, style="dim")))
    return shown


def _few(count: int) -> str:
    return f" ({LINES} of {count:,}, nearest to failure first)" if count > LINES else ""


def _yes(value: bool | None) -> str:
    return LATER if value is None else "yes" if value else "no"


def _largest(agent: AgentAnswer, name: str) -> str:
    feasible, top, _ = agent.theorem(name)
    return money(top) if feasible else LATER if feasible is None else "infeasible"


def _blocks(answer: Correlation, blocks: list[Diagnosis]) -> Shown:
    several = len(answer.course.followed) > 1
    names = ["agent", *(["period"] if several else []), "action", "given", "convex gap", "spanning gap",
             "condition", "3.1", "3.2"]  # fmt: skip
    lines = table(names, right=names[-5:])
    for block in blocks:
        lines.add_row(
            block.agent.name,
            *([str(block.t)] if several else []),
            block.action,
            block.given,
            *_gaps(block.convex_gap, block.spanning_gap, block.condition),
            *("no" if top is None else brief(top) for top in block.largest.values()),
        )
    return lines


def _gaps(convex: Any, spanning: Any, condition: Any) -> tuple[str, str, str]:
    """Distances to failure of convex independence and spanning, and the condition number."""
    return (
        f"{float(convex):.3g}" if np.isfinite(float(convex)) else NONE,
        NONE if spanning is None else f"{float(spanning):.3g}",
        f"{condition:.3g}" if np.isfinite(condition) else "∞",
    )


def _static(answer: Correlation, static: Static) -> Shown:
    """The blocks of period 0, the ones nearest to failure first."""
    public = bool(answer.course.environment.observed)
    names = ["agent", *(["given"] if public else []), "convex", "spanning", "convex gap",
             "spanning gap", "condition"]  # fmt: skip
    lines = table(names, right=names[-3:])
    for block in sorted(static.blocks, key=lambda b: float(to_float(b.convex.distance).min()))[:LINES]:
        given = ", ".join(f"{name} {label}" for name, label in block.public.items())
        distance = None if block.spanning.distance is None else block.spanning.distance[0]
        lines.add_row(
            answer.course.environment.agents[block.agent].name,
            *([given] if public else []),
            _yes(bool(block.convex.holds.all())),
            _yes(bool(block.spanning.holds.all())),
            *_gaps(block.convex.distance[0].min(), distance, block.spanning.condition[0]),
        )
    return lines


def _within(bounded: Bounded) -> Shown:
    """What bounds leave, agent by agent."""
    names = ["agent", "lowest", "highest", "spread", "subsidy"]
    lines = table(names, right=names[1:])
    for agent in bounded.agents:
        low, high, spread = (
            brief(bound) if np.isfinite(nearest(bound)) else NONE
            for bound in (agent.low, agent.high, agent.spread)
        )
        lines.add_row(agent.name, low, high, spread, NONE if agent.subsidy is None else brief(agent.subsidy))
    return lines


def sentences(answer: Correlation) -> Iterator[tuple[str, str]]:
    """What the answer says, as (heading, sentence)."""
    if not any(agent.periods for agent in answer.agents) and not answer.message:
        yield "Across time", "No later period exists, so there is nothing that first types could foretell."
    if answer.mechanism is None:
        yield "Mechanism", f"None: {answer.reason}."
    elif answer.bounded is not None:
        kept = "" if answer.last is None or answer.last.efficient else " in all periods but the last"
        subsidy = answer.bounded.subsidy
        told = (
            f"the subsidy is {money(subsidy)}"
            if subsidy is None or subsidy >= 0
            else (f"the designer earns {money(-subsidy)}")
        )
        yield (
            "Mechanism",
            f"The efficient policy{kept} at the least subsidy within the bounds: {told}. Payments are of the "
            f"kind of Theorem {answer.theorem}, for a report at once and one period later, and make nobody a "
            "residual claimant; nobody is promised that taking part pays.",
        )
    elif not any(agent.periods for agent in answer.agents):
        yield "Mechanism", "That of the last period: no later one exists in which transfers could be paid."
    else:
        kept = "" if answer.last is None or answer.last.efficient else " in all periods but the last"
        yield (
            "Mechanism",
            f"The efficient policy{kept} with the transfers of Theorem {answer.theorem}, smallest by norm "
            f"{answer.norm}; each is paid one period after the report that it is for.",
        )
    if answer.message and answer.mechanism is not None:
        yield "Limit", f"Not everything was looked at: {answer.message}."
    yield from _failures(answer)
    if answer.last is not None:
        if answer.last.ring is not None:
            yield "Last period", f"{answer.last.sentence} It keeps a constant action instead."
        elif answer.bounded is None:
            rules = ", ".join(f"{name}: {WORDS[rule]}" for name, rule in answer.last.rule.items())
            yield "Last period", f"Efficient, with payments by {rules}."
    if not answer.accurate:
        yield (
            "Accuracy",
            f"The process is nearly singular: transfers miss their expectations by up to "
            f"{float(answer.residual):.3g}; exact answers (--exact, exact=True) do not.",
        )


def _failures(answer: Correlation) -> Iterator[tuple[str, str]]:
    """The first block where an agent's rows fail convex independence, or else spanning, with the proof."""
    for _, own in groupby(diagnoses(answer), key=lambda block: block.agent.index):
        failing = [block for block in own if not (block.convex and block.spanning)]
        first = min(failing, key=lambda block: (block.t, block.convex), default=None)
        if first is not None:
            yield _failure(answer, first)


def _failure(answer: Correlation, block: Diagnosis) -> tuple[str, str]:
    types = answer.course.environment.agents[block.agent.index].types[block.t]
    where = f"agent '{block.agent.name}', period {block.t}, action '{block.action}'"
    if block.convex:
        null = _combination(block.period.spanning.null[block.m], types)
        return "No spanning", f"{where}: what the types foretell adds up to 0 in {null}."
    convex = block.period.convex
    r = int(np.flatnonzero(~convex.independent[block.m])[0])
    mixed = _combination(convex.weights[block.m, r], types)
    where += f", given {block.given}" if block.given else ""
    return "No convex independence", f"{where}: what type '{types[r]}' foretells is {mixed}."


def _combination(weights: Any, types: Any) -> str:
    return " + ".join(
        f"{brief(w)} × '{label}'" for w, label in zip(weights, types, strict=True) if w != 0
    ).replace("+ -", "− ")
