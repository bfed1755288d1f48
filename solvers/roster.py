"""Which solvers are known, which of them are installed, and what each can do."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from importlib import metadata
from types import MappingProxyType
from typing import Any, Literal, TypeAlias

from .conversions.highs_object import hush
from .errors import InvalidInput, NotInstalled

Method: TypeAlias = Literal["simplex", "interior point", "active set", "first order", "unknown"]


@dataclass(frozen=True, slots=True)
class Solver:
    """A solver by the name that ``solve`` takes, and what it can do here.

    - `lp`, `qp`: takes linear programs, convex quadratic objectives.
    - `duals`: gives dual values. `basis`: ends at a vertex and gives its basis, for warm starts and proofs.
    - `method`: what it does to a linear program by default.
    - `version`: of the package behind it, None where that is not known.
    - `install`: what to do to have it.
    """

    name: str
    available: bool
    lp: bool
    qp: bool
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
    found = {name: _record(name) for name in _KNOWN}
    for name in sorted(_cvxpy_names()):
        found.setdefault(f"cvxpy:{name}", _record(f"cvxpy:{name}"))
    return tuple(found.values())


def require(name: str) -> Solver:
    """The record of an installed solver.

    Raises ``NotInstalled`` saying how to install a missing one, ``InvalidInput`` for an unknown name.
    """
    family, _, _ = name.partition(":")
    record = _record(name)
    if record.available:
        return record
    if name in _KNOWN:
        raise NotInstalled(f"solver {name!r} is not installed; {record.install}")
    names = ", ".join(solver.name for solver in catalogue() if solver.name.startswith(f"{family}:"))
    raise InvalidInput(f"no solver is called {name!r}; known are {names}")


def _record(name: str) -> Solver:
    family, _, word = name.partition(":")
    if word:
        hush()
    lp, qp, duals, basis, method, package, install = _KNOWN.get(
        name, (True, False, True, False, "unknown", "", "see the documentation of the solver")
    )
    if name not in _KNOWN and family == "cvxpy":
        qp = word in _cvxpy_quadratic()
    if family == "cvxpy":
        available = word in _cvxpy_names()
    else:
        available = _pyomo_has(word) if family == "pyomo" else name in _KNOWN
    return Solver(
        name, available, lp, qp, duals, basis, method, _version(package) if available else None, install
    )


def _cvxpy_names() -> set[str]:
    import cvxpy

    names: list[str] = cvxpy.installed_solvers()  # type: ignore[no-untyped-call]
    return set(names) - _INTEGER


def _cvxpy_quadratic() -> set[str]:
    from cvxpy.reductions.solvers import defines

    return set(defines.QP_SOLVERS)


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


def _version(package: str) -> str | None:
    if not package:
        return None
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return None


_INTEGER = {"GLPK_MI", "ECOS_BB", "SCIP"}
"""CVXPY's names for solvers of integer programs, which give no duals."""
Facts: TypeAlias = tuple[bool, bool, bool, bool, Method, str, str]


def _pip(package: str) -> str:
    return f"pip install {package}"


_HIGHS = "comes with dynamech"
_KNOWN: Mapping[str, Facts] = MappingProxyType(
    {
        # name: LP, QP, duals, basis, method, package, how to install
        "highs": (True, True, True, True, "simplex", "highspy", _HIGHS),
        "highs-ipm": (True, False, True, True, "interior point", "highspy", _HIGHS),
        "highs-pdlp": (True, False, True, False, "first order", "highspy", _HIGHS),
        "cvxpy:CLARABEL": (True, True, True, False, "interior point", "clarabel", _pip("clarabel")),
        "cvxpy:HIGHS": (True, True, True, False, "simplex", "highspy", _pip("highspy")),
        "cvxpy:OSQP": (True, True, True, False, "first order", "osqp", _pip("osqp")),
        "cvxpy:SCS": (True, True, True, False, "first order", "scs", _pip("scs")),
        "cvxpy:SCIPY": (True, False, True, False, "simplex", "scipy", _pip("scipy")),
        "cvxpy:ECOS": (True, False, True, False, "interior point", "ecos", _pip("ecos")),
        "cvxpy:PIQP": (True, True, True, False, "interior point", "piqp", _pip("piqp")),
        "cvxpy:PROXQP": (True, True, True, False, "first order", "proxsuite", _pip("proxsuite")),
        "cvxpy:CVXOPT": (True, True, True, False, "interior point", "cvxopt", _pip("cvxopt")),
        "cvxpy:GLPK": (True, False, True, False, "simplex", "cvxopt", _pip("cvxopt")),
        "cvxpy:GLOP": (True, False, True, False, "simplex", "ortools", _pip("ortools")),
        "cvxpy:PDLP": (True, False, True, False, "first order", "ortools", _pip("ortools")),
        "pyomo:appsi_highs": (True, False, True, False, "simplex", "highspy", _pip("highspy")),
        "pyomo:highs": (True, True, True, False, "simplex", "highspy", _pip("highspy 'pyomo>=6.9.4'")),
        "pyomo:glpk": (True, False, True, False, "simplex", "", "install GLPK, with glpsol on the PATH"),
        "pyomo:cbc": (True, False, True, False, "simplex", "", "install Cbc, with cbc on the PATH"),
        "pyomo:ipopt": (
            True,
            True,
            True,
            False,
            "interior point",
            "",
            "install Ipopt, with ipopt on the PATH",
        ),
    }
)
