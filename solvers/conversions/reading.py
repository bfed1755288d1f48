"""The way back: what another tool found, in the order of the program's columns and rows.

What the conversions hand over bears the `mark` of its program, by which it is known again, also after it was
copied or pickled, and after columns, rows, bounds or an objective of one's own were put in. Columns and rows
that are not the program's are passed over. A tool gives no value to a column that occurs nowhere; such a
column is as close to 0 as its bounds allow.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

import numpy as np

from ..errors import InvalidInput
from ..form import Form
from ..numbers import Array, Floats, array


class Reader(Protocol):
    """What a module of this room has for the objects that it makes."""

    @property
    def KIND(self) -> str:
        """What such an object is called."""

    @property
    def MAKER(self) -> str:
        """The method that makes one."""

    @property
    def own(self) -> Callable[[str, Any], Any]:
        """(mark, object): what is read, None where the object is not of the program with this mark."""

    @property
    def primal(self) -> Callable[[Form, Any], Floats]:
        """Values (columns,) of what `own` returned, NaN where there is none."""

    @property
    def dual(self) -> Callable[[Form, Any], Floats]:
        """Duals (rows,) of what `own` returned, in the signs of ``Solution``."""


def point(program: Form, values: Any) -> Array:
    """The values (columns,) of the columns: of a vector as given, of a solved object in doubles.

    Raises ``InvalidInput`` for a vector of another length or with entries that are no finite numbers, for
    what is neither a vector nor an object that the program's conversions make, for one of another program,
    and for one that has no values yet.
    """
    reader = _reader(values)
    if reader is None:
        if not (isinstance(values, list | tuple) or hasattr(values, "__array__")):
            raise InvalidInput(
                f"values: {type(values).__name__} is neither a vector nor a Pyomo model, CVXPY problem or "
                "HiGHS object"
            )
        vector = array(values if isinstance(values, list | tuple) else np.asarray(values), "values")
        if vector.shape != (program.num_columns,):
            shape = " × ".join(map(str, vector.shape)) or "one number"
            raise InvalidInput(
                f"values: {shape}, and not a number for each of the program's {program.num_columns} columns"
            )
        return vector
    x = reader.primal(program, _own(program, reader, values))
    nowhere = ~np.isfinite(x)
    if nowhere.any():
        p = program.to_float()
        used = p.objective != 0
        used[p.indices] = True
        if p.quadratic is not None:
            used[p.quadratic[0]] = True
        if (nowhere & used).any():
            k = int(np.flatnonzero(nowhere & used)[0])
            raise InvalidInput(f"{reader.KIND}: {p.column_label(k)} has no value; it is to be solved first")
        x[nowhere] = np.clip(0.0, p.lower, p.upper)[nowhere]
    return x


def multipliers(program: Form, values: Any) -> Floats:
    """The duals (rows,) that a solved object has for the program's rows; errors as of `point`."""
    reader = _reader(values)
    if reader is None:
        raise InvalidInput(f"a {type(values).__name__} has no duals; a solved object has")
    return reader.dual(program, _own(program, reader, values))


def _own(program: Form, reader: Reader, values: Any) -> Any:
    own = reader.own(program.mark, values)
    if own is None:
        raise InvalidInput(
            f"{reader.KIND}: it was not made by {reader.MAKER} of this program, {program.name!r} with "
            f"{program.num_rows} rows and {program.num_columns} columns"
        )
    return own


def _reader(values: Any) -> Reader | None:
    """Who reads this; None where it is to be a vector. A tool is imported only where its object is there."""
    libraries = {kind.__module__.partition(".")[0] for kind in type(values).__mro__}
    if "highspy" in libraries:
        from . import highs_model

        return highs_model
    if "pyomo" in libraries:
        from . import pyomo_model

        return pyomo_model
    if "cvxpy" in libraries:
        from . import cvxpy_problem

        return cvxpy_problem
    return None
