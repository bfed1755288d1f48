"""Dates that may be reported late, by the environment's own key: what buyer 1 pays, and what fakes do.

The second route to `late_reports`: programs whose rows are the reports that are allowed.
"""

from __future__ import annotations

import json
from fractions import Fraction as F
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import dynamech as dm
from dynamech.instances.families.hidden_arrivals import FAMILY, data
from dynamech.models.efficient.late_reports import late_reports

DATA = Path(__file__).parents[2] / "data"
(CASE,) = (
    case["expected"]
    for case in json.loads((DATA / "arrivals.json").read_text(encoding="utf-8"))
    if case["id"] == "F1_arrivals_hidden"
)
HEAVY = 10**6
"""Welfare counts so much more than money that nothing of it is given up for revenue."""


def best(env: dm.Environment, incentives: str = "ex-post") -> tuple[dm.Mechanism, F]:
    """An efficient mechanism that earns the most, and the most: no path leaves anybody less than nothing."""
    objective = {"welfare": HEAVY, "revenue": 1}
    found = dm.design(env, objective=objective, incentives=incentives, participation="ex-post", exact=True)
    first = dm.design(env, objective="welfare", incentives="none", exact=True)
    assert isinstance(found.value, F)
    assert isinstance(first.value, F)
    assert dm.verify(env, found.mechanism, incentives, "ex-post")
    return found.mechanism, found.value - HEAVY * first.value


@pytest.mark.parametrize("incentives", ["bayesian", "ex-post"])
def test_the_worked_case_by_the_key_alone(incentives: str) -> None:
    seen, most_seen = best(dm.load("hidden-arrivals", settled=True, reports="seen"), incentives)
    late, most_late = best(dm.load("hidden-arrivals", settled=True), incentives)
    assert most_seen == F(CASE["bidder 1 pays at most, observed arrivals"])
    assert most_late == F(CASE["hidden arrivals"])
    # Of an early buyer of either value the payments of her path; she waits, and wins as said.
    for own in (1, 2):
        m, paid = late.start, F(0)
        for t, stage in enumerate(late.stages):
            paid += F(9, 10) ** t * stage.transfers[0, m, own, 0]
            served = int(stage.allocation[m, own, 0].argmax())
            assert served == (2 if t == 2 else 0)
            m = 0 if stage.next is None else int(stage.next[m, own, 0, served])
        assert paid == F(CASE["early arrival pays (net, either value)"])
    env = dm.load("hidden-arrivals", settled=True)
    assert env.agents[0].values[2][2].ravel()[1] == F(CASE["wins"])
    witness = dm.verify(env, seen, incentives).witness
    assert witness is not None
    if incentives == "ex-post":  # also where she has said nothing yet; payments decide who puts it off
        assert witness.gain > 0
        assert str(witness.type).endswith("since 0")
        assert not str(witness.report).endswith("since 0")
        return
    assert (witness.period, witness.type, witness.report) == (0, "2 since 0", "not come")
    assert isinstance(witness.plan, list)
    assert all(step["report"].endswith("since 1") for step in witness.plan)


@settings(max_examples=6, deadline=None, derandomize=True)
@given(
    odds=st.lists(st.integers(1, 96), min_size=3, max_size=3),
    values=st.lists(st.integers(1, 997), min_size=2, max_size=2, unique=True),
    rival=st.integers(1, 4001),
    discount=st.sampled_from(["1/2", "9/10", "1"]),
)
def test_payments_are_those_of_the_recursion(
    odds: list[int], values: list[int], rival: int, discount: str
) -> None:
    early, after_early, after_late = (F(k, 97) for k in odds)
    given: dict[str, Any] = {
        "early": early,
        "values": tuple(F(v, 101) for v in sorted(values)),
        "rival": F(rival, 103),
        "after_early": after_early,
        "after_late": after_late,
        "discount": F(discount),
    }
    words = {p.name: p.default for p in FAMILY.parameters if p.name not in ("reports", "settled")}
    buyer = late_reports(data(**{**words, **given})).buyers[0]
    for reports, paid in (("seen", buyer.paid_observed), ("late", buyer.paid_hidden)):
        assert best(dm.load("hidden-arrivals", settled=True, reports=reports, **given))[1] == paid


def test_fake_arrivals_are_another_question() -> None:
    """Who is not there would come for what early arrivals are paid, if she could; no payments help then."""
    late, fake = (dm.load("hidden-arrivals", settled=True, reports=word) for word in ("late", "any"))
    mechanism, _ = best(late)
    assert dm.implement(late, mechanism, "ex-post")
    witness = dm.verify(fake, mechanism, "bayesian").witness
    assert witness is not None
    assert (witness.period, witness.type) == (0, "not come")
    assert witness.report in ("1 since 0", "2 since 0")
    refused = dm.implement(fake, mechanism, "ex-post")
    assert not refused
    assert any("not come→" in lie.lie or "since 1→" in lie.lie for lie in refused.deviations)


def test_where_the_rival_reports_her_coming_gives_a_late_report_away() -> None:
    """Correlated arrivals: payments bet on the rival, who never comes after a late one; nothing is lost.

    What they bet on is a list of dates of probability zero, at which the process has to say its chances.
    """
    env = dm.load("hidden-arrivals")
    seen, late = best(dm.load("hidden-arrivals", reports="seen")), best(env)
    rival = F(1, 2) * F(9, 10) * F(81, 100) * 10
    assert seen[1] == late[1] == F(CASE["bidder 1 pays at most, observed arrivals"]) + rival
    assert env.process is not None
    table = env.process.transitions[1]  # action, buyer 1, buyer 2, good, and the next of these
    unlikely = table[0, 0, 0, 0].sum(axis=(0, 2))  # buyer 1 has not come by period 1
    assert unlikely.tolist() == [1, 0]
    other = dm.load("hidden-arrivals", after_late=F(1, 3))
    assert other.process is not None
    assert other.process.transitions[1][0, 0, 0, 0].sum(axis=(0, 2)).tolist() == [F(2, 3), F(1, 3)]


def test_the_words_of_the_key() -> None:
    late = dm.load("hidden-arrivals").agents[0]
    labels = late.types[1]
    table = late.may_report(1)
    assert table is not None
    told = {
        own: [said for said, may in zip(labels, row, strict=True) if may]
        for own, row in zip(labels, table, strict=True)
    }
    assert told == {
        "not come": ["not come"],
        "1 since 0": list(labels),
        "2 since 0": list(labels),
        "1 since 1": ["not come", "1 since 1", "2 since 1"],
        "2 since 1": ["not come", "1 since 1", "2 since 1"],
    }
    assert dm.load("hidden-arrivals", reports="any").agents[0].reports is None
    seen = dm.load("hidden-arrivals", reports="seen").agents[0].may_report(1)
    assert np.asarray(seen).sum(axis=1).tolist() == [1, 2, 2, 2, 2]
    same = dm.load("hidden-arrivals", settled=True)
    assert np.array_equal(np.asarray(same.agents[0].may_report(1)), table)
    assert same.agents[0].types == late.types
