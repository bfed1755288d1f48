"""Un-relaxing (KLN §3.2): can payments make the relaxed optimum's allocation dynamic incentive compatible?

The allocation is taken as given, with the interim utilities of the relaxed optimum, in the environment where
the shocks are private again. One linear program chooses the payments that make the largest gain from a lie
as small as it can be: 0 means that the relaxation is tight, anything else is the gain of the witness. With
T what truth earns and B the best reply, both given payments that leave truth T,

    B[n, θ] ≥ T[n, r] + Σ w { Σ_a (v(a, θ) − v(a, r)) x̂ + δ (Σ μ(·|θ) B' − Σ μ(·|r) T') }  for every r,
    T[n, θ] + g ≥ the same right-hand side                                   at lies from reached states.

The gain g is conditional on the state and in money of the period where the lie begins. Multipliers of the
rows are a mixed deviation strategy.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from functools import partial

import numpy as np

from ..solvers.blocks import Block
from ..solvers.errors import AssumptionViolated
from ..solvers.numbers import Array, Number, is_exact, zeros
from ..solvers.program import Builder, Program
from ..solvers.solution import Solution
from ..solvers.solve import solve
from .compiler.compile import compile_program
from .compiler.compiled import Compiled, make_views
from .compiler.incentive_rows import lie_label, truthful_state
from .compiler.lay_out import RowIndex, lay_out_next, lay_out_plays, lay_out_states
from .compiler.plan import plan
from .compiler.sizes import program_size, refuse_large
from .cycles import Cycle, negative_cycle
from .decode import decisions_of, decode
from .design import Design
from .histories.classes import build_levels
from .histories.ragged import group_sums
from .histories.views import pairs
from .incentives import INCENTIVES
from .mechanism import Mechanism
from .participation import PARTICIPATIONS
from .rewritings.private_shocks import shocks_private
from .verdict import Verdict, Witness
from .verification.verify import incentive_verdict


@dataclass(frozen=True, eq=False)
class Unrelaxed:
    """What became of the relaxed allocation when shocks are private.

    implementable: some payments make it dynamic incentive compatible at the same revenue.
    gain: the smallest possible largest gain from a lie, 0 where implementable.
    mechanism: the allocation with those payments, for `compiled.env`; witness: the lie, or None.
    strategy: the mixed deviation, as (description of the lie, multiplier), largest first.
    cycle: one agent only, a cycle of types that no payments can hold back, where there is one.
    """

    implementable: bool
    gain: Number
    compiled: Compiled
    mechanism: Mechanism
    witness: Witness | None
    strategy: tuple[tuple[str, Number], ...]
    cycle: Cycle | None


def unrelax(relaxed: Design, solver: str = "highs") -> Unrelaxed:
    """Try to implement a relaxed optimum's allocation; see the module.

    Raises `AssumptionViolated` where the question has no linear program, `TooLarge` beyond the memory limit.
    """
    assert relaxed.compiled is not None
    assert relaxed.solution is not None
    assert relaxed.rewriting is not None
    source = relaxed.compiled
    assert relaxed.coupling is not None
    exact = relaxed.question.exact
    original = relaxed.rewriting.original
    env = shocks_private(original if exact else original.to_float(), relaxed.coupling)
    chosen = plan(env, INCENTIVES["bayesian"], PARTICIPATIONS["interim"], source.plan.objective, "utilities")
    levels = build_levels(env, False)
    views = make_views(env, chosen, levels)
    refuse_large(env, program_size(env, chosen, levels, views), relaxed.memory_limit)
    made = compile_program(env, chosen, levels, views)
    for ours, theirs in zip(made.tree.layers, source.tree.layers, strict=True):
        if int(ours.play_off[-1]) != int(theirs.play_off[-1]):
            raise AssumptionViolated(
                f"period {ours.level.t}: public and private shocks lead to different decision points"
            )
    primal = _carry_over(made, relaxed)
    initial = {i: relaxed.solution[f"utility.0.{source.env.agents[i].name}"].reshape(-1) for i in env.private}
    program, blocks = _smallest_gain(made, primal, initial)
    solution = solve(program, solver, exact=exact)
    solution.require_optimal()
    assert solution.primal is not None
    assert solution.value is not None
    gain = solution.value
    for (kind, t, i), block in blocks.items():
        if kind == "truth":
            told = solution.primal[block.slice]
            primal[made.columns["utility", t, i].slice] = told
    answer = dataclasses.replace(solution, program=made.program, primal=primal, dual=None, reduced_costs=None)
    mechanism = decode(made, answer)
    limit = 0 if exact else 1e-7
    implementable = bool(gain <= limit)
    verdict: Verdict | None = None
    if not implementable:
        verdict = incentive_verdict(env, mechanism, INCENTIVES["bayesian"], messages="possible")
    cycle = negative_cycle(made, decisions_of(made, answer)) if len(env.private) == 1 else None
    return Unrelaxed(
        implementable,
        gain,
        made,
        mechanism,
        None if verdict is None else verdict.witness,
        _strategy(made, solution, blocks),
        cycle,
    )


def _carry_over(made: Compiled, relaxed: Design) -> Array:
    """A primal vector of the private-shock program with the relaxed allocation in it."""
    assert relaxed.compiled is not None
    assert relaxed.solution is not None
    assert relaxed.solution.primal is not None
    primal = zeros(made.program.num_columns, made.program.exact)
    for t in range(made.horizon):
        theirs = relaxed.compiled.columns["allocation", t, 0]
        primal[made.columns["allocation", t, 0].slice] = relaxed.solution.primal[theirs.slice]
    return primal


def _smallest_gain(
    made: Compiled, primal: Array, initial: dict[int, Array]
) -> tuple[Program, dict[tuple[str, int, int], Block]]:
    """The linear program of the module, for all agents at once."""
    build = Builder(sense="min", exact=made.program.exact, name=f"{made.env.name}.smallest-gain")
    gain = build.columns("gain", 1, lower=0, objective=1)
    blocks: dict[tuple[str, int, int], Block] = {}
    for t in range(made.horizon):
        for i, index in made.states[t].items():
            name = made.env.agents[i].name
            fixed = initial[i] if t == 0 else None
            blocks["truth", t, i] = build.columns(f"truth.{t}.{name}", len(index), lower=fixed, upper=fixed)
            blocks["reply", t, i] = build.columns(f"reply.{t}.{name}", len(index), lower=None)
    for t in range(made.horizon):
        for i in made.states[t]:
            _rows(made, build, blocks, gain, primal, t, i)
    return build.build(), blocks


def _rows(
    made: Compiled,
    build: Builder,
    blocks: dict[tuple[str, int, int], Block],
    gain: Block,
    primal: Array,
    t: int,
    i: int,
) -> None:
    layer, view, index = made.tree.layers[t], made.views[t][i], made.states[t][i]
    everything = pairs(view, np.arange(len(view.state_info)))
    lie = (everything[1] != view.truth[everything[0]]) & view.probable[everything[0]]
    for kind, (state, report) in (
        ("reply", everything),
        ("lie", (everything[0][lie], everything[1][lie])),
    ):
        row_class = view.state_class[state]
        rows = RowIndex.of(layer, row_class)
        told = truthful_state(view)[report]
        liar = made.terms(t, i, state, report, False)
        honest = made.terms(t, i, told, report, False)
        x = primal[made.columns["allocation", t, 0].slice]
        lower = zeros(len(rows), made.program.exact)
        for terms, sign in ((liar, 1), (honest, -1)):
            found = lay_out_plays(rows, terms)
            lower = lower + sign * group_sums(found.value * x[found.column], found.row, len(rows))

        label = partial(lie_label, made, t, i, rows, state, report)
        block = build.rows(f"{kind}.{t}.{made.env.agents[i].name}", len(rows), lower=lower, label=label)
        blocks[f"{kind} row", t, i] = block
        own = blocks["reply" if kind == "reply" else "truth", t, i]
        column = lay_out_states(rows, index, state)
        build.entries(block.index, own.start + column, 1)
        column = lay_out_states(rows, index, told)
        build.entries(block.index, blocks["truth", t, i].start + column, -1)
        if kind == "lie":
            memory, _ = rows.all
            column = made.weight_column[t][memory]
            weight = np.where(column < 0, primal[:1] * 0 + 1, primal[np.maximum(column, 0)])
            build.entries(block.index, gain.start, weight)
        for terms, target, sign in ((liar, "reply", -1), (honest, "truth", 1)):
            if len(terms.next_row):
                found = lay_out_next(rows, terms, made.states[t + 1][i])
                there = blocks[target, t + 1, i].start + found.column
                build.entries(block.start + found.row, there, sign * found.value)


def _strategy(
    made: Compiled, solution: Solution, blocks: dict[tuple[str, int, int], Block]
) -> tuple[tuple[str, Number], ...]:
    """The lies that the multipliers of the program mix, largest first."""
    if solution.dual is None:
        return ()
    chosen: list[tuple[str, Number]] = []
    for (kind, t, i), block in blocks.items():
        if kind != "lie row":
            continue
        weights = solution.dual[block.slice]
        for k in np.flatnonzero(abs(weights) > (0 if is_exact(weights) else 1e-9)).tolist():
            who = made.env.agents[i].name
            chosen.append(
                (f"agent '{who}', period {t}: {block.label_of(k).split('[', 1)[1][:-1]}", abs(weights[k]))
            )
    return tuple(sorted(chosen, key=lambda item: -float(item[1])))
