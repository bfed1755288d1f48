"""Bounds by recursion, over rents and over plans of first types, against the plain program over histories.

The mechanism of the lower bound is played against every lie; where its memory moves by lot, there is one copy
of each action for every lot.
"""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from .draw import environment
from .environments import LOOSE, RUNGS, plain_optimum, slack_of
from .replies import Played
from .tally import Tally
from .world import unit_of

DUST = 1e-11
"""What a bound in doubles may be off by, beside the largest value."""
SEEDS = 1_000
"""Environments of one seed that are looked through for one agent with private types."""


def check(seed: int) -> tuple[Tally, Any]:
    """Every rung of one environment, in both arithmetics."""
    drawn = (environment(SEEDS * seed + k) for k in range(SEEDS))
    env, question = next((e, q) for e, q in drawn if len(e.private) == 1 and e.process is None)
    tally = Tally()
    for word in RUNGS:
        right = plain_optimum(env, question, word, tally)
        if right is None or right.status == "undecided":
            continue
        for exact in (False, True):
            what = f"{word}, {'exact' if exact else 'float'}"
            with tally.guarded(what):
                _compare(env, question, word, exact, right, tally, what)
    return tally, env


def _compare(
    env: Any, question: dict[str, Any], word: str, exact: bool, right: Any, tally: Tally, what: str
) -> None:
    import dynamech as dm

    objective = {"revenue": question["revenue"], "welfare": question["welfare"]}
    promised = question["participation"]
    try:
        found = dm.design(
            env, objective=objective, incentives=word, participation=promised, exact=exact,
            formulation="recursion",
        )  # fmt: skip
    except dm.errors.InvalidInput as refused:
        tally.refused += 1
        tally.notes.append(f"{what}: {refused}")
        return
    if right.value is None:
        tally.check(found.status != "optimal", f"{what}: optimal, not {right.status}")
        return
    unit = unit_of(env)
    assert found.bounds is not None
    lower, upper, loose = found.bounds.lower, found.bounds.upper, 0 if exact else Fraction(DUST) * unit
    for side, holds in (("lower", lower <= right.value + loose), ("upper", upper >= right.value - loose)):
        end = lower if side == "lower" else upper
        tally.check(holds, f"{what}: the {side} bound is {float(end)!r}, the optimum {float(right.value)!r}")
    close = Fraction(LOOSE) * unit + abs(right.value) / 50_000
    tally.check(upper - lower <= close, f"{what}: bounds are {float(upper - lower)!r} apart")
    if word == "bayesian":
        _mechanism(env, question, found, exact, tally, what)


def _mechanism(env: Any, question: dict[str, Any], found: Any, exact: bool, tally: Tally, what: str) -> None:
    from dynamech.models.mechanism.copies import undrawn

    home, mechanism = undrawn(env, found.mechanism)
    played, slack = Played(home, mechanism), 0 if exact else slack_of(unit_of(env), mechanism)
    earned = played.designer(played.start, question["revenue"], question["welfare"])
    tally.check(
        abs(earned - found.bounds.lower) <= slack, f"{what}: it earns {earned}, not {found.bounds.lower}"
    )
    gain = played.gain(False)
    tally.check(gain <= slack, f"{what}: a lie gains {gain} under the mechanism")
    short = played.shortfall(question["participation"], False)
    tally.check(short <= slack, f"{what}: participation {question['participation']} falls short by {short}")
