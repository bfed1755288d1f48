"""Which reduced forms come from an auction, asked of an auction's answer."""

from __future__ import annotations

from fractions import Fraction
from itertools import product

import numpy as np
import pytest

import dynamech as dm

F = Fraction
SOLD = dm.auction("myerson")


def test_a_prize_for_the_highest_types_alone() -> None:
    """Two bidders, three types: one of the highest is there with probability 1 − (2/3)² = 5/9, not 6/9."""
    assert SOLD.border([[0, 0, 1], [0, 0, 1]]).worst == F(1, 9)
    assert SOLD.border([[0, 0, F(5, 6)], [0, 0, F(5, 6)]]).worst == 0


def test_its_own_reduced_form_is_one() -> None:
    assert SOLD.border(SOLD.reduced_form).worst == 0
    assert dm.auction("asymmetric-auction").border(dm.auction("asymmetric-auction").reduced_form).worst == 0


@pytest.mark.parametrize("seed", range(5))
def test_against_every_choice_of_sets(seed: int) -> None:
    drawn = np.random.default_rng(seed).integers(0, 5, size=(2, 3))
    form = [[F(int(n), 4) for n in own] for own in drawn]
    third, worst = F(1, 3), F(0)
    for chosen in product([0, 1], repeat=6):
        one, other = chosen[:3], chosen[3:]
        wins = sum(third * x * s for x, s in zip([*form[0], *form[1]], chosen, strict=True))
        worst = max(worst, wins - 1 + (1 - third * sum(one)) * (1 - third * sum(other)))
    assert (SOLD.border(form).worst > 0) == (worst > 0)
    assert SOLD.border(form).worst <= worst


def test_types_that_never_come_may_be_promised_anything() -> None:
    sold = dm.auction(dm.load("myerson", prior="0,1/2,1/2"))
    assert sold.border(sold.reduced_form).worst == sold.border([[1, F(1, 4), F(3, 4)]] * 2).worst == 0
    assert sold.border([[0, F(1, 2), F(3, 4)]] * 2).worst == F(1, 4)


def test_in_doubles_too() -> None:
    worst = dm.auction(dm.load("myerson").to_float()).border([[0.0, 0.0, 1.0]] * 2).worst
    assert worst == pytest.approx(1 / 9)


def test_what_is_no_reduced_form_is_refused() -> None:
    with pytest.raises(dm.errors.InvalidInput, match="are not the types of the agents"):
        SOLD.border([[0, 1], [0, 0, 1]])
    with pytest.raises(dm.errors.InvalidInput, match="reduced form: agent 1, type 2: 3/2 is no probability"):
        SOLD.border([[0, 0, 1], [0, 0, "3/2"]])
