"""The least of the largest gains that relaxed optima leave, with an optimum that leaves it.

Where histories do not hold actions one linear program has it (`smallest_gain.py`). Elsewhere a gain
multiplies the weight of its history. For a given allocation g, and for a given g the shortfall s, is a linear
program: any allocation tried bounds the least gain from above, a shortfall s > 0 at g proves that no optimum
leaves less than g, and its multipliers prove more, since they stay feasible in the dual while g grows by d as
long as

    d Y[n] ≤ z[n]  at every history whose weight is a column,  and  d Y[root] ≤ s  in sum over the others,

with Y the multipliers of the gains at a history and z the reduced cost of its weight.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from fractions import Fraction

import numpy as np

from ...solvers.arithmetic import COMPUTED, SOLVED, arithmetic
from ...solvers.certificate import Certificate
from ...solvers.effort import Effort
from ...solvers.errors import AssumptionViolated
from ...solvers.numbers import Array, Number
from ...solvers.short import Short
from ...solvers.solution import Solution
from ...solvers.solve import solve
from .only_optimum import Only, only_optimum
from .smallest_gain import GainQuestion, SmallestGain

LOOSE = (0.0, COMPUTED, SOLVED)
"""How much of the optimal value doubles may miss, tried in turn until some allocation is left."""
WIDTH = Fraction(1, 10**6)
"""Relative width at which an interval is narrow enough."""
ROUNDS = 60
ROUNDED = 2.0**-46
"""Relative error of a coefficient: some dozens of doubles multiplied and added."""


@dataclass(frozen=True, eq=False, repr=False)
class LeastGain(Short):
    """No relaxed optimum leaves less than `least`; the one in `primal` leaves `upper`.

    error: what doubles may be off by, the unknown decimals of the relaxed value included; 0 when exact.
    primal, dual: of `asked.program`, in which the gain is smallest.
    proofs: when exact, of that program and, where `least` comes from another, of that one.
    """

    least: Number
    upper: Number
    error: float
    asked: SmallestGain
    primal: Array
    dual: Array
    proofs: tuple[Certificate, ...]


class Search:
    """Solves the programs of one question, one after another, within one time limit."""

    def __init__(self, question: GainQuestion, effort: Effort) -> None:
        self.question = question
        self.effort = effort.begun()
        self.loose = LOOSE[:1] if question.env.exact else LOOSE

    def solve(
        self, *, gain: Number | None = None, allocation: Array | None = None
    ) -> tuple[SmallestGain, Solution]:
        """Solve one program of the module; raises `AssumptionViolated` where that comes to nothing."""
        for loose in self.loose:
            asked = self.question.program(loose, gain=gain, allocation=allocation)
            solution = solve(
                asked.program, self.effort.solver, exact=self.question.env.exact, time_limit=self.effort.left
            )
            if solution.status != "infeasible":
                break
        if solution.status != "optimal" or isinstance(solution.value, float) is self.question.env.exact:
            raise AssumptionViolated(
                f"the payments with the smallest gain were not found: {solution.message}"
            )
        return asked, solution

    def smallest(self, allocation: Array | None) -> LeastGain:
        """The smallest gain at this allocation; over all where it is None and histories hold no actions."""
        asked, solution = self.solve(allocation=allocation)
        value, primal, dual = solution.optimum, solution.point, solution.multipliers
        error = 0.0 if self.question.env.exact else _error(asked, solution)
        proofs = () if solution.certificate is None else (solution.certificate,)
        return LeastGain(value, value, error, asked, primal, dual, proofs)

    def least(self) -> LeastGain:
        """The least gain over all optima, or an interval of relative width `WIDTH`."""
        if not self.question.by_action:
            return self.smallest(None)
        exact = self.question.env.exact
        width = arithmetic(exact).number(WIDTH)
        gain: Number = 0 * width
        best, lower, proof, error = None, gain, None, 0.0
        rounds = 0
        while True:
            rounds += 1
            asked, solution = self.solve(gain=gain)
            if solution.optimum > arithmetic(exact).slack(gain):
                further, unknown = _further(asked, solution)
                if gain + further > lower:
                    lower, proof, error = gain + further, solution.certificate, unknown
            # Feasible or nearly so, its allocation is likely to be the best soon.
            tried = self._tried(solution.point[self.question.optima.home(asked.layout)])
            better = tried is not None and (best is None or tried.upper < best.upper)
            best = tried if better else best
            if best is None:
                best = self.smallest(self.question.optima.allocation)
            narrow = best.upper - lower <= width * best.upper
            if narrow or (gain > lower and not better) or rounds == ROUNDS:
                break
            # An allocation that does better than it was asked to may be the best; others get there by halves.
            near = better and not gain * (1 - width) <= best.upper <= gain
            gain = best.upper * (1 - width) if near else _between(lower, best.upper)
        # An allocation found in doubles is as good as the multipliers say that its rows are kept.
        error = max(error, best.error)
        least = best.upper if best.upper - lower <= error else lower
        proofs = best.proofs if proof is None else (*best.proofs, proof)
        return replace(best, least=least, error=error, proofs=proofs)

    def _tried(self, allocation: Array) -> LeastGain | None:
        """The smallest gain at this allocation; None where it fits its rows within the tolerance only."""
        try:
            return self.smallest(allocation)
        except AssumptionViolated:
            if self.question.env.exact or self.effort.late:
                raise
            return None

    def only(self, least: LeastGain) -> Only:
        """Whether there are other relaxed optima than this one, where that is quick to tell."""
        return only_optimum(self.question, least.primal, self.effort)


def _error(asked: SmallestGain, solution: Solution) -> float:
    """What a float gain may be off by: as its vectors say, and as the relaxed value, and the rounding of the
    data, let it."""
    measured = math.inf if solution.accuracy is None else solution.accuracy.margin
    dual = abs(solution.multipliers)
    value = sum(fixed.moves(solution.multipliers) for fixed in asked.fixed)
    rounding = float(dual @ (abs(asked.program.matrix) @ abs(solution.point)))
    return measured + value + ROUNDED * rounding


def _between(lower: Number, upper: Number) -> Number:
    """A number about halfway, with few digits."""
    middle = (lower + upper) / 2
    return middle.limit_denominator(int(8 / (upper - lower)) + 1) if isinstance(middle, Fraction) else middle


def _further(asked: SmallestGain, solution: Solution) -> tuple[Number, float]:
    """How much further than the gain asked about the multipliers reach (d of the module), and what doubles
    may be off by."""
    costs, dual, short = solution.costs, abs(solution.multipliers), np.array([solution.optimum])
    root = short * 0
    weights = costs * 0
    for (t, _), rows in asked.gain_rows.items():
        column = asked.layout.weight_columns[t][rows.memory]
        mine = dual[rows.block.slice]
        root = root + mine[column < 0].sum()
        np.add.at(weights, column[column >= 0], mine[column >= 0])
    used, whole = np.flatnonzero(weights), np.flatnonzero(root)
    ends = np.concatenate([costs[used] / weights[used], short[whole] / root[whole]])
    reach = ends.min() if len(ends) else 0
    if isinstance(solution.optimum, Fraction):
        return max(reach, Fraction(0)), 0.0
    # The shortfall falls by this much while the gain grows by 1.
    slope = float(root[0] + weights @ solution.point)
    return max(float(reach), 0.0), _error(asked, solution) / slope if slope > 0 else math.inf
