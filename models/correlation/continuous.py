"""Continuous signals (LIU section 5): transfers that nearly make agents residual claimants.

Signals in [0, 1] are put on a grid: own signals are points t, what they foretell is a density f(s | t) over
the other's next signal, integrated over cells (Gauss-Legendre). Transfers that are constant on cells then
have expectations B p, and the least error with which these can be claims c,

    ε = min over p of max over t |B_t p − c_t|                               (Lemma 5.2, own report left out),
    ε = the same over lotteries p_t, no lie cheaper: B_t p_t ≤ B_t p_r for all r                 (Lemma 5.1),

is a linear program a block. It falls to 0 as cells shrink where the density meets condition (6), or (5).

Claims missed by ε leave gains from one lie of up to 2ε: ε now, ε at the report; but what later periods leave
misses W by up to ε each as well, so that the bound on one lie is 2ε / (1 − δ) (errata: not ε).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from ...solvers.algorithms.small_programs import SmallPrograms, solve_small
from ...solvers.arithmetic import arithmetic, arithmetic_of
from ...solvers.effort import FLOATS, Effort
from ...solvers.errors import InvalidInput
from ...solvers.numbers import Array, Ints, Number, is_exact
from ...solvers.short import Short
from ..environment.environment import Environment
from ..mechanism.mechanism import Mechanism
from ..society.problem import action_values, transitions
from .blocks import BeliefBlocks
from .course import Course, Place
from .on_path import OnPath, on_path
from .settle import Lotteries, Settlement, blocks_used
from .targets import residual_claims
from .theorems import check_theorem

Density = Callable[[Array, Array], Array]
"""f(s, t): arrays of next and own signals in [0, 1], broadcast against each other, to densities."""
MASS = 1e-6
"""Cells whose probabilities add up to 1 within this are taken to be all there is."""


def cell_probabilities(density: Density, signals: Array, edges: Array, order: int = 24) -> Array:
    """Probability (K, M) of every cell given every own signal, in doubles, by Gauss-Legendre quadrature.

    signals: (K,) own signals; edges: (M + 1,) increasing ends of the cells; order: points a cell. Rows are
    scaled to add up to 1 exactly as far as doubles do. Raises `InvalidInput` for a density that is negative,
    or whose integral is off by more than `MASS` (with the signal).
    """
    points, weights = np.polynomial.legendre.leggauss(order)
    width = np.diff(np.asarray(edges, dtype=float))
    nodes = edges[:-1, None] + width[:, None] * (points + 1) / 2
    values = np.asarray(density(nodes[None], np.asarray(signals, dtype=float)[:, None, None]), dtype=float)
    values = np.broadcast_to(values, (len(signals), *nodes.shape))
    if (values < 0).any():
        k = int(np.argwhere(values < 0)[0][0])
        raise InvalidInput(f"density: negative ({values.min():.6g}) given signal {float(signals[k]):.6g}")
    cells: Array = (values * weights).sum(axis=-1) * width / 2
    mass = cells.sum(axis=1)
    worst = int(np.argmax(abs(mass - 1)))
    if abs(mass[worst] - 1) > MASS:
        raise InvalidInput(
            f"density: integrates to {mass[worst]:.9g}, not 1, given signal {float(signals[worst]):.6g}; its "
            "cells may be too wide for the quadrature"
        )
    rows: Array = cells / mass[:, None]
    return rows


def smallest_errors(matrices: Array, target: Array, effort: Effort = FLOATS) -> tuple[Array, Array]:
    """Lemma 5.2: (ε (n,), transfers (n, Y)) for matrices (n, K, Y) and claims (n, K).

    ε is by how much these transfers do miss: in doubles a little more than the least.
    """
    n, size, width = matrices.shape
    exact = is_exact(matrices)
    scale = _scale(target)
    wanted = target / scale[:, None]
    one = arithmetic(exact).ones((n, size, 1))
    below = np.concatenate([matrices, one], axis=2)
    above = np.concatenate([matrices, -one], axis=2)
    infinite = arithmetic(exact).full((n, size), np.inf)
    solved = solve_small(
        SmallPrograms.of(
            np.concatenate([below, above], axis=1),
            _only_last(width, exact),
            np.concatenate([wanted, -infinite], axis=1),
            np.concatenate([infinite, wanted], axis=1),
            *_bounds(n, width, exact),
        ),
        effort,
    )
    p = solved.primal[:, :width] * scale[:, None]
    return abs(np.matmul(matrices, p[..., None])[..., 0] - target).max(axis=1), p


def smallest_lottery_errors(
    matrices: Array, target: Array, effort: Effort = FLOATS
) -> tuple[Array, Array]:
    """Lemma 5.1: (ε (n,), lotteries (n, K reports, Y)), as `smallest_errors` for every report."""
    n, size, width = matrices.shape
    exact = is_exact(matrices)
    scale = _scale(target)
    wanted = target / scale[:, None]
    own = np.arange(size)
    # Columns: the lottery of every report, then ε. Rows: truth near its claim from below and from above, then
    # every lie (s, r) less the truth of s.
    truth = arithmetic(exact).zeros((n, size, size, width))
    truth[:, own, own] = matrices
    lies = arithmetic(exact).zeros((n, size, size, size, width))
    lies[:, :, own, own] += matrices[:, :, None, :]
    lies -= truth[:, :, None]
    apart = np.flatnonzero(~np.eye(size, dtype=bool).reshape(-1))
    flat = lies.reshape(n, size * size, size * width)[:, apart]
    one, none = arithmetic(exact).ones((n, size, 1)), arithmetic(exact).zeros((n, len(apart), 1))
    truth = truth.reshape(n, size, size * width)
    infinite, free = arithmetic(exact).full((n, size), np.inf), arithmetic(exact).zeros((n, len(apart)))
    solved = solve_small(
        SmallPrograms.of(
            np.concatenate(
                [
                    np.concatenate([truth, one], axis=2),
                    np.concatenate([truth, -one], axis=2),
                    np.concatenate([flat, none], axis=2),
                ],
                axis=1,
            ),
            _only_last(size * width, exact),
            np.concatenate([wanted, -infinite, free], axis=1),
            np.concatenate([infinite, wanted, free + np.inf], axis=1),
            *_bounds(n, size * width, exact),
        ),
        effort,
    )
    p = (solved.primal[:, :-1] * scale[:, None]).reshape(n, size, width)
    return abs((matrices * p).sum(axis=2) - target).max(axis=1), p


def _scale(target: Array) -> Array:
    return arithmetic_of(target).divisor(abs(target).max(axis=1))


def _only_last(width: int, exact: bool) -> Array:
    objective = arithmetic(exact).zeros(width + 1)
    objective[-1] -= 1
    return objective


def _bounds(n: int, width: int, exact: bool) -> tuple[Array, Array]:
    """Transfers are free, 0 ≤ ε ≤ 1 (no transfers at all miss by the largest claim, scaled to 1)."""
    lower, upper = (arithmetic(exact).full((n, width + 1), end) for end in (-np.inf, np.inf))
    lower[:, -1], upper[:, -1] = arithmetic(exact).zeros(n), arithmetic(exact).ones(n)
    return lower, upper


@dataclass(frozen=True, eq=False, repr=False)
class Approximation(Short):
    """The best transfers on a grid, and what they leave to gain.

    errors: by agent and period (blocks,), in money of the period of the report, in the order of
    `BeliefBlocks.each`; error: the largest, ε. gain: the most that one lie gains at any profile, later
    reports being true; bound: 2ε (1 + δ + δ² + ...). mechanism: the efficient policy with the transfers.
    """

    environment: Environment
    course: Course
    theorem: str
    errors: dict[Place, Array]
    gain: Number
    bound: Number
    mechanism: Mechanism

    @property
    def error(self) -> Number:
        """ε, over all agents, periods and blocks."""
        largest: Number = max(error.max() for error in self.errors.values())
        return largest


def approximate(
    env: Environment, bins: int | None = None, *, theorem: str = "3.2", effort: Effort = FLOATS
) -> Approximation:
    """The transfers that miss residual claims least, constant on `bins` cells of each other agent's types.

    env: an environment on a grid, types in the order of the signals. bins: at most as many cells of (nearly)
    equal numbers of types as there are types; None is one a type. theorem: "3.2", transfers that do not
    depend on the own report (Lemma 5.2), or "3.1", lotteries (Lemma 5.1). effort: as in `correlation`.

    Raises `InvalidInput` for words and numbers that are none, `AssumptionViolated` as `residual_claims`,
    `TooLarge`, `OutOfTime`.
    """
    check_theorem(theorem)
    if bins is not None and bins < 1:
        raise InvalidInput(f"bins: {bins}; at least 1 is needed")
    course = Course.of(env, effort.begun())
    work = course.environment
    if not work.stationary and work.periods == 1:
        raise InvalidInput("bins: there is one period, and nothing is paid after it")
    errors, lotteries = {}, {}
    for place, beliefs in course.places():
        errors[place], lotteries[place] = _nearest(course, beliefs, bins, theorem)
    mechanism = Settlement(course, lotteries).require()
    path = on_path(work, mechanism, course.effort)
    gain = max(_one_lie(course, path, lottery) for lottery in lotteries.values())
    error = max(worst.max() for worst in errors.values())
    periods = 1 / (1 - work.discount) if work.stationary else _sum(work.discount, work.periods - 1)
    return Approximation(env, course, theorem, errors, gain, 2 * error * periods, mechanism)


def _sum(discount: Number, periods: int) -> Number:
    """1 + δ + ... over so many periods."""
    total: Number = discount * 0
    for _ in range(periods):
        total = 1 + discount * total
    return total


def cells_of(env: Environment, i: int, t: int, bins: int | None) -> Ints:
    """(Y,): the product of the others' cells that each of their profiles in period t lies in."""
    code = np.zeros(1, dtype=np.int64)
    for j, count in enumerate(env.types(t)):
        if j == i:
            continue
        number = count if bins is None else min(bins, count)
        cell = np.arange(count) * number // count
        code = (code[:, None] * number + cell).reshape(-1)
    return code


def _nearest(
    course: Course, beliefs: BeliefBlocks, bins: int | None, theorem: str
) -> tuple[Array, Lotteries]:
    """(errors (blocks,) of today's money, the transfers)."""
    env = course.environment
    cell = cells_of(env, beliefs.agent, 0 if env.stationary else beliefs.period + 1, bins)
    indicator = arithmetic(env.exact).zeros((len(cell), int(cell.max()) + 1))
    indicator[np.arange(len(cell)), cell] += 1
    actions, others = np.nonzero(beliefs.feasible)
    matrices = beliefs.matrices[beliefs.matrix_of[actions, others]] @ indicator
    target = residual_claims(course, beliefs)
    lotteries = theorem == "3.1"
    find = smallest_lottery_errors if lotteries else smallest_errors
    errors, p = find(matrices, target[actions, others], course.effort)
    block = blocks_used(course, beliefs)
    settled = p[block, np.arange(beliefs.shape[2])] if lotteries else p[block]
    paid = arithmetic(env.exact).zeros((beliefs.profile.size, len(cell)))
    paid[beliefs.profile] = settled[..., cell]
    return env.discount * errors, Lotteries(beliefs, target, paid)


def _one_lie(course: Course, path: OnPath, lotteries: Lotteries) -> Number:
    """The most that one lie gains the agent at any profile of the period, truth following it."""
    beliefs = lotteries.blocks
    env, t, i = course.environment, beliefs.period, beliefs.agent
    last = course.left(t)
    after = path.payoffs[env.after(t)][i] if last is None else last.values[i]
    ahead = env.discount * transitions(env, t).expected(after)
    worth = action_values(env, t, i) + ahead
    action = lotteries.actions(course)
    due = env.discount * lotteries.expected(course)
    left = worth[action[:, None, :], beliefs.profile[:, :, None]] - due
    own = np.arange(beliefs.shape[2])
    most: Number = (left - left[:, own, own][:, :, None]).max()
    return most
