"""Payments built from an allocation: D_s and Q_s (LN, transfers of Markov environments; PST).

With lower sums, D_t(s, j) is what one type up from j is worth at public state s under j's own report
(`models/payments/slopes.py`), and the rents and payments are

    Q_t(s, k) = Σ_{j<k} D_t(s, j),
    p_t(s, r) = u_t(q(s, r), r) + δ E[ Q_{t+1}(s', θ') | s, r ] − Q_t(s, r),

u of the others' reports too. (In print p_t is minus the payment.) Truth then earns exactly Q_t from every
state on, the first type listed nothing. They hold everybody to the truth at every public state iff integral
monotonicity holds with lower sums, and leave the least rents where only lies to the next lower type bind.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property, partial
from typing import Any

import numpy as np

from ....solvers.arithmetic import arithmetic, arithmetic_of
from ....solvers.effort import FLOATS, Effort
from ....solvers.numbers import Array
from ...answers.answer import Answer
from ...answers.plain import plain_rows
from ...environment.environment import Environment
from ...environment.outside import refuse_outside
from ...mechanism.mechanism import Mechanism, Stage
from ...notions.incentives import read_incentive
from ...payments.slopes import bare_play, lower_sums, slopes
from ...verification.agent_view import view
from ...verification.public_states import Play, PublicStates, keeps
from ...verification.report_utilities import entries_per_state, expected_after_truth, truth_utilities
from ...verification.verdict import Verdict
from ...verification.verify import incentive_verdict


@dataclass(frozen=True, eq=False, repr=False)
class MarkovTransfers(Answer):
    """An allocation with payments by lower sums.

    mechanism: with a memory state for every public state of the allocation. D, Q: by agent who reports and
    period, (M, O, K-1) and (M, O, K): memory, observed types, steps and types. least, most: as D, what truth
    earns more from a type to the next under any payments by which it is best at every public state; D is the
    least where higher types dominate.
    """

    environment: Environment
    mechanism: Mechanism
    D: dict[str, tuple[Array, ...]]
    Q: dict[str, tuple[Array, ...]]
    least: dict[str, tuple[Array, ...]]
    most: dict[str, tuple[Array, ...]]

    def _facts(self) -> dict[str, object]:
        return {"instance": self.environment.name, "agents": list(self.Q), "periods": self.mechanism.periods}

    @cached_property
    def verdict(self) -> Verdict:
        """Whether truth is Bayesian incentive compatible with these payments."""
        return incentive_verdict(self.environment, self.mechanism, read_incentive("bayesian"))

    def rows(self) -> Iterator[dict[str, Any]]:
        """A row for each agent, public state and type: her rent Q, how much more the next type has, D, and
        between what that would be by other payments."""
        env = self.environment
        for name, rents in self.Q.items():
            i = env.agent_index(name)
            for t, table in enumerate(rents):
                label, shown = self.mechanism.stages[t].label_of, _shown(env, t)
                steps = {"D": self.D[name][t], "least": self.least[name][t], "most": self.most[name][t]}
                for m, o, k in np.ndindex(table.shape):
                    top = k + 1 == table.shape[2]
                    yield {
                        "agent": name, "period": t, "memory": label(m), **shown[o],
                        "type": env.agents[i].types[t][k], "Q": table[m, o, k],
                        **{word: None if top else step[m, o, k] for word, step in steps.items()},
                    }  # fmt: skip

    def to_json(self) -> dict[str, Any]:
        """`{"instance", "truthful", "lie", "rents": [a row for each state and type], "mechanism"}`."""
        lie = self.verdict.witness
        return {
            "instance": self.environment.name, "truthful": self.verdict.holds,
            "lie": None if lie is None else lie.to_json(), "rents": plain_rows(self.rows()),
            "mechanism": self.mechanism.to_json(),
        }  # fmt: skip


def _shown(env: Environment, t: int) -> list[dict[str, str]]:
    """The observed agents' types by index into O."""
    sizes = [env.types(t)[j] for j in env.observed]
    return [
        {env.agents[j].name: env.agents[j].types[t][k] for j, k in zip(env.observed, place, strict=True)}
        for place in np.ndindex(*sizes)
    ]


def markov_transfers(env: Environment, allocation: Mechanism, effort: Effort = FLOATS) -> MarkovTransfers:
    """The allocation (its payments do not count) with payments by lower sums, whether they hold or not.

    Raises `AssumptionViolated` for an infinite horizon, concealed reports, outside options, and a joint
    process that does not factor, `InvalidInput` where the allocation does not fit, `TooLarge`.
    """
    refuse_outside(env, "transfers by lower sums")
    game = bare_play(env, allocation, effort)
    sums = {i: slopes(game, i, lower_sums) for i in game.env.private}
    rents = {i: tuple(map(_summed, slope.least)) for i, slope in sums.items()}
    stages = tuple(_stage(game, rents, t) for t in range(game.env.periods))
    name = {i: game.env.agents[i].name for i in sums}
    any_payments = {i: slopes(game, i) for i in sums}
    return MarkovTransfers(
        game.env,
        Mechanism(env.name, stages),
        {name[i]: slope.least for i, slope in sums.items()},
        {name[i]: table for i, table in rents.items()},
        {name[i]: bounds.least for i, bounds in any_payments.items()},
        {name[i]: bounds.most for i, bounds in any_payments.items()},
    )


def _summed(steps: Array) -> Array:
    """Q from D."""
    first = arithmetic_of(steps).zeros((*steps.shape[:-1], 1))
    total: Array = np.concatenate([first, steps], axis=-1).cumsum(axis=-1)
    return total


def _stage(game: Play, rents: dict[int, tuple[Array, ...]], t: int) -> Stage:
    """One period of the mechanism, over public states."""
    env, states = game.env, game.states[t]
    shape = (states.size, *env.types(t))
    paid = arithmetic(game.exact).zeros((env.num_agents, states.size, int(np.prod(shape[1:]))))
    for i, rent in rents.items():
        seen, after = view(game, i, t), None
        if t + 1 < env.periods:
            later = view(game, i, t + 1)
            after = expected_after_truth(later, game.states[t + 1].news, rent[t + 1])
        for rows in game.chunks(t, entries_per_state(seen)):
            paid[i][rows[:, None, None, None], seen.order] = (
                truth_utilities(game, seen, rows, after) - rent[t][rows][..., None]
            )
    follow = None
    if states.follow is not None:
        onward = np.maximum(states.follow, 0).reshape(*shape, -1)
        follow = np.broadcast_to(onward, (*shape, env.num_actions(t)))
    home = game.mechanism.stages[t]
    return Stage(
        home.allocation[states.memory],
        paid.reshape(env.num_agents, *shape),
        follow,
        partial(_label, env, t, home, states, len(np.unique(states.memory)) < states.size),
    )


def _label(env: Environment, t: int, home: Stage, states: PublicStates, shared: bool, m: int) -> str:
    """The allocation's own memory, and where several states share one what beliefs depend on beside it."""
    name, news = home.label_of(int(states.memory[m])), states.news[m]
    if not shared:
        return name
    kept = [j for j in range(env.num_agents) if keeps(env, t - 1, j)]
    last = [env.agents[j].types[t - 1][states.last[news, j]] for j in kept]
    done = [env.actions[t - 1][states.action[news]]] if env.controlled[t - 1] else []
    return f"{name} (after {', '.join([*last, *done])})"
