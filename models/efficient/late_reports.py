"""What arrivals that only the buyers see cost: payments by the envelope, observed and hidden, and Theorem 6.

Under the efficient plan, buyer i who reports in period t that she came, with value θ', is served with
discounted probability X_t(a, θ'; o) if in truth she came in period a ≤ t and the others and the good stand at
o: the plan follows her report, the others' arrivals her true date. She pays P_t(θ'; o) when she reports.
Nobody gains by another value, and nobody has less than nothing, with the least rents U_t(θ; o) that satisfy

    U(θ_{l+1}) ≥ U(θ_l) + (θ_{l+1} − θ_l) X(θ_l),       U(θ_l) ≥ U(θ_{l+1}) − (θ_{l+1} − θ_l) X(θ_{l+1}),
    U(θ_l) ≥ B_t(θ_l; o),

where B = 0 if arrivals are observed. If they are hidden, B_t is the best of saying nothing yet: with H the
value of one who has not reported,

    H_t(a, θ; o) = max(max_{θ'} θ X_t(a, θ'; o) − P_t(θ'; o), δ E[H_{t+1}(a, θ; o')]),      H_T = 0,

and B_t(θ) is the second term at a = t. The periods are solved backwards. P = θ X − U may be negative: an
early arrival is paid where her coming late would be served sooner. By Theorem 6 that is not so where arrivals
are Markov and the plan is monotone in arrivals, no later date of hers ever having her served earlier. Both
conditions count: P is settled when she reports, in expectation over what is to come, and where that depends
on her date, an early buyer who reports late knows better, though the plan be monotone. Whoever is paid for a
report that she came can be somebody who never comes: a fake arrival.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations
from typing import Any

import numpy as np

from ...solvers.arithmetic import arithmetic
from ...solvers.numbers import Array, Ints, Number
from ...solvers.short import Short
from ..answers.answer import Answer
from ..environment.environment import Environment
from ..environment.kernels import Process
from .arrival_order import ArrivalOrder, LateReport
from .efficient import efficient
from .hidden_arrivals import HiddenArrivals
from .satisfied import shortfall


@dataclass(frozen=True, eq=False, repr=False)
class DatedPayments(Short):
    """One buyer's payments, by the period in which she comes: arrays (m, O) of values and where others stand,
    (0, O) where she cannot come.

    service: X on the truth. observed, hidden: P. reach: the probability that she comes then with that value.
    """

    name: str
    discount: Number
    service: tuple[Array, ...]
    observed: tuple[Array, ...]
    hidden: tuple[Array, ...]
    reach: tuple[Array, ...]

    @property
    def paid_observed(self) -> Number:
        """The most that she pays in expectation, discounted, where arrivals are observed."""
        return self._expected(self.observed)

    @property
    def paid_hidden(self) -> Number:
        """The same where they are hidden."""
        return self._expected(self.hidden)

    @property
    def fake(self) -> tuple[Array, ...]:
        """By period (O,): the most that somebody without a value is paid, where arrivals are hidden, for the
        report that she came; 0 where every report costs her something."""
        zero: Any = 0 * self.discount
        return tuple(shortfall(paid).max(axis=0, initial=zero) for paid in self.hidden)

    def _expected(self, payments: tuple[Array, ...]) -> Number:
        pairs = enumerate(zip(self.reach, payments, strict=True))
        result: Number = sum(self.discount**t * (odds * paid).sum() for t, (odds, paid) in pairs)
        return result


@dataclass(frozen=True, eq=False, repr=False)
class LateReports(Answer):
    """The efficient plan with hidden arrivals: welfare, everybody's payments, and whether it is monotone."""

    welfare: Number
    buyers: tuple[DatedPayments, ...]
    order: ArrivalOrder


def late_reports(model: HiddenArrivals) -> LateReports:
    """Payments of the efficient plan with observed and with hidden arrivals, and the test of Theorem 6.

    (With an efficient plan X increases in the value: it is a slope of welfare, which is convex in it.) Raises
    `TooLarge`.
    """
    env = model.environment()
    plan = efficient(env)
    policy = [chosen.reshape(env.types(t)) for t, chosen in enumerate(plan.policy)]
    start = _process(env).prior
    welfare = (start.ravel() * plan.welfare[0]).sum()
    reach = list(_distributions(env, policy))
    buyers = tuple(_payments(model, env, policy, reach, i) for i in range(len(model.names)))
    return LateReports(welfare, buyers, _order(model, policy))


def _process(env: Environment) -> Process:
    if env.process is None:
        raise AssertionError("arrivals are one joint process")
    return env.process


def _distributions(env: Environment, policy: list[Ints]) -> Iterator[Array]:
    """The probability of every profile of each period under the plan."""
    process = _process(env)
    now = process.prior
    for t in range(env.periods):
        yield now
        if t + 1 < env.periods:
            rows = process.transitions[t].reshape(env.num_actions(t), now.size, -1)
            step = rows[policy[t].ravel(), np.arange(now.size)]
            now = (now.reshape(-1, 1) * step).sum(axis=0).reshape(env.types(t + 1))


def _first(table: Array, i: int) -> Array:
    """(S_i, O): an array over profiles with buyer i's type first."""
    moved = np.moveaxis(table, i, 0)
    return moved.reshape(len(moved), -1)


def _kernel(env: Environment, t: int, i: int) -> Array:
    """(A, S_i, O, O'): how the others and the good move, given buyer i's true type."""
    count = env.num_agents
    table = np.moveaxis(_process(env).transitions[t], [1 + i, 1 + count + i], [1, 1 + count])
    sizes, after = env.types(t), env.types(t + 1)
    here, there = int(np.prod(sizes)) // sizes[i], int(np.prod(after)) // after[i]
    kernel: Array = table.reshape(len(table), sizes[i], here, after[i], there).sum(axis=3)
    return kernel


def _payments(
    model: HiddenArrivals, env: Environment, policy: list[Ints], reach: list[Array], i: int
) -> DatedPayments:
    values, rate = model.values[i], model.discount
    kind = arithmetic(env.exact)
    service: list[Array] = []
    observed: list[Array] = []
    hidden: list[Array] = []
    came: list[Array] = []
    served: Array = kind.zeros((0, 0, 0))  # X (true type, reported type, O) of the next period
    silent: Array = kind.zeros((0, 0))  # H (true type, O)
    for t in reversed(range(model.periods)):
        chosen = _first(policy[t], i)
        size, others = chosen.shape
        new = model.coming(i, t)
        won = np.broadcast_to(model.served(t)[chosen] == i, (size, size, others))
        wait = kind.zeros((size, others))
        later = kind.zeros((size, size, others))
        if t + 1 < model.periods:
            move = _kernel(env, t, i)
            own, here = np.arange(size)[:, None], np.arange(others)
            wait = rate * (move[chosen[0], own, here] * silent[:size, None, :]).sum(axis=-1)
            for report in range(size):
                step = move[chosen[report], own, here]
                later[:, report] = rate * (step * served[:size, report, None, :]).sum(axis=-1)
        served = np.where(won, later * 0 + 1, later)
        truth, worth = served[new, new], values[: len(new), None]
        for known in (True, False):
            rent = _least_rents(worth, truth, 0 * wait[new] if known else wait[new])
            (observed if known else hidden).insert(0, worth * truth - rent)
        silent = wait
        if new.size:
            true = np.append(0, np.tile(values, (size - 1) // len(values)))  # the first has not come
            best = (true[:, None, None] * served[:, new] - hidden[0]).max(axis=1)
            silent = np.maximum(best, wait)
        service.insert(0, truth)
        came.insert(0, _first(reach[t], i)[new])
    return DatedPayments(
        model.names[i], rate, tuple(service), tuple(observed), tuple(hidden), tuple(came)
    )


def _least_rents(values: Array, served: Array, bound: Array) -> Array:
    """The least U (m, O) above its bound (m, O) and nothing, with which no value (m, 1) gains as another."""
    rents: Array = np.maximum(bound, 0 * bound)
    step = np.diff(values, axis=0)
    for k in range(len(step)):
        rents[k + 1] = np.maximum(rents[k + 1], rents[k] + step[k] * served[k])
    for k in range(len(step) - 1, -1, -1):
        rents[k] = np.maximum(rents[k], rents[k + 1] - step[k] * served[k + 1])
    return rents


def _order(model: HiddenArrivals, policy: list[Ints]) -> ArrivalOrder:
    """Every list of dates and values, those of probability zero too, with every later date of every buyer."""
    count, T = len(model.names), model.periods
    last = [model.types(i, T - 1) for i in range(count)]
    final = np.indices(last).reshape(count, -1)
    dates = np.stack([model.date(i)[final[i]] for i in range(count)])
    sold = np.zeros(final.shape[1], dtype=np.int64)
    served = np.full(final.shape, T)
    for t in range(T):
        buyer = model.served(t)[policy[t][(*np.where(dates <= t, final, 0), sold)]]
        there = (buyer >= 0) & (np.take_along_axis(dates, np.maximum(buyer, 0)[None], axis=0)[0] <= t)
        served[buyer[there], np.flatnonzero(there)] = t
        sold = np.where(buyer >= 0, 1, sold)
    checked = violations = saved = 0
    witness: LateReport | None = None
    stride = np.append(np.cumprod(last[::-1])[::-1][1:], 1)
    for i in range(count):
        for a, b in combinations(model.dates[i].tolist(), 2):
            rows = np.flatnonzero(dates[i] == a)
            late = rows + stride[i] * (model.coming(i, b)[0] - model.coming(i, a)[0])
            gain = served[i, rows] - served[i, late]
            checked += len(rows)
            violations += int((gain > 0).sum())
            if gain.size and (most := int(gain.max())) > saved:
                saved, row = most, int(rows[np.argmax(gain)])
                labels = [model.labels(j, T - 1)[final[j, row]] for j in range(count)]
                when = int(served[i, row])
                witness = LateReport(
                    who=f"{model.names[i]} with value {labels[i].split(' since ')[0]}",
                    others=tuple(
                        f"{model.names[j]} with {labels[j].replace(' since ', ' in period ')}"
                        for j in range(count)
                        if j != i and dates[j, row] < T
                    ),
                    arrives=a,
                    reports=b,
                    served=None if when == T else when,
                    served_late=int(served[i, late[np.argmax(gain)]]),
                )
    return ArrivalOrder(checked, violations, witness)
