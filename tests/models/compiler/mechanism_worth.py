"""What an objective is worth in a mechanism, all agents truthful: from its definition, history by history."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from fractions import Fraction
from typing import Any

import numpy as np

from dynamech.models.environment.environment import Environment
from dynamech.models.mechanism.mechanism import Mechanism

from ..verification.brute_force import Brute
from ..verification.plain_agent import History, entry

F = Fraction


def worth(env: Environment, mechanism: Mechanism, weights: Mapping[str, Any]) -> Fraction:
    """The weights' sum of revenue, welfare, utilities and least utilities, over the rationals."""
    plain = Brute(env, mechanism, env.private[0])
    chance_of_type: dict[tuple[int, int], Fraction] = defaultdict(F)
    keeps: dict[tuple[int, int], Fraction] = defaultdict(F)  # of agent and first type, times its chance
    figures: dict[str, Fraction] = defaultdict(F)

    def value(t: int, i: int, action: int, profile: tuple[int, ...]) -> Fraction:
        table = env.agents[i].values[t][action]
        return F(table[tuple(k if n > 1 else 0 for k, n in zip(profile, np.shape(table), strict=True))])

    def walk(history: History, weight: Fraction) -> None:
        t = len(history)
        for profile in plain.profiles(t):
            chance = weight * plain.chance(t, *plain.last(history), profile)
            if chance == 0:
                continue
            first = history[0][0] if history else profile
            paid = mechanism.stages[t].transfers[:, plain.memory(history)]
            for i in range(env.num_agents):
                if not history:
                    chance_of_type[i, profile[i]] += chance
                if i in env.private:
                    figures["revenue"] += chance * entry(paid, (i, *profile))
                    keeps[i, first[i]] -= chance * entry(paid, (i, *profile))
            for a, q in enumerate(plain.lottery(history, profile)):
                if q == 0:
                    continue
                figures["revenue"] -= chance * q * env.costs[t][a]
                figures["welfare"] -= chance * q * env.costs[t][a]
                for i in range(env.num_agents):
                    figures["welfare"] += chance * q * value(t, i, a, profile)
                    keeps[i, first[i]] += chance * q * value(t, i, a, profile)
                if t + 1 < env.periods:
                    walk((*history, (profile, a)), chance * q * F(env.discount))

    walk((), F(1))
    expected: dict[int, Fraction] = defaultdict(F)
    for (i, _), kept in keeps.items():
        expected[i] += kept
        figures["utility"] += kept
    for i, agent in enumerate(env.agents):
        figures[f"utility:{agent.name}"] = expected[i]
    figures["min-utility"] = min(expected[i] for i in env.private)
    by_type = {at: keeps[at] / chance for at, chance in chance_of_type.items()}
    figures["min-type-utility"] = min(kept for (i, _), kept in by_type.items() if i in env.private)
    return sum((F(weight) * figures[word] for word, weight in weights.items()), F(0))
