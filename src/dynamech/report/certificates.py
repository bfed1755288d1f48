"""A certificate that was checked again: what it proves, and about what."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rich.text import Text

from ..api.certificate import CertificateCheck
from ..solvers import checker
from ..solvers.numbers import show
from .wording import Shown, ends, table


def certificate_report(check: CertificateCheck) -> list[Shown]:
    """What was found, and in a sentence what is proved."""
    found = check.content
    made = table(["what", "answer"])
    made.add_row("valid", "yes" if found["valid"] else "no")
    made.add_row("kind", found["kind"])
    made.add_row("value", _value(found))
    made.add_row("instance", found["instance"] or "–")
    for key, word in (found["question"] or {}).items():
        if word:
            made.add_row(key, word)
    if found["rebuilt"] is not None:
        made.add_row("rebuilt", "the same program" if found["rebuilt"] else "no")
    made.add_row("reason", check.reason)
    return [made, Text(_sentence(found))] if found["valid"] else [made]


def _sentence(found: Mapping[str, Any]) -> str:
    """What a valid proof proves, in words."""
    said = {
        "optimal": f"is {_value(found)}",
        "interval": f"is in the interval {_value(found)}",
        "infeasible": "does not exist: nothing satisfies all rows",
        "unbounded": "does not exist: it is unbounded",
    }[found["kind"]]
    words = found["question"]
    if words is None:
        return (
            f"The file proves that the optimal value of the program in it {said}. It does not say which "
            "question that program is of."
        )
    under = f"incentives '{words['incentives']}' and participation '{words['participation']}'"
    proved = (
        f"The file proves that the optimal {words['objective']} under {under} for "
        f"'{found['instance']}' {said}"
    )
    if found["rebuilt"]:
        return f"{proved}: its program is that of this question, compiled anew."
    return f"{proved}, if its program is that of this question, as it says; --rebuild compiles it."


def _value(found: Mapping[str, Any]) -> str:
    if found["kind"] == "interval" and "least" in found:
        least, most = (found[end] and checker.number(found[end]) for end in ("least", "most"))
        return ends(least, most)
    return "–" if found["value"] is None else show(checker.number(found["value"]))
