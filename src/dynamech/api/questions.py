"""The public functions on mechanisms: `compile`, `design`, `ladder`, `implement`, `verify`."""

from __future__ import annotations

import os
import warnings
from collections.abc import Sequence
from typing import Any, TypedDict, Unpack, overload

from ..instances.library import EnvironmentLike, as_environment
from ..instances.mechanism_file import MechanismLike, as_mechanism
from ..instances.question_file import QuestionLike
from ..models.design.design import Design
from ..models.design.design import design as run_design
from ..models.design.program import CompiledProgram, compiled_program
from ..models.environment.environment import Environment
from ..models.environment.reports import NotTransitive, not_transitive
from ..models.ladder.ladder import Ladder
from ..models.ladder.ladder import ladder as run_ladder
from ..models.notions.demands import demands_over, read_demands
from ..models.payments.implement import Implementation
from ..models.payments.implement import implement as run_implement
from ..models.verification.anywhere import verify as run_verify
from ..models.verification.verdict import Verdict, Verdicts, VerdictTolerances
from ..solvers.effort import Effort
from ..solvers.events import Notify
from .asking import (
    AUTO,
    BAYESIAN,
    INTERIM,
    REVENUE,
    DemandsLike,
    IncentiveLike,
    ParticipationLike,
    asked,
)
from .pools import with_pool


def warned(env: Environment) -> Environment:
    """The environment, with a warning to the caller's caller where truth may cost something."""
    if words := not_transitive(env):
        warnings.warn(words, NotTransitive, stacklevel=3)
    return env


def compile(  # the architecture's name
    env: EnvironmentLike,
    *,
    objective: Any = REVENUE,
    incentives: IncentiveLike = BAYESIAN,
    participation: ParticipationLike = INTERIM,
    coupling: str | None = None,
    formulation: str = AUTO,
    demands: DemandsLike | None = None,
    question: QuestionLike | None = None,
    exact: bool = False,
    memory_limit: float | None = None,
    notify: Notify | None = None,
) -> CompiledProgram:
    """The program that `design` would solve, demands and all, with the way home from a point to a mechanism.

    question: as in `design`. exact: coefficients are rationals, floats at their binary values; otherwise
    doubles. memory_limit: bytes, by default half of the machine's memory; `notify` receives the size before
    anything is built. Raises `InvalidInput`, `AssumptionViolated` and `TooLarge`; warns as `design` does.

    >>> import dynamech as dm
    >>> program = dm.compile("kln-nonseparable")
    >>> highs = program.to_highs()
    >>> highs.run().name
    'kOk'
    >>> bool(dm.verify(program.environment, program.mechanism(highs), "bayesian", "interim"))
    True
    """
    env = warned(as_environment(env))
    whole = asked(
        question, objective=objective, incentives=incentives, participation=participation,
        coupling=coupling, formulation=formulation, demands=demands,
    )  # fmt: skip
    effort = Effort(exact=exact, memory_limit=memory_limit, notify=notify)
    return compiled_program(env, whole, effort)


def design(
    env: EnvironmentLike,
    *,
    objective: Any = REVENUE,
    incentives: IncentiveLike = BAYESIAN,
    participation: ParticipationLike = INTERIM,
    coupling: str | None = None,
    formulation: str = AUTO,
    demands: DemandsLike | None = None,
    question: QuestionLike | None = None,
    solver: str = "highs",
    exact: bool = False,
    time_limit: float | None = None,
    memory_limit: float | None = None,
    pool: str | os.PathLike[str] | None = None,
    notify: Notify | None = None,
) -> Design:
    """Solve one question and decode the answer: value, mechanism, solution, certificate.

    demands: by the keys of a question: ``payments`` (``free``, ``none``, ``nonnegative``, ``nonpositive``,
    ``LOW..HIGH``, or a mapping of agents to these), ``on`` (``period`` or ``path``), ``budget`` (``none``,
    ``ex-ante``, ``per-period``, ``ex-post``, ``every-period``), ``balanced``, ``anonymous`` (lists of agents
    who are alike and are treated alike) and ``deterministic`` (no lotteries; `Design.optimality` says whether
    the answer is the best by proof). question: all of these words in one piece, a `Question` or the path of
    its file; words beside it have to be its own. exact: over the rationals, with a proof, floats at their
    binary values; otherwise in doubles. time_limit is in seconds, memory_limit in bytes. Statuses other than
    `optimal` are answers with a message; `InvalidInput` and `TooLarge` are raised. Warns (`NotTransitive`)
    where the best truthful mechanism may not be the best, because of what types may not report. pool: of
    formulation ``recursion``, the file of its cuts and points; a run that was stopped, by its time limit or
    by hand, is gone on from, and a file of another question is refused.

    >>> import dynamech as dm
    >>> dm.design(dm.load("kln-nonseparable", n=3)).value
    2.5
    >>> trade = dm.design("two-type-markov", demands={"payments": "0..1"}, exact=True)
    >>> trade.status, trade.certificate.kind
    ('optimal', 'optimal')
    """
    env = warned(as_environment(env))
    whole = asked(
        question, objective=objective, incentives=incentives, participation=participation,
        coupling=coupling, formulation=formulation, demands=demands,
    )  # fmt: skip
    effort = Effort(solver, exact, time_limit, memory_limit, notify)
    if pool is None:
        return run_design(env, whole, effort)
    return with_pool(pool, env, whole, lambda kept: run_design(env, whole, effort, kept))


def ladder(
    env: EnvironmentLike,
    *,
    objective: Any = REVENUE,
    participation: ParticipationLike = INTERIM,
    coupling: str | None = None,
    formulation: str = AUTO,
    demands: DemandsLike | None = None,
    question: QuestionLike | None = None,
    solver: str = "highs",
    exact: bool = False,
    time_limit: float | None = None,
    memory_limit: float | None = None,
    notify: Notify | None = None,
    done: dict[str, Design] | None = None,
    rungs: Sequence[str] | None = None,
) -> Ladder:
    """The main job: every rung, the gaps, which relaxations are tight, and who lies where one is not.

    Every rung has the same demands, or is `not-applicable` with the reason. One that is too large keeps its
    line, with status `limit` and why, unless it is `relaxed` or `bayesian`, which decide what is tight: then
    `TooLarge` is raised. question: as in `design`; its incentives do not count. exact: as in `design`.
    time_limit is per rung. rungs: the ones to climb, all by default; of a relaxation that is not among them
    `tight` is None, without `bayesian` every `gap` and every `tight` is, and without `relaxed` and `bayesian`
    nobody is found who lies. `notify` is told each rung before it starts (an `Event` of kind "rung"); `done`
    collects finished rungs, and an interrupted ladder called again with it goes on where it stopped. Warns as
    `design` does.

    >>> import dynamech as dm
    >>> rungs = dm.ladder(dm.load("kln-nonseparable", n=3))
    >>> rungs.tight["relaxed"], round(rungs["bayesian"].value, 9), round(rungs.witness.gain, 9)
    (False, 2.5, 1.25)
    >>> dm.ladder("kln-nonseparable", rungs=["relaxed", "bayesian"]).tight
    {'relaxed': False, 'virtual': None, 'first-order': None}
    """
    env = warned(as_environment(env))
    whole = asked(
        question, objective=objective, participation=participation, coupling=coupling,
        formulation=formulation, demands=demands,
    )  # fmt: skip
    effort = Effort(solver, exact, time_limit, memory_limit, notify)
    return run_ladder(env, whole, effort, rungs=rungs, done=done)


def implement(
    env: EnvironmentLike,
    allocation: MechanismLike,
    incentives: IncentiveLike = "bayesian",
    *,
    coupling: str | None = None,
    solver: str = "highs",
    exact: bool | None = None,
    time_limit: float | None = None,
    memory_limit: float | None = None,
    notify: Notify | None = None,
) -> Implementation:
    """Payments under which an allocation satisfies a notion, or the lies that no payments stop (Rochet 1987).

    allocation: a mechanism whose transfers do not count, or the path of its file. exact: over the rationals,
    with a proof; by default where environment and allocation are rational. time_limit is in seconds,
    memory_limit in bytes. Raises `InvalidInput` where the allocation does not fit, `AssumptionViolated` where
    the notion does not apply, `TooLarge`, and `DynamechError` where no answer was found within the time
    limit.

    >>> import dynamech as dm
    >>> best = dm.design("two-type-markov", exact=True).mechanism
    >>> bool(dm.implement("two-type-markov", best))
    True
    """
    return run_implement(
        as_environment(env),
        as_mechanism(allocation),
        incentives,
        coupling=coupling,
        solver=solver,
        exact=exact,
        time_limit=time_limit,
        memory_limit=memory_limit,
        notify=notify,
    )


class Judging(TypedDict, total=False):
    """What `verify` may be told beside the words and the demands."""

    coupling: str | None
    tolerances: VerdictTolerances | None
    memory_limit: float | None


@overload
def verify(env: EnvironmentLike, mechanism: MechanismLike, **how: Unpack[Judging]) -> Verdicts: ...
@overload
def verify(
    env: EnvironmentLike,
    mechanism: MechanismLike,
    incentives: IncentiveLike,
    participation: None = None,
    **how: Unpack[Judging],
) -> Verdict: ...
@overload
def verify(
    env: EnvironmentLike,
    mechanism: MechanismLike,
    incentives: None,
    participation: ParticipationLike,
    **how: Unpack[Judging],
) -> Verdict: ...
@overload
def verify(
    env: EnvironmentLike,
    mechanism: MechanismLike,
    *,
    participation: ParticipationLike,
    **how: Unpack[Judging],
) -> Verdict: ...
@overload
def verify(
    env: EnvironmentLike,
    mechanism: MechanismLike,
    incentives: IncentiveLike,
    participation: ParticipationLike,
    **how: Unpack[Judging],
) -> Verdicts: ...
@overload
def verify(
    env: EnvironmentLike,
    mechanism: MechanismLike,
    incentives: IncentiveLike | None = None,
    participation: ParticipationLike | None = None,
    *,
    demands: DemandsLike,
    **how: Unpack[Judging],
) -> Verdicts: ...
@overload
def verify(
    env: EnvironmentLike,
    mechanism: MechanismLike,
    incentives: IncentiveLike | None = None,
    participation: ParticipationLike | None = None,
    *,
    question: QuestionLike,
    demands: DemandsLike | None = None,
    **how: Unpack[Judging],
) -> Verdicts: ...
@overload
def verify(
    env: EnvironmentLike,
    mechanism: MechanismLike,
    incentives: IncentiveLike | None = None,
    participation: ParticipationLike | None = None,
    *,
    demands: DemandsLike | None = None,
    question: QuestionLike | None = None,
    **how: Unpack[Judging],
) -> Verdict | Verdicts: ...
def verify(
    env: EnvironmentLike,
    mechanism: MechanismLike,
    incentives: IncentiveLike | None = None,
    participation: ParticipationLike | None = None,
    *,
    demands: DemandsLike | None = None,
    question: QuestionLike | None = None,
    coupling: str | None = None,
    tolerances: VerdictTolerances | None = None,
    memory_limit: float | None = None,
) -> Verdict | Verdicts:
    """Check a mechanism: one word gives one `Verdict`, two words, none, demands or a question `Verdicts`, a
    list of them.

    mechanism: it, or the path of its file. A verdict is true where its notion holds, `Verdicts` where every
    one does. With no word and no demand all notions that apply are checked; demands are as in `design`. Of a
    question (or the file of one) it is everything that it promises and demands, whatever it maximises.
    Rational data gives rational verdicts. memory_limit is in bytes. Raises `InvalidInput` for unknown words
    and mechanisms that do not fit, `AssumptionViolated` where a notion asked for by name does not apply,
    `TooLarge`.

    >>> import dynamech as dm
    >>> env = dm.load("two-type-markov")
    >>> optimum = dm.design(env, exact=True).mechanism
    >>> bool(dm.verify(env, optimum, "bayesian", "interim"))
    True
    >>> first_best = dm.design(env, incentives="none", exact=True).mechanism
    >>> dm.verify(env, first_best, "bayesian", "interim")
    Verdicts(1 of 2 hold; not bayesian)
    >>> bool(dm.verify(env, first_best, "bayesian"))
    False
    """
    env, demanded = as_environment(env), read_demands(demands)
    if question is not None:
        whole = asked(
            question, incentives=incentives, participation=participation, coupling=coupling, demands=demands
        ).check(env)
        incentives, participation = whole.incentives, whole.participation
        coupling, demanded = whole.coupling, whole.demands
    demanded = demands_over(env, demanded)
    verdicts = run_verify(
        env,
        as_mechanism(mechanism),
        incentives,
        participation,
        demands=demanded,
        coupling=coupling,
        tolerances=tolerances,
        effort=Effort(memory_limit=memory_limit),
    )
    several = question is not None or demands is not None
    single = not several and (incentives is None) != (participation is None)
    return verdicts[0] if single else verdicts
