"""Rents of first and later signals: worked figures, intervals over all optima, periods, refusals."""

from __future__ import annotations

import json
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

import dynamech as dm
from dynamech.instances.file import instance_from_json

F = Fraction
DATA = Path(__file__).parents[3] / "data/screening.json"
CASES = {case["id"]: case for case in json.loads(DATA.read_text(encoding="utf-8"))}


def both(*ends: Any) -> tuple[Any, Any]:
    """Both ends of an interval that is a point, or the two ends."""
    return (ends[0], ends[-1])


def late() -> dm.Environment:
    """Prior (1/3, 2/3), stay with probability 3/4, values (1, 2) in period 1 alone (errata)."""
    buyer = dm.Agent(
        "buyer", types=["low", "high"], prior=["1/3", "2/3"], values=[[[0, 0]] * 2, [[0, 0], [1, 2]]],
        transitions=[[[["3/4", "1/4"], ["1/4", "3/4"]]]],
    )  # fmt: skip
    return dm.Environment(name="late", agents=[buyer], actions=["keep", "sell"], horizon=2)


def test_public_shocks_can_earn_more_with_finite_types() -> None:
    kept = dm.rents(late(), exact=True)
    assert kept.revenue == (F(4, 3), F(17, 12))
    assert kept.coupling == "quantile"
    for ends in (*kept.agents[0].full, *kept.agents[0].public, *kept.agents[0].later):
        assert ends == both(F(0))


@pytest.mark.parametrize("name", ["8Q1", "8Q4_iid", "8Q5_permanent"])
@pytest.mark.parametrize("T", [2, 3])
def test_battaglini(name: str, T: int) -> None:
    """What the high type keeps, all of it by the envelope."""
    given, expected = CASES[name]["instance"], CASES[name]["expected"][f"T{T}"]
    low, high = given["theta"]
    env = dm.load(
        "two-type-markov", quadratic=True, horizon=T, low=low, high=high, mu_H=given["mu_H"],
        a_L=given["a_L=Pr(L|L)"], a_H=given["a_H=Pr(H|H)"],
    )  # fmt: skip
    (buyer,) = dm.rents(env, exact=True).agents
    rent = F(expected["buyer_rent_H"])
    assert buyer.full == (both(F(0)), both(rent))
    assert buyer.by_period[0].sum(axis=1).tolist() == [0, rent]
    assert buyer.expected[0] == both(F(given["mu_H"]) * rent)


def test_rent_by_period_of_the_first_case() -> None:
    """Period 0: q_0 Δθ = 1/3. Period 1: δ (α_L + α_H − 1) q_1 Δθ = 9/10 · 5/12 · 7/12."""
    (buyer,) = dm.rents(dm.load("two-type-markov", quadratic=True), exact=True).agents
    assert buyer.by_period[0][1].tolist() == [F(1, 3), F(9, 10) * F(5, 12) * F(7, 12)]


@pytest.mark.parametrize("settings", [{}, {"variant": "additive"}, {"T": 3}])
def test_later_signals_earn_nothing_where_the_relaxation_is_tight(settings: dict[str, Any]) -> None:
    """Separable values: the same revenue and the same rents, all of them by the envelope."""
    kept = dm.rents(dm.load("kln-separable", **settings), exact=True)
    (buyer,) = kept.agents
    assert kept.revenue[0] == kept.revenue[1]
    assert buyer.full == buyer.public
    if settings != {"variant": "additive"}:
        assert buyer.by_period[0].sum(axis=1).tolist() == [ends[0] for ends in buyer.full if ends]


def test_intervals_over_all_optima() -> None:
    """KLN's case: with public shocks the two highest types may keep little or much; the most that is expected
    is what the optimum of largest welfare leaves."""
    env = dm.load("kln-nonseparable", n=5)
    kept = dm.rents(env, exact=True)
    (buyer,) = kept.agents
    assert kept.revenue == (F(9, 4), F(5, 2))
    assert buyer.full == tuple(map(both, (F(0), F(0), F(0), F(11, 8), F(11, 4))))
    assert buyer.public[3:] == (both(F(3, 8), F(13, 8)), both(F(7, 4), F(3)))
    assert buyer.later[4] == (F(-1, 4), F(1))
    tiny = F(1, 10**6)
    mixed: Any = dm.design(env, incentives="relaxed", objective={"revenue": 1, "welfare": tiny}, exact=True)
    welfare = (mixed.value - kept.revenue[1]) / tiny
    assert welfare - kept.revenue[1] == buyer.expected[1][1]


def test_several_agents_and_what_everybody_sees() -> None:
    kept = dm.rents(dm.load("ar1-sale", theta0="1,2", horizon=2), exact=True)
    assert [agent.agent for agent in kept.agents] == ["bidder 1", "bidder 2"]
    assert kept.revenue == (F(267, 160), F(267, 160))
    for agent in kept.agents:
        assert agent.full == agent.public == (both(F(0)), both(F(9, 160), F(27, 160)))
        assert agent.expected[0] == both(F(9, 320), F(27, 320))


def test_a_first_type_that_never_comes_has_no_rent() -> None:
    env = dm.load("kln-separable", s0="2,3,4", prior="1/2,1/2,0", T=1)
    (buyer,) = dm.rents(env, exact=True).agents
    assert buyer.full[2] is buyer.public[2] is buyer.later[2] is None
    assert "—" in str(dm.rents(env, exact=True))


def test_the_difference_falls_as_types_become_many() -> None:
    """A smooth kernel over a grid: with atomless types public shocks earn nothing more."""

    def smooth(n: int) -> dm.Environment:
        grid = [F(2 * k + 1, 2 * n) for k in range(n)]
        weights = [[1 + (2 * x - 1) * (2 * s - 1) for x in grid] for s in grid]
        buyer = dm.Agent(
            "buyer", types=[[str(x) for x in grid]] * 2, prior=[F(1, n)] * n,
            values=[[[0] * n] * 2, [[0] * n, [1 + x for x in grid]]],
            transitions=[[[[w / sum(row) for w in row] for row in weights]]],
        )  # fmt: skip
        costs = [[0, 0], [0, "3/2"]]
        return dm.Environment(name="s", agents=[buyer], actions=["keep", "sell"], horizon=2, costs=costs)

    gaps = []
    for n in (6, 12, 24):
        private, public = (dm.design(smooth(n), incentives=word).value for word in ("bayesian", "relaxed"))
        assert private is not None
        assert public is not None
        gaps.append(float(public - private))
    assert gaps[0] > gaps[1] > gaps[2] > 0


def test_figures_do_not_depend_on_the_order_of_actions_or_the_unit() -> None:
    env = dm.load("ar1-sale", theta0="1,2", horizon=2)
    home = dm.rents(env).agents[0]
    other = dm.rents(env.reorder(actions=env.actions[0][::-1])).agents[0]
    content = env.to_json()
    for agent in content["agents"]:
        agent["values"] = [[[str(F(v) * 10**9) for v in row] for row in rows] for rows in agent["values"]]
    large = dm.rents(instance_from_json(content)).agents[0]
    for one, scale in ((other, 1), (large, 1e9)):
        for mine, same in zip((*one.full, *one.public), (*home.full, *home.public), strict=True):
            assert mine is not None
            assert same is not None
            assert [x / scale for x in mine] == pytest.approx(list(same), abs=1e-6)
            assert (mine[0] == mine[1]) is (same[0] == same[1])


def test_doubles_say_nothing_where_there_is_no_rent() -> None:
    for env in (late(), dm.load("two-type-markov"), dm.load("progressive-screening")):
        (buyer,) = dm.rents(env).agents
        assert buyer.full == buyer.public == ((0, 0), (0, 0))


def test_what_is_refused() -> None:
    with pytest.raises(dm.errors.AssumptionViolated, match="shocks are no bound"):
        dm.rents(dm.load("random", independent=False))
    with pytest.raises(dm.errors.AssumptionViolated, match="the horizon is infinite"):
        dm.rents("random-correlated")
    with pytest.raises(dm.errors.InvalidInput, match="coupling: 'odd' is not one of"):
        dm.rents("two-type-markov", coupling="odd")
    with pytest.raises(dm.errors.TooLarge):
        dm.rents("kln-separable", memory_limit=1000)
