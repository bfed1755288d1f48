"""The continuum of the uniform example in closed form (lecture notes, Theorem 3; Courty and Li 2000).

v = θ + ε with θ uniform on [0, 1] and ε on [−a, a], a ≤ 1, and no cost. Then ψ(θ, v) = v − (1 − θ), and

    strike 1 − θ, fee (2θ − 1 + a)² / (8a)      for (1 − a)/2 ≤ θ ≤ (1 + a)/2;
    the item, for θ − 1/2 on average            above: every value buys;
    nothing                                     below.

The seller earns 1/4 + a²/12 and leaves half as much; one price, in either period, earns 1/4.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from ....solvers.errors import InvalidInput


@dataclass(frozen=True)
class UniformOptions:
    """a: the largest error. Raises `InvalidInput` outside (0, 1]."""

    a: Fraction

    def __post_init__(self) -> None:
        if not 0 < self.a <= 1:
            raise InvalidInput(f"a is {self.a}, and the closed form is for 0 < a ≤ 1")

    @property
    def served_from(self) -> Fraction:
        """The lowest first type that is offered anything."""
        return (1 - self.a) / 2

    @property
    def always_from(self) -> Fraction:
        """The lowest first type that buys whatever her value."""
        return (1 + self.a) / 2

    @property
    def profit(self) -> Fraction:
        """Of the seller."""
        return Fraction(1, 4) + self.a**2 / 12

    @property
    def rent(self) -> Fraction:
        """What is left to the buyer on average."""
        return self.profit / 2

    def strike(self, theta: Fraction) -> Fraction | None:
        """The strike price of a first type, None where she is offered nothing."""
        return None if theta < self.served_from else 1 - theta

    def fee(self, theta: Fraction) -> Fraction:
        """The fee of a first type, for the option at that strike."""
        if theta < self.served_from:
            return Fraction(0)
        if theta > self.always_from:
            return theta - Fraction(1, 2)
        return (2 * theta - 1 + self.a) ** 2 / (8 * self.a)
