"""The bank account that attains the clairvoyant optimum for one buyer: balance = promise − least promise.

From a promise z the policy sells with probability x_j to type j and promises her U_j afterwards; she pays her
whole value and, when all is over, receives what she was promised. As an account (MPTZ Lemma 3.3): b = z − μ_t
with μ_t the least promise that can be reached in period t, utility U_j − z + μ_t − μ_{t+1} in period t.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from ...solvers.arithmetic import arithmetic
from ...solvers.numbers import Array
from ...solvers.rational import fraction, rational
from ...solvers.short import Short
from .bank_account import MOST_STATES, Balances, BankAccount, open_account
from .clairvoyant import Optimum
from .items import Items


def account_of(items: Items, best: Optimum, most_states: int = MOST_STATES) -> BankAccount | None:
    """The account over every balance that can be reached, None where there are more than `most_states`.

    The optimum's value is a bound that some mechanism attains; this one earns at least as much.
    """
    levels = _levels(best, most_states)
    if levels is None:
        return None

    def rule(t: int, balance: Balances) -> tuple[Array, Array, Array]:
        promise = Fraction(balance[0]) + levels[t]
        sales, after = (tuple(map(fraction, row)) for row in best.policies[t].at(rational(promise)))
        market = items.markets[t].buyers[0]
        last = t + 1 == items.periods
        size = items.weights[t].size
        x, paid, kept = (arithmetic(items.exact).zeros((1, size)) for _ in range(3))
        types = items.types[t][0] if market.size == size else np.zeros(size, dtype=np.int64)
        for s, k in enumerate(types.tolist()):
            worth = Fraction(market.values[k]) * sales[k]
            utility = after[k] - promise + levels[t] - (0 if last else levels[t + 1])
            x[0, s] = sales[k]
            paid[0, s] = worth - utility
            kept[0, s] = 0 if last else after[k] - levels[t + 1]
        if market.action is None:
            x[0] = 0 * x[0]
        return items.lottery(t, x), paid, kept if not last else arithmetic(items.exact).zeros((1, size))

    return open_account(items, rule, most_states)


def _levels(best: Optimum, most_states: int) -> list[Fraction] | None:
    """The least promise of each period that can be reached."""
    here = {best.start}
    levels = []
    for policy in best.policies:
        levels.append(min(here))
        here = {fraction(after) for z in here for after in policy.at(rational(z))[1]}
        if len(here) > most_states:
            return None
    return levels


@dataclass(frozen=True, eq=False, repr=False)
class Lots(Short):
    """The account of an optimum for one buyer whose promises are drawn by public lots.

    Promises between two points of the function below the optimum are one of the two, with the same mean:
    as the function is linear in between, this earns what the function says. Doubles.
    """

    optimum: Optimum

    @property
    def table(self) -> list[tuple[Array, Array, Array, Array]]:
        """Per period: balances (M, 1), their probabilities (M,), spend and expected deposit (M, 1)."""
        best, rows = self.optimum, []
        points = [np.array([float(fraction(z)) for z in f.points]) for f in best.functions]
        live = [weights > 0 for weights in best.likelihood]
        levels = [float(p[on].min()) for p, on in zip(points, live, strict=True)] + [0.0]
        for t, (values, probabilities) in enumerate(best.items):
            corners, moves = best.policies[t].doubles
            z = points[t][live[t]]
            after = np.stack([np.interp(z, corners, moves[:, j]) for j in range(len(values))], axis=1)
            kept = after - z[:, None] + levels[t] - levels[t + 1]
            spend = np.maximum(-kept.min(axis=1), 0.0)
            balance = z - levels[t]
            deposit = 0 * balance
            if t + 1 < len(best.items):
                kept_on = np.minimum(after, points[t + 1][-1])  # more than can be spent is paid out
                deposit = kept_on @ np.array(probabilities, dtype=float) - levels[t + 1] - balance + spend
            chance = best.likelihood[t][live[t]]
            rows.append((balance[:, None], chance, spend[:, None], deposit[:, None]))
        return rows
