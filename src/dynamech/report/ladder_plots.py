"""The picture of a ladder: what each rung is worth, and how far it is from `bayesian`."""

from __future__ import annotations

import math
from fractions import Fraction
from typing import Any

from ..models.design.design import Design
from ..models.ladder.ladder import RELAXATIONS, Ladder, Rung
from ..solvers.numbers import nearest
from .plotting import name_ticks, new_figure, shortened, text_width
from .wording import brief, interval, value_error

BASE = "bayesian"
WORTH, LESS, MORE = "#3b6ea5", "#b0b0b0", "#e69f00"
"""Colours of what both have, of what a rung lacks, and of what it promises beyond `bayesian`."""
WIDE = 9.0
"""Inches."""
WORDS = {True: "tight", False: "not tight", None: "tight or not: open"}


def ladder_figure(ladder: Ladder) -> Any:
    """A bar a rung, in order, to its value in money of period 0; what it promises beyond `bayesian` stands
    out, and so does what it falls short of it.

    A whisker goes from one bound to the other where a value is only known to lie between. A rung without a
    value has the word that says why in its place.
    """
    from matplotlib.patches import Patch

    rungs = ladder.rungs
    figure = new_figure(WIDE, 1.7 + 0.42 * len(rungs))
    axes = figure.subplots()
    base = ladder.designs[BASE].value if BASE in ladder.designs else None
    level = None if base is None else nearest(base)
    used: dict[bool, None] = {}
    texts: list[tuple[float, float]] = []
    for k, rung in enumerate(rungs):
        span = whisker(rung.design)
        value = None if rung.value is None else nearest(rung.value)
        if value is not None:
            # What both have starts at 0; where they lie on two sides of 0 they have nothing in common.
            both = value if level is None else math.copysign(min(abs(value), abs(level)), value)
            if level is not None and value * level < 0:
                both = 0.0
            axes.barh(k, both, height=0.62, color=WORTH, gid="worth")
            if level is not None and value != level:
                beyond = value > level
                used[beyond] = None
                axes.barh(
                    k,
                    value - level,
                    left=level,
                    height=0.62,
                    color=MORE if beyond else "none",
                    edgecolor=MORE if beyond else LESS,
                    hatch="///" if beyond else "...",
                    alpha=0.9,
                    gid="gap",
                )
        if span is not None:
            low, high = span
            axes.errorbar(
                [(low + high) / 2],
                [k],
                xerr=[[(high - low) / 2]] * 2,
                color="black",
                capsize=5,
                linewidth=1.3,
            )
        ends = [
            0.0,
            *([] if value is None else [value]),
            *([] if level is None or value is None else [level]),
        ]
        end = max(*ends, *(span or ()), 0.0)
        told = _told(ladder, rung)
        texts.append((end, text_width(told, 8) + 0.2))
        axes.annotate(told, (end, k), (6, 0), textcoords="offset points", va="center", fontsize=8)
    name_ticks(axes.yaxis, [rung.name for rung in rungs], fontsize=9)
    axes.set_ylim(len(rungs) - 0.4, -0.6)
    axes.axvline(0, color="black", linewidth=0.8)
    if level is not None:
        axes.axvline(level, color="black", linewidth=0.8, linestyle=":")
    low, high = axes.get_xlim()
    room = WIDE - 1.6  # inches that are left to the axis beside the names of rungs
    axes.set_xlim(
        low, max(high, *(low + (end - low) * room / (room - min(wide, 4.0)) for end, wide in texts))
    )
    asked = rungs[0].design.question
    axes.set_xlabel(f"{shortened(asked.objective.word, 40)}, in money of period 0")
    axes.set_title(f"{shortened(ladder.instance, 60)}: how much each notion leaves", fontsize=11, loc="left")
    marks = [Patch(facecolor=WORTH, label="value")]
    if True in used:
        marks.append(Patch(facecolor=MORE, hatch="///", label=f"promised beyond '{BASE}'"))
    if False in used:
        marks.append(Patch(facecolor="none", edgecolor=LESS, hatch="...", label=f"short of '{BASE}'"))
    figure.legend(handles=marks, loc="outside lower center", ncols=3, fontsize=8, frameon=False)
    for side in ("top", "right", "left"):
        axes.spines[side].set_visible(False)
    return figure


def whisker(design: Design) -> tuple[float, float] | None:
    """Both bounds of a value that is only known to lie between them; None of others, and without a bound."""
    if design.bounds is not None:
        ends: tuple[Any, Any] = design.bounds.lower, design.bounds.upper
    else:
        proof = None if design.value is not None else design.certificate
        if proof is None or proof.kind != "interval" or proof.least is None or proof.most is None:
            return None
        ends = proof.least, proof.most
    low, high = (nearest(Fraction(end)) if math.isfinite(end) else end for end in ends)
    return (low, high) if math.isfinite(low) and math.isfinite(high) and low < high else None


def _told(ladder: Ladder, rung: Rung) -> str:
    """The value, the gap and the verdict of a rung, or why it has no value."""
    if rung.value is None:
        return ", ".join(filter(None, (rung.status, interval(rung.design))))
    told = brief(rung.value, value_error(rung.design))
    gap = ladder.gap[rung.name]
    if rung.name == BASE or gap is None:
        return told
    tight = ladder.tight[rung.name] if rung.name in RELAXATIONS else False
    if gap == 0 or tight:
        return f"{told}, {WORDS[True]}" if rung.name in RELAXATIONS else told
    error = value_error(rung.design, ladder.designs[BASE])
    sign = "+" if gap > 0 else ""
    word = f", {WORDS[tight]}" if rung.name in RELAXATIONS else ""
    return f"{told} ({sign}{brief(gap, error)}{word})"
