"""The lie, told step by step: what was said before it, what is true, what is said, and what comes of it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from ...models.ladder.ladder import Ladder
from ...models.verification.verdict import Witness
from ...solvers.numbers import show
from ..ladders import who_lies
from ..markup import Html, element, rendered, together
from ..shocks import shocks_report
from ..wording import said, table

LIES = 30
"""Entries of a plan that are told."""


def story(ladder: Ladder, tree: str | None) -> Html:
    """Who lies under the relaxed optimum, or why nobody does.

    tree: the place on the page of the tree of that optimum, where there is one.
    """
    witness = ladder.witness
    more = [rendered(part) for part in said(who_lies(ladder))]
    if witness is None:
        return together(more or [element("p", _nobody(ladder))])
    steps = [element("li", step) for step in _steps(witness)]
    history = json.dumps([*witness.history, {"reports": {witness.agent: witness.report}, "action": None}])
    button = element(
        "button", "Follow this lie in the tree", type="button", data_tree=tree, data_history=history,
        hidden="",
    ) if tree else Html("")  # fmt: skip
    return together(
        [
            element("ol", *steps, class_="story"),
            button,
            element("h3", "In sentences"),
            *more,
            *map(rendered, shocks_report(ladder)),
        ]
    )


def _nobody(ladder: Ladder) -> str:
    tight = ladder.tight["relaxed"]
    if tight:
        return "Nobody: the relaxation is tight, and no lie keeps anything from it."
    return "Nobody is named, because it is not known whether the relaxation leaves anything."


def _steps(witness: Witness) -> Iterator[Html]:
    """The history, the lie, what follows, and the gain."""
    name, t = witness.agent, witness.period
    yield together(
        [
            "The mechanism is the relaxed optimum, with the payments that leave the least to gain from a "
            "lie: best where shocks are public, while here they are private."
        ]
    )
    for k, entry in enumerate(witness.history):
        yield together([f"In period {k} everybody has heard {_words(entry)}."])
    kind = element("strong", witness.type or "")
    yield together([f"In period {t} the type of '{name}' is '", kind, "'."])
    yield together(["She reports '", element("strong", witness.report or ""), "' instead."])
    if isinstance(witness.plan, list):
        plan = witness.plan
        lines = table(["period", "after the lie", *(["type before"] if "previous" in plan[0] else []),
                       "when her type is", "she reports"])  # fmt: skip
        for entry in plan[:LIES]:
            after = "; ".join(_words(step) for step in entry["history"])
            before = [entry["previous"]] if "previous" in entry else []
            lines.add_row(str(entry["period"]), after, *before, entry["type"], entry["report"])
        left = len(plan) - LIES
        cut = f" {left:,} more are in ladder --json." if left > 0 else ""
        many = " The plan goes on; it was cut." if witness.truncated else ""
        yield together(
            ["Afterwards she reports, and wherever nothing is listed the truth:", rendered(lines), cut + many]
        )
    else:
        yield together(["Afterwards she tells the truth."])
    gain = element("span", show(witness.gain), class_="gain")
    yield together(["She gains ", gain, f" in money of period {t}, beyond what truth leaves her there."])


def _words(entry: dict[str, Any]) -> str:
    reports = ", ".join(f"{name} '{label}'" for name, label in entry["reports"].items())
    return reports + ("" if entry["action"] is None else f"; the action is '{entry['action']}'")
