"""Mixed-integer programs: a solver proposes whole numbers, linear programs say what they are worth.

Nothing is taken from the solver but whole numbers z: the value is the optimum of the linear program in which
the integer columns are z, solved and looked into (or proved) as any other, and so are the vectors; duals are
those of that program. That no other whole numbers do better

- is the solver's word in doubles, and over the rationals where the tree of `search` has too many leaves;
- is proved over the rationals otherwise, leaf by leaf, whatever the solver said.

``Solution.optimality`` says which. Integer columns have bounds, so the directions in which a point may go for
ever are those of the linear program without whole numbers: the program is unbounded where that one is, if it
has a point at all.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from functools import partial
from operator import methodcaller
from typing import Any, TypeAlias

from ..arithmetic import arithmetic
from ..certificate import Certificate
from ..clock import Clock
from ..errors import NotCertified, OutOfTime, TooLarge
from ..exact.solve import bound_text
from ..numbers import Array, Ints, Number
from ..options import Options
from ..program import Program
from ..scaling import in_units
from ..solution import Solution, Status
from ..tree import Leaf, Tree
from .search import Best, Linear, Overgrown, proved_tree

LARGEST = 2_000
"""Integer columns up to which an exact answer is looked for."""
_NOWHERE = "infeasible: no point with whole numbers satisfies all rows and bounds"
_SOLVER = {False: 0.9, True: 0.5}
"""Share of a time limit for the solver, in doubles and where a proof follows."""

Engine: TypeAlias = Callable[[Program, str, Options], Solution]


def solve_mixed(
    program: Program, engine: Engine, solver: str, options: Options, exact: bool, linear: Linear
) -> Solution:
    """The solution of a program with integer columns; `engine` and `solver` propose them.

    Raises ``TooLarge`` for an exact answer about more than ``LARGEST`` of them, and what the engine raises.
    """
    if exact:
        refuse_many(program.name, len(program.integers))
    again = partial(_certified, engine=engine, options=replace(options, progress=None), linear=linear)
    return replace(_Asked(program, engine, solver, options, exact, linear).answer(), prover=again)


def refuse_many(name: str, count: int) -> None:
    """Raise ``TooLarge`` where an exact answer about so many integer columns of a program is asked for."""
    if count > LARGEST:
        raise TooLarge(
            f"program {name!r}: exact answers are for up to {LARGEST:,} integer columns, and it has "
            f"{count:,}; solve it in doubles"
        )


def _certified(solution: Solution, engine: Engine, options: Options, linear: Linear) -> Certificate:
    """What is proved of the program of a solution in doubles. Raises ``NotCertified``, ``TooLarge``."""
    answer = solve_mixed(solution.program, engine, solution.solver, options, True, linear)
    if answer.certificate is None:
        raise NotCertified(f"no proof was completed for program {solution.program.name!r}: {answer.message}")
    return answer.certificate


class _Asked:
    """One program on its way to an answer."""

    def __init__(
        self, program: Program, engine: Engine, solver: str, options: Options, exact: bool, linear: Linear
    ) -> None:
        self.program, self.engine, self.solver, self.options = program, engine, solver, options
        self.exact, self._linear, self.clock = exact, linear, Clock(options)
        self.grace = 0.0
        self.seconds = {"handover": 0.0, "solve": 0.0, **({"prove": 0.0} if exact else {})}

    def linear(self, program: Program, options: Options, exact: bool) -> Solution:
        """The answer of a linear program, whose time counts."""
        answer = self._linear(program, options, exact)
        for key in self.seconds:
            self.seconds[key] += answer.seconds.get(key, 0.0)
        return answer

    def answer(self) -> Solution:
        try:
            relaxed = self.run("relaxed")
            self.grace = 2 * sum(self.seconds.values())
            if relaxed.status == "infeasible":
                return self.refuted(relaxed)
            if relaxed.status == "limit":
                return self.told("limit", relaxed.message, bound=relaxed.bound)
            return self.searched(relaxed)
        except OutOfTime:
            words = "limit: the time limit was reached before whole numbers were looked for"
            return self.told("limit", words)

    def run(self, change: str, *given: Array) -> Solution:
        """The linear program that a method of the program makes, in the arithmetic asked for.

        What a solver proposes is valued even where it took longer than it was given: so long as twice the
        program without whole numbers.
        """
        changed, left = self.program.changed(methodcaller(change, *given)), self.clock.left()
        limited = replace(self.options, time_limit=None if left is None else max(left, self.grace))
        return self.linear(changed, limited, self.exact)

    def searched(self, relaxed: Solution) -> Solution:
        """With the answer of the program without whole numbers, an optimum or a ray."""
        endless, program = relaxed.status == "unbounded", self.program
        if endless:  # whatever point there is, it improves from there
            program = replace(program, objective=arithmetic(program.exact).zeros(program.num_columns))
        time_left = self.clock.part(_SOLVER[self.exact])
        scaled, lift = in_units(program)
        proposed = lift.solution(self.engine(scaled, self.solver, time_left.options()))
        for key in ("handover", "solve"):
            self.seconds[key] += proposed.seconds[key]
        inner = None if proposed.primal is None else self.run("fixed_at", proposed.primal)
        if self.exact and not (inner is not None and inner.status == "unbounded"):
            try:
                tree, best = proved_tree(program, Best.of(inner), self.linear, self.clock, self.options)
            except (Overgrown, OutOfTime):
                return self.unproved(relaxed, proposed, inner)
            if best.primal is None:
                proof = Certificate("infeasible", self.program, tree=tree)
                return self.told("infeasible", f"{_NOWHERE} (proved)", certificate=proof)
            if inner is None or inner.value != best.value:
                inner = self.run("fixed_at", best.primal)
            if not endless:
                return self.proved(inner, tree)
        if inner is not None and inner.status == "unbounded":
            ray = None if inner.certificate is None else replace(inner.certificate, program=self.program)
            return self.told("unbounded", inner.message, inner, certificate=ray)
        return self.unproved(relaxed, proposed, inner)

    def proved(self, inner: Solution, tree: Tree) -> Solution:
        value = inner.optimum
        leaves = sum(isinstance(node, Leaf) for node in tree)
        cases = f"{leaves:,} case{'s' * (leaves != 1)} of whole numbers"
        words = f"optimal: value {bound_text(Fraction(value))} (proved; {cases})"
        proof = Certificate("optimal", self.program, Fraction(value), inner.primal, tree=tree)
        return self.told("optimal", words, inner, value=value, bound=value, certificate=proof)

    def refuted(self, relaxed: Solution) -> Solution:
        """No whole numbers, as no numbers at all."""
        proof = relaxed.certificate
        if proof is not None:
            tree = None if proof.dual is None else (Leaf("infeasible", proof.dual),)
            proof = Certificate("infeasible", self.program, tree=tree)
        return self.told("infeasible", relaxed.message, certificate=proof)

    def unproved(self, relaxed: Solution, proposed: Solution, inner: Solution | None) -> Solution:
        """On the word of the solver, for who does better; of what is known."""
        word, sign = f"{self.solver}'s word", self.program.sign
        bounds = [relaxed.bound, None if self.exact else proposed.bound]
        most = max((bound for bound in bounds if bound is not None), key=lambda b: sign * b, default=None)
        beaten = "no bound known" if most is None else f"no value beats {_shown(most)}"
        stopped = proposed.message.removeprefix("limit: ").partition(";")[0]
        if inner is None or inner.value is None:
            if inner is None and proposed.status == "infeasible":
                return self.told("infeasible", f"{_NOWHERE}, on {word}")
            if inner is not None:
                stopped = f"the whole numbers that {self.solver} proposes lead nowhere ({inner.message})"
            words = f"limit: {stopped}; no point with whole numbers is known; {beaten}"
            return self.told("limit", words, bound=most)
        value, proof = inner.value, self.between(relaxed, inner) if self.exact else None
        if proposed.status == "optimal":
            words = f"{inner.message}; that no other whole numbers do better is {word}"
            return self.told("optimal", words, inner, value=value, bound=value, certificate=proof)
        words = f"limit: {stopped}; the best whole numbers so far have value {_shown(value)}; {beaten}"
        return self.told("limit", words, inner, bound=most, certificate=proof)

    def between(self, relaxed: Solution, inner: Solution) -> Certificate | None:
        """What is proved without a tree: the value is reached, and not better than without whole numbers."""
        proof = relaxed.certificate
        if proof is None or proof.dual is None or inner.value is None:
            return None
        ends = sorted((Fraction(inner.value), Fraction(relaxed.optimum)))
        tree = (Leaf("bound", proof.dual),)
        return Certificate(
            "interval", self.program, primal=inner.primal, least=ends[0], most=ends[1], tree=tree
        )

    def told(
        self, status: Status, message: str, inner: Solution | None = None, *, value: Number | None = None,
        bound: Number | None = None, certificate: Certificate | None = None,
    ) -> Solution:  # fmt: skip
        """The answer, with the vectors of a linear program if there is one."""
        given: dict[str, Any] = {}
        if inner is not None:
            given = {
                "primal": lambda: _held(inner, self.program.integers), "dual": lambda: inner.dual,
                "reduced_costs": lambda: inner.reduced_costs, "ray": inner.ray,
                "iterations": inner.iterations, "bounder": partial(_error, inner),
            }  # fmt: skip
        return Solution(
            self.program, status, message, self.solver, value, bound, **given, seconds=self.seconds,
            tolerances=self.options.tolerances, certificate=certificate,
        )  # fmt: skip


def _held(inner: Solution, integers: Ints) -> Array | None:
    """The point of a program in which these columns are held, where an engine may be off by rounding."""
    if inner.primal is None:
        return None
    x = inner.primal.copy()
    x[integers] = inner.program.lower[integers]
    return x


def _error(inner: Solution, _: Solution) -> float:
    """No less than what the value of these whole numbers is off by."""
    return math.inf if inner.bounder is None else inner.bounder(inner)


def _shown(value: Number) -> str:
    return bound_text(value) if isinstance(value, Fraction) else f"{value:.10g}"
