"""Mechanisms as finite public memory: allocation q(a | m, r), transfers p^i(m, r), update m' = f(m, r, a).

History trees, stationary rules and bank accounts are three kinds of memory; all are held in the same
arrays, one `Stage` a period, over memory states and the types of all agents (observed agents' axes hold
their public types). Where the update is a public lottery, it is one of the stage's `MemoryDraws`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from ...solvers.arithmetic import arithmetic_of
from ...solvers.blocks import Label, written
from ...solvers.errors import InvalidInput
from ...solvers.numbers import Array, is_exact, show, to_exact, to_float
from ...solvers.short import Short
from ..answers.answer import Answer
from ..environment.environment import Environment
from .draws import MemoryDraws


@dataclass(frozen=True, eq=False, repr=False)
class Stage(Short):
    """One period of a mechanism.

    allocation: (M, K_0, ..., K_{N-1}, A) probabilities of actions, or quantities where actions are goods.
    transfers: (N, M, K_0, ..., K_{N-1}) expected payment of each agent given memory and reports; positive
        to the designer; zero for observed agents.
    next: (M, K_0, ..., K_{N-1}, A) index into the next period's memory, or into `draws` where there are some;
        None in the last period.
    label: memory index to the name a person reads, made only when asked.
    draws: lotteries over the next period's memory, None where nothing is drawn.
    """

    allocation: Array
    transfers: Array
    next: np.ndarray[Any, np.dtype[np.int64]] | None = None
    label: Label | None = None
    draws: MemoryDraws | None = None

    def __getstate__(self) -> dict[str, Any]:
        return vars(self) | {"label": written(self.label, self.size)}

    @property
    def size(self) -> int:
        """Number of memory states M."""
        return int(self.allocation.shape[0])

    def label_of(self, m: int) -> str:
        """Name of memory state m."""
        return self.label(m) if self.label is not None else str(m)


@dataclass(frozen=True, eq=False, repr=False)
class Mechanism(Answer):
    """A mechanism for the environment called `instance`, starting in memory `start` of period 0.

    A stationary mechanism goes on for ever: `next` of its last stage points into itself. It has one stage, or
    two where period 0 has its own, as the environment has.
    """

    instance: str
    stages: tuple[Stage, ...]
    start: int = 0
    stationary: bool = False

    def _facts(self) -> dict[str, object]:
        return {
            "instance": self.instance,
            "periods": self.periods,
            "memory": sum(stage.size for stage in self.stages),
            "stationary": self.stationary,
        }

    @property
    def exact(self) -> bool:
        """Whether all numbers are rational."""
        return all(
            is_exact(s.allocation) and is_exact(s.transfers) and (s.draws is None or is_exact(s.draws.chance))
            for s in self.stages
        )

    @property
    def periods(self) -> int:
        """Number of stages."""
        return len(self.stages)

    def to_float(self) -> Mechanism:
        """The same mechanism in doubles."""
        return self._mapped(to_float)

    def to_exact(self) -> Mechanism:
        """The same mechanism over the rationals, floats at their exact binary value."""
        return self._mapped(to_exact)

    def _mapped(self, change: Callable[[Array], Array]) -> Mechanism:
        stages = tuple(
            replace(
                s, allocation=change(s.allocation), transfers=change(s.transfers),
                draws=s.draws and replace(s.draws, chance=change(s.draws.chance)),
            )
            for s in self.stages
        )  # fmt: skip
        return replace(self, stages=stages)

    def check(self, env: Environment, drawn: bool = False) -> None:
        """Raise `InvalidInput` where the mechanism does not fit the environment, naming the place.

        Shapes, indices, feasibility, and lotteries that are not one (floats up to rounding).
        drawn: whether its memory may move by lot.
        """
        lots = next((t for t, stage in enumerate(self.stages) if stage.draws is not None), None)
        if lots is not None and not drawn:
            raise InvalidInput(f"mechanism, period {lots}: its memory moves by lot, and here it may not")
        if len(self.stages) != env.periods or (env.stationary and not self.stationary):
            length = f"{env.periods} periods" if env.periods > 1 else "1 period"
            if env.stationary:
                length = f"{'' if env.unchanging else 'a period 0 of its own and '}an infinite horizon"
            raise InvalidInput(
                f"mechanism: {len(self.stages)} period(s){', stationary' if self.stationary else ''} for "
                f"environment '{env.name}' with {length}"
            )
        for t, stage in enumerate(self.stages):
            self._check_stage(env, t, stage)
        if not 0 <= self.start < self.stages[0].size:
            raise InvalidInput(f"mechanism: start {self.start} is not a memory state of period 0")

    def _check_stage(self, env: Environment, t: int, stage: Stage) -> None:
        whose = "" if self.instance in ("", env.name) else f" for '{self.instance}'"
        where = f"mechanism{whose}, period {t}"
        types = env.types(t)
        shape = (stage.size, *types, env.num_actions(t))
        if stage.allocation.shape != shape:
            raise InvalidInput(f"{where}: allocation has shape {stage.allocation.shape}, not {shape}")
        if stage.transfers.shape != (env.num_agents, *shape[:-1]):
            raise InvalidInput(
                f"{where}: transfers have shape {stage.transfers.shape}, not {(env.num_agents, *shape[:-1])}"
            )
        if t in env.steps:
            if stage.next is None:
                raise InvalidInput(f"{where}: 'next' is missing")
            following = self.stages[env.after(t)].size
            if stage.draws is not None:
                if env.goods[t] is not None:
                    raise InvalidInput(f"{where}: lotteries follow actions, and these are divisible goods")
                stage.draws.check(where, following)
                following = len(stage.draws.memory)
            if stage.next.shape != shape:
                raise InvalidInput(f"{where}: next has shape {stage.next.shape}, not {shape}")
            entries = once(stage.next)
            if entries.size and (entries.min() < 0 or entries.max() >= following):
                bad = entries[(entries < 0) | (entries >= following)][0]
                what = f"memory {bad}; period {t + 1}"
                if stage.draws is not None:
                    what = f"lottery {bad}; the period"
                raise InvalidInput(f"{where}: next points to {what} has {following}")
        q = once(stage.allocation) if env.feasible[t] is None else stage.allocation
        slack = arithmetic_of(q).slack(1 if env.goods[t] is None else q)
        negative = q < -slack
        if negative.any():
            at = tuple(int(k) for k in np.argwhere(negative)[0])
            raise InvalidInput(f"{where}: allocation {list(at)} is negative ({show(q[at])})")
        goods, feasible = env.goods[t], env.feasible[t]
        if goods is None:
            sums = q.sum(axis=-1)
            wrong = abs(sums - 1) > slack
            if np.any(wrong):
                at = tuple(int(k) for k in np.argwhere(wrong)[0])
                raise InvalidInput(
                    f"{where}: allocation {list(at)} sums to {show(np.asarray(sums)[at])}, not 1"
                )
        else:
            for g, upper in enumerate(goods.upper):
                if upper is not None and (q[..., g] > upper + slack).any():
                    raise InvalidInput(f"{where}: quantity of '{goods.names[g]}' exceeds {show(upper)}")
        if feasible is not None:
            shown = (k if i in env.observed else 1 for i, k in enumerate(types))
            ruled_out = ~np.moveaxis(feasible, 0, -1).reshape(1, *shown, shape[-1]) & (q > slack)
            if ruled_out.any():
                at = tuple(int(k) for k in np.argwhere(ruled_out)[0])
                raise InvalidInput(
                    f"{where}: allocation {list(at)} uses action '{env.actions[t][at[-1]]}', not feasible"
                )


def once(table: Array) -> Array:
    """A broadcast table without its repetitions: length 1 along every repeated axis but the last.

    A mechanism carried over to an environment with thousands of shocks repeats itself for each of them.
    """
    part: Array = table[(*(slice(0, 1) if step == 0 else slice(None) for step in table.strides[:-1]), ...)]
    return part
