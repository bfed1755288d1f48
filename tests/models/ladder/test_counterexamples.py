"""Both counterexamples of KLN section 7 on growing grids: values, proofs, the swap, and the limits."""

from __future__ import annotations

import re
from fractions import Fraction as F
from itertools import pairwise

import pytest

import dynamech as dm
from benchmarks.counterexamples import CORRELATED, NONSEPARABLE, Counterexample

from .screening import case

COUNTEREXAMPLES = {"2_nonsep": NONSEPARABLE, "2_corr": CORRELATED}
both = pytest.mark.parametrize("name", COUNTEREXAMPLES)


@both
@pytest.mark.parametrize("n", [2, 3, 5])
def test_the_table_that_the_benchmark_prints(name: str, n: int) -> None:
    wanted = case(f"{name}_n{n}")[1]
    promised = wanted["relaxed_optimum" if name == "2_nonsep" else "theta1_public_full_surplus_E[s1]"]
    one, other, rows, gain = COUNTEREXAMPLES[name].row(n)
    assert (one, other, one - other) == (F(promised), F(wanted["dynamic_optimum"]), F(wanted["gap"]))
    assert rows > 0
    assert gain == (None if name == "2_corr" else F(7, 2) if n == 2 else F(5, 4))


def test_limits() -> None:
    wanted = case("2_nonsep_limit")[1]
    assert F(wanted["relaxed"]) == NONSEPARABLE.limit
    assert F(wanted["gap"]) == NONSEPARABLE.limit - NONSEPARABLE.dynamic
    upfront = max((1 - s) * (2 + 11 * s) / 2 for s in (F(k, 22) for k in range(23)))
    assert upfront == NONSEPARABLE.dynamic


@both
def test_grids_tend_to_the_limits_at_first_order(name: str) -> None:
    """Errors fall by a third at least when the step is halved, and are below twice the step."""
    found: Counterexample = COUNTEREXAMPLES[name]
    sizes, words = (9, 17, 33), {found.relaxation: found.limit, "bayesian": found.dynamic}
    for word, limit in words.items():
        values = [dm.design(dm.load(found.family, n=n), incentives=word).value for n in sizes]
        errors = [abs(float(value) - float(limit)) for value in values if value is not None]
        if max(errors) < 1e-9:  # types in public leave the surplus, whatever the grid
            continue
        assert all(fine < coarse * 2 / 3 for coarse, fine in pairwise(errors))
        assert errors[-1] * (sizes[-1] - 1) < 2


@pytest.mark.parametrize("n", [3, 5])
def test_the_lies_are_a_swap_of_plus_and_times(n: int) -> None:
    """After a first report that is too low, + is told for × and × for +, with the same weight."""
    ladder = dm.ladder(dm.load("kln-nonseparable", n=n), exact=True)
    assert ladder.witness is not None
    assert ladder.unrelaxed is not None
    told = ladder.witness.sentence
    low = re.search(r"reports '([^']+)', then in period 1 reports '\1\|\+' when her type is .*'1/2\|x'", told)
    assert low is not None, told
    weights = dict(ladder.unrelaxed.strategy)
    swaps = {sign: [] for sign in "+x"}  # type: dict[str, list[F]]
    for lie, weight in weights.items():
        if found := re.search(r"period 1: (\S+)\|1/2\|([+x])→\1\|([+x])$", lie):
            assert found[2] != found[3]
            swaps[found[2]].append(F(weight))
    assert swaps["+"]
    assert sum(swaps["+"]) == sum(swaps["x"])
