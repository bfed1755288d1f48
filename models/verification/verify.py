"""Does this mechanism really work? Every notion checked by dynamic programming, without any program.

Nothing here is shared with the compiler: the best lie is found by backward induction over the product of the
mechanism's memory with what beliefs depend on, so a mechanism that a program returned is judged by other code
than the one that wrote the program.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TypeAlias

from ...solvers.arithmetic import arithmetic
from ...solvers.effort import FLOATS, Effort
from ...solvers.errors import AssumptionViolated, TooLarge
from ..environment.environment import Environment
from ..mechanism.mechanism import Mechanism
from ..notions.incentives import CHECKED_INCENTIVES, INCENTIVES, Compares, Incentive, Information
from ..notions.participation import CHECKED_PARTICIPATIONS, PARTICIPATIONS, Participation
from .best_reply import BestReply, Lie, best_reply
from .continuation_check import largest_difference
from .future_check import best_future
from .judging import PLAN_SLACK, nothing_lost, passed
from .participation_check import LOWEST
from .public_states import Play, play, verification_bytes
from .verdict import Verdict, Verdicts, VerdictTolerances, Witness
from .witness import future_witness, lie_witness, report_witness, shortfall_witness

Rewrite: TypeAlias = Callable[[Environment, Mechanism, Incentive], tuple[Environment, Mechanism]]
"""From an environment, a mechanism and a notion with a `rewriting` to what the notion is checked on."""


def incentive_verdict(
    env: Environment,
    mechanism: Mechanism,
    notion: Incentive,
    *,
    messages: str = "all",
    tolerances: VerdictTolerances | None = None,
    effort: Effort = FLOATS,
) -> Verdict:
    """Whether truth is optimal in the sense of `notion`, on the environment as given (no rewriting).

    messages: "all" reports, or only "possible" ones, of positive probability given the last report.
    tolerances: how doubles are read. effort: of which the memory limit counts.
    Raises `AssumptionViolated` for an infinite horizon, `InvalidInput` where mechanism and environment do
    not fit, `TooLarge` above the memory limit. KLN Definition 2.1; BV, LIU for every profile; MPTZ PPIC.
    """
    tolerances = tolerances or VerdictTolerances()
    game = play(
        env,
        mechanism,
        messages=messages,
        everywhere=notion.everywhere,
        tolerances=tolerances,
        effort=effort,
    )
    return _incentives(game, notion)


def participation_verdict(
    env: Environment,
    mechanism: Mechanism,
    notion: Participation,
    information: Information = Information.INTERIM,
    *,
    tolerances: VerdictTolerances | None = None,
    effort: Effort = FLOATS,
) -> Verdict:
    """Whether what `notion` promises is kept when everybody is truthful.

    information: for continuations, whether they are averaged over the others' current types (INTERIM) or
    count at each profile (PROFILE). Raises as `incentive_verdict` does.
    """
    tolerances = tolerances or VerdictTolerances()
    game = play(env, mechanism, tolerances=tolerances, effort=effort)
    return _participation(game, notion, information)


def judge(
    env: Environment,
    mechanism: Mechanism,
    incentives: Incentive | None = None,
    participation: Participation | None = None,
    *,
    messages: str = "all",
    rewrite: Rewrite | None = None,
    tolerances: VerdictTolerances | None = None,
    effort: Effort = FLOATS,
) -> Verdicts:
    """Check a mechanism against the notions given, or against every notion that applies where none is.

    With both, continuations are taken at every profile where the incentive notion is (``periodic`` under
    ``ex-post``). rewrite: how notions with a `rewriting` are checked, with the reports that remain possible;
    without it they are left out. Other arguments and errors as in `incentive_verdict`.

    >>> from dynamech.models.environment.environment import Agent, Environment
    >>> from dynamech.models.notions.incentives import read_incentive
    >>> from dynamech.models.mechanism.mechanism import Mechanism, Stage
    >>> from dynamech.solvers.numbers import array
    >>> env = Environment(name="shop", horizon=1, actions=["keep", "sell"], agents=[
    ...     Agent("buyer", types=[1, 2], prior=["1/2", "1/2"], values=[[[0, 0], [1, 2]]])])
    >>> own_price = Stage(array([[[0, 1], [0, 1]]]), array([[[1, 2]]]))
    >>> verdict, = judge(env, Mechanism("shop", (own_price,)), read_incentive("bayesian"))
    >>> print(verdict.witness.sentence)
    Agent 'buyer' of type '2' in period 0 reports '1'; she gains 1.
    """
    tolerances = tolerances or VerdictTolerances()
    everything = incentives is None and participation is None
    lies = [] if incentives is None else [incentives]
    promises = [] if participation is None else [participation]
    if everything:
        lies, promises = [*ALL_LIES, *CHECKED_LIES], [*ALL_PROMISES, *CHECKED_PROMISES]
    games: dict[bool, Play] = {}

    def game(everywhere: bool) -> Play:
        # Only "possible" messages make the public states differ.
        key = everywhere or messages == "all"
        if key not in games:
            games[key] = play(
                env,
                mechanism,
                messages=messages,
                everywhere=key,
                tolerances=tolerances,
                effort=effort,
            )
        return games[key]

    def judged(lie: Incentive) -> Verdict | None:
        if lie.rewriting is None:
            return _incentives(game(lie.everywhere), lie)
        if rewrite is None:
            return None
        home, carried = rewrite(env, mechanism, lie)
        return incentive_verdict(
            home, carried, lie, messages="possible", tolerances=tolerances, effort=effort
        )

    verdicts = Verdicts()
    for lie in lies:
        try:
            verdict = judged(lie)
        except (AssumptionViolated, TooLarge):
            # Of everything there is, what has no meaning here is left out.
            if not everything or (lie.rewriting is None and lie.name in INCENTIVES):
                raise
            continue
        if verdict is not None:
            verdicts.append(verdict)
    information = lies[0].information if incentives is not None else Information.INTERIM
    for promise in promises:
        verdicts.append(_participation(game(False), promise, information))
    return verdicts


ALL_LIES = [notion for notion in INCENTIVES.values() if not notion.nothing]
CHECKED_LIES = [*CHECKED_INCENTIVES.values()]
CHECKED_PROMISES = [*CHECKED_PARTICIPATIONS.values()]
ALL_PROMISES = [notion for notion in PARTICIPATIONS.values() if not notion.nothing]

Found: TypeAlias = list[tuple[Lie, Callable[[], Witness]]]
"""The best lie of each agent that has one, and what tells it."""


def _replies(game: Play, notion: Incentive) -> Found:
    found = [best_reply(game, i, notion) for i in game.env.private]
    return [
        (reply.lie, partial(_told, game, notion, reply.lie, reply))
        for reply in found
        if reply.lie is not None
    ]


def _told(game: Play, notion: Incentive, lie: Lie, reply: BestReply) -> Witness:
    slack = arithmetic(game.exact).slack(lie.nothing, PLAN_SLACK)
    return lie_witness(game, notion, lie, reply, slack)


def _continuations(game: Play, notion: Incentive) -> Found:
    found = [largest_difference(game, i) for i in game.env.private]
    return [(change[0], partial(report_witness, game, *change)) for change in found if change is not None]


def _futures(game: Play, notion: Incentive) -> Found:
    found = [best_future(game, i) for i in game.env.private]
    return [(reward[0], partial(future_witness, game, *reward)) for reward in found if reward is not None]


LIES: dict[Compares, Callable[[Play, Incentive], Found]] = {
    Compares.REPLIES: _replies,
    Compares.NOW: _replies,
    Compares.CONTINUATIONS: _continuations,
    Compares.FUTURES: _futures,
}
"""How lies are found, by what truth is compared by."""


def _incentives(game: Play, notion: Incentive) -> Verdict:
    found = LIES[notion.compares](game, notion)
    if not found:
        return passed(game, "incentives", notion.name, nothing_lost(game), nothing_lost(game))
    worst, tell = max(found, key=lambda pair: pair[0].gain)
    if not any(lie.counts for lie, _ in found):
        return passed(game, "incentives", notion.name, worst.gain, worst.nothing)
    return Verdict("incentives", notion.name, False, worst.gain, tell(), worst.nothing, game.tolerances)


def _participation(game: Play, notion: Participation, information: Information) -> Verdict:
    found = [LOWEST[notion.promise](game, i, information) for i in game.env.private]
    lows = [low for low in found if low is not None]
    if not lows:
        return passed(game, "participation", notion.name, nothing_lost(game), nothing_lost(game))
    low = min(lows, key=lambda entry: entry.value)
    if not any(entry.counts for entry in lows):
        return passed(game, "participation", notion.name, -low.value, low.nothing)
    witness = shortfall_witness(game, low)
    return Verdict("participation", notion.name, False, -low.value, witness, low.nothing, game.tolerances)


__all__ = [
    "Rewrite",
    "incentive_verdict",
    "judge",
    "participation_verdict",
    "verification_bytes",
]
