"""Files that cannot be read at all, are not JSON, or hold numbers that would fill the memory."""

from __future__ import annotations

import json
import random
from pathlib import Path
from typing import Any

import pytest

from dynamech.instances import (
    instance_from_json,
    instance_to_json,
    load,
    mechanism_from_json,
    read_instance,
    read_mechanism,
)
from dynamech.instances.jsonfile import parse_json
from dynamech.models.environment.environment import Environment
from dynamech.solvers.errors import DynamechError, InvalidInput

from .comparing import difference


def example() -> dict[str, Any]:
    """A sound instance, its discount written 9/10."""
    return instance_to_json(load("two-type-markov"))


def refused(tmp_path: Path, text: str) -> str:
    """The one line with which a file of this text is refused, after the file's name."""
    path = tmp_path / "mine.json"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(InvalidInput) as caught:
        read_instance(path)
    message = str(caught.value)
    assert message.startswith(f"{path}: "), message
    assert message.isprintable(), message
    return message.removeprefix(f"{path}: ")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", "not JSON at line 1, column 1"),
        ("{", "not JSON at line 1, column 2"),
        ('{\n "format": "dynamech/1",\n}', "not JSON at line"),
        ("[1, 2]", "an object with the key 'format' is expected, not a list"),
        ("null", "an object with the key 'format' is expected, not null"),
        ("{}", "'format' is missing"),
        ('{"format": 1}', "format: 1 is not 'dynamech/1'"),
        ('{"format": "dynamech/1", "name": "a", "name": "b"}', "the key 'name' is given twice"),
        (
            '{"format": "dynamech/1", "agents": [{"prior": 1, "prior": 2}]}',
            "agents[0]: the key 'prior' is given",
        ),
        ("[" * 100_000, "nested too deeply"),
        ('{"a":' * 100_000, "nested too deeply"),
        ('{"format": "dynamech/1", "name": "\\ud800"}', "is not valid Unicode text"),
        ('{"format": "dynamech/1", "bad\\nkey": 1}', "unknown key 'bad\\nkey'"),
    ],
)
def test_texts_that_are_not_instances(tmp_path: Path, text: str, expected: str) -> None:
    assert expected in refused(tmp_path, text)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1e999999999", "discount: 1E+999999999 is beyond 10^±1000"),
        ("1e-999999999", "discount: 1E-999999999 is beyond 10^±1000"),
        ("1e999999999999999999999", "discount: '1e999999999999999999999' is beyond 10^±1000"),
        ('"1e999999999999999999999"', "discount: '1e999999999999999999999' is beyond 10^±1000"),
        ("9" * 5000, "has more than 4000 digits"),
        ("9" * 2000, "is beyond the range of doubles, 10^308"),
        ('"' + "9" * 2000 + '"', "is beyond the range of doubles, 10^308"),
        ("0." + "9" * 5000, "discount: 0.999"),
        ('"1/' + "9" * 5000 + '"', "has more than 4000 digits"),
        ('"' + "9" * 50_000 + '"', "has more than 4000 digits"),
        ("[" * 60 + "1" + "]" * 60, "discount: a list is not a number"),
    ],
)
def test_numbers_that_would_fill_the_memory(tmp_path: Path, text: str, expected: str) -> None:
    assert expected in refused(tmp_path, json.dumps(example()).replace('"9/10"', text))


def test_tables_nested_without_end(tmp_path: Path) -> None:
    text = json.dumps(example()).replace('[0, "8/5"]', "[" * 60 + "1" + "]" * 60)
    assert "costs, period 0, entry" in refused(tmp_path, text)
    assert "nested more than 24 deep" in refused(tmp_path, text)


def test_what_is_no_file(tmp_path: Path) -> None:
    for path, expected in [
        (tmp_path / "none.json", "there is no such file"),
        (tmp_path, "this is a directory, not a file"),
        (tmp_path / "a\0b.json", "cannot be read"),
        (tmp_path / ("x" * 5000 + ".json"), "cannot be read"),
    ]:
        for read in (read_instance, read_mechanism, load):
            with pytest.raises(InvalidInput, match=expected.replace(".", r"\.")) as caught:
                read(path)
            assert len(str(caught.value).splitlines()) == 1


def test_bytes_that_are_not_text(tmp_path: Path) -> None:
    path = tmp_path / "latin.json"
    path.write_bytes('{"format": "é"}'.encode("latin-1"))
    with pytest.raises(InvalidInput, match=r"latin\.json: byte 12 is not UTF-8 text"):
        read_instance(path)


def test_a_mark_at_the_beginning_of_the_text_does_no_harm(tmp_path: Path) -> None:
    path = tmp_path / "windows.json"
    path.write_text(json.dumps(example()), encoding="utf-8-sig")
    assert read_instance(path).name == "two-type-markov"


SCRAPS: list[Any] = [
    None, True, False, 0, 1, -1, 2, 0.5, 1e308, 1e-320, 10**400, float("nan"), "1/2", "x", "", "low", "keep",
    "10" * 600, "dynamech/1", [], {}, [[]], [0], [1], ["a"], ["a", "a"],
    {"goods": ["g"], "upper": [None], "quadratic": [[1]]}, {"labels": ["a"], "probabilities": [1]},
]  # fmt: skip
KEYS = [
    "signals",
    "process",
    "given",
    "transitions",
    "decimals",
    "horizon",
    "values",
    "observed",
    "upper",
    "next",
]


def parts(content: Any) -> list[tuple[Any, Any, Any]]:
    """Every part of a file, with what holds it and where."""
    steps = content.items() if isinstance(content, dict) else enumerate(content)
    found = []
    for step, value in steps:
        found.append((content, step, value))
        if isinstance(value, dict | list):
            found += parts(value)
    return found


def damage(content: Any, dice: random.Random) -> None:
    """One change somewhere: another value, a part of elsewhere, an entry less or more, a key more."""
    everywhere = parts(content)
    holder, step, value = dice.choice(everywhere)
    other = dice.choice(SCRAPS) if dice.random() < 0.6 else dice.choice(everywhere)[2]
    other = json.loads(json.dumps(other))
    how = dice.randrange(4)
    if how == 0:
        del holder[step]
    elif how == 1 and isinstance(holder, list):
        holder.insert(step, other)
    elif how == 2 and isinstance(value, dict):
        value[dice.choice(KEYS)] = other
    else:
        holder[step] = other


@pytest.mark.parametrize("seed", range(8))
def test_whatever_is_damaged_is_refused_in_one_line_or_still_sound(seed: int) -> None:
    dice = random.Random(seed)
    sound = [
        example(),
        instance_to_json(load("two-type-markov", quadratic=True)),
        instance_to_json(load("kln-nonseparable", n=2)),
        instance_to_json(load("random", observed=1, given=True, feasible=True)),
        instance_to_json(load("random", independent=False, private_values=False)),
        instance_to_json(load("random", stationary=True)),
        {
            "format": "dynamech-mechanism/1",
            "instance": "any",
            "start": 0,
            "periods": [
                {"memory": ["m"], "allocation": [[[0, 1]]], "transfers": [[[2]]], "next": [[[0, 1]]]},
                {"memory": ["a", "b"], "allocation": [[[0, 1]], [[1, 0]]], "transfers": [[[2], [0]]]},
            ],
        },
    ]
    refusals = 0
    for _ in range(250):
        content = json.loads(json.dumps(dice.choice(sound)))
        read = mechanism_from_json if "instance" in content else instance_from_json
        for _ in range(dice.randint(1, 3)):
            if content:
                damage(content, dice)
        try:
            made = read(parse_json(json.dumps(content), "mine.json"), "mine.json")
        except DynamechError as error:
            message = str(error)
            assert message.startswith("mine.json: ")
            assert message.isprintable()
            assert len(message) < 600
            refusals += 1
        else:
            if isinstance(made, Environment):
                again = instance_from_json(json.loads(json.dumps(instance_to_json(made))))
                assert difference(made, again) is None
    assert refusals > 150
