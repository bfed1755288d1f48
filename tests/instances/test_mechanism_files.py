"""Mechanism files: back without loss, and wrong shapes named."""

from __future__ import annotations

import copy
import importlib
import json
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from dynamech.instances import load, mechanism_from_json, mechanism_to_json, read_mechanism, save_mechanism
from dynamech.instances.schema import mechanism_schema
from dynamech.models.mechanism.mechanism import Mechanism, Stage
from dynamech.solvers.errors import InvalidInput

jsonschema = importlib.import_module("jsonschema")


def price(two: bool = True) -> dict[str, Any]:
    """Sell at 1 in period 0; in period 1 only to those who bought, at 2."""
    return {
        "format": "dynamech-mechanism/1",
        "instance": "two-type-markov",
        "start": 0,
        "periods": [
            {
                "memory": ["start"],
                "allocation": [[["1/2", "1/2"], [0, 1]]],
                "transfers": [[["0.5", 1]]],
                "next": [[[0, 1], [0, 1]]],
            },
            {
                "memory": ["kept", "sold"],
                "allocation": [[[1, 0], [1, 0]], [[0, 1], [0, 1]]],
                "transfers": [[[0, 0], [2, "2"]]],
            },
        ],
    }


def refused(content: Any, tmp_path: Path, against: bool = False) -> str:
    """The one line with which a file is refused."""
    path = tmp_path / "rule.json"
    path.write_text(json.dumps(content), encoding="utf-8")
    with pytest.raises(InvalidInput) as caught:
        read_mechanism(path, load("two-type-markov") if against else None)
    message = str(caught.value)
    assert message.startswith(f"{path}: ")
    assert len(message.splitlines()) == 1
    return message.removeprefix(f"{path}: ")


def same(a: Mechanism, b: Mechanism) -> bool:
    return (
        (a.instance, a.start, a.stationary, a.periods) == (b.instance, b.start, b.stationary, b.periods)
    ) and all(
        mine.allocation.dtype == other.allocation.dtype
        and mine.transfers.dtype == other.transfers.dtype
        and np.array_equal(mine.allocation, other.allocation)
        and np.array_equal(mine.transfers, other.transfers)
        and (None if mine.next is None else mine.next.tolist())
        == (None if other.next is None else other.next.tolist())
        and [mine.label_of(m) for m in range(mine.size)] == [other.label_of(m) for m in range(other.size)]
        for mine, other in zip(a.stages, b.stages, strict=True)
    )


def test_a_mechanism_is_read_and_comes_back(tmp_path: Path) -> None:
    path = tmp_path / "rule.json"
    made = mechanism_from_json(price(), "rule", load("two-type-markov"))
    assert made.exact
    assert made.stages[0].transfers[0, 0, 0] == Fraction(1, 2)
    assert made.stages[1].label_of(1) == "sold"
    assert not made.stationary
    save_mechanism(made, path)
    assert same(made, read_mechanism(path))
    assert same(made, read_mechanism(path, load("two-type-markov")))
    jsonschema.Draft202012Validator(mechanism_schema()).validate(json.loads(path.read_text(encoding="utf-8")))
    floating = made.to_float()
    save_mechanism(floating, path)
    assert same(floating, read_mechanism(path))
    assert "decimals" not in json.loads(path.read_text(encoding="utf-8"))


def test_doubles_come_back_to_the_last_bit(tmp_path: Path) -> None:
    rng = np.random.default_rng(3)
    for _ in range(20):
        q = rng.dirichlet([1.0, 1.0, 1.0], size=(4, 2, 2))
        pay = rng.normal(size=(2, 4, 2, 2)) * 10.0 ** rng.integers(-300, 300)
        move = rng.integers(0, 4, size=(4, 2, 2, 3))
        made = Mechanism("any", (Stage(q, pay, move, lambda m: f"bank {m}"),), 2, True)
        save_mechanism(made, tmp_path / "rule.json")
        assert same(made, read_mechanism(tmp_path / "rule.json"))


def test_one_period_that_points_into_itself_is_stationary() -> None:
    content = price()
    content["periods"] = [content["periods"][1] | {"next": [[[0, 1], [0, 1]], [[1, 1], [1, 1]]]}]
    assert mechanism_from_json(content).stationary
    once = load("two-type-markov", horizon=1)
    read = mechanism_from_json(content, "rule", once)
    assert not read.stationary
    assert read.stages[0].next is None
    assert "next" not in mechanism_to_json(read)["periods"][0]
    content["periods"][0].pop("next")
    assert not mechanism_from_json(content).stationary
    endless = load("random", stationary=True, agents=1)
    with pytest.raises(InvalidInput, match="rule: periods, period 0: 'next' is missing"):
        mechanism_from_json(content, "rule", endless)


def test_the_next_of_a_last_period_is_not_kept() -> None:
    """It would point nowhere."""
    content = price()
    content["periods"][1]["next"] = [[[7, 7], [7, 7]], [[7, 7], [7, 7]]]
    assert mechanism_from_json(content).stages[1].next is None


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (lambda c: c.update(format="dynamech/1"), "this is an instance file, not a mechanism file"),
        (lambda c: c.pop("instance"), "'instance' is missing"),
        (lambda c: c.pop("start"), "'start' is missing"),
        (lambda c: c.update(start=1), "start: 1 is not one of the 1 memory states of period 0"),
        (lambda c: c.update(start=-1), "start: -1 is below 0"),
        (lambda c: c.update(start=True), "start: a whole number is expected, not true"),
        (lambda c: c.update(periods=[]), "periods: at least one is needed"),
        (lambda c: c.update(extra=0), "unknown key 'extra'"),
        (lambda c: c["periods"][0].pop("next"), "periods, period 0: 'next' is missing"),
        (lambda c: c["periods"][0].pop("memory"), "periods, period 0: 'memory' is missing"),
        (lambda c: c["periods"][0].update(memory=["a", "b"]), "period 0, allocation: 1 entries for 2 memory"),
        (lambda c: c["periods"][1].update(memory=["a", 2]), "period 1, memory, entry 1: a label is"),
        (lambda c: c["periods"][0].update(transfers=[[0, 1]]), "period 0, transfers: shape [1, 2] is not"),
        (lambda c: c["periods"][0].update(transfers=[[[0, 1]]] * 2), "shape [2, 1, 2] is not (agents, "),
        (lambda c: c["periods"][0].update(allocation=[[0, 1]]), "period 0, allocation: 2 levels of lists"),
        (lambda c: c["periods"][0].update(next=[[[0, 2], [0, 1]]]), "next: 2 is not one of the 2 memory"),
        (lambda c: c["periods"][0].update(next=[[[0, -1], [0, 1]]]), "next, entry [0][0][1]: -1 is not an"),
        (lambda c: c["periods"][0].update(next=[[[0, 0.5], [0, 1]]]), "next, entry [0][0][1]: 0.5 is not an"),
        (lambda c: c["periods"][0].update(next=[[0, 1]]), "next: shape [1, 2] is not that of the allocation"),
        (lambda c: c["periods"][0]["allocation"][0][0].append(0), "allocation, entry [0][1]: 2 entries"),
        (lambda c: c["periods"][0]["allocation"][0].__setitem__(0, ["x", 1]), "entry [0][0][0]: 'x' is not"),
        (lambda c: c["periods"][0]["transfers"][0].__setitem__(0, [float("nan"), 1]), "NaN is not a finite"),
    ],
)  # fmt: skip
def test_wrong_files(change: Any, expected: str, tmp_path: Path) -> None:
    content = copy.deepcopy(price())
    change(content)
    assert expected in refused(content, tmp_path)


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (lambda c: c["periods"][0].update(allocation=[[["1/2", "1/3"], [0, 1]]]), "[0, 0] sums to 5/6,"),
        (lambda c: c["periods"][0].update(allocation=[[["3/2", "-1/2"], [0, 1]]]), "is negative (-1/2)"),
        (lambda c: c["periods"].append(copy.deepcopy(c["periods"][1])), "'next' is missing"),
        (lambda c: c.update(periods=c["periods"][1:]), "1 period(s) for environment 'two-type-"),
        (
            lambda c: c["periods"][1].update(
                allocation=[[[1, 0]], [[0, 1]]], transfers=[[[0], [1]]], memory=["a", "b"]
            ),
            "period 1: allocation has shape (2, 1, 2), not (2, 2, 2)",
        ),
    ],
)  # fmt: skip
def test_mechanisms_that_do_not_fit_the_environment(change: Any, expected: str, tmp_path: Path) -> None:
    content = price()
    change(content)
    assert expected in refused(content, tmp_path, against=True)


def test_every_part_of_a_mechanism_file_that_is_wrong_is_one_line(tmp_path: Path) -> None:
    count = 0
    wrongs: list[Any] = [None, True, {}, float("inf"), [[]]]

    def walk(value: Any, place: tuple[Any, ...]) -> Any:
        if place:
            yield place
        if isinstance(value, dict | list):
            for key in value if isinstance(value, dict) else range(len(value)):
                yield from walk(value[key], (*place, key))

    for place in walk(price(), ()):
        for wrong in wrongs:
            content = price()
            at: Any = content
            for step in place[:-1]:
                at = at[step]
            at[place[-1]] = wrong
            refused(content, tmp_path)
            count += 1
    assert count > 200


def test_a_mechanism_that_is_not_finite_is_not_written(tmp_path: Path) -> None:
    made = mechanism_from_json(price()).to_float()
    made.stages[0].transfers[0, 0, 0] = np.inf
    with pytest.raises(InvalidInput, match="not finite"):
        save_mechanism(made, tmp_path / "rule.json")
