"""From indices to a witness: a concrete history, her type, her lie, what she does next, in words.

Histories are found backwards, one period at a time: any profile and action that lead to the state, by truth
where truth reaches it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from ...solvers.arithmetic import arithmetic
from ...solvers.numbers import show
from ..environment.environment import labels_of_profile
from ..notions.incentives import Incentive
from .agent_view import order_of
from .best_reply import BestReply
from .finding import Change, Finding, Lie, Low, Unlike, Unmet, UnmetLots, UnmetRow, UnmetSum
from .judging import PLAN_SLACK
from .lie_plan import Later, later_lies
from .public_states import Play, Step, profile_digits
from .verdict import DemandWitness, History, Witness

PLAN_LIMIT = 1000
"""Greatest number of entries in a plan."""
SPOKEN = 3
"""Number of later lies that the sentence tells."""


def lie_witness(
    play: Play,
    notion: Incentive,
    reply: BestReply,
    limit: int = PLAN_LIMIT,
    steps: list[Step] | None = None,
    endless: bool = False,
) -> Witness:
    """The witness of the lie of a best reply, and of what she says after it, in so many entries at most.

    steps: how her state came about, where that is known. endless: the game goes on after the play's periods.
    """
    lie = reply.lie
    if lie is None:
        raise AssertionError("a witness is asked for where there is a lie")
    name, history, own, said = _told(play, lie, steps)
    slack = arithmetic(play.exact).slack(lie.nothing, PLAN_SLACK)
    later, more = later_lies(play, notion, lie, reply, slack, limit)
    more = more or (endless and bool(later))
    plan = [_entry(play, lie.agent, lie.period, entry) for entry in later]
    sentence = (
        f"Agent '{name}' of type '{own}' in period {lie.period}{_after(history)} reports '{said}'"
        f"{_spoken(play, lie.agent, later, more)}; she gains {show(lie.violation)}."
    )
    return Witness(name, lie.period, history, own, said, plan or "truth", lie.violation, sentence, more)


def shortfall_witness(play: Play, low: Low, steps: list[Step] | None = None) -> Witness:
    """The witness of a promise that is broken; `steps` as in `lie_witness`."""
    outside = low.outside
    t, missing = low.period, show(low.violation)
    least = show(-low.violation if outside is None else outside - low.violation)
    beyond = "" if play.stakes is None else " beyond what she has outside"
    wanted = "0" if outside is None else f"the {show(outside)} that the others' policy would leave to her"
    name, history, own, _ = _told(play, low, steps)
    if own is None:
        span = "of it" if low.single else "from then on"
        sentence = (
            f"Agent '{name}' expects {least}{beyond} {span} before the types of period {t} are known"
            f"{_after(history)}, {missing} less than 0."
        )
        return Witness(name, t, history, None, None, None, low.violation, sentence)
    if low.profile is None:
        what = f"expects {least}{beyond} from then on"
    elif low.path is None:
        what = f"has {least}{beyond} in that period"
    else:
        what = f"has {least}{beyond} in total, in money of period 0, up to then"
    who = f"Agent '{name}' of type '{own}' in period {t}{_after(history)}"
    sentence = f"{who} {what}, {missing} less than {wanted}."
    return Witness(name, t, history, own, None, None, low.violation, sentence)


def change_witness(play: Play, change: Change) -> Witness:
    """The witness of a report that changes what is expected after its period."""
    t, gain = change.period, change.violation
    name, history, own, said = _told(play, change)
    sentence = (
        f"To agent '{name}' of type '{own}' in period {t}{_after(history)} the periods after are worth "
        f"{show(gain)} {'more' if change.raises else 'less'} where she reports '{said}'."
    )
    return Witness(name, t, history, own, said, "truth", gain, sentence)


def future_witness(play: Play, lie: Lie, path: tuple[int, ...]) -> Witness:
    """The witness of a lie that one path of later types rewards."""
    t, gain = lie.period, lie.violation
    name, history, own, said = _told(play, lie)
    later = [", ".join(map(repr, _labels(play, t + 1 + k, s).values())) for k, s in enumerate(path)]
    where = f" where the types that follow are {', then '.join(later)}" if later else ""
    sentence = (
        f"Agent '{name}' of type '{own}' in period {t}{_after(history)} reports '{said}' and then the "
        f"truth; she gains {show(gain)}{where}."
    )
    return Witness(name, t, history, own, said, "truth", gain, sentence)


def told_witness(play: Play, lie: Lie, what: str) -> Witness:
    """The witness of a lie that the truth follows, of which a check says `what` to a person."""
    name, history, own, said = _told(play, lie)
    sentence = (
        f"Agent '{name}' of type '{own}' in period {lie.period}{_after(history)} may report '{said}': {what}."
    )
    return Witness(name, lie.period, history, own, said, "truth", lie.violation, sentence)


def unmet_witness(play: Play, unmet: Unmet) -> DemandWitness:
    """The witness of a demand that is not met."""
    t, agent = unmet.period, "" if unmet.agent < 0 else play.env.agents[unmet.agent].name
    history: History = []
    reports, where = None, ", expected"
    if unmet.profile is not None:
        steps = history_to(play, t, unmet.state) if unmet.path is None else unmet.path
        history, reports = _history(play, 0, steps), _labels(play, t, unmet.profile)
        where = where_reported(history, reports)
    sentence = SENTENCES[type(unmet)](agent, unmet, where)
    return DemandWitness(agent, t, history, None, None, None, unmet.violation, sentence, reports=reports)


def _sum_unmet(agent: str, unmet: UnmetSum, where: str) -> str:
    what = f"Agent '{agent}' pays" if agent else "Payments less costs are"
    span = f"in period {unmet.period}"
    if unmet.first < unmet.period:
        span = f"in total up to period {unmet.period}, in money of period {unmet.first}"
    more = ", and so on" if unmet.span and unmet.profile is not None else ""
    return (
        f"{what} {show(unmet.amount)} {unmet.span or span}{where}{more}: {show(unmet.violation)} "
        f"{'more' if unmet.above else 'less'} than {show(unmet.bound)}."
    )


def _unlike(_: str, unmet: Unlike, where: str) -> str:
    (what, other), (here, there), (one, two) = unmet.told, unmet.amounts, unmet.pair
    return (
        f"{what} {show(here)}{where}, and {other} {show(there)} where agents '{one}' and '{two}' have "
        f"changed places: {show(unmet.violation)} apart."
    )


def _row_unmet(agent: str, unmet: UnmetRow, where: str) -> str:
    return (
        f"Row '{unmet.name}' comes to {show(unmet.amount)}: {show(unmet.violation)} "
        f"{'more' if unmet.above else 'less'} than {show(unmet.bound)}."
    )


def _lots(agent: str, unmet: UnmetLots, where: str) -> str:
    return (
        f"In period {unmet.period}{where} the likeliest action, '{unmet.action}', has probability "
        f"{show(unmet.share)}: {show(unmet.violation)} is left to others."
    )


SENTENCES: dict[type[Unmet], Callable[[str, Any, str], str]] = {
    UnmetSum: _sum_unmet,
    Unlike: _unlike,
    UnmetRow: _row_unmet,
    UnmetLots: _lots,
}
"""What is said of a demand that is not met, from (agent, what is unmet, where), by what that is."""


def _told(
    play: Play, finding: Finding, steps: Sequence[Step] | None = None
) -> tuple[str, History, str | None, str | None]:
    """Whom a finding is about, the history up to it, her true type and her report, None for what is none.

    steps: how the state came about, if that is known.
    """
    env, i, t = play.env, finding.agent, finding.period
    path, profile = (finding.path, finding.profile) if isinstance(finding, Low) else (None, None)
    steps = path if steps is None else steps
    history = _history(play, 0, history_to(play, t, finding.state) if steps is None else steps)
    own, report = finding.type, finding.report if isinstance(finding, Lie) else None
    if profile is not None:
        history.append({"reports": _labels(play, t, profile), "action": None})
        own = int(profile_digits(env, t)[i, profile])
    elif finding.shown is not None:
        history += _current(play, i, t, finding.shown, finding.others)
    agent = env.agents[i]
    true, said = (None if k is None else agent.types[t][k] for k in (own, report))
    return agent.name, history, true, said


def history_to(play: Play, t: int, state: int) -> list[Step]:
    """The steps of periods 0..t-1 that lead to a public state of period t, by truth where truth does."""
    steps: list[Step] = []
    for before in reversed(range(t)):
        states = play.states[before]
        matches = states.onward == state
        if play.states[before + 1].truth[state]:
            matches &= (states.truth[:, None] & states.probable[states.news])[:, :, None]
        at = np.unravel_index(int(matches.argmax()), matches.shape)
        state, profile, branch = (int(k) for k in at)
        steps.append((state, profile, branch if play.by_action(before) else None))
    return steps[::-1]


def _history(play: Play, start: int, steps: Sequence[Step]) -> History:
    history: History = []
    for t, step in enumerate(steps, start):
        agents, _, action = play.visible(t, step)
        done = None if action is None else play.env.actions[t][action]
        history.append({"reports": _labels(play, t, step[1], agents), "action": done})
    return history


def _labels(play: Play, t: int, profile: int, agents: tuple[int, ...] | None = None) -> dict[str, str]:
    return labels_of_profile(play.env, t, profile_digits(play.env, t)[:, profile], agents)


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


def where_reported(history: History, reports: dict[str, str]) -> str:
    """`` after (buyer 'low', sell) where the reports are buyer 'high'``."""
    said = ", ".join(f"{name} '{label}'" for name, label in reports.items())
    return f"{_after(history)} where the reports are {said}"


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
