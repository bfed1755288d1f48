"""The price of demands: values against programs of their own, multipliers against moved bounds."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import dynamech as dm
from dynamech.models.design.compiling import compile_question
from dynamech.models.design.design import design
from dynamech.models.design.multipliers import ABOUT, Multiplier, Multipliers, multipliers
from dynamech.models.design.question import Question
from dynamech.models.ladder import price as pricing
from dynamech.models.notions.demands import Demanded
from dynamech.solvers.effort import EXACT
from dynamech.solvers.errors import DynamechError, InvalidInput, TooLarge
from dynamech.solvers.events import Event
from dynamech.solvers.program import Program
from dynamech.solvers.solve import solve
from dynamech.testing import random_environment

DATA = Path(__file__).parents[2] / "data"
TRADE, REWARD = str(DATA / "bilateral-trade.json"), str(DATA / "limited-liability.json")
F = Fraction
STEP = F(1, 10**6)


def known(answer: Multipliers | None) -> Multipliers:
    assert answer is not None
    return answer


def test_trade_by_hand() -> None:
    """The first best is 7/36; with `ex-post` incentives a budget leaves 5/27 expected, 1/6 on every path."""
    for budget, value in (("ex-ante", F(5, 27)), ("ex-post", F(1, 6))):
        paid = dm.price(
            TRADE, {"payments": "-2..2", "budget": budget}, objective="welfare", rung="ex-post", exact=True
        )
        assert (paid.base.value, paid.all.value) == (F(7, 36), value)
        free, balanced = paid.costs
        assert (free.demand.name, balanced.demand.name) == ("payments -2..2", f"budget {budget}")
        assert (paid.cost(free), paid.cost_beside(free)) == (0, 0)
        assert paid.cost(balanced) == paid.cost_beside(balanced) == F(7, 36) - value
        assert known(free.multipliers) == Multipliers()
        content = paid.to_json()
        assert (content["base"], content["all"]) == ("7/36", str(value))
        assert [line["cost"] for line in content["demands"]] == ["0", str(F(7, 36) - value)]
        assert {line["statuses"]["alone"] for line in content["demands"]} == {"optimal"}


def test_every_combination_is_a_program_of_its_own() -> None:
    keys: list[dict[str, Any]] = [{"payments": "-1/4..1/4"}, {"budget": "ex-post", "balanced": True}]
    words: dict[str, Any] = {"objective": "welfare", "exact": True}
    paid = dm.price(TRADE, keys[0] | keys[1], rung="ex-post", **words)

    def value(demands: dict[str, Any]) -> Any:
        return dm.design(TRADE, incentives="ex-post", demands=demands, **words).value

    assert [line.alone.value for line in paid.costs] == [value(one) for one in keys]
    assert [line.without.value for line in paid.costs] == [value(one) for one in reversed(keys)]
    assert (paid.base.value, paid.all.value) == (value({}), value(keys[0] | keys[1]))
    assert 0 < paid.cost(paid.costs[0]) < paid.cost_beside(paid.costs[0])  # type: ignore[operator]


def test_limited_liability_costs_more_than_more_of_it_is_worth() -> None:
    """The value has a kink at 0: its slopes on both sides are those of designs with moved bounds."""
    words: dict[str, Any] = {"participation": "periodic", "exact": True}
    paid = dm.price(REWARD, {"payments": "nonpositive"}, **words)
    assert (paid.all.value, paid.cost(paid.costs[0])) == (F(9979, 20000), F(14, 25) - F(9979, 20000))
    (whole,) = known(paid.costs[0].multipliers).bounds
    assert whole.slopes == (F(20061, 20000), F(837, 1000))
    assert whole.slopes[1] <= whole.worth <= whole.slopes[0]
    assert whole.sentence == (
        "Agent 'driver' pays at most 0 everywhere; each unit more would be worth 837/1000, each unit less "
        "would cost 20061/20000."
    )
    for bound, slope in zip((-STEP, STEP), whole.slopes, strict=True):
        moved = dm.design(REWARD, demands={"payments": {"driver": f"-9..{bound}"}}, **words)
        assert moved.value == paid.all.value + bound * slope  # type: ignore[operator]


@pytest.mark.parametrize("on", ["period", "path"])
@pytest.mark.parametrize("seed", range(4))
def test_slopes_are_those_of_moved_bounds(seed: int, on: str) -> None:
    """LOW and HIGH of one agent, up and down; where actions steer nothing the value is concave in both."""
    env = random_environment(seed, agents=2)
    name, low, high = env.agents[0].name, F(-1, 10), F(1, 5)

    def asked(least: Fraction, most: Fraction) -> dict[str, Any]:
        return {"payments": {name: f"{least}..{most}"}, "on": on}

    paid = dm.price(env, asked(low, high), exact=True)
    bounds = {one.side: one for one in known(paid.costs[0].multipliers).bounds}
    assert bounds
    for side, (dl, dh) in {"least": (STEP, F(0)), "most": (F(0), STEP)}.items():
        up, down = (
            dm.design(env, demands=asked(low + s * dl, high + s * dh), exact=True).value for s in (1, -1)
        )
        slopes = ((paid.all.value - down) / STEP, (up - paid.all.value) / STEP)  # type: ignore[operator]
        if side not in bounds:
            assert slopes == (0, 0)
            continue
        assert bounds[side].slopes == slopes
        assert slopes[1] <= bounds[side].worth <= slopes[0]
        assert (slopes[0] <= 0) if side == "least" else (slopes[1] >= 0)


def test_a_bound_that_cannot_be_moved_leaves_nothing() -> None:
    """A buyer who has nothing to win pays nothing: no money at all cannot become a little of it."""
    paid = dm.price(TRADE, {"payments": {"buyer": "none"}}, exact=True)
    (whole,) = known(paid.costs[0].multipliers).bounds
    assert whole.slopes is not None
    assert (whole.side, whole.slopes[1]) == ("equal", -np.inf)
    assert "each unit more leaves nothing feasible" in whole.sentence
    assert whole.to_json()["slopes"][1] is None


def moved_by(env: dm.Environment, question: Question, one: Multiplier, step: Fraction) -> Program:
    """The program with the number on the right of one place moved by `step`."""
    compiled = compile_question(env, question, EXACT)[0]
    assert one.reports is not None
    label = f"{_history(one)}|{','.join(one.reports.values())}"
    block = compiled.program.row_blocks[f"demand.payments.{one.side}.{one.period}.{one.agent}"]
    (k,) = (k for k in range(block.size) if block.label is not None and block.label(k) == label)
    ends = compiled.program.row_lower.copy(), compiled.program.row_upper.copy()
    for numbers in ends:
        if abs(numbers[block.start + k]) != np.inf:
            numbers[block.start + k] += step
    return replace(compiled.program, row_lower=ends[0], row_upper=ends[1])


def _history(one: Multiplier) -> str:
    entries = [
        ",".join(step["reports"].values()) + ("" if step["action"] is None else f":{step['action']}")
        for step in one.history
    ]
    return ";".join(entries) or "start"


def test_a_multiplier_of_one_place_bounds_what_moving_it_is_worth() -> None:
    """The value is concave in the numbers on the right, which a bound moves by the weight of the history: the
    probability that the mechanism takes its action. Where both slopes are equal the multiplier is that."""
    env = random_environment(9, controlled=True)
    question = Question.of(env, demands={"payments": "-1/4..1/5"})
    paid = pricing.price(env, question, EXACT)
    allocation, (agent,) = paid.all.mechanism.stages[0].allocation, env.agents
    smooth = lotteries = 0
    for one in known(paid.costs[0].multipliers).each:
        weight = F(1)
        for step in one.history:
            report = agent.types[0].index(step["reports"][agent.name])
            weight = allocation[0, report, env.actions[0].index(step["action"])]
        steps = [-STEP, STEP]
        values = [solve(moved_by(env, question, one, weight * step), exact=True).value for step in steps]
        below, above = ((F(v) - F(paid.all.value)) / by for v, by in zip(values, steps, strict=True))  # type: ignore[arg-type]
        assert above <= one.worth <= below, one.sentence
        smooth += above == below
        lotteries += 0 < weight < 1
    assert smooth > 0
    assert lotteries > 0


def test_multipliers_of_budgets_are_in_money_of_the_total_or_the_period() -> None:
    """A subsidy of s for each period: E S_t ≥ −s, by hand as a cost that the designer is given back."""
    env = dm.load(TRADE)
    paid = dm.price(env, {"budget": "per-period"}, objective="welfare", rung="ex-post", exact=True)
    (each,), (whole,) = known(paid.costs[0].multipliers).each, known(paid.costs[0].multipliers).bounds
    assert whole.slopes == (each.worth, each.worth)
    assert (each.side, each.period, each.reports, each.agent, each.bound) == ("least", 0, None, "", 0)
    costs = tuple(now - STEP for now in env.costs)  # every action is cheaper: a subsidy, and welfare of it
    gifted = dm.design(
        env._with(costs=costs),
        objective="welfare",
        incentives="ex-post",
        demands={"budget": "per-period"},
        exact=True,
    )
    assert gifted.value - STEP - paid.all.value == -each.worth * STEP  # type: ignore[operator]
    assert each.sentence.startswith("Payments less costs are at least 0 in period 0, expected; each unit ")


def test_costs_are_what_stricter_programs_lose_at_every_rung() -> None:
    """All rungs can be priced, with the labels of their own environments."""
    env = dm.load("two-type-markov")
    for rung in ("none", "virtual", "relaxed", "types-public", "first-order", "bayesian", "ex-post"):
        paid = dm.price(env, {"payments": "0..1", "budget": "ex-ante"}, rung=rung, exact=True)
        first = paid.costs[0]
        assert paid.all.status == "optimal", rung
        assert paid.cost(first) >= 0  # type: ignore[operator]
        (most,) = [one for one in known(first.multipliers).bounds if one.side == "most"]
        more = dm.design(
            env, incentives=rung, demands={"payments": f"0..{1 + STEP}", "budget": "ex-ante"}, exact=True
        )
        assert most.slopes is not None
        assert more.value == paid.all.value + most.slopes[1] * STEP > paid.all.value, rung  # type: ignore[operator]


@pytest.mark.parametrize("factor", [F(1), F(1, 10**9), F(10**9)])
def test_money_in_other_units(factor: Fraction) -> None:
    env = dm.load(TRADE)
    agents = [replace(one, values=tuple(now * factor for now in one.values)) for one in env.agents]
    words: dict[str, Any] = {"payments": f"{-factor / 4}..{factor / 4}", "budget": "ex-ante"}
    moved = env._with(agents=tuple(agents), costs=tuple(now * factor for now in env.costs))
    paid = dm.price(moved, words, objective="welfare", rung="ex-post")
    assert paid.all.value == pytest.approx(float(factor) * 1019 / 5760, rel=1e-9)
    bounds = {one.side: one.worth for one in known(paid.costs[0].multipliers).bounds if one.agent == "buyer"}
    assert bounds == pytest.approx({"most": 23 / 288, "least": -1 / 36}, rel=1e-6)
    (budget,) = known(paid.costs[1].multipliers).each
    assert budget.worth == pytest.approx(-7 / 16)
    free = dm.price(moved, {"payments": f"{-9 * factor}..{9 * factor}"}, objective="welfare", rung="ex-post")
    assert known(free.costs[0].multipliers) == Multipliers()
    assert free.to_json()["demands"][0]["cost"] == 0


def test_what_has_no_optimum_keeps_its_line() -> None:
    paid = dm.price(TRADE, {"payments": "nonnegative", "budget": "ex-ante"}, objective="utility")
    assert (paid.base.status, paid.all.status) == ("unbounded", "optimal")
    assert [paid.cost(line) for line in paid.costs] == [None, None]
    content = paid.to_json()
    assert content["base"] is None
    assert content["statuses"] == {"base": "unbounded", "all": "optimal"}
    assert "would stop it" in content["messages"]["base"]
    none = dm.price(TRADE, {"payments": "1..2", "budget": "ex-ante"}, exact=True)
    assert [line.alone.status for line in none.costs] == ["infeasible", "optimal"]
    assert (none.all.status, none.costs[0].multipliers) == ("infeasible", None)
    assert none.to_json()["demands"][1] == none.to_json()["demands"][1] | {
        "without": None, "cost": "0", "cost_beside": None, "multipliers": None,
        "statuses": {"alone": "optimal", "without": "infeasible"},
    }  # fmt: skip
    steered = random_environment(1, controlled=True)
    both = dm.price(steered, {"payments": "0..1", "budget": "ex-post"})
    assert [line.alone.status for line in both.costs] == ["optimal", "optimal"]
    assert both.all.status == "not-applicable"
    assert "not linear" in both.to_json()["messages"]["all"]


def test_what_is_asked_is_read_first() -> None:
    with pytest.raises(InvalidInput, match="nothing is demanded"):
        dm.price(TRADE, {"payments": "free"})
    with pytest.raises(InvalidInput, match="'per-period' is not one of none, virtual"):
        dm.price(TRADE, {"payments": "none"}, rung="per-period")
    with pytest.raises(InvalidInput, match="'broker' is none of the agents"):
        dm.price(TRADE, {"payments": {"broker": "none"}})
    with pytest.raises(TooLarge, match="memory limit"):
        dm.price(TRADE, {"payments": "none"}, memory_limit=1000)


def test_it_goes_on_where_it_was_interrupted(monkeypatch: pytest.MonkeyPatch) -> None:
    """`done` has what is finished; nothing is solved twice."""
    asked: list[Any] = []
    answers = design

    def interrupted(*given: Any) -> Any:
        asked.append(given[1].demands)
        if len(asked) == 3:
            raise KeyboardInterrupt
        return answers(*given)

    monkeypatch.setattr(pricing, "design", interrupted)
    demands = {"payments": "-1/4..1/4", "budget": "ex-ante"}
    with pytest.raises(KeyboardInterrupt):
        dm.price(TRADE, demands, notify=stop)
    asked.clear()
    done: dict[Any, dm.Design] = {}
    half = dm.price(TRADE, demands, done=done)
    assert (half.status, half.base.status, half.all.status) == ("interrupted", "optimal", "optimal")
    assert [line.alone.message for line in half.costs] == ["not reached, interrupted"] * 2
    assert half.to_json()["demands"][0]["alone"] is None
    events: list[Event] = []
    whole = dm.price(TRADE, demands, done=done, notify=events.append)
    assert whole.status == "optimal"
    assert len(asked) == 5  # two, the one interrupted, and the two that were left
    names = [each.name for each in whole.question.demands]
    assert [event.text for event in events] == [*names, *(f"bounds of {name}" for name in names)]


def stop(event: Event) -> None:
    raise KeyboardInterrupt


def test_a_limit_is_a_line() -> None:
    paid = dm.price(TRADE, {"payments": "none"}, time_limit=1e-9)
    assert {paid.base.status, paid.all.status} <= {"limit", "optimal"}
    assert paid.costs[0].multipliers is None or paid.all.status == "optimal"


def test_an_answer_that_contradicts_itself_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    answers = design

    def wrong(env: Any, question: Question, effort: Any) -> Any:
        answer = answers(env, question, effort)
        return replace(answer, value=answer.value - 1) if not question.demands else answer  # type: ignore[operator]

    monkeypatch.setattr(pricing, "design", wrong)
    said = r"price in 'trade': 'nothing demanded' earns .* less than 'budget ex-ante'"
    with pytest.raises(DynamechError, match=said):
        dm.price(TRADE, {"budget": "ex-ante"}, exact=True)


def test_sentences_name_history_and_reports() -> None:
    paid = dm.price(REWARD, {"payments": "nonpositive"}, participation="periodic", exact=True)
    each = known(paid.costs[0].multipliers).each
    assert any(" in period 1 after (driver '" in one.sentence for one in each)
    sizes = [abs(F(one.worth)) for one in each]
    assert sizes == sorted(sizes, reverse=True)
    assert 0 not in sizes
    path = dm.price(REWARD, {"payments": "nonpositive", "on": "path"}, participation="interim", exact=True)
    each = known(path.costs[0].multipliers).each
    assert each
    assert {one.period for one in each} == {2}
    assert all("in total up to period 2, in money of period 0 after (" in one.sentence for one in each)
    assert known(multipliers(path.all, path.costs[0].demand)).each == each


def test_every_demand_with_rows_says_what_its_multipliers_mean() -> None:
    assert set(ABOUT) == set(Demanded) - {Demanded.PURE}


def test_rows_without_a_bound_are_told() -> None:
    """Agent a counts more than b, who is alike: treating them alike costs, here and there."""
    good = [[0, 0], [1, 2], [0, 0]], [[0, 0], [0, 0], [1, 2]]
    agents = [
        dm.Agent(name, types=["low", "high"], prior=["1/2"] * 2, values=[values])
        for name, values in zip("ab", good, strict=True)
    ]
    env = dm.Environment(name="two", horizon=1, actions=["keep", "to a", "to b"], agents=agents)
    objective = {"revenue": 1, "utility:a": "1/2"}
    paid = dm.price(env, {"anonymous": [["a", "b"]]}, objective=objective, exact=True)
    (line,) = paid.costs
    assert (paid.base.value, paid.all.value) == (F(13, 8), F(25, 16))
    worth = known(line.multipliers)
    assert worth.bounds == ()
    assert " where 'a' and 'b' have changed places; each unit " in worth.each[0].sentence
    (multiplier, *_), told = worth.each, replace(line, multipliers=Multipliers(each=worth.each[:1]))
    assert multiplier.sentence in " ".join(str(replace(paid, costs=(told,))).split())


def test_a_rule_without_lotteries_has_no_multipliers_and_others_are_those_of_the_rule() -> None:
    """None of the slopes of a value that is the best of many rules'."""
    words: dict[str, Any] = {"payments": "0..1", "deterministic": True}
    env = dm.load("kln-nonseparable", n=3)
    paid = dm.price(env, words, exact=True)
    payments, pure = paid.costs
    assert (paid.base.value, pure.alone.value, payments.alone.value) == (F(5, 2), F(5, 2), F(53, 33))
    assert (pure.demand.name, pure.multipliers) == ("deterministic", None)
    (most,) = (one for one in known(payments.multipliers).bounds if one.side == "most")
    assert (most.worth > 0, most.slopes) == (True, None)
    told = str(paid)
    assert "There are none with all demands: whole numbers have none." in told
    assert "Multipliers are those of the rule that was found, without lotteries, as it is." in told


def test_a_row_of_ones_own_has_a_price() -> None:
    """Selling half in expectation: the buyer's value is what the cap costs and what more of it is worth."""
    half = dm.Row("cap", allocation=lambda t, h, r, a: int(a == "sell"), upper="1/2", expected=True)
    paid = dm.price("two-type-markov", {"rows": [half]}, exact=True)
    (line,) = paid.costs
    (most,) = known(line.multipliers).bounds
    more = dm.Row("cap", allocation=half.allocation, upper=F(1, 2) + STEP, expected=True)
    moved = dm.design("two-type-markov", demands={"rows": [more]}, exact=True)
    assert most.slopes is not None
    assert moved.value == paid.all.value + STEP * most.slopes[1] > paid.all.value  # type: ignore[operator]
    assert most.sentence.startswith("Row 'cap' is at most 1/2; each unit ")
