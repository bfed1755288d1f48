"""The one form of a certificate file: everything else is refused, in time and memory linear in the file."""

from __future__ import annotations

import copy
import json
import random
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from dynamech.solvers import checker
from dynamech.solvers.certificate import Certificate, digest, text
from dynamech.solvers.errors import InvalidInput
from dynamech.solvers.program import Builder
from dynamech.solvers.solve import solve

Payload = dict[str, Any]


@pytest.fixture(scope="module")
def proof() -> Certificate:
    builder = Builder(sense="max", exact=True, name="two goods")
    x = builder.columns("x", (1, 2), objective=[1, 2], upper=2)
    row = builder.rows("r", 2, upper=["3/2", 5])
    builder.entries(row.index[:, None], x.index[None, :], [[1, "1/2"], [2, 1]])
    builder.quadratic([0, 0, 1, 1], [0, 1, 0, 1], [-2, -1, -1, -2])
    found = solve(builder.build(), exact=True).certificate
    assert found is not None
    return found


def _sign(payload: Payload) -> Payload:
    rest = {key: value for key, value in payload.items() if key != "digest"}
    return {**rest, "digest": digest(rest)}


def _reason(payload: Payload) -> str:
    verdict = checker.check(_sign(payload))
    assert not verdict["valid"]
    assert verdict["value"] is None
    assert verdict["reason"].isprintable()
    assert len(verdict["reason"]) < 300
    return verdict["reason"]


@pytest.mark.parametrize(
    "word",
    [
        "+1", "01", "00", "-0", "1/1", "2/4", "0/5", "4/2", "1/-2", "-1/-2", "1/02", "1/0", "1//2", "/2",
        "1/", "", " 1", "1 ", "1\n", "1_0", "0x10", "0x3/0x8", "1e3", "1.5", "½", "٣", "१", "１", "inf",
        "nan", "null", "1,5", "−1", "1/2/3", "1\x1b[31m", "1\u202e",
    ],
)  # fmt: skip
def test_a_number_is_written_in_one_way(proof: Certificate, word: str) -> None:
    with pytest.raises(checker.Rejected):
        checker.number(word)
    for part, key in (("columns", "upper"), ("rows", "entries")):
        payload = copy.deepcopy(proof.payload())
        payload[part][key][0] = word
        assert "malformed" in _reason(payload)
    payload = copy.deepcopy(proof.payload())
    payload["value"] = word
    assert "malformed" in _reason(payload)


@pytest.mark.parametrize("value", [0, 1, -7, Fraction(3, 8), Fraction(-1, 3), Fraction(-(10**5000), 3**9999)])
def test_every_number_can_be_written(value: Fraction) -> None:
    written = text(Fraction(value))
    assert checker.number(written) == value
    assert text(checker.number(written)) == written


def test_a_number_has_its_limit() -> None:
    longest = Fraction(10**checker.DIGITS - 1)
    assert checker.number(text(longest)) == longest
    with pytest.raises(InvalidInput, match="digits cannot be written"):
        text(longest + 1)
    with pytest.raises(checker.Rejected, match="digits"):
        checker.number("1" * (checker.DIGITS + 1))


def _put(place: str, value: Any) -> Callable[[Payload], None]:
    def edit(payload: Payload) -> None:
        *way, last = place.split(".")
        target: Any = payload
        for key in way:
            target = target[int(key) if key.isdigit() else key]
        target[int(last) if last.isdigit() else last] = value

    return edit


def _drop(key: str) -> Callable[[Payload], None]:
    return lambda payload: payload.pop(key)


HUGE = 10**30
WRONG: dict[str, Callable[[Payload], Any]] = {
    "a member more": _put("comment", "hello"),
    "a member less": _drop("tangent"),
    "columns with a member more": _put("columns.names", []),
    "true for 1": _put("rows.starts.1", True),
    "a text for a list": _put("columns.lower", "00"),
    "a number for a text": _put("primal.0", 1),
    "a list for a text": _put("kind", ["optimal"]),
    "an object for a text": _put("value", {}),
    "no sense": _put("sense", "MAX"),
    "an escape in the name": _put("name", "low\x1b[31m"),
    "a mark that turns the writing": _put("columns.blocks.0.0", "x\u202e"),
    "a letter outside ASCII": _put("rows.blocks.0.0", "é"),
    "a name without end": _put("name", "x" * 1001),
    "a huge shape": _put("columns.blocks.0.2", [HUGE]),
    "a shape of many axes": _put("columns.blocks.0.2", [1] * 40 + [2]),
    "a negative shape": _put("columns.blocks.0.2", [-1, -2]),
    "a shape that is too small": _put("columns.blocks.0.2", [1]),
    "a block that begins elsewhere": _put("columns.blocks.0.1", 1),
    "a block of another form": _put("columns.blocks.0", ["x", 0]),
    "two blocks of one name": _put("columns.blocks", [["x", 0, [1]], ["x", 1, [1]]]),
    "no blocks": _put("columns.blocks", []),
    "a place that is huge": _put("rows.columns.0", HUGE),
    "a place that is negative": _put("rows.columns.0", -1),
    "places out of order": _put("rows.columns", [1, 0, 0, 1]),
    "a place twice": _put("rows.columns", [0, 0, 0, 1]),
    "an entry that is 0": _put("rows.entries.0", "0"),
    "starts that fall": _put("rows.starts", [0, 3, 2]),
    "starts that are too few": _put("rows.starts", [0, 4]),
    "no starts": _put("rows.starts", []),
    "starts that end elsewhere": _put("rows.starts", [0, 2, HUGE]),
    "bounds too many": _put("rows.lower", [None] * 3),
    "Q without a triangle": _put("quadratic", {"i": [0, 0], "j": [0, 1], "entries": ["-2", "-1"]}),
    "Q out of order": _put("quadratic", {"i": [1, 0], "j": [1, 0], "entries": ["-2", "-2"]}),
    "Q twice": _put("quadratic", {"i": [0, 0, 1], "j": [0, 0, 1], "entries": ["-1", "-1", "-2"]}),
    "Q of nothing": _put("quadratic", {"i": [], "j": [], "entries": []}),
    "Q beyond the columns": _put("quadratic", {"i": [2], "j": [2], "entries": ["-1"]}),
    "Q with lists that differ": _put("quadratic.i", [0]),
    "an end beside a value": _put("least", "0"),
    "a question that is none": _put("question", "which?"),
}


@pytest.mark.parametrize("what", list(WRONG))
def test_what_is_not_of_the_form(proof: Certificate, what: str) -> None:
    payload = copy.deepcopy(proof.payload())
    WRONG[what](payload)
    _reason(payload)


@pytest.mark.parametrize(
    "written",
    [
        '{"a": 1, "a": 1}', '{"a": 1.0}', '{"a": NaN}', '{"a": -Infinity}', '{"a": -0}', '{"a": 01}',
        '{"a": ' + "1" * 5000 + "}", "[" * 100_000, '{"a":' * 100_000, "", "null", "[]", '"x"', "\ufeff{}",
        "{}x", '{"a": "\x01"}', "{'a': 1}",
    ],
)  # fmt: skip
def test_what_cannot_be_read(tmp_path: Path, written: str) -> None:
    path = tmp_path / "c.json"
    path.write_text(written, encoding="utf-8")
    verdict = checker.check_file(path)
    assert not verdict["valid"]
    assert verdict["reason"].startswith("unreadable: ")
    assert len(verdict["reason"]) < 300
    with pytest.raises(InvalidInput):
        Certificate.load(path)


def test_spaces_and_the_order_of_members_are_free(proof: Certificate, tmp_path: Path) -> None:
    path = tmp_path / "c.json"
    payload = dict(reversed(proof.payload().items()))
    path.write_text(json.dumps(payload, indent=3))
    assert checker.check_file(path)["valid"]


def test_what_the_writer_puts_in_order(proof: Certificate) -> None:
    """A program whose entries are out of order, with zeros and repeats, and whose names are not plain."""
    p = proof.program
    order = np.array([1, 0, 0, 3, 2], dtype=np.int32)
    data = p.data[order].copy()
    data[2] = Fraction(0)
    blocks = {name + "\u202e": block for name, block in p.column_blocks.items()}
    assert p.quadratic is not None
    i, j, q = (part[[1, 0, 3, 2]] for part in p.quadratic)
    starts, places = (np.array(listed, dtype=np.int32) for listed in ([0, 3, 5], [1, 0, 0, 1, 0]))
    names = {"name": "käufer\x1b", "column_blocks": blocks}
    untidy = replace(p, **names, indptr=starts, indices=places, data=data, quadratic=(i, j, q))  # type: ignore[arg-type]
    again = Certificate("optimal", untidy, proof.value, proof.primal, proof.dual)
    payload = again.payload()
    assert payload["name"] == r"k\xe4ufer\x1b"
    assert checker.check(payload)["valid"], checker.check(payload)["reason"]
    tidy = proof.payload()
    for part in ("rows", "quadratic"):
        assert payload[part] == tidy[part]


HOSTILE = """
import json, resource, sys
from pathlib import Path
resource.setrlimit(resource.RLIMIT_AS, (10**9, 10**9))
resource.setrlimit(resource.RLIMIT_CPU, (20, 20))
from dynamech.solvers import checker
for path in sys.argv[1:]:
    print(json.dumps(checker.check_file(Path(path))))
"""


def _hostile(name: str) -> str:
    """Files that took seconds and gigabytes: long digits, coprime denominators, nesting."""
    rng = random.Random(0)

    def program(x: list[str], rows: int, q: Any = None, cost: str = "0") -> str:
        n = len(x)
        body: Payload = {
            "format": checker.FORMAT, "kind": "optimal", "name": name, "sense": "max",
            "columns": {
                "blocks": [["x", 0, [n]]], "lower": [None] * n, "upper": [None] * n, "objective": [cost] * n,
            },
            "rows": {
                "blocks": [["r", 0, [rows]]], "lower": [None] * rows, "upper": ["1"] * rows,
                "starts": [n * k for k in range(rows + 1)], "columns": list(range(n)) * rows,
                "entries": ["1"] * (n * rows),
            },
            "offset": "0", "quadratic": q, "primal": x, "dual": ["0"] * rows, "ray": None, "tangent": None,
            "value": "0", "least": None, "most": None,
        }  # fmt: skip
        return json.dumps(_sign(body))

    def over(digits: int) -> str:
        return f"1/{rng.randrange(10 ** (digits - 1), 10**digits)}"

    if name == "two million digits":
        return program(["7" * 2_000_000], 1)
    if name == "coprime denominators":
        return program([over(100) for _ in range(4000)], 1, cost="1")
    if name == "coprime denominators in many rows":
        return program([over(700) for _ in range(200)], 200)
    if name == "a long number in many rows":
        return program(["7" * checker.DIGITS], 100_000)
    if name == "a dense Q":
        at = range(120)
        place = [[i for i in at for _ in at], [j for _ in at for j in at]]
        entries = [str(-1 - (i * j * 7919) % 1000 - (i == j) * 10**30) for i, j in zip(*place, strict=True)]
        return program(["0"] * 120, 0, {"i": place[0], "j": place[1], "entries": entries})
    return '{"question":' + "[" * 3_000_000


HOSTILES = {
    "two million digits": "malformed",
    "coprime denominators": "more arithmetic than is allowed",
    "coprime denominators in many rows": "more arithmetic than is allowed",
    "a long number in many rows": "over its upper bound",
    "a dense Q": "more arithmetic than is allowed",
    "nesting": "unreadable",
}


@pytest.mark.skipif(sys.platform != "linux", reason="limits of a process")
def test_hostile_files_take_little(tmp_path: Path) -> None:
    """Each in 1 GB; all of them together in 20 seconds of a processor."""
    paths = []
    for k, name in enumerate(HOSTILES):
        paths.append(tmp_path / f"{k}.json")
        paths[-1].write_text(_hostile(name))
    ran = subprocess.run(
        [sys.executable, "-c", HOSTILE, *map(str, paths)], capture_output=True, text=True, check=True
    )
    verdicts = [json.loads(line) for line in ran.stdout.splitlines()]
    for verdict, (name, why) in zip(verdicts, HOSTILES.items(), strict=True):
        assert not verdict["valid"], name
        assert why in verdict["reason"], (name, verdict)
