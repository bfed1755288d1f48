"""Verification over an infinite horizon: the best liar's decision problem solved by policy iteration.

The state of a liar is a public state with her true type one period earlier; her choice is a report for each
of her types (at each profile of the others, for ex-post notions). A strategy is evaluated by one sparse
linear solve, exactly where environment and mechanism are rational, and improved until no report is better;
then, with V_truth from a solve of its own, the gain at a state is max over lies r of U[r] − V_truth as in
`best_reply.py`, whose formulas for one period are used as they are.

So it is in every period but the first few, whose public states are their own (`recurrent.py`): period 0, and
period 1 where period 0 is described by itself. They are a few steps of backward induction before that.

Policies are found in doubles first and end in exact arithmetic, so that an exact verdict compares rationals.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from typing import TypeAlias

import numpy as np

from ...solvers.algorithms.mdp import discounted_value
from ...solvers.arithmetic import arithmetic
from ...solvers.effort import FLOATS, Effort
from ...solvers.errors import AssumptionViolated
from ...solvers.numbers import Array, Ints
from ..environment.environment import Environment
from ..environment.outside import at_stake, has_outside
from ..mechanism.copies import undrawn
from ..mechanism.mechanism import Mechanism
from ..notions.demands import Demand, Demands
from ..notions.incentives import Compares, Incentive, Information
from ..notions.participation import Participation, Promise
from ..society.outside import outside_option
from .agent_view import PeriodView, view
from .best_reply import BestReply, best_reply, choices, reply_utilities
from .demand_check import furthest
from .finding import Finding, Lie, Low, Unmet
from .judging import ROUNDING, stakes, verdict_of
from .participation_check import LOWEST, beyond, obstacle
from .public_states import BYTES, Play, Step
from .recurrent import Recurrent, recurrent
from .report_utilities import branches, report_utilities, truth_utilities, truth_values_before
from .verdict import Verdict, Verdicts, VerdictTolerances, Witness
from .witness import lie_witness, shortfall_witness, unmet_witness

SLACK = 1e-11
"""In doubles, a report counts as better when it gains more than this, beside the largest utility."""
ROUNDS = 500
AHEAD = 1
"""Periods after a lie that its witness tells: the plan goes on like that for ever."""
Moves: TypeAlias = tuple[Ints, Ints, Array]
"""From where, to where, with what chance."""


def verify_stationary(
    env: Environment,
    mechanism: Mechanism,
    lies: list[Incentive],
    promises: list[Participation],
    information: Information = Information.INTERIM,
    *,
    since: int = 0,
    demands: Demands = (),
    tolerances: VerdictTolerances | None = None,
    effort: Effort = FLOATS,
) -> Verdicts:
    """One verdict for each notion and demand, on a mechanism of an environment of infinite horizon.

    since: the first period of which lies are looked at, as in `verify.incentive_verdict`.
    Raises `AssumptionViolated` for relaxations, which rewrite finitely many periods, and for promises that
    have no meaning there (whole paths never end); `InvalidInput` where mechanism and environment do not
    fit; `TooLarge`; `NotCertified` where expectations of single periods do not settle.
    """
    for lie in lies:
        if not LIES[lie.compares]:
            raise _finite(f"incentives '{lie.name}' is checked over finitely many periods only")
        if lie.rewriting is not None:
            raise _finite(f"incentives '{lie.name}' rewrite environments of finitely many periods")
        if env.conceals and lie.information is Information.INTERIM:
            raise _finite(f"incentives '{lie.name}', past reports concealed, need a last period")
    for promise in promises:
        if env.conceals and promise.expected and information is Information.INTERIM:
            raise _finite(f"participation '{promise.name}', past reports concealed, needs a last period")
        if not PROMISES[promise.promise]:
            raise _finite(f"participation '{promise.name}' is checked over finitely many periods only")
        if why := obstacle(promise, env):
            raise AssumptionViolated(why)
    mechanism.check(env, drawn=True)
    env, mechanism = undrawn(env, mechanism, demands)
    horizon = recurrent(env, mechanism, tolerances, effort, _values_bytes(env, env.exact and mechanism.exact))
    game = _game(horizon)
    kept = [_demand(horizon, game, demand) for demand in demands]
    verdicts = Verdicts(_incentives(horizon, replace(game, since=since), lie) for lie in lies)
    if promises and has_outside(horizon.env):
        stakes = at_stake(horizon.env)
        limits = _game(replace(horizon, env=stakes)).limits
        env, mechanism = beyond(horizon.env, horizon.mechanism)
        horizon = replace(horizon, env=env, mechanism=mechanism)
        game = replace(_game(horizon), stakes=stakes.with_horizon(len(horizon.early) + 1), limits=limits)
    verdicts += [_participation(horizon, game, promise, information) for promise in promises]
    return verdicts + kept


def _finite(why: str) -> AssumptionViolated:
    return AssumptionViolated(f"infinite horizon: {why}")


def _values_bytes(env: Environment, exact: bool) -> int:
    """About what a liar's values of one public state take."""
    types = env.types(env.periods - 1)
    widest = max(types)
    return math.prod(types) * widest * (widest + 4) * BYTES[exact]


def _game(horizon: Recurrent) -> Play:
    """The early periods and any later one, with what truth earns and what counts as nothing over all that
    follows."""
    end = len(horizon.early)
    game = horizon.play(end + 1)
    size = game.states[end].size
    for i in horizon.env.private:
        views = [view(game, i, t) for t in range(end + 1)]
        seen = views[end]
        honest = _for_ever(game, seen, truth_utilities(game, seen, np.arange(size), None))
        game.truth[i] = (*truth_values_before(game, i, end, honest), honest)
        if horizon.exact:
            continue
        flow = np.broadcast_to(abs(seen.values).max(axis=0), (size, *seen.order.shape))
        later = _for_ever(game, seen, flow)
        numbers = [honest, *(here.values for here in views), *(game.transfers(t, i) for t in range(end + 1))]
        rounded = ROUNDING * max(float(abs(table).max()) for table in numbers)
        nothing: list[Array] = []
        for here in reversed(views):
            at_stake, before = stakes(game, here, later)
            nothing.insert(0, game.tolerances.violation * at_stake + rounded)
            later = later if here is seen else before
        game.limits[i] = tuple(nothing)
    return game


def _incentives(horizon: Recurrent, game: Play, notion: Incentive) -> Verdict:
    end = len(horizon.early)

    def tell(lie: Lie, reply: BestReply) -> Witness:
        period, steps = _way_to(horizon, lie)
        length = period + 1 + AHEAD
        after = tuple(reply.after[min(t, end)] for t in range(length + 1))
        told = BestReply(replace(lie, period=period), after)
        return lie_witness(horizon.play(length), notion, told, steps=steps, endless=True)

    replies = [
        best_reply(game, i, notion, None if notion.myopic else liar_value(horizon, i, notion))
        for i in horizon.env.private
    ]
    lies = [(reply.lie, partial(tell, reply.lie, reply)) for reply in replies if reply.lie is not None]
    return verdict_of(game, "incentives", notion.name, lies)


def _way_to(horizon: Recurrent, finding: Finding) -> tuple[int, list[Step] | None]:
    """The first period in which a finding comes about, and the steps that lead there; None where those are
    looked for in the play."""
    if finding.period < len(horizon.early):
        return finding.period, None
    return horizon.period_of(finding.state), horizon.steps_to(finding.state)


def liar_value(horizon: Recurrent, i: int, notion: Incentive) -> Array:
    """What agent i, lying as well as she can, expects of every later public state: (M, K) by her true type
    one period earlier, in money of the state's period."""
    start = None
    if horizon.exact:
        start = _policy_iteration(horizon.to_float(), i, notion, None)[1]
    return _policy_iteration(horizon, i, notion, start)[0]


def _policy_iteration(
    horizon: Recurrent, i: int, notion: Incentive, start: Ints | None
) -> tuple[Array, Ints]:
    """(what a liar expects (M, K), her reports (M, O, K, Z)), from truth or from `start`."""
    end = len(horizon.early)
    game, states = horizon.play(end + 1), horizon.later
    seen = view(game, i, end)
    rows, news = np.arange(states.size), states.news
    flow = reply_utilities(game, seen, notion, rows, None)
    if start is None:
        own = np.arange(seen.types)[None, None, :, None]
        start = np.broadcast_to(own, flow.shape[:4])
    policy: Ints = start
    current = report_utilities(game, seen, rows, None)
    for _ in range(ROUNDS):
        after = _liar_value(game, seen, notion, current, policy)
        replies = reply_utilities(game, seen, notion, rows, after)
        slack = arithmetic(game.exact).slack(replies, SLACK)
        best = choices(seen, notion, news, replies, slack)
        now = np.take_along_axis(replies, policy[..., None], axis=4)[..., 0]
        then = np.take_along_axis(replies, best[..., None], axis=4)[..., 0]
        better = np.asarray(then > now + slack, dtype=bool)
        if not better.any():
            return after, policy
        policy = np.where(better, best, policy)
    raise AssertionError(f"policy iteration ends; it did not within {ROUNDS} rounds")


def _liar_value(game: Play, seen: PeriodView, notion: Incentive, current: Array, policy: Ints) -> Array:
    """C (M, K): what her true previous type expects of a public state under fixed reports.

    current: (M, O, K, X, R) utilities of the period alone. With w the probability of (o, θ, x) there,
    C(m, θ⁻) = Σ w [ current + δ Σ_b w_b C(m'_b, θ) ].
    """
    states = game.states[seen.period]
    size, past = states.size, seen.moves.shape[1]
    depends = seen.others.shape[3]
    flow: Array = arithmetic(game.exact).zeros((size, past))
    moves: list[Moves] = []
    # The beliefs' axis of her true previous type is walked through; all else is whole arrays.
    for before in range(past):
        belief = seen.others[states.news][:, :, :, min(before, depends - 1)]
        weight = seen.moves[states.news, before][..., None] * belief
        if notion.information is Information.PROFILE:
            said = np.broadcast_to(policy, current.shape[:4])
        else:
            said = np.broadcast_to(policy[..., [min(before, policy.shape[3] - 1)]], current.shape[:4])
        worth = np.take_along_axis(current, said[..., None], axis=4)[..., 0]
        flow[:, before] = (weight * worth).sum(axis=(1, 2, 3))
        n, o, k, x = np.nonzero(np.broadcast_to(weight, worth.shape))
        at = seen.order[o, said[n, o, k, x], x]
        chance = np.broadcast_to(weight, worth.shape)[n, o, k, x]
        for used, state, moved in _moves(game, seen, n, at, chance):
            moves.append((n[used] * past + before, state * past + k[used], moved))
    return _discounted(game, flow.reshape(-1), moves).reshape(size, past)


def _moves(game: Play, seen: PeriodView, n: Ints, at: Ints, chance: Array) -> Iterator[Moves]:
    """(entry, next public state, chance) of all that follows entries: profiles `at` at states `n`."""
    for lottery, state in branches(game, seen, n, at):
        moved = chance if lottery is None else chance * lottery
        used = np.flatnonzero(moved != 0)
        yield used, state[used], moved[used]


def _discounted(game: Play, flow: Array, moves: list[Moves]) -> Array:
    """What comes of `flow` in this and all later periods, where states move so."""
    here, there, chance = (np.concatenate(column) for column in zip(*moves, strict=True))
    return discounted_value(flow, here, there, chance, game.env.discount)


def _for_ever(game: Play, seen: PeriodView, current: Array) -> Array:
    """(M,): what comes of `current` (M, O, K, X) in this and all later periods, before her type is known,
    while everybody tells the truth."""
    states = game.states[seen.period]
    before = seen.previous[states.news]
    depends = np.minimum(before, seen.others.shape[3] - 1)
    belief = seen.others[states.news, :, :, depends]
    weight = np.broadcast_to(seen.moves[states.news, before][..., None] * belief, current.shape)
    flow = (weight * current).sum(axis=(1, 2, 3))
    n, o, k, x = np.nonzero(weight)
    moves = _moves(game, seen, n, seen.order[o, k, x], weight[n, o, k, x])
    return _discounted(game, flow, [(n[used], state, moved) for used, state, moved in moves])


def _participation(
    horizon: Recurrent, game: Play, notion: Participation, information: Information
) -> Verdict:
    def tell(low: Low) -> Witness:
        period, steps = _way_to(horizon, low)
        course = replace(horizon.play(period + 1), stakes=game.stakes)
        return shortfall_witness(course, replace(low, period=period), steps)

    if notion.outside:
        for i in horizon.env.private:
            options, error = outside_option(horizon.env, i)
            game.outside[i] = ((*options, options[-1]), error)
    lows = [LOWEST[notion.promise](game, i, information) for i in horizon.env.private]
    told = [(low, partial(tell, low)) for low in lows if low is not None]
    return verdict_of(game, "participation", notion.name, told)


def _demand(horizon: Recurrent, game: Play, demand: Demand) -> Verdict:
    # The environment has a period more than there are public states: what actions of the last one steer.
    longer = horizon.play(len(horizon.early) + 2)
    unmet = furthest(replace(game, env=longer.env, mechanism=longer.mechanism), demand)

    def tell(unmet: Unmet) -> Witness:
        if unmet.profile is not None and unmet.path is None:
            period, steps = _way_to(horizon, unmet)
            unmet = replace(unmet, period=period, path=None if steps is None else tuple(steps))
        return unmet_witness(horizon.play(unmet.period + 1), unmet)

    told = [] if unmet is None else [(unmet, partial(tell, unmet))]
    return verdict_of(horizon.play(1), "demand", demand.name, told)


LIES: dict[Compares, bool] = {
    Compares.REPLIES: True,
    Compares.NOW: True,
    Compares.CONTINUATIONS: False,
    Compares.FUTURES: False,
}
"""Whether lies are found here, by what truth is compared by."""
PROMISES: dict[Promise, bool] = {
    Promise.NOTHING: True,
    Promise.INITIAL: True,
    Promise.CONTINUATION: True,
    Promise.OUTSIDE: True,
    Promise.KNOWN_CONTINUATION: False,
    Promise.EXPECTED_PERIOD: False,
    Promise.EXPECTED_CONTINUATION: False,
    Promise.PATH: False,
    Promise.PREFIX: False,
    Promise.PERIOD: True,
}
"""Whether the utility that a promise is about is looked for here; not where paths would have to end."""
