"""Points and bounds that hold for certain, from bases that are optimal only to within tolerances.

The exact solution of such a basis breaks some bounds by a hair, and some of its duals have the wrong sign by
a hair. A bound that was broken is pulled in by a margin far above the hair. A dual of the wrong sign is
pushed to the right side by one, which amounts to another objective: where y' solves A'y' = c − A'σ − τ,
y = y' + σ leaves the reduced cost τ. A few steps of the simplex method mend the basis; solved again, it
breaks what it breaks by less than the margin.

(Directed rounding, as in Neumaier and Shcherbina 2004, proves nothing where columns have no bounds. For the
same reason Applegate, Cook, Dash and Espinoza 2007, and Steffy and Wolter 2013, move into the interior.)
"""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import numpy as np

from ..arithmetic import RATIONAL
from ..engines.highs_session import Session
from ..errors import InvalidInput
from ..numbers import Array, Ints
from ..options import TIGHTEST, Basis
from .bounds import dual_value, unsupported
from .clock import Clock
from .dense import Singular
from .examine import add, minus_rows, primal_faults, reduced_costs
from .integers import IntegerProgram, Side
from .rationals import Rationals, common
from .vertex import vertex

_ROUNDS = 6
_FIRST = Fraction(1, 2**26)  # in units of the scaled program; each round eight times as much
DUAL, PRIMAL = 1, 4  # strategies of the simplex method


def safe_point(program: IntegerProgram, basis: Basis | None, clock: Clock) -> tuple[Rationals, Basis] | None:
    """An exactly feasible point close to that of `basis`, or of one that HiGHS finds, and its basis.

    Raises ``OutOfTime``.
    """
    columns = rows = np.zeros(0, dtype=np.int64)
    pulled, margin = program, _FIRST
    for step in range(_ROUNDS):
        if basis is None or step:
            basis = mended(pulled, basis, PRIMAL, clock)
        try:
            x = None if basis is None else vertex(pulled, basis, clock.check).x
        except Singular:
            return None
        if x is None or basis is None:
            return None
        faults = primal_faults(program, x)
        if not faults:
            return x, basis
        columns, rows = np.union1d(columns, faults.columns), np.union1d(rows, faults.rows)
        pulled, margin = _pulled_in(program, columns, rows, margin), margin * 8
    return None


def safe_duals(program: IntegerProgram, basis: Basis | None, clock: Clock) -> Rationals | None:
    """Duals of the integer rows of a linear program that prove a bound, close to those of `basis`.

    Raises ``OutOfTime``.
    """
    columns = rows = np.zeros(0, dtype=np.int64)
    offset, margin = Rationals.zeros(program.num_rows), _FIRST
    shifted = guide = program
    for step in range(_ROUNDS):
        if basis is None or step:
            basis = mended(guide, basis, DUAL, clock)
        try:
            y = None if basis is None else add(vertex(shifted, basis, clock.check).y, offset)
        except Singular:
            return None
        if y is None:
            return None
        if dual_value(program, y) is not None:
            return y
        more_columns, more_rows = unsupported(program, y)
        columns, rows = np.union1d(columns, more_columns), np.union1d(rows, more_rows)
        offset = _offset(program, rows, margin)
        cost = add(program.cost, minus_rows(program, offset))
        cost = add(cost, _shift(program, columns, margin))
        shifted = guide = replace(program, objective=cost.fractions())
        lures = _lures(program, y, columns, margin)
        if lures is not None:
            guide = replace(program, objective=add(cost, lures).fractions())
        margin *= 8
    return None


def mended(program: IntegerProgram, basis: Basis | None, strategy: int, clock: Clock) -> Basis | None:
    """The basis that the simplex method reaches in the time there is; None where it finds nothing."""
    try:
        session = Session(program.scaled.program, "highs", clock.options())
    except InvalidInput:
        return None  # numbers that HiGHS takes for infinite
    session.set(
        presolve="choose" if basis is None else "off",
        solver="simplex",
        simplex_strategy=strategy,
        dual_simplex_cost_perturbation_multiplier=0.0,
        primal_feasibility_tolerance=TIGHTEST,
        dual_feasibility_tolerance=TIGHTEST,
    )
    if basis is not None:
        session.start_from(basis)
    session.run()
    iterate = session.vectors()
    return None if iterate is None else session.basis(iterate)()


def _pulled_in(program: IntegerProgram, columns: Ints, rows: Ints, margin: Fraction) -> IntegerProgram:
    """The program with the bounds of these columns and rows pulled in; equations stay."""
    scaled = program.scaled

    def pull(lower: Array, upper: Array, unit: dict[int, Fraction]) -> tuple[Array, Array]:
        lower, upper = lower.copy(), upper.copy()
        for k, one in unit.items():
            low, high = lower[k], upper[k]
            if high - low > 4 * margin * one:
                lower[k], upper[k] = (
                    v if isinstance(v, float) else v + s * margin * one for v, s in ((low, 1), (high, -1))
                )
        return lower, upper

    units = {k: Fraction(float(scaled.columns[k])) for k in columns.tolist()}
    row_units = {k: 1 / (Fraction(float(scaled.rows[k])) * program.multiplier(k)) for k in rows.tolist()}
    lower, upper = pull(program.lower, program.upper, units)
    row_lower, row_upper = pull(program.row_lower, program.row_upper, row_units)
    return replace(program, lower=lower, upper=upper, row_lower=row_lower, row_upper=row_upper)


def _towards(program: IntegerProgram, sides: tuple[Side, Side], k: int) -> int:
    """The sign that a multiplier must have where only one bound is there, 0 where none or both are."""
    return program.sign * (int(sides[0].there[k]) - int(sides[1].there[k]))


def _offset(program: IntegerProgram, rows: Ints, margin: Fraction) -> Rationals:
    """What is added to the duals: σ."""
    out = RATIONAL.zeros(program.num_rows)
    for k in rows.tolist():
        out[k] = _price(program, margin) * Fraction(float(program.scaled.rows[k]))
        out[k] *= _towards(program, program.row_sides, k)
    return common(out)


def _shift(program: IntegerProgram, columns: Ints, margin: Fraction) -> Rationals:
    """What is added to the objective so that reduced costs keep away from 0: −τ."""
    out = RATIONAL.zeros(program.num_columns)
    for k in columns.tolist():
        out[k] = -_price(program, margin) / Fraction(float(program.scaled.columns[k]))
        out[k] *= _towards(program, program.column_sides, k)
    return common(out)


def _lures(program: IntegerProgram, y: Rationals, columns: Ints, margin: Fraction) -> Rationals | None:
    """A gain that draws free columns into the basis; there their reduced cost is 0, without the gain too."""
    low, high = (side.there for side in program.column_sides)
    z = reduced_costs(program, y).numerators
    free = [k for k in columns.tolist() if not (low[k] or high[k]) and z[k]]
    out = RATIONAL.zeros(program.num_columns)
    for k in free:
        gain = _price(program, margin) / Fraction(float(program.scaled.columns[k]))
        out[k] = gain if z[k] > 0 else -gain
    return common(out) if free else None


def _price(program: IntegerProgram, margin: Fraction) -> Fraction:
    """The margin of a dual, in units of the largest cost."""
    largest = float(np.abs(program.scaled.program.objective).max(initial=0.0))
    return margin * Fraction(2.0 ** float(np.floor(np.log2(largest)))) if largest > 0 else margin
