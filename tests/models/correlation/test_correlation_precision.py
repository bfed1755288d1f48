"""Sizes and distances found in doubles are right, however near to singular the process is."""

from __future__ import annotations

import random
from dataclasses import replace
from fractions import Fraction as F
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import dynamech as dm
from dynamech.models.correlation.precision import relative_error, size_of
from dynamech.models.correlation.systems import Systems
from dynamech.models.correlation.transfers import FINDERS, NORMS
from dynamech.models.correlation.written import correlation_json
from dynamech.solvers.effort import FLOATS
from dynamech.solvers.numbers import to_exact, to_float

DATA = Path(__file__).parents[2] / "data"


def test_least_squares_near_singularity() -> None:
    """Said 6.306 and "accurate": the residual was small, and the transfers were too."""
    env = dm.load(DATA / "near-singular-9.json")
    made = dm.correlation(env)
    found = made.agents[1].theorem("3.2")
    assert found[0] is True
    assert found[1] == pytest.approx(2, rel=1e-9)
    assert found[2] == pytest.approx(8, rel=1e-9)
    exact = dm.correlation(env, exact=True).agents[1]
    assert exact.theorem("3.2") == (True, 2, 8)
    assert made.agents[1].theorem("3.1")[2] == pytest.approx(float(exact.theorem("3.1")[2] or 0), rel=1e-9)
    assert made.accurate


def near_singular(seed: int) -> dm.Environment:
    """Two agents whose process is 10^-k from independence, from rank two, or not near it; any money."""
    draw = random.Random(seed)
    sizes = [draw.choice([2, 2, 3]) for _ in range(2)]
    profiles, actions = sizes[0] * sizes[1], draw.choice([1, 2])
    near = F(1, 10 ** draw.choice([0, 3, 5, 6, 7, 8, 9, 10, 12, 14]))
    money = F(10) ** draw.choice([0, 0, -6, 6])
    kinds = draw.choice([1, 2])

    def chances() -> np.ndarray[Any, Any]:
        weights = [draw.randint(1, 5) for _ in range(profiles)]
        return np.array([F(w, sum(weights)) for w in weights], dtype=object)

    def table() -> np.ndarray[Any, Any]:
        bases = [chances() for _ in range(kinds)]
        shares = [F(draw.randint(0, 4), 4) for _ in range(profiles)]
        mixed = [share * bases[0] + (1 - share) * bases[-1] for share in shares]
        return np.array([(1 - near) * base + near * chances() for base in mixed], dtype=object)

    def values(count: int) -> Any:
        entries = [money * draw.randint(-3, 6) for _ in range(count * profiles)]
        return np.array(entries, dtype=object).reshape(count, *sizes).tolist()

    moves = np.array([table() for _ in range(actions)], dtype=object).reshape(actions, *sizes, *sizes)
    return dm.Environment(
        name=f"near{seed}",
        horizon=2,
        discount=draw.choice(["9/10", 1]),
        actions=[[f"x{k}" for k in range(actions)], ["y0", "y1"]],
        agents=[
            dm.Agent(f"a{i}", types=[f"t{k}" for k in range(sizes[i])], values=[values(actions), values(2)])
            for i in range(2)
        ],
        process={"prior": chances().reshape(sizes).tolist(), "transitions": [moves.tolist()]},
    )


SIZES = {"largest_transfer", "least_norm_squared"}
FIGURES = {*SIZES, "distance", "smallest_singular_value", "condition_number"}


def figures(made: Any, path: str = "") -> dict[str, Any]:
    """Every figure and every yes or no of an answer's JSON, by its place."""
    if isinstance(made, dict):
        return {k: v for key in made for k, v in figures(made[key], f"{path}/{key}").items()}
    if isinstance(made, list):
        return {k: v for j, part in enumerate(made) for k, v in figures(part, f"{path}/{j}").items()}
    kept = isinstance(made, bool) or path.rpartition("/")[2] in FIGURES or path.startswith("/W/")
    return {path: float(F(made)) if isinstance(made, str) else made} if kept else {}


@pytest.mark.parametrize("seed", [0, 1, 2, 3, 6, 7, 9, 10, 12, 16, 20, 36])
def test_doubles_agree_with_rationals(seed: int) -> None:
    env = near_singular(seed)
    norm = NORMS[seed % 3]
    rough, sure = dm.correlation(env, norm=norm), dm.correlation(env, norm=norm, exact=True)
    mine, right = figures(correlation_json(rough)), figures(correlation_json(sure))
    mine.pop("/accurate")
    assert right.pop("/accurate") is True
    assert mine.keys() == right.keys()
    for place, value in right.items():
        same = mine[place] == value or (
            isinstance(value, float) and mine[place] == pytest.approx(value, rel=1e-8, abs=0)
        )
        assert same, (place, mine[place], value)
    # Transfers miss by no more than is said, over the rationals.
    for agent, exactly in zip(rough.agents, sure.agents, strict=True):
        for name, answer in agent.periods[0].theorems.items():
            missed = exactly.periods[0].theorems[name].systems.residual(to_exact(answer.transfers))
            assert (to_float(missed) <= answer.residual)[answer.feasible].all()
            assert float(missed[answer.feasible].max(initial=0)) <= float(rough.residual)


def test_accurate_says_no() -> None:
    """Transfers of 10^13 cannot meet expectations of 1 in doubles; and small money is no excuse."""
    rows = [[F(1, 2), F(1, 2)], [F(1, 2) + F(1, 10**14), F(1, 2) - F(1, 10**14)]]
    env = near_singular(7)
    moves = np.array([[a * b for a in rows[j] for b in rows[i]] for i in range(2) for j in range(2)])
    assert env.types(0) == (2, 2)
    process = {"prior": [["1/4"] * 2] * 2, "transitions": [moves.reshape(1, 2, 2, 2, 2).tolist()]}
    agents = [dm.Agent(a.name, types=["t0", "t1"], values=[[[[1, 0], [0, 3]]], [[[0, 0], [0, 0]]]])
              for a in env.agents]  # fmt: skip
    thin = dm.Environment(name="thin", horizon=2, actions=[["x"], ["y"]], agents=agents, process=process)
    made = dm.correlation(thin, theorem="3.2")
    assert made.agents[0].theorem("3.2")[0] is True
    assert not made.accurate
    assert dm.correlation(thin, theorem="3.2", exact=True).accurate

    small = dm.correlation(near_singular(0))
    answer = small.agents[0].periods[0].theorems["3.1"]
    most = float(answer.systems.amounts.max())
    assert answer.accurate(1e-8)
    assert not replace(answer, residual=answer.residual + 1e-6 * most).accurate(1e-8)


def systems(seed: int) -> Systems:
    """A few systems of one shape, some rows 1e-5 apart."""
    rng = np.random.default_rng(seed)
    rows = rng.dirichlet(np.ones(5), size=(6, 3))
    rows[3:, 2] = rows[3:, 1] + 1e-5 * (rng.dirichlet(np.ones(5), size=3) - rows[3:, 1])
    target = rng.integers(-3, 7, size=(6, 3)).astype(float)
    target[3:, 2] = target[3:, 1]
    equal = np.tile(np.array([True, False, False]), (6, 1))
    equal[::2] = True
    return Systems(rows, np.arange(6), target, equal)


@pytest.mark.parametrize("norm", NORMS)
def test_the_bound_on_sizes_holds_and_can_say_no(norm: str) -> None:
    for seed in range(4):
        asked = systems(seed)
        found = FINDERS[norm](asked, FLOATS)
        error = relative_error(asked, found.p, found.proof, norm)
        exact = FINDERS[norm](asked.to_exact(), FLOATS)
        right = size_of(to_float(exact.p), norm)
        beside = np.maximum(size_of(found.p, norm), asked.amounts.max(axis=1))
        off = abs(size_of(found.p, norm) - right) / beside
        assert (off <= error * (1 + 1e-6) + 1e-15).all()
        assert (error[:3] < 1e-9).all()
        # Transfers that are not the smallest, and multipliers that prove nothing, are found out.
        longer = relative_error(asked, found.p * 1.01, found.proof, norm)
        assert (longer[size_of(found.p, norm) > 0] > 1e-3).all()
        weaker = relative_error(asked, found.p, 0 * found.proof, norm)
        assert (weaker[size_of(found.p, norm) > 0] > 1e-3).all()


@pytest.mark.parametrize("power", [-9, 9])
def test_answers_scale_with_money(power: int) -> None:
    env = dm.load("random-correlated", types=2)
    money = F(10) ** power
    agents = tuple(replace(agent, values=tuple(v * money for v in agent.values)) for agent in env.agents)
    rich = env._with(agents=agents, costs=tuple(c * money for c in env.costs))
    for one, other in zip(dm.correlation(env).agents, dm.correlation(rich).agents, strict=True):
        for name in ("3.1", "3.2"):
            feasible, top, squares = one.theorem(name)
            again, larger, longer = other.theorem(name)
            assert (feasible, again) == (True, True)
            assert top is not None
            assert squares is not None
            assert larger == pytest.approx(float(top) * float(money), rel=1e-9, abs=0)
            assert longer == pytest.approx(float(squares) * float(money) ** 2, rel=1e-9, abs=0)
