"""Menus and sales of separable environments, by contracts one by one and by scores one by one.

*Posted*: what every first type has from every contract by her own decision problem; the menu's mechanism
judged by every lie. *Handicap*: premiums for fees, judged by every lie on average. *Sale*: both plans by what
every action is worth at every profile, ties shared. Each in another unit, in doubles and in another order.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable
from fractions import Fraction
from functools import cache
from typing import Any

from .decisions import ONE, ZERO
from .draw import Draw
from .replies import Played
from .separable import Bidder, Separable, separable
from .tally import Tally
from .virtual_pivots import same

F = Fraction


def check(seed: int) -> tuple[Tally, Any]:
    """One of the three."""
    tally, d = Tally(), Draw(seed)
    kind = ("posted", "handicap", "sale")[seed % 3]
    right = {
        "posted": lambda: separable(d, agents=[1]),
        "handicap": lambda: auction(d),
        "sale": lambda: separable(d, agents=[1, 2, 2, 3], single=True),
    }[kind]()
    env = right.environment()
    with tally.guarded(f"{kind}, exact"):
        if kind == "sale":
            _sold(right, _sale(env, True), tally)
            _compare(right, d, tally, _sale)
        else:
            _offered(right, kind, tally)
            _compare(right, d, tally, lambda one, exact: _menu(one, kind, exact), _settled(env, kind))
    return tally, env


def _settled(env: Any, kind: str) -> bool:
    """Whether no tie between bidders is left to the order in which they are listed."""
    import dynamech as dm

    return kind != "handicap" or bool(dm.virtual_pivot(env, exact=True).settled)


def _compare(
    right: Separable,
    d: Draw,
    tally: Tally,
    said: Callable[[Any, bool], dict[str, Any]],
    settled: bool = True,
) -> None:
    """The same in another unit of money, in doubles, and, where that may not matter, in another order."""
    home = said(right.environment(), True)
    several = [(f"money times {float(x):g}", right.times(x), x) for x in (F(10) ** 9, F(1, 10**9))]
    if settled:
        several.append(("in another order", right.relisted(d), ONE))
    tally.undecided += not settled
    for (what, other, scale), exact in itertools.product(several, (True, False)):
        content = said(other.environment(), exact)
        content["money"] = {key: F(value) / scale for key, value in content["money"].items()}
        same(home, content, f"{what}, {'exact' if exact else 'in doubles'}", tally, 0.0 if exact else 1e-7)


# Menus -----------------------------------------------------------------------------------------------------


def _menu(env: Any, kind: str, exact: bool) -> dict[str, Any]:
    import dynamech as dm

    menu = dm.menu(env, kind, exact=exact)
    money = {"profit": menu.profit, "direct": menu.profit_direct, "bound": menu.bound}
    premiums: dict[str, Any] = {}
    for one in menu.menus:
        for contract in one.contracts:
            money |= {f"fee of {one.agent} {label}": contract.fee for label in contract.types}
            premiums |= {f"premium of {one.agent} {x}": contract.premium for x in contract.types}
    if kind == "handicap":
        money |= premiums
    out = sorted((one.agent, one.type) for one in menu.excluded)
    buys = [(one.agent, one.type, one.action, tuple(sorted(one.when))) for one in menu.buys]
    return {"money": money, "out": out, "buys": sorted(buys) if kind == "handicap" else []}


def _offered(right: Separable, kind: str, tally: Tally) -> None:
    import dynamech as dm

    env = right.environment()
    menu: Any = dm.menu(env, kind, exact=True)
    played = Played(env, menu.mechanism)
    gain, earned = played.gain(kind == "posted"), played.designer(played.start, ONE, ZERO)
    tally.check(gain == 0, f"{kind}: a lie gains {gain}")
    tally.check(earned == menu.profit, f"{kind}: earns {earned}, not {menu.profit}")
    tally.check(menu.profit == menu.profit_direct, f"{kind}: {menu.profit}, or {menu.profit_direct}")
    if all(one.level == sorted(one.level) for one in right.bidders):
        most: Any = dm.design(env, exact=True).value
        tally.check(menu.profit <= most, f"{kind}: {menu.profit}, and no mechanism earns more than {most}")
    if kind == "posted":
        one, contracts = right.bidders[0], menu.menus[0].contracts
        for k, level in enumerate(one.level):
            has = [worth - c.fee for c in contracts if (worth := _worth(right, level, c)) is not None]
            ours = played.value(played.start, 0, ((k,),), False, True)
            tally.check(ours >= max(has, default=ours), f"posted: type {k} has {ours}, and could have {has}")


def _worth(right: Separable, level: Fraction, contract: Any) -> Fraction | None:
    """What a first type can have at a contract's prices; None where prices depend on what was done."""
    one = right.bidders[0]
    prices = [[contract.price(t, a) for a in row] for t, row in enumerate(right.actions)]
    if any(price is None for row in prices for price in row):
        return None

    @cache
    def ahead(t: int, y: int) -> Fraction:
        several: list[Fraction] = []
        for a, price in enumerate(prices[t]):
            worth = level * one.slope[t][a][y] + one.rest[t][a][y] - price
            if t + 1 < right.periods:
                row = one.moves[t][a if len(one.moves[t]) > 1 else 0][y]
                worth += right.discount * sum((p * ahead(t + 1, z) for z, p in enumerate(row) if p), ZERO)
            several.append(worth)
        return max(several)

    return ahead(0, 0)


def auction(d: Draw) -> Separable:
    """Two or three bidders who learn more of an additive value, and one good."""
    pick, n = d.random.choice, d.random.choice([2, 2, 3])
    bidders = []
    for i in range(n):
        firsts, count = pick([1, 2, 3]) if n < 3 else 2, pick([1, 2, 3]) if n < 3 else 2
        level = [F(k) for k in sorted(d.random.sample(range(10), firsts))]
        apart = pick([ZERO, F(i, 7)])  # so that bids tie now and then only
        rest = [apart + k for k in d.random.sample(range(-3, 8), count)]
        own = range(n + 1)
        law = [[list(row) for row in d.rows(1, count, kind=pick(["full", "zeros"]))]]
        bidders.append(
            Bidder(
                f"b{i}", level, list(d.rows(1, firsts, kind="full")[0]),
                [["y"], [f"y{y}" for y in range(count)]],
                [[[ZERO]], [[ONE if a == i + 1 else ZERO] * count for a in own]],
                [[[ZERO]], [rest if a == i + 1 else [ZERO] * count for a in own]],
                [law],
            )
        )  # fmt: skip
    costs = [[ZERO], [ZERO, *[F(pick([0, 0, 1, 4])) for _ in range(n)]]]
    return Separable(bidders, [["wait"], [f"do {a}" for a in range(n + 1)]], costs, pick([ONE, F(9, 10)]))


# Sales -----------------------------------------------------------------------------------------------------


def _sale(env: Any, exact: bool) -> dict[str, Any]:
    """The package's, by bidder's name."""
    import dynamech as dm

    answer = dm.sale(env, exact=exact)
    plans = {"virtual": answer.virtual, "efficient": answer.efficient}
    chances = {
        f"{word} {name}": tuple(F(x) for x in plan.sold[:, i])
        for word, plan in plans.items()
        for i, name in enumerate(answer.agents)
    }
    passed = {word: tuple(F(x) for x in plan.passed_over) for word, plan in plans.items()}
    return {"money": {word: F(plan.value) for word, plan in plans.items()}, "sold": chances, "passed": passed}


def _sold(right: Separable, said: dict[str, Any], tally: Tally) -> None:
    """Actions move nothing: the best is taken in every period, at every profile."""
    for word, table in (("virtual", _virtual), ("efficient", _true)):
        worths = [table(one) for one in right.bidders]
        total, sold = ZERO, [[ZERO] * len(right.bidders) for _ in right.actions]
        for t, costs in enumerate(right.costs):
            laws = [_law(one, t) for one in right.bidders]
            idle = [
                [all(v == 0 for row in _true(one)[t][a] for v in row) for a in range(len(costs))]
                for one in right.bidders
            ]
            for at in itertools.product(*(law.items() for law in laws)):
                chance = ONE
                for _, p in at:
                    chance *= p
                scores = [
                    sum((worths[i][t][a][k][y] for i, ((k, y), _) in enumerate(at)), -cost)
                    for a, cost in enumerate(costs)
                ]
                best = [a for a, score in enumerate(scores) if score == max(scores)]
                free = [a for a in best if all(row[a] for row in idle)]
                taken = free or best
                total += right.discount**t * chance * max(scores)
                for a, i in itertools.product(taken, range(len(right.bidders))):
                    sold[t][i] += chance / len(taken) * (not idle[i][a])
        tally.check(said["money"][word] == total, f"{word}: {said['money'][word]}, not {total}")
        for i, one in enumerate(right.bidders):
            plain = tuple(row[i] for row in sold)
            told = said["sold"][f"{word} {one.name}"]
            tally.check(told == plain, f"{word}, sold to {one.name}: {told}, not {plain}")


def _law(one: Bidder, t: int) -> dict[tuple[int, int], Fraction]:
    """Chances of first signals and states in period t."""
    law = {(k, 0): p for k, p in enumerate(one.prior)}
    for moves in one.moves[:t]:
        then: dict[tuple[int, int], Fraction] = {}
        for (k, y), p in law.items():
            for z, q in enumerate(moves[0][y]):
                then[k, z] = then.get((k, z), ZERO) + p * q
        law = {at: p for at, p in then.items() if p}
    return law


def _true(one: Bidder) -> list[list[list[list[Fraction]]]]:
    """By period, action, first signal, state."""
    return _at(one, one.level)


def _virtual(one: Bidder) -> list[list[list[list[Fraction]]]]:
    return _at(one, one.virtual)


def _at(one: Bidder, levels: list[Fraction]) -> list[list[list[list[Fraction]]]]:
    return [
        [
            [[x * c + b for c, b in zip(cs, bs, strict=True)] for x in levels]
            for cs, bs in zip(rows, rests, strict=True)
        ]
        for rows, rests in zip(one.slope, one.rest, strict=True)
    ]
