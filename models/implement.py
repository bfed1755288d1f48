"""Can a given allocation be paid for? Payments that make truth optimal, or the lies that no payments stop.

For a fixed allocation the incentive rows are linear in payments alone (Rochet: implementable if and only if
no mixture of deviations gains whatever is charged). One program looks for the payments under which the
largest gap in an incentive row, at any state where truth is asked for, is smallest. Zero: they are the
payments. Anything else: its multipliers are the mixture, weights on lies under which every payment cancels
and the gain does not, and a Farkas vector of the incentive rows, which proves that no payments will do.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any

import numpy as np

from ..solvers.arithmetic import SOLVED, arithmetic, arithmetic_of
from ..solvers.certificate import Certificate
from ..solvers.effort import Effort
from ..solvers.errors import DynamechError, InvalidInput
from ..solvers.events import Notify
from ..solvers.exact.solve import certify_vectors
from ..solvers.numbers import Array, Ints, Number, finite, written, zeros
from ..solvers.program import Builder, Program
from ..solvers.solution import Solution
from ..solvers.solve import solve
from .answer import Answer
from .compiler.compiled import Compiled
from .compiler.layout import Layout
from .compiler.state_rows import StateRows
from .compiler.sums import activity, entries_of
from .decode import decode
from .design import Question, compile_question
from .environment import Environment
from .incentives import Incentive, incentive
from .mechanism import Mechanism
from .participation import PARTICIPATIONS
from .rewritings import rewrite
from .rewritings.independence import factored


@dataclass(frozen=True)
class Deviation:
    """One lie of a mixed deviation strategy, with its weight.

    lie: the history, the true type and the report, as ``history|type→report``.
    """

    agent: str
    period: int
    lie: str
    weight: Number

    @property
    def sentence(self) -> str:
        """The lie as a person reads it."""
        return f"agent '{self.agent}', period {self.period}: {self.lie} (weight {self.weight})"


@dataclass(frozen=True, eq=False, repr=False)
class Implementation(Answer):
    """Whether payments exist that make an allocation incentive compatible.

    mechanism: the allocation with such payments, for `environment`; None where there are none.
    deviations: where there are none, the mixed deviation strategy, heaviest first; the weights of lies at
        states that truth reaches (or, for ex-post notions, all states) sum to 1.
    gain: what the mixture gains, whatever is charged.
    certificate: the exact proof either way, of rational data: payments, or a Farkas vector.
    """

    implementable: bool
    environment: Environment
    mechanism: Mechanism | None
    deviations: tuple[Deviation, ...]
    gain: Number
    program: Program
    certificate: Certificate | None
    instance: str
    """Name of the environment that was asked about."""
    incentives: str

    def __bool__(self) -> bool:
        return self.implementable

    def to_json(self) -> dict[str, Any]:
        """The answer in the words of the command line."""
        return {
            "instance": self.instance,
            "incentives": self.incentives,
            "implementable": self.implementable,
            "gain": finite(self.gain),
            "exact": written(self.gain) if isinstance(self.gain, Fraction) else None,
            "deviations": [
                {
                    "agent": lie.agent,
                    "period": lie.period,
                    "lie": lie.lie,
                    "weight": written(lie.weight) if isinstance(lie.weight, Fraction) else float(lie.weight),
                }
                for lie in self.deviations
            ],
            "mechanism": None if self.mechanism is None else self.mechanism.to_json(),
        }


def implement(
    env: Environment,
    allocation: Mechanism,
    incentives: str | Incentive = "bayesian",
    *,
    coupling: str | None = None,
    solver: str = "highs",
    exact: bool | None = None,
    time_limit: float | None = None,
    memory_limit: float | None = None,
    notify: Notify | None = None,
) -> Implementation:
    """Look for payments under which `allocation` (its transfers do not count) satisfies a notion.

    exact: over the rationals, with a proof; by default where environment and allocation are rational.
    Raises `InvalidInput` where the allocation does not fit, `AssumptionViolated` where the notion does not
    apply, `TooLarge`, and `DynamechError` where no answer was found within the time limit.
    """
    notion = incentive(incentives) if isinstance(incentives, str) else incentives
    allocation.check(env)
    about = (env.name, notion.name)
    rational = env.exact and allocation.exact if exact is None else exact
    env = factored(env.to_exact() if rational else env.to_float())
    effort = Effort(solver, rational, time_limit, memory_limit, notify)
    given = rewrite(env, notion, coupling, effort.room).lift(
        allocation.to_exact() if rational else allocation.to_float()
    )
    joint = env.joint or notion.rewriting == "types"
    words = "textbook" if joint or notion.myopic else "utilities"  # the quickest with a row for every lie
    promise = PARTICIPATIONS["none"]
    question = Question.of(env, "revenue", notion, promise, coupling, words)
    made, _, _ = compile_question(env, question, effort)
    fixed = sequence_form(made.layout, given)
    paying = _payments_only(made, fixed, relative=not rational)

    def smallest(gap: Program) -> Solution:
        found = solve(gap, solver, exact=rational, time_limit=effort.left)
        if found.status != "optimal":
            raise DynamechError(f"whether payments exist was not found out: {found.message}")
        return found

    found = smallest(paying.elastic)
    holds = bool(-found.optimum <= arithmetic(rational).slack(1, SOLVED))  # a share of what is at stake
    if not holds and not rational:
        paying = _payments_only(made, fixed, relative=False)
        found = smallest(paying.elastic)
    gain, program, ready = -found.optimum, paying.program, made.layout.env
    if holds:
        fixed[paying.free] = found.point[:-1]
        paid = decode(made.layout, fixed, effort.room)
        proof = certify_vectors(program, found.point[:-1], 0 * found.multipliers) if rational else None
        return Implementation(True, ready, paid, (), 0 * gain, program, proof, *about)
    proof = Certificate("infeasible", program, dual=-found.multipliers) if rational else None
    lies = _mixture(paying.lies, found.multipliers)
    return Implementation(False, ready, None, lies, gain, program, proof, *about)


def sequence_form(layout: Layout, mechanism: Mechanism) -> Array:
    """The mechanism's allocation as the allocation columns of a layout, 0 in the others.

    Raises `InvalidInput` where the mechanism remembers actions and the layout's histories do not.
    """
    x = zeros(layout.num_columns, layout.env.exact)
    state: Ints = np.full(1, mechanism.start, dtype=np.int64)
    for t, layer in enumerate(layout.tree.layers):
        memory, play = layer.plays
        level, stage = layer.level, mechanism.stages[t]
        digits = level.digits[level.play_point[play]]
        action = level.play_action[play]
        at = (state[memory], *digits.T, action)
        x[layout.allocation(t).slice] = layout.weight(t, x)[memory] * stage.allocation[at]
        if stage.next is None:
            break
        following = stage.next[at]
        if level.remembers:
            state = following[layout.tree.layers[t + 1].parent]
            continue
        lowest = np.full(int(layer.point_off[-1]), np.iinfo(np.int64).max)
        np.minimum.at(lowest, layer.play_point, following)
        if (following != lowest[layer.play_point]).any():
            raise InvalidInput(
                f"mechanism, period {t}: its memory keeps the action, which steers nothing in environment "
                f"'{layout.env.name}'; histories leave it out"
            )
        state = lowest[layout.tree.layers[t + 1].parent]
    return x


@dataclass(frozen=True, eq=False)
class _Paying:
    """The payments of a given allocation.

    program: incentive and truth rows in payments and utilities; elastic: the same with a gap to minimise.
    free: their columns in the compiled program; lies[t, i]: the rows of lies in both.
    """

    program: Program
    elastic: Program
    free: Ints
    lies: dict[tuple[int, int], StateRows]


def _payments_only(made: Compiled, fixed: Array, *, relative: bool) -> _Paying:
    """The rows of a compiled program about lies and truth, where its allocation is `fixed`.

    relative: the gap as a share of what is at stake at the state that lies, not in money.
    """
    home, layout = made.program, made.layout
    held = np.zeros(home.num_columns, dtype=bool)
    for t in range(layout.horizon):
        held[layout.allocation(t).slice] = True
    free = np.flatnonzero(~held)
    place = np.full(home.num_columns, -1, dtype=np.int64)
    place[free] = np.arange(len(free))
    build = Builder(sense="max", exact=home.exact, name=f"{home.name}.payments")
    units = None if home.units is None else home.units[free]
    build.columns("paid", len(free), lower=None, unit=units, label=lambda k: home.column_label(int(free[k])))
    lies = {}
    for there in sorted((*made.lies.values(), *made.truths.values()), key=lambda rows: rows.block.start):
        block = there.block
        row, column, value = entries_of(home, block)
        amount = activity(home, block, fixed)
        here = build.rows(
            block.name, block.size, lower=_less(home.row_lower[block.slice], amount),
            upper=_less(home.row_upper[block.slice], amount), label=block.label,
        )  # fmt: skip
        open_ = np.flatnonzero(~held[column])
        build.entries(here.start + row[open_], place[column[open_]], value[open_])
        if there is made.lies.get((there.t, there.agent)):
            lies[there.t, there.agent] = replace(there, block=here)
    program = build.build()
    sizes = np.ones(home.num_columns) if home.units is None else home.units
    gap = build.columns("gap", 1, objective=-1, unit=1 if relative or units is None else sizes[free].max())
    for rows in lies.values():
        begins = layout.plan.incentives.myopic | rows.view.probable[rows.state]
        asked = np.flatnonzero(begins[rows.of_class])
        build.entries(rows.block.start + asked, gap.start, sizes[rows.utility[asked]] if relative else 1)
    return _Paying(program, build.build(), free, lies)


def _less(bounds: Array, amount: Array) -> Array:
    """Bounds minus amounts; an infinite bound, which is a float among rationals too, stays what it is."""
    found, there = bounds.copy(), abs(bounds) != np.inf
    found[there] = found[there] - amount[there]
    return found


def _mixture(lies: dict[tuple[int, int], StateRows], dual: Array) -> tuple[Deviation, ...]:
    """The multipliers of the lies, heaviest first; replies that happen to be the truth are left out."""
    found = []
    for (t, i), rows in lies.items():
        name = rows.layout.env.agents[i].name
        weights = abs(dual[rows.block.slice])
        for k in np.flatnonzero(~arithmetic_of(dual).negligible(weights) & rows.lies).tolist():
            found.append(Deviation(name, t, rows.label(k), weights[k]))
    return tuple(sorted(found, key=lambda lie: (-lie.weight, lie.period, lie.lie)))
