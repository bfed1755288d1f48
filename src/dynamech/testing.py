"""Assertions and random environments for tests, the project's own and its users'."""

from __future__ import annotations

import random
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any

import numpy as np

from .instances.drawing import Draws, Sketch
from .instances.library import EnvironmentLike, as_environment
from .models.environment.environment import Environment
from .models.mechanism.mechanism import Mechanism
from .models.verification.anywhere import verify
from .solvers.arithmetic import RATIONAL
from .solvers.numbers import Array, array, show
from .solvers.program import Program


def assert_incentive_compatible(
    env: EnvironmentLike,
    mechanism: Mechanism,
    incentives: str = "bayesian",
    participation: str | None = None,
    coupling: str | None = None,
) -> None:
    """Fail with the witness's sentence where the mechanism breaks a notion."""
    for verdict in verify(as_environment(env), mechanism, incentives, participation, coupling=coupling):
        if not verdict:
            sentence = verdict.witness.sentence if verdict.witness is not None else ""
            raise AssertionError(
                f"{verdict.kind} '{verdict.notion}' fails by {verdict.violation}: {sentence}"
            )


def assert_same_program(one: Program, other: Program) -> None:
    """Fail where two programs differ in shape, objective (its quadratic part and offset too), bounds or
    coefficients, compared exactly; labels do not count."""
    for name in ("num_rows", "num_columns", "sense", "kind", "offset"):
        mine, yours = getattr(one, name), getattr(other, name)
        assert mine == yours, f"programs differ in {name}: {mine} and {yours}"
    for name in ("objective", "lower", "upper", "row_lower", "row_upper", "indptr", "indices", "data"):
        assert np.array_equal(getattr(one, name), getattr(other, name)), f"programs differ in {name}"
    for mine, yours in zip(one.quadratic or (), other.quadratic or (), strict=True):
        assert np.array_equal(mine, yours), "programs differ in their quadratic objective"


def random_environment(
    seed: int,
    *,
    agents: int = 1,
    periods: int = 2,
    types: int = 2,
    actions: int = 2,
    controlled: bool = False,
    sparse: bool = False,
    interdependent: bool = False,
    joint: bool = False,
    observed: bool = False,
    given: bool = False,
    feasible: bool = False,
    discount: Any = "9/10",
) -> Environment:
    """A small environment with rational data, the same for the same arguments.

    agents counts those who report; observed adds one whom everybody sees, given lets the others' kernels
    depend on her next type, feasible forbids an action in one of her two states; sparse allows probabilities
    of 0; action 0 is worth nothing and free.
    """
    names = [f"agent{i}" for i in range(agents)]
    sketch = Sketch(
        types={name: [f"t{k}" for k in range(types)] for name in names}
        | ({"public": ["t0", "t1"]} if observed else {}),
        actions=[f"a{k}" for k in range(actions)],
        horizon=periods,
        observed=int(observed),
        controlled=controlled,
        interdependent=interdependent,
        joint=joint,
        given=given,
        feasible=feasible and observed,
        laws_first=False,
    )
    return sketch.draw(_Draw(random.Random(seed), sparse), name=f"random{seed}", discount=discount)


@dataclass(frozen=True)
class _Draw(Draws):
    """Values -2, -3/2, ..., 6, action 0 worth nothing and free; weights 1..4, and 0 too where sparse."""

    random: random.Random
    sparse: bool

    def below(self, n: int) -> int:
        return self.random.randrange(n)

    def value(self) -> Fraction:
        return Fraction(self.random.randint(-2, 6), self.random.choice([1, 2]))

    def weight(self) -> int:
        return self.random.randint(0 if self.sparse else 1, 4)

    def values(self, *shape: int) -> Array:
        table = RATIONAL.zeros(shape)
        table[1:] = self.table(shape[0] - 1, *shape[1:])
        return table

    def prior(self, size: int) -> Array:
        return replace(self, sparse=False).rows(size)

    def costs(self, actions: int) -> Array:
        paid = [Fraction(self.random.randint(0, 3), 2) for _ in range(actions - 1)]
        return array([Fraction(0), *paid])

    def allowed(self, actions: int, *states: int) -> Array:
        return np.array([[True, a != actions - 1] for a in range(actions)])


def program_text(program: Program) -> str:
    """A small program line by line, as a golden test wants it: objective, rows with labels, bounds."""

    def terms(columns: Any, values: Any) -> str:
        used = [(int(k), v) for k, v in zip(columns, values, strict=True) if v != 0]
        parts = [f"{show(v)} {program.column_label(k)}" for k, v in used]
        return " + ".join(parts).replace("+ -", "- ") or "0"

    everything = range(program.num_columns)
    lines = [f"{program.sense} {terms(everything, program.objective)}"]
    for k in range(program.num_rows):
        span = slice(program.indptr[k], program.indptr[k + 1])
        low, high = program.row_lower[k], program.row_upper[k]
        sign, bound = ("=", low) if low == high else (">=", low) if high == np.inf else ("<=", high)
        two_sided = f"{show(low)} <= " if -np.inf < low < high < np.inf else ""
        said = terms(program.indices[span], program.data[span])
        lines.append(f"{program.row_label(k)}: {two_sided}{said} {sign} {show(bound)}")
    free = [program.column_label(k) for k in everything if program.lower[k] == -np.inf]
    lines.append(f"free: {', '.join(free) or 'none'}")
    fixed = [
        f"{program.column_label(k)} = {show(low)}"
        for k, low in enumerate(program.lower)
        if low == program.upper[k]
    ]
    if fixed:
        lines.append(f"fixed: {', '.join(fixed)}")
    if program.integers.size:
        lines.append(f"integer: {', '.join(program.column_label(k) for k in program.integers.tolist())}")
    return "\n".join(lines) + "\n"
