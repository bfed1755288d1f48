"""The whole page: head, sections, style and script in one file that asks nobody for anything.

Its own policy forbids it every connection, and every script but the one whose hash it names: whatever a label
says, nothing runs and nothing is fetched.
"""

from __future__ import annotations

import hashlib
from base64 import b64encode
from collections.abc import Iterator
from importlib import resources
from typing import TYPE_CHECKING

from rich.text import Text

from ...solvers.errors import DynamechError, InvalidInput
from .. import ladders
from ..markup import Html, element, together
from ..options import in_options
from ..wording import Shown, said
from . import sections
from .pictures import picture
from .proofs import proofs

if TYPE_CHECKING:
    from ...api.reporting import Report


def report_shown(report: Report) -> list[Shown]:
    """What the command line says of a page: what is on it, and where it is."""
    place = "" if report.path is None else f"{report.path}: "
    sentence = f"{place}a page on '{report.environment.name}', {len(report.page.encode()):,} bytes"
    return [Text(sentence), *said([("Verdict", ladders.verdict(report.ladder))])]


def page(report: Report) -> str:
    """The HTML of a report; the same report has the same characters."""
    script, style = _file("script.js"), _file("style.css")
    hashed = b64encode(hashlib.sha256(script.encode()).digest()).decode("ascii")
    policy = (
        f"default-src 'none'; script-src 'sha256-{hashed}'; style-src 'unsafe-inline'; img-src data:; "
        "base-uri 'none'; form-action 'none'"
    )
    title = f"Report on {report.environment.name}"
    parts = list(_sections(report))
    head = element(
        "head",
        element("meta", charset="utf-8"),
        element("meta", http_equiv="Content-Security-Policy", content=policy),
        element("meta", name="viewport", content="width=device-width, initial-scale=1"),
        element("meta", name="generator", content=f"dynamech {report.version}"),
        element("title", title),
        Html(f"<style>{style}</style>"),
    )
    links = [element("li", element("a", name, href=f"#{place}")) for place, name, _ in parts]
    body = element(
        "body",
        element("a", "To the ladder", class_="skip", href="#ladder"),
        element("h1", title),
        element("p", report.environment.source) if report.environment.source else Html(""),
        element("p", ladders.verdict(report.ladder), class_="verdict"),
        element("nav", element("ul", *links), aria_label="Sections"),
        element(
            "main",
            *(
                element("section", element("h2", name, id=f"{place}-head"), content, id=place,
                        aria_labelledby=f"{place}-head")
                for place, name, content in parts
            ),
        ),
        Html(f"<script>{script}</script>"),
    )  # fmt: skip
    return f"<!DOCTYPE html>\n{element('html', head, body, lang='en')}\n"


def _sections(report: Report) -> Iterator[tuple[str, str, Html]]:
    """(place, heading, content) of each."""
    ladder = report.ladder
    yield "ladder", "The ladder", sections.ladder_section(ladder)
    yield "lie", "Who lies", sections.lie_section(ladder)
    yield "mechanism", "The mechanism", sections.mechanism_section(report)
    if drawn := together(_pictures(report)):
        yield "pictures", "Pictures", drawn
    yield "environment", "The environment", sections.environment_section(report.environment)
    yield "proofs", "Proofs", proofs(ladder)
    yield "made", "How it was made", sections.made_section(report)


def _pictures(report: Report) -> Iterator[Html]:
    """Of every answer on the page that has one, its picture; without matplotlib a sentence."""
    for number, (caption, draw) in enumerate(report.pictures):
        try:
            yield picture(draw(), caption, number)
        except InvalidInput:  # there is no picture of this
            continue
        except DynamechError as error:
            yield element("p", f"{in_options(error)}.")
            return


def _file(name: str) -> str:
    return resources.files(__package__ or "").joinpath(name).read_text("utf-8")
