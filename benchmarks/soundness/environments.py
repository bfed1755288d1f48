"""Random environments: every rung in both arithmetics against the plain program, mechanisms against liars."""

from __future__ import annotations

import math
from fractions import Fraction
from typing import Any

from .draw import environment
from .histories import Histories, optimum_of
from .public import FirstReports
from .rational import Optimum
from .replies import Played
from .tally import Tally, within
from .world import unit_of

RUNGS = ("none", "virtual", "relaxed", "types-public", "first-order", "bayesian", "ex-post")
PUBLIC = ("virtual", "relaxed", "types-public")
TIGHT = 1e-7
CLEAR = 1e-5
"""Gaps above this, beside the values, are no matter of rounding; below, either word will do for floats."""
LOOSE, DUST = 1e-6, 1e-12
"""What float mechanisms may break a promise by: beside the largest value and beside the largest payment."""
SECONDS = 10.0
"""What a rung may take; then its interval counts as one."""
MOST = 900
"""Columns of the largest plain program."""


def check(seed: int) -> tuple[Tally, Any]:
    """One environment; also the environment, to be kept where something is wrong."""
    env, question = environment(seed)
    tally = Tally()
    right = {word: plain_optimum(env, question, word, tally) for word in RUNGS}
    for exact in (True, False):
        with tally.guarded(f"ladder, {_mode(exact)}"):
            _ladder(env, question, exact, right, tally)
    return tally, env


def _mode(exact: bool) -> str:
    return "exact" if exact else "float"


def plain_optimum(env: Any, question: dict[str, Any], word: str, tally: Tally) -> Optimum | None:
    """The plain optimum; None where it was not found."""
    if word in PUBLIC[:2] and env.process is not None:
        return None
    write = FirstReports if word in PUBLIC else Histories
    asked = question["participation"], question["revenue"], question["welfare"]
    return optimum_of(lambda: write(env, word, *asked, MOST), tally)


def _ladder(
    env: Any, question: dict[str, Any], exact: bool, right: dict[str, Optimum | None], tally: Tally
) -> None:
    import dynamech as dm

    objective = {"revenue": question["revenue"], "welfare": question["welfare"]}
    participation, mode = question["participation"], _mode(exact)
    ladder = dm.ladder(env, objective=objective, participation=participation, exact=exact, time_limit=SECONDS)
    known: dict[str, Fraction] = {}
    for rung in ladder.rungs:
        design, optimum, what = rung.design, right[rung.name], f"{rung.name}, {mode}"
        if design.status == "not-applicable":
            tally.refused += 1
            continue
        if design.status == "limit":
            tally.intervals += 1
            tally.notes.append(f"{what}: {design.message}")
            continue
        if optimum is None:
            continue
        tally.check(design.status == optimum.status, f"{what}: {design.status}, not {optimum.status}")
        if design.status != "optimal" or optimum.value is None:
            continue
        known[rung.name] = optimum.value
        if exact:
            tally.check(design.value == optimum.value, f"{what}: {design.value}, not {optimum.value}")
        else:
            error, value = design.value_error, design.value or 0
            tally.loose += not math.isfinite(error)
            tally.check(
                within(value, optimum.value, error),
                f"{what}: {float(value)!r} is not within {error:.3g} of {float(optimum.value)!r}"
                f" ({optimum.value})",
            )
        if rung.name in ("none", "bayesian", "ex-post"):
            with tally.guarded(f"{what}, mechanism"):
                _mechanism(env, question, design, rung.name, tally, what)
    _tight(ladder, known, exact, tally)
    if ladder.tight["relaxed"] is not False:
        return
    if ladder.unrelaxed is None:
        tally.intervals += "limit" in ladder.unrelaxed_reason
    else:
        with tally.guarded(f"witness, {mode}"):
            _witness(ladder, exact, tally, unit_of(env))


def _tight(ladder: Any, known: dict[str, Fraction], exact: bool, tally: Tally) -> None:
    for name, said in ladder.tight.items():
        if said is None or name not in known or "bayesian" not in known:
            continue
        gap, size = known[name] - known["bayesian"], abs(known["bayesian"])
        if exact:
            tally.check(said == (gap == 0), f"tight {name}, exact: {said}, but the gap is {gap}")
        elif gap == 0 or gap > CLEAR * size:
            tally.check(
                said == (gap == 0), f"tight {name}, float: {said}, but the gap is {float(gap)!r} ({gap})"
            )


def _mechanism(env: Any, question: dict[str, Any], design: Any, word: str, tally: Tally, what: str) -> None:
    """Does it earn its value, keep its promise, and leave no lie a gain?"""
    played = Played(env, design.mechanism)
    unit = unit_of(env)
    slack = 0 if design.effort.exact else slack_of(unit, design.mechanism)
    if design.attained:
        earned = played.designer(played.start, question["revenue"], question["welfare"])
        tally.check(
            abs(earned - design.value) <= slack, f"{what}: the mechanism earns {earned}, not {design.value}"
        )
    everywhere = word == "ex-post"
    if word != "none":
        gain = played.gain(everywhere)
        tally.check(gain <= slack, f"{what}: a lie gains {gain} under the mechanism")
    short = played.shortfall(question["participation"], everywhere)
    tally.check(short <= slack, f"{what}: participation {question['participation']} falls short by {short}")


def _witness(ladder: Any, exact: bool, tally: Tally, unit: Fraction) -> None:
    """What the witness says that the lie gains, under the payments and in the environment that it is for."""
    found = ladder.unrelaxed
    gain = Played(found.environment, found.mechanism, possible=True).gain(False)
    said = 0 if found.witness is None else found.witness.gain
    slack = 0 if exact else slack_of(unit, found.mechanism)
    tally.check(
        abs(gain - said) <= slack,
        f"witness, {'exact' if exact else 'float'}: {said}, but the best lie gains {gain}",
    )


def slack_of(unit: Fraction, mechanism: Any) -> float:
    paid = max(float(abs(stage.transfers).max(initial=0)) for stage in mechanism.stages)
    return LOOSE * float(unit) + DUST * paid
