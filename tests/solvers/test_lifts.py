"""Every rewriting of a program in the solvers, proved by one body; one that has no case here fails."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from types import ModuleType
from typing import TypeAlias

import numpy as np
import pytest

from dynamech.solvers.constants import Constants
from dynamech.solvers.engines.foreign import lean
from dynamech.solvers.exact.integers import clear
from dynamech.solvers.lazy import solve_lazily
from dynamech.solvers.lift import Identity, Lift
from dynamech.solvers.program import Builder, Program, Sense
from dynamech.solvers.scaling import in_units
from dynamech.solvers.selection import Addition, select_rows
from dynamech.solvers.slacks import Slacks

from .lifts import modules_of, parts, prove, unproved

Rewritten: TypeAlias = tuple[Program, Lift]


def five_lines(
    sense: Sense = "max", *, exact: bool = False, units: bool = False, end: str = "optimal"
) -> Program:
    """Two goods made of six hours, of which a worker takes two times one to eight off; dyadic numbers.

    An optimum of 11 + 1 at x = (3, 1). The worker's column is a slack of an equality, one column is idle; a
    row is loose, and one says nothing. end: "unbounded" or "infeasible" in its place.
    """
    sign = 1 if sense == "max" else -1
    build = Builder(sense=sense, exact=exact, name="five lines")
    build.offset += sign
    unit = np.array([64.0, 1 / 8]) if units else None
    x = build.columns("x", 2, objective=[3 * sign, 2 * sign], unit=unit)
    rest = build.columns("rest", 1, lower=1, upper=8, unit=4 if units else None)
    build.columns("idle", 1, lower=-1, upper=2, unit=1 if units else None)
    mix = build.rows("mix", 1, lower=6, upper=6)
    build.entries(mix.index, x.index, [1, 1] if end != "unbounded" else [1, -1])
    build.entries(mix.index, rest.index, 2)
    least, most = (20 if end == "infeasible" else None), (1 if end == "optimal" else None)
    build.entries(build.rows("cap", 1, lower=least, upper=most).index, x.index, [0.5, -0.5])
    loose = build.rows("loose", 1, lower=-100, upper=None)
    build.entries(loose.index, x.index, 1)
    build.rows("nothing", 1)
    return build.build()


def units(program: Program) -> Rewritten:
    return in_units(program)


def exact_side(program: Program) -> Rewritten:
    """The program in doubles that a solver sees where a proof is asked for."""
    scaled = clear(program).scaled
    return scaled.program, scaled.lift


def fewer_rows(program: Program) -> Rewritten:
    return select_rows(program, np.array([3, 1, 0]))


def all_rows(program: Program) -> Rewritten:
    return select_rows(program, np.array([2, 1, 0, 3]))


def more_rows(program: Program) -> Rewritten:
    build = Builder.of(program)
    build.entries(build.rows("more", 1, upper=1000).index, 3, 1)
    return build.build(), Addition(program)


def no_slacks(program: Program) -> Rewritten:
    slacks = Slacks.of(program, np.ones(program.num_rows, dtype=bool))
    assert slacks.columns.tolist() == [2]
    return slacks.program(), slacks


def lazily(program: Program) -> Rewritten:
    """As a lazy solve has it: in units, with fewer rows, without slacks."""
    whole, home = in_units(program)
    slacks = Slacks.of(whole, np.arange(4) == 0)
    rows = np.array([3, 1, 0])
    part, whole_again = select_rows(whole, rows)
    inner = slacks.within(part, rows)
    return inner.program(), inner.then(whole_again).then(home)


def no_constants(program: Program) -> Rewritten:
    """Two columns fixed, and a row of their own left out beside the one that says nothing."""
    lower, upper = program.lower.copy(), program.upper.copy()
    lower[2:] = upper[2:] = 1
    build = Builder.of(replace(program, lower=lower, upper=upper))
    build.entries(build.rows("own", 1, lower=3, upper=3).index, [2, 3], [1, 2])
    build.add_objective(np.array([2]), 4)
    build.offset = build.offset - 4
    home = build.build()
    constants = Constants(home, np.arange(3))
    assert constants.columns.tolist() == [0, 1]
    assert constants.places(np.array([1, 2])).tolist() == [1, 2]
    made = constants.program("free")
    assert [made.row_label(k) for k in range(3)] == [home.row_label(k) for k in range(3)]
    assert made.column_label(1) == "free[x[1]]"
    return made, constants


def same(program: Program) -> Rewritten:
    return program, Identity(program)


CASES: dict[str, tuple[Callable[[Program], Rewritten], bool]] = {
    "the same": (same, True),
    "units": (units, True),
    "exact side": (exact_side, True),
    "fewer rows": (fewer_rows, True),
    "all rows": (all_rows, True),
    "more rows": (more_rows, True),
    "slacks": (no_slacks, True),
    "lazily": (lazily, True),
    "constants": (no_constants, True),
    "lean": (lean, False),
}
"""Ways of rewriting, and whether bases come home."""


@pytest.mark.parametrize("sense", ["max", "min"])
@pytest.mark.parametrize("known", [False, True])
@pytest.mark.parametrize("name", CASES)
def test_an_optimum_comes_home(name: str, known: bool, sense: Sense) -> None:
    rewrite, vertex = CASES[name]
    prove(*rewrite(five_lines(sense, units=known)), vertex=vertex)


RATIONAL = ["the same", "exact side", "fewer rows", "all rows", "more rows", "constants"]
ENDLESS = ["the same", "units", "exact side", "all rows", "more rows", "slacks", "constants"]


@pytest.mark.parametrize("name", RATIONAL)
def test_so_does_one_over_the_rationals(name: str) -> None:
    rewrite, vertex = CASES[name]
    prove(*rewrite(five_lines(exact=True)), vertex=vertex)


@pytest.mark.parametrize("name", ENDLESS)
def test_a_ray_comes_home(name: str) -> None:
    prove(*CASES[name][0](five_lines(units=True, end="unbounded")), vertex=True)


@pytest.mark.parametrize("name", sorted(set(CASES) - {"lean"}))
def test_a_refutation_comes_home(name: str) -> None:
    prove(*CASES[name][0](five_lines(units=True, end="infeasible")), vertex=True)


def test_what_costs_something_stays_where_it_was() -> None:
    """Rows that were added and bind: their duals and basis are none of the program without them."""
    program = five_lines()
    build = Builder.of(program)
    build.entries(build.rows("bind", 1, upper=3).index, 0, 1)
    prove(build.build(), Addition(program), vertex=False, duals=False)
    assert select_rows(program, np.array([0, 1]))[1].ray(np.ones(4)) is None


@pytest.mark.parametrize("rows", [2, 4])
def test_a_lazy_proof_of_no_end_is_about_all_rows(rows: int) -> None:
    program = five_lines(exact=True, end="unbounded")
    found = solve_lazily(program, np.arange(4) < rows, exact=True)
    assert found.status == "unbounded"
    assert found.certify().program is program
    assert found.certify().check()


def test_every_rewriting_of_the_solvers_has_a_case() -> None:
    proved = set().union(*(parts(rewrite(five_lines())[1]) for rewrite, _ in CASES.values()))
    assert unproved(modules_of("dynamech.solvers"), proved) == set()
    assert "Slacks" in unproved(modules_of("dynamech.solvers"), proved - {Slacks})


def test_a_rewriting_without_a_case_is_told() -> None:
    house = ModuleType("house")
    source = """
from numpy import ndarray
from dynamech.solvers.lift import Lift
from dynamech.solvers.program import Program

class Turned(Lift):
    def primal(self, values): return -values
    def dual(self, values): return -values

class Lookalike:
    def primal(self, values): return values
    def dual(self, values): return values

def turn(program: Program) -> tuple[Program, Turned]: ...
def bare(program: Program) -> tuple[Program, ndarray]: ...
"""
    exec(source, vars(house))
    assert unproved([house], set()) == {"Turned", "Lookalike", "bare"}


@pytest.mark.parametrize("what", ["primal", "dual", "basis", "value"])
def test_a_wrong_way_back_is_seen(what: str) -> None:
    program = five_lines()

    class Wrong(Identity):
        """Right in everything but one."""

    def spoilt(self: Identity, given: object) -> object:
        if what == "basis":
            return type(given)(given.columns[::-1].copy(), given.rows)  # type: ignore[attr-defined, call-arg]
        return given * 2  # type: ignore[operator]

    setattr(Wrong, what, spoilt)
    with pytest.raises(AssertionError):
        prove(program, Wrong(program), vertex=True)
