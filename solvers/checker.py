"""An independent check of a certificate file, from the file alone.

Nothing here is shared with the solvers: only the standard library, exact fractions, and the definition. With
sign = 1 for min and −1 for max, and z = c + Qx − A'y, the claims are

- optimal: l ≤ x ≤ u and L ≤ Ax ≤ U; and for every feasible point v, by convexity,
  sign · objective(v) ≥ sign · (offset − ½x'Qx + Σ_i y_i b_i + Σ_j z_j d_j), with b_i = L_i where
  sign · y_i > 0 and U_i where < 0 (d_j alike from l and u): all finite, and the sum equal to objective(x);
- infeasible: with z = −A'y, Σ_i y_i b_i + Σ_j z_j d_j > 0 (sign 1), although y'Av + z'v = 0 for all v;
- unbounded: x feasible, and a direction that keeps to all bounds for ever, on which Q vanishes and the
  objective improves;
- interval: a feasible x gives one end, the sum above, at any tangent point, the other.
"""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import Any, TypedDict

FORMAT = "dynamech-certificate/1"


class Verdict(TypedDict):
    """Whether the certificate proves its claim; its kind; the value proved; what was found, or why not."""

    valid: bool
    kind: str
    value: str | None
    reason: str


class Rejected(Exception):
    """The certificate does not prove what it says."""


def check_file(path: str | Path) -> Verdict:
    """Read and check a file. A file that cannot be read as a certificate is not valid; nothing is raised."""
    try:
        payload = read(Path(path))
    except (OSError, ValueError) as error:
        return {"valid": False, "kind": "unknown", "value": None, "reason": f"unreadable: {error}"}
    return check(payload)


def read(path: Path) -> dict[str, Any]:
    """The JSON object of the file. Raises ``ValueError`` for anything else, repeated keys and floats."""

    def once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        found = dict(pairs)
        if len(found) < len(pairs):
            raise ValueError("a key is repeated")
        return found

    def never(value: str) -> Any:
        raise ValueError(f"{value} is not an exact number")

    payload = json.loads(
        path.read_text(encoding="ascii"), object_pairs_hook=once, parse_float=never, parse_constant=never
    )
    if not isinstance(payload, dict):
        raise ValueError("not a JSON object")
    return payload


def check(payload: dict[str, Any]) -> Verdict:
    """Check a certificate given as the dictionary of its file."""
    kind = str(payload.get("kind"))
    try:
        if payload.get("format") != FORMAT:
            raise Rejected(f"format is {payload.get('format')!r}, not {FORMAT!r}")
        if payload.get("digest") != _digest(payload):
            raise Rejected("the digest does not fit: the file was changed after it was written")
        claims: dict[str, Callable[[_Data], str]] = {
            "optimal": _optimal,
            "infeasible": _infeasible,
            "unbounded": _unbounded,
            "interval": _interval,
        }
        if kind not in claims:
            raise Rejected(f"unknown kind {kind!r}")
        data = _Data(payload)
        reason = claims[kind](data)
    except Rejected as error:
        return {"valid": False, "kind": kind, "value": None, "reason": str(error)}
    except (KeyError, TypeError, ValueError, IndexError, AttributeError, ZeroDivisionError) as error:
        return {"valid": False, "kind": kind, "value": None, "reason": f"malformed: {error!r}"}
    return {"valid": True, "kind": kind, "value": payload["value"], "reason": reason}


def number(text: str) -> Fraction:
    """``3/8``, ``-2`` or hexadecimal ``0x3/0x8``, and nothing else."""
    top, slash, bottom = text.partition("/")
    value = Fraction(_integer(top), _integer(bottom) if slash else 1)
    return value


def _integer(text: str) -> int:
    digits = text.removeprefix("-")
    if digits.startswith("0x"):
        return int(text, 16)
    if not (digits.isascii() and digits.isdigit()):
        raise ValueError(f"{text[:40]!r} is not an integer")
    return int(text)


def _digest(payload: dict[str, Any]) -> str:
    body = {key: value for key, value in payload.items() if key != "digest"}
    canonical = json.dumps(body, sort_keys=True, separators=(",", ":"))
    return "sha256:" + hashlib.sha256(canonical.encode("ascii")).hexdigest()


Bounds = list[Fraction | None]


class _Data:
    """The program and the vectors of a certificate, read and measured."""

    def __init__(self, payload: dict[str, Any]) -> None:
        if payload["sense"] not in ("max", "min"):
            raise Rejected(f"sense is {payload['sense']!r}")
        self.sign = 1 if payload["sense"] == "min" else -1
        columns, rows = payload["columns"], payload["rows"]
        self.column_blocks, self.row_blocks = columns["blocks"], rows["blocks"]
        self.cost = _numbers(columns["objective"])
        self.n = len(self.cost)
        self.lower, self.upper = _bounds(columns["lower"], self.n), _bounds(columns["upper"], self.n)
        self.starts: list[int] = rows["starts"]
        self.m = len(self.starts) - 1
        self.row_lower, self.row_upper = _bounds(rows["lower"], self.m), _bounds(rows["upper"], self.m)
        self.columns: list[int] = rows["columns"]
        self.entries = _numbers(rows["entries"])
        if (
            self.starts[0] != 0
            or self.starts[-1] != len(self.entries)
            or len(self.columns) != len(self.entries)
        ):
            raise Rejected("the rows do not fit their entries")
        if any(a > b for a, b in zip(self.starts, self.starts[1:], strict=False)):
            raise Rejected("the rows do not fit their entries")
        if any(not 0 <= j < self.n for j in self.columns):
            raise Rejected("an entry lies outside the columns")
        self.offset = number(payload["offset"])
        self.quadratic: list[tuple[int, int, Fraction]] = []
        q = payload["quadratic"]
        if q is not None:
            values = _numbers(q["entries"])
            self.quadratic = list(zip(q["i"], q["j"], values, strict=True))
            if any(not (0 <= i < self.n and 0 <= j < self.n) for i, j, _ in self.quadratic):
                raise Rejected("an entry of Q lies outside the columns")
        self.primal = self._vector(payload["primal"], self.n, "primal")
        self.dual = self._vector(payload["dual"], self.m, "dual")
        self.ray = self._vector(payload["ray"], self.n, "ray")
        self.tangent = self._vector(payload["tangent"], self.n, "tangent")
        self.value, self.least, self.most = (
            None if payload[key] is None else number(payload[key]) for key in ("value", "least", "most")
        )

    @staticmethod
    def _vector(texts: list[str] | None, size: int, what: str) -> list[Fraction] | None:
        if texts is None:
            return None
        if len(texts) != size:
            raise Rejected(f"the {what} vector has {len(texts)} numbers, not {size}")
        return _numbers(texts)

    def row(self, i: int) -> str:
        """The name of row i."""
        return "row " + _place(self.row_blocks, i)

    def column(self, j: int) -> str:
        """The name of column j."""
        return "column " + _place(self.column_blocks, j)

    def activity(self, x: list[Fraction]) -> list[Fraction]:
        """A x."""
        common, whole = _common(x)
        out = []
        for i in range(self.m):
            total, scale = 0, 1
            for k in range(self.starts[i], self.starts[i + 1]):
                v, entry = whole[self.columns[k]], self.entries[k]
                if v:
                    if scale % entry.denominator:
                        more = math.lcm(scale, entry.denominator)
                        total, scale = total * (more // scale), more
                    total += entry.numerator * (scale // entry.denominator) * v
            out.append(Fraction(total, scale * common) if total else Fraction(0))
        return out

    def turned(self, y: list[Fraction]) -> list[Fraction]:
        """A' y."""
        out = [Fraction(0)] * self.n
        for i, weight in enumerate(y):
            if weight:
                for k in range(self.starts[i], self.starts[i + 1]):
                    out[self.columns[k]] += self.entries[k] * weight
        return out

    def curved(self, x: list[Fraction]) -> list[Fraction]:
        """Q x."""
        out = [Fraction(0)] * self.n
        for i, j, value in self.quadratic:
            out[i] += value * x[j]
        return out

    def objective(self, x: list[Fraction]) -> Fraction:
        """offset + c'x + ½ x'Qx."""
        return self.offset + _dot(self.cost, x) + _dot(self.curved(x), x) / 2


def _numbers(texts: list[str]) -> list[Fraction]:
    known: dict[str, Fraction] = {}
    out = []
    for text in texts:
        if text not in known:
            known[text] = number(text)
        out.append(known[text])
    return out


def _bounds(texts: list[str | None], size: int) -> Bounds:
    if len(texts) != size:
        raise Rejected(f"{len(texts)} bounds where {size} are needed")
    return [None if text is None else number(text) for text in texts]


def _place(blocks: list[list[Any]], k: int) -> str:
    for name, start, shape in blocks:
        size = math.prod(shape)
        if start <= k < start + size:
            rest, at = k - start, []
            for length in reversed(shape):
                rest, digit = divmod(rest, length)
                at.append(str(digit))
            return f"{name}[{','.join(reversed(at))}]"
    return str(k)


def _common(x: list[Fraction]) -> tuple[int, list[int]]:
    common = math.lcm(*{v.denominator for v in x})
    return common, [v.numerator * (common // v.denominator) for v in x]


def _dot(a: list[Fraction], b: list[Fraction]) -> Fraction:
    return sum((p * q for p, q in zip(a, b, strict=True) if p and q), Fraction(0))


def _some(vector: list[Fraction] | None, what: str) -> list[Fraction]:
    if vector is None:
        raise Rejected(f"the {what} vector is missing")
    return vector


def _within(values: list[Fraction], lower: Bounds, upper: Bounds, name: Callable[[int], str]) -> None:
    for k, value in enumerate(values):
        low, high = lower[k], upper[k]
        if low is not None and value < low:
            raise Rejected(f"{name(k)} is {_show(value)}, below its lower bound {_show(low)}")
        if high is not None and value > high:
            raise Rejected(f"{name(k)} is {_show(value)}, above its upper bound {_show(high)}")


def _feasible(data: _Data) -> list[Fraction]:
    x = _some(data.primal, "primal")
    _within(x, data.lower, data.upper, data.column)
    _within(data.activity(x), data.row_lower, data.row_upper, data.row)
    return x


def _lean(
    weights: list[Fraction], lower: Bounds, upper: Bounds, sign: int, name: Callable[[int], str]
) -> Fraction:
    """Σ weight · the bound it leans on. Raises where that bound is infinite."""
    total = Fraction(0)
    for k, weight in enumerate(weights):
        if weight:
            bound = lower[k] if sign * weight > 0 else upper[k]
            if bound is None:
                side = "lower" if sign * weight > 0 else "upper"
                raise Rejected(
                    f"{name(k)} has dual {_show(weight)} but no {side} bound: the dual is not feasible"
                )
            total += weight * bound
    return total


def _dual_value(data: _Data, tangent: list[Fraction]) -> Fraction:
    """What no feasible point can beat, from the dual and the objective made linear at `tangent`."""
    y = _some(data.dual, "dual")
    taken, curve = data.turned(y), data.curved(tangent)
    z = [c + q - a for c, q, a in zip(data.cost, curve, taken, strict=True)]
    rows = _lean(y, data.row_lower, data.row_upper, data.sign, data.row)
    columns = _lean(z, data.lower, data.upper, data.sign, data.column)
    return data.offset - _dot(curve, tangent) / 2 + rows + columns


def _optimal(data: _Data) -> str:
    x = _feasible(data)
    _convex(data)
    value, bound = data.objective(x), _dual_value(data, x)
    if value != bound:
        raise Rejected(f"the primal value {_show(value)} is not the dual value {_show(bound)}")
    if data.value != value:
        raise Rejected(f"the value is {_show(value)}, not as claimed")
    return "primal and dual are feasible and their values are equal"


def _infeasible(data: _Data) -> str:
    if data.value is not None:
        raise Rejected("an infeasible program has no value")
    for lower, upper, name in (
        (data.lower, data.upper, data.column),
        (data.row_lower, data.row_upper, data.row),
    ):
        for k, (low, high) in enumerate(zip(lower, upper, strict=True)):
            if low is not None and high is not None and low > high:
                return f"{name(k)} has lower bound {_show(low)} above upper bound {_show(high)}"
    y = _some(data.dual, "dual")
    z = [-a for a in data.turned(y)]
    gap = _lean(y, data.row_lower, data.row_upper, 1, data.row) + _lean(
        z, data.lower, data.upper, 1, data.column
    )
    if gap <= 0:
        raise Rejected("the rows combine to nothing impossible")
    return "a combination of the rows is impossible within the column bounds"


def _unbounded(data: _Data) -> str:
    if data.value is not None:
        raise Rejected("an unbounded program has no value")
    _feasible(data)
    ray = _some(data.ray, "ray")
    for values, lower, upper, name in (
        (ray, data.lower, data.upper, data.column),
        (data.activity(ray), data.row_lower, data.row_upper, data.row),
    ):
        for k, value in enumerate(values):
            if (value < 0 and lower[k] is not None) or (value > 0 and upper[k] is not None):
                raise Rejected(f"along the ray {name(k)} runs into a bound")
    if any(data.curved(ray)):
        raise Rejected("along the ray the quadratic part does not vanish")
    if data.sign * _dot(data.cost, ray) >= 0:
        raise Rejected("along the ray the objective does not improve")
    return "from a feasible point the objective improves for ever"


def _interval(data: _Data) -> str:
    worse, better = (data.most, data.least) if data.sign > 0 else (data.least, data.most)
    if data.value is not None:
        raise Rejected("an interval has two ends, not a value")
    if worse is None and better is None:
        raise Rejected("an interval needs an end")
    if worse is not None and data.objective(_feasible(data)) != worse:
        raise Rejected("the primal point does not have the value claimed")
    if better is not None:
        _convex(data)
        if _dual_value(data, data.tangent or [Fraction(0)] * data.n) != better:
            raise Rejected("the dual does not prove the bound claimed")
    return "the value lies in the interval"


def _convex(data: _Data) -> None:
    """Q has the right curvature: symmetric elimination over the fractions meets no pivot that denies it."""
    rows: dict[int, dict[int, Fraction]] = {}
    for i, j, value in data.quadratic:
        rows.setdefault(i, {})
        rows[i][j] = rows[i].get(j, Fraction(0)) + data.sign * value
    for i in rows:
        if any(rows.get(j, {}).get(i, Fraction(0)) != value for j, value in rows[i].items()):
            raise Rejected(f"Q is not symmetric at {data.column(i)}")
    for i in sorted(rows, key=lambda k: len(rows[k])):
        line = {j: value for j, value in rows.pop(i).items() if value}
        pivot = line.pop(i, Fraction(0))
        if pivot < 0 or (pivot == 0 and line):
            raise Rejected(f"the quadratic objective curves the wrong way at {data.column(i)}")
        for j in line:
            rows[j].pop(i)
            for k in line:
                rows[j][k] = rows[j].get(k, Fraction(0)) - line[j] * line[k] / pivot


def _show(value: Fraction) -> str:
    text = str(value) if value.numerator.bit_length() + value.denominator.bit_length() < 200 else ""
    if text:
        return text
    try:
        return f"about {float(value):.6g}"
    except OverflowError:
        return "a number beyond 1e308"
