"""The best lie against rules (A) and (B) where they are too large for the judge.

From period 1 on truth is best under both, whatever was reported first (`affine_pivot.py`). So the best lie is
one about a first signal: with U what is promised, and W affine welfare at first reports k with the action
a_0(k) of period 0, who is of first signal z and says x has

    U_i(x) + [W(α(x); z) − W(α(x); x)] / α(x),

and who says one that is left out what the plan happens to be worth to her, and U_i(x). Everybody else tells
the truth, at any first signals of theirs. This compares first reports alone, K² of them an agent and profile,
where the judge goes through all histories.
"""

from __future__ import annotations

from collections.abc import Mapping

from ...solvers.arithmetic import COMPUTED, SOLVED, arithmetic
from ...solvers.numbers import Array, Number, show
from ..verification.verdict import EXACT, Verdict, VerdictTolerances, Witness
from .setting import Profile, Setting, swapped


def first_lie(setting: Setting, promises: Mapping[Profile, Array]) -> Verdict:
    """Whether truth is best at every profile and after every history, `ex-post`, under these promises."""
    known, gains = arithmetic(setting.environment.exact), []
    for profile in setting.profiles:
        for i, levels in enumerate(setting.levels):
            truth = promises[profile][i] + beyond(setting, profile, i, profile[i])
            for k in range(len(levels.level)):
                said = swapped(profile, i, k)
                gain = promises[said][i] + beyond(setting, said, i, profile[i]) - truth
                gains.append((gain, profile, i, k))
    most, nothing = max(gain for gain, *_ in gains), known.slack(setting.most, SOLVED)
    tolerances = EXACT if known.exact else VerdictTolerances()
    if most <= nothing:
        return Verdict("incentives", "ex-post", True, max(0 * most, most), None, nothing, tolerances)
    least = most - known.slack(setting.most, COMPUTED)
    told = next(_witness(setting, *lie) for lie in gains if lie[0] >= least)
    return Verdict("incentives", "ex-post", False, told.gain, told, nothing, tolerances)


def beyond(setting: Setting, reports: Profile, i: int, z: int) -> Number:
    """What agent i has beyond her promise who is of first signal z, at first reports of everybody."""
    course, levels, affine = setting.courses[reports], setting.levels[i], setting.affine
    if course.out[i]:
        given: Number = levels.level[z] * course.slope[i] + course.rest[i]
        return given if setting.excludable is None else 0 * given
    own, other = (
        affine.welfare(setting.weights(reports, swapped(reports, i, k), course.out)).worth[0]
        for k in (reports[i], z)
    )
    action = course.policy[0][0]
    gain: Number = (other[action, 0] - own[action, 0]) / levels.alpha[reports[i]]
    return gain


def _witness(setting: Setting, gain: Number, profile: Profile, i: int, report: int) -> Witness:
    agents = setting.environment.agents
    others = {agent.name: agent.types[0][k] for agent, k in zip(agents, profile, strict=True)}
    name, said = agents[i].name, agents[i].types[0][report]
    own = others.pop(name)
    beside = ", ".join(f"({other} '{label}')" for other, label in others.items())
    sentence = (
        f"Agent '{name}' of type '{own}' in period 0{f' after {beside}' if others else ''} reports '{said}'; "
        f"she gains {show(gain)}."
    )
    history = [{"reports": others, "action": None}] if others else []
    return Witness(name, 0, history, own, said, "truth", gain, sentence)
