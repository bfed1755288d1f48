"""Functions of one right-hand side: against linear programs solved one by one; simpler ones on both sides."""

from __future__ import annotations

import itertools
from fractions import Fraction
from typing import Any

import hypothesis.strategies as st
import numpy as np
from hypothesis import given, settings

from dynamech.solvers.algorithms.concave import Concave
from dynamech.solvers.algorithms.parametric import Dictionary, Pieces
from dynamech.solvers.program import Builder
from dynamech.solvers.rational import ONE, ZERO, Rational, double, fraction, rational, round_down
from dynamech.solvers.solve import solve

F = Fraction


def concave(points: list[Fraction], slopes: list[Fraction]) -> Concave:
    values = [F(0)]
    for k in range(1, len(points)):
        values.append(values[-1] + slopes[k - 1] * (points[k] - points[k - 1]))
    return Concave(*([rational(v) for v in part] for part in (points, values, slopes)))


def functions(count: int) -> st.SearchStrategy[Concave]:
    steps = st.lists(st.fractions(F(1, 4), 2, max_denominator=4), min_size=count, max_size=count)
    drops = st.lists(st.fractions(F(1, 6), 2, max_denominator=6), min_size=count, max_size=count)

    def make(pair: tuple[list[Fraction], list[Fraction]]) -> Concave:
        lengths, falls = pair
        points = [F(0), *itertools.accumulate(lengths)]
        slopes = [*list(itertools.accumulate(falls[::-1]))[::-1], F(0)]
        return concave(points, slopes)

    return st.tuples(steps, drops).map(make)


@settings(max_examples=25, deadline=None, derandomize=True)
@given(st.lists(functions(3), min_size=2, max_size=3), st.lists(st.integers(1, 3), min_size=3, max_size=3))
def test_a_budget_over_concave_functions(found: list[Concave], prices: list[int]) -> None:
    """max Σ φ_j(x_j) with Σ a_j x_j = z: greedy by slope per unit of budget, and the walk finds the same."""
    costs = [rational(F(p)) for p in prices[: len(found)]]
    pieces = [Pieces(f.points, f.slopes) for f in found]
    # Start: all but the first at 0 cannot be optimal; all at their last points is, with slope 0 on top.
    start = [f.points[-1] for f in found]
    z = sum((a * x for a, x in zip(costs, start, strict=True)), ZERO)
    made = Dictionary(pieces, [0], [start[0]], [[a / costs[0] for a in costs[1:]]], [ONE / costs[0]], z)
    for j in range(1, len(found)):
        made.piece[j] = len(found[j].points) - 1
        made.x[j] = start[j]
    made.price = [ZERO for _ in costs[1:]]
    corners = list(made.walk())
    assert corners[-1].z == 0
    segments = sorted(
        (
            (-slope / a, a * (high - low))
            for f, a in zip(found, costs, strict=True)
            for slope, low, high in zip(f.slopes, f.points, f.points[1:], strict=False)
        ),
    )
    greedy = [(ZERO, ZERO)]
    for slope, length in segments:
        greedy.append((greedy[-1][0] + length, greedy[-1][1] - slope * length))
    for corner in corners:
        value = sum((f(x) for f, x in zip(found, corner.x, strict=True)), ZERO)
        k = max(k for k, (at, _) in enumerate(greedy) if at <= corner.z)
        at, height = greedy[k]
        expected = height
        if k + 1 < len(greedy):
            rise = (greedy[k + 1][1] - height) / (greedy[k + 1][0] - at)
            expected += rise * (corner.z - at)
        assert value == expected


@settings(max_examples=20, deadline=None, derandomize=True)
@given(
    functions(4), st.lists(st.integers(1, 4), min_size=3, max_size=3), st.fractions(0, 4, max_denominator=8)
)
def test_the_walk_agrees_with_programs(later: Concave, weights: list[int], z: Fraction) -> None:
    """The period of a bank account (models/accounts) at one promise, as a linear program."""
    from dynamech.models.accounts.promised_utility import best_period

    values = [F(1), F(2), F(4)]
    chances = [F(w, sum(weights)) for w in weights]
    function, policy = best_period([rational(v) for v in values], [rational(f) for f in chances], later)
    assert fraction(function(rational(z))) == _by_program(values, chances, later, z)
    sales, after = ([fraction(v) for v in row] for row in policy.at(rational(z)))
    assert sum(f * u for f, u in zip(chances, after, strict=True)) == z
    attained = sum(
        f * (v * x + fraction(later(rational(u))))
        for f, v, x, u in zip(chances, values, sales, after, strict=True)
    )
    assert attained == fraction(function(rational(z)))
    for j, k in itertools.product(range(3), repeat=2):
        assert after[k] >= after[j] + (values[k] - values[j]) * sales[j]


def _by_program(values: list[Fraction], chances: list[Fraction], later: Concave, z: Fraction) -> Any:
    builder = Builder(sense="max", exact=True)
    size = len(values)
    sale = builder.columns(
        "sale", size, upper=1, objective=[f * v for f, v in zip(chances, values, strict=True)]
    )
    promise = builder.columns("promise", size)
    worth = builder.columns("worth", size, lower=None, objective=chances)
    mean = builder.rows("mean", 1, lower=z, upper=z)
    builder.entries(mean.index[0], promise.index, chances)
    for j, k in itertools.permutations(range(size), 2):
        row = builder.rows(f"truth {k} {j}", 1, lower=0).index[0]
        builder.entries(row, [promise.index[k], promise.index[j]], [F(1), F(-1)])
        builder.entries(row, sale.index[j], values[j] - values[k])
    for n, (at, value, slope) in enumerate(zip(later.points, later.values, later.slopes, strict=True)):
        row = builder.rows(f"piece {n}", size, upper=fraction(value - slope * at))
        builder.entries(row.index, worth.index, 1)
        builder.entries(row.index, promise.index, -fraction(slope))
    return solve(builder.build(), exact=True).value


@settings(max_examples=40, deadline=None, derandomize=True)
@given(functions(12), st.sampled_from([0.0, 1e-3, 0.1, 1.0]), st.sampled_from([6, 12, 40]))
def test_simpler_functions_on_both_sides(f: Concave, allowed: float, bits: int) -> None:
    low, high = (side(lambda x: np.full(len(x), allowed), bits) for side in (f.below, f.above))
    rounding = rational(F(64, 2**bits))
    for x in (*f.points, *low.points, *high.points, rational(F(1, 3)), rational(F(100))):
        assert low(x) <= f(x) <= high(x)
        if bits == 40:
            assert f(x) - low(x) <= rational(F(allowed + 1e-9)) + rounding
            assert high(x) - f(x) <= rational(F(allowed + 1e-9)) + rounding
    for g in (low, high):
        assert list(g.slopes) == sorted(g.slopes, reverse=True)
        assert g.slopes[-1] == 0
        assert g.points[0] == 0
    if allowed >= 0.1 and bits == 40:
        assert len(low) <= len(f)
        assert len(high) <= len(f)


def test_the_best_point_less_its_cost() -> None:
    f = concave([F(0), F(1), F(3)], [F(2), F(1), F(0)])
    assert tuple(map(str, f.best_less())) == ("1", "1")
    assert f.most == 4
    assert f(rational(F(10))) == 4


def test_rationals_there_and_back() -> None:
    for value in (F(0), F(-7, 3), F(10**30, 7)):
        assert fraction(rational(value)) == value
        assert double(rational(value)) == float(value)
    down: Rational = round_down(rational(F(-1, 3)), 2)
    assert fraction(down) == F(-1, 2)
