"""Bandits: environments in which every action plays one arm (BV section 5; LN, bandit auctions).

Action a is agent i's arm where only she values it and only under it do her types move; under every other
action she gets 0 and her type stays as it is. An action that nobody values and nobody moves under is a safe
arm: it has one state. What playing an arm is worth is the agent's value less what the action costs,

    r_i(θ_i) = v_i(a, θ_i) − c(a),

so the efficient policy of the environment is that of a bandit, for ever, and indices decide it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ...solvers.arithmetic import ROUNDED, arithmetic, arithmetic_of
from ...solvers.errors import AssumptionViolated
from ...solvers.numbers import Array, Bools, Number, show
from ...solvers.short import Short
from ..environment.environment import Environment
from ..environment.independence import independent_version
from ..environment.outside import refuse_outside
from ..society.problem import kernel_table

_CONSEQUENCE = "arms, which do not know of each other, are no description of it"


@dataclass(frozen=True, eq=False, repr=False)
class Arm(Short):
    """One arm: an action, and the agent whose it is.

    agent: her position, None for a safe arm. states: labels. reward: (K,) value less cost. kernel: (K, K)
    when the arm is played. cost: of the action.
    """

    name: str
    action: int
    agent: int | None
    states: tuple[str, ...]
    reward: Array
    kernel: Array
    cost: Number


def arms(env: Environment) -> tuple[Arm, ...]:
    """The arms of an environment, one an action, in the order of the actions.

    Raises `AssumptionViolated` naming what makes the environment no bandit.
    """
    _check_frame(env)
    home = independent_version(env, _CONSEQUENCE)
    if not home.exact:
        home = home.to_float()
    values = [_own_values(home, i) for i in range(home.num_agents)]
    kernels = [_own_kernel(home, i) for i in range(home.num_agents)]
    owner = _owners(home, [_used(home, i, values[i], kernels[i]) for i in range(home.num_agents)])
    listed = []
    for a, label in enumerate(home.actions[0]):
        cost, i = home.costs[0][a], owner[a]
        if i is None:
            one = arithmetic_of(home.costs[0]).ones((1, 1))
            listed.append(Arm(label, a, None, (label,), -home.costs[0][[a]], one, cost))
            continue
        agent, kernel = home.agents[i], kernels[i]
        move = kernel[a if len(kernel) > 1 else 0]
        listed.append(Arm(agent.name, a, i, tuple(agent.types[0]), values[i][a] - cost, move, cost))
    return tuple(listed)


def _check_frame(env: Environment) -> None:
    where = f"environment '{env.name}'"
    refuse_outside(env, where)
    if not env.stationary:
        raise AssumptionViolated(
            f"{where}: indices decide an infinite horizon; this one has {env.horizon} periods, where the "
            "best policy need not be an index policy"
        )
    if env.periods > 1:
        raise AssumptionViolated(f"{where}: indices need every period alike; its first differs from the rest")
    if env.goods[0] is not None:
        raise AssumptionViolated(f"{where}: actions are divisible goods, not arms of which one is played")
    feasible = env.feasible[0]
    if feasible is not None and not feasible.all():
        action = env.actions[0][int(np.argwhere(~feasible)[0][0])]
        raise AssumptionViolated(f"{where}, action '{action}': an arm can be played in every state")
    for i, agent in enumerate(env.agents):
        if not env.joint and agent.kernels[0].given:
            other = env.agents[agent.kernels[0].given[0]].name
            raise AssumptionViolated(
                f"agent '{env.agents[i].name}': her types move with those of agent '{other}'; arms move alone"
            )


def _own_values(env: Environment, i: int) -> Array:
    """(A, K_i); raises where they depend on the others' types."""
    values = env.agents[i].values[0]
    first = values[(slice(None), *(slice(None) if j == i else slice(0, 1) for j in range(env.num_agents)))]
    off = abs(values - first)
    if (off != 0).any():
        a = int(np.argwhere(off == off.max())[0][0])
        raise AssumptionViolated(
            f"agent '{env.agents[i].name}', action '{env.actions[0][a]}': the value moves by "
            f"{show(off.max())} with the others' types; an arm is worth what its own state says"
        )
    own: Array = first.reshape(env.num_actions(0), env.types(0)[i])
    return own


def _own_kernel(env: Environment, i: int) -> Array:
    """(A or 1, K_i, K_i)."""
    table, size = kernel_table(env.agents[i].kernels[0], env.exact), env.types(0)[i]
    return np.broadcast_to(table, (len(table), size, size))


def _used(env: Environment, i: int, values: Array, kernel: Array) -> tuple[Bools, Bools]:
    """Which actions agent i values, and under which she moves: (A,) each."""
    size = kernel.shape[-1]
    still = arithmetic(env.exact).zeros((size, size))
    still[np.arange(size), np.arange(size)] += 1
    off = abs(kernel - still).max(axis=(1, 2))
    moved = np.asarray(off > arithmetic_of(kernel).slack(1, ROUNDED), dtype=np.bool_)
    return np.asarray((values != 0).any(axis=1), dtype=np.bool_), np.broadcast_to(moved, len(values))


def _owners(env: Environment, used: list[tuple[Bools, Bools]]) -> list[int | None]:
    """The agent of every action; None where nobody's is."""
    owner: list[int | None] = [None] * env.num_actions(0)
    idle = []
    for i, (valued, moved) in enumerate(used):
        mine = np.flatnonzero(valued | moved).tolist()
        name = env.agents[i].name
        for a in mine[1:]:
            what = "is worth something to her" if valued[a] else "moves her types"
            raise AssumptionViolated(
                f"agent '{name}': action '{env.actions[0][a]}' {what}, beside '{env.actions[0][mine[0]]}'; "
                "an arm is played by one action, and rests under all others"
            )
        if not mine:
            idle.append(i)
            continue
        other = owner[mine[0]]
        if other is not None:
            raise AssumptionViolated(
                f"action '{env.actions[0][mine[0]]}' plays the arms of agents '{env.agents[other].name}' and "
                f"'{name}' at once; an action plays one arm"
            )
        owner[mine[0]] = i
    free = [a for a, i in enumerate(owner) if i is None]
    if len(idle) > len(free):
        raise AssumptionViolated(f"agent '{env.agents[idle[len(free)]].name}' has no action of her own")
    for i, a in zip(idle, free, strict=False):  # worth 0 to her in every state, and never moving: any will do
        owner[a] = i
    return owner
