"""Violations by plain recursion over histories, in rationals, sharing no code with `verify`.

The recursion follows full public histories and the liar's whole true past. Witnesses are replayed: the lie
and the plan, followed to the letter, gain what the witness says.
"""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from typing import Any

from dynamech.models.notions.incentives import Incentive, Information, Lies
from dynamech.models.notions.participation import Promise
from dynamech.models.verification.verdict import Witness

from .plain_agent import ZERO, History, PlainAgent, Profile, entry


class Brute(PlainAgent):
    """What an agent gains by lies, and what she is promised, by recursion over histories."""

    # What she gets from a report, weighted with the probability of (o, θ), and what follows.

    def after(
        self, history: History, truth: Profile, reports: Profile, notion: Incentive, messages: str
    ) -> Fraction:
        """δ E of what a liar gets from the next period on."""
        if len(history) + 1 == self.env.periods or notion.myopic:
            return ZERO
        result = ZERO
        for a, q in enumerate(self.lottery(history, reports)):
            if q > 0:
                step = (*history, (reports, a))
                result += q * self.continuation(step, truth, a, notion, messages)
        return Fraction(self.env.discount) * result

    def worth(
        self,
        history: History,
        group: list[tuple[Profile, Fraction]],
        report: int,
        notion: Incentive,
        messages: str,
    ) -> Fraction:
        """Of `report` at an information set: profiles that agree in what she knows, with weights."""
        return sum(
            (
                weight
                * (
                    self.flow(history, s, self.said(s, report))
                    + self.after(history, s, self.said(s, report), notion, messages)
                )
                for s, weight in group
            ),
            ZERO,
        )

    def sets(
        self, history: History, truth: Profile, action: int | None, notion: Incentive
    ) -> list[list[tuple[Profile, Fraction]]]:
        """Her information sets after the true last profile `truth`."""
        t = len(history)
        found: dict[Profile, list[tuple[Profile, Fraction]]] = {}
        for s in self.profiles(t):
            weight = self.chance(t, truth, action, s)
            if weight > 0:
                key = s if notion.information is Information.PROFILE else (*self.public(s), s[self.i])
                found.setdefault(key, []).append((s, weight))
        return list(found.values())

    def continuation(
        self, history: History, truth: Profile, action: int, notion: Incentive, messages: str
    ) -> Fraction:
        """She knows her own last type in `truth`; the others' are what they reported."""
        result = ZERO
        for group in self.sets(history, truth, action, notion):
            own, shown = group[0][0][self.i], self.public(group[0][0])
            restricted = notion.lies(len(history)) is not Lies.ALL
            if restricted and self.probable(history, shown, own):
                result += self.worth(history, group, own, notion, messages)
            else:
                allowed = self.reports(history, shown, own, messages)
                result += max(self.worth(history, group, r, notion, messages) for r in allowed)
        return result

    def honest(self, history: History, truth: Profile, myopic: bool = False) -> Fraction:
        """Truth for ever, at a profile."""
        result = self.flow(history, truth, truth)
        if len(history) + 1 < self.env.periods and not myopic:
            for a, q in enumerate(self.lottery(history, truth)):
                if q > 0:
                    step = (*history, (truth, a))
                    for s in self.profiles(len(history) + 1):
                        weight = self.chance(len(history) + 1, truth, a, s)
                        if weight > 0:
                            result += Fraction(self.env.discount) * q * weight * self.honest(step, s)
        return result

    def histories(self, everywhere: bool) -> list[History]:
        """All public histories of positive probability under truth, or by any reports."""
        level: list[History] = [()]
        found = list(level)
        for t in range(self.env.periods - 1):
            following = []
            for history in level:
                last, action = self.last(history)
                for s in self.profiles(t):
                    possible = self.open(history, s) if everywhere else self.chance(t, last, action, s) > 0
                    if possible:
                        following += [
                            (*history, (s, a)) for a, q in enumerate(self.lottery(history, s)) if q > 0
                        ]
            level = following
            found += level
        return found

    def open(self, history: History, profile: Profile) -> bool:
        """Whether the observed types can occur (after some private types, for a correlated process)."""
        if self.env.joint:
            return True
        last, action = self.last(history)
        chances = [self.chance_of(len(history), j, last, action, profile) for j in self.env.observed]
        return all(c > 0 for c in chances)

    def gains(self, notion: Incentive, messages: str = "all") -> list[Fraction]:
        """The gain of every lie that counts at every state where the notion asks for truth."""
        result = []
        for history in self.histories(notion.everywhere):
            t = len(history)
            last, action = self.last(history)
            if notion.everywhere:
                groups = [[(s, Fraction(1))] for s in self.profiles(t) if self.open(history, s)]
            else:
                groups = self.sets(history, last, action, notion)
            for group in groups:
                own, shown = group[0][0][self.i], self.public(group[0][0])
                honest = sum((w * self.honest(history, s, notion.myopic) for s, w in group), ZERO)
                for r in self.lies(history, shown, own, notion, messages):
                    gain = self.worth(history, group, r, notion, messages) - honest
                    result.append(gain / sum(w for _, w in group))
        return result

    def lies(self, history: History, shown: Profile, own: int, notion: Incentive, messages: str) -> list[int]:
        rule = notion.lies(len(history))
        allowed = self.reports(history, shown, own, messages)
        if rule is Lies.ALL or not self.probable(history, shown, own):
            return [r for r in allowed if r != own]
        lower = [r for r in allowed if r < own and self.probable(history, shown, r)]
        return lower[-1:] if rule is Lies.ADJACENT else []

    # Participation.

    def outside(self, t: int, truth: Profile) -> tuple[Fraction, Fraction, Fraction]:
        """What the others have if they alone count, less how much that touches her, and what she has then:
        the largest such triple, its first entry before its second before its third."""
        env, best = self.env, []
        shown = tuple(truth[j] for j in env.observed)
        for a, cost in enumerate(env.costs[t]):
            feasible = env.feasible[t]
            if feasible is not None and not feasible[(a, *shown)]:
                continue
            values = []
            for agent in env.agents:
                table = agent.values[t]
                at = tuple(s if n > 1 else 0 for s, n in zip(truth, table.shape[1:], strict=True))
                values.append(entry(table, (a, *at)))
            own = values[self.i]
            triple = [sum(values, ZERO) - own - cost, -abs(own), own]
            for now in self.profiles(t + 1) if t + 1 < env.periods else []:
                chance = Fraction(env.discount) * self.chance(t + 1, truth, a, now)
                if chance:
                    later = self.outside(t + 1, now)
                    triple = [x + chance * y for x, y in zip(triple, later, strict=True)]
            best.append((triple[0], triple[1], triple[2]))
        return max(best)

    def expectations(self, initial: bool, profile: bool, beyond: bool = False) -> list[Fraction]:
        result = []
        notion = Incentive("", information=Information.PROFILE if profile else Information.INTERIM)
        for history in [()] if initial else self.histories(False):
            for group in self.sets(history, *self.last(history), notion):
                total = sum((w * self.honest(history, s) for s, w in group), ZERO)
                if beyond:
                    total -= sum((w * self.outside(len(history), s)[2] for s, w in group), ZERO)
                result.append(total / sum(w for _, w in group))
        return result

    def paths(self) -> list[list[tuple[Fraction, Fraction]]]:
        """All paths under truth: per period (utility if the path goes on, if it stops here)."""
        result: list[list[tuple[Fraction, Fraction]]] = []

        def walk(history: History, path: list[tuple[Fraction, Fraction]]) -> None:
            t = len(history)
            if t == self.env.periods:
                result.append(path)
                return
            for s in self.profiles(t):
                if self.chance(t, *self.last(history), s) == 0:
                    continue
                mean = self.flow(history, s, s)
                for a, q in enumerate(self.lottery(history, s)):
                    if q > 0:
                        now = self.flow(history, s, s, a) if self.env.remembers_action(t) else mean
                        walk((*history, (s, a)), [*path, (now, mean)])

        walk((), [])
        return result

    def lowest(self, promise: Promise, information: Information) -> Fraction:
        if not self.beyond:
            return replace(self, beyond=True).lowest(promise, information)
        if promise in (Promise.INITIAL, Promise.CONTINUATION, Promise.OUTSIDE):
            profile = information is Information.PROFILE and promise is not Promise.INITIAL
            return min(self.expectations(promise is Promise.INITIAL, profile, promise is Promise.OUTSIDE))
        assert promise in (Promise.PATH, Promise.PREFIX, Promise.PERIOD), promise
        rate = Fraction(self.env.discount)
        lowest = []
        for path in self.paths():
            for stop in range(self.env.periods):
                if promise is Promise.PERIOD:
                    lowest.append(path[stop][1])
                elif promise is Promise.PREFIX or stop == self.env.periods - 1:
                    past = sum((rate**t * path[t][0] for t in range(stop)), ZERO)
                    lowest.append(past + rate**stop * path[stop][1])
        return min(lowest)

    # Replaying a witness.

    def replay(self, witness: Witness, notion: Incentive) -> Fraction:
        """What the witness' lie and plan gain, conditional on her information, by following them."""
        env = self.env
        t = witness.period
        index = [{label: k for k, label in enumerate(agent.types[t])} for agent in env.agents]
        history = self.read(witness.history[:t])
        known = witness.history[t]["reports"] if len(witness.history) > t else {}
        own = index[self.i][witness.type]
        weights = []
        last, action = self.last(history)
        for s in self.profiles(t):
            agrees = all(
                s[env.agent_index(name)] == index[env.agent_index(name)][x] for name, x in known.items()
            )
            if s[self.i] == own and agrees:
                weights.append((s, Fraction(1) if notion.everywhere else self.chance(t, last, action, s)))
        assert witness.report is not None
        report = index[self.i][witness.report]
        listed = witness.plan if isinstance(witness.plan, list) else []
        plan = {key_of(step): step["report"] for step in listed}
        gain = ZERO
        for s, weight in weights:
            if weight > 0:
                lying = self.follow(history, t, s, None, report, plan, notion)
                gain += weight * (lying - self.honest(history, s, notion.myopic))
        return gain / sum(w for _, w in weights)

    def read(self, entries: list[dict[str, Any]]) -> History:
        result: list[tuple[Profile, int | None]] = []
        for t, step in enumerate(entries):
            agents = self.env.agents
            reports = tuple(
                agents[j].types[t].index(step["reports"][agents[j].name]) for j in range(len(agents))
            )
            action = step["action"]
            if action is None:  # it does not matter: any of positive probability
                done = next(a for a, q in enumerate(self.lottery(tuple(result), reports)) if q > 0)
            else:
                done = self.env.actions[t].index(action)
            result.append((reports, done))
        return tuple(result)

    def follow(
        self,
        history: History,
        start: int,
        truth: Profile,
        previous: int | None,
        report: int | None,
        plan: dict[Any, str],
        notion: Incentive,
    ) -> Fraction:
        t = len(history)
        own = self.env.agents[self.i].types[t]
        if report is None:
            said = plan.get(self.key(history, start, truth, previous, notion), own[truth[self.i]])
            report = own.index(said)
        reports = self.said(truth, report)
        result = self.flow(history, truth, reports)
        if t + 1 < self.env.periods and not notion.myopic:
            for a, q in enumerate(self.lottery(history, reports)):
                for s in self.profiles(t + 1):
                    weight = q * self.chance(t + 1, truth, a, s)
                    if weight > 0:
                        step = (*history, (reports, a))
                        later = self.follow(step, start, s, truth[self.i], None, plan, notion)
                        result += Fraction(self.env.discount) * weight * later
        return result

    def key(
        self, history: History, start: int, truth: Profile, previous: int | None, notion: Incentive
    ) -> Any:
        """The key of the plan's entry that describes this state, as `key_of` reads it."""
        agents, t = self.env.agents, len(history)
        entries: list[Any] = []
        for k in range(start, t):
            reports, action = history[k]
            entries.append(
                (
                    frozenset((agents[j].name, agents[j].types[k][reports[j]]) for j in range(len(agents))),
                    self.env.actions[k][action or 0] if self.action_matters(k) else None,
                )
            )
        profile = notion.information is Information.PROFILE
        known = [j for j in range(len(agents)) if agents[j].observed or (profile and j != self.i)]
        if known:
            entries.append((frozenset((agents[j].name, agents[j].types[t][truth[j]]) for j in known), None))
        before = agents[self.i].types[t - 1][previous or 0] if self.env.joint else None
        return (t, tuple(entries), agents[self.i].types[t][truth[self.i]], before)

    def action_matters(self, t: int) -> bool:
        following = self.mechanism.stages[t].next
        assert following is not None
        return self.env.controlled[t] or bool((following != following[..., :1]).any())


def key_of(told: dict[str, Any]) -> Any:
    history = tuple((frozenset(step["reports"].items()), step["action"]) for step in told["history"])
    return (told["period"], history, told["type"], told.get("previous"))
