"""Can a given allocation be paid for? Payments that make truth optimal, or the lies that no payments stop.

For a fixed allocation the incentive rows are linear in payments alone (Rochet: implementable if and only if
no mixture of deviations gains whatever is charged). One program looks for the payments under which the
largest gap in an incentive row, at any state where truth is asked for, is smallest. Zero: they are the
payments. Anything else: its multipliers are the mixture, weights on lies under which every payment cancels
and the gain does not, and a Farkas vector of the incentive rows, which proves that no payments will do.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any

import numpy as np

from ...solvers.arithmetic import SOLVED, arithmetic
from ...solvers.certificate import Certificate
from ...solvers.constants import Constants
from ...solvers.effort import Effort
from ...solvers.errors import DynamechError
from ...solvers.events import Notify
from ...solvers.exact.solve import certify_vectors
from ...solvers.numbers import Array, Number, finite, written
from ...solvers.program import Builder, Program
from ...solvers.short import Short
from ...solvers.solution import Solution
from ...solvers.solve import solve
from ..answers.answer import Answer
from ..compiler.compiled import Compiled
from ..compiler.given import sequence_form, with_allocation
from ..design.compiling import compile_question
from ..design.decode import decode
from ..design.question import Question
from ..environment.environment import Environment
from ..environment.independence import factored
from ..mechanism.mechanism import Mechanism
from ..notions.incentives import Incentive, read_incentive
from ..verification.anywhere import home_of
from .deviation import Deviation, mixture


@dataclass(frozen=True, eq=False, repr=False)
class Implementation(Answer):
    """Whether payments exist that make an allocation incentive compatible.

    mechanism: the allocation with such payments, for `environment`; None where there are none.
    deviations: where there are none, the mixed deviation strategy, heaviest first; the weights of lies at
        states that truth reaches (or, for ex-post notions, all states) sum to 1.
    gain: what the mixture gains, whatever is charged.
    certificate: the exact proof either way, of rational data: payments, or a Farkas vector.
    """

    implementable: bool
    environment: Environment
    mechanism: Mechanism | None
    deviations: tuple[Deviation, ...]
    gain: Number
    program: Program
    certificate: Certificate | None
    instance: str
    """Name of the environment that was asked about."""
    incentives: str

    def __bool__(self) -> bool:
        return self.implementable

    def to_json(self) -> dict[str, Any]:
        """The answer in the words of the command line."""
        return {
            "instance": self.instance,
            "incentives": self.incentives,
            "implementable": self.implementable,
            "gain": finite(self.gain),
            "exact": written(self.gain) if isinstance(self.gain, Fraction) else None,
            "deviations": [
                {
                    "agent": lie.agent,
                    "period": lie.period,
                    "lie": lie.lie,
                    "weight": written(lie.weight) if isinstance(lie.weight, Fraction) else float(lie.weight),
                }
                for lie in self.deviations
            ],
            "mechanism": None if self.mechanism is None else self.mechanism.to_json(),
        }


def implement(
    env: Environment,
    allocation: Mechanism,
    incentives: str | Incentive = "bayesian",
    *,
    coupling: str | None = None,
    solver: str = "highs",
    exact: bool | None = None,
    time_limit: float | None = None,
    memory_limit: float | None = None,
    notify: Notify | None = None,
) -> Implementation:
    """Look for payments under which `allocation` (its transfers do not count) satisfies a notion.

    exact: over the rationals, with a proof; by default where environment and allocation are rational.
    An allocation made where shocks are private (`Unrelaxed.mechanism`) is asked about there. Raises
    `InvalidInput` where the allocation does not fit, `AssumptionViolated` where the notion does not apply,
    `TooLarge`, and `DynamechError` where no answer was found within the time limit.
    """
    notion = read_incentive(incentives)
    name = env.name
    home, rewritten = home_of(env, allocation, coupling, Effort(memory_limit=memory_limit).room)
    if rewritten == "private shocks":  # a relaxed optimum that is asked about where shocks are private
        env = home
    allocation.check(env)
    rational = env.exact and allocation.exact if exact is None else exact
    env = factored(env.to_exact() if rational else env.to_float())
    effort = Effort(solver, rational, time_limit, memory_limit, notify)
    joint = env.joint or notion.rewriting == "types"
    words = "textbook" if joint or notion.myopic else "utilities"  # the quickest with a row for every lie
    question = Question.of(env, "revenue", notion, "none", coupling, words)
    compiled, rewriting, _ = compile_question(env, question, effort)
    given = rewriting.lift(allocation.to_exact() if rational else allocation.to_float())
    fixed = sequence_form(compiled.layout, given)
    paying = _payments_only(compiled, fixed, relative=not rational)

    def smallest(gap: Program) -> Solution:
        solution = solve(gap, effort.solver, exact=rational, time_limit=effort.left)
        if solution.status != "optimal":
            raise DynamechError(f"whether payments exist was not found out: {solution.message}")
        return solution

    solution = smallest(paying.elastic)
    holds = bool(-solution.optimum <= arithmetic(rational).slack(1, SOLVED))  # a share of what is at stake
    if not holds and not rational:
        paying = _payments_only(compiled, fixed, relative=False)
        solution = smallest(paying.elastic)
    gain, program, dual = -solution.optimum, paying.program, solution.multipliers
    paid, lies, proof = None, [], None
    if holds:
        gain, payments = 0 * gain, solution.point[:-1]
        paid = decode(compiled.layout, paying.way.primal(payments), effort.room)
        proof = certify_vectors(program, payments, 0 * dual) if rational else None
    else:
        lies = [*mixture(compiled.lies, paying.way.dual(dual))]
        lies.sort(key=lambda lie: (-lie.weight, lie.period, lie.lie))
        proof = Certificate("infeasible", program, dual=-dual) if rational else None
    ready = compiled.layout.env
    return Implementation(holds, ready, paid, tuple(lies), gain, program, proof, name, notion.name)


@dataclass(frozen=True, eq=False, repr=False)
class _Paying(Short):
    """The payments of a given allocation.

    program: incentive and truth rows in payments and utilities; elastic: the same with a gap to minimise.
    way: from `program` to one that has the allocation, too, and all rows.
    """

    program: Program
    elastic: Program
    way: Constants


def _payments_only(compiled: Compiled, fixed: Array, *, relative: bool) -> _Paying:
    """The rows of a compiled program about lies and truth, where its allocation is `fixed`.

    relative: the gap as a share of what is at stake at the state that lies, not in money.
    """
    home, layout = compiled.program, compiled.layout
    free = np.full(home.num_columns, np.inf, dtype=home.lower.dtype)
    nothing = arithmetic(home.exact).zeros(home.num_columns)
    bare = replace(
        home, name=f"{home.name}.payments", objective=nothing, offset=0 * home.offset, quadratic=None,
        lower=-free, upper=free,
    )  # fmt: skip
    lotteries = sum(block.size for block in layout.flows.values())  # they come first, and hold
    way = Constants(with_allocation(bare, layout, fixed), np.arange(lotteries, home.num_rows))
    program = way.program("paid")
    build = Builder.of(program)
    units, sizes = program.units, np.ones(home.num_columns) if home.units is None else home.units
    gap = build.columns("gap", 1, objective=-1, unit=1 if relative or units is None else units.max())
    for lies in compiled.lies.values():
        begins = layout.plan.incentives.myopic | lies.view.probable[lies.state]
        asked = np.flatnonzero(begins[lies.of_class])
        share = sizes[lies.utility[asked]] if relative else 1
        build.entries(way.places(lies.block.index[asked]), gap.start, share)
    return _Paying(program, build.build(), way)
