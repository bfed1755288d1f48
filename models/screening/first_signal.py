"""A type as its first signal and the rest: θ_t = (s, y_t), s known in period 0 and for ever (KLN §2).

Types of period 0 are first signals, K of them; a later type is a pair, the first signal slowest. It is one
where the number of types is a multiple of K, no move leaves the block of its first signal, and all blocks
move alike, which is Assumption 2.3: the first signal is independent of the rest. Types made of signals
(`models/environment/signals.py`) are such pairs.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ...solvers.arithmetic import ROUNDED, arithmetic_of
from ...solvers.errors import AssumptionViolated
from ...solvers.numbers import Array, show
from ...solvers.short import Short
from ..environment.environment import Environment
from ..society.assumptions import Assumption, private_independent, refuse_endless
from ..society.problem import kernel_table, refuse_goods


@dataclass(frozen=True, eq=False, repr=False)
class SignalPairs(Short):
    """An agent's types as pairs.

    rest: per period the number Y_t of values that y takes, 1 in period 0. moves: per transition
    ``Pr(y' | action, y)``, (A or 1, Y, Y'). independent: Assumption 2.3; where it fails `moves` is empty.
    """

    first: int
    rest: tuple[int, ...]
    moves: tuple[Array, ...]
    independent: Assumption


def split(env: Environment, i: int) -> SignalPairs:
    """Agent i's types as pairs of a first signal and the rest; her kernel must be given no other agent."""
    agent = env.agents[i]
    first = len(agent.types[0])
    counts = [len(labels) for labels in agent.types]
    for t, count in enumerate(counts):
        if count % first:
            where = f"agent '{agent.name}', period {t}: {count} types are no pairs with {first} first signals"
            return SignalPairs(first, (), (), Assumption(False, where))
    rest = tuple(count // first for count in counts)
    worst = Assumption(True)
    moves = []
    for t in env.steps:
        table, after = kernel_table(agent.kernels[t], env.exact), env.after(t)
        blocks = np.broadcast_to(table, (len(table), counts[t], counts[after]))
        blocks = blocks.reshape(len(table), first, rest[t], first, rest[after])
        own = np.arange(first)
        stays = np.moveaxis(blocks[:, own, :, own, :], 0, -1)  # (A or 1, Y, Y', K)
        leaves = 1 - stays.sum(axis=2)
        differs = stays.max(axis=-1) - stays.min(axis=-1)
        for violations, what in (
            (leaves.max(axis=-1), "leaves its first signal"),
            (differs.max(axis=-1), "moves by its first signal"),
        ):
            by = violations.max()
            if by > arithmetic_of(table).slack(1, ROUNDED) and by > (worst.by or 0):
                a, y = (int(k) for k in np.argwhere(violations == by)[0])
                action = f", action '{env.actions[t][a]}'" if len(table) > 1 else ""
                label = agent.types[t][y]
                where = f"agent '{agent.name}', period {t}{action}: the rest of type '{label}' {what}"
                worst = Assumption(False, where, by)
        moves.append(stays[..., 0])
    return SignalPairs(first, rest, tuple(moves) if worst.holds else (), worst)


def first_signals(
    env: Environment, purpose: str, *, endless: bool = False
) -> tuple[Environment, tuple[SignalPairs, ...]]:
    """The environment with independent kernels, and every agent's types as pairs.

    purpose: what they are for, in errors. endless: whether it may go on for ever, after a period 0 of its
    own. Raises `AssumptionViolated` naming what fails, where and by how much: a finite horizon, everybody
    reports, a finite list of actions, private values, independent types, first signals independent of the
    rest (Assumption 2.3).
    """
    if not endless:
        refuse_endless(env, purpose)
    if env.unchanging:
        raise AssumptionViolated(
            f"{purpose}: environment '{env.name}' has no period 0 of its own, in which first signals are "
            "reported; give two entries, period 0 and then the rest for ever, or a horizon"
        )
    if env.observed:
        name = env.agents[env.observed[0]].name
        raise AssumptionViolated(f"{purpose}: agent '{name}' is observed, and every agent must report")
    for t in range(env.periods):
        refuse_goods(env, t, purpose)
    work = private_independent(env, purpose)
    pairs = tuple(split(work, i) for i in range(work.num_agents))
    for pair in pairs:
        refuse_dependent(pair, purpose)
    return work, pairs


def refuse_dependent(pair: SignalPairs, purpose: str) -> None:
    """Raise `AssumptionViolated` where Assumption 2.3 fails, naming the place and by how much."""
    if not pair.independent.holds:
        by = pair.independent.by
        raise AssumptionViolated(
            f"{pair.independent.where}{'' if by is None else f', by {show(by)}'}, and {purpose} needs first "
            "signals that are independent of the rest (Kakade, Lobel and Nazerzadeh, Assumption 2.3)"
        )
