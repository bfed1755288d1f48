"""Several buyers by promises: both bounds against the history program, and what makes them hold."""

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import dynamech as dm
from dynamech.instances.families.items_over_time import items
from dynamech.models.accounts.items import read_items
from dynamech.models.accounts.promises import columns as narrow
from dynamech.models.accounts.promises import rounds as room
from dynamech.models.accounts.promises.ceiling import Ceiling, PromiseCuts
from dynamech.models.accounts.promises.floor import FloorPoint
from dynamech.models.accounts.promises.lots import PromiseLots
from dynamech.models.accounts.promises.rounds import Descent, PromiseBounds, promise_bounds
from dynamech.models.accounts.promises.stages import Promises, PromiseStage, promises
from dynamech.solvers.algorithms.growing import Growing, SimplexPoint
from dynamech.solvers.effort import Effort
from dynamech.solvers.errors import InvalidInput, TooLarge
from dynamech.solvers.events import Event
from dynamech.solvers.numbers import Ints

CLOSE = 1e-7


def alike(periods: int, buyers: int = 2, values: str = "1,2,3") -> dm.Environment:
    return dm.load("items-over-time", buyers=buyers, periods=periods, values=values)


def read(env: dm.Environment) -> Promises:
    return promises(read_items(env), 1e9)


def bounded(env: dm.Environment, gap: float = CLOSE, effort: Effort | None = None) -> PromiseBounds:
    return promise_bounds(read(env), gap, effort or Effort())


@given(st.integers(0, 10_000), st.sampled_from([(2, 2, 2), (2, 3, 2), (3, 2, 2), (2, 2, 3), (2, 4, 1)]))
@settings(max_examples=12, deadline=None, derandomize=True)
def test_bounds_enclose_the_history_program(seed: int, size: tuple[int, int, int]) -> None:
    buyers, types, periods = size
    env = dm.load("random-items", seed=seed, buyers=buyers, types=types, periods=periods, top=5)
    optimum = dm.design(env.to_float(), participation="ex-post").value
    assert optimum is not None
    both = bounded(env)
    assert both.lower - 1e-6 <= optimum <= both.upper + 1e-6
    assert both.closed
    assert both.upper - both.lower <= CLOSE


@pytest.mark.parametrize("case", ["swapped", "three-items"])
def test_items_that_differ_by_period_and_buyer(case: str) -> None:
    env = dm.load("items-over-time", case=case)
    exact = dm.bank(env)
    assert exact.gap is None
    assert isinstance(exact.clairvoyant, Fraction)
    both = bounded(env)
    assert both.lower - 1e-12 <= exact.clairvoyant <= both.upper
    assert both.upper - both.lower <= CLOSE


def test_one_buyer_has_the_value_that_pieces_give() -> None:
    env = alike(4, buyers=1)
    both = bounded(env)
    assert both.lower - 1e-12 <= dm.bank(env).clairvoyant <= both.upper <= both.lower + CLOSE


@pytest.mark.parametrize("scale", [Fraction(1, 10**9), Fraction(10**9)])
def test_money_only_scales(scale: Fraction) -> None:
    rounds = []
    for factor in (Fraction(1), scale):
        env = alike(2, values=",".join(str(v * factor) for v in (1, 2, 3)))
        both = bounded(env, 1e-6 * float(factor))
        rounds.append((both.rounds, both.lower / float(factor), both.upper / float(factor)))
    assert rounds[0] == pytest.approx(rounds[1], rel=1e-9)


def test_buyers_in_another_order() -> None:
    # Two are alike, one is not; wherever she is listed, the answer is the same.
    lows, highs = [], []
    one, other = (["1", "3"], ["3/5", "2/5"]), (["2", "5"], ["7/10", "3/10"])
    for order in ([one, one, other], [one, other, one], [other, one, one]):
        kinds = [([Fraction(v) for v in kind[0]], [Fraction(f) for f in kind[1]]) for kind in order]
        both = bounded(items([kinds, kinds]), 1e-6)
        assert sorted(len(group) for group in both.promises.groups) == [1, 2]
        lows.append(both.lower)
        highs.append(both.upper)
    assert max(highs) - min(lows) <= 2e-6
    assert max(lows) <= min(highs)


def test_no_status_no_cut(monkeypatch: pytest.MonkeyPatch) -> None:
    """Bounds hold whatever programs say: here every fifth is nothing and the others are off by a tenth."""
    calls = 0
    solve = Growing.solve
    noise = np.random.default_rng(0)

    def spoilt(self: Growing) -> SimplexPoint | None:
        nonlocal calls
        calls += 1
        point = solve(self)
        if calls % 5 == 0 or point is None:
            return None
        off = [part * noise.uniform(0.9, 1.1, part.shape) for part in (point.primal, point.dual)]
        return SimplexPoint(*off)

    monkeypatch.setattr(Growing, "solve", spoilt)
    monkeypatch.setattr(room, "ROUNDS", 25)
    for env in (dm.load("items-over-time", case="three-items"), alike(2)):
        optimum = dm.bank(env).clairvoyant
        both = bounded(env, 1e-9)
        assert both.lower <= optimum <= both.upper
        check_points(both)


def check_points(both: PromiseBounds) -> None:
    """Every point is a mechanism: by the definition, and nothing of the program that found it."""
    for t, stage in enumerate(both.promises.stages):
        points = [both.start] if t == 0 else both.points[t].seen
        for point in points:
            check_point(stage, point, both.points[t + 1].seen)


def check_point(stage: PromiseStage, point: FloorPoint, later: list[FloorPoint]) -> None:
    close = 1e-12
    n, s = stage.at.shape
    assert (point.sales >= 0).all()
    assert (point.sales.sum(axis=0) <= 1 + close).all()
    assert np.bincount(point.where, point.share, s) == pytest.approx(np.ones(s), abs=close)
    worth = float((stage.chance * stage.value[stage.at] * point.sales).sum())
    kept = np.zeros((n, s))
    for s_, to, share, dealt in zip(point.where, point.to, point.share, point.dealt, strict=True):
        assert sorted(dealt) == pytest.approx(sorted(later[to].promise))
        kept[:, s_] += share * dealt
        worth += stage.chance[s_] * share * later[to].worth
    assert point.worth <= worth + close
    assert point.worth >= worth - 1e-9
    for i in range(n):
        mine = np.flatnonzero(stage.owner == i)
        for k in mine:
            on = stage.at[i] == k
            weights = stage.chance[on] / stage.chance[on].sum()
            assert point.utility[k] >= weights @ kept[i, on] - close
            for j in mine:
                at = stage.at[i] == j
                wins = stage.chance[at] / stage.chance[at].sum() @ point.sales[i, at]
                lie = point.utility[j] + (stage.value[k] - stage.value[j]) * wins
                assert point.utility[k] >= lie - close
        assert point.promise[i] == pytest.approx(stage.weight[mine] @ point.utility[mine])


def test_what_attains_the_lower_bound_is_a_mechanism() -> None:
    for env in (alike(3), dm.load("items-over-time", case="three-items")):
        both = bounded(env, 1e-4)
        check_points(both)
        assert both.start.earned * both.promises.unit == both.lower


@pytest.mark.parametrize("buyers", [2, 3])
def test_balances_add_up_to_the_lower_bound(buyers: int) -> None:
    """Balances go on by spend and deposit."""
    found = dm.bank(alike(3 if buyers == 2 else 2, buyers), formulation="recursion", gap=1e-4)
    assert isinstance(found.kept, PromiseLots)
    assert found.account is None
    assert 0 < float(found.gap or 0) <= 1e-4
    before = np.zeros(buyers)
    for rows in found.balances:
        chance = np.array([row["probability"] for row in rows])
        balance, spend, deposit = (
            np.array([row[name] for row in rows]) for name in ("balance", "spend", "deposit")
        )
        assert chance.sum() == pytest.approx(1)
        assert (balance >= 0).all()
        assert (balance.min(axis=0) == 0).all()
        assert (spend <= balance + 1e-9).all()
        assert (deposit >= -1e-9).all()
        assert chance @ balance == pytest.approx(before, abs=1e-9)
        before = chance @ (balance - spend + deposit)
    assert found.to_json()["gap"] == found.gap


def test_a_promise_beyond_the_box_is_worth_no_more() -> None:
    given_ = read(dm.load("items-over-time", case="three-items"))
    descent = Descent(given_)
    for promise in (given_.box, 2 * given_.box, given_.box * [3, 1]):
        for t in (2, 1):
            descent.visit(t, promise)
    worths = [float(point.worth) for point in descent.points[1].seen[1:]]
    surplus = sum(float(s.chance @ s.value[s.at].max(axis=0)) for s in given_.stages[1:])
    assert worths == pytest.approx([surplus] * 3)
    # A quarter of it is not enough for the last two items.
    half = Descent(given_)
    for t in (2, 1):
        half.visit(t, given_.box / 4)
    assert half.points[1].seen[1].worth < surplus - 1e-3


def test_cuts_are_dealt_to_alike_buyers_in_every_order() -> None:
    given_ = read(alike(2, 3))
    cuts = PromiseCuts(given_)
    cuts.add(1.0, np.array([0.0, 2.0, 1.0]))
    bound, _, slopes = cuts.lowest(np.array([[1.0, 0.5, 3.0]]))
    assert bound[0] == pytest.approx(1 + 2 * 0.5 + 1 * 1 + 0 * 3)
    assert slopes[0].tolist() == [1.0, 2.0, 0.0]


def test_rounds_are_told_and_end_with_the_time() -> None:
    told: list[Event] = []
    both = bounded(alike(3), 1e-12, Effort(time_limit=1e-9, notify=told.append))
    assert not both.closed
    assert both.rounds == 0
    assert [event.kind for event in told] == ["round"]
    assert both.lower <= dm.bank(alike(3)).clairvoyant <= both.upper


def test_taken_where_histories_are_many() -> None:
    told: list[Event] = []
    found = dm.bank(alike(4), gap="1/10", notify=told.append)
    assert told[0].text == "bounds by recursion over promises, in place of a program over 6,561 histories"
    assert 0 < float(found.gap or 0) <= 0.1


def test_refused() -> None:
    with pytest.raises(InvalidInput, match=r"'recursion': its bounds are in doubles"):
        dm.bank(alike(2), formulation="recursion", exact=True)
    with pytest.raises(InvalidInput, match="formulation: 'promises' is not one of"):
        dm.bank(alike(2), formulation="promises")
    with pytest.raises(TooLarge, match=r"period 0: 59,049 profiles of 10 buyers need more than 0.01 GB"):
        dm.bank(alike(2, 10), memory_limit=1e7, formulation="recursion")


def test_ceiling_uses_multipliers_of_any_kind() -> None:
    given_ = read(alike(2))
    cuts = PromiseCuts(given_)
    cuts.add(0.0, np.zeros(2))
    ceiling = Ceiling(given_, 1, cuts)
    said = ceiling.at(np.zeros(2))
    assert said is not None
    level, slope = ceiling.cut(said)
    # The last item at a promise of nothing: sold to the highest type of either, for all that it is worth.
    assert level == pytest.approx(5 / 9)
    assert (slope >= 0).all()


def test_an_answer_without_shares_is_a_bound_all_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    """A program that says nothing but zeros: one cut and one point of every profile count."""
    solve = Growing.solve

    def nothing(self: Growing) -> SimplexPoint | None:
        point = solve(self)
        return None if point is None else SimplexPoint(0 * point.primal, 0 * point.dual)

    monkeypatch.setattr(Growing, "solve", nothing)
    monkeypatch.setattr(room, "ROUNDS", 3)
    both = bounded(alike(2), 1e-9)
    monkeypatch.undo()
    assert 0 <= both.lower <= dm.bank(alike(2)).clairvoyant <= both.upper < np.inf


def test_columns_that_no_optimum_uses_go(monkeypatch: pytest.MonkeyPatch) -> None:
    """However few are left, bounds are the same; each profile keeps one."""
    wide = bounded(alike(3), 1e-6)
    dropped: list[int] = []
    drop = Growing.drop

    def counted(self: Growing, columns: Ints) -> Ints:
        gone = drop(self, columns)
        dropped.append(len(gone))
        return gone

    monkeypatch.setattr(Growing, "drop", counted)
    monkeypatch.setattr(narrow, "FEWEST", -10_000)
    few = bounded(alike(3), 1e-6)
    assert sum(dropped) > 50
    assert max(few.lower, wide.lower) <= min(few.upper, wide.upper)
    assert few.closed
    check_points(few)
