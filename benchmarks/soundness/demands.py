"""Demands beside everything else: designs against plain programs, and their mechanisms against the judge.

A question is an objective of weights of either sign, a participation word, an incentive notion and demands
on payments and on the budget, asked of a random environment with outside options, restricted or concealed
reports, steered types, a discount of 0. The plain program has the demands at every history and report, as the
words say them; where reports are concealed there is none, and concealing them may only help the designer.
"""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from .draw import Draw, F, environment
from .histories import ONE, ZERO, Histories, optimum_of
from .rational import Optimum
from .tally import Tally, within
from .world import History, Profile, add

MOST = 260
"""Columns of the largest plain program."""
SECONDS = 10.0
WORDS: dict[str, tuple[int | None, int | None]] = {
    "free": (None, None), "none": (0, 0), "nonnegative": (0, None), "nonpositive": (None, 0),
    "-1..2": (-1, 2), "0..1": (0, 1), "-3..-1": (-3, -1),
}  # fmt: skip
"""Bounds in units of the scale of values."""
BUDGETS = ("none", "none", "ex-ante", "per-period", "ex-post", "every-period")


def check(seed: int) -> tuple[Tally, Any]:
    """One question; also the environment, to be kept where something is wrong."""
    env, words = question(seed)
    tally = Tally(notes=[f"{words}"])
    public = env._with(reports_public=True) if env.conceals else env
    # KeyError: payments of a period, where all are made at the end
    right = optimum_of(lambda: PlainDemands(public, words, MOST), tally, KeyError)
    for exact in (True, False):
        with tally.guarded(f"{words}, {'exact' if exact else 'float'}"):
            _compared(env, words, exact, right, tally)
    if right is not None and right.value is not None and words["incentives"] == "bayesian":
        with tally.guarded(f"{words}, relaxations"):
            _bounds(public, words, right.value, tally)
    return tally, env


def question(seed: int) -> tuple[Any, dict[str, Any]]:
    """An environment and what is asked of it."""
    from dynamech.instances.file import instance_from_json, instance_to_json

    env, old = environment(seed)
    d, scale = Draw(10**6 + seed), old["scale"]
    pick, content = d.random.choice, instance_to_json(env)
    private = [agent for agent in content["agents"] if not agent.get("observed")]
    leaving = pick([False, False, True])
    for agent in private:
        types = agent["types"]
        if leaving and pick([True, True, False]):
            agent["outside"] = [[str(scale * F(pick(range(-2, 5)), 2)) for _ in own] for own in types]
        if pick([False, False, False, False, True]):
            agent["reports"] = [
                {own: [told for told in now if told == own or pick([True, False])] for own in now}
                for now in types
            ]
    if len(private) > 1 and env.periods > 1 and env.process is None and pick([False] * 5 + [True]):
        content["reports_public"] = False
    env = instance_from_json(content, f"demands-{seed}")
    objective = {word: F(pick([0, 0, 1, 2, -1]), 2) for word in ("revenue", "welfare", "utility")}
    objective |= {f"utility:{private[0]['name']}": F(pick([0, 0, 0, 1, -1]), 3)}
    objective |= {word: F(pick([0, 0, 0, 1])) for word in ("min-utility", "min-type-utility")}
    if not any(objective.values()):
        objective["revenue"] = F(1)
    word, demands = pick([*WORDS]), dict[str, Any]()
    if pick([True, True, False]):
        payments: Any = _scaled(word, scale)
        if pick([False, False, True]):
            payments = {agent["name"]: _scaled(pick([*WORDS]), scale) for agent in private}
        demands["payments"] = payments
        bounded = payments != "free" if isinstance(payments, str) else {*payments.values()} != {"free"}
        if bounded and pick([False, True]):
            demands["on"] = "path"
    demands["budget"] = pick(BUDGETS)
    demands["balanced"] = demands["budget"] != "none" and pick([False, True])
    words = {
        "objective": objective, "demands": demands,
        "incentives": pick(["none", "bayesian", "bayesian", "bayesian", "ex-post", "first-order"]),
        "participation": pick(["none", "interim", "interim", "periodic", "ex-post", "prefix", "per-period"]),
    }  # fmt: skip
    if pick([False, False, True]):
        demands["rows"] = [_row(env, pick, scale)]
    return env, words


def _row(env: Any, pick: Any, scale: Fraction) -> dict[str, Any]:
    """A row about what is expected of a few entries, of one kind, so that its bounds have one unit."""
    key = pick(["allocation", "allocation", "payment", "utility"])
    sign, amounts = pick([1, 1, -1]), [1, 2, 3]
    reporting = [agent for agent in env.agents if not agent.observed]
    if key == "utility" and env.process is None:
        agent = pick(reporting)
        sure = [own for own, chance in zip(agent.types[0], agent.prior, strict=True) if chance > 0]
        entries: list[Any] = [[agent.name, pick(sure), str(F(sign * pick(amounts), 2))] for _ in range(2)]
    else:
        key, entries = "allocation" if key == "utility" else key, []
        for _ in range(3):
            t = pick(range(env.periods))
            told = [[pick(agent.types[s]) for agent in env.agents] for s in range(t + 1)]
            held = [pick(env.actions[s]) if env.remembers_action(s) else None for s in range(t)]
            history = pick([None, [[told[s], held[s]] for s in range(t)]])
            last = env.actions[t] if key == "allocation" else [agent.name for agent in reporting]
            entries.append([t, history, pick([None, told[t]]), pick([None, pick(last)])])
            entries[-1].append(str(F(sign * pick(amounts), 2)))
    low, high = sorted(F(pick(range(-4, 7)), 4) * (1 if key == "allocation" else scale) for _ in range(2))
    sides = pick([{"lower": str(low)}, {"upper": str(high)}, {"lower": str(low), "upper": str(high)}])
    return {"name": "own", "expected": True, key: entries, **sides}


def _scaled(word: str, scale: Fraction) -> str:
    low, high = WORDS[word]
    return f"{low * scale}..{high * scale}" if ".." in word and low is not None and high is not None else word


class PlainDemands(Histories):
    """The plain program of one question."""

    def __init__(self, env: Any, words: dict[str, Any], most: int) -> None:
        self.words, self.demands = words, words["demands"]
        self.env = env
        super().__init__(env, words["incentives"], words["participation"], ZERO, ZERO, most)
        self._objective()
        for i in self.w.private:
            self._payments(i)
        self._budget()
        for own in self.demands.get("rows", ()):
            self._own(own)

    def _own(self, own: dict[str, Any]) -> None:
        """A row of one's own, entry by entry; all its entries are of one kind."""
        env, w, row = self.env, self.w, dict[int, Fraction]()
        for agent, label, number in own.get("utility", ()):
            i = env.agent_index(agent)
            k = env.agents[i].types[0].index(label)
            chance = sum((odds for r, odds in self.believed(()).items() if r[i] == k), ZERO)
            for j, v in self._expected({i: ONE}, {i: -ONE}, ZERO, given=(i, k)).items():
                add(row, j, chance * Fraction(number) * v)
        for key in ("allocation", "payment"):
            for t, history, reports, last, number in own.get(key, ()):
                for h, chance in self.nodes[t]:
                    steps = [self._labels(s, *step) for s, step in enumerate(h)]
                    if history not in (None, steps):
                        continue
                    for r, odds in self.believed(h).items():
                        if reports not in (None, self._labels(t, r, None)[0]):
                            continue
                        share = chance * odds * Fraction(number)
                        for a in w.actions(t, r) if key == "allocation" else ():
                            if last in (None, env.actions[t][a]):
                                add(row, self.x[h, r, a], share)
                        for i in w.private if key == "payment" else ():
                            if last in (None, env.agents[i].name):
                                add(row, self.z[i, h, r], share)
        unit = ONE if "allocation" in own else w.unit
        for sign, side in ((ONE, "lower"), (-ONE, "upper")):
            if side in own:
                self.p.row({j: sign * v for j, v in row.items()}, sign * Fraction(own[side]) / unit)

    def _labels(self, t: int, profile: Profile, action: Any) -> list[Any]:
        told = [agent.types[t][k] for agent, k in zip(self.env.agents, profile, strict=True)]
        return [told, None if action is None else self.env.actions[t][action]]

    def paths_count(self) -> bool:
        """Where demands do, too."""
        paths = self.demands.get("on") == "path" or self.demands["budget"] == "ex-post"
        return paths or super().paths_count()

    def _promise(self, t: int, h: History, i: int) -> None:
        """Of continuations only the first where all is paid at the end: a constant is taken before it and
        given back in it."""
        if t == 0 or not self.at_end:
            super()._promise(t, h, i)

    # Objective ----------------------------------------------------------------------------------------------

    def _earn(self, t: int, h: History, chance: Fraction) -> None:
        """Nothing: what is maximised is said in one place."""

    def _expected(
        self, values: dict[int, Fraction], paid: dict[int, Fraction], costs: Fraction,
        only: int | None = None, given: tuple[int, int] | None = None,
    ) -> dict[int, Fraction]:
        """Of values, payments and costs with these weights; only: of one period in its money; given: that an
        agent begins with a type."""
        w, row = self.w, dict[int, Fraction]()
        first = self.believed(()).items()
        whole = sum((v for r, v in first if given is None or r[given[0]] == given[1]), ZERO)
        for t in range(w.T) if only is None else [only]:
            rate = w.delta**t if only is None else ONE
            for h, chance in self.nodes[t]:
                for r, odds in self.believed(h).items():
                    begins = h[0][0] if h else r
                    if given is not None and begins[given[0]] != given[1]:
                        continue
                    share = chance * odds / whole
                    for a in w.actions(t, r):
                        worth = sum((v * w.worth(i, t, a, r) for i, v in values.items()), ZERO)
                        add(row, self.x[h, r, a], rate * share * (worth - costs * w.cost(t, a)))
                    for i, weight in paid.items():
                        if (i, h, r) in self.z:
                            add(row, self.z[i, h, r], share * weight * (ONE if self.at_end else rate))
        return row

    def _objective(self) -> None:
        w, weights = self.w, self.words["objective"]
        names = [f"utility:{agent.name}" for agent in self.env.agents]
        kept = {i: weights["utility"] + weights.get(name, ZERO) for i, name in enumerate(names)}
        values = {i: weights["welfare"] + kept[i] for i in range(w.n)}
        paid = {i: weights["revenue"] - kept[i] for i in w.private}
        for j, v in self._expected(values, paid, weights["revenue"] + weights["welfare"]).items():
            self.p.cost[j] += v
        for word in ("min-utility", "min-type-utility"):
            if not weights[word]:
                continue
            least = self.p.column()
            self.p.cost[least] = weights[word]
            for i in w.private:
                types = {r[i] for r in self.believed(())} if "type" in word else {None}
                for own in types:
                    given = None if own is None else (i, own)
                    row = self._expected({i: ONE}, {i: -ONE}, ZERO, given=given)
                    add(row, least, -ONE)
                    self.p.row(row, ZERO)

    # Demands ------------------------------------------------------------------------------------------------

    def _places(self, t: int) -> list[tuple[History, Profile]]:
        return [(h, r) for h, _ in self.nodes[t] for r in self.messages(h)]

    def _within(self, row: dict[int, Fraction], bounds: tuple[Any, Any], h: History | None) -> None:
        """Between the two, times the weight of the history; None: of what is expected."""
        weight = None if h is None else self._weight(h)
        for sign, bound in zip((ONE, -ONE), bounds, strict=True):
            if bound is None:
                continue
            more = {j: sign * v for j, v in row.items()}
            right = sign * Fraction(bound) / self.w.unit
            if weight is not None:
                add(more, weight, -right)
            self.p.row(more, right if weight is None else ZERO)

    def _last(self) -> int:
        return 0 if self.w.delta == 0 else self.w.T - 1

    def _payments(self, i: int) -> None:
        word = self.demands.get("payments", "free")
        word = word.get(self.env.agents[i].name, "free") if isinstance(word, dict) else word
        low, dots, high = word.partition("..")
        bounds = (Fraction(low), Fraction(high)) if dots else WORDS[word]
        if self.demands.get("on") == "path":
            for h, r in self._places(self._last()):
                self._within(self._along({i: ONE}, h, r, False), bounds, h)
            return
        for t in range(self.w.T) if bounds != (None, None) else ():
            for h, r in self._places(t):
                self._within({self.z[i, h, r]: ONE}, bounds, h)

    def _along(
        self, paid: dict[int, Fraction], h: History, r: Profile, costs: bool
    ) -> dict[int, Fraction]:
        """A path's total, in money of period 0: past actions as taken where types follow them."""
        w, row = self.w, dict[int, Fraction]()
        for s, (told, action) in enumerate([*h, (r, None)]):
            before, rate = h[:s], w.delta**s
            if costs and action is not None:
                row_weight = self._weight(h)
                assert row_weight is not None
                add(row, row_weight, -rate * w.cost(s, action))
            elif costs:
                for a in w.actions(s, told):
                    add(row, self.x[before, told, a], -rate * w.cost(s, a))
            for i, weight in paid.items():
                if not self.at_end:
                    add(row, self.z[i, before, told], rate * weight)
                elif s == len(h):
                    add(row, self.z[i, h, r], weight)
        return row

    def _budget(self) -> None:
        w, budget = self.w, self.demands["budget"]
        covered = 0, 0 if self.demands["balanced"] else None
        everybody = dict.fromkeys(w.private, ONE)
        if budget == "ex-ante":
            self._within(self._expected({}, everybody, ONE), covered, None)
        if budget == "per-period":
            for t in range(w.T):
                self._within(self._expected({}, everybody, ONE, only=t), covered, None)
        if budget == "ex-post":
            for h, r in self._places(self._last()):
                self._within(self._along(everybody, h, r, True), covered, h)
        for t in range(w.T) if budget == "every-period" else ():
            for h, r in self._places(t):
                row = {self.z[i, h, r]: ONE for i in w.private}
                for a in w.actions(t, r):
                    add(row, self.x[h, r, a], -w.cost(t, a))
                self._within(row, covered, h)


def _bounds(env: Any, words: dict[str, Any], least: Fraction, tally: Tally) -> None:
    """Relaxations earn no less."""
    import dynamech as dm

    for rung in ("none", "relaxed", "types-public"):
        answer = dm.design(env, **(words | {"incentives": rung}), exact=True, time_limit=SECONDS)
        if answer.status in ("optimal", "infeasible"):
            more = answer.value is not None and answer.value >= least
            tally.check(more, f"{words}: {rung} is {answer.status} {answer.value}, less than {least}")


def _compared(
    env: Any, words: dict[str, Any], exact: bool, right: Optimum | None, tally: Tally
) -> None:
    import dynamech as dm

    answer = dm.design(env, **words, exact=exact, time_limit=SECONDS)
    mode = f"{words}, {'exact' if exact else 'float'}"
    if answer.status == "not-applicable":
        tally.refused += 1
        tally.notes.append(answer.message)
        return
    if answer.status == "limit":
        tally.intervals += 1
        tally.notes.append(answer.message)
        return
    if right is not None and not env.conceals:
        tally.check(answer.status == right.status, f"{mode}: {answer.status}, not {right.status}")
    if right is not None and right.value is not None and answer.value is not None:
        value, error = Fraction(answer.value), 0.0 if exact else answer.value_error
        near = value >= right.value - Fraction(error) if env.conceals else within(value, right.value, error)
        off = f"{mode}: {answer.value} is not within {error:.3g} of {right.value} ({float(right.value)})"
        tally.check(near, off)
    if answer.status != "optimal":
        return
    incentives = None if words["incentives"] == "none" else words["incentives"]
    verdicts = dm.verify(env, answer.mechanism, incentives, words["participation"], demands=words["demands"])
    for verdict in verdicts:
        tally.check(bool(verdict), f"{mode}: {verdict} of the optimum (attained {answer.attained})")
