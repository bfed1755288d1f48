"""How the range is looked for in which a relaxation is tight, and what is proved of it.

1. *Probes*: the gap g at equally spaced numbers, the ends among them. What alternates between two of them is
   missed, and nothing else.
2. *Boundaries*: between neighbours of which one is tight the gap is bisected. At every step the simplest
   rational inside (Stern and Brocot) and the root of the secant through the two nearest gaps are asked too,
   as a boundary is mostly one of them.
3. *Proof*: a boundary c is `exact` where g = 0 at c and everywhere on an interval that ends there (unless c
   is an end of what was asked), and g > 0 everywhere on an open interval that begins there. Optimal bases of
   the two programs are held along the parameter (`solvers/algorithms/along.py`): a mechanism that is feasible
   under `bayesian` and multipliers of the rung, of one value at every t, prove the first; a mechanism of the
   rung and multipliers of `bayesian`, of which the mechanism earns more at every t, the second. The programs'
   numbers are taken for polynomials of the parameter, which one t more than their degree needs is there to
   refute (a jump does; nothing finite could refute a family that differs between the numbers it is asked).
   A boundary without such a proof, an irrational one above all, is known to the width asked for.
4. *Whole*: where it is asked for, what lies between the numbers asked is proved in the same way. Where bases
   change, pieces are halved in search of a proof, and some may be left over: what is proved of an interval is
   told as a share of its length.

Whole numbers step by 1, and every boundary is exact. A number at which one of the two programs has no optimum
is neither tight nor not, and says why.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import pairwise
from typing import Any, TypeAlias

from ...solvers.algorithms.along import Vectors, above, equal, held, nodes
from ...solvers.effort import Effort
from ...solvers.errors import InvalidInput, NotCertified, OutOfTime
from ...solvers.options import Basis
from ...solvers.program import Program
from ...solvers.rational import simplest
from ..design.compiling import compile_question
from ..design.design import design
from ..design.question import Question
from ..environment.environment import Environment
from ..notions.incentives import INCENTIVES, RUNGS
from .order import below
from .tight_range import BASE, Point, TightRange

Family: TypeAlias = Callable[[Any], Environment]
BOUNDS = tuple(name for name in RUNGS if BASE in below(name))
"""Rungs that bound `bayesian`."""
DEGREES = (2, 4)
"""Of the polynomials with which a proof is tried."""
HALVINGS = 4
"""Times that a piece between two numbers is halved in search of a proof."""
MOST = 10_000
"""Points that may be asked for."""
LARGEST = 10**6
"""Denominator of a root that is asked."""


@dataclass(frozen=True)
class RangeQuestion:
    """What is asked: for which numbers from `low` to `high` a rung is tight.

    family: from a number (an int where `integers`) to an environment. question: objective, participation and
    coupling; its incentives do not count. points: probes. whole: see the module.
    """

    family: Family
    parameter: str
    low: Fraction
    high: Fraction
    rung: str
    question: Question
    width: Fraction
    points: int
    integers: bool = False
    whole: bool = False

    def __post_init__(self) -> None:
        if self.rung not in BOUNDS:
            raise InvalidInput(f"rung '{self.rung}' is no bound on '{BASE}'; those are {', '.join(BOUNDS)}")
        if self.low >= self.high:
            raise InvalidInput(
                f"the range of {self.parameter} must go up, not from {self.low} to {self.high}"
            )
        for end in (self.low, self.high):
            if self.integers and end.denominator > 1:
                raise InvalidInput(f"{self.parameter} is a whole number, not {end}")
        if self.width <= 0:
            raise InvalidInput(f"the width must be above 0, not {self.width}")
        if not 2 <= self.points <= MOST:
            raise InvalidInput(f"2 to {MOST} points are asked, the ends among them, not {self.points}")

    def environment(self, at: Fraction) -> Environment:
        """Over the rationals."""
        return self.family(int(at) if self.integers else at).to_exact()

    @property
    def probes(self) -> list[Fraction]:
        """In the order in which they are asked: the ends first."""
        step = (self.high - self.low) / (self.points - 1)
        inner = [self.low + k * step for k in range(1, self.points - 1)]
        if self.integers:
            inner = sorted({Fraction(round(at)) for at in inner} - {self.low, self.high})
        return [self.low, self.high, *inner]


def tight_range(
    asked: RangeQuestion, effort: Effort, done: dict[Fraction, Point] | None = None
) -> TightRange:
    """The range, over the rationals whatever the effort says of numbers.

    The time limit is for the answer; when it is up, what is known by then is the answer. done: points that
    are known already (of an interrupted search); each finished one is added to it, and an interruption is an
    answer too. Raises what the family raises at a number, and `TooLarge`.
    """
    points = {} if done is None else done
    search = RangeSearch(asked, replace(effort.begun(), exact=True), points)
    try:
        return known(asked, points, "optimal" if search.run() else "limit")
    except KeyboardInterrupt:
        if done is None or not points:
            raise
        return known(asked, points, "interrupted")


def known(asked: RangeQuestion, points: dict[Fraction, Point], status: str) -> TightRange:
    """The answer that these points are."""
    name = asked.environment(asked.low).name
    ordered = tuple(points[at] for at in sorted(points))
    return TightRange(
        name, asked.parameter, asked.rung, asked.low, asked.high, asked.width, asked.integers, status, ordered
    )


class RangeSearch:
    """Asks one number after another; what it knows stands in `points`."""

    def __init__(self, asked: RangeQuestion, effort: Effort, points: dict[Fraction, Point]) -> None:
        self.asked, self.effort, self.points = asked, effort, points
        self.questions = [replace(asked.question, incentives=INCENTIVES[name]) for name in (asked.rung, BASE)]

    def run(self) -> bool:
        """Whether all was asked before the time was up."""
        try:
            for at in self.asked.probes:
                self.ask(at)
            for left, right in self._neighbours():
                self._bisect(left, right)
            if self.asked.whole and not self.asked.integers:
                for left, right in self._neighbours():
                    self._cover(left, right, HALVINGS)
        except OutOfTime:
            return False
        return True

    def _neighbours(
        self, low: Fraction | None = None, high: Fraction | None = None
    ) -> list[tuple[Point, Point]]:
        """All points that stand side by side from `low` to `high`."""
        inside = [
            at for at in sorted(self.points) if (low is None or low <= at) and (high is None or at <= high)
        ]
        return [(self.points[a], self.points[b]) for a, b in pairwise(inside)]

    def ask(self, at: Fraction) -> Point:
        """What is known at a number. Raises `OutOfTime`."""
        if at not in self.points:
            self._tell(str(at), at=at)
            self.points[at] = self._point(at)
        return self.points[at]

    def _tell(self, text: str, **figures: Any) -> None:
        self.effort.check()
        name = self.asked.parameter
        self.effort.tell("step", f"{name}: {text}", parameter=name, **figures)

    def _point(self, at: Fraction) -> Point:
        env, values, bases = self.asked.environment(at), [], []
        for question in self.questions:
            try:
                answer = design(env, question, self.effort.silent)
            except NotCertified as error:
                return Point(at, None, str(error))
            if answer.status == "limit" and self.effort.time_limit is not None:
                raise OutOfTime
            if not isinstance(answer.value, Fraction):
                return Point(at, None, f"'{question.incentives.name}' is {answer.status}: {answer.message}")
            values.append(answer.value)
            bases.append(None if answer.solution is None else answer.solution.basis)
        return Point(at, (values[0], values[1]), bases=(bases[0], bases[1]))

    def _bisect(self, left: Point, right: Point) -> None:
        """Between neighbours of different verdicts, until what is between them is small or proved."""
        width = Fraction(1) if self.asked.integers else self.asked.width
        while left.tight != right.tight:
            near = left if left.tight else right
            small = right.at - left.at <= width
            for at in [] if small else self._candidates(left, right):
                if not left.at < at < right.at:
                    continue
                point = self.ask(at)
                if point.tight == right.tight:
                    right = point
                elif point.tight == left.tight:
                    left = point
                else:  # a third verdict
                    self._bisect(left, point)
                    left = point
            if (near in (left, right) and self._settle(left, right)) or small:
                return

    def _candidates(self, left: Point, right: Point) -> Iterator[Fraction]:
        """Where the boundary may be, and where it is looked for if it is not there."""
        middle = (left.at + right.at) / 2
        if self.asked.integers:
            yield Fraction(int(middle // 1))
            return
        yield simplest(left.at, right.at)
        yield from self._root(right if left.tight else left, 1 if left.tight else -1)
        yield middle

    def _root(self, near: Point, way: int) -> Iterator[Fraction]:
        """Of the secant through the gaps at a point and the next one that way, if it is a small number."""
        further = [point for at, point in self.points.items() if (at - near.at) * way > 0 and point.gap]
        if near.gap and further:
            far = min(further, key=lambda point: abs(point.at - near.at))
            if far.gap and far.gap != near.gap:
                root = near.at - near.gap * (far.at - near.at) / (far.gap - near.gap)
                if root.denominator <= LARGEST:
                    yield root

    def _settle(self, left: Point, right: Point) -> bool:
        """Whether the boundary is proved to be where the tight one of two neighbours is."""
        if self.asked.integers or None in (left.tight, right.tight) or not self._prove(left, right):
            return False
        at, apart = (left.at, left.at - right.at) if left.tight else (right.at, right.at - left.at)
        if at in (self.asked.low, self.asked.high):
            return True
        beyond = self.ask(min(max(at + apart, self.asked.low), self.asked.high))
        ends = sorted((beyond.at, at))
        return all(self._prove(*pair) for pair in self._neighbours(*ends)[:: 1 if left.tight else -1])

    def _cover(self, left: Point, right: Point, halvings: int) -> None:
        """Prove what is between neighbours of one verdict, in pieces where need be."""
        if left.tight is None or left.tight != right.tight or self._prove(left, right) or not halvings:
            return
        inner = self.ask(middling(left.at, right.at))
        self._bisect(left, inner)
        self._bisect(inner, right)
        for one, other in self._neighbours(left.at, right.at):
            self._cover(one, other, halvings - 1)

    def _prove(self, left: Point, right: Point) -> bool:
        """Whether it is proved that all is tight between two points that are, or nothing between others."""
        if self.points[left.at].proved == right.at:
            return True
        tight = bool(left.tight and right.tight)
        inner = self.ask(middling(left.at, right.at))
        if (
            inner.tight is not tight
            or inner.bases is None
            or not any(self._held(left.at, right.at, inner.bases, tight, degree) for degree in DEGREES)
        ):
            return False
        for one, other in self._neighbours(left.at, right.at):
            self.points[one.at] = replace(one, proved=other.at)
        return True

    def _held(
        self,
        low: Fraction,
        high: Fraction,
        bases: tuple[Basis | None, Basis | None],
        tight: bool,
        degree: int,
    ) -> bool:
        """Whether optimal bases of the rung and of `bayesian` prove it."""
        self._tell(f"proof from {low} to {high}", low=low, high=high)
        sides: tuple[Vectors, Vectors] = ("dual", "primal") if tight else ("primal", "dual")
        proofs = []
        for question, basis, side in zip(self.questions, bases, sides, strict=True):
            programs = [self._program(low + share * (high - low), question) for share in nodes(degree)]
            curved = any(program.quadratic is not None for program in programs)
            if basis is None or curved or any(program.integer is not None for program in programs):
                return False
            proof = held(programs, basis, degree, side)
            if proof is None:
                return False
            proofs.append(proof)
        promised, kept = proofs
        return equal(promised, kept) if tight else above(promised, kept, degree)

    def _program(self, at: Fraction, question: Question) -> Program:
        self.effort.check()
        return compile_question(self.asked.environment(at), question, self.effort.silent)[0].solved


def middling(low: Fraction, high: Fraction) -> Fraction:
    """The simplest number in the middle half of an interval.

    >>> print(middling(Fraction(4), Fraction(5)), middling(Fraction(0), Fraction(100)))
    9/2 26
    """
    quarter = (high - low) / 4
    return simplest(low + quarter, high - quarter)
