"""The plain judge where an agent does not see the others' past reports.

What she knows is a *cluster*: every history that agrees with her own true types and reports, with the types
of observed agents and with the actions that steer types, each with the current profile and its probability.
She says one report in a cluster, and clusters follow clusters; nothing is shared with the judge tested.
"""

from __future__ import annotations

from fractions import Fraction

from dynamech.models.notions.incentives import Incentive, Information, Lies
from dynamech.models.notions.participation import Promise
from dynamech.models.verification.verdict import Witness

from .brute_force import Brute, key_of
from .plain_agent import ZERO, History, Profile

Cluster = list[tuple[History, Profile, Fraction]]


class Concealed(Brute):
    """Agent i of a mechanism who sees her own reports alone."""

    def split(self, cluster: Cluster) -> list[Cluster]:
        """By what she sees of the histories, and of the current profile."""
        found: dict[object, Cluster] = {}
        for history, s, weight in cluster:
            saw = tuple(
                (said[self.i], self.public(said), action if self.env.remembers_action(t) else None)
                for t, (said, action) in enumerate(history)
            )
            found.setdefault((saw, self.public(s), s[self.i]), []).append((history, s, weight))
        return list(found.values())

    def begin(self) -> list[Cluster]:
        everything = [((), s, self.chance(0, (), None, s)) for s in self.profiles(0)]
        return self.split([entry for entry in everything if entry[2] > 0])

    def next(self, cluster: Cluster, report: int) -> list[Cluster]:
        """What she may know in the next period, after this report."""
        following: Cluster = []
        for history, s, weight in cluster:
            said = self.said(s, report)
            for a, q in enumerate(self.lottery(history, said)):
                for after in self.profiles(len(history) + 1):
                    chance = weight * q * self.chance(len(history) + 1, s, a, after)
                    if chance > 0:
                        following.append(((*history, (said, a)), after, chance))
        return self.split(following)

    def ends(self, cluster: Cluster) -> bool:
        return len(cluster[0][0]) + 1 == self.env.periods

    def earned(self, cluster: Cluster, report: int, notion: Incentive, messages: str) -> Fraction:
        """Of `report`, then the best replies."""
        now = sum((w * self.flow(h, s, self.said(s, report)) for h, s, w in cluster), ZERO)
        if self.ends(cluster) or notion.myopic:
            return now
        later = ZERO
        for after in self.next(cluster, report):
            history, s, _ = after[0]
            own, shown = s[self.i], self.public(s)
            if notion.lies(len(history)) is not Lies.ALL and self.probable(history, shown, own):
                later += self.earned(after, own, notion, messages)
            else:
                said = self.reports(history, shown, own, messages)
                later += max(self.earned(after, r, notion, messages) for r in said)
        return now + Fraction(self.env.discount) * later

    def told(self, cluster: Cluster, myopic: bool = False) -> Fraction:
        """Truth for ever."""
        return sum((w * self.honest(h, s, myopic) for h, s, w in cluster), ZERO)

    def truthful(self) -> list[Cluster]:
        """What she may know while she tells the truth."""
        level = self.begin()
        found = list(level)
        while not self.ends(level[0]):
            level = [after for before in level for after in self.next(before, before[0][1][self.i])]
            found += level
        return found

    def gains(self, notion: Incentive, messages: str = "all") -> list[Fraction]:
        if notion.information is Information.PROFILE:
            return super().gains(notion, messages)
        result = []
        for cluster in self.truthful():
            history, s, _ = cluster[0]
            for r in self.lies(history, self.public(s), s[self.i], notion, messages):
                gain = self.earned(cluster, r, notion, messages) - self.told(cluster, notion.myopic)
                result.append(gain / sum(w for _, _, w in cluster))
        return result

    def lowest(self, promise: Promise, information: Information) -> Fraction:
        if promise not in (Promise.CONTINUATION, Promise.OUTSIDE) or information is Information.PROFILE:
            return super().lowest(promise, information)
        beyond = promise is Promise.OUTSIDE
        return min(
            (self.told(cluster) - (self.left(cluster) if beyond else ZERO)) / sum(w for _, _, w in cluster)
            for cluster in self.truthful()
        )

    def left(self, cluster: Cluster) -> Fraction:
        """What she has outside."""
        return sum((w * self.outside(len(h), s)[2] for h, s, w in cluster), ZERO)

    # Replaying a witness.

    def told_of(self, cluster: Cluster, start: int) -> tuple[int, tuple[object, ...], str, None]:
        """What she knows, from period `start` on, in the words of a plan's entry, as `key_of` reads it."""
        history, s, _ = cluster[0]
        entries: list[object] = []
        for t in range(start, len(history)):
            said, action = history[t]
            saw = self.env.remembers_action(t) and self.env.num_actions(t) > 1
            entries.append((self.named(t, said, (*self.env.observed, self.i)),
                            self.env.actions[t][action or 0] if saw else None))  # fmt: skip
        if self.env.observed:
            entries.append((self.named(len(history), s, self.env.observed), None))
        return (len(history), tuple(entries), self.env.agents[self.i].types[len(history)][s[self.i]], None)

    def named(self, t: int, profile: Profile, shown: tuple[int, ...]) -> frozenset[tuple[str, str]]:
        return frozenset((self.env.agents[j].name, self.env.agents[j].types[t][profile[j]]) for j in shown)

    def replay(self, witness: Witness, notion: Incentive) -> Fraction:
        if notion.information is Information.PROFILE:
            return super().replay(witness, notion)
        about = {"period": witness.period, "history": witness.history, "type": witness.type}
        (cluster,) = (one for one in self.truthful() if self.told_of(one, 0) == key_of(about))
        types = self.env.agents[self.i].types
        listed = witness.plan if isinstance(witness.plan, list) else []
        plan = {key_of(step): step["report"] for step in listed}

        def follow(cluster: Cluster, report: int) -> Fraction:
            result = sum((w * self.flow(h, s, self.said(s, report)) for h, s, w in cluster), ZERO)
            if self.ends(cluster) or notion.myopic:
                return result
            for after in self.next(cluster, report):
                key = self.told_of(after, witness.period)
                said = plan.get(key, key[2])
                later = follow(after, types[key[0]].index(said))
                result += Fraction(self.env.discount) * later
            return result

        assert witness.report is not None
        lying = follow(cluster, types[witness.period].index(witness.report))
        return (lying - self.told(cluster, notion.myopic)) / sum(w for _, _, w in cluster)
