"""Verdicts on the smallest environments against every pure reporting strategy, listed."""

from __future__ import annotations

import itertools
import random
from fractions import Fraction
from typing import Any

import pytest

from dynamech.models.notions.incentives import INCENTIVES, Incentive
from dynamech.models.verification.verify import incentive_verdict
from dynamech.solvers.numbers import Number

from .brute_force import Brute
from .plain_agent import ZERO, History, Profile
from .random_mechanisms import Shape, random_mechanism


def strategies(brute: Brute, history: History, truth: Profile, own: tuple[int, ...], report: int) -> Number:
    """Best expected utility over *all* pure strategies after `report` now.

    Reports by the whole public history and all her own true types. `truth` holds her own type; the others'
    are averaged over.
    """
    env, i = brute.env, brute.i
    sets: dict[Any, int] = {}

    def collect(past: History, mine: tuple[int, ...]) -> None:
        t = len(past)
        for s in brute.profiles(t):
            sets.setdefault((past, brute.public(s), (*mine, s[i])), env.types(t)[i])
            for r in range(env.types(t)[i]):
                if t + 1 < env.periods:
                    for a in range(env.num_actions(t)):
                        collect((*past, (brute.said(s, r), a)), (*mine, s[i]))

    def value(past: History, s: Profile, mine: tuple[int, ...], r: int, plan: dict[Any, int]) -> Fraction:
        reports = brute.said(s, r)
        result = brute.flow(past, s, reports)
        t = len(past)
        if t + 1 < env.periods:
            for a, q in enumerate(brute.lottery(past, reports)):
                for after in brute.profiles(t + 1):
                    weight = q * brute.chance(t + 1, s, a, after)
                    if weight > 0:
                        step, types = (*past, (reports, a)), (*mine, after[i])
                        said = plan[step, brute.public(after), types]
                        later = value(step, after, types, said, plan)
                        result += Fraction(env.discount) * weight * later
        return result

    t = len(history)
    if t + 1 < env.periods:
        for s in brute.profiles(t):
            if s[i] == truth[i]:
                for a in range(env.num_actions(t)):
                    collect((*history, (brute.said(s, report), a)), (*own, s[i]))
    groups = [
        (s, brute.chance(t, *brute.last(history), s))
        for s in brute.profiles(t)
        if s[i] == truth[i] and brute.public(s) == brute.public(truth)
    ]
    total = sum(w for _, w in groups)
    best: Fraction | None = None
    for said in itertools.product(*(range(k) for k in sets.values())):
        plan = dict(zip(sets, said, strict=True))
        worth = sum((w * value(history, s, (*own, s[i]), report, plan) for s, w in groups if w > 0), ZERO)
        best = worth / total if best is None else max(best, worth / total)
    assert best is not None
    return best


TINY = {
    "one agent, two periods, controlled": Shape("p", 2, controlled=(0,), sparse=True),
    "one agent, three periods, one action": Shape("p", 3, sizes=(2, 2, 2), actions=1, sparse=True),
    "two agents": Shape("pp", 2, actions=1),
    "joint": Shape("pp", 2, joint=True, actions=1),
    "observed": Shape("po", 2, given=True, actions=1, sparse=True),
}


@pytest.mark.parametrize("seed", range(2))
@pytest.mark.parametrize("name", TINY)
def test_bayesian_violation_is_the_best_of_all_pure_strategies(name: str, seed: int) -> None:
    rng = random.Random(f"{name}/{seed}")
    env = TINY[name].environment(rng)
    mechanism = random_mechanism(env, rng, memory=2)
    gains: list[Number] = [ZERO]
    for i in env.private:
        brute = Brute(env, mechanism, i)
        for s in brute.profiles(0):
            group = [
                (x, brute.chance(0, (), None, x))
                for x in brute.profiles(0)
                if x[i] == s[i] and brute.public(x) == brute.public(s)
            ]
            total = sum((w for _, w in group), ZERO)
            if total == 0:
                continue
            honest = sum((w * brute.honest((), x) for x, w in group), ZERO) / total
            for r in range(env.types(0)[i]):
                if r != s[i]:
                    gains.append(strategies(brute, (), s, (), r) - honest)
    # Later lies alone are one-shot at the end of these trees; the recursion has them.
    notion = INCENTIVES["bayesian"]
    later = [Brute(env, mechanism, i).gains(notion) for i in env.private]
    assert incentive_verdict(env, mechanism, notion).violation == max(max(gains), *map(max, later))
    first = [g for i in env.private for g in first_period(Brute(env, mechanism, i), notion)]
    assert max(first) == max(gains[1:])


def first_period(brute: Brute, notion: Incentive) -> list[Fraction]:
    """Gains of lies in period 0, by the recursion."""
    result = []
    for group in brute.sets((), (), None, notion):
        own = group[0][0][brute.i]
        honest = sum((w * brute.honest((), s) for s, w in group), ZERO)
        for r in range(brute.env.types(0)[brute.i]):
            if r != own:
                gain = brute.worth((), group, r, notion, "all") - honest
                result.append(gain / sum(w for _, w in group))
    return result
