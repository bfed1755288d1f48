"""What a verdict costs, counts as nothing, and refuses: needles in large history trees, memory, tolerances,
words and places."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from typing import Any

import numpy as np
import pytest

import dynamech as dm
from dynamech.models.efficient.pivot import pivot
from dynamech.models.environment.environment import Agent, Environment
from dynamech.models.mechanism.mechanism import Mechanism, Stage
from dynamech.models.notions.incentives import INCENTIVES, read_incentive
from dynamech.models.verification.public_states import verification_bytes
from dynamech.models.verification.verdict import Verdict, VerdictTolerances
from dynamech.models.verification.verify import incentive_verdict, judge
from dynamech.solvers.effort import Effort
from dynamech.solvers.errors import AssumptionViolated, InvalidInput, TooLarge
from dynamech.solvers.numbers import array

from .shop import buyer, history_tree, stage, two_period, verify

# Large trees -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("exact", [True, False])
def test_one_bad_leaf_among_thousands_is_found(exact: bool) -> None:
    """Posted price 2 for ever over 4^t histories; one report after one history is 5 cheaper."""
    periods = 5 if exact else 8
    env = buyer([1, 2, 3, 4], ["1/4"] * 4, periods, [["1/2", "1/2", 0, 0]] * 2 + [[0, 0, "1/2", "1/2"]] * 2)
    env = env if exact else env.to_float()
    tree = history_tree([0, 1, 1, 1], [0, 2, 2, 2], periods, exact)
    assert all(v.holds for v in verify(env, tree))
    leaf = tree.stages[-1]
    transfers = leaf.transfers.copy()
    transfers[0, 0, 1] -= 5
    tree = replace(tree, stages=(*tree.stages[:-1], replace(leaf, transfers=transfers)))
    # The leaf hears 1 all along. Type 2, to whom price 2 leaves nothing, says 1 from the start;
    # at last she is 1 or 2, says 2, and has 1 + 3 or 2 + 3.
    verdict = verify(env, tree, "bayesian")
    assert verdict.violation == pytest.approx(Fraction(9, 2))
    witness = verdict.witness
    assert witness is not None
    assert (witness.period, witness.type, witness.report) == (0, "2", "1")
    assert isinstance(witness.plan, list)
    said = [(entry["period"], entry["type"], entry["report"]) for entry in witness.plan]
    assert said == [*((t, "2", "1") for t in range(1, periods - 1)), (periods - 1, "1", "2")]
    assert {step["reports"]["buyer"] for step in witness.plan[-1]["history"]} == {"1"}
    # Types 3 and 4 never reach the leaf by truth, but at every node they must not gain 5 there.
    everywhere = verify(env, tree, "ex-post").witness
    assert everywhere is not None
    assert everywhere.gain == pytest.approx(5)
    assert [step["reports"]["buyer"] for step in everywhere.history] == ["1"] * (periods - 1)


def test_memory_is_estimated_and_limited() -> None:
    env = buyer([1, 2, 3, 4], ["1/4"] * 4, 6, [["1/4"] * 4] * 4)
    small, large = (history_tree([0, 1, 1, 1], [0, 2, 2, 2], 6, exact) for exact in (False, True))
    assert 0 < verification_bytes(env, small) < verification_bytes(env, large)
    assert verify(env, small, "bayesian", effort=Effort(memory_limit=10**9)).holds
    with pytest.raises(TooLarge, match=r"needs about .* MB, above the limit of 0.001 MB; give a mechanism"):
        verify(env, small, "bayesian", effort=Effort(memory_limit=1000))


def test_beliefs_about_many_shocks_are_counted() -> None:
    """With quantile shocks a relaxed environment has hundreds of them: refused by name, else left out."""
    env = dm.load("sequential-screening", k0=6, k1=20)
    mechanism = dm.design(env).mechanism
    known = {verdict.notion for verdict in dm.verify(env, mechanism)}
    assert {"relaxed", "bayesian"} <= known
    limit = 4 * verification_bytes(env, mechanism)
    with pytest.raises(TooLarge, match="above the limit"):
        dm.verify(env, mechanism, "relaxed", memory_limit=limit)
    left = {verdict.notion for verdict in dm.verify(env, mechanism, memory_limit=limit)}
    assert "relaxed" not in left
    assert "bayesian" in left


# Tolerances, words and refusals ----------------------------------------------------------------------------


def test_tolerance_is_in_money_and_named() -> None:
    env = buyer([1, 2], ["1/2", "1/2"]).to_float()
    almost = Mechanism("shop", (stage([[1.0, 1.0]], [[1.0, 1.0 + 3e-8]]),))
    verdict = verify(env, almost, "bayesian")
    assert verdict.holds
    assert verdict.violation == pytest.approx(3e-8)
    assert verdict.tolerance == pytest.approx(2e-7, rel=1e-5)
    assert verdict.witness is None
    assert not verify(env, almost, "bayesian", tolerances=VerdictTolerances(violation=1e-9)).holds


def test_rare_actions_below_tolerance_are_not_taken() -> None:
    env = buyer([1, 2], ["1/2", "1/2"], 2, [[[1, 0], [0, 1]], [[0, 1], [1, 0]]])
    sold = [[1e-12, 1.0]]
    update = np.array([[[0, 1], [0, 0]]])
    first = replace(stage(sold, [[0.0, 2.0]]), next=update)
    mechanism = Mechanism("shop", (first, stage([[0.0, 0.0]] * 2, [[0.0, 0.0], [100.0, 100.0]])))
    assert verify(env, mechanism, participation="ex-post").holds
    strict = verify(env, mechanism, participation="ex-post", tolerances=VerdictTolerances(probability=0.0))
    assert strict.violation == pytest.approx(100 - 1)


def test_one_word_two_words_no_word() -> None:
    env, mechanism = two_period(1, 0, 0)
    assert isinstance(verify(env, mechanism, "bayesian"), Verdict)
    assert isinstance(verify(env, mechanism, participation="periodic"), Verdict)
    both = verify(env, mechanism, "ex-post", "periodic")
    assert isinstance(both, list)
    assert [v.kind for v in both] == ["incentives", "participation"]
    assert verify(env, mechanism, INCENTIVES["bayesian"]).notion == "bayesian"


def test_periodic_under_ex_post_holds_at_every_profile() -> None:
    """The second buyer's type decides whether the first is charged 1 or paid 1."""
    shopper = {"types": ["x", "y"], "prior": ["1/2", "1/2"], "values": [[[0, 0]]]}
    env = Environment(
        name="two",
        horizon=1,
        actions=["keep"],
        agents=[Agent("one", **shopper), Agent("other", **shopper)],  # type: ignore[arg-type]
    )
    paid = array([[[[1, -1], [1, -1]]], [[[0, 0], [0, 0]]]])
    mechanism = Mechanism("two", (Stage(array([[[[1], [1]], [[1], [1]]]]), paid),))
    assert verify(env, mechanism, participation="periodic").holds
    averaged = verify(env, mechanism, "bayesian", "periodic")
    everywhere = verify(env, mechanism, "ex-post", "periodic")
    assert isinstance(averaged, list)
    assert isinstance(everywhere, list)
    assert averaged[1].holds
    assert everywhere[1].violation == 1
    assert everywhere[1].witness is not None
    assert everywhere[1].witness.history == [{"reports": {"other": "x"}, "action": None}]


def test_rewritings_are_a_hook() -> None:
    env, mechanism = two_period(1, 0, 0)
    assert judge(env, mechanism, read_incentive("relaxed")) == []
    seen = []

    def rewrite(given: Environment, played: Mechanism, notion: Any) -> tuple[Environment, Mechanism]:
        seen.append(notion.name)
        return given, played

    assert verify(env, mechanism, "relaxed", rewrite=rewrite).notion == "relaxed"
    assert seen == ["relaxed"]


def test_refusals_name_the_place() -> None:
    env, mechanism = two_period(1, 0, 0)
    with pytest.raises(InvalidInput, match="messages: 'some' is not one of all, possible"):
        verify(env, mechanism, "bayesian", messages="some")
    with pytest.raises(InvalidInput, match="incentives: 'dsic' is not one of"):
        verify(env, mechanism, "dsic")
    with pytest.raises(InvalidInput, match="period"):
        verify(env, Mechanism("shop", mechanism.stages[:1]), "bayesian")
    forever = Environment(
        name="forever",
        horizon=None,
        discount="1/2",
        actions=["keep"],
        agents=[Agent("a", types=["x"], prior=[1], values=[[[0]]], transitions=[[[1]]])],
    )
    endless = Mechanism(
        "forever",
        (Stage(array([[[1]]]), array([[[0]]]), np.zeros((1, 1, 1), dtype=np.int64)),),
        stationary=True,
    )
    with pytest.raises(AssumptionViolated, match="infinite horizon"):
        incentive_verdict(forever, endless, INCENTIVES["bayesian"])


def test_states_without_end_are_counted_before_they_are_laid_out() -> None:
    """A pivot mechanism of 81 profiles: memory is refused with the figure, not taken."""
    env = dm.load("random", agents=4, types=3, actions=3, stationary=True, independent=True)
    mechanism = pivot(env).mechanism
    with pytest.raises(TooLarge, match=r"public states needs about .* MB, above the limit of 0\.01 MB"):
        dm.verify(env, mechanism, incentives="ex-post", memory_limit=10_000)
    assert dm.verify(env, mechanism, incentives="ex-post")
