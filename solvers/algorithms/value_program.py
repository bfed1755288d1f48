"""A Markov decision problem as a linear program: a cross-check that shares nothing with sweeps and policies.

    minimise Σ_t Σ_s V_t(s)   subject to   V_t(s) ≥ r_t(a, s) + δ Σ_{s'} P_t(s' | a, s) V_{t+1}(s')

for every action that is allowed, over t = 0..T−1, with V_T = 0, or V_T = V_{T−1} where it is endless. The
optimum is attained at the values of the best plan and nowhere else; its dual counts how often every action is
taken. Rational data give a program over the rationals, whose solution can be certified.
"""

from __future__ import annotations

import math

import numpy as np

from ..numbers import is_exact
from ..program import Builder, Program
from .mdp import DecisionProblem, check_discount


def value_program(problem: DecisionProblem) -> Program:
    """The program, columns in blocks ``V0``, ``V1``, ...

    Raises `InvalidInput` for an endless problem whose discount is not below 1, `TooLarge` as `Moves.under`.
    """
    if problem.endless:
        check_discount(problem.discount)
    builder = Builder(sense="min", exact=is_exact(problem.rewards[0]), name="values")
    values = [
        builder.columns(f"V{t}", reward.shape[1], lower=-math.inf, upper=math.inf, objective=1)
        for t, reward in enumerate(problem.rewards)
    ]
    for t, reward in enumerate(problem.rewards):
        allowed = problem.allowed[t]
        for action, flow in enumerate(reward):
            states = np.arange(len(flow)) if allowed is None else np.flatnonzero(allowed[action])
            rows = builder.rows(f"{t}, {action}", len(states), lower=flow[states], upper=math.inf)
            builder.entries(rows.index, values[t].index[states], 1)
            if t == len(problem.moves):
                continue
            line, after, weight = problem.moves[t].under(np.full(len(flow), action))
            kept = np.isin(line, states)
            later = values[min(t + 1, len(values) - 1)]
            row = rows.index[np.searchsorted(states, line[kept])]
            builder.entries(row, later.index[after[kept]], -problem.discount * weight[kept])
    return builder.build()
