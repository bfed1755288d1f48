"""From indices to a witness: a concrete history, her type, her lie, what she does next, in words.

Histories are found backwards, one period at a time: any profile and action that lead to the state, by truth
where truth reaches it.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ...solvers.numbers import Number, show
from ..notions.incentives import Incentive
from .agent_view import order_of
from .best_reply import BestReply, Lie
from .lie_plan import Later, later_lies
from .participation_check import Low
from .public_states import Play, Step, profile_digits
from .verdict import History, Witness

PLAN_LIMIT = 1000
"""Greatest number of entries in a plan."""
SPOKEN = 3
"""Number of later lies that the sentence tells."""


def lie_witness(
    play: Play,
    notion: Incentive,
    lie: Lie,
    reply: BestReply,
    slack: Number,
    limit: int = PLAN_LIMIT,
    steps: list[Step] | None = None,
    endless: bool = False,
) -> Witness:
    """The witness of a lie; `slack` as in `later_lies`.

    steps: how her state came about, where that is known. endless: the game goes on after the play's periods.
    """
    env, i, t = play.env, lie.agent, lie.period
    agent = env.agents[i]
    steps = history_to(play, t, lie.state) if steps is None else steps
    history = _history(play, 0, steps) + _current(play, i, t, lie.shown, lie.others)
    later, more = later_lies(play, notion, lie, reply, slack, limit)
    more = more or (endless and bool(later))
    plan = [_entry(play, i, t, entry) for entry in later]
    own, said = agent.types[t][lie.type], agent.types[t][lie.report]
    sentence = (
        f"Agent '{agent.name}' of type '{own}' in period {t}{_after(history)} reports '{said}'"
        f"{_spoken(play, i, later, more)}; she gains {show(lie.gain)}."
    )
    return Witness(
        agent=agent.name,
        period=t,
        history=history,
        type=own,
        report=said,
        plan=plan or "truth",
        gain=lie.gain,
        sentence=sentence,
        truncated=more,
    )


def shortfall_witness(play: Play, low: Low, steps: list[Step] | None = None) -> Witness:
    """The witness of a promise that is broken by ``-low.value``; `steps` as in `lie_witness`."""
    env, i, t = play.env, low.agent, low.period
    agent = env.agents[i]
    if low.profile is None and low.type is None:
        return _before_types(play, low)
    if low.profile is None:
        if low.type is None or low.shown is None:
            raise AssertionError("an expectation is taken at a type")
        own = agent.types[t][low.type]
        before = history_to(play, t, low.state) if steps is None else steps
        history = _history(play, 0, before)
        history += _current(play, i, t, low.shown, low.others)
        what = f"expects {show(low.value)} from then on"
    else:
        digits = profile_digits(env, t)[:, low.profile]
        own = agent.types[t][int(digits[i])]
        if low.path is not None:
            before = list(low.path)
        else:
            before = history_to(play, t, low.state) if steps is None else steps
        history = _history(play, 0, before)
        history.append({"reports": _labels(play, t, low.profile), "action": None})
        total = f"has {show(low.value)} in total, in money of period 0, up to then"
        what = total if low.path is not None else f"has {show(low.value)} in that period"
    sentence = (
        f"Agent '{agent.name}' of type '{own}' in period {t}{_after(history)} {what}, "
        f"{show(-low.value)} less than 0."
    )
    return Witness(
        agent=agent.name,
        period=t,
        history=history,
        type=own,
        report=None,
        plan=None,
        gain=-low.value,
        sentence=sentence,
    )


def _before_types(play: Play, low: Low) -> Witness:
    """The witness of a promise about a period, or from it on, before its types are known."""
    name, t = play.env.agents[low.agent].name, low.period
    history = _history(play, 0, history_to(play, t, low.state))
    span = "of it" if low.single else "from then on"
    sentence = (
        f"Agent '{name}' expects {show(low.value)} {span} before the types of period {t} are known"
        f"{_after(history)}, {show(-low.value)} less than 0."
    )
    return Witness(name, t, history, None, None, None, -low.value, sentence)


def report_witness(play: Play, lie: Lie, raises: bool) -> Witness:
    """The witness of a report that changes what is expected after its period."""
    env, t = play.env, lie.period
    agent = env.agents[lie.agent]
    history = _history(play, 0, history_to(play, t, lie.state))
    history += _current(play, lie.agent, t, lie.shown, None)
    own, said = agent.types[t][lie.type], agent.types[t][lie.report]
    sentence = (
        f"To agent '{agent.name}' of type '{own}' in period {t}{_after(history)} the periods after are worth "
        f"{show(lie.gain)} {'more' if raises else 'less'} where she reports '{said}'."
    )
    return Witness(agent.name, t, history, own, said, "truth", lie.gain, sentence)


def future_witness(play: Play, lie: Lie, path: tuple[int, ...]) -> Witness:
    """The witness of a lie that one path of later types rewards."""
    env, t = play.env, lie.period
    agent = env.agents[lie.agent]
    history = _history(play, 0, history_to(play, t, lie.state))
    history += _current(play, lie.agent, t, lie.shown, lie.others)
    own, said = agent.types[t][lie.type], agent.types[t][lie.report]
    later = [", ".join(map(repr, _labels(play, t + 1 + k, s).values())) for k, s in enumerate(path)]
    where = f" where the types that follow are {', then '.join(later)}" if later else ""
    sentence = (
        f"Agent '{agent.name}' of type '{own}' in period {t}{_after(history)} reports '{said}' and then the "
        f"truth; she gains {show(lie.gain)}{where}."
    )
    return Witness(agent.name, t, history, own, said, "truth", lie.gain, sentence)


def history_to(play: Play, t: int, state: int) -> list[Step]:
    """The steps of periods 0..t-1 that lead to a public state of period t, by truth where truth does."""
    steps: list[Step] = []
    for before in reversed(range(t)):
        states = play.states[before]
        if states.follow is None:
            raise AssertionError("only the last period has no next one")
        matches = states.follow == state
        if play.states[before + 1].truth[state]:
            matches &= (states.truth[:, None] & states.probable[states.news])[:, :, None]
        at = np.unravel_index(int(matches.argmax()), matches.shape)
        state, profile, branch = (int(k) for k in at)
        steps.append((state, profile, branch if play.by_action(before) else None))
    return steps[::-1]


def _history(play: Play, start: int, steps: list[Step] | tuple[Step, ...]) -> History:
    return [
        {
            "reports": _labels(play, start + k, profile),
            "action": None if action is None else play.env.actions[start + k][action],
        }
        for k, (_, profile, action) in enumerate(steps)
    ]


def _labels(play: Play, t: int, profile: int, agents: tuple[int, ...] | None = None) -> dict[str, str]:
    digits = profile_digits(play.env, t)[:, profile].tolist()
    everyone = range(play.env.num_agents) if agents is None else agents
    return {play.env.agents[j].name: play.env.agents[j].types[t][digits[j]] for j in everyone}


def _current(play: Play, i: int, t: int, shown: int, others: int | None) -> History:
    """The entry of the current period: what is known before she reports; empty where nothing is."""
    env = play.env
    known = tuple(
        j for j in range(env.num_agents) if env.agents[j].observed or (others is not None and j != i)
    )
    if not known:
        return []
    profile = int(order_of(env, t, i)[shown, 0, others or 0])
    return [{"reports": _labels(play, t, profile, known), "action": None}]


def _entry(play: Play, i: int, start: int, later: Later) -> dict[str, Any]:
    types = play.env.agents[i].types
    entry: dict[str, Any] = {
        "period": later.period,
        "history": _history(play, start, later.steps)
        + _current(play, i, later.period, later.shown, later.others),
        "type": types[later.period][later.type],
        "report": types[later.period][later.report],
    }
    if play.env.joint:
        entry["previous"] = types[later.period - 1][later.previous]
    return entry


def _after(history: History) -> str:
    """`` after (buyer 'low', sell), (buyer 'high')`` or nothing."""
    if not history:
        return ""
    entries = []
    for entry in history:
        said = [f"{name} '{label}'" for name, label in entry["reports"].items()]
        done = [] if entry["action"] is None else [f"action '{entry['action']}'"]
        entries.append(f"({', '.join(said + done)})")
    return f" after {', '.join(entries)}"


def _spoken(play: Play, i: int, later: list[Later], more: bool) -> str:
    """The first few kinds of later lies in words; which history each follows is in the plan."""
    types = play.env.agents[i].types
    kinds: dict[tuple[int, int], dict[int, None]] = {}
    for entry in later:
        kinds.setdefault((entry.period, entry.report), {})[entry.type] = None
    parts = []
    for (t, report), own in list(kinds.items())[:SPOKEN]:
        when = " or ".join(f"'{types[t][k]}'" for k in own)
        parts.append(f", then in period {t} reports '{types[t][report]}' when her type is {when}")
    rest = ", and so on" if more or len(kinds) > SPOKEN else ""
    return "".join(parts) + rest


__all__ = ["PLAN_LIMIT", "history_to", "lie_witness", "shortfall_witness"]
