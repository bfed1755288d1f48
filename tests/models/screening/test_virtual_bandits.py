"""The virtual pivot for ever: arms that are learnt once, KLN 6.2.2 (F1_vp_bandit_infinite)."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction as F
from functools import cache
from pathlib import Path

import pytest

import dynamech as dm
from dynamech.instances.mechanism_file import read_mechanism
from dynamech.models.environment.environment import Agent, Environment
from dynamech.models.screening import steady_rule
from dynamech.models.screening.envelope import envelope, interval_dominance, virtual_surplus
from dynamech.models.screening.first_reports import first_reports
from dynamech.models.screening.virtual_pivot import VirtualPivot, virtual_pivot
from dynamech.solvers.errors import TooLarge

ARMS = ((1, 1), (1, 2))


def bandit(*firsts: list[int]) -> Environment:
    """Two advertisers of margin s; s times the posterior mean when shown, and one purchase or none to learn
    from: Beta(1, 1) and Beta(1, 2)."""
    agents = []
    for i, (first, (won, lost)) in enumerate(zip(firsts, ARMS, strict=True)):
        means = [F(won, won + lost), F(won + 1, won + lost + 1), F(won, won + lost + 1)]
        count = 3 * len(first)
        stay = [[int(j == k) for j in range(count)] for k in range(count)]
        learn: list[list[F | int]] = [list(row) for row in stay]
        for k in range(0, count, 3):
            learn[k] = [0] * count
            learn[k][k + 1], learn[k][k + 2] = means[0], 1 - means[0]
        worth = [s * mean for s in first for mean in means]
        agents.append(
            Agent(
                str(i + 1),
                types=[first, [f"{s}|{y}" for s in first for y in ("new", "bought", "not")]],
                prior=[F(1, len(first))] * len(first),
                values=[[[0] * len(first)], [worth if j == i else [0] * count for j in range(3)]],
                transitions=[[stay[::3]], [learn if j == i else stay for j in range(3)]],
            )
        )
    return Environment(
        agents=agents, actions=[["wait"], ["show 1", "show 2", "none"]], horizon=None, discount="9/10",
        name="bandit",
    )  # fmt: skip


@cache
def in_doubles() -> VirtualPivot:
    found: VirtualPivot = dm.virtual_pivot(bandit([3, 4], [4, 6]))
    return found


def test_two_arms_exactly() -> None:
    """A tempts type 4 of agent 1 to say 3 beside a 6, B loses, C has the whole bound."""
    found = virtual_pivot(bandit([3, 4], [4, 6]), exact=True)
    assert found.alpha == {"1": (F(2, 3), 1), "2": (F(1, 2), 1)}
    assert found.bound == F(6651, 400)
    assert found.profit == {"A": F(6651, 400), "B": F(1035, 64), "C": F(6651, 400)}
    assert found.rules["A"].incentives.violation == F(351, 400)
    lie = found.rules["A"].lie
    assert lie is not None
    assert (lie.agent, lie.period, lie.type, lie.report) == ("1", 0, "4", "3")
    assert lie.history[0]["reports"] == {"2": "6"}
    assert found.rules["B"].incentives.violation == 0
    assert found.rules["B"].participation.holds
    first, both = found.setting.courses[1, 1], (1, 1)
    assert int(first.policy[1][0]) == 1  # agent 2 is shown first
    stage = found.rules["A"].mechanism.stages[1]
    assert stage.transfers[:, 3, 3, 3].tolist() == [0, 2]
    assert found.rules["A"].promises[both].tolist() == [0, 0]
    assert found.rules["B"].promises[both].tolist() == [F(351, 400), F(27, 200)]
    # Lemma 3.5 for ever: A's shortfalls are its lies about first signals, the largest the best lie.
    shortfalls = [(one.agent, one.start, one.to, one.shortfall) for one in found.interval_dominance or ()]
    assert shortfalls == [
        ("1", "3", "4", F(351, 400)), ("2", "4", "6", F(81, 100)), ("2", "4", "6", F(27, 200)),
    ]  # fmt: skip
    assert found.envelope == []
    for name, excess in (("A", [0, 0]), ("B", [F(351, 1600), F(189, 800)])):
        rule = found.rules[name]
        check = interval_dominance(found.environment, rule.mechanism)
        assert (bool(check), bool(check.later)) == (rule.truthful, True)
        surplus = virtual_surplus(found.environment, rule.mechanism)
        assert (surplus.value, surplus.profit) == (found.bound, rule.profit)
        assert list(surplus.excess) == excess


def test_truth_in_doubles_and_from_its_file(tmp_path: Path) -> None:
    env, answer = bandit([3, 4], [4, 6]), in_doubles()
    assert answer.returned == "C"
    assert answer.attains
    assert answer.profit == pytest.approx({"A": 6651 / 400, "B": 1035 / 64, "C": 6651 / 400})
    assert float(answer.rules["A"].incentives.violation) == pytest.approx(351 / 400)
    assert not answer.uncontrolled.holds
    dm.save(answer, tmp_path / "mechanism.json")
    dm.save(env, tmp_path / "bandit.json")
    env, mechanism = dm.load(tmp_path / "bandit.json"), read_mechanism(tmp_path / "mechanism.json")
    assert dm.verify(env, mechanism, incentives="ex-post", participation="periodic")
    content = answer.to_json()
    assert content["envelope"] == []
    shortfalls = [float(one["shortfall"]) for one in content["interval_dominance"]]
    assert shortfalls == pytest.approx([351 / 400, 81 / 100, 27 / 200])
    assert content["dominant"] == dict.fromkeys("ABC")
    assert [len(table) for table in content["beta"].values()] == [1, 1]
    assert "Rule C is truthful and earns the whole bound" in " ".join(str(answer).split())


def test_a_type_that_does_not_count() -> None:
    """s_2 of 2 or 6: agent 2 of type 2 has α = −1 and is left out."""
    found = virtual_pivot(bandit([3, 4], [2, 6]), exact=True)
    assert found.alpha["2"] == (-1, 1)
    assert found.profit == {"A": F(13221, 800), "B": F(26091, 1600), "C": F(13221, 800)}
    assert found.rules["A"].incentives.violation == F(351, 400)
    out = [(one["type"], one["others"]["1"]) for one in found.excluded if one["agent"] == "2"]
    assert out == [("2", "3"), ("2", "4")]
    assert virtual_pivot(bandit([3, 4], [2, 6])).rules["C"].truthful


def test_for_ever_is_the_limit_of_many_periods() -> None:
    """What comes after 60 periods is less than δ^60 of the most for ever, 6 · 2/3 a period."""
    env = bandit([3, 4], [4, 6])
    long, endless = virtual_pivot(env.with_horizon(60)).bound, in_doubles().bound
    assert 0 < endless - long < 0.9**60 * 4 / (1 - 0.9)


def test_laws_that_do_not_come_back_leave_rule_c_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(steady_rule, "LAWS", 10)
    answer = dm.virtual_pivot(bandit([3, 4], [4, 6]))
    assert list(answer.rules) == ["A", "B"]
    assert "does not come back within 10 memory states" in answer.missing["C"]
    assert answer.returned == "B"
    content = answer.to_json()
    assert content["missing"] == answer.missing
    assert content["profit"]["C"] is content["lie"]["C"] is None
    assert "does not come back" in " ".join(str(answer).split())


def test_checks_of_a_mechanism_for_ever_say_no() -> None:
    """A price for saying 'new' in every later period tempts agent 1 to say something else, and the judge says
    so of period 1; an entry payment that is 1/8 above the envelope is found."""
    answer, env = in_doubles(), bandit([3, 4], [4, 6])
    first, later = answer.rules["B"].mechanism.stages
    paid = later.transfers.copy()
    paid[0, :, [0, 3]] += 100
    bent = replace(answer.rules["B"].mechanism, stages=(first, replace(later, transfers=paid)))
    told = interval_dominance(env, bent).later
    assert not told
    assert told.witness is not None
    assert (told.witness.agent, told.witness.period) == ("1", 1)
    entry = first.transfers.copy()
    entry[1, 0, 0, 1] += 1 / 8 + 189 / 800 * 4
    dear = replace(answer.rules["B"].mechanism, stages=(replace(first, transfers=entry), later))
    assert not envelope(env, dear)


def test_first_reports_for_ever_are_the_limit_of_many_periods() -> None:
    """Of any mechanism: prices and a rule that serve no end, over 80 periods and for ever."""
    env, held = bandit([3, 4], [4, 6]), in_doubles().rules["C"].mechanism
    many = replace(held, stages=(held.stages[0], *[held.stages[1]] * 79))
    known = first_reports(env, held, "the envelope condition")
    short = first_reports(env.with_horizon(80), many, "the envelope condition")
    for one, other in zip(known.utility, short.utility, strict=True):
        assert one == pytest.approx(other, abs=0.9**80 * 6 / (1 - 0.9))


def test_a_chain_too_large_to_write_out_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("dynamech.models.screening.first_reports.MAX_NONZEROS", 100)
    with pytest.raises(TooLarge, match="4 memory states for ever moves between 204 pairs of"):
        first_reports(bandit([3, 4], [4, 6]), in_doubles().rules["A"].mechanism, "the envelope condition")
