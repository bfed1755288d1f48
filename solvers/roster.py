"""Which solvers are known, which of them are installed, and what each can do."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from functools import cache
from importlib import metadata
from types import MappingProxyType
from typing import Any, Literal, TypeAlias

from .conversions.highs_object import hush
from .errors import InvalidInput, NotInstalled

Method: TypeAlias = Literal["simplex", "interior point", "active set", "first order", "unknown"]


@dataclass(frozen=True, slots=True)
class Solver:
    """A solver by the name that ``solve`` takes, and what it can do here.

    - `lp`, `qp`, `integer`: takes linear programs, convex quadratic objectives, integer columns.
    - `duals`: gives dual values. `basis`: ends at a vertex and gives its basis, for warm starts and proofs.
    - `method`: what it does to a linear program by default.
    - `version`: of the package behind it, None where that is not known.
    - `install`: what to do to have it.
    """

    name: str
    available: bool
    lp: bool
    qp: bool
    integer: bool
    duals: bool
    basis: bool
    method: Method
    version: str | None
    install: str

    @property
    def first_order(self) -> bool:
        """Whether its accuracy is what it was asked for, and no better."""
        return self.method == "first order"

    def to_json(self) -> dict[str, Any]:
        """The solver in the words of `solvers --json`."""
        return asdict(self) | {"first_order": self.first_order}


def installed() -> tuple[Solver, ...]:
    """The installed solvers. Imports CVXPY and Pyomo, about two seconds the first time.

    >>> {"highs", "highs-ipm", "highs-pdlp"} <= {solver.name for solver in installed()}
    True
    """
    return tuple(solver for solver in catalogue() if solver.available)


def catalogue() -> tuple[Solver, ...]:
    """All solvers that are known by name, installed or not, and all that CVXPY finds beside them."""
    others = (f"cvxpy:{name}" for name in sorted(_cvxpy_names()))
    return tuple(map(_record, dict.fromkeys((*_KNOWN, *others))))


def require(name: str) -> Solver:
    """The record of an installed solver.

    Raises ``NotInstalled`` saying how to install a missing one, ``InvalidInput`` for an unknown name.
    """
    record = _record(name)
    if record.available:
        return record
    if name in _KNOWN:
        raise NotInstalled(f"solver {name!r} is not installed; {record.install}")
    family, _, word = name.partition(":")
    if word in _heard_of(family):
        library = {"cvxpy": "CVXPY", "pyomo": "Pyomo"}[family]
        raise NotInstalled(f"solver {name!r} is not installed: {library} knows it, and does not find it here")
    names = ", ".join(solver.name for solver in catalogue() if solver.name.startswith(f"{family}:"))
    raise InvalidInput(f"no solver is called {name!r}; known are {names}")


def require_integer(name: str) -> None:
    """Raise ``InvalidInput`` for a solver that takes no integer columns, and as `require`."""
    if not require(name).integer:
        raise InvalidInput(f"solver {name!r} takes no integer columns; use 'highs' or 'cvxpy:HIGHS'")


def _record(name: str) -> Solver:
    family, _, word = name.partition(":")
    if word:
        hush()
    qp, method, package, install = _KNOWN.get(
        name, (False, "unknown", "", "see the documentation of the solver")
    )
    integer = name in _INTEGER | _ONLY_INTEGER or (family == "pyomo" and name not in _KNOWN)
    if name not in _KNOWN and family == "cvxpy":
        from cvxpy.reductions.solvers import defines

        qp, integer = word in defines.QP_SOLVERS, integer or word in defines.MI_SOLVERS
    if family == "cvxpy":
        available = word in _cvxpy_names()
    else:
        available = _pyomo_has(word) if family == "pyomo" else name in _KNOWN
    return Solver(
        name, available, name not in _ONLY_INTEGER, qp, integer, name not in _ONLY_INTEGER,
        name in ("highs", "highs-ipm"), method, _version(package) if available else None,
        install or f"pip install {package}",
    )  # fmt: skip


def _cvxpy_names() -> set[str]:
    import cvxpy

    names: list[str] = cvxpy.installed_solvers()  # type: ignore[no-untyped-call]
    return set(names) - {"ECOS_BB"}  # which warns of itself


def _heard_of(family: str) -> set[str]:
    """The solvers that CVXPY or Pyomo has an interface for, whether they are there or not."""
    if family == "cvxpy":
        from cvxpy.reductions.solvers import defines

        return {*defines.CONIC_SOLVERS, *defines.QP_SOLVERS}
    import pyomo.environ as pyo

    return {name for name in pyo.SolverFactory if not name.startswith("_")}


def by_any_name(name: str) -> list[str]:
    """The names under which `solve` would take a solver that is called so by itself, as ``gurobi`` is."""
    words = (("cvxpy", name.upper()), ("pyomo", name.lower()))
    return [f"{family}:{word}" for family, word in words if word in _heard_of(family)]


def _pyomo_has(name: str) -> bool:
    import pyomo.environ as pyo

    with silent_pyomo():  # an unknown name is an answer, not a traceback
        try:
            return bool(pyo.SolverFactory(name).available(exception_flag=False))
        except Exception:  # solvers of all kinds are asked, and fail in ways of their own
            return False


@contextmanager
def silent_pyomo() -> Iterator[None]:
    """Without Pyomo's log, which prints warnings and tracebacks for what is told here as a status.

    Its handlers are put away, not only quietened: they keep the standard output of the time of their import,
    and Pyomo fails where that has been closed since.
    """
    log = logging.getLogger("pyomo")
    before = log.level, log.propagate, log.handlers
    log.setLevel(logging.CRITICAL)
    log.propagate, log.handlers = False, [logging.NullHandler()]
    try:
        yield
    finally:
        log.setLevel(before[0])
        log.propagate, log.handlers = before[1:]


@cache  # reading it takes a tenth of the time of a small program
def _version(package: str) -> str | None:
    with suppress(metadata.PackageNotFoundError):
        return metadata.version(package) if package else None
    return None


_ONLY_INTEGER = {"cvxpy:GLPK_MI", "cvxpy:SCIP"}
"""Solvers of integer programs, which give no duals."""
_INTEGER = {
    "highs", "cvxpy:HIGHS", "cvxpy:SCIPY", "pyomo:appsi_highs", "pyomo:highs", "pyomo:glpk", "pyomo:cbc"
}  # fmt: skip
"""Which of the others take integer columns too; so may any of Pyomo's that is not known by name."""
_OURS = "comes with dynamech"
_KNOWN: Mapping[str, tuple[bool, Method, str, str]] = MappingProxyType(
    {
        # name: takes quadratic objectives, method, package, how to install where pip does not just take that
        "highs": (True, "simplex", "highspy", _OURS),
        "highs-ipm": (False, "interior point", "highspy", _OURS),
        "highs-pdlp": (False, "first order", "highspy", _OURS),
        "cvxpy:CLARABEL": (True, "interior point", "clarabel", ""),
        "cvxpy:HIGHS": (True, "simplex", "highspy", ""),
        "cvxpy:OSQP": (True, "first order", "osqp", ""),
        "cvxpy:SCS": (True, "first order", "scs", ""),
        "cvxpy:SCIPY": (False, "simplex", "scipy", ""),
        "cvxpy:ECOS": (False, "interior point", "ecos", ""),
        "cvxpy:PIQP": (True, "interior point", "piqp", ""),
        "cvxpy:PROXQP": (True, "first order", "proxsuite", ""),
        "cvxpy:CVXOPT": (True, "interior point", "cvxopt", ""),
        "cvxpy:GLPK": (False, "simplex", "cvxopt", ""),
        "cvxpy:GLPK_MI": (False, "simplex", "cvxopt", ""),
        "cvxpy:SCIP": (False, "simplex", "pyscipopt", ""),
        "cvxpy:GLOP": (False, "simplex", "ortools", ""),
        "cvxpy:PDLP": (False, "first order", "ortools", ""),
        "pyomo:appsi_highs": (False, "simplex", "highspy", ""),
        "pyomo:highs": (True, "simplex", "highspy", "pip install highspy 'pyomo>=6.9.4'"),
        "pyomo:glpk": (False, "simplex", "", "install GLPK, with glpsol on the PATH"),
        "pyomo:cbc": (False, "simplex", "", "install Cbc, with cbc on the PATH"),
        "pyomo:ipopt": (True, "interior point", "", "install Ipopt, with ipopt on the PATH"),
    }
)
"""All but those of `_ONLY_INTEGER` take linear programs and give duals."""
