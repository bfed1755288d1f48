"""What the proof of Theorem 6.1 keeps along every path of types: MPTZ (D.1), (D.2), (D.3).

A clairvoyant bank account (starred: balances b*, spend s*, sales x*) and the mechanism that does not know the
future (b, s) are followed side by side. With the share κ of the money-burning part (2/5 for several buyers),
θ^{(2)} the second-highest value of a period and charges c_t = min(κ s*_t, b_{t−1}),

    (D.1)  b_t + Σ_{τ≤t} s_τ ≥ κ (b*_t + Σ_{τ≤t} s*_τ − Σ_{τ≤t} θ_τ^{(2)} x*_τ)
    (D.2)  behind, b_{t−1} ≤ κ s*_t:   c_t + Σ_{τ<t} s_τ + κ Σ_{τ<t} θ_τ^{(2)} x*_τ ≥ κ Σ_{τ≤t} s*_τ
    (D.3)  ahead, t' the last period behind (all are in the first):
           Σ_{τ<t'} s_τ + Σ_{t'≤τ≤t} c_τ + κ Σ_{τ<t'} θ_τ^{(2)} x*_τ ≥ κ Σ_{τ≤t} s*_τ
    (charges)  Σ_i s_t ≥ Σ_i c_t

for every buyer, period and path. The induction behind (D.1) rests on

    (deposits)  θ_t x*_t ≥ d*_t,

that is, on payments beside the spend that are never below 0. Incentives on average over others do not give
that, and where it fails the others can.
"""

from __future__ import annotations

import numpy as np

from ....solvers.arithmetic import arithmetic
from ....solvers.errors import InvalidInput, TooLarge
from ....solvers.numbers import Array, Number
from ..bank_account import BankAccount
from .run import Engine, Run

MOST_PATHS = 100_000
"""Most paths of types that are followed."""


def invariants(ran: Run, clairvoyant: BankAccount) -> dict[str, Number | None]:
    """Left side less right side at its least over buyers, periods and paths; None where a case never occurs.

    ran: the general mechanism on the items that `clairvoyant` sells. Raises `InvalidInput` for other items or
    the mechanism of two periods, `TooLarge` for more than `MOST_PATHS` paths.
    """
    items, own = ran.items, ran.account()
    if ran.kind != "general":
        raise InvalidInput(f"invariants: mechanism '{ran.kind}' has no money burning in period 0")
    if clairvoyant.items.env is not items.env:
        name, other = items.env.name, clairvoyant.items.env.name
        raise InvalidInput(f"invariants: the account is of environment '{other}', the mechanism of '{name}'")
    if items.histories > MOST_PATHS:
        raise TooLarge(f"invariants: {items.histories:,} paths of types, more than {MOST_PATHS:,}")
    share, zero = ran.split.later.burning, arithmetic(items.exact).zeros((items.buyers, 1))
    deposits = Engine(items, ran.split, ran.tie).deposits
    here, there = (np.array([account.mechanism.start]) for account in (own, clairvoyant))
    spent, owed, excused, base, charged = (zero for _ in range(5))  # sums over the past, (N, P)
    slacks: dict[str, list[Array]] = {"D.1": [], "D.2": [], "D.3": [], "charges": [], "deposits": []}
    for t, values in enumerate(items.top_values):
        before, after = own.balances[t][here].T, np.moveaxis(own.after[t][here], 1, 0)
        spend = (before[:, :, None] + deposits[t][:, None] - after)[..., 0]
        due = share * clairvoyant.spend[t][there].T
        charge = np.minimum(due, before)
        behind = before <= due
        base, charged = np.where(behind, spent + excused, base), np.where(behind, charge, charged + charge)
        spent, owed = spent + spend, owed + due
        kept = base + charged - owed
        slacks["D.2"].append(kept[behind])
        slacks["D.3"].append(kept[~behind])
        slacks["charges"].append(spend.sum(axis=0) - charge.sum(axis=0))
        second = np.sort(values, axis=0)[-2:].min(axis=0) if items.buyers > 1 else values[0] * 0
        sold = _sold(clairvoyant, t)[:, there]
        slacks["deposits"].append(values[:, None] * sold - np.moveaxis(clairvoyant.deposit[t][there], 1, 0))
        excused = excused[:, :, None] + share * second * sold
        starred = share * np.moveaxis(clairvoyant.after[t][there], 1, 0)
        slacks["D.1"].append(after + spent[:, :, None] - starred - owed[:, :, None] + excused)
        if t + 1 < items.periods:
            here, there = (_next(a, t, m) for a, m in ((own, here), (clairvoyant, there)))
            count = len(items.weights[t])
            excused = excused.reshape(items.buyers, -1)
            spent, owed, base, charged = (x.repeat(count, axis=1) for x in (spent, owed, base, charged))
    return {name: _least(parts) for name, parts in slacks.items()}


def _sold(account: BankAccount, t: int) -> Array:
    """(N, M, S): probabilities of a sale to each buyer."""
    stage, market = account.mechanism.stages[t], account.items.markets[t]
    lottery = stage.allocation.reshape(stage.size, -1, stage.allocation.shape[-1])
    return np.stack(
        [lottery[..., 0] * 0 if b.action is None else lottery[..., b.action] for b in market.buyers]
    )


def _next(account: BankAccount, t: int, memory: Array) -> Array:
    """(P · S,): where each path is after each profile; balances do not look at what was drawn."""
    stage = account.mechanism.stages[t]
    if stage.next is None:
        raise InvalidInput(f"invariants: the account stops after period {t}")
    following: Array = stage.next.reshape(stage.size, -1, stage.next.shape[-1])[memory, :, 0].reshape(-1)
    return following


def _least(parts: list[Array]) -> Number | None:
    every = np.concatenate([part.reshape(-1) for part in parts])
    least: Number | None = every.min() if len(every) else None
    return least
