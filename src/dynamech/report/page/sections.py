"""The sections of a report, each by itself: what it says, and where its figures come from."""

from __future__ import annotations

import json
import math
import platform
from base64 import b64encode
from collections.abc import Iterator
from importlib import metadata
from typing import TYPE_CHECKING, Any

from ...models.design.design import Design
from ...models.environment.environment import Environment
from ...models.ladder.ladder import Ladder
from ...models.mechanism.mechanism import Mechanism
from ...solvers.arithmetic import COMPUTED
from .. import ladders
from ..designs import lottery_noise, mechanism_tables
from ..environments import environment_report
from ..markup import Html, element, rendered, together
from ..options import in_options
from ..verdicts import verdict_report
from ..wording import facts, said
from ..written import shown_mechanism
from .story import story
from .tree import ENTRIES, entries, tree

if TYPE_CHECKING:
    from ...api.reporting import Report

PACKAGES = (
    "numpy", "scipy", "highspy", "python-flint", "networkx", "pydantic", "rich", "matplotlib",
)  # fmt: skip
"""Whose versions a page tells."""
RUNGS = ("rung", "value", "gap", "tight", "known", "incentives", "size")
"""Columns of the ladder on a page: no seconds, which differ from run to run."""
OPTIMUM, RELAXED = "tree-optimum", "tree-relaxed"
"""Places of the two trees."""


def ladder_section(ladder: Ladder) -> Html:
    """The rungs and what follows from them; who lies has a section of its own."""
    parts = [element("p", ladders.heading(ladder).plain), rendered(ladders.rungs_table(ladder, RUNGS))]
    parts += map(rendered, said([*ladders.beside(ladder), *ladders.remarks(ladder)]))
    return together(parts)


def mechanism_section(report: Report) -> Html:
    """The mechanism that is optimal under ``bayesian`` incentives, and what the judge says of it."""
    design = report.ladder.designs.get("bayesian")
    if design is None:
        return element("p", "The rung 'bayesian' was not asked, so there is no mechanism to show.")
    mechanism, env = shown_mechanism(design), design.environment
    if mechanism is None or env is None:
        why = design.message or design.status
        return element("p", f"There is no mechanism to show: {in_options(why)}.")
    parts = [element("p", _attains(design))]
    parts.append(explorer(OPTIMUM, env, mechanism, lottery_noise(design)))
    if report.verdicts is not None:
        parts += [element("h3", "Judged by best replies")]
        parts += map(rendered, verdict_report(report.verdicts))
    elif report.unjudged:
        parts.append(element("p", f"It was not judged again: {in_options(report.unjudged)}."))
    if tables := mechanism_tables(env, mechanism, lottery_noise(design)):
        inner = map(rendered, tables)
        parts.append(element("details", element("summary", "The same as tables"), *inner))
    return together(parts)


def _attains(design: Design) -> str:
    if design.bounds is not None and not design.bounds.closed:
        return (
            "This mechanism attains the lower of two bounds that are still apart; the optimum may be better, "
            f"by {float(design.bounds.upper - design.bounds.lower):.3g} at most."
        )
    if not design.attained:
        return "The value is a supremum; this mechanism comes close to it."
    if design.status == "limit":
        return "The best mechanism that was found within the limits; others may be better."
    if design.bounds is not None:
        return "This mechanism attains the lower of the two bounds, which are as close as was asked for."
    return "This mechanism attains the value of the rung 'bayesian'."


def lie_section(ladder: Ladder) -> Html:
    """Who lies, and the tree of the mechanism under which she does."""
    unrelaxed = ladder.unrelaxed if ladder.tight["relaxed"] is False else None
    told = unrelaxed is not None and unrelaxed.witness is not None
    parts = [story(ladder, RELAXED if told else None)]
    if told and unrelaxed is not None:
        parts += [
            element("h3", "The relaxed optimum, with the payments under which the lie is told"),
            explorer(RELAXED, unrelaxed.environment, unrelaxed.mechanism, max(COMPUTED, unrelaxed.error)),
        ]
    return together(parts)


def explorer(place: str, env: Environment, mechanism: Mechanism, noise: float) -> Html:
    """A mechanism as a tree that opens: choose types and it follows, or walk it by keyboard."""
    size = entries(env, mechanism)
    if size > ENTRIES:
        words = f"The mechanism has {size:,} probabilities, too many for a page; design --out FILE writes it."
        return element("p", words)
    sizes = ", ".join(
        f"{stage.size:,} × {math.prod(env.types(t)):,}" for t, stage in enumerate(mechanism.stages[:6])
    ) + (", …" if len(mechanism.stages) > 6 else "")
    states = sum(stage.size * math.prod(env.types(t)) for t, stage in enumerate(mechanism.stages))
    about = (
        f"{states:,} states: memories × reports by period {sizes}. Choose what is reported, and the tree "
        "follows; in the tree, arrow keys move, open and close."
    )
    controls = element(
        "div",
        element("button", "Open all", type="button", class_="open"),
        element("button", "Close all", type="button", class_="close"),
        element(
            "label", element("input", type="checkbox", class_="unlikely"), " also reports of probability 0"
        ),
        element(
            "label", "periods to print ",
            element("input", type="number", class_="depth", min="1", max="99", value="2"),
        ),
        class_="controls",
    )  # fmt: skip
    return together(
        [
            element("noscript", element("p", "The tree needs scripts.")),
            element(
                "div",
                element("p", about, class_="note"),
                element("div", class_="path", role="group", aria_label="What is reported"),
                element("p", class_="told", aria_live="polite"),
                controls,
                element("p", class_="printed"),
                element("ul", role="tree", aria_label="The mechanism by reports"),
                data_block(tree(env, mechanism, noise)),
                class_="explorer",
                id=place,
                hidden="",
            ),
        ]
    )


def data_block(content: Any) -> Html:
    """JSON inside a page: no character of a label can end the element."""
    text = json.dumps(content, separators=(",", ":"), ensure_ascii=True)
    for character in "<>&":
        text = text.replace(character, f"\\u{ord(character):04x}")
    return Html(f'<script type="application/json">{text}</script>')


def environment_section(env: Environment) -> Html:
    """Agents, types, values and processes."""
    return together(map(rendered, environment_report(env)))


def made_section(report: Report) -> Html:
    """The command, the files that it needs, and the versions that ran."""
    files = [
        element("li", download(name, content), f" {digest}")
        for name, content, digest in report.files
    ]  # fmt: skip
    parts = [
        element("p", "This command makes the page again:"),
        element("pre", element("code", report.command)),
    ]
    if files:
        parts += [element("p", "What it is about, as files:"), element("ul", *files)]
    parts.append(rendered(facts(versions(report))))
    return together(parts)


def download(name: str, content: str) -> Html:
    """A link that saves a file that is in the page."""
    data = b64encode(content.encode()).decode("ascii")
    return element("a", name, download=name, href=f"data:application/json;base64,{data}")


def versions(report: Report) -> Iterator[tuple[str, str]]:
    """What ran, and which release."""
    yield "solver", report.ladder.effort.solver
    yield "numbers", "over the rationals" if report.ladder.effort.exact else "in doubles"
    yield "dynamech", report.version
    yield "Python", platform.python_version()
    for name in PACKAGES:
        try:
            yield name, metadata.version(name)
        except metadata.PackageNotFoundError:
            continue
    if report.date:
        yield "made on", report.date
