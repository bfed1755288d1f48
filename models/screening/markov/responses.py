"""Impulse responses: how far a step up in a type of period s moves the type of period t (LN; PST).

Along shocks (`canonical.py`) a step from type k to k + 1 in period s moves θ_t by Z(k+1, γ) − Z(k, γ), and

    I_{s→t}(k) = E[ Z_{s→t}(θ_{k+1}, γ) − Z_{s→t}(θ_k, γ) ] / (θ_{k+1} − θ_k)

is the finite form of Π −(∂F/∂θ)/f, averaged over paths: an expectation of differences, so that no coupling
matters. Types count by their numbers where labels are numbers, in other periods by what an action is worth to
them. AR(1) has I = γ^(t−s), a type that is a sum of shocks 1, two types (α_L + α_H − 1)^(t−s).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np

from ....solvers.errors import AssumptionViolated, InvalidInput
from ....solvers.numbers import Array, Number, array, to_float
from ...answers.answer import Answer
from ...answers.plain import plain, plain_rows
from ...environment.environment import Environment
from .canonical import process_of


@dataclass(frozen=True, eq=False, repr=False)
class ImpulseResponses(Answer):
    """I_{s→t} of agent `agent`.

    levels[t] (K_t,): what types count as; measures[t]: "type", or the action whose value they count by.
    changes[s, t]: by the actions taken in periods s..t-1 (one label each time, None where no action matters),
        (K_s - 1,) the numerators: by how much θ_t is expected to be more one type up.
    """

    environment: Environment
    agent: str
    levels: tuple[Array, ...]
    measures: tuple[str, ...]
    changes: dict[tuple[int, int], dict[str | None, Array]]

    def _facts(self) -> dict[str, object]:
        return {"agent": self.agent, "periods": len(self.levels), "measures": list(self.measures)}

    def response(self, s: int, t: int, action: str | None = None) -> list[Number | None]:
        """I_{s→t} by the lower of the two types of period s; None where both count alike.

        action: the one taken in all periods s..t-1, where actions move types. Raises `InvalidInput`.
        """
        if (s, t) not in self.changes:
            last = len(self.levels) - 1
            raise InvalidInput(f"impulse response from period {s} to {t}: periods count upwards, to {last}")
        table = self.changes[s, t]
        if action not in table and None not in table:
            known = ", ".join(f"'{label}'" for label in table)
            raise InvalidInput(f"impulse response from period {s} to {t}: name one of the actions {known}")
        return list(self._shares(s, table[action if action in table else None]))

    def _shares(self, s: int, change: Array) -> Iterator[Number | None]:
        for top, bottom in zip(change.tolist(), np.diff(self.levels[s]).tolist(), strict=True):
            yield None if bottom == 0 else top / bottom

    def rows(self) -> Iterator[dict[str, Any]]:
        """A row for each pair of periods, action and step."""
        types = self.environment.agents[self.environment.agent_index(self.agent)].types
        for (s, t), table in self.changes.items():
            for action, change in table.items():
                figures = zip(change.tolist(), self._shares(s, change), strict=True)
                for (low, high), (top, share) in zip(pairwise(types[s]), figures, strict=True):
                    yield {
                        "from": s, "to": t, **({} if action is None else {"action": action}),
                        "type": low, "next type": high, "change": top, "response": share,
                    }  # fmt: skip

    def to_json(self) -> dict[str, Any]:
        """`{"instance", "agent", "measures", "levels", "responses": [a row for each step]}`."""
        responses = plain_rows(self.rows(), ("from", "to"))
        return {
            "instance": self.environment.name, "agent": self.agent, "measures": list(self.measures),
            "levels": plain(list(self.levels)), "responses": responses,
        }  # fmt: skip


def impulse_responses(
    env: Environment, agent: str | None = None, *, actions: Sequence[str] | None = None
) -> ImpulseResponses:
    """The impulse responses of one agent's types between all periods.

    agent: may be left out where one reports. actions: one a transition; by default every action in turn,
    taken in all periods. Raises `InvalidInput`, and `AssumptionViolated` for an infinite horizon, a process
    that is joint, types that move with those of others or count by interdependent values, and periods that
    differ in actions where none are named.
    """
    env, i = process_of(env, agent)
    who = env.agents[i]
    if who.given:
        names = ", ".join(f"'{name}'" for name in who.given)
        raise AssumptionViolated(f"agent '{who.name}': her types move with those of {names}, not alone")
    levels, measures = zip(*(_level(env, i, t) for t in range(env.periods)), strict=True)
    changes: dict[tuple[int, int], dict[str | None, Array]] = {}
    for label, taken in _courses(env, i, actions):
        steps = [_matrix(env, i, t, action) for t, action in enumerate(taken)]
        for s in range(env.periods):
            move = np.eye(len(who.types[s]), dtype=np.int64)
            for t in range(s + 1, env.periods):
                move = move @ steps[t - 1]
                steered = any(kernel.controlled for kernel in who.kernels[s:t])
                by_action = changes.setdefault((s, t), {})
                by_action.setdefault(label if steered else None, np.diff(move @ levels[t]))
    return ImpulseResponses(env, who.name, levels, measures, changes)


def progressive_response(alphas: Sequence[Number], ratio: Callable[[Number], Number]) -> Number:
    """dθ_t/dλ where θ_t = α_1 ··· α_t and α_s ~ F(· | λ): θ_t Σ_s (−F_λ/f)(α_s) / α_s.

    alphas: the shocks so far; ratio: −F_λ/f at a shock. (The recursion printed in LN is another number.)

    >>> progressive_response([2, 3], lambda alpha: alpha / 2)  # α = λz with λ = 2: t θ_t / λ
    6.0
    """
    shares = [ratio(alpha) / alpha for alpha in alphas]
    return math.prod(alphas) * sum(shares)


def _level(env: Environment, i: int, t: int) -> tuple[Array, str]:
    """What types of period t count as, and by what."""
    agent = env.agents[i]
    try:
        numbers = array(list(agent.types[t]))
        return (numbers if env.exact else to_float(numbers)), "type"
    except InvalidInput:
        pass
    table = agent.values[t]
    if any(size > 1 for j, size in enumerate(table.shape[1:]) if j != i):
        raise AssumptionViolated(
            f"agent '{agent.name}', period {t}: types are no numbers, and values depend on others' types"
        )
    worth = np.broadcast_to(table.reshape(len(table), -1), (len(table), len(agent.types[t])))
    telling = np.flatnonzero((worth != worth[:, :1]).any(axis=1))
    action = int(telling[-1]) if len(telling) else len(worth) - 1
    return worth[action], env.actions[t][action]


def _courses(env: Environment, i: int, actions: Sequence[str] | None) -> list[tuple[str | None, list[int]]]:
    """Actions of all transitions, and the label by which they are told apart where there are several."""
    last = env.periods - 1
    if actions is not None:
        if len(actions) != last:
            raise InvalidInput(f"impulse responses: {len(actions)} actions for {last} transitions")
        return [(None, [_place(env, t, label) for t, label in enumerate(actions)])]
    moving = [t for t, kernel in enumerate(env.agents[i].kernels) if kernel.controlled]
    if not moving:
        return [(None, [0] * last)]
    labels = env.actions[moving[0]]
    for t in moving:
        if set(env.actions[t]) != set(labels):
            raise AssumptionViolated(
                f"impulse responses: periods {moving[0]} and {t} differ in actions; name one a transition"
            )
    return [(label, [_place(env, t, label) if t in moving else 0 for t in range(last)]) for label in labels]


def _place(env: Environment, t: int, label: str) -> int:
    if label not in env.actions[t]:
        known = ", ".join(f"'{one}'" for one in env.actions[t])
        raise InvalidInput(f"impulse responses, period {t}: there is no action {label!r} among {known}")
    return env.actions[t].index(label)


def _matrix(env: Environment, i: int, t: int, action: int) -> Array:
    """(K, K') chances of the next type after an action."""
    own, after = np.arange(len(env.agents[i].types[t])), np.arange(len(env.agents[i].types[t + 1]))
    return env.agents[i].kernels[t].probability(np.array(action), [], own[:, None], after)
