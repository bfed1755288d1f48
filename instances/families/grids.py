"""Grids, uniform probabilities and labels shared by the families; everything rational."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

from ...solvers.errors import InvalidInput


def unit_grid(n: int) -> list[Fraction]:
    """The n points k / (n - 1) of [0, 1]; for n = 1 the point 0."""
    return [Fraction(k, max(n - 1, 1)) for k in range(n)]


def symmetric_grid(step: Fraction, bound: Fraction) -> list[Fraction]:
    """The multiples of `step` within [-bound, bound]."""
    most = int(bound / step)
    return [step * k for k in range(-most, most + 1)]


def uniform(n: int) -> list[Fraction]:
    """Equal probabilities."""
    return [Fraction(1, n)] * n


def labels(values: Sequence[Fraction]) -> list[str]:
    """Numbers as labels."""
    return [str(value) for value in values]


def choose(
    what: tuple[str, str],
    points: tuple[Fraction, ...] | None,
    weights: tuple[Fraction, ...] | None,
    default: tuple[Sequence[Fraction], Sequence[Fraction]],
) -> tuple[list[Fraction], list[Fraction]]:
    """Points and probabilities as given, else the default ones; points alone are equally likely.

    `what` names the two parameters for the message where their lengths differ.
    """
    chosen = list(points if points is not None else default[0])
    if weights is not None:
        probabilities = list(weights)
    else:
        probabilities = list(default[1]) if points is None else uniform(len(chosen))
    if len(chosen) != len(probabilities):
        raise InvalidInput(
            f"{what[1]} has {len(probabilities)} entries for the {len(chosen)} entries of {what[0]}"
        )
    if len(set(chosen)) < len(chosen):
        raise InvalidInput(f"{what[0]} has an entry twice")
    check_sum(what[1], probabilities)
    return chosen, probabilities


def check_sum(what: str, probabilities: Sequence[Fraction]) -> None:
    """Raise where probabilities do not sum to 1, in the words of the parameter."""
    if sum(probabilities) != 1:
        raise InvalidInput(f"{what} sums to {sum(probabilities)}, not 1")
