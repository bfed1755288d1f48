"""Three rules for money in random auctions of two bidders: what holds in all of them, a few of each class.

`python -m benchmarks.virtual_pivot` counts hundreds.
"""

from __future__ import annotations

from dataclasses import replace

import pytest

import dynamech as dm
from benchmarks.virtual_pivot import CLASSES, Counts, Drawn, draw, rungs_agree
from dynamech.models.screening.virtual_pivot import virtual_pivot

from .separable_cases import revenue

SMALL = [kind for kind in CLASSES if kind.first == 2 or kind.T == 1]


@pytest.mark.parametrize("kind", SMALL, ids=str)
def test_every_environment_of_a_class(kind: Drawn) -> None:
    """A earns the bound, A is truthful exactly where B earns it, B is truthful, and C wherever A is."""
    counts = Counts()
    for number in range(4 if kind.T == 1 else 2):
        found = virtual_pivot(draw(kind, number), exact=True)
        counts.add(found)
        for rule in found.rules.values():
            assert rule.profit == revenue(found.environment, rule.mechanism)
            assert rule.participation.holds
            assert rule.lie is None or rule.lie.period == 0
    assert counts.earns == counts.tight == counts.b_truthful == counts.implied == counts.all


@pytest.mark.parametrize("form", ["multiplicative", "additive"])
def test_rules_beside_the_rungs(form: str) -> None:
    """The bound is the rung `virtual`; no rule that is truthful earns more than the rung `ex-post`."""
    for number in range(3):
        env = draw(Drawn(form, 2, 1, False), number)
        assert rungs_agree(env, virtual_pivot(env, exact=True))


def test_three_periods_with_an_item() -> None:
    """Rule C remembers the last states, and draws the others' where somebody re-reports."""
    for controlled, number in ((False, 0), (True, 1)):
        found = virtual_pivot(draw(Drawn("multiplicative", 2, 3, controlled), number))
        assert found.profit["C"] == pytest.approx(found.bound)
        lie = found.rules["C"].lie
        assert lie is None or lie.period == 0
        assert found.rules["B"].truthful


def test_an_answer_does_not_depend_on_the_order_of_agents() -> None:
    """The same bound, profits and lies; and a mechanism that is verified as any other."""
    kind = Drawn("additive", 3, 1, False)
    env = draw(kind, 5)
    found = virtual_pivot(env, exact=True)
    turned = virtual_pivot(env.reorder(agents=["2", "1"]), exact=True)
    assert turned.bound == found.bound
    assert turned.profit == found.profit
    assert turned.returned == found.returned
    for word in "ABC":
        assert turned.rules[word].incentives.violation == found.rules[word].incentives.violation
    assert dm.verify(env, found.rules["B"].mechanism, incentives="ex-post").holds


@pytest.mark.parametrize("form", ["multiplicative", "additive"])
def test_the_unit_of_money_says_nothing(form: str) -> None:
    """In doubles, with all money times 1e-9 and 1e9: the same rule is returned, the same rules are truthful,
    and the same intervals fail in the same order."""
    for number in range(2):
        env = draw(Drawn(form, 3, 1, False), number).to_float()
        answers = []
        for unit in (1.0, 1e-9, 1e9):
            agents = tuple(
                replace(one, values=tuple(table * unit for table in one.values)) for one in env.agents
            )
            found = virtual_pivot(env._with(agents=agents, costs=tuple(row * unit for row in env.costs)))
            answers.append(
                (
                    found.returned, found.attains,
                    {name: rule.truthful for name, rule in found.rules.items()},
                    [(one.agent, one.others, one.start, one.to) for one in found.interval_dominance or ()],
                    found.envelope, found.excluded, found.myopic.holds,
                    {name: one.holds for name, one in found.assumptions.items()},
                )
            )  # fmt: skip
        assert answers[1:] == answers[:1] * 2
