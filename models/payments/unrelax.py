"""Un-relaxing (KLN §3.2): can payments make a relaxed optimum dynamic incentive compatible?

Of all optima of the relaxed question, each with all payments that the question and its demands allow, the one
whose largest gain from a lie is smallest is looked for in the environment where the shocks are private again
(`least_gain.py`): 0 means that the relaxation is tight, anything else is the gain of the witness, conditional
on the state and in money of the period where the lie begins. No relaxed optimum leaves less.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any

import numpy as np

from ...solvers.arithmetic import SOLVED, arithmetic
from ...solvers.certificate import Certificate
from ...solvers.effort import Effort
from ...solvers.errors import AssumptionViolated
from ...solvers.numbers import Ints, Number, finite, written
from ..answers.answer import Answer
from ..compiler.carried import needs_full_reports
from ..compiler.plan import plan
from ..compiler.prepared import Prepared
from ..design.decode import decisions_of, decode
from ..design.design import Design
from ..environment.environment import Environment
from ..environment.reshape import keep_types
from ..mechanism.mechanism import Mechanism
from ..notions.incentives import INCENTIVES
from ..relaxations.private_shocks import profiles_behind, shocks_private
from ..verification.verdict import Verdict, Witness
from ..verification.verify import incentive_verdict
from .cycles import Cycle, negative_cycle
from .least_gain import LeastGain, Search
from .only_optimum import Only
from .relaxed_optima import relaxed_optima
from .smallest_gain import GainQuestion


@dataclass(frozen=True, eq=False, repr=False)
class Unrelaxed(Answer):
    """What became of the relaxed allocation when shocks are private.

    implementable: the relaxed optimum that was found is dynamic incentive compatible with its payments.
    gain: the largest gain from a lie in the optimum that was found. least: no relaxed optimum leaves less;
        the same but where histories hold actions, where the truth is between the two.
    error: what `gain` and `least` may be off by, in doubles.
    mechanism: that optimum with its payments, for `environment`; witness: the lie, or None.
    strategy: the mixed deviation, as (description of the lie, multiplier), largest first.
    cycle: one agent only, a cycle of types that no payments can hold to this allocation, where there is one.
    only: whether relaxed optima differ in allocation or initial utilities, where that is known.
    proofs: of exact figures, certificates of the program whose value is `gain` and, where histories hold
        actions, of the one from whose multipliers `least` follows.
    """

    implementable: bool
    gain: Number
    least: Number
    error: float
    environment: Environment
    mechanism: Mechanism
    witness: Witness | None
    strategy: tuple[tuple[str, Number], ...]
    cycle: Cycle | None
    only: Only
    proofs: tuple[Certificate, ...]

    def to_json(self) -> dict[str, Any]:
        """The least gain over all relaxed optima: the interval it is in, what doubles may be off by, and
        whether those optima have one allocation and one utility of each initial type (None: not known)."""
        ends = [self.least, self.gain]
        return {
            "interval": [finite(end) for end in ends],
            "exact": [written(end) for end in ends if isinstance(end, Fraction)] or None,
            "error": finite(self.error),
            "unique_allocation": self.only.allocation,
            "unique_utilities": self.only.utilities,
        }


def unrelax(relaxed: Design, effort: Effort | None = None) -> Unrelaxed:
    """The relaxed optimum that private shocks leave the smallest gain from a lie; see the module.

    Raises `AssumptionViolated` where there is no answer, or none within the time limit, and `TooLarge`
    beyond the memory limit.
    """
    effort = relaxed.effort if effort is None else effort
    question = gain_question(relaxed)
    search = Search(question, effort)
    gain = search.least()
    layout, env = question.layout, question.env
    mechanism = decode(layout, gain.primal, relaxed.effort.room, gain.asked.worth(gain.primal))
    verdict = _judged(env, mechanism, gain, effort)
    cycle = None
    if len(env.private) == 1:
        behind = question.behind[env.private[0]][-1]
        cycle = negative_cycle(decisions_of(layout, gain.primal), behind)
    return Unrelaxed(
        verdict.holds,
        gain.upper,
        gain.least,
        gain.error,
        env,
        mechanism,
        verdict.witness,
        () if verdict.holds else gain.asked.strategy(gain.dual),
        cycle,
        search.only(gain),
        gain.proofs,
    )


def gain_question(relaxed: Design) -> GainQuestion:
    """The least gain over the optima of a relaxed design, as programs.

    Raises `AssumptionViolated` where nothing was made public, and `TooLarge`.
    """
    rewriting, participation = relaxed.solved.rewriting, relaxed.question.participation
    if rewriting.coupling is None:
        name = relaxed.question.incentives.name
        raise AssumptionViolated(f"incentives '{name}' make no shocks public that could be private again")
    if rewriting.original.conceals:
        raise AssumptionViolated(
            f"environment '{rewriting.original.name}': past reports are concealed from the others, and the "
            "least gain that a relaxed optimum leaves is computed where they are public"
        )
    original = rewriting.original if relaxed.effort.exact else rewriting.original.to_float()
    env, behind = shocks_private(original, rewriting.coupling, relaxed.effort.room)
    objective = relaxed.solved.compiled.layout.plan.objective
    demands = relaxed.question.demands
    if any(demand.names_histories for demand in demands):
        profiles = profiles_behind(original, env, behind)
        demands = tuple(demand.carried(profiles) for demand in demands)
    pure = next((demand for demand in demands if not demand.mixes), None)
    if pure is not None:
        raise AssumptionViolated(
            f"demand '{pure.name}': the least gain that a relaxed optimum leaves is computed over lotteries"
        )
    single = participation.by_path or any(demand.single_payments for demand in demands)
    words = "textbook" if single else "utilities"
    words = "per-period" if any(demand.needs_every_period for demand in demands) else words
    if needs_full_reports(env, INCENTIVES["bayesian"], demands):
        raise AssumptionViolated(
            f"environment '{rewriting.original.name}': some types may not make every report, and the least "
            "gain that a relaxed optimum leaves is computed without reports of probability zero, which are "
            "bounded too"
        )
    chosen = plan(env, INCENTIVES["bayesian"], participation, objective, words, demands)
    ready = Prepared.of(env, chosen, relaxed.effort.room)
    question = GainQuestion(ready, behind, relaxed_optima(relaxed))
    question.refuse_large(relaxed.effort.room)
    return question


def _judged(env: Environment, mechanism: Mechanism, gain: LeastGain, effort: Effort) -> Verdict:
    """What the independent checker says, at the lie of the largest multiplier.

    With one agent only the first types of that lie matter, and everything else is left out before checking,
    unless that leaves out what gains the most.
    """

    def judged(env: Environment, mechanism: Mechanism) -> Verdict:
        return incentive_verdict(env, mechanism, INCENTIVES["bayesian"], messages="possible", effort=effort)

    if len(env.private) == 1:
        seen = judged(*_focus(env, mechanism, env.private[0], gain.asked.first_types(gain.dual)))
        seen_gain = 0 if seen.witness is None else seen.witness.gain
        if gain.upper - seen_gain <= arithmetic(env.exact).slack(gain.upper, SOLVED):
            return seen
    return judged(env, mechanism)


def _focus(
    env: Environment, mechanism: Mechanism, i: int, first: Ints
) -> tuple[Environment, Mechanism]:
    """Only these initial types of agent i, and the types that follow from them.

    Her beliefs about everybody else are untouched, so what a lie among these types gains is untouched too.
    """
    keep = [first]
    for t, kernel in enumerate(env.agents[i].kernels):
        seen = np.take(kernel.table, keep[t], axis=1 + len(kernel.given)) != 0
        keep.append(np.flatnonzero(seen.any(axis=tuple(range(seen.ndim - 1)))))
    env = keep_types(env, i, keep)
    agents = list(env.agents)
    agents[i] = replace(agents[i], prior=agents[i].prior / agents[i].prior.sum())
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
