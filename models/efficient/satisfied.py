"""What an efficient mechanism satisfies, as the judge (`models/verification`) finds it."""

from __future__ import annotations

from typing import Any

import numpy as np

from ...solvers.arithmetic import arithmetic_of
from ...solvers.numbers import Array
from ..environment.environment import Environment
from ..mechanism.mechanism import Mechanism
from ..notions.incentives import read_incentive
from ..notions.participation import read_participation
from ..verification.stationary import verify_stationary
from ..verification.verdict import Verdicts
from ..verification.verify import judge


def satisfied(env: Environment, mechanism: Mechanism) -> Verdicts:
    """Ex-post incentives with periodic participation at every profile, bayesian with interim participation.

    Raises `TooLarge` where there are more public states than the judge takes.
    """
    verdicts = Verdicts()
    for lie, promise in (("ex-post", "periodic"), ("bayesian", "interim")):
        incentives, participation = read_incentive(lie), read_participation(promise)
        if env.stationary:
            verdicts += verify_stationary(
                env, mechanism, [incentives], [participation], incentives.information
            )
        else:
            verdicts += judge(env, mechanism, incentives, participation)
    return verdicts


def nothing(m: int) -> str:
    """The label of the only memory of a mechanism that remembers nothing."""
    return "nothing"


def shortfall(values: Array) -> Array:
    """How far below 0 values lie, 0 where they do not: the bond that keeps in whom they are left."""
    nought: Any = arithmetic_of(values).zero
    short: Array = np.maximum(-values, nought)
    return short
