"""What attains the lower bound of several buyers: a mechanism with public lots that anybody can check."""

from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

import dynamech as dm
from dynamech.instances.families.items_over_time import items
from dynamech.instances.mechanism_file import read_mechanism, save_mechanism
from dynamech.models.accounts.items import read_items

HALF = ([Fraction(1), Fraction(2)], [Fraction(1, 2), Fraction(1, 2)])
RARE = ([Fraction(1), Fraction(3)], [Fraction(3, 4), Fraction(1, 4)])


def revenue(env: dm.Environment, mechanism: dm.Mechanism) -> float:
    """By the definition: forward along memory."""
    here, earned = np.ones(1), 0.0
    for stage, chance in zip(mechanism.stages, read_items(env.to_float()).weights, strict=True):
        earned += float(here @ (stage.transfers.sum(axis=0).reshape(stage.size, -1) @ chance))
        if stage.next is None:
            break
        assert stage.draws is not None
        there = np.zeros(int(stage.draws.memory.max()) + 1)
        lottery = stage.next.reshape(stage.size, len(chance), -1)[..., 0]
        weight = (here[:, None] * chance)[..., None] * stage.draws.chance[lottery]
        np.add.at(there, stage.draws.memory[lottery], weight)
        assert there.sum() == pytest.approx(1)
        here = there
    return earned


def idle() -> dm.Environment:
    """The second of three buyers, two of whom are alike, has two types but nothing that she could buy."""
    agents = []
    for name, action in (("ann", 1), ("idle", 0), ("bob", 2)):
        values = [[[1, 2] if a == action > 0 else [0, 0] for a in range(3)]] * 2
        moves = [[["1/2"] * 2] * 2]
        agents.append(
            dm.Agent(name, types=["low", "high"], prior=["1/2"] * 2, values=values, transitions=moves)
        )
    return dm.Environment(agents=agents, actions=[["keep", "to ann", "to bob"]] * 2, horizon=2)


@pytest.mark.parametrize(
    ("env", "gap"),
    [
        (dm.load("items-over-time", buyers=2, periods=3, values="1,2,3"), 1e-3),
        (dm.load("items-over-time", case="three-items"), 1e-4),
        (items([[HALF, RARE, HALF]] * 2), 1e-2),
        (idle(), 1e-3),
    ],
    ids=["alike", "three-items", "two-alike-of-three", "idle"],
)
def test_nobody_lies_or_loses_and_it_earns_the_lower_bound(env: dm.Environment, gap: float) -> None:
    answer = dm.bank(env, formulation="recursion", gap=gap)
    mechanism = answer.mechanism
    assert mechanism is not None
    assert any(stage.draws is not None for stage in mechanism.stages)
    assert bool(dm.verify(env.to_float(), mechanism, incentives="bayesian", participation="ex-post"))
    assert revenue(env, mechanism) == pytest.approx(float(answer.clairvoyant), abs=1e-9)
    # At a cent more from everybody in every period somebody is left with less than nothing.
    dearer = [
        dm.Stage(s.allocation, s.transfers + 0.01, s.next, s.label, s.draws) for s in mechanism.stages
    ]
    judged = dm.Mechanism(mechanism.instance, tuple(dearer))
    assert not dm.verify(env.to_float(), judged, incentives="bayesian", participation="ex-post")


def test_the_same_in_any_money() -> None:
    earned = []
    for scale in (Fraction(1), Fraction(10**9)):
        kinds = [([v * scale for v in values], chances) for values, chances in (HALF, RARE)]
        env = items([kinds] * 2)
        mechanism = dm.bank(env, formulation="recursion", gap=scale / 1000).mechanism
        assert mechanism is not None
        assert bool(dm.verify(env.to_float(), mechanism, incentives="bayesian", participation="ex-post"))
        earned.append(revenue(env, mechanism) / float(scale))
    assert earned[0] == pytest.approx(earned[1], rel=1e-12)


def test_saved_read_and_simulated(tmp_path: Path) -> None:
    env = dm.load("items-over-time", buyers=2, periods=3)
    answer = dm.bank(env, formulation="recursion", gap="1/100")
    path = tmp_path / "account.json"
    assert answer.mechanism is not None
    save_mechanism(answer.mechanism, path)
    again = read_mechanism(path, env)
    assert revenue(env, again) == pytest.approx(float(answer.clairvoyant))
    assert again.stages[1].label_of(0) == answer.mechanism.stages[1].label_of(0)
    interval = dm.simulate(env.to_float(), again, paths=1000, seed=1).revenue.interval
    assert interval is not None
    low, high = interval
    assert low < answer.clairvoyant < high


def test_of_one_buyer_it_is_the_account() -> None:
    alone = dm.bank(dm.load("items-over-time", periods=2))
    assert alone.account is not None
    assert alone.mechanism is alone.account.mechanism
