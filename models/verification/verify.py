"""Does this mechanism really work? Every notion checked by dynamic programming, without any program.

Nothing here is shared with the compiler: the best lie is found by backward induction over the product of the
mechanism's memory with what beliefs depend on, so a mechanism that a program returned is judged by other code
than the one that wrote the program.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache, partial
from typing import TypeAlias

from ...solvers.effort import FLOATS, Effort
from ...solvers.errors import AssumptionViolated, TooLarge
from ..environment.environment import Environment
from ..mechanism.copies import undrawn
from ..mechanism.mechanism import Mechanism
from ..notions.demands import Demand, Demands
from ..notions.incentives import CHECKED_INCENTIVES, INCENTIVES, Compares, Incentive, Information
from ..notions.participation import CHECKED_PARTICIPATIONS, PARTICIPATIONS, Participation
from .best_reply import best_reply
from .continuation_check import largest_change
from .demand_check import furthest
from .future_check import best_future
from .judging import Told, verdict_of
from .participation_check import LOWEST, obstacle, promised
from .public_states import Play, play, verification_bytes
from .recalled import recalled
from .verdict import Verdict, Verdicts, VerdictTolerances
from .witness import change_witness, future_witness, lie_witness, shortfall_witness, unmet_witness

Rewrite: TypeAlias = Callable[[Environment, Mechanism, Incentive], tuple[Environment, Mechanism]]
"""From an environment, a mechanism and a notion with a `rewriting` to what the notion is checked on."""
ALL_LIES = [notion for notion in INCENTIVES.values() if not notion.nothing]
ALL_PROMISES = [notion for notion in PARTICIPATIONS.values() if not notion.nothing]
"""What a design may ask for."""


def incentive_verdict(
    env: Environment,
    mechanism: Mechanism,
    notion: Incentive,
    *,
    messages: str = "all",
    since: int = 0,
    tolerances: VerdictTolerances | None = None,
    effort: Effort = FLOATS,
) -> Verdict:
    """Whether truth is optimal in the sense of `notion`, on the environment as given (no rewriting).

    messages: "all" reports, or only "possible" ones, of positive probability given the last report. since:
    the first period of which lies are looked at; what was reported before need not be true where the notion
    is about every history. tolerances: how doubles are read. effort: of which the memory limit counts.
    Raises `AssumptionViolated` for an infinite horizon, `InvalidInput` where mechanism and environment do
    not fit, `TooLarge` above the memory limit. KLN Definition 2.1; BV, LIU for every profile; MPTZ PPIC.
    """
    game = play(
        env, mechanism, messages=messages, everywhere=notion.everywhere, since=since, tolerances=tolerances,
        effort=effort,
    )  # fmt: skip
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
    if why := obstacle(notion, env):
        raise AssumptionViolated(why)
    game = play(env, mechanism, tolerances=tolerances, effort=effort)
    return _participation(game, notion, information)


def judge(
    env: Environment,
    mechanism: Mechanism,
    incentives: Incentive | None = None,
    participation: Participation | None = None,
    *,
    demands: Demands = (),
    messages: str = "all",
    rewrite: Rewrite | None = None,
    source: Environment | None = None,
    tolerances: VerdictTolerances | None = None,
    effort: Effort = FLOATS,
) -> Verdicts:
    """Check a mechanism against the notions and demands given, or every notion that applies where none is.

    With both, continuations are taken at every profile where the incentive notion is (``periodic`` under
    ``ex-post``). rewrite: how notions with a `rewriting` are checked, with the reports that remain possible;
    without it they are left out. source: the environment that `env` is a rewriting of, if it is one: what
    promises assume is asked of that. Other arguments and errors as in `incentive_verdict`.

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
    mechanism.check(env, drawn=True)
    env, mechanism = undrawn(env, mechanism, demands)
    everything = incentives is None and participation is None and not demands
    lies = [] if incentives is None else [incentives]
    promises = [] if participation is None else [participation]
    if everything:
        lies = [*ALL_LIES, *CHECKED_INCENTIVES.values()]
        promises = [*ALL_PROMISES, *CHECKED_PARTICIPATIONS.values()]

    @cache
    def game(everywhere: bool) -> Play:
        if messages == "all" and not everywhere:  # only "possible" messages make the public states differ
            return game(True)
        return play(
            env, mechanism, messages=messages, everywhere=everywhere, tolerances=tolerances, effort=effort
        )

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
        if not (why := obstacle(promise, env if source is None else source)):
            verdicts.append(_participation(game(False), promise, information))
        elif not everything:
            raise AssumptionViolated(why)
    return verdicts + [_demand(game(False), demand) for demand in demands]


def _replies(game: Play, notion: Incentive, i: int) -> Told | None:
    reply = best_reply(game, i, notion)
    return None if reply.lie is None else (reply.lie, lambda: lie_witness(game, notion, reply))


def _continuations(game: Play, notion: Incentive, i: int) -> Told | None:
    change = largest_change(game, i)
    return None if change is None else (change, lambda: change_witness(game, change))


def _futures(game: Play, notion: Incentive, i: int) -> Told | None:
    rewarded = best_future(game, i)
    return None if rewarded is None else (rewarded[0], lambda: future_witness(game, *rewarded))


LIES: dict[Compares, Callable[[Play, Incentive, int], Told | None]] = {
    Compares.REPLIES: _replies,
    Compares.NOW: _replies,
    Compares.CONTINUATIONS: _continuations,
    Compares.FUTURES: _futures,
}
"""How the best lie of an agent is found, None where she has none, by what truth is compared by."""


def _incentives(game: Play, notion: Incentive) -> Verdict:
    coarse = notion.information is Information.INTERIM
    games = [(i, recalled(game, i) if coarse else game) for i in game.env.private]
    told = [LIES[notion.compares](known, notion, i) for i, known in games]
    return verdict_of(game, "incentives", notion.name, [one for one in told if one is not None])


def _participation(game: Play, notion: Participation, information: Information) -> Verdict:
    coarse = notion.expected and information is Information.INTERIM
    games = {i: promised(recalled(game, i) if coarse else game) for i in game.env.private}
    lows = [(known, LOWEST[notion.promise](known, i, information)) for i, known in games.items()]
    told = [(low, partial(shortfall_witness, known, low)) for known, low in lows if low is not None]
    return verdict_of(game, "participation", notion.name, told)


def _demand(game: Play, demand: Demand) -> Verdict:
    unmet = furthest(game, demand)
    told = [] if unmet is None else [(unmet, partial(unmet_witness, game, unmet))]
    return verdict_of(game, "demand", demand.name, told)


__all__ = [
    "Rewrite",
    "incentive_verdict",
    "judge",
    "participation_verdict",
    "verification_bytes",
]
