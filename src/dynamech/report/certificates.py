"""A certificate that was checked again: what it proves, and about what."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rich.text import Text

from ..api.certificate import CertificateCheck
from ..models.notions.demands import read_demands
from ..solvers import checker
from ..solvers.numbers import show
from .wording import Shown, ends, table


def certificate_report(check: CertificateCheck) -> list[Shown]:
    """What was found, and in a sentence what is proved."""
    content = check.content
    lines = table(["what", "answer"])
    lines.add_row("valid", "yes" if content["valid"] else "no")
    lines.add_row("kind", content["kind"])
    lines.add_row("value", _value(content))
    lines.add_row("instance", content["instance"] or "–")
    for key, word in (content["question"] or {}).items():
        if word:
            lines.add_row(key, word if isinstance(word, str) else _demanded(word))
    if content["rebuilt"] is not None:
        lines.add_row("rebuilt", "the same program" if content["rebuilt"] else "no")
    lines.add_row("reason", check.reason)
    return [lines, Text(_sentence(content))] if content["valid"] else [lines]


def _demanded(demands: Mapping[str, Any]) -> str:
    return " and ".join(demand.name for demand in read_demands(demands))


def _sentence(content: Mapping[str, Any]) -> str:
    """What a valid proof proves, in words."""
    said = {
        "optimal": f"is {_value(content)}",
        "interval": f"is in the interval {_value(content)}",
        "infeasible": "does not exist: nothing satisfies all rows",
        "unbounded": "does not exist: it is unbounded",
    }[content["kind"]]
    words = content["question"]
    if words is None:
        return (
            f"The file proves that the optimal value of the program in it {said}. It does not say which "
            "question that program is of."
        )
    under = f"incentives '{words['incentives']}' and participation '{words['participation']}'"
    if words["demands"]:
        under += f" with {_demanded(words['demands'])}"
    proved = (
        f"The file proves that the optimal {words['objective']} under {under} for "
        f"'{content['instance']}' {said}"
    )
    if content["rebuilt"]:
        return f"{proved}: its program is that of this question, compiled anew."
    return f"{proved}, if its program is that of this question, as it says; --rebuild compiles it."


def _value(content: Mapping[str, Any]) -> str:
    if content["kind"] == "interval" and "least" in content:
        least, most = (content[end] and checker.number(content[end]) for end in ("least", "most"))
        return ends(least, most)
    return "–" if content["value"] is None else show(checker.number(content["value"]))
