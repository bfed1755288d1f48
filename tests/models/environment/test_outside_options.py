"""The key `outside`: read from lists and functions, refused in one line, kept where environments change."""

from __future__ import annotations

from fractions import Fraction as F
from functools import partial
from typing import Any

import numpy as np
import pytest

import dynamech as dm
from dynamech.instances.file import instance_from_json, instance_to_json
from dynamech.models.environment.outside import at_stake, beyond_outside, refuse_outside
from dynamech.models.relaxations.private_shocks import shocks_private
from dynamech.models.relaxations.shocks import shocks_public
from dynamech.models.relaxations.types_public import types_public
from dynamech.solvers.errors import AssumptionViolated, InvalidInput

LABELS = ["low", "middle", "high"]
FLOWS: list[list[Any]] = [[0, "1/2", 1], [2, "3/2", -1]]


def shop(outside: Any = FLOWS, horizon: int | None = 2, actions: Any = ("keep", "sell"), **more: Any) -> Any:
    buyer = dm.Agent(
        "buyer", types=LABELS, prior=["1/3"] * 3, outside=outside, **more.pop("buyer", {}),
        values=lambda t, action, own: LABELS.index(own) if action == "sell" else 0,
        transitions=lambda t, action, own, after: "1/2" if own == after else "1/4",
    )  # fmt: skip
    other = dm.Agent(
        "other", types=["a", "b"], prior=["1/4", "3/4"], transitions=lambda t, action, *labels: "1/2"
    )
    listed = {"actions": list(actions), "horizon": horizon, "discount": "9/10"} | more
    return dm.Environment(agents=[buyer, other], **listed)


def flows(env: dm.Environment, who: str = "buyer") -> list[list[Any]]:
    tables = env.agents[env.agent_index(who)].outside
    assert tables is not None
    return [table.reshape(-1).tolist() for table in tables]


WANTED = [[F(x) for x in row] for row in FLOWS]


def test_lists_functions_arrays_and_files_say_the_same(tmp_path: Any) -> None:
    ways = (FLOWS, lambda t, own: FLOWS[t][LABELS.index(own)], [np.array([0, 0.5, 1]), [2, 1.5, -1]])
    for given in ways:
        env = shop(given)
        assert flows(env) == WANTED
        assert env.agents[0].outside[0].shape == (1, 3, 1)
    env = shop()
    assert env.exact
    assert not env._with(agents=env.to_float().agents).exact
    content = instance_to_json(env)
    assert content["agents"][0]["outside"] == [[0, "1/2", 1], [2, "3/2", -1]]
    assert "outside" not in content["agents"][1]
    for one in (env, env.to_float()):
        dm.save(one, tmp_path / "x.json")
        back = dm.load(tmp_path / "x.json")
        assert instance_to_json(back) == instance_to_json(one)
        assert back.agents[0].outside[1].dtype == one.agents[0].outside[1].dtype
        assert flows(back) == flows(one)
    assert "has elsewhere" in str(env)
    assert "has elsewhere" not in str(shop(None))


def test_nothing_but_zeros_is_nothing() -> None:
    for given in (None, [[0, 0, 0]] * 2, lambda t, own: 0):
        assert shop(given).agents[0].outside is None
        assert "outside" not in instance_to_json(shop(given))["agents"][0]


@pytest.mark.parametrize(
    ("more", "told"),
    [
        ({"outside": [[0, 1, 2]]}, "agent 'buyer', outside: 1 entry for 2 periods"),
        ({"outside": [[0, 1], [0, 1, 2]]}, r"'buyer', outside, period 0: shape \(2,\) is not \(types\) = "),
        ({"outside": [[0, 1, 2], [0, 1, "x"]]}, "agent 'buyer', outside, period 1"),
        ({"outside": 3}, "agent 'buyer', outside: a list is expected, not 3"),
        ({"buyer": {"observed": True}}, "agent 'buyer', outside: everybody sees her type"),
        ({"horizon": None, "outside": [[0, 1, 2]] * 3}, "'buyer', outside: 3 entries; an infinite horizon"),
    ],
)  # fmt: skip
def test_bad_input_is_named(more: dict[str, Any], told: str) -> None:
    with pytest.raises(InvalidInput, match=told) as caught:
        shop(**more)
    assert "\n" not in str(caught.value)


def test_it_follows_its_types_and_periods() -> None:
    env = shop()
    turned = env.reorder(types={"buyer": LABELS[::-1]}, agents=["other", "buyer"])
    assert flows(turned) == [row[::-1] for row in WANTED]
    assert turned.agents[1].outside[0].shape == (1, 1, 3)
    named = env.relabel(agents={"buyer": "client"}, types={"buyer": {"low": "L"}})
    assert flows(named, "client") == WANTED
    assert flows(env.restrict(["sell"])) == WANTED
    assert flows(env.with_horizon(1)) == WANTED[:1]
    assert flows(shop([[1, 2, 3]], None).with_horizon(3)) == [[1, 2, 3]] * 3
    assert flows(shop([[1, 2, 3], [4, 5, 6]], None).with_horizon(3)) == [[1, 2, 3], [4, 5, 6], [4, 5, 6]]


def test_relaxations_carry_it_to_the_types_that_are_seen() -> None:
    env = shop()
    for rewriting in (shocks_public(env), types_public(env)):
        agent = rewriting.environment.agents[0]
        assert len(agent.outside) == len(agent.values)
        if rewriting.environment.joint:  # her later type is shown by an observed agent
            assert agent.outside[1].shape == (1, 1, 1, 3, 1)
            again = instance_from_json(instance_to_json(rewriting.environment))
            full = np.broadcast_to(agent.outside[1], (1, *rewriting.environment.types(1)))
            assert (again.agents[0].outside[1] == full).all()
    private, behind = shocks_private(env, "quantile")
    assert flows(private)[1] == [WANTED[1][k] for k in behind[0][1]]


def test_values_beyond_it_and_what_is_at_stake() -> None:
    env = shop()
    beyond, stake = beyond_outside(env), at_stake(env)
    sold = beyond.agents[0].values[1][1].reshape(-1).tolist()
    assert sold == [0 - 2, 1 - F(3, 2), 2 + 1]
    assert stake.agents[0].values[1][1].reshape(-1).tolist() == [2, 1 + F(3, 2), 3]
    assert beyond.agents[0].outside is None
    assert beyond.agents[1] is env.agents[1]
    assert beyond_outside(shop(None)).agents[0].outside is None


def test_who_is_left_out_has_it() -> None:
    env = shop(excludable=True)
    buyer = env.agents[0]
    left = env.actions[0].index("sell without buyer, other")
    assert buyer.values[0][left].reshape(-1).tolist() == WANTED[0]
    assert flows(env.restrict([["sell", "sell without buyer"], ["sell"]])) == WANTED
    alone = env.agent_index("left out")
    without = env.agents[alone].types[1].index("buyer")
    assert buyer.values[1][1, :, 0, without].tolist() == WANTED[1]
    assert instance_to_json(env)["agents"][0]["outside"] == [[0, "1/2", 1], [2, "3/2", -1]]
    assert instance_to_json(instance_from_json(instance_to_json(env))) == instance_to_json(env)


def _transfers(env: dm.Environment) -> Any:
    return dm.markov_transfers(env, dm.design(env, exact=True).mechanism)


COMMANDS: dict[str, Any] = {
    "pivot": dm.pivot, "index": dm.index, "virtual_pivot": dm.virtual_pivot, "menu": dm.menu, "bank": dm.bank,
    "correlation": dm.correlation, "sequential_screening": dm.sequential_screening,
    "progressive": dm.progressive, "sale": dm.sale, "nonclairvoyant": dm.nonclairvoyant,
    "generalised_vcg": dm.generalised_vcg, "budget": dm.budget, "iron": dm.iron,
    "burn": partial(dm.burn, caps=[1]),
    "markov_transfers": _transfers, "second_price": dm.second_price, "disclosure": dm.disclosure,
}  # fmt: skip
FOREVER = {"index", "second_price"}
ONCE = {"iron", "burn"}


@pytest.mark.parametrize("word", COMMANDS)
def test_what_assumes_an_outside_option_of_0_refuses_in_one_line(word: str) -> None:
    buyer = dm.Agent(
        "buyer", types=[["L", "H"], ["low", "high"]], prior=["1/2", "1/2"], outside=[[0, 0], [0, "1/8"]],
        values=[[[0, 0]], [[0, 0], [1, 2]]], transitions=[[["2/3", "1/3"], ["1/3", "2/3"]]],
    )  # fmt: skip
    words: dict[str, Any] = {"actions": [["wait"], ["keep", "sell"]], "horizon": 2}
    if word in FOREVER:
        more: dict[str, Any] = {"types": ["L", "H"], "values": [[[1, 2]]], "outside": [[0, "1/8"]]}
        buyer = dm.Agent("buyer", prior=["1/2", "1/2"], transitions=[[["1", "0"], ["0", "1"]]], **more)
        words = {"actions": [["serve"]], "horizon": None, "discount": "1/2"}
    told = r"agent 'buyer', period \d: type '(H|high)' has (1/8|0\.125) outside"
    if word in ONCE:
        more = {"types": ["L", "H"], "values": [[[0, 0], [1, 2]]], "outside": [[0, "1/8"]]}
        buyer = dm.Agent("buyer", prior=["1/2", "1/2"], **more)
        words = {"actions": ["keep", "sell"], "horizon": 1}
    with pytest.raises(AssumptionViolated, match=told) as caught:
        COMMANDS[word](dm.Environment(name="shop", agents=[buyer], **words))
    assert "\n" not in str(caught.value)


def test_nobody_is_refused_for_nothing() -> None:
    refuse_outside(shop(None), "this")
