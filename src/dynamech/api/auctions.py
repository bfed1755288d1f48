"""The public functions on one item sold once: `auction`; `burn` and `iron` (MPTZ, supplement, App. E)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ..instances.library import EnvironmentLike, as_environment
from ..instances.question_file import QuestionLike
from ..models.auctions.arranged import in_period
from ..models.auctions.auction import Auction, optimal_mixture
from ..models.auctions.highest_score import PaymentRule
from ..models.auctions.market import Market, single_market
from ..models.auctions.money_burning.burning import Burning, burn_market
from ..models.auctions.virtual_values import VirtualValues
from ..models.environment.environment import Environment
from ..solvers.effort import Effort
from ..solvers.errors import AssumptionViolated, InvalidInput
from ..solvers.events import Notify
from ..solvers.solve import engine
from .asking import REVENUE, DemandsLike, asked


def auction(
    env: EnvironmentLike,
    *,
    objective: Any = REVENUE,
    demands: DemandsLike | None = None,
    question: QuestionLike | None = None,
    period: int | None = None,
    solver: str = "highs",
    exact: bool = False,
    time_limit: float | None = None,
    notify: Notify | None = None,
) -> Auction:
    """The best bayesian incentive compatible auction of one good, however many bidders there are.

    One action sells to each agent, others keep the good; selling may cost something. Values may be listed in
    any order and repeat. period: the one that is meant, of several over which types are independent, in its
    own money. objective, demands, question: as in `design`, with bayesian incentives and interim
    participation. Demands have to be about what each type expects: bounds on payments, a budget in
    expectation, rows of one's own, agents treated alike.

    The answer has the reduced form X_i(θ), the rule as a mixture of auctions that the highest score wins,
    and virtual values in which demands are priced; its ``mechanism`` lists all profiles where they are few.
    Without demands it is exact where the data is rational (Myerson 1981). With them it is in doubles, or with
    `exact` over the rationals and proved, floats at their binary values. time_limit: seconds for the answer.

    Raises `AssumptionViolated` where the environment is no such sale, and for a demand that says more than
    interim numbers do; `InvalidInput`; `TooLarge`; `NotCertified`.

    >>> import dynamech as dm
    >>> sold = dm.auction("myerson")
    >>> str(sold.value), [[str(x) for x in own] for own in sold.reduced_form]
    ('2', [['0', '2/3', '1'], ['0', '1/3', '2/3']])
    >>> poor = dm.auction("myerson", demands={"payments": {"bidder 1": "0..1"}}, exact=True)
    >>> str(poor.value), [str(entry["probability"]) for entry in poor.rule]
    ('17/9', ['1/3', '2/3'])
    >>> bool(dm.verify(dm.load("myerson"), poor.mechanism, "bayesian", "interim"))
    True
    """
    whole = asked(question, objective=objective, demands=demands)
    if (whole.incentives.name, whole.participation.name) != ("bayesian", "interim"):
        raise InvalidInput(
            "an auction is asked with incentives bayesian and participation interim, not "
            f"{whole.incentives.name} and {whole.participation.name}; see `design`"
        )
    engine(solver)
    env = in_period(as_environment(env), period)
    whole.objective.check_agents([agent.name for agent in env.agents])
    effort = Effort(solver, exact, time_limit, notify=notify)
    return optimal_mixture(env, whole.objective, whole.demands, effort)


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
