"""Which of the things asked contradict one another: a smallest set of them, and what proves it.

A question asks for parts: one side of each demand, for each agent that it names; participation; incentives.
Smallest is by number, and of several the first in the order of the parts, which does not depend on the order
of the agents: sets are tried from small to large, but for those within a set that is known to go together
(every set that does is enlarged as far as it goes). Of the smallest every demand then gives way by the same
s ≥ 0, each in its own unit,

    min s   subject to   a·x ≥ b − s or a·x ≤ b + s (demands),   participation, incentives, lotteries.

The multipliers are a Farkas vector of the rows without s: weighted so, what is asked exceeds what there is by
the least s, the weights on demands being 1 together. Where lotteries are excluded, there are no such weights:
the program is one in whole numbers.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cache, cached_property, partial
from itertools import combinations
from typing import Any

import numpy as np

from ...solvers.arithmetic import SOLVED, arithmetic_of
from ...solvers.blocks import Block
from ...solvers.effort import Effort
from ...solvers.lift import on
from ...solvers.numbers import Ints, Number, nearest, show, to_float
from ...solvers.program import Builder, Program
from ...solvers.short import Short
from ...solvers.solution import Solution
from ...solvers.solve import solve
from ..answers.plain import plain
from ..compiler.compiled import Compiled

LARGE = 20_000
"""Entries beyond which a program is not looked into: a contradiction takes dozens of programs as large."""


@dataclass(frozen=True)
class Weight:
    """A row of a part with its multiplier, which is above 0; agent: "" where it is about all, at: "" where it
    is the only one."""

    part: str
    agent: str
    period: int
    at: str
    weight: Number


@dataclass(frozen=True, repr=False)
class Conflict(Short):
    """A smallest set of things asked that nothing satisfies together.

    parts: in words. excess: what weighted rows ask beyond what there is, and what each demand of the set
    would have to give way by; None where demands that give way are no help. weights: the rows, by part; none
    in whole numbers.
    """

    parts: tuple[str, ...]
    excess: Number | None
    weights: tuple[Weight, ...]

    def _facts(self) -> Mapping[str, object]:
        return {"parts": "; ".join(self.parts), "excess": self.excess}

    @property
    def sentence(self) -> str:
        """In one line."""
        alone = len(self.parts) == 1
        said = f"{self.parts[0]}: nothing does" if alone else f"contradictory: {'; '.join(self.parts)}"
        if self.excess is None:
            return said
        if not self.weights:
            return f"{said}; what is demanded would have to give way by {show(self.excess)}"
        groups: dict[tuple[str, str], list[Weight]] = {}
        for each in self.weights:
            groups.setdefault((each.part, each.agent), []).append(each)
        rows = "; ".join(_weighed(part, agent, group) for (part, agent), group in groups.items())
        return f"{said}; weighted so they ask {show(self.excess)} more than there is: {rows}"

    def to_json(self) -> dict[str, Any]:
        """As `design X --json` has it."""
        rows = [vars(each) | {"weight": plain(each.weight)} for each in self.weights]
        return {"parts": list(self.parts), "excess": plain(self.excess), "weights": rows}


def _weighed(part: str, agent: str, rows: list[Weight]) -> str:
    """Rows of one part and agent in words, the heaviest by itself."""
    whose = f" of '{agent}'" if agent and f"'{agent}'" not in part else ""
    most = max(rows, key=lambda each: each.weight)
    at = f" at {most.at} (period {most.period})" if most.at else ""
    if len(rows) == 1:
        return f"{part}{whose}{at}, weight {show(most.weight)}"
    whole: Any = sum(each.weight for each in rows)
    return f"{part}{whose}, {len(rows)} rows of weight {show(whole)}, most of it{at}"


@dataclass(frozen=True, eq=False)
class _Clause:
    """Rows that are asked for together; blocks: (period, agent or "", rows). most: of what gives way, whether
    it is about the upper bounds; None of what does not, and is about both. pure: whether it asks for whole
    numbers."""

    words: str
    blocks: tuple[tuple[int, str, Block], ...]
    most: bool | None = None
    pure: bool = False

    @property
    def rows(self) -> Ints:
        return np.concatenate([np.zeros(0, dtype=np.int64), *(block.index for _, _, block in self.blocks)])


class _Unknown(Exception):
    """No engine said whether a set goes together."""


def conflict_of(compiled: Compiled, effort: Effort) -> Conflict | None:
    """The conflict of a question that nothing satisfies; None where it is not found out: within the limits of
    the effort, in a program of `LARGE` entries at most, beyond what doubles leave."""
    parts, clock = list(_parts(compiled)), effort.rested.begun()
    if compiled.program.num_nonzeros > LARGE:
        return None
    asking = _Asking(compiled, parts, clock)
    try:
        if not asking.excessive(frozenset(range(len(parts)))):
            return None
        chosen = smallest(len(parts), asking.excessive)
        return asking.told(chosen)
    except _Unknown:
        return None


def smallest(count: int, clashes: Callable[[frozenset[int]], bool]) -> frozenset[int]:
    """The first of the smallest sets of 0..count-1 that clash, by size and then in lexicographic order.

    clashes: of a set, as of all its supersets; true of the set of all.

    >>> sorted(smallest(5, lambda s: {1, 3} <= s or {0, 2, 4} <= s))
    [1, 3]
    """
    everything = frozenset(range(count))
    together: list[frozenset[int]] = []
    for size in range(1, count):
        for chosen in map(frozenset, combinations(range(count), size)):
            if any(chosen <= known for known in together):
                continue
            if clashes(chosen):
                return chosen
            grown = chosen
            for one in sorted(everything - chosen):
                if not clashes(grown | {one}):
                    grown |= {one}
            together.append(grown)
    return everything


def _parts(compiled: Compiled) -> Iterator[_Clause]:
    """By demand, agent and side; then participation and incentives."""
    env, plan = compiled.layout.env, compiled.layout.plan
    names = {i: env.agents[i].name for i in env.private} | {-1: ""}
    for demand, asked in zip(plan.demands, compiled.demand_rows, strict=True):
        if not demand.gives_way:
            rows = tuple((t, names[i], block) for (_, t, i), block in asked.items())
            yield _Clause(demand.name, rows, pure=demand.pure)
            continue
        blocks: dict[str, list[tuple[int, str, Block]]] = {}
        for (_, t, i), block in asked.items():
            blocks.setdefault(names[i], []).append((t, names[i], block))
        for agent, several in sorted(blocks.items()):
            for most, bounds in enumerate((compiled.program.row_lower, compiled.program.row_upper)):
                sided = tuple(each for each in several if np.isfinite(to_float(bounds[each[2].slice])).any())
                if sided:
                    yield _Clause(demand.part(agent, bool(most)), sided, bool(most))
    promised = tuple((t, names[i], block) for (t, i), block in compiled.promises.items())
    if promised:
        yield _Clause(f"participation '{plan.participation.name}'", promised)
    lies = tuple((t, names[i], rows.block) for (t, i), rows in compiled.lies.items() if rows.block.size)
    if lies:
        yield _Clause(f"incentives '{plan.incentives.name}'", lies)


@dataclass(frozen=True, eq=False)
class _Asking:
    """Solves the programs of sets of parts."""

    compiled: Compiled
    parts: list[_Clause]
    clock: Effort

    @cached_property
    def home(self) -> Program:
        """The program of all parts; what it was rounded from is made once for all sets."""
        program, origin = self.compiled.program, self.compiled.program.origin
        return program if origin is None else program.rounded_from(replace(origin, make=cache(origin.make)))

    def excessive(self, chosen: frozenset[int]) -> bool:
        """Whether these parts contradict one another."""
        status = self._solved(chosen, gives=False).status
        if status not in ("optimal", "infeasible"):
            raise _Unknown
        return status == "infeasible"

    def told(self, chosen: frozenset[int]) -> Conflict:
        """What is said of parts that do."""
        parts, solution = [self.parts[k] for k in sorted(chosen)], self._solved(chosen, gives=True)
        words = tuple(part.words for part in parts)
        if solution.value is None or solution.dual is None or solution.value <= 0:
            return Conflict(words, None, ())
        weights: list[Weight] = []
        for part in parts if not any(part.pure for part in parts) else []:
            for t, agent, block in part.blocks:
                dual = abs(solution.dual[block.slice])
                for k in np.flatnonzero(~arithmetic_of(dual).negligible(dual, 1, SOLVED)).tolist():
                    at = "" if block.label is None else block.label(k)
                    weights.append(Weight(part.words, agent, t, at, dual[k]))
        return Conflict(words, solution.value, tuple(weights))

    def _solved(self, chosen: frozenset[int], gives: bool) -> Solution:
        """Over the rationals too where an engine gives up on doubles."""
        program, clock = self._program(chosen, gives), self.clock
        solution = solve(program, clock.solver, time_limit=clock.left, exact=clock.exact)
        if solution.status != "limit" or clock.exact or clock.late:
            return solution
        proved = solve(program, time_limit=clock.left, exact=True)
        value = None if proved.value is None else nearest(proved.value)
        return replace(proved, value=value, dual=on(to_float, proved.dual))

    def _program(self, chosen: frozenset[int], gives: bool) -> Program:
        """Only these parts; gives: each demand among them gives way by the same."""
        return self.home.changed(partial(self._less, chosen, gives))

    def _less(self, chosen: frozenset[int], gives: bool, home: Program) -> Program:
        lower, upper = home.row_lower.copy(), home.row_upper.copy()
        pure = any(self.parts[k].pure for k in chosen)
        for part in self.parts:
            lower[part.rows], upper[part.rows] = -np.inf, np.inf
        for k in chosen:
            part = self.parts[k]
            if part.most is not True:
                lower[part.rows] = home.row_lower[part.rows]
            if part.most is not False:
                upper[part.rows] = home.row_upper[part.rows]
        less = replace(
            home, sense="min", objective=home.objective * 0, offset=home.offset * 0, quadratic=None,
            row_lower=lower, row_upper=upper, integer=home.integer if pure else None,
        )  # fmt: skip
        if not gives:
            return less
        build, stakes = Builder.of(less), self.compiled.layout.stakes
        given = build.columns("gives way", 1, unit=None if stakes is None else stakes.money, objective=1)
        for k in chosen:
            part = self.parts[k]
            if part.most is not None:
                build.entries(part.rows, given.start, -1 if part.most else 1)
        return build.build()
