"""Memory that moves by public lot: judged by hand, kept in files, in tables, refused where it is not read."""

import json
from dataclasses import replace
from fractions import Fraction as F
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import dynamech as dm
from dynamech.instances.mechanism_file import mechanism_from_json, mechanism_to_json, read_mechanism
from dynamech.models.mechanism.copies import undrawn
from dynamech.models.mechanism.draws import MemoryDraws
from dynamech.models.mechanism.mechanism import Mechanism, Stage
from dynamech.solvers.errors import AssumptionViolated, InvalidInput
from dynamech.solvers.numbers import array

IID = [[["1/2", "1/2"], ["1/2", "1/2"]]]
HALF = ["1/2", "1/2"]


def shop(horizon: int | None = 2, **more: Any) -> dm.Environment:
    """Whoever is served values it at her type, which is new in every period."""
    count = 2 if horizon is None else horizon
    buyer = dm.Agent(
        "buyer", types=[1, 2], prior=HALF, values=[[[0, 0], [1, 2]]] * (1 if horizon is None else count),
        transitions=[IID] * (1 if horizon is None else count - 1),
    )  # fmt: skip
    return dm.Environment(name="shop", horizon=horizon, actions=["keep", "sell"], agents=[buyer], **more)


def served(next_: Any = None, draws: MemoryDraws | None = None) -> Stage:
    """Memory 0 serves everybody for nothing; memory 1 serves nobody and charges 1."""
    sale = np.array([[0, 1], [1, 0]])[:, None]
    lottery = array(np.broadcast_to(sale, (2, 2, 2)).tolist())
    return Stage(lottery, array([[[0, 0], [1, 1]]]), next_, None, draws)


def by_report(low: Any, high: Any) -> tuple[np.ndarray, MemoryDraws]:
    """Whatever the memory and the action: the lottery of each report, as chances of memory 0 and 1."""
    to = np.broadcast_to(np.arange(2)[None, :, None], (2, 2, 2))
    return to, MemoryDraws(np.array([[0, 1], [0, 1]]), array([[low, 1 - low], [high, 1 - high]]))


def mechanism(low: Any = F(1, 4), high: Any = F(1, 4)) -> Mechanism:
    """Nobody is served in period 0, memory 0 and 1 follow by lot."""
    to, lots = by_report(low, high)
    nothing = served()
    first = Stage(nothing.allocation[1:], 0 * nothing.transfers[:, 1:], to[1:], None, lots)
    return Mechanism("shop", (first, served()))


def test_lots_are_judged_as_what_they_promise_on_average() -> None:
    """Being served is worth 3/2 to a type yet to come: 1/4 of that less 3/4 is -3/8."""
    interim = dm.verify(shop(), mechanism(), participation="interim")
    assert (interim.holds, interim.violation) == (False, F(3, 8))
    assert dm.verify(shop(), mechanism(F(1, 2), F(1, 2)), participation="interim").holds
    # Once it is drawn, who is served nothing is charged 1: a promise about every continuation sees it.
    assert dm.verify(shop(), mechanism(F(1, 2), F(1, 2)), participation="periodic").violation == 1
    assert dm.verify(shop(), mechanism(F(1, 2), F(1, 2)), incentives="bayesian").holds


def test_the_best_lie_is_about_the_better_lottery() -> None:
    """The high report is served later for sure, which is worth 5/2 · 3/4 more."""
    verdict = dm.verify(shop(), mechanism(F(1, 4), F(1)), incentives="bayesian")
    assert verdict.violation == F(5, 2) * F(3, 4)
    assert verdict.witness is not None
    assert (verdict.witness.period, verdict.witness.type, verdict.witness.report) == (0, "1", "2")
    # Each lie is known to fail by as much in doubles.
    same = dm.verify(shop().to_float(), mechanism(F(1, 4), F(1)).to_float(), incentives="bayesian")
    assert same.violation == pytest.approx(15 / 8, abs=1e-12)


def test_a_lie_after_the_draw_sees_what_was_drawn() -> None:
    """Memory 0 charges own prices with chance 1/4: the gain of 1 is not a quarter of it."""
    drawn = mechanism()
    last = replace(drawn.stages[1], transfers=array([[[1, 2], [0, 0]]]))
    verdict = dm.verify(shop(), replace(drawn, stages=(drawn.stages[0], last)), incentives="bayesian")
    assert verdict.witness is not None
    assert (verdict.violation, verdict.witness.period) == (1, 1)
    never = replace(drawn, stages=(mechanism(F(0), F(0)).stages[0], last))
    assert dm.verify(shop(), never, incentives="bayesian").holds


def test_actions_that_steer_are_steered_by_no_copy() -> None:
    """Where a sale leads to the high type, drawing what is remembered of it changes nothing of that."""
    steered = shop()
    kernel = [[["1", "0"], ["1", "0"]], [["0", "1"], ["0", "1"]]]
    buyer = dm.Agent("buyer", types=[1, 2], prior=HALF, values=[[[0, 0], [1, 2]]] * 2, transitions=[kernel])
    steered = dm.Environment(name="shop", horizon=2, actions=["keep", "sell"], agents=[buyer])
    # Nobody is served at first: the low type follows, and is served (1) or charged (1) by lot.
    assert dm.verify(steered, mechanism(), participation="interim").violation == F(3, 4) - F(1, 4)


def test_for_ever_is_as_after_very_long() -> None:
    endless = Mechanism("shop", (served(*by_report(F(1, 4), F(1))),), stationary=True)
    found = dm.verify(shop(None, discount="1/2"), endless, incentives="bayesian")
    long = Mechanism("shop", (*[served(*by_report(F(1, 4), F(1)))] * 39, served()))
    finite = dm.verify(shop(40, discount="1/2").to_float(), long.to_float(), incentives="bayesian")
    assert found.violation > 0
    assert float(found.violation) == pytest.approx(float(finite.violation), abs=1e-9)


@pytest.mark.parametrize("exact", [True, False])
def test_files_keep_lots(tmp_path: Path, exact: bool) -> None:
    drawn = mechanism(F(1, 3), F(1)) if exact else mechanism(F(1, 3), F(1)).to_float()
    dm.save(drawn, tmp_path / "m.json")
    back = read_mechanism(tmp_path / "m.json", shop())
    assert back.exact is drawn.exact is exact
    lots, kept = drawn.stages[0].draws, back.stages[0].draws
    assert lots is not None
    assert kept is not None
    assert kept.memory.tolist() == lots.memory.tolist()
    assert kept.chance.tolist() == lots.chance.tolist()
    assert back.stages[1].draws is None


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"memory": [[0, 2], [0, 1]], "chance": [[1, 0], [1, 0]]}, "memory: 2 is not one of the 2"),
        ({"memory": [[0, 1]], "chance": [["1/2", "1/2"]]}, "next: 1 is not one of the 1 lotteries"),
        ({"memory": [[0, 1]], "chance": [["1/2"]]}, "shapes"),
        ({"memory": [[0, 1], [0, 1]], "chance": [[1, 0], ["1/2", "1/4"]]}, "lottery 1 sums to 3/4"),
        ({"memory": [[0, 1], [0, 1]], "chance": [[1, 0], [2, -1]]}, "negative chance \\(-1\\)"),
        ({"memory": [[0, 1]]}, "chance"),
    ],
)
def test_lots_that_are_none_are_named(change: Any, message: str) -> None:
    content = json.loads(json.dumps(mechanism_to_json(mechanism())))
    content["periods"][0]["lotteries"] = change
    with pytest.raises(InvalidInput, match=message):
        mechanism_from_json(content, "m.json", shop())


def test_tables_tell_each_outcome() -> None:
    frame = mechanism(F(1, 4), F(1)).to_dataframe()
    first = frame[frame["period"] == 0]
    assert first[["report of 0", "action", "share", "next"]].values.tolist() == [
        [0, 0, F(1, 4), 0], [0, 0, F(3, 4), 1], [1, 0, F(1), 0],
    ]  # fmt: skip


def test_nothing_drawn_is_nothing_changed() -> None:
    env, sure = shop(), Mechanism("shop", (replace(mechanism().stages[0], draws=None), served()))
    assert undrawn(env, sure) == (env, sure)


def test_whoever_cannot_read_lots_says_so() -> None:
    with pytest.raises(InvalidInput, match="period 0: its memory moves by lot"):
        dm.implement(shop(), mechanism())
    rows = [{"name": "served", "lower": "1/2", "allocation": [[0, [], ["1"], "sell", 1]]}]
    with pytest.raises(AssumptionViolated, match="names actions, and the mechanism's memory moves by lot"):
        dm.verify(shop(), mechanism(), demands={"rows": rows})
