"""A ladder: the table of rungs, and below it the verdict in sentences."""

from __future__ import annotations

import math
from collections.abc import Iterator
from fractions import Fraction

from rich.console import Group
from rich.text import Text

from ..models.ladder.ladder import RELAXATIONS, Ladder, Rung
from ..models.ladder.order import equal
from ..models.notions.incentives import INCENTIVES
from ..models.payments.unrelax import Unrelaxed
from ..solvers.accuracy import with_error
from ..solvers.arithmetic import SOLVED
from ..solvers.numbers import Number, nearest, show
from .wording import NONE, UNBOUNDED, Shown, brief, ends, interval, money, said, table, value_error

WIDE = 130
"""From this many columns on each rung has its meaning beside it; below, the meanings follow the table."""


_SHOCKS = " Types are written with the shock that drew them."


def ladder_report(made: Ladder, width: int) -> list[Shown]:
    """The ladder for a console of `width` columns."""
    first = made.rungs[0].design.question
    head = Text.assemble(
        ("Ladder of ", "bold"),
        (made.instance, "bold"),
        f": {first.objective.word}, participation {first.participation.name}, coupling {made.coupling}",
    )
    wide = width >= WIDE
    names = ["rung", *(["incentives"] if wide else []), "value", "gap", "tight", "size", "seconds"]
    lines = table(names, right=["value", "gap", "size", "seconds"])
    for rung in made.rungs:
        program = rung.design.program
        lines.add_row(
            Text(rung.name, style="bold" if rung.name == "bayesian" else ""),
            *([INCENTIVES[rung.name].summary] if wide else []),
            _money(rung) if rung.value is not None else interval(rung.design) or rung.status,
            _gap(made, rung),
            _tight(made, rung),
            NONE if program is None else f"{program.num_rows:,} × {program.num_columns:,}",
            f"{sum(rung.design.seconds.values()):.2f}",
        )
    shown: list[Shown] = [head, lines]
    if not wide:
        meanings = [f"{rung.name:>12}  {INCENTIVES[rung.name].summary}" for rung in made.rungs]
        shown.append(Group(*(Text(line, style="dim") for line in meanings)))
    return shown + said(sentences(made))


def _gap(made: Ladder, rung: Rung) -> str:
    gap, base = made.gap[rung.name], made["bayesian"].value
    if gap is None or base is None:
        return NONE
    return "0" if _nothing(made, rung) else _between(made, gap, rung)


def _money(rung: Rung) -> str:
    return money(rung.value, value_error(rung.design))


def _between(made: Ladder, gap: Number, rung: Rung) -> str:
    """A gap between a rung and `bayesian`, as far as it is known."""
    return brief(gap, value_error(rung.design, made["bayesian"].design))


def _nothing(made: Ladder, rung: Rung) -> bool:
    """Whether two values count as equal: as in `Ladder.tight`, or because no more of them is known."""
    base, gap = made["bayesian"].design, made.gap[rung.name]
    same = equal(rung.design, base)
    unknown = value_error(rung.design, base)
    return same or (same is None and gap is not None and abs(nearest(gap)) <= unknown)


def _tight(made: Ladder, rung: Rung) -> str:
    tight = made.tight.get(rung.name)
    if rung.name not in RELAXATIONS:
        return ""
    unknown = NONE if made.gap[rung.name] is None else "open"
    return {True: "yes", False: "no", None: unknown}[tight]


def sentences(made: Ladder) -> Iterator[tuple[str, str]]:
    """What the ladder says, as (heading, sentence); reads `unrelaxed`, which solves one more program."""
    yield "Verdict", verdict(made)
    yield from _others(made)
    yield from _lie(made)
    found = made.criterion
    if found.applies:
        word = "says tight" if found.tight else "does not say tight"
        yield (
            "Finite-type criterion (one buyer, values s · B)",
            f"Of the relaxed optimum found it {word}: {found.reason}.",
        )
    yield from _remarks(made)


def _remarks(made: Ladder) -> Iterator[tuple[str, str]]:
    """Why a rung has no value, or no mechanism that attains it; rungs with the same remark together."""
    remarks: dict[str, list[str]] = {}
    for rung in made.rungs:
        if rung.status != "optimal":
            remark = f"{rung.status}: {rung.design.message.removeprefix(rung.status + ': ').rstrip('.')}."
            remarks.setdefault(remark, []).append(rung.name)
            continue
        if not rung.design.attained:
            remark = "The value is a supremum that no mechanism attains, only ones that come close."
            remarks.setdefault(remark, []).append(rung.name)
        if not math.isfinite(rung.design.value_error):
            remarks.setdefault(f"The value is told to within what is measured; {UNBOUNDED}.", []).append(
                rung.name
            )
    for remark, names in remarks.items():
        yield ", ".join(names), remark


def verdict(made: Ladder) -> str:
    """Whether the relaxation is tight, in one sentence."""
    promise, left, tight = made["relaxed"].value, made["bayesian"].value, made.tight["relaxed"]
    if promise is None or left is None:
        missing = [name for name in ("relaxed", "bayesian") if made[name].value is None]
        why = " and ".join(f"'{name}' is {made[name].status}" for name in missing)
        return f"None on the relaxation, because {why}."
    gap = promise - left
    if tight is None:
        off = value_error(made["relaxed"].design, made["bayesian"].design)
        return (
            f"Open: the relaxation promises {_money(made['relaxed'])}, dynamic incentive compatibility "
            f"leaves {_money(made['bayesian'])}, and these may be off by {off:.0e} together: floating point "
            f"cannot tell whether the relaxation is tight (coupling '{made.coupling}'); --exact can."
        )
    if tight:
        near = f"to within {SOLVED:.0e} of its size".replace("e-0", "e-")
        how = "exactly" if isinstance(gap, Fraction) else near
        return (
            f"The relaxation is tight: dynamic incentive compatibility leaves all it promises, "
            f"{_money(made['bayesian'])}, {how} (coupling '{made.coupling}')."
        )
    share = f", {nearest(100 * gap / promise):.3g}% of the promise" if promise > 0 else ""
    return (
        f"The relaxation is not tight: it promises {_money(made['relaxed'])}, dynamic incentive "
        f"compatibility leaves {_money(made['bayesian'])} "
        f"(gap {_between(made, gap, made['relaxed'])}{share}; coupling '{made.coupling}')."
    )


def _others(made: Ladder) -> Iterator[tuple[str, str]]:
    words = {True: "is tight", False: "is not tight"}
    said = [
        f"'{name}' {words[tight]}"
        for name, tight in made.tight.items()
        if name != "relaxed" and tight is not None
    ]
    gap, base = made.gap["ex-post"], made["bayesian"].value
    if gap is not None and base is not None:
        rung = made["ex-post"]
        more = "nothing more" if _nothing(made, rung) else f"another {_between(made, -gap, rung)}"
        said.append(f"truth whatever the others' types are (ex-post) costs {more}")
    if said:
        yield "Beside it", "; ".join(said) + "."


def _lie(made: Ladder) -> Iterator[tuple[str, str]]:
    if made.tight["relaxed"] is not False:
        return
    found = made.unrelaxed
    if found is None:
        yield "Who lies", f"Not worked out: {made.unrelaxed_reason}."
        return
    if found.implementable:
        yield (
            "Un-relaxed",
            "Some relaxed optimum has payments under which nobody gains from a lie although shocks are "
            "private: the gap is within the tolerance of the solver.",
        )
        return
    witness = found.witness
    if witness is not None:
        yield "Who lies", witness.sentence
        yield "", _least(found) + (_SHOCKS if "(shock" in witness.sentence else "")
    if len(found.strategy) > 1:
        mixed = "; ".join(f"{lie} (weight {brief(weight)})" for lie, weight in found.strategy[:4])
        more = f"; and {len(found.strategy) - 4} more" if len(found.strategy) > 4 else ""
        yield "The lies that no relaxed optimum holds back together", f"{mixed}{more}."
    if found.cycle is not None:
        yield "Cycle", found.cycle.sentence


def _least(found: Unrelaxed) -> str:
    """What the figure is: the least gain over all relaxed optima, with the payments of each."""
    leaves = with_error(nearest(found.gain), found.error) if found.error else show(found.gain)
    text = "So it is at the relaxed optimum and the payments that make the largest gain from a lie smallest: "
    if found.least == found.gain:
        text += f"no relaxed optimum leaves less than {leaves}."
    else:
        lower = ends(Fraction(found.least), None).removeprefix("at least ")
        text += f"it leaves {leaves}, and no relaxed optimum leaves less than {lower}."
    only = found.only
    if only.allocation:
        utilities = ", and promises the initial types the same" if only.utilities else ""
        return f"{text} Every relaxed optimum has this allocation{utilities}."
    if only.allocation is False:
        utilities = ", and promise the initial types something else" if only.utilities is False else ""
        return f"{text} Other relaxed optima have other allocations{utilities}."
    return text
