"""The handicap auction (LN, "Handicap auctions"; Esö and Szentes 2007), N bidders.

In period 0 every bidder buys a *premium* for a fee, from a menu with one for each first type s:

    p_i(s) = (1 − G_i(s)) / g_i(s) · (A_i(s⁺) − A_i(s)),

what must be left to the types above for a unit sold to s. In period 1, when her value θ = A(s) + ε is known
to her, a second price auction is held in which the winner pays her premium on top: the best bid is θ − p, and
the good stays with the seller unless a bid exceeds her cost (LN's "without reserve prices" is a zero reserve
on the bid less the premium: errata). So it goes to the largest virtual value, as in the virtual pivot
mechanism of values that are additive (KLN, Property 4.1), of which this is another description: the two agree
report by report, entry payments being the fees.

What a first type pays then depends on who else is there. A *menu* has one fee for a premium, its mean over
the others' first types: rule (A)'s where nobody prefers another contract on average, which earns the bound of
Corollary 4.1, else rule (B)'s, which leave every type what the one below could have. Rule (C) tempts fewer
types by prices that are no second prices, and so is no menu.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from ...solvers.arithmetic import COMPUTED, arithmetic
from ...solvers.effort import FLOATS, Effort
from ...solvers.errors import AssumptionViolated
from ...solvers.numbers import Array, Ints, Number, show
from ...solvers.short import Short
from ..environment.environment import Environment
from ..mechanism.mechanism import Mechanism
from ..notions.incentives import read_incentive
from ..verification.verdict import Verdict
from ..verification.verify import incentive_verdict
from .affine_pivot import rules_a_and_b
from .menu import AgentMenu, Contract, Excluded, Menu, Purchase
from .menu_mechanism import surplus
from .rule import Rule, first_stage, stage
from .separable import own_values
from .setting import Profile, Setting, setting
from .virtual_levels import inverse_hazard
from .virtual_pivot import VirtualPivot

MENUS = ("A", "B")
"""Rules whose later payments are those of the auction."""


@dataclass(frozen=True, eq=False, repr=False)
class HandicapAuction(Short):
    """pivot: the virtual pivot mechanism. sells: by bidder the action that sells to her."""

    pivot: VirtualPivot
    sells: tuple[int, ...]

    @property
    def setting(self) -> Setting:
        """The separated environment."""
        return self.pivot.setting

    @property
    def environment(self) -> Environment:
        """In the numbers that are used."""
        return self.setting.environment

    def _facts(self) -> dict[str, object]:
        return {"instance": self.environment.name, "bidders": len(self.sells), "bound": self.bound}

    @cached_property
    def values(self) -> list[Array]:
        """By bidder (K, Y): what the good is worth to her, by first type and news."""
        env, pairs = self.environment, self.setting.pairs
        return [own_values(env, i, pairs[i])[1][a] for i, a in enumerate(self.sells)]

    @cached_property
    def premiums(self) -> list[Array]:
        """By bidder (K,), in money of period 1."""
        premiums = []
        for agent, values in zip(self.environment.agents, self.values, strict=True):
            steps = np.append(np.diff(values[:, 0]), values[:1, 0] * 0)
            premiums.append(inverse_hazard(agent.prior) * steps)
        return premiums

    @cached_property
    def bids(self) -> list[Array]:
        """By bidder (K, K Y): best ones, by the premium that she bought and her type of period 1."""
        return [
            values.reshape(1, -1) - premiums[:, None]
            for values, premiums in zip(self.values, self.premiums, strict=True)
        ]

    @cached_property
    def bound(self) -> Number:
        """E max over actions of the best bid less cost: Corollary 4.1, from the laws of bids alone."""
        env = self.environment
        points, chances = [], []
        for i, (agent, a) in enumerate(zip(env.agents, self.sells, strict=True)):
            first, rest = len(agent.prior), self.setting.pairs[i].rest[1]
            own = self.bids[i].reshape(first, first, rest)[np.arange(first), np.arange(first)]
            law = self.setting.pairs[i].moves[0][0, 0]
            points.append((own - env.costs[1][a]).ravel())
            chances.append(np.multiply.outer(agent.prior, law).ravel())
        kept = [-env.costs[1][a] for a in range(env.num_actions(1)) if a not in self.sells]
        levels = np.unique(np.concatenate(points))
        if kept:
            levels = np.append(max(kept), levels[levels > max(kept)])
        below: Array = levels * 0 + 1
        for point, chance in zip(points, chances, strict=True):
            order = point.argsort(kind="stable")
            sums = np.append(chance[:1] * 0, np.cumsum(chance[order]))
            below = below * sums[np.searchsorted(point[order], levels, side="right")]
        best: Number = (levels * np.diff(below, prepend=below[0] * 0)).sum()
        return env.discount * best

    @cached_property
    def rules(self) -> dict[str, Rule]:
        """A and B."""
        return dict(zip(MENUS, rules_a_and_b(self.setting), strict=True))

    def fees(self, name: str) -> list[Array]:
        """By bidder (K,), in money of period 0: a rule's entry payments, means over the others' first types.
        (C)'s go with prices of their own."""
        rule = self.rules[name] if name in self.rules else self.pivot.rules[name]
        entry = np.array([rule.entry[profile] for profile in self.setting.profiles])
        chances, reports = np.array(self.setting.chances), np.array(self.setting.profiles)
        fees = []
        for i, agent in enumerate(self.environment.agents):
            totals = 0 * agent.prior
            np.add.at(totals, reports[:, i], chances * entry[:, i])
            fees.append(totals / agent.prior)
        return fees

    @cached_property
    def auction(self) -> tuple[Ints, Array]:
        """Of period 1: the action (M, types...), and payments (N, M, types...), by premiums M and bids.

        Ties go to an action that sells to nobody, then to the one that is listed first, as in the plan.
        """
        env, count = self.environment, len(self.sells)
        profiles = np.array(self.setting.profiles)
        bids = [
            self.bids[i][profiles[:, i]].reshape(len(profiles), *(-1 if j == i else 1 for j in range(count)))
            for i in range(count)
        ]
        shape = np.broadcast_shapes(*(bid.shape for bid in bids))
        worth = np.zeros((env.num_actions(1), *shape), dtype=bids[0].dtype) - env.costs[1].reshape(
            -1, *(1 for _ in shape)
        )
        for bid, a in zip(bids, self.sells, strict=True):
            worth[a] += bid
        best = worth.max(axis=0)
        parts = [abs(part).max() for part in (env.costs[1], *self.bids, *self.premiums)]
        tied = worth >= best - arithmetic(env.exact).slack(sum(parts), COMPUTED)
        kept = np.isin(np.arange(len(worth)), self.sells, invert=True).reshape(-1, *(1 for _ in shape))
        action = np.where((tied & kept).any(axis=0), tied & kept, tied).argmax(axis=0)
        paid = arithmetic(env.exact).zeros((count, *shape))
        for i, (bid, a) in enumerate(zip(bids, self.sells, strict=True)):
            others = worth.copy()
            others[a] -= bid
            premium = self.premiums[i][profiles[:, i]].reshape(-1, *(1 for _ in range(count)))
            price = others.max(axis=0) - others[a] + premium
            paid[i] = np.where(action == a, price, paid[i])
        return action, paid

    def mechanism(self, entry: Mapping[Profile, Array]) -> Mechanism:
        """The direct mechanism, by the auction's own rules. entry: (N,) by profile of first types."""
        action, paid = self.auction
        stages = (first_stage(self.setting, entry), stage(self.setting, 1, action, paid, None))
        return Mechanism(self.environment.name, stages)

    def offered(self, rule: str) -> Mechanism:
        """With the fees of rule A or B, whoever the others are."""
        fees = self.fees(rule)
        entry = {
            profile: np.array([fee[k] for fee, k in zip(fees, profile, strict=True)])
            for profile in self.setting.profiles
        }
        return self.mechanism(entry)

    def truthful(self, rule: str) -> Verdict:
        """Whether everybody takes the contract that is meant for her: the judge's, `bayesian`."""
        return incentive_verdict(self.environment, self.offered(rule), read_incentive("bayesian"))


def handicap_auction(env: Environment, effort: Effort = FLOATS) -> HandicapAuction:
    """The handicap auction of bidders who learn more about an additive value before one good is sold.

    effort: of which the limits count, and the arithmetic. Raises `AssumptionViolated` with the place and
    the number: two periods; nothing to do or to value in period 0; in period 1 every action worth something
    to one bidder at most, and one action for each of two or more bidders; values that are additive, unit for
    unit; and as `setting.setting` does.
    """
    what = f"handicap auction: environment '{env.name}'"
    if env.num_agents < 2:
        raise AssumptionViolated(f"{what} has one bidder, and an auction needs two; see kind 'option'")
    if env.stationary or env.periods != 2:
        periods = "no last period" if env.stationary else f"{env.periods} periods"
        raise AssumptionViolated(f"{what} has {periods}, not two: first types, then the auction")
    forms = {agent.name: "additive" for agent in env.agents}
    separated = setting(env, exact=effort.exact, forms=forms, effort=effort)
    work = separated.environment
    if work.num_actions(0) != 1:
        raise AssumptionViolated(f"{what} has {work.num_actions(0)} actions in period 0, not one")
    worth = [own_values(work, i, pair) for i, pair in enumerate(separated.pairs)]
    for agent, (now, later) in zip(work.agents, worth, strict=True):
        if (now != 0).any():
            by = show(abs(now).max())
            raise AssumptionViolated(f"{what}, period 0: agent '{agent.name}' has values up to {by}, not 0")
        served = np.flatnonzero((later != 0).any(axis=(1, 2)))
        if len(served) != 1:
            raise AssumptionViolated(
                f"{what}, period 1: {len(served)} actions have a value for agent '{agent.name}', not one"
            )
    sells = tuple(int(np.flatnonzero((later != 0).any(axis=(1, 2)))[0]) for _, later in worth)
    for i, a in enumerate(sells):
        if a in sells[:i]:
            names = [work.agents[sells.index(a)].name, work.agents[i].name]
            raise AssumptionViolated(
                f"{what}, period 1: action '{work.actions[1][a]}' sells to {names[0]} and to {names[1]}"
            )
    return HandicapAuction(VirtualPivot(separated), sells)


def handicap(env: Environment, effort: Effort) -> Menu:
    """The menu: premiums for fees. Raises as `handicap_auction` does, and where premiums tempt."""
    auction = handicap_auction(env, effort)
    verdicts = {rule: auction.truthful(rule) for rule in MENUS}
    rule = next((name for name in MENUS if verdicts[name]), None)
    if rule is None:
        witness = verdicts["B"].witness
        assumption = auction.setting.assumptions["A.2"]
        why = "" if witness is None else f": {witness.sentence}"
        raise AssumptionViolated(f"handicap auction: premiums must fall ({assumption.where}){why}")
    work, mechanism = auction.environment, auction.offered(rule)
    wins, fees = _wins(auction), auction.fees(rule)
    menus, excluded, buys = [], [], []
    for i, agent in enumerate(work.agents):
        takes: dict[tuple[Number, Number], list[str]] = {}
        for k, label in enumerate(agent.types[0]):
            types = takes.setdefault((auction.premiums[i][k], fees[i][k]), [])
            when = np.flatnonzero(wins[i][k]) + k * wins[i].shape[1]
            if not len(when):
                excluded.append(Excluded(agent.name, label))
                continue
            types.append(label)
            sold, news = work.actions[1][auction.sells[i]], tuple(agent.types[1][y] for y in when)
            buys.append(Purchase(agent.name, label, None, (work.actions[0][0],), sold, news))
        contracts = (Contract(tuple(types), fee, (), premium) for (premium, fee), types in takes.items())
        menus.append(AgentMenu(agent.name, None, tuple(contracts)))
    return Menu(
        "handicap",
        env.name,
        tuple(menus),
        tuple(excluded),
        tuple(buys),
        surplus(work, mechanism),
        auction.rules[rule].profit,
        mechanism,
        auction.bound,
        notes=tuple(_notes(auction, rule, verdicts)),
    )


def _wins(auction: HandicapAuction) -> list[Array]:
    """By bidder (K, Y): whether she wins against somebody, when all are truthful."""
    env, pairs = auction.environment, auction.setting.pairs
    action, profiles = auction.auction[0], np.array(auction.setting.profiles)
    wins = []
    for i, a in enumerate(auction.sells):
        won = np.zeros((pairs[i].first, pairs[i].rest[1]), dtype=bool)
        for m, profile in enumerate(profiles):
            own = [
                slice(k * pair.rest[1], (k + 1) * pair.rest[1])
                for k, pair in zip(profile, pairs, strict=True)
            ]
            others = tuple(j for j in range(env.num_agents) if j != i)
            won[profile[i]] |= (action[m][tuple(own)] == a).any(axis=others)
        wins.append(won)
    return wins


def _notes(auction: HandicapAuction, rule: str, verdicts: Mapping[str, Verdict]) -> list[tuple[str, str]]:
    notes = [
        (
            "Auction",
            "Bids are for the good less the premium; the highest above the seller's cost wins, pays the "
            "second highest or that cost, and her premium on top. Who buys when: against some others.",
        )
    ]
    if rule == "A":
        notes.append(("Fees", "By rule A: lower sums of rents, averaged over the others' first types."))
    else:
        gain = verdicts["A"].violation
        notes.append(
            (
                "Fees",
                f"By rule B: those of rule A tempt somebody with {show(gain)} on average, and the menu earns "
                f"{show(auction.bound - auction.rules['B'].profit)} less than the bound.",
            )
        )
        notes.append(
            ("Beyond", "Rule C (`virtual-pivot`) may earn it, by prices that no menu of premiums has.")
        )
    return notes
