"""Both bounds against the program over histories: steered types, observed agents, promises, payments."""

from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import dynamech as dm
from dynamech.models.notions.demands import read_demands
from dynamech.models.notions.objective import read_objective
from dynamech.models.notions.participation import read_participation
from dynamech.models.recursion import bounds as room
from dynamech.models.recursion.bounds import Bounds, bounds
from dynamech.models.recursion.boxes import Boxes
from dynamech.models.recursion.stages import Recursion, recursion

from ..design.test_scale import times

CLOSE = 1e-7
OBJECTIVES = ["revenue", "welfare", {"revenue": 1, "welfare": "1/2"}, {"revenue": 2, "utility": 1}]


def drawn(seed: int, **more: Any) -> dm.Environment:
    settings: dict[str, Any] = {"agents": 1, "types": 2, "periods": 3, "discount": "9/10", **more}
    return dm.load("random", seed=seed, **settings)


def stages(env: dm.Environment, objective: object, participation: str, demands: Any = None) -> Recursion:
    promised, demanded = read_participation(participation), read_demands(demands)
    return recursion(env.to_float(), read_objective(objective).over(False), promised, demanded)


def asked(
    env: dm.Environment, objective: object, participation: str, demands: Any = None, gap: float = CLOSE
) -> Bounds:
    return bounds(stages(env, objective, participation, demands), gap)


def compare(
    env: dm.Environment, objective: object = "revenue", participation: str = "interim", demands: Any = None
) -> None:
    both = asked(env, objective, participation, demands)
    words: dict[str, Any] = {"objective": objective, "participation": participation, "demands": demands}
    value = dm.design(env, **words).value
    assert value is not None
    scale = max(1.0, abs(float(value)))
    assert both.closed
    assert both.lower - 1e-6 * scale <= value <= both.upper + 1e-6 * scale
    assert both.upper - both.lower <= 1e-6 * scale


SEEDS, GOALS = st.integers(0, 10_000), st.sampled_from(OBJECTIVES)
some = settings(max_examples=8, deadline=None, derandomize=True)


@given(
    SEEDS,
    st.integers(2, 3),
    st.integers(2, 3),
    st.booleans(),
    GOALS,
    st.sampled_from(["interim", "periodic"]),
)
@some
def test_actions_may_steer_types(
    seed: int, types: int, actions: int, sparse: bool, objective: object, promised: str
) -> None:
    env = drawn(seed, types=types, actions=actions, controlled=True, sparse=sparse)
    compare(env, objective, promised)


@given(SEEDS, st.booleans(), st.integers(1, 2), st.booleans(), st.booleans(), st.booleans(), GOALS)
@some
def test_agents_may_be_observed(
    seed: int, steered: bool, observed: int, given: bool, feasible: bool, sparse: bool, objective: object
) -> None:
    more = {"controlled": steered, "observed": observed, "given": given, "feasible": feasible}
    compare(drawn(seed, private_values=seed % 2 == 0, sparse=sparse, **more), objective)


def test_points_that_every_type_may_report_alike_are_there_to_begin_with(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Without them all that cheap slack makes leaves no rents: every way round gains, round after round."""
    env = drawn(5859, private_values=False, sparse=False, controlled=True, observed=1, feasible=True)
    monkeypatch.setattr(room, "ROUNDS", 40)
    compare(env, "welfare")


@given(SEEDS, st.integers(2, 3), st.integers(0, 1), st.booleans(), GOALS)
@some
def test_promises_may_be_along_paths(
    seed: int, types: int, observed: int, sparse: bool, objective: object
) -> None:
    env = drawn(seed, types=types, controlled=seed % 2 == 0, observed=observed, sparse=sparse)
    words = ["ex-post"] if any(env.controlled) else ["ex-post", "prefix", "per-period"]
    compare(env, objective, words[seed % len(words)])


@given(
    SEEDS,
    st.integers(2, 3),
    st.booleans(),
    GOALS,
    st.sampled_from(["nonnegative", "nonpositive", "0..2", "-1..3"]),
    st.sampled_from(["interim", "periodic"]),
)
@some
def test_payments_may_have_bounds(
    seed: int, types: int, sparse: bool, objective: object, payments: str, promised: str
) -> None:
    env = drawn(seed, types=types, controlled=False, observed=seed % 2, sparse=sparse)
    compare(env, objective, promised, {"payments": payments})


@pytest.mark.parametrize("power", [-9, 9])
@pytest.mark.parametrize("demanded", [False, True])
def test_money_may_be_in_any_unit(power: int, demanded: bool) -> None:
    env = drawn(7, controlled=not demanded, observed=1)
    unit = Fraction(10) ** power
    words, scaled = ({"payments": "0..2"}, {"payments": f"0..{2 * unit}"}) if demanded else (None, None)
    promised = "interim" if demanded else "ex-post"
    plain = asked(env, "revenue", promised, words)
    other = asked(times(env, power), "revenue", promised, scaled)
    assert plain.closed
    assert other.rounds == plain.rounds
    assert other.lower == pytest.approx(10.0**power * plain.lower, rel=1e-9)
    assert other.upper == pytest.approx(10.0**power * plain.upper, rel=1e-9)


@pytest.mark.parametrize("promised", ["interim", "ex-post"])
def test_the_order_of_actions_and_types_does_not_matter(promised: str) -> None:
    env = drawn(5, types=3, actions=3, controlled=True, observed=1)
    other = env.reorder(
        agents=["public 1", "agent 1"],
        actions=["2", "0", "1"],
        types={"agent 1": ["1", "2", "0"], "public 1": ["2", "1", "0"]},
    )
    plain, turned = asked(env, "revenue", promised), asked(other, "revenue", promised)
    assert plain.closed
    assert turned.closed
    assert turned.lower == pytest.approx(plain.lower, rel=2 * CLOSE)


def test_only_what_can_be_reached_has_a_stage_and_only_what_differs_a_branch() -> None:
    env = dm.Environment(
        name="stock",
        horizon=3,
        actions=["keep", "sell", "sell to others"],
        costs=[[0, 0, 0]] * 3,
        feasible=lambda t, a, stock: a == "keep" or stock == "one",
        agents=[
            dm.Agent(
                "buyer",
                ["low", "high"],
                ["1/2", "1/2"],
                lambda t, a, θ: (1 + (θ == "high")) * (a == "sell"),
                lambda t, a, θ, after: "1/2",
            ),
            dm.Agent(
                "stock",
                ["none", "one", "two"],
                [0, 1, 0],
                transitions=lambda t, a, s, after: int(
                    after == ("one" if s == "one" and a == "keep" else "none")
                ),
                observed=True,
            ),
        ],
    )
    found = stages(env, "revenue", "interim").stages
    assert [stage.public for stage in found] == [(), (1,), (1,), (0,), (1,), (0,)]
    assert found[1].groups.tolist() in ([0, 1, 1], [1, 0, 0])
    assert len(found[1].branches) == 2
    assert found[3].actions.tolist() == [0]
    compare(env)


def test_bounds_of_levels_are_what_makes_cuts_hold(monkeypatch: pytest.MonkeyPatch) -> None:
    """Rents that were held down to a tenth of what is proved would cost some of the value."""
    env = drawn(3, types=3, controlled=False)
    value = float(dm.design(env, participation="ex-post").value or 0)
    within = Boxes._within
    monkeypatch.setattr(room, "ROUNDS", 20)
    monkeypatch.setattr(Boxes, "_within", lambda *told: tuple(bound / 10 for bound in within(*told)))
    assert asked(env, "revenue", "ex-post").upper < value * (1 - 1e-4)
