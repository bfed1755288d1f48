"""Virtual values over finitely many types: Myerson's for revenue, Hartline and Roughgarden's for utility.

With values θ_1 < ... < θ_K, probabilities f_j and F_j = f_1 + ... + f_j,

    revenue:           φ_j = θ_j − (θ_{j+1} − θ_j)(1 − F_j) / f_j
    utility:           ϑ_j = (θ_j − θ_{j−1})(1 − F_{j−1}) / f_j,   θ_0 = 0
    utility, printed:  (θ_{j+1} − θ_j)(1 − F_j) / f_j

(MPTZ, supplement, Appendix E, footnote 2, after Elkind 2007 and Hartline & Roughgarden 2008.) With finitely
many types an allocation leaves a range of payments. The expected revenue of the largest ones is E[φ x]. The
smallest ones that are not negative make a winner pay the largest value with which she would still lose; they
leave her E[ϑ x]. The form printed in the paper is the utility under the largest payments, which is less.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from ...solvers.arithmetic import arithmetic, arithmetic_of
from ...solvers.numbers import Array
from ..answers.answer import Answer
from ..answers.plain import plain
from .ironing import Hull, hull
from .market import Buyer


def at_least(probabilities: Array) -> Array:
    """``Pr[θ ≥ θ_j]`` (K,), summed from above so that floats lose nothing in the tail."""
    above: Array = np.cumsum(probabilities[::-1])[::-1]
    return above


@dataclass(frozen=True, eq=False, repr=False)
class VirtualValues(Answer):
    """All virtual values of one buyer, arrays (K,) in the order of her types, with their hulls.

    >>> from ...solvers.numbers import array
    >>> from .market import distribution
    >>> even, virtual = (VirtualValues(distribution(array([1, 2, 3]), array(f)))
    ...     for f in (["1/3"] * 3, ["1/2", "1/10", "2/5"]))
    >>> [str(v) for v in even.virtual], [str(v) for v in even.utility]
    (['-1', '1', '3'], ['3', '2', '1'])
    >>> [str(v) for v in virtual.ironed], [str(v) for v in virtual.utility_ironed]
    (['-1/3', '-1/3', '3'], ['19/10', '19/10', '19/10'])
    """

    buyer: Buyer
    instance: str = ""

    def _facts(self) -> dict[str, object]:
        return {"instance": self.instance, "buyer": self.buyer.name, "types": self.buyer.size}

    @cached_property
    def virtual(self) -> Array:
        """Myerson's φ: the revenue that serving a type adds, less the rents it forces."""
        values: Array = self.buyer.values - self.utility_printed
        return values

    @cached_property
    def utility(self) -> Array:
        """For utility, ϑ, with payments that are smallest but not negative."""
        steps = np.diff(self.buyer.values, prepend=arithmetic_of(self.buyer.values).zeros(1))
        values: Array = steps * at_least(self.buyer.probabilities) / self.buyer.probabilities
        return values

    @cached_property
    def utility_printed(self) -> Array:
        """For utility, in the paper's form."""
        above = np.append(at_least(self.buyer.probabilities)[1:], arithmetic_of(self.buyer.values).zeros(1))
        steps = np.diff(self.buyer.values, append=self.buyer.values[-1:])
        values: Array = steps * above / self.buyer.probabilities
        return values

    @cached_property
    def hull(self) -> Hull:
        """The hull that irons Myerson's."""
        return hull(self.virtual, self.buyer.probabilities)

    @cached_property
    def utility_hull(self) -> Hull:
        """The hull that irons those for utility."""
        return hull(self.utility, self.buyer.probabilities)

    @property
    def ironed(self) -> Array:
        """Myerson's, ironed."""
        return self.hull.slopes

    @property
    def utility_ironed(self) -> Array:
        """For utility, ironed."""
        return self.utility_hull.slopes

    @property
    def utility_printed_ironed(self) -> Array:
        """For utility in the paper's form, ironed."""
        return hull(self.utility_printed, self.buyer.probabilities).slopes

    def to_json(self) -> dict[str, list[str | float]]:
        """The object of the command's JSON: rationals as strings, floats as they are."""
        names = (
            "virtual",
            "ironed",
            "utility",
            "utility_ironed",
            "utility_printed",
            "utility_printed_ironed",
        )
        return {name: plain(getattr(self, name)) for name in names}

    @property
    def revenue_curve(self) -> tuple[Array, Array]:
        """Probability of sale q (K + 1,) and revenue θ_j q at the price θ_j, from q = 0 (no sale) up to 1.

        What the first k types add to the hull's points is θ_1 less this revenue, so its upper hull, by which
        revenue is ironed, is the same hull turned round.
        """
        q = np.concatenate([at_least(self.buyer.probabilities), arithmetic(self.buyer.exact).zeros(1)])[::-1]
        prices = np.concatenate([self.buyer.values[:1], self.buyer.values[::-1]])
        return q, prices * q

    @property
    def utility_curve(self) -> tuple[Array, Array]:
        """Probability of sale q (K + 1,) and the most that the buyer keeps when that is sold."""
        points = self.utility_hull
        return 1 - points.x[::-1], (points.y[-1] - points.y)[::-1]
