"""What the bounds of demands are worth: the multipliers of their rows, in money and in words.

A row says that a sum of money s stays within a bound b times the weight w of its history, s − b w ≤ 0 for an
upper one. With the row's multiplier y (in the signs of ``Solution``: the derivative of the optimal value by
the number on the right) and the optimum's w, moving that one b moves the value V by

    ∂V/∂b = w y,

which is ≤ 0 for a lower bound and ≥ 0 for an upper one; the sum over all places of one agent is the
derivative by the bound that was said. Both are derivatives where optimum and multipliers are unique; where
several are optimal, these are those of the optimum at hand. Over the rationals the slopes of V by the bound
that was said are known on both of its sides, over all optimal multipliers (`solvers/algorithms/tangent.py`);
where optima differ in w, those of the optimum at hand.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, TypeVar

import numpy as np

from ...solvers.algorithms.tangent import tangent
from ...solvers.arithmetic import SOLVED, arithmetic_of
from ...solvers.blocks import Block
from ...solvers.effort import Effort
from ...solvers.numbers import Array, Number, show
from ...solvers.program import Program
from ...solvers.solve import solve
from ..answers.plain import plain
from ..compiler.anonymous_rows import alike_columns
from ..compiler.compiled import Compiled
from ..compiler.layout import Layout
from ..compiler.sides import Key, sides
from ..environment.environment import labels_of_profile
from ..histories.tree import Tree
from ..notions.demands import Demand, Demanded
from ..verification.verdict import History
from ..verification.witness import where_reported
from .binding import counting_duals
from .design import Design

SIDES = {"least": "at least", "most": "at most", "equal": "exactly"}


@dataclass(frozen=True)
class BoundWorth:
    """A bound that a demand says, and what moving it in all its places is worth.

    side: ``least``, ``most`` or ``equal``, to `bound`. agent: whose payments, empty for those of all.
    worth: ∂V/∂bound by the multipliers at hand, in money of period 0 for a unit of the bound.
    slopes: of V by the bound, just below and just above it; infinite where nothing is feasible there. None
    in doubles, and where they were not found in time. sentence: for a person.
    """

    side: str
    bound: Number
    agent: str
    worth: Number
    slopes: tuple[Number, Number] | None
    sentence: str

    def to_json(self) -> dict[str, Any]:
        """In the words of the command line."""
        figures = {key: plain(getattr(self, key)) for key in ("bound", "worth", "slopes")}
        return {**vars(self), "agent": self.agent or None, **figures}


@dataclass(frozen=True)
class Multiplier:
    """What moving a bound in one place is worth; side, bound, agent and worth as of a `BoundWorth`.

    period: the last that counts. history, reports: as of a `DemandWitness`.
    """

    side: str
    bound: Number
    agent: str
    period: int
    history: History
    reports: dict[str, str] | None
    worth: Number
    sentence: str

    def to_json(self) -> dict[str, Any]:
        """In the words of the command line."""
        figures = {key: plain(getattr(self, key)) for key in ("bound", "worth")}
        return {**vars(self), "agent": self.agent or None, **figures}


@dataclass(frozen=True)
class Multipliers:
    """Those of one demand that are not nothing, the largest first."""

    bounds: tuple[BoundWorth, ...] = ()
    each: tuple[Multiplier, ...] = ()


@dataclass(frozen=True, eq=False)
class DemandRows:
    """A run of rows of a demand, and what they are about.

    weight (rows,): by how much a bound moves the number on the right. what: the bound in words, empty where
    the demand says none. place: of the k-th row its history, reports, and what it is about in words.
    """

    block: Block
    side: str
    bound: Number
    agent: str
    period: int
    weight: Array
    what: str
    place: Callable[[int], tuple[History, dict[str, str] | None, str]]
    single: bool = False
    """Whether the demand is this one row."""


def multipliers(design: Design, demand: Demand, effort: Effort | None = None) -> Multipliers | None:
    """The multipliers of one of the design's demands; None where there is no optimum, or it has none.

    effort: with which slopes are looked for where the design is exact, None not to. Where lotteries are
    excluded, multipliers are those of the rule at hand, and there are no slopes.
    """
    outcome = design.outcome
    if design.status != "optimal" or outcome is None or outcome.solution.dual is None:
        return None
    compiled, dual = outcome.compiled, outcome.compiled.lift.dual(outcome.solution.dual)
    effort = None if compiled.layout.plan.pure else effort
    if dual is None:
        return None
    dual, primal = counting_duals(compiled.program, dual), compiled.lift.primal(outcome.solution.point)
    runs = [
        ABOUT[demand.demanded](compiled.layout, demand, key, block, primal)
        for asked, rows in zip(compiled.layout.plan.demands, compiled.demand_rows, strict=True)
        if asked.name == demand.name
        for key, block in rows.items()
    ]
    if not runs:
        return None
    each = [one for run in runs if not run.single for one in _places(run, dual[run.block.slice])]
    said = dict.fromkeys((run.agent, run.side) for run in runs if run.what)
    bounds = [
        _whole([run for run in runs if (run.agent, run.side) == one], compiled, primal, dual, effort)
        for one in said
    ]
    counting = [one for one in bounds if one.worth or any(one.slopes or ())]
    return Multipliers(_largest_first(counting), _largest_first(each))


def _money(layout: Layout, demand: Any, key: Key, block: Block, primal: Array) -> DemandRows:
    """Of a sum of money: at every decision point, or of what is expected."""
    numbers, (kind, t, i) = arithmetic_of(primal), key
    side, name = kind.rpartition(", ")[2], "" if i < 0 else layout.env.agents[i].name
    bound = numbers.number(dict(sides(demand.bounds_of(name)))[side])
    who = f"Agent '{name}' pays" if name else "Payments less costs are"
    what = f"{who} {SIDES[side]} {show(bound)}"
    total = not demand.needs_every_period and t > 0
    span = f"in total up to period {t}, in money of period 0" if total else f"in period {t}"
    if not demand.fines_count:  # but what is expected of truth
        weight = numbers.ones(block.size)
        return DemandRows(
            block, side, bound, name, t, weight, what, lambda k: ([], None, f"{what} {span}, expected")
        )
    weight = layout.weight(t, primal)[layout.tree.layers[t].points.memory]

    def place(k: int) -> tuple[History, dict[str, str] | None, str]:
        history, reports = told(layout.tree, t, k)
        return history, reports, f"{what} {span}{where_reported(history, reports)}"

    return DemandRows(block, side, bound, name, t, weight, what, place)


def _own(layout: Layout, demand: Any, key: Key, block: Block, primal: Array) -> DemandRows:
    """Of a row of one's own."""
    numbers, side = arithmetic_of(primal), key[0].rpartition(", ")[2]
    bound = numbers.number(dict(sides(demand.bounds))[side])
    what = f"Row '{demand.row.name}' is {SIDES[side]} {show(bound)}"
    return DemandRows(
        block, side, bound, "", key[1], numbers.ones(1), what, lambda k: ([], None, what), single=True
    )


def _alike(layout: Layout, demand: Any, key: Key, block: Block, primal: Array) -> DemandRows:
    """Of what is the same where two agents change places."""
    numbers, tree, env = arithmetic_of(primal), layout.tree, layout.env
    alike = dict(alike_columns(layout, demand))[key]
    layer, t = tree.layers[alike.t], alike.t
    one, two = (env.agents[i].name for i in alike.swap.pair)

    def place(k: int) -> tuple[History, dict[str, str] | None, str]:
        at, there = int(alike.these[k]), int(alike.those[k])
        if alike.agent < 0:
            actions = (layer.level.play_action[layer.plays.of_class[play]] for play in (at, there))
            mine, yours = (f"'{env.actions[t][int(a)]}'" for a in actions)
            what, yours = f"Of {mine} there is as much", f"of {yours}"
            at = int(layer.play_point[at])
        else:
            other = env.agents[int(alike.swap.agents[alike.agent])]
            what, yours = f"Agent '{env.agents[alike.agent].name}' pays as much", f"agent '{other.name}' does"
        history, reports = told(tree, t, at)
        where = where_reported(history, reports)
        return history, reports, f"{what}{where} as {yours} where '{one}' and '{two}' have changed places"

    return DemandRows(block, "equal", numbers.zero, "", t, numbers.ones(block.size), "", place)


ABOUT: dict[Demanded, Callable[[Layout, Any, Key, Block, Array], DemandRows]] = dict.fromkeys(
    (
        Demanded.PAID_PERIOD,
        Demanded.PAID_PATH,
        Demanded.COVERED,
        Demanded.COVERED_PERIODS,
        Demanded.COVERED_PATH,
        Demanded.COVERED_PERIOD,
    ),
    _money,
) | {Demanded.ROW: _own, Demanded.ALIKE: _alike}
"""What a run of rows is about, by what is demanded in rows."""


def _places(run: DemandRows, dual: Array) -> Iterator[Multiplier]:
    """Of every row that has a multiplier."""
    worth = dual * run.weight
    for k in np.flatnonzero(worth).tolist():
        history, reports, about = run.place(k)
        sentence = f"{about}; {_each_unit(worth[k])}."
        yield Multiplier(
            run.side, run.bound, run.agent, run.period, history, reports, worth[k], sentence
        )


def told(tree: Tree, t: int, k: int) -> tuple[History, dict[str, str]]:
    """The history before a decision point of period t and the reports there, in labels."""
    points, level, env = tree.layers[t].points, tree.layers[t].level, tree.env
    history: History = []
    for s, (profile, action) in enumerate(tree.history(t, int(points.memory[k]))):
        done = None if action is None else env.actions[s][action]
        history.append({"reports": labels_of_profile(env, s, profile), "action": done})
    return history, labels_of_profile(env, t, level.digits[points.of_class[k]])


def _whole(
    runs: list[DemandRows], compiled: Compiled, primal: Array, dual: Array, effort: Effort | None
) -> BoundWorth:
    """The bound that all these runs are about."""
    first, program = runs[0], compiled.program
    move = arithmetic_of(primal).zeros(program.num_rows)
    for run in runs:
        move[run.block.slice] = run.weight
    worth = (dual * move).sum()
    slopes = None
    if effort is not None and program.exact:
        ways = [_slope(tangent(program, primal, way * move), effort) for way in (-1, 1)]
        slopes = None if ways[0] is None or ways[1] is None else (-ways[0], ways[1])
    sentence = f"{first.what}{'' if first.single else ' everywhere'}; {_moved(worth, slopes)}."
    return BoundWorth(first.side, first.bound, first.agent, worth, slopes, sentence)


def _slope(tangent_program: Program, effort: Effort) -> Number | None:
    """The value of a tangent program; None where the time was not enough."""
    solution = solve(tangent_program, effort.solver, exact=True, time_limit=effort.left)
    return -math.inf if solution.status == "infeasible" else solution.value


def _moved(worth: Number, slopes: tuple[Number, Number] | None) -> str:
    """What moving a bound is worth, in words."""
    if slopes is None or slopes[0] == slopes[1]:
        return _each_unit(worth)
    lowered, raised = (_worth_of(way) for way in (-slopes[0], slopes[1]))
    return f"each unit more {raised}, each unit less {lowered}"


def _worth_of(amount: Number) -> str:
    if amount == 0:
        return "changes nothing"
    if not isinstance(amount, Fraction):
        return "leaves nothing feasible"
    return f"would {'be worth' if amount > 0 else 'cost'} {show(abs(amount))}"


def _each_unit(worth: Number) -> str:
    way, amount = ("more", worth) if worth > 0 else ("less", -worth)
    return f"each unit {way} would be worth {show(amount)}"


One = TypeVar("One", BoundWorth, Multiplier)


def _largest_first(given: Iterable[One]) -> tuple[One, ...]:
    """Those that doubles do not tell apart stay in their order."""
    listed = list(given)
    sizes = np.array([abs(one.worth) for one in listed])
    order = np.argsort(-arithmetic_of(sizes).rounded(sizes, sizes.max(initial=0), SOLVED), kind="stable")
    return tuple(listed[k] for k in order.tolist())
