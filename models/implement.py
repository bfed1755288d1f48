"""Can a given allocation be paid for? Payments that make truth optimal, or the lies that no payments stop.

For a fixed allocation the incentive rows are linear in payments alone (Rochet: implementable if and only if
no mixture of deviations gains whatever is charged). One program looks for the payments under which the
largest gap in an incentive row, at any state where truth is asked for, is smallest. Zero: they are the
payments. Anything else: its multipliers are the mixture, weights on lies under which every payment cancels
and the gain does not, and a Farkas vector of the incentive rows, which proves that no payments will do.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np

from ..solvers.certificate import Certificate
from ..solvers.errors import DynamechError, InvalidInput
from ..solvers.events import Notify
from ..solvers.exact.solve import certify_vectors
from ..solvers.numbers import Array, Ints, Number, finite, is_exact, written, zeros
from ..solvers.program import Builder, Program
from ..solvers.solution import Solution
from ..solvers.solve import solve
from .answer import Answer
from .compiler.compiled import Compiled
from .compiler.incentive_rows import lie_label
from .compiler.lay_out import lay_out_states
from .compiler.sums import activity, entries_of
from .decode import decode
from .design import Question, compile_question
from .environment import Environment
from .incentives import Incentive, incentive
from .mechanism import Mechanism
from .memory import default_memory_limit
from .participation import PARTICIPATIONS
from .rewritings import rewrite
from .rewritings.independence import factored

TOLERANCE = 1e-7
"""Float gains up to this share of what is at stake for the liar count as 0."""


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
    limit = default_memory_limit() if memory_limit is None else memory_limit
    given = rewrite(env, notion, coupling, limit).lift(
        allocation.to_exact() if rational else allocation.to_float()
    )
    joint = env.joint or notion.rewriting == "types"
    words = "textbook" if joint or notion.myopic else "utilities"  # the quickest with a row for every lie
    promise = PARTICIPATIONS["none"]
    question = Question.of(env, "revenue", notion, promise, coupling, words, rational, limit)
    made, _, _ = compile_question(env, question, notify)
    fixed = sequence_form(made, given)
    program, elastic, free = _payments_only(made, fixed, relative=not rational)

    def smallest(gap: Program) -> Solution:
        found = solve(gap, solver, exact=rational, time_limit=time_limit)
        if found.status != "optimal" or found.primal is None or found.dual is None or found.value is None:
            raise DynamechError(f"whether payments exist was not found out: {found.message}")
        return found

    found = smallest(elastic)
    holds = bool(-_known(found.value) <= (0 if rational else TOLERANCE))
    if not holds and not rational:
        program, elastic, free = _payments_only(made, fixed, relative=False)
        found = smallest(elastic)
    gain = -_known(found.value)
    assert found.primal is not None
    assert found.dual is not None
    if holds:
        fixed[free] = found.primal[:-1]
        paid = decode(made, fixed, limit)
        proof = certify_vectors(program, found.primal[:-1], 0 * found.dual) if rational else None
        return Implementation(True, made.env, paid, (), 0 * gain, program, proof, *about)
    proof = Certificate("infeasible", program, dual=-found.dual) if rational else None
    lies = _mixture(made, program, found.dual)
    return Implementation(False, made.env, None, lies, gain, program, proof, *about)


def _known(value: Number | None) -> Number:
    assert value is not None
    return value


def sequence_form(made: Compiled, mechanism: Mechanism) -> Array:
    """The mechanism's allocation as the allocation columns of a compiled program, 0 in the others.

    Raises `InvalidInput` where the mechanism remembers actions and the program's histories do not.
    """
    x = zeros(made.program.num_columns, made.env.exact)
    state: Ints = np.full(1, mechanism.start, dtype=np.int64)
    for t, layer in enumerate(made.tree.layers):
        memory, play = layer.plays
        level, stage = layer.level, mechanism.stages[t]
        digits = level.digits[level.play_point[play]]
        action = level.play_action[play]
        at = (state[memory], *digits.T, action)
        column = made.weight_column[t][memory]
        one = zeros(1, made.env.exact)[0] + 1
        weight = np.where(column < 0, one, x[np.maximum(column, 0)])
        x[made.columns["allocation", t, 0].slice] = weight * stage.allocation[at]
        if t + 1 == made.horizon:
            break
        assert stage.next is not None
        following = stage.next[at]
        if level.remembers:
            state = following[made.tree.layers[t + 1].parent]
            continue
        lowest = np.full(int(layer.point_off[-1]), np.iinfo(np.int64).max)
        np.minimum.at(lowest, layer.play_point, following)
        if (following != lowest[layer.play_point]).any():
            raise InvalidInput(
                f"mechanism, period {t}: its memory keeps the action, which steers nothing in environment "
                f"'{made.env.name}'; histories leave it out"
            )
        state = lowest[made.tree.layers[t + 1].parent]
    return x


def _payments_only(made: Compiled, fixed: Array, *, relative: bool) -> tuple[Program, Program, Ints]:
    """(incentive and truth rows in payments and utilities, the same with a gap to minimise, home columns).

    relative: the gap as a share of what is at stake at the state that lies, not in money.
    """
    home = made.program
    held = np.zeros(home.num_columns, dtype=bool)
    for t in range(made.horizon):
        held[made.columns["allocation", t, 0].slice] = True
    free = np.flatnonzero(~held)
    place = np.full(home.num_columns, -1, dtype=np.int64)
    place[free] = np.arange(len(free))
    build = Builder(sense="max", exact=home.exact, name=f"{home.name}.payments")
    units = None if home.units is None else home.units[free]
    build.columns("paid", len(free), lower=None, unit=units, label=lambda k: home.column_label(int(free[k])))
    for name, block in home.row_blocks.items():
        if not name.startswith(("incentive.", "truth.")):
            continue
        row, column, value = entries_of(home, block)
        amount = activity(home, block, fixed)
        rows = build.rows(
            name, block.size, lower=_less(home.row_lower[block.slice], amount),
            upper=_less(home.row_upper[block.slice], amount), label=block.label,
        )  # fmt: skip
        open_ = np.flatnonzero(~held[column])
        build.entries(rows.start + row[open_], place[column[open_]], value[open_])
    program = build.build()
    sizes = np.ones(home.num_columns) if home.units is None else home.units
    gap = build.columns("gap", 1, objective=-1, unit=1 if relative or units is None else sizes[free].max())
    for (t, i), (numbering, state, _) in made.incentive_rows.items():
        begins = made.plan.incentives.myopic | made.views[t][i].probable[state]
        block = program.row_blocks[f"incentive.{t}.{made.env.agents[i].name}"]
        asked = np.flatnonzero(begins[numbering.all[1]])
        own = made.columns["utility", t, i].start + lay_out_states(numbering, made.states[t][i], state)
        build.entries(block.start + asked, gap.start, sizes[own[asked]] if relative else 1)
    return program, build.build(), free


def _less(bounds: Array, amount: Array) -> Array:
    """Bounds minus amounts; an infinite bound, which is a float among rationals too, stays what it is."""
    found, there = bounds.copy(), abs(bounds) != np.inf
    found[there] = found[there] - amount[there]
    return found


def _mixture(made: Compiled, program: Program, dual: Array) -> tuple[Deviation, ...]:
    """The multipliers of the lies, heaviest first; replies that happen to be the truth are left out."""
    smallest = 0 if is_exact(dual) else 1e-9
    lies = []
    for (t, i), (numbering, state, report) in made.incentive_rows.items():
        name = made.env.agents[i].name
        weights = abs(dual[program.row_blocks[f"incentive.{t}.{name}"].slice])
        lie = report != made.views[t][i].truth[state]
        used = np.asarray(weights > smallest, dtype=bool) & lie[numbering.all[1]]
        for k in np.flatnonzero(used).tolist():
            label = lie_label(made, t, i, numbering, state, report, k)
            lies.append(Deviation(name, t, label, weights[k]))
    return tuple(sorted(lies, key=lambda lie: (-lie.weight, lie.period, lie.lie)))
