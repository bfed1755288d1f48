"""What demands cost: one rung's value without any of them, with each alone, with all but each, and with all.

With V(S) the optimal value under the demands S of all that are asked about, D, a demand d costs

    V(∅) − V({d})   by itself,   V(D ∖ {d}) − V(D)   beside the others;

costs need not add up, as one demand may imply another or bind only together with it. V falls as S grows: an
answer in which it surely does not is none. Values are optima of their own programs, each in the formulation
that suits it; the multipliers are those of V(D)'s (`design/multipliers.py`).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import combinations
from typing import Any, TypeAlias

from ...solvers.arithmetic import DOUBLE, ROUNDED
from ...solvers.effort import FLOATS, Effort
from ...solvers.errors import InvalidInput
from ...solvers.numbers import Number, nearest, written
from ..answers.answer import Answer
from ..answers.plain import plain
from ..design.design import Design, design
from ..design.multipliers import Multipliers, multipliers
from ..design.question import Question
from ..environment.environment import Environment
from ..notions.demands import Demand, Demands
from ..notions.incentives import INCENTIVES, RUNGS
from .ladder import shown_value
from .order import check_bound

Names: TypeAlias = tuple[str, ...]
"""Names of demands that are made together, in their order."""


@dataclass(frozen=True)
class Cost:
    """One demand among others.

    alone: the optimum under it alone. without: under all others. multipliers: of its rows at the optimum
    under all, None where there is none or where it has none.
    """

    demand: Demand
    alone: Design
    without: Design
    multipliers: Multipliers | None


@dataclass(frozen=True, eq=False, repr=False)
class Price(Answer):
    """The price of demands.

    question: with all of them, at the rung. base: the optimum without any; all: under all. costs: a line for
    each demand, in their order. status: ``optimal``, or ``interrupted`` where some were not reached, whose
    designs then say so.
    """

    instance: str
    rung: str
    question: Question
    base: Design
    costs: tuple[Cost, ...]
    all: Design
    status: str = "optimal"

    def _facts(self) -> dict[str, object]:
        ends = {"base": self.base, "all": self.all}
        values = {key: each.status if each.value is None else each.value for key, each in ends.items()}
        demands = ", ".join(line.demand.name for line in self.costs)
        return {"instance": self.instance, "rung": self.rung, "demands": demands, **values}

    def cost(self, line: Cost) -> Number | None:
        """What a demand costs by itself; None where one of the two optima is none."""
        return _less(self.base, line.alone)

    def cost_beside(self, line: Cost) -> Number | None:
        """What it costs beside the others."""
        return _less(line.without, self.all)

    def to_json(self) -> dict[str, Any]:
        """In the words of the command line; messages are of what has no value."""
        return {
            "instance": self.instance,
            "rung": self.rung,
            "objective": self.question.objective.word,
            "participation": self.question.participation.name,
            "status": self.status,
            "base": figure(self.base),
            "demands": [self._line(line) for line in self.costs],
            "all": figure(self.all),
            **_statuses(base=self.base, all=self.all),
        }

    def _line(self, line: Cost) -> dict[str, Any]:
        known = line.multipliers
        return {
            "demand": line.demand.name,
            "alone": figure(line.alone),
            "without": figure(line.without),
            "cost": plain(shown_difference(self.base, line.alone)),
            "cost_beside": plain(shown_difference(line.without, self.all)),
            **_statuses(alone=line.alone, without=line.without),
            "bounds": None if known is None else [each.to_json() for each in known.bounds],
            "multipliers": None if known is None else [each.to_json() for each in known.each],
        }


def _less(loose: Design, strict: Design) -> Number | None:
    return None if loose.value is None or strict.value is None else loose.value - strict.value


def shown_difference(loose: Design, strict: Design) -> Number | None:
    """How much less the stricter design is worth, in the decimals that are known."""
    difference = _less(loose, strict)
    if not isinstance(difference, float):
        return difference
    rounding = max(DOUBLE.slack(nearest(each.value or 0), ROUNDED) for each in (loose, strict))
    return shown_value(difference, loose.value_margin + strict.value_margin + float(rounding))


def figure(design: Design) -> str | float | None:
    """A value as JSON has it: a rational as text, a double in the decimals that are known."""
    value = design.value
    return shown_value(value, design.value_margin) if not isinstance(value, Fraction) else written(value)


def _statuses(**designs: Design) -> dict[str, Any]:
    return {
        "statuses": {key: each.status for key, each in designs.items()},
        "messages": {key: each.message for key, each in designs.items() if each.value is None},
    }


def price(
    env: Environment, question: Question, effort: Effort = FLOATS, done: dict[Names, Design] | None = None
) -> Price:
    """The price of the question's demands at its incentives, which are a rung of the ladder.

    The time limit is for each program; who is notified is told each before it is solved. done: designs that
    are known already (of an interrupted answer), by the names of their demands; each finished one is added to
    it, and an interruption is an answer too. Raises `InvalidInput` where nothing is demanded and for
    incentives that are no rung, `TooLarge`, and `DynamechError` where a stricter program surely has more.
    """
    question = question.check(env)
    demands, rung = question.demands, question.incentives.name
    if not demands:
        raise InvalidInput("price: nothing is demanded; name a demand such as payments=nonnegative")
    if INCENTIVES.get(rung) != question.incentives or rung not in RUNGS:
        raise InvalidInput(f"rung: {rung!r} is not one of {', '.join(RUNGS)}")
    designs = {} if done is None else done
    worths: dict[str, Multipliers | None] = {}
    status = "optimal"
    try:
        for asked in asked_about(demands):
            if (names := _names(asked)) not in designs:
                told = said(names)
                effort.tell("step", told, demands=names)
                designs[names] = design(env, replace(question, demands=asked), effort.silent)
        for each in demands:
            effort.tell("step", f"bounds of {each.name}", demands=(each.name,))
            worths[each.name] = multipliers(designs[_names(demands)], each, effort.silent)
    except KeyboardInterrupt:
        if not done:
            raise
        status = "interrupted"
    for loose, strict in combinations(sorted(designs, key=len), 2):
        if set(loose) < set(strict):
            pair = ((said(names), designs[names]) for names in (loose, strict))
            check_bound(f"price in '{env.name}'", *pair)

    def known(asked: Demands) -> Design:
        missing = Design(replace(question, demands=asked), "limit", "not reached, interrupted", None, {})
        return designs.get(_names(asked), missing)

    whole = known(demands)
    costs = tuple(
        Cost(
            each,
            known((each,)),
            known(_but(demands, each)),
            worths[each.name] if each.name in worths else multipliers(whole, each),
        )
        for each in demands
    )
    return Price(env.name, rung, question, known(()), costs, whole, status)


def asked_about(demands: Demands) -> list[Demands]:
    """Which of the demands are made together, each set once: none, all, each alone, all but each."""
    sets = [(), demands, *((each,) for each in demands), *(_but(demands, each) for each in demands)]
    return list({_names(asked): asked for asked in sets}.values())


def said(names: Names) -> str:
    """What is demanded, for a person."""
    return " and ".join(names) or "nothing demanded"


def _names(demands: Demands) -> Names:
    return tuple(each.name for each in demands)


def _but(demands: Demands, one: Demand) -> Demands:
    return tuple(each for each in demands if each is not one)
