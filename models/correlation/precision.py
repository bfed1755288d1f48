"""How far the size of transfers that were found in doubles may be off, by duality.

Let p (nearly) solve B_s · p = c_s where `equal`, B_s · p ≥ c_s elsewhere, and let λ be multipliers, λ_s ≥ 0
except at equations. Whatever p and λ are, the smallest solution p* has

    λ·c / ‖Σ λ_s B_s‖_*  ≤  ‖p*‖  ≤  ‖p‖ + ‖q‖,

with the dual norm on the left, and any q on the right that makes up for what p misses: on the rows that may
bind, scaled to length 1, there is one of length |missed| / σ, σ their smallest singular value, if the other
rows have the slack for it. Missed is what is seen in doubles and what rounding hides of it: of B and p, and
of the amounts that c was made from, which may be far larger than c is.

A small residual alone proves nothing: where rows are 1e-9 apart, transfers that miss by 1e-9 can be any size.
"""

from __future__ import annotations

import numpy as np

from ...solvers.arithmetic import DEPENDENT
from ...solvers.numbers import Array
from .systems import Systems

NEARLY = 1e-6
"""A row may bind where its slack is below this, beside the terms that it is a sum of."""
ORDER = {"max": np.inf, "2": 2, "1": 1}
DUAL = {"max": "1", "2": "2", "1": "max"}


def size_of(p: Array, norm: str) -> Array:
    """(n,): ‖p‖ of vectors (n, Y) by a norm of `transfers.NORMS`."""
    return np.asarray(np.linalg.norm(p, ORDER[norm], axis=1))


def relative_error(systems: Systems, p: Array, proof: Array, norm: str) -> Array:
    """(n,): by how much ‖p‖ may miss the smallest possible size, beside itself or the money in c if larger.

    p (n, Y) and proof λ (n, K) of systems in doubles; infinite where rows that may bind are nearly dependent.
    """
    rows, grain = systems.matrices[systems.which], systems.grain
    size, width = rows.shape[1:]
    gap = np.matmul(rows, p[..., None])[..., 0] - systems.target
    loose = systems.hidden(p)
    missed = np.where(systems.equal, abs(gap), np.maximum(-gap, 0)) + loose
    binding = systems.equal | (gap <= NEARLY / grain * loose)
    length = np.sqrt((rows**2).sum(axis=2))
    cosine = np.matmul(rows, rows.transpose(0, 2, 1)) / (length[:, :, None] * length[:, None, :])
    both = binding[:, :, None] & binding[:, None, :]
    apart = np.sqrt(np.maximum(np.linalg.eigvalsh(np.where(both, cosine, np.eye(size)))[:, 0], 0))
    sure = apart > DEPENDENT  # where they may be dependent nothing is said about ‖q‖
    mended = np.sqrt((np.where(binding, missed / length, 0) ** 2).sum(axis=1)) / np.where(sure, apart, 1)
    sure &= (binding | (gap - loose >= length * mended[:, None])).all(axis=1)
    high = size_of(p, norm) + mended * (np.sqrt(width) if norm == "1" else 1)
    weights = np.where(systems.equal, proof, np.maximum(proof, 0))
    worth = (weights * systems.target).sum(axis=1) - grain * (abs(weights) * systems.amounts).sum(axis=1)
    price = size_of(np.matmul(weights[:, None], rows)[:, 0], DUAL[norm])
    price += grain * size_of(np.matmul(abs(weights)[:, None], abs(rows))[:, 0], DUAL[norm])
    low = np.where(price > 0, worth / np.where(price > 0, price, 1), 0)
    most = np.maximum(high, systems.amounts.max(axis=1))
    error = (high - low) / np.where(most > 0, most, 1)
    return np.where(sure, error, np.inf)
