"""Every malformed file is refused with one line that names the file and the place."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from typing import Any

import pytest

from dynamech.instances import instance_from_json
from dynamech.instances.jsonfile import parse_json
from dynamech.solvers.errors import InvalidInput

Place = tuple[Any, ...]


def example() -> dict[str, Any]:
    """One buyer, two types, two periods."""
    return {
        "format": "dynamech/1",
        "name": "two-type-two-period",
        "source": "where it comes from",
        "discount": "9/10",
        "horizon": 2,
        "actions": [["keep", "sell"], ["keep", "sell"]],
        "costs": [[0, "1/4"], [0, "1/4"]],
        "agents": [
            {
                "name": "buyer",
                "observed": False,
                "types": [["low", "high"], ["low", "high"]],
                "prior": ["1/2", "1/2"],
                "values": [[[0, 0], [1, 2]], [[0, 0], [1, 2]]],
                "transitions": [[[["3/4", "1/4"], ["1/4", "3/4"]], [["3/4", "1/4"], ["1/4", "3/4"]]]],
            }
        ],
    }


def with_public_season() -> dict[str, Any]:
    """A kernel given an observed agent, and an action barred in one of its states."""
    content = example()
    content["agents"][0]["given"] = ["season"]
    content["agents"][0]["transitions"] = [
        [[[["3/4", "1/4"], ["1/4", "3/4"]], [["1/2", "1/2"], ["1/2", "1/2"]], [[1, 0], [0, 1]]]]
    ]
    content["agents"].append(
        {
            "name": "season",
            "observed": True,
            "types": [["dry", "wet"], ["dry", "mild", "wet"]],
            "prior": [0.25, 0.75],
            "values": [[[0, 0], [0, 0]], [[0, 0, 0], [0, 0, 0]]],
            "transitions": [[[["1/3", "1/3", "1/3"], [0, 0, 1]]]],
        }
    )
    content["feasible"] = [
        [[True, True], [True, False]],
        [[True, True, True], [True, False, True]],
    ]
    return content


def with_signals() -> dict[str, Any]:
    """Independent signals, values nested over them."""
    content = example()
    content["agents"] = [
        {
            "name": "buyer",
            "signals": [
                {"labels": ["low", "high"], "probabilities": ["1/2", "1/2"]},
                {"labels": ["-", "0", "+"], "probabilities": ["1/4", "1/2", "1/4"]},
            ],
            "values": [[[0, 0], [1, 2]], [[[0, 0, 0], [0, 0, 0]], [[1, 2, 3], [4, 5, 6]]]],
        }
    ]
    return content


def with_process() -> dict[str, Any]:
    """A joint process and values of all types."""
    content = example()
    content["agents"] = [
        {
            "name": name,
            "types": [["low", "high"], ["low", "high"]],
            "values": [[[[0, 0], [0, 0]], [[1, 2], [3, 4]]], [[[0, 0], [0, 0]], [[1, 2], [3, 4]]]],
        }
        for name in ("left", "right")
    ]
    row = [["1/8", "3/8"], ["1/4", "1/4"]]
    content["process"] = {
        "prior": [["1/4", "1/4"], ["1/4", "1/4"]],
        "transitions": [[[[row, row], [row, row]]]],
    }
    return content


def with_goods() -> dict[str, Any]:
    """Divisible goods, one bounded."""
    content = example()
    goods = {"goods": ["wine", "water"], "upper": [None, "3/2"], "quadratic": [[2, 1], [1, 2]]}
    content["actions"] = [goods, copy.deepcopy(goods)]
    content["costs"] = [[0, "1/4"], [0, "1/4"]]
    content["agents"][0]["transitions"] = [[[["3/4", "1/4"], ["1/4", "3/4"]]]]
    return content


def stationary() -> dict[str, Any]:
    """An infinite horizon."""
    content = example()
    content["horizon"] = None
    for key in ("actions", "costs"):
        content[key] = content[key][:1]
    for key in ("types", "values"):
        content["agents"][0][key] = content["agents"][0][key][:1]
    return content


DOCUMENTS = {
    make.__name__: make
    for make in (example, with_public_season, with_signals, with_process, with_goods, stationary)
}
OPTIONAL = {"discount", "costs", "feasible", "observed", "source", "values"}


def parts(content: Any, place: Place = ()) -> Iterator[tuple[Place, Any]]:
    """Every object, list, text and number of a file with the way to it."""
    if place:
        yield place, content
    if isinstance(content, dict):
        for key, value in content.items():
            yield from parts(value, (*place, key))
    elif isinstance(content, list):
        for k, value in enumerate(content):
            yield from parts(value, (*place, k))


def changed(content: Any, place: Place, value: Any) -> Any:
    """The content with something else at a place."""
    made = copy.deepcopy(content)
    at = made
    for step in place[:-1]:
        at = at[step]
    at[place[-1]] = value
    return made


def without(content: Any, place: Place) -> Any:
    """The content with a key or an entry left out."""
    made = copy.deepcopy(content)
    at = made
    for step in place[:-1]:
        at = at[step]
    del at[place[-1]]
    return made


def refused(content: Any, what: object = "") -> str:
    """The message with which a file is refused, one line that begins with the file's name."""
    try:
        # What `read_instance` does, without thousands of files on disk.
        instance_from_json(parse_json(json.dumps(content), "mine.json"), "mine.json")
    except InvalidInput as error:
        message = str(error)
    else:
        pytest.fail(f"accepted: {what} {content}")
    assert message.startswith("mine.json: "), message
    assert len(message.splitlines()) == 1, message
    assert message.isprintable(), message
    assert len(message) < 500, message
    return message.removeprefix("mine.json: ")


def is_number(place: Place, value: Any) -> bool:
    keys = [step for step in place if isinstance(step, str)]
    return not isinstance(value, bool | dict | list) and keys[-1] in (
        "discount", "costs", "prior", "values", "transitions", "probabilities", "quadratic"
    )  # fmt: skip


def wrong_values(place: Place, value: Any) -> list[Any]:
    """What can never stand at a place, whatever else the file says."""
    if is_number(place, value):
        words = ["", "abc", "1/0", " 1", "1,5", "0x10", "1/2/3", "1e99999", "٣", "nan", "1_000"]
        return [None, True, {}, [], [1], float("nan"), float("inf"), -float("inf"), *words]
    if isinstance(value, bool):
        return [None, 0, 1, "true", [], {}]
    if isinstance(value, dict):
        return [None, "text", 5, [], [1], True]
    if isinstance(value, list):
        return [None, "text", 5, {}, True, []]
    if place[-1] == "horizon":
        return ["2", 2.5, 0, -1, True, [], {}]
    if "upper" in place:
        return [True, {}, [], "abc", -1]
    if isinstance(value, str):
        return [None, 5, True, [], {}, ["text"]]
    raise AssertionError(place)


@pytest.mark.parametrize("make", DOCUMENTS.values(), ids=DOCUMENTS.keys())
def test_the_documents_themselves_are_accepted(make: Any) -> None:
    instance_from_json(make())


def test_wrong_things_at_every_place() -> None:
    count = 0
    for make in DOCUMENTS.values():
        content = make()
        for place, value in parts(content):
            for wrong in wrong_values(place, value):
                message = refused(changed(content, place, wrong), (place, wrong))
                key = [step for step in place if isinstance(step, str)][-1]
                # An emptied list of those given shows where the transitions have a level too many.
                free = ("format", "name", "labels", "agents", "given")
                assert key in message or key in free, (place, wrong, message)
                if place[0] == "agents" and len(place) > 2 and place[2] != "name":
                    name = content["agents"][place[1]]["name"]
                    assert f"'{name}'" in message or key == "labels", (place, message)
                count += 1
    assert count > 2000


def test_every_key_that_must_be_there() -> None:
    count = 0
    for make in DOCUMENTS.values():
        content = make()
        for place, _ in parts(content):
            key = place[-1]
            if not isinstance(key, str) or key in OPTIONAL or key == "given":
                continue
            message = refused(without(content, place), place)
            # Without its process an instance lacks the agents' priors, without signals an agent her types.
            instead = {"process": "prior is missing", "signals": "'types' is missing"}
            assert key in message or instead.get(key, key) in message, (place, message)
            count += 1
    assert count > 40


def test_every_key_that_may_be_left_out() -> None:
    for make in DOCUMENTS.values():
        content = make()
        for place, _ in parts(content):
            if place[-1] in OPTIONAL and (place[-1] != "observed" or place[1] == 0):
                if place[-1] == "discount" and content["horizon"] is None:
                    continue
                instance_from_json(without(content, place))


def test_unknown_keys_everywhere() -> None:
    for make in DOCUMENTS.values():
        content = make()
        objects = [(), *[place for place, value in parts(content) if isinstance(value, dict)]]
        for place in objects:
            made = copy.deepcopy(content)
            at = made
            for step in place:
                at = at[step]
            at["transitionz"] = 1
            message = refused(made, place)
            assert "unknown key 'transitionz' (did you mean 'transitions'?)" in message


def test_a_misspelt_key_is_named_rather_than_the_missing_one() -> None:
    content = example()
    content["agents"][0]["priors"] = content["agents"][0].pop("prior")
    message = refused(content)
    assert message == "agents[0] 'buyer': unknown key 'priors' (did you mean 'prior'?)"


def test_entries_left_out_or_added_make_lists_ragged_or_shapes_wrong() -> None:
    count = 0
    for make in DOCUMENTS.values():
        content = make()
        for place, value in parts(content):
            if not isinstance(value, list) or place[-1] == "given":
                continue
            shorter = without(content, (*place, len(value) - 1))
            # One entry of transitions serves all actions, and one agent of two may do alone.
            fine = place == ("agents",) or place[-2:-1] == ("transitions",)
            if not fine:
                message = refused(shorter, place)
                assert [step for step in place if isinstance(step, str)][-1][:7] in message or (
                    "at least one" in message or "sums to" in message or "labels" in message
                    or {"types", "actions", "goods", "agents", "process"} & set(map(str, place))
                ), (place, message)  # fmt: skip
            longer = changed(content, place, [*value, copy.deepcopy(value[-1])])
            if place[-2:-1] != ("transitions",):
                refused(longer, place)
            count += 2
    assert count > 200


def test_negative_probabilities_and_sums_other_than_one() -> None:
    for make in DOCUMENTS.values():
        content = make()
        for place, value in parts(content):
            keys = [step for step in place if isinstance(step, str)]
            if keys[-1] not in ("prior", "transitions", "probabilities") or isinstance(value, list):
                continue
            message = refused(changed(content, place, "-1/4"), place)
            assert "has the negative probability -1/4" in message
            message = refused(changed(content, place, 2), place)
            assert "sums to" in message
            assert "not 1" in message


def test_the_row_that_does_not_sum_to_one_is_named() -> None:
    content = example()
    content["agents"][0]["transitions"][0][1][0] = ["3/4", 0.15]
    message = refused(content)
    assert message == "agent 'buyer', period 0, action 'sell': transition row 'low' sums to 9/10, not 1"


def test_nearly_one_is_not_one_and_the_way_out_is_named() -> None:
    content = example()
    content["agents"][0]["types"] = [["a", "b", "c"], ["low", "high"]]
    content["agents"][0]["prior"] = [0.3333333333333333, 0.3333333333333333, 0.3333333333333333]
    content["agents"][0]["values"][0] = [[0, 0, 0], [1, 2, 3]]
    content["agents"][0]["transitions"] = [[[[1, 0], [1, 0], [1, 0]]]]
    assert "'1/3'" in refused(content)


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (lambda c: c.update(format="dynamech/2"), "format: 'dynamech/2' is not 'dynamech/1'"),
        (lambda c: c.update(format="dynamech-mechanism/1"), "this is a mechanism file, not an instance file"),
        (lambda c: c.update(discount="11/10"), "discount: 11/10 is not between 0 and 1"),
        (lambda c: c.update(discount=-0.1), "discount: -1/10 is not between 0 and 1"),
        (lambda c: c.update(horizon=3), "actions: 2 entries for 3 periods"),
        (lambda c: c.update(horizon=10**30), "actions: 2 entries for"),
        (lambda c: c.update(decimals="float"), "decimals: 'float' is not 'exact' or 'double'"),
        (lambda c: c.update(name=""), "name: the text is empty"),
        (lambda c: c["actions"][0].append("sell"), "actions, period 0: the label 'sell' is used twice"),
        (lambda c: c["actions"].__setitem__(0, ["keep", 1]), "a label is expected, not 1; write it as"),
        (lambda c: c["agents"].append(c["agents"][0]), "agents: the name 'buyer' is used twice"),
        (lambda c: c["agents"][0].update(observed=True), "every agent is observed"),
        (lambda c: c["agents"][0].update(given=["nobody"]), "given"),
        (lambda c: c["agents"][0].update(given=["buyer"]), "given"),
        (lambda c: c["agents"][0]["types"].__setitem__(1, ["low", "low"]), "types, period 1: the label"),
        (
            lambda c: c["agents"][0].update(transitions=[[["3/4", "1/4"], ["1/4", "3/4"]]]),
            "agents[0] 'buyer', transitions, period 0: 2 levels of lists, not 3",
        ),
        (
            lambda c: c["agents"][0]["values"][1][0].append(0),
            "agents[0] 'buyer', values, period 1, entry [1]: 2 entries where the first list has 3",
        ),
        (
            lambda c: c["agents"][0]["values"][0][1].__setitem__(1, "two"),
            "agents[0] 'buyer', values, period 0, entry [1][1]: 'two' is not a number such as 2",
        ),
        (
            lambda c: c["agents"][0]["values"][0][1].__setitem__(1, float("nan")),
            "agents[0] 'buyer', values, period 0, entry [1][1]: NaN is not a finite number",
        ),
        (lambda c: c["agents"][0].update(signals=[]), "agents[0] 'buyer': unknown key 'types'"),
        (lambda c: c.update(process={"prior": [1, 0]}), "takes the place of its prior and transitions"),
        (lambda c: c.update(process=None), "process: an object is expected, not null"),
        (lambda c: c.update(reports_public="no"), "reports_public: true or false is expected, not 'no'"),
        (lambda c: c.update(feasible=[[True, False], [False, False]]), "feasible, period 1: no action"),
    ],
)  # fmt: skip
def test_messages(change: Any, expected: str) -> None:
    content = example()
    change(content)
    assert expected in refused(content)


def test_control_characters_in_names_do_not_break_the_line() -> None:
    content = example()
    content["agents"][0]["name"] = "a\nb\x1b[31m"
    content["agents"][0]["prior"] = [1, 1]
    assert "sums to 2, not 1" in refused(content)
