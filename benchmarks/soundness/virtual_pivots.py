"""The virtual pivot mechanism (KLN, Fig. 2): its bound by plans one by one, its rules by every lie.

Levels are the environment's own up to the freedom that Property 4.1 leaves; the bound is the best plan at
virtual values of every profile; each rule's mechanism earns its profit and tempts as it is said to. The same
in another unit of money, in doubles, and with agents, actions and states in another order.
"""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from .decisions import ZERO
from .draw import Draw
from .replies import Played
from .separable import Separable, separable
from .tally import Tally

F = Fraction
LARGEST = 40_000
"""Entries of the mechanisms that are judged by enumeration."""


def check(seed: int) -> tuple[Tally, Any]:
    """One environment."""
    tally, d = Tally(), Draw(seed)
    right = separable(d)
    env = right.environment()
    with tally.guarded("virtual pivot, exact"):
        answer = _answer(env, True)
        _bound(right, answer, tally)
        _rules(env, answer, tally)
        listings(right, answer, d, tally)
    return tally, env


def _answer(env: Any, exact: bool) -> Any:
    import dynamech as dm

    return dm.virtual_pivot(env, exact=exact)


def _bound(right: Separable, answer: Any, tally: Tally) -> None:
    plain = right.expected([one.virtual for one in right.bidders])
    tally.check(answer.bound == plain, f"bound {answer.bound}, not {plain}")
    for one in right.bidders:
        said = answer.separable[one.name]
        tally.check(said["residual"] == 0, f"{one.name}: {said['residual']} off")


def _rules(env: Any, answer: Any, tally: Tally) -> None:
    for name, rule in answer.rules.items():
        played = Played(env, rule.mechanism)
        earned = played.designer(played.start, F(1), ZERO)
        tally.check(earned == rule.profit, f"rule {name} earns {earned}, not {rule.profit}")
        if sum(stage.allocation.size for stage in rule.mechanism.stages) > LARGEST:
            tally.undecided += 1
            continue
        gain, lie = played.gain(True), rule.lie
        tally.check(gain == (lie.gain if lie else 0), f"rule {name}: {lie!r}, but a lie gains {gain}")
        short, stays = played.shortfall("periodic", True), rule.participation
        tally.check(short == max(stays.violation, 0), f"rule {name}: {stays!r}, not {short}")
    truthful = [rule.profit for rule in answer.rules.values() if rule.truthful]
    most = max(truthful, default=None)
    tally.check(most == (answer.best.profit if answer.best else None), f"returned {answer.returned}")
    tally.check(answer.attains == (most is not None and most >= answer.bound), "attains")


def listings(right: Separable, answer: Any, d: Draw, tally: Tally) -> None:
    """The same in another unit of money, in doubles, and in another order."""
    said = _said(answer, F(1))
    for scale in (F(10) ** 9, F(1, 10**9)):
        env = right.times(scale).environment()
        for exact, error in ((True, 0.0), (False, 1e-7)):
            what = f"money times {float(scale):g}, {'exact' if exact else 'in doubles'}"
            same(said, _said(_answer(env, exact), scale), what, tally, error)
    if not answer.settled:  # ties are left to the order in which actions are listed
        tally.undecided += 1
        said = {key: said[key] for key in ("bound", "forms", "alpha", "assumptions")}
    for exact, error in ((True, 0.0), (False, 1e-7)):
        other = _said(_answer(right.relisted(d).environment(), exact), F(1))
        what = f"in another order, {'exact' if exact else 'in doubles'}"
        same(said, {key: other[key] for key in said}, what, tally, error)


def _said(answer: Any, scale: Fraction) -> dict[str, Any]:
    """What must not depend on listing, by name, in the unit of the first."""
    rules = answer.rules
    return {
        "bound": F(answer.bound) / scale,
        "forms": {name: one["form"] for name, one in answer.separable.items()},
        "alpha": {name: tuple(answer.alpha[name]) for name in sorted(answer.alpha)},
        "assumptions": {name: one.holds for name, one in answer.assumptions.items()},
        "profit": {name: F(rule.profit) / scale for name, rule in rules.items()},
        "truthful": {name: rule.truthful for name, rule in rules.items()},
        "stays": {name: rule.participation.holds for name, rule in rules.items()},
        "gain": {name: F(rule.lie.gain) / scale if rule.lie else ZERO for name, rule in rules.items()},
        "returned": answer.returned,
        "attains": answer.attains,
        "uncontrolled": answer.uncontrolled.holds,
        "myopic": answer.myopic.holds,
        "dominant": {name: one if one is None else one.holds for name, one in answer.dominant.items()},
        "excluded": sorted((x["agent"], x["type"], sorted(x["others"].items())) for x in answer.excluded),
    }


def same(right: Any, other: Any, what: str, tally: Tally, error: float = 0.0) -> None:
    """Compared name by name; numbers within an error."""
    if isinstance(right, dict) and isinstance(other, dict):
        tally.check(set(right) == set(other), f"{what}: {sorted(right)} and {sorted(other)}")
        for key in set(right) & set(other):
            same(right[key], other[key], f"{what}: {key}", tally, error)
    elif isinstance(right, tuple) and isinstance(other, tuple) and len(right) == len(other):
        for a, b in zip(right, other, strict=True):
            same(a, b, what, tally, error)
    elif isinstance(right, Fraction) and other is not None and not isinstance(other, bool | str):
        tally.check(abs(F(other) - right) <= F(error), f"{what}: {float(other)!r}, not {right}")
    else:
        tally.check(right == other, f"{what}: {other}, not {right}")
