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

from contextlib import suppress
from dataclasses import replace
from fractions import Fraction

import numpy as np

from ..arithmetic import RATIONAL
from ..clock import Clock
from ..engines.highs_session import last_basis
from ..numbers import Array, Floats, Ints
from ..options import TIGHT, Basis
from .bounds import dual_value, unsupported
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
    with suppress(Singular):
        for step in range(_ROUNDS):
            if basis is None or step:
                basis = mended(pulled, basis, PRIMAL, clock)
            if basis is None:
                break
            x = vertex(pulled, basis, clock.check).x
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
    with suppress(Singular):
        for step in range(_ROUNDS):
            if basis is None or step:
                basis = mended(guide, basis, DUAL, clock)
            if basis is None:
                break
            y = add(vertex(shifted, basis, clock.check).y, offset)
            if dual_value(program, y) is not None:
                return y
            more_columns, more_rows = unsupported(program, y)
            columns, rows = np.union1d(columns, more_columns), np.union1d(rows, more_rows)
            price, units = _price(program, margin), program.scaled
            offset = _priced(price, units.rows * _towards(program, program.row_sides), rows)
            shift = _priced(price, -_towards(program, program.column_sides) / units.columns, columns)
            cost = add(add(program.cost, minus_rows(program, offset)), shift)
            shifted = guide = replace(program, objective=cost.fractions())
            # a gain draws free columns into the basis; there their reduced cost is 0, without the gain too
            low, high = (side.there[columns] for side in program.column_sides)
            z = reduced_costs(program, y).numerators
            free = columns[~low & ~high & np.asarray(z[columns] != 0, dtype=np.bool_)]
            if free.size:
                lures = _priced(price, np.where(z > 0, 1.0, -1.0) / units.columns, free)
                guide = replace(program, objective=add(cost, lures).fractions())
            margin *= 8
    return None


def mended(program: IntegerProgram, basis: Basis | None, strategy: int, clock: Clock) -> Basis | None:
    """The basis that the simplex method reaches in the time there is; None where it finds nothing."""
    return last_basis(
        program.scaled.program,
        clock.options(),
        basis,
        unfinished=True,
        presolve="choose" if basis is None else "off",
        solver="simplex",
        simplex_strategy=strategy,
        dual_simplex_cost_perturbation_multiplier=0.0,
        **TIGHT,
    )


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


def _towards(program: IntegerProgram, sides: tuple[Side, Side]) -> Ints:
    """The sign that a multiplier must have where only one bound is there, 0 where none or both are."""
    return program.sign * (sides[0].there.astype(np.int64) - sides[1].there)


def _priced(price: Fraction, weights: Floats, places: Ints) -> Rationals:
    """The price times the weights at these places, 0 elsewhere."""
    out = RATIONAL.zeros(weights.size)
    out[places] = [price * Fraction(weight) for weight in weights[places].tolist()]
    return common(out)


def _price(program: IntegerProgram, margin: Fraction) -> Fraction:
    """The margin of a dual, in units of the largest cost."""
    largest = float(np.abs(program.scaled.program.objective).max(initial=0.0))
    return margin * Fraction(2.0 ** float(np.floor(np.log2(largest)))) if largest > 0 else margin
