"""What the rungs of a ladder say of each other: the order that theory guarantees, and when two are equal.

none ≥ virtual ≥ relaxed ≥ bayesian ≥ ex-post,
none ≥ first-order ≥ bayesian,   none ≥ types-public ≥ bayesian

Demands are the same on every rung, and so is the order. A mechanism of the environment does in its rewriting
what it does at the types that the public cells, or the public types, amount to: it takes the same actions for
the same payments along the same paths, every one of which truth may take at home, and keeps whatever it keeps
there. Where public types contradict the first report, it does what some report that is possible would bring.
So the rewritings bound `bayesian`. That `none` bounds what depends on cells takes a lottery over them, whose
sums of money are averages: a demand that lotteries break (`Demand.mixes`) has no such order.

Every answer, whatever its status, says between which numbers the best objective is: a value what doubles may
be off by to either side, "unbounded" at +∞, "infeasible" at −∞ (the best of nothing), "limit" below its
bound. A ladder in which some rung is surely below one that it bounds is no answer: one of the two is wrong.
"""

from __future__ import annotations

import math
from fractions import Fraction

from ...solvers.arithmetic import DOUBLE, SOLVED
from ...solvers.errors import DynamechError
from ...solvers.numbers import Number, show
from ..design.design import Design

STEPS = (
    ("none", "virtual"),
    ("virtual", "relaxed"),
    ("relaxed", "bayesian"),
    ("bayesian", "ex-post"),
    ("none", "first-order"),
    ("first-order", "bayesian"),
    ("none", "types-public"),
    ("types-public", "bayesian"),
)
"""Each first word bounds the second; so it does what the second bounds."""


DRAWN = (("none", "virtual"),)
"""Where the first word needs a lottery to do what the second does."""


def below(name: str, steps: tuple[tuple[str, str], ...] = STEPS) -> tuple[str, ...]:
    """All rungs that `name` bounds.

    >>> below("first-order")
    ('bayesian', 'ex-post')
    """
    bounded: list[str] = []
    for above, lower in steps:
        if above == name:
            bounded += [rung for rung in (lower, *below(lower, steps)) if rung not in bounded]
    return tuple(bounded)


def known_range(design: Design) -> tuple[Number, Number]:
    """The least and the greatest that the optimum may be, by this answer; rationals where it is exact."""
    value, both = design.value, design.bounds
    if both is not None:
        return both.lower, both.upper
    if isinstance(value, Fraction):
        return value, value
    if value is not None:
        middle = float(value)
        off = design.value_margin + DOUBLE.slack(middle)  # beside what is measured: data are rounded too
        return (-math.inf, math.inf) if math.isnan(off) else (middle - off, middle + off)
    if design.status == "unbounded":
        return math.inf, math.inf
    if design.status == "infeasible":
        return -math.inf, -math.inf
    if design.status != "limit" or design.solution is None:
        return -math.inf, math.inf
    proof, bound = design.solution.certificate, design.solution.bound
    if proof is not None and proof.kind == "interval":
        least = -math.inf if proof.least is None else proof.least
        return least, math.inf if proof.most is None else proof.most
    return -math.inf, math.inf if bound is None else float(bound) + DOUBLE.slack(bound)


def check_order(instance: str, rungs: dict[str, Design]) -> None:
    """Raise where a looser notion surely leaves less than a stricter one: some answer must be wrong."""
    mixes = all(demand.mixes for design in rungs.values() for demand in design.question.demands)
    steps = tuple(step for step in STEPS if mixes or step not in DRAWN)
    for name in rungs:
        for stricter in below(name, steps):
            if stricter in rungs:
                check_bound(f"ladder of '{instance}'", (name, rungs[name]), (stricter, rungs[stricter]))


def check_bound(what: str, loose: tuple[str, Design], strict: tuple[str, Design]) -> None:
    """Raise where a question (what it is called, its answer) surely leaves less than a stricter one."""
    values = loose[1].value, strict[1].value
    if values[0] is not None and values[1] is not None and values[0] >= values[1]:
        return  # whatever doubles are off by, which takes a proof to know
    if known_range(loose[1])[1] < known_range(strict[1])[0]:
        raise DynamechError(
            f"{what}: '{loose[0]}' {_says(loose[1])}, less than '{strict[0]}', which {_says(strict[1])}; one "
            "of the two answers is wrong, try exact=True"
        )


def _says(design: Design) -> str:
    if design.value is not None:
        return f"earns {show(design.value)}"
    if design.bounds is not None:
        return f"earns {show(design.bounds.upper)} at most"
    bound = None if design.solution is None or design.status != "limit" else design.solution.bound
    return f"is {design.status}" if bound is None else f"earns {show(bound)} at most"


def equal(one: Design, other: Design) -> bool | None:
    """Whether two optima are the same rational or, as doubles, within 1e-7 of their size.

    None where one has no value, and where doubles know too little of their difference to tell.
    """
    if one.value is None or other.value is None:
        return None
    gap = one.value - other.value
    if isinstance(gap, Fraction):
        return gap == 0
    allowed = max(DOUBLE.slack(value, SOLVED) for value in (one.value, other.value))
    error = one.value_margin + other.value_margin
    if abs(gap) + error <= allowed:
        return True
    return False if abs(gap) - error > allowed else None
