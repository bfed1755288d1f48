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

from ..blocks import Block, distinct
from ..errors import InvalidInput
from ..form import Form
from ..numbers import Floats

KIND, MAKER = "Pyomo model", "to_pyomo()"


def pyomo_model(program: Form) -> Any:
    """A ``ConcreteModel`` with a ``Var`` and a ``Constraint`` a block, and the ``Objective`` ``objective``.

    Rows without bounds are left out.
    """
    p = program.to_float()
    model: Any = pyo.ConcreteModel(name=p.name or "program")
    model.objective = pyo.Objective(expr=0.0, sense=pyo.minimize if p.sense == "min" else pyo.maximize)
    variables: list[Any] = []
    columns: list[str] = []
    rows: list[str] = []
    for block in p.column_blocks.values():
        keys = _keys(block)
        indexed = pyo.Var(keys)
        columns.append(_name(model, block, "_columns"))
        model.add_component(columns[-1], indexed)
        variables += [indexed[key] for key in keys]
    for variable, lower, upper in zip(variables, p.lower.tolist(), p.upper.tolist(), strict=True):
        variable.setlb(_bound(lower))
        variable.setub(_bound(upper))
    for k in p.integers.tolist():
        variables[k].domain = pyo.Integers
    model.objective.expr = _objective(p, variables)
    for block in p.row_blocks.values():
        bodies = dict(_rows(p, block, variables))
        rows.append(_name(model, block, "_rows"))
        model.add_component(rows[-1], pyo.Constraint(list(bodies), rule=bodies))
    model.program_mark, model.program_columns, model.program_rows = p.mark, tuple(columns), tuple(rows)
    return model


def own(mark: str, model: Any) -> Any:
    """The model itself, where it was made of the program with this mark."""
    return model if getattr(model, "program_mark", "") == mark else None


def primal(program: Form, model: Any) -> Floats:
    """Values (columns,) of the components that are the program's blocks."""
    x = np.full(program.num_columns, np.nan)
    for block, name in zip(program.column_blocks.values(), model.program_columns, strict=True):
        values = _component(model, name)
        x[block.slice] = [_value(values, key) for key in _keys(block)]
    return x


def dual(program: Form, model: Any) -> Floats:
    """Duals (rows,) as the solver gave them to the suffix `dual`; 0 of rows that were left out."""
    prices, y = model.component("dual"), np.zeros(program.num_rows)
    if not prices:
        raise InvalidInput(
            f"{KIND}: it has no duals; `model.dual = Suffix(direction=Suffix.IMPORT)` asks a solver for them"
        )
    for block, name in zip(program.row_blocks.values(), model.program_rows, strict=True):
        rows = _component(model, name)
        y[block.slice] = [prices.get(rows[key], 0.0) if key in rows else 0.0 for key in _keys(block)]
    return y


def _component(model: Any, name: str) -> Any:
    component = model.component(name)
    if component is None:
        raise InvalidInput(f"{KIND}: its component {name!r} was taken away")
    return component


def _value(values: Any, key: Any) -> float:
    value = values[key].value if key in values else None
    return math.nan if value is None else float(value)


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
    return distinct(map(block.label, range(block.size)))


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
