"""Grids of the uniform example beside its closed form (worked cases 6)."""

from __future__ import annotations

from fractions import Fraction as F
from itertools import pairwise
from typing import Any

import pytest

import dynamech as dm
from dynamech.models.screening.sequential.uniform import UniformOptions
from dynamech.solvers.errors import InvalidInput

from .separable_cases import CASES


@pytest.mark.parametrize("name", ["6_closed_a1/4", "6_closed_a1/2"])
def test_the_closed_form(name: str) -> None:
    expected = CASES[name]["expected"]
    uniform = UniformOptions(F(expected["a"]))
    assert uniform.served_from == F(expected["exclusion_threshold theta0*=(1-a)/2"])
    assert uniform.always_from == F(expected["always_buy_from (1+a)/2"])
    assert uniform.profit == F(expected["revenue=1/4+a^2/12"])
    assert uniform.rent == F(expected["buyer_rent E U"])
    for theta, fee in expected["fee_table"].items():
        assert uniform.fee(F(theta)) == F(fee)
    assert uniform.strike(F(1, 2)) == F(1, 2)
    assert uniform.strike(F(0)) is None
    with pytest.raises(InvalidInput, match="a is 3/2, and the closed form is for 0 < a ≤ 1"):
        UniformOptions(F(3, 2))


def test_the_table_of_grids() -> None:
    """Errors are of first order in the step, and what two grids extrapolate to is nearer."""
    rows = CASES["6_grid_a1/2"]["expected"]["table"]
    grids = dm.convergence("courty-li-uniform", [row["n"] for row in rows], exact=True)
    assert list(grids.values) == [F(row["shock_public_bound"]) for row in rows]
    assert grids.limit == F(CASES["6_closed_a1/2"]["expected"]["revenue=1/4+a^2/12"])
    assert all(order is not None and 0.9 < order < 1.1 for order in grids.orders)
    assert max(map(float, grids.ratios)) < 9 / 7 * min(map(float, grids.ratios))
    ends = [abs(float(end) - float(grids.limit)) for end in grids.extrapolated]
    assert all(off < float(error) / 5 for off, error in zip(ends, grids.errors[1:], strict=True))


def test_fees_and_strikes_tend_to_the_closed_form() -> None:
    uniform, gaps = UniformOptions(F(1, 2)), []
    for n in (9, 17, 33):
        menu = dm.sequential_screening(dm.load("courty-li-uniform", n=n), exact=True).menu
        assert menu is not None
        assert menu.fees is not None
        middle = (n - 1) // 2  # θ = 1/2
        strike, fee = menu.prices[middle], menu.fees[middle]
        assert strike is not None
        gaps.append((abs(strike - F(1, 2)), abs(fee - uniform.fee(F(1, 2)))))
    for coarse, fine in pairwise(gaps):
        assert all(F(1, 3) < h / g < F(2, 3) for g, h in zip(coarse, fine, strict=True)), gaps


def test_what_has_no_closed_form() -> None:
    refused: list[tuple[str, list[int], dict[str, Any], str]] = [
        ("scheduling", [3, 5], {}, "'scheduling' has no closed form; there are .*courty-li-uniform"),
        ("courty-li-uniform", [5], {}, "sizes: 5; give two or more that rise"),
        ("courty-li-uniform", [5, 3], {}, "sizes: 5, 3; give two"),
        ("courty-li-uniform", [3, 5], {"cost": "1/4"}, "the closed form is for cost 0, not 1/4"),
        ("courty-li-uniform", [3, 5], {"a": 2}, "a is 2, and the closed form"),
        ("courty-li-uniform", [3, 5], {"n": 3}, "'n' is the size of the grids of 'courty-li-uniform'"),
        ("courty-li-uniform", [3, 5], {"b": 2}, "courty-li-uniform has no parameter 'b'"),
    ]
    for name, sizes, words, says in refused:
        with pytest.raises(InvalidInput, match=says):
            dm.convergence(name, sizes, **words)
