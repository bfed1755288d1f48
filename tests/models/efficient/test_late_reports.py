"""Arrivals that only buyers see: the worked case, every lie by enumeration, Theorem 6 on random buyers."""

from __future__ import annotations

import functools
import json
from fractions import Fraction as F
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dynamech.instances import load
from dynamech.instances.families.hidden_arrivals import FAMILY, data
from dynamech.models.efficient.efficient import efficient
from dynamech.models.efficient.hidden_arrivals import HiddenArrivals, read_hidden
from dynamech.models.efficient.late_reports import LateReports, late_reports
from dynamech.models.efficient.pivot import pivot
from dynamech.solvers.errors import AssumptionViolated, InvalidInput, TooLarge

DATA = Path(__file__).parents[2] / "data"
(CASE,) = (
    case
    for case in json.loads((DATA / "arrivals.json").read_text(encoding="utf-8"))
    if case["id"] == "F1_arrivals_hidden"
)


def worked(**changes: Any) -> HiddenArrivals:
    words = {p.name: p.default for p in FAMILY.parameters if p.name not in ("reports", "settled")}
    return data(**{**words, **changes})


@st.composite
def buyers(draw: st.DrawFn, markov: bool = False) -> HiddenArrivals:
    """Two buyers with a few dates and values, and chances that depend on all dates, or on how many came."""
    T = draw(st.integers(2, 3))
    rng = np.random.default_rng(draw(st.integers(0, 10**6)))
    values = [sorted(draw(st.sets(st.integers(0, 9), min_size=1, max_size=2))) for _ in range(2)]
    shape = (T, T + 1, T + 1)
    if markov:
        came = (np.indices(shape[1:]) > 0).sum(axis=0)
        chances = [rng.integers(0, 5, size=(T, 3))[:, came] for _ in range(2)]
    else:
        chances = [rng.integers(0, 5, size=shape) for _ in range(2)]
    return read_hidden(
        names=["A", "B"],
        values=values,
        pmf=[[F(1, len(v))] * len(v) for v in values],
        chances=[[[[F(int(k), 4) for k in row] for row in table] for table in c] for c in chances],
        periods=T,
        discount=draw(st.sampled_from(["1/2", "9/10", "1"])),
    )


def test_the_worked_case() -> None:
    said = CASE["expected"]
    found = late_reports(worked())
    buyer = found.buyers[0]
    assert buyer.paid_observed == F(said["bidder 1 pays at most, observed arrivals"])
    assert buyer.paid_hidden == F(said["hidden arrivals"])
    early = buyer.reach[0] > 0
    fake = [max(most.tolist(), default=F(0)) for most in buyer.fake]
    assert fake == [-F(said["early arrival pays (net, either value)"]), 0, 0]  # whoever says so is paid it
    assert set(buyer.hidden[0][early].tolist()) == {F(said["early arrival pays (net, either value)"])}
    assert set(buyer.service[0][early].tolist()) == {F(81, 100) * F(said["wins"])}
    assert bool(found.order) == said["monotone"]
    assert found.order.witness is not None
    assert (found.order.witness.arrives, found.order.witness.reports) == (0, 1)
    assert found.order.witness.served_late == said["tau_1 late"]


def test_the_family_is_the_environment_and_its_process_is_refused_where_types_must_be_independent() -> None:
    env = load("hidden-arrivals")
    assert env.agents[0].types[1] == ("not come", "1 since 0", "2 since 0", "1 since 1", "2 since 1")
    assert env.agents[1].types == (("not come",), ("not come",), ("not come", "10 since 2"))
    assert env.actions[1] == ("serve nobody", "serve buyer 1")
    assert env.actions[2] == ("serve nobody", "serve buyer 1", "serve buyer 2")
    assert env.joint
    plan = efficient(env)
    assert env.process is not None
    assert (env.process.prior.ravel() * plan.welfare[0]).sum() == late_reports(worked()).welfare
    with pytest.raises(AssumptionViolated, match="the dynamic pivot mechanism"):
        pivot(env)


def brute(model: HiddenArrivals, found: LateReports, i: int) -> int:
    """Check truth of buyer i against every way to wait and to name a value; how many arrivals were checked.

    Recursions over the environment's own process, one profile at a time.
    """
    env = model.environment()
    assert env.process is not None
    policy = [p.reshape(env.types(t)) for t, p in enumerate(efficient(env).policy)]
    moves, m, rate = env.process.transitions, len(model.values[i]), model.discount
    payments = found.buyers[i].hidden

    def joined(own: int, others: tuple[int, ...]) -> tuple[int, ...]:
        return (*others[:i], own, *others[i:])

    def number(t: int, others: tuple[int, ...]) -> int:
        sizes = [n for j, n in enumerate(env.types(t)) if j != i]
        return int(np.ravel_multi_index(others, sizes))

    @functools.cache
    def follow(t: int, true: int, report: int, others: tuple[int, ...]) -> F:
        action = int(policy[t][joined(report, others)])
        if env.actions[t][action] == f"serve {model.names[i]}":
            return F(model.values[i][(true - 1) % m] if report else 0)
        return F(rate) * after(t, true, report, others, action)

    def after(t: int, true: int, report: int, others: tuple[int, ...], action: int) -> F:
        if t + 1 == model.periods:
            return F(0)
        rows = np.moveaxis(moves[t][(action, *joined(true, others))], i, 0)[true]
        return sum(
            (
                rows[there] * (follow(t + 1, true, report, there) if report else best(t + 1, true, there))
                for there in np.ndindex(rows.shape)
                if rows[there]
            ),
            F(0),
        )

    @functools.cache
    def hide(t: int, true: int, others: tuple[int, ...]) -> F:
        action = int(policy[t][joined(0, others)])
        return F(rate) * after(t, true, 0, others, action)

    @functools.cache
    def best(t: int, true: int, others: tuple[int, ...]) -> F:
        levels = range(len(model.coming(i, t)))
        return max([hide(t, true, others), *(reported(t, true, level, others) for level in levels)])

    def reported(t: int, true: int, level: int, others: tuple[int, ...]) -> F:
        worth = follow(t, true, int(model.coming(i, t)[level]), others)
        return F(worth - payments[t][level, number(t, others)])

    checked = 0
    for t in range(model.periods):
        for others in np.ndindex(*(n for j, n in enumerate(env.types(t)) if j != i)):
            new = model.coming(i, t).tolist()
            rents = [reported(t, true, level, others) for level, true in enumerate(new)]
            served = found.buyers[i].service[t][:, number(t, others)]
            for level, true in enumerate(new):
                assert rents[level] == best(t, true, others) >= 0
                reasons = {F(0), hide(t, true, others)}  # no rent is larger than something asks for
                for other in (level - 1, level + 1):
                    if 0 <= other < m:
                        apart = model.values[i][level] - model.values[i][other]
                        reasons.add(rents[other] + apart * served[other])
                assert rents[level] in reasons
                checked += 1
    return checked


def test_nobody_gains_by_a_late_report_in_the_worked_case() -> None:
    model = worked(after_late=F(1, 10), values=(F(1), F(2), F(4)))
    found = late_reports(model)
    assert brute(model, found, 0) == 3 + 2 * 3
    assert brute(model, found, 1) == 7 * 2


@settings(max_examples=12, deadline=None, derandomize=True)
@given(model=buyers())
def test_nobody_gains_by_any_lie(model: HiddenArrivals) -> None:
    found = late_reports(model)
    for i in range(2):
        assert brute(model, found, i)
        assert found.buyers[i].paid_hidden <= found.buyers[i].paid_observed


@settings(max_examples=25, deadline=None, derandomize=True)
@given(model=buyers(markov=True))
def test_theorem_6_where_the_number_of_arrivals_says_all(model: HiddenArrivals) -> None:
    """Then plans are monotone: until she reports late nobody else is served whom she would be before."""
    found = late_reports(model)
    assert found.order
    assert found.order.witness is None
    for buyer in found.buyers:
        assert buyer.paid_hidden == buyer.paid_observed


def test_a_monotone_plan_is_not_enough_where_a_date_tells_of_the_others() -> None:
    """Early she is served at once; late she waits for a rival who, after an early arrival, does not come."""
    found = late_reports(worked(after_early=F(0), after_late=F(9, 10), values=(F(1),)))
    assert found.order
    buyer, rate = found.buyers[0], F(9, 10)
    late = rate * F(1, 10)  # what the late report costs, and buys her only if the rival does not come
    gain = rate * (rate - late)
    assert buyer.paid_observed == F(1, 2) + F(1, 2) * rate * late
    assert buyer.paid_observed - buyer.paid_hidden == F(1, 2) * gain


def test_buyers_can_be_listed_in_any_order() -> None:
    one = worked()
    other = read_hidden(
        names=one.names[::-1],
        values=one.values[::-1],
        pmf=one.pmf[::-1],
        chances=[chance.swapaxes(1, 2) for chance in one.chances[::-1]],
        periods=one.periods,
        discount=one.discount,
    )
    a, b = late_reports(one), late_reports(other)
    assert a.welfare == b.welfare
    for i in range(2):
        assert a.buyers[i].paid_hidden == b.buyers[1 - i].paid_hidden
        assert a.buyers[i].paid_observed == b.buyers[1 - i].paid_observed
    assert a.order.violations == b.order.violations


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"names": ["A"]}, "1 names for 2 lists of values"),
        ({"values": [[1, 1], [1]]}, "values of A: a list that increases"),
        ({"pmf": [["1/2", "1/3"], [1]]}, "probabilities of A"),
        ({"periods": 2}, r"chances of A: shape \(3, 4, 4\), not \(2, 3, 3\)"),
        ({"discount": 2}, "discount must be between 0 and 1, not 2"),
        ({"chances": [np.full((3, 4, 4), 2)] * 2}, "chances of A: probabilities between 0 and 1"),
        ({"chances": [[[[None] * 4] * 4] * 3] * 2}, "chances of A"),
    ],
)
def test_what_is_refused(changes: dict[str, Any], message: str) -> None:
    model = worked()
    words: dict[str, Any] = {
        "names": ["A", "B"],
        "values": model.values,
        "pmf": model.pmf,
        "chances": model.chances,
        "periods": 3,
    }
    with pytest.raises(InvalidInput, match=message):
        read_hidden(**{**words, **changes})


def test_what_is_too_large() -> None:
    with pytest.raises(TooLarge, match="fewer buyers, values or periods"):
        load("hidden-arrivals", values=[F(k) for k in range(200)])
