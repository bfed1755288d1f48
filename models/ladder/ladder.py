"""The ladder: how much each notion of incentive compatibility leaves, and which relaxations are tight.

What the rungs must say of each other is in `order.py`. A ladder may be climbed on some of its rungs only, and
then speaks of those alone: a rung that was not asked stands neither among `rungs` nor in `gap`, and what
compares with it (`gap`, `tight`, `witness`, `criterion`) has nothing to say.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import cached_property
from typing import Any

from ...solvers.accuracy import known
from ...solvers.effort import FLOATS, Effort
from ...solvers.errors import AssumptionViolated, InvalidInput, NotCertified, TooLarge
from ...solvers.numbers import Number, finite, written
from ...solvers.numerals import shown
from ..answers.answer import Answer
from ..design.design import Design, design
from ..design.question import Question
from ..design.rents import of_rents
from ..environment.environment import Environment
from ..notions.demands import keys_of
from ..notions.incentives import INCENTIVES, RUNGS
from ..payments.unrelax import Unrelaxed, unrelax
from ..relaxations import default_coupling
from ..verification.verdict import Witness
from .order import check_order, equal
from .tightness import Criterion, criterion

RELAXATIONS = ("relaxed", "virtual", "first-order")
DECISIVE = ("relaxed", "bayesian")
"""The rungs that say whether the relaxation is tight."""
SMALL = 2_000
"""Rows up to which programs are solved again exactly where doubles cannot tell whether a rung is tight."""


@dataclass(frozen=True, repr=False)
class Rung(Answer):
    """One line of the ladder."""

    name: str
    design: Design

    @property
    def status(self) -> str:
        """`optimal`, `infeasible`, `unbounded`, `limit` or `not-applicable`."""
        return self.design.status

    @property
    def value(self) -> Number | None:
        """Optimal value, None where there is none."""
        return self.design.value

    @property
    def exact(self) -> bool:
        """Whether the value is rational."""
        return isinstance(self.value, Fraction)

    def _facts(self) -> dict[str, object]:
        return {"name": self.name, "status": self.status, "value": self.value}

    def to_json(self) -> dict[str, Any]:
        """The rung in the words of the command line."""
        program = self.design.program
        value = self.value
        return {
            "name": self.name,
            "incentives": self.design.question.incentives.name,
            "participation": self.design.question.participation.name,
            "status": self.status,
            "value": shown_value(value, self.design.value_margin),
            "exact": written(value) if isinstance(value, Fraction) else None,
            "rows": None if program is None else program.num_rows,
            "columns": None if program is None else program.num_columns,
            "nonzeros": None if program is None else program.num_nonzeros,
            "seconds": round(float(sum(self.design.seconds.values())), 6),
            "formulation": self.design.formulation or None,
            "message": self.design.message,
        }


def shown_value(value: Number | None, error: float) -> float | None:
    """A value for JSON, in the decimals that are known; None also where doubles end before it."""
    rounded = finite(value)
    return None if rounded is None else known(rounded, error)


@dataclass(frozen=True, eq=False, repr=False)
class Ladder(Answer):
    """The rungs for one environment, objective, participation and demands: all, or those that were asked."""

    instance: str
    coupling: str
    rungs: tuple[Rung, ...]
    effort: Effort = FLOATS

    @cached_property
    def designs(self) -> dict[str, Design]:
        """The answer of each rung, by its name."""
        return {rung.name: rung.design for rung in self.rungs}

    def __getitem__(self, name: str) -> Rung:
        return Rung(name, self.designs[name])

    @cached_property
    def gap(self) -> dict[str, Number | None]:
        """Each rung's value minus that of `bayesian`; None where one has none or `bayesian` was not asked."""
        base = self["bayesian"].value if "bayesian" in self.designs else None
        return {
            rung.name: None if rung.value is None or base is None else rung.value - base
            for rung in self.rungs
        }

    def _known_gap(self, name: str) -> float | None:
        gap = self.gap[name]
        if gap is None:
            return None
        return shown_value(gap, self.designs[name].value_margin + self.designs["bayesian"].value_margin)

    @cached_property
    def tight(self) -> dict[str, bool | None]:
        """Whether each relaxation equals `bayesian`: the same rational, or within 1e-7 of their size.

        None where one of them has no value or was not asked, and where doubles cannot tell.
        """
        asked = self.designs
        return {
            name: equal(asked[name], asked["bayesian"]) if {name, "bayesian"} <= asked.keys() else None
            for name in RELAXATIONS
        }

    @property
    def exact(self) -> bool:
        """Whether the values are rational."""
        return all(rung.exact for rung in self.rungs if rung.value is not None)

    @cached_property
    def _unrelaxing(self) -> Unrelaxed | str:
        if "relaxed" not in self.designs:
            return "the relaxed rung was not asked"
        design = self.designs["relaxed"]
        if design.bounds is not None:
            return "the relaxed rung was bounded without writing down its histories, and has no mechanism"
        if design.status != "optimal" or design.plan is None or design.coupling is None:
            return f"the relaxed rung is {design.status}"
        try:
            return unrelax(design, self.effort)
        except (AssumptionViolated, TooLarge) as error:
            return str(error)

    def skip_unrelaxing(self, reason: str) -> None:
        """Leave the witness out, for this reason, instead of solving for it when it is asked for."""
        vars(self)["_unrelaxing"] = reason

    @property
    def unrelaxed(self) -> Unrelaxed | None:
        """What becomes of the relaxed optima when shocks are private; None where that was not tried."""
        return None if isinstance(self._unrelaxing, str) else self._unrelaxing

    @property
    def unrelaxed_reason(self) -> str:
        """Why un-relaxing was not tried; empty where it was."""
        return self._unrelaxing if isinstance(self._unrelaxing, str) else ""

    @property
    def witness(self) -> Witness | None:
        """Who lies under the relaxed optimum that leaves lies the least; None unless `relaxed` and `bayesian`
        were asked, and differ."""
        if self.tight["relaxed"] is not False or self.unrelaxed is None:
            return None
        return self.unrelaxed.witness

    @cached_property
    def criterion(self) -> Criterion:
        """The finite-type tightness criterion, where it applies."""
        if "relaxed" not in self.designs:
            return Criterion(None, "the relaxed rung was not asked")
        return criterion(self.designs["relaxed"])

    def _facts(self) -> dict[str, object]:
        return {
            "instance": self.instance,
            **{rung.name: rung.status if rung.value is None else rung.value for rung in self.rungs},
        }

    def to_json(self) -> dict[str, Any]:
        """The ladder in the words of the command line; ``demands`` where there are any."""
        witness, demands = self.witness, keys_of(self.rungs[0].design.question.demands)
        return {
            "instance": self.instance,
            "coupling": self.coupling,
            **({"demands": demands} if demands else {}),
            "rungs": [rung.to_json() for rung in self.rungs],
            "tight": self.tight,
            "gap": {name: self._known_gap(name) for name in self.gap},
            "witness": None if witness is None else witness.to_json(),
            "least_gain": None if witness is None or self.unrelaxed is None else self.unrelaxed.to_json(),
        }


def read_rungs(words: Sequence[str] | None) -> tuple[str, ...]:
    """The rungs of these words, in the order of the ladder; all of them where none are said.

    Raises `InvalidInput`.

    >>> read_rungs(["bayesian", "relaxed"])
    ('relaxed', 'bayesian')
    """
    if words is None:
        return RUNGS
    if isinstance(words, str) or not words:
        raise InvalidInput(f"rungs: {shown(words)} is no list of {', '.join(RUNGS)}")
    for word in words:
        if word not in RUNGS:
            raise InvalidInput(f"rungs: {shown(word)} is not one of {', '.join(RUNGS)}")
    return tuple(name for name in RUNGS if name in words)


def ladder(
    env: Environment,
    question: Question,
    effort: Effort = FLOATS,
    *,
    rungs: Sequence[str] | None = None,
    done: dict[str, Design] | None = None,
) -> Ladder:
    """Climb every rung, or those asked. The time limit is for each; who is notified is told each first.

    done: designs that are known already (an interrupted ladder); each finished rung is added to it.
    Of rational data, programs that are small are solved exactly where doubles cannot tell what is tight.
    A rung that is too large keeps its line, with status `limit`, unless the verdict needs it.
    Raises `InvalidInput` for a rung that is unknown, `TooLarge` for one of those, and `DynamechError` if the
    answers break the order that theory guarantees, whatever their statuses.
    """
    names = read_rungs(rungs)
    designs = done if done is not None else {}
    for name in names:
        if name in designs:
            continue
        effort.tell("rung", name, rung=name)
        asked = replace(question, incentives=INCENTIVES[name])
        if (same := _known(asked, designs)) is not None:
            designs[name] = same
            continue
        try:
            designs[name] = design(env, asked, effort, proved=True)  # for what is tight
        except TooLarge as error:
            if name in DECISIVE:
                raise
            kept = effort.silent
            designs[name] = Design(asked, "limit", str(error), None, {}, instance=env.name, effort=kept)
    check_order(env.name, designs)
    if env.exact and not effort.exact:
        settle(env, question, designs, replace(effort.silent, exact=True))
    coupling = question.coupling or default_coupling(env)
    return Ladder(env.name, coupling, tuple(Rung(name, designs[name]) for name in names), effort.silent)


def _known(asked: Question, designs: dict[str, Design]) -> Design | None:
    """The answer of another rung of which one agent's rents were asked the same; None without one."""
    for other in designs.values():
        alone = other.rents is not None and other.rents.recursion is not None
        if alone and of_rents(other.question) == of_rents(asked):
            return replace(other, question=asked, seconds={"solve": 0.0})
    return None


def settle(env: Environment, question: Question, designs: dict[str, Design], effort: Effort) -> None:
    """Ask rungs of which doubles cannot tell whether they are tight again, exactly, where that is quick."""
    if (base := designs.get("bayesian")) is None or base.value is None:
        return
    valued = [name for name in RELAXATIONS if name in designs and designs[name].value is not None]
    open_ = [name for name in valued if equal(designs[name], base) is None]
    programs = [designs[name].program for name in ["bayesian", *open_]]
    if not open_ or any(program is None or program.num_rows > SMALL for program in programs):
        return
    for name in ["bayesian", *open_]:
        asked = replace(question, incentives=INCENTIVES[name])
        try:
            again = design(env, asked, effort)
        except (NotCertified, TooLarge):
            continue
        if isinstance(again.value, Fraction):
            designs[name] = again
    check_order(env.name, designs)
