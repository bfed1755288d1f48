"""Certificates with trees: what is written is read back and checked, and what does not follow is refused."""

from __future__ import annotations

import copy
from collections.abc import Callable
from fractions import Fraction as F
from pathlib import Path
from typing import Any

import pytest

from dynamech.solvers import checker
from dynamech.solvers.certificate import Certificate, digest
from dynamech.solvers.program import Builder
from dynamech.solvers.solve import solve

from .test_mixed import knapsack

Payload = dict[str, Any]


def _payload(program: Any = None) -> Payload:
    proof = solve(knapsack() if program is None else program, exact=True).certificate
    assert proof is not None
    return proof.payload()


def _nowhere() -> Payload:
    builder = Builder(sense="min", exact=True)
    x = builder.columns("x", 2, upper=2, objective=1, integer=True)
    row = builder.rows("odd", 1, lower=3, upper=3)
    builder.entries(row.start, x.index, 2)
    return _payload(builder.build())


def _verdict(payload: Payload) -> checker.CheckResult:
    rest = {name: value for name, value in payload.items() if name != "digest"}
    return checker.check({**rest, "digest": digest(rest)})


def test_files_come_back(tmp_path: Path) -> None:
    for payload in (_payload(), _nowhere()):
        proof = Certificate.of(payload)
        proof.save(tmp_path / "p.json")
        assert checker.check_file(tmp_path / "p.json")["valid"]
        assert Certificate.load(tmp_path / "p.json").payload() == payload


def _leaves(payload: Payload) -> list[Payload]:
    return [node for node in payload["tree"] if isinstance(node, dict)]


def _worth_more(p: Payload) -> None:
    p["value"] = "17/3"


def _loose_duals(p: Payload) -> None:
    for leaf in _leaves(p):
        leaf.update({key: ["0"] * len(dual) for key, dual in leaf.items()})


def _impossible(p: Payload) -> None:
    for leaf in _leaves(p):
        leaf["infeasible"] = leaf.pop("bound", None) or leaf.get("infeasible")


def _fraction(p: Payload) -> None:
    p["primal"] = ["1", "0", "1/2", "0"]
    p["value"] = "13/2"


def _other_cut(p: Payload) -> None:
    for node in p["tree"]:
        if isinstance(node, list):
            node[1] += 1


def _other_column(p: Payload) -> None:
    p["tree"] = [[3, 0], *p["tree"][1:]]


def _case_missing(p: Payload) -> None:
    p["tree"] = p["tree"][:-1]


def _case_too_many(p: Payload) -> None:
    p["tree"] = [*p["tree"], p["tree"][-1]]


def _no_tree(p: Payload) -> None:
    del p["tree"]


def _fewer_whole(p: Payload) -> None:
    p["integer"] = [0]


def _none_whole(p: Payload) -> None:
    p["integer"] = []


def _twice(p: Payload) -> None:
    p["integer"] = [0, 0, 1, 2]


def _beyond(p: Payload) -> None:
    p["integer"] = [0, 1, 2, 4]


def _dual_too(p: Payload) -> None:
    p["dual"] = ["0"]


def _only_bounded(p: Payload) -> None:
    p |= {"kind": "infeasible", "value": None}


FORGERIES = [
    _worth_more, _loose_duals, _impossible, _fraction, _other_cut, _other_column, _case_missing,
    _case_too_many, _no_tree, _fewer_whole, _none_whole, _twice, _beyond, _dual_too, _only_bounded,
]  # fmt: skip


@pytest.mark.parametrize("forge", FORGERIES)
def test_what_does_not_follow_is_refused(forge: Callable[[Payload], None]) -> None:
    payload = _payload()
    assert _verdict(payload)["valid"]
    assert len(_leaves(payload)) > 1
    assert all(isinstance(v, str) for leaf in _leaves(payload) for dual in leaf.values() for v in dual)
    forged = copy.deepcopy(payload)
    forge(forged)
    verdict = _verdict(forged)
    assert not verdict["valid"], verdict
    assert verdict["reason"]


def test_whole_numbers_are_asked_for() -> None:
    """The optimum without them is proved of the program without them, and of no other."""
    plain = _payload(knapsack().relaxed())
    assert _verdict(plain)["valid"]
    tree = [{"bound": plain["dual"]}]
    claimed = {**plain, "integer": [0, 1, 2], "tree": tree, "dual": None}
    assert "no whole number" in _verdict(claimed)["reason"]
    bounded = {**_payload(), "kind": "interval", "value": None, "least": "11/2", "most": "27/4", "tree": tree}
    assert _verdict(bounded)["valid"]
    assert not _verdict({**bounded, "most": "6"})["valid"]
    assert F(plain["value"]) == F(27, 4)


def test_a_ray_moves_no_whole_number() -> None:
    builder = Builder(sense="max", exact=True)
    builder.columns("x", 1, upper=1, objective=1, integer=True)
    builder.columns("y", 1, objective=1)
    payload = _payload(builder.build())
    assert payload["kind"] == "unbounded"
    assert _verdict(payload)["valid"]
    assert not _verdict({**payload, "ray": ["1", "1"]})["valid"]


def test_a_deep_tree_is_refused_before_it_takes_long() -> None:
    payload = _payload()
    depth = 40_000
    payload["tree"] = [*([0, -k] for k in range(depth)), *[payload["tree"][-1]] * (depth + 1)]
    assert "more arithmetic than is allowed" in _verdict(payload)["reason"]
