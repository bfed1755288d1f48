"""Plans where only the next lower report counts, in every period: one number goes along each history.

Let every type be as likely after one report as possible after another (the same types after all), so that the
rows of `first-order` are about neighbours alone. With ΔV_k = V_k − V_{k−1} at a history and F the
distribution of the next type, summation by parts turns the row of k = l + 1 into

    ΔV_k ≥ v(k, q_l) − v(l, q_l) + δ Σ_m [F(m | l) − F(m | k)] ΔV'_{m+1}        (V' after the report l).

Where some bracket is negative, ΔV'_{m+1} may be as large as one likes and costs nothing: k's lie about l is
free to stop, and so is any whose bracket for such an m is positive. Elsewhere all ΔV' are as small as they
may be, and a multiplier ρ π_l of the row, l's chance taken out, becomes ρ [F(m | l) − F(m | k)] / μ(m | l) of
the next: with nothing else to remember, the best plan is worth

    W_t(l, ρ) = max_a  g(l, a) − ρ Δv(l, a) + δ Σ_m μ(m | l) W_{t+1}(m, ρ [F(m | l) − F(m | k)] / μ(m | l)),

convex in ρ. It is found at the numbers that histories lead to and, where these are very many, at some of
them: from above by chords in between, from below by the lines of plans that were found.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from ...solvers.arithmetic import ROUNDED
from ...solvers.numbers import Array, Bools, Floats, Ints, as_doubles
from ...solvers.short import Short
from ..environment.environment import Environment
from .first_types import Beginnings
from .plans import BestPlan, FirstPlan

FEW, MANY = 500, 16_000
"""Numbers at which a type is looked at, at first and at last."""
EPS = 4 * float(np.finfo(np.float64).eps)


def supports(env: Environment) -> list[Ints] | str:
    """By period the types that occur; or which row of which period has others than its neighbours."""
    agent = env.agents[0]
    kept = [np.flatnonzero(agent.prior)]
    for t, kernel in enumerate(agent.kernels):
        there = _table(env, t)[:, kept[-1]] > 0
        odd = np.argwhere((there != there[:1, :1]).any(axis=2))
        if len(odd):
            a, k = (int(place) for place in odd[0])
            action = f", action '{env.actions[t][a]}'" if kernel.controlled else ""
            one, other = agent.types[t][kept[-1][k]], agent.types[t][kept[-1][0]]
            return (
                f"agent '{agent.name}', period {t}{action}: type '{one}' leads to other types than '{other}'"
                ", and after a lie every report counts at improbable ones"
            )
        kept.append(np.flatnonzero(there[0, 0]))
    return kept


def _table(env: Environment, t: int) -> Array:
    """(A or 1, K, K'): how types move, over the actions that are open."""
    kernel, feasible = env.agents[0].kernels[t], env.feasible[t]
    actions = np.arange(len(kernel.table))
    if kernel.controlled and feasible is not None:
        actions = np.flatnonzero(feasible)
    own, after = np.arange(len(env.agents[0].types[t])), np.arange(len(env.agents[0].types[t + 1]))
    return kernel.probability(actions[:, None, None], [], own[:, None], after)


@dataclass(frozen=True, eq=False, repr=False)
class Step(Short):
    """A period of P types that occur, in doubles. gains: (A, P). rises: (A, P), Δv, 0 for the highest. moves:
    (A or 1, P, P') and passed (A or 1, P, P'), brackets, None in the last period."""

    gains: Floats
    rises: Floats
    moves: Floats | None
    passed: Floats | None


class Impulses:
    """The plans of all first types of a question, each about herself and the next higher one."""

    def __init__(self, env: Environment, first: Beginnings, kept: list[Ints], few: int = FEW) -> None:
        """kept: the `supports`. Brackets are judged in the arithmetic of the environment."""
        self.few, self._steps = few, []
        free: Bools = np.zeros(0, dtype=bool)
        self._discount, reach = float(env.discount), 0.0
        for t in range(env.periods - 1, -1, -1):
            values, gains = (as_doubles(table[t][:, kept[t]], "") for table in (first.values, first.gains))
            rises = np.diff(values, axis=1, append=values[:, -1:])
            if t == env.periods - 1:
                free = np.zeros(len(kept[t]), dtype=bool)
                self._steps.append(Step(gains, rises, None, None))
                reach = float(abs(rises).max())
                continue
            moves = _table(env, t)[:, kept[t]][:, :, kept[t + 1]]
            below = np.cumsum(moves, axis=2)
            passed = below * 0
            passed[:, :-1, :-1] = below[:, :-1, :-1] - below[:, 1:, :-1]
            if env.discount == 0:
                passed = passed * 0
            if not env.exact:
                passed[abs(passed) <= ROUNDED] = 0.0
            odd = np.asarray((passed < 0) | ((passed > 0) & free), dtype=bool)
            free = np.asarray(odd.any(axis=(0, 2)))
            passed[:, free] = 0  # no multiplier ever gets there
            self._steps.append(Step(gains, rises, as_doubles(moves, ""), as_doubles(passed, "")))
            reach = float(abs(rises).max()) + self._discount * reach * float(passed.sum(axis=2).max())
        self._steps.reverse()
        held = first.lies & ~free[None, : len(first.types)]
        self.first = replace(first, lies=held)
        self._chance = as_doubles(first.chance, "prior")
        self._lost, self._reach = EPS * 16 * len(self._steps), reach
        self.lost = self._lost * max(first.size, reach)

    def start(self) -> list[FirstPlan]:
        """The best at no prices: where only neighbours lie there is no way round."""
        return [one.plan for one in self.priced(np.zeros((len(self._chance),) * 2))]

    def refine(self) -> bool:
        """Look at more numbers, if there are to be more."""
        self.few *= 2
        return self.few <= MANY

    def priced(self, multipliers: Array) -> list[BestPlan]:
        """A good plan of every first type, and what no better one exceeds."""
        count = len(self._chance)
        price = np.zeros(count)
        price[:-1] = np.diag(multipliers, -1) / self._chance[:-1]
        grids = self._grids(price)
        upper: list[Floats] = []
        lines: list[tuple[Floats, Floats]] = []
        for t in range(len(grids) - 1, -1, -1):
            upper, lines = self._values(t, grids, upper, lines)
        plans = []
        for own, rho in enumerate(price):
            at = int(np.searchsorted(grids[0][own], rho))
            worth, leaves = (float(side[at]) for side in lines[own])
            gained = np.zeros(count)
            if own + 1 < count:
                gained[own + 1] = leaves
            lost = self._lost * (self.first.size + rho * self._reach)
            bound = self._chance[own] * (float(upper[own][at]) + lost)
            plans.append(BestPlan(FirstPlan(worth, gained), bound))
        return plans

    def _grids(self, price: Floats) -> list[list[Floats]]:
        """By period and type the numbers at which it is looked at, 0 and the largest among them."""
        grids = [[np.unique([0.0, rho]) for rho in price]]
        for step in self._steps[:-1]:
            if step.moves is None or step.passed is None:
                raise AssertionError("no period follows")
            ratio = step.passed / step.moves
            here = []
            for m in range(ratio.shape[2]):
                led = [np.outer(ratio[:, p, m], before).ravel() for p, before in enumerate(grids[-1])]
                numbers = np.unique(np.concatenate([np.zeros(1), *led]))
                if len(numbers) > self.few:
                    numbers = numbers[np.linspace(0, len(numbers) - 1, self.few).round().astype(np.int64)]
                here.append(numbers)
            grids.append(here)
        return grids

    def _values(
        self, t: int, grids: list[list[Floats]], upper: list[Floats], lines: list[tuple[Floats, Floats]]
    ) -> tuple[list[Floats], list[tuple[Floats, Floats]]]:
        """Per type of period t, at its numbers (n,): what no plan exceeds, and the worth and rent of one."""
        step = self._steps[t]
        values, plans = [], []
        for p, rho in enumerate(grids[t]):
            most = step.gains[:, p, None] - rho * step.rises[:, p, None]
            worth = np.broadcast_to(step.gains[:, p, None], most.shape)
            rent = np.broadcast_to(step.rises[:, p, None], most.shape)
            if step.moves is not None and step.passed is not None:
                for m, grid in enumerate(grids[t + 1]):
                    chance = self._discount * step.moves[:, p, m, None]
                    passed = self._discount * step.passed[:, p, m, None]
                    there = rho * (step.passed[:, p, m, None] / step.moves[:, p, m, None])
                    most = most + chance * np.interp(there, grid, upper[m])
                    own = _best_line(there, grid, *lines[m])
                    worth, rent = worth + chance * lines[m][0][own], rent + passed * lines[m][1][own]
            values.append(most.max(axis=0))
            chosen = (worth - rho * rent).argmax(axis=0), np.arange(len(rho))
            plans.append((worth[chosen], rent[chosen]))
        return values, plans


def _best_line(at: Floats, grid: Floats, worth: Floats, rent: Floats) -> Ints:
    """Of the lines found at the neighbours of these numbers in the grid, the higher one there."""
    right = np.minimum(np.searchsorted(grid, at), len(grid) - 1)
    left = np.maximum(right - 1, 0)
    return np.where(worth[left] - at * rent[left] > worth[right] - at * rent[right], left, right)
