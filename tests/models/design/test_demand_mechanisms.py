"""What is decoded beside demands: what is promised where nobody gets is paid where the demand counts it."""

from __future__ import annotations

import random
from fractions import Fraction
from typing import Any

import pytest

import dynamech as dm
from dynamech.models.environment.environment import Environment

from ..verification.random_mechanisms import Shape
from .test_demands import some

RENTS = "revenue=-1,welfare=1,utility=-1/2"
"""Money is worth less than nothing, so that whatever may be promised at no probability is."""
THREE = Shape("p", 3, sizes=(2, 2, 2), controlled=(0, 1))


def long(seed: int) -> Environment:
    env = THREE.environment(random.Random(f"long/{seed}"))
    return env._with(discount=Fraction(9, 10))


@pytest.mark.parametrize("demands", [{"budget": "per-period"}, {"budget": "per-period", "balanced": True}])
@pytest.mark.parametrize(
    ("env", "words"),
    [
        (some("one, steered", 0), {"objective": RENTS, "participation": "periodic"}),
        (some("one, steered", 6), {"objective": "welfare"}),
        (some("one, steered", 9), {"objective": "welfare", "incentives": "none"}),
        (some("two, steered", 9), {"objective": RENTS, "participation": "periodic"}),
        (some("two, steered", 3), {"objective": RENTS, "participation": "periodic"}),
        *((long(seed), {"objective": RENTS, "participation": word})
          for seed in range(3) for word in ("interim", "periodic")),
    ],
)  # fmt: skip
def test_payments_stay_in_the_period_that_a_budget_is_of(
    env: Environment, words: dict[str, Any], demands: dict[str, Any]
) -> None:
    answer = dm.design(env, demands=demands, exact=True, **words)
    assert answer.status == "optimal", answer.message
    incentives = None if words.get("incentives") else "bayesian"
    participation = words.get("participation", "interim")
    assert dm.verify(env, answer.mechanism, incentives, participation, demands=demands)
