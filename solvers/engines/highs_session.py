"""One program inside one HiGHS, fed from flat arrays.

Every program is handed over as a minimisation with compressed rows, in one call and without text; what comes
back is turned into the terms of the program (see ``solution``). Its numbers should be of size 1 (see
``scaling``): HiGHS drops every |a| < 1e-12 that it is given.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from concurrent.futures import wait
from dataclasses import dataclass
from typing import Any

import highspy
import numpy as np

from ..clock import Clock
from ..conversions.highs_model import SMALL, pass_program
from ..conversions.highs_object import new_highs
from ..errors import InvalidInput
from ..numbers import Floats, Ints, vector
from ..options import AT_LOWER, AT_UPPER, BASIC, FREE, Basis, Options, Statuses
from ..program import Program
from ..scaling import cost_unit
from ..short import Short
from .aside import Aside
from .highs_basis import statuses

_METHODS = {"highs": "choose", "highs-ipm": "ipm", "highs-pdlp": "pdlp"}
LEAST_GAP = 1e-12
"""HiGHS takes no smaller gap to stop at."""
STEPS = (10_000, 50)
"""Iterations, and more of them by row and column, after which the simplex method goes in circles."""
CENTRAL = 1_000
"""Iterations after which the interior-point method does, which takes dozens: HiGHS 1.14 goes on for ever."""
_ASIDE = Aside()
_BRIEF = 1_000  # numbers of a linear program that takes a thousandth of a second
_FOR_BOUND = 0.2  # of a time limit
_LIMITED = ("kTimeLimit", "kIterationLimit", "kMemoryLimit")


@dataclass(frozen=True, slots=True, repr=False)
class Vectors(Short):
    """An iterate in the terms of the program: primal (n,), duals (m,) if any, row activities (m,)."""

    primal: Floats
    dual: Floats | None
    activity: Floats


class Session:
    """One program inside one HiGHS; ``run`` may be called again with other settings, from where it stands."""

    def __init__(self, program: Program, method: str, options: Options) -> None:
        self.program = program.to_float()
        self.options = options
        self._method = method
        self.sign = program.sign * cost_unit(self.program)
        self.solve = 0.0
        self.clock, began = Clock(options), time.perf_counter()
        self._highs = new_highs()
        tolerances = options.tolerances
        self.set(
            output_flag=not options.quiet,
            solver=_METHODS[method],
            small_matrix_value=SMALL,
            primal_feasibility_tolerance=tolerances.primal,
            dual_feasibility_tolerance=tolerances.dual,
            ipm_optimality_tolerance=max(tolerances.gap, LEAST_GAP),
            pdlp_optimality_tolerance=max(tolerances.gap, LEAST_GAP),
        )
        if options.iteration_limit is None:
            self.set(simplex_iteration_limit=STEPS[0] + STEPS[1] * (program.num_rows + program.num_columns))
            self.set(ipm_iteration_limit=CENTRAL)
        else:
            for name in ("simplex", "ipm", "pdlp", "qp"):
                self.set(**{f"{name}_iteration_limit": options.iteration_limit})
        self.ignored = pass_program(self._highs, self.program, sign=self.sign)
        self.handover = time.perf_counter() - began

    def set(self, **settings: Any) -> None:
        """Set HiGHS options by name."""
        for name, value in settings.items():
            self._highs.setOptionValue(name, value)

    def run(self, *, watched: bool = True) -> str:
        """Solve and return the model status by its HiGHS name; interruptible from the keyboard.

        watched: without it keys wait for the end, as for runs that are shorter than starting a thread.
        """
        began = time.perf_counter()
        if (left := self.clock.left()) is not None:
            self.set(time_limit=left + self._highs.getRunTime())  # whose clock runs on between runs
        if watched and not self._brief:
            self._call(self._highs.run)
        else:
            self._highs.run()
        self.solve += time.perf_counter() - began
        status = str(self._highs.getModelStatus().name)
        endless = status == "kIterationLimit" and self.options.iteration_limit is None
        return "kUnknown" if endless else status

    @property
    def _brief(self) -> bool:
        """Whether a run is over before anybody could want to see or to stop it."""
        p = self.program
        return p.kind == "LP" and p.num_nonzeros + p.num_rows + p.num_columns <= _BRIEF

    def run_limited(self) -> str:
        """``run`` for who gave a limit: a share of the time is kept for a bound, should there be no answer.

        When HiGHS stops, it forgets the program that presolve made, and all that it knew of it. So it runs
        once more without presolve, for as long or as many iterations as are left: its last duals are those of
        the whole program. (Presolve and postsolve as steps of our own would keep the bound of the first run,
        but they crash the interpreter, with every release so far.)
        """
        whole, self.clock = self.clock, self.clock.part(1 - _FOR_BOUND)
        status = self.run()
        self.clock = whole
        if status not in _LIMITED or self.clock.over():
            return status
        self.forget()
        self.set(presolve="off", solver="simplex")
        status = self.run()
        self.set(presolve="choose", solver=_METHODS[self._method])
        return status

    def _call(self, task: Callable[[], Any]) -> None:
        """Signals reach Python only while the main thread runs Python, so HiGHS gets a thread beside it."""
        if threading.current_thread() is not threading.main_thread():
            task()
            return
        began = shown = time.perf_counter()
        stop = False

        def watch(event: Any) -> None:
            nonlocal shown
            if stop:
                event.interrupt()
            elif self.options.progress is not None and time.perf_counter() >= shown + 0.5:
                shown, out = time.perf_counter(), event.data_out
                counts = (out.simplex_iteration_count, out.ipm_iteration_count, out.pdlp_iteration_count)
                self.options.progress(shown - began, sum(max(int(k), 0) for k in counts))

        watched = self._highs.cbSimplexInterrupt, self._highs.cbIpmInterrupt, self._highs.cbMipInterrupt
        for events in watched:
            events.subscribe(watch)
        running = _ASIDE.start(task)
        try:
            while not wait((running,), 0.2).done:
                pass
        except KeyboardInterrupt:
            stop = True
            if not wait((running,), 2.0).done:  # the first-order method cannot be stopped; it ends by itself
                _ASIDE.leave()
            raise
        finally:
            for events in watched:
                events.unsubscribe(watch)
        running.result()

    def add_rows(self, program: Program) -> None:
        """Go on with `program`, which has the rows of the present one first and further ones after them.

        Columns, objective and bounds are the same.
        """
        began = time.perf_counter()
        p, held = program.to_float(), self.program.num_rows
        first = int(p.indptr[held])
        starts = (p.indptr[held:-1] - first).astype(np.int32)
        self._highs.addRows(
            p.num_rows - held, p.row_lower[held:], p.row_upper[held:], p.num_nonzeros - first, starts,
            p.indices[first:], p.data[first:],
        )  # fmt: skip
        self.program = p
        self.handover = time.perf_counter() - began
        self.solve = 0.0

    def start_from(self, basis: Basis) -> None:
        """Begin the next run at this basis (which turns presolve off)."""
        if not basis.fits(self.program):
            raise InvalidInput(
                f"warm start: a basis of {basis.columns.size} columns and {basis.rows.size} rows does not "
                f"fit a program of {self.program.num_columns} columns and {self.program.num_rows} rows"
            )
        kinds = highspy.HighsBasisStatus
        table = [kinds.kLower, kinds.kBasic, kinds.kUpper, kinds.kZero]
        given = highspy.HighsBasis()
        given.valid, given.alien = True, True
        given.col_status = [table[k] for k in basis.columns.tolist()]
        given.row_status = [table[k] for k in basis.rows.tolist()]
        self._highs.setBasis(given)

    def forget(self) -> None:
        """Drop the basis and solution, so that the next run starts from nothing."""
        self._highs.clearSolver()

    def replace_cost(self, cost: Floats) -> None:
        """Another objective (columns,), in the sense and scale of the program."""
        n = self.program.num_columns
        self._highs.changeColsCost(n, np.arange(n, dtype=np.int32), self.sign * cost)

    def replace_bounds(self, columns: Ints, lower: Ints, upper: Ints) -> None:
        """Other bounds of these columns."""
        ends = lower.astype(np.float64), upper.astype(np.float64)
        self._highs.changeColsBounds(len(columns), columns.astype(np.int32), *ends)

    @property
    def integer_bound(self) -> float | None:
        """What no point with whole numbers beats, as far as the last run's tree says."""
        said = float(self._highs.getInfo().mip_dual_bound)
        return said / self.sign + float(self.program.offset) if np.isfinite(said) else None

    @property
    def iterations(self) -> int:
        """Iterations of the last run, of all methods together."""
        info = self._highs.getInfo()
        names = ("simplex", "ipm", "crossover", "pdlp", "qp")
        return sum(max(int(getattr(info, f"{name}_iteration_count")), 0) for name in names)

    def vectors(self) -> Vectors | None:
        """The last iterate, or None where HiGHS has none."""
        held, p = self._highs.getSolution(), self.program
        primal = vector(held.col_value, p.num_columns) if held.value_valid else None
        if primal is None:
            return None
        # a quadratic program without rows was given one
        dual = vector(held.row_dual if p.num_rows else [], p.num_rows) if held.dual_valid else None
        return Vectors(primal, None if dual is None else dual / self.sign, p.matrix @ primal)

    def basis(self, at: Vectors) -> Callable[[], Basis | None]:
        """Reads the basis of the last run, normalised, or None where the method keeps none.

        To be called only by who needs it, as it takes as long as solving where rows are many and easy.
        (``getBasicVariables`` is the quickest of all, but crashes on a program without entries.)
        """
        held, p = self._highs.getBasis(), self.program

        def fetch() -> Basis | None:
            if not held.valid:
                return None
            columns, rows = statuses(held, p.num_columns, p.num_rows)
            columns = _normalise(columns, at.primal, p.lower, p.upper)
            basis = Basis(columns, _normalise(rows, at.activity, p.row_lower, p.row_upper))
            return basis if basis.fits(p) else None

        return fetch

    def ray(self) -> Floats | None:
        """A direction of endless improvement (columns,), where the last run ended with one."""
        return _there(self._highs.getPrimalRay())

    def farkas(self) -> Floats | None:
        """A combination of rows (rows,) that no point satisfies, where the last run ended with one."""
        return _there(self._highs.getDualRay())


def _there(said: tuple[Any, bool, Any]) -> Floats | None:
    _, there, values = said
    return np.array(values, dtype=np.float64) if there else None


def last_basis(
    program: Program,
    options: Options,
    start: Basis | None = None,
    *,
    unfinished: bool = False,
    **settings: Any,
) -> Basis | None:
    """The basis that HiGHS ends with under these settings, from `start` or from nothing.

    None where it takes some number for infinite, or finds no optimum (unless `unfinished` work will do too).
    """
    try:
        session = Session(program, "highs", options)
    except InvalidInput:
        return None
    session.set(**settings)
    if start is not None:
        session.start_from(start)
    status, at = session.run(), session.vectors()
    return session.basis(at)() if at is not None and (unfinished or status == "kOptimal") else None


def _normalise(status: Statuses, values: Floats, lower: Floats, upper: Floats) -> Statuses:
    """Statuses such that a nonbasic place sits at a bound it has: the one HiGHS says, or else the nearest."""
    at = np.flatnonzero(status != BASIC)
    said, value, low, high = status[at], values[at], lower[at], upper[at]
    with np.errstate(invalid="ignore"):
        nearest = np.where(np.abs(value - low) <= np.abs(value - high), AT_LOWER, AT_UPPER)
    nearest = np.where(np.isinf(low), np.where(np.isinf(high), FREE, AT_UPPER), nearest)
    nearest = np.where(np.isinf(high) & ~np.isinf(low), AT_LOWER, nearest)
    sound = ((said == AT_LOWER) & ~np.isinf(low)) | ((said == AT_UPPER) & ~np.isinf(high))
    status[at] = np.where(sound, said, nearest)
    return status
