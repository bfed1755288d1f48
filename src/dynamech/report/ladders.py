"""A ladder: the table of rungs, and below it the verdict in sentences."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from fractions import Fraction

from rich.console import Group
from rich.table import Table
from rich.text import Text

from ..models.ladder.ladder import RELAXATIONS, Ladder, Rung
from ..models.ladder.order import equal
from ..models.notions.incentives import INCENTIVES
from ..models.payments.unrelax import Unrelaxed
from ..solvers.accuracy import with_error
from ..solvers.arithmetic import SOLVED
from ..solvers.numbers import Number, nearest, show
from .shocks import shocks_report
from .wording import NONE, UNBOUNDED, Shown, brief, ends, interval, money, said, table, value_error, why_not

WIDE = 130
"""From this many columns on each rung has its meaning beside it; below, the meanings follow the table."""


_SHOCKS = " Types are written with the shock that drew them."


def ladder_report(ladder: Ladder, width: int) -> list[Shown]:
    """The ladder for a console of `width` columns."""
    wide = width >= WIDE
    names = ["rung", *(["incentives"] if wide else []), "value", "gap", "tight", "size", "seconds"]
    shown: list[Shown] = [heading(ladder), rungs_table(ladder, names)]
    if not wide:
        meanings = [f"{rung.name:>12}  {INCENTIVES[rung.name].summary}" for rung in ladder.rungs]
        shown.append(Group(*(Text(line, style="dim") for line in meanings)))
    return shown + said(sentences(ladder)) + shocks_report(ladder)


def heading(ladder: Ladder) -> Text:
    """Of what this is the ladder."""
    first = ladder.rungs[0].design.question
    return Text.assemble(
        ("Ladder of ", "bold"),
        (ladder.instance, "bold"),
        f": {first.objective.word}, participation {first.participation.name}, coupling {ladder.coupling}",
        *(f", {demand.name}" for demand in first.demands),
    )


CELLS: dict[str, Callable[[Ladder, Rung], str | Text]] = {
    "rung": lambda ladder, rung: Text(rung.name, style="bold" if rung.name == "bayesian" else ""),
    "incentives": lambda ladder, rung: INCENTIVES[rung.name].summary,
    "value": lambda ladder, rung: (
        _money(rung) if rung.value is not None else interval(rung.design) or rung.status
    ),
    "gap": lambda ladder, rung: _gap(ladder, rung),
    "tight": lambda ladder, rung: _tight(ladder, rung),
    "known": lambda ladder, rung: known(rung),
    "size": lambda ladder, rung: _size(rung),
    "seconds": lambda ladder, rung: f"{sum(rung.design.seconds.values()):.2f}",
}
"""What a table of rungs may say of each, by the heading of its column."""


def rungs_table(ladder: Ladder, names: Sequence[str]) -> Table:
    """A line for each rung, with these columns of `CELLS`."""
    lines = table(names, right=["value", "gap", "size", "seconds"])
    for rung in ladder.rungs:
        lines.add_row(*(CELLS[name](ladder, rung) for name in names))
    return lines


def known(rung: Rung) -> str:
    """What kind of number a rung has: proved, within what of the optimum, an interval, or none."""
    design = rung.design
    if design.bounds is not None:
        both = [design.bounds.lower, design.bounds.upper]
        known_ends = [Fraction(end) if math.isfinite(end) else None for end in both]
        how = "proved" if isinstance(design.bounds.lower, Fraction) else "in doubles"
        return f"{ends(*known_ends)}, {how}" if any(end is not None for end in known_ends) else rung.status
    if rung.value is None:
        return "an interval, proved" if interval(design) else rung.status
    if rung.exact:
        return "exact, proved" if design.certificate is not None else "exact"
    error = design.value_error
    if not error:
        return "in doubles, without error"
    return f"in doubles, to within {error:.0e}" if math.isfinite(error) else f"in doubles, {UNBOUNDED}"


def _size(rung: Rung) -> str:
    program = rung.design.program
    return NONE if program is None else f"{program.num_rows:,} × {program.num_columns:,}"


def _gap(ladder: Ladder, rung: Rung) -> str:
    gap = ladder.gap[rung.name]
    if gap is None:
        return NONE
    return "0" if _nothing(ladder, rung) else _between(ladder, gap, rung)


def _money(rung: Rung) -> str:
    return money(rung.value, value_error(rung.design))


def _between(ladder: Ladder, gap: Number, rung: Rung) -> str:
    """A gap between a rung and `bayesian`, as far as it is known."""
    return brief(gap, value_error(rung.design, ladder["bayesian"].design))


def _nothing(ladder: Ladder, rung: Rung) -> bool:
    """Whether two values count as equal: as in `Ladder.tight`, or because no more of them is known."""
    base, gap = ladder.designs["bayesian"], ladder.gap[rung.name]
    same = equal(rung.design, base)
    unknown = value_error(rung.design, base)
    return same or (same is None and gap is not None and abs(nearest(gap)) <= unknown)


def _tight(ladder: Ladder, rung: Rung) -> str:
    tight = ladder.tight.get(rung.name)
    if rung.name not in RELAXATIONS:
        return ""
    unknown = NONE if ladder.gap[rung.name] is None else "open"
    return {True: "yes", False: "no", None: unknown}[tight]


def sentences(ladder: Ladder) -> Iterator[tuple[str, str]]:
    """What the ladder says, as (heading, sentence); reads `unrelaxed`, which solves one more program."""
    yield "Verdict", verdict(ladder)
    yield from beside(ladder)
    yield from who_lies(ladder)
    yield from remarks(ladder)


def remarks(ladder: Ladder) -> Iterator[tuple[str, str]]:
    """What else is known: the criterion of finite types, and rungs of which something is to be said."""
    criterion = ladder.criterion
    if criterion.applies:
        word = "says tight" if criterion.tight else "does not say tight"
        yield (
            "Finite-type criterion (one buyer, values s · B)",
            f"Of the relaxed optimum found it {word}: {criterion.reason}.",
        )
    yield from _of_rungs(ladder)


def _of_rungs(ladder: Ladder) -> Iterator[tuple[str, str]]:
    """Why a rung has no value, or no mechanism that attains it; rungs with the same remark together."""
    remarks: dict[str, list[str]] = {}
    for rung in ladder.rungs:
        if rung.status != "optimal":
            remark = f"{why_not(rung.status, rung.design.message).rstrip('.')}."
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


def verdict(ladder: Ladder) -> str:
    """Whether the relaxation is tight, in one sentence."""
    asked, decisive = ladder.designs, ("relaxed", "bayesian")
    promise, left = (asked[name].value if name in asked else None for name in decisive)
    if promise is None or left is None:
        states = {name: f"is {asked[name].status}" if name in asked else "was not asked" for name in decisive}
        missing = [name for name in decisive if name not in asked or asked[name].value is None]
        why = " and ".join(f"'{name}' {states[name]}" for name in missing)
        return f"None on the relaxation, because {why}."
    gap, tight = promise - left, ladder.tight["relaxed"]
    if tight is None:
        off = value_error(ladder["relaxed"].design, ladder["bayesian"].design)
        bounded = any(ladder.designs[name].bounds is not None for name in decisive)
        why = "the bounds do" if bounded else "floating point does"
        more = "" if bounded else "; --exact can"
        return (
            f"Open: the relaxation promises {_money(ladder['relaxed'])}, dynamic incentive compatibility "
            f"leaves {_money(ladder['bayesian'])}, and these may be off by {off:.0e} together: {why} "
            f"not tell whether the relaxation is tight (coupling '{ladder.coupling}'){more}."
        )
    if tight:
        near = f"to within {SOLVED:.0e} of its size".replace("e-0", "e-")
        how = "exactly" if isinstance(gap, Fraction) else near
        return (
            f"The relaxation is tight: dynamic incentive compatibility leaves all it promises, "
            f"{_money(ladder['bayesian'])}, {how} (coupling '{ladder.coupling}')."
        )
    share = f", {nearest(100 * gap / promise):.3g}% of the promise" if promise > 0 else ""
    return (
        f"The relaxation is not tight: it promises {_money(ladder['relaxed'])}, dynamic incentive "
        f"compatibility leaves {_money(ladder['bayesian'])} "
        f"(gap {_between(ladder, gap, ladder['relaxed'])}{share}; coupling '{ladder.coupling}')."
    )


def beside(ladder: Ladder) -> Iterator[tuple[str, str]]:
    """The other relaxations, and what `ex-post` costs."""
    words = {True: "is tight", False: "is not tight"}
    said = [
        f"'{name}' {words[tight]}"
        for name, tight in ladder.tight.items()
        if name != "relaxed" and tight is not None
    ]
    if (gap := ladder.gap.get("ex-post")) is not None:
        rung = ladder["ex-post"]
        more = "nothing more" if _nothing(ladder, rung) else f"another {_between(ladder, -gap, rung)}"
        said.append(f"truth whatever the others' types are (ex-post) costs {more}")
    if said:
        yield "Beside it", "; ".join(said) + "."


def who_lies(ladder: Ladder) -> Iterator[tuple[str, str]]:
    """Under the relaxed optimum, where it is not tight."""
    if ladder.tight["relaxed"] is not False:
        return
    unrelaxed = ladder.unrelaxed
    if unrelaxed is None:
        yield "Who lies", f"Not worked out: {ladder.unrelaxed_reason}."
        return
    if unrelaxed.implementable:
        yield (
            "Un-relaxed",
            "Some relaxed optimum has payments under which nobody gains from a lie although shocks are "
            "private: the gap is within the tolerance of the solver.",
        )
        return
    witness = unrelaxed.witness
    if witness is not None:
        yield "Who lies", witness.sentence
        yield "", _least(unrelaxed) + (_SHOCKS if "(shock" in witness.sentence else "")
    if len(unrelaxed.strategy) > 1:
        mixed = "; ".join(f"{lie} (weight {brief(weight)})" for lie, weight in unrelaxed.strategy[:4])
        more = f"; and {len(unrelaxed.strategy) - 4} more" if len(unrelaxed.strategy) > 4 else ""
        yield "The lies that no relaxed optimum holds back together", f"{mixed}{more}."
    if unrelaxed.cycle is not None:
        yield "Cycle", unrelaxed.cycle.sentence


def _least(unrelaxed: Unrelaxed) -> str:
    """What the figure is: the least gain over all relaxed optima, with the payments of each."""
    leaves = with_error(nearest(unrelaxed.gain), unrelaxed.error) if unrelaxed.error else show(unrelaxed.gain)
    text = "So it is at the relaxed optimum and the payments that make the largest gain from a lie smallest: "
    if unrelaxed.least == unrelaxed.gain:
        text += f"no relaxed optimum leaves less than {leaves}."
    else:
        lower = ends(Fraction(unrelaxed.least), None).removeprefix("at least ")
        text += f"it leaves {leaves}, and no relaxed optimum leaves less than {lower}."
    only = unrelaxed.only
    if only.allocation:
        utilities = ", and promises the initial types the same" if only.utilities else ""
        return f"{text} Every relaxed optimum has this allocation{utilities}."
    if only.allocation is False:
        utilities = ", and promise the initial types something else" if only.utilities is False else ""
        return f"{text} Other relaxed optima have other allocations{utilities}."
    return text
