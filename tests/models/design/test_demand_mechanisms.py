"""What is decoded beside demands: what is promised where nobody gets is paid where the demand counts it."""

from __future__ import annotations

import random
from fractions import Fraction
from typing import Any

import numpy as np
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


def test_payments_in_doubles_do_not_pass_a_bound_by_rounding() -> None:
    """1e-9 too little at a history of weight 1e-6 would be 1/1000; what is more than rounding is told."""
    share = Fraction(1, 10**6)
    rarely = dm.Row("rarely", allocation=[[1, 0], None], lower=share, upper=share)
    env, payments = some("one, steered", 1), {"payments": "0..2"}
    demands = payments | {"rows": [rarely]}
    asked: dict[str, Any] = {"objective": "utility", "demands": demands}
    program, answer = dm.compile(env, **asked), dm.design(env, **asked)
    assert answer.solution is not None
    for wrong, kept in ((1e-9, True), (1e-4, False)):
        moved = answer.solution.point.copy()
        for name, block in program.column_blocks.items():
            if name.startswith("payment.1"):
                moved[block.slice] -= wrong
        assert bool(dm.verify(env, program.mechanism(moved), demands=payments)) == kept


# -- histories that demands keep mechanisms from -------------------------------------------------------------

LOOSE = {
    "joint": Shape("pp", 2, joint=True, controlled=(0,)),
    "fo": Shape("p", 2, controlled=(0,)),
    "rep": Shape("p", 2, controlled=(0,), sizes=(3, 3), reports=True, sparse=True),
}
"""Where what is promised at no probability may differ by type: joint processes, adjacent lies, reports."""


@pytest.mark.filterwarnings("ignore::dynamech.models.environment.reports.NotTransitive")
@pytest.mark.parametrize("exact", [True, False])
@pytest.mark.parametrize(("name", "seed"), [("joint", 3), ("joint", 7), ("fo", 0), ("rep", 0)])
def test_what_is_demanded_never_to_be_done_promises_nothing(name: str, seed: int, exact: bool) -> None:
    """A row that forbids an action is an environment without it; bets beside the action are worth nothing."""
    env = LOOSE[name].environment(random.Random(f"{name}/{seed}"))
    last = env.num_actions(0) - 1
    share = [[int(a == last) for a in range(last + 1)], None]
    incentives = "first-order" if name == "fo" else "bayesian"
    possible = [np.ones(env.num_actions(t), dtype=bool) for t in range(2)]
    possible[0][last] = False
    without = dm.design(env._with(feasible=tuple(possible)), incentives=incentives, exact=True)
    never, rarely = (dm.Row("r", allocation=share, upper=most) for most in (0, "1/1000000"))
    answer = dm.design(env, incentives=incentives, demands={"rows": [never]}, exact=exact)
    assert (answer.status, answer.attained) == ("optimal", without.attained)
    assert answer.value == (without.value if exact else pytest.approx(float(without.value or 0)))
    assert dm.verify(env, answer.mechanism, incentives, "interim", demands={"rows": [never]})
    if exact:
        thin = dm.design(env, incentives=incentives, demands={"rows": [rarely]}, exact=True)
        assert isinstance(thin.value, Fraction)
        assert isinstance(answer.value, Fraction)
        assert thin.value > answer.value
        assert answer.certificate is not None
        assert (answer.certificate.kind, bool(answer.certificate.check())) == ("optimal", True)
        assert dm.verify(env, thin.mechanism, incentives, "interim", demands={"rows": [rarely]})
