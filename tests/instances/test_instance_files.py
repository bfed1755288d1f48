"""Instance files: what is written is what is read, to the last bit; what a person writes is understood."""

from __future__ import annotations

import importlib
import json
import os
import stat
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dynamech.instances import (
    all_families,
    find_family,
    instance_from_json,
    instance_to_json,
    load,
    read_instance,
    save_instance,
)
from dynamech.instances.schema import instance_schema
from dynamech.models.environment.environment import Agent, Environment
from dynamech.models.environment.signals import signals
from dynamech.solvers.errors import InvalidInput

from .comparing import difference

jsonschema = importlib.import_module("jsonschema")

SCHEMA = jsonschema.Draft202012Validator(instance_schema())


def returns_the_same(env: Environment, tmp_path: Path) -> None:
    """Through a file and back, and the file is one that the published schema accepts."""
    path = tmp_path / "one.json"
    save_instance(env, path)
    assert difference(env, read_instance(path)) is None
    SCHEMA.validate(json.loads(path.read_text(encoding="utf-8")))
    assert difference(env, instance_from_json(instance_to_json(env))) is None


@pytest.mark.parametrize("name", [family.name for family in all_families()])
def test_library_instances_come_back(name: str, tmp_path: Path) -> None:
    env = load(name)
    returns_the_same(env, tmp_path)
    returns_the_same(env.to_float(), tmp_path)


@pytest.mark.parametrize(
    ("name", "chosen"),
    [
        ("two-type-markov", {"quadratic": True, "horizon": 4}),
        ("kln-separable", {"variant": "additive", "T": 3}),
        ("kln-separable", {"types": "markov", "T": 4}),
        ("sponsored-search", {"learning": "beta", "T": 3}),
        ("handicap-auction", {"bidders": 3}),
        ("two-period-screening", {"variant": "spread"}),
        ("two-period-screening", {"variant": "multiplicative"}),
        ("myerson", {"bidders": 1}),
    ],
)
def test_other_members_of_families_come_back(name: str, chosen: dict[str, Any], tmp_path: Path) -> None:
    returns_the_same(load(name, **chosen), tmp_path)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_random_environments_come_back(data: st.DataObject, tmp_path: Path) -> None:
    flag = st.booleans()
    independent = data.draw(flag)
    observed = data.draw(st.integers(0, 2 if independent else 1))
    env = load(
        "random",
        seed=data.draw(st.integers(0, 10**9)),
        agents=data.draw(st.integers(1, 2)),
        types=data.draw(st.integers(1, 3)),
        periods=data.draw(st.integers(1, 3)),
        actions=data.draw(st.integers(1, 3)),
        independent=independent,
        private_values=data.draw(flag),
        controlled=data.draw(flag),
        observed=observed,
        given=independent and observed > 0 and data.draw(flag),
        feasible=data.draw(flag),
        stationary=data.draw(flag),
        sparse=data.draw(flag),
    )
    returns_the_same(env, tmp_path)
    returns_the_same(env.to_float(), tmp_path)


numbers = st.one_of(
    st.fractions(min_value=-(10**6), max_value=10**6),
    st.integers(-(10**40), 10**40).map(Fraction),
    st.builds(Fraction, st.integers(-(10**30), 10**30), st.integers(1, 10**30)),
)
doubles = st.floats(allow_nan=False, allow_infinity=False)


@settings(max_examples=150, deadline=None, derandomize=True)
@given(
    st.lists(numbers, min_size=6, max_size=6),
    st.lists(doubles, min_size=6, max_size=6),
    st.floats(0, 1),
)
def test_numbers_come_back_to_the_last_bit(
    exact: list[Fraction], floating: list[float], weight: float
) -> None:
    """Rationals and doubles side by side keep their values and their arithmetic."""
    env = Environment(
        name="numbers",
        agents=[
            Agent(
                "one",
                types=[["a", "b", "c"]],
                prior=[Fraction(1, 3)] * 3,
                values=[np.array(floating).reshape(2, 3)],
            ),
            Agent(
                "two",
                types=[["a", "b"]],
                prior=np.array([weight, 1 - weight]),
                values=[[exact[:2], exact[2:4]]],
            ),
        ],
        actions=[["keep", "sell"]],
        costs=[exact[4:]],
        horizon=1,
    )
    read = instance_from_json(json.loads(json.dumps(instance_to_json(env))))
    assert difference(env, read) is None
    mine, other = env.agents[0].values[0], read.agents[0].values[0]
    assert mine.tobytes() == other.tobytes() or (mine == other).all()


def test_doubles_whose_exact_sum_is_not_one_come_back(tmp_path: Path) -> None:
    """They could not be written as rationals: a file's rationals must sum to exactly 1."""
    env = Environment(
        name="thirds",
        agents=[
            Agent("buyer", types=[["a", "b", "c"]], prior=[0.1, 0.2, 0.7], values=[[[1, 2, 3]]]),
            Agent("other", types=[["a", "b", "c"]], prior=np.full(3, 1 / 3), values=[[[1, 2, 3]]]),
        ],
        actions=[["only"]],
        horizon=1,
        discount=0.1,
    )
    returns_the_same(env, tmp_path)
    assert instance_to_json(env)["decimals"] == "double"
    assert isinstance(read_instance(tmp_path / "one.json").discount, float)


def test_decimals_are_the_rationals_that_they_show(tmp_path: Path) -> None:
    path = tmp_path / "decimals.json"
    content = instance_to_json(load("myerson"))
    text = json.dumps(content).replace('"discount": 1', '"discount": 0.1')
    path.write_text(text.replace('"1/3", "1/3", "1/3"', '0.1, 0.20, "0.7"'), encoding="utf-8")
    env = read_instance(path)
    assert env.discount == Fraction(1, 10)
    assert env.agents[0].prior.tolist() == [Fraction(1, 10), Fraction(1, 5), Fraction(7, 10)]
    assert env.exact


def test_floats_of_python_objects_count_as_the_decimals_that_python_shows() -> None:
    content = instance_to_json(load("myerson"))
    content["discount"] = 0.1
    assert instance_from_json(content).discount == Fraction(1, 10)
    content["decimals"] = "double"
    assert instance_from_json(content).discount == 0.1
    assert isinstance(instance_from_json(content).discount, float)


def test_one_entry_serves_all_actions() -> None:
    content = instance_to_json(load("random", controlled=False))
    table = content["agents"][0]["transitions"][0]
    assert len(table) == 1
    content["agents"][0]["transitions"][0] = table * 2
    assert difference(instance_from_json(content), load("random", controlled=False)) is None


def test_values_over_signals_flat_or_nested() -> None:
    env = load("kln-separable", T=2)
    content = instance_to_json(env)
    nested = content["agents"][0]["values"][2]
    assert np.shape(nested) == (2, 3, 2, 2)
    content["agents"][0]["values"][2] = [list(np.ravel(np.array(row, dtype=object))) for row in nested]
    assert difference(instance_from_json(content), env) is None


def test_interdependent_values_over_signals_flat_or_nested() -> None:
    def build(table: Any) -> dict[str, Any]:
        return {
            "format": "dynamech/1",
            "name": "two with signals",
            "horizon": 2,
            "actions": [["a"], ["a", "b"]],
            "agents": [
                {
                    "name": "by signals",
                    "signals": [
                        {"labels": ["l", "h"], "probabilities": [0.5, 0.5]},
                        {"labels": ["-", "0", "+"], "probabilities": [0.25, 0.5, 0.25]},
                    ],
                    "values": [[[1, 2]], table],
                },
                {
                    "name": "by types",
                    "types": [["x"], ["y", "z"]],
                    "prior": [1],
                    "values": [[[0]], [[0, 0], [0, 0]]],
                    "transitions": [[[[0.5, 0.5]]]],
                },
            ],
        }

    flat = np.arange(24).reshape(2, 6, 2)
    one = instance_from_json(build(flat.tolist()))
    other = instance_from_json(build(flat.reshape(2, 2, 3, 2).tolist()))
    assert difference(one, other) is None
    assert one.agents[0].values[1][1, 5, 0] == 22
    assert difference(one, instance_from_json(instance_to_json(one))) is None
    with pytest.raises(InvalidInput, match=r"values of shape \[3, 2, 2\], not \[2, 3\] or \[6\]"):
        instance_from_json(build(flat.reshape(2, 3, 2, 2).tolist()))


def test_axes_that_do_not_matter_are_written_out(tmp_path: Path) -> None:
    """Kernels held as indices or with axes of length 1 (as rewritings make them) come back in full."""
    from dynamech.models.environment.kernels import Kernel

    env = load("two-type-markov", horizon=3)
    buyer = env.agents[0]
    moved = Kernel(np.array([[1, 0]]), moves_to=2)
    same = Kernel(buyer.kernels[1].table[:, :1])
    from dataclasses import replace

    made = env._with(agents=(replace(buyer, kernels=(moved, same)),))
    save_instance(made, tmp_path / "made.json")
    read = read_instance(tmp_path / "made.json")
    assert difference(made, read) is None
    assert read.agents[0].kernels[0].table.tolist() == [[[0, 1], [1, 0]]]
    assert read.agents[0].kernels[1].table.shape == (1, 2, 2)


def test_signals_that_no_longer_say_how_types_move_are_left_out() -> None:
    from dataclasses import replace

    env = load("kln-nonseparable", n=2)
    other = load("kln-nonseparable", n=2).agents[0]
    weights = (other.kernels[0].table[:, ::-1],)
    made = env._with(
        agents=(replace(other, kernels=tuple(replace(other.kernels[0], table=table) for table in weights)),)
    )
    content = instance_to_json(made)
    assert "signals" not in content["agents"][0]
    assert content["agents"][0]["types"][1] == ["0|+", "0|x", "1|+", "1|x"]
    instance_from_json(content)


def test_a_file_is_replaced_whole_or_not_at_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "one.json"
    save_instance(load("myerson"), path)
    before = path.read_bytes()

    def fails(*_: Any) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", fails)
    with pytest.raises(InvalidInput, match=r"one\.json: cannot be written \(No space left on device\)"):
        save_instance(load("random"), path)
    assert path.read_bytes() == before
    assert os.listdir(tmp_path) == ["one.json"]


def test_where_files_cannot_be_written(tmp_path: Path) -> None:
    env = load("myerson")
    for path in (tmp_path, tmp_path / "none" / "one.json", tmp_path / "a\0b.json"):
        with pytest.raises(InvalidInput, match="cannot be written") as caught:
            save_instance(env, path)
        assert len(str(caught.value).splitlines()) == 1
    assert os.listdir(tmp_path) == []


def test_permissions_and_links_are_kept(tmp_path: Path) -> None:
    target, link = tmp_path / "target.json", tmp_path / "link.json"
    save_instance(load("myerson"), target)
    mask = os.umask(0)
    os.umask(mask)
    assert stat.S_IMODE(target.stat().st_mode) == 0o666 & ~mask
    target.chmod(0o640)
    link.symlink_to(target)
    save_instance(load("random"), link)
    assert link.is_symlink()
    assert stat.S_IMODE(target.stat().st_mode) == 0o640
    assert read_instance(target).name == "random"


def test_numbers_and_texts_that_no_file_can_hold(tmp_path: Path) -> None:
    long = Environment(
        name="long",
        agents=[Agent("buyer", types=[["a"]], prior=[1], values=[[[Fraction(1, 10**5000)]]])],
        actions=[["only"]],
        horizon=1,
    )
    with pytest.raises(InvalidInput, match="too long to be written"):
        save_instance(long, tmp_path / "long.json")
    with pytest.raises(InvalidInput, match="cannot be written as Unicode"):
        save_instance(load("myerson")._with(name="\ud800"), tmp_path / "text.json")
    assert os.listdir(tmp_path) == []


def test_integers_beyond_doubles_are_written_as_texts() -> None:
    """Other readers of JSON would round them."""
    content = instance_to_json(load("kln-nonseparable", c_plus=2**60, n=2))
    assert content["agents"][0]["values"][1][1][0][0] == str(2**60)


def test_files_are_for_people(tmp_path: Path) -> None:
    path = tmp_path / "one.json"
    save_instance(load("two-type-markov"), path)
    lines = path.read_text(encoding="utf-8").splitlines()
    assert '      "values": [[[0, 0], [2, 3]], [[0, 0], [2, 3]]],' in lines
    assert '      "transitions": [[[["2/3", "1/3"], ["1/4", "3/4"]]]]' in lines
    save_instance(find_family("sequential-screening").make(k0=30, k1=40), path)
    lines = path.read_text(encoding="utf-8").splitlines()
    assert max(len(line) for line in lines if '"source"' not in line) <= 111


def test_probabilities_of_signals_are_checked() -> None:
    content = instance_to_json(load("kln-nonseparable", n=2))
    content["agents"][0]["signals"][1]["probabilities"] = ["1/2", "1/3"]
    with pytest.raises(InvalidInput, match="sums to 5/6, not 1"):
        instance_from_json(content)
    content["agents"][0]["signals"][1]["probabilities"] = [["1/2"], ["1/2"]]
    with pytest.raises(InvalidInput, match=r"signals, probabilities, period 1: 2 levels of lists, not 1"):
        instance_from_json(content)


def test_lists_of_signals_that_look_alike_are_refused() -> None:
    with pytest.raises(InvalidInput, match=r"'a\|b\|c' is used twice"):
        Environment(
            name="alike",
            agents=[
                Agent(
                    "buyer",
                    signals=signals([["a|b", "a"], ["c", "b|c"]], [["1/2", "1/2"], ["1/2", "1/2"]]),
                    values=[[[0, 0]], [[0] * 4]],
                )
            ],
            actions=[["only"], ["only"]],
            horizon=2,
        )
