"""Whether a quadratic objective curves the right way, one connected component of Q at a time, in doubles."""

from __future__ import annotations

import numpy as np
from scipy.sparse.csgraph import connected_components

from .arithmetic import DOUBLE
from .errors import InvalidInput
from .program import Program


def require_convex(program: Program) -> None:
    """Raise ``InvalidInput`` naming a column where Q is not semidefinite (negative for max, else positive).

    Dense eigenvalues of each component: cubic in the size of the largest one.
    """
    if program.quadratic is None:
        return
    p = program.to_float()
    q = p.hessian if p.sense == "min" else -p.hessian
    allowed = -DOUBLE.slack(abs(q).max())
    count, part = connected_components(q, directed=False)
    sizes = np.bincount(part, minlength=count)
    worst = q.diagonal()
    alone = sizes[part] == 1
    for k in np.flatnonzero(sizes > 1).tolist():
        members = np.flatnonzero(part == k)
        worst[members] = np.linalg.eigvalsh(q[members][:, members].toarray())[0]
    at = int(np.argmin(worst)) if worst.size else 0
    if worst.size and worst[at] < allowed:
        kind, what = ("negative", "max") if p.sense == "max" else ("positive", "min")
        value = -worst[at] if p.sense == "max" else worst[at]
        where = f"{program.column_label(at)}{'' if alone[at] else ' and the columns it is multiplied with'}"
        raise InvalidInput(
            f"quadratic objective: not {kind} semidefinite, as sense {what} needs; "
            f"eigenvalue {value:.4g} at {where}"
        )
