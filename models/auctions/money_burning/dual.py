"""The dual of capped money burning: weights of the buyers, by cutting planes (MPTZ, supplement, Theorem E.2).

With ironed virtual values for utility ϑ̄_i the printed pair of programs is

    max  Σ_i u_i                                    min  Σ_i y_i b_i + Σ_ϑ z(ϑ)
    s.t. u_i ≤ Σ_ϑ ϑ̄_i x_i(ϑ) f(ϑ)    (w_i)          s.t. z(ϑ) ≥ ϑ̄_i f(ϑ) w_i    (x_i(ϑ))
         u_i ≤ b_i                    (y_i)               y_i + w_i ≥ 1          (u_i)
         Σ_i x_i(ϑ) ≤ 1               (z(ϑ))              y, w, z ≥ 0
         x ≥ 0

A larger w_i than 1 is worth nothing, y_i = 1 − w_i, and z(ϑ) = f(ϑ) max_i w_i ϑ̄_i, so the dual is to minimise
over 0 ≤ w ≤ 1

    D(w) = Σ_i b_i (1 − w_i) + E[max_i w_i ϑ̄_i],

convex and piecewise linear: for every auction with expected utilities u, E[max_i w_i ϑ̄_i] ≥ w · u, with
equality where the highest w_i ϑ̄_i wins. Those auctions are the cuts. Floats find the cuts that matter in a
few rounds; they are then taken over the rationals, and the small program over them is solved exactly, until D
at its solution is its value. The multipliers of the cuts are probabilities of the auctions that they stand
for: a mixture that is optimal.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property

import numpy as np

from ....solvers.arithmetic import COMPUTED, arithmetic
from ....solvers.errors import NotCertified
from ....solvers.numbers import Array, Ints, Number, to_exact, to_float
from ....solvers.options import TIGHTEST, Tolerances
from ....solvers.program import Builder
from ....solvers.short import Short
from ....solvers.solution import Solution
from ....solvers.solve import solve
from ..highest_score import HighestScore, PaymentRule, WeightedWorth, score_ranks
from ..market import Market
from ..virtual_values import VirtualValues

ROUNDING = 1e-13
"""The float cutting planes end where the gap, relative to the larger of the value and 1, is this small,"""
CLOSED = COMPUTED
PATIENCE = 25
"""or where it is below ``CLOSED`` and was not halved in so many rounds (twenty times as many above)."""
MULTIPLIER = 1e-15
"""Float multipliers below this leave their cut out of the exact program; it comes back where it is needed."""
TIGHT = Tolerances(primal=TIGHTEST, dual=TIGHTEST)


@dataclass(frozen=True, eq=False, repr=False)
class Cut(Short):
    """An auction by scaled virtual values, at the weights `at` (N,), ties in the buyers' order, and its
    expected utilities (N,)."""

    at: Array
    utilities: Array


@dataclass(frozen=True, eq=False, repr=False)
class DualOptimum(Short):
    """The optimal weights (N,), the value, and the cuts of positive probability with these probabilities."""

    weights: Array
    value: Number
    cuts: tuple[Cut, ...]
    probabilities: tuple[Number, ...]


class Dual:
    """The dual program of a market with rational data under caps (N,).

    payments "smallest" take the virtual values for utility; "largest" those that the paper prints.
    """

    def __init__(self, market: Market, caps: Array, payments: PaymentRule = "smallest") -> None:
        self.market, self.caps, self.payments = market, caps, payments

    @cached_property
    def scores(self) -> tuple[Array, ...]:
        """Ironed virtual values for utility, per buyer (K_i,)."""
        virtual = [VirtualValues(buyer) for buyer in self.market.buyers]
        if self.payments == "smallest":
            return tuple(values.utility_ironed for values in virtual)
        return tuple(values.utility_printed_ironed for values in virtual)

    @cached_property
    def worth(self) -> WeightedWorth:
        """The virtual values as what winning is worth."""
        return WeightedWorth(self.market, self.scores)

    def auction(self, weights: Array, order: tuple[int, ...] | None = None) -> HighestScore:
        """The auction in which the highest w_i ϑ̄_i wins, for rational weights (N,); scores are integers."""
        return HighestScore(self.market, self.levels(weights), None, order, self.payments)

    def levels(self, weights: Array) -> tuple[Array, ...]:
        """The scores w_i ϑ̄_i of every type as positions among the different ones: integers, per buyer (K_i,).

        Scores are compared as rationals where floats cannot tell them apart.
        """
        values, floats, owner, expand = self._different
        scores = to_float(weights)[owner] * floats
        ranks = score_ranks(scores, lambda at: weights[owner[at]] * values[at])[expand]
        return tuple(np.split(ranks, np.cumsum([own.size for own in self.scores])[:-1]))

    @cached_property
    def _different(self) -> tuple[Array, Array, Ints, Ints]:
        """The different ϑ̄_i of each buyer (D,), in floats, whose they are, and which one a type has (M,)."""
        flat = np.concatenate(self.scores)
        owner = np.repeat(np.arange(len(self.scores)), [own.size for own in self.scores])
        new = np.append(True, (flat[1:] != flat[:-1]) | (owner[1:] != owner[:-1]))
        return flat[new], to_float(flat[new]), owner[new], np.cumsum(new) - 1

    def value(self, weights: Array) -> Number:
        """D(w) for rational weights (N,)."""
        dual: Fraction = (self.caps * (1 - weights) + weights * self._cut(weights).utilities).sum()
        return dual

    def solve(self) -> DualOptimum:
        """The exact optimum. Raises `NotCertified` where the solver cannot prove a program of the cuts."""
        points, multipliers = self._explore()
        cuts = [
            self._cut(to_exact(w)) for w, share in zip(points, multipliers, strict=True) if share > MULTIPLIER
        ]
        while True:
            solution = self._program([cut.utilities for cut in cuts], exact=True)
            weights = solution["weights"]
            value = self.value(weights)
            if value == solution.value:
                break
            cuts.append(self._cut(weights))
        shares = solution.duals["cuts"]
        kept = [k for k in range(len(cuts)) if shares[k] > 0]
        return DualOptimum(weights, value, tuple(cuts[k] for k in kept), tuple(shares[k] for k in kept))

    def _explore(self) -> tuple[list[Array], Array]:
        """Cutting planes in floats: the weights (N,) at which they were made and their multipliers.

        Three rounds in four look near the best weights known, where cuts are the ones that the optimum needs
        (the in-out rule of Ben-Ameur & Neto 2007); the fourth looks where the program of the cuts says.
        """
        floats = self.market.converted(False)
        worth = WeightedWorth(floats, [to_float(own) for own in self.scores])
        caps = to_float(self.caps)
        at = centre = np.ones(caps.size)
        points: list[Array] = []
        utilities: list[Array] = []
        best = smallest = np.inf
        waited = 0
        while True:
            left = HighestScore(floats, self.levels(to_exact(at))).captured(worth)
            value = float(caps @ (1 - at) + at @ left)
            if value < best:
                best, centre = value, at
            points.append(at)
            utilities.append(left)
            solution = self._program(utilities, exact=False)
            gap = (best - solution.optimum) / best if best > 0 else 0.0
            waited = 0 if gap < smallest / 2 else waited + 1
            smallest = min(gap, smallest)
            if gap <= ROUNDING or waited > (PATIENCE if gap <= CLOSED else 20 * PATIENCE):
                return points, solution.duals["cuts"]
            there = solution["weights"]
            at = there if len(points) % 4 == 1 else centre + (there - centre) / 10

    def _cut(self, weights: Array) -> Cut:
        """The cut at rational weights (N,)."""
        return Cut(weights, self.auction(weights).captured(self.worth))

    def _program(self, cuts: list[Array], exact: bool) -> Solution:
        """min b·(1 − w) + t subject to t ≥ u·w for the cuts u, 0 ≤ w ≤ 1."""
        caps = arithmetic(exact).array(self.caps)
        builder = Builder(sense="min", exact=exact, name=f"{self.market.instance}, weights")
        weights = builder.columns("weights", caps.size, upper=1, objective=-caps)
        most = builder.columns("most", 1, lower=None, objective=1)  # so that multipliers sum to 1
        rows = builder.rows("cuts", len(cuts), lower=0)
        builder.entries(rows.index, most.index, 1)
        builder.entries(rows.index[:, None], weights.index[None, :], -np.stack(cuts))
        builder.offset = caps.sum()
        solution = solve(builder.build(), exact=exact, tolerances=TIGHT)
        if exact and solution.status == "limit":
            raise NotCertified(solution.message)
        return solution.require_optimal()
