"""Sequential screening written by hand, as a modeller would write it in Pyomo and in CVXPY.

Both are the program that ``dynamech.compile(env, formulation="textbook")`` makes of the library's
``sequential-screening``: first types i = 0..k0−1 (probability f_i) know only how their value is distributed
(G_ij), then the value v_j, j = 0..k1−1, is drawn. With q the probability of trade, p the payment, w what the
buyer gets from telling the truth,

    max  Σ f_i G_ij (p_ij − c q_ij)
    s.t. w_ij = v_j q_ij − p_ij ≥ ... ≥ v_j q_ik − p_ik       for every report k ≠ j of the value,
         W_i = Σ_j G_ij w_ij ≥ Σ_j G_ij w_kj                   for every report k ≠ i of the first type,
         W_i ≥ 0,

with a lottery over actions (wait; keep or sell) at every history.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Screening:
    """The numbers: prior (k0,), kernel (k0, k1), values (k1,), cost of the item."""

    prior: Floats
    kernel: Floats
    values: Floats
    cost: float


def screening(k0: int, k1: int) -> Screening:
    """Those of the library's instance of this size."""
    import dynamech as dm

    env = dm.load("sequential-screening", k0=k0, k1=k1)
    buyer = env.to_float().agents[0]
    kernel = np.asarray(buyer.kernels[0].table, dtype=np.float64).reshape(k0, k1)
    values = np.asarray(buyer.values[1], dtype=np.float64).reshape(2, k1)[1]
    prior = np.asarray(buyer.prior, dtype=np.float64)
    return Screening(prior, kernel, values, float(env.costs[1][1]))


def pyomo_model(data: Screening) -> Any:
    """The ``ConcreteModel``: indexed variables, one rule a constraint."""
    import pyomo.environ as pyo

    k0, k1 = data.kernel.shape
    f, g, v, c = data.prior.tolist(), data.kernel.tolist(), data.values.tolist(), data.cost
    m: Any = pyo.ConcreteModel("sequential screening")
    m.I = pyo.RangeSet(0, k0 - 1)
    m.J = pyo.RangeSet(0, k1 - 1)
    m.A = pyo.Set(initialize=["keep", "sell"])
    m.wait = pyo.Var(m.I, within=pyo.NonNegativeReals)
    m.q = pyo.Var(m.I, m.J, m.A, within=pyo.NonNegativeReals)
    m.p = pyo.Var(m.I, m.J)
    m.W = pyo.Var(m.I)
    m.w = pyo.Var(m.I, m.J)

    def profit(m: Any) -> Any:
        return sum(f[i] * g[i][j] * (m.p[i, j] - c * m.q[i, j, "sell"]) for i in m.I for j in m.J)

    def first_lottery(m: Any, i: int) -> Any:
        return m.wait[i] == 1

    def lottery(m: Any, i: int, j: int) -> Any:
        return sum(m.q[i, j, a] for a in m.A) == 1

    def promise(m: Any, i: int) -> Any:
        return m.W[i] == sum(g[i][j] * m.w[i, j] for j in m.J)

    def first_truth(m: Any, i: int, k: int) -> Any:
        if i == k:
            return pyo.Constraint.Skip
        return m.W[i] >= sum(g[i][j] * m.w[k, j] for j in m.J)

    def utility(m: Any, i: int, j: int) -> Any:
        return m.w[i, j] == v[j] * m.q[i, j, "sell"] - m.p[i, j]

    def truth(m: Any, i: int, j: int, k: int) -> Any:
        if j == k:
            return pyo.Constraint.Skip
        return m.w[i, j] >= v[j] * m.q[i, k, "sell"] - m.p[i, k]

    def participation(m: Any, i: int) -> Any:
        return m.W[i] >= 0

    m.profit = pyo.Objective(rule=profit, sense=pyo.maximize)
    m.first_lottery = pyo.Constraint(m.I, rule=first_lottery)
    m.lottery = pyo.Constraint(m.I, m.J, rule=lottery)
    m.promise = pyo.Constraint(m.I, rule=promise)
    m.first_truth = pyo.Constraint(m.I, m.I, rule=first_truth)
    m.utility = pyo.Constraint(m.I, m.J, rule=utility)
    m.truth = pyo.Constraint(m.I, m.J, m.J, rule=truth)
    m.participation = pyo.Constraint(m.I, rule=participation)
    return m


def cvxpy_problem(data: Screening) -> Any:
    """The ``Problem``: flat variables, each family of constraints in one whole-array expression."""
    import cvxpy

    cp: Any = cvxpy
    k0, k1 = data.kernel.shape
    f, g, v, c = data.prior, data.kernel, data.values, data.cost
    chance = (f[:, None] * g).ravel()
    wait = cp.Variable(k0, nonneg=True)
    keep = cp.Variable(k0 * k1, nonneg=True)
    sell = cp.Variable(k0 * k1, nonneg=True)
    p = cp.Variable(k0 * k1)
    promised = cp.Variable(k0)
    w = cp.Variable(k0 * k1)

    type_of_lie, lie = np.nonzero(~np.eye(k0, dtype=bool))
    i, j, k = (part.ravel() for part in np.indices((k0, k1, k1)))
    i, j, k = (part[j != k] for part in (i, j, k))
    at, reported = i * k1 + j, i * k1 + k
    by_report = cp.reshape(w, (k0, k1), order="C") @ g.T  # what report k promises type i, at [k, i]
    constraints = [
        wait == 1,
        keep + sell == 1,
        promised == cp.diag(by_report),
        promised[type_of_lie] >= by_report[lie, type_of_lie],
        w == cp.multiply(np.tile(v, k0), sell) - p,
        w[at] >= cp.multiply(v[j], sell[reported]) - p[reported],
        promised >= 0,
    ]
    return cp.Problem(cp.Maximize(chance @ (p - c * sell)), constraints)
