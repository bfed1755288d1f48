"""What every lift owes: one body that proves it, and a search for those that nobody proves.

Nothing here is taken from the code under test but the vectors and bases: bounds, signs and complementary
slackness are looked at in rational arithmetic, from the numbers of the program at home.
"""

from __future__ import annotations

import importlib
import inspect
import pkgutil
from collections.abc import Iterable, Iterator
from fractions import Fraction
from types import ModuleType
from typing import Any, get_args, get_type_hints

import numpy as np

from dynamech.solvers.lift import Chain, Lift
from dynamech.solvers.options import AT_LOWER, AT_UPPER, BASIC, Basis
from dynamech.solvers.program import Program
from dynamech.solvers.solve import solve

NONE = Fraction(0)


def fractions(values: Any) -> list[Any]:
    """Numbers at their exact values; infinite bounds stay floats."""
    return [v if isinstance(v, float) and np.isinf(v) else Fraction(v) for v in np.asarray(values).tolist()]


def matrix(program: Program) -> list[list[Fraction]]:
    """A, dense."""
    rows = [[NONE] * program.num_columns for _ in range(program.num_rows)]
    for i, row in enumerate(rows):
        for k in range(program.indptr[i], program.indptr[i + 1]):
            row[int(program.indices[k])] += Fraction(program.data[k])
    return rows


def dot(a: Iterable[Fraction], b: Iterable[Fraction]) -> Fraction:
    """Σ a b."""
    return sum((x * y for x, y in zip(a, b, strict=True)), NONE)


def transposed(program: Program, y: list[Fraction]) -> list[Fraction]:
    """A'y."""
    rows = matrix(program)
    return [dot((row[j] for row in rows), y) for j in range(program.num_columns)]


def prove(program: Program, lift: Lift, *, vertex: bool, duals: bool = True) -> None:
    """What is true of `program` is true at home once `lift` brought it there.

    vertex: whether the lift knows of bases. duals: whether row duals come home; points always do.
    """
    found = solve(program, exact=True)
    proof = found.certify()

    def given(values: Any) -> Any:
        """In the arithmetic of the program: what is small and dyadic is itself in doubles."""
        return values if program.exact else np.asarray(values, dtype=np.float64)

    if found.status == "unbounded":
        _endless(lift.home, fractions(lift.ray(given(proof.ray))))
        return
    if found.status == "infeasible":
        _refuted(lift.home, fractions(lift.farkas(given(proof.dual))))
        return
    assert found.status == "optimal", found.message
    home = lift.home
    x = fractions(lift.primal(given(found.primal)))
    inside = _feasible(home, x)
    whole = lift.solution(found if program.exact else solve(program))
    assert whole.program is home
    assert whole.value is not None
    assert Fraction(whole.value) == _value(home, x)
    y = lift.dual(given(found.dual))
    assert (y is not None) == duals
    if y is None:
        return
    costs = _complementary(home, x, inside, fractions(y))
    told = lift.costs(given(found.reduced_costs), given(found.dual))
    assert told is None or fractions(told) == costs
    assert found.basis is not None
    basis = lift.basis(found.basis)
    assert (basis is not None) == vertex
    if basis is not None:
        _vertex(home, basis, x, inside)


def _value(home: Program, x: list[Fraction]) -> Fraction:
    return Fraction(home.offset) + dot(fractions(home.objective), x)


def _feasible(home: Program, x: list[Fraction]) -> list[Fraction]:
    """A x, which keeps to the bounds, as x does."""
    assert len(x) == home.num_columns
    assert all(map(_between, x, fractions(home.lower), fractions(home.upper)))
    inside = [dot(row, x) for row in matrix(home)]
    assert all(map(_between, inside, fractions(home.row_lower), fractions(home.row_upper)))
    return inside


def _between(value: Fraction, low: Any, high: Any) -> bool:
    return bool(low <= value <= high)


def _complementary(
    home: Program, x: list[Fraction], inside: list[Fraction], y: list[Fraction]
) -> list[Fraction]:
    """Reduced costs c − A'y: these and duals push only against bounds that are met."""
    assert len(y) == home.num_rows
    costs = [c - a for c, a in zip(fractions(home.objective), transposed(home, y), strict=True)]
    sign = 1 if home.sense == "max" else -1
    for price, at, low, high in (
        *zip(costs, x, fractions(home.lower), fractions(home.upper), strict=True),
        *zip(y, inside, fractions(home.row_lower), fractions(home.row_upper), strict=True),
    ):
        assert price == 0 or at == (high if sign * price > 0 else low)
    return costs


def _vertex(home: Program, basis: Basis, x: list[Fraction], inside: list[Fraction]) -> None:
    """What is not basic is at its bound, and the columns of what is are independent and as many as rows."""
    assert basis.fits(home)
    n = home.num_columns
    lower = fractions(home.lower) + fractions(home.row_lower)
    upper = fractions(home.upper) + fractions(home.row_upper)
    status = [*basis.columns.tolist(), *basis.rows.tolist()]
    for at, low, high, where in zip(x + inside, lower, upper, status, strict=True):
        if where != BASIC:
            assert at == {AT_LOWER: low, AT_UPPER: high}.get(where, 0)
    rows = matrix(home)
    basic = [k for k, where in enumerate(status) if where == BASIC]
    square = [[row[k] if k < n else -Fraction(k - n == i) for k in basic] for i, row in enumerate(rows)]
    for k in range(len(square)):  # Gaussian elimination
        pivot = next(i for i in range(k, len(square)) if square[i][k] != 0)
        square[k], square[pivot] = square[pivot], square[k]
        for i in range(k + 1, len(square)):
            times = square[i][k] / square[k][k]
            square[i] = [a - times * b for a, b in zip(square[i], square[k], strict=True)]


def _endless(home: Program, ray: list[Fraction]) -> None:
    """Along the ray no bound is ever met, and the objective improves."""
    along = [dot(row, ray) for row in matrix(home)]
    for move, low, high in (
        *zip(ray, fractions(home.lower), fractions(home.upper), strict=True),
        *zip(along, fractions(home.row_lower), fractions(home.row_upper), strict=True),
    ):
        assert move == 0 or (np.isinf(float(high)) if move > 0 else np.isinf(float(low)))
    assert dot(fractions(home.objective), ray) * (1 if home.sense == "max" else -1) > 0


def _refuted(home: Program, y: list[Fraction]) -> None:
    """y'A x cannot be within the column bounds what it is within the row bounds."""

    def span(weights: list[Fraction], bounds: tuple[list[Any], list[Any]]) -> list[Any]:
        used = [(w, ends) for w, *ends in zip(weights, *bounds, strict=True) if w != 0]
        return [sum((w * ends[(w > 0) == top] for w, ends in used), NONE) for top in (False, True)]

    low, high = span(transposed(home, y), (fractions(home.lower), fractions(home.upper)))
    least, most = span(y, (fractions(home.row_lower), fractions(home.row_upper)))
    assert high < least or most < low


def modules_of(package: str) -> Iterator[ModuleType]:
    """Every module below a package."""
    root = importlib.import_module(package)
    for found in pkgutil.walk_packages(root.__path__, f"{package}."):
        yield importlib.import_module(found.name)


def parts(lift: Lift) -> set[type]:
    """The classes that a lift is made of."""
    if isinstance(lift, Chain):
        return {Chain} | parts(lift.first) | parts(lift.second)
    return {type(lift)}


def unproved(modules: Iterable[ModuleType], proved: set[type]) -> set[str]:
    """Names of what rewrites programs in these modules and is not proved: lifts, whatever has their methods,
    and functions that return a program with something that is no lift."""
    missing: set[str] = set()
    for module in modules:
        for thing in vars(module).values():
            if getattr(thing, "__module__", None) != module.__name__:
                continue
            if inspect.isclass(thing):
                back = all(callable(getattr(thing, name, None)) for name in ("primal", "dual"))
                if (back or issubclass(thing, Lift)) and not inspect.isabstract(thing):
                    missing |= {thing.__name__} if thing not in proved else set()
                functions = [f for f in vars(thing).values() if inspect.isfunction(f)]
            else:
                functions = [thing] if inspect.isfunction(thing) else []
            missing |= {f.__name__ for f in functions if _bare(f)}
    return missing


def _bare(function: Any) -> bool:
    """Whether a function returns a pair of a program and something that leads back to none."""
    if "tuple[Program" not in str(function.__annotations__.get("return")):
        return False
    told = get_args(get_type_hints(function)["return"])
    return len(told) == 2 and not (inspect.isclass(told[1]) and issubclass(told[1], Lift))
