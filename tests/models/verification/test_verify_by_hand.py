"""Verdicts worked out by hand: posted prices, the five participation words, lies about impossible types,
goods."""

from __future__ import annotations

import json
from dataclasses import replace
from fractions import Fraction
from typing import Any

import numpy as np
import pytest

from dynamech.models.environment.environment import Agent, Environment
from dynamech.models.environment.kernels import Kernel
from dynamech.models.mechanism.mechanism import Mechanism, Stage
from dynamech.models.notions.incentives import CHECKED_INCENTIVES, INCENTIVES
from dynamech.models.notions.participation import CHECKED_PARTICIPATIONS, PARTICIPATIONS
from dynamech.models.verification.best_reply import best_reply
from dynamech.models.verification.public_states import play
from dynamech.models.verification.witness import lie_witness
from dynamech.solvers.numbers import array

from .shop import ALL_WORDS, buyer, stage, two_period, verify

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
    whole = lie_witness(game, notion, reply)
    assert isinstance(whole.plan, list)
    # She gains most (9 at once) after an honest 1. Then the public hears 1 for ever: two true types other
    # than 1 in each of the three periods that are left.
    assert whole.period == 1
    assert len(whole.plan) == 6
    assert not whole.truncated
    cut = lie_witness(game, notion, reply, limit=2)
    assert cut.plan == whole.plan[:2]
    assert cut.truncated
    assert "and so on" in cut.sentence


def test_deterministic_kernels_are_read_as_index_arrays() -> None:
    moves = [[0, 1, 0], [0, 0, 1], [1, 0, 0]]
    env = buyer([1, 2, 3], ["1/2", "1/4", "1/4"], 2, moves)
    index = Kernel(np.array([[1, 2, 0]]), moves_to=3)
    same = env._with(agents=(replace(env.agents[0], kernels=(index,)),))
    first = stage([[0, 1, 1]], [[0, 1, 2]], [[0, 1, 0]])
    mechanism = Mechanism("shop", (first, stage([[1, 0, 1], [0, 1, 1]], [[1, 0, 2], [0, 2, 1]])))
    for messages in ("all", "possible"):
        for word in ALL_WORDS:
            one = verify(env, mechanism, word, messages=messages)
            assert one == verify(same, mechanism, word, messages=messages)
            assert isinstance(one.violation, Fraction)


def test_a_change_is_told_with_its_own_direction() -> None:
    """In period 0 a report of 2 saves 1 from then on, in period 1 it costs 1: the earlier one is told."""
    env = buyer([1, 2], ["1/2", "1/2"], 3, [["1/2", "1/2"], ["1/2", "1/2"]])
    unsold = [[0, 0], [0, 0]]
    stages = (
        stage([[0, 0]], [[0, 0]], [[0, 1]]),
        stage(unsold, [[1, 1], [0, 0]], [[0, 1], [0, 1]]),
        stage(unsold, [[0, 0], [1, 1]]),
    )
    witness = verify(env, Mechanism("shop", stages), "report-independent").witness
    assert witness.period == 0
    assert "type '1' in period 0 the periods after are worth 1 more where she reports '2'" in witness.sentence
