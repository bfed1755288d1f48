"""Assertions and random environments for tests, the project's own and its users'."""

from __future__ import annotations

import itertools
import random
from dataclasses import replace
from fractions import Fraction
from typing import Any

import numpy as np

from .models.environment import Agent, Environment
from .models.mechanism import Mechanism
from .models.verify import verify
from .solvers.program import Program


def assert_incentive_compatible(
    env: Environment,
    mechanism: Mechanism,
    incentives: str = "bayesian",
    participation: str | None = None,
    coupling: str | None = None,
) -> None:
    """Fail with the witness's sentence where the mechanism breaks a notion."""
    for verdict in verify(env, mechanism, incentives, participation, coupling=coupling):
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
    draw = random.Random(seed)
    count = agents + observed
    sizes = [types] * agents + [2] * observed

    def chances(k: int, zeros: bool) -> list[Fraction]:
        weights = [draw.randint(0 if zeros else 1, 4) for _ in range(k)]
        if sum(weights) == 0:
            weights[draw.randrange(k)] = 1
        return [Fraction(w, sum(weights)) for w in weights]

    made = []
    for i in range(count):
        values = []
        for _ in range(periods):
            shape = (actions, *(sizes if interdependent else [sizes[i]]))
            table = np.full(shape, Fraction(0), dtype=object)
            for at in itertools.product(*map(range, shape)):
                if at[0] > 0:
                    table[at] = Fraction(draw.randint(-2, 6), draw.choice([1, 2]))
            values.append(table.tolist())
        seen = given and observed and i < agents
        transitions: list[Any] = []
        for _ in range(periods - 1):
            by_action: list[Any] = []
            for _ in range(actions if controlled else 1):
                rows = [[chances(sizes[i], sparse) for _ in range(sizes[i])] for _ in range(2 if seen else 1)]
                by_action.append(rows if seen else rows[0])
            transitions.append(by_action)
        made.append(
            Agent(
                f"agent{i}" if i < agents else "public",
                types=[f"t{k}" for k in range(sizes[i])],
                prior=chances(sizes[i], False),
                values=values,
                transitions=transitions,
                observed=i >= agents,
                given=["public"] if seen else (),
            )
        )
    process = None
    if joint:
        total = int(np.prod(sizes))

        def table_of(rows: Any, *shape: int) -> Any:
            return np.array(rows, dtype=object).reshape(shape).tolist()

        process = {
            "prior": table_of(chances(total, False), *sizes),
            "transitions": [
                table_of(
                    [
                        [chances(total, sparse) for _ in range(total)]
                        for _ in range(actions if controlled else 1)
                    ],
                    actions if controlled else 1,
                    *sizes,
                    *sizes,
                )
                for _ in range(periods - 1)
            ],
        }
        made = [replace(agent, prior=None, transitions=None, given=()) for agent in made]
    allowed = None
    if feasible and observed:
        allowed = [[[True, a != actions - 1] for a in range(actions)]] * periods
    costs = [
        [Fraction(0), *(Fraction(draw.randint(0, 3), 2) for _ in range(actions - 1))] for _ in range(periods)
    ]
    return Environment(
        name=f"random{seed}",
        horizon=periods,
        discount=discount,
        actions=[f"a{k}" for k in range(actions)],
        costs=costs,
        agents=made,
        process=process,
        feasible=allowed,
    )


def program_text(program: Program) -> str:
    """A small program line by line, as a golden test wants it: objective, rows with labels, bounds."""
    from .solvers.numbers import show

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
        lines.append(
            f"{program.row_label(k)}: {terms(program.indices[span], program.data[span])} {sign} {show(bound)}"
        )
    free = [program.column_label(k) for k in everything if program.lower[k] == -np.inf]
    lines.append(f"free: {', '.join(free) or 'none'}")
    fixed = [
        f"{program.column_label(k)} = {show(low)}"
        for k, low in enumerate(program.lower)
        if low == program.upper[k]
    ]
    if fixed:
        lines.append(f"fixed: {', '.join(fixed)}")
    return "\n".join(lines) + "\n"
