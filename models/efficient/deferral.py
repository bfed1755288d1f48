"""The pivot mechanism with other timing: payments put off by a period, or a bond posted at the start.

The remark after BV Theorem 2: among all payments of the same present value, which leave incentives as they
are, only the pivot's also keep everybody in and let her go. Payments put off, p_i(θ_{t−1})/δ in period t, are
a debt that she walks away from (participation), and due when she is out (exit). A bond B paid in period 0 and
given back as interest, B (1−δ)/δ in every later period (in a finite horizon B/δ^{T−1} in the last), keeps her
in but moves money when she is out. The judge says so, nothing is asserted.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ...solvers.arithmetic import arithmetic
from ...solvers.errors import AssumptionViolated, InvalidInput
from ...solvers.numbers import number, show
from .pivot import Pivot
from .scheme import Scheme


def deferred(pivot: Pivot) -> Scheme:
    """Every payment a period later, with interest; the last period of a finite horizon pays at once, too.

    Raises `AssumptionViolated` where nothing that is paid later matters, or no period follows.
    """
    env, payments = pivot.environment, []
    _check(pivot, "payments cannot be put off")
    delta: Any = env.discount
    for t in pivot.periods:
        now = pivot.transfers[t]
        owed = [pivot.transfers[before] / delta for before in env.before(t)]
        if t == 0:
            owed.append(arithmetic(env.exact).zeros((len(now), 1)))
        due = np.concatenate(owed, axis=1)[:, :, None]
        late = 0 if t in env.steps else now[:, None]
        payments.append(np.broadcast_to(due + late, (*due.shape[:2], now.shape[1])))
    return Scheme(pivot, True, tuple(payments))


def bonded(pivot: Pivot, bond: Any) -> Scheme:
    """A bond from everybody in period 0 beside the pivot payments, given back with interest.

    bond: a number, or one for each agent who reports. Raises as `deferred`, and `InvalidInput`.
    """
    env = pivot.environment
    _check(pivot, "a bond cannot be given back")
    listed = list(bond) if isinstance(bond, list | tuple | np.ndarray) else [bond] * len(env.private)
    if len(listed) != len(env.private):
        raise InvalidInput(f"bond: {len(listed)} numbers for {len(env.private)} agents who report")
    posted = arithmetic(env.exact).zeros((len(listed), 1))
    for k, value in enumerate(listed):
        posted[k, 0] = number(value, "bond") if env.exact else float(number(value, "bond"))
        if posted[k, 0] < 0:
            raise InvalidInput(f"bond: {show(posted[k, 0])} is negative")
    delta: Any = env.discount
    back = (1 - delta) / delta if env.stationary else 1 / delta ** (env.periods - 1)
    flows = [paid[:, None] for paid in pivot.transfers]
    start, later = flows[0] + posted[:, None], flows[-1] - back * posted[:, None]
    if env.unchanging:
        return Scheme(pivot, False, (np.concatenate([later, start], axis=1),))
    return Scheme(pivot, False, (start, *flows[1:-1], later))


def _check(pivot: Pivot, consequence: str) -> None:
    env = pivot.environment
    if env.discount == 0 or not env.steps:
        why = "the discount is 0" if env.discount == 0 else "there is one period"
        raise AssumptionViolated(f"environment '{env.name}': {why}, and {consequence}")
