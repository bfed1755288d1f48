"""Numbers of hundreds of digits: exact answers scale with them, and doubles refuse what they do not hold."""

from __future__ import annotations

import json
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import dynamech as dm
from dynamech.report.wording import brief, money
from dynamech.solvers.errors import InvalidInput
from dynamech.solvers.numbers import finite, nearest, written

F = Fraction
LONG, TINY = 10**160 + 1, F(1, 10**400)


def shop(
    values: tuple[Any, Any], *, prior: Any = "1/2", stay: Any = "3/4", discount: Any = "9/10", cost: Any = 0
) -> dm.Environment:
    """One buyer of two types over two periods, who may buy in each."""
    prior, stay = F(prior), F(stay)
    return dm.Environment(
        name="shop", horizon=2, discount=discount, actions=["keep", "sell"], costs=[[0, cost]] * 2,
        agents=[
            dm.Agent(
                "buyer", types=["low", "high"], prior=[prior, 1 - prior], values=[[[0, 0], list(values)]] * 2,
                transitions=[[[stay, 1 - stay], [1 - stay, stay]]],
            )
        ],
    )  # fmt: skip


def static(low: Fraction, high: Fraction, prior: Fraction) -> Fraction:
    """Myerson by hand: the better of the two prices."""
    return max(low, (1 - prior) * high)


@pytest.mark.parametrize("power", [-400, 160, 400])
def test_exact_ladders_scale_with_money_beyond_the_range_of_doubles(power: int) -> None:
    unit = F(10) ** power + F(1, 3)
    plain, scaled = (dm.ladder(shop((u, 3 * u), cost=u / 7), exact=True) for u in (F(1), unit))
    for one, other in zip(plain.rungs, scaled.rungs, strict=True):
        assert one.value is not None
        assert (one.status, one.value * unit) == (other.status, other.value)
    assert plain.tight == scaled.tight
    assert plain["bayesian"].design.certificate is not None
    certificate = scaled["bayesian"].design.certificate
    assert certificate is not None
    assert certificate.kind == "optimal"
    told = json.loads(json.dumps(scaled.to_json(), allow_nan=False))
    rung = next(rung for rung in told["rungs"] if rung["name"] == "bayesian")
    assert F(rung["exact"]) == scaled["bayesian"].value
    assert rung["value"] == finite(scaled["bayesian"].value)


SIZES = st.integers(-330, 330)


@given(SIZES, SIZES, st.integers(150, 420), st.integers(1, 6), st.integers(1, 6))
@settings(derandomize=True, max_examples=8, deadline=None)
def test_long_numbers_beside_short_ones_are_answered_exactly(
    low: int, high: int, digits: int, first: int, second: int
) -> None:
    """Values of any size beside each other, chances with long denominators, two periods that do not touch."""
    prior = F(10**digits // 7 * first + 1, 10**digits + second)
    values = sorted((F(10) ** low + second, F(10) ** high + F(1, 3)))
    env = shop((values[0], values[1]), prior=prior, stay=F(1, 2), discount=1)
    answer = dm.design(env, exact=True)
    half = static(values[0], values[1], F(1, 2))
    assert answer.value == static(values[0], values[1], prior) + max((values[0] + values[1]) / 2, half)
    assert answer.certificate is not None
    assert dm.verify(env, answer.mechanism, "bayesian")


@pytest.mark.parametrize(
    ("env", "where"),
    [
        (shop((1, 10**400)), r"agent 'buyer', values, period 0, entry \[1, 1\]: about 2\^1328 is beyond"),
        (shop((1, TINY)), r"values, period 0, entry \[1, 1\]: about 2\^-1328 is closer to 0 than 10\^-323"),
        (shop((1, 2), prior=TINY), r"agent 'buyer', prior, entry \[0\]: about 2\^-1328 is closer to 0"),
        (shop((1, 2), stay=TINY), r"agent 'buyer', transitions, period 0, entry \[0, 0, 0\]: "),
        (shop((1, 2), discount=TINY), r"discount: about 2\^-1328 is closer to 0"),
        (shop((1, 2), cost=10**400), r"costs, period 0, entry \[1\]: about 2\^1328 is beyond"),
    ],
)
def test_doubles_refuse_numbers_that_they_do_not_hold(env: dm.Environment, where: str) -> None:
    with pytest.raises(InvalidInput, match=where):
        dm.design(env)
    assert dm.design(env, exact=True).status == "optimal"


@pytest.mark.parametrize("values", [(LONG, 2 * LONG), (1, LONG), (F(1, LONG), 1), (10**300, 3 * 10**300)])
def test_doubles_of_long_numbers_are_answered_within_their_error(values: tuple[Any, Any]) -> None:
    env = shop(values)
    ladder = dm.ladder(env)
    assert all(rung.value is not None for rung in ladder.rungs)
    exact = dm.ladder(env, exact=True)
    for one, other in zip(ladder.rungs, exact.rungs, strict=True):
        if one.value is not None:
            assert isinstance(other.value, Fraction)
            assert abs(F(one.value) - other.value) <= F(one.design.value_margin)
    json.dumps(ladder.to_json(), allow_nan=False)


def test_long_numbers_are_payments_and_gains_too() -> None:
    env = shop((1, 10**400))
    answer = dm.design(env, exact=True)
    assert dm.implement(env, answer.mechanism)
    never = dm.design(shop((10**400, 1)), exact=True).mechanism
    lies = dm.implement(env, never)
    assert not lies
    assert lies.to_json()["gain"] is None
    assert F(lies.to_json()["exact"]) > 10**390


def test_a_number_is_written_shown_and_rounded_whatever_its_length() -> None:
    assert (nearest(F(-(10**400))), finite(F(10**400)), finite(F(1, 10**400))) == (float("-inf"), None, 0.0)
    assert written(F(10**5000, 3)) == f"1{'0' * 5000}/3"
    assert (money(F(10**400)), brief(F(10**400))) == ("≈ 2^1328", "2^1328")
    assert money(F(1, 10**400)) == "≈ 2^-1328"
    assert money(F(10**100 + 1)) == "≈ 1e+100"
