"""A program as a Pyomo model that a person can read: indexed variables and constraints by block.

This module imports Pyomo, which takes most of a second; ``Program.to_pyomo`` imports it when called. A block
with labels is indexed by them (a label met twice gets its place as well), another by its coordinates. The
component of a block is an attribute of the model: its name is that of the block with ``_`` for everything
that no attribute can have (``payment.1.buyer`` is ``model.payment_1_buyer``), and ``_columns`` or ``_rows``
behind it where the model has such an attribute already.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from typing import Any

import numpy as np
import pyomo.environ as pyo
from pyomo.core.expr import LinearExpression

from ..blocks import Block
from ..form import Form


def pyomo_model(program: Form) -> Any:
    """A ``ConcreteModel`` with a ``Var`` and a ``Constraint`` a block, and the ``Objective`` ``objective``.

    Rows without bounds are left out.
    """
    p = program.to_float()
    model: Any = pyo.ConcreteModel(name=p.name or "program")
    model.objective = pyo.Objective(expr=0.0, sense=pyo.minimize if p.sense == "min" else pyo.maximize)
    variables: list[Any] = []
    for block in p.column_blocks.values():
        keys = _keys(block)
        indexed = pyo.Var(keys)
        model.add_component(_name(model, block, "_columns"), indexed)
        variables += [indexed[key] for key in keys]
    for variable, lower, upper in zip(variables, p.lower.tolist(), p.upper.tolist(), strict=True):
        variable.setlb(_bound(lower))
        variable.setub(_bound(upper))
    model.objective.expr = _objective(p, variables)
    for block in p.row_blocks.values():
        rows = dict(_rows(p, block, variables))
        model.add_component(_name(model, block, "_rows"), pyo.Constraint(list(rows), rule=rows))
    return model


def _name(model: Any, block: Block, suffix: str) -> str:
    name = re.sub(r"\W", "_", block.name)
    name = name if re.match(r"[^\W\d_]", name) else f"block_{name}"
    while hasattr(model, name):
        name += suffix
    return name


def _keys(block: Block) -> list[Any]:
    """An index for each place of the block, all different."""
    if block.label is None:
        places = np.stack(np.unravel_index(np.arange(block.size), block.shape), axis=1).tolist()
        return [place[0] if len(place) == 1 else tuple(place) for place in places]
    keys, seen = [], set()
    for k in range(block.size):
        label = block.label(k)
        keys.append(f"{label}#{k}" if label in seen else label)
        seen.add(label)
    return keys


def _bound(value: float) -> float | None:
    return value if math.isfinite(value) else None


def _objective(p: Form, variables: list[Any]) -> Any:
    some = np.flatnonzero(p.objective)
    linear = LinearExpression(
        constant=float(p.offset),
        linear_coefs=p.objective[some].tolist(),
        linear_vars=[variables[k] for k in some.tolist()],
    )
    if p.quadratic is None:
        return linear
    i, j, values = p.quadratic
    half = i <= j
    weights = np.where(i == j, values / 2, values)[half].tolist()
    pairs = zip(i[half].tolist(), j[half].tolist(), weights, strict=True)
    return linear + pyo.quicksum(w * variables[a] * variables[b] for a, b, w in pairs)


def _rows(p: Form, block: Block, variables: list[Any]) -> Iterator[tuple[Any, Any]]:
    """(index, lower ≤ expression ≤ upper) of each row of the block that has a bound."""
    indptr, indices, data = p.indptr.tolist(), p.indices, p.data
    for k, key in enumerate(_keys(block), start=block.start):
        lower, upper = _bound(float(p.row_lower[k])), _bound(float(p.row_upper[k]))
        run = slice(indptr[k], indptr[k + 1])
        if lower is None and upper is None:
            continue
        body = LinearExpression(
            constant=0.0,
            linear_coefs=data[run].tolist(),
            linear_vars=[variables[j] for j in indices[run].tolist()],
        )
        if lower == upper:
            yield key, (body, lower)
        else:
            yield key, (lower, body, upper)
