"""Proofs over the rationals, and their file.

A certificate carries the whole program beside the vectors that prove something about it, so that its file can
be checked by anybody, with nothing else at hand. ``checker`` does that without using any code of the solvers.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from os import PathLike
from pathlib import Path
from types import MappingProxyType
from typing import Any, Literal, TypeAlias

import numpy as np

from . import checker
from .blocks import Block
from .deferred import Deferred
from .errors import InvalidInput
from .files import write_whole
from .numbers import Array, to_exact
from .program import Program

Kind: TypeAlias = Literal["optimal", "infeasible", "unbounded", "interval"]


@dataclass(frozen=True, eq=False)
class Certificate:
    """What is proved about `program`, and the exact vectors that prove it (object arrays of ``Fraction``).

    - ``optimal``: `primal` (columns,) is feasible, `dual` (rows,) is feasible, their values are both `value`.
    - ``infeasible``: `dual` combines the rows into one that no point within the column bounds satisfies.
    - ``unbounded``: `primal` is feasible, and from it the objective improves for ever along `ray` (columns,).
    - ``interval``: the optimal value lies between `least` and `most`, of which one may be missing; a feasible
      `primal` is on one side, a feasible `dual` on the other.

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

    def save(self, path: str | PathLike[str], question: Mapping[str, Any] | None = None) -> None:
        """Write the JSON file that ``load`` and ``checker.check_file`` read.

        `question`, JSON without floats, says where the program comes from; it is no part of the proof.
        """
        written = json.dumps(self.payload(question), separators=(",", ":"))
        write_whole(path, f"{written}\n".encode("ascii"))

    @staticmethod
    def load(path: str | PathLike[str]) -> Certificate:
        """Read a certificate. Raises ``InvalidInput`` for a file that is none; does not check it."""
        try:
            payload = checker.read(Path(path))
            return _from_payload(payload)
        except (ValueError, KeyError, TypeError, IndexError, AttributeError) as error:
            raise InvalidInput(f"{Path(path).name} is not a certificate: {error}") from None

    def check(self) -> checker.Verdict:
        """Check it again, by the independent checker."""
        return checker.check(self.payload())

    def payload(self, question: Mapping[str, Any] | None = None) -> dict[str, Any]:
        """The file as a dictionary, digest included."""
        p = self.program
        body: dict[str, Any] = {
            "format": checker.FORMAT,
            "kind": self.kind,
            "name": p.name,
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
                "starts": p.indptr.tolist(),
                "columns": p.indices.tolist(),
                "entries": _texts(p.data),
            },
            "offset": text(Fraction(p.offset)),
            "quadratic": None,
            "primal": _texts(self.primal),
            "dual": _texts(self.dual),
            "ray": _texts(self.ray),
            "tangent": _texts(self.tangent),
            "value": None if self.value is None else text(self.value),
            "least": None if self.least is None else text(self.least),
            "most": None if self.most is None else text(self.most),
        }
        if p.quadratic is not None:
            i, j, values = p.quadratic
            body["quadratic"] = {"i": i.tolist(), "j": j.tolist(), "entries": _texts(values)}
        if question is not None:
            body["question"] = dict(question)
        return {**body, "digest": digest(body)}


def digest(body: Mapping[str, Any]) -> str:
    """SHA-256 of the canonical text of everything but the digest itself."""
    canonical = json.dumps(dict(body), sort_keys=True, separators=(",", ":"))
    return "sha256:" + hashlib.sha256(canonical.encode("ascii")).hexdigest()


def text(value: Fraction) -> str:
    """A rational as ``3/8``; hexadecimal where decimals would be so long that Python refuses them."""
    if max(value.numerator.bit_length(), value.denominator.bit_length()) < _DECIMAL:
        return str(value)
    return f"{value.numerator:#x}/{value.denominator:#x}"


_DECIMAL = 10_000  # bits; Python reads decimal integers up to 4300 digits


def _texts(values: Array | None) -> list[str | None] | None:
    """Rationals as text, infinite bounds as None."""
    if values is None:
        return None
    known: dict[Any, str | None] = {float("inf"): None, float("-inf"): None}
    out: list[str | None] = []
    for value in values.tolist():
        found = known.get(value, "")
        if found == "":
            found = text(Fraction(value))
            if len(known) < 4096:  # most numbers of a program are a few, over and over
                known[value] = found
        out.append(found)
    return out


def _blocks(blocks: Mapping[str, Block]) -> list[list[Any]]:
    return [[block.name, block.start, list(block.shape)] for block in blocks.values()]


def _from_payload(payload: dict[str, Any]) -> Certificate:
    columns, rows, q = payload["columns"], payload["rows"], payload["quadratic"]

    def array(values: list[str | None] | None, missing: float = 0.0) -> Array | None:
        if values is None:
            return None
        out = np.empty(len(values), dtype=object)
        out[:] = [missing if v is None else checker.number(v) for v in values]
        return out

    def sure(values: list[str | None], missing: float = 0.0) -> Array:
        found = array(values, missing)
        if found is None:
            raise ValueError("a vector is missing")
        return found

    def scalar(value: str | None) -> Fraction | None:
        return None if value is None else checker.number(value)

    def blocks(listed: list[list[Any]]) -> Mapping[str, Block]:
        return MappingProxyType(
            {
                name: Block(name, start, int(np.prod(shape, dtype=np.int64)), tuple(shape))
                for name, start, shape in listed
            }
        )

    program = Program(
        payload["sense"], True, payload["name"], blocks(columns["blocks"]), blocks(rows["blocks"]),
        to_exact(sure(columns["objective"])), checker.number(payload["offset"]),
        sure(columns["lower"], -np.inf), sure(columns["upper"], np.inf),
        sure(rows["lower"], -np.inf), sure(rows["upper"], np.inf),
        np.array(rows["starts"], dtype=np.int32), np.array(rows["columns"], dtype=np.int32),
        sure(rows["entries"]),
        None if q is None else (
            np.array(q["i"], dtype=np.int32), np.array(q["j"], dtype=np.int32), sure(q["entries"])
        ),
    )  # fmt: skip
    return Certificate(
        payload["kind"], program, scalar(payload["value"]), array(payload["primal"]), array(payload["dual"]),
        array(payload["ray"]), array(payload["tangent"]), scalar(payload["least"]), scalar(payload["most"]),
    )  # fmt: skip
