"""Mutants of certificate files, by bytes and by structure: none is accepted that was not meant, none raises.

``MUTANTS=2000 pytest tests/solvers/exact/test_certificate_mutants.py`` makes so many of each kind.
"""

from __future__ import annotations

import copy
import json
import os
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

from dynamech.solvers import checker
from dynamech.solvers.certificate import Certificate, digest
from dynamech.solvers.errors import InvalidInput

from .test_forger import BASES, holds

MUTANTS = int(os.environ.get("MUTANTS", "300"))
PIECES = [
    b"0", b"-", b"/", b"1/0", b"9" * 60, b"null", b"true", b"1e9", b'"', b"[", b"]", b"{", b"}", b",", b":",
    b"\\u0661", b"\\u202e", b"\x1b[31m", b"\xff", b"\0", b"\n", b" ", b'"kind":"interval",', b"0x1", b"NaN",
    b"[[[[",
]  # fmt: skip
VALUES: list[Callable[[random.Random], Any]] = [
    lambda rng: None, lambda rng: True, lambda rng: 0, lambda rng: -1, lambda rng: 10**30, lambda rng: "0",
    lambda rng: "1/2", lambda rng: "-7", lambda rng: "1e999999999", lambda rng: "٣", lambda rng: "x\x1b[2J",
    lambda rng: [], lambda rng: {}, lambda rng: [[]], lambda rng: "9" * rng.randrange(1, 4000),
    lambda rng: rng.choice(list(checker.ENDS)), lambda rng: rng.choice(["max", "min"]),
]  # fmt: skip


def bytes_changed(written: bytes, rng: random.Random) -> bytes:
    """A file with a few bytes cut, doubled, moved, put in or changed."""
    for _ in range(rng.choice([1, 1, 1, 2, 5])):
        at, to = sorted(rng.randrange(len(written) + 1) for _ in range(2))
        to = rng.choice([to, min(at + 3, len(written)), at])
        part = written[at:to]
        new = rng.choice([b"", part * 2, part[::-1], rng.choice(PIECES), bytes([rng.randrange(256)])])
        written = written[:at] + new + written[to:]
    return written


def parts_of(value: Any) -> list[tuple[Any, Any]]:
    """(object or list, key or index) of everything inside."""
    keys = list(value) if isinstance(value, dict) else range(len(value)) if isinstance(value, list) else []
    return [found for key in keys for found in [(value, key), *parts_of(value[key])]]


def structure_changed(payload: Any, rng: random.Random) -> Any:
    """A file with members dropped, doubled, swapped, added or put in each other's place; the digest fits."""
    payload = copy.deepcopy(payload)
    for _ in range(rng.choice([1, 1, 1, 2, 3])):
        inside, key = rng.choice(parts_of(payload))
        other, place = rng.choice(parts_of(payload))
        what = rng.randrange(5)
        if what == 0:
            del inside[key]
        elif what == 1 and isinstance(inside, list):
            inside.insert(key, copy.deepcopy(inside[key]))
        elif what == 2:
            inside[key] = copy.deepcopy(other[place])
        elif what == 3 and isinstance(inside, dict):
            inside[rng.choice(["extra", "value", "\x1b"])] = rng.choice(VALUES)(rng)
        else:
            inside[key] = rng.choice(VALUES)(rng)
        if not payload:
            break
    rest = {name: value for name, value in payload.items() if name != "digest"}
    return {**rest, "digest": digest(rest)}


def _judge(path: Path) -> checker.CheckResult:
    verdict = checker.check_file(path)
    assert set(verdict) == {"valid", "kind", "value", "reason"}
    assert verdict["kind"] in (*checker.ENDS, "unknown")
    assert verdict["reason"].isprintable()
    assert len(verdict["reason"]) < 400
    assert verdict["valid"] or verdict["value"] is None
    try:
        Certificate.load(path)
    except InvalidInput as error:
        if verdict["valid"]:
            raise AssertionError("what is valid can be read") from error
    return verdict


def test_bytes(tmp_path: Path) -> None:
    rng, path = random.Random(1), tmp_path / "c.json"
    for k in range(MUTANTS):
        base = BASES[rng.choice(list(BASES))]
        path.write_bytes(bytes_changed(json.dumps(base).encode(), rng))
        if _judge(path)["valid"]:
            assert json.loads(path.read_text()) == base, (k, "only spaces may differ")


def test_structure(tmp_path: Path) -> None:
    rng, path = random.Random(2), tmp_path / "c.json"
    for k in range(MUTANTS):
        made = structure_changed(BASES[rng.choice(list(BASES))], rng)
        path.write_text(json.dumps(made))
        verdict = _judge(path)
        assert "digest" not in verdict["reason"], k
        if verdict["valid"]:
            assert holds(made), (k, made)
