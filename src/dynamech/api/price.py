"""The public function on what demands cost: `price`."""

from __future__ import annotations

from typing import Any

from ..instances.library import EnvironmentLike, as_environment
from ..instances.question_file import QuestionLike
from ..models.design.design import Design
from ..models.ladder.price import Names, Price
from ..models.ladder.price import price as run_price
from ..solvers.effort import Effort
from ..solvers.events import Notify
from .asking import AUTO, BAYESIAN, INTERIM, REVENUE, DemandsLike, ParticipationLike, asked
from .questions import warned


def price(
    env: EnvironmentLike,
    demands: DemandsLike | None = None,
    *,
    rung: str = BAYESIAN,
    objective: Any = REVENUE,
    participation: ParticipationLike = INTERIM,
    coupling: str | None = None,
    formulation: str = AUTO,
    question: QuestionLike | None = None,
    solver: str = "highs",
    exact: bool = False,
    time_limit: float | None = None,
    memory_limit: float | None = None,
    notify: Notify | None = None,
    done: dict[Names, Design] | None = None,
) -> Price:
    """What demands cost: the value without any, under each alone, under all but each and under all, with the
    multipliers of their rows.

    demands: as in `design`; what the keys of one demand say is one demand. rung: of the ladder. question: as
    in `design`, its incentives the rung. A multiplier is the derivative of the value under all demands, in
    money of period 0, by the bound of one place, or of all its places together, where optimum and multipliers
    are unique; the slopes on both sides of a bound are exact (`models/design/multipliers.py`). Combinations
    without an optimum keep their status and message.

    exact: as in `design`. time_limit is in seconds for each program, memory_limit in bytes. `notify` is told
    each program before it is solved; `done` collects finished ones by the names of their demands, and an
    answer that was interrupted, asked again with it, goes on; with it, an interruption is an answer too, of
    status ``interrupted``. Raises `InvalidInput`, where nothing is demanded too, and `TooLarge`; warns as
    `design` does.

    >>> import dynamech as dm
    >>> paid = dm.price("two-type-markov", {"payments": "0..1"}, exact=True)
    >>> str(paid.base.value), str(paid.all.value)
    ('613/500', '1121/1750')
    >>> print(paid.costs[0].multipliers.bounds[0].sentence)
    Agent 'buyer' pays at most 1 everywhere; each unit more would be worth 1121/1750.
    """
    env = warned(as_environment(env))
    whole = asked(
        question, objective=objective, incentives=rung, participation=participation, coupling=coupling,
        formulation=formulation, demands=demands,
    )  # fmt: skip
    return run_price(env, whole, Effort(solver, exact, time_limit, memory_limit, notify), done)
