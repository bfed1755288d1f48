"""Rules without lotteries: the best of all of them, one by one; proved, kept by their mechanisms, refused."""

from __future__ import annotations

import pickle
import random
from collections.abc import Iterator
from dataclasses import replace
from fractions import Fraction as F
from itertools import product
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import dynamech as dm
from dynamech.models.compiler.prepared import Prepared
from dynamech.models.design.design import Design
from dynamech.models.environment.environment import Agent, Environment
from dynamech.models.mechanism.mechanism import Mechanism, Stage
from dynamech.solvers import installed
from dynamech.solvers.errors import AssumptionViolated, InvalidInput, TooLarge
from dynamech.solvers.mixed import search, solve
from dynamech.solvers.numbers import array

from ..compiler.plain_histories import History, Row
from ..verification.random_mechanisms import Shape
from .plain_demands import PlainDemands

PURE = {"deterministic": True}
SHAPES = {
    "three actions": Shape("p", 1, sizes=(3,), actions=3),
    "two periods": Shape("p", 2, sizes=(2, 2)),
    "steered": Shape("p", 2, controlled=(0,)),
    "two buyers": Shape("pp", 1, interdependent=True),
    "observed": Shape("po", 1, sizes=(2, 2), actions=2),
    "joint": Shape("pp", 1, joint=True),
}


def some(name: str, seed: int) -> Environment:
    return SHAPES[name].environment(random.Random(f"{name}/{seed}"))


def asked(env: Environment, **words: Any) -> Design:
    return dm.design(env, exact=True, **{"demands": PURE, **words})


class PlainPure(PlainDemands):
    """Every rule without lotteries, each with the linear program of its payments."""

    def rules(self) -> Iterator[Row]:
        """The allocation columns of each: what is done at every history that the rule itself reaches."""

        def rest(t: int, histories: list[History]) -> Iterator[Row]:
            if t == self.env.periods:
                yield {}
                return
            places = [(h, s) for h in histories for s in self.profiles(t)]
            for actions in product(range(self.env.num_actions(t)), repeat=len(places)):
                taken: Row = {("x", *place, a): 1.0 for place, a in zip(places, actions, strict=True)}
                after = [(*h, (s, a)) for (h, s), a in zip(places, actions, strict=True)]
                for later in rest(t + 1, after):
                    yield taken | later

        return rest(0, [()])

    def best_rule(self, objective: str) -> float | None:
        goal = self.revenue() if objective == "revenue" else self.welfare()
        none = {key: 0.0 for key in self.columns if key[0] == "x"}
        values = [self.optimum(goal, none | rule) for rule in self.rules()]
        return max((value for value in values if value is not None), default=None)


@settings(max_examples=12, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
@given(
    name=st.sampled_from(list(SHAPES)),
    seed=st.integers(0, 30),
    word=st.sampled_from(["bayesian", "ex-post"]),
    objective=st.sampled_from(["revenue", "welfare"]),
    money=st.sampled_from([{}, {"payments": "nonnegative"}, {"budget": "ex-ante"}, {"payments": "-1..1"}]),
)
def test_the_optimum_is_the_best_of_all_rules(
    name: str, seed: int, word: str, objective: str, money: dict[str, Any]
) -> None:
    env, demands = some(name, seed), {**money, **PURE}
    answer = asked(env, incentives=word, objective=objective, demands=demands)
    plain = PlainPure(env, word == "ex-post", money).best_rule(objective)
    assert answer.certificate is not None
    assert answer.certificate.check(), answer.certificate.check()["reason"]
    assert answer.optimality == "proved"
    if plain is None:
        assert (answer.status, answer.certificate.kind) == ("infeasible", "infeasible")
        return
    assert answer.status == "optimal", answer.message
    assert isinstance(answer.value, F)
    assert float(answer.value) == pytest.approx(plain, abs=1e-7)
    assert answer.certificate.value == answer.value
    verdicts = dm.verify(env, answer.mechanism, word, "interim", demands=demands)
    assert [verdict.violation for verdict in verdicts] == [0] * len(verdicts)
    assert {x for stage in answer.mechanism.stages for x in stage.allocation.ravel().tolist()} <= {0, 1}
    free = asked(env, incentives=word, objective=objective, demands=money)
    assert free.value is None or free.value >= answer.value
    near = dm.design(env, incentives=word, objective=objective, demands=demands)
    assert (near.status, near.optimality) == ("optimal", "solver")
    assert near.value == pytest.approx(plain, abs=1e-7)
    assert dm.verify(env, near.mechanism, word, "interim", demands=demands)


def test_lotteries_earn_more_somewhere() -> None:
    """Else the tests above would say nothing."""
    cost = 0
    for seed in range(15):
        env = some("three actions", seed)
        free, pure = asked(env, demands={}), asked(env)
        assert free.value is not None
        assert pure.value is not None
        cost += free.value > pure.value
        verdict, = dm.verify(env, free.mechanism, demands=PURE)
        assert not (verdict.holds and free.value > pure.value)
    assert cost >= 3


@pytest.mark.parametrize("formulation", ["textbook", "utilities", "per-period", "utilities+local"])
def test_every_formulation_that_carries_it_has_the_same_value(formulation: str) -> None:
    for name in ("two-type-markov", "ar1-sale"):
        env = dm.load(name) if name == "two-type-markov" else some("two periods", 4)
        if formulation == "utilities+local" and name != "two-type-markov":
            continue
        answer = asked(env, formulation=formulation)
        assert answer.formulation == formulation
        assert answer.value == asked(env).value
        assert answer.certified == formulation
    with pytest.raises(InvalidInput, match="leave 'lazy' out"):
        asked(some("two periods", 4), formulation="utilities+lazy")
    with pytest.raises(InvalidInput, match="posted prices have no place for the demand 'deterministic'"):
        asked(some("two periods", 4), formulation="utilities+thresholds")


def test_large_programs_are_given_whole() -> None:
    """Rows are generated for linear programs only, where nobody asks for a formulation."""
    env = dm.load("two-type-markov", horizon=8)
    free, pure = dm.design(env), dm.design(env, demands=PURE)
    assert "lazy" not in pure.formulation
    assert pure.value is not None
    assert free.value is not None
    assert pure.value <= free.value + 1e-7


def test_relaxations_stay_bounds() -> None:
    for name, seed in product(("two periods", "three actions", "observed"), range(2)):
        env = some(name, seed)
        values = [asked(env, incentives=word).value for word in ("none", "relaxed", "bayesian", "ex-post")]
        known = [value for value in values if value is not None]
        assert len(known) == 4
        assert known == sorted(known, reverse=True)


@pytest.mark.parametrize("solver", [s.name for s in installed() if s.integer])
def test_every_solver_has_the_same_value(solver: str) -> None:
    env = some("three actions", 1)
    answer = dm.design(env, demands=PURE, solver=solver)
    assert answer.value == pytest.approx(float(asked(env).value or 0), abs=1e-9)
    assert answer.message.endswith(f"is {solver}'s word")


def test_a_solver_without_whole_numbers_says_so() -> None:
    with pytest.raises(InvalidInput, match="solver 'cvxpy:CLARABEL' takes no integer columns"):
        dm.design(some("steered", 1), demands=PURE, solver="cvxpy:CLARABEL")


@pytest.mark.parametrize("objective", ["min-utility", {"utility": 1}, {"welfare": 1, "revenue": "-1/2"}])
def test_objectives_of_every_kind(objective: Any) -> None:
    demands = {"payments": "-2..2"}
    for seed in range(3):
        env = some("three actions", seed)
        free = asked(env, objective=objective, demands=demands)
        pure = asked(env, objective=objective, demands=demands | PURE)
        assert pure.value is not None
        assert free.value is not None
        assert pure.value <= free.value
        assert dm.verify(env, pure.mechanism, "bayesian", "interim", demands=demands | PURE)


def half(env: Environment) -> Mechanism:
    """Half of everything in period 0, then nothing, or in one place a third."""
    first = array([[["1/2", "1/2"], [1, 0]]])
    later = array([[[1, 0], [1, 0]], [[1, 0], ["1/3", "2/3"]]])
    paid = array([[[0, 0]]]), array([[[0, 0], [0, 0]]])
    onward = np.array([[[0, 0], [1, 1]]])
    return Mechanism(env.name, (Stage(first, paid[0], onward), Stage(later, paid[1], None)))


def test_the_judge_finds_the_largest_share_of_other_actions() -> None:
    env = dm.load("two-type-markov")
    verdict, = dm.verify(env, half(env), demands=PURE)
    assert (verdict.kind, verdict.notion, verdict.holds, verdict.violation) == (
        "demand", "deterministic", False, F(1, 2),
    )  # fmt: skip
    assert verdict.witness is not None
    assert verdict.witness.sentence == (
        "In period 0 where the reports are buyer 'low' the likeliest action, 'keep', has probability 1/2: "
        "1/2 is left to others."
    )
    later = half(env).stages[1]
    sure = Stage(array([[[1, 0], [1, 0]]]), array([[[0, 0]]]), np.array([[[0, 0], [1, 1]]]))
    verdict, = dm.verify(env, Mechanism(env.name, (sure, later)), demands=PURE)
    assert verdict.violation == F(1, 3)
    assert verdict.witness is not None
    assert verdict.witness.to_json()["reports"] == {"buyer": "high"}
    assert "In period 1 after" in verdict.witness.sentence
    assert "likeliest action, 'sell', has probability 2/3: 1/3 is left to" in verdict.witness.sentence
    verdict, = dm.verify(env.to_float(), half(env).to_float(), demands=PURE)
    assert verdict.violation == 0.5


def _goods() -> Environment:
    buyer = Agent("buyer", types=["low", "high"], prior=["1/2", "1/2"], values=[[[1, 2]]])
    unit = {"goods": ["unit"], "upper": [1], "quadratic": [[1]]}
    return Environment(name="divisible", horizon=1, agents=[buyer], actions=[unit])


def test_quantities_are_no_lots() -> None:
    answer = dm.design(_goods(), demands=PURE)
    assert answer.status == "not-applicable"
    assert answer.message == "demand 'deterministic': period 0 chooses quantities of goods, and draws no lots"
    with pytest.raises(AssumptionViolated, match="chooses quantities of goods"):
        dm.verify(_goods(), dm.design(_goods()).mechanism, demands=PURE)


def test_words_that_are_none() -> None:
    for word in ("yes", 1, None):
        with pytest.raises(InvalidInput, match=r"demands, deterministic: .* is neither true nor false"):
            asked(some("steered", 0), demands={"deterministic": word})
    assert asked(some("steered", 0), demands={"deterministic": False}).optimality is None


def test_an_exact_question_that_is_too_large_is_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(solve, "LARGEST", 5)
    with monkeypatch.context() as counting:  # and it is refused before it is compiled
        counting.delattr(Prepared, "compiled")
        with pytest.raises(TooLarge, match=r"exact answers are for up to 5 integer columns, and it has 9"):
            asked(some("three actions", 0))
    assert dm.design(some("three actions", 0), demands=PURE).status == "optimal"


def test_a_tree_that_is_not_kept_leaves_the_solvers_word(monkeypatch: pytest.MonkeyPatch) -> None:
    seeds = (seed for seed in range(40) if "; 1 case" not in asked(some("three actions", seed)).message)
    env = some("three actions", next(seeds))
    proved = asked(env)
    monkeypatch.setattr(search, "LEAVES", 1)
    answer = asked(env)
    assert (answer.value, answer.optimality) == (proved.value, "solver")
    assert answer.message.endswith("that no other whole numbers do better is highs's word")
    assert answer.certificate is not None
    assert answer.certificate.kind == "interval"
    assert answer.certificate.check()
    assert dm.verify(env, answer.mechanism, "bayesian", "interim", demands=PURE)


def test_the_way_home_and_back() -> None:
    env = some("three actions", 1)
    program = dm.compile(env, demands=PURE, exact=True)
    assert len(program.integers) == 9
    highs = program.to_highs()
    highs.run()
    mechanism = program.mechanism(highs)
    assert dm.verify(env, mechanism, "bayesian", "interim", demands=PURE)
    assert program.value(highs) == pytest.approx(float(asked(env).value or 0))


def test_answers_travel() -> None:
    answer = pickle.loads(pickle.dumps(asked(some("steered", 2))))
    assert answer.optimality == "proved"
    assert answer.certificate.check()
    assert answer.question.demands[0].name == "deterministic"


def test_time_runs_out() -> None:
    answer = asked(some("three actions", 0), time_limit=1e-9)
    assert (answer.status, answer.optimality) == ("limit", None)


def test_what_only_lotteries_come_close_to_is_a_bound() -> None:
    """Under `first-order` a lie that does not count is bet on after an action that is never taken."""
    env = Shape("p", 2, controlled=(0,), sizes=(3, 3)).environment(random.Random("b/2"))
    free, pure = asked(env, demands={}, incentives="first-order"), asked(env, incentives="first-order")
    assert not free.attained
    assert (pure.status, pure.value, pure.attained) == ("limit", None, True)
    assert "which promises bets where the rule never gets, and without lotteries nothing" in pure.message
    near = dm.design(env, demands=PURE, incentives="first-order")
    assert "the best rule known has value 6.841" in near.message
    assert near.promising
    content = near.to_json()
    assert (content["value"], content["optimality"], content["mechanism"] is None) == (None, None, False)
    assert content["bound"] == pytest.approx(float(free.value or 0))
    assert dm.verify(env, pure.mechanism, "first-order", "interim", demands=PURE)


def _coin() -> Environment:
    """A coin to be given to a or to b, who are alike and value it at 1."""
    worth = {name: [[[int(other == name)] for other in "ab"]] for name in "ab"}
    agents = [Agent(name, types=["x"], prior=[1], values=worth[name]) for name in "ab"]
    return Environment(name="coin", horizon=1, agents=agents, actions=[["to a", "to b"]])


def test_what_no_rule_without_lotteries_keeps_is_named() -> None:
    """Two who are alike cannot be treated alike without a lot; nor can half a coin's worth be had by each."""
    alike = {"anonymous": [["a", "b"]]}
    assert asked(_coin(), demands=alike).value == 1
    answer = asked(_coin(), demands=alike | PURE)
    assert (answer.status, answer.optimality) == ("infeasible", "proved")
    assert answer.certificate is not None
    assert answer.certificate.check()
    assert answer.conflict is not None
    assert len(answer.conflict.parts) == 2
    assert "deterministic" in answer.conflict.parts
    floors = [{"name": name, "lower": "1/2", "utility": [[name, "x", 1]]} for name in "ab"]
    floor = {"rows": floors, "payments": "none"}
    assert asked(_coin(), demands=floor).value == 0
    answer = asked(_coin(), demands=floor | PURE)
    assert answer.status == "infeasible"
    assert answer.conflict is not None
    assert answer.conflict.sentence.endswith("what is demanded would have to give way by 1/4")


def test_the_price_of_a_rule_without_lotteries() -> None:
    env = some("three actions", 1)
    paid = dm.price(env, {"payments": "nonnegative", **PURE}, exact=True)
    free, pure = asked(env, demands={}), asked(env)
    assert (paid.base.value, paid.costs[1].alone.value) == (free.value, pure.value)
    assert paid.all.optimality == "proved"


def test_the_family_of_lotteries_against_all_rules() -> None:
    env = dm.load("two-goods")
    assert PlainPure(env, False, {}).best_rule("revenue") == pytest.approx(7 / 3)
    assert (asked(env, demands={}).value, asked(env).value) == (F(5, 2), F(7, 3))


def test_mechanisms_for_ever_are_judged() -> None:
    env = dm.load("random", stationary=True)
    mechanism = dm.pivot(env, exact=True).mechanism
    assert mechanism is not None
    assert dm.verify(env, mechanism, demands=PURE)
    stage = mechanism.stages[-1]
    mixed = replace(stage, allocation=stage.allocation * F(3, 4) + F(1, 4 * stage.allocation.shape[-1]))
    verdict, = dm.verify(env, replace(mechanism, stages=(*mechanism.stages[:-1], mixed)), demands=PURE)
    assert verdict.violation == F(1, 4) - F(1, 4 * stage.allocation.shape[-1])
