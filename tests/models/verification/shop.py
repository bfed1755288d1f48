"""One buyer who may be sold a good in every period: environments and mechanisms written by hand."""

from __future__ import annotations

from typing import Any

import numpy as np

from dynamech.models.environment.environment import Agent, Environment
from dynamech.models.mechanism.mechanism import Mechanism, Stage
from dynamech.models.notions.incentives import INCENTIVES, read_incentive
from dynamech.models.notions.participation import read_participation as promise_of
from dynamech.models.verification.verify import judge
from dynamech.solvers.numbers import array

KEEP, SELL = 0, 1


def verify(
    env: Environment, mechanism: Mechanism, incentives: Any = None, participation: Any = None, **more: Any
) -> Any:
    """Words for notions, and one verdict for one word."""
    lie = read_incentive(incentives) if isinstance(incentives, str) else incentives
    promise = promise_of(participation) if isinstance(participation, str) else participation
    found = judge(env, mechanism, lie, promise, **more)
    return found[0] if (lie is None) != (promise is None) else found


def buyer(
    types: list[Any], prior: list[str], periods: int = 1, kernel: Any = None, **more: Any
) -> Environment:
    """One buyer who values a sale at her type; the same in every period."""
    return Environment(
        name="shop",
        horizon=periods,
        actions=["keep", "sell"],
        agents=[
            Agent(
                "buyer",
                types=types,
                prior=prior,
                values=[[[0] * len(types), types]] * periods,
                transitions=None if kernel is None else [kernel] * (periods - 1),
            )
        ],
        **more,
    )


def stage(sold: Any, paid: Any, following: Any = None) -> Stage:
    """One buyer: probabilities of a sale (M, K), payments (M, K), next memory (M, K) whatever the action."""
    sale = array(sold)
    allocation = np.stack([1 - sale, sale], axis=-1)
    update = None if following is None else np.repeat(np.array(following)[..., None], 2, axis=-1)
    return Stage(allocation, array(paid)[None], update)


def history_tree(sold: list[int], paid: list[int], periods: int, exact: bool = True) -> Mechanism:
    """The same posted prices in every period, every history of reports remembered."""
    count, stages = len(sold), []
    for t in range(periods):
        size = count**t
        following = np.arange(size * count).reshape(size, count) if t < periods - 1 else None
        stages.append(stage([sold] * size, [paid] * size, following))
    made = Mechanism("shop", tuple(stages))
    return made if exact else made.to_float()


ALL_WORDS = [name for name, told in INCENTIVES.items() if not told.nothing and told.rewriting is None]


def two_period(paid_first: Any, paid_low: Any, paid_high: Any) -> tuple[Environment, Mechanism]:
    """One type first (worth 1), then low (1) or high (3); always sold. Discount 1/2."""
    env = Environment(
        name="shop",
        horizon=2,
        discount="1/2",
        actions=["keep", "sell"],
        agents=[
            Agent(
                "buyer",
                types=[["only"], ["low", "high"]],
                prior=[1],
                values=[[[0], [1]], [[0, 0], [1, 3]]],
                transitions=[[["1/2", "1/2"]]],
            )
        ],
    )
    stages = (stage([[1]], [[paid_first]], [[0]]), stage([[1, 1]], [[paid_low, paid_high]]))
    return env, Mechanism("shop", stages)
