"""Verdicts worked out by hand: posted prices, the five participation words, lies about impossible types,
goods, needles in large history trees, and what is refused."""

from __future__ import annotations

import json
from dataclasses import replace
from fractions import Fraction
from typing import Any

import numpy as np
import pytest

import dynamech as dm
from dynamech.models.environment import Agent, Environment
from dynamech.models.incentives import CHECKED_INCENTIVES, INCENTIVES, incentive
from dynamech.models.kernels import Kernel
from dynamech.models.mechanism import Mechanism, Stage
from dynamech.models.participation import CHECKED_PARTICIPATIONS, PARTICIPATIONS
from dynamech.models.participation import participation as promise_of
from dynamech.models.verdict import Tolerances, Verdict
from dynamech.models.verification.best_reply import best_reply
from dynamech.models.verification.public_states import play, verification_bytes
from dynamech.models.verification.verify import incentive_verdict
from dynamech.models.verification.verify import verify as run
from dynamech.models.verification.witness import lie_witness
from dynamech.solvers.errors import AssumptionViolated, InvalidInput, TooLarge
from dynamech.solvers.numbers import array

KEEP, SELL = 0, 1


def verify(
    env: Environment, mechanism: Mechanism, incentives: Any = None, participation: Any = None, **more: Any
) -> Any:
    """Words for notions, and one verdict for one word."""
    lie = incentive(incentives) if isinstance(incentives, str) else incentives
    promise = promise_of(participation) if isinstance(participation, str) else participation
    found = run(env, mechanism, lie, promise, **more)
    return found[0] if (lie is None) != (promise is None) else found


def buyer(
    types: list[Any], prior: list[str], periods: int = 1, kernel: Any = None, **more: Any
) -> Environment:
    """One buyer who values a sale at her type; the same in every period."""
    return Environment(
        name="shop",
        horizon=periods,
        actions=["keep", "sell"],
        agents=[
            Agent(
                "buyer",
                types=types,
                prior=prior,
                values=[[[0] * len(types), types]] * periods,
                transitions=None if kernel is None else [kernel] * (periods - 1),
            )
        ],
        **more,
    )


def stage(sold: Any, paid: Any, following: Any = None) -> Stage:
    """One buyer: probabilities of a sale (M, K), payments (M, K), next memory (M, K) whatever the action."""
    sale = array(sold)
    allocation = np.stack([1 - sale, sale], axis=-1)
    update = None if following is None else np.repeat(np.array(following)[..., None], 2, axis=-1)
    return Stage(allocation, array(paid)[None], update)


def history_tree(sold: list[int], paid: list[int], periods: int, exact: bool = True) -> Mechanism:
    """The same posted prices in every period, every history of reports remembered."""
    count, stages = len(sold), []
    for t in range(periods):
        size = count**t
        following = np.arange(size * count).reshape(size, count) if t < periods - 1 else None
        stages.append(stage([sold] * size, [paid] * size, following))
    made = Mechanism("shop", tuple(stages))
    return made if exact else made.to_float()


ALL_WORDS = ("first-order", "bayesian", "ex-post", "per-period")


# One period ------------------------------------------------------------------------------------------------


def test_posted_price_holds() -> None:
    env = buyer([1, 2, 3], ["1/3", "1/3", "1/3"])
    verdicts = verify(env, Mechanism("shop", (stage([[0, 1, 1]], [[0, 2, 2]]),)))
    assert isinstance(verdicts, list)
    assert [(v.kind, v.notion) for v in verdicts] == [
        *(("incentives", word) for word in (*ALL_WORDS, *CHECKED_INCENTIVES)),
        *(("participation", word) for word in PARTICIPATIONS if word != "none"),
        *(("participation", word) for word in CHECKED_PARTICIPATIONS),
    ]
    for verdict in verdicts:
        assert verdict.holds
        assert verdict.violation == 0
        assert verdict.witness is None
        assert isinstance(verdict.violation, Fraction)


def test_own_price_is_the_largest_gain() -> None:
    env = buyer([1, 2, 4], ["1/2", "1/4", "1/4"])
    own_price = Mechanism("shop", (stage([[1, 1, 1]], [[1, 2, 4]]),))
    verdict = verify(env, own_price, "bayesian")
    assert verdict.violation == 3
    assert verdict.witness is not None
    assert (verdict.witness.type, verdict.witness.report, verdict.witness.plan) == ("4", "1", "truth")
    # The next lower type alone: 4 says 2.
    assert verify(env, own_price, "first-order").violation == 2
    assert verify(env, own_price, "none").holds


def test_adjacent_means_the_next_type_that_is_possible() -> None:
    env = buyer([1, 2, 4], ["1/2", "0", "1/2"])
    own_price = Mechanism("shop", (stage([[1, 1, 1]], [[1, 2, 4]]),))
    assert verify(env, own_price, "first-order").violation == 3
    # Of impossible types nobody asks for truth, but they can be said unless messages must be possible.
    sells_low = Mechanism("shop", (stage([[1, 1, 1]], [[2, 0, 2]]),))
    assert verify(env, sells_low, "bayesian").violation == 2
    assert verify(env, sells_low, "bayesian", messages="possible").holds
    # At every node, improbable ones too: the type 2 who does not occur would say 1.
    upside = Mechanism("shop", (stage([[0, 0, 0]], [[0, 7, 0]]),))
    assert verify(env, upside, "bayesian").holds
    assert verify(env, upside, "ex-post").violation == 7


def test_witness_in_the_architectures_json() -> None:
    env = buyer([1, 2], ["1/2", "1/2"])
    verdict = verify(env, Mechanism("shop", (stage([[1, 1]], [["1/2", "3/4"]]),)), "bayesian")
    assert json.loads(json.dumps(verdict.to_json())) == {
        "kind": "incentives",
        "notion": "bayesian",
        "holds": False,
        "violation": "1/4",
        "witness": {
            "agent": "buyer",
            "period": 0,
            "history": [],
            "type": "2",
            "report": "1",
            "plan": "truth",
            "gain": 0.25,
            "exact": "1/4",
            "sentence": "Agent 'buyer' of type '2' in period 0 reports '1'; she gains 1/4.",
        },
    }
    floats = verify(env.to_float(), Mechanism("shop", (stage([[1, 1]], [["1/2", "3/4"]]),)), "bayesian")
    shown = floats.to_json()
    assert shown["violation"] == 0.25
    assert shown["witness"]["exact"] is None


def test_quantities_of_goods() -> None:
    env = Environment(
        name="grain",
        horizon=2,
        actions={"goods": ["corn", "rye"]},
        agents=[
            Agent(
                "buyer",
                types=["low", "high"],
                prior=["1/2", "1/2"],
                values=[[[1, 2], [0, 1]]] * 2,
                transitions=[[[1, 0], [0, 1]]],
            )
        ],
    )
    quantity = array([[[2, 0], [3, 5]]])
    first = Stage(quantity, array([[[2, 9]]]), np.array([[[0, 0], [1, 1]]]))
    later = Stage(np.repeat(quantity, 2, axis=0), array([[[0, 0], [0, 0]]]))
    mechanism = Mechanism("grain", (first, later))
    # high: truth 3*2 + 5 - 9 = 2 at first, 11 later; saying low first 4 - 2 = 2, so no gain.
    # low: truth 0 first; saying high 3 - 9 = -6, later high: 3 against 2.
    verdict = verify(env, mechanism, "bayesian")
    assert verdict.violation == 1
    assert verdict.witness is not None
    assert verdict.witness.period == 1
    assert verdict.witness.history == [{"reports": {"buyer": "low"}, "action": None}]
    assert verify(env, mechanism, participation="ex-post").holds


# Two periods -----------------------------------------------------------------------------------------------


def two_period(paid_first: Any, paid_low: Any, paid_high: Any) -> tuple[Environment, Mechanism]:
    """One type first (worth 1), then low (1) or high (3); always sold. Discount 1/2."""
    env = Environment(
        name="shop",
        horizon=2,
        discount="1/2",
        actions=["keep", "sell"],
        agents=[
            Agent(
                "buyer",
                types=[["only"], ["low", "high"]],
                prior=[1],
                values=[[[0], [1]], [[0, 0], [1, 3]]],
                transitions=[[["1/2", "1/2"]]],
            )
        ],
    )
    stages = (stage([[1]], [[paid_first]], [[0]]), stage([[1, 1]], [[paid_low, paid_high]]))
    return env, Mechanism("shop", stages)


@pytest.mark.parametrize(
    ("paid", "shortfalls"),
    [
        # Utilities 0; 1 or 3.
        ((1, 0, 0), {"interim": 0, "periodic": 0, "ex-post": 0, "prefix": 0, "per-period": 0}),
        # -1; 1/2 or 4: in period-0 money -1 + 1/4, -1 + 2.
        ((2, "1/2", -1), {"interim": 0, "periodic": 0, "ex-post": "3/4", "prefix": 1, "per-period": 1}),
        # 2; -2 or 2: continuations and periods in their own money, paths in that of period 0.
        ((-1, 3, 1), {"interim": 0, "periodic": 2, "ex-post": 0, "prefix": 0, "per-period": 2}),
        # -2; -1 or 2: expected -2 + 1/4.
        (
            (3, 2, 1),
            {"interim": "7/4", "periodic": "7/4", "ex-post": "5/2", "prefix": "5/2", "per-period": 2},
        ),
    ],
)
def test_the_five_participation_words_apart(paid: tuple[Any, ...], shortfalls: dict[str, Any]) -> None:
    env, mechanism = two_period(*paid)
    for word, expected in shortfalls.items():
        verdict = verify(env, mechanism, participation=word)
        assert (word, verdict.violation) == (word, Fraction(expected))
        assert verdict.holds == (Fraction(expected) == 0)


def test_a_participation_witness_tells_the_path() -> None:
    env, mechanism = two_period(2, "1/2", -1)
    witness = verify(env, mechanism, participation="ex-post").witness
    assert witness is not None
    assert (witness.period, witness.type, witness.report, witness.plan) == (1, "low", None, None)
    assert witness.history == [
        {"reports": {"buyer": "only"}, "action": None},
        {"reports": {"buyer": "low"}, "action": None},
    ]
    assert witness.gain == Fraction(3, 4)
    assert witness.sentence.endswith("has -3/4 in total, in money of period 0, up to then, 3/4 less than 0.")
    stops = verify(env, mechanism, participation="prefix").witness
    assert stops is not None
    assert (stops.period, stops.type) == (0, "only")


def test_actions_never_taken_are_on_no_path() -> None:
    """Period 1 moves types, so histories hold actions; in period 0 the buyer is never kept without."""
    env = Environment(
        name="shop",
        horizon=3,
        actions=["keep", "sell"],
        agents=[
            Agent(
                "buyer",
                types=["low", "high"],
                prior=["1/2", "1/2"],
                values=[[[-9, -9], [1, 2]]] * 3,
                transitions=[[[1, 0], [0, 1]], [[[1, 0], [0, 1]], [[0, 1], [1, 0]]]],
            )
        ],
    )
    sells = (
        stage([[1, 1]], [[1, 1]], [[0, 0]]),
        stage([[1, 1]], [[1, 1]], [[0, 0]]),
        stage([[1, 1]], [[1, 1]]),
    )
    for word in ("ex-post", "prefix"):
        assert verify(env, Mechanism("shop", sells), participation=word).holds
    # A lottery in period 0: realised when it is past, averaged while it is the path's last period.
    half = (stage([["1/2", 1]], [[-4, 1]], [[0, 0]]), *sells[1:])
    assert verify(env, Mechanism("shop", half), participation="per-period").holds
    prefix = verify(env, Mechanism("shop", half), participation="prefix")
    assert prefix.violation == 9 - 4
    assert prefix.witness is not None
    assert prefix.witness.history[0] == {"reports": {"buyer": "low"}, "action": "keep"}


IDENTITY = [[1, 0], [0, 1]]


def test_an_impossible_type_after_a_lie_replies_best() -> None:
    """Types never move; after 'low', whoever says 'high' gets the good for nothing. Else it costs 1."""
    env = buyer([1, 2], ["1/2", "1/2"], 2, IDENTITY)
    mechanism = Mechanism(
        "shop", (stage([[0, 0]], [[0, 0]], [[0, 1]]), stage([[1, 1], [1, 1]], [[1, 0], [1, 1]]))
    )
    for word in ("bayesian", "first-order", "ex-post"):
        verdict = verify(env, mechanism, word)
        assert (word, verdict.violation) == (word, 1)
        assert verdict.witness is not None
    # The low type says low, then high. Truth asks of her in period 1, and so does `first-order` not.
    low = verify(env, mechanism, "first-order").witness
    assert low is not None
    assert (low.period, low.type, low.report, low.plan) == (0, "2", "1", "truth")
    # She cannot say 'high' after 'low' when messages must be possible.
    assert verify(env, mechanism, "bayesian", messages="possible").holds


def test_a_plan_lists_the_later_lies() -> None:
    """After 'low' the good is free to 'low' and costs 5 to 'high'; after 'high' it costs 1."""
    env = buyer([1, 2], ["1/2", "1/2"], 2, IDENTITY)
    mechanism = Mechanism(
        "shop", (stage([[0, 0]], [[0, 0]], [[0, 1]]), stage([[1, 1], [1, 1]], [[0, 5], [1, 1]]))
    )
    verdict = verify(env, mechanism, "bayesian")
    assert verdict.violation == 1
    assert verdict.witness is not None
    assert verdict.witness.plan == [
        {"period": 1, "history": [{"reports": {"buyer": "1"}, "action": None}], "type": "2", "report": "1"}
    ]
    assert verdict.witness.sentence == (
        "Agent 'buyer' of type '2' in period 0 reports '1', "
        "then in period 1 reports '1' when her type is '2'; she gains 1."
    )


def test_long_plans_are_cut_and_say_so() -> None:
    """A buyer who once said 1 gets everything for nothing as long as she goes on saying 1."""
    env = buyer([1, 2, 3], ["1/3"] * 3, 5, [["1/3"] * 3] * 3)
    memory = stage([[1, 1, 1], [1, 1, 1]], [[0, 9, 9], [2, 2, 2]], [[0, 1, 1], [1, 1, 1]])
    first = stage([[1, 1, 1]], [[2, 2, 2]], [[0, 1, 1]])
    last = stage([[1, 1, 1], [1, 1, 1]], [[0, 9, 9], [2, 2, 2]])
    game = play(env, Mechanism("shop", (first, memory, memory, memory, last)))
    notion = INCENTIVES["bayesian"]
    reply = best_reply(game, 0, notion)
    assert reply.lie is not None
    whole = lie_witness(game, notion, reply.lie, reply, 0.0)
    assert isinstance(whole.plan, list)
    # She gains most (9 at once) after an honest 1. Then the public hears 1 for ever: two true types other
    # than 1 in each of the three periods that are left.
    assert whole.period == 1
    assert len(whole.plan) == 6
    assert not whole.truncated
    cut = lie_witness(game, notion, reply.lie, reply, 0.0, limit=2)
    assert cut.plan == whole.plan[:2]
    assert cut.truncated
    assert "and so on" in cut.sentence


def test_deterministic_kernels_are_read_as_index_arrays() -> None:
    moves = [[0, 1, 0], [0, 0, 1], [1, 0, 0]]
    env = buyer([1, 2, 3], ["1/2", "1/4", "1/4"], 2, moves)
    index = Kernel(np.array([[1, 2, 0]]), (), True, 3)
    same = env._with(agents=(replace(env.agents[0], kernels=(index,)),))
    first = stage([[0, 1, 1]], [[0, 1, 2]], [[0, 1, 0]])
    mechanism = Mechanism("shop", (first, stage([[1, 0, 1], [0, 1, 1]], [[1, 0, 2], [0, 2, 1]])))
    for messages in ("all", "possible"):
        for word in ALL_WORDS:
            one = verify(env, mechanism, word, messages=messages)
            assert one == verify(same, mechanism, word, messages=messages)
            assert isinstance(one.violation, Fraction)


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
    assert verify(env, small, "bayesian", memory_limit=10**9).holds
    with pytest.raises(TooLarge, match=r"needs about .* MB, above the limit of 0.001 MB; give a mechanism"):
        verify(env, small, "bayesian", memory_limit=1000)


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
    assert not verify(env, almost, "bayesian", tolerances=Tolerances(violation=1e-9)).holds


def test_rare_actions_below_tolerance_are_not_taken() -> None:
    env = buyer([1, 2], ["1/2", "1/2"], 2, [[[1, 0], [0, 1]], [[0, 1], [1, 0]]])
    sold = [[1e-12, 1.0]]
    update = np.array([[[0, 1], [0, 0]]])
    first = replace(stage(sold, [[0.0, 2.0]]), next=update)
    mechanism = Mechanism("shop", (first, stage([[0.0, 0.0]] * 2, [[0.0, 0.0], [100.0, 100.0]])))
    assert verify(env, mechanism, participation="ex-post").holds
    strict = verify(env, mechanism, participation="ex-post", tolerances=Tolerances(probability=0.0))
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
    assert run(env, mechanism, incentive("relaxed")) == []
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
