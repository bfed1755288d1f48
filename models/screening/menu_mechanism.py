"""The direct mechanism of one buyer's menu, and what any mechanism earns, found from its own arrays.

In period 0 she says her type, is given the contract that is best for her, and pays its fee; the contract is
what is remembered. In every period she says her type, gets what is best for it at the contract's prices, and
pays that price. Whoever takes no contract gets what `OneBuyer.away` says and pays nothing. Truth is best
after every history by construction: a report is a choice from the menu.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ...solvers.algorithms.lasting import lasting_value
from ...solvers.arithmetic import arithmetic
from ...solvers.blocks import Written
from ...solvers.numbers import Array, Ints, Number
from ..environment.environment import Environment
from ..environment.independence import joint_prior
from ..mechanism.mechanism import Mechanism, Stage
from ..society.problem import transitions
from .menu_choices import Offer, OneBuyer


def menu_mechanism(buyer: OneBuyer, offers: Sequence[Offer], takes: Ints) -> Mechanism:
    """takes: (K,) by first type the place of an offer, -1 for none."""
    env = buyer.environment
    numbers = arithmetic(env.exact)
    replies = [*(one.reply for one in offers), buyer.away]
    fees = np.array([*(one.fee for one in offers), numbers.zero])
    names = [*(f"contract {k + 1}" for k in range(len(offers))), "no contract"]
    stages = []
    for t in range(env.periods):
        actions = np.stack([reply.policy[t] for reply in replies])  # (M, S)
        prices = np.stack([*(one.prices[t] for one in offers), numbers.zeros(env.num_actions(t))])
        paid = np.take_along_axis(prices, actions, axis=1)
        after, labels = np.arange(len(replies))[:, None], names
        if t == 0:
            own = np.arange(len(takes))
            actions, paid = actions[takes, own][None], (fees[takes] + paid[takes, own])[None]
            after, labels = (takes % len(replies))[None], ["start"]
        allocation = numbers.zeros((*actions.shape, env.num_actions(t)))
        allocation[np.arange(len(actions))[:, None], np.arange(actions.shape[1]), actions] += 1
        following = np.broadcast_to(after[..., None], allocation.shape)
        last = t == env.periods - 1 and not env.stationary
        stages.append(Stage(allocation, paid[None], None if last else following, Written(tuple(labels))))
    return Mechanism(env.name, tuple(stages), stationary=env.stationary)


def surplus(env: Environment, mechanism: Mechanism) -> Number:
    """E Σ δ^t (payments − costs) of a mechanism when everybody is truthful.

    Backwards over what it remembers and all profiles of types, in the numbers of the environment; what goes
    on for ever is one system of equations.
    """
    worth: Array = arithmetic(env.exact).zeros((1, 1))
    for t in reversed(range(env.periods)):
        stage, profiles = mechanism.stages[t], int(np.prod(env.types(t)))
        lottery = stage.allocation.reshape(stage.size, profiles, -1)
        worth_now = stage.transfers.sum(axis=0).reshape(stage.size, profiles) - lottery @ env.costs[t]
        if env.stationary and t == env.periods - 1:
            worth_now = _lasting(env, stage, lottery, worth_now)
        elif stage.next is not None:
            moves, following = transitions(env, t), stage.next.reshape(lottery.shape)
            later = np.stack([moves.expected(row) for row in worth])  # (M', A or 1, S)
            action = np.arange(lottery.shape[2]) if moves.controlled else 0
            reached = later[following, action, np.arange(profiles)[:, None]]
            worth_now = worth_now + env.discount * (lottery * reached).sum(axis=-1)
        worth = worth_now
    total: Number = joint_prior(env).reshape(-1) @ worth[mechanism.start]
    return total


def _lasting(env: Environment, stage: Stage, lottery: Array, flow: Array) -> Array:
    """(M, S) what a flow (M, S) adds up to where the last stage comes again for ever."""
    if stage.next is None:
        raise AssertionError("a stage that comes again leads to itself")
    following, moves = stage.next.reshape(lottery.shape), transitions(env, env.periods - 1)
    return lasting_value(flow[..., None], lottery, following, moves, env.discount)[..., 0]
