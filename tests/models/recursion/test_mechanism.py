"""The mechanism that the lower bound is: it earns it, truth is its best reply, and files keep it."""

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import dynamech as dm
from dynamech.instances.mechanism_file import read_mechanism
from dynamech.models.mechanism.copies import undrawn
from dynamech.models.mechanism.mechanism import Mechanism
from dynamech.models.screening.menu_mechanism import surplus
from dynamech.solvers.errors import Infeasible

from .test_bounds import drawn


def earned(env: dm.Environment, mechanism: Mechanism) -> float:
    """Expected payments less costs, by the plain backward induction of menus."""
    return float(surplus(*undrawn(env, mechanism)))


def by_rents(env: dm.Environment, **words: Any) -> dm.Design:
    answer = dm.design(env, formulation="recursion", **words)
    assert answer.bounds is not None
    return answer


@given(
    st.integers(0, 10_000),
    st.sampled_from([(1, 3), (2, 1), (2, 4), (3, 3), (4, 2)]),
    st.integers(2, 3),
    st.booleans(),
    st.booleans(),
    st.integers(0, 1),
)
@settings(max_examples=15, deadline=None, derandomize=True)
def test_it_earns_the_lower_bound_and_truth_is_best(
    seed: int, size: tuple[int, int], actions: int, sparse: bool, controlled: bool, observed: int
) -> None:
    if size[0] ** size[1] > 30 and observed:
        size = (2, 2)
    env = drawn(seed, *size, actions, sparse=sparse, controlled=controlled, observed=observed)
    answer = by_rents(env)
    mechanism, here = answer.mechanism, env.to_float()
    mechanism.check(here, drawn=True)
    assert answer.bounds is not None
    assert earned(here, mechanism) == pytest.approx(answer.bounds.lower, rel=1e-9, abs=1e-9)
    assert dm.verify(here, mechanism, incentives="bayesian").holds
    assert dm.verify(here, mechanism, participation="interim").holds


@pytest.mark.parametrize(
    "words",
    [
        {"participation": "periodic"},
        {"participation": "ex-post"},
        {"participation": "prefix"},
        {"participation": "per-period"},
        {"demands": {"payments": "nonnegative"}},
        {"demands": {"payments": "0..2"}},
        {"demands": {"payments": "nonpositive"}, "participation": "periodic"},
    ],
)
@pytest.mark.parametrize("seed", [1, 2])
def test_what_is_promised_and_demanded_is_kept(seed: int, words: dict[str, Any]) -> None:
    env = drawn(seed, 3, 3, 3).to_float()
    answer = by_rents(env, **words)
    promise, demands = words.get("participation", "interim"), words.get("demands")
    verdicts = dm.verify(env, answer.mechanism, "bayesian", promise, demands=demands)
    assert isinstance(verdicts, list)
    assert all(verdict.violation <= 1e-7 for verdict in verdicts), verdicts
    assert answer.bounds is not None
    assert earned(env, answer.mechanism) == pytest.approx(answer.bounds.lower, rel=1e-9)


@pytest.mark.parametrize("controlled", [False, True])
def test_for_ever_its_memory_leads_to_itself(controlled: bool) -> None:
    values, rows = [[0, 0], [1, 3]], [["3/4", "1/4"], ["1/3", "2/3"]]
    moves = [rows, [["1/2", "1/2"], ["1/5", "4/5"]]] if controlled else [rows]
    buyer = dm.Agent("buyer", ["low", "high"], ["1/2", "1/2"], [values], [moves])
    env = dm.Environment(name="for ever", horizon=None, discount="3/4", actions=[["keep", "sell"]],
                         costs=[[0, "1/2"]], agents=[buyer])  # fmt: skip
    answer = by_rents(env)
    mechanism = answer.mechanism
    assert mechanism.stationary
    assert dm.verify(env.to_float(), mechanism, incentives="bayesian").holds
    assert dm.verify(env.to_float(), mechanism, participation="interim").holds
    assert answer.bounds is not None
    assert earned(env.to_float(), mechanism) == pytest.approx(answer.bounds.lower, rel=1e-8)


def test_twenty_periods_are_kept_in_a_file(tmp_path: Path) -> None:
    """Histories are 3^20; what is remembered is a few points a period."""
    env = drawn(4, 3, 20).to_float()
    answer = by_rents(env)
    mechanism = answer.mechanism
    assert sum(stage.size for stage in mechanism.stages) < 2_000
    dm.save(mechanism, tmp_path / "m.json")
    back = read_mechanism(tmp_path / "m.json", env)
    assert earned(env, back) == earned(env, mechanism)
    verdict = dm.verify(env, back, incentives="bayesian")
    assert verdict.violation <= 1e-8
    told, promise = mechanism.stages[1].label_of(0).split(", promise ")
    assert told in env.agents[0].types[0]
    assert promise.isdecimal()


def test_reports_that_cannot_be_are_answered_as_the_best_that_can() -> None:
    """Whoever lied once may be of a type that nobody expects; she finds her best report among the others."""
    for seed in range(6):
        env = drawn(seed, 3, 3, sparse=True).to_float()
        mechanism = by_rents(env).mechanism
        assert dm.verify(env, mechanism, incentives="ex-post").violation <= 1e-7


def test_no_time_no_mechanism() -> None:
    answer = by_rents(drawn(1, 4, 8), time_limit=1e-9)
    assert not answer.promising
    with pytest.raises(Infeasible, match="the time limit was reached"):
        _ = answer.mechanism


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("exact", [False, True])
@pytest.mark.parametrize("promised", ["interim", "periodic", "ex-post"])
def test_what_nobody_counts_is_promised_all_the_same(promised: str, exact: bool) -> None:
    env, words = drawn(0, 2, 3, discount=0), dict[str, Any](participation=promised, exact=exact)
    found = dm.design(env, formulation="recursion", **words)
    assert found.value == pytest.approx(dm.design(env, **words).value)
    assert dm.verify(env, found.mechanism, "bayesian", promised)
