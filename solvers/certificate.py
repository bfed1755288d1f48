"""Proofs over the rationals, and their file.

A certificate carries the whole program beside the vectors that prove something about it, so that its file can
be checked by anybody, with nothing else at hand. ``checker`` does that without using any code of the solvers,
and reads one form only, which is written here: entries in order, without zeros, numbers in lowest terms.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from os import PathLike
from pathlib import Path
from typing import Any, Literal, TypeAlias

import numpy as np

from . import checker
from .blocks import Block, Blocks
from .deferred import Deferred, settled
from .errors import InvalidInput
from .files import write_whole
from .numbers import Array, objects, written
from .program import Program
from .short import Short
from .sparse import compress, rows_of
from .tree import Fork, Leaf, Tree

ENDS = ("value", "least", "most")
Kind: TypeAlias = Literal["optimal", "infeasible", "unbounded", "interval"]


class Checked(dict[str, Any]):
    """What the checker says, under the keys of ``checker.CheckResult``; true exactly where it is valid."""

    def __bool__(self) -> bool:
        return bool(self["valid"])


@dataclass(frozen=True, eq=False, repr=False)
class Certificate(Short):
    """What is proved about `program`, and the exact vectors that prove it (object arrays of ``Fraction``).

    - ``optimal``: `primal` (columns,) is feasible, `dual` (rows,) is feasible, their values are both `value`.
    - ``infeasible``: `dual` combines the rows into one that no point within the column bounds satisfies.
    - ``unbounded``: `primal` is feasible, and from it the objective improves for ever along `ray` (columns,).
    - ``interval``: the optimal value lies between `least` and `most`, of which one may be missing; a feasible
      `primal` is on one side, a feasible `dual` on the other.

    Of a program with integer columns the primal has whole numbers there, and a `tree` of duals stands for the
    dual: see ``tree``.

    Signs of duals are those of ``Solution``. For a quadratic program the dual speaks about the objective made
    linear at `tangent` (columns,), which is the primal itself where that is optimal.
    """

    kind: Kind
    program: Program
    value: Fraction | None = None
    primal: Deferred = Deferred()
    dual: Deferred = Deferred()
    ray: Array | None = None
    tangent: Array | None = None
    least: Fraction | None = None
    most: Fraction | None = None
    tree: Tree | None = None

    def __getstate__(self) -> dict[str, Any]:
        return settled(self)

    def save(self, path: str | PathLike[str], question: Mapping[str, Any] | None = None) -> None:
        """Write the JSON file that ``load`` and ``checker.check_file`` read.

        `question`, JSON without floats, says where the program comes from; it is no part of the proof. Raises
        ``InvalidInput`` for a number that is longer than the file may have.
        """
        written = json.dumps(self.payload(question), separators=(",", ":"))
        write_whole(path, f"{written}\n".encode("ascii"))

    @staticmethod
    def load(path: str | PathLike[str]) -> Certificate:
        """Read a certificate. Raises ``InvalidInput`` for a file that is none; does not check the proof."""
        try:
            return Certificate.of(checker.read(Path(path)))
        except ValueError as error:
            raise InvalidInput(f"{Path(path).name} is not a certificate: {error}") from None

    @staticmethod
    def of(payload: dict[str, Any]) -> Certificate:
        """The certificate that the dictionary of a file describes, unchecked. Raises ``checker.Rejected``."""
        return _read(payload, checker.Proof(payload))

    def check(self) -> Checked:
        """Check it again, by the independent checker: `Checked`, true where it is valid."""
        return Checked(checker.check(self.payload()))

    def payload(self, question: Mapping[str, Any] | None = None) -> dict[str, Any]:
        """The file as a dictionary, digest included."""
        p = self.program
        starts, places, entries = compress(rows_of(p.indptr), p.indices, p.data, (p.num_rows, p.num_columns))
        body: dict[str, Any] = {
            "format": checker.FORMAT,
            "kind": self.kind,
            "name": _name(p.name),
            "sense": p.sense,
            "columns": {
                "blocks": _blocks(p.column_blocks),
                "lower": _texts(p.lower),
                "upper": _texts(p.upper),
                "objective": _texts(p.objective),
            },
            "rows": {
                "blocks": _blocks(p.row_blocks),
                "lower": _texts(p.row_lower),
                "upper": _texts(p.row_upper),
                "starts": starts.tolist(),
                "columns": places.tolist(),
                "entries": _texts(entries),
            },
            "offset": text(Fraction(p.offset)),
            "quadratic": None,
            "primal": _texts(self.primal),
            "dual": _texts(self.dual),
            "ray": _texts(self.ray),
            "tangent": _texts(self.tangent),
            **{end: None if (value := getattr(self, end)) is None else text(value) for end in ENDS},
        }
        if p.quadratic is not None:
            starts, places, entries = compress(*p.quadratic, (p.num_columns, p.num_columns))
            if entries.size:
                i, j = rows_of(starts).tolist(), places.tolist()
                body["quadratic"] = {"i": i, "j": j, "entries": _texts(entries)}
        if p.integers.size:
            body["integer"] = p.integers.tolist()
        if self.tree is not None:
            body["tree"] = [
                [node.column, node.at] if isinstance(node, Fork) else {node.kind: _texts(node.dual)}
                for node in self.tree
            ]
        if question is not None:
            body["question"] = dict(question)
        return {**body, "digest": digest(body)}


def digest(body: Mapping[str, Any]) -> str:
    """SHA-256 of the canonical text of everything but the digest itself."""
    return checker.digest_and_length(dict(body))[0]


def text(value: Fraction) -> str:
    """A rational as ``3/8`` or ``-2``. Raises ``InvalidInput`` where it is too long for a file."""
    shown = written(value)
    if len(shown) > checker.DIGITS and max(map(len, shown.lstrip("-").split("/"))) > checker.DIGITS:
        raise InvalidInput(f"a number of more than {checker.DIGITS:,} digits cannot be written to a file")
    return shown


def _texts(values: Array | None) -> list[str | None] | None:
    """Rationals as text, infinite bounds as None."""
    if values is None:
        return None
    listed = values.tolist()
    shown = {value: text(Fraction(value)) for value in {*listed} - {math.inf, -math.inf}}
    return [shown.get(value) for value in listed]


def _blocks(blocks: Mapping[str, Block]) -> list[list[Any]]:
    """Names serve messages only; characters that they may not have in a file are escaped."""
    listed: dict[str, list[Any]] = {}
    for block in blocks.values():
        name = _name(block.name)
        while name in listed:
            name += "'"
        listed[name] = [name, block.start, list(block.shape)]
    return list(listed.values())


def _name(name: str) -> str:
    plain = name.encode("ascii", "backslashreplace").decode("ascii")
    shown = "".join(c if " " <= c <= "~" else f"\\x{ord(c):02x}" for c in plain)
    return shown if checker.NAME.fullmatch(shown) else shown[:900] + "..."


def _read(payload: dict[str, Any], proof: checker.Proof) -> Certificate:
    columns, rows, q = payload["columns"], payload["rows"], payload["quadratic"]
    known = {written: pair and Fraction(*pair) for written, pair in proof.known.items()}

    def array(values: list[str | None], missing: float = 0.0) -> Array:
        return objects(missing if v is None else known[v] for v in values)

    def blocks(listed: list[list[Any]]) -> Mapping[str, Block]:
        return Blocks({name: Block(name, at, math.prod(shape), tuple(shape)) for name, at, shape in listed})

    program = Program(
        payload["sense"], True, payload["name"], blocks(columns["blocks"]), blocks(rows["blocks"]),
        array(columns["objective"]), known[payload["offset"]],
        array(columns["lower"], -np.inf), array(columns["upper"], np.inf),
        array(rows["lower"], -np.inf), array(rows["upper"], np.inf),
        np.array(rows["starts"], dtype=np.int32), np.array(rows["columns"], dtype=np.int32),
        array(rows["entries"]),
        None if q is None else (
            np.array(q["i"], dtype=np.int32), np.array(q["j"], dtype=np.int32), array(q["entries"])
        ),
        integer=np.isin(np.arange(proof.n), payload["integer"]) if payload.get("integer") else None,
    )  # fmt: skip
    value, least, most = (known[payload[key]] for key in ENDS)
    primal, dual, ray, tangent = (
        None if payload[key] is None else array(payload[key]) for key in ("primal", "dual", "ray", "tangent")
    )
    tree = None if payload.get("tree") is None else tuple(
        Fork(*node) if isinstance(node, list) else Leaf(kind, array(dual))
        for node in payload["tree"]
        for kind, dual in ([("", [])] if isinstance(node, list) else node.items())
    )  # fmt: skip
    return Certificate(payload["kind"], program, value, primal, dual, ray, tangent, least, most, tree)
