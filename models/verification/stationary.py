"""Verification over an infinite horizon: the best liar's decision problem solved by policy iteration.

The state of a liar is a public state with her true type one period earlier; her choice is a report for each
of her types (at each profile of the others, for ex-post notions). A strategy is evaluated by one sparse
linear solve, exactly where environment and mechanism are rational, and improved until no report is better;
then, with V_truth from a solve of its own, the gain at a state is max over lies r of U[r] − V_truth as in
`best_reply.py`, whose formulas for one period are used as they are.

Policies are found in doubles first and end in exact arithmetic, so that an exact verdict compares rationals.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from ...solvers.algorithms.mdp import discounted_value
from ...solvers.arithmetic import arithmetic
from ...solvers.effort import FLOATS, Effort
from ...solvers.errors import AssumptionViolated, TooLarge
from ...solvers.numbers import Array, Ints, zeros
from ..environment.environment import Environment
from ..mechanism.mechanism import Mechanism
from ..notions.incentives import Compares, Incentive, Information
from ..notions.participation import Participation, Promise
from .agent_view import PeriodView, view
from .best_reply import BestReply, Lie, choices, largest_lie, reply_utilities
from .judging import PLAN_SLACK, ROUNDING, limits, nothing_lost, passed, stakes
from .participation_check import Low, Lowest, lowest_of, lowest_period
from .public_states import BYTES, Play
from .recurrent import Recurrent, recurrent
from .report_utilities import average_after_truth, branches, report_utilities, truth_utilities
from .verdict import Verdict, Verdicts, VerdictTolerances
from .witness import lie_witness, shortfall_witness

SLACK = 1e-11
"""In doubles, a report counts as better when it gains more than this, beside the largest utility."""
ROUNDS = 500
AHEAD = 1
"""Periods after a lie that its witness tells: the plan goes on like that for ever."""


def verify_stationary(
    env: Environment,
    mechanism: Mechanism,
    lies: list[Incentive],
    promises: list[Participation],
    information: Information = Information.INTERIM,
    *,
    tolerances: VerdictTolerances | None = None,
    effort: Effort = FLOATS,
) -> Verdicts:
    """One verdict for each notion, on a stationary mechanism of a stationary environment.

    Raises `AssumptionViolated` for relaxations, which rewrite finitely many periods, and for promises that
    have no meaning there (whole paths never end); `InvalidInput` where mechanism and environment do not
    fit; `TooLarge`.
    """
    tolerances = tolerances or VerdictTolerances()
    for lie in lies:
        if not LIES[lie.compares]:
            raise AssumptionViolated(
                f"infinite horizon: incentives '{lie.name}' is checked over finitely many periods only"
            )
        if lie.rewriting is not None:
            raise AssumptionViolated(
                f"infinite horizon: incentives '{lie.name}' rewrite environments of finitely many periods"
            )
    promised: list[tuple[Participation, Lowest]] = []
    for promise in promises:
        lowest = LOWEST[promise.promise]
        if lowest is None:
            raise AssumptionViolated(
                f"infinite horizon: participation '{promise.name}' is checked over finitely many periods only"
            )
        promised.append((promise, lowest))
    found = recurrent(env, mechanism, tolerances)
    _check_memory(found, effort.room)
    game = _game(found)
    kept = Verdicts(_incentives(found, game, lie) for lie in lies)
    return kept + [_participation(found, game, p, lowest, information) for p, lowest in promised]


def _check_memory(found: Recurrent, limit: float) -> None:
    types = found.env.types(0)
    widest = max(types)
    needed = found.later.size * int(np.prod(types)) * widest * (widest + 4) * BYTES[found.exact]
    if needed > limit:
        raise TooLarge(
            f"verification of {found.later.size:,} public states needs about {needed / 1e6:.4g} MB, above "
            f"the limit of {limit / 1e6:.4g} MB; give fewer memory states or a higher limit"
        )


def _game(found: Recurrent) -> Play:
    """Period 0 and any later one, with what counts as nothing there over all that follows."""
    game = found.play(2)
    for i in () if found.exact else found.env.private:
        first, seen = view(game, i, 0), view(game, i, 1)
        flow = np.broadcast_to(abs(seen.values).max(axis=0), (game.states[1].size, *seen.order.shape))
        later = _for_ever(game, seen, flow)
        largest = max(float(abs(v.values).max()) for v in (first, seen))
        largest = max(largest, *(float(abs(game.transfers(t, i)).max()) for t in (0, 1)))
        vars(game).setdefault("_limits", {})[i] = tuple(
            game.tolerances.violation * stakes(game, here, later)[0] + ROUNDING * largest
            for here in (first, seen)
        )
    return game


def _incentives(found: Recurrent, game: Play, notion: Incentive) -> Verdict:
    replies = [_best_lie(found, game, i, notion) for i in found.env.private]
    told = [(lie, after) for lie, after in replies if lie is not None]
    if not told:
        return passed(game, "incentives", notion.name, nothing_lost(game), nothing_lost(game))
    lie, after = max(told, key=lambda entry: entry[0].gain)
    if not any(other.counts for other, _ in told):
        return passed(game, "incentives", notion.name, lie.gain, lie.nothing)
    period = 0 if lie.period == 0 else found.period_of(lie.state)
    steps = [] if lie.period == 0 else found.steps_to(lie.state)
    told_here = found.play(period + 1 + AHEAD)
    reply = BestReply(lie, (None, *[after] * (period + 1 + AHEAD)))
    slack = arithmetic(game.exact).slack(lie.nothing, PLAN_SLACK)
    placed = replace(lie, period=period)
    witness = lie_witness(told_here, notion, placed, reply, slack, steps=steps, endless=True)
    return Verdict("incentives", notion.name, False, lie.gain, witness, lie.nothing, game.tolerances)


def _best_lie(found: Recurrent, game: Play, i: int, notion: Incentive) -> tuple[Lie | None, Array | None]:
    """The lie that gains most, and what a liar expects from later states, (M, K)."""
    honest, after = None, None
    if not notion.myopic:
        honest = _truth_value(game, i)
        after = liar_value(found, i, notion)
    best: Lie | None = None
    for t in (1, 0):
        seen = view(game, i, t)
        rows = np.arange(game.states[t].size)
        replies = reply_utilities(game, seen, notion, rows, after)
        truth = truth_utilities(game, seen, rows, honest)
        lie = largest_lie(game, seen, notion, rows, replies, truth, limits(game, i)[t])
        if lie is not None:
            best = lie.or_worse(best)
    return best, after


def liar_value(found: Recurrent, i: int, notion: Incentive) -> Array:
    """What agent i, lying as well as she can, expects of every later public state: (M, K) by her true type
    one period earlier, in money of the state's period."""
    start = None
    if found.exact:
        start = _policy_iteration(found.to_float().play(2), i, notion, None)[1]
    return _policy_iteration(found.play(2), i, notion, start)[0]


def _policy_iteration(game: Play, i: int, notion: Incentive, start: Ints | None) -> tuple[Array, Ints]:
    """(what a liar expects (M, K), her reports (M, O, K, Z)), from truth or from `start`."""
    seen = view(game, i, 1)
    states = game.states[1]
    rows, news = np.arange(states.size), states.news
    flow = reply_utilities(game, seen, notion, rows, None)
    if start is None:
        own = np.arange(seen.types)[None, None, :, None]
        start = np.broadcast_to(own, flow.shape[:4])
    policy = start
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
    states = game.states[1]
    if seen.move is None:
        raise AssertionError("there is a period before")
    size, past = states.size, seen.move.shape[1]
    depends = seen.others.shape[3]
    flow: Array = zeros((size, past), game.exact)
    rows, columns, weights = [], [], []
    # The beliefs' axis of her true previous type is walked through; all else is whole arrays.
    for before in range(past):
        belief = seen.others[states.news][:, :, :, min(before, depends - 1)]
        weight = seen.move[states.news, before][..., None] * belief
        if notion.information is Information.PROFILE:
            said = np.broadcast_to(policy, current.shape[:4])
        else:
            said = np.broadcast_to(policy[..., [min(before, policy.shape[3] - 1)]], current.shape[:4])
        worth = np.take_along_axis(current, said[..., None], axis=4)[..., 0]
        flow[:, before] = (weight * worth).sum(axis=(1, 2, 3))
        n, o, k, x = np.nonzero(np.broadcast_to(weight, worth.shape))
        at = seen.order[o, said[n, o, k, x], x]
        chance = np.broadcast_to(weight, worth.shape)[n, o, k, x]
        for lottery, state in branches(game, seen, n, at):
            moved = chance if lottery is None else chance * lottery
            used = np.flatnonzero(moved != 0)
            rows.append(n[used] * past + before)
            columns.append(state[used] * past + k[used])
            weights.append(moved[used])
    value = discounted_value(
        flow.reshape(-1),
        np.concatenate(rows),
        np.concatenate(columns),
        np.concatenate(weights),
        game.env.discount,
    )
    return value.reshape(size, past)


def _truth_value(game: Play, i: int) -> Array:
    """(M,): what a truthful agent, whose last report was true, expects of a public state."""
    seen = view(game, i, 1)
    return _for_ever(game, seen, truth_utilities(game, seen, np.arange(game.states[1].size), None))


def _for_ever(game: Play, seen: PeriodView, current: Array) -> Array:
    """(M,): what comes of `current` (M, O, K, X) in this and all later periods, before her type is known,
    while everybody tells the truth."""
    states = game.states[1]
    if seen.move is None:
        raise AssertionError("there is a period before")
    before = seen.previous[states.news]
    depends = np.minimum(before, seen.others.shape[3] - 1)
    belief = seen.others[states.news, :, :, depends]
    weight = np.broadcast_to(seen.move[states.news, before][..., None] * belief, current.shape)
    flow = (weight * current).sum(axis=(1, 2, 3))
    n, o, k, x = np.nonzero(weight)
    at = seen.order[o, k, x]
    chance = weight[n, o, k, x]
    lines, columns, weights = [], [], []
    for lottery, state in branches(game, seen, n, at):
        moved = chance if lottery is None else chance * lottery
        used = np.flatnonzero(moved != 0)
        lines.append(n[used])
        columns.append(state[used])
        weights.append(moved[used])
    return discounted_value(
        flow, np.concatenate(lines), np.concatenate(columns), np.concatenate(weights), game.env.discount
    )


def _participation(
    found: Recurrent, game: Play, notion: Participation, lowest: Lowest, information: Information
) -> Verdict:
    told = [lowest(game, i, information) for i in found.env.private]
    lows = [low for low in told if low is not None]
    if not lows:
        return passed(game, "participation", notion.name, nothing_lost(game), nothing_lost(game))
    low = min(lows, key=lambda entry: entry.value)
    if not any(entry.counts for entry in lows):
        return passed(game, "participation", notion.name, -low.value, low.nothing)
    period = 0 if low.period == 0 else found.period_of(low.state)
    steps = [] if low.period == 0 else found.steps_to(low.state)
    witness = shortfall_witness(found.play(max(2, period + 1)), replace(low, period=period), steps)
    return Verdict("participation", notion.name, False, -low.value, witness, low.nothing, game.tolerances)


def _lowest(game: Play, i: int, periods: tuple[int, ...], profile: bool) -> Low:
    """The lowest expectation at any state of these periods that truth reaches."""
    honest = _truth_value(game, i)
    best: Low | None = None
    for t in periods:
        seen, states = view(game, i, t), game.states[t]
        rows = np.arange(states.size)
        worth = truth_utilities(game, seen, rows, honest)
        reached = seen.reached[states.news] & states.truth[:, None, None, None]
        if not profile:
            worth = average_after_truth(seen, states.news, worth)[..., None]
            reached = np.any(reached, axis=-1, keepdims=True)
        best = lowest_of(game, i, t, rows, worth, reached, profile).or_worse(best)
    if best is None:
        raise AssertionError("period 0 is always there")
    return best


LIES: dict[Compares, bool] = {
    Compares.REPLIES: True,
    Compares.NOW: True,
    Compares.CONTINUATIONS: False,
    Compares.FUTURES: False,
}
"""Whether lies are found here, by what truth is compared by."""
LOWEST: dict[Promise, Lowest | None] = {
    Promise.NOTHING: lambda *_: None,
    Promise.INITIAL: lambda game, i, _: _lowest(game, i, (0,), profile=False),
    Promise.CONTINUATION: lambda game, i, known: _lowest(game, i, (1, 0), known is Information.PROFILE),
    Promise.KNOWN_CONTINUATION: None,
    Promise.EXPECTED_PERIOD: None,
    Promise.EXPECTED_CONTINUATION: None,
    Promise.PATH: None,
    Promise.PREFIX: None,
    Promise.PERIOD: lambda game, i, _: lowest_period(game, i),
}
"""The lowest utility that a promise is about; None where paths would have to end."""
