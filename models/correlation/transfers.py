"""Transfers p over the others' next types with given expectations: the smallest that there are.

The systems are those of `systems.py`: B_s · p = c_s where `equal`, B_s · p ≥ c_s elsewhere. "Smallest" is by
a norm:

- ``max``, the largest absolute transfer. With p = x / τ it is the linear program max τ, B_s x ≥ or = c_s τ,
  |x| ≤ 1: always feasible, K rows, and τ = 0 exactly where no transfers will do. Its duals λ prove it: every
  solution has ‖p‖_max ≥ Σ λ_s c_s / ‖Σ λ_s B_s‖₁, which is infinite where Σ λ_s B_s = 0 < Σ λ_s c_s.
- ``2``, Euclidean: `solvers/algorithms/least_norm.py`.
- ``1``, the sum of absolute transfers: a linear program.

What doubles find is kept where its size is right for sure (`precision.py`), and found once more over the
rationals where it is not, or where they find nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from ...solvers.algorithms.least_norm import least_norm
from ...solvers.algorithms.small_programs import SmallPrograms, solve_small
from ...solvers.arithmetic import DOUBLE, ROUNDED, arithmetic
from ...solvers.effort import FLOATS, Effort
from ...solvers.errors import InvalidInput
from ...solvers.numbers import Array, Bools, to_float
from ...solvers.short import Short
from .precision import relative_error
from .systems import CERTAIN, Systems


@dataclass(frozen=True, eq=False, repr=False)
class Transfers(Short):
    """Answers to n systems.

    feasible: (n,). p: (n, Y), 0 where infeasible. proof: (n, K) the multipliers λ that prove p smallest, or
    the system infeasible.
    """

    feasible: Bools
    p: Array
    proof: Array


def smallest(
    systems: Systems,
    norm: str = "max",
    rational: Callable[[], Systems] | None = None,
    effort: Effort = FLOATS,
) -> Transfers:
    """The smallest transfers by a norm of `NORMS`: of feasible systems, and by "max" of any.

    rational: the same systems over the rationals where `systems` has them rounded, for those that doubles
    leave in doubt. Of the effort only the time that is left counts. Raises `OutOfTime`.
    """
    find = FINDERS[check_norm(norm)]
    transfers = find(systems, effort)
    if systems.exact:
        return transfers
    error = relative_error(systems, transfers.p, transfers.proof, norm)
    if rational is None:  # rows that agree as far as doubles tell are taken to be the same
        error = np.where(np.isfinite(error), error, 0)
    # Sizes that may be off and expectations that are missed are found once more over the rationals: of the
    # data where it is rational, else of the doubles' exact values.
    missed = ~DOUBLE.negligible(systems.residual(transfers.p), systems.scale)
    doubtful = np.flatnonzero(~transfers.feasible | missed | ~DOUBLE.negligible(error))
    if doubtful.size:
        again = find(rational().only(doubtful) if rational else systems.only(doubtful).to_exact(), effort)
        p, feasible = to_float(again.p), again.feasible
        if rational is None:  # the digits of doubles do not carry further
            feasible = feasible & (CERTAIN * np.abs(p).max(axis=1) <= systems.scale[doubtful])
        transfers.feasible[doubtful], transfers.proof[doubtful] = feasible, to_float(again.proof)
        transfers.p[doubtful] = np.where(feasible[:, None], p, 0.0)
    return transfers


def _least_largest(systems: Systems, effort: Effort) -> Transfers:
    n, width = len(systems), systems.matrices.shape[2]
    met = np.where(systems.equal, systems.target == 0, systems.target <= 0)
    busy = np.flatnonzero(~np.asarray(met, dtype=bool).all(axis=1))
    feasible, p = np.ones(n, dtype=bool), arithmetic(systems.exact).zeros((n, width))
    proof = arithmetic(systems.exact).zeros(systems.target.shape)
    if busy.size:
        scaled, proof[busy] = _scaled_up(systems.only(busy), effort)
        good = np.asarray(np.isfinite(to_float(scaled)).all(axis=1), dtype=bool)
        feasible[busy] = good
        p[busy[good]] = scaled[good]
    return Transfers(feasible, p, proof)


def _scaled_up(systems: Systems, effort: Effort) -> tuple[Array, Array]:
    """(p (n, Y), infinite where there is none; λ (n, K)), by the program in x and τ.

    The rows but one, which is an equation, are replaced by their differences from it, scaled to size 1: rows
    that nearly agree then cost no precision.
    """
    exact, rows = systems.exact, systems.matrices[systems.which]
    n, size, width = rows.shape
    numbers = arithmetic(exact)
    own, first = np.arange(n), systems.equal.argmax(axis=1)
    others = np.ones((n, size), dtype=bool)
    others[own, first] = False
    apart = np.where(others[:, :, None], rows - rows[own, first][:, None, :], rows)
    unit = numbers.divisor(abs(apart).max(axis=2))
    wanted = np.where(others, systems.target - systems.target[own, first][:, None], systems.target) / unit
    scale = numbers.divisor(abs(wanted).max(axis=1))
    # Transfers are at least as large as the expectations that they must have, or exceed.
    least = np.where(systems.equal, abs(systems.target), np.maximum(systems.target, 0 * systems.target))
    floor = least.max(axis=1)
    none, one = arithmetic(exact).zeros(1), numbers.ones(width)
    infinite = np.array([np.inf], dtype=none.dtype)
    objective = arithmetic(exact).zeros(width + 1)
    objective[-1] += 1
    solved = solve_small(
        SmallPrograms.of(
            np.concatenate([apart / unit[:, :, None], -(wanted / scale[:, None])[:, :, None]], axis=2),
            objective,
            none,
            np.where(systems.equal, none, infinite),
            np.concatenate([-one, none]),
            np.concatenate([np.broadcast_to(one, (n, width)), (scale / floor)[:, None]], axis=1),
        ),
        effort,
    )
    share = solved.value
    good = np.asarray(share > numbers.slack(1, CERTAIN), dtype=bool)  # else no transfers will do
    p: Array = np.full((n, width), np.inf, dtype=one.dtype)
    p[good] = solved.primal[good, :width] * (scale[good] / share[good])[:, None]
    proof = -solved.dual / unit
    proof[own, first] = proof[own, first] - np.where(others, proof, 0 * proof).sum(axis=1)
    # Where nothing larger is needed, the row with that expectation proves it by itself.
    trivial = np.flatnonzero(np.asarray(share * floor >= scale * (1 - numbers.slack(1, ROUNDED)), dtype=bool))
    widest = least[trivial].argmax(axis=1)
    proof[trivial] = 0 * proof[trivial]
    proof[trivial, widest] += np.where(systems.target[trivial, widest] < 0, -1, 1)
    return p, proof


def _least_squares(systems: Systems, effort: Effort) -> Transfers:
    """p = Σ λ_s B_s, which proves it."""
    solved = least_norm(systems.matrices, systems.target, systems.equal, systems.which, effort)
    return Transfers(solved.feasible, solved.p, solved.multipliers)


def _least_sum(systems: Systems, effort: Effort) -> Transfers:
    """p = p⁺ − p⁻, both nonnegative, with least sum."""
    exact, scale, rows = systems.exact, systems.scale, systems.matrices[systems.which]
    n, _, width = rows.shape
    none = arithmetic(exact).zeros(2 * width)
    infinite = np.array([np.inf], dtype=none.dtype)
    wanted = systems.target / scale[:, None]
    solved = solve_small(
        SmallPrograms.of(
            np.concatenate([rows, -rows], axis=2),
            none - 1,
            wanted,
            np.where(systems.equal, wanted, infinite),
            none,
            none + infinite,
        ),
        effort,
    )
    p = (solved.primal[:, :width] - solved.primal[:, width:]) * scale[:, None]
    return Transfers(np.ones(n, dtype=bool), p, -solved.dual)


FINDERS: dict[str, Callable[[Systems, Effort], Transfers]] = {
    "max": _least_largest,
    "2": _least_squares,
    "1": _least_sum,
}
NORMS = tuple(FINDERS)


def check_norm(norm: str) -> str:
    """The norm's word. Raises `InvalidInput` listing the words."""
    if norm not in NORMS:
        raise InvalidInput(f"norm: {norm!r} is not one of {', '.join(NORMS)}")
    return norm


def largest(p: Array, feasible: Bools) -> Array:
    """(n,): the largest absolute transfer of each feasible system, infinite elsewhere."""
    return np.where(feasible, abs(p).max(axis=1), np.inf)
