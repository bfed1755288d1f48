"""Mutants of files, for `hostile`: sound files of every kind, and what a few changes make of them."""

from __future__ import annotations

import contextlib
import json
import random
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from .hostile_cases import Case, told

SCRAPS: tuple[Any, ...] = (
    None, True, False, 0, 1, -1, 2, 0.5, -0.0, 1e308, 1e-320, 10**400, -(10**400), float("nan"),
    float("inf"), "1/2", "1/0", "0/0", "-1/3", "1e400", "1e-400", "1e999999999", "1E+999999999999999999",
    "1_000", "0x10", "٣", " 1", "1/-2", "nan", "inf", "x", "", "low", "keep", "10" * 600, "7" * 100_000,
    "1/" + "3" * 5000, [], {}, [[]], [0], [1], [["1/0"]], ["a"], ["a", "a"], {"a": []},
    {"goods": ["g"], "upper": [None], "quadratic": [[1]]}, "dynamech/1", "dynamech-mechanism/1",
    "dynamech-ladder/1", "\x1b[31mred\x1b[0m", "\u202eright to left", "[red]markup[/red]", "$x^2$",
    "two\nlines", "\r", "\x00", "\x9b2J", "\u200b", "\ud800", "w" * 10_000, 2**31, 2**63, 2**64, 10**18,
    -(2**63), 1e18, 10_000, 100_000,
)  # fmt: skip
TEXTS: tuple[bytes, ...] = (
    b"", b"{", b"null", b"[]", b"{}", b"\xff\xfe", b"\x00" * 100, b"[" * 100_000, b'{"a":' * 50_000,
    b"1" * 1_000_000, b'"' + b"a" * 1_000_000 + b'"', b"[" + b"1," * 100_000 + b"1]", b"NaN", b"-Infinity",
    b"1e999999999", b'{"format": "dynamech/1", "format": "dynamech/1"}', b"\xef\xbb\xbf{}", b"'",
    b"{'format': 1}",
)  # fmt: skip
PIECES = (b"9" * 1000, b'"', b"[", b"\\u202e", b"\xe2\x80\xae", b"1/0", b"e9999")
QUESTION_WORDS: tuple[Any, ...] = (
    "revenue", "welfare", "revenue=1,welfare=1/2", "revenue=1e99999999", "revenue=1,revenue=2",
    "revenue=nan", "bayesian", "ex-post", "none", "virtual", "relaxed", "interim", "periodic", "prefix",
    "outside-efficient", "per-period", "textbook", "utilities", "utilities+lazy", "auto", "thresholds",
    "signals", "quantile", "antithetic", *SCRAPS,
)  # fmt: skip


def mutated(base: Any, dice: random.Random) -> bytes:
    """The text of a file with one to three changes."""
    if dice.random() < 0.08:
        return dice.choice(TEXTS)
    content = json.loads(json.dumps(base))
    if dice.random() < 0.8:
        for _ in range(dice.choice((1, 1, 1, 2, 3))):
            if content:
                _change(content, dice)
        return _text(content)
    data = bytearray(_text(content))
    for _ in range(dice.randint(1, 3)):
        at = dice.randrange(len(data))
        how = dice.randrange(5)
        if how == 0:
            data = data[:at] or bytearray(b" ")
        elif how == 1:
            data[at] = dice.randrange(256)
        elif how == 2:
            data[at:at] = dice.choice(PIECES)
        elif how == 3:
            data = data[:at] + data[at + dice.randint(1, 40) :] or bytearray(b" ")
        else:
            data[at:at] = data[at : at + dice.randint(1, 400)]
    return bytes(data)


def _text(content: Any) -> bytes:
    return json.dumps(content).encode("ascii")


def _parts(content: Any) -> Iterator[tuple[Any, Any]]:
    """Every place of a file: what holds it, and the step to it."""
    for step, value in list(content.items() if isinstance(content, dict) else enumerate(content)):
        yield content, step
        if isinstance(value, dict | list):
            yield from _parts(value)


def _change(content: Any, dice: random.Random) -> None:
    """One change somewhere, often one that leaves a file which can be read."""
    places = list(_parts(content))
    leaves = [(holder, step) for holder, step in places if not isinstance(holder[step], dict | list)]
    holder, step = dice.choice(leaves if leaves and dice.random() < 0.5 else places)
    value = holder[step]
    other = dice.choice(SCRAPS)
    if dice.random() < 0.25:
        there, at = dice.choice(places)
        other = there[at]
    other = json.loads(json.dumps(other))
    how = dice.choice(("drop", "insert", "add", "repeat", "scale", "scale", *3 * ("swap",), "replace"))
    if how == "drop":
        del holder[step]
    elif how == "insert" and isinstance(holder, list):
        holder.insert(step, other)
    elif how == "add" and isinstance(holder, dict):
        holder[str(dice.choice(SCRAPS))] = other
    elif how == "repeat" and isinstance(holder, list):
        holder.append(value)
    elif how == "scale" and isinstance(value, int | float) and not isinstance(value, bool):
        holder[step] = value * dice.choice((-1, 10, 1e12, 1e-12, 0.5))
    elif how == "swap" and isinstance(value, str | int | float):
        holder[step] = dice.choice([one[at] for one, at in leaves if type(one[at]) is type(value)])
    else:
        holder[step] = other


LIBRARY = ("kln-nonseparable", "--set", "n=2")
ORDERS: dict[str, tuple[str, ...]] = {
    "mechanism": ("design", *LIBRARY, "--exact", "--out", "f"),
    "certificate": ("design", *LIBRARY, "--exact", "--certificate", "f"),
    "ladder": ("ladder", *LIBRARY, "--exact", "--json", "--out", "f"),
    "bench": ("bench", *LIBRARY, "--repeat", "1", "--certificate", "--formulation", "textbook", "--json",
              "--out", "f"),
}  # fmt: skip
"""What makes a sound file of each kind."""
COMMANDS: dict[str, tuple[tuple[str, ...], ...]] = {
    "instance": (
        ("show", "f"), ("design", "f"), ("design", "f", "--exact"), ("ladder", "f"), ("correlation", "f"),
        ("export", "f", "--out", "x.mps"), ("bank", "f"), ("burn", "f", "--caps", "1,1"), ("iron", "f"),
        ("pivot", "f"), ("pivot", "f", "--balanced-team", "--exact"), ("index", "f"),
    ),
    "separable": (
        ("virtual-pivot", "f"), ("virtual-pivot", "f", "--exact"), ("menu", "f"), ("menu", "f", "--exact"),
        ("sale", "f"), ("progressive", "f"), ("index", "f", "--virtual"), ("rents", "f"),
        ("distortions", "f"),
    ),
    "mechanism": (
        ("verify", *LIBRARY, "f"), ("implement", *LIBRARY, "f"), ("verify", "two-type-markov", "f"),
        ("simulate", *LIBRARY, "f", "--paths", "50"),
    ),
    "question": (
        ("design", *LIBRARY, "--question", "f"), ("ladder", *LIBRARY, "--question", "f", "--exact"),
        ("design", "two-type-markov", "--question", "f"), ("price", *LIBRARY, "--question", "f"),
        ("export", *LIBRARY, "--question", "f", "--out", "x.mps"),
    ),
    "rows": (
        ("design", "two-type-markov", "--rows", "f"), ("design", "two-type-markov", "--rows", "f", "--exact"),
    ),
    "certificate": (("certificate", "f", "--rebuild"), ("certificate", "f")),
    "ladder": (ORDERS["ladder"],),
    "bench": (ORDERS["bench"],),
}  # fmt: skip
KINDS = (
    "instance", "separable", "instance", "mechanism", "certificate", "ladder", "bench", "question", "rows",
)  # fmt: skip
DIGESTS = {"ladder": "digest", "bench": "check"}


def sound_instances() -> list[Any]:
    """Instance files of every shape."""
    from dynamech.instances.file import instance_to_json
    from dynamech.instances.library import load

    return [
        instance_to_json(load(name, **settings))
        for name, settings in (
            ("two-type-markov", {}),
            ("two-type-markov", {"quadratic": True}),
            ("kln-nonseparable", {"n": 2}),
            ("random", {"agents": 2, "types": 2, "periods": 2}),
            ("random", {"observed": 1, "given": True, "feasible": True}),
            ("random", {"independent": False, "private_values": False}),
            ("random", {"stationary": True}),
            ("myerson", {}),
        )
    ]


def separable_instances() -> list[Any]:
    """Those that the mechanisms of screening are for."""
    from dynamech.instances.file import instance_to_json
    from dynamech.instances.library import load

    return [
        instance_to_json(load(name, **settings))
        for name, settings in (
            ("kln-separable", {}),
            ("handicap-auction", {"n": 2}),
            ("two-period-screening", {}),
            ("progressive-screening", {}),
            ("ar1-sale", {"horizon": 2}),
            ("two-type-markov", {"horizon": 2}),
        )
    ]


def sound_questions() -> list[Any]:
    """Question files with every key, of a library buyer."""
    from dynamech.instances.question_file import question_to_json
    from dynamech.models.design.question import Question

    row = {"name": "share", "upper": "1/2", "utility": [["buyer", "0", "1/3"], ["buyer", "1", 1]]}
    asked: list[dict[str, Any]] = [
        {},
        {
            "objective": "welfare", "incentives": "ex-post", "participation": "periodic",
            "coupling": "quantile", "formulation": "per-period", "demands": {"budget": "every-period"},
        },
        {
            "objective": {"revenue": 1, "utility:buyer": "-1/2"},
            "demands": {"payments": {"buyer": "0..3/2"}, "on": "path"},
        },
        {
            "objective": "min-utility",
            "demands": {"payments": "nonnegative", "budget": "ex-ante", "balanced": True},
        },
        {"demands": {"rows": [row]}},
    ]  # fmt: skip
    return [question_to_json(Question(**words)) for words in asked]


def sound_rows() -> list[Any]:
    """Lists of rows of one's own, for two-type-markov."""
    capacity = {"name": "capacity", "upper": "1/2", "expected": True, "allocation": [
        [0, [], None, "sell", 1], [1, None, None, "sell", 1]]}
    late = {
        "name": "late", "lower": "-1/10", "upper": 2, "utility": [["buyer", "high", -1]],
        "payment": [
            [1, [[["low"], None]], ["high"], "buyer", "1/2"], [0, [], {"buyer": "low"}, "buyer", 0.25],
        ],
    }  # fmt: skip
    return [[capacity], [late], [capacity, late]]


def mutants(count: int, seed: int, run: Callable[[Case, Path], Any]) -> Iterator[Case]:
    """`count` commands on mutants of files of every kind; `run` makes the files that they are made from."""
    instances = {"instance": sound_instances(), "separable": separable_instances()}
    instances |= {"question": sound_questions(), "rows": sound_rows()}
    made: dict[str, Any] = {}
    answers: dict[str, Any] = {}
    with tempfile.TemporaryDirectory() as folder:
        for kind, arguments in ORDERS.items():
            found = run(Case(kind, (*arguments, "--quiet")), Path(folder))
            assert found.code == 0, found
            made[kind] = json.loads((Path(folder) / "f").read_text())
            answers[kind] = told(json.loads(found.out)) if "--json" in arguments else None
            (Path(folder) / "f").unlink()
    for number in range(count):
        dice = random.Random(f"{seed}-{number}")
        kind = KINDS[number % len(KINDS)]
        arguments = dice.choice(COMMANDS[kind])
        base = dice.choice(instances[kind]) if kind in instances else made[kind]
        text = mutated(base, dice)
        if kind == "certificate" and dice.random() < 0.7:
            text = _asked_otherwise(base, dice)
        if kind == "question" and dice.random() < 0.7:
            text = _text(base | {dice.choice(list(base)[1:-1]): dice.choice(QUESTION_WORDS)})
        if kind in DIGESTS and dice.random() < 0.5:
            text = _signed(text, DIGESTS[kind])
        if kind == "bench" and dice.random() < 0.3:
            text += b"\n" + _text(base)[: dice.randrange(200)]
        json_too = () if "--json" in arguments or dice.random() < 0.2 else ("--json",)
        # A forger's figures are his own: only what is changed without its digest has to be found out.
        forged = kind in DIGESTS and _holds(text, DIGESTS[kind])
        same = None if forged else answers.get(kind)
        yield Case(f"{kind} {number}", (*arguments, *json_too, "--quiet"), {"f": text}, same)


def _asked_otherwise(base: Any, dice: random.Random) -> bytes:
    """A certificate with other words in its question, and the digest that fits them."""
    from dynamech.solvers.certificate import digest

    content = {key: value for key, value in json.loads(json.dumps(base)).items() if key != "digest"}
    question = content["question"]
    if dice.random() < 0.8:
        question[dice.choice(list(question))] = dice.choice(QUESTION_WORDS)
    else:
        _change(question, dice)
    with contextlib.suppress(ValueError):  # no digest of what is no number
        content["digest"] = digest(content)
    return _text(content)


def _signed(text: bytes, key: str) -> bytes:
    """The file with the digest that fits it, where it is an object."""
    from dynamech.instances.jsonfile import digest

    try:
        content = json.loads(text)
        rest = {name: value for name, value in content.items() if name != key}
        return _text(rest | {key: digest(rest)})
    except (ValueError, AttributeError, RecursionError):
        return text


def _holds(text: bytes, key: str) -> bool:
    """Whether a line (or the whole) has the digest that fits it."""
    from dynamech.instances.jsonfile import digest

    for line in (text, *text.splitlines()):
        with contextlib.suppress(ValueError, AttributeError, RecursionError):
            content = json.loads(line)
            if content.get(key) == digest({name: value for name, value in content.items() if name != key}):
                return True
    return False
