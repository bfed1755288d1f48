"""Certificate files: written, read, checked by the independent checker, and any change caught."""

from __future__ import annotations

import copy
import json
import re
from fractions import Fraction
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from dynamech.solvers import checker
from dynamech.solvers.certificate import Certificate, digest, text
from dynamech.solvers.errors import InvalidInput
from dynamech.solvers.program import Builder, Program
from dynamech.solvers.solve import solve

examples = settings(
    deadline=None,
    derandomize=True,
    max_examples=60,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)


def _program(kind: str) -> Program:
    builder = Builder(sense="max", exact=True, name=f"for {kind}")
    x = builder.columns("x", (1, 3), objective=["1/3", "1/7", 1], lower=[0, -1, 0], upper=["1/3", None, 1][0])
    row = builder.rows("r", 2, upper=["1/2", "2/5"], label=lambda k: ["first", "second"][k])
    builder.entries(row.index[0], x.index, ["1/3", "1/5", "1/7"])
    builder.entries(row.index[1], x.index[1:], 1)
    builder.offset = Fraction(1, 11)
    if kind == "quadratic":
        builder.quadratic([0, 0, 1, 1], [0, 1, 0, 1], [-2, -1, -1, -2])
    if kind == "infeasible":
        builder.rows("need", 1, lower=3)
        builder.entries(2, [0, 1, 2], 1)
    if kind == "unbounded":
        builder.columns("free", 1, objective=Fraction(1, 5))
    return builder.build()


@cache
def _certificate(kind: str) -> Certificate:
    if kind == "interval":
        found = _certificate("optimal")
        assert found.value is not None
        zero = np.full(3, Fraction(0), dtype=object)
        return Certificate(
            "interval", found.program, None, zero, found.dual, None, zero, Fraction(1, 11), found.value
        )
    certificate = solve(_program(kind), exact=True).certificate
    assert certificate is not None
    return certificate


KINDS = ["optimal", "quadratic", "infeasible", "unbounded", "interval"]


@pytest.mark.parametrize("kind", KINDS)
def test_round_trip(kind: str, tmp_path: Path) -> None:
    certificate = _certificate(kind)
    assert certificate.kind == {"quadratic": "optimal"}.get(kind, kind)
    path = tmp_path / "c.json"
    certificate.save(path)
    verdict = checker.check_file(path)
    assert verdict["valid"], verdict["reason"]
    assert verdict["kind"] == certificate.kind
    assert verdict["value"] == (None if certificate.value is None else text(certificate.value))
    again = Certificate.load(path)
    assert again.payload() == certificate.payload()
    assert again.check() == verdict
    assert again.program.column_label(1) == "x[0,1]"
    if again.kind == "optimal":
        assert solve(again.program, exact=True).value == certificate.value


@given(data=st.data())
@examples
def test_any_changed_digit_is_caught(data: st.DataObject, tmp_path: Path) -> None:
    kind = data.draw(st.sampled_from(KINDS))
    path = tmp_path / "c.json"
    _certificate(kind).save(path)
    written = path.read_text()
    digits = [k for k, character in enumerate(written) if character in "0123456789abcdef"]
    at = data.draw(st.sampled_from(digits))
    new = data.draw(st.sampled_from([d for d in "0123456789" if d != written[at]]))
    path.write_text(written[:at] + new + written[at + 1 :])
    assert not checker.check_file(path)["valid"]


def test_every_single_digit_of_a_file(tmp_path: Path) -> None:
    path = tmp_path / "c.json"
    _certificate("optimal").save(path)
    written = path.read_text()
    for at, character in enumerate(written):
        if character.isdigit():
            path.write_text(written[:at] + str((int(character) + 1) % 10) + written[at + 1 :])
            assert not checker.check_file(path)["valid"], written[max(0, at - 20) : at + 20]


def _sign(body: dict[str, Any]) -> dict[str, Any]:
    """What a forger would do who knows how the digest is made."""
    rest = {key: value for key, value in body.items() if key != "digest"}
    return {**rest, "digest": digest(rest)}


@given(data=st.data())
@examples
def test_a_forged_proof_is_rejected_for_its_mathematics(data: st.DataObject) -> None:
    """With a fitting digest, a changed vector or value is still no proof."""
    payload = copy.deepcopy(_certificate("optimal").payload())
    where = data.draw(st.sampled_from(["primal", "dual", "value"]))
    by = Fraction(data.draw(st.integers(1, 9)), data.draw(st.sampled_from([1, 7, 10**9])))
    by = by * data.draw(st.sampled_from([1, -1]))
    if where == "value":
        payload["value"] = text(checker.number(payload["value"]) + by)
    else:
        k = data.draw(st.integers(0, len(payload[where]) - 1))
        payload[where][k] = text(checker.number(payload[where][k]) + by)
    verdict = checker.check(_sign(payload))
    assert not verdict["valid"]
    assert "digest" not in verdict["reason"]


@given(data=st.data())
@examples
def test_a_proof_does_not_fit_another_program(data: st.DataObject) -> None:
    """Changed data with the old vectors: either still a true proof of the changed program, or rejected."""
    payload = copy.deepcopy(_certificate("optimal").payload())
    part, key = data.draw(
        st.sampled_from(
            [("columns", "objective"), ("columns", "upper"), ("rows", "upper"), ("rows", "entries")]
        )
    )
    values = payload[part][key]
    k = data.draw(st.integers(0, len(values) - 1))
    assume(values[k] is not None)
    values[k] = text(checker.number(values[k]) + Fraction(data.draw(st.integers(-3, 3).filter(bool)), 5))
    forged = _sign(payload)
    verdict = checker.check(forged)
    if verdict["valid"]:
        path_value = checker.number(str(verdict["value"]))
        builder_value = solve(_from(forged), exact=True).value
        assert path_value == builder_value


def _from(payload: dict[str, Any]) -> Program:
    return Certificate.of(payload).program


def _edit(kind: str, /, **changes: Any) -> str:
    payload = copy.deepcopy(_certificate(kind).payload())
    for key, value in changes.items():
        target, last = payload, key
        if "__" in key:
            outer, last = key.split("__")
            target = payload[outer]
        target[last] = value(target[last]) if callable(value) else value
    verdict = checker.check(_sign(payload))
    assert not verdict["valid"]
    return verdict["reason"]


def test_reasons_name_the_place() -> None:
    def at(k: int, value: Any) -> Any:
        return lambda values: [*values[:k], value, *values[k + 1 :]]

    assert _edit("optimal", primal=at(1, "-2")) == "column x[0,1] is -2, below its lower bound -1"
    assert _edit("optimal", rows__upper=at(1, "0")) == "row r[1] is 2/5, over its upper bound 0"
    assert "row r[0] has dual -1 but no lower bound" in _edit("optimal", dual=at(0, "-1"))
    assert re.fullmatch("the primal value is .*, not 1 as claimed", _edit("optimal", value="1"))
    assert re.fullmatch("the dual value is .*, not .* as claimed", _edit("optimal", dual=["0", "1"]))
    assert "the primal vector is missing" in _edit("optimal", primal=None)
    assert "has 2 numbers, not 3" in _edit("optimal", primal=lambda v: v[:2])
    bent = _edit("quadratic", quadratic__entries=at(0, "2"), value="22405/43659")
    assert bent == "the quadratic objective curves the wrong way at column x[0,0]"
    assert "Q is not symmetric" in _edit("quadratic", quadratic__entries=at(1, "0"))
    assert "nothing impossible" in _edit("infeasible", dual=["0", "0", "0"])
    assert "the value is missing" in _edit("optimal", value=None)
    assert "has no value" in _edit("infeasible", value="1")
    assert "does not improve" in _edit("unbounded", ray=["0", "0", "0", "0"])
    assert _edit("unbounded", ray=at(0, "1")) == "along the ray column x[0,0] is 1, over its upper bound 0"
    assert "has no value" in _edit("unbounded", value="1")
    assert "the primal value is 1/11, not 1 as claimed" in _edit("interval", least="1")
    assert "not 2 as claimed" in _edit("interval", most="2")
    assert "needs an end" in _edit("interval", most=None, least=None)
    assert "has no value" in _edit("interval", value="1")
    assert "unknown kind" in _edit("optimal", kind="certain")
    assert "format is" in _edit("optimal", format="dynamech-certificate/9")
    assert "sense is" in _edit("optimal", sense="best")
    assert "offset is missing or not of its form" in _edit("optimal", offset=None)
    assert "'1e3' is not 3/8, -2 or 0" in _edit("optimal", offset="1e3")
    assert "do not fit" in _edit("optimal", rows__starts=[0, 1, 2])
    assert "outside the columns" in _edit("optimal", rows__columns=at(0, 9))
    assert "row bound has 1 numbers, not 2" in _edit("optimal", rows__lower=[None])


def test_files_that_are_none(tmp_path: Path) -> None:
    path = tmp_path / "c.json"
    for words in ("", "[]", "{", '{"format": 1.5}', '{"a": 1, "a": 2}', '{"format": NaN}', "ü"):
        path.write_text(words, encoding="utf-8")
        verdict = checker.check_file(path)
        assert not verdict["valid"]
        assert verdict["value"] is None
        with pytest.raises(InvalidInput, match=r"c\.json is not a certificate"):
            Certificate.load(path)
    assert not checker.check_file(tmp_path / "none.json")["valid"]
    path.write_text(json.dumps({"format": checker.FORMAT}))
    assert "digest" in checker.check_file(path)["reason"]


def test_numbers_too_long_for_decimals() -> None:
    long = Fraction(3**10_000, 2**20_001 + 1)
    assert checker.number(text(long)) == long
    assert checker.number(text(-long)) == -long
    assert checker.number("-3/8") == Fraction(-3, 8)
    for words in ("1.5", "٣", "1/0", "+1", "", "1_000", " 1"):
        with pytest.raises((ValueError, ZeroDivisionError)):
            checker.number(words)


def test_the_checker_imports_nothing_of_ours() -> None:
    source = Path(checker.__file__).read_text()
    assert "from ." not in source
    assert "import numpy" not in source
