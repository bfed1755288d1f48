"""Simulated paths against all paths, enumerated one by one over the rationals."""

from __future__ import annotations

import csv
import itertools
from collections import defaultdict
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import dynamech as dm
from dynamech.models.mechanism.copies import undrawn
from dynamech.models.mechanism.draws import MemoryDraws
from dynamech.models.mechanism.mechanism import Mechanism, Stage
from dynamech.models.simulation.simulation import LEFT_OUT, simulate

PATHS = 20_000


def any_mechanism(env: dm.Environment, memory: int, seed: int) -> Mechanism:
    """Lotteries, payments and a memory that moves with reports and actions, none of which mean anything."""
    draw = np.random.default_rng(seed)
    stages = []
    for t in range(env.periods):
        size = 1 if t == 0 and env.periods > 1 else memory
        shape = (size, *env.types(t), env.num_actions(t))
        weight = draw.integers(0, 3, shape)
        weight[..., 0] += 1
        feasible = env.feasible[t]
        if feasible is not None:
            shown = (k if i in env.observed else 1 for i, k in enumerate(env.types(t)))
            weight = weight * np.moveaxis(feasible, 0, -1).reshape(1, *shown, shape[-1])
        lottery = np.array([Fraction(int(w)) for w in weight.reshape(-1)], dtype=object).reshape(shape)
        lottery = lottery / lottery.sum(axis=-1, keepdims=True)
        paid = np.array(draw.integers(-3, 6, (env.num_agents, *shape[:-1])).tolist(), dtype=object)
        paid[list(env.observed)] = 0
        onward = draw.integers(0, memory, shape) if t in env.steps else None
        stages.append(Stage(lottery, paid * Fraction(1), onward))
    return Mechanism(env.name, tuple(stages), stationary=env.stationary)


def chance_of(
    env: dm.Environment, t: int, action: int, last: tuple[int, ...], now: tuple[int, ...]
) -> Fraction:
    """Of types `now` in period t after `last` and the action, by the words of the contract."""
    if env.process is not None:
        table = env.process.prior if t == 0 else env.process.transitions[t - 1]
        chance: Fraction = table[now] if t == 0 else table[(min(action, len(table) - 1), *last, *now)]
        return chance
    chance = Fraction(1)
    for i, agent in enumerate(env.agents):
        if t == 0:
            chance *= agent.prior[now[i]]
            continue
        kernel = agent.kernels[t - 1]
        at = [action, *(now[j] for j in kernel.given), last[i]]
        row = tuple(min(k, size - 1) for k, size in zip(at, kernel.table.shape, strict=False))
        chance *= kernel.table[(*row, now[i])]
    return chance


def enumerated(env: dm.Environment, mechanism: Mechanism) -> tuple[Fraction, list[Fraction], list[Any]]:
    """Expected revenue, expected utilities, and how often which action is taken, by period."""
    revenue, utility = Fraction(0), [Fraction(0)] * env.num_agents
    often: list[Any] = []
    at: dict[Any, Fraction] = {(mechanism.start, (), 0): Fraction(1)}
    for t, stage in enumerate(mechanism.stages):
        after: dict[Any, Fraction] = defaultdict(Fraction)
        count = [Fraction(0)] * env.num_actions(t)
        weight = Fraction(env.discount) ** t
        for (memory, last, action), reached in at.items():
            for now in itertools.product(*map(range, env.types(t))):
                chance = reached * chance_of(env, t, action, last, now)
                for a, share in enumerate(stage.allocation[(memory, *now)]):
                    taken = chance * share
                    if not taken:
                        continue
                    count[a] += taken
                    paid = [table[(memory, *now)] for table in stage.transfers]
                    revenue += taken * weight * (sum(paid) - env.costs[t][a])
                    for i, agent in enumerate(env.agents):
                        table = agent.values[t]
                        own = (min(k, size - 1) for k, size in zip(now, table.shape[1:], strict=True))
                        worth = table[(a, *own)]
                        utility[i] += taken * weight * (worth - paid[i])
                    if stage.next is not None:
                        after[int(stage.next[(memory, *now, a)]), now, a] += taken
        often.append(count)
        at = after
    return revenue, [utility[i] for i in env.private], often


KINDS: dict[str, dict[str, Any]] = {
    "steered": {"seed": 1, "agents": 2, "periods": 3, "discount": "9/10"},
    "given what is observed": {
        "seed": 2, "agents": 1, "observed": 1, "given": True, "feasible": True, "periods": 3,
    },
    "joint, of each other's types": {"seed": 3, "independent": False, "private_values": False},
    "not steered": {"seed": 4, "controlled": False, "types": 3, "actions": 3, "sparse": True},
}  # fmt: skip


@pytest.mark.parametrize("kind", KINDS)
def test_means_are_the_expectations_of_all_paths(kind: str) -> None:
    env = dm.load("random", **KINDS[kind])
    mechanism = any_mechanism(env, 3, 5)
    revenue, utility, often = enumerated(env, mechanism)
    ran = simulate(env, mechanism, PATHS, 7)
    for exact, own in zip((revenue, *utility), (ran.revenue, *ran.utility.values()), strict=True):
        assert own.error is not None
        assert 0 < own.error < 0.1
        assert abs(own.mean - float(exact)) < 4 * own.error
        assert own.interval is not None
    for t, counts in enumerate(often):
        spread = ran.spread[t]
        assert spread is not None
        for a, (share, exact) in enumerate(zip(ran.actions[t].values(), counts, strict=True)):
            assert abs(share - exact) < 4 * float(exact * (1 - exact) / PATHS) ** 0.5 + 1 / PATHS
            assert spread[0][a] <= share <= spread[1][a]


def test_memory_that_moves_by_lot() -> None:
    """Against the mechanism of copied actions, which has no lots."""
    env = dm.load("random", **KINDS["steered"])
    given = any_mechanism(env, 4, 5)
    chances = np.array([["1/2", "1/3", "1/6"], [1, 0, 0], ["1/4", "3/4", 0], [1, 0, 0]], dtype=object)
    lots = MemoryDraws(
        np.array([[0, 3, 1], [2, 0, 0], [1, 2, 0], [3, 0, 0]]),
        np.vectorize(Fraction, otypes=[object])(chances),
    )
    stages = tuple(stage if stage.next is None else replace(stage, draws=lots) for stage in given.stages)
    mechanism = Mechanism(env.name, stages)
    revenue, utility, _ = enumerated(*undrawn(env, mechanism))
    assert revenue != enumerated(env, given)[0]
    ran = simulate(env, mechanism, PATHS, 7)
    for exact, own in zip((revenue, *utility), (ran.revenue, *ran.utility.values()), strict=True):
        assert own.error is not None
        assert abs(own.mean - float(exact)) < 4 * own.error


def test_it_earns_what_the_design_says() -> None:
    for env in (dm.load("kln-nonseparable", n=4), dm.load("bilateral-trade"), dm.load("supply-chain")):
        design = dm.design(env)
        ran = dm.simulate(design, paths=PATHS, seed=3)
        assert ran.revenue.error is not None
        assert design.value is not None
        assert abs(ran.revenue.mean - float(design.value)) <= 4 * ran.revenue.error + 1e-9


def test_of_a_relaxation_it_runs_where_shocks_are_public() -> None:
    design = dm.design("kln-nonseparable", incentives="relaxed")
    ran, beside = dm.simulate(design), dm.simulate("kln-nonseparable", design.mechanism)
    assert ran.to_json() == beside.to_json()
    assert ran.environment.name != "kln-nonseparable"
    assert ran.revenue.error is not None
    assert design.value is not None
    assert abs(ran.revenue.mean - float(design.value)) < 4 * ran.revenue.error


@pytest.mark.parametrize("scale", [1e-9, 1.0, 1e9])
def test_paths_that_never_end_leave_out_a_share(scale: float) -> None:
    """What is said to be left out is as much as twice as many periods add, or more."""
    env = dm.load("random", seed=2, agents=2, stationary=True, discount="9/10").to_float()
    mechanism = any_mechanism(env, 2, 1).to_float()
    (stage,) = mechanism.stages
    mechanism = Mechanism(
        env.name, (Stage(stage.allocation, stage.transfers * scale, stage.next),), stationary=True
    )
    ran = simulate(env, mechanism, 400, 1)
    assert env.discount**ran.periods <= LEFT_OUT < env.discount ** (ran.periods - 1)
    longer = simulate(env.with_horizon(2 * ran.periods), Mechanism(
        env.name, (*(mechanism.stages * (2 * ran.periods - 1)), mechanism.stages[0])), 400, 1)  # fmt: skip
    assert longer.periods == 2 * ran.periods
    for short, long in zip(
        (ran.revenue, *ran.utility.values()), (longer.revenue, *longer.utility.values()), strict=True
    ):
        assert short.beyond > 0
        assert abs(short.mean - long.mean) <= short.beyond
        assert short.interval is not None
        assert short.error is not None
        assert short.interval[1] - short.mean == pytest.approx(1.96 * short.error + short.beyond, rel=1e-3)


def test_a_stationary_mechanism_earns_its_discounted_sum() -> None:
    env = dm.load("random", seed=2, agents=1, stationary=True)
    pivot = dm.pivot(env, exact=True)
    ran = dm.simulate(env, pivot.mechanism, paths=4000)
    (own,) = ran.utility.values()
    assert own.error is not None
    exact = sum(p * w for p, w in zip(env.agents[0].prior, pivot.M[0][0], strict=True))
    assert abs(own.mean - float(exact)) < 4 * own.error + own.beyond


# The same paths --------------------------------------------------------------------------------------------


@settings(derandomize=True, max_examples=12, deadline=None)
@given(
    seed=st.integers(0, 2**63 - 1), chunk=st.sampled_from([4, 12, 64]), paths=st.integers(2, 60),
    kind=st.sampled_from(sorted(KINDS)),
)  # fmt: skip
def test_a_seed_means_paths_whatever_the_chunk(
    tmp_path_factory: pytest.TempPathFactory, seed: int, chunk: int, paths: int, kind: str
) -> None:
    folder = tmp_path_factory.mktemp("paths")
    env = dm.load("random", **KINDS[kind])
    mechanism = any_mechanism(env, 2, 1)
    one = simulate(env, mechanism, paths, seed, chunk=chunk, out=folder / "one.csv")
    other = simulate(env, mechanism, paths, seed, out=folder / "other.csv")
    assert (folder / "one.csv").read_bytes() == (folder / "other.csv").read_bytes()
    assert one.actions == other.actions
    assert one.revenue.mean == pytest.approx(other.revenue.mean, rel=1e-12, abs=1e-12)
    assert one.revenue.error == pytest.approx(other.revenue.error, rel=1e-9, abs=1e-12)
    simulate(env, mechanism, paths + 5, seed, out=folder / "more.csv")
    assert (folder / "more.csv").read_bytes().startswith((folder / "one.csv").read_bytes())


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind != "given what is observed"])
def test_a_path_does_not_depend_on_what_is_listed_first(tmp_path: Path, kind: str) -> None:
    env = dm.load("random", **KINDS[kind])
    mechanism = any_mechanism(env, 2, 4)
    names = [agent.name for agent in env.agents]
    turned = env.reorder(
        agents=names[::-1], actions=env.actions[0][::-1],
        types={name: env.agents[i].types[0][::-1] for i, name in enumerate(names)},
    )  # fmt: skip
    axes = range(1, 1 + env.num_agents)
    stages = []
    for stage in mechanism.stages:

        def flipped(table: Any) -> Any:
            return np.flip(
                table.transpose(0, *reversed(axes), 1 + env.num_agents), axis=tuple(range(1, table.ndim))
            )

        paid = np.stack(
            [np.flip(p.transpose(0, *reversed(axes)), axis=tuple(axes)) for p in stage.transfers[::-1]]
        )
        stages.append(
            Stage(flipped(stage.allocation), paid, None if stage.next is None else flipped(stage.next))
        )
    one = simulate(env, mechanism, 50, 1, out=tmp_path / "one.csv")
    other = simulate(turned, Mechanism(env.name, tuple(stages)), 50, 1, out=tmp_path / "other.csv")

    def rows(name: str) -> list[dict[str, str]]:
        with open(tmp_path / name, newline="") as file:
            return list(csv.DictReader(file))

    assert rows("one.csv") == rows("other.csv")
    assert one.revenue.mean == pytest.approx(other.revenue.mean, rel=1e-12)
    assert {k: v.mean for k, v in one.utility.items()} == pytest.approx(
        {k: v.mean for k, v in other.utility.items()}
    )
    assert [dict(sorted(shares.items())) for shares in one.actions] == [
        dict(sorted(shares.items())) for shares in other.actions
    ]


def test_the_file_of_paths_adds_up(tmp_path: Path) -> None:
    env = dm.load("random", **KINDS["steered"])
    mechanism = any_mechanism(env, 3, 5)
    ran = simulate(env, mechanism, 30, 2, out=tmp_path / "paths.csv")
    with open(tmp_path / "paths.csv", newline="") as file:
        lines = list(csv.DictReader(file))
    assert [(int(line["path"]), int(line["period"])) for line in lines] == list(
        itertools.product(range(30), range(3))
    )
    total = sum(
        0.9 ** int(line["period"])
        * (sum(float(line[f"payment of agent {i}"]) for i in (1, 2)) - float(line["cost"]))
        for line in lines
    )
    assert total / 30 == pytest.approx(ran.revenue.mean)
    for t in range(3):
        taken = [line["action"] for line in lines if line["period"] == str(t)]
        assert {name: taken.count(name) / 30 for name in env.actions[t]} == pytest.approx(ran.actions[t])


# What is refused -------------------------------------------------------------------------------------------


def test_what_is_refused() -> None:
    env = dm.load("kln-nonseparable")
    design = dm.design(env)
    for words, message in (
        ({"paths": 0}, "paths: 0 is no whole number from 1 to 1,000,000,000"),
        ({"paths": 2.5}, "paths: 2.5 is no whole number"),
        ({"seed": -1}, "seed: -1 is no whole number from 0 to"),
    ):
        with pytest.raises(dm.errors.InvalidInput, match=message):
            dm.simulate(env, design.mechanism, **words)
    with pytest.raises(dm.errors.InvalidInput, match="a mechanism is expected"):
        dm.simulate(env)
    with pytest.raises(dm.errors.InvalidInput, match="a design has its own mechanism"):
        dm.simulate(design, design.mechanism)
    with pytest.raises(dm.errors.InvalidInput, match="mechanism"):
        dm.simulate(dm.load("kln-nonseparable", n=3), design.mechanism)
    (first, *rest), huge = design.mechanism.to_float().stages, np.float64(1.5e308)
    rich = Mechanism(env.name, (replace(first, transfers=first.transfers * 0 + huge), *rest))
    with (
        np.errstate(over="ignore", invalid="ignore"),
        pytest.raises(dm.errors.TooLarge, match="larger units"),
    ):
        dm.simulate(env, rich)
    near = dm.load("random", agents=1, stationary=True, discount="9999/10000")
    with pytest.raises(dm.errors.TooLarge, match=r"discount 0.9999: paths are followed .* more than 20,000"):
        dm.simulate(near, any_mechanism(near, 1, 1))


def test_one_path_has_no_error() -> None:
    ran = dm.simulate(dm.design("two-type-markov"), paths=1)
    assert (ran.revenue.error, ran.revenue.interval) == (None, None)
    assert "—" in str(ran)
    assert ran.to_json()["revenue"]["error"] is None
