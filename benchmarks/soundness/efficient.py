"""Efficient mechanisms (BV; Athey-Segal) in random societies, against enumeration.

Social values with and without each agent, marginal and flow contributions, payments as the externality they
are, outside options, exit; then what liars get who know everything, or who average over the others, each in a
decision problem of her own; and the smallest and largest payment that truth, participation and exit allow,
with a price for every report.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from fractions import Fraction
from typing import Any

from .decisions import LARGEST, ONE, ZERO, Right, State, best_values, by_state, less, liar, same
from .rational import Plain, solve
from .societies import society
from .tally import Tally
from .teams import balanced, everything_possible, team, timing


def check(seed: int) -> tuple[Tally, Any]:
    """One society, in both arithmetics."""
    from dynamech.models.efficient.pivot import pivot
    from dynamech.solvers.effort import EXACT

    tally = Tally()
    env = society(seed)
    right = Right(env)
    with tally.guarded("pivot, exact"):
        found = pivot(env, EXACT)
        _policy(right, found, tally)
        _exact(right, found, tally)
    tests = [("team", team), ("balanced", balanced), ("timing", timing)]
    if seed % 4 == 0:
        tests.append(("uniqueness", _uniqueness))
    for what, test in tests:
        with tally.guarded(f"{what}, exact"):
            test(right, found, tally)
    with tally.guarded("pivot, float"):
        _float(right, pivot(env), tally)
    return tally, env


def _policy(right: Right, found: Any, tally: Tally) -> None:
    """Efficient, and the first listed."""
    ours = by_state(right, found.policy)
    right.policy = {s: int(a) for s, a in ours.items()}
    unique = by_state(right, found.unique)
    for s in right.states:
        tied = right.all.tied[s]
        tally.check(right.policy[s] == tied[0], f"exact: {s} takes {right.policy[s]}, of {tied}")
        tally.check(bool(unique[s]) == (len(tied) == 1), f"exact: {s}, unique is {unique[s]}")


def _exact(right: Right, found: Any, tally: Tally) -> None:
    """Everything of the pivot mechanism."""
    env, policy, states = right.env, right.policy, right.states
    same(by_state(right, found.W), right.all.values, "W", tally)
    tally.check(found.discrepancy == 0, f"exact: (10) and (13) differ by {found.discrepancy}")
    paid = dict.fromkeys(states, ZERO)
    for k, i in enumerate(right.private):
        name = env.agents[i].name
        mine = {s: right.all.worth(i, policy[s], s) for s in states}
        due = {s: right.externality(i, s) for s in states}
        flow = {s: right.flow_contribution(i, s) for s in states}
        tally.check(all(mine[s] - flow[s] == due[s] for s in states), f"plain: (10) is not (13) for {name}")
        left = {s: right.contribution(i, s) for s in states}
        outside = right.outside(i)
        tally.check(all(p >= 0 for p in due.values()), f"plain: {name} is paid")
        tally.check(all(left[s] >= outside[s] for s in states), f"plain: {name} is better off outside")
        gone = {s: all(due[r] == 0 for r in right.path(s)) for s in states}
        for ours, plain in (
            ("W_without", {s: right.without(i, s) for s in states}), ("M", left), ("m", flow),
            ("transfers", due), ("values", mine), ("outside", outside), ("exit", gone),
            ("bond", {s: max(ZERO, -v) for s, v in left.items()}),
        ):  # fmt: skip
            same(by_state(right, getattr(found, ours), k), plain, f"{ours} of {name}", tally)
        net = right.all.follow(policy, lambda s, mine=mine, due=due: mine[s] - due[s])  # type: ignore[misc]
        tally.check(net == left, f"plain: truth does not leave M to {name}")
        if len(states) <= LARGEST:
            gain = best_values(liar(right, i, due), right.all.delta)
            tally.check(gain == net, f"exact: {name} gains by lies")
        paid = {s: paid[s] + due[s] for s in states}
    flows = {s: paid[s] - right.all.cost(policy[s], s[0]) for s in states}
    same(by_state(right, found.surplus), flows, "surplus", tally)
    same(by_state(right, found.budget), right.all.follow(policy, flows.__getitem__), "budget", tally)
    for word in ("ex-post", "bayesian", "outside-efficient"):
        tally.check(found.satisfies[word], f"exact: {word} is said to fail")
    stays = all(right.contribution(i, s) >= 0 for i in right.private for s in states)
    tally.check(
        not stays or (found.satisfies["periodic"] and found.satisfies["interim"]),
        "exact: M is nowhere negative, and participation is said to fail",
    )
    if not stays and everything_possible(env):
        tally.check(not found.satisfies["periodic"], "exact: M is negative, and periodic is said to hold")


def _uniqueness(right: Right, found: Any, tally: Tally) -> None:
    """A price for every report at every state; truth is best, keeps her in, and is free where she is out."""
    from dynamech.models.efficient.uniqueness import uniqueness
    from dynamech.solvers.effort import EXACT

    if len(right.states) > 12 or len(right.private) > 2:
        return
    programs = [_program(right, i) for i in right.private]
    if any(solve(p).status == "infeasible" for p, _ in programs):
        with tally.guarded("uniqueness, where no payments are"):
            uniqueness(found, EXACT)
            tally.check(False, "uniqueness: intervals, though no payments keep all promises")
        return
    bounds = uniqueness(found, EXACT)
    for k, (p, price) in enumerate(programs):
        for said, sign in ((bounds.low, -ONE), (bounds.high, ONE)):
            ours = by_state(right, said, k)
            for s, column in price.items():
                p.cost[column] = sign
                value = solve(p).value
                p.cost[column] = ZERO
                plain = sign * (math.inf if value is None else value)
                tally.check(ours[s] == plain, f"uniqueness: agent {k}, {s}: {ours[s]}, not {plain} ({sign})")


def _program(right: Right, i: int) -> tuple[Plain, dict[State, int]]:
    p = Plain()
    price, left = ({s: p.column() for s in right.states} for _ in range(2))
    gone = _out(right, i)
    for s in right.states:
        p.row({left[s]: ONE}, ZERO)
        for said in right.reports(i, s):
            a = right.policy[said]
            row = {left[s]: ONE, price[said]: ONE}
            for after, chance in right.all.after(s, a).items():
                row[left[after]] = row.get(left[after], ZERO) - right.all.delta * chance
            worth = right.all.worth(i, a, s)
            p.row(row, worth, worth if said == s else None)
        if gone[s]:
            p.row({price[s]: ONE}, ZERO, ZERO)
    return p, price


def _out(right: Right, i: int) -> dict[State, bool]:
    """She never pays again, and has no more than the others' ties leave to her at least."""
    least = {}
    for s in right.states:
        least[s] = [
            (-right.all.worth(i, a, s), right.all.options[s][a][1]) for a in right.rest[i].tied[less(s, i)]
        ]
    worst = best_values(least, right.all.delta)
    idle = {s: right.externality(i, s) == 0 and right.contribution(i, s) <= -worst[s] for s in right.states}
    return {s: all(idle[r] for r in right.path(s)) for s in right.states}


def _float(right: Right, found: Any, tally: Tally) -> None:
    """Values within their errors; payments too where the efficient action is beyond doubt."""
    for what, ours, plain in _figures(right, found):
        error = Fraction(found.error[what])
        wrong = [s for s in plain if not abs(Fraction(ours[s]) - plain[s]) <= error]
        at = (
            f"{ours[wrong[0]]!r}, not within {float(error):.3g} of {float(plain[wrong[0]])!r}"
            if wrong
            else ""
        )
        tally.check(not wrong, f"float: {what} {at} at {wrong[:1]}")


def _figures(right: Right, found: Any) -> Iterator[tuple[str, dict[State, Any], dict[State, Fraction]]]:
    yield "W", by_state(right, found.W), right.all.values
    policy = by_state(right, found.policy)
    for k, i in enumerate(right.private):
        yield "W_without", by_state(right, found.W_without, k), {s: right.without(i, s) for s in right.states}
        paid = by_state(right, found.transfers, k)
        same = [s for s in right.states if policy[s] == right.policy[s]]
        yield "transfers", paid, {s: right.externality(i, s) for s in same}
