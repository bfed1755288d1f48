"""The public functions on one item sold once: `burn` and `iron` (MPTZ, supplement, Appendix E)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ..instances.library import EnvironmentLike, as_environment
from ..models.auctions.highest_score import PaymentRule
from ..models.auctions.market import Market, single_market
from ..models.auctions.money_burning.burning import Burning, burn_market
from ..models.auctions.virtual_values import VirtualValues
from ..models.environment.environment import Environment
from ..solvers.errors import AssumptionViolated, InvalidInput


def burn(
    env: EnvironmentLike, caps: Sequence[Any], *, payments: PaymentRule = "smallest", exact: bool = False
) -> Burning:
    """Capped money burning: the auction with the largest Σ_i min(b_i, E u_i), and the dual that proves it.

    One item, one period. caps: numbers b_i of at least 0, in the order of the agents. payments: "smallest"
    that are not negative, or "largest", to which the virtual values printed in the paper belong. Rational
    data gives a rational answer; with `exact` floats count at their binary values and it is rational too.
    MPTZ, supplement, Theorem E.2. Raises `AssumptionViolated` where the environment is no such sale,
    `InvalidInput` for caps.

    >>> import dynamech as dm
    >>> env = dm.load("myerson", values="1,2,10", prior="7/10,1/5,1/10")
    >>> burning = dm.burn(env, ["1/2", 10])
    >>> str(burning.value), str(burning.dual), [str(w) for w in burning.weights]
    ('703/280', '703/280', ['5/28', '1'])
    >>> bool(dm.verify(env, burning.mechanism(env), "ex-post", "ex-post"))
    True
    """
    if payments not in ("smallest", "largest"):
        raise InvalidInput(f"payments: {payments!r} is not one of smallest, largest")
    market = _market(as_environment(env), "money burning", exact)
    burning = burn_market(market, caps, payments)
    return burning if market.exact else burning.to_float()


def iron(env: EnvironmentLike, *, exact: bool = False) -> VirtualValues:
    """All virtual values of one buyer in one period, plain and ironed, for revenue and for utility.

    Arrays in the order of her types; exact: as in `burn`. MPTZ, supplement, Appendix E. Raises
    `AssumptionViolated` where the environment is no such sale or has several buyers.

    >>> import dynamech as dm
    >>> buyer = dm.iron(dm.load("myerson", bidders=1, values="1,2,3", prior="1/2,1/10,2/5"))
    >>> [str(v) for v in buyer.ironed], [str(v) for v in buyer.utility_ironed]
    (['-1/3', '-1/3', '3'], ['19/10', '19/10', '19/10'])
    """
    env = as_environment(env)
    market = _market(env, "ironing", exact)
    if len(market.buyers) > 1:
        raise AssumptionViolated(
            f"ironing is for one buyer; environment '{env.name}' has {len(market.buyers)}"
        )
    (buyer,) = market.buyers
    if buyer.action is None and len(env.agents[0].types[0]) > 1:
        raise AssumptionViolated(f"environment '{env.name}': no action sells to agent '{buyer.name}'")
    market.require_nonnegative("the virtual value for utility")
    return VirtualValues(buyer, env.name)


def _market(env: Environment, purpose: str, exact: bool) -> Market:
    return single_market(env.to_exact() if exact else env, purpose)
