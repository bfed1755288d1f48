"""The cheapest endless walks, and what endless chains settle to, against long finite ones."""

from __future__ import annotations

from fractions import Fraction as F

import numpy as np
import pytest

from dynamech.solvers.algorithms import settling
from dynamech.solvers.algorithms.settling import Walk, least_expectations, limits_of
from dynamech.solvers.algorithms.walks import least_total
from dynamech.solvers.errors import InvalidInput, NotCertified, TooLarge
from dynamech.solvers.numbers import array, to_exact, to_float


@pytest.mark.parametrize("seed", range(6))
def test_least_totals_are_a_fixed_point(seed: int) -> None:
    dice = np.random.default_rng(seed)
    cost = to_exact(dice.integers(-9, 9, (7, 4)).astype(float))
    following = dice.integers(0, 7, (7, 4))
    cost[dice.integers(0, 7, 9), dice.integers(1, 4, 9)] = float("inf")
    total, edge = least_total(cost, following, F(9, 10))
    assert all(isinstance(value, F) for value in total)
    assert (total == (cost + F(9, 10) * total[following]).min(axis=1)).all()
    assert (total == np.take_along_axis(cost + F(9, 10) * total[following], edge[:, None], 1)[:, 0]).all()
    doubles, _ = least_total(to_float(cost), following, 0.9)
    assert doubles == pytest.approx(to_float(total))
    with pytest.raises(InvalidInput, match="discount 1"):
        least_total(cost, following, 1)


def chain(rows: list[list[str]], start: list[str]) -> Walk:
    matrix = array(rows)
    here, there = np.nonzero(matrix)
    return Walk(here, there, matrix[here, there], array(start))


CHAINS = {
    "to rest": chain([["1/2", "1/2"], ["0", "1"]], ["1", "0"]),
    "mixing": chain([["1/2", "1/2"], ["1/4", "3/4"]], ["1", "0"]),
    "by turns": chain([["0", "1", "0"], ["1/3", "0", "2/3"], ["0", "1", "0"]], ["1/2", "1/4", "1/4"]),
    "two ends": chain(
        [["0", "1/2", "0", "1/2", "0"], ["0", "0", "1", "0", "0"], ["0", "1", "0", "0", "0"],
         ["0", "0", "0", "3/4", "1/4"], ["0", "0", "0", "1", "0"]],
        ["2/3", "0", "0", "0", "1/3"],
    ),
    "turns of two and three": chain(
        [["0", "1", "0", "0", "0", "0", "0"], ["1", "0", "0", "0", "0", "0", "0"],
         ["0", "0", "0", "1", "0", "0", "0"], ["0", "0", "0", "0", "1", "0", "0"],
         ["0", "0", "1", "0", "0", "0", "0"],
         ["1/3", "0", "1/3", "0", "0", "0", "1/3"], ["0", "0", "0", "0", "0", "1/2", "1/2"]],
        ["0", "0", "0", "1/5", "0", "4/5", "0"],
    ),
    "never there": chain([["1", "0"], ["0", "1"]], ["0", "1"]),
}  # fmt: skip


@pytest.mark.parametrize("name", CHAINS)
def test_limits_are_what_many_steps_come_to(name: str) -> None:
    given = CHAINS[name]
    limits = limits_of(given)
    assert [row.sum() for row in limits] == [1] * len(limits)
    for r, limit in enumerate(limits):
        assert (given.step(limit) == limits[(r + 1) % len(limits)]).all()
    floats, at = given.to_float(), given.to_float().start
    for t in range(1200):
        if t >= 1190:
            assert at == pytest.approx(to_float(limits[t % len(limits)]), abs=1e-12)
        at = floats.step(at)
    assert to_float(limits) == pytest.approx(limits_of(floats))


@pytest.mark.parametrize("name", CHAINS)
def test_least_expectations_are_those_of_many_periods(name: str) -> None:
    given = CHAINS[name]
    for seed in range(8):
        flow = to_exact(np.random.default_rng(seed).integers(-9, 9, len(given.start)).astype(float))
        at, low = given.start, []
        for _ in range(60):
            low.append((at * flow).sum())
            at = given.step(at)
        long = min(*low, *(limits_of(given) @ flow))
        told = least_expectations(given, flow)
        assert min(value for value, _ in told) == long
        assert all(value == low[t] for value, t in told if t is not None)
        doubles = least_expectations(given.to_float(), to_float(flow))
        assert min(value for value, _ in doubles) == pytest.approx(float(long))


def test_what_does_not_settle_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    slow = chain([["999999/1000000", "1/1000000"], ["0", "1"]], ["1", "0"])
    monkeypatch.setattr(settling, "LONGEST", 1000)
    with pytest.raises(NotCertified, match=r"not settled after 1,000 periods: .* by 0\.999 at most"):
        least_expectations(slow, array(["1", "0"]))
    assert least_expectations(slow, array(["0", "1"]))[1] == (0, 0)  # no later one is less
    monkeypatch.setattr(settling, "MOST", 10)
    with pytest.raises(TooLarge, match="a cycle of 6 periods over 7 places"):
        limits_of(CHAINS["turns of two and three"])
