"""What all recursions of this room need of the one agent with private types, and of what is maximised."""

from __future__ import annotations

from ..environment.environment import Environment
from ..notions.objective import Objective


def not_alone(env: Environment, objective: Objective) -> str:
    """Why nothing that remembers rents or plans has the answer, of one private agent; empty where it may."""
    agent = env.agents[env.private[0]]
    goods = next((t for t, goods in enumerate(env.goods) if goods is not None), None)
    if env.joint:
        return f"agent '{agent.name}' moves by a joint process"
    if goods is not None:
        return f"period {goods} has divisible goods"
    if agent.reports is not None or agent.outside is not None:
        return f"agent '{agent.name}' has {'reports of her own' if agent.reports else 'something outside'}"
    if objective.least != 0:
        return "the least utility has a weight"
    return "payments have a negative weight" if objective.paid(agent.name) < 0 else ""
