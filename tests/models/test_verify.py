"""Verdicts against brute force: plain recursion over histories, in rationals, sharing no code with `verify`.

The recursion follows full public histories and the liar's whole true past; on the smallest cases every pure
reporting strategy is listed instead. Witnesses are replayed: the lie and the plan, followed to the letter,
gain what the witness says.
"""

from __future__ import annotations

import itertools
import random
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from typing import Any

import numpy as np
import pytest

from dynamech.models.environment import Agent, Environment
from dynamech.models.incentives import INCENTIVES, Incentive, Information, Lies
from dynamech.models.mechanism import Mechanism, Stage
from dynamech.models.participation import PARTICIPATIONS
from dynamech.models.verdict import Verdict, Witness
from dynamech.models.verification.verify import incentive_verdict, participation_verdict
from dynamech.solvers.numbers import Number

Profile = tuple[int, ...]
History = tuple[tuple[Profile, int | None], ...]
ZERO = Fraction(0)

# Random environments and mechanisms ------------------------------------------------------------------------


def distribution(rng: random.Random, count: int, sparse: bool) -> list[Fraction]:
    weights = [rng.choice([0, 0, 1, 2] if sparse else [1, 2, 3]) for _ in range(count)]
    if not any(weights):
        weights[rng.randrange(count)] = 1
    return [Fraction(w, sum(weights)) for w in weights]


def table(rng: random.Random, shape: tuple[int, ...], last: int, sparse: bool) -> np.ndarray[Any, Any]:
    rows = [distribution(rng, last, sparse) for _ in range(int(np.prod(shape, dtype=int)))]
    return np.array(rows, dtype=object).reshape(*shape, last)


def numbers(rng: random.Random, shape: tuple[int, ...]) -> np.ndarray[Any, Any]:
    values = [Fraction(rng.randint(-6, 12), rng.choice([1, 2, 3])) for _ in range(int(np.prod(shape)))]
    return np.array(values, dtype=object).reshape(shape)


@dataclass(frozen=True)
class Shape:
    """What a random environment looks like: one letter an agent, ``p`` private, ``o`` observed."""

    agents: str
    periods: int
    joint: bool = False
    controlled: tuple[int, ...] = ()
    """Transitions that depend on the action."""
    given: bool = False
    interdependent: bool = False
    sparse: bool = False
    sizes: tuple[int, ...] = (2, 2, 2)
    actions: int = 2
    discount: str = "2/3"

    def environment(self, rng: random.Random) -> Environment:
        count, periods = len(self.agents), self.periods
        sizes = [[self.sizes[(i + t) % len(self.sizes)] for i in range(count)] for t in range(periods)]
        heads = [self.actions if t in self.controlled else 1 for t in range(periods - 1)]
        agents = []
        for i, letter in enumerate(self.agents):
            seen = [j for j in range(count) if self.agents[j] == "o"] if self.given and letter == "p" else []
            data: dict[str, Any] = {}
            if not self.joint:
                data["prior"] = distribution(rng, sizes[0][i], self.sparse)
                data["given"] = [f"agent {j}" for j in seen]
                data["transitions"] = [
                    table(
                        rng,
                        (heads[t], *(sizes[t + 1][j] for j in seen), sizes[t][i]),
                        sizes[t + 1][i],
                        self.sparse,
                    )
                    for t in range(periods - 1)
                ]
            axes = [tuple(sizes[t]) if self.interdependent else (sizes[t][i],) for t in range(periods)]
            agents.append(
                Agent(
                    f"agent {i}",
                    types=[[f"{i}:{k}" for k in range(sizes[t][i])] for t in range(periods)],
                    values=[numbers(rng, (self.actions, *axes[t])) for t in range(periods)],
                    observed=letter == "o",
                    **data,
                )
            )
        process = None
        if self.joint:
            flat = [int(np.prod(sizes[t])) for t in range(periods)]
            process = {
                "prior": table(rng, (), flat[0], self.sparse).reshape(sizes[0]),
                "transitions": [
                    table(rng, (heads[t], *sizes[t]), flat[t + 1], self.sparse).reshape(
                        heads[t], *sizes[t], *sizes[t + 1]
                    )
                    for t in range(periods - 1)
                ],
            }
        return Environment(
            name="random",
            agents=agents,
            actions=[[f"a{a}" for a in range(self.actions)]] * periods,
            horizon=periods,
            discount=self.discount,
            process=process,
        )


def random_mechanism(env: Environment, rng: random.Random, memory: int, by_action: bool = True) -> Mechanism:
    """A few memory states, random lotteries with zeros, random payments, a random update."""
    stages = []
    sizes = [1, *[memory] * (env.periods - 1)]
    for t in range(env.periods):
        shape = (sizes[t], *env.types(t))
        allocation = table(rng, shape, env.num_actions(t), sparse=True)
        transfers = numbers(rng, (env.num_agents, *shape))
        following = None
        if t < env.periods - 1:
            full = (*shape, env.num_actions(t))
            drawn = [rng.randrange(sizes[t + 1]) for _ in range(int(np.prod(full)))]
            following = np.array(drawn, dtype=np.int64).reshape(full)
            if not by_action:
                following = np.broadcast_to(following[..., :1], full).copy()
        stages.append(Stage(allocation, transfers, following))
    return Mechanism(env.name, tuple(stages))


def as_history_tree(env: Environment, mechanism: Mechanism) -> Mechanism:
    """The same mechanism with every history of reports and actions remembered."""
    memory, stages = [mechanism.start], []
    for t, stage in enumerate(mechanism.stages):
        index = np.array(memory)
        following = None
        if t < env.periods - 1:
            assert stage.next is not None
            target = stage.next[index]
            following = np.arange(target.size).reshape(target.shape)
            memory = target.ravel().tolist()
        stages.append(Stage(stage.allocation[index], stage.transfers[:, index], following))
    return Mechanism(mechanism.instance, tuple(stages))


def entry(values: np.ndarray[Any, Any], at: tuple[int, ...]) -> Fraction:
    return Fraction(values.item(*at))


# Brute force -----------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Brute:
    """Agent i of a mechanism, by recursion over histories (profile reported, action) in plain Python."""

    env: Environment
    mechanism: Mechanism
    i: int

    @cached_property
    def others(self) -> list[int]:
        return [j for j in self.env.private if j != self.i]

    def profiles(self, t: int) -> list[Profile]:
        return list(itertools.product(*(range(k) for k in self.env.types(t))))

    def chance(self, t: int, last: Profile, action: int | None, now: Profile) -> Fraction:
        """Nature's law: Pr(now | true last profile, action)."""
        if self.env.process is not None:
            if t == 0:
                return entry(self.env.process.prior, now)
            moves = self.env.process.transitions[t - 1]
            return entry(moves, (action or 0 if len(moves) > 1 else 0, *last, *now))
        result = Fraction(1)
        for j in range(self.env.num_agents):
            result *= self.chance_of(t, j, last, action, now)
        return result

    def chance_of(self, t: int, j: int, last: Profile, action: int | None, now: Profile) -> Fraction:
        agent = self.env.agents[j]
        if t == 0:
            return entry(agent.prior, (now[j],))
        kernel = agent.kernels[t - 1]
        head = action or 0 if kernel.controlled else 0
        return entry(kernel.table, (head, *(now[g] for g in kernel.given), last[j], now[j]))

    def memory(self, history: History) -> int:
        m = self.mechanism.start
        for t, (reports, action) in enumerate(history):
            following = self.mechanism.stages[t].next
            assert following is not None
            m = int(following[(m, *reports, action or 0)])
        return m

    def lottery(self, history: History, reports: Profile) -> list[Fraction]:
        return list(self.mechanism.stages[len(history)].allocation[(self.memory(history), *reports)])

    def flow(self, history: History, truth: Profile, reports: Profile, action: int | None = None) -> Fraction:
        """Current utility; of one action, or expected over the lottery."""
        t = len(history)
        values = self.env.agents[self.i].values[t]
        at = tuple(s if n > 1 else 0 for s, n in zip(truth, values.shape[1:], strict=True))
        paid = Fraction(self.mechanism.stages[t].transfers[(self.i, self.memory(history), *reports)])
        lottery = self.lottery(history, reports)
        if action is not None:
            return Fraction(values[(action, *at)]) - paid
        return sum((q * values[(a, *at)] for a, q in enumerate(lottery)), ZERO) - paid

    def said(self, truth: Profile, report: int) -> Profile:
        return (*truth[: self.i], report, *truth[self.i + 1 :])

    def last(self, history: History) -> tuple[Profile, int | None]:
        return history[-1] if history else ((), None)

    def public(self, profile: Profile) -> Profile:
        return tuple(profile[j] for j in self.env.observed)

    def probable(self, history: History, shown: Profile, own: int) -> bool:
        """Whether her type can occur given the last reports."""
        last, action = self.last(history)
        t = len(history)
        if not self.env.joint:
            now = [0] * self.env.num_agents
            for j, k in zip(self.env.observed, shown, strict=True):
                now[j] = k
            now[self.i] = own
            return self.chance_of(t, self.i, last, action, tuple(now)) > 0
        return any(
            self.chance(t, last, action, s) > 0
            for s in self.profiles(t)
            if s[self.i] == own and self.public(s) == shown
        )

    def reports(self, history: History, shown: Profile, messages: str) -> list[int]:
        everything = list(range(self.env.types(len(history))[self.i]))
        if messages == "all":
            return everything
        return [r for r in everything if self.probable(history, shown, r)] or everything

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
                allowed = self.reports(history, shown, messages)
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
        if rule is Lies.ALL or not self.probable(history, shown, own):
            return [r for r in self.reports(history, shown, messages) if r != own]
        lower = [r for r in range(own) if self.probable(history, shown, r)]
        return lower[-1:] if rule is Lies.ADJACENT else []

    # Participation.

    def expectations(self, initial: bool, profile: bool) -> list[Fraction]:
        result = []
        notion = Incentive("", information=Information.PROFILE if profile else Information.INTERIM)
        for history in [()] if initial else self.histories(False):
            for group in self.sets(history, *self.last(history), notion):
                total = sum((w * self.honest(history, s) for s, w in group), ZERO)
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

    def lowest(self, notion: str, information: Information) -> Fraction:
        if notion in ("interim", "periodic"):
            profile = information is Information.PROFILE and notion == "periodic"
            return min(self.expectations(notion == "interim", profile))
        rate = Fraction(self.env.discount)
        lowest = []
        for path in self.paths():
            for stop in range(self.env.periods):
                if notion == "per-period":
                    lowest.append(path[stop][1])
                elif notion == "prefix" or stop == self.env.periods - 1:
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


# The comparison --------------------------------------------------------------------------------------------

SHAPES = {
    "one agent": Shape("p", 3, sizes=(3, 2, 3), sparse=True),
    "one agent, controlled": Shape("p", 3, controlled=(0,)),
    "one agent, controlled late": Shape("p", 3, controlled=(1,)),
    "one agent, interdependent with nature": Shape("po", 2, interdependent=True, sparse=True),
    "two agents": Shape("pp", 2, sizes=(2, 3), sparse=True),
    "two agents, three periods": Shape("pp", 3, sizes=(2, 2, 1), controlled=(1,)),
    "one agent, always controlled": Shape("p", 3, sizes=(4, 3, 2), controlled=(0, 1), sparse=True),
    "two agents, controlled, interdependent": Shape(
        "pp", 2, controlled=(0,), interdependent=True, sparse=True
    ),
    "observed first": Shape("op", 3, controlled=(0,), sparse=True),
    "given": Shape("po", 3, given=True, sparse=True, controlled=(0,)),
    "given, between": Shape("pop", 2, given=True, sparse=True),
    "joint, one agent": Shape("p", 3, joint=True, sizes=(3, 2, 2), sparse=True),
    "joint": Shape("pp", 2, joint=True, sparse=True),
    "joint, controlled": Shape("pp", 2, joint=True, controlled=(0,), interdependent=True),
    "joint, observed": Shape("pop", 2, joint=True, sparse=True, controlled=(0,)),
    "joint, observed, long": Shape("po", 3, joint=True, sparse=True),
    "three actions": Shape("pp", 2, actions=3, discount="1", sizes=(3, 2)),
    "one period": Shape("ppo", 1, interdependent=True, sparse=True),
}
DIRECT = [notion for notion in INCENTIVES.values() if notion.rewriting is None]
VIRTUAL = INCENTIVES["virtual"]
"""On an environment as given: adjacent lies at first, then the best reply."""


def case(name: str, seed: int) -> tuple[Environment, Mechanism]:
    rng = random.Random(f"{name}/{seed}")
    env = SHAPES[name].environment(rng)
    return env, random_mechanism(env, rng, memory=2, by_action=seed % 2 == 0)


def check(verdict: Verdict, gains: dict[str, Fraction]) -> None:
    """The violation is the largest of the gains (by agent's name), and the witness is one who has it."""
    expected = max([ZERO, *gains.values()])
    assert isinstance(verdict.violation, Fraction)
    assert verdict.violation == expected
    assert verdict.holds == (expected == 0)
    assert (verdict.witness is None) == verdict.holds
    if verdict.witness is not None:
        assert verdict.witness.gain == expected
        assert gains[verdict.witness.agent] == expected


def by_agent(env: Environment, mechanism: Mechanism) -> dict[str, Brute]:
    return {env.agents[i].name: Brute(env, mechanism, i) for i in env.private}


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("name", SHAPES)
def test_incentives_equal_brute_force_exactly(name: str, seed: int) -> None:
    env, mechanism = case(name, seed)
    agents = by_agent(env, mechanism)
    for notion in [*DIRECT, VIRTUAL]:
        verdict = incentive_verdict(env, mechanism, notion)
        gains = {who: max([ZERO, *brute.gains(notion)]) for who, brute in agents.items()}
        check(verdict, gains)
        if verdict.witness is not None:
            assert not verdict.witness.truncated
            assert agents[verdict.witness.agent].replay(verdict.witness, notion) == verdict.violation
        close(incentive_verdict(env.to_float(), mechanism, notion), verdict)


@pytest.mark.parametrize("name", SHAPES)
def test_possible_messages_equal_brute_force(name: str) -> None:
    env, mechanism = case(name, 7)
    agents = by_agent(env, mechanism)
    for notion in DIRECT:
        verdict = incentive_verdict(env, mechanism, notion, messages="possible")
        gains = {who: max([ZERO, *brute.gains(notion, "possible")]) for who, brute in agents.items()}
        check(verdict, gains)
        if verdict.witness is not None:
            assert agents[verdict.witness.agent].replay(verdict.witness, notion) == verdict.violation


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("name", SHAPES)
def test_participation_equals_brute_force_exactly(name: str, seed: int) -> None:
    env, mechanism = case(name, seed)
    agents = by_agent(env, mechanism)
    for notion in PARTICIPATIONS.values():
        if notion.name == "none":
            assert participation_verdict(env, mechanism, notion).holds
            continue
        for information in Information:
            verdict = participation_verdict(env, mechanism, notion, information)
            check(verdict, {who: -brute.lowest(notion.name, information) for who, brute in agents.items()})
            close(participation_verdict(env.to_float(), mechanism, notion, information), verdict)


def close(floats: Verdict, exact: Verdict) -> None:
    assert isinstance(floats.violation, float)
    assert floats.violation == pytest.approx(float(exact.violation), abs=1e-9)
    assert floats.holds == exact.holds


@pytest.mark.parametrize("name", ["one agent", "two agents", "given", "joint, observed", "joint"])
def test_forgetting_memory_and_history_tree_agree(name: str) -> None:
    env, mechanism = case(name, 11)
    one = random_mechanism(env, random.Random(name), memory=1)
    for given in (mechanism, one):
        tree = as_history_tree(env, given)
        for notion in DIRECT:
            short, long = (incentive_verdict(env, form, notion) for form in (given, tree))
            assert short.violation == long.violation
        for promise in PARTICIPATIONS.values():
            short, long = (participation_verdict(env, form, promise) for form in (given, tree))
            assert short.violation == long.violation


# Every pure strategy, listed -------------------------------------------------------------------------------


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
