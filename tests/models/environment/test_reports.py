"""The key `reports`: read from lists and functions, refused in one line, kept where environments change."""

from __future__ import annotations

import json
import warnings
from fractions import Fraction
from typing import Any

import numpy as np
import pytest

import dynamech as dm
from dynamech.instances import read_instance, save_instance
from dynamech.instances.file import instance_from_json, instance_to_json
from dynamech.instances.jsonfile import digest
from dynamech.models.environment.reports import NotTransitive, not_transitive
from dynamech.models.relaxations.private_shocks import shocks_private
from dynamech.models.relaxations.shocks import shocks_public
from dynamech.models.relaxations.types_public import types_public
from dynamech.solvers.errors import AssumptionViolated, InvalidInput
from dynamech.solvers.numbers import array

LABELS = ["low", "middle", "high"]
DOWN = [{"low": ["low"], "middle": ["low", "middle"]}, {"high": ["high"]}]
"""By hand: in period 0 nobody reports upwards, in period 1 the highest type only herself."""
TABLES = [[[1, 0, 0], [1, 1, 0], [1, 1, 1]], [[1, 1, 1], [1, 1, 1], [0, 0, 1]]]


def shop(reports: Any = DOWN, horizon: int | None = 2, **more: Any) -> dm.Environment:
    buyer = dm.Agent(
        "buyer",
        types=LABELS,
        prior=["1/3", "1/3", "1/3"],
        values=lambda t, action, own: LABELS.index(own) if action == "sell" else 0,
        transitions=lambda t, action, own, after: "1/2" if own == after else "1/4",
        reports=reports,
    )
    actions = ["keep", "sell"]
    return dm.Environment(agents=[buyer], actions=actions, horizon=horizon, discount="9/10", **more)


def tables(env: dm.Environment, i: int = 0) -> list[Any]:
    held = [env.agents[i].may_report(t) for t in range(env.periods)]
    return [None if table is None else table.astype(int).tolist() for table in held]


def test_lists_and_functions_say_the_same() -> None:
    ranks = {label: k for k, label in enumerate(LABELS)}
    told = shop(lambda t, own, said: ranks[said] <= ranks[own] if t == 0 else own != "high" or said == own)
    assert tables(shop()) == tables(told) == TABLES
    assert tables(shop([np.array(table, dtype=bool) for table in TABLES])) == TABLES
    assert tables(shop({"low": ["low"]})) == [[[1, 0, 0], [1, 1, 1], [1, 1, 1]]] * 2


@pytest.mark.parametrize("full", [None, {}, [{}, {}], [{"low": LABELS}, {}], lambda t, own, said: True])
def test_a_key_that_forbids_nothing_is_no_key(full: Any) -> None:
    env = shop(full)
    assert env.agents[0].reports is None
    assert instance_to_json(env) == instance_to_json(shop(None))


@pytest.mark.parametrize(
    ("reports", "message"),
    [
        ([{}, {"low": ["high"]}], r"agent 'buyer', reports, period 1: type 'low' may not report the truth"),
        (lambda t, own, said: own != said, "period 0: type 'low' may not report the truth"),
        ([{"lower": ["lower"]}, {}], "period 0: 'lower' is not one of her types low, middle, high"),
        ([{"low": ["low", "lower"]}, {}], "period 0: 'lower' is not one of her types"),
        ([{"low": "low"}, {}], "period 0: type 'low' has 'low', not a list of types"),
        ([["low"], {}], r"period 0: lists of types by type are expected, not \['low'\]"),
        ([np.eye(2, dtype=bool), None], r"true and false are expected in shape \(3, 3\), not \(2, 2\)"),
        ([{}], "one object a period is expected, 2 in all"),
        ("low", "one object a period is expected, 2 in all"),
    ],
)
def test_what_is_refused(reports: Any, message: str) -> None:
    with pytest.raises(InvalidInput, match=message) as refused:
        shop(reports)
    assert "\n" not in str(refused.value)


def test_observed_agents_report_nothing() -> None:
    season = dm.Agent("season", types=["dry"], prior=[1], transitions=[[[[1]]]], observed=True, reports={})
    with pytest.raises(InvalidInput, match="'season', reports: everybody sees her type"):
        dm.Environment(agents=[shop_buyer(), season], actions=["keep", "sell"], horizon=2)


def shop_buyer() -> dm.Agent:
    return dm.Agent("buyer", types=["a"], prior=[1], transitions=[[[[1]]]])


def test_files_keep_it_and_every_change_of_it_is_another_environment(tmp_path: Any) -> None:
    path = tmp_path / "shop.json"
    save_instance(shop(), path)
    assert json.loads(path.read_text())["agents"][0]["reports"] == DOWN
    again = read_instance(path)
    assert tables(again) == TABLES
    others = [None, [{}, DOWN[1]], [DOWN[0], {}], [{"low": ["low"]}, DOWN[1]]]
    digests = {digest(instance_to_json(shop(reports))) for reports in [DOWN, *others]}
    assert len(digests) == 1 + len(others)
    assert digest(instance_to_json(again)) == digest(instance_to_json(shop()))


def test_a_file_that_forbids_the_truth_says_where() -> None:
    content = instance_to_json(shop())
    content["agents"][0]["reports"][1]["middle"] = ["low", "high"]
    with pytest.raises(
        InvalidInput, match=r"^mine.json: agent 'buyer', reports, period 1: type 'middle' may not"
    ):
        instance_from_json(content, "mine.json")
    content["agents"][0]["reports"] = [{"low": []}, {}]
    with pytest.raises(
        InvalidInput, match=r"agents\[0\] 'buyer', reports, period 0, low: at least one is needed"
    ):
        instance_from_json(content, "mine.json")


def test_changes_of_an_environment_keep_it() -> None:
    env = shop()
    renamed = env.relabel(types={"buyer": {"low": "poor"}}, agents={"buyer": "she"})
    assert tables(renamed) == TABLES
    assert instance_to_json(renamed)["agents"][0]["reports"][0]["poor"] == ["poor"]
    turned = env.reorder(types={"buyer": ["high", "middle", "low"]})
    assert tables(turned) == [np.array(table)[::-1, ::-1].tolist() for table in TABLES]
    assert instance_to_json(turned.reorder(types={"buyer": LABELS})) == instance_to_json(env)
    assert tables(env.with_horizon(1)) == TABLES[:1]
    assert tables(shop(DOWN[:1], horizon=None).with_horizon(3)) == TABLES[:1] * 3
    for same in (env.to_float(), env.over_rationals(), env.restrict(["keep"])):
        assert tables(same) == TABLES


def test_relaxations_keep_what_is_private() -> None:
    env = shop([DOWN[0], {"low": ["low"], "middle": ["low", "middle"]}])  # what quantiles lead to is allowed
    for rewriting in (shocks_public(env), types_public(env)):
        assert tables(rewriting.environment) == [TABLES[0], None]
    private, behind = shocks_private(env, "quantile")
    mine = np.array(TABLES[0])
    own = behind[0][1]
    assert len(own) > 3
    assert tables(private) == [TABLES[0], mine[np.ix_(own, own)].tolist()]


def test_reports_that_are_not_transitive_are_told_with_the_triple() -> None:
    chain = {"low": ["low", "middle"], "middle": ["middle", "high"], "high": ["high"]}
    words = r"agent 'buyer', period 1: 'low' may report 'middle', and 'middle' 'high', but 'low' not 'high'"
    env = shop([{}, chain])
    for asked in (dm.compile, dm.design, dm.ladder):
        with pytest.warns(NotTransitive, match=words):
            asked(env)
    assert words in not_transitive(env)
    assert "Green and Laffont" in str(env)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        dm.design(shop([DOWN[0], {}]))
    assert not_transitive(shop([DOWN[0], {}])) == ""


def one_sale(values: list[int], reports: Any) -> dm.Environment:
    buyer = dm.Agent(
        "buyer", types=LABELS, prior=["1/3", "1/3", "1/3"], values=[[[0, 0, 0], values]], reports=reports
    )
    return dm.Environment(agents=[buyer], actions=["keep", "sell"], horizon=1)


def test_green_and_laffont_a_mechanism_with_a_lie_earns_more_than_the_best_truthful_one() -> None:
    """Low pays 3 at most, the others 1. Low may say middle, so a truthful sale to middle costs 2 of low's 3.

    But middle may say high, which low may not: then nothing has to be sold to who says middle.
    """
    env = one_sale([3, 1, 1], {"low": ["low", "middle"], "middle": ["middle", "high"], "high": ["high"]})
    with pytest.warns(NotTransitive, match="'low' may report 'middle', and 'middle' 'high'"):
        assert dm.design(env, exact=True).value == Fraction(4, 3)
    sale, price = np.array([[[0, 1], [1, 0], [0, 1]]]), np.array([[[3, 5, 1]]])
    earned = Fraction(0)
    table = np.array([[1, 1, 0], [0, 1, 1], [0, 0, 1]])
    for own in range(3):
        gains = {r: 0 - 5 if r == 1 else env.agents[0].values[0][1, own] - price[0, 0, r] for r in range(3)}
        said = max((r for r in range(3) if table[own, r]), key=lambda r: gains[r])
        assert gains[said] >= 0
        earned += Fraction(int(price[0, 0, said]), 3)
    assert earned == Fraction(5, 3)
    verdict = dm.verify(env, dm.Mechanism(env.name, (dm.Stage(array(sale), array(price)),)), "bayesian")
    assert verdict.witness is not None
    assert (verdict.witness.type, verdict.witness.report, verdict.violation) == ("middle", "high", 5)


def test_rooms_that_count_every_report_refuse_it() -> None:
    one = one_sale([1, 2, 3], {"low": ["low"]})
    for asked in (dm.iron, dm.bank):
        with pytest.raises(AssumptionViolated, match="period 0: type 'low' may not report 'middle'"):
            asked(one)
    with pytest.raises(AssumptionViolated, match="correlation: agent 'buyer', period 0"):
        dm.correlation(shop())
