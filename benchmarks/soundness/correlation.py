"""Correlated information (LIU): conditions, transfers of Theorems 3.1 and 3.2, the mechanism against liars.

For an agent, a period with a next one, an action and the others' types, row s holds the chances of the
others' next types when hers is s. Convex independence: no row is a mixture of the others, a program a row.
Spanning: the rows are independent. Transfers that make her a residual claimant have expectations

    c_s = ( cost(a) - sum_{j != i} v^j(a, s) - δ E[W_T - V^i_T | a, s] ) / δ,

the last term before the last period alone, in which she is left V^i_T. Theorem 3.1 asks for every report r
that B_r p = c_r and B_s p >= c_s, as small as can be; 3.2 for one p with B p = c.
"""

from __future__ import annotations

import itertools
from dataclasses import replace
from fractions import Fraction
from typing import Any

import flint

from .draw import Draw
from .rational import Plain, solve
from .replies import Played
from .tally import Tally, within
from .world import Profile, World

ZERO, ONE = Fraction(0), Fraction(1)
Rows = list[list[Fraction]]
CLOSE = 1e-7
"""How far, beside its size, a float figure may be from the right one: the answers promise 1e-8."""


def check(seed: int) -> tuple[Tally, Any]:
    """One process of two or three agents over two or three periods."""
    import dynamech as dm

    tally, env = Tally(), _environment(seed)
    world = World(env)
    with tally.guarded("correlation, exact"):
        exact = dm.correlation(env, exact=True)
        _compare(world, exact, True, tally)
        if exact.mechanism is not None:
            gain = Played(env, exact.mechanism).gain(True)
            tally.check(gain == 0, f"exact: a lie gains {gain} under the mechanism")
    with tally.guarded("correlation, bounded"):
        _bounded(env, exact, tally)
    with tally.guarded("correlation, float"):
        _compare(world, dm.correlation(env), False, tally)
    return tally, env


def _bounded(env: Any, free: Any, tally: Tally) -> None:
    """Nobody ever pays: truthful, kept to, and no dearer than residual claimants all of whom are paid more.

    Their transfers, less a number in every period, are an efficient mechanism of the same kind.
    """
    import dynamech as dm

    told: Any = dm.correlation(env, exact=True, liability=0)
    if told.mechanism is None:
        tally.check(free.mechanism is None, f"liability 0: {told.reason}, yet there are residual claimants")
        return
    gain = Played(env, told.mechanism).gain(True)
    tally.check(gain == 0, f"liability 0: a lie gains {gain}")
    paid = max(stage.transfers.max() for stage in told.mechanism.stages)
    tally.check(paid <= 0, f"liability 0: somebody pays {paid}")
    subsidy = told.bounded.subsidy
    tally.check(subsidy == _paid_out(env, told.mechanism), f"liability 0: {subsidy}, which is not paid out")
    doubles: Any = dm.correlation(env, liability=0)
    rough = doubles.bounded.subsidy
    near = within(rough, subsidy, CLOSE * float(abs(subsidy)))
    tally.check(near, f"liability 0: {rough} in doubles for {subsidy}")
    if free.mechanism is None:
        return
    claims = _paid_out(env, free.mechanism)
    for t, stage in enumerate(free.mechanism.stages):
        claims += env.discount**t * sum(paid.max() for paid in stage.transfers)
    tally.check(subsidy <= claims, f"liability 0: {subsidy}, which is not at most {claims}")


def _paid_out(env: Any, mechanism: Any) -> Any:
    """Expected discounted payments to agents, the designer's costs left out."""
    stages = tuple(replace(stage, transfers=0 * stage.transfers) for stage in mechanism.stages)
    free, paid = (Played(env, each) for each in (replace(mechanism, stages=stages), mechanism))
    return free.designer(free.start, ONE, ZERO) - paid.designer(paid.start, ONE, ZERO)


def _environment(seed: int) -> Any:
    import dynamech as dm

    d = Draw(seed)
    pick = d.random.choice
    agents, periods = pick([(2, 2), (2, 2), (2, 3), (3, 2)])
    types = pick([2, 3]) if agents == 2 and periods == 2 else 2
    discount = pick([ONE, Fraction(9, 10), Fraction(1, 2), Fraction(1, 1000)])
    if types == 3 and pick([False, True]):
        return dm.load(
            "random-correlated", seed=seed, agents=2, types=3, actions=2, rank=pick([1, 2, 3]), periods=2,
            stationary=False, discount=discount, strength=pick(["1", "1/10", "1/100000"]),
        )  # fmt: skip
    kind = pick(["full", "zeros", "thin"])
    scale = Fraction(10) ** pick([0, 0, 0, -9, -3, 3, 9])
    everyone, size = (types,) * agents, types**agents
    amounts = [scale * Fraction(k, 2) for k in range(13)]
    table = d.rows(2, size, size, kind=kind)
    if pick([False, False, True]):
        table[:, 1:] = table[:, :1]  # nobody's type foretells anything
    return dm.Environment(
        name=f"correlated-{seed}",
        actions=[["0", "1"]] * periods,
        costs=[d.table(2, of=[scale * Fraction(k, 4) for k in range(5)]) for _ in range(periods)],
        discount=discount,
        horizon=periods,
        agents=[
            dm.Agent(
                f"a{i}",
                types=[[str(k) for k in range(types)]] * periods,
                values=[d.table(2, *everyone, of=amounts) for _ in range(periods)],
            )
            for i in range(agents)
        ],
        process={
            "prior": d.rows(size, kind="full").reshape(everyone),
            "transitions": [table.reshape(2, *everyone, *everyone) for _ in range(periods - 1)],
        },
    )


def _compare(world: World, found: Any, exact: bool, tally: Tally) -> None:
    mode = "exact" if exact else "float"
    for agent in found.agents:
        convex, spanning, feasible, least, squares = _right(world, found, agent.index)
        who = f"{agent.name}, {mode}"
        tally.check(agent.convex_independence == convex, f"{who}: convex independence is {convex}")
        tally.check(agent.spanning == spanning, f"{who}: spanning is {spanning}")
        for theorem, right in (("3.1", least), ("3.2", squares)):
            can, top, total = agent.theorem(theorem)
            tally.check(can == feasible[theorem], f"{who}: Theorem {theorem} feasible is {feasible[theorem]}")
            said = top if theorem == "3.1" else total
            if not (can and feasible[theorem]):
                continue
            if exact:
                tally.check(said == right, f"{who}: Theorem {theorem} needs {right}, not {said}")
            elif found.accurate:
                off = abs(Fraction(float(said)) - right)
                tally.check(
                    off <= CLOSE * right, f"{who}: Theorem {theorem} needs {float(right)!r}, not {said!r}"
                )
            else:
                tally.loose += 1
    if found.static is not None and exact:
        blocks = [_static(world, i) for i in world.private]
        convex, spanning = all(map(_convex, blocks)), all(map(_independent, blocks))
        tally.check(
            found.static.convex_independence == convex, f"static, {mode}: convex independence is {convex}"
        )
        tally.check(found.static.spanning == spanning, f"static, {mode}: spanning is {spanning}")


def _right(w: World, found: Any, i: int) -> tuple[bool, bool, dict[str, bool], Fraction, Fraction]:
    """Convex independence, spanning, whether each theorem can be, largest transfer of 3.1, squares of 3.2."""
    convex = spanning = True
    can = {"3.1": True, "3.2": True}
    largest = squares = ZERO
    for t in range(w.T - 1):
        for a in range(len(w.env.actions[t])):
            for others in itertools.product(*(range(w.size(j, t)) for j in range(w.n) if j != i)):
                profiles = [(*others[:i], k, *others[i:]) for k in range(w.size(i, t))]
                rows = _rows(w, i, t, a, profiles)
                target = [_target(w, found, i, t, a, profile) for profile in profiles]
                convex, spanning = convex and _convex(rows), spanning and _independent(rows)
                for r in range(len(rows)):
                    size = _smallest(rows, target, r)
                    can["3.1"] = can["3.1"] and size is not None
                    largest = max(largest, size or ZERO)
                norm = _least_squares(rows, target)
                can["3.2"] = can["3.2"] and norm is not None
                squares += norm or ZERO
    return convex, spanning, can, largest, squares


def _rows(w: World, i: int, t: int, a: int, profiles: list[Profile]) -> Rows:
    seen = list(itertools.product(*(range(w.size(j, t + 1)) for j in range(w.n) if j != i)))
    place = {others: y for y, others in enumerate(seen)}
    rows = []
    for profile in profiles:
        row = [ZERO] * len(seen)
        for after, chance in w.after(t + 1, profile, a).items():
            row[place[after[:i] + after[i + 1 :]]] += chance
        rows.append(row)
    return rows


def _static(w: World, i: int) -> Rows:
    """Beliefs about the others in period 0, a row a probable type."""
    prior = w.after(0, None, None)
    seen = list(itertools.product(*(range(w.size(j, 0)) for j in range(w.n) if j != i)))
    rows = []
    for k in sorted({r[i] for r in prior}):
        row = [prior.get((*others[:i], k, *others[i:]), ZERO) for others in seen]
        rows.append([v / sum(row, ZERO) for v in row])
    return rows


def _target(w: World, found: Any, i: int, t: int, a: int, profile: Profile) -> Fraction:
    due = w.cost(t, a) - sum((w.worth(j, t, a, profile) for j in range(w.n) if j != i), ZERO)
    if t == w.T - 2:
        sizes = [w.size(j, t + 1) for j in range(w.n)]
        for after, chance in w.after(t + 1, profile, a).items():
            place = 0
            for k, size in zip(after, sizes, strict=True):
                place = place * size + k
            best = max(
                sum((w.worth(j, t + 1, b, after) for j in range(w.n)), ZERO) - w.cost(t + 1, b)
                for b in range(len(w.env.actions[t + 1]))
            )
            due -= w.delta * chance * (best - Fraction(found.last.values[i][place]))
    return due / w.delta


def _convex(rows: Rows) -> bool:
    """Whether no row is a mixture of the others."""
    for r, row in enumerate(rows):
        p = Plain()
        weights = {s: p.column(ZERO) for s in range(len(rows)) if s != r}
        p.row(dict.fromkeys(weights.values(), ONE), ONE, ONE)
        for y, wanted in enumerate(row):
            p.row({c: rows[s][y] for s, c in weights.items()}, wanted, wanted)
        if weights and solve(p).status != "infeasible":
            return False
    return True


def _independent(rows: Rows) -> bool:
    return _rank(rows) == len(rows)


def _rank(rows: Rows) -> int:
    return int(_matrix(rows).rank())


def _matrix(rows: Rows) -> flint.fmpq_mat:
    flat = [flint.fmpq(v.numerator, v.denominator) for row in rows for v in row]
    return flint.fmpq_mat(len(rows), len(rows[0]), flat)


def _smallest(rows: Rows, target: list[Fraction], r: int) -> Fraction | None:
    """The least largest absolute transfer for report r, None where there are none."""
    p = Plain()
    top = p.column(ZERO)
    p.cost[top] = -ONE
    paid = [p.column() for _ in rows[0]]
    for y in paid:
        p.row({top: ONE, y: ONE}, ZERO)
        p.row({top: ONE, y: -ONE}, ZERO)
    for s, row in enumerate(rows):
        p.row(dict(zip(paid, row, strict=True)), target[s], target[s] if s == r else None)
    found = solve(p)
    return None if found.value is None else -found.value


def _least_squares(rows: Rows, target: list[Fraction]) -> Fraction | None:
    """The least sum of squares of p with B p = c; None where there is no p."""
    kept: list[int] = []
    for s in range(len(rows)):
        if _rank([rows[k] for k in [*kept, s]]) == len(kept) + 1:
            kept.append(s)
    wide = [[*row, c] for row, c in zip(rows, target, strict=True)]
    if _rank(wide) > len(kept):
        return None
    b = _matrix([rows[k] for k in kept])
    c = _matrix([[target[k]] for k in kept])
    weights = (b * b.transpose()).solve(c)
    value = (c.transpose() * weights)[0, 0]
    return Fraction(int(value.p), int(value.q))
