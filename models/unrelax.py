"""Un-relaxing (KLN §3.2): can payments make the relaxed optimum's allocation dynamic incentive compatible?

The allocation is taken as given, with the interim utilities of the relaxed optimum, in the environment where
the shocks are private again. One linear program (`smallest_gain.py`) chooses the payments that make the
largest gain from a lie as small as it can be: 0 means that the relaxation is tight, anything else is the gain
of the witness, conditional on the state and in money of the period where the lie begins.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from ..solvers.errors import AssumptionViolated
from ..solvers.numbers import Array, Ints, Number, zeros
from ..solvers.solve import solve
from .compiler.compile import lay_out_columns
from .compiler.compiled import Compiled, make_views
from .compiler.plan import plan
from .cycles import Cycle, negative_cycle
from .decode import decisions_of, decode
from .design import Design
from .environment import Environment
from .histories.classes import build_levels
from .incentives import INCENTIVES
from .mechanism import Mechanism
from .participation import PARTICIPATIONS
from .rewritings.private_shocks import shocks_private
from .smallest_gain import SmallestGain, smallest_gain
from .verdict import Witness
from .verification.verify import incentive_verdict


@dataclass(frozen=True, eq=False)
class Unrelaxed:
    """What became of the relaxed allocation when shocks are private.

    implementable: some payments make it dynamic incentive compatible at the same revenue.
    gain: the smallest possible largest gain from a lie, 0 where implementable.
    mechanism: the allocation with those payments, for `environment`; witness: the lie, or None.
    strategy: the mixed deviation, as (description of the lie, multiplier), largest first.
    cycle: one agent only, a cycle of types that no payments can hold back, where there is one.
    """

    implementable: bool
    gain: Number
    environment: Environment
    mechanism: Mechanism
    witness: Witness | None
    strategy: tuple[tuple[str, Number], ...]
    cycle: Cycle | None


def unrelax(relaxed: Design, solver: str = "highs", time_limit: float | None = None) -> Unrelaxed:
    """Try to implement a relaxed optimum's allocation; see the module.

    Raises `AssumptionViolated` where there is no answer, or none within `time_limit` seconds, and `TooLarge`
    beyond the memory limit.
    """
    assert relaxed.compiled is not None
    assert relaxed.primal is not None
    assert relaxed.rewriting is not None
    assert relaxed.coupling is not None
    assert relaxed.plan is not None
    exact = relaxed.question.exact
    original = relaxed.rewriting.original
    env, behind = shocks_private(original if exact else original.to_float(), relaxed.coupling)
    chosen = plan(env, INCENTIVES["bayesian"], PARTICIPATIONS["interim"], relaxed.plan.objective, "utilities")
    levels = build_levels(env, False)
    made = lay_out_columns(env, chosen, levels, make_views(env, chosen, levels))
    primal = _carry_over(made, relaxed)
    initial = {i: relaxed.primal[relaxed.compiled.columns["utility", 0, i].slice] for i in env.private}
    asked = smallest_gain(made, primal, initial, behind, relaxed.memory_limit)
    solution = solve(asked.program, solver, exact=exact, time_limit=time_limit)
    if solution.status != "optimal":
        raise AssumptionViolated(f"the payments with the smallest gain were not found: {solution.message}")
    assert solution.primal is not None
    assert solution.value is not None
    for (t, i), block in asked.truth.items():
        primal[made.columns["utility", t, i].slice] = solution.primal[block.slice]
    mechanism = decode(made, primal, relaxed.memory_limit)
    implementable = bool(solution.value <= (0 if exact else 1e-7))
    witness = None
    if not implementable:
        assert solution.dual is not None
        witness = _witness(made, mechanism, asked, solution.dual, relaxed.memory_limit)
    cycle = None
    if len(env.private) == 1:
        cycle = negative_cycle(made, decisions_of(made, primal), behind[env.private[0]][-1])
    return Unrelaxed(
        implementable,
        solution.value,
        env,
        mechanism,
        witness,
        () if implementable or solution.dual is None else asked.strategy(solution.dual),
        cycle,
    )


def _carry_over(made: Compiled, relaxed: Design) -> Array:
    """A primal vector of the private-shock program with the relaxed allocation in it."""
    assert relaxed.compiled is not None
    assert relaxed.primal is not None
    primal = zeros(made.builder.num_columns, made.env.exact)
    for t in range(made.horizon):
        ours, theirs = made.columns["allocation", t, 0], relaxed.compiled.columns["allocation", t, 0]
        if ours.size != theirs.size:
            raise AssumptionViolated(
                f"period {t}: public and private shocks lead to different decision points"
            )
        primal[ours.slice] = relaxed.primal[theirs.slice]
    return primal


def _witness(
    made: Compiled, mechanism: Mechanism, asked: SmallestGain, dual: Array, memory_limit: float
) -> Witness | None:
    """The lie of the largest multiplier, checked by the independent checker.

    With one agent only the first types of that lie matter, and everything else is left out before checking.
    """
    env = made.env
    if len(env.private) == 1:
        i = env.private[0]
        env, mechanism = _focus(env, mechanism, i, asked.first_types(dual))
    verdict = incentive_verdict(
        env, mechanism, INCENTIVES["bayesian"], messages="possible", memory_limit=int(memory_limit)
    )
    return verdict.witness


def _focus(env: Environment, mechanism: Mechanism, i: int, first: Ints) -> tuple[Environment, Mechanism]:
    """Only these initial types of agent i, and the types that follow from them.

    Her beliefs about everybody else are untouched, so what a lie among these types gains is untouched too.
    """
    agent = env.agents[i]
    assert agent.prior is not None
    keep = [first]
    for t, kernel in enumerate(agent.kernels):
        own = 1 + len(kernel.given)
        seen = np.take(kernel.table, keep[t], axis=own) != 0
        keep.append(np.flatnonzero(seen.any(axis=tuple(range(seen.ndim - 1)))))
    kernels = tuple(
        replace(
            kernel,
            table=np.take(
                np.take(kernel.table, keep[t], axis=1 + len(kernel.given)),
                keep[t + 1],
                axis=kernel.table.ndim - 1,
            ),
            size=len(keep[t + 1]),
        )
        for t, kernel in enumerate(agent.kernels)
    )
    prior = agent.prior[first]
    focused = replace(
        agent,
        types=tuple(tuple(row[k] for k in keep[t]) for t, row in enumerate(agent.types)),
        prior=prior / prior.sum(),
        kernels=kernels,
    )
    agents = []
    for j, other in enumerate(env.agents):
        values = tuple(
            np.take(v, keep[t], axis=1 + i) if v.shape[1 + i] > 1 else v for t, v in enumerate(other.values)
        )
        agents.append(replace(focused if j == i else other, values=values))
    stages = tuple(
        replace(
            stage,
            allocation=np.take(stage.allocation, keep[t], axis=1 + i),
            transfers=np.take(stage.transfers, keep[t], axis=2 + i),
            next=None if stage.next is None else np.take(stage.next, keep[t], axis=1 + i),
        )
        for t, stage in enumerate(mechanism.stages)
    )
    return env._with(agents=tuple(agents)), replace(mechanism, stages=stages)
