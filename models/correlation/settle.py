"""Any settlement one period later: transfers with given expectations, and the mechanism that they make.

The efficient policy with transfers whose expectation in every block is what the caller wants: claims on the
residual (`targets.py`), shares of the surplus, lotteries that leave nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from ...solvers.errors import AssumptionViolated, InvalidInput
from ...solvers.numbers import Array, Number
from ..efficient import Efficient
from ..mechanism import Mechanism
from .assemble import assemble, systems_used
from .blocks import blocks
from .last_period import LastPeriod
from .lotteries import lottery_systems
from .transfers import check_norm, smallest, smallest_largest
from .vcg_type import vcg_systems

THEOREMS = {"3.1": lottery_systems, "3.2": vcg_systems}
"""By theorem, the systems of an agent's blocks for wanted expectations."""


def check_theorem(theorem: str) -> str:
    """The theorem's word. Raises `InvalidInput` listing the words."""
    if theorem not in THEOREMS:
        raise InvalidInput(f"theorem: {theorem!r} is not one of {', '.join(THEOREMS)}")
    return theorem


def settle(
    plan: Efficient,
    last: LastPeriod | None,
    targets: Mapping[tuple[int, int], Array],
    theorem: str = "3.1",
    norm: str = "max",
    strict: Number = 0,
) -> Mechanism:
    """The efficient policy with the smallest transfers, by `norm`, of these expectations.

    targets: by agent and period (A, X, K), undiscounted money of the next period, laid out as
    `Blocks.at_profiles` does. Only the systems that the policy uses are solved. strict: by how much every lie
    must be dearer than wanted, the same money; lotteries of Theorem 3.1 alone can be. Raises
    `AssumptionViolated` with the place where a system has no solution, `InvalidInput` for unknown words.
    """
    check_theorem(theorem)
    check_norm(norm)
    lotteries = {}
    for (i, t), target in targets.items():
        found = blocks(plan.environment, i, t)
        used = systems_used(plan, found, per_report=theorem == "3.1")
        systems = THEOREMS[theorem](found, target).only(used)
        dearer = np.where(systems.equal, systems.target, systems.target + strict)
        systems = replace(systems, target=dearer)
        best = smallest_largest(systems)
        if not best.feasible.all():
            where = found.place(plan, int(np.flatnonzero(~best.feasible)[0]))
            raise AssumptionViolated(f"correlation: no transfers of Theorem {theorem} exist {where}")
        p = best.p if norm == "max" else smallest(systems, norm).p
        lotteries[i, t] = (p, found.next_others)
    return assemble(plan, last, lotteries)
