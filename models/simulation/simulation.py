"""What a mechanism earns and does, seen on many paths: revenue, utilities, how often which action is taken.

Where the horizon is infinite paths end after T periods, the first with δ^T at most `LEFT_OUT`. With B the
most that revenue, or an agent's utility, can be in absolute value in a later period, whatever memory and
reports, what is left out of a path is at most δ^T B / (1 − δ). Intervals are wider by it.
"""

from __future__ import annotations

import os
from contextlib import nullcontext
from dataclasses import dataclass
from typing import Any

import numpy as np

from ...solvers.effort import FLOATS, Effort
from ...solvers.errors import TooLarge
from ...solvers.files import whole
from ...solvers.numbers import show
from ..answers.answer import Answer
from ..environment.environment import Environment
from ..mechanism.mechanism import Mechanism
from .draws import TURN, Floats, check_drawn
from .estimates import Estimate, Gathered, frequency_interval, periods_until
from .paths_file import header, lines
from .walk import walk

LEFT_OUT = 1e-6
"""Up to which weight δ^T later periods are left out of a path that would never end."""
MOST_PERIODS = 20_000
ENTRIES = 4_000_000
"""Numbers that a table of the paths of one chunk has at most; a fiftieth where all of them are written."""
TRACES = 40
"""Paths that are kept to be shown one by one."""


@dataclass(frozen=True, eq=False, repr=False)
class Simulation(Answer):
    """Estimates from paths under truth. Money is of period 0, in doubles.

    periods: how many a path has. revenue: payments less costs. utility: values less payments of the agents
    who report, by name. so_far: the revenue of periods 0, ..., t, by t. traces: the same of the first paths,
    (T, at most 40). actions: by period and label, how often an action is taken, or mean quantities of goods.
    spread: 95 percent intervals of the latter, (A,) and (A,) by period, None where not known.
    """

    environment: Environment
    mechanism: Mechanism
    paths: int
    seed: int
    periods: int
    revenue: Estimate
    utility: dict[str, Estimate]
    so_far: tuple[Estimate, ...]
    traces: Floats
    actions: tuple[dict[str, float], ...]
    spread: tuple[tuple[Floats, Floats] | None, ...]

    def _facts(self) -> dict[str, object]:
        known = {"mean": self.revenue.mean, "error": self.revenue.error}
        return {"instance": self.environment.name, "paths": self.paths, "seed": self.seed, **known}

    def to_json(self) -> dict[str, Any]:
        """The object of ``simulate --json``."""
        return {
            "instance": self.environment.name,
            "paths": self.paths,
            "seed": self.seed,
            "periods": self.periods,
            "revenue": self.revenue.to_json(),
            "utility": [{"agent": name, **own.to_json()} for name, own in self.utility.items()],
            "actions": list(self.actions),
        }


def simulate(
    env: Environment,
    mechanism: Mechanism,
    paths: int,
    seed: int,
    *,
    out: str | os.PathLike[str] | None = None,
    effort: Effort = FLOATS,
    chunk: int | None = None,
) -> Simulation:
    """Draw paths of a mechanism.

    out: a CSV file of all periods of all paths. chunk: paths at a time, a multiple of `TURN`; by default as
    many as `ENTRIES` allow. No path depends on it. Raises `InvalidInput` where the mechanism does not fit, or
    a number is no number of paths or seed, `TooLarge` where a discount near 1 makes paths too long, or money
    is beyond doubles.
    """
    check_drawn(paths, seed)
    mechanism.check(env, drawn=True)
    env, mechanism = env.to_float(), mechanism.to_float()
    periods = _periods(env)
    later = [_left_out(env, mechanism, periods, i) for i in (None, *env.private)]
    listed = [env.goods[min(t, env.periods - 1)] is None for t in range(periods)]
    sizes = [env.num_actions(min(t, env.periods - 1)) for t in range(periods)]
    step = chunk or _chunk(env, mechanism, periods) // (1 if out is None else 50)
    step = max(TURN, step - step % TURN)

    so_far, utility = Gathered(periods), Gathered(len(env.private))
    taken: list[Gathered | Floats] = [
        np.zeros(n) if own else Gathered(n) for n, own in zip(sizes, listed, strict=True)
    ]
    traces: Floats = np.zeros((periods, 0))
    silent = np.errstate(over="ignore", invalid="ignore")  # what overflows is refused below
    with silent, nullcontext() if out is None else whole(out) as file:
        if file is not None:
            file.write(header(env))
        for first in range(0, paths, step):
            count = min(step, paths - first)
            earned, kept = np.zeros((periods, count)), np.zeros((len(env.private), count))
            moments = []
            for t, moment in enumerate(walk(env, mechanism, seed, first, count, periods)):
                weight = float(env.discount) ** t
                earned[t] = weight * moment.revenue
                kept += weight * (moment.values - moment.payments)[list(env.private)]
                counter = taken[t]
                if isinstance(counter, Gathered):
                    counter.add(np.asarray(moment.action.T, dtype=np.float64))
                else:
                    counter += np.bincount(moment.action, minlength=len(counter))
                if file is not None:
                    moments.append(moment)
            course = np.cumsum(earned, axis=0)
            so_far.add(course)
            utility.add(kept)
            if not (so_far.finite and utility.finite):
                raise TooLarge(
                    "simulate: payments or values, or the squares of sums, are beyond what doubles hold; "
                    "give money in larger units"
                )
            traces = np.hstack([traces, course[:, : TRACES - traces.shape[1]]])
            if file is not None:
                file.write(lines(env, first, moments))
            effort.tell("step", f"{first + count:,} of {paths:,} paths", total=paths, done=first + count)
    means = [own.mean if isinstance(own, Gathered) else own / paths for own in taken]
    return Simulation(
        environment=env,
        mechanism=mechanism,
        paths=paths,
        seed=seed,
        periods=periods,
        revenue=so_far.estimate(periods - 1, beyond=later[0]),
        utility={
            env.agents[i].name: utility.estimate(j, beyond=later[1 + j]) for j, i in enumerate(env.private)
        },
        so_far=tuple(so_far.estimate(t) for t in range(periods)),
        traces=traces,
        actions=tuple(
            dict(zip(env.actions[min(t, env.periods - 1)], mean.tolist(), strict=True))
            for t, mean in enumerate(means)
        ),
        spread=tuple(
            own.interval if isinstance(own, Gathered) else frequency_interval(mean, paths)
            for own, mean in zip(taken, means, strict=True)
        ),
    )


def _periods(env: Environment) -> int:
    """How many a path has. Raises `TooLarge`."""
    if not env.stationary:
        return env.periods
    periods = periods_until(float(env.discount), LEFT_OUT, MOST_PERIODS)
    if periods is None:
        raise TooLarge(
            f"discount {show(env.discount)}: paths are followed until a period weighs {LEFT_OUT:g}, which is "
            f"after more than {MOST_PERIODS:,}; with_horizon() ends them"
        )
    return max(periods, env.periods)


def _left_out(env: Environment, mechanism: Mechanism, periods: int, i: int | None) -> float:
    """The most that periods after a path's end add to revenue (None), or to the utility of agent i."""
    if not env.stationary:
        return 0.0
    stage, goods = mechanism.stages[-1], env.goods[-1]
    lottery, values = stage.allocation, env.costs[-1] if i is None else env.agents[i].values[-1]
    if goods is None:
        largest = float(abs(values).max())
    else:
        worth = abs(values).reshape(len(values), -1).max(axis=1)
        spent = lottery @ worth
        if i is None:
            spent = spent + ((lottery @ goods.quadratic) * lottery).sum(axis=-1) / 2
        largest = float(abs(spent).max())
    paid = stage.transfers.sum(axis=0) if i is None else stage.transfers[i]
    discount = float(env.discount)
    return discount**periods * (float(abs(paid).max()) + largest) / (1 - discount)


def _chunk(env: Environment, mechanism: Mechanism, periods: int) -> int:
    """Paths at a time."""
    laws: list[int]
    if env.process is not None:
        laws = [env.process.rows(t).shape[1] for t in range(len(env.process.transitions) + 1)]
    else:
        laws = [size for t in range(env.periods) for size in env.types(t)]
    laws += [env.num_actions(t) for t in range(env.periods)]
    laws += [len(stage.draws.memory.T) for stage in mechanism.stages if stage.draws is not None]
    return ENTRIES // max(periods, *laws)
