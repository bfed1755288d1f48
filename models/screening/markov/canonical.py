"""The canonical representation of a Markov process: θ_{t+1} = Z(θ_t, a_t, γ) (LN; PST; Esö and Szentes).

The shock γ is independent of everything before. Z is the generalised inverse of F(· | θ_t, a_t) at a uniform
γ,

    Z(θ, a, γ) = min {θ' : F(θ' | θ, a) > γ},

so that with two types she is low where γ < Pr(low | θ, a) (in print, Pr(high | θ, a)); another coupling of
the rows is another representation. With finite types finitely many cells of γ matter, and they are exact
(`models/relaxations/coupling.py`).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ....solvers.effort import FLOATS, Effort
from ....solvers.errors import InvalidInput
from ....solvers.numbers import Array
from ...answers.answer import Answer
from ...answers.plain import plain_rows
from ...environment.environment import Agent, Environment
from ...environment.independence import independent_version
from ...relaxations.shocks import Shock, check_coupling, shocks_of
from ...society.assumptions import refuse_endless


@dataclass(frozen=True, eq=False, repr=False)
class Canonical(Answer):
    """Agent `agent`'s types as her first one and shocks.

    environment: as asked about, its process independent across agents. coupling: how the rows move together.
    shocks: one for each transition, with `lengths` (C,), the chances of its cells, and `moves` (A or 1, one
    axis for the next types of each agent that she is given, K, C), the next type.
    """

    environment: Environment
    agent: str
    coupling: str
    shocks: tuple[Shock, ...]

    def _facts(self) -> dict[str, object]:
        cells = [len(shock.lengths) for shock in self.shocks]
        return {"agent": self.agent, "coupling": self.coupling, "cells": cells}

    @property
    def who(self) -> Agent:
        """The agent herself."""
        return self.environment.agents[self.environment.agent_index(self.agent)]

    def path(self, first: str, cells: Sequence[int], actions: Sequence[str] | None = None) -> tuple[str, ...]:
        """Her types where the first is `first` and the shocks of the transitions fall into these cells.

        actions: one a transition, needed where they move types. Raises `InvalidInput` for what there is none
        of, and where her kernel is given others' types.
        """
        types = self.who.types
        if first not in types[0]:
            raise InvalidInput(f"agent '{self.agent}', period 0: there is no type {first!r}")
        if len(cells) > len(self.shocks) or (actions is not None and len(actions) != len(cells)):
            raise InvalidInput(
                f"canonical representation: {len(cells)} cells and {len(actions or ())} actions for "
                f"{len(self.shocks)} transitions"
            )
        own = [types[0].index(first)]
        for t, (shock, cell) in enumerate(zip(self.shocks, cells, strict=False)):
            if not 0 <= cell < len(shock.lengths):
                raise InvalidInput(f"period {t}: there is no cell {cell} among {len(shock.lengths)}")
            moves = self._moves(t)
            action = 0
            if len(moves) > 1:
                known = self.environment.actions[t]
                if actions is None or actions[t] not in known:
                    raise InvalidInput(
                        f"period {t}: an action moves agent '{self.agent}': one of {', '.join(known)}"
                    )
                action = known.index(actions[t])
            own.append(int(moves[action, own[-1], cell]))
        return tuple(types[t][k] for t, k in enumerate(own))

    def _moves(self, t: int) -> Array:
        """(A or 1, K, C); raises `InvalidInput` where they also depend on others' types."""
        moves = self.shocks[t].moves
        if moves.ndim > 3:
            given = ", ".join(f"'{name}'" for name in self.who.given)
            raise InvalidInput(f"agent '{self.agent}', period {t}: her types also move with those of {given}")
        return moves

    def rows(self) -> Iterator[dict[str, Any]]:
        """A row for each cell: from which γ to which, and where it leads."""
        env, types = self.environment, self.who.types
        seen = [env.agents[j] for j in self.who.kernels[0].given] if self.who.kernels else []
        for t, shock in enumerate(self.shocks):
            ends = np.cumsum(shock.lengths)
            for place in np.ndindex(shock.moves.shape[:-1]):
                action, *given, own = place
                for cell, to in enumerate(shock.moves[place].tolist()):
                    yield {
                        "period": t,
                        **({"action": env.actions[t][action]} if shock.moves.shape[0] > 1 else {}),
                        **{agent.name: agent.types[t + 1][k] for agent, k in zip(seen, given, strict=True)},
                        "type": types[t][own],
                        "shock": shock.labels[cell],
                        "from": ends[cell] - shock.lengths[cell],
                        "to": ends[cell],
                        "next": types[t + 1][to],
                    }

    def to_json(self) -> dict[str, Any]:
        """`{"instance", "agent", "coupling", "moves": [a row for each cell]}`."""
        return {
            "instance": self.environment.name, "agent": self.agent, "coupling": self.coupling,
            "moves": plain_rows(self.rows()),
        }  # fmt: skip


def process_of(env: Environment, agent: str | None) -> tuple[Environment, int]:
    """The environment with independent processes, and the agent's number.

    Raises `InvalidInput`, and `AssumptionViolated` for an infinite horizon and a process that is joint.
    """
    refuse_endless(env, "shocks of types")
    env = independent_version(env, "no shock is hers alone")
    return env, _whose(env, agent)


def _whose(env: Environment, agent: str | None) -> int:
    """Number of the agent asked about: the only one who reports where none is named."""
    if agent is not None:
        return env.agent_index(agent)
    if len(env.private) != 1:
        names = ", ".join(f"'{env.agents[i].name}'" for i in env.private)
        raise InvalidInput(f"environment '{env.name}': name an agent; who report are {names or 'none'}")
    return env.private[0]


def canonical(
    env: Environment, agent: str | None = None, coupling: str | None = None, effort: Effort = FLOATS
) -> Canonical:
    """The canonical representation of one agent's types.

    Raises `InvalidInput` for an agent or a coupling that there is not, `AssumptionViolated` for an infinite
    horizon and a joint process that does not factor, `TooLarge`.
    """
    env, i = process_of(env, agent)
    word = check_coupling(env, coupling)
    return Canonical(env, env.agents[i].name, word, tuple(shocks_of(env, i, word, effort.room)))
